//! An estimate of the time that a replica takes: an exponentially weighted moving average.

use crate::kernel::fpmath::exp;
use crate::kernel::time::Instant;

/// A moving average of observed times. The weight of an observation falls to 1/e in the time
/// `decay_ns`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Estimate {
    ns: f64,
    /// Instant of the latest update.
    updated_at: Instant,
}

impl Estimate {
    /// The estimate before the first observation.
    pub(super) const fn new(ns: f64) -> Self {
        Self { ns, updated_at: Instant::ZERO }
    }

    /// Adds the observation `ns`. With `peak` a time above the average replaces it at once.
    pub(super) fn observe(&mut self, now: Instant, ns: f64, decay_ns: f64, peak: bool) {
        if peak && ns > self.ns {
            self.ns = ns;
        } else {
            let weight = exp(-((now - self.updated_at).as_ns() as f64) / decay_ns);
            self.ns = self.ns * weight + ns * (1.0 - weight);
        }
        self.updated_at = now;
    }

    /// The average at `now`, as decayed since the latest update.
    pub(super) fn value_at(&self, now: Instant, decay_ns: f64) -> f64 {
        self.ns * exp(-((now - self.updated_at).as_ns() as f64) / decay_ns)
    }

    /// Decays the average to `now` and returns it. Finagle and tower do so at each reading, so the
    /// next observation is weighted by the time since that reading, not since the last observation.
    pub(super) fn decay_to(&mut self, now: Instant, decay_ns: f64) -> f64 {
        self.observe(now, 0.0, decay_ns, false);
        self.ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DECAY: f64 = 100.0;

    fn at(ns: u64) -> Instant {
        Instant::from_ns(ns)
    }

    #[test]
    fn it_falls_by_e_in_the_decay_and_jumps_to_peaks() {
        let mut estimate = Estimate::new(0.0);
        estimate.observe(at(10), 50.0, DECAY, true);
        assert_eq!(estimate.ns, 50.0);
        assert!((estimate.value_at(at(110), DECAY) - 50.0 / std::f64::consts::E).abs() < 1e-9);
        // Taking it on the way does not make it fall faster.
        estimate.decay_to(at(150), DECAY);
        assert!((estimate.decay_to(at(210), DECAY) - 50.0 * exp(-2.0)).abs() < 1e-9);
        estimate.observe(at(210), 80.0, DECAY, true);
        assert_eq!(estimate.ns, 80.0);
        // Below the peak it is an average: 80 and 20, with weights e^-1 and 1 - e^-1.
        estimate.observe(at(310), 20.0, DECAY, true);
        let expected = 80.0 * exp(-1.0) + 20.0 * (1.0 - exp(-1.0));
        assert!((estimate.ns - expected).abs() < 1e-9);
    }

    /// The numbers of tower's own test of its `PeakEwma`: 20 ms to begin with, a decay of 1 s, and
    /// two calls of 200 ms that begin at 100 and 200 ms.
    #[test]
    fn the_peak_is_that_of_tower() {
        const MS: u64 = 1_000_000;
        let decay = 1e9;
        let mut estimate = Estimate::new(20e6);
        assert_eq!(estimate.decay_to(at(0), decay), 20e6);
        assert!(2.0 * estimate.decay_to(at(100 * MS), decay) > 20e6);
        assert!(3.0 * estimate.decay_to(at(200 * MS), decay) > 40e6);
        estimate.observe(at(300 * MS), 200e6, decay, true);
        assert_eq!(2.0 * estimate.decay_to(at(300 * MS), decay), 400e6);
        estimate.observe(at(400 * MS), 200e6, decay, true);
        assert_eq!(estimate.decay_to(at(400 * MS), decay), 200e6);
        assert!(estimate.decay_to(at(1_400 * MS), decay) < 100e6);
        assert!(estimate.decay_to(at(11_400 * MS), decay) < 100e3);
    }

    #[test]
    fn an_average_without_peaks_rises_slowly() {
        let mut estimate = Estimate::new(0.0);
        estimate.observe(at(100), 50.0, DECAY, false);
        assert!((estimate.ns - 50.0 * (1.0 - exp(-1.0))).abs() < 1e-9);
    }
}
