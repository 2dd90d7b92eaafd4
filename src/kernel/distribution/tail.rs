//! Weibull and Pareto: what a power of an exponential and the exponential of one give.

use crate::kernel::fpmath::{exp_m1, lgamma, ln_1p, pow, tgamma};

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Weibull {
    pub(super) shape: f64,
    pub(super) scale: f64,
}

impl Weibull {
    pub(super) fn quantile(&self, p: f64) -> f64 {
        self.scale * pow(-ln_1p(-p), 1.0 / self.shape)
    }

    pub(super) fn mean(&self) -> f64 {
        self.scale * tgamma(1.0 + 1.0 / self.shape)
    }

    /// scale² (Gamma(1 + 2/k) - Gamma(1 + 1/k)²), as a ratio of the two: their difference would
    /// lose every digit for a large shape.
    pub(super) fn variance(&self) -> f64 {
        let mean = self.mean();
        let step = 1.0 / self.shape;
        mean * mean * exp_m1(lgamma(1.0 + 2.0 * step) - 2.0 * lgamma(1.0 + step))
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pareto {
    pub(super) alpha: f64,
    pub(super) min: f64,
}

impl Pareto {
    pub(super) fn quantile(&self, p: f64) -> f64 {
        self.min * pow(1.0 - p, -1.0 / self.alpha)
    }

    pub(super) fn mean(&self) -> f64 {
        self.min * (self.alpha / (self.alpha - 1.0))
    }

    /// Infinite up to alpha 2.
    pub(super) fn variance(&self) -> f64 {
        if self.alpha <= 2.0 {
            return f64::INFINITY;
        }
        let above_1 = self.min / (self.alpha - 1.0);
        above_1 * above_1 * (self.alpha / (self.alpha - 2.0))
    }
}
