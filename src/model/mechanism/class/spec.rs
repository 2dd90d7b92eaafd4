//! The specification of a class of requests.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::units::{Limit, Ratio};
use crate::model::spec::declaration::Declaration;
use crate::model::spec::finding::{Finding, Segment};
use crate::model::spec::size::Size;
use crate::model::spec::word::{Word, word};

/// A class of the requests of a load. The calls that services make for such a request belong to it
/// too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Class", deny_unknown_fields)]
pub struct Spec {
    /// Ratio of the load's requests in this class, in [0, 1]. The ratios of a load add up to 1 at
    /// most; the remaining requests have no class.
    pub ratio: Ratio,
    /// Priority in the lines of services: the higher one goes first, equal ones first come, first
    /// served. Work in a slot is never interrupted. Default 0, as for requests without a class.
    #[serde(default, skip_serializing_if = "is_default_priority")]
    pub priority: u8,
    /// Factor of the time that services work on a request, drawn once per request: all of its calls
    /// and attempts have the same size. Default: the `size` of the load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
    /// Number of first attempts of each call that end in an error after their full time; with
    /// "unlimited", all attempts do (a poison message). Default 0.
    #[serde(default = "zero", skip_serializing_if = "is_zero")]
    pub fails_first: Limit,
}

fn is_default_priority(priority: &u8) -> bool {
    *priority == 0
}

const fn zero() -> Limit {
    Limit::AtMost(0)
}

fn is_zero(limit: &Limit) -> bool {
    *limit == zero()
}

/// Tolerance of the sum of ratios, for the rounding of decimal fractions.
const SUM_TOLERANCE: f64 = 1e-9;

/// Checks the rules of the classes of a load.
pub(in crate::model) fn check(classes: &BTreeMap<String, Spec>, findings: &mut Vec<Finding>) {
    for (name, size) in classes.iter().filter_map(|(name, class)| Some((name, class.size?))) {
        let key = Segment::Key(name.clone());
        findings.extend(size.check(&[Segment::field("classes"), key, Segment::field("size")]));
    }
    let sum: f64 = classes.values().map(|class| class.ratio.get()).sum();
    let rule = "the ratios of the classes of a load add up to 1 at most";
    let finding =
        Finding::error(&[Segment::field("classes")], rule, format!("they add up to {sum}"));
    let hint = "a request belongs to one class, or to none with the ratio that is left";
    findings.extend((sum > 1.0 + SUM_TOLERANCE).then(|| finding.hint(hint)));
}

/// The declaration of classes.
pub static DECLARATION: Declaration =
    Declaration { name: "Class", kind: "class", lints: &[], changes: &[], words: WORDS };

/// Names that other tools have, with hints.
#[rustfmt::skip]
const WORDS: &[Word] = &[
    word(&["Class"], &["share", "weight", "fraction", "probability", "proportion"],
        "that is `ratio` here, from 0 to 1"),
    word(&["Class"], &["prio", "importance", "criticality", "rank"],
        "that is `priority` here; the higher one goes first"),
    word(&["Class"], &["cost", "work", "multiplier", "factor"],
        "that is `size` here, how many times as long its work takes: size: Constant(20)"),
    word(&["Class"], &["poison", "poisonous", "always_fails"],
        "that is fails_first: \"unlimited\" here"),
    word(&["Class"], &["failures", "flaky", "fails", "fail_first"],
        "that is `fails_first` here: so many attempts of a call fail, then it can succeed"),
    word(&["Load"], &["priority", "priorities", "kinds", "types", "mix", "request_types"],
        "that is `classes` here: classes: {\"gold\": Class(ratio: 0.1, priority: 1)}"),
    word(&["Load"], &["poison", "poison_ratio", "poison_messages"],
        "that is a class: classes: {\"poison\": Class(ratio: 0.001, fails_first: \"unlimited\")}"),
];
