//! `dessim test`: do the scenarios still do what their snapshots say?

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use dessim::report::snapshot::changed_parts;
use similar::{ChangeTag, TextDiff};

use super::args::Test;
use super::snap::Snap;
use super::target;
use super::ui::{Failure, Ui, plural, shown};
use super::{Exit, input};

const DEFAULT_PATH: &str = "scenarios";
const GREEN: &str = "\u{1b}[32m";
const RED: &str = "\u{1b}[31m";
const BOLD: &str = "\u{1b}[1m";
const RESET: &str = "\u{1b}[0m";

/// How many scenarios ended in which way.
#[derive(Debug, Default)]
struct Counts {
    same: usize,
    changed: usize,
    missing: usize,
    accepted: usize,
    broken: usize,
}

pub(super) fn test(ui: &Ui, args: &Test) -> Result<Exit, Failure> {
    let scenarios = select(&args.paths)?;
    if scenarios.is_empty() {
        ui.error("there is no scenario to test");
        ui.hint("give files or directories; without any, dessim looks for scenarios/*.ron");
        return Ok(Exit::Nothing);
    }
    let mut counts = Counts::default();
    let mut worst = Exit::Done;
    for (stem, path) in &scenarios {
        let exit = match one(ui, args, stem, path, &mut counts) {
            Ok(exit) => exit,
            Err(failure @ Failure::Stdout(_)) => return Err(failure),
            Err(failure) => {
                counts.broken += 1;
                failure.tell(ui)
            }
        };
        worst = worse(worst, exit);
    }
    orphans(ui, args, &scenarios)?;
    ui.print(&format!("{}\n", counts.summary(scenarios.len())))?;
    if counts.changed + counts.missing > 0 {
        ui.hint("look at the changes, then keep them with --accept or `cargo insta review`");
    }
    Ok(worst)
}

/// What keeps a scenario from running weighs more than a difference.
fn worse(one: Exit, other: Exit) -> Exit {
    let weight = |exit: &Exit| match exit {
        Exit::Trouble => 3,
        Exit::Invalid => 2,
        Exit::Difference => 1,
        _ => 0,
    };
    if weight(&other) > weight(&one) { other } else { one }
}

impl Counts {
    fn summary(&self, scenarios: usize) -> String {
        let parts = [
            (self.same, "as before"),
            (self.accepted, "accepted"),
            (self.changed, "changed"),
            (self.missing, "without a snapshot"),
            (self.broken, "not run"),
        ];
        let parts: Vec<_> = parts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        format!("{}: {}", plural(scenarios, "scenario"), parts.join(", "))
    }
}

fn one(
    ui: &Ui,
    args: &Test,
    stem: &str,
    path: &Path,
    counts: &mut Counts,
) -> Result<Exit, Failure> {
    let file = input::scenario(path, &[])?;
    input::warn(ui, &file);
    let result = dessim::run(&file).map_err(|error| Failure::invalid(error.to_string()))?;
    let now = dessim::snapshot(&result);
    let kept = args.dir.join(format!("{stem}.snap"));
    let pending = args.dir.join(format!("{stem}.snap.new"));
    let old = Snap::read(&kept)?;
    let new = match &old {
        Some(old) => old.with(&now),
        None => Snap::new(&local(path), &now),
    };
    if old.as_ref() == Some(&new) {
        counts.same += 1;
        remove(&pending)?;
        ui.print(&format!("{GREEN}same{RESET}      {}\n", shown(path)))?;
        return Ok(Exit::Done);
    }
    let to = if args.accept { &kept } else { &pending };
    target::replace(to, &new.text())?;
    if args.accept {
        counts.accepted += 1;
        remove(&pending)?;
        ui.print(&format!(
            "{GREEN}accepted{RESET}  {}: {}\n",
            shown(path),
            what(old.as_ref(), &new)
        ))?;
        return Ok(Exit::Done);
    }
    match &old {
        Some(old) => {
            counts.changed += 1;
            let what = what(Some(old), &new);
            ui.print(&format!("{RED}changed{RESET}   {}: {what}\n", shown(path)))?;
            ui.print(&diff((&kept, &old.contents), (&pending, &new.contents)))?;
        }
        None => {
            counts.missing += 1;
            let missing = format!("no {} yet", shown(&kept));
            ui.print(&format!("{RED}missing{RESET}   {}: {missing}\n", shown(path)))?;
        }
    }
    Ok(Exit::Difference)
}

fn what(old: Option<&Snap>, new: &Snap) -> &'static str {
    match old.map(|old| changed_parts(&old.contents, &new.contents)) {
        None => "a first snapshot",
        Some(Some(parts)) => parts.describe(),
        Some(None) => "the old snapshot has no fingerprint",
    }
}

/// A unified diff, indented below the line of its scenario.
fn diff((old_path, old): (&Path, &str), (new_path, new): (&Path, &str)) -> String {
    let diff = TextDiff::from_lines(old, new);
    let mut text =
        format!("  {BOLD}--- {}{RESET}\n  {BOLD}+++ {}{RESET}\n", shown(old_path), shown(new_path));
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        text.push_str(&format!("  {}\n", hunk.header()));
        for change in hunk.iter_changes() {
            let line = change.value();
            let line = line.trim_end_matches('\n');
            let (color, sign) = match change.tag() {
                ChangeTag::Equal => ("", ' '),
                ChangeTag::Delete => (RED, '-'),
                ChangeTag::Insert => (GREEN, '+'),
            };
            let end = if color.is_empty() { "" } else { RESET };
            let line = format!("  {color}{sign}{line}");
            text.push_str(line.trim_end());
            text.push_str(end);
            text.push('\n');
        }
    }
    text
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
pub(super) fn local(path: &Path) -> String {
    let here = std::env::current_dir().and_then(fs::canonicalize);
    let full = fs::canonicalize(path);
    let below = match (&here, &full) {
        (Ok(here), Ok(full)) => full.strip_prefix(here).ok(),
        _ => None,
    };
    below.unwrap_or(path).to_string_lossy().replace('\\', "/")
}

/// The scenarios below `paths` by their stem, which is what a snapshot is named after.
fn select(paths: &[PathBuf]) -> Result<BTreeMap<String, PathBuf>, Failure> {
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
    let mut stems: BTreeMap<String, PathBuf> = BTreeMap::new();
    for path in found {
        let stem = input::name(&path);
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
fn orphans(ui: &Ui, args: &Test, scenarios: &BTreeMap<String, PathBuf>) -> Result<(), Failure> {
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
