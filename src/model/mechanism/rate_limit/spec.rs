//! The specification of a rate limit.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::algorithm::{self, Bucket, FloatBucket, Leaky, Log, Steps, Weighted, Windows};
use super::send_rate::SendRate;
use super::{RateLimit, alternatives, lints};
use crate::kernel::distribution::InvalidDistribution;
use crate::kernel::time::Duration;
use crate::kernel::units::Rate;
use crate::model::mechanism::{Kind, Layer};
use crate::model::spec::alternative::Alternative;
use crate::model::spec::building::Building;
use crate::model::spec::clients::Scope;
use crate::model::spec::declaration::Declaration;
use crate::model::spec::finding::Finding;
use crate::model::spec::layer::LayerSpec;
use crate::model::spec::system::Around;
use crate::model::spec::word::{Word, word};

/// Limits how many calls pass in a time. A call above the limit is refused, or waits for its turn
/// where `max_wait` lets it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "RateLimit", deny_unknown_fields)]
#[schemars(inline)]
pub struct Spec {
    /// Algorithm that counts calls against the limit.
    pub algorithm: Algorithm,
    /// Longest wait. A call that would have to wait longer is refused and takes nothing from the
    /// limit. Default "0s": no call waits.
    #[serde(default, skip_serializing_if = "is_none")]
    pub max_wait: Duration,
    /// Instant of a refusal: when the call arrives (`AtOnce`), or after it has waited for
    /// `max_wait` in vain (`AfterMaxWait`). Default `AtOnce`.
    #[serde(default, skip_serializing_if = "Refusal::is_at_once")]
    pub refusal: Refusal,
    /// With several `clients`, each `Client` has its own limit, or they have a `Shared` one.
    /// Default `Client`.
    #[serde(default, skip_serializing_if = "Scope::is_client")]
    pub scope: Scope,
}

/// The algorithm of a rate limit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum Algorithm {
    /// A bucket of tokens, full at first, to which `rate` adds continuously. A call takes one.
    TokenBucket {
        /// Tokens per time, above 0.
        rate: Rate,
        /// Tokens in a full bucket: so many calls pass at once after a pause. At least 1.
        #[schemars(range(min = 1))]
        burst: u32,
        /// Whole numbers (`Exact`) or doubles (`Float`). Default `Exact`.
        #[serde(default, skip_serializing_if = "Arithmetic::is_exact")]
        arithmetic: Arithmetic,
    },
    /// The generic cell rate algorithm: a token bucket that gains a token every so often.
    Gcra {
        /// Time in which the bucket gains a token, above 0.
        #[schemars(extend("dessim:positive" = true))]
        every: Duration,
        /// Calls that pass at once after a pause, at least 1.
        #[schemars(range(min = 1))]
        burst: u32,
    },
    /// A bucket of tokens, full at first, that is refilled in steps: at every multiple of `every`
    /// since the start of the run, as Envoy's local rate limit with its `fill_interval`.
    StepBucket {
        /// Tokens in a full bucket, at least 1. Envoy: `max_tokens`.
        #[schemars(range(min = 1))]
        burst: u32,
        /// Tokens added at each step, at least 1. Envoy: `tokens_per_fill`. Default 1.
        #[serde(default = "one")]
        #[schemars(range(min = 1))]
        tokens: u32,
        /// Time from step to step, above 0.
        #[schemars(extend("dessim:positive" = true))]
        every: Duration,
    },
    /// nginx's `limit_req`. Each call adds 1 to a bucket that leaks at `rate`, and above `burst` it
    /// is refused. What is in the bucket above `at_once` has to leak before the call goes on, so
    /// calls leave evenly. It counts in thousandths of a call and whole milliseconds.
    LeakyBucket {
        /// Calls per time, at least 0.001/s.
        rate: Rate,
        /// Calls that the bucket holds beyond the one that leaks. Default 0: of two calls within
        /// 1 / rate the second is refused.
        #[serde(default)]
        #[schemars(range(max = 1_000_000_000))]
        burst: u32,
        /// Calls in the bucket up to which a call does not wait: nginx's `delay`, and for its
        /// `nodelay` as many as `burst`. Default 0.
        #[serde(default)]
        #[schemars(range(max = 1_000_000_000))]
        at_once: u32,
    },
    /// So many calls in each window; what is left of a window is lost. Around the end of a window
    /// twice as many pass at once.
    FixedWindow {
        /// Calls in a window, at least 1. resilience4j: `limitForPeriod`.
        #[schemars(range(min = 1))]
        limit: u32,
        /// Length of a window, above 0. resilience4j: `limitRefreshPeriod`.
        #[schemars(extend("dessim:positive" = true))]
        window: Duration,
        /// Begin of windows: multiples of `window` (`Clock`) or a call (`FirstCall`). Default
        /// `Clock`.
        #[serde(default)]
        starts: Starts,
    },
    /// Windows of the clock in which the calls of the window before count too, by the part of it
    /// that the last `window` covers: an estimate of `SlidingLog` with two numbers.
    SlidingWindow {
        /// Calls in any window, by the estimate; at least 1.
        #[schemars(range(min = 1))]
        limit: u32,
        /// Length of a window, above 0.
        #[schemars(extend("dessim:positive" = true))]
        window: Duration,
    },
    /// So many calls in any window, exactly: the instants of the latest `limit` calls are kept.
    SlidingLog {
        /// Calls in any window, at least 1.
        #[schemars(range(min = 1))]
        limit: u32,
        /// Length of a window, above 0.
        #[schemars(extend("dessim:positive" = true))]
        window: Duration,
    },
    /// The send rate of the adaptive mode of AWS SDKs, whose numbers are fixed: nothing waits until
    /// a call is throttled, which is one that ends in `Shed` or `Rejected`; then the rate is 0.7 of
    /// what was measured, comes back along a cubic curve, and calls wait as long as it takes.
    AwsAdaptive {},
}

fn one() -> u32 {
    1
}

fn is_none(wait: &Duration) -> bool {
    wait.is_zero()
}

/// Numbers of a token bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Arithmetic {
    /// In whole numbers: a call waits until its token is whole.
    #[default]
    Exact,
    /// In doubles, as Go's `golang.org/x/time/rate`, which rounds waits down to the nanosecond.
    Float,
}

impl Arithmetic {
    fn is_exact(&self) -> bool {
        *self == Self::Exact
    }
}

/// Begin of a fixed window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Starts {
    /// Windows follow each other from the start of the run (resilience4j).
    #[default]
    Clock,
    /// A window begins with the first call after the one before is over (tower).
    FirstCall,
}

/// Instant at which a call is refused that would have to wait too long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Refusal {
    /// When it arrives (resilience4j's reactive form, `golang.org/x/time/rate`).
    #[default]
    AtOnce,
    /// After `max_wait`, which it waits in vain (resilience4j's blocking form).
    AfterMaxWait,
}

impl Refusal {
    fn is_at_once(&self) -> bool {
        *self == Self::AtOnce
    }
}

const NS_PER_S: f64 = 1e9;

impl Algorithm {
    /// Its state before the first call.
    #[must_use]
    pub fn state(&self) -> algorithm::Algorithm {
        match *self {
            Self::TokenBucket { rate, burst, arithmetic: Arithmetic::Exact } => {
                let token = u128::from(rate.per.as_ns()) * 1_000_000_000;
                algorithm::Algorithm::Bucket(Bucket::new(rate.count_nano, token, burst))
            }
            Self::TokenBucket { rate, burst, arithmetic: Arithmetic::Float } => {
                algorithm::Algorithm::Float(FloatBucket::new(rate.per_s(), burst))
            }
            Self::Gcra { every, burst } => {
                algorithm::Algorithm::Bucket(Bucket::new(1, every.as_ns().into(), burst))
            }
            Self::StepBucket { burst, tokens, every } => {
                algorithm::Algorithm::Steps(Steps::new(burst, tokens, every))
            }
            Self::LeakyBucket { rate, burst, at_once } => {
                algorithm::Algorithm::Leaky(Leaky::new(thousandths_per_s(rate), burst, at_once))
            }
            Self::FixedWindow { limit, window, starts: Starts::Clock } => {
                algorithm::Algorithm::Steps(Steps::new(limit, limit, window))
            }
            Self::FixedWindow { limit, window, starts: Starts::FirstCall } => {
                algorithm::Algorithm::Windows(Windows::new(limit, window))
            }
            Self::SlidingWindow { limit, window } => {
                algorithm::Algorithm::Weighted(Weighted::new(limit, window))
            }
            Self::SlidingLog { limit, window } => {
                algorithm::Algorithm::Log(Log::new(limit, window))
            }
            Self::AwsAdaptive {} => algorithm::Algorithm::Learned(SendRate::default()),
        }
    }

    /// Calls per second that pass in the long run; infinite if that is learned.
    #[must_use]
    pub fn per_s(&self) -> f64 {
        let each = |calls: u32, time: Duration| f64::from(calls) * NS_PER_S / time.as_ns() as f64;
        match *self {
            Self::TokenBucket { rate, .. } | Self::LeakyBucket { rate, .. } => rate.per_s(),
            Self::Gcra { every, .. } => each(1, every),
            Self::StepBucket { burst, tokens, every } => each(tokens.min(burst), every),
            Self::FixedWindow { limit, window, .. }
            | Self::SlidingWindow { limit, window }
            | Self::SlidingLog { limit, window } => each(limit, window),
            Self::AwsAdaptive {} => f64::INFINITY,
        }
    }
}

/// A rate in thousandths a second, rounded down, as nginx keeps it.
pub(super) fn thousandths_per_s(rate: Rate) -> u64 {
    let thousandths = u128::from(rate.count_nano) * 1000 / u128::from(rate.per.as_ns());
    u64::try_from(thousandths).unwrap_or(u64::MAX)
}

impl LayerSpec for Spec {
    fn build(&self, world: &mut dyn Building) -> Result<(Kind, u32), InvalidDistribution> {
        let max_wait = world.constant(self.max_wait);
        let waits = self.can_wait();
        let (clients, from) = (world.states(), world.measured_from());
        let state = self.algorithm.state();
        let limit = RateLimit::new(&state, clients, (waits, max_wait, self.refusal), from);
        Ok(world.machines().add(limit))
    }

    fn check(&self, _: &Around<'_>, findings: &mut Vec<Finding>) {
        self.rules(findings);
    }

    fn lint(&self, around: &Around<'_>, findings: &mut Vec<Finding>) {
        findings.extend(lints::below_load(self, around));
        findings.extend(lints::without_burst(self, around));
        findings.extend(lints::never_reached(self, around));
    }

    fn alternatives(&self, name: &str, _: &Around<'_>) -> Vec<Alternative<Layer>> {
        alternatives::alternatives(self, name)
    }

    fn scope(&self) -> Scope {
        self.scope
    }

    fn longest_ns(&self, inside_ns: Option<f64>) -> Option<f64> {
        let longest = inside_ns.map(|inside| inside + self.longest_wait_ns());
        longest.filter(|longest| longest.is_finite())
    }
}

impl Spec {
    /// Longest wait of a call that passes.
    fn longest_wait_ns(&self) -> f64 {
        match self.algorithm {
            Algorithm::LeakyBucket { rate, burst, at_once } => {
                f64::from(burst.saturating_sub(at_once)) * NS_PER_S / rate.per_s()
            }
            Algorithm::TokenBucket { .. }
            | Algorithm::Gcra { .. }
            | Algorithm::StepBucket { .. }
            | Algorithm::FixedWindow { .. }
            | Algorithm::SlidingWindow { .. }
            | Algorithm::SlidingLog { .. } => self.max_wait.as_ns() as f64,
            Algorithm::AwsAdaptive {} => f64::INFINITY,
        }
    }

    /// True if a call may wait.
    pub(super) fn can_wait(&self) -> bool {
        self.longest_wait_ns() > 0.0
    }
}

/// The declaration of rate limits.
pub static DECLARATION: Declaration = Declaration {
    name: "RateLimit",
    kind: "rate_limit",
    lints: lints::LINTS,
    changes: alternatives::CHANGES,
    words: WORDS,
};

/// Names that other tools have, with hints.
#[rustfmt::skip]
const WORDS: &[Word] = &[
    word(&["RateLimit"], &["rate", "limit", "requests_per_second", "rps", "qps", "burst", "window",
        "limit_for_period", "limit_refresh_period", "every", "period"],
        "that is a part of `algorithm`: algorithm: TokenBucket(rate: \"100/s\", burst: 10)"),
    word(&["RateLimit"], &["timeout_duration", "timeout", "max_delay", "wait"],
        "the longest wait for a turn is `max_wait` here"),
    word(&["Algorithm"], &["leaky", "limit_req", "nginx"],
        "that is LeakyBucket(rate: \"10/s\", burst: 20) here"),
    word(&["Algorithm"], &["local_rate_limit", "envoy", "refill"],
        "that is StepBucket(burst: 100, tokens: 10, every: \"100ms\") here"),
    word(&["Algorithm"], &["adaptive", "aws", "cubic", "send_rate"],
        "that is AwsAdaptive() here"),
    word(&["Algorithm"], &["fixed", "cycles", "resilience4j"],
        "that is FixedWindow(limit: 50, window: \"1s\") here"),
    word(&["Algorithm"], &["sliding"],
        "that is SlidingWindow(limit: 50, window: \"1s\"), or SlidingLog to count exactly"),
    word(&["StepBucket"], &["max_tokens", "capacity"], "that is `burst` here"),
    word(&["StepBucket"], &["tokens_per_fill", "refill"], "that is `tokens` here"),
    word(&["StepBucket"], &["fill_interval", "interval", "period"], "that is `every` here"),
    word(&["TokenBucket", "Gcra"], &["capacity", "size", "max_burst", "bucket_size", "max_tokens"],
        "that is `burst` here"),
    word(&["TokenBucket"], &["limit", "refill_rate", "rps", "qps", "requests_per_second"],
        "that is `rate` here: rate: \"100/s\""),
    word(&["Gcra"], &["period", "interval", "replenish", "replenish_interval"],
        "that is `every` here"),
    word(&["LeakyBucket"], &["delay", "nodelay", "no_delay"],
        "that is `at_once` here: as many as `burst` for nginx's nodelay"),
    word(&["FixedWindow", "SlidingWindow", "SlidingLog"], &["limit_for_period", "max",
        "permit_limit", "requests", "num", "max_requests", "points"],
        "that is `limit` here"),
    word(&["FixedWindow", "SlidingWindow", "SlidingLog"], &["limit_refresh_period", "period",
        "interval", "per", "duration"],
        "that is `window` here"),
    word(&["Layer"], &["rate_limiter", "ratelimit", "ratelimiter", "token_bucket",
        "leaky_bucket", "limit_req", "local_rate_limit"],
        "that is RateLimit(algorithm: TokenBucket(rate: \"100/s\", burst: 10)) here"),
    word(&[], &["rate_limit", "rate_limiter", "limit_for_period"],
        "that is a layer of a policy: \
         policy: [RateLimit(algorithm: TokenBucket(rate: \"100/s\", burst: 10))]"),
];
