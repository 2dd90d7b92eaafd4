//! The specification of a fault.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::time::Duration;
use crate::kernel::units::Ratio;
use crate::metrics::change::ChangeKind;
use crate::model::spec::alternative::Alternative;
use crate::model::spec::declaration::Declaration;
use crate::model::spec::finding::{Finding, Segment};
use crate::model::spec::lint::{Group, Lint};
use crate::model::spec::part::PartSpec;
use crate::model::spec::system::System;
use crate::model::spec::word::{Word, word};

/// A fault of a service in [from, until).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Fault", deny_unknown_fields)]
pub struct Spec {
    /// Service that has the fault.
    pub service: String,
    /// Number of the only replica that has the fault, from 1. Default: all replicas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub replica: Option<u32>,
    /// Name of the only zone of the service whose replicas have the fault. The loss of a zone to
    /// several services is one fault for each. Default: all zones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// First instant of the fault.
    pub from: Duration,
    /// First instant after the fault, not before `from`; if equal, the fault has no effect.
    pub until: Duration,
    /// Effect on attempts at the service.
    pub effect: Effect,
    /// Ratio of attempts that are affected, in [0, 1], drawn for each attempt. Default 1.
    #[serde(default = "Ratio::one")]
    pub ratio: Ratio,
}

/// The effect of a fault on attempts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum Effect {
    /// Work takes `factor` times as long during the fault, also work in progress.
    Slowed {
        /// Factor, at least 1; 1 has no effect.
        #[schemars(range(min = 1))]
        factor: f64,
    },
    /// Attempts that get a slot during the fault end in an error after their time.
    Failing,
    /// Work pauses during the fault and goes on after it; slots stay taken.
    Frozen,
    /// Attempts in line or in a slot fail at `from`; those that arrive during the fault fail at
    /// once.
    Crashed,
}

pub(crate) static FAULT_WITHOUT_EFFECT: Lint = Lint {
    name: "fault-without-effect",
    group: Group::Writing,
    about: "A fault that ends where it begins, or begins after the end of the run.",
    why: "Nothing ever goes wrong, and the run looks better than the system is.",
    example: r#"faults: {
    "down": Fault(service: "api", from: "10s", until: "10s", effect: Crashed),
},"#,
    mended: r#"faults: {
    "down": Fault(service: "api", from: "10s", until: "20s", effect: Crashed),
},"#,
};

static WITHOUT_FAULT: ChangeKind =
    ChangeKind::wish("without_fault", "without fault {at}", "no such fault");

impl PartSpec for Spec {
    fn check(&self, duration: Option<Duration>, findings: &mut Vec<Finding>) {
        if self.replica.is_some() && self.zone.is_some() {
            let rule = "a fault hits a replica or a zone";
            let finding = Finding::error(&[Segment::field("zone")], rule, "found both");
            findings.push(finding.hint("leave one of them out"));
        }
        let (from, until) = (self.from, self.until);
        let at_until = [Segment::field("until")];
        let lint = &FAULT_WITHOUT_EFFECT;
        if from > until {
            let rule = format!("must not be before `from`, which is {from}");
            findings.push(Finding::error(&at_until, rule, format!("found {until}")));
        } else if let Some(end) = duration.filter(|end| from >= *end) {
            let rule = "this fault never happens";
            let found = format!("the run ends at {end}, before it begins");
            findings.push(Finding::warning(lint, &[Segment::field("from")], rule, found));
        } else if from == until {
            let rule = "this fault has no effect";
            let found = format!("it ends where it begins, at {from}");
            findings.push(Finding::warning(lint, &at_until, rule, found));
        }
    }

    fn lint(&self, _: &str, _: &System<'_>, _: &mut Vec<Finding>) {}

    fn alternatives(&self, name: &str, _: &System<'_>) -> Vec<Alternative<Self>> {
        vec![Alternative::without(&WITHOUT_FAULT, name)]
    }
}

/// The declaration of faults.
pub static DECLARATION: Declaration = Declaration {
    name: "Fault",
    kind: "fault",
    lints: &[&FAULT_WITHOUT_EFFECT],
    changes: &[&WITHOUT_FAULT],
    words: WORDS,
};

/// Names that other tools have, with hints.
#[rustfmt::skip]
const WORDS: &[Word] = &[
    word(&["Fault"], &["kind", "type"], "that is `effect` here"),
    word(&["Fault"], &["start", "begin", "begins", "at"], "that is `from` here, an instant"),
    word(&["Fault"], &["end", "stop", "ends", "duration", "lasts"],
        "that is `until` here, the first instant after the fault"),
    word(&["Fault"], &["probability", "rate", "percentage", "fraction"], "that is `ratio` here"),
    word(&["Fault"], &["target", "to"], "that is `service` here"),
    word(&["Fault"], &["host", "pod", "instance", "node"],
        "one of several is `replica` here, by its number from 1"),
    word(&["Effect"], &["slow", "latency", "delay", "brownout"],
        "that is Slowed(factor: 10.0) here"),
    word(&["Effect"], &["error", "errors", "fail", "abort"], "that is Failing here"),
    word(&["Effect"], &["down", "outage", "kill", "crash"], "that is Crashed here"),
    word(&["Effect"], &["pause", "hang", "freeze", "stall"], "that is Frozen here"),
    word(&["Effect"], &["partition", "packet_loss", "network"],
        "a network is not there yet; the nearest are Frozen and Failing with a ratio"),
];
