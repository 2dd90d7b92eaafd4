//! The scenario file as types: what can be written, with units, ranges and defaults.
//!
//! These doc comments are the reference: `dessim schema` publishes them. Nothing here checks more
//! than the shape of one value; names that must exist and fields that must agree are the business
//! of [`super::check`].

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::time::{Duration, Instant};
use crate::kernel::units::{Limit, Rate, Ratio};

/// The schema version that this release reads and writes.
pub const SCHEMA_VERSION: u32 = 1;

/// A scenario: one load, sent to one or several systems ("arms") on a virtual clock.
///
/// What stands outside `arms` is common to all of them; an arm adds entries or replaces those of
/// the same name. Arms never share state, only load and luck.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Version of the scenario language; this release reads 1.
    #[schemars(range(min = 1))]
    pub schema: u32,
    /// What the scenario shows, in a sentence or two. It changes no result.
    #[serde(default)]
    pub about: String,
    /// Seed of every random draw, any 64-bit number. Default 1; `--seed` overrides it.
    #[serde(default = "default_seed")]
    pub seed: u64,
    /// The run stops before this instant, and what is unfinished counts as in flight; above 0.
    /// Without it a run ends when nothing is left to do, and every load must end by itself.
    #[serde(default)]
    #[schemars(extend("dessim:positive" = true))]
    pub duration: Option<Duration>,
    /// Requests that arrive before this instant are simulated but not counted, and time averages
    /// start here. Default 0s; must be shorter than `duration`.
    #[serde(default)]
    pub warm_up: Duration,
    /// The counterpart of `warm_up`: the load goes on for the last stretch of this length, and its
    /// requests are simulated but not counted, so that what is counted has time to end. Time
    /// averages of levels go on. Default 0s; needs a `duration`, and leaves something to measure.
    #[serde(default)]
    pub cool_down: Duration,
    /// What the system promises: by this it is judged whether an arm is well, beside the
    /// comparison with the time before a trigger. It changes no result.
    #[serde(default)]
    pub objective: Objective,
    /// What happens between two events of one instant, as when several timeouts fire together.
    /// Default Handover.
    #[serde(default)]
    pub ties: Ties,
    /// Width of the bins of time series, above 0. It changes no result. From 10,000 bins on
    /// neighbours are merged. Default: whatever gives between 80 and 400 bins of a round width.
    #[serde(default)]
    #[schemars(extend("dessim:positive" = true))]
    pub sample_every: Option<Duration>,
    /// What arrives, by name. The same in every arm.
    pub load: BTreeMap<String, Load>,
    /// Services that do the work, by name.
    #[serde(default)]
    pub services: BTreeMap<String, Service>,
    /// Bounded queues between publishers and consumers, by name.
    #[serde(default)]
    pub queues: BTreeMap<String, Queue>,
    /// Groups of consumers that take messages from a queue, by name.
    #[serde(default)]
    pub consumers: BTreeMap<String, Consumer>,
    /// Which load calls which service, and under which policy; the keys are names of loads.
    #[serde(default)]
    pub calls: BTreeMap<String, Call>,
    /// Which load publishes to which queue: name of the load to name of the queue.
    #[serde(default)]
    pub publishes: BTreeMap<String, String>,
    /// What goes wrong with a service from one instant to another, by name.
    #[serde(default)]
    pub faults: BTreeMap<String, Fault>,
    /// What must be so, in sentences: "rpc.latency.end_to_end.p99 < 250ms", "recovers within 30s
    /// after fault db-slow". `dessim test` holds runs against them. They change no result.
    #[serde(default)]
    pub expect: Vec<String>,
    /// Lints that `dessim check` is not to warn of, by name: "bulkhead-queue-untimed". They change
    /// no result.
    #[serde(default)]
    pub allow: Vec<String>,
    /// Systems to compare under the same load. Without any there is one, named "main".
    #[serde(default)]
    pub arms: BTreeMap<String, Arm>,
}

fn default_seed() -> u64 {
    1
}

impl Scenario {
    /// The instant from which on arrivals no longer count: the beginning of the cool-down, or
    /// [`Instant::NEVER`] without one.
    #[must_use]
    pub fn measured_until(&self) -> Instant {
        match self.duration {
            Some(duration) if !self.cool_down.is_zero() => {
                let measured = duration.as_ns().saturating_sub(self.cool_down.as_ns());
                Instant::from_ns(measured)
            }
            _ => Instant::NEVER,
        }
    }
}

/// What happens between two events of one instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Ties {
    /// A permit, a slot or a consumer that comes free goes to the next in line in the same event,
    /// before the next event of the instant.
    #[default]
    Handover,
    /// All that ends at the instant ends before anything starts: what came free together is
    /// handed on together, then what arrives or is tried again goes down.
    Together,
}

/// What the requests of an arm may expect. Phases, `recovers`, `collapses`, `find --capacity` and
/// the verdict of a run are judged by it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Objective {
    /// The least ratio of requests that succeed while an arm is well, in [0, 1]; with 0 only the
    /// time before a trigger is compared with. Default 0.9.
    #[serde(default = "usual_success")]
    pub success: Ratio,
    /// A request that succeeds later than this after its arrival does not count as a success for
    /// the objective, above 0. Default: the `deadline` of its load, or any time.
    #[serde(default)]
    #[schemars(extend("dessim:positive" = true))]
    pub within: Option<Duration>,
}

impl Default for Objective {
    fn default() -> Self {
        Self { success: usual_success(), within: None }
    }
}

fn usual_success() -> Ratio {
    Ratio::new(0.9).unwrap_or_default()
}

/// One of several systems that the same load is sent to: adds to what is common, or replaces
/// entries of the same name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arm {
    /// What this arm is, in a sentence. It changes no result.
    #[serde(default)]
    pub about: String,
    /// Services of this arm only, or replacing common ones.
    #[serde(default)]
    pub services: BTreeMap<String, Service>,
    /// Queues of this arm only, or replacing common ones.
    #[serde(default)]
    pub queues: BTreeMap<String, Queue>,
    /// Consumers of this arm only, or replacing common ones.
    #[serde(default)]
    pub consumers: BTreeMap<String, Consumer>,
    /// Calls of this arm; replaces the common route of the same load, whichever kind it is.
    #[serde(default)]
    pub calls: BTreeMap<String, Call>,
    /// Publications of this arm; replaces the common route of the same load.
    #[serde(default)]
    pub publishes: BTreeMap<String, String>,
    /// Faults of this arm only, or replacing common ones.
    #[serde(default)]
    pub faults: BTreeMap<String, Fault>,
    /// Lints that are not warned of in what is written in this arm, by name.
    #[serde(default)]
    pub allow: Vec<String>,
}

/// Requests that arrive over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Load {
    /// When requests arrive.
    pub arrivals: Arrivals,
    /// Stop after this many requests. Default: no such limit.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub total: Option<u64>,
    /// The load starts at this instant. Default 0s.
    #[serde(default)]
    pub start: Duration,
    /// No request arrives at or after this instant. Default: no such limit.
    #[serde(default)]
    pub until: Option<Duration>,
    /// A request that succeeds later than this after its arrival counts as `late` instead of
    /// `succeeded`. It changes only the count, nobody gives up because of it. Default: none.
    #[serde(default)]
    pub deadline: Option<Duration>,
}

/// When requests arrive. Open processes (all but `ClosedLoop`) do not care how the system fares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum Arrivals {
    /// `size` requests at one instant, again after each `every`; the first burst is at `start`.
    Bursts {
        /// Requests in a burst, at least 1; the last one is cut at `total`.
        #[schemars(range(min = 1))]
        size: u32,
        /// From one burst to the next, above 0.
        #[schemars(extend("dessim:positive" = true))]
        every: Duration,
    },
    /// Evenly spaced: the k-th request (from 0) comes k / rate after `start`, without drift.
    Constant {
        /// Requests per time, such as "100/s".
        rate: Rate,
    },
    /// A Poisson process: independent exponential gaps, the first one from `start`.
    Poisson {
        /// Mean batches per time, such as "100/s".
        rate: Rate,
        /// Requests in each batch, at the same instant. Default 1.
        #[serde(default = "one")]
        #[schemars(range(min = 1))]
        batch: u32,
    },
    /// A renewal process: independent gaps of any distribution, the first one from `start`.
    Renewal {
        /// Time between batches.
        gap: Distribution,
        /// Requests in each batch, at the same instant. Default 1.
        #[serde(default = "one")]
        #[schemars(range(min = 1))]
        batch: u32,
    },
    /// A rate that changes over time: steps, spikes, ramps, waves.
    Stages {
        /// One after the other, from `start`.
        #[schemars(length(min = 1))]
        stages: Vec<Stage>,
        /// Start again after the last stage. Default false: nothing arrives after it.
        #[serde(default)]
        repeat: bool,
        /// How requests are spaced at a given rate. Default Poisson.
        #[serde(default)]
        spacing: Spacing,
    },
    /// A fixed number of callers: each sends a request, waits for its outcome, thinks, and sends
    /// the next. The first request of each comes after one think time.
    ClosedLoop {
        /// Callers, at least 1.
        #[schemars(range(min = 1))]
        callers: u32,
        /// From an outcome to the caller's next request.
        think: Distribution,
    },
}

fn one() -> u32 {
    1
}

/// One stage of a changing rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// How long the stage lasts, above 0.
    #[schemars(extend("dessim:positive" = true))]
    pub lasts: Duration,
    /// The rate at the start of the stage; "0/s" is silence.
    pub rate: Rate,
    /// The rate at the end of the stage, reached in a straight line. Default: `rate`, a step.
    #[serde(default)]
    pub ramp_to: Option<Rate>,
}

/// How requests are spaced at a given rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Spacing {
    /// At random, as many independent users do.
    #[default]
    Poisson,
    /// As evenly as the rate allows, as load generators do.
    Even,
}

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

/// A service: worker slots behind a queue, with variable latency, overload and transient errors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Time that one attempt takes in a slot.
    pub time: Distribution,
    /// Attempts that are worked on at once, at least 1. Default "unlimited".
    #[serde(default)]
    #[schemars(extend("minimum" = 1))]
    pub slots: Limit,
    /// Attempts that may wait for a slot (those in a slot do not count); more are shed at once.
    /// 0 is a loss system. Default "unlimited".
    #[serde(default)]
    pub queue: Limit,
    /// Ratio of attempts that end in an error after their full time, in [0, 1]. Default 0.
    #[serde(default)]
    pub failure_ratio: Ratio,
    /// How latency and errors grow when too much is in flight. Default: not at all.
    #[serde(default)]
    pub overload: Option<Overload>,
    /// What becomes of an attempt when its caller gives up. Default `None`: the server goes on, as
    /// most do.
    #[serde(default)]
    pub cancellation: Cancellation,
}

/// Load-sensitive latency and failure. With load = in flight / `knee`, counted when an attempt
/// starts and including it, an attempt that starts at load > 1 takes (load - 1) x
/// `added_latency` longer and fails with a probability that is (load - 1) x
/// `added_failure_ratio` higher, at most `max_failure_ratio`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Overload {
    /// Attempts in flight (waiting or in a slot) at which degradation starts, above 0.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub knee: f64,
    /// Added for each unit of load above 1. Default 0s.
    #[serde(default)]
    pub added_latency: Duration,
    /// Added to `failure_ratio` for each unit of load above 1; may exceed 1. Default 0.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub added_failure_ratio: f64,
    /// The failure ratio in overload is at most this, in [0, 1], even where `failure_ratio` itself
    /// is higher. Default 1.
    #[serde(default = "Ratio::one")]
    pub max_failure_ratio: Ratio,
}

/// What becomes of an attempt at a service when its caller gives up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Cancellation {
    /// It is stopped at once, waiting or in a slot: the idealised server.
    Immediate,
    /// It is dropped if it still waits; work in a slot goes on to its end.
    QueuedOnly,
    /// It goes on, wait and work, for nobody: most real servers.
    #[default]
    None,
}

/// A queue of messages between publishers and consumers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Queue {
    /// Messages that may wait (those at consumers do not count), at least 1; a message that finds
    /// it full is dropped, and counted. Default "unlimited".
    #[serde(default)]
    #[schemars(extend("minimum" = 1))]
    pub capacity: Limit,
}

/// A group of consumers: each takes the oldest message, calls a service, and on failure waits and
/// publishes the message again at the tail, or dead-letters it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Consumer {
    /// The queue it takes from.
    pub from: String,
    /// Messages that are handled at once, at least 1.
    #[schemars(range(min = 1))]
    pub concurrency: u32,
    /// The service it calls for each message.
    pub to: String,
    /// Layers around that call, outermost first. Default none.
    #[serde(default)]
    pub policy: Vec<Layer>,
    /// Deliveries of one message, the first included, at least 1; a message that fails at the last
    /// one is dead-lettered.
    #[schemars(range(min = 1))]
    pub max_deliveries: u32,
    /// Wait before a failed message is published again. Default none.
    #[serde(default)]
    pub backoff: Backoff,
    /// The consumer keeps its place during that wait, handling nothing else. Default true.
    #[serde(default = "yes")]
    pub backoff_holds_consumer: bool,
}

fn yes() -> bool {
    true
}

/// A call from a load to a service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The service.
    pub to: String,
    /// Layers around the call, outermost first: a request goes down through them and its outcome
    /// comes up. Default none.
    #[serde(default)]
    pub policy: Vec<Layer>,
}

/// A layer of a policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum Layer {
    /// Gives up on what is inside after this long (above 0). Outside a `Retry` it bounds the whole
    /// call, inside it each attempt; what stands outside it, a bulkhead's queue say, is not timed.
    Timeout(#[schemars(extend("dessim:positive" = true))] Duration),
    /// Tries again what failed inside.
    Retry {
        /// Tries after the first. Give this or `max_attempts`.
        #[serde(default)]
        max_retries: Option<u32>,
        /// Tries including the first, at least 1. Give this or `max_retries`.
        #[serde(default)]
        #[schemars(range(min = 1))]
        max_attempts: Option<u32>,
        /// Wait before each retry. Default none: at once.
        #[serde(default)]
        backoff: Backoff,
        /// Tokens that every retry costs. Default: no budget.
        #[serde(default)]
        budget: Option<RetryBudget>,
        /// Outcomes that are retried. Default all four.
        #[serde(default = "RetryOn::all")]
        retry_on: Vec<RetryOn>,
    },
    /// Refuses calls for a while when too many failed. The defaults are resilience4j's.
    Breaker {
        /// Results looked at: the latest this many, at least 1. Default 100.
        #[serde(default = "window_of_results")]
        #[schemars(range(min = 1))]
        window: u32,
        /// Failures in a full window that open it, from 1 to `window`. Default half of `window`.
        #[serde(default = "half_of_the_window")]
        #[schemars(range(min = 1))]
        failure_threshold: u32,
        /// How long it refuses, above 0; each further result that finds the window bad starts the
        /// time again. Then it admits everything: there is no half-open state. Default 60s.
        #[serde(default = "one_minute")]
        #[schemars(extend("dessim:positive" = true))]
        open_duration: Duration,
        /// Which results enter the window. Default `Outcomes`.
        #[serde(default)]
        records: Records,
    },
    /// Lets so many through at once; the rest wait in line, first come first served.
    /// `Bulkhead()` is resilience4j's: 25 permits, and nobody waits.
    Bulkhead {
        /// Permits, at least 1. Default 25.
        #[serde(default = "permits")]
        #[schemars(range(min = 1))]
        permits: u32,
        /// Who may wait for a permit; more are rejected at once. Default "unlimited", or 0 where
        /// `permits` is not given either.
        #[serde(default)]
        queue: Limit,
    },
}

fn window_of_results() -> u32 {
    100
}

fn half_of_the_window() -> u32 {
    window_of_results() / 2
}

fn one_minute() -> Duration {
    Duration::from_s(60)
}

fn permits() -> u32 {
    25
}

/// A token bucket that retries draw on. It starts full, each first attempt adds `deposit` and each
/// retry takes `cost`; a retry that finds less is not made, and the call ends as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RetryBudget {
    /// Tokens for each first attempt, 0 or more: 0.1 lets one request in ten be retried.
    #[schemars(range(min = 0, max = 1000000))]
    pub deposit: f64,
    /// Tokens that it can hold, and holds at the start, 0 or more.
    #[schemars(range(min = 0, max = 1000000000))]
    pub capacity: f64,
    /// Tokens that a retry takes, above 0. Default 1.
    #[serde(default = "one_token")]
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1000000))]
    pub cost: f64,
}

fn one_token() -> f64 {
    1.0
}

/// An outcome that a `Retry` may try again.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub enum RetryOn {
    /// The service answered with an error.
    Error,
    /// A timeout inside gave up.
    Timeout,
    /// The service refused it: its queue was full.
    Shed,
    /// A layer inside refused it unsent: breaker or bulkhead.
    Rejected,
}

impl RetryOn {
    fn all() -> Vec<Self> {
        vec![Self::Error, Self::Timeout, Self::Shed, Self::Rejected]
    }
}

/// Which results enter a breaker's window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Records {
    /// What comes up through the breaker: one result each time it let something through.
    #[default]
    Outcomes,
    /// Every attempt that the `Retry` inside it makes, while it still admits once a call.
    Attempts,
}

/// The wait before the n-th retry (n = 1 is the first).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum Backoff {
    /// At once.
    #[default]
    None,
    /// Always the same.
    Constant(Duration),
    /// v = min(cap, base x multiplier^(n - 1)), then jitter.
    Exponential {
        /// v of the first retry.
        base: Duration,
        /// Growth from retry to retry, at least 1. Default 2.
        #[serde(default = "two")]
        #[schemars(range(min = 1))]
        multiplier: f64,
        /// Largest v, not below `base`. Default: none.
        #[serde(default)]
        cap: Option<Duration>,
        /// Default `None`.
        #[serde(default)]
        jitter: Jitter,
    },
    /// Decorrelated jitter: min(cap, uniform(base, 3 x the wait before)), which starts at base.
    Decorrelated {
        /// Smallest wait.
        base: Duration,
        /// Largest wait, not below `base`.
        cap: Duration,
    },
    /// Drawn from a distribution.
    Random(Distribution),
}

fn two() -> f64 {
    2.0
}

/// What is done to an exponential wait v, after its cap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub enum Jitter {
    /// v itself.
    #[default]
    None,
    /// Uniform in [0, v): AWS, Envoy.
    Full,
    /// v / 2 + uniform in [0, v / 2).
    Equal,
    /// v x uniform in [1 - ratio, 1 + ratio): gRPC has 0.2.
    Proportional(Ratio),
}

/// What goes wrong with a service in [from, until).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The service.
    pub service: String,
    /// First instant of the fault.
    pub from: Duration,
    /// First instant after the fault, not before `from`; at `from` it has no effect.
    pub until: Duration,
    /// What goes wrong.
    pub effect: Effect,
    /// Ratio of attempts that meet the fault, drawn once for each, in [0, 1]. Default 1.
    #[serde(default = "Ratio::one")]
    pub ratio: Ratio,
}

/// What a fault does to the attempts that meet it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum Effect {
    /// Work takes `factor` times as long while the fault lasts, that under way included.
    Slowed {
        /// At least 1, which has no effect.
        #[schemars(range(min = 1))]
        factor: f64,
    },
    /// An attempt that starts in a slot during the fault ends in an error after its time.
    Failing,
    /// Work stands still while the fault lasts and goes on after it; slots stay taken.
    Frozen,
    /// What waits or is worked on at `from` fails there; what comes during the fault is refused
    /// at once, as an error.
    Crashed,
}
