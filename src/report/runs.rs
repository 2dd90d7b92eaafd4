//! Several runs of one scenario in one table: what a number is on average, and how far it strays.
//!
//! A mean hides what has two outcomes: a system that recovers under one seed and collapses under
//! the next is never at its mean. So minimum, median and maximum stand beside it, and a warning
//! says when the best and the worst run differ by more than half of the requests.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::format::{NO_VALUE, count, cut, mean_count, number, percent, time};
use super::result::{ArmResult, RunResult};
use super::rows::{Scalar, rows};
use super::table::{lines, paragraph};

/// With fewer runs the interval would be wide, and leans on a shape that nobody has seen.
const RUNS_FOR_INTERVAL: usize = 10;

/// Runs that differ more than this in the ratio of succeeded requests have more than one outcome.
const BISTABLE: f64 = 0.5;

/// What is summarised: its label, its path in the data, whether it stays when always zero.
const METRICS: [(&str, &str, &str, bool); 10] = [
    ("succeeded", "requests.succeeded", "", true),
    ("failed", "requests.failed", "", true),
    ("rejected", "requests.rejected", "", false),
    ("dropped", "requests.dropped", "", false),
    ("dead-lettered", "requests.dead_lettered", "", false),
    ("retries", "attempts.retries", "", true),
    ("amplification", "amplification", "", true),
    ("goodput /s", "goodput_per_s", "", true),
    ("end-to-end p50", "latency.end_to_end", "p50_ns", true),
    ("end-to-end p99", "latency.end_to_end", "p99_ns", true),
];

/// One number over several runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Runs in which the number has a value.
    pub runs: usize,
    /// Arithmetic mean.
    pub mean: f64,
    /// Sample standard deviation; `None` of a single run.
    pub deviation: Option<f64>,
    /// Smallest.
    pub min: f64,
    /// Middle, or the mean of the two in the middle.
    pub median: f64,
    /// Largest.
    pub max: f64,
    /// The 95 % interval of the mean by Student's t, from ten runs on.
    pub interval: Option<(f64, f64)>,
}

/// The summary of `values`; `None` of no values.
#[must_use]
pub fn summary(values: &[f64]) -> Option<Summary> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (min, max) = (*sorted.first()?, *sorted.last()?);
    let runs = sorted.len();
    let middle = runs / 2;
    let median = if runs.is_multiple_of(2) {
        f64::midpoint(sorted[middle - 1], sorted[middle])
    } else {
        sorted[middle]
    };
    // From the smallest on: sums of sorted numbers do not depend on the order of the seeds.
    // Equal numbers are their own mean: a sum would round, and print a deviation that is not there.
    let mean = if min == max { min } else { sorted.iter().sum::<f64>() / runs as f64 };
    let squares: f64 = sorted.iter().map(|value| (value - mean) * (value - mean)).sum();
    let deviation = (runs > 1).then(|| (squares / (runs - 1) as f64).sqrt());
    let interval = deviation.filter(|_| runs >= RUNS_FOR_INTERVAL).map(|deviation| {
        let half = t_quantile(runs - 1) * deviation / (runs as f64).sqrt();
        (mean - half, mean + half)
    });
    Some(Summary { runs, mean, deviation, min, median, max, interval })
}

fn t_quantile(freedom: usize) -> f64 {
    let t = StudentsT::new(0.0, 1.0, freedom as f64).expect("at least nine degrees of freedom");
    t.inverse_cdf(0.975)
}

/// The runs as a page of plain text: one table an arm.
///
/// Runs in which a number has no value are left out of its line; the column `runs` counts the rest.
#[must_use]
pub fn runs_page(results: &[RunResult]) -> String {
    let Some(first) = results.first() else {
        return "no runs\n".to_owned();
    };
    let runs = results.len();
    let seeds: Vec<u64> = results.iter().map(|result| result.seed).collect();
    let mut text = format!(
        "{}, {} over {}\ndigest {}   dessim {} (model {})\n",
        cut(&first.scenario.name, 60),
        plural(runs, "run"),
        seed_list(&seeds),
        first.scenario.digest,
        first.dessim,
        first.model,
    );
    let mut names: Vec<&str> = Vec::new();
    for name in results.iter().flat_map(|result| result.arms.keys()) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let mut warnings = run_warnings(results);
    for name in names {
        let arms: Vec<&ArmResult> =
            results.iter().filter_map(|result| result.arms.get(name)).collect();
        text.push('\n');
        text.push_str(&arm_table(name, &arms));
        warnings.extend(bistable(name, &arms));
    }
    if !warnings.is_empty() {
        text.push('\n');
    }
    for warning in warnings {
        text.push_str(&paragraph("warning: ", &warning));
    }
    text
}

fn arm_table(name: &str, arms: &[&ArmResult]) -> String {
    let name = cut(name, 24);
    let header = [&name, "runs", "mean", "deviation", "min", "median", "max", "95 % interval"]
        .map(str::to_owned);
    let summaries = METRICS.into_iter().filter_map(|(label, metric, part, always)| {
        let values: Vec<Scalar> = arms.iter().map(|arm| value(arm, metric, part)).collect();
        let happened = values.iter().any(|value| value.as_f64().is_some_and(|value| value != 0.0));
        (always || happened).then(|| row(label, &values, part.ends_with("_ns")))
    });
    let mut rows = vec![header.to_vec()];
    rows.extend(summaries);
    lines(&rows).join("\n") + "\n"
}

fn row(label: &str, values: &[Scalar], is_time: bool) -> Vec<String> {
    let known: Vec<f64> = values.iter().filter_map(|value| value.as_f64()).collect();
    let is_count = values.iter().any(|value| matches!(value, Scalar::Integer(_)));
    let printed = |value: f64| {
        if is_time {
            // An interval may reach below zero, a latency does not.
            time(value.max(0.0).round() as u64)
        } else if is_count {
            mean_count(value)
        } else {
            number(value)
        }
    };
    let mut row = vec![format!("  {label}"), known.len().to_string()];
    let Some(summary) = summary(&known) else {
        row.extend(std::iter::repeat_n(NO_VALUE.to_owned(), 6));
        return row;
    };
    row.push(printed(summary.mean));
    row.push(summary.deviation.map_or(NO_VALUE.to_owned(), printed));
    row.extend([summary.min, summary.median, summary.max].map(printed));
    row.push(match summary.interval {
        Some((from, to)) => format!("{} to {}", printed(from), printed(to)),
        None => NO_VALUE.to_owned(),
    });
    row
}

fn value(arm: &ArmResult, metric: &str, part: &str) -> Scalar {
    rows(arm)
        .into_iter()
        .find(|row| row.component.is_empty() && row.metric == metric)
        .and_then(|row| {
            let parts = row.value.scalars();
            parts.into_iter().find(|(name, _)| *name == part)
        })
        .map_or(Scalar::None, |(_, value)| value)
}

fn bistable(name: &str, arms: &[&ArmResult]) -> Option<String> {
    let ratios: Vec<f64> = arms
        .iter()
        .map(|arm| arm.requests)
        .filter(|requests| requests.offered > 0)
        .map(|requests| requests.succeeded as f64 / requests.offered as f64)
        .collect();
    let Summary { min, max, .. } = summary(&ratios)?;
    (max - min > BISTABLE).then(|| {
        let (min, max, name) = (percent(min), percent(max), cut(name, 40));
        format!(
            "{name} succeeded with {min} of the requests in its worst run and with {max} in its \
             best: no run is like the mean, look at single seeds"
        )
    })
}

fn run_warnings(results: &[RunResult]) -> Vec<String> {
    let mut warnings = Vec::new();
    let stopped = results.iter().filter(|result| result.stopped.is_some()).count();
    if stopped > 0 {
        warnings.push(format!(
            "{stopped} of {} stopped early; their numbers are of what had happened by then",
            plural(results.len(), "run")
        ));
    }
    let digest = results[0].scenario.digest;
    let others = results.iter().filter(|result| result.scenario.digest != digest).count();
    if others > 0 {
        warnings.push(format!(
            "{} of another scenario, with another digest, in the same table",
            plural(others, "run")
        ));
    }
    warnings
}

fn plural(n: usize, noun: &str) -> String {
    let ending = if n == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", count(n as u64))
}

/// "seed 7", "seeds 1..200" (both ends ran), "seeds 1..3, 7".
fn seed_list(seeds: &[u64]) -> String {
    let mut sorted = seeds.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for seed in sorted {
        match ranges.last_mut() {
            Some((_, end)) if end.checked_add(1) == Some(seed) => *end = seed,
            _ => ranges.push((seed, seed)),
        }
    }
    let listed: Vec<_> = ranges
        .iter()
        .take(6)
        .map(|(from, to)| if from == to { from.to_string() } else { format!("{from}..{to}") })
        .collect();
    let noun = if seeds.len() == 1 { "seed" } else { "seeds" };
    let more = if ranges.len() > 6 { ", …" } else { "" };
    format!("{noun} {}{more}", listed.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn varied(runs: u64) -> Vec<RunResult> {
        (1..=runs)
            .map(|seed| {
                let mut result = sample::burst();
                result.seed = seed;
                let rpc = result.arms.get_mut("rpc").expect("the sample has it");
                rpc.requests.succeeded += seed * 3;
                rpc.requests.rejected -= seed * 3;
                result
            })
            .collect()
    }

    #[test]
    fn twelve_runs() {
        insta::assert_snapshot!(runs_page(&varied(12)));
    }

    #[test]
    fn a_few_runs_have_no_interval_and_no_value_is_counted_out() {
        let mut results = varied(3);
        let rpc = results[0].arms.get_mut("rpc").expect("the sample has it");
        rpc.latency.end_to_end = sample::spread(0, 0);
        rpc.amplification = None;
        insta::assert_snapshot!(runs_page(&results));
    }

    #[test]
    fn summaries_are_right() {
        let values: Vec<f64> = (1..=10).map(f64::from).collect();
        let summary = summary(&values).expect("there are values");
        assert_eq!((summary.mean, summary.median), (5.5, 5.5));
        assert_eq!((summary.min, summary.max), (1.0, 10.0));
        let deviation = summary.deviation.expect("more than one run");
        assert!((deviation - 3.027_650_354).abs() < 1e-9);
        let (from, to) = summary.interval.expect("ten runs");
        // t(9, 97.5 %) = 2.262157, from any printed table.
        assert!((to - from - 2.0 * 2.262_157 * deviation / 10.0_f64.sqrt()).abs() < 1e-5);
        assert_eq!(super::summary(&[]), None);
        assert_eq!(super::summary(&[4.0]).and_then(|one| one.deviation), None);
        let nine = super::summary(&values[..9]).expect("there are values");
        assert_eq!((nine.median, nine.interval), (5.0, None));
    }

    #[test]
    fn two_outcomes_are_not_averaged_away() {
        let mut results = varied(2);
        results[1].arms.insert("rpc".to_owned(), sample::healthy(2_000));
        let page = runs_page(&results);
        assert!(page.contains("warning: rpc succeeded with 25."), "{page}");
        assert!(!page.contains("event-driven succeeded"), "{page}");
    }

    #[test]
    fn seeds_are_listed_shortly() {
        assert_eq!(seed_list(&[7]), "seed 7");
        assert_eq!(seed_list(&[3, 1, 2]), "seeds 1..3");
        assert_eq!(seed_list(&[1, 2, 9, u64::MAX]), format!("seeds 1..2, 9, {}", u64::MAX));
        let odd: Vec<u64> = (0..20).map(|n| 2 * n).collect();
        assert_eq!(seed_list(&odd), "seeds 0, 2, 4, 6, 8, 10, …");
        assert_eq!(runs_page(&[]), "no runs\n");
    }
}
