//! `dessim sweep merge`: parts in any number and order, to what one machine would have given.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use dessim::experiment::sweep::Plan;
use dessim::report::sweep::{Cell, Outline};
use dessim::report::text::format::count;

use super::args::MergeArgs;
use super::outputs::Outputs;
use super::part::Reader;
use super::{PLAN, saved};
use crate::cli::exit::Exit;
use crate::cli::files::places::parent;
use crate::cli::terminal::ui::{Failure, Ui, shown};

/// Gaps that a message lists before it counts the rest.
const MOST_NAMED: usize = 8;

pub(super) fn merge(ui: &Ui, args: &MergeArgs) -> Result<Exit, Failure> {
    let outputs = Outputs::new(&args.outputs)?;
    let (plans, parts) = files(&args.paths)?;
    let [first, others @ ..] = plans.as_slice() else {
        let message = format!("there is no {PLAN} beside these parts");
        return Err(Failure::usage(message, "give the directory that the parts were written to"));
    };
    let plan = saved(first)?;
    for other in others {
        if saved(other)?.outline().plan != plan.outline().plan {
            let (one, other) = (shown(first), shown(other));
            let message = format!("{one} and {other} are different plans");
            return Err(Failure::Message(Exit::Invalid, message, None));
        }
    }
    outputs.suit(&plan)?;
    // All parts are read once before anything is written.
    let missing = each(&parts, plan.outline(), |_| Ok(()))?;
    if !missing.is_empty() {
        return Err(incomplete(&plan, &missing));
    }
    let mut writing = outputs.open(&plan)?;
    each(&parts, plan.outline(), |cell| writing.add(&cell))?;
    let exit = writing.close()?;
    if exit == Exit::Invalid && !args.quiet.quiet {
        ui.warning("some of the runs could not run, or stopped early");
    }
    Ok(exit)
}

/// The plans and the parts among `paths` and in the directories among them.
fn files(paths: &[PathBuf]) -> Result<(Vec<PathBuf>, Vec<PathBuf>), Failure> {
    let (mut plans, mut parts) = (Vec::new(), Vec::new());
    for path in paths {
        let metadata = fs::metadata(path).map_err(|error| Failure::io("read", path, &error))?;
        if !metadata.is_dir() {
            if path.extension().is_some_and(|ending| ending == "json") {
                plans.push(path.clone());
            } else {
                parts.push(path.clone());
                let beside = parent(path).join(PLAN);
                plans.extend(beside.exists().then_some(beside));
            }
            continue;
        }
        let failed = |error| Failure::io("read", path, &error);
        for entry in fs::read_dir(path).map_err(failed)? {
            let entry = entry.map_err(failed)?.path();
            let name = entry.file_name().unwrap_or_default().to_string_lossy();
            if name == PLAN {
                plans.push(entry);
            } else if name.starts_with("cells-") && name.ends_with(".jsonl") {
                parts.push(entry);
            }
        }
    }
    plans.sort();
    plans.dedup();
    parts.sort();
    parts.dedup();
    Ok((plans, parts))
}

/// Hands every cell to `sink` in the order of its index; returns the ranges that are missing.
fn each(
    parts: &[PathBuf],
    outline: &Outline,
    mut sink: impl FnMut(Cell) -> Result<(), Failure>,
) -> Result<Vec<Range<u64>>, Failure> {
    let mut waiting = Vec::new();
    for part in parts {
        waiting.extend(Reader::open(part, outline)?);
    }
    // In descending order, because parts are popped from the end.
    waiting.sort_by(|a, b| (b.first, b.last, &b.path).cmp(&(a.first, a.last, &a.path)));
    let mut open: Vec<Reader> = Vec::new();
    let mut missing: Vec<Range<u64>> = Vec::new();
    let mut index = 0;
    while index < outline.cells() {
        while waiting.last().is_some_and(|part| part.first <= index) {
            open.extend(waiting.pop());
        }
        match take(&mut open, outline)? {
            Some(cell) => {
                sink(cell)?;
                index += 1;
            }
            None => {
                let next = waiting.last().map_or(outline.cells(), |part| part.first);
                match missing.last_mut() {
                    Some(gap) if gap.end == index => gap.end = next,
                    _ => missing.push(index..next),
                }
                index = next;
            }
        }
    }
    Ok(missing)
}

/// The next cell; all open parts that hold it must agree on it.
fn take(open: &mut Vec<Reader>, outline: &Outline) -> Result<Option<Cell>, Failure> {
    let mut taken: Option<(Cell, PathBuf)> = None;
    let mut at = 0;
    while let Some(part) = open.get_mut(at) {
        if part.peek(outline)?.is_none() {
            open.swap_remove(at);
            continue;
        }
        let cell = part.take();
        match (&taken, cell) {
            (None, Some(cell)) => taken = Some((cell, part.path.clone())),
            (Some((known, path)), Some(cell)) if *known != cell => {
                return Err(differs(cell.index, path, &part.path));
            }
            _ => {}
        }
        at += 1;
    }
    Ok(taken.map(|(cell, _)| cell))
}

fn differs(index: u64, one: &Path, other: &Path) -> Failure {
    let message = format!("cell {index} differs between {} and {}", shown(one), shown(other));
    let hint = format!(
        "one of them was not written by this release: run --cells {index}..{index} again \
         elsewhere, and remove the part that differs"
    );
    Failure::Message(Exit::Invalid, message, Some(hint))
}

fn incomplete(plan: &Plan, missing: &[Range<u64>]) -> Failure {
    let cells: u64 = missing.iter().map(|gap| gap.end - gap.start).sum();
    let named: Vec<String> = missing
        .iter()
        .take(MOST_NAMED)
        .map(|gap| format!("{}..{}", gap.start, gap.end - 1))
        .collect();
    let more = match missing.len() > MOST_NAMED {
        true => format!(" and {} gaps more", missing.len() - MOST_NAMED),
        false => String::new(),
    };
    let message = format!(
        "{} of {} cells are missing: {}{more}",
        count(cells),
        count(plan.cells()),
        named.join(", ")
    );
    let hint = format!("run them: dessim sweep run {PLAN} --cells {} -o DIR", named[0]);
    Failure::Message(Exit::Invalid, message, Some(hint))
}
