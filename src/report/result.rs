//! The result of a run as data, `dessim.run/1`. `docs/metrics.md` defines every number.
//!
//! Durations are whole nanoseconds and end in `_ns`; what has no value is `None`, never 0 or NaN.

use std::collections::BTreeMap;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::kernel::time::Duration;

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
    /// One result an arm, by name.
    pub arms: BTreeMap<String, ArmResult>,
}

/// Name and meaning of a scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScenarioId {
    /// The file's stem, or "stdin".
    pub name: String,
    /// Digest of the resolved meaning: text, comments, order, `about` and the seed do not count.
    pub digest: Hex,
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
}

/// Requests by fate; all but `offered` add up to `offered`, always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Requests {
    /// Arrived.
    pub offered: u64,
    /// Succeeded in time.
    pub succeeded: u64,
    /// Succeeded after the load's deadline.
    pub late: u64,
    /// Ended in an error or a timeout.
    pub failed: u64,
    /// Refused by a client's policy, unsent.
    pub rejected: u64,
    /// Refused by a server.
    pub shed: u64,
    /// Lost on a full queue.
    pub dropped: u64,
    /// Given up by a consumer after the last delivery.
    pub dead_lettered: u64,
    /// Unfinished at the end.
    pub in_flight: u64,
}

/// Failed requests by the cause of the last attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FailedBy {
    /// The service answered with an error.
    pub error: u64,
    /// The caller gave up.
    pub timeout: u64,
}

/// Attempts sent to services, of counted requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Attempts {
    /// Sent.
    pub total: u64,
    /// Ended badly: `timeouts` + `errors` + refused by a server.
    pub failed: u64,
    /// Attempts after the first of a request.
    pub retries: u64,
    /// Given up by the caller.
    pub timeouts: u64,
    /// Answered with an error.
    pub errors: u64,
    /// Stopped by the server because the caller had left.
    pub cancelled: u64,
}

/// Latencies of an arm's requests.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Latencies {
    /// Arrival to success, of succeeded requests.
    pub end_to_end: LatencySummary,
    /// Pick-up to success of the successful attempt, of succeeded requests.
    pub processing: LatencySummary,
    /// Arrival to end, of every request that ended, however it did.
    pub outcome: LatencySummary,
}

/// A distribution of durations in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LatencySummary {
    /// Samples.
    pub count: u64,
    /// Arithmetic mean, to the nearest nanosecond.
    pub mean_ns: Option<u64>,
    /// Smallest.
    pub min_ns: Option<u64>,
    /// Median.
    pub p50_ns: Option<u64>,
    /// 90 % quantile.
    pub p90_ns: Option<u64>,
    /// 95 % quantile.
    pub p95_ns: Option<u64>,
    /// 99 % quantile.
    pub p99_ns: Option<u64>,
    /// 99.9 % quantile.
    pub p999_ns: Option<u64>,
    /// Largest.
    pub max_ns: Option<u64>,
    /// Quantiles are exact (type 7), else from a histogram of 3 significant digits.
    pub exact: bool,
}

/// Work done for callers that had left before it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Wasted {
    /// Service time of attempts whose caller had left by their end.
    pub work_ns: u64,
    /// The part of it that was spent after the caller had left.
    pub after_leaving_ns: u64,
    /// `work_ns` over all service time; `None` when there was none.
    pub ratio: Option<f64>,
}

/// What one part of an arm reports: numbers by name, in a fixed order.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// Its kind: "service", "queue", "consumer", "breaker", ...
    pub kind: &'static str,
    /// Its numbers. A name ends in its unit unless it is a count or a ratio.
    pub metrics: Vec<(&'static str, Metric)>,
}

impl Component {
    /// The metric called `name`, if the component has it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Metric> {
        self.metrics
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, metric)| *metric)
    }
}

/// One number of a component.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Metric {
    /// A count.
    Count(u64),
    /// A time; its name ends in `_ns`.
    Time(Duration),
    /// A ratio or a mean without a unit; `None` when it has no value.
    Number(Option<f64>),
    /// A distribution of times.
    Latency(LatencySummary),
}

impl Serialize for Metric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Count(count) => serializer.serialize_u64(*count),
            Self::Time(time) => serializer.serialize_u64(time.as_ns()),
            Self::Number(number) => number.serialize(serializer),
            Self::Latency(summary) => summary.serialize(serializer),
        }
    }
}

impl Serialize for Component {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1 + self.metrics.len()))?;
        map.serialize_entry("kind", self.kind)?;
        for (name, metric) in &self.metrics {
            map.serialize_entry(name, metric)?;
        }
        map.end()
    }
}
