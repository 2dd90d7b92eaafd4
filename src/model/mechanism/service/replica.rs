//! One replica of a service: its slots and its line.

use crate::kernel::time::Instant;
use crate::metrics::gauge::Gauge;
use crate::model::line::{Line, RankedLine};

/// State and books of one replica.
#[derive(Clone, Debug)]
pub(super) struct Replica {
    pub(super) line: RankedLine,
    /// Calls in slots, in the order in which they got them; kept only where a crash may look.
    pub(super) working: Line,
    /// Slots taken.
    busy: u64,
    /// The same over time; kept only where there are several replicas.
    busy_over_time: Gauge,
    /// Attempts of measured requests.
    pub(super) arrivals: u64,
}

impl Replica {
    /// An idle one.
    pub(super) fn new(measured_from: Instant) -> Self {
        Self {
            line: RankedLine::default(),
            working: Line::default(),
            busy: 0,
            busy_over_time: Gauge::new(measured_from),
            arrivals: 0,
        }
    }

    /// Slots taken.
    #[inline]
    pub(super) const fn busy(&self) -> u64 {
        self.busy
    }

    /// Slots taken, over time; 0 of a replica that is `alone`.
    pub(super) const fn busy_over_time(&self) -> Gauge {
        self.busy_over_time
    }

    /// A slot is taken; a replica that is `alone` has the books of its service.
    #[inline]
    pub(super) fn take_slot(&mut self, now: Instant, alone: bool) {
        self.busy += 1;
        if !alone {
            self.busy_over_time.rise(now);
        }
    }

    /// A slot comes back.
    #[inline]
    pub(super) fn give_back_slot(&mut self, now: Instant, alone: bool) {
        self.busy -= 1;
        if !alone {
            self.busy_over_time.fall(now);
        }
    }
}
