//! Compares two or more systems under the same seeds, paired by run and by request.
//!
//! Draws are keyed, so all systems get the same random numbers from a seed, and differences come
//! from the systems alone. Only numbers of each pair of runs are kept.

use super::fates::{ArmFates, FateChanges, Fates};
use super::heavy_tail::tails;
use super::listener::Listener;
use super::prepared::Prepared;
use super::run::Options;
use crate::metrics::names::Kind;
use crate::report::compare::{
    Comparison, Contest, MetricContrast, RequestContrast, Variant, against, ranking,
};
use crate::report::result::{Hex, MODEL_VERSION, RunResult};
use crate::report::rows::{Named, find, named};
use crate::report::text::format::time;
use crate::scenario::build::BuildError;
use crate::scenario::{did_you_mean, problem::printable};
use crate::statistics::summary::{Summary, summary};
use crate::statistics::validity::NoInterval;

/// Default metrics of a comparison.
pub const METRICS: [&str; 6] = [
    "succeeded_ratio",
    "goodput_per_s",
    "amplification",
    "latency.end_to_end.p50_ns",
    "latency.end_to_end.p99_ns",
    "wasted.ratio",
];

/// A system: an arm of one of the scenarios.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Name in the result.
    pub name: String,
    /// Index of the scenario.
    pub scenario: usize,
    /// Arm of the scenario.
    pub arm: String,
}

/// Systems compared with each other, the first of which is the reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Arm that all of them are, if there are several fields.
    pub name: Option<String>,
    /// The systems, at least two.
    pub entries: Vec<Entry>,
}

/// The plan of a comparison.
#[derive(Debug)]
pub struct Plan<'a> {
    /// Scenarios, each played once for every seed.
    pub scenarios: Vec<Prepared<'a>>,
    /// Fields of competing systems.
    pub fields: Vec<Field>,
    /// Names of the metrics.
    pub metrics: Vec<String>,
}

/// Outcome of playing a scenario.
pub type Played = Result<RunResult, BuildError>;

/// Plays a scenario with a listener attached.
pub type Playing<'p> = &'p dyn Fn(&mut dyn Listener) -> Played;

/// Numbers of one seed, for each field and entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen(Vec<Vec<Entered>>);

#[derive(Clone, Debug, PartialEq)]
struct Entered {
    /// Name, kind and value of each metric; `None` if the arm has no such number.
    numbers: Vec<Option<Named>>,
    /// Comparison of requests with the first entry; `None` for the first entry itself.
    requests: Option<Pairs>,
}

/// Comparison of the requests of two runs.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Pairs {
    in_both: u64,
    only_in_a: u64,
    only_in_b: u64,
    saved: u64,
    lost: u64,
    good_in_both: u64,
    /// Mean slowdown of the requests that succeeded in both runs.
    slower_ns: Option<f64>,
}

impl Pairs {
    fn of(a: &ArmFates, b: &ArmFates) -> Self {
        let changes = FateChanges::of(a, b);
        let sum = |of: crate::metrics::summary::LatencySummary| {
            of.mean_ns.unwrap_or(0) as f64 * of.count as f64
        };
        let slower = sum(changes.requests.slower) - sum(changes.requests.faster);
        let good = changes.requests.good_in_both;
        Self {
            in_both: changes.requests.in_both,
            only_in_a: changes.requests.only_in_a,
            only_in_b: changes.requests.only_in_b,
            saved: changes.requests.saved,
            lost: changes.requests.lost,
            good_in_both: good,
            slower_ns: (good > 0).then(|| slower / good as f64),
        }
    }
}

impl Plan<'_> {
    /// Plays every scenario with one seed. `watch` gets the index of the scenario, and plays it
    /// with a listener that forwards to the given one.
    ///
    /// # Errors
    /// Only for scenarios that a check refuses.
    pub fn play(
        &self,
        options: &Options,
        watch: impl Fn(usize, &mut dyn Listener, Playing<'_>) -> Played,
    ) -> Result<(Seen, Vec<RunResult>), BuildError> {
        let mut played = Vec::new();
        for (at, prepared) in self.scenarios.iter().enumerate() {
            let mut fates = Fates::new();
            let play = |listener: &mut dyn Listener| prepared.run_with(options, listener);
            let result = watch(at, &mut fates, &play)?;
            played.push((result, fates));
        }
        let field = |field: &Field| {
            let arm = |entry: &Entry| {
                let (result, fates) = &played[entry.scenario];
                Some((result.arms.get(&entry.arm)?, fates.arm(&entry.arm)?))
            };
            let first = arm(&field.entries[0]);
            let entered = |(at, entry): (usize, &Entry)| {
                let of = arm(entry);
                let pair = first.filter(|_| at > 0).zip(of);
                Entered {
                    numbers: self.metrics.iter().map(|name| find(of?.0, name)).collect(),
                    requests: pair.map(|((_, a), (_, b))| Pairs::of(a, b)),
                }
            };
            field.entries.iter().enumerate().map(entered).collect()
        };
        let seen = Seen(self.fields.iter().map(field).collect());
        Ok((seen, played.into_iter().map(|(result, _)| result).collect()))
    }

    /// Refuses a metric that no arm of `results` has.
    ///
    /// # Errors
    /// Reason and hint for the first such metric.
    pub fn knows(&self, results: &[RunResult]) -> Result<(), (String, String)> {
        let entries = || self.fields.iter().flat_map(|field| &field.entries);
        let arms = || entries().filter_map(|entry| results[entry.scenario].arms.get(&entry.arm));
        for name in &self.metrics {
            if arms().next().is_none() || arms().any(|arm| find(arm, name).is_some()) {
                continue;
            }
            let known: Vec<String> = arms().flat_map(named).map(|number| number.name).collect();
            let hint = match did_you_mean(name, known.iter().map(String::as_str)) {
                Some(near) => format!("did you mean {near}?"),
                None => "a number has the path that it has in --format json of a run, such as \
                         latency.end_to_end.p99_ns or, of a component, db.utilisation"
                    .to_owned(),
            };
            return Err((format!("there is no number {}", printable(name)), hint));
        }
        Ok(())
    }

    /// Summarises the numbers of all seeds, in the order of the seeds.
    #[must_use]
    pub fn comparison(&self, seeds: (u64, u64), seen: &[Seen]) -> Comparison {
        let fields = self.fields.iter().enumerate();
        Comparison {
            schema: crate::report::compare::COMPARE_SCHEMA,
            dessim: env!("CARGO_PKG_VERSION"),
            model: MODEL_VERSION,
            seeds,
            runs: seen.len(),
            notes: self.notes(seen),
            fields: fields.map(|(at, field)| self.contest(at, field, seen)).collect(),
        }
    }

    fn contest(&self, field_at: usize, field: &Field, seen: &[Seen]) -> Contest {
        let tails: Vec<_> =
            self.scenarios.iter().map(|prepared| tails(prepared.scenario())).collect();
        let tail = |entry: &Entry| tails[entry.scenario].get(&entry.arm);
        let variant = |entry: &Entry| {
            let id = self.scenarios[entry.scenario].id();
            let digest: Hex = id.digest;
            let scenario = id.name.clone();
            Variant { name: entry.name.clone(), scenario, digest, arm: entry.arm.clone() }
        };
        let metric = |(at, name): (usize, &String)| {
            let numbers = |entry: usize| {
                seen.iter().map(move |seen| seen.0[field_at][entry].numbers[at].as_ref())
            };
            let entries = 0..field.entries.len();
            let known = entries.clone().find_map(|entry| numbers(entry).find_map(|number| number));
            let (name, kind, follows_tail) = match known {
                Some(known) => (known.name.clone(), known.kind, known.follows_tail),
                None => (name.clone(), Kind::Number, false),
            };
            let values: Vec<Vec<Option<f64>>> = entries
                .map(|entry| {
                    numbers(entry).map(|number| number.and_then(|it| it.value.as_f64())).collect()
                })
                .collect();
            let why: Vec<_> =
                field.entries.iter().map(|entry| tail(entry).filter(|_| follows_tail)).collect();
            metric_comparison(name, kind, &values, &why)
        };
        let metrics: Vec<_> = self.metrics.iter().enumerate().map(metric).collect();
        Contest {
            name: field.name.clone(),
            variants: field.entries.iter().map(variant).collect(),
            requests: (1..field.entries.len())
                .map(|entry| requests(seen.iter().map(|seen| seen.0[field_at][entry].requests)))
                .collect(),
            ranking: metrics.first().filter(|_| field.entries.len() > 2).and_then(ranking),
            metrics,
        }
    }

    /// A warning if two entries measure periods of different lengths.
    fn durations(&self, first: &Entry, entry: &Entry) -> Option<String> {
        let measured = |entry: &Entry| {
            let scenario = self.scenarios[entry.scenario].scenario();
            let apart = scenario.warm_up.as_ns().saturating_add(scenario.cool_down.as_ns());
            scenario.duration.map(|duration| duration.as_ns().saturating_sub(apart))
        };
        let lasts = |measured: Option<u64>| {
            measured.map_or_else(|| "until nothing is left to do".to_owned(), time)
        };
        let (a, b) = (measured(first), measured(entry));
        (a != b).then(|| {
            format!(
                "{} measures {} and {} {}: counts are of different times, and only ratios and \
                 rates compare",
                printable(&first.name),
                lasts(a),
                printable(&entry.name),
                lasts(b)
            )
        })
    }

    /// Reasons for caution about the pairs.
    fn notes(&self, seen: &[Seen]) -> Vec<String> {
        let mut notes = Vec::new();
        for (at, field) in self.fields.iter().enumerate() {
            let load = |entry: &Entry| &self.scenarios[entry.scenario].scenario().load;
            let first = &field.entries[0];
            for (number, entry) in field.entries.iter().enumerate().skip(1) {
                if let Some(note) = self.durations(first, entry)
                    && !notes.contains(&note)
                {
                    notes.push(note);
                }
                let pairs = || seen.iter().filter_map(|seen| seen.0[at][number].requests);
                let [a, b] = [first, entry].map(|entry| printable(&entry.name));
                let note = if pairs().next().is_some() && pairs().all(|pairs| pairs.in_both == 0) {
                    format!("{a} and {b} share no request: only their runs are paired, by seed")
                } else if load(first) != load(entry) {
                    format!(
                        "the loads of {a} and {b} differ: a request of one may arrive at another \
                         time in the other"
                    )
                } else {
                    continue;
                };
                if !notes.contains(&note) {
                    notes.push(note);
                }
            }
        }
        notes
    }
}

fn metric_comparison(
    name: String,
    kind: Kind,
    values: &[Vec<Option<f64>>],
    tails: &[Option<&String>],
) -> MetricContrast {
    let no_variance = |summary: &mut Summary, why: Option<&String>| {
        if let (Ok(_), Some(why)) = (&summary.interval, why) {
            summary.interval = Err(NoInterval::NoVariance(why.clone()));
        }
    };
    let summarised = |(values, why): (&Vec<Option<f64>>, &Option<&String>)| {
        let known: Vec<f64> = values.iter().copied().flatten().collect();
        let mut summary = summary(&known)?;
        no_variance(&mut summary, *why);
        Some(summary)
    };
    let summaries = values.iter().zip(tails).map(summarised).collect();
    let why = |a: usize, b: usize| tails[a].or(tails[b]);
    let mut pairs = Vec::new();
    for a in 0..values.len() {
        for b in a + 1..values.len() {
            let mut pair = against(&values[a], &values[b]);
            if let (Some(pair), Some(why)) = (&mut pair, why(a, b)) {
                no_variance(&mut pair.difference.summary, Some(why));
                pair.difference.probability = None;
            }
            pairs.push(pair);
        }
    }
    MetricContrast { name, kind, summaries, pairs }
}

fn requests(pairs: impl Iterator<Item = Option<Pairs>>) -> RequestContrast {
    let pairs: Vec<Pairs> = pairs.flatten().collect();
    let sum = |of: fn(&Pairs) -> u64| pairs.iter().map(of).sum();
    let over = |of: fn(&Pairs) -> Option<f64>| {
        let values: Vec<f64> = pairs.iter().filter_map(of).collect();
        summary(&values)
    };
    RequestContrast {
        in_both: sum(|pair| pair.in_both),
        only_in_a: sum(|pair| pair.only_in_a),
        only_in_b: sum(|pair| pair.only_in_b),
        saved: sum(|pair| pair.saved),
        lost: sum(|pair| pair.lost),
        good_in_both: sum(|pair| pair.good_in_both),
        saved_a_run: over(|pair| (pair.in_both > 0).then_some(pair.saved as f64)),
        lost_a_run: over(|pair| (pair.in_both > 0).then_some(pair.lost as f64)),
        slower_ns: over(|pair| pair.slower_ns),
    }
}
