//! Shrinking: the smallest scenario that still shows something, and fails as the original did.
//!
//! What is kept is the condition and the failure behind it: the phase, the trigger, the first
//! bottleneck and the sustaining loop that `explain` names. A truth value alone is kept by
//! scenarios that show it for another reason.
//!
//! Delta debugging (Zeller and Hildebrandt 2002, "Simplifying and isolating failure-inducing
//! input"), level by level of the tree (Misherghi and Su 2006, "HDD"): parts are left out in ever
//! smaller groups, until no single part can be left out; then numbers become smaller, as long as
//! the run gets shorter, and rounder. Keyed draws make it work: whatever is left out leaves the
//! luck of the rest as it was.
//!
//! Candidates are tried in a fixed order and the first that shows it is taken, so the outcome does
//! not depend on how many threads there are.

mod cut;
mod reduce;

use std::ops::ControlFlow;

use super::ask::{Wanted, told};
use super::expect::{Observed, Observer};
use super::explain::failure::failure;
use super::health::Health;
use super::hunt::{Playing, Trouble};
use super::listen::Everyone;
use super::pool::{Ended, in_order};
use super::prepared::Prepared;
use super::run::Options;
use crate::report::search::shrink::{Kept, SHRINK_SCHEMA, Shrunk, Size};
use crate::scenario::Document;
use crate::scenario::build::BuildError;
use crate::scenario::expect::{Condition, Known};
use crate::scenario::problem::{Problem, Problems};
use crate::scenario::written::{Written, quoted};

/// A candidate may take so many times the events of the original; what runs away shows nothing.
const MOST_EVENTS: u64 = 2;

/// What is shrunk, and how hard.
#[derive(Debug)]
pub struct Shrinking<'a> {
    /// The name of the scenario.
    pub name: &'a str,
    /// The scenario as it is written.
    pub document: &'a Document,
    /// The seed of the run that shows it.
    pub seed: u64,
    /// Runs at most.
    pub tries: u64,
}

/// What came out.
#[derive(Debug)]
pub enum Outcome {
    /// A scenario that shows it, as text, and what was done.
    Small(String, Box<Shrunk>),
    /// The run does not show it, so there is nothing to keep.
    NotShown,
}

/// Shrinks a scenario to what still shows any of what is wanted, the first of it that its run
/// shows. `progress` hears how many runs were tried and how many values are left.
///
/// # Errors
/// When the scenario is invalid.
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
    // What changes no result needs no try.
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

/// A scenario on its way down.
struct Shrinker<'a> {
    trial: Trial<'a>,
    playing: Playing<'a>,
    most: u64,
    tries: u64,
    /// The smallest so far that shows it.
    tree: Written,
    /// Events of its run, and of the original's.
    events: u64,
    first_events: u64,
    cuts: Vec<String>,
    interrupted: bool,
    progress: &'a mut dyn FnMut(u64, u64),
}

/// What a candidate must show to be taken.
struct Trial<'a> {
    name: &'a str,
    condition: &'a Condition,
    /// How the arms of the condition failed.
    kept: Vec<Kept>,
    options: Options,
}

/// What a candidate comes to: whether it was run, and its events if it shows what is wanted.
struct Tried {
    ran: bool,
    events: Option<u64>,
}

impl Shrinker<'_> {
    /// Cuts and rounds until neither finds anything: each step leaves fewer values, or else fewer
    /// events, or else fewer digits, so there is an end.
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

    /// Takes the first of these candidates that shows it with at most so many events, and says
    /// which.
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
            self.interrupted |= ended != Ended::Done && stop.asked();
            return None;
        };
        self.tree = candidates[at].clone();
        self.events = events;
        (self.progress)(self.tries, self.tree.values());
        Some(at)
    }

    /// The text with the sentence that pins what it shows, held against a run of this very text.
    fn pinned(&self) -> Result<(String, String), Trouble> {
        let document = Document::parse(self.trial.name, self.tree.text().as_bytes())?;
        let known = Known::new(&document.scenario()?.scenario);
        // Without the name of the arm, if it goes without saying.
        let sentence = told(self.trial.condition, &known);
        let mut tree = self.tree.clone();
        let list = Written::List(vec![Written::Leaf(quoted(&sentence))]);
        tree.set_field("expect", list, false);
        let text = tree.text();
        if self.interrupted {
            // It was played without this sentence, which changes no run.
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
    /// Plays a candidate, if it is a scenario that has all that the condition names.
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

/// Plays a run, and looks at how its arms failed.
fn observe(
    observer: &Observer,
    prepared: &Prepared<'_>,
    options: &Options,
) -> Result<(Observed, Vec<Kept>), BuildError> {
    let mut ears = observer.ears(prepared);
    let mut health = Health::new(prepared);
    let mut listeners = ears.listeners();
    listeners.push(&mut health);
    let result = prepared.run_with(options, &mut Everyone(listeners))?;
    let courses = health.courses();
    let failures = prepared.arms().iter().filter_map(|(name, arm)| {
        failure(prepared.scenario(), (name, arm), &result, courses.get(name)?)
    });
    let failures = failures.collect();
    Ok((ears.observed(prepared, result), failures))
}
