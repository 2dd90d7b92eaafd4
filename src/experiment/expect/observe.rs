//! A run, looked at for what conditions ask: no closer than they need.
//!
//! Whoever plays runs in other ways takes the [`Ears`] of an observer and has the run heard by
//! them.

use std::collections::BTreeMap;

use super::periods::{Books, Periods};
use crate::experiment::health::{Course, Health};
use crate::experiment::listen::{Everyone, Hears, Listener};
use crate::experiment::prepared::Prepared;
use crate::experiment::run::Options;
use crate::kernel::time::Instant;
use crate::metrics::probe::{End, Record, Unfinished, What};
use crate::report::result::RunResult;
use crate::scenario::build::BuildError;
use crate::scenario::expect::{Condition, MetricRef, Period, Sum};
use crate::scenario::schema::Fault;

/// What a run has to be looked at for.
#[derive(Clone, Debug, Default)]
pub struct Observer {
    /// Its phases are asked for.
    courses: bool,
    watched: Vec<Watched>,
    /// Stretches of time that numbers are asked of, by arm.
    periods: Vec<(String, Period)>,
}

/// An event that is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Watched {
    pub(super) arm: String,
    pub(super) component: String,
    pub(super) event: What,
    pub(super) from: Instant,
    /// The first instant at which it is too late; `NEVER` includes the last one.
    pub(super) until: Instant,
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
    pub(super) faults: Faults,
    /// The books of the periods that were asked for.
    pub(super) periods: Vec<Books>,
    /// When its arms end at the latest, if the scenario says so.
    pub(super) until: Option<Instant>,
}

/// What hears a run for an observer.
pub struct Ears<'a> {
    observer: &'a Observer,
    faults: Faults,
    health: Option<Health>,
    watch: Watch<'a>,
    periods: Periods,
}

impl std::fmt::Debug for Ears<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ears of {:?}", self.observer)
    }
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
            Condition::Compares(left, _, right) => {
                self.add_periods(left);
                self.add_periods(right);
            }
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

    fn add_periods(&mut self, sum: &Sum) {
        match sum {
            Sum::Number(..) => {}
            Sum::Minus(of) => self.add_periods(of),
            Sum::Two(left, _, right) => {
                self.add_periods(left);
                self.add_periods(right);
            }
            Sum::Metric(MetricRef { arm, period, .. }) => {
                if let (Some(arm), Some(period)) = (arm, period) {
                    let asked = (arm.clone(), period.clone());
                    if !self.periods.contains(&asked) {
                        self.periods.push(asked);
                    }
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
        let mut ears = self.ears(prepared);
        let result = prepared.run_with(options, &mut Everyone(ears.listeners()))?;
        Ok(ears.observed(prepared, result))
    }

    /// What is to hear one run.
    #[must_use]
    pub fn ears(&self, prepared: &Prepared<'_>) -> Ears<'_> {
        let faults = faults(prepared);
        let books = self.periods.iter().filter_map(|(arm, period)| {
            let window = window(arm, period, &faults)?;
            Some(Books::new(arm, period, window))
        });
        Ears {
            observer: self,
            health: self.courses.then(|| Health::new(prepared)),
            watch: Watch::new(&self.watched),
            periods: Periods::new(books.collect(), prepared.scenario()),
            faults,
        }
    }
}

impl Ears<'_> {
    /// Those that have to hear the run: the fewer, the faster it is.
    pub fn listeners(&mut self) -> Vec<&mut dyn Listener> {
        let mut listeners: Vec<&mut dyn Listener> = Vec::new();
        if let Some(health) = &mut self.health {
            listeners.push(health);
        }
        if !self.watch.watched.is_empty() {
            listeners.push(&mut self.watch);
        }
        if !self.periods.books.is_empty() {
            listeners.push(&mut self.periods);
        }
        listeners
    }

    /// What they have heard of the run that this is the result of.
    #[must_use]
    pub fn observed(self, prepared: &Prepared<'_>, result: RunResult) -> Observed {
        let courses = self.health.map_or_else(BTreeMap::new, |health| health.courses());
        let firsts = self.observer.watched.iter().cloned().zip(self.watch.firsts).collect();
        let end = prepared.scenario().duration;
        Observed {
            result,
            courses,
            firsts,
            faults: self.faults,
            periods: self.periods.books,
            until: end.map(|end| Instant::ZERO.saturating_add(end)),
        }
    }
}

impl Observed {
    /// A run that was played by other means, with the courses of its arms; nothing was waited for,
    /// and no period was asked for.
    pub(in crate::experiment) fn of(
        prepared: &Prepared<'_>,
        result: RunResult,
        courses: BTreeMap<String, Course>,
    ) -> Self {
        let end = prepared.scenario().duration;
        Self {
            result,
            courses,
            firsts: Vec::new(),
            faults: faults(prepared),
            periods: Vec::new(),
            until: end.map(|end| Instant::ZERO.saturating_add(end)),
        }
    }
}

/// From when to when requests of a period arrive; `NEVER` is the end of the run.
fn window(arm: &str, period: &Period, faults: &Faults) -> Option<(Instant, Instant)> {
    let at = |since| Instant::ZERO.saturating_add(since);
    let fault = |name: &String| faults.get(&(arm.to_owned(), name.clone())).copied();
    Some(match period {
        Period::Between(from, until) => (at(*from), until.map_or(Instant::NEVER, at)),
        Period::Before(name) => (Instant::ZERO, fault(name)?.0),
        Period::During(name) => fault(name)?,
        Period::Since(name) => (fault(name)?.0, Instant::NEVER),
        Period::After(name) => (fault(name)?.1, Instant::NEVER),
    })
}

/// From when to when faults last, by arm and name.
pub(super) type Faults = BTreeMap<(String, String), (Instant, Instant)>;

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
        let Condition::Happens { arm, component, event, period, .. } = condition else {
            return None;
        };
        let arm = arm.clone()?;
        let (from, until) = match period {
            Some(period) => window(&arm, period, faults)?,
            None => (Instant::ZERO, Instant::NEVER),
        };
        Some(Self { arm, component: component.clone(), event: *event, from, until })
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
            let in_time = record.at >= watched.from
                && (record.at < watched.until || watched.until == Instant::NEVER);
            if first.is_none() && watched.event == record.what && in_time {
                *first = Some(record.at);
            }
        }
    }

    fn ended(&mut self, _end: &End) {}

    fn unfinished(&mut self, _request: &Unfinished) {}
}
