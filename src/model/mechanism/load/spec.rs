//! A load as it is written: values and the words of other tools.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rules::{KEYS_UNUSED, NOTHING_ARRIVES};
use crate::kernel::time::Duration;
use crate::kernel::units::Rate;
use crate::kernel::zipf::Zipf;
use crate::model::mechanism::class::spec::Spec as Class;
use crate::model::spec::declaration::Declaration;
use crate::model::spec::distribution::Distribution;
use crate::model::spec::size::Size;
use crate::model::spec::word::{Word, word};

/// Requests that arrive over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Load", deny_unknown_fields)]
pub struct Spec {
    /// When requests arrive.
    pub arrivals: Arrivals,
    /// Stop after this many requests. Default: no such limit.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub total: Option<u64>,
    /// The load starts at this instant. Default 0s.
    #[serde(default)]
    pub start: Duration,
    /// No request arrives at or after this instant. Default: no such limit.
    #[serde(default)]
    pub until: Option<Duration>,
    /// A request that succeeds later than this after its arrival counts as `late` instead of
    /// `succeeded`. It changes only the count, nobody gives up because of it. Default: none.
    #[serde(default)]
    pub deadline: Option<Duration>,
    /// What its requests are about, drawn once for each: `ConsistentHash` sends all of one key to
    /// the same replica. Loads have their keys in common. Default: each has a key of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<Keys>,
    /// What services do for its requests takes so many times as long, drawn once for each request:
    /// every call and every attempt for it has the same size. Default 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
    /// Classes of requests by name, such as customers and crawlers, or large ones and poison: each
    /// request belongs to one by chance, and has books of its own under the name of the load and
    /// its class, `web.gold`. Default none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub classes: BTreeMap<String, Class>,
}

/// What requests are about: one of so many keys.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum Keys {
    /// Each is as likely as any other.
    Uniform {
        /// How many there are, at least 1.
        #[schemars(range(min = 1, max = 1_000_000_000_000_u64))]
        count: u64,
    },
    /// Some are hot: the k-th most frequent one has a probability in proportion to 1 / k^exponent.
    Zipf {
        /// How many there are, at least 1.
        #[schemars(range(min = 1, max = 1_000_000_000_000_u64))]
        count: u64,
        /// From 0, where all are alike, to 20. Near 1 in many systems; YCSB has 0.99.
        #[schemars(range(min = 0, max = 20))]
        exponent: f64,
    },
}

impl Keys {
    /// The law by which they are drawn.
    #[must_use]
    pub fn law(&self) -> Zipf {
        match *self {
            Self::Uniform { count } => Zipf::new(count, 0.0),
            Self::Zipf { count, exponent } => Zipf::new(count, exponent),
        }
    }
}

/// When requests arrive. Open processes (all but `ClosedLoop`) do not care how the system fares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum Arrivals {
    /// `size` requests at one instant, again after each `every`; the first burst is at `start`.
    Bursts {
        /// Requests in a burst, at least 1; the last one is cut at `total`.
        #[schemars(range(min = 1))]
        size: u32,
        /// From one burst to the next, above 0.
        #[schemars(extend("dessim:positive" = true))]
        every: Duration,
    },
    /// Evenly spaced: the k-th request (from 0) comes k / rate after `start`, without drift.
    Constant {
        /// Requests per time, such as "100/s".
        rate: Rate,
    },
    /// A Poisson process: independent exponential gaps, the first one from `start`.
    Poisson {
        /// Mean batches per time, such as "100/s".
        rate: Rate,
        /// Requests in each batch, at the same instant. Default 1.
        #[serde(default = "one")]
        #[schemars(range(min = 1))]
        batch: u32,
    },
    /// A renewal process: independent gaps of any distribution, the first one from `start`.
    Renewal {
        /// Time between batches.
        gap: Distribution,
        /// Requests in each batch, at the same instant. Default 1.
        #[serde(default = "one")]
        #[schemars(range(min = 1))]
        batch: u32,
    },
    /// A rate that changes over time: steps, spikes, ramps, waves.
    Stages {
        /// One after the other, from `start`.
        #[schemars(length(min = 1))]
        stages: Vec<Stage>,
        /// Start again after the last stage. Default false: nothing arrives after it.
        #[serde(default)]
        repeat: bool,
        /// How requests are spaced at a given rate. Default Poisson.
        #[serde(default)]
        spacing: Spacing,
    },
    /// A fixed number of callers: each sends a request, waits for its outcome, thinks, and sends
    /// the next. The first request of each comes after one think time.
    ClosedLoop {
        /// Callers, at least 1.
        #[schemars(range(min = 1))]
        callers: u32,
        /// From an outcome to the caller's next request.
        think: Distribution,
    },
}

fn one() -> u32 {
    1
}

/// One stage of a changing rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// How long the stage lasts, above 0.
    #[schemars(extend("dessim:positive" = true))]
    pub lasts: Duration,
    /// The rate at the start of the stage; "0/s" is silence.
    pub rate: Rate,
    /// The rate at the end of the stage, reached in a straight line. Default: `rate`, a step.
    #[serde(default)]
    pub ramp_to: Option<Rate>,
}

/// How requests are spaced at a given rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Spacing {
    /// At random, as many independent users do.
    #[default]
    Poisson,
    /// As evenly as the rate allows, as load generators do.
    Even,
}

/// What is known of it outside a run.
pub static DECLARATION: Declaration = Declaration {
    name: "Load",
    kind: "load",
    lints: &[&NOTHING_ARRIVES, &KEYS_UNUSED],
    changes: &[],
    words: WORDS,
};

/// What other tools call its parts.
#[rustfmt::skip]
const WORDS: &[Word] = &[
    word(&["Load"], &["rate", "rps", "qps", "requests_per_second", "throughput"],
        "that is a part of `arrivals`: arrivals: Poisson(rate: \"100/s\")"),
    word(&["Load"], &["users", "vus", "clients", "callers", "concurrency", "connections"],
        "callers who wait for their answers are a closed loop: \
         arrivals: ClosedLoop(callers: 10, think: Constant(\"1s\"))"),
    word(&["Load"], &["key", "zipf", "key_distribution", "request_distribution", "keyspace",
        "hot_keys"],
        "that is `keys` here: keys: Zipf(count: 100000, exponent: 0.99)"),
    word(&["Keys"], &["zipfian"], "that is Zipf(count: 100000, exponent: 0.99) here"),
    word(&["Zipf"], &["keys", "n", "size", "recordcount", "records"],
        "how many keys there are is `count` here"),
    word(&["Zipf"], &["s", "theta", "skew", "alpha"], "that is `exponent` here"),
    word(&["Load"], &["duration", "lasts", "end", "stop"], "that is `until` here, an instant"),
    word(&["Load"], &["requests", "count", "iterations"], "that is `total` here"),
    word(&["Load"], &["slo", "sla", "latency_target"],
        "`deadline` is when a success counts as late; what must be so is `expect` of the scenario"),
    word(&["Arrivals"], &["ramp", "steps", "spike", "ramping_arrival_rate", "piecewise"],
        "that is Stages(stages: [Stage(lasts: \"30s\", rate: \"50/s\")]) here"),
    word(&["Arrivals"], &["closed", "constant_vus", "users"],
        "that is ClosedLoop(callers: 10, think: Constant(\"1s\")) here"),
    word(&["Arrivals"], &["uniform", "even", "constant_arrival_rate", "rate"],
        "that is Constant(rate: \"100/s\") here"),
];
