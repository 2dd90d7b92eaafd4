//! Shrinking: the smallest scenario that still shows a condition, and fails as the original does.
//!
//! A candidate must keep the condition and the failure behind it: the phase, the trigger, the first
//! bottleneck and the sustaining loop of `explain`. The condition alone could hold for another
//! reason.
//!
//! The method is delta debugging (Zeller and Hildebrandt 2002, "Simplifying and isolating
//! failure-inducing input"), level by level of the tree (Misherghi and Su 2006, "HDD"): parts are
//! removed in ever smaller groups, until no single part can be removed; then numbers become
//! smaller, as long as the run gets shorter, and rounder. It relies on keyed draws: removing a part
//! does not change the random numbers of the rest.
//!
//! Candidates are tried in a fixed order and the first that fits is taken, so the outcome does not
//! depend on the number of threads.

mod cut;
mod reduce;

use std::ops::ControlFlow;

use super::condition::{Wanted, condition_words};
use super::expect::{Observed, Observer};
use super::explain::failure::failure;
use super::health::Health;
use super::hunt::{Playing, Trouble};
use super::listener::Listeners;
use super::pool::{Ended, in_order};
use super::prepared::Prepared;
use super::run::Options;
use crate::report::search::shrink::{Kept, SHRINK_SCHEMA, Shrunk, Size};
use crate::scenario::Document;
use crate::scenario::build::BuildError;
use crate::scenario::expect::{Condition, Known};
use crate::scenario::problem::{Problem, Problems};
use crate::scenario::written::{Written, quoted};

/// Largest multiple of the original's events that a candidate may take.
const MOST_EVENTS: u64 = 2;

/// The scenario to shrink, and the limits.
#[derive(Debug)]
pub struct Shrinking<'a> {
    /// Name of the scenario.
    pub name: &'a str,
    /// The scenario as written.
    pub document: &'a Document,
    /// Seed of the run.
    pub seed: u64,
    /// Most runs.
    pub tries: u64,
}

/// Outcomes of shrinking.
#[derive(Debug)]
pub enum Outcome {
    /// The text of the small scenario, and the report.
    Small(String, Box<Shrunk>),
    /// The run of the original does not show the condition.
    NotShown,
}

/// Shrinks a scenario while it shows the first wanted condition that its run shows. `progress` gets
/// the number of runs tried and the number of values left.
///
/// # Errors
/// If the scenario is invalid.
pub fn shrink(
    shrinking: &Shrinking<'_>,
    wanted: &Wanted,
    playing: Playing<'_>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Outcome, Trouble> {
    let scenario = shrinking.document.scenario()?.scenario;
    let prepared = Prepared::new(&scenario, shrinking.name);
    let options = Options { seed: Some(shrinking.seed), ..playing.options.clone() };
    let options = options.sampled(&scenario);
    let (observed, failures) = observe(&wanted.observer(&prepared), &prepared, &options)?;
    let Some(condition) = wanted.shown(&observed) else {
        return Ok(Outcome::NotShown);
    };
    let arms = condition.arms();
    let about = |kept: &Kept| arms.contains(kept.arm.as_str());
    let events = observed.result.events;
    let before = Size { values: shrinking.document.written().values(), events };
    let mut tree = shrinking.document.written();
    // Fields that change no result are removed without a try.
    tree.retain(&|_, name, _| name != "about" && name != "expect");
    tree.set_field("seed", Written::Leaf(shrinking.seed.to_string()), false);
    let max_events = events.saturating_mul(MOST_EVENTS).saturating_add(10_000);
    let trial = Trial {
        name: shrinking.name,
        condition,
        kept: failures.into_iter().filter(about).collect(),
        // The seed is in the text.
        options: Options { seed: None, max_events: max_events.min(options.max_events), ..options },
    };
    let mut shrinker = Shrinker {
        trial,
        playing,
        most: shrinking.tries,
        tries: 0,
        tree,
        events,
        first_events: events,
        cuts: Vec::new(),
        interrupted: false,
        progress,
    };
    shrinker.all();
    let (text, pinned) = shrinker.pinned()?;
    let after = Size { values: shrinker.tree.values(), events: shrinker.events };
    let shrunk = Shrunk {
        schema: SHRINK_SCHEMA,
        scenario: shrinking.name.to_owned(),
        seed: shrinking.seed,
        condition: condition.to_string(),
        pinned,
        kept: shrinker.trial.kept,
        before,
        after,
        cuts: shrinker.cuts,
        tries: shrinker.tries,
        exhausted: shrinker.tries >= shrinker.most,
        interrupted: shrinker.interrupted,
    };
    Ok(Outcome::Small(text, Box::new(shrunk)))
}

/// The state of shrinking.
struct Shrinker<'a> {
    trial: Trial<'a>,
    playing: Playing<'a>,
    most: u64,
    tries: u64,
    /// Smallest scenario so far.
    tree: Written,
    /// Events of its run, and of the original run.
    events: u64,
    first_events: u64,
    cuts: Vec<String>,
    interrupted: bool,
    progress: &'a mut dyn FnMut(u64, u64),
}

/// The test of candidates.
struct Trial<'a> {
    name: &'a str,
    condition: &'a Condition,
    /// Failures of the arms of the condition, to be kept.
    kept: Vec<Kept>,
    options: Options,
}

/// Result of a candidate: whether it was run, and its events if it passes.
struct Tried {
    ran: bool,
    events: Option<u64>,
}

impl Shrinker<'_> {
    /// Cuts and rounds until neither succeeds. Each step leaves fewer values, else fewer events,
    /// else fewer digits, so it terminates.
    fn all(&mut self) {
        loop {
            let before = self.tree.clone();
            self.cut();
            self.shorten();
            self.round();
            if self.is_over() || self.tree == before {
                break;
            }
        }
    }

    fn is_over(&self) -> bool {
        self.interrupted || self.tries >= self.most
    }

    /// Takes the first candidate that passes with at most `most_events`; returns its index.
    fn first(&mut self, candidates: &[Written], most_events: u64) -> Option<usize> {
        if candidates.is_empty() || self.is_over() {
            return None;
        }
        let Playing { jobs, stop, .. } = self.playing;
        let trial = &self.trial;
        let play = |at: u64| trial.play(&candidates[at as usize]);
        let mut taken = None;
        let (mut tries, most) = (self.tries, self.most);
        let ended = in_order(jobs, candidates.len() as u64, stop, play, |at, tried| {
            tries += u64::from(tried.ran);
            if let Some(events) = tried.events.filter(|events| *events <= most_events) {
                taken = Some((at as usize, events));
            }
            match taken.is_some() || tries >= most {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
        self.tries = tries;
        let Some((at, events)) = taken else {
            self.interrupted |= ended != Ended::Done && stop.is_requested();
            return None;
        };
        self.tree = candidates[at].clone();
        self.events = events;
        (self.progress)(self.tries, self.tree.values());
        Some(at)
    }

    /// The text with an expectation of what it shows, verified by a run of exactly this text.
    fn pinned(&self) -> Result<(String, String), Trouble> {
        let document = Document::parse(self.trial.name, self.tree.text().as_bytes())?;
        let known = Known::new(&document.scenario()?.scenario);
        // The name of the only arm is left out.
        let sentence = condition_words(self.trial.condition, &known);
        let mut tree = self.tree.clone();
        let list = Written::List(vec![Written::Leaf(quoted(&sentence))]);
        tree.set_field("expect", list, false);
        let text = tree.text();
        if self.interrupted {
            // The run was played without this sentence, which changes no run.
            return Ok((text, sentence));
        }
        let refused = |rule: &str| {
            Problems::one(
                self.trial.name,
                text.as_str(),
                Problem::error(&Default::default(), rule, ""),
            )
        };
        match self.trial.play(&tree).events == Some(self.events) {
            true => Ok((text, sentence)),
            false => Err(refused("the shrunk scenario does not show it again").into()),
        }
    }
}

impl Trial<'_> {
    /// Plays a candidate, if it is valid and has everything that the condition names.
    fn play(&self, tree: &Written) -> Tried {
        let nothing = Tried { ran: false, events: None };
        let document = Document::parse(self.name, tree.text().as_bytes());
        let Ok(checked) = document.and_then(|document| document.scenario()) else {
            return nothing;
        };
        let scenario = checked.scenario;
        if self.condition.instances(&Known::new(&scenario)).is_empty() {
            return nothing;
        }
        let prepared = Prepared::new(&scenario, self.name);
        let observer = Observer::new(&prepared, [self.condition]);
        let Ok((observed, failures)) = observe(&observer, &prepared, &self.options) else {
            return nothing;
        };
        let whole = observed.result.stopped.is_none();
        let holds = whole && observed.answer(self.condition).holds;
        let same = |kept: &Kept| failures.iter().any(|failure| kept.is_shown_by(failure));
        let shows = holds && self.kept.iter().all(same);
        Tried { ran: true, events: shows.then_some(observed.result.events) }
    }
}

/// Plays a run, and determines the failures of its arms.
fn observe(
    observer: &Observer,
    prepared: &Prepared<'_>,
    options: &Options,
) -> Result<(Observed, Vec<Kept>), BuildError> {
    let mut recorder = observer.recorder(prepared);
    let mut health = Health::new(prepared);
    let mut listeners = recorder.listeners();
    listeners.push(&mut health);
    let result = prepared.run_with(options, &mut Listeners(listeners))?;
    let courses = health.courses();
    let failures = prepared.arms().iter().filter_map(|(name, arm)| {
        failure(prepared.scenario(), (name, arm), &result, courses.get(name)?)
    });
    let failures = failures.collect();
    Ok((recorder.observed(prepared, result), failures))
}
