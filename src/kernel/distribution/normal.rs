//! The normal distribution truncated at 0, the lognormal one, and the standard normal quantile.

use crate::kernel::fpmath::{erfc, exp, exp_m1, ln, ln_1p, sqrt};
use core::f64::consts::{FRAC_1_SQRT_2, PI};

/// Normal, given that it is at least 0.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TruncatedNormal {
    mean: f64,
    sd: f64,
    /// Probabilities that the full normal is below 0 and above 0. Each is computed from its own
    /// tail, so neither loses digits to the other.
    below: f64,
    above: f64,
}

impl TruncatedNormal {
    pub(super) fn new(mean: f64, sd: f64) -> Self {
        let (below, above) = (upper_tail(mean / sd), upper_tail(-mean / sd));
        Self { mean, sd, below, above }
    }

    /// The normal quantile at `below + p * above`, taken from the nearer tail.
    pub(super) fn quantile(&self, p: f64) -> f64 {
        let lower = self.below + p * self.above;
        let z = if lower < 0.5 {
            normal_quantile(lower)
        } else {
            -normal_quantile((1.0 - p) * self.above)
        };
        (self.mean + self.sd * z).max(0.0)
    }

    /// phi(a) / (1 - Phi(a)) at the cut a = -mean / sd: the rise of the mean by the cut, in `sd`.
    fn lift(&self) -> f64 {
        let a = self.mean / self.sd;
        exp(-a * a / 2.0) / sqrt(2.0 * PI) / self.above
    }

    pub(super) fn mean(&self) -> f64 {
        self.mean + self.sd * self.lift()
    }

    /// sd² (1 - lift (lift - a)): Johnson, Kotz and Balakrishnan, Continuous Univariate
    /// Distributions 1 (1994), section 13.10.1.
    pub(super) fn variance(&self) -> f64 {
        let lift = self.lift();
        // Far from the cut `lift` is 0 and a may be infinite; their product is 0.
        let product = if lift == 0.0 { 0.0 } else { lift * (lift + self.mean / self.sd) };
        self.sd * self.sd * (1.0 - product)
    }
}

/// Lognormal: `median * exp(sigma * z)` of a standard normal z.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LogNormal {
    pub(super) median: f64,
    pub(super) sigma: f64,
}

impl LogNormal {
    /// From sigma² = ln(1 + cv²) and median = mean / sqrt(1 + cv²).
    pub(super) fn by_mean(mean: f64, cv: f64) -> Self {
        Self { median: mean / sqrt(1.0 + cv * cv), sigma: sqrt(ln_1p(cv * cv)) }
    }

    pub(super) fn quantile(&self, p: f64) -> f64 {
        self.median * exp(self.sigma * normal_quantile(p))
    }

    pub(super) fn mean(&self) -> f64 {
        self.median * exp(self.sigma * self.sigma / 2.0)
    }

    pub(super) fn variance(&self) -> f64 {
        let mean = self.mean();
        mean * mean * exp_m1(self.sigma * self.sigma)
    }
}

/// P(Z > z) of a standard normal Z.
pub(super) fn upper_tail(z: f64) -> f64 {
    erfc(z * FRAC_1_SQRT_2) / 2.0
}

/// The standard normal quantile: Wichura, Algorithm AS 241 (PPND16), Applied Statistics 37 (1988)
/// 477-484, about 1 part in 1e16. Infinite at 0 and 1.
pub(super) fn normal_quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * polynomial(&A, r) / polynomial(&B, r);
    }
    let tail = if q < 0.0 { p } else { 1.0 - p };
    if tail <= 0.0 {
        return f64::INFINITY.copysign(q);
    }
    let r = sqrt(-ln(tail));
    let z = if r <= 5.0 {
        polynomial(&C, r - 1.6) / polynomial(&D, r - 1.6)
    } else {
        polynomial(&E, r - 5.0) / polynomial(&F, r - 5.0)
    };
    z.copysign(q)
}

/// The polynomial with these coefficients, that of the highest power last, by Horner's rule.
fn polynomial(coefficients: &[f64; 8], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

const A: [f64; 8] = [
    3.387_132_872_796_366_5,
    133.141_667_891_784_38,
    1_971.590_950_306_551_3,
    13_731.693_765_509_46,
    45_921.953_931_549_87,
    67_265.770_927_008_7,
    33_430.575_583_588_13,
    2_509.080_928_730_122_7,
];
const B: [f64; 8] = [
    1.0,
    42.313_330_701_600_91,
    687.187_007_492_057_9,
    5_394.196_021_424_751,
    21_213.794_301_586_597,
    39_307.895_800_092_71,
    28_729.085_735_721_943,
    5_226.495_278_852_545,
];
const C: [f64; 8] = [
    1.423_437_110_749_683_5,
    4.630_337_846_156_546,
    5.769_497_221_460_691,
    3.647_848_324_763_204_5,
    1.270_458_252_452_368_4,
    0.241_780_725_177_450_6,
    0.022_723_844_989_269_184,
    7.745_450_142_783_414e-4,
];
const D: [f64; 8] = [
    1.0,
    2.053_191_626_637_759,
    1.676_384_830_183_803_8,
    0.689_767_334_985_1,
    0.148_103_976_427_480_08,
    0.015_198_666_563_616_457,
    5.475_938_084_995_345e-4,
    1.050_750_071_644_416_9e-9,
];
const E: [f64; 8] = [
    6.657_904_643_501_103,
    5.463_784_911_164_114,
    1.784_826_539_917_291_3,
    0.296_560_571_828_504_87,
    0.026_532_189_526_576_124,
    0.001_242_660_947_388_078_4,
    2.711_555_568_743_487_6e-5,
    2.010_334_399_292_288_1e-7,
];
const F: [f64; 8] = [
    1.0,
    0.599_832_206_555_888,
    0.136_929_880_922_735_8,
    0.014_875_361_290_850_615,
    7.868_691_311_456_133e-4,
    1.846_318_317_510_054_8e-5,
    1.421_511_758_316_446e-7,
    2.044_263_103_389_939_8e-15,
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values are from a root search in 40-digit arithmetic: one per branch, and the ends.
    #[test]
    fn normal_quantiles_agree_with_high_precision() {
        for (p, expected) in [
            (1e-300, -37.047_096_299_361_2),
            (1e-20, -9.262_340_089_798_407),
            (1e-12, -7.034_483_825_301_132),
            (1e-6, -4.753_424_308_822_899),
            (0.01, -2.326_347_874_040_841),
            (0.07, -1.475_791_028_179_170_6),
            (0.08, -1.405_071_560_309_632_7),
            (0.3, -0.524_400_512_708_040_8),
            (0.6, 0.253_347_103_135_799_7),
            (0.95, 1.644_853_626_951_472_2),
            (0.999, 3.090_232_306_167_813),
        ] {
            let z = normal_quantile(p);
            assert!((z / expected - 1.0).abs() < 1e-15, "{p}: {z}");
        }
        assert_eq!(normal_quantile(0.5), 0.0);
        assert_eq!(normal_quantile(0.0), f64::NEG_INFINITY);
        assert_eq!(normal_quantile(1.0), f64::INFINITY);
    }

    /// A normal cut at its own mean is the half-normal, whose moments are known: sd sqrt(2 / pi)
    /// and sd² (1 - 2 / pi). Its lower quantiles must not lose digits to the cut.
    #[test]
    fn half_a_normal_has_the_moments_of_one() {
        let half = TruncatedNormal::new(0.0, 1e6);
        assert!((half.mean() / (1e6 * sqrt(2.0 / PI)) - 1.0).abs() < 1e-15);
        assert!((half.variance() / (1e12 * (1.0 - 2.0 / PI)) - 1.0).abs() < 1e-15);
        assert_eq!(half.quantile(0.0), 0.0);
        let small = half.quantile(1e-6) / (1e6 * 1e-6 * sqrt(PI / 2.0));
        assert!((small - 1.0).abs() < 1e-9, "{small}");
    }

    #[test]
    fn a_cut_far_away_changes_nothing() {
        let normal = TruncatedNormal::new(1e9, 1e-300);
        assert_eq!((normal.mean(), normal.quantile(0.3)), (1e9, 1e9));
        assert!(normal.variance() >= 0.0);
    }
}
