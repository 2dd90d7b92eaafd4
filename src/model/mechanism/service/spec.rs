//! A service as it is written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::distribution::spec::Distribution;
use crate::kernel::time::Duration;
use crate::kernel::units::{Limit, Ratio};

/// A service: worker slots behind a queue, with variable latency, overload and transient errors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Service", deny_unknown_fields)]
pub struct Spec {
    /// Time that one attempt takes in a slot.
    pub time: Distribution,
    /// How many there are of it, each with slots, queue and overload of its own; `balancing` of
    /// whoever sends to it chooses among them. From 1 to 100000. Default 1.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 100_000))]
    pub replicas: u32,
    /// Attempts that are worked on at once, by each replica, at least 1. Default "unlimited".
    #[serde(default)]
    #[schemars(extend("minimum" = 1))]
    pub slots: Limit,
    /// Attempts that may wait for a slot of a replica (those in a slot do not count); more are
    /// shed at once. 0 is a loss system. Default "unlimited".
    #[serde(default)]
    pub queue: Limit,
    /// Ratio of attempts that end in an error after their full time, in [0, 1]. Default 0.
    #[serde(default)]
    pub failure_ratio: Ratio,
    /// How latency and errors grow when too much is in flight. Default: not at all.
    #[serde(default)]
    pub overload: Option<Overload>,
    /// What becomes of an attempt when its caller gives up. Default `None`: the server goes on, as
    /// most do.
    #[serde(default)]
    pub cancellation: Cancellation,
    /// What an attempt does after its `time`, step by step. Default nothing: it is answered. When a
    /// step fails, the attempt ends in an error at once.
    #[serde(default)]
    pub handler: Vec<Step>,
    /// An attempt keeps its slot while it waits for the calls of its handler, as with a thread for
    /// each request. Otherwise it gives the slot back, and joins the line anew for a later `Work`.
    /// Default true.
    #[serde(default = "yes")]
    pub holds_slot: bool,
    /// What else can be asked of it, by name, each with its own time and handler; `Call.endpoint`
    /// asks for it. Slots, queue, failures and overload are those of the service.
    #[serde(default)]
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
    /// One of several lists of steps by chance, drawn for each attempt; none of them with the
    /// probability that is left.
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
    /// Its probability, in [0, 1]; those of a `Branch` add up to 1 at most.
    pub ratio: Ratio,
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

fn yes() -> bool {
    true
}
