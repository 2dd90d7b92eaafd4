//! The specification of a backoff, with the bounds of its waits.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Formula;
use crate::kernel::distribution::InvalidDistribution;
use crate::kernel::draw::Site;
use crate::kernel::fpmath::pow;
use crate::kernel::time::Duration;
use crate::kernel::units::Ratio;
use crate::model::spec::distribution::Distribution;
use crate::model::spec::distribution::resolve;
use crate::model::spec::finding::{Finding, Segment};
use crate::model::spec::word::{Word, word};

/// The wait before the n-th retry or redelivery, from n = 1.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum Backoff {
    /// No wait.
    #[default]
    None,
    /// The same wait each time.
    Constant(Duration),
    /// v = min(cap, base x multiplier^(n - 1)), then jitter.
    Exponential {
        /// v before the first retry.
        base: Duration,
        /// Factor of v from one retry to the next, at least 1. Default 2.
        #[serde(default = "two")]
        #[schemars(range(min = 1))]
        multiplier: f64,
        /// Largest v, not below `base`. Default none.
        #[serde(default)]
        cap: Option<Duration>,
        /// Random part of the wait. Default `None`.
        #[serde(default)]
        jitter: Jitter,
    },
    /// Decorrelated jitter (AWS): min(cap, uniform(base, 3 x the previous wait)). The wait before
    /// the first is taken as `base`.
    Decorrelated {
        /// Smallest wait.
        base: Duration,
        /// Largest wait, not below `base`.
        cap: Duration,
    },
    /// A wait drawn from a distribution.
    Random(Distribution),
}

fn two() -> f64 {
    2.0
}

/// The jitter of an exponential wait v, after its cap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub enum Jitter {
    /// v itself.
    #[default]
    None,
    /// Uniform in [0, v): AWS, Envoy.
    Full,
    /// v / 2 + uniform in [0, v / 2).
    Equal,
    /// v x uniform in [1 - ratio, 1 + ratio); gRPC has a ratio of 0.2.
    Proportional(Ratio),
}

/// Most waits of a call that are summed one by one. Later waits are all equal, or longer than any
/// timeout.
pub(in crate::model::mechanism) const MAX_SUMMED: u64 = 10_000;

/// The bounds of one wait.
#[derive(Clone, Copy, Debug)]
pub(in crate::model::mechanism) struct Wait {
    pub(in crate::model::mechanism) least_ns: f64,
    /// `None` if nothing bounds it.
    pub(in crate::model::mechanism) most_ns: Option<f64>,
}

impl Backoff {
    /// The sampler of its waits, drawn at `site`.
    ///
    /// # Errors
    /// If a distribution is invalid, which the checks rule out.
    pub fn build(&self, site: Site) -> Result<super::Backoff, InvalidDistribution> {
        let formula = match self {
            Self::None => Formula::None,
            Self::Constant(wait) => Formula::exponential(*wait, 1.0, None, super::Jitter::None),
            Self::Exponential { base, multiplier, cap, jitter } => {
                let jitter = match jitter {
                    Jitter::None => super::Jitter::None,
                    Jitter::Full => super::Jitter::Full,
                    Jitter::Equal => super::Jitter::Equal,
                    Jitter::Proportional(ratio) => super::Jitter::Proportional(ratio.get()),
                };
                Formula::exponential(*base, *multiplier, *cap, jitter)
            }
            Self::Decorrelated { base, cap } => {
                Formula::Decorrelated { base: base.as_ns() as f64, cap: cap.as_ns() as f64 }
            }
            Self::Random(distribution) => Formula::Random(resolve(distribution)?),
        };
        Ok(super::Backoff::new(formula, site))
    }

    /// Checks the rules between the values of a backoff at `place`.
    pub(in crate::model::mechanism) fn check(
        &self,
        place: &[Segment],
        findings: &mut Vec<Finding>,
    ) {
        let (variant, base, cap) = match self {
            Self::None | Self::Constant(_) => return,
            Self::Random(random) => {
                return random.check(&[place, &[Segment::Variant("Random")]].concat(), findings);
            }
            Self::Exponential { base, cap, .. } => ("Exponential", *base, *cap),
            Self::Decorrelated { base, cap } => ("Decorrelated", *base, Some(*cap)),
        };
        if let Some(cap) = cap.filter(|cap| *cap < base) {
            let rule = format!("must not be below `base`, which is {base}");
            let place = [place, &[Segment::Variant(variant), Segment::field("cap")]].concat();
            findings.push(Finding::error(&place, rule, format!("found {cap}")));
        }
    }

    /// The wait before retry `n`, from 1.
    pub(in crate::model::mechanism) fn wait(&self, n: u64) -> Wait {
        let between = |least_ns, most_ns| Wait { least_ns, most_ns: Some(most_ns) };
        let exponent = n.min(MAX_SUMMED) as i32;
        match self {
            Self::None => between(0.0, 0.0),
            Self::Constant(wait) => between(ns(*wait), ns(*wait)),
            Self::Exponential { base, multiplier, cap, jitter } => {
                let grown = ns(*base) * pow(*multiplier, f64::from(exponent - 1));
                let v = cap.map_or(grown, |cap| grown.min(ns(cap)));
                match jitter {
                    Jitter::None => between(v, v),
                    Jitter::Full => between(0.0, v),
                    Jitter::Equal => between(v / 2.0, v),
                    Jitter::Proportional(ratio) => {
                        between(v * (1.0 - ratio.get()), v * (1.0 + ratio.get()))
                    }
                }
            }
            Self::Decorrelated { base, cap } => {
                between(ns(*base), (ns(*base) * pow(3.0, f64::from(exponent))).min(ns(*cap)))
            }
            Self::Random(distribution) => {
                let (least_ns, most_ns) = distribution.bounds_ns();
                Wait { least_ns, most_ns }
            }
        }
    }

    /// The smallest sum of the waits of a call with this number of retries.
    pub(in crate::model::mechanism) fn least_ns(&self, retries: u64) -> f64 {
        let counted = retries.min(MAX_SUMMED);
        let sum: f64 = (1..=counted).map(|n| self.wait(n).least_ns).sum();
        // Waits never become shorter from retry to retry.
        sum + (retries - counted) as f64 * self.wait(counted).least_ns
    }
}

fn ns(duration: Duration) -> f64 {
    duration.as_ns() as f64
}

/// Names that other tools have, with hints.
#[rustfmt::skip]
pub const WORDS: &[Word] = &[
    word(&["Exponential", "Decorrelated"], &["initial", "initial_interval", "initial_backoff",
        "initial_delay", "min", "delay", "wait", "interval", "base_interval"],
        "that is `base` here"),
    word(&["Exponential", "Decorrelated"], &["max", "max_interval", "max_backoff", "max_delay",
        "max_wait", "limit"],
        "that is `cap` here"),
    word(&["Exponential"], &["factor", "rate", "backoff_rate", "backoff_multiplier", "exponent"],
        "that is `multiplier` here"),
    word(&["Exponential"], &["randomized_wait_factor", "randomization_factor", "random"],
        "that is `jitter` here: jitter: Proportional(0.5)"),
    word(&["Backoff"], &["linear", "fibonacci", "polynomial"],
        "not there yet; nearest are Constant(\"1s\") and Exponential(base: \"1s\")"),
    word(&["Backoff"], &["fixed", "fixed_interval", "fixed_delay"],
        "that is Constant(\"1s\") here"),
    word(&["Backoff"], &["full_jitter", "exponential_jitter", "exponential_random"],
        "that is Exponential(base: \"100ms\", jitter: Full) here"),
    word(&["Backoff"], &["equal_jitter"],
        "that is Exponential(base: \"100ms\", jitter: Equal) here"),
];
