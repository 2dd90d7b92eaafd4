//! Sums of time series, and that collecting them changes nothing.
//!
//! Declarations match columns over time with numbers of the result, so those of a new layer are
//! checked without a change here.

use std::collections::BTreeMap;

use dessim::experiment::run::{CalendarKind, Options, run};
use dessim::kernel::time::Duration;
use dessim::metrics::arm;
use dessim::metrics::declare::Quantity;
use dessim::metrics::sampler::{AUTO_BINS, MAX_BINS, Resolution};
use dessim::metrics::series::ARM;
use dessim::model::metrics_of;
use dessim::report::result::{ArmResult, Column, Metric, RunResult, Series, Values};
use dessim::report::rows::rows;
use dessim::scenario::arms::arms;
use dessim::scenario::handlers::calls_of;
use dessim::scenario::schema::Scenario;

use crate::support::{play, seeded};

/// Collecting a series of any width changes no number, and its bins add up to the totals.
pub(super) fn hold(scenario: &Scenario, seed: u64) {
    let plain = play(scenario, seed);
    let end_ns = plain.virtual_ns;
    let widths = [end_ns / 3, end_ns / 1_000, end_ns / 15_000, 7_000_000, 3 * end_ns];
    let every = widths.map(|ns| Resolution::Every(Duration::from_ns(ns.max(1))));
    for resolution in every.into_iter().chain([Resolution::Auto]) {
        if resolution == Resolution::Every(Duration::from_ns(7_000_000)) && end_ns > 100_000_000_000
        {
            continue;
        }
        let options = Options { sample: Some(resolution), ..seeded(seed) };
        let sampled = run(scenario, "test", &options).expect("a checked scenario runs");
        let keyed = Options { calendar: CalendarKind::Keyed, ..options };
        let other = run(scenario, "test", &keyed).expect("a checked scenario runs");
        assert!(sampled == other, "the calendars disagree about the series");
        let systems = arms(scenario);
        for (name, arm) in &sampled.arms {
            check(arm, scenario.warm_up, resolution);
            // Calls that services make are not among the calls of requests.
            let made: Vec<String> = systems[name]
                .services
                .values()
                .flat_map(|service| calls_of(service).into_iter().map(|call| format!("{call} -> ")))
                .collect();
            edges(arm.series.as_ref().expect("it was asked for"), &made);
        }
        assert_eq!(without_series(sampled), plain, "{resolution:?}");
    }
}

fn without_series(mut result: RunResult) -> RunResult {
    // A run with a series has quantile curves.
    result.arms.values_mut().for_each(|arm| (arm.series, arm.curves) = (None, None));
    result
}

fn check(arm: &ArmResult, warm_up: Duration, resolution: Resolution) {
    let series = arm.series.as_ref().expect("it was asked for");
    shape(arm, series, resolution);
    let window_ns = arm.end_ns.saturating_sub(warm_up.as_ns());
    // The numbers of the result, by component, number and part.
    let mut said = BTreeMap::new();
    for row in rows(arm) {
        said.insert((row.component.to_owned(), row.metric), row.value);
    }
    for column in &series.columns {
        let of = |metric: &str| {
            let known =
                said.iter().find(|((name, path), _)| *name == column.component && *path == metric);
            known.map(|(_, value)| *value)
        };
        totals(column, arm, window_ns, &of);
    }
}

/// Bins are adjacent from start to end, and every column has one value for each.
fn shape(arm: &ArmResult, series: &Series, resolution: Resolution) {
    assert_eq!(series.end_ns, arm.end_ns);
    let spans: Vec<_> = series.spans().collect();
    assert_eq!((spans[0].0, spans[spans.len() - 1].1), (0, arm.end_ns));
    assert!(spans.windows(2).all(|pair| pair[0].1 == pair[1].0 && pair[0].0 < pair[0].1));
    match resolution {
        Resolution::Auto => assert!(series.bins <= AUTO_BINS),
        Resolution::Every(width) => {
            assert!(series.bins <= MAX_BINS);
            let times = series.bin_ns / width.as_ns();
            assert!(times.is_power_of_two() && times * width.as_ns() == series.bin_ns);
            let needed = arm.end_ns.div_ceil(width.as_ns()).max(1);
            assert!(times == 1 || needed > MAX_BINS as u64 / 2, "merged without need");
        }
    }
    for track in series.tracks() {
        assert_eq!(track.values.len(), series.bins, "{}", track.metric);
    }
}

/// The numbers at the end that belong to a column: declared by its component, by the arm, or by
/// edges whose sum is that of the arm.
fn numbers(column: &Column) -> Vec<&'static str> {
    let shown = |quantity: &&Quantity| quantity.over_time() == Some(column.meter.name);
    let names = |quantity: &Quantity| quantity.numbers().map(|(name, _)| name).collect();
    let of = |kind| metrics_of(kind).iter().copied().find(shown).map(names);
    let found: Option<Vec<_>> = match column.node {
        ARM => arm::quantities().find(shown).map(names).or_else(|| {
            let summed: Vec<_> = of("edge")?;
            Some(summed.into_iter().filter_map(of_arm).collect())
        }),
        _ => of(column.kind),
    };
    found.unwrap_or_else(|| panic!("a {} does not declare {}", column.kind, column.meter.name))
}

/// The number of the arm that is the sum of one of its edges.
fn of_arm(name: &str) -> Option<&'static str> {
    Some(match name {
        "attempts" => "attempts.total",
        "retries" => "attempts.retries",
        "failed" => "attempts.failed",
        "timeouts" => "attempts.timeouts",
        "errors" => "attempts.errors",
        "wasted_ns" => "wasted.work_ns",
        // The work of all edges is not a number of the arm.
        "work_ns" => return None,
        other => panic!("{other} is a sum over edges"),
    })
}

/// Compares a column with its numbers in the result.
fn totals(column: &Column, arm: &ArmResult, window_ns: u64, of: &dyn Fn(&str) -> Option<Metric>) {
    let names = numbers(column);
    let what = format!("{} of {} {}", column.meter.name, column.kind, column.component);
    let name = names.last().copied();
    let number = || of(name.expect(&what));
    match &column.values {
        Values::Counts(counts) => {
            assert_eq!(number(), Some(Metric::Count(counts.iter().sum())), "{what}");
        }
        Values::Times(times) => {
            let sum = times.iter().map(|ns| u128::from(*ns)).sum();
            let same = || assert_eq!(number(), Some(Metric::nanoseconds(sum)), "{what}");
            name.into_iter().for_each(|_| same());
        }
        Values::States(states) => {
            let sum = Duration::from_ns(states.iter().sum());
            assert_eq!(number(), Some(Metric::Time(sum)), "{what}");
        }
        Values::Levels { area_ns, max, .. } => {
            let most = max.iter().copied().max().expect("there is a bin");
            assert_eq!(number(), Some(Metric::Count(most)), "{what}");
            let area: u128 = area_ns.iter().map(|area| u128::from(*area)).sum();
            let mean = (window_ns > 0).then(|| area as f64 / window_ns as f64);
            // A group of consumers reports its mean as a share of its concurrency.
            match names[..] {
                [path, _] => assert_eq!(of(path), Some(Metric::Number(mean)), "{what}"),
                _ => assert!(of("utilisation").is_some(), "{what}"),
            }
        }
        Values::Readings(readings) => {
            let last = *readings.last().expect("there is a bin");
            match name.map(of) {
                Some(Some(Metric::Count(present))) => assert_eq!(last, Some(present), "{what}"),
                Some(Some(Metric::Time(most))) => {
                    // Levels during the warm-up are in the column and not in the maximum.
                    let within = readings.iter().flatten().all(|ns| *ns <= most.as_ns());
                    assert!(within || window_ns < arm.end_ns, "{what}");
                }
                Some(other) => panic!("{what}: {other:?}"),
                // A momentary value has no number at the end.
                None => {}
            }
        }
        Values::Latencies(bins) => {
            let Some(Metric::Latency(summary)) = number() else { panic!("{what}") };
            let count: u64 = bins.iter().flatten().map(|(_, count)| count).sum();
            assert_eq!(count, summary.count, "{what}");
        }
    }
}

/// In every bin the edges add up to the arm: in attempts of requests, and in work of all services.
fn edges(series: &Series, made: &[String]) {
    let values = |column: &Column| match &column.values {
        Values::Counts(values) | Values::Times(values) => values.clone(),
        other => panic!("{other:?}"),
    };
    let mut sums: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for column in series.columns.iter().filter(|column| column.kind == "edge") {
        let is_made = made.iter().any(|made| column.component.starts_with(made));
        if is_made && matches!(column.values, Values::Counts(_)) {
            continue;
        }
        let sum = sums.entry(column.meter.name).or_insert_with(|| vec![0; series.bins]);
        sum.iter_mut().zip(values(column)).for_each(|(sum, value)| *sum += value);
    }
    assert_eq!(sums.len(), 7, "every arm has edges");
    for (meter, sum) in sums {
        let whole = series.column(ARM, meter).expect("the arm shows the sum of its edges");
        assert_eq!(values(whole), sum, "{meter}");
    }
}
