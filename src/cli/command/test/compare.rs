//! Compares a scenario with its snapshot.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use dessim::report::ci::test::{Status, TestedSnapshot};
use dessim::report::result::RunResult;
use dessim::report::snapshot::changed_parts;
use dessim::scenario::problem::printable;
use similar::TextDiff;

use super::args::Test;
use super::select::Place;
use crate::cli::files::claims;
use crate::cli::files::snap::Snap;
use crate::cli::files::target;
use crate::cli::terminal::ui::{Failure, shown};

/// Compares the run of `path` with its snapshot. With `--accept` the run becomes the snapshot,
/// unless it is not `sound`: it failed its expectations, or stopped early.
pub(super) fn compare(
    (args, place): (&Test, &Place),
    (stem, path): (&str, &Path),
    result: &RunResult,
    sound: bool,
) -> Result<TestedSnapshot, Failure> {
    let now = result.snapshot();
    let (owner, kept, pending) = files(place, stem);
    let old = Snap::read(&kept)?;
    let new = match &old {
        Some(old) => old.with(&now),
        None => Snap::new(&below(&place.root, path), &now),
    };
    let mut snapshot =
        TestedSnapshot { status: Status::Same, file: shown(&kept), change: None, diff: None };
    if old.as_ref() == Some(&new) {
        remove(&pending)?;
        return Ok(snapshot);
    }
    let accepts = args.accept && sound;
    target::replace(&owner, if accepts { &kept } else { &pending }, &new.text())?;
    snapshot.change = Some(what(old.as_ref(), &new).to_owned());
    if accepts {
        remove(&pending)?;
        snapshot.status = Status::Accepted;
        return Ok(snapshot);
    }
    snapshot.status = match &old {
        _ if args.accept => Status::Withheld,
        Some(_) => Status::Changed,
        None => Status::Missing,
    };
    if let Some(old) = &old {
        snapshot.diff = Some(diff((&kept, &old.contents), (&pending, &new.contents)));
    }
    Ok(snapshot)
}

/// Claims the snapshot files of a scenario, before anything is written.
pub(super) fn claim(
    (args, place): (&Test, &Place),
    stem: &str,
    path: &Path,
) -> Result<(), Failure> {
    claims::reads(path)?;
    if args.no_snapshots {
        return Ok(());
    }
    let (owner, kept, pending) = files(place, stem);
    claims::writes(&owner, &kept)?;
    claims::writes(&owner, &pending)
}

/// The name of a scenario's snapshot, its path, and the path of the pending one.
fn files(place: &Place, stem: &str) -> (String, PathBuf, PathBuf) {
    let file = |ending: &str| place.snapshots.join(format!("{stem}.{ending}"));
    (format!("the snapshot of {}", printable(stem)), file("snap"), file("snap.new"))
}

fn what(old: Option<&Snap>, new: &Snap) -> &'static str {
    match old.map(|old| changed_parts(&old.contents, &new.contents)) {
        None => "a first snapshot",
        Some(Some(parts)) => parts.describe(),
        Some(None) => "the old snapshot has no fingerprint",
    }
}

/// The unified diff from the old snapshot to the new one.
fn diff((old_path, old): (&Path, &str), (new_path, new): (&Path, &str)) -> String {
    let diff = TextDiff::from_lines(old, new);
    let mut diff = diff.unified_diff();
    let header = diff.context_radius(3).missing_newline_hint(false);
    header.header(&shown(old_path), &shown(new_path)).to_string()
}

fn remove(path: &Path) -> Result<(), Failure> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(Failure::io("remove", path, &error))
        }
        _ => Ok(()),
    }
}

/// The path of a scenario as insta writes it: below the project, with `/`.
pub(in crate::cli) fn local(path: &Path) -> String {
    below(Path::new(""), path)
}

/// The path below the project at `root`.
fn below(root: &Path, path: &Path) -> String {
    let here = fs::canonicalize(if root.as_os_str().is_empty() { Path::new(".") } else { root });
    let full = fs::canonicalize(path);
    let below = match (&here, &full) {
        (Ok(here), Ok(full)) => full.strip_prefix(here).ok(),
        _ => None,
    };
    below.unwrap_or(path).to_string_lossy().replace('\\', "/")
}
