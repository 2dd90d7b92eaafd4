//! Plays a sequence that a library has decided about through the mechanism of dessim.
//!
//! A sequence is a line of JSON: the settings of the mechanism and of the library, steps at
//! instants in nanoseconds, and the library's answer to each step. This file is shared with the
//! package `conformance`, which asks the libraries.

use dessim::kernel::time::{Duration, Instant};
use dessim::model::context::Outcome;
use dessim::model::mechanism::breaker::automaton::Automaton;
use dessim::model::mechanism::breaker::spec::Spec as Breaker;
use dessim::model::mechanism::breaker::state::{Pass, State};
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
        Mechanism::RateLimit(spec) => rate_limit(spec, &sequence.steps),
        Mechanism::Breaker(spec) => breaker(spec, &sequence.steps),
    }
}

fn rate_limit(spec: &RateLimit, steps: &[Step]) -> Vec<Answer> {
    let mut algorithm = spec.algorithm.state();
    let admit = |step: &Step| {
        let Step::Call(at) = *step else { panic!("a rate limit knows no results") };
        let admitted = algorithm.admit(Instant::from_ns(at), spec.max_wait);
        admitted.map_or(Answer::No, |wait| Answer::Passes(wait.as_ns()))
    };
    steps.iter().map(admit).collect()
}

fn breaker(spec: &Breaker, steps: &[Step]) -> Vec<Answer> {
    let mut breaker = Automaton::new(spec.settings(), Instant::ZERO);
    let mut state = State::Closed;
    let mut passes: Vec<Option<(Instant, Pass)>> = vec![None; steps.len()];
    let mut answers = Vec::with_capacity(steps.len());
    for (index, step) in steps.iter().enumerate() {
        let (at, call, outcome) = match *step {
            Step::Call(at) => {
                let at = Instant::from_ns(at);
                passes[index] = breaker.admit(at).map(|pass| (at, pass));
                while let Some(change) = breaker.take_change() {
                    state = change.to;
                }
                answers.push(Answer::Breaker(passes[index].is_some()));
                continue;
            }
            Step::Succeeds(at, call) => (at, call, Outcome::Success),
            Step::Fails(at, call) => (at, call, Outcome::Error),
        };
        let Some((since, pass)) = passes[call].take() else {
            answers.push(Answer::No);
            continue;
        };
        let at = Instant::from_ns(at);
        let elapsed: Duration = at - since;
        breaker.record(at, pass, outcome, elapsed);
        while let Some(change) = breaker.take_change() {
            state = change.to;
        }
        answers.push(Answer::Breaker(state == State::Closed));
    }
    answers
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
