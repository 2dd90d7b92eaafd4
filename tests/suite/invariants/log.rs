//! All records of a run by arm, and numbers that follow from records alone.

use std::collections::{BTreeMap, BTreeSet};

use dessim::experiment::listener::Listener;
use dessim::experiment::run::{Options, run_with};
use dessim::metrics::probe::{EventKind, Record};
use dessim::report::result::RunResult;
use dessim::scenario::schema::Scenario;

/// Records of one arm, with the names of its components.
#[derive(Clone, Default, PartialEq, Debug)]
pub(super) struct ArmLog {
    names: Vec<String>,
    pub(super) records: Vec<Record>,
}

impl ArmLog {
    pub(super) fn name(&self, record: &Record) -> &str {
        &self.names[record.component as usize]
    }

    pub(super) fn load_name(&self, load: u32) -> &str {
        &self.names[load as usize]
    }

    /// Records at the components of this name.
    pub(super) fn at<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Record> {
        self.records.iter().filter(move |record| self.name(record) == name)
    }
}

#[derive(Default)]
struct Log {
    arms: BTreeMap<String, ArmLog>,
    present: String,
}

impl Listener for Log {
    fn begin(&mut self, arm: &str, names: &[String]) {
        self.present = arm.to_owned();
        let names = names.to_vec();
        let records = Vec::new();
        self.arms.insert(arm.to_owned(), ArmLog { names, records });
    }

    fn record(&mut self, record: &Record) {
        let arm = self.arms.get_mut(&self.present).expect("an arm has begun");
        arm.records.push(*record);
    }
}

/// Runs a scenario and keeps every record.
pub(super) fn log(scenario: &Scenario, options: &Options) -> (RunResult, BTreeMap<String, ArmLog>) {
    let mut log = Log::default();
    let result = run_with(scenario, "test", options, &mut log).expect("a checked scenario runs");
    (result, log.arms)
}

/// An attempt, by load, request, call and number.
type Attempt = (u32, u64, u64, u32);

/// Times and levels of a service, from its records alone.
#[derive(Default)]
pub(super) struct Rebuilt {
    /// Slot time and waiting time in the window, in nanoseconds.
    pub(super) busy_area: u128,
    pub(super) waiting_area: u128,
    /// Waits of measured attempts that got a slot.
    pub(super) waits: Vec<u64>,
    /// Largest levels at the end of any event.
    pub(super) busy_max: u64,
    pub(super) waiting_max: u64,
    /// True if an attempt waited while a slot was free, at the end of an event, or of all events of
    /// an instant.
    pub(super) idled: bool,
}

/// The attempts at a service, and the window in nanoseconds.
struct Present {
    window: (u64, u64),
    /// Instants since which each attempt holds a slot, and since which each waits for one.
    busy: BTreeMap<Attempt, u64>,
    waiting: BTreeMap<Attempt, u64>,
    /// Attempts that have had a slot, and attempts that wait for calls without one.
    begun: BTreeSet<Attempt>,
    calling: BTreeSet<Attempt>,
}

impl Present {
    /// True if an attempt waits while a slot is free.
    fn idles(&self, slots: u64) -> bool {
        !self.waiting.is_empty() && (self.busy.len() as u64) < slots
    }

    fn within(&self, start: u64, end: u64) -> u128 {
        let (from, until) = self.window;
        u128::from(end.clamp(from, until) - start.clamp(from, until))
    }

    /// Adds the time in a slot that ends; false if there is none.
    fn end_work(&mut self, attempt: Attempt, at: u64, rebuilt: &mut Rebuilt) -> bool {
        let started = self.busy.remove(&attempt);
        rebuilt.busy_area += started.map_or(0, |started| self.within(started, at));
        started.is_some()
    }

    /// Adds the wait that ends; false if there is none.
    fn end_wait(&mut self, attempt: Attempt, at: u64, rebuilt: &mut Rebuilt) -> bool {
        let since = self.waiting.remove(&attempt);
        rebuilt.waiting_area += since.map_or(0, |since| self.within(since, at));
        since.is_some()
    }

    /// The wait before the first slot of an attempt.
    fn start(&mut self, attempt: Attempt, at: u64, rebuilt: &mut Rebuilt) -> Option<u64> {
        let since = self.waiting.get(&attempt).copied().unwrap_or(at);
        self.end_wait(attempt, at, rebuilt);
        if self.begun.insert(attempt) {
            assert_eq!(self.busy.insert(attempt, at), None, "{attempt:?} starts twice");
            return Some(at - since);
        }
        self.calling.remove(&attempt);
        self.busy.entry(attempt).or_insert(at);
        None
    }
}

/// Plays the records of a service; `slots` and whether they are held as configured, the window in
/// nanoseconds, and whether ties are `Together`.
pub(super) fn rebuild(
    log: &ArmLog,
    service: &str,
    (slots, holds): (u64, bool),
    window: (u64, u64),
    together: bool,
    measured: impl Fn(u32, u64) -> bool,
) -> Rebuilt {
    let (mut rebuilt, mut event, mut instant) = (Rebuilt::default(), 0, 0);
    let (busy, waiting) = (BTreeMap::new(), BTreeMap::new());
    let (begun, calling) = (BTreeSet::new(), BTreeSet::new());
    let mut present = Present { window, busy, waiting, begun, calling };
    for record in log.at(service) {
        let attempt = (record.load, record.request, record.call, record.attempt);
        let at = record.at.as_ns();
        if record.event != event {
            rebuilt.settle(&present);
            // With `Together` the line gets freed slots after all ends of the instant.
            rebuilt.idled |= present.idles(slots) && (!together || at != instant);
            (event, instant) = (record.event, at);
        }
        match record.kind {
            EventKind::WAITS => assert_eq!(present.waiting.insert(attempt, at), None, "{record:?}"),
            EventKind::STARTED | EventKind::HUNG => {
                let first = present.start(attempt, at, &mut rebuilt);
                rebuilt.waits.extend(first.filter(|_| measured(record.load, record.request)));
            }
            EventKind::CALLS if !holds => {
                present.end_work(attempt, at, &mut rebuilt);
                present.calling.insert(attempt);
            }
            EventKind::ANSWERED | EventKind::ERRORED | EventKind::WASTED => {
                let started =
                    present.calling.remove(&attempt) || present.end_work(attempt, at, &mut rebuilt);
                assert!(started, "{record:?} never started");
            }
            EventKind::LAPSED => {
                present.end_wait(attempt, at, &mut rebuilt);
            }
            EventKind::CANCELLED | EventKind::CRASHED | EventKind::RENEGED => {
                let started = present.end_work(attempt, at, &mut rebuilt)
                    || present.end_wait(attempt, at, &mut rebuilt)
                    || present.calling.remove(&attempt);
                assert!(started || record.kind == EventKind::CRASHED, "{record:?} was not there");
            }
            _ => {}
        }
    }
    rebuilt.settle(&present);
    rebuilt.idled |= present.idles(slots);
    let (_, until) = window;
    let sum = |since: &BTreeMap<Attempt, u64>| {
        since.values().map(|&start| present.within(start, until)).sum::<u128>()
    };
    rebuilt.busy_area += sum(&present.busy);
    rebuilt.waiting_area += sum(&present.waiting);
    rebuilt
}

impl Rebuilt {
    fn settle(&mut self, present: &Present) {
        let (busy, waiting) = (present.busy.len() as u64, present.waiting.len() as u64);
        self.busy_max = self.busy_max.max(busy);
        self.waiting_max = self.waiting_max.max(waiting);
    }
}
