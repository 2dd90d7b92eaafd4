//! A class of requests as it is written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::units::{Limit, Ratio};
use crate::model::spec::declaration::Declaration;
use crate::model::spec::finding::{Finding, Segment};
use crate::model::spec::size::Size;
use crate::model::spec::word::{Word, word};

/// A class of the requests of a load. What services do for such a request belongs to it too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Class", deny_unknown_fields)]
pub struct Spec {
    /// The ratio of the load's requests that belong to it, in [0, 1]; those of one load add up to
    /// 1 at most, and the rest belongs to no class.
    pub ratio: Ratio,
    /// Who goes first in the line of a service: the higher one, and first come first served among
    /// equals. Nobody is taken out of a slot. Default 0, as of a request of no class.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub priority: u8,
    /// What services do for it takes so many times as long, drawn once for each request: every call
    /// and every attempt for it has the same size. Default: that of the load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
    /// So many attempts of each of its calls end in an error after their full time: the first
    /// ones, or with "unlimited" all, which makes it poison. Default 0.
    #[serde(default = "nothing", skip_serializing_if = "is_nothing")]
    pub fails_first: Limit,
}

fn is_usual(priority: &u8) -> bool {
    *priority == 0
}

const fn nothing() -> Limit {
    Limit::AtMost(0)
}

fn is_nothing(limit: &Limit) -> bool {
    *limit == nothing()
}

/// Ratios may pass 1 by this much: decimal fractions do.
const SUM_TOLERANCE: f64 = 1e-9;

/// The rules of the classes of a load.
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

/// What is known of it outside a run.
pub static DECLARATION: Declaration =
    Declaration { name: "Class", kind: "class", lints: &[], changes: &[], words: WORDS };

/// What other tools call its parts.
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
