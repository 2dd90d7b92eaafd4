//! Explains a run: phases, causes, the way of one request, and what would have been otherwise.
//!
//! Everything is read off one run with its time series and fates, or off reruns of the same
//! requests with one thing changed. Reruns are bounded by events, not by time, so an explanation
//! is as reproducible as a run.

mod alternatives;
mod breakage;
mod evidence;
mod example;
pub(super) mod failure;
mod rerun;
mod window;

use std::collections::BTreeMap;

use evidence::Evidence;
use rerun::{Budget, Reruns};

use super::fates::{ArmFates, Fates};
use super::health::triggers::triggers;
use super::health::{Course, Health};
use super::listener::{Detail, Listener};
use super::run::{Options, run_with};
use crate::kernel::time::Instant;
use crate::metrics::probe::{End, Unfinished};
use crate::report::explain::{EXPLANATION_SCHEMA, Explanation, Story};
use crate::report::result::RunResult;
use crate::scenario::arms::arms;
use crate::scenario::build::BuildError;
use crate::scenario::schema::{Arm, Scenario};

/// How much work an explanation may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// Reruns dispatch at most 1.7 times the events of the run, or five million: some seconds.
    Bounded,
    /// Every rerun that may tell something.
    Everything,
}

/// Runs a scenario called `name` and explains it; of several arms, only `only` if it is given.
///
/// # Errors
/// Only for scenarios that a check refuses.
pub fn explain(
    scenario: &Scenario,
    name: &str,
    options: &Options,
    only: Option<&str>,
    effort: Effort,
) -> Result<(RunResult, Explanation), BuildError> {
    let options = options.clone().sampled(scenario);
    let arms = arms(scenario);
    let mut witness = Witness::new(scenario, &arms);
    let result = run_with(scenario, name, &options, &mut witness)?;
    let mut stories = BTreeMap::new();
    let chosen: Vec<(String, Arm)> = arms
        .into_iter()
        .filter(|(arm, _)| result.arms.contains_key(arm) && only.is_none_or(|only| only == arm))
        .collect();
    let mut budget = Budget::new(effort, result.events);
    for (at, (arm, system)) in chosen.iter().enumerate() {
        let stage = Stage { scenario, options: &options, arm, system };
        // Each arm has its share of what is left, so that the last one has some, too.
        let mut share = budget.share(chosen.len() - at);
        stories.insert(arm.clone(), story(&stage, &result, &witness, &mut share)?);
        budget.take_back(chosen.len() - at, &share);
    }
    let explanation = Explanation {
        schema: EXPLANATION_SCHEMA,
        scenario: result.scenario.clone(),
        seed: result.seed,
        fingerprint: result.fingerprint,
        arms: stories,
    };
    Ok((result, explanation))
}

/// The arm that is explained.
struct Stage<'a> {
    scenario: &'a Scenario,
    options: &'a Options,
    arm: &'a str,
    system: &'a Arm,
}

fn story(
    stage: &Stage<'_>,
    result: &RunResult,
    witness: &Witness,
    budget: &mut Budget,
) -> Result<Story, BuildError> {
    let of = &result.arms[stage.arm];
    let Some(series) = &of.series else {
        return Ok(Story::default());
    };
    let Some((fates, course)) = witness.of(stage.arm) else {
        return Ok(Story::default());
    };
    let triggers = triggers(stage.scenario, stage.system, series.end_ns);
    let Course { phases, .. } = course;
    let (scenario, system) = (stage.scenario, stage.system);
    let (triggers, phases) = (&triggers[..], &phases[..]);
    let evidence = Evidence { scenario, system, result: of, series, triggers, phases };
    let mut story = evidence.story();
    if story.suffers() {
        story.example = example::example(stage, fates, triggers, (of.events, budget))?;
        let mut reruns = Reruns { stage, fates, events: of.events, budget };
        reruns.what_if(&evidence, &mut story)?;
        story.no_return = reruns.no_return(&evidence)?;
    }
    Ok(story)
}

/// What is kept of a run that is explained, besides its result.
struct Witness {
    fates: Fates,
    health: Health,
}

impl Witness {
    /// For runs of these arms, which are complete.
    fn new(scenario: &Scenario, arms: &BTreeMap<String, Arm>) -> Self {
        Self { fates: Fates::new(), health: Health::of(scenario, arms) }
    }

    /// What became of the requests of an arm, and how well it was.
    fn of(&self, arm: &str) -> Option<(&ArmFates, Course)> {
        Some((self.fates.arm(arm)?, self.health.course(arm)?))
    }
}

impl Listener for Witness {
    fn detail(&self) -> Detail {
        Detail::Ends
    }

    fn begin(&mut self, arm: &str, names: &[String]) {
        self.fates.begin(arm, names);
        self.health.begin(arm, names);
    }

    fn ended(&mut self, end: &End) {
        self.fates.ended(end);
        self.health.ended(end);
    }

    fn over(&mut self, at: Instant) {
        self.fates.over(at);
        self.health.over(at);
    }

    fn unfinished(&mut self, of: &Unfinished) {
        self.fates.unfinished(of);
        self.health.unfinished(of);
    }
}
