//! The lives of single requests: chosen in a first run, recorded in a second.

use std::collections::BTreeMap;

use super::choose::{Census, Chooser};
pub use super::choose::{Chosen, Pick, Wish};
use super::run::{Options, run, run_with};
use super::spans::{Spans, Wanted};
use crate::report::result::RunResult;
use crate::report::text::format::count;
use crate::report::trace::story::{Stories, Story};
use crate::scenario::arms::arms;
use crate::scenario::build::BuildError;
use crate::scenario::problem::printable;
use crate::scenario::schema::Scenario;
use crate::scenario::{did_you_mean, list_of};

/// What was followed.
#[derive(Clone, Debug)]
pub struct Followed {
    /// The run.
    pub result: RunResult,
    /// The arms that were asked for, by name.
    pub arms: BTreeMap<String, FollowedArm>,
    /// The requests, for another run that is to show them.
    pub wanted: Wanted,
}

/// What was followed in one arm.
#[derive(Clone, Debug)]
pub struct FollowedArm {
    /// What was chosen, and from what.
    pub chosen: Chosen,
    /// The chosen requests, in that order.
    pub stories: Vec<Story>,
}

/// Why nothing can be followed.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The scenario is not one.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// There is no such arm, load or request.
    #[error("{message}")]
    Unknown {
        /// What there is not.
        message: String,
        /// What there is.
        hint: String,
    },
}

/// Follows the requests that `pick` says, in `arm` or in every arm.
///
/// # Errors
/// When it names what the scenario does not have.
pub fn follow(
    scenario: &Scenario,
    name: &str,
    options: &Options,
    (pick, arm): (&Pick, Option<&str>),
) -> Result<Followed, FollowError> {
    let arms = arms(scenario);
    if let Some(arm) = arm.filter(|arm| !arms.contains_key(*arm)) {
        return Err(unknown("arm", arm, arms.keys().map(String::as_str)));
    }
    let mut chosen = match pick {
        Pick::Named(wishes) => {
            let requests = named(scenario, wishes)?;
            let chosen = Chosen { requests, ..Chosen::default() };
            arms.keys().map(|arm| (arm.clone(), chosen.clone())).collect()
        }
        Pick::Slowest(_) | Pick::Failed(_) => {
            let mut chooser = Chooser::new(pick);
            run_with(scenario, name, options, &mut chooser)?;
            chooser.arms
        }
    };
    chosen.retain(|name, _| arm.is_none_or(|arm| arm == name));
    let wanted = wanted(&chosen);
    let mut spans = Spans::new(Stories::default(), wanted.clone());
    let result = match chosen.values().all(|chosen| chosen.requests.is_empty()) {
        true => run(scenario, name, options)?,
        false => run_with(scenario, name, options, &mut spans)?,
    };
    let key = |story: Story| ((story.arm.clone(), story.load.clone(), story.request), story);
    let mut stories: BTreeMap<_, _> = spans.finish().finish().into_iter().map(key).collect();
    let tell = |(arm, chosen): (String, Chosen)| {
        let requests = chosen.requests.iter().cloned();
        let told =
            requests.filter_map(|(load, number)| stories.remove(&(arm.clone(), load, number)));
        let stories = told.collect();
        (arm, FollowedArm { chosen, stories })
    };
    let arms: BTreeMap<_, _> = chosen.into_iter().map(tell).collect();
    if let Pick::Named(_) = pick {
        all_are_told(scenario, name, options, &arms)?;
    }
    Ok(Followed { result, arms, wanted })
}

fn wanted(chosen: &BTreeMap<String, Chosen>) -> Wanted {
    let mut wanted: BTreeMap<_, BTreeMap<_, std::collections::BTreeSet<_>>> = BTreeMap::new();
    for (arm, chosen) in chosen {
        let numbers = wanted.entry(arm.clone()).or_default();
        for (load, number) in &chosen.requests {
            numbers.entry(*number).or_default().insert(load.clone());
        }
    }
    Wanted::These(wanted)
}

/// The load and number of each wish, none twice.
fn named(scenario: &Scenario, wishes: &[Wish]) -> Result<Vec<(String, u64)>, FollowError> {
    let loads = || scenario.load.keys().map(String::as_str);
    let mut requests = Vec::new();
    for wish in wishes {
        let load = match &wish.load {
            Some(load) if loads().any(|known| known == load) => load.clone(),
            Some(load) => return Err(unknown("load", load, loads())),
            None => {
                let mut loads = loads();
                match (loads.next(), loads.next()) {
                    (Some(only), None) => only.to_owned(),
                    (first, _) => return Err(ambiguous(scenario, wish.number, first)),
                }
            }
        };
        if !requests.contains(&(load.clone(), wish.number)) {
            requests.push((load, wish.number));
        }
    }
    Ok(requests)
}

fn ambiguous(scenario: &Scenario, number: u64, first: Option<&str>) -> FollowError {
    let loads = list_of(scenario.load.keys().map(String::as_str));
    let first = printable(first.unwrap_or("load"));
    FollowError::Unknown {
        message: format!("request {number} could be of any of the loads {loads}"),
        hint: format!("say which, such as {first}#{number}"),
    }
}

fn unknown<'a>(
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> FollowError {
    let hint = match did_you_mean(name, known.clone()) {
        Some(meant) => format!("did you mean `{}`?", printable(meant)),
        None => format!("there is {}", list_of(known)),
    };
    FollowError::Unknown { message: format!("there is no {what} `{}`", printable(name)), hint }
}

/// A request that no arm has is told, with those that there are.
fn all_are_told(
    scenario: &Scenario,
    name: &str,
    options: &Options,
    arms: &BTreeMap<String, FollowedArm>,
) -> Result<(), FollowError> {
    let Some(first) = arms.values().next() else {
        return Ok(());
    };
    let told = |(load, number): &&(String, u64)| {
        let is = |story: &Story| (&story.load, story.request) == (load, *number);
        arms.values().any(|arm| arm.stories.iter().any(is))
    };
    let Some((load, number)) = first.chosen.requests.iter().find(|wish| !told(wish)) else {
        return Ok(());
    };
    let mut census = Census::default();
    run_with(scenario, name, options, &mut census)?;
    let counts = census.arms.iter().filter(|(arm, _)| arms.contains_key(*arm));
    let most = counts.filter_map(|(_, loads)| loads.get(load)).max().copied().unwrap_or(0);
    let hint = match most {
        0 => format!("no request of `{}` arrives", printable(load)),
        1 => "there is only request 0".to_owned(),
        most => format!("there are 0 to {}", count(most - 1)),
    };
    let load = printable(load);
    Err(FollowError::Unknown { message: format!("there is no request {load}#{number}"), hint })
}
