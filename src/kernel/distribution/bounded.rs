//! Pareto between two bounds.

use crate::kernel::fpmath::{exp, exp_m1, ln, ln_1p};

/// Pareto, given that it is at most `max`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct BoundedPareto {
    alpha: f64,
    min: f64,
    max: f64,
    /// The mass of the full distribution up to `max`: 1 - (min / max)^alpha.
    mass: f64,
}

impl BoundedPareto {
    pub(super) fn new(alpha: f64, min: f64, max: f64) -> Self {
        Self { alpha, min, max, mass: -exp_m1(-alpha * ln_ratio(min, max)) }
    }

    /// min (1 - p mass)^(-1 / alpha). Rounding may exceed a bound by its last bit.
    pub(super) fn quantile(&self, p: f64) -> f64 {
        let factor = exp(-ln_1p(-p * self.mass) / self.alpha);
        (self.min * factor).clamp(self.min, self.max)
    }

    /// E[(X / min)^power]: alpha / mass times the integral of t^(power - alpha - 1) from 1 to
    /// max / min.
    fn raw_moment(&self, power: f64) -> f64 {
        let (span, rest) = (ln_ratio(self.min, self.max), power - self.alpha);
        let integral = if rest == 0.0 { span } else { exp_m1(rest * span) / rest };
        self.alpha / self.mass * integral
    }

    pub(super) fn mean(&self) -> f64 {
        (self.min * self.raw_moment(1.0)).clamp(self.min, self.max)
    }

    /// The difference of two moments; with bounds that agree to n digits it loses 2 n of 16 digits.
    pub(super) fn variance(&self) -> f64 {
        let mean = self.raw_moment(1.0);
        let square = self.raw_moment(2.0);
        self.min * self.min * (square - mean * mean).max(0.0)
    }
}

/// ln(max / min), also for bounds that differ in their last bits only.
fn ln_ratio(min: f64, max: f64) -> f64 {
    if max < 2.0 * min { ln_1p((max - min) / min) } else { ln(max / min) }
}
