//! Judges expectations: one run answers conditions, many runs answer claims about probabilities.
//!
//! The language is [`crate::scenario::expect`]'s. `docs/expect.md` states every rule.

mod answer;
mod judge;
mod observe;
mod periods;

use crate::scenario::expect::{Claim, Known, read};
use crate::scenario::schema::Scenario;

pub use answer::Answer;
pub use judge::{Judgement, News, Trial, in_one_run, judge, of_one_run};
pub use observe::{Observed, Observer, Recorder};

/// One claim of a scenario, about one arm if the sentence named none.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// Index in `expect`, from 0; one sentence may make several claims.
    pub index: usize,
    /// The sentence as written.
    pub text: String,
    /// Arm of the claim, if the sentence names none and there are several.
    pub arm: Option<String>,
    /// The claim.
    pub claim: Claim,
}

/// The claims of a checked scenario, in the order of its sentences and of the arms' names.
#[must_use]
pub fn expectations(scenario: &Scenario) -> Vec<Expectation> {
    if scenario.expect.is_empty() {
        return Vec::new();
    }
    let known = Known::new(scenario);
    let several = known.arms().count() > 1;
    let mut all = Vec::new();
    for (index, text) in scenario.expect.iter().enumerate() {
        // The check of the scenario refuses sentences that cannot be read.
        let Ok(claim) = read(text, &known) else { continue };
        for instance in claim.instances(&known) {
            let arm = instance.arm.filter(|_| several);
            let text = text.clone();
            all.push(Expectation { index, text, arm, claim: instance.claim });
        }
    }
    all
}

#[cfg(test)]
mod tests;
