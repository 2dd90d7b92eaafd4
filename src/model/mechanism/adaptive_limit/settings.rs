//! The settings of the algorithms of adaptive limits, and of windows of samples.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::time::Duration;
use crate::kernel::units::Ratio;

/// The algorithm of an adaptive limit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "LimitAlgorithm", deny_unknown_fields)]
pub enum Algorithm {
    /// Adds 1 at each sample while at least half of the limit is used, and multiplies by `backoff`
    /// at each drop (`AIMDLimit` of concurrency-limits).
    Aimd {
        /// Limit at the start, from `min` to `max`. Default 20.
        #[serde(default = "twenty")]
        #[schemars(range(min = 1, max = 1_000_000))]
        initial: u32,
        /// Least limit, at least 1. Default 20.
        #[serde(default = "twenty")]
        #[schemars(range(min = 1, max = 1_000_000))]
        min: u32,
        /// Largest limit. Default 200.
        #[serde(default = "two_hundred")]
        #[schemars(range(min = 1, max = 1_000_000))]
        max: u32,
        /// Factor at a drop, from 0.5 to below 1; the limit is rounded down. Default 0.9.
        #[serde(default = "nine_tenths")]
        backoff: Ratio,
        /// Time above which a call counts as a drop, above 0. Default "5s".
        #[serde(default = "five_seconds")]
        #[schemars(extend("dessim:positive" = true))]
        timeout: Duration,
    },
    /// Estimates the queue from the best time seen, limit x (1 - best / time), and moves the limit
    /// by l = log10(limit), rounded down and at least 1: up by `beta` without a queue, up by l
    /// below `alpha`, down by l above `beta` and at a drop (`VegasLimit` of concurrency-limits).
    Vegas {
        /// Limit at the start, at most `max`. Default 20.
        #[serde(default = "twenty")]
        #[schemars(range(min = 1, max = 1_000_000))]
        initial: u32,
        /// Largest limit; the least is 1. Default 1,000.
        #[serde(default = "thousand")]
        #[schemars(range(min = 1, max = 1_000_000))]
        max: u32,
        /// Weight of the new limit, above 0; 1 takes it as it is. Default 1.
        #[serde(default = "Ratio::one")]
        smoothing: Ratio,
        /// Queue below which the limit grows. Default 3 x l.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0, max = 1_000_000))]
        alpha: Option<u32>,
        /// Queue above which it shrinks, and its growth without a queue. Default 6 x l.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0, max = 1_000_000))]
        beta: Option<u32>,
        /// After 0.5 to 1 x this x limit samples, drawn at random, the next sample replaces the
        /// best time, whatever the load. Default 30.
        #[serde(default = "thirty")]
        #[schemars(range(min = 1, max = 1_000_000))]
        probe_multiplier: u32,
    },
    /// Multiplies the limit by `tolerance` x long average / latest time, kept within 0.5 and 1, and
    /// adds `queue`. Takes no notice of drops (`Gradient2Limit` of concurrency-limits).
    Gradient2 {
        /// Limit at the start, from `min` to `max`. Default 20.
        #[serde(default = "twenty")]
        #[schemars(range(min = 1, max = 1_000_000))]
        initial: u32,
        /// Least limit, at least 1. Default 20.
        #[serde(default = "twenty")]
        #[schemars(range(min = 1, max = 1_000_000))]
        min: u32,
        /// Largest limit. Default 200.
        #[serde(default = "two_hundred")]
        #[schemars(range(min = 1, max = 1_000_000))]
        max: u32,
        /// Weight of the new limit, above 0. Default 0.2.
        #[serde(default = "fifth")]
        smoothing: Ratio,
        /// What is added to the limit at each step. Default 4.
        #[serde(default = "four")]
        #[schemars(range(min = 0, max = 1_000_000))]
        queue: u32,
        /// Samples in the long average, at least 1. Default 600.
        #[serde(default = "six_hundred")]
        #[schemars(range(min = 1, max = 1_000_000_000))]
        long_window: u32,
        /// Ratio of a time to the long average above which the limit shrinks, from 1. Default 1.5.
        #[serde(default = "three_halves")]
        #[schemars(range(min = 1, max = 1000))]
        tolerance: f64,
    },
    /// At each `update_interval` with samples: limit x g + sqrt(limit x g), rounded down, where
    /// g = minimum time x (1 + `buffer`) / sample, kept within 0.5 and 2. The minimum time is
    /// measured in windows in which the limit is `min`, or given (Envoy's `adaptive_concurrency`).
    EnvoyGradient {
        /// Time from update to update, at least 1 ms. Envoy: `concurrency_update_interval`.
        update_interval: Duration,
        /// Time from a measurement of the minimum time to the next, in whole milliseconds. The
        /// first begins at the start. Give this or `min_rtt`. Envoy: `interval`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(extend("dessim:positive" = true))]
        measure_every: Option<Duration>,
        /// The minimum time, which then is not measured. Envoy: `fixed_value`, or `min_rtt` of the
        /// pinned controller.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(extend("dessim:positive" = true))]
        min_rtt: Option<Duration>,
        /// Calls of a measurement, at least 1. Default 50. Envoy: `request_count`.
        #[serde(default = "fifty")]
        #[schemars(range(min = 1, max = 1_000_000))]
        requests: u32,
        /// Part of `measure_every` that is added to it at most, at random. Default 0.15.
        #[serde(default = "fifteen_percent")]
        jitter: Ratio,
        /// Part of the minimum time that is added to it. Default 0.25; 0 for the pinned controller.
        #[serde(default = "quarter")]
        buffer: Ratio,
        /// Part of the times that are below the sample. Default 0.5. Envoy:
        /// `sample_aggregate_percentile`.
        #[serde(default = "half")]
        percentile: Ratio,
        /// Least limit, and that of measurements; at least 1. Default 3. Envoy: `min_concurrency`.
        #[serde(default = "three")]
        #[schemars(range(min = 1, max = 1_000_000))]
        min: u32,
        /// Largest limit. Default 1,000. Envoy: `max_concurrency_limit`.
        #[serde(default = "thousand")]
        #[schemars(range(min = 1, max = 1_000_000))]
        max: u32,
    },
}

/// Windows of samples (`WindowedLimit` of concurrency-limits).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Windowed {
    /// Shortest window; it is twice the best time of the window before, within these two. Default
    /// "1s".
    #[serde(default = "second")]
    #[schemars(extend("dessim:positive" = true))]
    pub min: Duration,
    /// Longest window. Default "1s".
    #[serde(default = "second")]
    #[schemars(extend("dessim:positive" = true))]
    pub max: Duration,
    /// Samples below which a window is thrown away, at least 1. Default 10.
    #[serde(default = "ten")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub samples: u32,
    /// Calls that take less are no samples. Default "100us".
    #[serde(default = "hundred_us")]
    pub shortest: Duration,
}

/// A part of a limit (`partition` of concurrency-limits).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Partition {
    /// Part of the limit that the class may always use, rounded up and at least 1. The shares add
    /// up to 1 at most.
    pub share: Ratio,
    /// Time for which a caller is held up whose call is refused (`partitionRejectDelay`). Default
    /// none: it is refused at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("dessim:positive" = true))]
    pub delay: Option<Duration>,
}

/// Defaults, as functions.
macro_rules! defaults {
    ($($name:ident: $type:ty = $value:expr;)+) => {
        $(fn $name() -> $type { $value })+
    };
}

fn ratio(value: f64) -> Ratio {
    Ratio::new(value).expect("a default is a ratio")
}

defaults! {
    three: u32 = 3;
    four: u32 = 4;
    ten: u32 = 10;
    twenty: u32 = 20;
    thirty: u32 = 30;
    fifty: u32 = 50;
    two_hundred: u32 = 200;
    six_hundred: u32 = 600;
    thousand: u32 = 1_000;
    three_halves: f64 = 1.5;
    fifteen_percent: Ratio = ratio(0.15);
    fifth: Ratio = ratio(0.2);
    quarter: Ratio = ratio(0.25);
    half: Ratio = ratio(0.5);
    nine_tenths: Ratio = ratio(0.9);
    hundred_us: Duration = Duration::from_ns(100_000);
    second: Duration = Duration::from_s(1);
    five_seconds: Duration = Duration::from_s(5);
}

impl Algorithm {
    /// Name of the variant.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Aimd { .. } => "Aimd",
            Self::Vegas { .. } => "Vegas",
            Self::Gradient2 { .. } => "Gradient2",
            Self::EnvoyGradient { .. } => "EnvoyGradient",
        }
    }

    /// Limit at the start, least limit and largest limit.
    pub(super) const fn limits(&self) -> [u32; 3] {
        match *self {
            Self::Aimd { initial, min, max, .. } | Self::Gradient2 { initial, min, max, .. } => {
                [initial, min, max]
            }
            Self::Vegas { initial, max, .. } => [initial, 1, max],
            Self::EnvoyGradient { min, max, .. } => [min, min, max],
        }
    }

    /// The same with another least limit; with it begins what began below it.
    pub(super) fn with_least(mut self, least: u32) -> Self {
        match &mut self {
            Self::Aimd { initial, min, .. } | Self::Gradient2 { initial, min, .. } => {
                (*initial, *min) = (least.max((*initial).min(least)), least);
            }
            Self::EnvoyGradient { min, .. } => *min = least,
            Self::Vegas { .. } => {}
        }
        self
    }

    /// Weight of a new limit, if there is one.
    pub(super) const fn smoothing(&self) -> Option<Ratio> {
        match *self {
            Self::Vegas { smoothing, .. } | Self::Gradient2 { smoothing, .. } => Some(smoothing),
            Self::Aimd { .. } | Self::EnvoyGradient { .. } => None,
        }
    }
}
