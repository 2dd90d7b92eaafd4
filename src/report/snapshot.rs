//! A run as a regression test: the parts of the fingerprint first, then every number on a line of
//! its own, so that a change touches only its own lines. The version of the tool is left out.

use super::result::{ArmResult, Hex, RunResult};
use super::rows::{Scalar, metrics};
use crate::metrics::names::{Kind, bare, quoted};
use crate::report::text::page::stopped;
use crate::report::text::verdict::verdict;

const PARTS: [&str; 3] = ["order", "timing", "results"];

/// Numbers of a distribution in a snapshot.
const KEPT: [&str; 5] = ["count", "mean_ns", "p50_ns", "p99_ns", "max_ns"];

/// The text of a snapshot.
///
/// Each part of the fingerprint has a line of its own at the top, so that the first lines of a diff
/// show the kind of the change; [`changed_parts`] puts it into words. Each number is exact, as a
/// sentence that `expect` understands. Numbers that are 0 or have no value are left out.
#[must_use]
pub fn snapshot(result: &RunResult) -> String {
    let prints = &result.fingerprints;
    let mut text = String::new();
    for (part, print) in PARTS.into_iter().zip([prints.order, prints.timing, prints.results]) {
        text.push_str(&part_line(part, print));
    }
    let (name, digest) = (&result.scenario.name, &result.scenario.digest);
    text.push_str(&format!("\n{name}, seed {}, digest {digest}\n", result.seed));
    for (name, arm) in &result.arms {
        text.push_str(&numbers(name, arm));
    }
    let warnings = result.warnings.iter().map(|warning| format!("warning: {warning}"));
    let stopped = result.stopped.iter().map(|why| format!("stopped: {}", stopped(why)));
    let verdict = verdict(result).into_iter().map(|line| format!("verdict: {line}"));
    let lines: Vec<String> = warnings.chain(stopped).chain(verdict).collect();
    text + "\n" + &lines.join("\n") + "\n"
}

/// Numbers of an arm, with an empty line before each component.
fn numbers(name: &str, arm: &ArmResult) -> String {
    let name = quoted(name);
    let mut text = String::new();
    let mut reporter = None;
    for row in metrics(arm) {
        let component = match row.component {
            "" => String::new(),
            component => quoted(component) + ".",
        };
        for (part, value) in row.value.scalars() {
            let kept = part.is_empty() || KEPT.contains(&part);
            let Some(value) = shown(row.value.kind_of(part), value).filter(|_| kept) else {
                continue;
            };
            if reporter != Some(row.component) {
                text.push('\n');
                reporter = Some(row.component);
            }
            let part = if part.is_empty() { String::new() } else { format!(".{}", bare(part)) };
            text.push_str(&format!("{name}.{component}{}{part} == {value}\n", bare(row.metric)));
        }
    }
    text
}

/// A value as written in sentences; `None` for 0 and for no value.
fn shown(kind: Kind, value: Scalar) -> Option<String> {
    match (kind, value) {
        (_, Scalar::None | Scalar::Integer(0)) => None,
        (Kind::Time | Kind::Latency, Scalar::Integer(ns)) => Some(decimal(ns)),
        (_, Scalar::Integer(count)) => Some(count.to_string()),
        (_, Scalar::Float(value)) => (value != 0.0).then(|| value.to_string()),
    }
}

/// A time with all digits, in the largest unit in which it is at least 1.
fn decimal(ns: u64) -> String {
    let units = [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us")];
    let (unit, name) = units.into_iter().find(|(unit, _)| ns >= *unit).unwrap_or((1, "ns"));
    let digits = unit.ilog10() as usize;
    let fraction = format!("{:0digits$}", ns % unit);
    match fraction.trim_end_matches('0') {
        _ if unit == 1 => format!("{ns}ns"),
        "" => format!("{}{name}", ns / unit),
        fraction => format!("{}.{fraction}{name}", ns / unit),
    }
}

/// Parts of the fingerprint that differ between two snapshots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangedParts {
    /// The events or their order differ.
    pub order: bool,
    /// The instants differ.
    pub timing: bool,
    /// Outcomes or metrics differ.
    pub results: bool,
}

impl ChangedParts {
    /// The change in words.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self { order: true, .. } => "other events or another order",
            Self { timing: true, .. } => "the same events at other instants",
            Self { results: true, .. } => "the same events, other outcomes or metrics",
            _ => "the same events and results, only presented differently",
        }
    }
}

/// Compares the fingerprints in two texts of [`snapshot`], with or without insta's head; `None` if
/// one has no fingerprint.
#[must_use]
pub fn changed_parts(old: &str, new: &str) -> Option<ChangedParts> {
    let differs = |part| Some(read_part(old, part)? != read_part(new, part)?);
    let [order, timing, results] = PARTS.map(differs);
    Some(ChangedParts { order: order?, timing: timing?, results: results? })
}

fn part_line(part: &str, print: Hex) -> String {
    format!("{part:<7}  {print}\n")
}

/// The first line that parses as a part. An arm may be called "order", but no such line has 16 hex
/// digits.
fn read_part(text: &str, part: &str) -> Option<u64> {
    text.lines().find_map(|line| {
        let digits = line.strip_prefix(part)?.strip_prefix(' ')?.trim();
        let print = u64::from_str_radix(digits, 16).ok()?;
        (digits.len() == 16).then_some(print)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_burst() {
        insta::assert_snapshot!(snapshot(&sample::burst()));
    }

    #[test]
    fn one_number_is_one_line_however_wide() {
        let lines = |result: &RunResult| -> Vec<String> {
            snapshot(result).lines().map(str::to_owned).collect()
        };
        let old = sample::burst();
        let mut new = old.clone();
        let arm = new.arms.get_mut("rpc").expect("it has this arm");
        arm.latency.end_to_end.p99_ns = Some(123_456_789_012_345);
        let (old, new) = (lines(&old), lines(&new));
        assert_eq!(old.len(), new.len());
        let changed: Vec<&String> =
            old.iter().zip(&new).filter(|(old, new)| old != new).map(|(_, new)| new).collect();
        let expected = "rpc.latency.end_to_end.p99 == 123456.789012345s";
        assert!(changed.iter().any(|line| *line == expected), "{changed:?}");
        assert!(changed.iter().all(|line| *line == expected || line.starts_with("verdict: ")));
    }

    #[test]
    fn times_have_all_their_digits() {
        let printed =
            [1, 999, 1_000, 1_500, 120_000_000, 1_000_000_001, 90_000_000_000].map(decimal);
        assert_eq!(printed, ["1ns", "999ns", "1us", "1.5us", "120ms", "1.000000001s", "90s"]);
    }

    #[test]
    fn the_version_of_the_tool_is_not_in_it() {
        let result = sample::burst();
        let newer = RunResult { dessim: "99.0.0", model: 99, ..result.clone() };
        assert_eq!(snapshot(&result), snapshot(&newer));
    }

    #[test]
    fn a_change_is_named_by_its_deepest_part() {
        let old = sample::burst();
        let changed = |change: &dyn Fn(&mut RunResult)| {
            let mut new = old.clone();
            change(&mut new);
            let parts = changed_parts(&snapshot(&old), &snapshot(&new));
            parts.expect("both are snapshots").describe()
        };
        assert_eq!(
            changed(&|new| {
                new.fingerprints.order = Hex(1);
                new.fingerprints.timing = Hex(1);
            }),
            "other events or another order"
        );
        assert_eq!(
            changed(&|new| new.fingerprints.timing = Hex(1)),
            "the same events at other instants"
        );
        assert_eq!(
            changed(&|new| new.fingerprints.results = Hex(1)),
            "the same events, other outcomes or metrics"
        );
        assert_eq!(
            changed(&|new| new.seed = 99),
            "the same events and results, only presented differently"
        );
    }

    #[test]
    fn heads_of_files_do_not_matter_and_strangers_are_refused() {
        let text = snapshot(&sample::burst());
        let filed = format!("---\nsource: tests/suite/golden.rs\n---\n{text}");
        let parts = changed_parts(&filed, &text).expect("both are snapshots");
        assert_eq!(parts, ChangedParts { order: false, timing: false, results: false });
        assert_eq!(changed_parts("order  later", &text), None);
        assert_eq!(changed_parts(&text, ""), None);
    }
}
