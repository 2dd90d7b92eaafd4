//! The specification of a load.

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

/// A source of requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Load", deny_unknown_fields)]
pub struct Spec {
    /// When requests arrive.
    pub arrivals: Arrivals,
    /// Most requests of the load, at least 1. Default: no limit.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub total: Option<u64>,
    /// Instant at which the load starts. Default 0s.
    #[serde(default)]
    pub start: Duration,
    /// Instant from which on no request arrives. Default: no limit.
    #[serde(default)]
    pub until: Option<Duration>,
    /// Time from arrival after which a success counts as `late` instead of `succeeded`. It changes
    /// this count alone; only a `Timeout` or `Deadline` in a policy gives up. Default: none.
    #[serde(default)]
    pub deadline: Option<Duration>,
    /// Distribution of the keys of requests, such as the record that a request reads. Each request
    /// has one key, which is used by `ConsistentHash`. All loads share one set of keys. Default:
    /// each request has a key of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<Keys>,
    /// Factor of the time that services work on a request, drawn once per request: all of its calls
    /// and attempts have the same size. Default 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
    /// Classes of requests by name, such as customers and crawlers. Each request belongs at random
    /// to one class, or to none. Results list each class under the names of load and class,
    /// `web.gold`. Default none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub classes: BTreeMap<String, Class>,
}

/// The distribution of the keys of requests.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum Keys {
    /// All keys are equally likely.
    Uniform {
        /// Number of keys, at least 1.
        #[schemars(range(min = 1, max = 1_000_000_000_000_u64))]
        count: u64,
    },
    /// Some keys are hot: the k-th most frequent key has a probability in proportion to 1 /
    /// k^exponent.
    Zipf {
        /// Number of keys, at least 1.
        #[schemars(range(min = 1, max = 1_000_000_000_000_u64))]
        count: u64,
        /// Exponent from 0, where all keys are equally likely, to 20; near 1 in many systems, 0.99
        /// in YCSB.
        #[schemars(range(min = 0, max = 20))]
        exponent: f64,
    },
}

impl Keys {
    /// The distribution to draw from.
    #[must_use]
    pub fn distribution(&self) -> Zipf {
        match *self {
            Self::Uniform { count } => Zipf::new(count, 0.0),
            Self::Zipf { count, exponent } => Zipf::new(count, exponent),
        }
    }
}

/// When requests arrive. All processes but `ClosedLoop` are open: they do not depend on the system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum Arrivals {
    /// Bursts of `size` requests at one instant: the first at `start`, then one after each `every`.
    Bursts {
        /// Requests in a burst, at least 1; the last burst is cut at `total`.
        #[schemars(range(min = 1))]
        size: u32,
        /// Time between bursts, above 0.
        #[schemars(extend("dessim:positive" = true))]
        every: Duration,
    },
    /// Evenly spaced requests: request k (from 0) arrives k / rate after `start`, without drift.
    Constant {
        /// Requests per time, such as "100/s".
        rate: Rate,
    },
    /// A Poisson process: independent exponential gaps, the first from `start`.
    Poisson {
        /// Mean batches per time, such as "100/s".
        rate: Rate,
        /// Requests in each batch, which arrive at one instant. Default 1.
        #[serde(default = "one")]
        #[schemars(range(min = 1))]
        batch: u32,
    },
    /// A renewal process: independent gaps of any distribution, the first from `start`.
    Renewal {
        /// Time between batches.
        gap: Distribution,
        /// Requests in each batch, which arrive at one instant. Default 1.
        #[serde(default = "one")]
        #[schemars(range(min = 1))]
        batch: u32,
    },
    /// A rate that changes over time, in steps, spikes, ramps or waves.
    Stages {
        /// Stages in order, from `start`.
        #[schemars(length(min = 1))]
        stages: Vec<Stage>,
        /// Whether the stages repeat after the last one. Default false: nothing arrives after it.
        #[serde(default)]
        repeat: bool,
        /// Spacing of requests at a given rate. Default Poisson.
        #[serde(default)]
        spacing: Spacing,
    },
    /// A fixed number of callers. Each thinks, sends a request, waits for its outcome, and thinks
    /// again.
    ClosedLoop {
        /// Number of callers, at least 1.
        #[schemars(range(min = 1))]
        callers: u32,
        /// Think time: from an outcome to the next request of the caller, and before its first
        /// request.
        think: Distribution,
    },
}

fn one() -> u32 {
    1
}

/// A stage of a changing rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Length of the stage, above 0.
    #[schemars(extend("dessim:positive" = true))]
    pub lasts: Duration,
    /// Rate at the start of the stage; "0/s": no arrivals.
    pub rate: Rate,
    /// Rate at the end of the stage, reached in a straight line. Default: `rate`, a step.
    #[serde(default)]
    pub ramp_to: Option<Rate>,
}

/// The spacing of requests at a given rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Spacing {
    /// At random, as from many independent users.
    #[default]
    Poisson,
    /// As evenly as the rate allows, as from a load generator.
    Even,
}

/// The declaration of loads.
pub static DECLARATION: Declaration = Declaration {
    name: "Load",
    kind: "load",
    lints: &[&NOTHING_ARRIVES, &KEYS_UNUSED],
    changes: &[],
    words: WORDS,
};

/// Names that other tools have, with hints.
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
