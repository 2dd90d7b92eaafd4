//! Several runs as data, `dessim.runs/2`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{ArmRuns, Number, Outcomes, Runs, Why};
use crate::report::result::ScenarioId;
use crate::statistics::proportion::Proportion;
use crate::statistics::summary::{CONFIDENCE, Summary};

/// The schema name in every summary of runs.
pub const RUNS_SCHEMA: &str = "dessim.runs/2";

#[derive(Serialize)]
struct Root<'a> {
    schema: &'static str,
    dessim: Option<&'a str>,
    model: Option<u32>,
    scenario: Option<&'a ScenarioId>,
    runs: usize,
    /// Ranges of seeds, both ends included.
    seeds: Vec<(u64, u64)>,
    stopped: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    arms: BTreeMap<&'a str, Arm<'a>>,
}

#[derive(Serialize)]
struct Arm<'a> {
    runs: usize,
    /// Over the runs of which that is known.
    collapse: Happened,
    outcomes: Option<TwoOutcomes>,
    metrics: Vec<Metric<'a>>,
}

#[derive(Serialize)]
struct TwoOutcomes {
    low: Outcome,
    high: Outcome,
    histogram: Vec<Bar>,
    lower: Happened,
}

#[derive(Serialize)]
struct Outcome {
    runs: usize,
    succeeded_ratio_mean: f64,
    succeeded_ratio_nearest: f64,
}

#[derive(Serialize)]
struct Bar {
    from: f64,
    to: f64,
    runs: usize,
}

#[derive(Serialize)]
struct Happened {
    runs: u64,
    probability: Option<f64>,
    interval: (f64, f64),
}

impl From<Proportion> for Happened {
    fn from(seen: Proportion) -> Self {
        let (probability, interval) = (seen.ratio(), seen.wilson(CONFIDENCE));
        Self { runs: seen.hits, probability, interval }
    }
}

/// A number over the runs.
#[derive(Debug, Serialize)]
pub(in crate::report) struct Stats<'a> {
    runs: usize,
    mean: Option<f64>,
    deviation: Option<f64>,
    min: Option<f64>,
    p5: Option<f64>,
    median: Option<f64>,
    p95: Option<f64>,
    max: Option<f64>,
    interval: Option<(f64, f64)>,
    no_interval: Option<Why<'a>>,
}

impl<'a> Stats<'a> {
    pub(in crate::report) fn of(summary: Option<&'a Summary>) -> Self {
        let of = |value: fn(&Summary) -> f64| summary.map(value);
        let interval = summary.map(|summary| &summary.interval);
        Self {
            runs: summary.map_or(0, |summary| summary.runs),
            mean: of(|summary| summary.mean),
            deviation: summary.and_then(|summary| summary.deviation),
            min: of(|summary| summary.min),
            p5: of(|summary| summary.p5),
            median: of(|summary| summary.median),
            p95: of(|summary| summary.p95),
            max: of(|summary| summary.max),
            interval: interval.and_then(|interval| interval.clone().ok()),
            no_interval: interval.and_then(|interval| interval.as_ref().err().map(Why)),
        }
    }
}

#[derive(Serialize)]
struct Metric<'a> {
    component: &'a str,
    metric: &'a str,
    #[serde(flatten)]
    stats: Stats<'a>,
}

/// The runs as one object over many lines, with a newline at the end.
#[must_use]
pub fn to_json(runs: &Runs) -> String {
    let head = runs.head.as_ref();
    let statistics: Vec<_> =
        runs.arms.iter().map(|(name, arm)| statistics(name, arm, runs)).collect();
    let mut warnings = head.map_or(Vec::new(), |head| head.warnings.clone());
    warnings.extend(runs.warnings());
    let arms = runs.arms.iter().zip(&statistics).map(|((name, arm), (outcomes, summaries))| {
        let metrics = arm.numbers.iter().zip(summaries).map(|(number, summary)| {
            let Number { component, metric, .. } = number;
            Metric { component, metric, stats: Stats::of(summary.as_ref()) }
        });
        let outcomes = outcomes.as_ref().map(two);
        let (runs, collapse) = (arm.runs, arm.collapse.into());
        (name.as_str(), Arm { runs, collapse, outcomes, metrics: metrics.collect() })
    });
    let root = Root {
        schema: RUNS_SCHEMA,
        dessim: head.map(|head| head.dessim),
        model: head.map(|head| head.model),
        scenario: head.map(|head| &head.scenario),
        runs: runs.len(),
        seeds: runs.ranges(),
        stopped: runs.stopped,
        warnings,
        arms: arms.collect(),
    };
    serde_json::to_string_pretty(&root).expect("it has string keys only") + "\n"
}

type Statistics = (Option<Outcomes>, Vec<Option<Summary>>);

fn statistics(name: &str, arm: &ArmRuns, runs: &Runs) -> Statistics {
    let (outcomes, tail) = (arm.outcomes(), runs.tails.get(name));
    let numbers = arm.numbers.iter();
    let summaries = numbers.map(|number| arm.summary(number, outcomes.as_ref(), tail)).collect();
    (outcomes, summaries)
}

fn two(outcomes: &Outcomes) -> TwoOutcomes {
    let Outcomes { groups, low, bars } = outcomes;
    TwoOutcomes {
        low: Outcome {
            runs: groups.low_runs,
            succeeded_ratio_mean: groups.low,
            succeeded_ratio_nearest: groups.below,
        },
        high: Outcome {
            runs: groups.high_runs,
            succeeded_ratio_mean: groups.high,
            succeeded_ratio_nearest: groups.above,
        },
        histogram: bars.iter().map(|&(from, to, runs)| Bar { from, to, runs }).collect(),
        lower: (*low).into(),
    }
}
