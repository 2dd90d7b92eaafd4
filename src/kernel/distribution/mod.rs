//! Distributions of durations, sampled by inverse transform: one uniform number in, one duration
//! out.
//!
//! The source of the uniform number and the purpose of the duration are unknown here. Because a
//! sample takes exactly one uniform, the n-th draw of a component stays the n-th draw when the
//! distribution of another one changes, and two compared systems share their draws. All maths goes
//! through [`fpmath`](super::fpmath) or is exact by IEEE 754, so a sample has the same bits on
//! every machine.
//!
//! Parameters and moments are `f64` nanoseconds; a sample is truncated to whole nanoseconds.

mod bounded;
mod check;
mod gamma;
mod mixture;
mod normal;
mod table;
mod tail;

use super::fpmath::{ln, ln_1p};
use super::time::Duration;
use bounded::BoundedPareto;
use check::{positive_time, time};
use gamma::Gamma;
use mixture::{Bimodal, HyperExponential};
use normal::{LogNormal, TruncatedNormal};
use table::QuantileTable;
use tail::{Pareto, Weibull};

/// A parameter that makes no distribution.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{parameter} {rule}; found {found}")]
pub struct InvalidDistribution {
    /// The parameter, as `mean`, or as `[2].mean` where the distribution is a list.
    pub parameter: String,
    /// The rule it breaks, as `must be above 0`.
    pub rule: &'static str,
    /// The value found instead.
    pub found: String,
}

/// A distribution of durations; immutable, and valid by construction.
///
/// Every duration among the parameters must be finite, at least 0 and at most 2^64 ns, the range
/// of the clock; the constructors list their further rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Distribution(Kind);

/// Degenerate cases are built as `Constant` and memoryless ones as `Exponential`, so both are
/// recognised in every spelling.
#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Constant(f64),
    Uniform { min: f64, max: f64 },
    Exponential { mean: f64 },
    Normal(TruncatedNormal),
    LogNormal(LogNormal),
    Gamma(Gamma),
    Weibull(Weibull),
    Pareto(Pareto),
    BoundedPareto(BoundedPareto),
    HyperExponential(HyperExponential),
    Bimodal(Bimodal),
    Quantiles(QuantileTable),
}

impl Distribution {
    /// Always `value` ns.
    ///
    /// # Errors
    /// Refuses a `value` outside the clock.
    pub fn constant(value: f64) -> Result<Self, InvalidDistribution> {
        Ok(Self(Kind::Constant(time("value", value)?)))
    }

    /// Uniform between `min` and `max` ns; equal bounds are a constant.
    ///
    /// # Errors
    /// Refuses bounds outside the clock, and `max` below `min`.
    pub fn uniform(min: f64, max: f64) -> Result<Self, InvalidDistribution> {
        let (min, max) = (time("min", min)?, time("max", max)?);
        let rule = "must not be below min";
        check::that(max >= min, "max", rule, || check::shown(max))?;
        if max > min { Ok(Self(Kind::Uniform { min, max })) } else { Self::constant(min) }
    }

    /// Exponential with `mean` ns; Q(p) = -mean ln(1 - p).
    ///
    /// # Errors
    /// Refuses a `mean` of 0 or outside the clock.
    pub fn exponential(mean: f64) -> Result<Self, InvalidDistribution> {
        let mean = positive_time("mean", mean)?;
        Ok(Self(Kind::Exponential { mean }))
    }

    /// Normal with `mean` and `sd` ns, given that it is not negative: values below 0 are excluded,
    /// not raised to 0, so the mean of the result is above `mean`. `sd` 0 is a constant.
    ///
    /// # Errors
    /// Refuses a `mean` or `sd` outside the clock. That includes a negative mean, so at least half
    /// of the mass always remains.
    pub fn normal(mean: f64, sd: f64) -> Result<Self, InvalidDistribution> {
        let (mean, sd) = (time("mean", mean)?, time("sd", sd)?);
        if sd == 0.0 {
            return Self::constant(mean);
        }
        Ok(Self(Kind::Normal(TruncatedNormal::new(mean, sd))))
    }

    /// Lognormal by its own `mean` in ns and coefficient of variation; `cv` 0 is a constant.
    ///
    /// # Errors
    /// Refuses a `mean` of 0 or outside the clock, and a `cv` that is negative, not finite, or
    /// above 1e150, where its square leaves the range of a double.
    pub fn log_normal(mean: f64, cv: f64) -> Result<Self, InvalidDistribution> {
        let mean = positive_time("mean", mean)?;
        check::that((0.0..=1e150).contains(&cv), "cv", "must be in [0, 1e150]", || cv.to_string())?;
        if cv == 0.0 {
            return Self::constant(mean);
        }
        Ok(Self(Kind::LogNormal(LogNormal::by_mean(mean, cv))))
    }

    /// Lognormal by its `median` in ns and the standard deviation of its logarithm; `sigma` 0 is a
    /// constant.
    ///
    /// # Errors
    /// Refuses a `median` of 0 or outside the clock, and a `sigma` outside [0, 30], where the mean
    /// is 1e195 times the median.
    pub fn log_normal_median(median: f64, sigma: f64) -> Result<Self, InvalidDistribution> {
        let median = positive_time("median", median)?;
        check::that((0.0..=30.0).contains(&sigma), "sigma", "must be in [0, 30]", || {
            sigma.to_string()
        })?;
        if sigma == 0.0 {
            return Self::constant(median);
        }
        Ok(Self(Kind::LogNormal(LogNormal { median, sigma })))
    }

    /// Gamma with `shape` k and `mean` ns; shape 1 is the exponential.
    ///
    /// # Errors
    /// Refuses a `shape` below 1e-6 or not finite (a sample would be 0 for all but a millionth of
    /// the draws), and a `mean` of 0 or outside the clock.
    pub fn gamma(shape: f64, mean: f64) -> Result<Self, InvalidDistribution> {
        check::that(
            (gamma::SMALLEST_SHAPE..f64::INFINITY).contains(&shape),
            "shape",
            "must be at least 0.000001",
            || shape.to_string(),
        )?;
        let mean = positive_time("mean", mean)?;
        if shape == 1.0 {
            return Self::exponential(mean);
        }
        Ok(Self(Kind::Gamma(Gamma::new(shape, mean))))
    }

    /// Erlang: the sum of `stages` equal exponentials, with `mean` ns in all. It is the gamma
    /// distribution with that shape.
    ///
    /// # Errors
    /// Refuses 0 stages, and a `mean` of 0 or outside the clock.
    pub fn erlang(stages: u32, mean: f64) -> Result<Self, InvalidDistribution> {
        let found = || stages.to_string();
        check::that(stages >= 1, "stages", "must be at least 1", found)?;
        Self::gamma(f64::from(stages), mean)
    }

    /// Weibull with `shape` k and `scale` ns, its 63.2 % quantile; shape 1 is the exponential.
    ///
    /// # Errors
    /// Refuses a `shape` below 0.01 or not finite (the mean is 1e157 times the scale there), and a
    /// `scale` of 0 or outside the clock.
    pub fn weibull(shape: f64, scale: f64) -> Result<Self, InvalidDistribution> {
        check::that(
            (0.01..f64::INFINITY).contains(&shape),
            "shape",
            "must be at least 0.01",
            || shape.to_string(),
        )?;
        let scale = positive_time("scale", scale)?;
        if shape == 1.0 {
            return Self::exponential(scale);
        }
        Ok(Self(Kind::Weibull(Weibull { shape, scale })))
    }

    /// Pareto (type I) from `min` ns: P(X > x) = (min / x)^alpha. Without variance up to alpha 2.
    ///
    /// # Errors
    /// Refuses an `alpha` at or below 1 (there is no mean) or not finite, and a `min` of 0 or
    /// outside the clock.
    pub fn pareto(alpha: f64, min: f64) -> Result<Self, InvalidDistribution> {
        check::that(
            alpha > 1.0 && alpha.is_finite(),
            "alpha",
            "must be above 1, or there is no mean",
            || alpha.to_string(),
        )?;
        let min = positive_time("min", min)?;
        Ok(Self(Kind::Pareto(Pareto { alpha, min })))
    }

    /// Pareto from `min` ns, given that it is at most `max` ns: values above are excluded, not
    /// lowered to `max`.
    ///
    /// # Errors
    /// Refuses an `alpha` outside [1e-9, 1e9], bounds of 0 or outside the clock, and a `max` that
    /// is not above `min`.
    pub fn bounded_pareto(alpha: f64, min: f64, max: f64) -> Result<Self, InvalidDistribution> {
        check::that(
            (1e-9..=1e9).contains(&alpha),
            "alpha",
            "must be between 0.000000001 and 1000000000",
            || alpha.to_string(),
        )?;
        let (min, max) = (positive_time("min", min)?, positive_time("max", max)?);
        check::that(max > min, "max", "must be above min", || check::shown(max))?;
        let bounded = BoundedPareto::new(alpha, min, max);
        Ok(Self(Kind::BoundedPareto(bounded)))
    }

    /// A mixture of exponentials, each with its probability and its mean in ns. The probabilities
    /// are scaled to a sum of exactly 1, branches of probability 0 are dropped, and a single branch
    /// is the plain exponential.
    ///
    /// # Errors
    /// Refuses an empty list, a probability outside [0, 1], a mean of 0 or outside the clock, and
    /// probabilities whose sum is further than 1e-9 from 1.
    pub fn hyper_exponential(branches: &[(f64, f64)]) -> Result<Self, InvalidDistribution> {
        match HyperExponential::checked(branches)? {
            mixture::Checked::One { mean } => Self::exponential(mean),
            mixture::Checked::Many(mixture) => Ok(Self(Kind::HyperExponential(mixture))),
        }
    }

    /// Two constants: `slow` ns with probability `slow_ratio`, else `fast` ns.
    ///
    /// # Errors
    /// Refuses values outside the clock, a `slow` below `fast`, and a ratio outside [0, 1].
    pub fn bimodal(fast: f64, slow: f64, slow_ratio: f64) -> Result<Self, InvalidDistribution> {
        let (fast, slow) = (time("fast", fast)?, time("slow", slow)?);
        let rule = "must not be below fast";
        check::that(slow >= fast, "slow", rule, || check::shown(slow))?;
        check::ratio("slow_ratio", slow_ratio)?;
        if fast == slow || slow_ratio == 0.0 {
            Self::constant(fast)
        } else if slow_ratio == 1.0 {
            Self::constant(slow)
        } else {
            Ok(Self(Kind::Bimodal(Bimodal { fast, slow, slow_ratio })))
        }
    }

    /// A quantile function through points (p, value in ns), with straight lines between them. The
    /// first value holds below the first point, the last one above the last; one point, or points
    /// of one value, are a constant.
    ///
    /// # Errors
    /// Refuses an empty list, a p outside [0, 1] or not above the one before, and a value outside
    /// the clock or below the one before.
    pub fn quantiles(points: &[(f64, f64)]) -> Result<Self, InvalidDistribution> {
        let table = QuantileTable::checked(points)?;
        match table.single_value() {
            Some(value) => Self::constant(value),
            None => Ok(Self(Kind::Quantiles(table))),
        }
    }

    /// The duration for one uniform number in [0, 1): [`Self::sample_ns`] truncated to whole
    /// nanoseconds; [`Duration::MAX`] beyond the clock.
    #[must_use]
    #[inline]
    pub fn sample(&self, uniform: f64) -> Duration {
        Duration::from_ns_f64(self.sample_ns(uniform))
    }

    /// The sample in ns before truncation: finite and at least 0.
    ///
    /// It is the quantile at `uniform`, except for a mixture of exponentials, which chooses a
    /// branch by `uniform` and scales the remainder to [0, 1): equal in distribution, without a
    /// search.
    #[must_use]
    #[inline]
    pub fn sample_ns(&self, uniform: f64) -> f64 {
        debug_assert!((0.0..1.0).contains(&uniform), "uniform in [0, 1)");
        match &self.0 {
            Kind::Constant(value) => *value,
            Kind::Uniform { min, max } => uniform_quantile(*min, *max, uniform),
            // A uniform number is a multiple of 2^-53, so the difference is exact and the cheaper
            // logarithm loses nothing.
            Kind::Exponential { mean } => -ln(1.0 - uniform) * mean,
            Kind::HyperExponential(mixture) => mixture.sample_ns(uniform),
            _ => self.quantile_in_range(uniform),
        }
    }

    /// The exact quantile at `p` in ns: a ratio `p` of all samples lies below it. At a jump it is
    /// the upper end, and at 1 it is infinite for a distribution without an upper bound.
    ///
    /// # Panics
    /// When `p` is outside [0, 1].
    #[must_use]
    pub fn quantile(&self, p: f64) -> f64 {
        assert!((0.0..=1.0).contains(&p), "a quantile is in [0, 1]");
        self.quantile_in_range(p)
    }

    fn quantile_in_range(&self, p: f64) -> f64 {
        match &self.0 {
            Kind::Constant(value) => *value,
            Kind::Uniform { min, max } => uniform_quantile(*min, *max, p),
            Kind::Exponential { mean } => -ln_1p(-p) * mean,
            Kind::Normal(normal) => normal.quantile(p),
            Kind::LogNormal(normal) => normal.quantile(p),
            Kind::Gamma(gamma) => gamma.quantile(p),
            Kind::Weibull(weibull) => weibull.quantile(p),
            Kind::Pareto(pareto) => pareto.quantile(p),
            Kind::BoundedPareto(pareto) => pareto.quantile(p),
            Kind::HyperExponential(mixture) => mixture.quantile(p),
            Kind::Bimodal(bimodal) => bimodal.quantile(p),
            Kind::Quantiles(table) => table.quantile(p),
        }
    }

    /// The mean in ns, in closed form. Samples are shorter by half a nanosecond on average, because
    /// they are truncated.
    #[must_use]
    pub fn mean(&self) -> f64 {
        match &self.0 {
            Kind::Constant(value) => *value,
            Kind::Uniform { min, max } => min + (max - min) / 2.0,
            Kind::Exponential { mean } => *mean,
            Kind::Normal(normal) => normal.mean(),
            Kind::LogNormal(normal) => normal.mean(),
            Kind::Gamma(gamma) => gamma.mean(),
            Kind::Weibull(weibull) => weibull.mean(),
            Kind::Pareto(pareto) => pareto.mean(),
            Kind::BoundedPareto(pareto) => pareto.mean(),
            Kind::HyperExponential(mixture) => mixture.mean(),
            Kind::Bimodal(bimodal) => bimodal.mean(),
            Kind::Quantiles(table) => table.mean(),
        }
    }

    /// The variance in ns², in closed form; `None` where it is infinite or beyond a double.
    #[must_use]
    pub fn variance(&self) -> Option<f64> {
        let variance = match &self.0 {
            Kind::Constant(_) => 0.0,
            Kind::Uniform { min, max } => (max - min) * (max - min) / 12.0,
            Kind::Exponential { mean } => mean * mean,
            Kind::Normal(normal) => normal.variance(),
            Kind::LogNormal(normal) => normal.variance(),
            Kind::Gamma(gamma) => gamma.variance(),
            Kind::Weibull(weibull) => weibull.variance(),
            Kind::Pareto(pareto) => pareto.variance(),
            Kind::BoundedPareto(pareto) => pareto.variance(),
            Kind::HyperExponential(mixture) => mixture.variance(),
            Kind::Bimodal(bimodal) => bimodal.variance(),
            Kind::Quantiles(table) => table.variance(),
        };
        variance.is_finite().then_some(variance)
    }

    /// The value of a constant; `None` for other distributions.
    #[must_use]
    pub fn as_constant(&self) -> Option<Duration> {
        match self.0 {
            Kind::Constant(value) => Some(Duration::from_ns_f64(value)),
            _ => None,
        }
    }
}

/// The quantile of a uniform distribution. Rounding of the sum may exceed `max` by its last bit,
/// hence the bound.
#[inline]
fn uniform_quantile(min: f64, max: f64, p: f64) -> f64 {
    (min + p * (max - min)).min(max)
}

#[cfg(test)]
mod tests;
