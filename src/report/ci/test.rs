//! Results of `dessim test` as data, schema [`TEST_SCHEMA`].
//!
//! The data has no wall-clock time and no number of threads: the same scenarios give the same
//! bytes.

use serde::Serialize;

use crate::report::expected::Expected;

/// The schema name in every report of a test.
pub const TEST_SCHEMA: &str = "dessim.test/1";

/// All scenarios of one test.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tested {
    /// Always [`TEST_SCHEMA`].
    pub schema: &'static str,
    /// Version of dessim.
    pub dessim: &'static str,
    /// True if every scenario was tested and passed.
    pub passed: bool,
    /// True if the test was interrupted: unfinished scenarios are missing.
    pub interrupted: bool,
    /// The scenarios, by name.
    pub scenarios: Vec<TestedScenario>,
}

/// One scenario.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TestedScenario {
    /// Path as given on the command line, with `/` between folders.
    pub file: String,
    /// The seed of its run; `None` if it could not run.
    pub seed: Option<u64>,
    /// Why it could not run, or not to its end.
    pub error: Option<Trouble>,
    /// Comparison with its snapshot, unless `--no-snapshots` leaves that out.
    pub snapshot: Option<TestedSnapshot>,
    /// Results of its expectations.
    pub expectations: Vec<TestedExpectation>,
}

/// Why a scenario could not run, or not to its end.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trouble {
    /// Message, perhaps of several lines.
    pub message: String,
    /// Line of the scenario, from 1, if the trouble is in the file.
    pub line: Option<usize>,
    /// The column, in characters from 1.
    pub column: Option<usize>,
}

/// How a scenario compares with its snapshot.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TestedSnapshot {
    /// Result of the comparison.
    pub status: Status,
    /// The snapshot's file.
    pub file: String,
    /// Kind of the change in words, if there is one.
    pub change: Option<String>,
    /// The difference, as a unified diff.
    pub diff: Option<String>,
}

/// How a scenario compares with its snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The run equals the snapshot.
    Same,
    /// The run differs from the snapshot.
    Changed,
    /// There is no snapshot.
    Missing,
    /// The run was accepted as the new snapshot.
    Accepted,
    /// Not accepted although asked to be: an expectation fails, or the run stopped early.
    Withheld,
}

/// One expectation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TestedExpectation {
    /// The claim and its result.
    #[serde(flatten)]
    pub expected: Expected,
    /// Line of the sentence in the scenario, from 1.
    pub line: usize,
    /// The column, in characters from 1.
    pub column: usize,
    /// Command that replays a failing run.
    pub command: Option<String>,
}

impl TestedSnapshot {
    /// True if the run equals the snapshot or became it.
    #[must_use]
    pub const fn passed(&self) -> bool {
        matches!(self.status, Status::Same | Status::Accepted)
    }

    /// Why the comparison fails, in a sentence; `None` if it passes.
    #[must_use]
    pub fn complaint(&self) -> Option<String> {
        let change = self.change.as_deref().unwrap_or("it changed");
        match self.status {
            Status::Same | Status::Accepted => None,
            Status::Changed => Some(change.to_owned()),
            Status::Missing => Some(format!("there is no {} yet", self.file)),
            Status::Withheld => Some(format!("not accepted: {change}")),
        }
    }
}

impl TestedScenario {
    /// True if the scenario ran, equals its snapshot, and meets its expectations.
    #[must_use]
    pub fn passed(&self) -> bool {
        let holds = |one: &TestedExpectation| one.expected.holds == Some(true);
        self.error.is_none()
            && self.snapshot.as_ref().is_none_or(TestedSnapshot::passed)
            && self.expectations.iter().all(holds)
    }
}

/// The test as JSON over many lines.
///
/// # Panics
/// Never: all keys are strings.
#[must_use]
pub fn to_json(tested: &Tested) -> String {
    let json = serde_json::to_string_pretty(tested).expect("all keys are strings");
    json + "\n"
}

#[cfg(test)]
pub(in crate::report) mod samples {
    use super::*;

    /// A test with every kind of result, and names with characters special to XML and GitHub.
    pub(in crate::report) fn tested() -> Tested {
        let expectation =
            |text: &str, holds: Option<bool>, command: Option<&str>| TestedExpectation {
                expected: Expected {
                    index: 0,
                    text: text.to_owned(),
                    arm: holds.map(|_| "rpc & co".to_owned()),
                    holds,
                    actual: "goodput_per_s is 7 %, \"not\" 8 %".to_owned(),
                    brief: "7 %".to_owned(),
                    seed: Some(7),
                    hits: None,
                    runs: None,
                },
                line: 12,
                column: 9,
                command: command.map(str::to_owned),
            };
        let snapshot = |status, change: Option<&str>| TestedSnapshot {
            status,
            file: "snapshots/a.snap".to_owned(),
            change: change.map(str::to_owned),
            diff: change.map(|_| "-a <b>\n+a\u{1b}[1m ]]>\n".to_owned()),
        };
        let good = TestedScenario {
            file: "scenarios/good.ron".to_owned(),
            seed: Some(7),
            snapshot: Some(snapshot(Status::Same, None)),
            expectations: vec![expectation("goodput_per_s > 1", Some(true), None)],
            ..TestedScenario::default()
        };
        let bad = TestedScenario {
            file: "scenarios/bad, worse: 100%.ron".to_owned(),
            seed: Some(7),
            snapshot: Some(snapshot(Status::Changed, Some("other events or another order"))),
            expectations: vec![
                expectation("goodput_per_s < 8%", Some(false), Some("dessim run bad.ron --seed 7")),
                expectation("p(collapses) < 1%", None, None),
            ],
            error: Some(Trouble {
                message: "seed 8 stopped early:\nno time passes".to_owned(),
                line: None,
                column: None,
            }),
        };
        let error = Trouble { message: "no RON".to_owned(), line: Some(3), column: Some(4) };
        let broken = TestedScenario {
            file: "broken.ron".to_owned(),
            error: Some(error),
            ..TestedScenario::default()
        };
        Tested {
            schema: TEST_SCHEMA,
            dessim: "0.0.0",
            passed: false,
            interrupted: false,
            scenarios: vec![good, bad, broken],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_json() {
        insta::assert_snapshot!(to_json(&samples::tested()));
    }

    #[test]
    fn what_was_not_judged_has_not_passed() {
        let mut scenario = samples::tested().scenarios[0].clone();
        assert!(scenario.passed());
        scenario.expectations[0].expected.holds = None;
        assert!(!scenario.passed());
    }
}
