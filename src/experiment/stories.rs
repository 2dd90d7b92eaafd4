//! Stories of single requests, which are selected in a first run and recorded in a second.

use std::collections::BTreeMap;

use super::run::{Options, run, run_with};
use super::selection::{Census, Selector};
pub use super::selection::{RequestName, Selected, Selection};
use super::spans::{RequestFilter, Spans};
use crate::report::result::RunResult;
use crate::report::text::format::count;
use crate::report::trace::story::{Stories, Story};
use crate::scenario::arms::arms;
use crate::scenario::build::BuildError;
use crate::scenario::problem::printable;
use crate::scenario::schema::Scenario;
use crate::scenario::{did_you_mean, list_of};

/// The stories of selected requests.
#[derive(Clone, Debug)]
pub struct RequestStories {
    /// Result of the run.
    pub result: RunResult,
    /// Stories of each requested arm, by name.
    pub arms: BTreeMap<String, ArmStories>,
    /// The same requests as a filter for the spans of another run.
    pub filter: RequestFilter,
}

/// The stories of one arm.
#[derive(Clone, Debug)]
pub struct ArmStories {
    /// The selection, and the population behind it.
    pub chosen: Selected,
    /// Stories in the order of the selection.
    pub stories: Vec<Story>,
}

/// Reasons why there are no stories.
#[derive(Debug, thiserror::Error)]
pub enum StoryError {
    /// The scenario is invalid.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// An arm, load or request does not exist.
    #[error("{message}")]
    Unknown {
        /// The missing name.
        message: String,
        /// Existing names.
        hint: String,
    },
}

/// Records the stories of the requests that `pick` selects, in `arm` or in every arm.
///
/// # Errors
/// If the selection names something that the scenario does not have.
pub fn request_stories(
    scenario: &Scenario,
    name: &str,
    options: &Options,
    (pick, arm): (&Selection, Option<&str>),
) -> Result<RequestStories, StoryError> {
    let arms = arms(scenario);
    if let Some(arm) = arm.filter(|arm| !arms.contains_key(*arm)) {
        return Err(unknown("arm", arm, arms.keys().map(String::as_str)));
    }
    let mut chosen = match pick {
        Selection::Named(names) => {
            let requests = named(scenario, names)?;
            let chosen = Selected { requests, ..Selected::default() };
            arms.keys().map(|arm| (arm.clone(), chosen.clone())).collect()
        }
        Selection::Slowest(_) | Selection::Failed(_) => {
            let mut chooser = Selector::new(pick);
            run_with(scenario, name, options, &mut chooser)?;
            chooser.arms
        }
    };
    chosen.retain(|name, _| arm.is_none_or(|arm| arm == name));
    let filter = filter(&chosen);
    let mut spans = Spans::new(Stories::default(), filter.clone());
    let result = match chosen.values().all(|chosen| chosen.requests.is_empty()) {
        true => run(scenario, name, options)?,
        false => run_with(scenario, name, options, &mut spans)?,
    };
    let key = |story: Story| ((story.arm.clone(), story.load.clone(), story.request), story);
    let mut stories: BTreeMap<_, _> = spans.finish().finish().into_iter().map(key).collect();
    let with_stories = |(arm, chosen): (String, Selected)| {
        let requests = chosen.requests.iter().cloned();
        let stories = requests
            .filter_map(|(load, number)| stories.remove(&(arm.clone(), load, number)))
            .collect();
        (arm, ArmStories { chosen, stories })
    };
    let arms: BTreeMap<_, _> = chosen.into_iter().map(with_stories).collect();
    if let Selection::Named(_) = pick {
        refuse_missing(scenario, name, options, &arms)?;
    }
    Ok(RequestStories { result, arms, filter })
}

fn filter(chosen: &BTreeMap<String, Selected>) -> RequestFilter {
    let mut filter: BTreeMap<_, BTreeMap<_, std::collections::BTreeSet<_>>> = BTreeMap::new();
    for (arm, chosen) in chosen {
        let numbers = filter.entry(arm.clone()).or_default();
        for (load, number) in &chosen.requests {
            numbers.entry(*number).or_default().insert(load.clone());
        }
    }
    RequestFilter::These(filter)
}

/// Load and number of each named request, without duplicates.
fn named(scenario: &Scenario, names: &[RequestName]) -> Result<Vec<(String, u64)>, StoryError> {
    let loads = || scenario.load.keys().map(String::as_str);
    let mut requests = Vec::new();
    for name in names {
        let load = match &name.load {
            Some(load) if loads().any(|known| known == load) => load.clone(),
            Some(load) => return Err(unknown("load", load, loads())),
            None => {
                let mut loads = loads();
                match (loads.next(), loads.next()) {
                    (Some(only), None) => only.to_owned(),
                    (first, _) => return Err(ambiguous(scenario, name.number, first)),
                }
            }
        };
        if !requests.contains(&(load.clone(), name.number)) {
            requests.push((load, name.number));
        }
    }
    Ok(requests)
}

fn ambiguous(scenario: &Scenario, number: u64, first: Option<&str>) -> StoryError {
    let loads = list_of(scenario.load.keys().map(String::as_str));
    let first = printable(first.unwrap_or("load"));
    StoryError::Unknown {
        message: format!("request {number} could be of any of the loads {loads}"),
        hint: format!("say which, such as {first}#{number}"),
    }
}

fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str> + Clone) -> StoryError {
    let hint = match did_you_mean(name, known.clone()) {
        Some(meant) => format!("did you mean `{}`?", printable(meant)),
        None => format!("there is {}", list_of(known)),
    };
    StoryError::Unknown { message: format!("there is no {what} `{}`", printable(name)), hint }
}

/// Refuses a request that no arm has; the hint lists existing ones.
fn refuse_missing(
    scenario: &Scenario,
    name: &str,
    options: &Options,
    arms: &BTreeMap<String, ArmStories>,
) -> Result<(), StoryError> {
    let Some(first) = arms.values().next() else {
        return Ok(());
    };
    let has_story = |(load, number): &&(String, u64)| {
        let is = |story: &Story| (&story.load, story.request) == (load, *number);
        arms.values().any(|arm| arm.stories.iter().any(is))
    };
    let Some((load, number)) = first.chosen.requests.iter().find(|name| !has_story(name)) else {
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
    Err(StoryError::Unknown { message: format!("there is no request {load}#{number}"), hint })
}
