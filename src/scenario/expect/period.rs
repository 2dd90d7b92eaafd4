//! Periods of a run, to which numbers of requests and events can be restricted.
//!
//! A request belongs to the period of its arrival, as with phases. Its fate is known at the end of
//! the run, so the fates of a period always add up to its offered requests.

use core::fmt;

use super::parse::Parser;
use super::{MetricRef, Refusal};
use crate::kernel::time::Duration;
use crate::metrics::names::quoted;
use crate::scenario::problem::printable;

/// A period of a run, by instants or by a fault: its start belongs to it, its end does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Period {
    /// From an instant until another one, or until the end of the run.
    Between(Duration, Option<Duration>),
    /// Until the start of a fault.
    Before(String),
    /// From the start of a fault until its end.
    During(String),
    /// From the start of a fault.
    Since(String),
    /// From the end of a fault.
    After(String),
}

/// The numbers of an arm that a period has: those that are made of requests.
pub const OF_PERIOD: [&str; 18] = [
    "succeeded_ratio",
    "requests.offered",
    "requests.succeeded",
    "requests.late",
    "requests.failed",
    "requests.rejected",
    "requests.shed",
    "requests.dropped",
    "requests.dead_lettered",
    "requests.in_flight",
    "failed_by.error",
    "failed_by.timeout",
    "attempts.total",
    "attempts.retries",
    "amplification",
    "goodput_per_s",
    "latency.end_to_end",
    "latency.outcome",
];

/// The words that begin a period.
pub(super) const WORDS: [&str; 6] = ["from", "until", "before", "during", "since", "after"];

impl Period {
    /// The fault that defines the period, if one does.
    #[must_use]
    pub fn fault(&self) -> Option<&str> {
        match self {
            Self::Between(..) => None,
            Self::Before(fault) | Self::During(fault) | Self::Since(fault) | Self::After(fault) => {
                Some(fault)
            }
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Between(Duration::ZERO, Some(until)) => write!(f, "until {}", until.exact()),
            Self::Between(from, None) => write!(f, "from {}", from.exact()),
            Self::Between(from, Some(until)) => {
                write!(f, "from {} until {}", from.exact(), until.exact())
            }
            Self::Before(fault) => write!(f, "before fault {}", quoted(fault)),
            Self::During(fault) => write!(f, "during fault {}", quoted(fault)),
            Self::Since(fault) => write!(f, "since fault {}", quoted(fault)),
            Self::After(fault) => write!(f, "after fault {}", quoted(fault)),
        }
    }
}

impl Parser<'_> {
    /// Restricts `metric` to the period that follows, if one does.
    pub(super) fn in_period(&mut self, metric: MetricRef) -> Result<MetricRef, Refusal> {
        if !self.says(0, &WORDS) {
            return Ok(metric);
        }
        if !metric.component.is_empty() || !OF_PERIOD.contains(&metric.metric) {
            let refusal = Refusal::new("only numbers of requests have periods", self.found());
            let hint = "succeeded_ratio, requests.*, failed_by.*, attempts.total, \
                        attempts.retries, amplification, goodput_per_s, latency.end_to_end.* and \
                        latency.outcome.*";
            return Err(refusal.hint(hint));
        }
        let period = self.period(metric.arm.as_deref())?;
        Ok(MetricRef { period, ..metric })
    }

    /// Parses a period, if one follows.
    pub(super) fn period(&mut self, arm: Option<&str>) -> Result<Option<Period>, Refusal> {
        if !self.says(0, &WORDS) {
            return Ok(None);
        }
        Ok(Some(match self.name(0).unwrap_or_default() {
            "from" => {
                self.at += 1;
                let from = self.instant()?;
                let until = if self.says(0, &["until"]) { Some(self.until(from)?) } else { None };
                Period::Between(from, until)
            }
            "until" => Period::Between(Duration::ZERO, Some(self.until(Duration::ZERO)?)),
            word => {
                let of = match word {
                    "before" => Period::Before,
                    "during" => Period::During,
                    "since" => Period::Since,
                    _ => Period::After,
                };
                self.at += 1;
                if !self.says(0, &["fault"]) {
                    let refusal = Refusal::new("expected `fault` and its name", self.found());
                    return Err(refusal.hint("of instants it is `from 30s` and `until 60s`"));
                }
                of(self.fault(arm)?)
            }
        }))
    }

    fn until(&mut self, from: Duration) -> Result<Duration, Refusal> {
        self.at += 1;
        let found = self.found();
        let until = self.duration()?;
        match until > from {
            true => Ok(until),
            false => Err(Refusal::new("a period ends after it has begun", found)),
        }
    }

    /// Parses an instant that the run reaches.
    fn instant(&mut self) -> Result<Duration, Refusal> {
        let found = self.found();
        let at = self.duration()?;
        match self.known.duration {
            Some(end) if at >= end => {
                let hint = format!("the run ends at {}", printable(&end.exact()));
                Err(Refusal::new("a period begins before the run ends", found).hint(hint))
            }
            _ => Ok(at),
        }
    }
}
