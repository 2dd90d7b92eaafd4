//! Everything that was heard of a run, by arm, and what follows from it alone.

use std::collections::{BTreeMap, BTreeSet};

use dessim::experiment::listen::Listener;
use dessim::experiment::run::{Options, run_with};
use dessim::metrics::probe::{Record, What};
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

/// What a service did, from its records alone.
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
    /// Somebody waited while a slot was free, at the end of an event.
    pub(super) idled: bool,
}

/// Plays the records of a service; `slots` and whether they are held as configured, the window in
/// nanoseconds.
pub(super) fn rebuild(
    log: &ArmLog,
    service: &str,
    (slots, holds): (u64, bool),
    (from, until): (u64, u64),
    measured: impl Fn(u32, u64) -> bool,
) -> Rebuilt {
    let mut rebuilt = Rebuilt::default();
    let mut busy: BTreeMap<Attempt, u64> = BTreeMap::new();
    let mut waiting: BTreeMap<Attempt, u64> = BTreeMap::new();
    // Those that have had a slot, and those that wait for others without one.
    let (mut begun, mut calling) = (BTreeSet::new(), BTreeSet::new());
    let within = |start: u64, end: u64| {
        let (start, end) = (start.clamp(from, until), end.clamp(from, until));
        u128::from(end - start)
    };
    let mut event = 0;
    for record in log.at(service) {
        let attempt = (record.load, record.request, record.call, record.attempt);
        let at = record.at.as_ns();
        if record.event != event {
            rebuilt.settle(busy.len(), waiting.len(), slots);
            event = record.event;
        }
        match record.what {
            What::WAITS => assert_eq!(waiting.insert(attempt, at), None, "{record:?}"),
            What::STARTED => {
                let since = waiting.remove(&attempt).unwrap_or(at);
                rebuilt.waiting_area += within(since, at);
                if !begun.insert(attempt) {
                    calling.remove(&attempt);
                    busy.entry(attempt).or_insert(at);
                    continue;
                }
                if measured(record.load, record.request) {
                    rebuilt.waits.push(at - since);
                }
                assert_eq!(busy.insert(attempt, at), None, "{record:?} starts twice");
            }
            What::CALLS if !holds => {
                if let Some(started) = busy.remove(&attempt) {
                    rebuilt.busy_area += within(started, at);
                }
                calling.insert(attempt);
            }
            What::ANSWERED | What::ERRORED | What::WASTED => {
                if !calling.remove(&attempt) {
                    let started = busy.remove(&attempt);
                    let started = started.unwrap_or_else(|| panic!("{record:?} never started"));
                    rebuilt.busy_area += within(started, at);
                }
            }
            What::LAPSED => {
                let since = waiting.remove(&attempt).unwrap_or(at);
                rebuilt.waiting_area += within(since, at);
            }
            What::CANCELLED | What::CRASHED | What::RENEGED => {
                if let Some(started) = busy.remove(&attempt) {
                    rebuilt.busy_area += within(started, at);
                } else if let Some(since) = waiting.remove(&attempt) {
                    rebuilt.waiting_area += within(since, at);
                } else if !calling.remove(&attempt) {
                    assert_eq!(record.what, What::CRASHED, "{record:?} was not there");
                }
            }
            _ => {}
        }
    }
    rebuilt.settle(busy.len(), waiting.len(), slots);
    rebuilt.busy_area += busy.values().map(|&start| within(start, until)).sum::<u128>();
    rebuilt.waiting_area += waiting.values().map(|&start| within(start, until)).sum::<u128>();
    rebuilt
}

impl Rebuilt {
    fn settle(&mut self, busy: usize, waiting: usize, slots: u64) {
        let (busy, waiting) = (busy as u64, waiting as u64);
        self.busy_max = self.busy_max.max(busy);
        self.waiting_max = self.waiting_max.max(waiting);
        self.idled |= waiting > 0 && busy < slots;
    }
}
