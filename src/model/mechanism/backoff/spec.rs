//! A wait between tries as it is written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::distribution::spec::Distribution;
use crate::kernel::time::Duration;
use crate::kernel::units::Ratio;

/// The wait before the n-th retry (n = 1 is the first).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum Backoff {
    /// At once.
    #[default]
    None,
    /// Always the same.
    Constant(Duration),
    /// v = min(cap, base x multiplier^(n - 1)), then jitter.
    Exponential {
        /// v of the first retry.
        base: Duration,
        /// Growth from retry to retry, at least 1. Default 2.
        #[serde(default = "two")]
        #[schemars(range(min = 1))]
        multiplier: f64,
        /// Largest v, not below `base`. Default: none.
        #[serde(default)]
        cap: Option<Duration>,
        /// Default `None`.
        #[serde(default)]
        jitter: Jitter,
    },
    /// Decorrelated jitter: min(cap, uniform(base, 3 x the wait before)), which starts at base.
    Decorrelated {
        /// Smallest wait.
        base: Duration,
        /// Largest wait, not below `base`.
        cap: Duration,
    },
    /// Drawn from a distribution.
    Random(Distribution),
}

fn two() -> f64 {
    2.0
}

/// What is done to an exponential wait v, after its cap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub enum Jitter {
    /// v itself.
    #[default]
    None,
    /// Uniform in [0, v): AWS, Envoy.
    Full,
    /// v / 2 + uniform in [0, v / 2).
    Equal,
    /// v x uniform in [1 - ratio, 1 + ratio): gRPC has 0.2.
    Proportional(Ratio),
}
