//! Files that a command reads and writes: no file is both, and none is written twice.
//!
//! Code that opens a file for reading announces it with [`reads`]; code that will write one claims
//! it with [`writes`]. [`input`](super::input) and [`target`](super::target) do so for nearly all
//! commands. The order does not matter: the second claim to a file is refused before anything is
//! written. Links, relative paths and, where the file system ignores it, case do not hide that two
//! names mean one file.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::cli::files::places::{is_dash, parent, temporary};
use crate::cli::terminal::ui::{Failure, shown};

/// Announces a file for reading.
pub(crate) fn reads(path: &Path) -> Result<(), Failure> {
    // An unreadable file needs no claim: opening it fails with a message of its own.
    if is_dash(path) || fs::metadata(path).is_err() {
        return Ok(());
    }
    add(Claim::new(None, path))
}

/// Claims a file, or standard output for `-`, for its `owner`: an option, or what the file is.
/// An owner may claim its file again.
pub(crate) fn writes(owner: &str, path: &Path) -> Result<(), Failure> {
    add(Claim::new(Some(owner), path))
}

/// Claims the files in a directory that `owner` writes, replaces or removes: those whose names
/// `covers` accepts.
pub(crate) fn writes_folder(
    owner: &str,
    path: &Path,
    covers: fn(&str) -> bool,
) -> Result<(), Failure> {
    add(Claim { covers: Some(covers), ..Claim::new(Some(owner), path) })
}

fn add(claim: Claim) -> Result<(), Failure> {
    static CLAIMS: Mutex<Claims> = Mutex::new(Claims::new());
    CLAIMS.lock().unwrap_or_else(PoisonError::into_inner).add(claim)
}

/// The claims of this process.
#[derive(Debug)]
struct Claims {
    list: Vec<Claim>,
    /// Indices into `list`.
    by_key: BTreeMap<Key, usize>,
}

/// Identity of a file: claims with equal keys mean one file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Stdout,
    Path(PathBuf),
    LowerCase(String),
    Inode(u64, u64),
}

#[derive(Debug)]
struct Claim {
    /// `None` for a file that is read.
    owner: Option<String>,
    shown: String,
    /// The path without links and relative parts; `None` unless it is a regular file.
    path: Option<PathBuf>,
    covers: Option<fn(&str) -> bool>,
    keys: Vec<Key>,
}

impl Claims {
    const fn new() -> Self {
        Self { list: Vec::new(), by_key: BTreeMap::new() }
    }

    fn add(&mut self, claim: Claim) -> Result<(), Failure> {
        if self.list.is_empty() {
            self.insert(Claim::stdout());
        }
        match self.rival(&claim) {
            Some(rival) => Err(refusal(rival, &claim)),
            None => {
                self.insert(claim);
                Ok(())
            }
        }
    }

    fn insert(&mut self, claim: Claim) {
        for key in &claim.keys {
            self.by_key.insert(key.clone(), self.list.len());
        }
        self.list.push(claim);
    }

    /// The earlier claim of another owner to the same file.
    fn rival(&self, claim: &Claim) -> Option<&Claim> {
        let same_file = claim.keys.iter().find_map(|key| {
            let other = &self.list[*self.by_key.get(key)?];
            (other.owner != claim.owner && other.still_has(key, claim)).then_some(other)
        });
        same_file.or_else(|| {
            self.list.iter().find(|other| {
                other.owner != claim.owner && (other.contains(claim) || claim.contains(other))
            })
        })
    }
}

impl Claim {
    fn new(owner: Option<&str>, path: &Path) -> Self {
        let owner = owner.map(str::to_owned);
        let mut claim =
            Self { owner, shown: shown(path), path: None, covers: None, keys: Vec::new() };
        if is_dash(path) {
            claim.shown = "standard output".to_owned();
            claim.keys.push(Key::Stdout);
            return claim;
        }
        match fs::metadata(path) {
            // A device or a FIFO may be claimed twice.
            Ok(about) if !about.is_file() && !about.is_dir() => return claim,
            Ok(about) => claim.keys.extend(inode(&about)),
            Err(_) => {}
        }
        let place = resolved(path);
        claim.keys.push(Key::LowerCase(place.to_string_lossy().to_lowercase()));
        claim.keys.push(Key::Path(place.clone()));
        claim.path = Some(place);
        claim
    }

    /// The claim of the file that standard output is redirected to, if it is.
    fn stdout() -> Self {
        let about = fs::metadata("/dev/stdout").ok().filter(fs::Metadata::is_file);
        Self {
            owner: Some("standard output".to_owned()),
            shown: String::new(),
            path: about.as_ref().and_then(|_| fs::canonicalize("/dev/stdout").ok()),
            covers: None,
            keys: about.iter().filter_map(inode).collect(),
        }
    }

    /// True if `key` still identifies the file of `self`, and the file of `other` too.
    fn still_has(&self, key: &Key, other: &Self) -> bool {
        let Some(path) = &self.path else { return *key == Key::Stdout };
        match key {
            Key::Stdout | Key::Path(_) => true,
            // The inode of a file that was replaced since may belong to another file.
            Key::Inode(..) => {
                fs::metadata(path).is_ok_and(|about| inode(&about).as_ref() == Some(key))
            }
            Key::LowerCase(_) => other.path.as_ref() == Some(path) || ignores_case(path),
        }
    }

    /// True if this claim of a directory covers `file`.
    fn contains(&self, file: &Self) -> bool {
        let (Some(covers), Some(folder), Some(path)) = (self.covers, &self.path, &file.path) else {
            return false;
        };
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        path.parent() == Some(folder) && covers(&name)
    }
}

fn refusal(one: &Claim, other: &Claim) -> Failure {
    let file = if one.covers.is_some() || one.shown.is_empty() { other } else { one };
    match (&one.owner, &other.owner) {
        (Some(one), Some(other)) => {
            let message = format!("{one} and {other} both go to {}", file.shown);
            Failure::usage(message, "give each its own file")
        }
        (Some(_), None) | (None, _) => {
            let (input, output) = if one.owner.is_none() { (one, other) } else { (other, one) };
            let owner = output.owner.as_deref().unwrap_or_default();
            let output = format!("{owner} {}", output.shown);
            let message = format!("{} would replace {}, which is read", output.trim(), input.shown);
            Failure::usage(message, "give it another file")
        }
    }
}

/// The path without links and relative parts, as far as it exists.
fn resolved(path: &Path) -> PathBuf {
    if let Ok(place) = fs::canonicalize(path) {
        return place;
    }
    let Some(name) = path.file_name() else { return path.to_owned() };
    match fs::read_link(path) {
        // A link to a file that does not exist yet.
        Ok(to) => resolved_parent(&parent(path).join(to)),
        Err(_) => resolved(parent(path)).join(name),
    }
}

/// Resolves the parent only: a second dangling link is not followed, since links may be circular.
fn resolved_parent(path: &Path) -> PathBuf {
    let place = fs::canonicalize(parent(path)).unwrap_or_else(|_| parent(path).to_owned());
    place.join(path.file_name().unwrap_or_default())
}

/// True if the file system of `file` ignores case.
fn ignores_case(file: &Path) -> bool {
    temporary(file).is_ok_and(|probe| {
        let name = probe.path().file_name().unwrap_or_default().to_string_lossy().to_uppercase();
        parent(file).join(name).exists()
    })
}

#[cfg(unix)]
fn inode(about: &fs::Metadata) -> Option<Key> {
    use std::os::unix::fs::MetadataExt;
    Some(Key::Inode(about.dev(), about.ino()))
}

#[cfg(not(unix))]
fn inode(_: &fs::Metadata) -> Option<Key> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(claims: &mut Claims, owner: Option<&str>, path: &Path) -> Option<String> {
        match claims.add(Claim::new(owner, path)) {
            Ok(()) => None,
            Err(Failure::Message(_, message, _)) => Some(message),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_file_is_the_same_under_every_name() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("sub")).unwrap();
        fs::write(at("a"), "").unwrap();
        fs::hard_link(at("a"), at("hard")).unwrap();
        let mut claims = Claims::new();
        assert_eq!(refused(&mut claims, None, &at("a")), None);
        assert_eq!(refused(&mut claims, None, &at("sub/../a")), None, "it may be read twice");
        for name in ["a", "sub/../a", "hard"] {
            let message = refused(&mut claims, Some("--out"), &at(name)).expect(name);
            assert!(message.contains("would replace") && message.contains("is read"), "{message}");
        }
        assert_eq!(refused(&mut claims, Some("--out"), &at("new")), None);
        assert_eq!(refused(&mut claims, Some("--out"), &at("new")), None, "it is its own");
        let message = refused(&mut claims, Some("--more"), &at("sub/../new")).unwrap();
        assert!(message.starts_with("--out and --more both go to "), "{message}");
        fs::write(at("new"), "").unwrap();
        assert!(refused(&mut claims, None, &at("new")).is_some(), "reading comes second");
        // Two names of one file, in a directory that does not exist yet.
        assert_eq!(refused(&mut claims, Some("--out"), &at("later/x")), None);
        assert!(refused(&mut claims, Some("--more"), &at("sub/../later/x")).is_some());
    }

    #[test]
    fn case_counts_where_the_file_system_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let mut claims = Claims::new();
        assert_eq!(refused(&mut claims, Some("--out"), &at("a.json")), None);
        let other = refused(&mut claims, Some("--more"), &at("A.json"));
        assert_eq!(other.is_some(), ignores_case(&at("a.json")));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left there");
    }

    #[test]
    fn a_directory_covers_the_files_that_it_may_replace() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["timeline-a.svg", "notes.svg"] {
            fs::write(at(name), "").unwrap();
        }
        let mut claims = Claims::new();
        assert_eq!(refused(&mut claims, None, &at("notes.svg")), None);
        let covers = |name: &str| name.starts_with("timeline");
        let figures = Claim::new(Some("--svg"), folder.path());
        assert!(claims.add(Claim { covers: Some(covers), ..figures }).is_ok());
        assert!(refused(&mut claims, None, &at("timeline-a.svg")).is_some());
        assert!(refused(&mut claims, Some("--out"), &at("timeline-b.svg")).is_some());
        assert_eq!(refused(&mut claims, Some("--out"), &at("b.svg")), None);
        assert_eq!(refused(&mut claims, Some("--svg"), &at("timeline-b.svg")), None);
    }

    #[cfg(unix)]
    #[test]
    fn links_lead_to_what_they_will_make_and_devices_may_be_given_twice() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::os::unix::fs::symlink("new", at("link")).unwrap();
        std::os::unix::fs::symlink("circle", at("circle")).unwrap();
        let mut claims = Claims::new();
        assert_eq!(refused(&mut claims, Some("--out"), &at("link")), None);
        assert!(refused(&mut claims, Some("--more"), &at("new")).is_some());
        assert_eq!(refused(&mut claims, Some("--more"), &at("circle")), None);
        assert_eq!(refused(&mut claims, Some("--out"), Path::new("/dev/null")), None);
        assert_eq!(refused(&mut claims, Some("--more"), Path::new("/dev/null")), None);
    }
}
