//! The comparison of two runs as data, `dessim.diff/1`: whose fate changed, which numbers, and
//! where the runs part.
//!
//! It is made by `experiment::diff`; here is its shape, and in [`text`] and [`html`] how it
//! reads. `docs/diff.md` defines every field.

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
    /// Something that happens, or is counted, is not the same.
    pub differs: bool,
    /// The first run.
    pub a: Side,
    /// The second run.
    pub b: Side,
    /// The values in which the scenarios differ, every default filled in; `None` with a trace,
    /// which does not hold its scenario.
    pub fields: Option<Vec<FieldChange>>,
    /// What cannot be known of these two.
    pub notes: Vec<String>,
    /// One diff an arm.
    pub arms: Vec<ArmComparison>,
    /// The earliest record that is not the same, over all arms.
    pub first: Option<First>,
}

/// One of the two runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Side {
    /// As it was given: a file, perhaps with what was changed in it.
    pub given: String,
    /// What it is.
    pub kind: SideKind,
    /// The arm of it that is compared, if it is only one.
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
    /// Why the run ended before its end, if it did.
    pub stopped: Option<String>,
}

/// What a side is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SideKind {
    /// A scenario, which was played.
    Scenario,
    /// A saved result, which was played again.
    Result,
    /// A trace.
    Trace,
}

/// A value of the scenarios that is not the same.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldChange {
    /// Where it is, as `--set` takes it.
    pub path: String,
    /// Its value in the first scenario; `None` if there is none.
    pub a: Option<Value>,
    /// Its value in the second one.
    pub b: Option<Value>,
}

/// What became of an arm.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArmComparison {
    /// Its name; of two arms that are held against each other, both.
    pub name: String,
    /// Only one of the runs has it, if so: "a" or "b". Then nothing is compared.
    pub only_in: Option<&'static str>,
    /// How far everything that happens is the same.
    pub records: Records,
    /// Whose fate changed; `None` if that is not known.
    pub requests: Option<RequestChanges>,
    /// Which numbers changed; `None` if a side has none.
    pub numbers: Option<Numbers>,
}

/// How far the records of an arm are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Records {
    /// So many are, from the first on.
    pub same: u64,
    /// The instant of the first that is not; `None` if all are.
    pub parts_at_ns: Option<u64>,
}

/// Whose fate changed. All but the first three counts are of requests that are in both runs.
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
    /// By fate in a and fate in b: those that changed first, then the larger.
    pub groups: Vec<FateGroup>,
    /// By how much requests that succeeded in both took longer in b, of those that did.
    pub slower: LatencySummary,
    /// By how much they took less long in b, of those that did.
    pub faster: LatencySummary,
    /// Attempts less, over the requests for which fewer were sent in b.
    pub attempts_saved: u64,
    /// Attempts more, over the requests for which more were sent in b.
    pub attempts_added: u64,
}

/// Requests with the same fate in a and the same in b.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FateGroup {
    /// Their fate in a.
    pub a: &'static str,
    /// Their fate in b.
    pub b: &'static str,
    /// How many.
    pub requests: u64,
    /// The first of them, by load and number: `clients#17`.
    pub first: Vec<String>,
}

/// Where two runs part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct First {
    /// In this arm.
    pub arm: String,
    /// At this instant.
    pub at_ns: u64,
    /// What had happened before, in both, to the requests of these two records.
    pub history: Vec<Moment>,
    /// So many records are left out of the middle of the history.
    pub left_out: u64,
    /// What happens in a; `None` if nothing does any more.
    pub a: Option<Moment>,
    /// What happens in b; `None` if nothing does any more.
    pub b: Option<Moment>,
}

/// One record, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// When.
    pub at_ns: u64,
    /// The load and the number of the request within it: `clients#17`.
    pub request: String,
    /// The attempt under way, from 1; 0 before the first.
    pub attempt: u32,
    /// Where.
    pub component: String,
    /// What, as it is called in traces.
    pub what: String,
    /// The number that belongs to it.
    pub value: u64,
    /// What, as a sentence without its subject.
    pub text: String,
}

impl Diff {
    /// One object over many lines, with a newline at its end.
    #[must_use]
    pub fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self).expect("a diff has string keys only");
        json + "\n"
    }
}

impl ArmComparison {
    /// True if nothing that happens in it differs.
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

    /// Those that succeeded in both and took equally long.
    #[must_use]
    pub fn as_fast(&self) -> u64 {
        self.good_in_both - self.slower.count - self.faster.count
    }
}

impl FateGroup {
    /// Its fate in a, in words.
    #[must_use]
    pub fn words(name: &str) -> String {
        name.replace('_', " ")
    }
}

impl SideKind {
    /// Its name in a sentence.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scenario => "scenario",
            Self::Result => "result",
            Self::Trace => "trace",
        }
    }
}

/// A ratio is a number or nothing: what was zero has none.
fn ratio<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match value.filter(|value| value.is_finite()) {
        Some(value) => serializer.serialize_f64(value),
        None => serializer.serialize_none(),
    }
}
