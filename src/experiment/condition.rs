//! The questions of a search about each run: claims that should hold, or a condition to find.
//!
//! Both come from a sentence of the expectation language, or from the expectations of the scenario.
//! A sentence without an arm is about every arm that has what it names.

use std::collections::BTreeSet;

use super::expect::{Observed, Observer};
use super::prepared::Prepared;
use crate::scenario::expect::{
    Claim, Condition, Known, Likely, Refusal, Relation, read, read_condition,
};
use crate::scenario::schema::Scenario;

/// Probability above which a condition counts as holding, unless the sentence states one.
pub const USUAL_RATIO: f64 = 0.95;

/// A claim about the probability of a condition in one arm.
#[derive(Clone, Debug, PartialEq)]
pub struct LikelyClaim {
    /// The sentence as written.
    pub text: String,
    /// Arm of the claim, if the sentence names none and there are several.
    pub arm: Option<String>,
    /// The condition, and the bound of its probability.
    pub likely: Likely,
    /// The claim in words.
    pub claim: String,
}

/// The claims of `text`, or of the scenario's expectations if there is none, one for each arm. A
/// claim about a single run becomes one about probability: above 95 %, at `confidence`.
///
/// # Errors
/// If a sentence does not parse, names something unknown, or none is given.
pub fn likely_claims(
    text: Option<&str>,
    scenario: &Scenario,
    confidence: f64,
) -> Result<Vec<LikelyClaim>, Refusal> {
    let known = Known::new(scenario);
    let several = known.arms().count() > 1;
    let mut all = Vec::new();
    for text in sentences(text, scenario)? {
        let claim = read(text, &known)?;
        let instances = claim.instances(&known);
        if instances.is_empty() {
            return Err(nowhere(text));
        }
        for instance in instances {
            let likely = match instance.claim {
                Claim::Likely(likely) => likely,
                Claim::Holds(condition) => Likely {
                    condition,
                    relation: Relation::Above,
                    ratio: USUAL_RATIO,
                    confidence,
                    seeds: None,
                },
            };
            let arm = instance.arm.filter(|_| several);
            let claim = claimed(&likely, &known);
            all.push(LikelyClaim { text: text.to_owned(), arm, likely, claim });
        }
    }
    Ok(all)
}

/// The claim in words.
fn claimed(likely: &Likely, known: &Known) -> String {
    let long = Claim::Likely(likely.clone()).to_string();
    long.replacen(&likely.condition.to_string(), &condition_words(&likely.condition, known), 1)
}

/// The number of seeds that decides every one of the claims.
#[must_use]
pub fn seeds_for(claims: &[LikelyClaim]) -> u64 {
    claims.iter().map(|one| one.likely.over()).max().unwrap_or(1)
}

fn sentences<'a>(text: Option<&'a str>, scenario: &'a Scenario) -> Result<Vec<&'a str>, Refusal> {
    match text {
        Some(text) => Ok(vec![text]),
        None if scenario.expect.is_empty() => {
            let found = "the scenario expects nothing, and no condition is given";
            Err(Refusal::new("expected a condition", found)
                .hint("give one, such as --expect 'requests.succeeded / requests.offered > 99%'"))
        }
        None => Ok(scenario.expect.iter().map(String::as_str).collect()),
    }
}

fn nowhere(text: &str) -> Refusal {
    let found =
        format!("no arm has all that `{}` names", crate::scenario::problem::printable(text));
    Refusal::new("a condition needs an arm with all of its names", found)
}

/// The conditions that a search looks for, any of which is enough.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// The conditions in words.
    pub text: String,
    /// The conditions, in which every name has its arm.
    pub conditions: Vec<Condition>,
}

impl Wanted {
    /// Looks for runs in which `text` holds in any arm.
    ///
    /// # Errors
    /// If `text` is no condition, or names something unknown.
    pub fn showing(text: &str, scenario: &Scenario) -> Result<Self, Refusal> {
        let known = Known::new(scenario);
        let condition = read_condition(text, &known)?;
        let conditions: Vec<_> =
            condition.instances(&known).into_iter().map(|(_, of)| of).collect();
        match conditions.is_empty() {
            true => Err(nowhere(text)),
            false => Ok(Self { text: text.to_owned(), conditions }),
        }
    }

    /// Looks for runs in which `text` fails in any arm; without a text, any expectation of the
    /// scenario about a single run.
    ///
    /// # Errors
    /// If a sentence is no condition, names something unknown, or none is given.
    pub fn breaking(text: Option<&str>, scenario: &Scenario) -> Result<Self, Refusal> {
        let known = Known::new(scenario);
        let mut conditions = Vec::new();
        let mut texts = Vec::new();
        for sentence in sentences(text, scenario)? {
            // An expectation over many seeds cannot fail in one run.
            let Claim::Holds(condition) = read(sentence, &known)? else {
                if text.is_some() {
                    read_condition(sentence, &known)?;
                }
                continue;
            };
            let instances = condition.instances(&known);
            if instances.is_empty() {
                return Err(nowhere(sentence));
            }
            conditions.extend(instances.into_iter().map(|(_, of)| opposite(of)));
            texts.push(format!("not {sentence}"));
        }
        if conditions.is_empty() {
            let found = "the scenario expects nothing of a single run";
            return Err(Refusal::new("expected a condition", found)
                .hint("give one with --expect, or what to look for with --for"));
        }
        Ok(Self { text: texts.join(", or "), conditions })
    }

    /// Arms of the conditions.
    #[must_use]
    pub fn arms(&self) -> BTreeSet<&str> {
        self.conditions.iter().flat_map(Condition::arms).collect()
    }

    /// An observer of the conditions.
    #[must_use]
    pub fn observer(&self, prepared: &Prepared<'_>) -> Observer {
        Observer::new(prepared, &self.conditions)
    }

    /// The first condition that holds in this run.
    #[must_use]
    pub fn shown(&self, observed: &Observed) -> Option<&Condition> {
        self.conditions.iter().find(|condition| observed.answer(condition).holds)
    }
}

/// The negation, without a double "not".
fn opposite(condition: Condition) -> Condition {
    match condition {
        Condition::Not(of) => *of,
        other => Condition::Not(Box::new(other)),
    }
}

/// A condition in words, without the name of its arm if the scenario has only one.
#[must_use]
pub fn condition_words(condition: &Condition, known: &Known) -> String {
    let long = condition.to_string();
    let mut arms = known.arms();
    let (Some(arm), None) = (arms.next(), arms.next()) else { return long };
    let same = |text: &String| {
        let read = read_condition(text, known);
        read.is_ok_and(
            |read| matches!(read.instances(known).as_slice(), [(_, one)] if one == condition),
        )
    };
    Some(without_arm(&long, arm)).filter(same).unwrap_or(long)
}

fn without_arm(sentence: &str, arm: &str) -> String {
    let mut text = sentence.to_owned();
    for name in [arm.to_owned(), format!("'{arm}'")] {
        text = text.replace(&format!("{name}."), "");
        let (not, rest) = match text.strip_prefix("not ") {
            Some(rest) => ("not ", rest),
            None => ("", text.as_str()),
        };
        let bare = rest.strip_prefix(&format!("{name} ")).unwrap_or(rest);
        text = format!("{not}{bare}");
    }
    text
}
