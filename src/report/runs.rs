//! Several runs of one scenario: means, spreads and intervals of each number, and whether runs fall
//! into two groups, so that no mean is typical.
//!
//! Only numbers of each run are kept, so memory is a few numbers a seed. `docs/statistics.md` has
//! the rules.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::result::{ArmResult, RunResult, ScenarioId};
use super::rows::{Row, Scalar, metrics, name_of, ratio_succeeded, rows};
use crate::metrics::names::Kind;
use crate::report::text::format::count;
use crate::report::text::unfinished::{COOL_DOWN, unfinished};
use crate::statistics::groups::{Groups, outcomes};
use crate::statistics::proportion::Proportion;
use crate::statistics::summary::{Summary, summary};
use crate::statistics::validity::NoInterval;

mod json;
mod markdown;
pub mod notes;
pub(super) mod page;
#[cfg(test)]
mod tests;

pub(super) use json::Stats;
pub use json::{RUNS_SCHEMA, to_json};
pub use markdown::to_markdown;
pub use page::runs_page;

/// Number of bars of a histogram.
const BINS: usize = 10;

/// Several runs of a scenario, added one by one.
#[derive(Debug)]
pub struct Runs {
    keep: Keep,
    tails: BTreeMap<String, String>,
    head: Option<Head>,
    seeds: Vec<u64>,
    stopped: usize,
    /// Runs cut off with too many requests in flight: see [`unfinished`].
    unfinished: usize,
    others: usize,
    arms: BTreeMap<String, ArmRuns>,
}

/// Selection of the numbers that are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Numbers of the page.
    Page,
    /// All numbers.
    All,
}

/// Facts common to all runs.
#[derive(Clone, Debug)]
struct Head {
    scenario: ScenarioId,
    dessim: &'static str,
    model: u32,
    warnings: Vec<String>,
}

/// The runs of an arm.
#[derive(Debug, Default)]
struct ArmRuns {
    runs: usize,
    numbers: Vec<Number>,
    /// Success ratio of each run with requests.
    ratios: Vec<f64>,
    /// Runs that collapsed, among those of which that is known.
    collapse: Proportion,
}

/// One number over the runs.
#[derive(Debug)]
struct Number {
    component: String,
    /// Path in the arm or in the component.
    metric: String,
    kind: Kind,
    /// True if one long time can change it.
    follows_tail: bool,
    /// Value in each run that has one.
    values: Vec<f64>,
}

impl Runs {
    /// No runs yet. `tails` has, for each arm whose latencies are known to have no variance, the
    /// reason.
    #[must_use]
    pub fn new(keep: Keep, tails: BTreeMap<String, String>) -> Self {
        Self {
            keep,
            tails,
            head: None,
            seeds: Vec::new(),
            stopped: 0,
            unfinished: 0,
            others: 0,
            arms: BTreeMap::new(),
        }
    }

    /// Adds a run; `collapsed` says for each arm whether it collapsed, if known.
    pub fn add(&mut self, result: &RunResult, collapsed: &BTreeMap<String, bool>) {
        let unfinished = unfinished(result);
        let of_every_run = |warning: &&String| Some(*warning) != unfinished.as_ref();
        let head = self.head.get_or_insert_with(|| Head {
            scenario: result.scenario.clone(),
            dessim: result.dessim,
            model: result.model,
            warnings: result.warnings.iter().filter(of_every_run).cloned().collect(),
        });
        self.others += usize::from(head.scenario.digest != result.scenario.digest);
        self.stopped += usize::from(result.stopped.is_some());
        self.unfinished += usize::from(unfinished.is_some());
        self.seeds.push(result.seed);
        for (name, arm) in &result.arms {
            let runs = self.arms.entry(name.clone()).or_default();
            runs.add(arm, self.keep);
            if let Some(&collapsed) = collapsed.get(name) {
                runs.collapse.runs += 1;
                runs.collapse.hits += u64::from(collapsed);
            }
        }
    }

    /// Number of runs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.seeds.len()
    }

    /// True before the first run.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.seeds.is_empty()
    }

    fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.stopped > 0 {
            warnings.push(format!(
                "{} of {} stopped early; their numbers are of what had happened by then",
                self.stopped,
                plural(self.len(), "run")
            ));
        }
        if self.unfinished > 0 {
            warnings.push(format!(
                "in {} of {} requests were in flight at the end that could move a ratio by more \
                 than 0.1 %: {COOL_DOWN}",
                self.unfinished,
                plural(self.len(), "run")
            ));
        }
        if self.others > 0 {
            warnings.push(format!(
                "{} of another scenario, with another digest, in the same table",
                plural(self.others, "run")
            ));
        }
        warnings
    }

    /// Ranges of consecutive seeds, both ends included.
    fn ranges(&self) -> Vec<(u64, u64)> {
        let mut sorted = self.seeds.clone();
        sorted.sort_unstable();
        sorted.dedup();
        let mut ranges: Vec<(u64, u64)> = Vec::new();
        for seed in sorted {
            match ranges.last_mut() {
                Some((_, end)) if end.checked_add(1) == Some(seed) => *end = seed,
                _ => ranges.push((seed, seed)),
            }
        }
        ranges
    }
}

impl ArmRuns {
    fn add(&mut self, arm: &ArmResult, keep: Keep) {
        let ratio = ratio_succeeded(arm);
        self.ratios.extend(ratio);
        self.runs += 1;
        let mut at = 0;
        for row in if keep == Keep::All { metrics(arm) } else { rows(arm) } {
            for (part, value) in row.value.scalars() {
                let of_page = || page::METRICS.iter().any(|m| (m.1, m.2) == (row.metric, part));
                if keep == Keep::All || (row.component.is_empty() && of_page()) {
                    self.put(&mut at, &row, part, value);
                }
            }
        }
    }

    /// Adds a value to the number of a row, or of a part of it; `at` is its index in the previous
    /// run.
    fn put(&mut self, at: &mut usize, row: &Row<'_>, part: &str, value: Scalar) {
        let Row { component, metric, .. } = *row;
        let same = |number: &Number| {
            number.component == component && is_name(&number.metric, metric, part)
        };
        if !self.numbers.get(*at).is_some_and(same) {
            *at = self.numbers.iter().position(same).unwrap_or(self.numbers.len());
        }
        if *at == self.numbers.len() {
            let (component, metric) = (component.to_owned(), name_of(metric, part));
            let (kind, follows_tail) = (row.value.kind_of(part), row.follows_tail(part));
            let values = Vec::new();
            self.numbers.push(Number { component, metric, kind, follows_tail, values });
        }
        self.numbers[*at].values.extend(value.as_f64());
        *at += 1;
    }

    /// The two outcomes of the arm, if its runs fall into two groups.
    fn outcomes(&self) -> Option<Outcomes> {
        let groups = outcomes(&self.ratios)?;
        let low = Proportion { hits: groups.low_runs as u64, runs: self.ratios.len() as u64 };
        Some(Outcomes { groups, low, bars: histogram(&self.ratios) })
    }

    /// A number over the runs; `None` if no run has a value.
    fn summary(
        &self,
        number: &Number,
        outcomes: Option<&Outcomes>,
        tail: Option<&String>,
    ) -> Option<Summary> {
        let mut summary = summary(&number.values)?;
        match (&summary.interval, outcomes) {
            (Ok(_) | Err(NoInterval::TwoGroups(_)), Some(outcomes)) => {
                summary.interval = Err(NoInterval::TwoGroups(outcomes.groups));
            }
            (Ok(_), None) if number.follows_tail => {
                let why = tail.cloned().map(NoInterval::NoVariance);
                summary.interval = summary.interval.and_then(|ok| why.map_or(Ok(ok), Err));
            }
            _ => {}
        }
        Some(summary)
    }
}

fn is_name(known: &str, metric: &str, part: &str) -> bool {
    match part {
        "" => known == metric,
        part => known
            .strip_prefix(metric)
            .and_then(|rest| rest.strip_prefix('.'))
            .is_some_and(|rest| rest == part),
    }
}

/// The two groups of runs of an arm.
#[derive(Debug)]
struct Outcomes {
    groups: Groups,
    /// Runs of the group with the lower success ratio.
    low: Proportion,
    /// Lower bound, upper bound, and runs of each bar.
    bars: Vec<(f64, f64, usize)>,
}

/// Equal bins from the smallest to the largest value, which must differ.
fn histogram(values: &[f64]) -> Vec<(f64, f64, usize)> {
    let min = values.iter().copied().fold(f64::INFINITY, f64::min);
    let max = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let edge = |at: usize| min + (max - min) * at as f64 / BINS as f64;
    let mut bars: Vec<_> = (0..BINS).map(|at| (edge(at), edge(at + 1), 0)).collect();
    for value in values {
        let at = ((value - min) / (max - min) * BINS as f64) as usize;
        bars[at.min(BINS - 1)].2 += 1;
    }
    bars
}

/// The reason for a missing interval as data: a name for programs, and words.
#[derive(Debug)]
pub struct Why<'a>(pub &'a NoInterval);

impl<'a> From<&'a NoInterval> for Why<'a> {
    fn from(why: &'a NoInterval) -> Self {
        Self(why)
    }
}

impl Serialize for Why<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("reason", self.0.name())?;
        map.serialize_entry("words", &self.0.to_string())?;
        map.end()
    }
}

fn plural(n: usize, noun: &str) -> String {
    let ending = if n == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", count(n as u64))
}
