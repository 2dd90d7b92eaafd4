//! What a search asks of every run: claims that ought to hold, or a condition that is looked for.
//!
//! Both come from one sentence of the expectation language, or from what the scenario expects of
//! itself. A sentence that leaves out the arm is about every arm that has what it names.

use std::collections::BTreeSet;

use super::expect::{Observed, Observer};
use super::prepared::Prepared;
use crate::scenario::expect::{
    Claim, Condition, Known, Likely, Refusal, Relation, read, read_condition,
};
use crate::scenario::schema::Scenario;

/// A condition holds if it does with more than this probability, unless the sentence says.
pub const USUAL_RATIO: f64 = 0.95;

/// How probable something must be, in one arm.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The sentence as it was written.
    pub text: String,
    /// The arm that it is about, if the sentence leaves it out and there are several.
    pub arm: Option<String>,
    /// What must be likely, or unlikely.
    pub likely: Likely,
    /// The claim in words.
    pub claim: String,
}

/// What `text` asks, or what the scenario expects if there is none: one claim an arm. What is said
/// of one run must hold with a probability above 95 %, at `confidence`.
///
/// # Errors
/// When a sentence is none, or names what does not exist, or there is none.
pub fn asked(
    text: Option<&str>,
    scenario: &Scenario,
    confidence: f64,
) -> Result<Vec<Asked>, Refusal> {
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
            all.push(Asked { text: text.to_owned(), arm, likely, claim });
        }
    }
    Ok(all)
}

/// A claim in words.
fn claimed(likely: &Likely, known: &Known) -> String {
    let long = Claim::Likely(likely.clone()).to_string();
    long.replacen(&likely.condition.to_string(), &told(&likely.condition, known), 1)
}

/// Over how many seeds each of these can be told.
#[must_use]
pub fn seeds_for(asked: &[Asked]) -> u64 {
    asked.iter().map(|one| one.likely.over()).max().unwrap_or(1)
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
    Refusal::new("can never be told", found)
}

/// What is looked for in runs: any of some conditions.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// In words.
    pub text: String,
    /// Any of these will do; every name in them has its arm.
    pub conditions: Vec<Condition>,
}

impl Wanted {
    /// Runs in which this holds, in any arm.
    ///
    /// # Errors
    /// When it is no condition, or names what does not exist.
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

    /// Runs in which this fails in any arm, or else anything that the scenario expects of a run.
    ///
    /// # Errors
    /// When it is no condition, or names what does not exist, or there is none.
    pub fn breaking(text: Option<&str>, scenario: &Scenario) -> Result<Self, Refusal> {
        let known = Known::new(scenario);
        let mut conditions = Vec::new();
        let mut texts = Vec::new();
        for sentence in sentences(text, scenario)? {
            // What a scenario expects over many seeds is no matter of one run.
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

    /// The arms that it is about.
    #[must_use]
    pub fn arms(&self) -> BTreeSet<&str> {
        self.conditions.iter().flat_map(Condition::arms).collect()
    }

    /// An observer for it.
    #[must_use]
    pub fn observer(&self, prepared: &Prepared<'_>) -> Observer {
        Observer::new(prepared, &self.conditions)
    }

    /// The first of the conditions that this run shows.
    #[must_use]
    pub fn shown(&self, observed: &Observed) -> Option<&Condition> {
        self.conditions.iter().find(|condition| observed.answer(condition).holds)
    }
}

/// The opposite, without saying "not" twice.
fn opposite(condition: Condition) -> Condition {
    match condition {
        Condition::Not(of) => *of,
        other => Condition::Not(Box::new(other)),
    }
}

/// A condition in words, without the name of its arm if that is the only one of its scenario.
#[must_use]
pub fn told(condition: &Condition, known: &Known) -> String {
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
