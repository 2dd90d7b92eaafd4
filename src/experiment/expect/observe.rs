//! Observes a run for conditions, at no more detail than they need.
//!
//! Code that plays runs in other ways attaches the [`Recorder`] of an observer to them.

use std::collections::BTreeMap;

use super::periods::{Books, Periods};
use crate::experiment::health::{Course, Health};
use crate::experiment::listener::{Detail, Listener, Listeners};
use crate::experiment::prepared::Prepared;
use crate::experiment::run::Options;
use crate::kernel::time::Instant;
use crate::metrics::probe::{End, EventKind, Record, Unfinished};
use crate::report::result::RunResult;
use crate::scenario::build::BuildError;
use crate::scenario::expect::{Condition, MetricRef, Period, Sum};
use crate::scenario::schema::Fault;

/// The parts of a run that conditions need.
#[derive(Clone, Debug, Default)]
pub struct Observer {
    /// True if the phases are needed.
    courses: bool,
    watched: Vec<Watched>,
    /// Periods whose numbers are needed, by arm.
    periods: Vec<(String, Period)>,
}

/// An event that a condition waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Watched {
    pub(super) arm: String,
    pub(super) component: String,
    pub(super) event: EventKind,
    pub(super) from: Instant,
    /// The first instant that is too late; `NEVER` includes the last instant.
    pub(super) until: Instant,
}

/// A run, with the parts that conditions need.
#[derive(Clone, Debug)]
pub struct Observed {
    /// Result of the run.
    pub result: RunResult,
    /// Courses of its arms by name, if needed.
    pub(super) courses: BTreeMap<String, Course>,
    /// First instant of each event that is waited for.
    pub(super) firsts: Vec<(Watched, Option<Instant>)>,
    /// Beginning and end of each fault, by arm and name.
    pub(super) faults: Faults,
    /// Books of the needed periods.
    pub(super) periods: Vec<Books>,
    /// Latest end of its arms, if the scenario states one.
    pub(super) until: Option<Instant>,
}

/// The listeners of an observer for one run.
pub struct Recorder<'a> {
    observer: &'a Observer,
    faults: Faults,
    health: Option<Health>,
    watch: Watch<'a>,
    periods: Periods,
}

impl std::fmt::Debug for Recorder<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "recorder of {:?}", self.observer)
    }
}

impl Observer {
    /// The observer of these conditions about runs of `prepared`; every name in them has its arm,
    /// as in [`crate::scenario::expect::Instance`].
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
                    let wanted = (arm.clone(), period.clone());
                    if !self.periods.contains(&wanted) {
                        self.periods.push(wanted);
                    }
                }
            }
        }
    }

    /// Plays a run and observes it.
    ///
    /// # Errors
    /// Only for scenarios that a check refuses.
    pub fn observe(
        &self,
        prepared: &Prepared<'_>,
        options: &Options,
    ) -> Result<Observed, BuildError> {
        let mut recorder = self.recorder(prepared);
        let result = prepared.run_with(options, &mut Listeners(recorder.listeners()))?;
        Ok(recorder.observed(prepared, result))
    }

    /// The recorder of one run.
    #[must_use]
    pub fn recorder(&self, prepared: &Prepared<'_>) -> Recorder<'_> {
        let faults = faults(prepared);
        let books = self.periods.iter().filter_map(|(arm, period)| {
            let window = window(arm, period, &faults)?;
            Some(Books::new(arm, period, window))
        });
        Recorder {
            observer: self,
            health: self.courses.then(|| Health::new(prepared)),
            watch: Watch::new(&self.watched),
            periods: Periods::new(books.collect(), prepared.scenario()),
            faults,
        }
    }
}

impl Recorder<'_> {
    /// The listeners to attach to the run; the fewer, the faster the run.
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

    /// The observed run, from its result and the recorded parts.
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
    /// A run played by other means, with the courses of its arms, without events and periods.
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

/// First instant of a period, and the first after it; `NEVER` is the end of the run.
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

/// Beginning and end of faults, by arm and name.
pub(super) type Faults = BTreeMap<(String, String), (Instant, Instant)>;

/// Beginning and end of the faults of all arms, cut off at the end of the run.
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
    /// The event that a condition waits for, if any.
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

/// Records the first instants of events.
struct Watch<'a> {
    watched: &'a [Watched],
    firsts: Vec<Option<Instant>>,
    /// Events waited for in the present arm, by index of the component.
    by_component: Vec<Vec<usize>>,
}

impl<'a> Watch<'a> {
    fn new(watched: &'a [Watched]) -> Self {
        Self { watched, firsts: vec![None; watched.len()], by_component: Vec::new() }
    }
}

impl Listener for Watch<'_> {
    fn detail(&self) -> Detail {
        Detail::Records
    }

    fn begin(&mut self, arm: &str, names: &[String]) {
        let at = |name: &String| {
            let all = self.watched.iter().enumerate();
            let matching = all.filter(|(_, of)| of.arm == arm && of.component == *name);
            matching.map(|(at, _)| at).collect()
        };
        self.by_component = names.iter().map(at).collect();
    }

    fn record(&mut self, record: &Record) {
        for &at in &self.by_component[record.component as usize] {
            let watched = &self.watched[at];
            let first = &mut self.firsts[at];
            let in_time = record.at >= watched.from
                && (record.at < watched.until || watched.until == Instant::NEVER);
            if first.is_none() && watched.event == record.kind && in_time {
                *first = Some(record.at);
            }
        }
    }

    fn ended(&mut self, _end: &End) {}

    fn unfinished(&mut self, _request: &Unfinished) {}
}
