//! A sweep as data: its axes, the numbers kept of each run, and their summary for each setting over
//! the seeds.
//!
//! Cells arrive in the order of their index, and only what is printed is kept of them, so memory
//! does not grow with the number of cells.

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
use crate::metrics::names::Kind;
use crate::statistics::summary::{Summary, summary};

/// The schema name of a summarised sweep.
pub const SWEEP_SCHEMA: &str = "dessim.sweep/1";

/// Outline of a sweep: everything but its cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Outline {
    /// The name of the scenario.
    pub name: String,
    /// The `about` of the study, perhaps empty.
    pub about: String,
    /// Digest of the plan: scenario, axes, seeds, design, metrics and release.
    pub plan: Hex,
    /// Digest of the scenario without any setting.
    pub scenario: Hex,
    /// Version of dessim.
    pub dessim: String,
    /// Version of the model.
    pub model: u32,
    /// Varied values.
    pub axes: Vec<AxisOutline>,
    /// True if all combinations of values are played, not samples of them.
    pub grid: bool,
    /// First seed, and number of consecutive seeds.
    pub seeds: (u64, u64),
    /// Number of settings.
    pub settings: u64,
    /// Numbers kept of each run, arm by arm.
    pub columns: Vec<Column>,
    /// True if the columns were chosen by name; else all numbers of the arms are kept.
    pub chosen: bool,
}

/// One varied value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AxisOutline {
    /// Paths in the scenario that take the value.
    pub paths: Vec<String>,
    /// Unit of the values.
    pub scale: AxisScale,
    /// True if the values have equal ratios.
    pub log: bool,
}

/// Units of the values of an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AxisScale {
    /// Nanoseconds.
    Time,
    /// Events per second.
    Rate,
    /// A number.
    Number,
    /// No unit: values are names.
    Names,
}

/// A number kept of each run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The arm.
    pub arm: String,
    /// Component that reports the number; empty for a number of the whole arm.
    pub component: String,
    /// Path in the data.
    pub metric: String,
    /// Part of a distribution; empty for a single number.
    pub part: String,
    /// What it counts.
    pub kind: Kind,
}

impl Column {
    /// Name within the arm: `goodput_per_s`, `latency.end_to_end.p99_ns`, `db.busy_mean`.
    #[must_use]
    pub fn name(&self) -> String {
        let parts = [self.component.as_str(), &self.metric, &self.part];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(".")
    }
}

impl Outline {
    /// Number of runs.
    #[must_use]
    pub const fn cells(&self) -> u64 {
        self.settings * self.seeds.1
    }

    /// Short names of the axes: the ends of their paths, long enough to be distinct.
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

    /// Names of the arms in the order of the columns, each once.
    #[must_use]
    pub fn arms(&self) -> Vec<&str> {
        let mut arms: Vec<&str> = self.columns.iter().map(|column| column.arm.as_str()).collect();
        arms.dedup();
        arms
    }

    /// The columns of a page: those chosen by name, or a few principal ones.
    #[must_use]
    pub fn shown(&self) -> Vec<usize> {
        const FEW: [&str; 4] =
            ["goodput_per_s", "latency.end_to_end.p99_ns", "amplification", "requests.succeeded"];
        let is_shown =
            |(_, column): &(usize, &Column)| self.chosen || FEW.contains(&column.name().as_str());
        self.columns.iter().enumerate().filter(is_shown).map(|(at, _)| at).collect()
    }

    /// The values of the columns in a result; a missing number has no value.
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
    /// Index in the plan, from 0.
    pub index: u64,
    /// Value of each axis.
    pub setting: Vec<String>,
    /// Seed.
    pub seed: u64,
    /// Outcome of the run.
    pub outcome: Outcome,
}

/// Outcomes of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The run was played.
    Ran {
        /// The fingerprint of the run.
        fingerprint: Hex,
        /// Why the run stopped early, if it did.
        stopped: Option<String>,
        /// One value for each column of the outline.
        values: Vec<Scalar>,
    },
    /// The setting makes no valid scenario, for this reason.
    Invalid(String),
}

/// Summary of one setting over its seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct SettingSummary {
    /// Index of the setting, from 0.
    pub number: u64,
    /// The value of each axis.
    pub setting: Vec<String>,
    /// Why the setting is not valid, if so.
    pub invalid: Option<String>,
    /// Runs that stopped early.
    pub stopped: u64,
    /// One summary for each column; `None` where no run has a value.
    pub columns: Vec<Option<Summary>>,
}

/// Folds cells, in the order of their index, into summaries.
#[derive(Debug)]
pub struct Fold {
    seeds: u64,
    values: Vec<Vec<f64>>,
    stopped: u64,
    invalid: Option<String>,
    /// Settings that are not valid.
    pub invalid_settings: u64,
    /// Runs that stopped early.
    pub stopped_runs: u64,
}

impl Fold {
    /// A fold without cells.
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

    /// Adds the next cell; returns the summary of its setting after the last seed.
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
