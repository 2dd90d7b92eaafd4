//! A sweep as data: what was varied, what was kept of each run, and what that comes to for each
//! setting over its seeds.
//!
//! Cells come in the order of their index, and nothing of a cell is kept that is not shown: a
//! sweep of any size passes through here cell by cell.

#[cfg(feature = "cli")]
pub mod csv;
mod html;
pub mod json;
pub mod line;
pub mod looped;
#[cfg(feature = "parquet")]
pub mod parquet;
mod text;

pub use html::{MOST_DRAWN, Point, to_html};
pub use text::{Page, table};

use super::result::Hex;
use super::result::RunResult;
use super::rows::{Scalar, metrics};
use crate::statistics::summary::{Summary, summary};

/// The schema name of a summarised sweep.
pub const SWEEP_SCHEMA: &str = "dessim.sweep/1";

/// What a sweep is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Outline {
    /// The name of the scenario.
    pub name: String,
    /// What the study says about itself, perhaps nothing.
    pub about: String,
    /// Digest of the plan: scenario, axes, seeds, design, metrics and release.
    pub plan: Hex,
    /// Digest of the scenario as it is without any setting.
    pub scenario: Hex,
    /// Version of dessim.
    pub dessim: String,
    /// Its model.
    pub model: u32,
    /// What is varied.
    pub axes: Vec<AxisOutline>,
    /// All combinations of values are played, not samples of them.
    pub grid: bool,
    /// The first seed and how many follow each other.
    pub seeds: (u64, u64),
    /// How many settings.
    pub settings: u64,
    /// What is kept of each run, the numbers of one arm after those of another.
    pub columns: Vec<Column>,
    /// Some of the columns were chosen by name; else all numbers of the arms are kept.
    pub chosen: bool,
}

/// One thing that is varied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AxisOutline {
    /// Where in the scenario, one path or several.
    pub paths: Vec<String>,
    /// What its values measure.
    pub scale: AxisScale,
    /// Its values have equal ratios.
    pub log: bool,
}

/// What the values of an axis measure, for whoever draws them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AxisScale {
    /// Nanoseconds.
    Time,
    /// Events a second.
    Rate,
    /// A number.
    Number,
    /// Nothing: values are names.
    Names,
}

/// A number that is kept of each run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The arm.
    pub arm: String,
    /// The part of the arm that reports it; empty for a number of the whole arm.
    pub component: String,
    /// Its path in the data.
    pub metric: String,
    /// The number of a distribution; empty for what is one number.
    pub part: String,
}

impl Column {
    /// Its name within its arm: `goodput_per_s`, `latency.end_to_end.p99_ns`, `db.busy_mean`.
    #[must_use]
    pub fn name(&self) -> String {
        let parts = [self.component.as_str(), &self.metric, &self.part];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(".")
    }

    /// True for nanoseconds.
    #[must_use]
    pub fn is_time(&self) -> bool {
        let last = if self.part.is_empty() { &self.metric } else { &self.part };
        last.ends_with("_ns")
    }
}

impl Outline {
    /// How many runs.
    #[must_use]
    pub const fn cells(&self) -> u64 {
        self.settings * self.seeds.1
    }

    /// What the axes are called where there is little room: the ends of their paths, as long as
    /// it takes to tell them apart.
    #[must_use]
    pub fn labels(&self) -> Vec<String> {
        let paths: Vec<&str> = self.axes.iter().map(|axis| axis.paths[0].as_str()).collect();
        let label = |(at, path): (usize, &&str)| {
            let starts: Vec<usize> = path.match_indices('.').map(|(dot, _)| dot + 1).collect();
            let others = |end: &str| {
                paths.iter().enumerate().any(|(n, other)| n != at && other.ends_with(end))
            };
            let start = starts.iter().rev().find(|start| !others(&path[**start..]));
            path[start.copied().unwrap_or(0)..].to_owned()
        };
        paths.iter().enumerate().map(label).collect()
    }

    /// The names of the arms, each once, in the order of the columns.
    #[must_use]
    pub fn arms(&self) -> Vec<&str> {
        let mut arms: Vec<&str> = self.columns.iter().map(|column| column.arm.as_str()).collect();
        arms.dedup();
        arms
    }

    /// The columns that a page shows: those that were chosen, or a few that say most.
    #[must_use]
    pub fn shown(&self) -> Vec<usize> {
        const FEW: [&str; 4] =
            ["goodput_per_s", "latency.end_to_end.p99_ns", "amplification", "requests.succeeded"];
        let is_shown =
            |(_, column): &(usize, &Column)| self.chosen || FEW.contains(&column.name().as_str());
        self.columns.iter().enumerate().filter(is_shown).map(|(at, _)| at).collect()
    }

    /// The values of the columns in a result; what it does not have has no value.
    #[must_use]
    pub fn values(&self, result: &RunResult) -> Vec<Scalar> {
        let mut values = vec![Scalar::None; self.columns.len()];
        let mut at = 0;
        while let Some(first) = self.columns.get(at) {
            let of_arm = self.columns[at..].iter().take_while(|column| column.arm == first.arm);
            let end = at + of_arm.count();
            if let Some(arm) = result.arms.get(&first.arm) {
                for row in metrics(arm) {
                    let same = |column: &Column| {
                        column.metric == row.metric && column.component == row.component
                    };
                    if !self.columns[at..end].iter().any(same) {
                        continue;
                    }
                    for (part, value) in row.value.scalars() {
                        let columns = self.columns[at..end].iter();
                        for (column, slot) in columns.zip(&mut values[at..end]) {
                            if same(column) && column.part == part {
                                *slot = value;
                            }
                        }
                    }
                }
            }
            at = end;
        }
        values
    }
}

/// One run of a sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Its place in the plan, from 0.
    pub index: u64,
    /// The value of each axis.
    pub setting: Vec<String>,
    /// The seed.
    pub seed: u64,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It ran.
    Ran {
        /// The fingerprint of the run.
        fingerprint: Hex,
        /// Why it ended before its end, if it did.
        stopped: Option<String>,
        /// One value for each column of the outline.
        values: Vec<Scalar>,
    },
    /// The setting makes no scenario that can run, for this reason.
    Invalid(String),
}

/// One setting over all of its seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct SettingSummary {
    /// Its number, from 0.
    pub number: u64,
    /// The value of each axis.
    pub setting: Vec<String>,
    /// Why it could not run, if so.
    pub invalid: Option<String>,
    /// Runs that ended early.
    pub stopped: u64,
    /// One summary for each column; `None` where no run has a value.
    pub columns: Vec<Option<Summary>>,
}

/// Cells on their way to summaries, in the order of their index.
#[derive(Debug)]
pub struct Fold {
    seeds: u64,
    values: Vec<Vec<f64>>,
    stopped: u64,
    invalid: Option<String>,
    /// Settings that could not run.
    pub invalid_settings: u64,
    /// Runs that ended early.
    pub stopped_runs: u64,
}

impl Fold {
    /// Nothing yet.
    #[must_use]
    pub fn new(outline: &Outline) -> Self {
        Self {
            seeds: outline.seeds.1,
            values: vec![Vec::new(); outline.columns.len()],
            stopped: 0,
            invalid: None,
            invalid_settings: 0,
            stopped_runs: 0,
        }
    }

    /// Adds the next cell, and gives the summary of its setting if that was its last seed.
    pub fn add(&mut self, cell: &Cell) -> Option<SettingSummary> {
        match &cell.outcome {
            Outcome::Ran { stopped, values, .. } => {
                self.stopped += u64::from(stopped.is_some());
                for (all, value) in self.values.iter_mut().zip(values) {
                    all.extend(value.as_f64());
                }
            }
            Outcome::Invalid(why) => self.invalid = Some(why.clone()),
        }
        if !(cell.index + 1).is_multiple_of(self.seeds) {
            return None;
        }
        let columns = self.values.iter().map(|values| summary(values)).collect();
        self.values.iter_mut().for_each(Vec::clear);
        let (stopped, invalid) = (std::mem::take(&mut self.stopped), self.invalid.take());
        self.stopped_runs += stopped;
        self.invalid_settings += u64::from(invalid.is_some());
        let setting = cell.setting.clone();
        Some(SettingSummary { number: cell.index / self.seeds, setting, invalid, stopped, columns })
    }
}
