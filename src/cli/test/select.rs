//! Which scenarios are tested, and which snapshots have lost theirs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::args::Test;
use crate::cli::input;
use crate::cli::snap::Snap;
use crate::cli::ui::{Failure, Ui, shown};

/// Scenarios by their stem, which is what a snapshot is named after.
pub(super) type Scenarios = BTreeMap<String, PathBuf>;

const DEFAULT_PATH: &str = "scenarios";

/// The scenarios below `paths`.
pub(super) fn select(paths: &[PathBuf]) -> Result<Scenarios, Failure> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    if paths.is_empty() && Path::new(DEFAULT_PATH).is_dir() {
        collect(Path::new(DEFAULT_PATH), &mut found, &mut seen)?;
    }
    for path in paths {
        let about = fs::metadata(path).map_err(|error| Failure::io("read", path, &error))?;
        match about.is_dir() {
            true => collect(path, &mut found, &mut seen)?,
            false => found.push(path.clone()),
        }
    }
    let mut stems = Scenarios::new();
    for path in found {
        let stem = input::stem(&path);
        let Some(other) = stems.get(&stem) else {
            stems.insert(stem, path);
            continue;
        };
        let same = fs::canonicalize(&path).ok() == fs::canonicalize(other).ok();
        if !same {
            let (one, other) = (shown(other), shown(&path));
            let message = format!("{one} and {other} would share the snapshot {stem}.snap");
            return Err(Failure::usage(message, "rename one of them"));
        }
    }
    Ok(stems)
}

/// The scenarios in a directory and those below it; a loop of links is walked once.
fn collect(
    folder: &Path,
    found: &mut Vec<PathBuf>,
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
            collect(&path, found, seen)?;
        } else if path.extension().is_some_and(|extension| extension == "ron") {
            found.push(path);
        }
    }
    Ok(())
}

/// Warns of snapshots whose scenario is gone; only who tests directories tests all there is.
pub(super) fn orphans(ui: &Ui, args: &Test, scenarios: &Scenarios) -> Result<(), Failure> {
    if args.paths.iter().any(|path| !path.is_dir()) {
        return Ok(());
    }
    let entries = match fs::read_dir(&args.dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Failure::io("read", &args.dir, &error)),
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let stem = path.file_stem().map(|stem| stem.to_string_lossy());
        let is_snap = path.extension().is_some_and(|extension| extension == "snap");
        if !is_snap || stem.is_some_and(|stem| scenarios.contains_key(&*stem)) {
            continue;
        }
        let input = Snap::read(&path)?.and_then(|snap| snap.input_file());
        if input.as_ref().is_none_or(|input| !Path::new(input).exists()) {
            ui.warning(&format!("{} has no scenario any more", shown(&path)));
        }
    }
    Ok(())
}
