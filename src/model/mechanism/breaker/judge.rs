//! The judgements of a breaker: whether a window is bad, and what trial calls say.

use super::settings::{AtEnd, Failures, Settings, Verdict};
use super::state::State;
use super::window::{Counts, Span};
use crate::kernel::time::Instant;
use crate::model::context::Outcome;

/// The results of trial calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Trials {
    pub(super) counts: Counts,
    /// Results that were failed, slow, or both.
    pub(super) bad: u64,
}

impl Trials {
    pub(super) fn add(&mut self, result: Counts) {
        self.counts.add(result);
        self.bad += u64::from(result.failures + result.slow > 0);
    }
}

impl Settings {
    /// True for a failure; `None` for an outcome that is no result.
    #[inline]
    pub(super) const fn failed(&self, outcome: Outcome) -> Option<bool> {
        if self.outcomes.ignored.has(outcome) {
            return None;
        }
        Some(self.outcomes.failures.has(outcome))
    }

    /// True if a window with these counts opens the breaker.
    pub(super) fn is_bad(&self, counts: Counts) -> bool {
        if counts.results < self.minimum_calls.max(1) {
            return false;
        }
        let too_many = match self.failures {
            None => false,
            Some(Failures::Count(limit)) => counts.failures >= limit,
            Some(Failures::Rate(limit)) => self.comparison.reaches(counts.failure_rate(), limit),
        };
        too_many || self.is_slow(counts)
    }

    fn is_slow(&self, counts: Counts) -> bool {
        self.slow_calls.is_some_and(|slow| self.comparison.reaches(counts.slow_rate(), slow.rate))
    }

    /// The state after these results of trial calls; `None` while there are too few.
    pub(super) fn verdict(&self, trials: Trials) -> Option<State> {
        let half_open = self.half_open?;
        let Trials { counts, bad } = trials;
        let good = counts.results - bad;
        let enough = match half_open.verdict {
            Verdict::Rates => return self.verdict_of_rates(counts, half_open.calls),
            Verdict::AllGood => half_open.calls,
            Verdict::Good(enough) => u64::from(enough),
            Verdict::AnyGood => return (counts.failures < counts.results).then_some(State::Closed),
        };
        if good >= enough {
            Some(State::Closed)
        } else {
            (bad > half_open.calls.saturating_sub(enough)).then_some(State::Open)
        }
    }

    fn verdict_of_rates(&self, trials: Counts, calls: u64) -> Option<State> {
        if trials.results < calls.min(self.minimum_calls) {
            return None;
        }
        let failed = match (self.failures, self.window) {
            (Some(Failures::Rate(limit)), _) => {
                self.comparison.reaches(trials.failure_rate(), limit)
            }
            // The count as a ratio of the window, in whole numbers.
            (Some(Failures::Count(limit)), Some(Span::Count(size))) => {
                u128::from(trials.failures) * u128::from(size)
                    >= u128::from(limit) * u128::from(trials.results)
            }
            // A count over a time is no ratio.
            (Some(Failures::Count(_)) | None, _) => false,
        };
        Some(if failed || self.is_slow(trials) { State::Open } else { State::Closed })
    }

    pub(super) const fn is_over(&self, until: Instant, now: Instant) -> bool {
        match self.at_end {
            AtEnd::Admits => until.as_ns() <= now.as_ns(),
            AtEnd::Refuses => until.as_ns() < now.as_ns(),
        }
    }
}
