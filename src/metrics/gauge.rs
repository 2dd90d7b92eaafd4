//! A level that changes over time: its maximum and its integral.

use crate::kernel::time::{Duration, Instant};

/// An integer level, its largest value and its time integral, both from `measured_from` on.
#[derive(Clone, Copy, Debug)]
pub struct Gauge {
    level: u64,
    /// Largest level before the latest [`Gauge::take_peak`].
    max: u64,
    /// Largest level since then.
    peak: u64,
    since: Instant,
    area: u128,
}

impl Gauge {
    /// A gauge at zero that measures from `measured_from` on.
    #[must_use]
    pub const fn new(measured_from: Instant) -> Self {
        Self { level: 0, max: 0, peak: 0, since: measured_from, area: 0 }
    }

    /// Sets the level, from `now` on.
    #[inline]
    pub fn set(&mut self, now: Instant, level: u64) {
        self.settle(now);
        self.level = level;
        if now >= self.since {
            self.peak = self.peak.max(level);
        }
    }

    #[inline]
    fn settle(&mut self, now: Instant) {
        if now > self.since {
            self.peak = self.peak.max(self.level);
            self.area += u128::from(self.level) * u128::from((now - self.since).as_ns());
            self.since = now;
        }
    }

    /// Raises the level by one.
    #[inline]
    pub fn rise(&mut self, now: Instant) {
        self.set(now, self.level + 1);
    }

    /// Lowers the level by one.
    ///
    /// # Panics
    /// At level zero.
    #[inline]
    pub fn fall(&mut self, now: Instant) {
        assert!(self.level > 0, "a level fell below zero");
        self.set(now, self.level - 1);
    }

    /// The present level.
    #[inline]
    #[must_use]
    pub const fn level(&self) -> u64 {
        self.level
    }

    /// The largest level so far.
    #[must_use]
    pub const fn max(&self) -> u64 {
        if self.peak > self.max { self.peak } else { self.max }
    }

    /// The largest level since the last call of this function, at `at`, which is no earlier than
    /// any change. The next peak starts at the present level.
    pub fn take_peak(&mut self, at: Instant) -> u64 {
        if at < self.since {
            return 0;
        }
        self.max = self.max();
        std::mem::replace(&mut self.peak, self.level)
    }

    /// The time integral of the level until `now`, in level times nanoseconds.
    #[must_use]
    pub fn area(mut self, now: Instant) -> u128 {
        self.settle(now);
        self.area
    }

    /// The mean level over `window`, which ends at `now`; `None` for an empty window.
    #[must_use]
    pub fn mean(self, now: Instant, window: Duration) -> Option<f64> {
        (!window.is_zero()).then(|| self.area(now) as f64 / window.as_ns() as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integrates_and_leaves_the_warm_up_out() {
        let at = Instant::from_ns;
        let mut gauge = Gauge::new(at(10));
        gauge.rise(at(0));
        gauge.rise(at(4));
        gauge.rise(at(6));
        gauge.fall(at(8));
        assert_eq!((gauge.level(), gauge.max()), (2, 0));
        gauge.fall(at(14));
        assert_eq!((gauge.level(), gauge.max()), (1, 2));
        assert_eq!(gauge.area(at(20)), 2 * 4 + 6);
        assert_eq!(gauge.mean(at(20), Duration::from_ns(10)), Some(1.4));
    }
}
