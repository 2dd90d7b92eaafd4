//! A quantile that each copy moves up or down a little: failsafe-go.
//!
//! An estimate rises by `step / (1 - quantile)` after a copy that took longer and falls by
//! `step / quantile` after one that took less, where the step is a hundredth of a moving standard
//! deviation. It stands still where a `quantile` of the copies takes less. Every copy counts that
//! ends its call, from the instant at which it was sent, and those that are cancelled because of
//! it, with the time that they had. Source: failsafe-go, `internal/util/movingquantile.go` and
//! `hedgepolicy/`.

use crate::kernel::time::Duration;

/// The estimate of a quantile, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub struct Moving {
    quantile: f64,
    alpha: f64,
    /// Copies that must be known.
    least: u32,
    count: u32,
    value: f64,
    mean: f64,
    variance: f64,
}

/// Step of the estimate, as a ratio of the standard deviation.
const STEP: f64 = 0.01;

impl Moving {
    /// A quantile above 0 and below 1, whose mean and variance have the weight `2 / (age + 1)` of
    /// the latest copy, once `least` copies are known.
    #[must_use]
    pub fn new(quantile: f64, age: u32, least: u32) -> Self {
        let alpha = 2.0 / (f64::from(age) + 1.0);
        Self { quantile, alpha, least, count: 0, value: 0.0, mean: 0.0, variance: 0.0 }
    }

    pub(super) fn record(&mut self, took: Duration) {
        let sample = took.as_ns() as f64;
        self.count = self.count.saturating_add(1);
        if self.count == 1 {
            (self.value, self.mean) = (sample, sample);
            return;
        }
        let old = self.mean;
        self.mean = smooth(self.mean, sample, self.alpha);
        self.variance = smooth(self.variance, (sample - old) * (sample - self.mean), self.alpha);
        let step = self.variance.sqrt() * STEP;
        if step == 0.0 {
            return;
        }
        if sample < self.value {
            self.value -= step / self.quantile;
        } else if sample > self.value {
            self.value += step / (1.0 - self.quantile);
        }
    }

    /// The estimate, which may be below 0; `None` while too few copies are known.
    pub(super) fn estimate_ns(&self) -> Option<f64> {
        (self.count >= self.least).then_some(self.value)
    }
}

/// A moving mean after another value.
fn smooth(old: f64, new: f64, alpha: f64) -> f64 {
    old * (1.0 - alpha) + new * alpha
}
