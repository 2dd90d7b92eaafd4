//! Directories: of scenarios to read, and of figures to write.
//!
//! A directory of figures is refused before anything runs, or holds the figures of one run alone.
//! A new directory is made beside its place and moved there once complete. In an existing one, each
//! file is replaced as a whole; figures of an earlier run are removed, other files stay.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use dessim::experiment::figures::{Drawn, KINDS, file_names};

use crate::cli::exit::Exit;
use crate::cli::files::claims;
use crate::cli::files::places::{is_dash, parent, temporary_folder};
use crate::cli::files::target::Target;
use crate::cli::terminal::ui::{Failure, reason, shown};

/// A directory for figures.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    is_there: bool,
}

impl Folder {
    /// Claims the figures in `path` and checks that it can be written, without changing anything
    /// there.
    pub(crate) fn new(path: &Path, overwrite: bool) -> Result<Self, Failure> {
        claims::writes_folder("--svg", path, is_ours)?;
        let failed = |error: io::Error| Failure::io("write", path, &error);
        let place = match fs::metadata(path) {
            Ok(metadata) if !metadata.is_dir() => {
                return Err(failed(io::Error::other("it is a file, not a directory")));
            }
            Ok(_) => {
                let mut entries = fs::read_dir(path).map_err(failed)?;
                if !overwrite && entries.next().is_some() {
                    let message = format!("the directory {} is not empty", shown(path));
                    let hint = "give --overwrite to replace the figures in it, or another \
                                directory";
                    return Err(Failure::Message(Exit::Trouble, message, Some(hint.to_owned())));
                }
                Some(path)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                if fs::symlink_metadata(path).is_ok() {
                    return Err(failed(io::Error::other("it is a link that leads nowhere")));
                }
                None
            }
            Err(error) => return Err(failed(error)),
        };
        let is_there = place.is_some();
        let place = place.unwrap_or_else(|| parent(path));
        // If a temporary directory can be made there, the figures can be written there.
        match tempfile::Builder::new().prefix(".dessim-").tempdir_in(place) {
            Ok(_) => Ok(Self { path: path.to_owned(), is_there }),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let missing = format!("the directory {} does not exist", shown(place));
                Err(failed(io::Error::other(missing)))
            }
            Err(error) => Err(failed(bare(&error))),
        }
    }

    /// Writes the figures of one run.
    pub(crate) fn write(&self, figures: &[Drawn]) -> Result<(), Failure> {
        let names = file_names(figures);
        let files: Vec<_> = names.iter().zip(figures).collect();
        let write = |folder: &Path| {
            files.iter().try_for_each(|(name, drawn)| {
                Target::new("--svg", &folder.join(name))?.write(&drawn.figure.file())
            })
        };
        if self.is_there {
            self.remove_others(&names)?;
            return write(&self.path);
        }
        let failed = |error: &io::Error| Failure::io("write", &self.path, &bare(error));
        let folder = temporary_folder(&self.path).map_err(|error| failed(&error))?;
        write(folder.path())?;
        // Fails if the directory has come into being meanwhile and is not empty.
        fs::rename(folder.path(), &self.path).map_err(|error| failed(&error))?;
        // The directory was renamed, so there is no temporary one to remove.
        drop(folder.keep());
        Ok(())
    }

    /// Removes figures of an earlier run that this run does not replace.
    fn remove_others(&self, names: &[String]) -> Result<(), Failure> {
        let failed = |error: io::Error| Failure::io("write", &self.path, &error);
        for entry in fs::read_dir(&self.path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_file = entry.file_type().map_err(failed)?.is_file();
            if is_file && is_ours(&name) && !names.contains(&name) {
                fs::remove_file(entry.path())
                    .map_err(|error| Failure::io("remove", &entry.path(), &error))?;
            }
        }
        Ok(())
    }
}

/// The error without the name of a temporary file, which the user does not know.
fn bare(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::other(reason(error)),
    }
}

/// True for a name that figures have, of whatever arms.
fn is_ours(name: &str) -> bool {
    let stem = name.strip_suffix(".svg");
    stem.is_some_and(|stem| {
        KINDS.iter().any(|kind| {
            stem.strip_prefix(kind).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        })
    })
}

/// The files among `paths`, `-` included, and the `*.ron` at any depth in the directories among
/// them, in the order of their names.
pub(crate) fn files_below(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    let mut seen = BTreeSet::new();
    for path in paths {
        let is_folder = !is_dash(path)
            && fs::metadata(path).map_err(|error| Failure::io("read", path, &error))?.is_dir();
        if is_folder {
            collect(path, &mut files, &mut seen)?;
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

/// Collects the scenarios at any depth in a directory; a loop of links is walked once.
fn collect(
    folder: &Path,
    files: &mut Vec<PathBuf>,
    seen: &mut BTreeSet<PathBuf>,
) -> Result<(), Failure> {
    let failed = |error| Failure::io("read", folder, &error);
    if !seen.insert(fs::canonicalize(folder).map_err(failed)?) {
        return Ok(());
    }
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
        .map_err(failed)?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, files, seen)?;
        } else if path.extension().is_some_and(|extension| extension == "ron") {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_figures_are_ours() {
        let ours = ["quantiles.svg", "timeline-rpc.svg", "overview-a-b.svg", "topology-2.svg"];
        assert!(ours.iter().all(|name| is_ours(name)));
        let others = ["timelines.svg", "timeline-rpc.svg.bak", "logo.svg", "quantiles.png", ".svg"];
        assert!(!others.iter().any(|name| is_ours(name)));
    }
}
