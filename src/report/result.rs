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

/// Raised by every release that changes what a scenario and seed give; CHANGELOG.md says why.
pub const MODEL_VERSION: u32 = 1;

/// Everything one run yields.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunResult {
    /// Always [`RESULT_SCHEMA`].
    pub schema: &'static str,
    /// Version of dessim.
    pub dessim: &'static str,
    /// [`MODEL_VERSION`] of the release that made it.
    pub model: u32,
    /// Which scenario ran.
    pub scenario: ScenarioId,
    /// The seed.
    pub seed: u64,
    /// Fingerprint of the whole run.
    pub fingerprint: Hex,
    /// Its three parts.
    pub fingerprints: Fingerprints,
    /// Events dispatched, over all arms.
    pub events: u64,
    /// The last instant of the run: of the slowest arm, or the scenario's duration.
    pub virtual_ns: u64,
    /// Why the run ended before its end, if it did: then every number is of what had happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stopped>,
    /// What a reader should know before believing the numbers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What its expectations came to in this run, if somebody held it against them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expectations: Vec<Expected>,
    /// What was offered, by the name of the load; the same in every arm.
    pub loads: BTreeMap<String, LoadTerms>,
    /// One result an arm, by name.
    pub arms: BTreeMap<String, ArmResult>,
}

/// What decides how the numbers of a load are to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LoadTerms {
    /// Its callers wait for their answers, so how many requests there are depends on the system.
    pub closed_loop: bool,
    /// A request that succeeds later than this counts as late; `None`: none ever does.
    pub deadline_ns: Option<u64>,
}

/// Name and meaning of a scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScenarioId {
    /// The file's stem, or "stdin".
    pub name: String,
    /// Digest of the resolved meaning: text, comments, order, `about` and the seed do not count.
    pub digest: Hex,
    /// The scenario with every default filled in, as RON, in a result that was saved for itself:
    /// with the seed, all that is needed to play it again.
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

/// The parts of a fingerprint: a change says what kind of change it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Fingerprints {
    /// Which events, in which order.
    pub order: Hex,
    /// The same with their instants.
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
    /// More was in flight at once than fits.
    TooManyInFlight {
        /// The arm in which it happened.
        arm: String,
        /// The instant reached.
        at_ns: u64,
        /// The limit.
        limit: u64,
    },
    /// Of what is no event, as much was done as `--max-events` allows.
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
    /// Somebody asked it to stop.
    Interrupted {
        /// The arm in which it happened.
        arm: String,
        /// The instant reached.
        at_ns: u64,
    },
}

/// What one arm did.
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
    /// Variance of the attempts of a request, over offered requests with one less below; `None` of
    /// fewer than two.
    pub attempts_variance: Option<f64>,
    /// Succeeded requests per second of measured virtual time; `None` when that is zero.
    pub goodput_per_s: Option<f64>,
    /// Latencies.
    pub latency: Latencies,
    /// Work done for callers that had left.
    pub wasted: Wasted,
    /// Events dispatched in this arm.
    pub events: u64,
    /// The last instant of this arm.
    pub end_ns: u64,
    /// What each part of the arm reports, by name.
    pub components: BTreeMap<String, Component>,
    /// Its latencies in more quantiles, if a time series was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub curves: Option<Curves>,
    /// What all of it looked like over time, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series: Option<Series>,
}
