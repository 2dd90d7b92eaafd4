//! One replica of a service: its slots and its line.

use crate::kernel::time::Instant;
use crate::metrics::gauge::Gauge;
use crate::model::line::{Line, RankedLine};

/// State and books of one replica.
#[derive(Clone, Debug)]
pub(super) struct Replica {
    pub(super) line: RankedLine,
    /// Calls in slots, in the order of their starts; only for services with crashes.
    pub(super) working: Line,
    /// Slots taken.
    busy: u64,
    /// Slots taken over time; only for services with several replicas.
    busy_over_time: Gauge,
    /// Attempts of measured requests.
    pub(super) arrivals: u64,
}

impl Replica {
    /// An idle replica.
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

    /// Slots taken over time; 0 for the only replica of a service.
    pub(super) const fn busy_over_time(&self) -> Gauge {
        self.busy_over_time
    }

    /// Takes a slot. For a replica that is `alone`, the service measures slots over time.
    #[inline]
    pub(super) fn take_slot(&mut self, now: Instant, alone: bool) {
        self.busy += 1;
        if !alone {
            self.busy_over_time.rise(now);
        }
    }

    /// Gives back a slot.
    #[inline]
    pub(super) fn give_back_slot(&mut self, now: Instant, alone: bool) {
        self.busy -= 1;
        if !alone {
            self.busy_over_time.fall(now);
        }
    }
}
