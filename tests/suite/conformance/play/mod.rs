//! Plays a sequence that a library has decided about through the mechanism of dessim.
//!
//! A sequence is a line of JSON: the settings of the mechanism and of the library, steps at
//! instants in nanoseconds, and the library's answer to each step. This file is shared with the
//! package `conformance`, which asks the libraries.

mod breaker;
mod rate_limit;

use dessim::model::mechanism::breaker::spec::Spec as Breaker;
use dessim::model::mechanism::rate_limit::spec::Spec as RateLimit;
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
    Breaker(Breaker),
}

/// What happens at an instant, which is never earlier than that of the step before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    /// A call arrives.
    Call(u64),
    /// The call that arrived at the step of this number ends well; nothing, if it was refused.
    Succeeds(u64, usize),
    /// It ends in a failure.
    Fails(u64, usize),
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
    /// The call passes after so many nanoseconds.
    Passes(u64),
}

/// What dessim answers to the steps.
pub(crate) fn answers(sequence: &Sequence) -> Vec<Answer> {
    match &sequence.mechanism {
        Mechanism::RateLimit(spec) => rate_limit::answers(spec, &sequence.steps),
        Mechanism::Breaker(spec) => breaker::answers(spec, &sequence.steps),
    }
}

/// The first step to which dessim answers otherwise than the library, in words.
pub(crate) fn first_difference(sequence: &Sequence) -> Option<String> {
    let ours = answers(sequence);
    assert_eq!(ours.len(), sequence.answers.len(), "an answer for each step");
    let differs = |(ours, theirs): (&Answer, &Answer)| ours != theirs;
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
