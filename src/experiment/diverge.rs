//! The first record in which two runs differ, and its history.
//!
//! No run is kept in memory. Both are played once into hashes, one for each block of records; the
//! first block whose hash differs is played again and kept, on both sides; a third time the records
//! of the requests in question are collected. Runs are deterministic, so the result is exact.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;

use super::fates::Fates;
use super::listener::Listener;
use super::run::{Options, run_with};
use super::trace::Line;
use crate::metrics::fingerprint::Hash;
use crate::metrics::probe::{End, Record, Unfinished};
use crate::report::result::RunResult;
use crate::scenario::arms::arms;
use crate::scenario::build::BuildError;
use crate::scenario::schema::Scenario;

/// Records of a block, which is the unit kept in memory.
const BLOCK: u64 = 4096;

/// Reasons why a run cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The scenario is invalid.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The trace cannot be read.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// A line of the trace is not a record.
    #[error("line {line}: {message}")]
    Line {
        /// The line, from 1.
        line: u64,
        /// The reason.
        message: String,
    },
}

/// A run that can be played repeatedly, with the same records each time.
pub trait Replay: std::fmt::Debug {
    /// The arms in order.
    fn arms(&self) -> Vec<String>;

    /// Plays the run, arm by arm.
    ///
    /// # Errors
    /// If the scenario or the trace behind it is broken.
    fn play(&mut self, visit: &mut dyn FnMut(&Line<'_>)) -> Result<(), ReplayError>;
}

/// A scenario as a source of records.
#[derive(Debug)]
pub struct ScenarioReplay<'a> {
    scenario: &'a Scenario,
    name: &'a str,
    options: &'a Options,
    /// Result of the run, once it is played.
    pub result: Option<RunResult>,
    /// Fates of its requests, once it is played.
    pub fates: Option<Fates>,
}

impl<'a> ScenarioReplay<'a> {
    /// The run of a scenario called `name`.
    #[must_use]
    pub const fn new(scenario: &'a Scenario, name: &'a str, options: &'a Options) -> Self {
        Self { scenario, name, options, result: None, fates: None }
    }

    /// The scenario.
    #[must_use]
    pub const fn scenario(&self) -> &'a Scenario {
        self.scenario
    }
}

struct Visitor<'a> {
    arm: String,
    names: Vec<String>,
    visit: &'a mut dyn FnMut(&Line<'_>),
    /// Collected the first time only, since later plays give the same fates.
    fates: Option<Fates>,
}

impl Listener for Visitor<'_> {
    fn begin(&mut self, arm: &str, names: &[String]) {
        arm.clone_into(&mut self.arm);
        names.clone_into(&mut self.names);
        if let Some(fates) = &mut self.fates {
            fates.begin(arm, names);
        }
    }

    fn record(&mut self, record: &Record) {
        (self.visit)(&Line::new(&self.arm, &self.names, record));
    }

    fn ended(&mut self, end: &End) {
        if let Some(fates) = &mut self.fates {
            fates.ended(end);
        }
    }

    fn unfinished(&mut self, request: &Unfinished) {
        if let Some(fates) = &mut self.fates {
            fates.unfinished(request);
        }
    }
}

impl Replay for ScenarioReplay<'_> {
    fn arms(&self) -> Vec<String> {
        arms(self.scenario).into_keys().collect()
    }

    fn play(&mut self, visit: &mut dyn FnMut(&Line<'_>)) -> Result<(), ReplayError> {
        let fates = self.fates.is_none().then(Fates::new);
        let mut visitor = Visitor { arm: String::new(), names: Vec::new(), visit, fates };
        if self.result.is_none() {
            let result = run_with(self.scenario, self.name, self.options, &mut visitor)?;
            (self.result, self.fates) = (Some(result), visitor.fates);
        } else {
            let options = Options { sample: None, ..self.options.clone() };
            run_with(self.scenario, self.name, &options, &mut visitor)?;
        }
        Ok(())
    }
}

/// The comparison of an arm in two runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArmDiff {
    /// All records are equal.
    Same {
        /// Number of records.
        records: u64,
    },
    /// Only the first run has the arm.
    OnlyInA,
    /// Only the second run has the arm.
    OnlyInB,
    /// The records differ.
    Parts(Box<Parting>),
}

/// The first difference of two runs of an arm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parting {
    /// Number of equal records before.
    pub common: u64,
    /// Record of the first run; `None` if that has ended.
    pub a: Option<Line<'static>>,
    /// Record of the second run; `None` if that has ended.
    pub b: Option<Line<'static>>,
    /// Earlier records, equal in both runs, of the requests of these two records.
    pub history: Vec<Line<'static>>,
}

impl Parting {
    /// Instant of the earlier of the two records.
    #[must_use]
    pub fn at_ns(&self) -> u64 {
        let records = [&self.a, &self.b].into_iter().flatten();
        records.map(|line| line.at_ns).min().unwrap_or(0)
    }

    fn requests(&self) -> Vec<Cow<'static, str>> {
        let mut requests: Vec<_> =
            [&self.a, &self.b].into_iter().flatten().map(|line| line.request.clone()).collect();
        requests.dedup();
        requests
    }
}

/// Compares two runs, arm by arm. Numbers of events are not compared, because an idle component
/// may shift them without another effect.
///
/// # Errors
/// If one of them cannot be played.
pub fn compare(
    a: &mut dyn Replay,
    b: &mut dyn Replay,
) -> Result<BTreeMap<String, ArmDiff>, ReplayError> {
    let (prints_a, prints_b) = (prints(a)?, prints(b)?);
    let mut diffs: BTreeMap<String, ArmDiff> = BTreeMap::new();
    let mut blocks: BTreeMap<String, u64> = BTreeMap::new();
    for (arm, print) in &prints_a {
        let diff = match prints_b.get(arm) {
            None => ArmDiff::OnlyInA,
            Some(other) => {
                if let Some(block) = print.first_other_block(other) {
                    blocks.insert(arm.clone(), block);
                }
                let records = print.records;
                ArmDiff::Same { records }
            }
        };
        diffs.insert(arm.clone(), diff);
    }
    for arm in prints_b.keys().filter(|arm| !prints_a.contains_key(*arm)) {
        diffs.insert(arm.clone(), ArmDiff::OnlyInB);
    }
    if blocks.is_empty() {
        return Ok(diffs);
    }
    let (kept_a, kept_b) = (keep(a, &blocks)?, keep(b, &blocks)?);
    let mut partings: BTreeMap<String, Parting> = blocks
        .iter()
        .map(|(arm, block)| (arm.clone(), part(*block, &kept_a[arm], &kept_b[arm])))
        .collect();
    remember(a, &mut partings)?;
    for (arm, parting) in partings {
        diffs.insert(arm, ArmDiff::Parts(Box::new(parting)));
    }
    Ok(diffs)
}

/// The hashes of an arm: after every block, and at its end.
#[derive(Clone, Debug)]
struct Print {
    hash: Hash,
    records: u64,
    blocks: Vec<u64>,
}

impl Print {
    const EMPTY: Self = Self { hash: Hash::EMPTY, records: 0, blocks: Vec::new() };

    fn absorb(&mut self, line: &Line<'_>) {
        let call = line.call.as_deref().and_then(|call| u64::from_str_radix(call, 16).ok());
        for word in [line.at_ns, u64::from(line.attempt), line.value, call.unwrap_or(0)] {
            self.hash.absorb(word);
        }
        for text in [&line.request, &line.component, &line.what] {
            self.hash.absorb_text(text);
        }
        self.records += 1;
        if self.records.is_multiple_of(BLOCK) {
            self.blocks.push(self.hash.finish());
        }
    }

    /// The first block that differs. Hashes are cumulative, so all later blocks differ too.
    fn first_other_block(&self, other: &Self) -> Option<u64> {
        if self.records == other.records && self.hash == other.hash {
            return None;
        }
        let pairs = self.blocks.iter().zip(&other.blocks);
        Some(pairs.take_while(|(own, other)| own == other).count() as u64)
    }
}

fn prints(run: &mut dyn Replay) -> Result<BTreeMap<String, Print>, ReplayError> {
    let empty = |arm| (arm, Print::EMPTY);
    let mut prints: BTreeMap<String, Print> = run.arms().into_iter().map(empty).collect();
    run.play(&mut |line| match prints.get_mut(&*line.arm) {
        Some(print) => print.absorb(line),
        None => {
            let print = prints.entry(line.arm.to_string());
            print.or_insert(Print::EMPTY).absorb(line);
        }
    })?;
    Ok(prints)
}

type Kept = BTreeMap<String, Vec<Line<'static>>>;

/// The records of one block of each arm, and one more, because a run may end with a block.
fn keep(run: &mut dyn Replay, blocks: &BTreeMap<String, u64>) -> Result<Kept, ReplayError> {
    let empty = |arm: &String| (arm.clone(), (0, Vec::new()));
    let mut kept: BTreeMap<String, (u64, Vec<Line<'static>>)> = blocks.keys().map(empty).collect();
    run.play(&mut |line| {
        if let (Some((seen, kept)), Some(block)) =
            (kept.get_mut(&*line.arm), blocks.get(&*line.arm))
        {
            let first = block * BLOCK;
            if (first..=first + BLOCK).contains(seen) {
                kept.push(line.clone().into_owned());
            }
            *seen += 1;
        }
    })?;
    let lines = |(arm, (_, lines))| (arm, lines);
    Ok(kept.into_iter().map(lines).collect())
}

fn part(block: u64, a: &[Line<'static>], b: &[Line<'static>]) -> Parting {
    let same = |(a, b): &(&Line<'_>, &Line<'_>)| {
        let event = a.event;
        **a == Line { event, ..(*b).clone() }
    };
    let common = a.iter().zip(b).take_while(same).count();
    Parting {
        common: block * BLOCK + common as u64,
        a: a.get(common).cloned(),
        b: b.get(common).cloned(),
        history: Vec::new(),
    }
}

/// Collects the history of each difference from one of the runs, which are equal up to there.
fn remember(
    run: &mut dyn Replay,
    partings: &mut BTreeMap<String, Parting>,
) -> Result<(), ReplayError> {
    let mut seen: BTreeMap<String, (u64, Vec<Cow<'static, str>>)> =
        partings.iter().map(|(arm, parting)| (arm.clone(), (0, parting.requests()))).collect();
    run.play(&mut |line| {
        let (Some(parting), Some((seen, requests))) =
            (partings.get_mut(&*line.arm), seen.get_mut(&*line.arm))
        else {
            return;
        };
        if *seen < parting.common && requests.contains(&line.request) {
            parting.history.push(line.clone().into_owned());
        }
        *seen += 1;
    })
}
