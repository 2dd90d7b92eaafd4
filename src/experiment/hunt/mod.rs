//! The hunt: seeds, and instants of a fault, for the first run that shows something.
//!
//! Every run that comes before the one that is found has been played, and so has the rest of what
//! was asked for, if how often it happens is to be told: the answer does not depend on how many
//! threads there are.

mod branch;
pub mod split;

use std::ops::ControlFlow;

use super::ask::{Wanted, told};
use super::pool::{Ended, Jobs, Stop, in_order};
use super::prepared::Prepared;
use super::run::Options;
use crate::report::search::hunt::{HUNT_SCHEMA, Hunted, Shown, Spread};
use crate::scenario::build::BuildError;
use crate::scenario::expect::Known;
use crate::scenario::schema::Scenario;
use crate::scenario::{Document, Problems};
use crate::statistics::proportion::Proportion;

/// Where to look.
#[derive(Debug)]
pub struct Ground<'a> {
    /// The first seed.
    pub first: u64,
    /// How many, from there on.
    pub seeds: u64,
    /// A value that is turned as well, over so many points.
    pub vary: Option<Vary<'a>>,
    /// Stop at the first run that shows it, instead of counting how many do.
    pub first_only: bool,
}

/// What is set differently while seeds are tried.
#[derive(Debug)]
pub struct Vary<'a> {
    /// The scenario as it is written.
    pub document: &'a Document,
    /// What is set, one point after the other; at least one.
    pub points: Vec<Vec<String>>,
}

/// Why a search cannot go on.
#[derive(Debug)]
pub enum Trouble {
    /// A value makes an invalid scenario.
    Problems(Box<Problems>),
    /// A scenario was not checked.
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
    /// The assignments and scenarios of all points.
    fn scenarios(&self) -> Result<Vec<(Vec<String>, Scenario)>, Trouble> {
        let at =
            |set: &Vec<String>| Ok((set.clone(), self.document.with(set)?.scenario()?.scenario));
        self.points.iter().map(at).collect()
    }
}

/// How a run is played and broken off.
#[derive(Clone, Copy, Debug)]
pub struct Playing<'a> {
    /// How a run is played.
    pub options: &'a Options,
    /// How many at a time.
    pub jobs: Jobs,
    /// Breaks off.
    pub stop: &'a Stop,
}

/// Looks for the first run that shows what is wanted: by seed, and for each seed by the value that
/// is turned. `progress` hears how many runs of how many are done.
///
/// # Errors
/// When a value that is turned makes no valid scenario.
pub fn hunt(
    (scenario, name): (&Scenario, &str),
    wanted: &Wanted,
    ground: &Ground<'_>,
    playing: Playing<'_>,
    mut progress: impl FnMut(u64, u64),
) -> Result<Hunted, Trouble> {
    let turned = match &ground.vary {
        Some(vary) => vary.scenarios()?,
        None => vec![(Vec::new(), scenario.clone())],
    };
    let (arms, known) = (wanted.arms(), Known::new(scenario));
    let prepared: Vec<Prepared<'_>> =
        turned.iter().map(|(_, of)| Prepared::new(of, name).only(&arms)).collect();
    let points = prepared.len() as u64;
    let total = ground.seeds.saturating_mul(points);
    let look = Look { wanted, known: &known, prepared: &prepared, options: playing.options };
    let play = |number: u64| look.at(ground.first + number / points, (number % points) as usize);
    let mut found = None;
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
            found.get_or_insert(shown);
        }
        progress(seen.runs, total);
        match ground.first_only && found.is_some() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    });
    if let Some(error) = failure {
        return Err(error.into());
    }
    let found = found.map(|(condition, actual, seed, point)| {
        let set = turned[point].0.clone();
        Shown { seed, set, condition, actual }
    });
    // Who stops at the first hit has not sampled: how long it took says how rare it is, barely.
    let counted = !ground.first_only || found.is_none();
    let spread = ground.vary.as_ref().filter(|_| counted);
    let spread = spread.map(|_| self::spread(&turned, &hits_at, seen.runs)).unwrap_or_default();
    Ok(Hunted {
        schema: HUNT_SCHEMA,
        scenario: name.to_owned(),
        wanted: wanted.text.clone(),
        seeds: [ground.first, ground.first.saturating_add(ground.seeds - 1)],
        found,
        proportion: counted.then_some(seen),
        runs: seen.runs,
        planned: total,
        stopped,
        spread,
        split: None,
        interrupted: ended != Ended::Done && playing.stop.asked(),
    })
}

/// How a run is looked at.
struct Look<'a> {
    wanted: &'a Wanted,
    known: &'a Known,
    /// One for each point.
    prepared: &'a [Prepared<'a>],
    options: &'a Options,
}

/// What a run shows, in words, with its seed and its point.
type Showing = (String, String, u64, usize);

impl Look<'_> {
    /// What the run with this seed at this point shows, and whether it stopped early.
    fn at(&self, seed: u64, point: usize) -> Result<(Option<Showing>, bool), BuildError> {
        let prepared = &self.prepared[point];
        let options = Options { seed: Some(seed), ..self.options.clone() };
        let observed = self.wanted.observer(prepared).observe(prepared, &options)?;
        let shown = self.wanted.shown(&observed).map(|condition| {
            let actual = observed.answer(condition).actual;
            (told(condition, self.known), actual, seed, point)
        });
        Ok((shown, observed.result.stopped.is_some()))
    }
}

/// How many runs show it at each point.
fn spread(turned: &[(Vec<String>, Scenario)], hits_at: &[u64], runs: u64) -> Vec<Spread> {
    let points = turned.len() as u64;
    let at = |(point, (set, _)): (usize, &(Vec<String>, Scenario))| {
        let runs = runs_at(runs, points, point as u64);
        Spread { set: set.clone(), hits: hits_at[point], runs }
    };
    turned.iter().enumerate().map(at).collect()
}

/// Of the first `runs` numbers, those that are played at this point.
fn runs_at(runs: u64, points: u64, point: u64) -> u64 {
    runs / points + u64::from(point < runs % points)
}
