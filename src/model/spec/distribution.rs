//! Specifications of distributions, and their samplers.

mod rules;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::word::{Word, word};
use crate::kernel::distribution::{Distribution as Sampler, InvalidDistribution};
use crate::kernel::time::Duration;
use crate::kernel::units::Ratio;

pub(crate) use rules::ALWAYS_ZERO;

/// A distribution of durations. Samplers use inverse transform, one uniform draw a sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum Distribution {
    /// Always the same.
    Constant(Duration),
    /// Uniform between `min` and `max`.
    Uniform {
        /// Smallest value.
        min: Duration,
        /// Largest value, not below `min`.
        max: Duration,
    },
    /// Exponential: memoryless, cv 1.
    Exponential {
        /// Mean, above 0.
        #[schemars(extend("dessim:positive" = true))]
        mean: Duration,
    },
    /// Normal, truncated at 0 (values below are excluded, not raised to 0).
    Normal {
        /// Mean before truncation.
        mean: Duration,
        /// Standard deviation before truncation.
        sd: Duration,
    },
    /// Lognormal by its own mean and coefficient of variation.
    LogNormal {
        /// Mean of the distribution itself, above 0.
        #[schemars(extend("dessim:positive" = true))]
        mean: Duration,
        /// Standard deviation divided by the mean, 0 or more.
        #[schemars(range(min = 0))]
        cv: f64,
    },
    /// Lognormal by its median and the sigma of its logarithm, as fits usually give it.
    LogNormalMedian {
        /// Median, above 0.
        #[schemars(extend("dessim:positive" = true))]
        median: Duration,
        /// Standard deviation of the logarithm, 0 or more.
        #[schemars(range(min = 0))]
        sigma: f64,
    },
    /// Gamma; cv is 1 / sqrt(shape).
    Gamma {
        /// Shape k, above 0.
        #[schemars(extend("exclusiveMinimum" = 0))]
        shape: f64,
        /// Mean, above 0.
        #[schemars(extend("dessim:positive" = true))]
        mean: Duration,
    },
    /// Erlang: the sum of `stages` equal exponentials.
    Erlang {
        /// Number of exponential stages, at least 1.
        #[schemars(range(min = 1))]
        stages: u32,
        /// Mean of the sum, above 0.
        #[schemars(extend("dessim:positive" = true))]
        mean: Duration,
    },
    /// Weibull; a shape below 1 gives a heavy tail.
    Weibull {
        /// Shape k, above 0.
        #[schemars(extend("exclusiveMinimum" = 0))]
        shape: f64,
        /// Scale: the 63.2 % quantile, above 0.
        #[schemars(extend("dessim:positive" = true))]
        scale: Duration,
    },
    /// Pareto (type I): P(X > x) = (min / x)^alpha.
    Pareto {
        /// Tail exponent, above 1 (at or below 1 there is no mean; below 2 no variance).
        #[schemars(extend("exclusiveMinimum" = 1))]
        alpha: f64,
        /// Smallest value, above 0.
        #[schemars(extend("dessim:positive" = true))]
        min: Duration,
    },
    /// Pareto cut off at `max` (values above are excluded, not lowered to it).
    BoundedPareto {
        /// Tail exponent, above 0.
        #[schemars(extend("exclusiveMinimum" = 0))]
        alpha: f64,
        /// Smallest value, above 0.
        #[schemars(extend("dessim:positive" = true))]
        min: Duration,
        /// Largest value, above `min`.
        max: Duration,
    },
    /// A mixture of exponentials: cv above 1.
    HyperExponential(#[schemars(length(min = 1))] Vec<Phase>),
    /// Two constants: a fast path and a slow one, as a cache gives.
    Bimodal {
        /// The usual value.
        fast: Duration,
        /// The slow value.
        slow: Duration,
        /// Ratio of slow values, in [0, 1].
        slow_ratio: Ratio,
    },
    /// A measured distribution: points of its quantile function, with straight lines between.
    /// One point is a constant.
    Quantiles(#[schemars(length(min = 1))] Vec<QuantilePoint>),
}

/// One exponential of a mixture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// Its probability, in [0, 1]; those of a mixture add up to 1.
    pub ratio: Ratio,
    /// Its mean, above 0.
    #[schemars(extend("dessim:positive" = true))]
    pub mean: Duration,
}

/// One point of a quantile function.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuantilePoint {
    /// The quantile, in [0, 1]; rising from point to point.
    pub at: Ratio,
    /// The value there; never falling from point to point.
    pub value: Duration,
}

/// Builds the sampler of a distribution.
///
/// Durations above 2^53 ns (104 days) are rounded to the nearest double.
///
/// # Errors
/// If the constructor refuses a parameter; its name in the message is the field in the scenario.
pub fn resolve(written: &Distribution) -> Result<Sampler, InvalidDistribution> {
    match written {
        Distribution::Constant(value) => Sampler::constant(ns(*value)),
        Distribution::Uniform { min, max } => Sampler::uniform(ns(*min), ns(*max)),
        Distribution::Exponential { mean } => Sampler::exponential(ns(*mean)),
        Distribution::Normal { mean, sd } => Sampler::normal(ns(*mean), ns(*sd)),
        Distribution::LogNormal { mean, cv } => Sampler::log_normal(ns(*mean), *cv),
        Distribution::LogNormalMedian { median, sigma } => {
            Sampler::log_normal_median(ns(*median), *sigma)
        }
        Distribution::Gamma { shape, mean } => Sampler::gamma(*shape, ns(*mean)),
        Distribution::Erlang { stages, mean } => Sampler::erlang(*stages, ns(*mean)),
        Distribution::Weibull { shape, scale } => Sampler::weibull(*shape, ns(*scale)),
        Distribution::Pareto { alpha, min } => Sampler::pareto(*alpha, ns(*min)),
        Distribution::BoundedPareto { alpha, min, max } => {
            Sampler::bounded_pareto(*alpha, ns(*min), ns(*max))
        }
        Distribution::HyperExponential(phases) => {
            let branch = |phase: &Phase| (phase.ratio.get(), ns(phase.mean));
            Sampler::hyper_exponential(&phases.iter().map(branch).collect::<Vec<_>>())
        }
        Distribution::Bimodal { fast, slow, slow_ratio } => {
            Sampler::bimodal(ns(*fast), ns(*slow), slow_ratio.get())
        }
        Distribution::Quantiles(points) => {
            let point = |p: &QuantilePoint| (p.at.get(), ns(p.value));
            Sampler::quantiles(&points.iter().map(point).collect::<Vec<_>>())
        }
    }
}

impl Distribution {
    fn name(&self) -> &'static str {
        match self {
            Self::Constant(_) => "Constant",
            Self::Uniform { .. } => "Uniform",
            Self::Exponential { .. } => "Exponential",
            Self::Normal { .. } => "Normal",
            Self::LogNormal { .. } => "LogNormal",
            Self::LogNormalMedian { .. } => "LogNormalMedian",
            Self::Gamma { .. } => "Gamma",
            Self::Erlang { .. } => "Erlang",
            Self::Weibull { .. } => "Weibull",
            Self::Pareto { .. } => "Pareto",
            Self::BoundedPareto { .. } => "BoundedPareto",
            Self::HyperExponential(_) => "HyperExponential",
            Self::Bimodal { .. } => "Bimodal",
            Self::Quantiles(_) => "Quantiles",
        }
    }

    /// The mean in nanoseconds, or its order of magnitude where the mean takes special functions.
    #[must_use]
    pub fn about_ns(&self) -> f64 {
        match self {
            Self::Constant(value) => ns(*value),
            Self::Uniform { min, max } => f64::midpoint(ns(*min), ns(*max)),
            Self::Exponential { mean }
            | Self::LogNormal { mean, .. }
            | Self::Gamma { mean, .. }
            | Self::Erlang { mean, .. } => ns(*mean),
            Self::Normal { mean, sd } => ns(*mean).max(ns(*sd) / 2.0),
            Self::LogNormalMedian { median, .. } => ns(*median),
            Self::Weibull { scale, .. } => ns(*scale),
            Self::Pareto { alpha, min } => ns(*min) * alpha / (alpha - 1.0),
            Self::BoundedPareto { min, .. } => ns(*min),
            Self::HyperExponential(phases) => {
                phases.iter().map(|phase| phase.ratio.get() * ns(phase.mean)).sum()
            }
            Self::Bimodal { fast, slow, slow_ratio } => {
                ns(*fast) + slow_ratio.get() * (ns(*slow) - ns(*fast))
            }
            Self::Quantiles(points) => {
                points.iter().map(|point| ns(point.value)).sum::<f64>() / points.len().max(1) as f64
            }
        }
    }

    /// The smallest and the largest sample in nanoseconds; `None` where nothing bounds it.
    #[must_use]
    pub fn bounds_ns(&self) -> (f64, Option<f64>) {
        let bounded = |least: Duration, most: Duration| (ns(least), Some(ns(most)));
        match self {
            Self::Constant(value) => bounded(*value, *value),
            Self::Uniform { min, max } | Self::BoundedPareto { min, max, .. } => {
                bounded(*min, *max)
            }
            Self::Bimodal { fast, slow, .. } => bounded(*fast.min(slow), *fast.max(slow)),
            Self::Quantiles(points) => match (points.first(), points.last()) {
                (Some(first), Some(last)) => bounded(first.value, last.value),
                _ => (0.0, None),
            },
            Self::Pareto { min, .. } => (ns(*min), None),
            Self::Exponential { .. }
            | Self::Normal { .. }
            | Self::LogNormal { .. }
            | Self::LogNormalMedian { .. }
            | Self::Gamma { .. }
            | Self::Erlang { .. }
            | Self::Weibull { .. }
            | Self::HyperExponential(_) => (0.0, None),
        }
    }
}

fn ns(duration: Duration) -> f64 {
    duration.as_ns() as f64
}

/// Words of other tools for distributions.
#[rustfmt::skip]
pub const WORDS: &[Word] = &[
    word(&["Distribution"], &["fixed", "deterministic"], "that is Constant(\"50ms\") here"),
    word(&["Distribution"], &["gaussian"], "that is Normal(mean: \"50ms\", sd: \"10ms\") here"),
    word(&["Distribution"], &["empirical", "histogram", "percentiles"],
        "that is Quantiles([(at: 0.5, value: \"50ms\"), (at: 0.99, value: \"200ms\")]) here"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn message(ron: &str) -> String {
        resolve(&ron::from_str(ron).unwrap()).unwrap_err().to_string()
    }

    #[test]
    fn what_the_types_let_through_is_refused_by_field() {
        let within = "must be above 0s and within the clock (584 years)";
        for (ron, expected) in [
            ("Exponential(mean: \"0s\")", format!("mean {within}; found 0s")),
            (
                "Uniform(min: \"2ms\", max: \"1500us\")",
                "max must not be below min; found 1500us".to_owned(),
            ),
            (
                "HyperExponential([(ratio: 0.5, mean: \"1ms\"), (ratio: 0.4, mean: \"1s\")])",
                "the sum of the ratios must be 1, within 0.000000001; found 0.9".to_owned(),
            ),
            (
                "Quantiles([(at: 0.5, value: \"1ms\"), (at: 0.5, value: \"2ms\")])",
                "[1].at must be above the one before; found 0.5".to_owned(),
            ),
            (
                "Pareto(alpha: 1.0, min: \"1ms\")",
                "alpha must be above 1, or there is no mean; found 1".to_owned(),
            ),
        ] {
            assert_eq!(message(ron), expected);
        }
    }

    #[test]
    fn durations_become_nanoseconds() {
        let written = ron::from_str("Uniform(min: \"1us\", max: \"2us\")").unwrap();
        assert_eq!(resolve(&written), Sampler::uniform(1e3, 2e3));
    }
}
