//! The specification of a throttle.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Throttle;
use super::algorithm::{self, Envoy, EnvoySettings, FailsafeGo, GoZero, Sre};
use crate::kernel::distribution::InvalidDistribution;
use crate::kernel::time::Duration;
use crate::kernel::units::Ratio;
use crate::model::mechanism::retry::spec::RetryOn;
use crate::model::mechanism::{Kind, Layer};
use crate::model::spec::alternative::Alternative;
use crate::model::spec::building::Building;
use crate::model::spec::clients::Scope;
use crate::model::spec::declaration::Declaration;
use crate::model::spec::finding::{Finding, Segment};
use crate::model::spec::layer::{LayerSpec, WITHOUT_LAYER};
use crate::model::spec::system::Around;
use crate::model::spec::word::{Word, word};

/// Refuses calls at random, unsent, with a probability that follows from how many of the latest
/// succeeded. Some always pass.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Throttle", deny_unknown_fields)]
#[schemars(inline)]
pub struct Spec {
    /// Algorithm that makes a probability of results.
    pub algorithm: Algorithm,
    /// Outcomes that are no successes. A call whose caller gives up on it counts as a `Timeout`.
    /// With `[Shed]` only what the service refuses counts, as in the SRE book. Default all four.
    #[serde(default = "RetryOn::all")]
    pub failures: Vec<RetryOn>,
    /// With several `clients`, each `Client` has its own throttle, or they have a `Shared` one.
    /// Default `Client`.
    #[serde(default, skip_serializing_if = "Scope::is_client")]
    pub scope: Scope,
}

/// The algorithm of a throttle.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "ThrottleAlgorithm", deny_unknown_fields)]
pub enum Algorithm {
    /// P = max(0, (requests - k x accepts) / (requests + 1)), where all requests count when they
    /// arrive, refused ones too, and accepts when they end (the SRE book, chapter 21).
    Sre {
        /// Requests allowed for each that is accepted, from 1. Default 2.
        #[serde(default = "two")]
        #[schemars(range(min = 1, max = 1000))]
        k: f64,
        /// Latest time that counts. Default "2m".
        #[serde(default = "two_minutes")]
        window: Duration,
        /// Parts of the window that are forgotten at once, at least 1. Default 120.
        #[serde(default = "hundred_and_twenty")]
        #[schemars(range(min = 1, max = 10_000))]
        buckets: u32,
    },
    /// P = ((n - successes / `success_rate`) / (n + 1))^(1 / `aggression`) of the n calls that
    /// were sent and have ended (Envoy's `admission_control`). In ten thousandths.
    EnvoyAdmission {
        /// Latest time that counts, in whole seconds, at least 1 s. Default "30s".
        #[serde(default = "half_a_minute")]
        window: Duration,
        /// Above 1, calls are refused sooner. Default 1.
        #[serde(default = "one")]
        #[schemars(range(min = 1, max = 1000))]
        aggression: f64,
        /// Ratio of successes below which calls are refused, above 0. Default 0.95.
        #[serde(default = "ninety_five_percent")]
        success_rate: Ratio,
        /// Calls per second in the window below which none is refused. Default 0.
        #[serde(default)]
        #[schemars(range(min = 0, max = 1_000_000_000))]
        min_rps: u32,
        /// Largest probability. Default 0.8.
        #[serde(default = "four_fifths")]
        max_rejection: Ratio,
    },
    /// P = max(0, n - successes / (1 - `failure_rate`)) / (n + 1) of the n calls that were sent
    /// and have ended (failsafe-go's adaptive throttler). After a pause, old results count until
    /// the first new one.
    FailsafeGo {
        /// Ratio of failures above which calls are refused, below 1. Default 0.1.
        #[serde(default = "tenth")]
        failure_rate: Ratio,
        /// Results in the window below which no call is refused. Default 0.
        #[serde(default)]
        #[schemars(range(min = 0, max = 1_000_000_000))]
        min_calls: u32,
        /// Latest time that counts, in 20 buckets. Default "1m".
        #[serde(default = "minute")]
        window: Duration,
        /// Largest probability. Default 0.9.
        #[serde(default = "nine_tenths")]
        max_rejection: Ratio,
    },
    /// go-zero's breaker, whose numbers are fixed: the formula of the SRE book over 10 s with
    /// k = 1.5, which falls to 1.1 while everything fails, and one call a second that passes.
    GoZero {},
}

/// Defaults, as functions.
macro_rules! defaults {
    ($($name:ident: $type:ty = $value:expr;)+) => {
        $(fn $name() -> $type { $value })+
    };
}

fn ratio(value: f64) -> Ratio {
    Ratio::new(value).expect("a default is a ratio")
}

defaults! {
    one: f64 = 1.0;
    two: f64 = 2.0;
    hundred_and_twenty: u32 = 120;
    half_a_minute: Duration = Duration::from_s(30);
    minute: Duration = Duration::from_s(60);
    two_minutes: Duration = Duration::from_s(120);
    tenth: Ratio = ratio(0.1);
    four_fifths: Ratio = ratio(0.8);
    nine_tenths: Ratio = ratio(0.9);
    ninety_five_percent: Ratio = ratio(0.95);
}

impl Algorithm {
    /// Its state before the first call.
    #[must_use]
    pub fn state(&self) -> algorithm::Algorithm {
        match *self {
            Self::Sre { k, window, buckets } => {
                algorithm::Algorithm::Sre(Sre::new(k, window, buckets))
            }
            Self::EnvoyAdmission { window, aggression, success_rate, min_rps, max_rejection } => {
                let (success_rate, max_rejection) = (success_rate.get(), max_rejection.get());
                let window = Duration::from_s(window.as_ns() / NS_PER_S);
                let settings =
                    EnvoySettings { window, aggression, success_rate, min_rps, max_rejection };
                algorithm::Algorithm::Envoy(Envoy::new(settings))
            }
            Self::FailsafeGo { failure_rate, min_calls, window, max_rejection } => {
                let (failure_rate, max_rejection) = (failure_rate.get(), max_rejection.get());
                let throttler = FailsafeGo::new(failure_rate, min_calls, window, max_rejection);
                algorithm::Algorithm::FailsafeGo(throttler)
            }
            Self::GoZero {} => algorithm::Algorithm::GoZero(GoZero::default()),
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Sre { .. } => "Sre",
            Self::EnvoyAdmission { .. } => "EnvoyAdmission",
            Self::FailsafeGo { .. } => "FailsafeGo",
            Self::GoZero {} => "GoZero",
        }
    }
}

const NS_PER_S: u64 = 1_000_000_000;

/// Shortest bucket of a window.
const SHORTEST: Duration = Duration::from_ms(1);

impl LayerSpec for Spec {
    fn build(&self, world: &mut dyn Building) -> Result<(Kind, u32), InvalidDistribution> {
        let state = self.algorithm.state();
        let failures = RetryOn::outcomes(&self.failures);
        let throttle = Throttle::new(&state, world.states(), failures, world.site("throttle"));
        Ok(world.machines().add(throttle))
    }

    fn normalise(&mut self) {
        self.failures.sort_unstable();
        self.failures.dedup();
    }

    fn check(&self, _: &Around<'_>, findings: &mut Vec<Finding>) {
        findings.extend(self.window_too_short());
        findings.extend(self.never_or_always());
    }

    fn lint(&self, _: &Around<'_>, _: &mut Vec<Finding>) {}

    fn alternatives(&self, name: &str, _: &Around<'_>) -> Vec<Alternative<Layer>> {
        vec![Alternative::without(&WITHOUT_LAYER, name)]
    }

    fn scope(&self) -> Scope {
        self.scope
    }
}

impl Spec {
    /// The place of a field of the algorithm.
    fn place(&self, field: &'static str) -> [Segment; 3] {
        let variant = Segment::Variant(self.algorithm.name());
        [Segment::field("algorithm"), variant, Segment::field(field)]
    }

    fn window_too_short(&self) -> Option<Finding> {
        let (window, least, rule) = match self.algorithm {
            Algorithm::Sre { window, buckets, .. } => {
                let least = Duration::from_ns(SHORTEST.as_ns() * u64::from(buckets));
                (window, least, "each bucket of a window is at least 1 ms")
            }
            Algorithm::FailsafeGo { window, .. } => {
                (window, Duration::from_ms(20), "each of the 20 buckets is at least 1 ms")
            }
            Algorithm::EnvoyAdmission { window, .. } => {
                (window, Duration::from_s(1), "Envoy's window is at least 1 s")
            }
            Algorithm::GoZero {} => return None,
        };
        let finding = || Finding::error(&self.place("window"), rule, format!("found {window}"));
        (window < least).then(finding)
    }

    fn never_or_always(&self) -> Option<Finding> {
        let (field, rule, found) = match self.algorithm {
            Algorithm::EnvoyAdmission { success_rate, .. } if success_rate.get() <= 0.0 => {
                ("success_rate", "a ratio of successes to be reached is above 0", success_rate)
            }
            Algorithm::FailsafeGo { failure_rate, .. } if failure_rate.get() >= 1.0 => {
                ("failure_rate", "a ratio of failures to be borne is below 1", failure_rate)
            }
            _ => return None,
        };
        Some(Finding::error(&self.place(field), rule, format!("found {}", found.get())))
    }
}

/// The declaration of throttles.
pub static DECLARATION: Declaration = Declaration {
    name: "Throttle",
    kind: "throttle",
    lints: &[],
    changes: &[&WITHOUT_LAYER],
    words: WORDS,
};

/// Names that other tools have, with hints.
#[rustfmt::skip]
const WORDS: &[Word] = &[
    word(&["Throttle"], &["k", "window", "sampling_window", "success_rate", "multiplier"],
        "that is a part of `algorithm`: algorithm: Sre(k: 2, window: \"2m\")"),
    word(&["EnvoyAdmission"], &["sampling_window"], "that is `window` here"),
    word(&["EnvoyAdmission"], &["sr_threshold", "success_rate_threshold"],
        "that is `success_rate` here, a ratio: 0.95"),
    word(&["EnvoyAdmission"], &["rps_threshold"], "that is `min_rps` here"),
    word(&["EnvoyAdmission", "FailsafeGo"], &["max_rejection_probability", "max_rejection_rate"],
        "that is `max_rejection` here, a ratio"),
    word(&["FailsafeGo"], &["failure_rate_threshold"], "that is `failure_rate` here, a ratio"),
    word(&["FailsafeGo"], &["execution_threshold"], "that is `min_calls` here"),
    word(&["FailsafeGo"], &["thresholding_period"], "that is `window` here"),
    word(&["Layer"], &["adaptive_throttle", "adaptive_throttler", "admission_control",
        "client_side_throttling", "google_breaker"],
        "that is Throttle(algorithm: Sre()) here"),
];
