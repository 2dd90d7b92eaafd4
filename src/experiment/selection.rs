//! Selection of requests whose stories are recorded: named ones, the slowest, or failed ones.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::str::FromStr;

use super::listener::{Detail, Listener};
use crate::kernel::time::Instant;
use crate::metrics::fate::Fate;
use crate::metrics::probe::{End, Record};

/// A selection of requests in each arm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// The requests of these names.
    Named(Vec<RequestName>),
    /// This many requests with the longest time from arrival to end, of any fate.
    Slowest(usize),
    /// The first so many requests that end without success.
    Failed(usize),
}

/// The name of a request: `17`, or `clients#17` if there are several loads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestName {
    /// Load, if given.
    pub load: Option<String>,
    /// Number within the load, from 0.
    pub number: u64,
}

impl FromStr for RequestName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (load, number) = match text.rsplit_once('#') {
            Some((load, number)) => (Some(load.to_owned()), number),
            None => (None, text),
        };
        // `parse` would accept a sign.
        let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        match number.parse() {
            Ok(number) if digits && load.as_deref() != Some("") => Ok(Self { load, number }),
            _ => {
                Err("give a number, from 0, or a load and a number, such as clients#17".to_owned())
            }
        }
    }
}

/// Selected requests of one arm, and the population behind them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selected {
    /// Load and number of each request, in the order of printing.
    pub requests: Vec<(String, u64)>,
    /// Measured requests that ended.
    pub ended: u64,
    /// Measured requests that ended without success, by fate.
    pub unsuccessful: BTreeMap<Fate, u64>,
}

/// Sort key of a request: duration, then arrival, load and number in reverse.
type Slow = (u64, Reverse<(u64, u32, u64)>);

/// Selects among the measured requests as they end, in memory that does not grow with the run.
#[derive(Debug)]
pub(super) struct Selector<'a> {
    pick: &'a Selection,
    names: Vec<String>,
    arm: String,
    /// The slowest requests of the present arm so far, the fastest of them on top.
    slowest: BinaryHeap<Reverse<Slow>>,
    pub(super) arms: BTreeMap<String, Selected>,
}

impl<'a> Selector<'a> {
    pub(super) fn new(pick: &'a Selection) -> Self {
        let (names, slowest, arms) = (Vec::new(), BinaryHeap::new(), BTreeMap::new());
        Self { pick, names, arm: String::new(), slowest, arms }
    }
}

impl Listener for Selector<'_> {
    fn detail(&self) -> Detail {
        Detail::Ends
    }

    fn begin(&mut self, arm: &str, names: &[String]) {
        arm.clone_into(&mut self.arm);
        names.clone_into(&mut self.names);
        self.arms.insert(self.arm.clone(), Selected::default());
    }

    fn ended(&mut self, end: &End) {
        let Some(chosen) = self.arms.get_mut(&self.arm).filter(|_| end.measured) else {
            return;
        };
        chosen.ended += 1;
        if end.fate != Fate::Succeeded {
            *chosen.unsuccessful.entry(end.fate).or_default() += 1;
        }
        match *self.pick {
            Selection::Named(_) => {}
            Selection::Slowest(most) => {
                // Among equals, the first to arrive.
                let arrived = Reverse((end.arrived.as_ns(), end.load, end.request));
                self.slowest.push(Reverse(((end.at - end.arrived).as_ns(), arrived)));
                if self.slowest.len() > most {
                    self.slowest.pop();
                }
            }
            Selection::Failed(most) => {
                if end.fate != Fate::Succeeded && chosen.requests.len() < most {
                    let load = self.names[end.load as usize].clone();
                    chosen.requests.push((load, end.request));
                }
            }
        }
    }

    fn over(&mut self, _: Instant) {
        let slowest = std::mem::take(&mut self.slowest).into_sorted_vec();
        if let Some(chosen) = self.arms.get_mut(&self.arm) {
            // The heap sorts in reverse, so the slowest comes first.
            let name = |load: u32| self.names[load as usize].clone();
            let requests = slowest
                .into_iter()
                .map(|Reverse((_, Reverse((_, load, number))))| (name(load), number));
            chosen.requests.extend(requests);
        }
    }
}

/// Counts the requests of each load in each arm.
#[derive(Debug, Default)]
pub(super) struct Census {
    names: Vec<String>,
    arm: String,
    pub(super) arms: BTreeMap<String, BTreeMap<String, u64>>,
}

impl Listener for Census {
    fn begin(&mut self, arm: &str, names: &[String]) {
        arm.clone_into(&mut self.arm);
        names.clone_into(&mut self.names);
    }

    fn record(&mut self, record: &Record) {
        if record.component == record.load {
            let loads = self.arms.entry(self.arm.clone()).or_default();
            let load = loads.entry(self.names[record.load as usize].clone()).or_default();
            *load = (*load).max(record.request + 1);
        }
    }
}
