//! How long a replica takes to answer, as a moving average over time.

use crate::kernel::fpmath::exp;
use crate::kernel::time::Instant;

/// A moving average of what was seen: after the time `decay_ns` it counts 1/e.
#[derive(Clone, Copy, Debug)]
pub(super) struct Estimate {
    ns: f64,
    since: Instant,
}

impl Estimate {
    /// Before anything was seen.
    pub(super) const fn new(ns: f64) -> Self {
        Self { ns, since: Instant::ZERO }
    }

    /// Something took `ns`; `peak` jumps to what is above the average, at once.
    pub(super) fn observe(&mut self, now: Instant, ns: f64, decay_ns: f64, peak: bool) {
        if peak && ns > self.ns {
            self.ns = ns;
        } else {
            let weight = exp(-((now - self.since).as_ns() as f64) / decay_ns);
            self.ns = self.ns * weight + ns * (1.0 - weight);
        }
        self.since = now;
    }

    /// The average now, which has fallen since it was last looked at.
    pub(super) fn read(&mut self, now: Instant, decay_ns: f64) -> f64 {
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
        assert!((estimate.read(at(110), DECAY) - 50.0 / std::f64::consts::E).abs() < 1e-9);
        // Reading twice at one instant, or on the way, changes nothing.
        estimate.read(at(150), DECAY);
        assert!((estimate.read(at(210), DECAY) - 50.0 * (-2.0_f64).exp()).abs() < 1e-9);
        estimate.observe(at(210), 80.0, DECAY, true);
        assert_eq!(estimate.ns, 80.0);
        // Below the peak it is an average: 80 and 20, with weights e^-1 and 1 - e^-1.
        estimate.observe(at(310), 20.0, DECAY, true);
        let expected = 80.0 * (-1.0_f64).exp() + 20.0 * (1.0 - (-1.0_f64).exp());
        assert!((estimate.ns - expected).abs() < 1e-9);
    }

    #[test]
    fn an_average_without_peaks_rises_slowly() {
        let mut estimate = Estimate::new(0.0);
        estimate.observe(at(100), 50.0, DECAY, false);
        assert!((estimate.ns - 50.0 * (1.0 - (-1.0_f64).exp())).abs() < 1e-9);
    }
}
