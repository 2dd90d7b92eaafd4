//! The result of a run as data, `dessim.run/1`. `docs/metrics.md` defines every number.
//!
//! Durations are whole nanoseconds and end in `_ns`; what has no value is `None`, never 0 or NaN.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::expected::Expected;
pub use crate::metrics::series::{Column, Series, Values};
pub use crate::metrics::summary::{
    Attempts, Component, Curve, Curves, FailedBy, Latencies, LatencySummary, Metric, Requests,
    Wasted,
};

/// The schema name in every result.
pub const RESULT_SCHEMA: &str = "dessim.run/1";

/// Version of the model, raised by every release that changes the result of a scenario and seed;
/// CHANGELOG.md says why.
pub const MODEL_VERSION: u32 = 1;

/// The result of one run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunResult {
    /// Always [`RESULT_SCHEMA`].
    pub schema: &'static str,
    /// Version of dessim.
    pub dessim: &'static str,
    /// [`MODEL_VERSION`] of the release that played the run.
    pub model: u32,
    /// The scenario.
    pub scenario: ScenarioId,
    /// The seed.
    pub seed: u64,
    /// Fingerprint of the whole run.
    pub fingerprint: Hex,
    /// The three parts of the fingerprint.
    pub fingerprints: Fingerprints,
    /// Events dispatched, over all arms.
    pub events: u64,
    /// Last instant of the run: that of the slowest arm, or the duration of the scenario.
    pub virtual_ns: u64,
    /// Why the run stopped early, if it did; all numbers are of the part played.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stopped>,
    /// Reasons to doubt the numbers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Results of the expectations in this run, if they were judged.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expectations: Vec<Expected>,
    /// Terms of each load, by name; the same in every arm.
    pub loads: BTreeMap<String, LoadTerms>,
    /// One result an arm, by name.
    pub arms: BTreeMap<String, ArmResult>,
}

/// Properties of a load that decide the meaning of its numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LoadTerms {
    /// True if its callers wait for responses, so that the number of requests depends on the
    /// system.
    pub closed_loop: bool,
    /// Latency from which on a success counts as late; `None` for no limit.
    pub deadline_ns: Option<u64>,
}

/// Name and digest of a scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScenarioId {
    /// The file's stem, or "stdin".
    pub name: String,
    /// Digest of the resolved scenario; text, comments, order, `about` and the seed do not count.
    pub digest: Hex,
    /// The scenario as RON with every default filled in, in a saved result: with the seed it is
    /// enough to play the run again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved: Option<String>,
}

/// 64 bits, printed as 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hex(pub u64);

impl std::fmt::Display for Hex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The parts of a fingerprint, each of which detects another kind of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Fingerprints {
    /// Events in their order.
    pub order: Hex,
    /// Events in their order, with their instants.
    pub timing: Hex,
    /// Outcomes and metrics.
    pub results: Hex,
}

/// Why a run ended early.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Stopped {
    /// `--max-events` was reached.
    MaxEvents {
        /// The arm in which it happened.
        arm: String,
        /// The limit.
        max_events: u64,
        /// The instant reached.
        at_ns: u64,
    },
    /// Something repeats without virtual time passing.
    ZeroDelayLoop {
        /// The arm in which it happened.
        arm: String,
        /// The instant at which time stands still.
        at_ns: u64,
        /// The components that drive each other, in words.
        between: String,
    },
    /// An instant would lie past the end of the clock.
    ClockOverflow {
        /// The arm in which it happened.
        arm: String,
        /// The instant reached.
        at_ns: u64,
        /// The component whose delay is too long.
        component: String,
    },
    /// More calls were in flight at once than indices exist.
    TooManyInFlight {
        /// The arm in which it happened.
        arm: String,
        /// The instant reached.
        at_ns: u64,
        /// The limit.
        limit: u64,
    },
    /// Work other than events reached `--max-events`.
    MaxWork {
        /// The arm in which it happened.
        arm: String,
        /// The limit.
        max_events: u64,
        /// The instant reached.
        at_ns: u64,
    },
    /// `--max-memory` was reached.
    MaxMemory {
        /// The arm in which it happened.
        arm: String,
        /// The limit in bytes.
        max_memory: u64,
        /// The instant reached.
        at_ns: u64,
    },
    /// The run was interrupted.
    Interrupted {
        /// The arm in which it happened.
        arm: String,
        /// The instant reached.
        at_ns: u64,
    },
}

/// The result of one arm.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArmResult {
    /// Requests by fate.
    pub requests: Requests,
    /// `requests.failed` by the cause of the last attempt.
    pub failed_by: FailedBy,
    /// Attempts sent to services.
    pub attempts: Attempts,
    /// Attempts per offered request; `None` without requests.
    pub amplification: Option<f64>,
    /// Sample variance (divisor n - 1) of the attempts a request; `None` with fewer than two
    /// requests.
    pub attempts_variance: Option<f64>,
    /// Succeeded requests per second of measured virtual time; `None` when that is zero.
    pub goodput_per_s: Option<f64>,
    /// Latencies.
    pub latency: Latencies,
    /// Work for callers that had left.
    pub wasted: Wasted,
    /// Events dispatched in this arm.
    pub events: u64,
    /// The last instant of this arm.
    pub end_ns: u64,
    /// Reports of the components, by name.
    pub components: BTreeMap<String, Component>,
    /// Latencies at more quantiles, if a time series was requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub curves: Option<Curves>,
    /// Time series, if requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series: Option<Series>,
}
