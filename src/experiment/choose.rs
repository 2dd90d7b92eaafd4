//! Which requests are followed: some that were named, the slowest, or those that failed.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::str::FromStr;

use super::listen::{Hears, Listener};
use crate::kernel::time::Instant;
use crate::metrics::fate::Fate;
use crate::metrics::probe::{End, Record};

/// Which requests, of each arm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pick {
    /// These.
    Named(Vec<Wish>),
    /// So many of those that took longest from arrival to end, whatever became of them.
    Slowest(usize),
    /// The first so many that ended without success.
    Failed(usize),
}

/// A request as a user names it: `17`, or `clients#17` where there are several loads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Its load, if that was said.
    pub load: Option<String>,
    /// Its number within the load, from 0.
    pub number: u64,
}

impl FromStr for Wish {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (load, number) = match text.rsplit_once('#') {
            Some((load, number)) => (Some(load.to_owned()), number),
            None => (None, text),
        };
        // A sign is no digit, and `parse` would take it.
        let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        match number.parse() {
            Ok(number) if digits && load.as_deref() != Some("") => Ok(Self { load, number }),
            _ => {
                Err("give a number, from 0, or a load and a number, such as clients#17".to_owned())
            }
        }
    }
}

/// What a run showed of one arm to who chooses from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// Load and number of each request, in the order in which they are told.
    pub requests: Vec<(String, u64)>,
    /// Measured requests that ended.
    pub ended: u64,
    /// Those of them that did not end in success, by what became of them.
    pub unsuccessful: BTreeMap<Fate, u64>,
}

/// How long a request took; when it arrived, its load and its number, the earlier the greater.
type Slow = (u64, Reverse<(u64, u32, u64)>);

/// Chooses while a run goes on, among the measured requests that end. What it keeps does not grow
/// with the run.
#[derive(Debug)]
pub(super) struct Chooser<'a> {
    pick: &'a Pick,
    names: Vec<String>,
    arm: String,
    /// The slowest so far in the present arm, the fastest of them first.
    slowest: BinaryHeap<Reverse<Slow>>,
    pub(super) arms: BTreeMap<String, Chosen>,
}

impl<'a> Chooser<'a> {
    pub(super) fn new(pick: &'a Pick) -> Self {
        let (names, slowest, arms) = (Vec::new(), BinaryHeap::new(), BTreeMap::new());
        Self { pick, names, arm: String::new(), slowest, arms }
    }
}

impl Listener for Chooser<'_> {
    fn hears(&self) -> Hears {
        Hears::Ends
    }

    fn begin(&mut self, arm: &str, names: &[String]) {
        arm.clone_into(&mut self.arm);
        names.clone_into(&mut self.names);
        self.arms.insert(self.arm.clone(), Chosen::default());
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
            Pick::Named(_) => {}
            Pick::Slowest(most) => {
                // Of equals, the one that arrived first.
                let arrived = Reverse((end.arrived.as_ns(), end.load, end.request));
                self.slowest.push(Reverse(((end.at - end.arrived).as_ns(), arrived)));
                if self.slowest.len() > most {
                    self.slowest.pop();
                }
            }
            Pick::Failed(most) => {
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
            // Sorted in reverse, so the slowest is the first.
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
