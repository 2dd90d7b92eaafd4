//! What a time series must add up to, and that collecting it changes nothing.
//!
//! Meters are matched with the numbers of the result by name and kind of value, so those of a new
//! layer are checked without a line here.

use std::collections::BTreeMap;

use dessim::experiment::run::{CalendarKind, Options, run};
use dessim::kernel::time::Duration;
use dessim::metrics::sampler::{AUTO_BINS, MAX_BINS, Resolution};
use dessim::metrics::series::ARM;
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
            // Calls that services make are none of the requests' own.
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
    // Curves come with a series.
    result.arms.values_mut().for_each(|arm| (arm.series, arm.curves) = (None, None));
    result
}

fn check(arm: &ArmResult, warm_up: Duration, resolution: Resolution) {
    let series = arm.series.as_ref().expect("it was asked for");
    shape(arm, series, resolution);
    let window_ns = arm.end_ns.saturating_sub(warm_up.as_ns());
    // What the result says, by component, number and part.
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

/// Bins lie side by side from the start to the end, and every column has one value for each.
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

/// A column against the numbers that the result has for it.
fn totals(column: &Column, arm: &ArmResult, window_ns: u64, of: &dyn Fn(&str) -> Option<Metric>) {
    let name = column.meter.name;
    let what = format!("{} of {} {}", name, column.kind, column.component);
    match &column.values {
        Values::Counts(counts) => {
            let path = match (column.node, name) {
                (ARM, "attempts") => "attempts.total".to_owned(),
                (ARM, name) if !name.contains('.') => format!("attempts.{name}"),
                _ => name.to_owned(),
            };
            assert_eq!(of(&path), Some(Metric::Count(counts.iter().sum())), "{what}");
        }
        Values::Times(times) if column.node != ARM => {
            let sum = times.iter().map(|ns| u128::from(*ns)).sum();
            assert_eq!(of(name), Some(Metric::nanoseconds(sum)), "{what}");
        }
        Values::Times(times) if name == "wasted_ns" => {
            assert_eq!(arm.wasted.work_ns, times.iter().sum::<u64>(), "{what}");
        }
        Values::Times(_) => {}
        Values::States(states) => {
            let path = format!("time_{name}");
            let sum = Duration::from_ns(states.iter().sum());
            assert_eq!(of(&path), Some(Metric::Time(sum)), "{what}");
        }
        Values::Levels { area_ns, max, .. } => {
            let most = max.iter().copied().max().expect("there is a bin");
            assert_eq!(of(&format!("{name}_max")), Some(Metric::Count(most)), "{what}");
            let area: u128 = area_ns.iter().map(|area| u128::from(*area)).sum();
            let mean = (window_ns > 0).then(|| area as f64 / window_ns as f64);
            // A group of consumers reports its mean as a share of its places.
            match of(&format!("{name}_mean")) {
                Some(found) => assert_eq!(found, Metric::Number(mean), "{what}"),
                None => assert!(of("utilisation").is_some(), "{what}"),
            }
        }
        Values::Readings(readings) => {
            let last = *readings.last().expect("there is a bin");
            match name {
                "requests.in_flight" => assert_eq!(last, Some(arm.requests.in_flight)),
                // A hedge reports no largest delay.
                "delay_ns" => {}
                _ => {
                    let most = of(&name.replace("_ns", "_max_ns"));
                    let Some(Metric::Time(most)) = most else { panic!("{what}: {most:?}") };
                    // What came during the warm-up is there and seen, and not in the maximum.
                    let within = readings.iter().flatten().all(|ns| *ns <= most.as_ns());
                    assert!(within || window_ns < arm.end_ns, "{what}");
                }
            }
        }
        Values::Latencies(bins) => {
            let Some(Metric::Latency(summary)) = of(name) else { panic!("{what}") };
            let count: u64 = bins.iter().flatten().map(|(_, count)| count).sum();
            assert_eq!(count, summary.count, "{what}");
        }
    }
}

/// What went along the edges is what the arm sent, in every bin: attempts of the requests
/// themselves, and work wherever it was done.
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
