//! Weibull and Pareto: a power of an exponential variate, and the exponential of one.

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

    /// scale² (Gamma(1 + 2/k) - Gamma(1 + 1/k)²), computed from the ratio of the two terms, because
    /// their difference loses every digit for a large shape.
    pub(super) fn variance(&self) -> f64 {
        let mean = self.mean();
        mean * mean * exp_m1(ln_square_ratio(1.0 / self.shape))
    }
}

/// ln Gamma(1 + 2 x) - 2 ln Gamma(1 + x). Where 1 + x loses digits, it is computed by the Taylor
/// series with coefficients (2^n - 2) / n zeta(n) (from DLMF 5.7.3). Both ways are good to 1e-9.
fn ln_square_ratio(x: f64) -> f64 {
    if x > 1e-3 {
        return lgamma(1.0 + 2.0 * x) - 2.0 * lgamma(1.0 + x);
    }
    let (c2, c3, c4, c5) = (
        1.644_934_066_848_226_4,
        2.404_113_806_319_188_4,
        3.788_131_317_988_983_5,
        6.221_566_530_860_22,
    );
    x * x * (c2 - x * (c3 - x * (c4 - x * c5)))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// (pi / sqrt(6) / k)² is the limit of the squared cv; the two ways meet at shape 1000.
    #[test]
    fn a_narrow_weibull_keeps_its_variance() {
        let cv2 = |shape| {
            let weibull = Weibull { shape, scale: 1e6 };
            weibull.variance() / (weibull.mean() * weibull.mean())
        };
        let limit = core::f64::consts::PI * core::f64::consts::PI / 6.0;
        assert!((cv2(1e12) * 1e24 / limit - 1.0).abs() < 1e-9);
        let (below, above) = (ln_square_ratio(1.000_000_001e-3), ln_square_ratio(0.999_999_999e-3));
        assert!((below / above - 1.0 - 4e-9).abs() < 1e-9);
    }
}
