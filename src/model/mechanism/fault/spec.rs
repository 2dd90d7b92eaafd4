//! A fault as it is written: values, rules, lint and the words of other tools.

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

/// What goes wrong with a service in [from, until).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Fault", deny_unknown_fields)]
pub struct Spec {
    /// The service.
    pub service: String,
    /// Only this one of its replicas, from 1. Default: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub replica: Option<u32>,
    /// Only the replicas in this one of its `zones`. Default: those in all of them. A zone that is
    /// lost to several services is a fault of each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// First instant of the fault.
    pub from: Duration,
    /// First instant after the fault, not before `from`; at `from` it has no effect.
    pub until: Duration,
    /// What goes wrong.
    pub effect: Effect,
    /// Ratio of attempts that meet the fault, drawn once for each, in [0, 1]. Default 1.
    #[serde(default = "Ratio::one")]
    pub ratio: Ratio,
}

/// What a fault does to the attempts that meet it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum Effect {
    /// Work takes `factor` times as long while the fault lasts, that under way included.
    Slowed {
        /// At least 1, which has no effect.
        #[schemars(range(min = 1))]
        factor: f64,
    },
    /// An attempt that starts in a slot during the fault ends in an error after its time.
    Failing,
    /// Work stands still while the fault lasts and goes on after it; slots stay taken.
    Frozen,
    /// What waits or is worked on at `from` fails there; what comes during the fault is refused
    /// at once, as an error.
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
    ChangeKind::wish("without_fault", "without fault {at}", "it does not happen");

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

/// What is known of it outside a run.
pub static DECLARATION: Declaration = Declaration {
    name: "Fault",
    kind: "fault",
    lints: &[&FAULT_WITHOUT_EFFECT],
    changes: &[&WITHOUT_FAULT],
    words: WORDS,
};

/// What other tools call its parts.
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
