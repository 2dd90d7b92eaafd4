//! The specification of a backoff, with the bounds of its waits.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bounds::{Bounds, Wait};
use super::formula::CLOCK_END_NS;
use super::{Formula, Growing, Growth};
use crate::kernel::distribution::InvalidDistribution;
use crate::kernel::draw::Site;
use crate::kernel::time::Duration;
use crate::kernel::units::Ratio;
use crate::model::spec::distribution::Distribution;
use crate::model::spec::distribution::resolve;
use crate::model::spec::finding::{Finding, Segment};
use crate::model::spec::is_default;

/// The wait before the n-th retry or redelivery, from n = 1. A wait is v(n), which grows, with
/// jitter.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum Backoff {
    /// No wait.
    #[default]
    None,
    /// The same wait each time.
    Constant(Duration),
    /// v = base x multiplier^(n - 1).
    Exponential {
        /// v before the first retry.
        base: Duration,
        /// Factor of v from one retry to the next, at least 1; 1 for a constant v with jitter.
        /// Default 2.
        #[serde(default = "two")]
        #[schemars(range(min = 1))]
        multiplier: f64,
        /// Wait before the first retry, without jitter, in place of the formula, which goes on with
        /// n = 2; 0s for urllib3. Default none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        first: Option<Duration>,
        /// Largest v, or largest wait if `capped: AfterJitter`; not below `base`. Default none.
        #[serde(default)]
        cap: Option<Duration>,
        /// Random part of the wait. Default `None`.
        #[serde(default)]
        jitter: Jitter,
        /// Whether `cap` bounds v (`BeforeJitter`: AWS, gRPC) or the wait (`AfterJitter`:
        /// resilience4j, Kafka, Polly, tower). Default `BeforeJitter`.
        #[serde(default, skip_serializing_if = "is_default")]
        capped: Capped,
        /// Waits are whole multiples of this, rounded down: 1ms for Envoy and resilience4j, 1s for
        /// Celery and Sidekiq. Default none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(extend("dessim:positive" = true))]
        grain: Option<Duration>,
        /// Whether the upper end of the jitter can be drawn as well, so that its range is one
        /// `grain` longer: resilience4j, Celery. Default false.
        #[serde(default, skip_serializing_if = "is_default")]
        inclusive: bool,
    },
    /// v = base + step x (n - 1).
    Linear {
        /// v before the first retry.
        base: Duration,
        /// Growth of v from one retry to the next. Default `base` (Polly).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<Duration>,
        /// Largest v, or largest wait if `capped: AfterJitter`; not below `base`. Default none.
        #[serde(default)]
        cap: Option<Duration>,
        /// Random part of the wait. Default `None`.
        #[serde(default)]
        jitter: Jitter,
        /// Whether `cap` bounds v or the wait. Default `BeforeJitter`.
        #[serde(default, skip_serializing_if = "is_default")]
        capped: Capped,
        /// Waits are whole multiples of this, rounded down. Default none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(extend("dessim:positive" = true))]
        grain: Option<Duration>,
        /// Whether the upper end of the jitter can be drawn as well, so that its range is one
        /// `grain` longer: resilience4j, Celery. Default false.
        #[serde(default, skip_serializing_if = "is_default")]
        inclusive: bool,
    },
    /// v = base + factor x (n - 1)^power.
    Polynomial {
        /// v before the first retry.
        base: Duration,
        /// Factor of the power.
        factor: Duration,
        /// Power of n - 1, from 0 to 100; 4 for Sidekiq.
        #[schemars(range(min = 0, max = 100))]
        power: f64,
        /// Largest v, or largest wait if `capped: AfterJitter`; not below `base`. Default none.
        #[serde(default)]
        cap: Option<Duration>,
        /// Random part of the wait. Default `None`.
        #[serde(default)]
        jitter: Jitter,
        /// Whether `cap` bounds v or the wait. Default `BeforeJitter`.
        #[serde(default, skip_serializing_if = "is_default")]
        capped: Capped,
        /// Waits are whole multiples of this, rounded down. Default none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(extend("dessim:positive" = true))]
        grain: Option<Duration>,
        /// Whether the upper end of the jitter can be drawn as well, so that its range is one
        /// `grain` longer: resilience4j, Celery. Default false.
        #[serde(default, skip_serializing_if = "is_default")]
        inclusive: bool,
    },
    /// v is the n-th of these waits; the last one holds for all later retries.
    List {
        /// Values of v, at least one.
        #[schemars(length(min = 1))]
        waits: Vec<Duration>,
        /// Random part of the wait. Default `None`.
        #[serde(default)]
        jitter: Jitter,
        /// Waits are whole multiples of this, rounded down. Default none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(extend("dessim:positive" = true))]
        grain: Option<Duration>,
        /// Whether the upper end of the jitter can be drawn as well, so that its range is one
        /// `grain` longer: resilience4j, Celery. Default false.
        #[serde(default, skip_serializing_if = "is_default")]
        inclusive: bool,
    },
    /// Decorrelated jitter: a wait is drawn around those before.
    Decorrelated {
        /// Smallest wait, or the value from which waits grow.
        base: Duration,
        /// Largest wait, not below `base`. Default none.
        #[serde(default)]
        cap: Option<Duration>,
        /// How the waits before enter. Default `FromBase`.
        #[serde(default, skip_serializing_if = "is_default")]
        form: Decorrelation,
    },
    /// A wait drawn from a distribution.
    Random(Distribution),
}

fn two() -> f64 {
    2.0
}

/// What bounds the waits of a backoff.
#[derive(Clone, Copy, Default)]
struct Limits {
    cap: Option<Duration>,
    jitter: Jitter,
    capped: Capped,
    grain: Option<Duration>,
    inclusive: bool,
}

/// The value that a cap bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Capped {
    /// v, so that jitter can make a wait longer than the cap.
    #[default]
    BeforeJitter,
    /// The wait, so that many waits can be just the cap.
    AfterJitter,
}

/// The jitter of v.
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
    /// v x uniform in [1, 1 + ratio); tower has a ratio of 0.99.
    Additive(Ratio),
    /// v + uniform in [0, this): urllib3, tenacity.
    Extra(Duration),
    /// v + uniform in [0, n x this); Sidekiq has 10s.
    GrowingExtra(Duration),
}

/// How waits of decorrelated jitter depend on those before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Decorrelation {
    /// min(cap, uniform(base, 3 x previous)), where the first previous is base: AWS Architecture
    /// Blog, "Exponential backoff and jitter", 2015.
    #[default]
    FromBase,
    /// base first, then uniform(previous, min(cap, 3 x previous)), which only grows: Finagle's
    /// `decorrelatedJittered`.
    FromPrevious,
    /// base first, then uniform(0, 2^(n - 1) x previous), or cap for ever once 2^(n - 1) x previous
    /// reaches it: Finagle's `exponentialJittered`.
    RandomWalk,
    /// min(cap, (g(n) - g(n - 1)) x base / 1.4), where g(n) = 2^t x tanh(sqrt(4 t)), t = n - 1 +
    /// uniform(0, 1) and g(0) = 0, in ticks of 100 ns: Polly's `Exponential` with jitter.
    Smooth,
}

impl Backoff {
    /// The sampler of its waits, drawn at `site`.
    ///
    /// # Errors
    /// If a distribution is invalid, which the checks rule out.
    pub fn build(&self, site: Site) -> Result<super::Backoff, InvalidDistribution> {
        Ok(super::Backoff::new(self.formula()?, site))
    }

    /// The formula of its waits.
    ///
    /// # Errors
    /// If a distribution is invalid, which the checks rule out.
    pub fn formula(&self) -> Result<Formula, InvalidDistribution> {
        Ok(match self {
            Self::None => Formula::None,
            Self::Decorrelated { base, cap, form } => {
                let cap = cap.map_or(CLOCK_END_NS, ns);
                Formula::Decorrelated { base: ns(*base), cap, form: *form }
            }
            Self::Random(distribution) => Formula::Random(resolve(distribution)?),
            _ => Formula::Growing(self.growing()),
        })
    }

    /// The formula of a backoff that grows.
    fn growing(&self) -> Growing {
        let Limits { cap, jitter, capped, grain, inclusive } = self.limits();
        let grain = grain.map(ns);
        let units = |duration: Duration| ns(duration) / grain.unwrap_or(1.0);
        let all = (CLOCK_END_NS, CLOCK_END_NS);
        let (before, after) = match (cap, capped) {
            (None, _) => all,
            (Some(cap), Capped::BeforeJitter) => (units(cap), CLOCK_END_NS),
            (Some(cap), Capped::AfterJitter) => (CLOCK_END_NS, ns(cap)),
        };
        let growth = match self {
            Self::Exponential { base, multiplier, .. } => {
                let whole = grain.is_some();
                let (base, multiplier) = (units(*base), *multiplier);
                Growth::Steps(Growth::exponential(base, multiplier, before, whole))
            }
            Self::Linear { base, step, .. } => {
                let (base, factor) = (units(*base), units(step.unwrap_or(*base)));
                Growth::Polynomial { base, factor, power: 1.0, cap: before }
            }
            Self::Polynomial { base, factor, power, .. } => {
                let (base, factor) = (units(*base), units(*factor));
                Growth::Polynomial { base, factor, power: *power, cap: before }
            }
            Self::List { waits, .. } => {
                Growth::Steps(waits.iter().map(|wait| units(*wait)).collect())
            }
            Self::Constant(wait) => Growth::Steps(vec![units(*wait)]),
            Self::None | Self::Decorrelated { .. } | Self::Random(_) => {
                unreachable!("it does not grow")
            }
        };
        let first = match self {
            Self::Exponential { first, .. } => first.map(ns),
            _ => None,
        };
        let inclusive = if inclusive { 1.0 } else { 0.0 };
        let jitter = jitter.resolve(units);
        Growing { first, growth, jitter, cap: after, grain, inclusive }
    }

    /// What bounds its waits.
    fn limits(&self) -> Limits {
        match *self {
            Self::Exponential { cap, jitter, capped, grain, inclusive, .. }
            | Self::Linear { cap, jitter, capped, grain, inclusive, .. }
            | Self::Polynomial { cap, jitter, capped, grain, inclusive, .. } => {
                Limits { cap, jitter, capped, grain, inclusive }
            }
            Self::List { jitter, grain, inclusive, .. } => {
                Limits { jitter, grain, inclusive, ..Limits::default() }
            }
            Self::Decorrelated { cap, .. } => Limits { cap, ..Limits::default() },
            Self::None | Self::Constant(_) | Self::Random(_) => Limits::default(),
        }
    }

    /// Checks the rules between the values of a backoff at `place`.
    pub(in crate::model::mechanism) fn check(
        &self,
        place: &[Segment],
        findings: &mut Vec<Finding>,
    ) {
        let (variant, base) = match self {
            Self::None | Self::Constant(_) => return,
            Self::Random(random) => {
                return random.check(&[place, &[Segment::Variant("Random")]].concat(), findings);
            }
            Self::Exponential { base, .. } => ("Exponential", *base),
            Self::Linear { base, .. } => ("Linear", *base),
            Self::Polynomial { base, .. } => ("Polynomial", *base),
            Self::Decorrelated { base, .. } => ("Decorrelated", *base),
            Self::List { .. } => ("List", Duration::ZERO),
        };
        let Limits { cap, jitter, capped, grain, inclusive } = self.limits();
        let at = |field| [place, &[Segment::Variant(variant), Segment::field(field)]].concat();
        if let Some(cap) = cap.filter(|cap| *cap < base) {
            let rule = format!("must not be below `base`, which is {base}");
            findings.push(Finding::error(&at("cap"), rule, format!("found {cap}")));
        }
        if cap.is_none() && capped == Capped::AfterJitter {
            let rule = "`capped` needs a `cap`, whose place it gives";
            findings.push(Finding::error(&at("capped"), rule, "there is no `cap`").of_name());
        }
        if inclusive && (grain.is_none() || jitter == Jitter::None) {
            let rule = "`inclusive` needs a `grain` and a `jitter`, whose end it includes";
            let missing = if grain.is_none() { "`grain`" } else { "`jitter`" };
            let found = format!("there is no {missing}");
            let finding = Finding::error(&at("inclusive"), rule, found).of_name();
            findings.push(finding.hint("for whole milliseconds, grain: \"1ms\""));
        }
    }

    /// The bounds of its waits.
    pub(in crate::model::mechanism) fn bounds(&self) -> Bounds {
        match self {
            Self::None => Bounds::Always(Wait { least_ns: 0.0, most_ns: Some(0.0) }),
            Self::Random(distribution) => {
                let (least_ns, most_ns) = distribution.bounds_ns();
                Bounds::Always(Wait { least_ns, most_ns })
            }
            Self::Decorrelated { base, cap, form } => Bounds::Around(ns(*base), cap.map(ns), *form),
            _ => Bounds::Growing(self.growing()),
        }
    }
}

impl Jitter {
    /// The jitter, with times in the units of v.
    fn resolve(self, units: impl Fn(Duration) -> f64) -> super::Jitter {
        match self {
            Self::None => super::Jitter::None,
            Self::Full => super::Jitter::Full,
            Self::Equal => super::Jitter::Equal,
            Self::Proportional(ratio) => super::Jitter::Proportional(ratio.get()),
            Self::Additive(ratio) => super::Jitter::Additive(ratio.get()),
            Self::Extra(most) => super::Jitter::Extra(units(most)),
            Self::GrowingExtra(most) => super::Jitter::GrowingExtra(units(most)),
        }
    }
}

fn ns(duration: Duration) -> f64 {
    duration.as_ns() as f64
}
