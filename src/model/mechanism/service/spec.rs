//! A service as it is written: values, rules and the words of other tools.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{alternatives, lints};
use crate::kernel::time::Duration;
use crate::kernel::units::{Limit, Ratio};
use crate::model::spec::alternative::Alternative;
use crate::model::spec::declaration::Declaration;
use crate::model::spec::distribution::Distribution;
use crate::model::spec::finding::{Finding, Segment};
use crate::model::spec::part::PartSpec;
use crate::model::spec::system::System;
use crate::model::spec::word::{Word, word};
use crate::model::spec::zones::{self, Zones};

/// A service: worker slots behind a queue, with variable latency, overload and transient errors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Service", deny_unknown_fields)]
pub struct Spec {
    /// Time that one attempt takes in a slot.
    pub time: Distribution,
    /// How many there are of it, each with slots, queue and overload of its own; `balancing` of
    /// whoever sends to it chooses among them. From 1 to 100000. Default 1.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    #[schemars(range(min = 1, max = 100_000))]
    pub replicas: u32,
    /// In which zones they stand, and how many in each: `replicas` is their sum and may be left
    /// out. Replicas are numbered zone by zone, in the order of the names. A `Fault` may hit one
    /// zone, and `balancing: ZoneAware()` prefers that of the caller. Default none.
    #[serde(default, skip_serializing_if = "Zones::is_empty")]
    pub zones: Zones,
    /// Attempts that are worked on at once, by each replica, at least 1. Default "unlimited".
    #[serde(default)]
    #[schemars(extend("minimum" = 1))]
    pub slots: Limit,
    /// Attempts that may wait for a slot of a replica (those in a slot do not count); more are
    /// shed at once, also where a handler joins the line anew. 0 is a loss system. Default
    /// "unlimited".
    #[serde(default)]
    pub queue: Limit,
    /// An attempt that has waited this long for a slot leaves the line, and is shed. It bounds the
    /// wait and not the work; where a handler joins the line anew, each wait. "0s" is `queue: 0`.
    /// Default: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_wait: Option<Duration>,
    /// Ratio of attempts that end in an error after their full time, in [0, 1]. Default 0.
    #[serde(default)]
    pub failure_ratio: Ratio,
    /// Ratio of attempts that never answer, in [0, 1]: such a one takes its slot and keeps it until
    /// its caller gives up and the service stops (`cancellation: Immediate`), or a crash.
    /// Default 0.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub hang_ratio: Ratio,
    /// How latency and errors grow when too much is in flight. Default: not at all.
    #[serde(default)]
    pub overload: Option<Overload>,
    /// What becomes of an attempt when its caller gives up. Default `None`: the server goes on, as
    /// most do.
    #[serde(default)]
    pub cancellation: Cancellation,
    /// Attempts whose `Deadline` is over are refused, when they come and when they get a slot: they
    /// end in a timeout, and cost no work. Default false, as most servers.
    #[serde(default, skip_serializing_if = "is_no")]
    pub refuses_expired: bool,
    /// What an attempt does after its `time`, step by step. Default nothing: it is answered. When a
    /// step fails, the attempt ends in an error at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub handler: Vec<Step>,
    /// An attempt keeps its slot while it waits for the calls of its handler, as with a thread for
    /// each request. Otherwise it gives the slot back, and joins the line anew for a later `Work`.
    /// Default true.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub holds_slot: bool,
    /// What else can be asked of it, by name, each with its own time and handler; `Call.endpoint`
    /// asks for it. Slots, queue, failures and overload are those of the service.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub endpoints: BTreeMap<String, Endpoint>,
}

/// Something that a service can be asked for, beside what it does for whoever names no endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// Time that one attempt takes in a slot, before its handler.
    pub time: Distribution,
    /// What an attempt does after its `time`. Default nothing.
    #[serde(default)]
    pub handler: Vec<Step>,
}

/// A step of a handler.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum Step {
    /// Works in a slot for so long.
    Work(Distribution),
    /// Calls the service of this entry of `calls`, through its policy, and waits for the outcome.
    Call(String),
    /// Makes several calls at once, and waits until it is decided whether enough succeed; those
    /// that are still under way then are given up.
    Parallel {
        /// Entries of `calls`; the same one may stand here several times.
        #[schemars(length(min = 1))]
        calls: Vec<String>,
        /// How many have to succeed. Default `All`.
        #[serde(default)]
        wait: Wait,
    },
    /// Steps whose failure is none: when one of them fails, the handler goes on behind them.
    Optional(#[schemars(length(min = 1))] Vec<Self>),
    /// One of several lists of steps: that of the first case that is of the request's class or is
    /// chosen by chance, drawn for each attempt; none of them with the probability that is left.
    Branch(#[schemars(length(min = 1))] Vec<Case>),
}

/// How many of several calls have to succeed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Wait {
    /// All of them; the first failure decides.
    #[default]
    All,
    /// So many, from 1 to the number of calls.
    Quorum(#[schemars(range(min = 1))] u32),
    /// One: the first success decides.
    First,
}

/// One way that a handler may take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The class of requests that takes it, by its name. Give this or `ratio`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Its probability, in [0, 1]; those of a `Branch` add up to 1 at most. Give this or `class`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratio: Option<Ratio>,
    /// What is done then.
    #[serde(default)]
    pub steps: Vec<Step>,
}

/// Load-sensitive latency and failure. With load = in flight / `knee`, counted when an attempt
/// starts and including it, an attempt that starts at load > 1 takes (load - 1) x
/// `added_latency` longer and fails with a probability that is (load - 1) x
/// `added_failure_ratio` higher, at most `max_failure_ratio`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Overload {
    /// Attempts in flight (waiting or in a slot) at which degradation starts, above 0.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub knee: f64,
    /// Added for each unit of load above 1. Default 0s.
    #[serde(default)]
    pub added_latency: Duration,
    /// Added to `failure_ratio` for each unit of load above 1; may exceed 1. Default 0.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub added_failure_ratio: f64,
    /// The failure ratio in overload is at most this, in [0, 1], even where `failure_ratio` itself
    /// is higher. Default 1.
    #[serde(default = "Ratio::one")]
    pub max_failure_ratio: Ratio,
}

/// What becomes of an attempt at a service when its caller gives up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Cancellation {
    /// It is stopped at once, waiting or in a slot: the idealised server.
    Immediate,
    /// It is dropped if it still waits; work in a slot goes on to its end.
    QueuedOnly,
    /// It goes on, wait and work, for nobody: most real servers.
    #[default]
    None,
}

fn one() -> u32 {
    1
}

// Serde hands a reference over.
fn is_one(value: &u32) -> bool {
    *value == 1
}

fn yes() -> bool {
    true
}

// Serde hands references over.
fn is_no(value: &bool) -> bool {
    !*value
}

fn is_nothing(value: &Ratio) -> bool {
    value.get() == 0.0
}

fn is_yes(value: &bool) -> bool {
    *value
}

/// Replicas of a service at most.
const MOST_REPLICAS: u32 = 100_000;

impl Spec {
    /// How many replicas it has, in all zones.
    #[must_use]
    pub fn all_replicas(&self) -> u32 {
        zones::count(&self.zones, self.replicas)
    }

    /// How many attempts may be in flight before it degrades, if that is a number of permits.
    pub(in crate::model::mechanism) fn whole_knee(&self) -> Option<u32> {
        let knee = self.overload.as_ref()?.knee.floor();
        (1.0..1e9).contains(&knee).then_some(knee as u32)
    }
}

impl PartSpec for Spec {
    fn check(&self, _: Option<Duration>, findings: &mut Vec<Finding>) {
        zones::check(&self.zones, ("replicas", self.replicas), MOST_REPLICAS, findings);
        self.time.check(&[Segment::field("time")], findings);
        check_steps(&self.handler, &[Segment::field("handler")], findings);
        for (name, endpoint) in &self.endpoints {
            let at = |field| {
                let key = Segment::Key(name.clone());
                [Segment::field("endpoints"), key, Segment::field(field)]
            };
            endpoint.time.check(&at("time"), findings);
            check_steps(&endpoint.handler, &at("handler"), findings);
        }
    }

    fn lint(&self, name: &str, system: &System<'_>, findings: &mut Vec<Finding>) {
        lints::lint(self, name, system, findings);
    }

    fn alternatives(&self, name: &str, _: &System<'_>) -> Vec<Alternative<Self>> {
        alternatives::alternatives(self, name)
    }
}

/// Ratios of a branch may pass 1 by this much: decimal fractions do.
const SUM_TOLERANCE: f64 = 1e-9;

/// The rules of the steps of a handler at `place`. Which calls there are is known to the scenario
/// alone.
fn check_steps(steps: &[Step], place: &[Segment], findings: &mut Vec<Finding>) {
    for (index, step) in steps.iter().enumerate() {
        let within =
            |variant| [place, &[Segment::Index(index), Segment::Variant(variant)]].concat();
        match step {
            Step::Work(time) => time.check(&within("Work"), findings),
            Step::Call(_) => {}
            Step::Parallel { calls, wait } => {
                if let Wait::Quorum(quorum) = wait
                    && *quorum as usize > calls.len()
                {
                    let place = [within("Parallel"), vec![Segment::field("wait")]].concat();
                    let rule = "a quorum is at most the number of calls";
                    let found = format!("{quorum} of {}", calls.len());
                    let finding = Finding::error(&place, rule, found);
                    findings.push(finding.hint("`All` waits for each"));
                }
            }
            Step::Optional(inside) => check_steps(inside, &within("Optional"), findings),
            Step::Branch(cases) => {
                let place = within("Branch");
                let sum: f64 = cases.iter().filter_map(|case| case.ratio).map(Ratio::get).sum();
                if sum > 1.0 + SUM_TOLERANCE {
                    let rule = "the ratios of a branch add up to 1 at most";
                    let found = format!("they add up to {sum}");
                    findings.push(Finding::error(&place, rule, found));
                }
                for (index, case) in cases.iter().enumerate() {
                    findings
                        .extend(case.condition(&[&place[..], &[Segment::Index(index)]].concat()));
                    let case_at = [Segment::Index(index), Segment::field("steps")];
                    check_steps(&case.steps, &[&place[..], &case_at].concat(), findings);
                }
            }
        }
    }
}

impl Case {
    fn condition(&self, place: &[Segment]) -> Option<Finding> {
        let (rule, found) = match (&self.class, self.ratio) {
            (None, None) => ("needs `ratio` or `class`", "has neither"),
            (Some(_), Some(_)) => ("a case is taken by chance or by a class", "has both"),
            (Some(_), None) | (None, Some(_)) => return None,
        };
        let hint = "`ratio` is its probability, `class` names a class of a load";
        Some(Finding::error(place, rule, found).hint(hint))
    }
}

/// What is known of it outside a run.
pub static DECLARATION: Declaration = Declaration {
    name: "Service",
    kind: "service",
    lints: lints::LINTS,
    changes: alternatives::CHANGES,
    words: WORDS,
};

/// What other tools call its parts.
#[rustfmt::skip]
const WORDS: &[Word] = &[
    word(&["Service"], &["capacity", "concurrency", "workers", "servers", "threads",
        "pool_size", "max_concurrency", "reserved_concurrency"],
        "what a service works on at once is `slots`; who may wait is `queue`"),
    word(&["Service"], &["zone", "localities", "locality", "availability_zones", "azs", "racks"],
        "that is `zones` here, with how many replicas stand in each: zones: {\"a\": 3, \"b\": 3}"),
    word(&["Service"], &["instances", "pods", "hosts", "nodes"], "that is `replicas` here"),
    word(&["Service"], &["latency", "duration", "service_time", "response_time"],
        "that is `time` here"),
    word(&["Service"], &["error_rate", "failure_rate", "errors", "error_ratio", "fail_prob",
        "failure_probability"],
        "that is `failure_ratio` here"),
    word(&["Service"], &["hang", "hangs", "hanging_ratio", "stuck_ratio", "blackhole", "no_answer"],
        "that is `hang_ratio` here, from 0 to 1: attempts that never answer"),
    word(&["Service"], &["queue_limit", "queue_size", "queue_capacity", "max_queue",
        "max_queue_size", "backlog"],
        "that is `queue` here"),
    word(&["Service"], &["queue_timeout", "max_wait_duration", "patience", "max_queue_time",
        "queue_time_limit"],
        "how long an attempt may wait in line is `max_wait` here"),
    word(&["Service"], &["calls", "depends_on", "dependencies", "downstream"],
        "that is `handler` here: handler: [Call(\"db\")], with an entry \"db\" in `calls`"),
];
