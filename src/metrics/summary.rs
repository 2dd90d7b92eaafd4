//! The report of a finished run, as plain data. `docs/metrics.md` defines every number.
//!
//! Durations are whole nanoseconds and end in `_ns`. A number without a value is `None`, never 0 or
//! NaN.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::declare::Quantity;
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
    /// Ratio of the succeeded requests whose `end_to_end` was more than ten times its median;
    /// `None` without any.
    pub slow_ratio: Option<f64>,
}

/// A distribution of durations in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LatencySummary {
    /// Samples.
    pub count: u64,
    /// Arithmetic mean, to the nearest nanosecond.
    pub mean_ns: Option<u64>,
    /// Standard deviation with `count` - 1, to the nearest nanosecond; `None` of fewer than two.
    pub sd_ns: Option<u64>,
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
    /// The lowest of the quantiles that rest on too few samples, if any does: see
    /// [`LatencySummary::coarse_from`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coarse_from: Option<&'static str>,
}

impl LatencySummary {
    /// The quantiles of a summary by name, with the parts in a thousand that lie beyond each.
    const BEYOND_PER_MILLE: [(&'static str, u64); 5] =
        [("p50_ns", 500), ("p90_ns", 100), ("p95_ns", 50), ("p99_ns", 10), ("p999_ns", 1)];

    /// The lowest quantile beyond which fewer than one of `count` samples is to be expected,
    /// `count` x (1 - q) < 1: this one and those above it are hardly more than the largest sample.
    #[must_use]
    pub fn coarse_from(count: u64) -> Option<&'static str> {
        let coarse = |(_, beyond): &&(&str, u64)| count.saturating_mul(*beyond) < 1_000;
        Self::BEYOND_PER_MILLE.iter().find(coarse).filter(|_| count > 0).map(|(name, _)| *name)
    }

    /// The time called `name`, such as `p99_ns`.
    #[must_use]
    pub fn part(&self, name: &str) -> Option<u64> {
        match name {
            "mean_ns" => self.mean_ns,
            "sd_ns" => self.sd_ns,
            "min_ns" => self.min_ns,
            "p50_ns" => self.p50_ns,
            "p90_ns" => self.p90_ns,
            "p95_ns" => self.p95_ns,
            "p99_ns" => self.p99_ns,
            "p999_ns" => self.p999_ns,
            "max_ns" => self.max_ns,
            _ => None,
        }
    }

    /// True if the quantile of this name rests on too few samples.
    #[must_use]
    pub fn is_coarse(&self, quantile: &str) -> bool {
        let place = |name| Self::BEYOND_PER_MILLE.iter().position(|(known, _)| *known == name);
        self.coarse_from.is_some_and(|from| place(quantile) >= place(from))
            && place(quantile).is_some()
    }
}

/// The latencies of an arm in more points than a summary has, for figures.
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

/// The report of one component: numbers by name, in a fixed order.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// Kind of the component: "service", "queue", "consumer", "breaker", ...
    pub kind: &'static str,
    /// Declarations of its quantities.
    pub declared: &'static [&'static Quantity],
    /// Numbers by name. A name ends in its unit, unless the number is a count or a ratio.
    pub metrics: Vec<(&'static str, Metric)>,
}

impl Component {
    /// The declaration of the number called `name`.
    #[must_use]
    pub fn quantity(&self, name: &str) -> Option<&'static Quantity> {
        self.declared.iter().find(|quantity| quantity.has(name)).copied()
    }

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
    /// A time of `ns` nanoseconds, at most the range of the clock.
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
