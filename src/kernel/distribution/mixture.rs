//! Mixtures: exponentials of several means, and two constants.

use super::InvalidDistribution;
use super::check;
use crate::kernel::fpmath::{exp, exp_m1, ln, ln_1p};

/// Largest distance of the sum of the probabilities from 1: decimals such as 0.1 are not exact.
const SUM_TOLERANCE: f64 = 1e-9;
/// The largest number below 1 with 53 bits.
const BELOW_ONE: f64 = 1.0 - f64::EPSILON / 2.0;
/// Bound on steps, which shows that the search ends; convergence is quadratic and from one side.
const MAX_STEPS: u32 = 200;

#[derive(Clone, Debug, PartialEq)]
struct Branch {
    /// The branch takes the uniform numbers from `from` to the `from` of the next one.
    from: f64,
    probability: f64,
    mean: f64,
}

/// A mixture of at least two exponentials.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct HyperExponential {
    branches: Vec<Branch>,
}

/// The distribution of a valid list of branches.
pub(super) enum Checked {
    One { mean: f64 },
    Many(HyperExponential),
}

impl HyperExponential {
    pub(super) fn checked(branches: &[(f64, f64)]) -> Result<Checked, InvalidDistribution> {
        let rule = "must have at least one entry";
        check::that(!branches.is_empty(), "the list", rule, || "none".to_owned())?;
        for (i, &(probability, mean)) in branches.iter().enumerate() {
            check::ratio(format!("[{i}].ratio"), probability)?;
            check::positive_time(format!("[{i}].mean"), mean)?;
        }
        let sum: f64 = branches.iter().map(|(probability, _)| probability).sum();
        let rule = "must be 1, within 0.000000001";
        let is_one = (sum - 1.0).abs() <= SUM_TOLERANCE;
        check::that(is_one, "the sum of the ratios", rule, || sum.to_string())?;

        let mut from = 0.0;
        let mut possible = Vec::new();
        for &(probability, mean) in branches.iter().filter(|branch| branch.0 > 0.0) {
            let probability = probability / sum;
            possible.push(Branch { from, probability, mean });
            from += probability;
        }
        Ok(match possible.as_slice() {
            [only] => Checked::One { mean: only.mean },
            _ => Checked::Many(Self { branches: possible }),
        })
    }

    /// Chooses a branch by `uniform` and scales the remainder to [0, 1).
    pub(super) fn sample_ns(&self, uniform: f64) -> f64 {
        let next = self.branches.partition_point(|b| b.from <= uniform);
        let branch = &self.branches[next - 1];
        let rest = (uniform - branch.from) / branch.probability;
        -ln_1p(-rest.min(BELOW_ONE)) * branch.mean
    }

    /// Newton's method on ln P(X > x), which is convex (the hazard of such a mixture falls), from
    /// a point left of the root: every step comes closer and none crosses the root.
    pub(super) fn quantile(&self, p: f64) -> f64 {
        if p >= 1.0 {
            return f64::INFINITY;
        }
        let target = ln_1p(-p);
        // No branch outlives the mixture, so each one gives a lower bound.
        let bound = |b: &Branch| (ln(b.probability) - target) * b.mean;
        let mut x = self.branches.iter().map(bound).fold(0.0, f64::max);
        for _ in 0..MAX_STEPS {
            let (ln_survival, hazard) = self.survival(x);
            let step = (ln_survival - target) / hazard;
            if step.is_nan() || step <= x * 1e-15 {
                break;
            }
            x += step;
        }
        x
    }

    /// ln P(X > x) and the hazard rate at x.
    fn survival(&self, x: f64) -> (f64, f64) {
        let (mut above, mut below, mut density) = (0.0, 0.0, 0.0);
        for branch in &self.branches {
            let tail = branch.probability * exp(-x / branch.mean);
            above += tail;
            below -= branch.probability * exp_m1(-x / branch.mean);
            density += tail / branch.mean;
        }
        // Near 1 the logarithm of 1 - below keeps more digits.
        let ln_above = if below < 0.5 { ln_1p(-below) } else { ln(above) };
        (ln_above, density / above)
    }

    pub(super) fn mean(&self) -> f64 {
        self.branches.iter().map(|b| b.probability * b.mean).sum()
    }

    /// The mean of the branches' variances and the variance of their means.
    pub(super) fn variance(&self) -> f64 {
        let mean = self.mean();
        let spread = |b: &Branch| {
            let off = b.mean - mean;
            b.probability * (b.mean * b.mean + off * off)
        };
        self.branches.iter().map(spread).sum()
    }
}

/// Two constants, `fast` below `slow`, both possible.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bimodal {
    pub(super) fast: f64,
    pub(super) slow: f64,
    pub(super) slow_ratio: f64,
}

impl Bimodal {
    pub(super) fn quantile(&self, p: f64) -> f64 {
        if p < 1.0 - self.slow_ratio { self.fast } else { self.slow }
    }

    pub(super) fn mean(&self) -> f64 {
        self.fast + (self.slow - self.fast) * self.slow_ratio
    }

    pub(super) fn variance(&self) -> f64 {
        let width = self.slow - self.fast;
        width * width * (self.slow_ratio * (1.0 - self.slow_ratio))
    }
}
