//! What a finished run reports, as plain data. `docs/metrics.md` defines every number.
//!
//! Durations are whole nanoseconds and end in `_ns`; what has no value is `None`, never 0 or NaN.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::kernel::time::Duration;

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
    /// Refused by a client's policy: the last try was not sent, earlier ones may have been.
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
    /// The caller gave up, on the last attempt or on the whole call.
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

/// The latencies of an arm in more points than a summary has: what a figure of them is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Curves {
    /// Of [`Latencies::end_to_end`].
    pub end_to_end: Curve,
    /// Of [`Latencies::processing`].
    pub processing: Curve,
    /// Of [`Latencies::outcome`].
    pub outcome: Curve,
}

/// A distribution of durations as points of its quantile function.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Curve {
    /// Samples.
    pub count: u64,
    /// Quantiles in parts per million, rising, and nanoseconds, never falling; empty without
    /// samples.
    pub points: Vec<(u32, u64)>,
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
        self.metrics.iter().find(|(known, _)| *known == name).map(|(_, metric)| *metric)
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

impl Metric {
    /// A time that was summed beyond the clock's range, which is where it stops.
    #[must_use]
    pub fn nanoseconds(ns: u128) -> Self {
        Self::Time(Duration::from_ns(u64::try_from(ns).unwrap_or(u64::MAX)))
    }
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
