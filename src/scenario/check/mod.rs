//! Checks the meaning of a scenario of the right shape: dangling names, contradicting fields,
//! endless loads.
//!
//! The checks use the typed scenario and paths; [`Document`](super::Document) finds their places in
//! the text. Consequences of a reported problem are left out: a dangling name is reported, but not
//! that its intended target is never used.

pub(crate) mod arms;
mod balancing;
mod dangling;
mod expect;
mod handlers;
pub mod lints;
mod parts;
mod topology;

pub(super) use dangling::dangling;
pub(crate) use parts::Placed;

use std::collections::BTreeSet;

use crate::metrics::sampler::MAX_BINS;

use super::conform::Suggestions;
use super::path::Path;
use super::problem::{Problem, Severity};
use super::schema::{SCHEMA_VERSION, Scenario};

/// Collects problems; one that is common to several arms is reported once.
struct Checker<'a> {
    scenario: &'a Scenario,
    problems: Vec<Problem>,
    /// Path and rule of each reported problem.
    reported: BTreeSet<(Path, String)>,
    errors: usize,
    suggestions: Suggestions,
}

/// Most errors kept of one scenario, and most warnings.
const MOST: usize = 1_000;

impl Checker<'_> {
    fn add(&mut self, problem: Problem) {
        let is_error = problem.severity == Severity::Error;
        let kept = if is_error { self.errors } else { self.problems.len() - self.errors };
        if kept < MOST && self.reported.insert((problem.path.clone(), problem.rule.clone())) {
            self.errors += usize::from(is_error);
            self.problems.push(problem);
        }
    }

    fn has_errors(&self) -> bool {
        self.errors > 0
    }
}

/// All problems in the meaning of a scenario, errors and warnings, without places.
#[must_use]
pub fn check(scenario: &Scenario) -> Vec<Problem> {
    let mut checker = Checker {
        scenario,
        problems: Vec::new(),
        reported: BTreeSet::new(),
        errors: 0,
        suggestions: Suggestions::default(),
    };
    checker.whole();
    checker.allowances();
    checker.loads();
    let views = arms::views(scenario);
    for view in &views {
        checker.topology(view);
        checker.parts(view);
        checker.handlers(view);
        checker.balancing(view);
    }
    if !checker.has_errors() {
        checker.unreached(&views);
        checker.unused_keys(&views);
        for view in &views {
            checker.lint(view);
        }
        checker.expectations();
    }
    let mut problems = std::mem::take(&mut checker.problems);
    problems.retain(|problem| !checker.allows(problem));
    problems
}

/// Approximate number of requests that all loads bring to one arm, by which runs of days are
/// refused; infinite for an unlimited load.
#[must_use]
pub fn expected_requests(scenario: &Scenario) -> f64 {
    scenario.load.values().map(|load| load.expected_requests(scenario.duration)).sum()
}

impl Checker<'_> {
    fn whole(&mut self) {
        let root = Path::root();
        if self.scenario.schema != SCHEMA_VERSION {
            let rule = format!("this dessim reads version {SCHEMA_VERSION}");
            let found = format!("found {}", self.scenario.schema);
            self.add(Problem::error(&root.field("schema"), rule, found));
        }
        if self.scenario.load.is_empty() {
            let problem = Problem::error(&root.field("load"), "nothing to simulate", "no load");
            let example =
                "load: { \"clients\": (arrivals: Poisson(rate: \"100/s\"), total: 1000) }";
            self.add(problem.hint(format!("give at least one: {example}")));
        }
        if let Some(duration) = self.scenario.duration
            && self.scenario.warm_up >= duration
        {
            let rule = "must be shorter than `duration`, or nothing is left to measure";
            let found = format!("the run ends at {duration}");
            self.add(Problem::error(&root.field("warm_up"), rule, found));
        } else {
            self.cool_down();
        }
        self.bins();
    }

    fn cool_down(&mut self) {
        let Scenario { duration, warm_up, cool_down, .. } = self.scenario;
        if cool_down.is_zero() {
            return;
        }
        let path = Path::root().field("cool_down");
        let problem = match duration {
            None => Problem::error(&path, "needs a `duration`", "the scenario has none")
                .hint("without one a run ends when nothing is left to do: there is nothing to cut"),
            Some(duration) if warm_up.saturating_add(*cool_down) >= *duration => {
                let rule = "`warm_up` and `cool_down` together must be shorter than `duration`, or \
                            nothing is left to measure";
                let found = format!("they take {warm_up} and {cool_down} of {duration}");
                Problem::error(&path, rule, found)
            }
            Some(_) => return,
        };
        self.add(problem);
    }

    /// Warns of bins that would be merged. Without a duration their number is not known.
    fn bins(&mut self) {
        let (Some(every), Some(duration)) = (self.scenario.sample_every, self.scenario.duration)
        else {
            return;
        };
        let bins = duration.as_ns().div_ceil(every.as_ns().max(1));
        if bins >= MAX_BINS as u64 {
            let rule = format!("{MAX_BINS} bins or more are merged");
            let found = format!("{duration} take {bins} of these");
            let problem = Problem::warning(
                &lints::BINS_MERGED,
                &Path::root().field("sample_every"),
                rule,
                found,
            );
            self.add(problem.hint("make them wider, or leave it out"));
        }
    }
}
