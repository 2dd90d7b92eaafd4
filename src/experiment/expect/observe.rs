//! A run, looked at for what conditions ask: no closer than they need.

use std::collections::BTreeMap;

use crate::experiment::explain::Course;
use crate::experiment::explain::health::Health;
use crate::experiment::listen::{Everyone, Hears, Listener};
use crate::experiment::prepared::Prepared;
use crate::experiment::run::Options;
use crate::kernel::time::Instant;
use crate::metrics::probe::{End, Record, Unfinished, What};
use crate::metrics::sampler::Resolution;
use crate::report::result::RunResult;
use crate::scenario::build::BuildError;
use crate::scenario::expect::Condition;
use crate::scenario::schema::Fault;

/// What a run has to be looked at for.
#[derive(Clone, Debug, Default)]
pub struct Observer {
    /// Its phases are asked for.
    courses: bool,
    watched: Vec<Watched>,
}

/// An event that is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Watched {
    pub(super) arm: String,
    pub(super) component: String,
    pub(super) event: What,
    pub(super) from: Instant,
}

/// A run, with what conditions may ask of it.
#[derive(Clone, Debug)]
pub struct Observed {
    /// Its numbers.
    pub result: RunResult,
    /// How well its arms were, by name, if that was asked for.
    pub(super) courses: BTreeMap<String, Course>,
    /// When what was waited for first happened.
    pub(super) firsts: Vec<(Watched, Option<Instant>)>,
    /// The faults of its arms, by arm and name: from when to when.
    pub(super) faults: BTreeMap<(String, String), (Instant, Instant)>,
}

impl Observer {
    /// For these conditions about runs of `prepared`; in each of them, every name has its arm, as
    /// in [`crate::scenario::expect::Instance`].
    #[must_use]
    pub fn new<'a>(
        prepared: &Prepared<'_>,
        conditions: impl IntoIterator<Item = &'a Condition>,
    ) -> Self {
        let mut observer = Self::default();
        for condition in conditions {
            observer.add(prepared, condition);
        }
        observer
    }

    fn add(&mut self, prepared: &Prepared<'_>, condition: &Condition) {
        match condition {
            Condition::Compares(..) => {}
            Condition::Recovers { .. } | Condition::Collapses { .. } => self.courses = true,
            Condition::Not(of) => self.add(prepared, of),
            Condition::Happens { .. } => {
                let faults = faults(prepared);
                if let Some(watched) = Watched::of(condition, &faults)
                    && !self.watched.contains(&watched)
                {
                    self.watched.push(watched);
                }
            }
        }
    }

    /// Plays a run and looks.
    ///
    /// # Errors
    /// Only for scenarios that a check refuses.
    pub fn observe(
        &self,
        prepared: &Prepared<'_>,
        options: &Options,
    ) -> Result<Observed, BuildError> {
        let mut options = options.clone();
        if self.courses {
            options = options.sampled(prepared.scenario());
        }
        let mut health = Health::new(options.sample.unwrap_or(Resolution::Auto));
        let mut watch = Watch::new(&self.watched);
        let mut listeners: Vec<&mut dyn Listener> = Vec::new();
        if self.courses {
            listeners.push(&mut health);
        }
        if !self.watched.is_empty() {
            listeners.push(&mut watch);
        }
        let result = prepared.run_with(&options, &mut Everyone(listeners))?;
        let courses = match self.courses {
            true => health.courses(prepared.scenario(), prepared.arms(), &result),
            false => BTreeMap::new(),
        };
        let firsts = self.watched.iter().cloned().zip(watch.firsts).collect();
        Ok(Observed { result, courses, firsts, faults: faults(prepared) })
    }
}

impl Observed {
    /// A run that was played by other means, with the courses of its arms; nothing was waited for.
    pub(in crate::experiment) fn of(
        prepared: &Prepared<'_>,
        result: RunResult,
        courses: BTreeMap<String, Course>,
    ) -> Self {
        Self { result, courses, firsts: Vec::new(), faults: faults(prepared) }
    }
}

type Faults = BTreeMap<(String, String), (Instant, Instant)>;

/// From when to when the faults of all arms last, none beyond the end of the run.
fn faults(prepared: &Prepared<'_>) -> Faults {
    let end = prepared.scenario().duration;
    let end = end.map_or(Instant::NEVER, |end| Instant::ZERO.saturating_add(end));
    let window = |fault: &Fault| {
        let at = |since| Instant::ZERO.saturating_add(since).min(end);
        (at(fault.from), at(fault.until))
    };
    let arms = prepared.arms().iter();
    arms.flat_map(|(arm, of)| {
        let named = of.faults.iter();
        named.map(move |(name, fault)| ((arm.clone(), name.clone()), window(fault)))
    })
    .collect()
}

impl Watched {
    /// The event that a condition waits for, if it does.
    pub(super) fn of(condition: &Condition, faults: &Faults) -> Option<Self> {
        let Condition::Happens { arm, component, event, fault, .. } = condition else {
            return None;
        };
        let arm = arm.clone()?;
        let from = match fault {
            Some(fault) => faults.get(&(arm.clone(), fault.clone()))?.0,
            None => Instant::ZERO,
        };
        Some(Self { arm, component: component.clone(), event: *event, from })
    }
}

/// Hears when events first happen.
struct Watch<'a> {
    watched: &'a [Watched],
    firsts: Vec<Option<Instant>>,
    /// Of the present arm: what is waited for at a component, by its index.
    here: Vec<Vec<usize>>,
}

impl<'a> Watch<'a> {
    fn new(watched: &'a [Watched]) -> Self {
        Self { watched, firsts: vec![None; watched.len()], here: Vec::new() }
    }
}

impl Listener for Watch<'_> {
    fn hears(&self) -> Hears {
        Hears::Records
    }

    fn begin(&mut self, arm: &str, names: &[String]) {
        let at = |name: &String| {
            let all = self.watched.iter().enumerate();
            let mine = all.filter(|(_, of)| of.arm == arm && of.component == *name);
            mine.map(|(at, _)| at).collect()
        };
        self.here = names.iter().map(at).collect();
    }

    fn record(&mut self, record: &Record) {
        for &at in &self.here[record.component as usize] {
            let watched = &self.watched[at];
            let first = &mut self.firsts[at];
            if first.is_none() && watched.event == record.what && record.at >= watched.from {
                *first = Some(record.at);
            }
        }
    }

    fn ended(&mut self, _end: &End) {}

    fn unfinished(&mut self, _request: &Unfinished) {}
}
