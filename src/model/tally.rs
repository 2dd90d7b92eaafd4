//! The books of an arm: requests by fate, and their latencies. Edges book the attempts.

use super::call::Call;
use crate::kernel::time::{Duration, Instant};
use crate::metrics::arm;
use crate::metrics::fate::Fate;
use crate::metrics::fingerprint::Hash;
use crate::metrics::histogram::{BIN_BITS, Histogram};
use crate::metrics::meter::Measurements;
use crate::metrics::recorder::Recorder;
use crate::metrics::sampler::Sampler;
use crate::metrics::summary::{Attempts, FailedBy, Requests};

/// Multiple of the median above which a success is slow.
const SLOW: u64 = 10;

/// Counts and latencies of measured requests.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Requests by fate; `in_flight` is set at the end.
    pub requests: Requests,
    /// Failures by cause.
    pub failed_by: FailedBy,
    /// Times from arrival to success of requests that were picked up when they arrived.
    direct: Recorder,
    /// Times from arrival to success of other requests.
    queued: Recorder,
    /// Times from pick-up to success of other requests.
    processing: Recorder,
    /// Times from arrival to success since the last sample; `None` without a sampler.
    pub recent: Option<Histogram<BIN_BITS>>,
    /// Times from arrival to end of requests that did not succeed.
    pub unsuccessful: Recorder,
}

impl Tally {
    /// Books the end of a measured request.
    #[inline]
    pub fn end(&mut self, request: &Call, fate: Fate, now: Instant) {
        let elapsed = now - request.arrived;
        let counts = &mut self.requests;
        if fate != Fate::Succeeded {
            self.unsuccessful.record(elapsed);
        }
        match fate {
            Fate::Succeeded => {
                counts.succeeded += 1;
                if request.picked == request.arrived {
                    self.direct.record(elapsed);
                } else {
                    self.queued.record(elapsed);
                    self.processing.record(now - request.picked);
                }
                if let Some(recent) = &mut self.recent {
                    recent.record(elapsed.as_ns());
                }
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

    /// Times from arrival to success.
    #[must_use]
    pub fn end_to_end(&self) -> Recorder {
        let mut all = self.direct.clone();
        all.merge(&self.queued);
        all
    }

    /// Times from pick-up to success.
    #[must_use]
    pub fn processing(&self) -> Recorder {
        let mut all = self.direct.clone();
        all.merge(&self.processing);
        all
    }

    /// Times from arrival to end of all requests that ended: the successes `end_to_end` and the
    /// others.
    #[must_use]
    pub fn outcome(&self, end_to_end: &Recorder) -> Recorder {
        let mut all = end_to_end.clone();
        all.merge(&self.unsuccessful);
        all
    }

    /// Ratio of the successes `end_to_end` that took more than ten times their median.
    #[must_use]
    pub fn slow_ratio(end_to_end: &Recorder, median_ns: Option<u64>) -> Option<f64> {
        end_to_end.ratio_above(Duration::from_ns(median_ns?.saturating_mul(SLOW)))
    }

    /// Adds the requests to a sample.
    pub fn measure(&mut self, sampler: &mut Sampler) {
        let counts = &self.requests;
        let ended = [
            (&arm::SUCCEEDED, counts.succeeded),
            (&arm::LATE, counts.late),
            (&arm::FAILED_BY_ERROR, self.failed_by.error),
            (&arm::FAILED_BY_TIMEOUT, self.failed_by.timeout),
            (&arm::REJECTED, counts.rejected),
            (&arm::SHED, counts.shed),
            (&arm::DROPPED, counts.dropped),
            (&arm::DEAD_LETTERED, counts.dead_lettered),
        ];
        sampler.count(&arm::OFFERED, counts.offered);
        ended.iter().for_each(|(count, total)| sampler.count(count, *total));
        let over: u64 = ended.iter().map(|(_, total)| total).sum();
        sampler.present(&arm::IN_FLIGHT, counts.offered - over);
        if let Some(recent) = &mut self.recent {
            sampler.latencies(&arm::END_TO_END, recent);
        }
    }

    /// Adds the exact counts to a hash.
    pub fn absorb_into(&self, attempts: &Attempts, hash: &mut Hash) {
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
        let Attempts { total, failed: bad, retries, timeouts, errors, cancelled } = *attempts;
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
