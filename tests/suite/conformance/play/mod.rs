//! Plays a sequence that a library has decided about through the mechanism of dessim.
//!
//! A sequence is a line of JSON: the settings of the mechanism and of the library, steps at
//! instants in nanoseconds, and the library's answer to each step. This file is shared with the
//! package `conformance`, which asks the libraries.

pub(crate) mod adaptive_limit;
mod alone;
mod breaker;
mod hedge;
mod outlier_detection;
mod rate_limit;
mod retry;
mod throttle;

use dessim::model::mechanism::adaptive_limit::AdaptiveLimit as AdaptiveLimiter;
use dessim::model::mechanism::adaptive_limit::spec::Spec as AdaptiveLimit;
use dessim::model::mechanism::balancer::outliers::spec::Spec as OutlierDetection;
use dessim::model::mechanism::breaker::spec::Spec as Breaker;
use dessim::model::mechanism::bulkhead;
use dessim::model::mechanism::bulkhead::spec::Spec as Bulkhead;
use dessim::model::mechanism::hedge::spec::Spec as Hedge;
use dessim::model::mechanism::rate_limit as rate_limiter;
use dessim::model::mechanism::rate_limit::spec::{Algorithm, Spec as RateLimit};
use dessim::model::mechanism::retry::spec::{RetryOn, Spec as Retry};
use dessim::model::mechanism::throttle::spec::Spec as Throttle;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A sequence of steps, and what a library answered to them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Sequence {
    /// The mechanism of dessim, as JSON of its specification.
    pub(crate) mechanism: Mechanism,
    /// The same for the library: times in nanoseconds.
    pub(crate) settings: Value,
    pub(crate) steps: Vec<Step>,
    /// An answer for each step; none before the library was asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) answers: Vec<Answer>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Mechanism {
    RateLimit(RateLimit),
    Breaker(Box<Breaker>),
    Retry(Retry),
    AdaptiveLimit(AdaptiveLimit),
    Throttle(Throttle),
    OutlierDetection(OutlierDetection),
    Bulkhead(Bulkhead),
    Hedge(Box<Hedge>),
}

impl Mechanism {
    /// The folder of the recorded sequences of its kind.
    pub(crate) fn folder(&self) -> &'static str {
        match self {
            Self::RateLimit(_) => "rate_limit",
            Self::Breaker(_) => "breaker",
            Self::Retry(_) => "retry",
            Self::AdaptiveLimit(_) => "adaptive_limit",
            Self::Throttle(_) => "throttle",
            Self::OutlierDetection(_) => "outlier_detection",
            Self::Bulkhead(_) => "bulkhead",
            Self::Hedge(_) => "hedge",
        }
    }
}

/// What happens at an instant, which is never earlier than that of the step before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    /// A call arrives.
    Call(u64),
    /// A call is sent to the replica of this number, from 0, if that may be chosen.
    Send(u64, u32),
    /// A call of this class arrives.
    CallOf(u64, u32),
    /// The call that arrived at the step of this number ends well; nothing, if it was refused.
    Succeeds(u64, usize),
    /// It ends in a failure.
    Fails(u64, usize),
    /// It ends in a way that is no result for the library: `Shed` here.
    Ignored(u64, usize),
    /// Its caller gives up, whether it waits or is under way.
    Leaves(u64, usize),
    /// A try of it ends.
    Ends(End),
    /// A sample: the instant of the admission, the time from there, how many were inside, and
    /// whether it counts as a drop.
    Sample(u64, u64, u32, bool),
}

impl Step {
    /// The instant of the step.
    fn at(&self) -> u64 {
        match *self {
            Self::Call(at)
            | Self::CallOf(at, _)
            | Self::Send(at, _)
            | Self::Succeeds(at, _)
            | Self::Fails(at, _)
            | Self::Ignored(at, _)
            | Self::Leaves(at, _)
            | Self::Ends(End { at, .. })
            | Self::Sample(at, ..) => at,
        }
    }
}

/// The end of a try, or of a copy: the wait that may follow a try is no time, since retries know
/// none but instants of ends.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct End {
    pub(crate) at: u64,
    pub(crate) call: usize,
    /// The number of the copy, of a hedge; nothing ends if it was not sent or is over.
    #[serde(default, skip_serializing_if = "is_first")]
    pub(crate) copy: u32,
    /// `None` for a success.
    pub(crate) outcome: Option<RetryOn>,
    /// The number in [0, 1) that jitter draws.
    pub(crate) unit: f64,
    /// Nanoseconds that the answer names until another try; negative for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) named: Option<i64>,
}

// Serde hands references over.
fn is_first(copy: &u32) -> bool {
    *copy == 0
}

/// What became of a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Answer {
    /// A rate limit refuses the call, or the call that ends was refused by its breaker.
    No,
    /// A breaker admits the call, or is closed after the result. Between open and half-open it is
    /// not told apart here: some libraries change at the next result and some at the next call,
    /// and only calls notice.
    Breaker(bool),
    /// The call passes, or is tried again, after so many nanoseconds.
    Passes(u64),
    /// The limit after a sample.
    Limit { limit: u32 },
    /// The replicas that may be chosen when a call is sent, as a mask.
    Available { available: u32 },
    /// Copies that were sent since the step before, as call, copy and instant; and calls that
    /// ended, with the copy whose outcome is theirs and the instant.
    Hedge { sent: Vec<[u64; 3]>, over: Vec<[u64; 3]> },
    /// The probability with which a throttle refuses the call, as the bits of a double.
    Probability { probability_bits: u64 },
    /// The calls that have gone on since the step before, and those that were refused, each with
    /// the nanoseconds that it has waited.
    Goes {
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        starts: Vec<(usize, u64)>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        refused: Vec<(usize, u64)>,
    },
}

impl Answer {
    /// Waits of retries are computed in doubles of seconds by some libraries, so they may differ by
    /// a nanosecond.
    fn agrees(&self, other: &Self, mechanism: &Mechanism) -> bool {
        match (mechanism, self, other) {
            (Mechanism::Retry(_), Self::Passes(ours), Self::Passes(theirs)) => {
                ours.abs_diff(*theirs) <= 1
            }
            _ => self == other,
        }
    }
}

/// What dessim answers to the steps.
pub(crate) fn answers(sequence: &Sequence) -> Vec<Answer> {
    match &sequence.mechanism {
        Mechanism::RateLimit(spec) if spec.algorithm == (Algorithm::AwsAdaptive {}) => {
            alone::answers::<rate_limiter::RateLimit>(spec, &sequence.steps)
        }
        Mechanism::RateLimit(spec) => rate_limit::answers(spec, &sequence.steps),
        Mechanism::Breaker(spec) => breaker::answers(spec, &sequence.steps),
        Mechanism::Retry(spec) => retry::answers(spec, &sequence.steps),
        Mechanism::AdaptiveLimit(spec) if !spec.partitions.is_empty() => {
            alone::answers::<AdaptiveLimiter>(spec, &sequence.steps)
        }
        Mechanism::AdaptiveLimit(spec) => adaptive_limit::answers(spec, &sequence.steps),
        Mechanism::Throttle(spec) => throttle::answers(spec, &sequence.steps),
        Mechanism::OutlierDetection(spec) => {
            let replicas = sequence.settings["replicas"].as_u64().expect("a number");
            outlier_detection::answers(spec, replicas as u32, &sequence.steps)
        }
        Mechanism::Bulkhead(spec) => alone::answers::<bulkhead::Bulkhead>(spec, &sequence.steps),
        Mechanism::Hedge(spec) => hedge::answers(spec, &sequence.steps),
    }
}

/// The first step to which dessim answers otherwise than the library, in words.
pub(crate) fn first_difference(sequence: &Sequence) -> Option<String> {
    let ours = answers(sequence);
    assert_eq!(ours.len(), sequence.answers.len(), "an answer for each step");
    let differs = |(ours, theirs): (&Answer, &Answer)| !ours.agrees(theirs, &sequence.mechanism);
    let index = ours.iter().zip(&sequence.answers).position(differs)?;
    let before = sequence.steps[..=index].iter().zip(&sequence.answers);
    let steps: Vec<String> =
        before.map(|(step, answer)| format!("{step:?} -> {answer:?}")).collect();
    Some(format!(
        "step {index}, {:?}: the library says {:?}, dessim {:?}\nmechanism: {}\nsteps: {}",
        sequence.steps[index],
        sequence.answers[index],
        ours[index],
        serde_json::to_string(&sequence.mechanism).expect("it is JSON"),
        steps.join(", "),
    ))
}
