//! The books of an arm: requests by fate, attempts by outcome, and their latencies.

use super::request::Request;
use super::state::Outcome;
use crate::kernel::time::{Duration, Instant};
use crate::metrics::fingerprint::Hash;
use crate::metrics::recorder::Recorder;
use crate::metrics::summary::{Attempts, FailedBy, Requests, Wasted};

/// The final outcome of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// In time.
    Succeeded,
    /// After the load's deadline.
    Late,
    /// The last attempt ended in an error.
    Error,
    /// The last attempt ended by a timeout.
    Timeout,
    /// A policy refused it.
    Rejected,
    /// A server refused it.
    Shed,
    /// A full queue lost it.
    Dropped,
    /// A consumer gave it up.
    DeadLettered,
}

/// Counts and latencies of measured requests.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Requests by fate; `in_flight` is filled in at the end.
    pub requests: Requests,
    /// Failures by cause.
    pub failed_by: FailedBy,
    /// Attempts.
    pub attempts: Attempts,
    /// Arrival to success.
    pub end_to_end: Recorder,
    /// Pick-up to success.
    pub processing: Recorder,
    /// Arrival to end, of those that did not succeed.
    pub unsuccessful: Recorder,
    /// Service time of attempts, and the part that nobody waited for.
    pub work: Work,
}

/// Service time in nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Work {
    /// Of all attempts.
    pub total: u128,
    /// Of attempts whose caller had left by their end.
    pub wasted: u128,
    /// The part of `wasted` after the caller had left.
    pub after_leaving: u128,
}

impl Work {
    /// Books an attempt that held a slot from `started` to `now`, and whose caller `left`
    /// ([`Instant::NEVER`] if it did not).
    #[inline]
    pub fn book(&mut self, started: Instant, now: Instant, left: Instant) {
        let work = u128::from((now - started).as_ns());
        self.total += work;
        if left != Instant::NEVER {
            self.wasted += work;
            self.after_leaving += u128::from((now - left.max(started)).as_ns());
        }
    }

    /// As reported.
    #[must_use]
    pub fn summary(&self) -> Wasted {
        Wasted {
            work_ns: u64::try_from(self.wasted).unwrap_or(u64::MAX),
            after_leaving_ns: u64::try_from(self.after_leaving).unwrap_or(u64::MAX),
            ratio: (self.total > 0).then(|| self.wasted as f64 / self.total as f64),
        }
    }
}

impl Tally {
    /// Books the end of a measured request.
    #[inline]
    pub fn end(&mut self, request: &Request, fate: Fate, now: Instant) {
        let elapsed = now - request.arrived;
        let counts = &mut self.requests;
        if fate != Fate::Succeeded {
            self.unsuccessful.record(elapsed);
        }
        match fate {
            Fate::Succeeded => {
                counts.succeeded += 1;
                self.end_to_end.record(elapsed);
                self.processing.record(now - request.picked);
            }
            Fate::Late => counts.late += 1,
            Fate::Error => {
                counts.failed += 1;
                self.failed_by.error += 1;
            }
            Fate::Timeout => {
                counts.failed += 1;
                self.failed_by.timeout += 1;
            }
            Fate::Rejected => counts.rejected += 1,
            Fate::Shed => counts.shed += 1,
            Fate::Dropped => counts.dropped += 1,
            Fate::DeadLettered => counts.dead_lettered += 1,
        }
    }

    /// Arrival to end, of all requests that ended.
    #[must_use]
    pub fn outcome(&self) -> Recorder {
        let mut outcome = self.end_to_end.clone();
        outcome.merge(&self.unsuccessful);
        outcome
    }

    /// Books the end of an attempt of a measured request.
    #[inline]
    pub fn attempt_ended(&mut self, outcome: Outcome) {
        let attempts = &mut self.attempts;
        attempts.failed += u64::from(outcome != Outcome::Success);
        match outcome {
            // Only a timeout further out cancels an attempt.
            Outcome::Cancelled => attempts.timeouts += 1,
            Outcome::Error => attempts.errors += 1,
            _ => {}
        }
    }

    /// Puts the exact counts into a hash.
    pub fn absorb_into(&self, hash: &mut Hash) {
        let Requests {
            offered,
            succeeded,
            late,
            failed,
            rejected,
            shed,
            dropped,
            dead_lettered,
            in_flight,
        } = self.requests;
        let Attempts { total, failed: bad, retries, timeouts, errors, cancelled } = self.attempts;
        let requests = [offered, succeeded, late, failed, rejected, shed, dropped, dead_lettered];
        let attempts = [in_flight, total, bad, retries, timeouts, errors, cancelled];
        requests.into_iter().chain(attempts).for_each(|count| hash.absorb(count));
    }

    /// Succeeded requests per second of `window`.
    #[must_use]
    pub fn goodput_per_s(&self, window: Duration) -> Option<f64> {
        (!window.is_zero()).then(|| self.requests.succeeded as f64 / window.as_s_f64())
    }
}
