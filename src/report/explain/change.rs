//! What-ifs as data: a change of the scenario, and its effect on fates, attempts, work and latency.

use serde::Serialize;

use crate::metrics::change::Change;

/// The same requests with the same random draws, and one thing changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WhatIf {
    /// The change.
    pub change: Change,
    /// Requests that are in both runs. A closed loop may send more or fewer with a change.
    pub in_both: u64,
    /// Requests that fail in the run: `saved` is a part of these.
    pub failing: u64,
    /// Requests that fail in the run and succeed with the change.
    pub saved: u64,
    /// Requests that succeed in the run and fail with the change.
    pub lost: u64,
    /// Requests that fail in both, each in another way.
    pub otherwise: u64,
    /// Requests that succeed in both, and sooner with the change.
    pub faster: Shift,
    /// Requests that succeed in both, and later with the change.
    pub slower: Shift,
    /// Other requests that end in both, and sooner with the change.
    pub sooner: Shift,
    /// Other requests that end in both, and later with the change.
    pub later: Shift,
    /// Requests that arrive.
    pub offered: Pair<u64>,
    /// Requests that succeed in time.
    pub succeeded: Pair<u64>,
    /// Attempts that are sent.
    pub attempts: Pair<u64>,
    /// Time in slots of services.
    pub work_ns: Pair<u64>,
    /// Wasted part of that time.
    pub wasted_ns: Pair<u64>,
    /// 99 % quantile of the time from arrival to end, of all requests that end.
    pub p99_ns: Pair<Option<u64>>,
    /// True if the arm is well when the last requests arrive; `None` if nothing arrives.
    pub ends_well: Option<bool>,
}

impl WhatIf {
    /// Requests that succeed with the change, less those that succeed without it.
    #[must_use]
    pub fn gain(&self) -> i128 {
        i128::from(self.succeeded.after) - i128::from(self.succeeded.before)
    }

    /// True if the change has no effect on fates, attempts, work or latency.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        let shifts = [self.faster, self.slower, self.sooner, self.later];
        self.saved + self.lost + self.otherwise == 0
            && shifts.iter().all(|shift| shift.requests == 0)
            && !self.offered.differs()
            && !self.succeeded.differs()
            && !self.attempts.differs()
            && !self.work_ns.differs()
            && !self.wasted_ns.differs()
            && !self.p99_ns.differs()
    }

    /// True if the net gain is at least half of the requests that fail.
    #[must_use]
    pub fn mends(&self) -> bool {
        self.gain() > 0 && self.gain() * 2 >= i128::from(self.failing)
    }
}

/// A number without and with the change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pair<T> {
    /// In the explained run.
    pub before: T,
    /// With the change.
    pub after: T,
}

impl<T: PartialEq> Pair<T> {
    /// A number before and after a change.
    #[must_use]
    pub const fn new(before: T, after: T) -> Self {
        Self { before, after }
    }

    /// True if the change moves it.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.before != self.after
    }
}

/// Requests whose end moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Shift {
    /// Number of requests.
    pub requests: u64,
    /// Median of the shift; `None` without requests.
    pub median_ns: Option<u64>,
}
