//! The gamma distribution: the inverse of the regularised incomplete gamma function.
//!
//! With y = ln x, both ln P(a, e^y) and ln Q(a, e^y) are concave and monotone in y, because the
//! logarithm of a gamma variate has a log-concave density. So a Newton step on them never crosses
//! the root twice, and the root needs no bracket. Steps are Halley's (one more derivative, at no
//! cost), P serves the lower half and Q the upper one, and all values stay logarithms, so none
//! underflows at p = 1e-300 or shape 0.01.

use super::normal::normal_quantile;
use crate::kernel::fpmath::{exp, lgamma, ln, ln_1p, sqrt};

/// Smallest shape; below it, 1 - P has too few digits to be inverted to 1e-9.
pub(super) const SMALLEST_SHAPE: f64 = 1e-6;
/// Shape above which [`large_shape_ratio`] is used: its error is below 1e-10 for every 53-bit
/// uniform number, and it is faster than the terms that P and Q would need.
const LARGE_SHAPE: f64 = 3_000.0;
/// Step at which the search ends: its error is the cube of the step times the shape, far below the
/// last bit.
const LAST_STEP: f64 = 1e-7;
/// Bounds that are never reached; they show that every loop ends.
const MAX_STEPS: u32 = 50;
const MAX_TERMS: u32 = 5_000;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Gamma {
    shape: f64,
    mean: f64,
    /// ln Gamma(shape + 1), for every evaluation.
    lgamma_1p: f64,
}

impl Gamma {
    pub(super) fn new(shape: f64, mean: f64) -> Self {
        Self { shape, mean, lgamma_1p: lgamma(shape + 1.0) }
    }

    pub(super) fn mean(&self) -> f64 {
        self.mean
    }

    pub(super) fn variance(&self) -> f64 {
        self.mean * self.mean / self.shape
    }

    pub(super) fn quantile(&self, p: f64) -> f64 {
        if p <= 0.0 {
            0.0
        } else if p >= 1.0 {
            f64::INFINITY
        } else if self.shape > LARGE_SHAPE {
            self.mean * large_shape_ratio(self.shape, normal_quantile(p))
        } else {
            self.mean * (exp(self.ln_standard_quantile(p)) / self.shape)
        }
    }

    /// The logarithm of the quantile for scale 1, for p in (0, 1).
    fn ln_standard_quantile(&self, p: f64) -> f64 {
        let lower = p <= 0.5;
        let target = if lower { ln(p) } else { ln_1p(-p) };
        let mut y = self.first_guess(p);
        for _ in 0..MAX_STEPS {
            let (value, slope) = if lower { self.ln_lower(y) } else { self.ln_upper(y) };
            let newton = (value - target) / slope;
            // Half of f''/f' times the Newton step: f' = x f(x) / P and its like for Q.
            let bend = newton * (self.shape - exp(y) - slope) / 2.0;
            let step = newton / (1.0 - bend).clamp(0.5, 2.0);
            if !step.is_finite() {
                break;
            }
            y -= step;
            if step.abs() <= LAST_STEP {
                break;
            }
        }
        y
    }

    /// The start of the search: up to shape 1 as in Numerical Recipes (3rd ed., section 6.2.1),
    /// above it by Wilson and Hilferty's cube (1931), but never below the root of
    /// P(a, x) < x^a / Gamma(a + 1).
    fn first_guess(&self, p: f64) -> f64 {
        let a = self.shape;
        let floor = (ln(p) + self.lgamma_1p) / a;
        if a <= 1.0 {
            let split = 1.0 - a * (0.253 + a * 0.12);
            return if p < split {
                (ln(p / split) / a).max(floor)
            } else {
                ln(1.0 - ln((1.0 - p) / (1.0 - split)))
            };
        }
        let root = 1.0 - 1.0 / (9.0 * a) + normal_quantile(p) / (3.0 * sqrt(a));
        if root > 0.0 { floor.max(ln(a) + 3.0 * ln(root)) } else { floor }
    }

    /// ln P(a, e^y) and its derivative by y.
    fn ln_lower(&self, y: f64) -> (f64, f64) {
        let (a, x) = (self.shape, exp(y));
        let ln_front = a * y - x - self.lgamma_1p;
        if x < a + 1.0 {
            let sum = lower_series(a, x);
            (ln_front + ln(sum), a / sum)
        } else {
            let density = exp(ln_front) * a;
            let upper = density * upper_fraction(a, x);
            (ln_1p(-upper), density / (1.0 - upper))
        }
    }

    /// ln Q(a, e^y) and its derivative by y.
    fn ln_upper(&self, y: f64) -> (f64, f64) {
        let (a, x) = (self.shape, exp(y));
        let ln_front = a * y - x - self.lgamma_1p;
        if x < a + 1.0 {
            let front = exp(ln_front);
            let lower = front * lower_series(a, x);
            (ln_1p(-lower), -front * a / (1.0 - lower))
        } else {
            let fraction = upper_fraction(a, x);
            (ln_front + ln(a * fraction), -1.0 / fraction)
        }
    }
}

/// S of P(a, x) = x^a e^-x S / Gamma(a + 1): DLMF 8.7.1, 1 + x/(a+1) + x²/((a+1)(a+2)) + ...
fn lower_series(a: f64, x: f64) -> f64 {
    let (mut sum, mut term, mut divisor) = (1.0, 1.0, a);
    for _ in 0..MAX_TERMS {
        divisor += 1.0;
        term *= x / divisor;
        sum += term;
        if term < sum * 1e-17 {
            break;
        }
    }
    sum
}

/// h of Q(a, x) = x^a e^-x h / Gamma(a): the even part of the continued fraction DLMF 8.9.2, by
/// Lentz's method (Numerical Recipes, 3rd ed., equation 6.2.7). For x of at least a + 1.
fn upper_fraction(a: f64, x: f64) -> f64 {
    let tiny = 1e-300;
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / tiny;
    let mut d = 1.0 / b;
    let mut h = d;
    for i in 1..=MAX_TERMS {
        let i = f64::from(i);
        let numerator = -i * (i - a);
        b += 2.0;
        d = away_from_zero(numerator * d + b, tiny);
        c = away_from_zero(b + numerator / c, tiny);
        d = 1.0 / d;
        h *= d * c;
        if (d * c - 1.0).abs() < 2e-16 {
            break;
        }
    }
    h
}

fn away_from_zero(value: f64, tiny: f64) -> f64 {
    if value.abs() < tiny { tiny } else { value }
}

/// The quantile divided by the mean, for a large shape `a` and the normal quantile `z`: the
/// Cornish-Fisher expansion (Goldberg and Levine, Annals of Mathematical Statistics 17 (1946)
/// 216-225; Abramowitz and Stegun 26.4.17 is the cube that agrees with its first terms).
fn large_shape_ratio(a: f64, z: f64) -> f64 {
    let (r, z2) = (1.0 / sqrt(a), z * z);
    let terms = [
        1.0,
        z,
        (z2 - 1.0) / 3.0,
        z * (z2 - 7.0) / 36.0,
        -((3.0 * z2 + 7.0) * z2 - 16.0) / 810.0,
        z * ((9.0 * z2 + 256.0) * z2 - 433.0) / 38_880.0,
        (((12.0 * z2 - 243.0) * z2 - 923.0) * z2 + 1_472.0) / 204_120.0,
    ];
    let ratio = terms.iter().rev().fold(0.0, |sum, term| sum * r + term);
    // For p below those of uniform numbers the series may not converge.
    ratio.max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest p that a 53-bit uniform number takes.
    const LAST: f64 = 1.0 - f64::EPSILON / 2.0;

    /// Quantiles for mean 1, from a root search in 50-digit arithmetic.
    #[test]
    fn quantiles_agree_with_high_precision() {
        for (shape, p, expected) in EXACT {
            let quantile = Gamma::new(shape, 1.0).quantile(p);
            let error = (quantile / expected - 1.0).abs();
            assert!(error < 1e-10, "shape {shape}, p {p}: {quantile}, off {error:e}");
        }
    }

    /// Checks the claim of the module's doc: no loop reaches its bound on steps or terms.
    #[test]
    fn every_shape_and_p_converges() {
        for exponent in -30..=18_i32 {
            let shape = exp(f64::from(exponent) * 0.45);
            let gamma = Gamma::new(shape, 1.0);
            let mut last = 0.0;
            for p in (1..200_u32).map(|i| f64::from(i) / 200.0) {
                let x = gamma.quantile(p) * shape;
                assert!(x.is_finite() && x >= last, "shape {shape}, p {p}");
                last = x;
                if x < 1e-290 || shape > LARGE_SHAPE {
                    continue;
                }
                let (value, slope) = gamma.ln_lower(ln(x));
                let off = (value - ln(p)) / slope;
                assert!(off.abs() < 1e-11, "shape {shape}, p {p}: off {off:e}");
            }
        }
    }

    const EXACT: [(f64, f64, f64); 59] = [
        (0.01, 0.01, 5.660_738_147_061_947e-199),
        (0.01, 0.5, 4.465_535_018_910_355e-29),
        (0.01, 0.99, 26.505_255_025_158_18),
        (0.01, LAST, 2_877.851_694_864_455_6),
        (0.1, 0.001, 6.073_048_362_407_907e-30),
        (0.1, 0.01, 6.073_048_362_407_899e-20),
        (0.1, 0.5, 0.005_933_911_044_602_261),
        (0.1, 0.99, 15.884_778_179_295_045),
        (0.1, LAST, 313.557_487_667_167_9),
        (0.5, 1e-12, 1.570_796_326_794_896_6e-24),
        (0.5, 0.01, 0.000_157_087_857_909_701_97),
        (0.5, 0.5, 0.454_936_423_119_572_8),
        (0.5, 0.51, 0.476_526_272_399_808_5),
        (0.5, 0.99, 6.634_896_601_021_214),
        (0.5, LAST, 68.763_252_211_668_42),
        (0.999, 0.01, 0.010_009_664_590_983_642),
        (0.999, 0.5, 0.692_872_043_619_617_3),
        (0.999, 0.99, 4.607_489_914_680_811),
        (0.999, LAST, 36.769_361_708_731_97),
        (1.5, 1e-300, 8.059_959_770_082_349e-201),
        (1.5, 0.01, 0.038_277_267_299_705_68),
        (1.5, 0.5, 0.788_657_961_458_446_1),
        (1.5, 0.99, 3.781_622_243_381_457),
        (1.5, LAST, 25.798_771_830_206_96),
        (2.0, 1e-300, 7.071_067_811_865_475e-151),
        (2.0, 0.01, 0.074_277_370_126_632_98),
        (2.0, 0.5, 0.839_173_495_008_330_4),
        (2.0, 0.99, 3.319_176_033_996_905_4),
        (2.0, LAST, 20.230_783_741_543_732),
        (10.0, 1e-300, 4.528_728_688_116_765e-31),
        (10.0, 0.01, 0.413_019_916_627_319_9),
        (10.0, 0.5, 0.966_871_461_471_413_1),
        (10.0, 0.99, 1.878_311_739_331_252_5),
        (10.0, LAST, 6.110_439_016_905_223),
        (100.0, 1e-300, 0.000_380_069_889_169_418_9),
        (100.0, 0.01, 0.782_159_830_537_958_2),
        (100.0, 0.5, 0.996_668_649_193_154_9),
        (100.0, 0.99, 1.247_225_614_907_208),
        (100.0, LAST, 2.054_438_454_953_045),
        (1000.0, 1e-300, 0.233_928_364_290_528_43),
        (1000.0, 0.01, 0.927_908_159_796_642_5),
        (1000.0, 0.5, 0.999_666_686_426_965_2),
        (1000.0, 0.99, 1.075_032_832_086_435),
        (1000.0, LAST, 1.282_159_038_424_714_6),
        (2999.0, 1e-300, 0.466_582_040_527_114_33),
        (2999.0, 0.01, 0.958_010_796_073_550_7),
        (2999.0, 0.5, 0.999_888_854_036_020_7),
        (2999.0, 0.99, 1.042_969_921_694_354_9),
        (2999.0, LAST, 1.157_371_725_681_054),
        (3001.0, 1e-15, 0.861_852_558_653_983_4),
        (3001.0, 0.01, 0.958_024_626_365_573_6),
        (3001.0, 0.5, 0.999_888_928_107_176_1),
        (3001.0, 0.99, 1.042_955_437_828_421_8),
        (3001.0, LAST, 1.157_316_764_487_031_7),
        (100_000.0, 1e-15, 0.975_093_751_677_333_3),
        (100_000.0, 0.01, 0.992_658_151_634_613_5),
        (100_000.0, 0.5, 0.999_996_666_668_642),
        (100_000.0, 0.99, 1.007_371_260_967_828_3),
        (100_000.0, LAST, 1.026_182_588_190_296_8),
    ];
}
