//! The page as a regression test: the parts of the fingerprint first, no version of the tool.

use super::page::{body, head};
use super::result::{Hex, RunResult};

const PARTS: [&str; 3] = ["order", "timing", "results"];

/// The text that is kept beside a scenario and compared.
///
/// Each part of the fingerprint has a line of its own at the top, so that already the first lines
/// of a diff say what kind of change it is; [`changed_parts`] says it in words.
#[must_use]
pub fn snapshot(result: &RunResult) -> String {
    let prints = &result.fingerprints;
    let mut text = String::new();
    for (part, print) in PARTS.into_iter().zip([prints.order, prints.timing, prints.results]) {
        text.push_str(&part_line(part, print));
    }
    format!("{text}\n{}\n{}", head(result), body(result))
}

/// Which parts of the fingerprint differ between two snapshots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangedParts {
    /// Other events, or another order of them.
    pub order: bool,
    /// Other instants.
    pub timing: bool,
    /// Other outcomes or metrics.
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

/// What differs between two texts of [`snapshot`], with or without insta's head around them;
/// `None` when one of them has no fingerprint to read.
#[must_use]
pub fn changed_parts(old: &str, new: &str) -> Option<ChangedParts> {
    let differs = |part| Some(read_part(old, part)? != read_part(new, part)?);
    let [order, timing, results] = PARTS.map(differs);
    Some(ChangedParts { order: order?, timing: timing?, results: results? })
}

fn part_line(part: &str, print: Hex) -> String {
    format!("{part:<7}  {print}\n")
}

/// The first line that reads as a part: names of arms may say "order", but no 16 hex digits.
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
