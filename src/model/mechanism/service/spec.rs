//! The specification of a service.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{alternatives, lints};
use crate::kernel::time::Duration;
use crate::kernel::units::{Limit, Ratio};
use crate::model::context::Pushback;
use crate::model::spec::alternative::Alternative;
use crate::model::spec::declaration::Declaration;
use crate::model::spec::distribution::Distribution;
use crate::model::spec::finding::{Finding, Segment};
use crate::model::spec::is_default;
use crate::model::spec::part::PartSpec;
use crate::model::spec::system::System;
use crate::model::spec::word::{Word, word};
use crate::model::spec::zones::{self, Zones};

/// A service: worker slots behind a line, with variable latency, overload and transient errors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Service", deny_unknown_fields)]
pub struct Spec {
    /// Time that an attempt works in a slot.
    pub time: Distribution,
    /// Number of servers, each with `slots`, `queue` and `overload` of its own. The `balancing` of
    /// a caller chooses one for each attempt. Default 1.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    #[schemars(range(min = 1, max = 100_000))]
    pub replicas: u32,
    /// Number of replicas in each zone; `replicas` is their sum and can be left out. Replicas are
    /// numbered zone by zone, in the order of the names. A `Fault` can hit one zone, and
    /// `balancing: ZoneAware()` prefers the zone of the caller. Default none.
    #[serde(default, skip_serializing_if = "Zones::is_empty")]
    pub zones: Zones,
    /// Most attempts in work at once, at each replica, at least 1. Default "unlimited".
    #[serde(default)]
    #[schemars(extend("minimum" = 1))]
    pub slots: Limit,
    /// Places in line for a slot, at each replica. Attempts that find the line full are shed, on
    /// arrival or when a handler joins the line again; with 0, no attempt waits (a loss system).
    /// Default "unlimited".
    #[serde(default)]
    pub queue: Limit,
    /// Longest wait for a slot, after which an attempt leaves the line and is shed. It bounds each
    /// wait in line and not the work; "0s" means `queue: 0`. Default: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_wait: Option<Duration>,
    /// Ratio of attempts that end in an error after their full time, in [0, 1]. Default 0.
    #[serde(default)]
    pub failure_ratio: Ratio,
    /// Ratio of attempts that never answer, in [0, 1]. They keep their slots until a crash, or
    /// until their caller gives up if `cancellation` is `Immediate`. Default 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub hang_ratio: Ratio,
    /// Latency and errors that are added when too many attempts are in flight. Default none.
    #[serde(default)]
    pub overload: Option<Overload>,
    /// What happens to an attempt when its caller gives up. Default `None`: the server works on, as
    /// most do.
    #[serde(default)]
    pub cancellation: Cancellation,
    /// What the refusal of an attempt (`Shed`) asks of the caller, as a `Retry-After` or gRPC's
    /// pushback; the `pushback` of a `Retry` says what it makes of that. Default none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pushback: Option<Pushback>,
    /// Whether attempts whose `Deadline` has passed are refused, on arrival and when they get a
    /// slot. They end in a timeout and cost no work. Default false, as on most servers.
    #[serde(default, skip_serializing_if = "is_false")]
    pub refuses_expired: bool,
    /// Time left until the `Deadline` that is too little for the work: attempts with this or less
    /// are refused, too. Needs `refuses_expired`. Default 0s.
    #[serde(default, skip_serializing_if = "is_default")]
    pub least_time_left: Duration,
    /// Time that is kept back of the `Deadline` for what follows the calls of the handler: these
    /// get an earlier deadline by this. Default 0s.
    #[serde(default, skip_serializing_if = "is_default")]
    pub deadline_margin: Duration,
    /// Steps of an attempt after its `time`, in order. A step that fails ends the attempt in an
    /// error. Default none: the attempt is answered after its `time`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub handler: Vec<Step>,
    /// Whether an attempt keeps its slot during the calls of its handler, as with a thread for each
    /// request. Otherwise it releases the slot, and joins the line again for a later `Work`.
    /// Default true.
    #[serde(default = "default_true", skip_serializing_if = "is_true")]
    pub holds_slot: bool,
    /// Further requests that the service answers, by name, each with its own `time` and `handler`;
    /// the `endpoint` of a `Call` chooses one. Slots, queue, failures and overload are those of the
    /// service. Default none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub endpoints: BTreeMap<String, Endpoint>,
}

/// An endpoint of a service: for calls that name it, its `time` and `handler` replace those of the
/// service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// Time that an attempt works in a slot, before its handler.
    pub time: Distribution,
    /// Steps of an attempt after its `time`, in order. Default none.
    #[serde(default)]
    pub handler: Vec<Step>,
}

/// A step of a handler.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum Step {
    /// Works in a slot for a time.
    Work(Distribution),
    /// Makes the call of this name in `calls`, through its policy, and waits for the outcome.
    Call(String),
    /// Makes several calls at once and waits until enough have succeeded, or can no longer succeed.
    /// Calls still in flight then are given up.
    Parallel {
        /// Names in `calls`; a name can appear several times.
        #[schemars(length(min = 1))]
        calls: Vec<String>,
        /// Successes needed. Default `All`.
        #[serde(default)]
        wait: Wait,
    },
    /// Steps whose failure is ignored: when one of them fails, the handler goes on after them.
    Optional(#[schemars(length(min = 1))] Vec<Self>),
    /// One of several cases: the first that is for the class of the request, or that is drawn for
    /// the attempt by its ratio; none with the remaining probability.
    Branch(#[schemars(length(min = 1))] Vec<Case>),
}

/// The successes that a `Parallel` needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Wait {
    /// All calls; the first failure decides.
    #[default]
    All,
    /// This number of calls, from 1 to all.
    Quorum(#[schemars(range(min = 1))] u32),
    /// One call: the first success decides.
    First,
}

/// A case of a `Branch`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Name of the class of requests that takes this case. Give this or `ratio`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Probability of this case, in [0, 1]; the ratios of a `Branch` add up to 1 at most. Give this
    /// or `class`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratio: Option<Ratio>,
    /// Steps of this case, in order.
    #[serde(default)]
    pub steps: Vec<Step>,
}

/// Latency and errors that grow with load. Load is the number of attempts in flight / `knee`, when
/// an attempt starts and with that attempt. At a load above 1 the attempt takes (load - 1) x
/// `added_latency` longer and its failure ratio is (load - 1) x `added_failure_ratio` higher, at
/// most `max_failure_ratio`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Overload {
    /// Attempts in flight (in line or in a slot) above which the service degrades, above 0.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub knee: f64,
    /// Time added per unit of load above 1. Default 0s.
    #[serde(default)]
    pub added_latency: Duration,
    /// Ratio added to `failure_ratio` per unit of load above 1; can exceed 1. Default 0.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub added_failure_ratio: f64,
    /// Largest failure ratio in overload, in [0, 1], even if `failure_ratio` is higher. Default 1.
    #[serde(default = "Ratio::one")]
    pub max_failure_ratio: Ratio,
}

/// What happens to an attempt at a service when its caller gives up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Cancellation {
    /// The attempt stops at once, in line or in a slot: an ideal server.
    Immediate,
    /// The attempt is dropped if it is in line; work in a slot goes on to its end.
    QueuedOnly,
    /// The attempt waits and works on to its end: most real servers.
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

fn default_true() -> bool {
    true
}

// Serde hands references over.
fn is_false(value: &bool) -> bool {
    !*value
}

fn is_zero(value: &Ratio) -> bool {
    value.get() == 0.0
}

fn is_true(value: &bool) -> bool {
    *value
}

/// Most replicas of a service.
const MAX_REPLICAS: u32 = 100_000;

impl Spec {
    /// Number of replicas in all zones.
    #[must_use]
    pub fn all_replicas(&self) -> u32 {
        zones::count(&self.zones, self.replicas)
    }

    /// The knee rounded down, if that can be a number of permits.
    pub(in crate::model::mechanism) fn whole_knee(&self) -> Option<u32> {
        let knee = self.overload.as_ref()?.knee.floor();
        (1.0..1e9).contains(&knee).then_some(knee as u32)
    }
}

impl PartSpec for Spec {
    fn check(&self, _: Option<Duration>, findings: &mut Vec<Finding>) {
        zones::check(&self.zones, ("replicas", self.replicas), MAX_REPLICAS, findings);
        self.time.check(&[Segment::field("time")], findings);
        if !self.least_time_left.is_zero() && !self.refuses_expired {
            let rule = "`least_time_left` is of attempts that are refused";
            let place = [Segment::field("least_time_left")];
            let finding = Finding::error(&place, rule, "there is no `refuses_expired`").of_name();
            findings.push(finding.hint("refuses_expired: true"));
        }
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

/// Tolerance of the sum of ratios, for the rounding of decimal fractions.
const SUM_TOLERANCE: f64 = 1e-9;

/// Checks the rules of the steps of a handler at `place`. That their calls exist is checked with
/// the scenario.
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
                    findings.extend(
                        case.check_condition(&[&place[..], &[Segment::Index(index)]].concat()),
                    );
                    let case_at = [Segment::Index(index), Segment::field("steps")];
                    check_steps(&case.steps, &[&place[..], &case_at].concat(), findings);
                }
            }
        }
    }
}

impl Case {
    /// Checks that the case has a ratio or a class.
    fn check_condition(&self, place: &[Segment]) -> Option<Finding> {
        let (rule, found) = match (&self.class, self.ratio) {
            (None, None) => ("needs `ratio` or `class`", "has neither"),
            (Some(_), Some(_)) => ("a case is taken by chance or by a class", "has both"),
            (Some(_), None) | (None, Some(_)) => return None,
        };
        let hint = "`ratio` is its probability, `class` names a class of a load";
        Some(Finding::error(place, rule, found).hint(hint))
    }
}

/// The declaration of services.
pub static DECLARATION: Declaration = Declaration {
    name: "Service",
    kind: "service",
    lints: lints::LINTS,
    changes: alternatives::CHANGES,
    words: WORDS,
};

/// Names that other tools have, with hints.
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
    word(&["Service"], &["retry_after", "retry_pushback", "retry_delay"],
        "that is `pushback` here: pushback: After(\"2s\")"),
    word(&["Service"], &["calls", "depends_on", "dependencies", "downstream"],
        "that is `handler` here: handler: [Call(\"db\")], with an entry \"db\" in `calls`"),
];
