//! A balancer as it is written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::time::Duration;

/// How each attempt's replica is chosen. Whoever chooses knows only what it has sent itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum Balancing {
    /// In turn, from a drawn replica on.
    #[default]
    RoundRobin,
    /// Each with the same probability.
    Random,
    /// The one with the fewest attempts in flight, of all; ties at random.
    LeastRequest,
    /// Of two different ones that are drawn, the one with fewer attempts in flight; the first
    /// drawn if they have as many. Finagle's and tower's.
    PowerOfTwo,
    /// Of so many draws, which may be the same replica several times, the one with the fewest
    /// attempts in flight; the first drawn of those that have as few. `Choices(2)` is Envoy's
    /// `LEAST_REQUEST`.
    Choices(#[schemars(range(min = 1, max = 1000))] u32),
    /// In turn by weight: a replica of weight 2 has twice the turns of one of weight 1. As many
    /// weights as replicas, each above 0.
    Weighted(#[schemars(length(min = 1))] Vec<f64>),
    /// By the key of the call, which meets the same replica at every attempt.
    ConsistentHash {
        /// Points of each replica on the ring, from 1 to 10000; more spread the keys better.
        /// Default 160, as libketama.
        #[serde(default = "points")]
        #[schemars(range(min = 1, max = 10_000))]
        points: u32,
        /// No replica has more in flight than this times the mean, rounded up; what is beyond goes
        /// to the next one on the ring that has room. At least 1. Default: no bound.
        #[serde(default)]
        #[schemars(range(min = 1))]
        bound: Option<f64>,
    },
    /// Of two different ones that are drawn, the one whose answers took less time, as a moving
    /// average that falls towards 0 while nothing comes back. ingress-nginx's.
    Ewma {
        /// After this time what was seen counts 1/e, above 0. Default 10s.
        #[serde(default = "decay")]
        #[schemars(extend("dessim:positive" = true))]
        decay: Duration,
    },
    /// Of two different ones that are drawn, the one with the lower estimate times (attempts in
    /// flight + 1). The estimate is a moving average as in `Ewma` that jumps up at once to a time
    /// above it. Finagle's and Linkerd's.
    PeakEwma {
        /// After this time what was seen counts 1/e, above 0. Default 10s.
        #[serde(default = "decay")]
        #[schemars(extend("dessim:positive" = true))]
        decay: Duration,
        /// The estimate of a replica that has not answered yet. Default 30ms, Linkerd's.
        #[serde(default = "initial")]
        initial: Duration,
    },
}

fn points() -> u32 {
    160
}

fn decay() -> Duration {
    Duration::from_ns(10_000_000_000)
}

fn initial() -> Duration {
    Duration::from_ms(30)
}
