//! The comparison of two runs as data, `dessim.diff/1`: whose fate changed, which numbers, and
//! where the runs part.
//!
//! `experiment::diff` computes it; [`text`] and [`html`] print it. `docs/diff.md` defines every
//! field.

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::result::{Hex, LatencySummary};

pub mod html;
pub mod numbers;
pub mod text;

pub use numbers::Numbers;

/// The schema name in every diff.
pub const DIFF_SCHEMA: &str = "dessim.diff/1";

/// The longest name of a component or request in a table, in columns.
const NAME_COLUMNS: usize = 40;

/// Two runs, side by side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diff {
    /// Always [`DIFF_SCHEMA`].
    pub schema: &'static str,
    /// Version of dessim that compared them.
    pub dessim: &'static str,
    /// True if any event or number differs.
    pub differs: bool,
    /// The first run.
    pub a: Side,
    /// The second run.
    pub b: Side,
    /// The values in which the scenarios differ, every default filled in; `None` with a trace,
    /// which does not hold its scenario.
    pub fields: Option<Vec<FieldChange>>,
    /// Limits of this comparison.
    pub notes: Vec<String>,
    /// The comparison of each arm.
    pub arms: Vec<ArmComparison>,
    /// Earliest record that differs, over all arms.
    pub first: Option<First>,
}

/// One of the two runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Side {
    /// The side as given: a file, and the values set in it.
    pub given: String,
    /// Kind of the side.
    pub kind: SideKind,
    /// The compared arm, if only one is.
    pub arm: Option<String>,
    /// The seed.
    pub seed: u64,
    /// Digest of the scenario, 16 hex digits.
    pub digest: String,
    /// Version of dessim that made it.
    pub dessim: String,
    /// Version of the model that made it.
    pub model: u32,
    /// Fingerprint of the whole run; `None` for a trace.
    pub fingerprint: Option<Hex>,
    /// Why the run stopped early, if it did.
    pub stopped: Option<String>,
}

/// Kinds of sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SideKind {
    /// A scenario, played for the comparison.
    Scenario,
    /// A saved result, played again.
    Result,
    /// A trace.
    Trace,
}

/// A value that differs between the scenarios.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldChange {
    /// Path of the value, as `--set` takes it.
    pub path: String,
    /// The value in the first scenario; `None` if there is none.
    pub a: Option<Value>,
    /// The value in the second scenario; `None` if there is none.
    pub b: Option<Value>,
}

/// One arm in both runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArmComparison {
    /// Name of the arm; both names where arm X of a is compared with arm Y of b.
    pub name: String,
    /// The only run that has the arm, "a" or "b"; then nothing is compared.
    pub only_in: Option<&'static str>,
    /// Length of the common beginning of the records.
    pub records: Records,
    /// Requests whose fate changed; `None` if fates are not known.
    pub requests: Option<RequestChanges>,
    /// Numbers that changed; `None` if a side has no numbers.
    pub numbers: Option<Numbers>,
}

/// The common beginning of the records of an arm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Records {
    /// Number of equal records from the first on.
    pub same: u64,
    /// Instant of the first record that differs; `None` if none does.
    pub parts_at_ns: Option<u64>,
}

/// Requests whose fate changed. All but the first three counts are of requests in both runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RequestChanges {
    /// In both runs.
    pub in_both: u64,
    /// Only in a.
    pub only_in_a: u64,
    /// Only in b.
    pub only_in_b: u64,
    /// Did not succeed in a: `saved` is a part of these.
    pub failing: u64,
    /// Did not succeed in a, and succeeded in b.
    pub saved: u64,
    /// Succeeded in a, and did not in b.
    pub lost: u64,
    /// Succeeded in both.
    pub good_in_both: u64,
    /// Succeeded in neither.
    pub bad_in_both: u64,
    /// Groups by fate in a and in b: changed ones first, then by size.
    pub groups: Vec<FateGroup>,
    /// Slowdown of the requests that succeeded in both runs and were slower in b.
    pub slower: LatencySummary,
    /// Speedup of the requests that succeeded in both runs and were faster in b.
    pub faster: LatencySummary,
    /// Attempts saved, summed over the requests with fewer attempts in b.
    pub attempts_saved: u64,
    /// Attempts added, summed over the requests with more attempts in b.
    pub attempts_added: u64,
}

/// Requests that share their fate in a and their fate in b.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FateGroup {
    /// Their fate in a.
    pub a: &'static str,
    /// Their fate in b.
    pub b: &'static str,
    /// How many.
    pub requests: u64,
    /// The first of these requests, by load and number: `clients#17`.
    pub first: Vec<String>,
}

/// The first difference of two runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct First {
    /// Arm.
    pub arm: String,
    /// Instant.
    pub at_ns: u64,
    /// Earlier records, equal in both runs, of the requests of these two records.
    pub history: Vec<Moment>,
    /// Records left out of the middle of the history.
    pub left_out: u64,
    /// The record in a; `None` if a has no further one.
    pub a: Option<Moment>,
    /// The record in b; `None` if b has no further one.
    pub b: Option<Moment>,
}

/// One record, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// Instant.
    pub at_ns: u64,
    /// The load and the number of the request within it: `clients#17`.
    pub request: String,
    /// The attempt under way, from 1; 0 before the first.
    pub attempt: u32,
    /// Component.
    pub component: String,
    /// Name of the event, as in traces.
    pub what: String,
    /// Number of the event, as in traces.
    pub value: u64,
    /// The event as a sentence without its subject.
    pub text: String,
}

impl Diff {
    /// The diff as a JSON object over many lines, with a newline at the end.
    #[must_use]
    pub fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self).expect("a diff has string keys only");
        json + "\n"
    }
}

impl ArmComparison {
    /// True if no record, request or number of the arm differs.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.only_in.is_none() && self.records.parts_at_ns.is_none()
    }
}

impl RequestChanges {
    /// The groups whose fate changed.
    pub fn changed(&self) -> impl Iterator<Item = &FateGroup> {
        self.groups.iter().filter(|group| group.a != group.b)
    }

    /// Requests that succeeded in both runs and took equally long.
    #[must_use]
    pub fn as_fast(&self) -> u64 {
        self.good_in_both - self.slower.count - self.faster.count
    }
}

impl FateGroup {
    /// The name of a fate in words.
    #[must_use]
    pub fn words(name: &str) -> String {
        name.replace('_', " ")
    }
}

impl SideKind {
    /// Name of the kind in a sentence.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scenario => "scenario",
            Self::Result => "result",
            Self::Trace => "trace",
        }
    }
}

/// Serialises a ratio as a number or null: JSON has no infinity.
fn ratio<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match value.filter(|value| value.is_finite()) {
        Some(value) => serializer.serialize_f64(value),
        None => serializer.serialize_none(),
    }
}
