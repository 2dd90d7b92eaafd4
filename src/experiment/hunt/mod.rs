//! The hunt for the first run that shows a condition, over seeds and over variants of a scenario.
//!
//! All runs before the first hit are played, and all planned runs if their share is to be reported,
//! so the result does not depend on the number of threads.

mod branch;
pub mod split;

use std::ops::ControlFlow;

use super::condition::{Wanted, condition_words};
use super::pool::{Ended, Jobs, Stop, in_order};
use super::prepared::Prepared;
use super::run::Options;
use crate::report::search::hunt::{HUNT_SCHEMA, Hunted, Shown, Spread};
use crate::scenario::build::BuildError;
use crate::scenario::expect::Known;
use crate::scenario::schema::Scenario;
use crate::scenario::{Document, Problems};
use crate::statistics::proportion::Proportion;

/// The runs to search.
#[derive(Debug)]
pub struct SearchSpace<'a> {
    /// First seed.
    pub first: u64,
    /// Number of seeds, from there on.
    pub seeds: u64,
    /// Variants of the scenario to try with each seed.
    pub vary: Option<Vary<'a>>,
    /// True to stop at the first hit instead of counting all hits.
    pub first_only: bool,
}

/// Variants of a scenario.
#[derive(Debug)]
pub struct Vary<'a> {
    /// The scenario as written.
    pub document: &'a Document,
    /// Assignments of each variant, at least one.
    pub points: Vec<Vec<String>>,
}

/// Reasons why a search cannot continue.
#[derive(Debug)]
pub enum Trouble {
    /// A value makes an invalid scenario.
    Problems(Box<Problems>),
    /// A scenario that was not checked.
    Build(BuildError),
}

impl From<BuildError> for Trouble {
    fn from(error: BuildError) -> Self {
        Self::Build(error)
    }
}

impl From<Problems> for Trouble {
    fn from(problems: Problems) -> Self {
        Self::Problems(Box::new(problems))
    }
}

impl Vary<'_> {
    /// Assignments and scenario of each variant.
    fn scenarios(&self) -> Result<Vec<(Vec<String>, Scenario)>, Trouble> {
        let at =
            |set: &Vec<String>| Ok((set.clone(), self.document.with(set)?.scenario()?.scenario));
        self.points.iter().map(at).collect()
    }
}

/// How runs are played and interrupted.
#[derive(Clone, Copy, Debug)]
pub struct Playing<'a> {
    /// Options of each run.
    pub options: &'a Options,
    /// Number of runs at a time.
    pub jobs: Jobs,
    /// Interrupts the search.
    pub stop: &'a Stop,
}

/// Looks for the first run that shows what is wanted: seed by seed, and for each seed variant by
/// variant. `progress` gets the number of runs done and the number planned.
///
/// # Errors
/// If a variant is no valid scenario.
pub fn hunt(
    (scenario, name): (&Scenario, &str),
    wanted: &Wanted,
    space: &SearchSpace<'_>,
    playing: Playing<'_>,
    mut progress: impl FnMut(u64, u64),
) -> Result<Hunted, Trouble> {
    let variants = match &space.vary {
        Some(vary) => vary.scenarios()?,
        None => vec![(Vec::new(), scenario.clone())],
    };
    let (arms, known) = (wanted.arms(), Known::new(scenario));
    let prepared: Vec<Prepared<'_>> =
        variants.iter().map(|(_, of)| Prepared::new(of, name).only(&arms)).collect();
    let points = prepared.len() as u64;
    let total = space.seeds.saturating_mul(points);
    let look = Look { wanted, known: &known, prepared: &prepared, options: playing.options };
    let play = |number: u64| look.at(space.first + number / points, (number % points) as usize);
    let mut first = None;
    let mut failure = None;
    let mut seen = Proportion { hits: 0, runs: 0 };
    let mut stopped = 0;
    let mut hits_at = vec![0; prepared.len()];
    let ended = in_order(playing.jobs, total, playing.stop, play, |_, outcome| {
        let (shown, early) = match outcome {
            Ok(outcome) => outcome,
            Err(error) => {
                failure = Some(error);
                return ControlFlow::Break(());
            }
        };
        seen.runs += 1;
        stopped += u64::from(early);
        if let Some(shown) = shown {
            seen.hits += 1;
            hits_at[shown.3] += 1;
            first.get_or_insert(shown);
        }
        progress(seen.runs, total);
        match space.first_only && first.is_some() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    });
    if let Some(error) = failure {
        return Err(error.into());
    }
    let first = first.map(|(condition, actual, seed, point)| {
        let set = variants[point].0.clone();
        Shown { seed, set, condition, actual }
    });
    // A hunt that stops at its first hit is no sample with a share to report.
    let counted = !space.first_only || first.is_none();
    let spread = space.vary.as_ref().filter(|_| counted);
    let spread = spread.map(|_| self::spread(&variants, &hits_at, seen.runs)).unwrap_or_default();
    Ok(Hunted {
        schema: HUNT_SCHEMA,
        scenario: name.to_owned(),
        wanted: wanted.text.clone(),
        seeds: [space.first, space.first.saturating_add(space.seeds - 1)],
        found: first,
        proportion: counted.then_some(seen),
        runs: seen.runs,
        planned: total,
        stopped,
        spread,
        split: None,
        interrupted: ended != Ended::Done && playing.stop.is_requested(),
    })
}

/// Plays and judges single runs.
struct Look<'a> {
    wanted: &'a Wanted,
    known: &'a Known,
    /// One scenario for each variant.
    prepared: &'a [Prepared<'a>],
    options: &'a Options,
}

/// Condition and numbers in words, seed, and variant of a run that shows what is wanted.
type Showing = (String, String, u64, usize);

impl Look<'_> {
    /// Plays a run; returns what it shows, and whether it stopped early.
    fn at(&self, seed: u64, point: usize) -> Result<(Option<Showing>, bool), BuildError> {
        let prepared = &self.prepared[point];
        let options = Options { seed: Some(seed), ..self.options.clone() };
        let observed = self.wanted.observer(prepared).observe(prepared, &options)?;
        let shown = self.wanted.shown(&observed).map(|condition| {
            let actual = observed.answer(condition).actual;
            (condition_words(condition, self.known), actual, seed, point)
        });
        Ok((shown, observed.result.stopped.is_some()))
    }
}

/// The share of hits of each variant.
fn spread(variants: &[(Vec<String>, Scenario)], hits_at: &[u64], runs: u64) -> Vec<Spread> {
    let points = variants.len() as u64;
    let at = |(point, (set, _)): (usize, &(Vec<String>, Scenario))| {
        let runs = runs_at(runs, points, point as u64);
        Spread { set: set.clone(), hits: hits_at[point], runs }
    };
    variants.iter().enumerate().map(at).collect()
}

/// The number of runs of variant `point` among the first `runs`.
fn runs_at(runs: u64, points: u64, point: u64) -> u64 {
    runs / points + u64::from(point < runs % points)
}
