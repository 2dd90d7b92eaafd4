//! What the numbers of an arm are called, and what they count.
//!
//! Numbers of components are named by the components themselves.

use super::summary::Metric;

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Events.
    Count,
    /// Nanoseconds; its name ends in `_ns`.
    Time,
    /// Something without a unit: a ratio, a mean, a rate a second.
    Number,
    /// A distribution of times, of which [`PARTS`] are numbers.
    Latency,
}

impl Metric {
    /// What it counts.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Count(_) => Kind::Count,
            Self::Time(_) => Kind::Time,
            Self::Number(_) => Kind::Number,
            Self::Latency(_) => Kind::Latency,
        }
    }
}

/// A name as it may stand in a sentence: in quotes if it has to.
#[must_use]
pub fn quoted(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '#');
    let starts = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
    if starts && name.chars().all(plain) {
        return name.to_owned();
    }
    let quote = if name.contains('\'') { '"' } else { '\'' };
    format!("{quote}{name}{quote}")
}

/// The ratio of succeeded requests.
pub const SUCCEEDED_RATIO: &str = "succeeded_ratio";

/// Numbers of a whole arm that the data leaves to its reader to divide.
pub const DERIVED: [(&str, Kind); 1] = [(SUCCEEDED_RATIO, Kind::Number)];

/// The numbers of a whole arm, in the order of the data.
pub const OF_ARM: [(&str, Kind); 29] = [
    ("requests.offered", Kind::Count),
    ("requests.succeeded", Kind::Count),
    ("requests.late", Kind::Count),
    ("requests.failed", Kind::Count),
    ("requests.rejected", Kind::Count),
    ("requests.shed", Kind::Count),
    ("requests.dropped", Kind::Count),
    ("requests.dead_lettered", Kind::Count),
    ("requests.in_flight", Kind::Count),
    ("failed_by.error", Kind::Count),
    ("failed_by.timeout", Kind::Count),
    ("attempts.total", Kind::Count),
    ("attempts.failed", Kind::Count),
    ("attempts.retries", Kind::Count),
    ("attempts.timeouts", Kind::Count),
    ("attempts.errors", Kind::Count),
    ("attempts.cancelled", Kind::Count),
    ("amplification", Kind::Number),
    ("attempts_variance", Kind::Number),
    ("goodput_per_s", Kind::Number),
    ("latency.end_to_end", Kind::Latency),
    ("latency.processing", Kind::Latency),
    ("latency.outcome", Kind::Latency),
    ("latency.slow_ratio", Kind::Number),
    ("wasted.work_ns", Kind::Time),
    ("wasted.after_leaving_ns", Kind::Time),
    ("wasted.ratio", Kind::Number),
    ("events", Kind::Count),
    ("end_ns", Kind::Time),
];

/// The numbers of a distribution.
pub const PARTS: [(&str, Kind); 10] = [
    ("count", Kind::Count),
    ("mean_ns", Kind::Time),
    ("sd_ns", Kind::Time),
    ("min_ns", Kind::Time),
    ("p50_ns", Kind::Time),
    ("p90_ns", Kind::Time),
    ("p95_ns", Kind::Time),
    ("p99_ns", Kind::Time),
    ("p999_ns", Kind::Time),
    ("max_ns", Kind::Time),
];
