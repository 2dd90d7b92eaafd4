//! The size of requests: a factor of the time of their work.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::finding::{Finding, Segment};
use crate::kernel::distribution::{Distribution, InvalidDistribution};

/// The factor of the time that services work on a request, drawn once for each request.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum Size {
    /// A constant factor, above 0.
    Constant(#[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1_000_000))] f64),
    /// Uniform between `min` and `max`.
    Uniform {
        /// The smallest, at least 0.
        #[schemars(range(min = 0, max = 1_000_000))]
        min: f64,
        /// The largest, above `min`.
        #[schemars(range(min = 0, max = 1_000_000))]
        max: f64,
    },
    /// Exponential.
    Exponential {
        /// The mean, above 0.
        #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1_000_000))]
        mean: f64,
    },
    /// Lognormal, by its own mean and coefficient of variation.
    LogNormal {
        /// The mean, above 0.
        #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1_000_000))]
        mean: f64,
        /// Standard deviation over mean, at least 0.
        #[schemars(range(min = 0, max = 1000))]
        cv: f64,
    },
    /// Pareto: beyond x with a probability of (min / x)^alpha.
    Pareto {
        /// The exponent of the tail, above 1.
        #[schemars(extend("exclusiveMinimum" = 1, "maximum" = 1000))]
        alpha: f64,
        /// The smallest, above 0.
        #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1_000_000))]
        min: f64,
    },
    /// Pareto, given that it is at most `max`.
    BoundedPareto {
        /// The exponent of the tail, above 0.
        #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1000))]
        alpha: f64,
        /// The smallest, above 0.
        #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1_000_000))]
        min: f64,
        /// The largest, above `min`.
        #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1_000_000))]
        max: f64,
    },
}

/// Size 1 in the nanoseconds of samplers: one second.
pub const UNIT: f64 = 1e9;

impl Size {
    /// The sampler, in units of 1 / [`UNIT`].
    ///
    /// # Errors
    /// If a value breaks a rule.
    pub fn sampler(&self) -> Result<Distribution, InvalidDistribution> {
        match *self {
            Self::Constant(value) => Distribution::constant(value * UNIT),
            Self::Uniform { min, max } => Distribution::uniform(min * UNIT, max * UNIT),
            Self::Exponential { mean } => Distribution::exponential(mean * UNIT),
            Self::LogNormal { mean, cv } => Distribution::log_normal(mean * UNIT, cv),
            Self::Pareto { alpha, min } => Distribution::pareto(alpha, min * UNIT),
            Self::BoundedPareto { alpha, min, max } => {
                Distribution::bounded_pareto(alpha, min * UNIT, max * UNIT)
            }
        }
    }

    /// The mean; 1 for an invalid size.
    #[must_use]
    pub fn mean(&self) -> f64 {
        match self {
            Self::Constant(value) => *value,
            other => other.sampler().map_or(1.0, |sampler| sampler.mean() / UNIT),
        }
    }

    /// Checks the rule between the values of a size at `place`.
    #[must_use]
    pub fn check(&self, place: &[Segment]) -> Option<Finding> {
        let (variant, min, max) = match *self {
            Self::Uniform { min, max } => ("Uniform", min, max),
            Self::BoundedPareto { min, max, .. } => ("BoundedPareto", min, max),
            Self::Constant(_)
            | Self::Exponential { .. }
            | Self::LogNormal { .. }
            | Self::Pareto { .. } => return None,
        };
        let place = [place, &[Segment::Variant(variant), Segment::field("max")]].concat();
        let rule = format!("must be above `min`, which is {min}");
        let finding = Finding::error(&place, rule, format!("found {max}"));
        let hint = (max == min).then(|| format!("what is always the same is Constant({min})"));
        (max <= min).then(|| finding.maybe_hint(hint))
    }
}
