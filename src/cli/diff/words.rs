//! A comparison of two runs in words.

use std::collections::BTreeMap;

use dessim::experiment::diverge::{ArmDiff, Parting};
use dessim::experiment::trace::Line;
use dessim::model::events;
use dessim::report::format::{count, time};
use dessim::report::words::{exactly, happened_exactly};
use dessim::scenario::problem::printable;

use super::fields::Field;

/// More differing values than this are counted.
const FIELDS: usize = 20;
/// More of a request's history than this is left out, from its middle.
const HISTORY: usize = 24;

/// The values of the scenarios that differ.
pub(super) fn fields(fields: &[Field]) -> String {
    if fields.is_empty() {
        return "\nthe scenarios say the same\n".to_owned();
    }
    let mut text = "\nthe scenarios differ in\n".to_owned();
    for field in fields.iter().take(FIELDS) {
        let what = match (&field.a, &field.b) {
            (Some(a), Some(b)) => format!("{} in a, {} in b", printable(a), printable(b)),
            (Some(a), None) => format!("{}only in a", scalar(a)),
            (None, Some(b)) => format!("{}only in b", scalar(b)),
            (None, None) => continue,
        };
        text.push_str(&format!("  {}: {what}\n", field.path));
    }
    if fields.len() > FIELDS {
        text.push_str(&format!("  and {} values more\n", fields.len() - FIELDS));
    }
    text
}

/// A value that fits a line; what holds others is told by its name.
fn scalar(json: &str) -> String {
    match json.starts_with(['{', '[']) {
        true => String::new(),
        false => format!("{}, ", printable(json)),
    }
}

/// One line an arm.
pub(super) fn arms(arms: &BTreeMap<String, ArmDiff>) -> String {
    let mut text = "\n".to_owned();
    for (name, arm) in arms {
        let what = match arm {
            ArmDiff::Same { records } => format!("all {} records are the same", count(*records)),
            ArmDiff::OnlyInA => "only a has it".to_owned(),
            ArmDiff::OnlyInB => "only b has it".to_owned(),
            ArmDiff::Parts(parting) => format!(
                "{} records are the same, the next one differs, at {}",
                count(parting.common),
                time(parting.at_ns())
            ),
        };
        text.push_str(&format!("arm {}: {what}\n", printable(name)));
    }
    text
}

/// The earliest parting of all arms, with what led to it.
pub(super) fn first(arms: &BTreeMap<String, ArmDiff>) -> String {
    let partings = arms.iter().filter_map(|(name, arm)| match arm {
        ArmDiff::Parts(parting) => Some((name, parting)),
        _ => None,
    });
    let Some((name, parting)) = partings.min_by_key(|(_, parting)| parting.at_ns()) else {
        return String::new();
    };
    let mut text = format!("\nthe first difference is in arm {}\n", printable(name));
    for line in shortened(&parting.history) {
        match line {
            Some(line) => text.push_str(&format!("     {}\n", record(line, parting))),
            None => text.push_str("     ...\n"),
        }
    }
    for (side, line) in [("a", &parting.a), ("b", &parting.b)] {
        let what = match line {
            Some(line) => record(line, parting),
            None => "nothing more happens".to_owned(),
        };
        text.push_str(&format!("  {side}  {what}\n"));
    }
    text
}

/// The beginning and the end of a long history.
fn shortened<'a>(history: &'a [Line<'static>]) -> Vec<Option<&'a Line<'static>>> {
    if history.len() <= HISTORY {
        return history.iter().map(Some).collect();
    }
    let half = HISTORY / 2;
    let start = history[..half].iter().map(Some);
    let end = history[history.len() - half..].iter().map(Some);
    start.chain([None]).chain(end).collect()
}

/// One record, in columns that are as wide as all that is shown needs them.
fn record(line: &Line<'_>, parting: &Parting) -> String {
    let all = || {
        let sides = [&parting.a, &parting.b].into_iter().flatten();
        parting.history.iter().chain(sides)
    };
    let widest = |of: &dyn Fn(&Line<'_>) -> usize| all().map(of).max().unwrap_or(0);
    let at = |line: &Line<'_>| exactly(line.at_ns);
    let (at_width, request, component) = (
        widest(&|line| at(line).len()),
        widest(&|line| printable(&line.request).chars().count()),
        widest(&|line| printable(&line.component).chars().count()),
    );
    format!(
        "{:>at_width$}  {:request$}  attempt {}  {:component$}  {}",
        at(line),
        printable(&line.request),
        line.attempt,
        printable(&line.component),
        happened(line),
    )
}

/// What happened, to the nanosecond: what differs may differ by one. Another release may know
/// events that this one does not.
fn happened(line: &Line<'_>) -> String {
    match events().find(|what| what.name == line.what) {
        Some(what) => happened_exactly(what, line.value),
        None => format!("{}, {}", printable(&line.what).replace('_', " "), count(line.value)),
    }
}
