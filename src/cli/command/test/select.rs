//! Selects the scenarios to test, and finds snapshots without a scenario.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use super::args::Test;
use crate::cli::files::folder::files_below;
use crate::cli::files::input;
use crate::cli::files::snap::Snap;
use crate::cli::terminal::ui::{Failure, Ui, shown};

/// Scenarios by the stem of their file, which is also that of their snapshot.
pub(super) type Scenarios = BTreeMap<String, PathBuf>;

/// Default folders of scenarios and of the snapshots beside them.
const SCENARIOS: &str = "scenarios";
const SNAPSHOTS: &str = "snapshots";

/// Paths of the scenarios and of their snapshots.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) paths: Vec<PathBuf>,
    pub(super) snapshots: PathBuf,
    /// The directory that paths in the heads of snapshots are relative to.
    pub(super) root: PathBuf,
}

impl Place {
    /// The paths of `args`; without any, the folder of scenarios here or the nearest one upwards.
    pub(super) fn new(args: &Test) -> Self {
        let mut root = PathBuf::new();
        let mut paths = args.paths.clone();
        if paths.is_empty()
            && let Some(nearest) = nearest()
        {
            paths.push(nearest.join(SCENARIOS));
            root = nearest;
        }
        let snapshots = args.dir.clone().unwrap_or_else(|| root.join(SNAPSHOTS));
        Self { paths, snapshots, root }
    }
}

/// Relative path to the nearest ancestor that has scenarios; empty for the present directory.
fn nearest() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    let steps = here.ancestors().position(|folder| folder.join(SCENARIOS).is_dir())?;
    Some(std::iter::repeat_n("..", steps).collect())
}

/// The scenarios below `paths`.
pub(super) fn select(paths: &[PathBuf]) -> Result<Scenarios, Failure> {
    let mut stems = Scenarios::new();
    for path in files_below(paths)? {
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

/// Warns of snapshots without a scenario, if whole directories are tested.
pub(super) fn orphans(ui: &Ui, place: &Place, scenarios: &Scenarios) -> Result<(), Failure> {
    if place.paths.iter().any(|path| !path.is_dir()) {
        return Ok(());
    }
    let entries = match fs::read_dir(&place.snapshots) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Failure::io("read", &place.snapshots, &error)),
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
        if input.as_ref().is_none_or(|input| !place.root.join(input).exists()) {
            ui.warning(&format!("{} has no scenario any more", shown(&path)));
        }
    }
    Ok(())
}
