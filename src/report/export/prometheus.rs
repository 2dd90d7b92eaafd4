//! The series as OpenMetrics text, which Prometheus imports with `promtool tsdb
//! create-blocks-from openmetrics`.
//!
//! There is one family for each quantity of a kind of component, `dessim_queue_depth_max`, in base
//! units. Counters are cumulative and begin at 0; a gauge is the value in the bin that ends at the
//! instant of the sample. Labels are `scenario`, `seed`, `arm`, `component` and `kind`.
//!
//! Prometheus keeps milliseconds and truncates seconds read as binary fractions, so an instant may
//! lose one. Bins are therefore merged to `LEAST_BIN_NS`, and samples stay that far apart.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::{self, Write};

use crate::report::result::{Column, RunResult, Series, Values};
use crate::report::rows::Scalar;
use crate::report::series::{Track, Unit};

/// Narrowest bin.
const LEAST_BIN_NS: u64 = 2 * NS_PER_MS;
const NS_PER_MS: u64 = 1_000_000;

/// Samples of one name, which must be contiguous.
struct Family<'a> {
    counter: bool,
    seconds: bool,
    help: String,
    lines: Vec<Line<'a>>,
}

/// One quantity of one component: a time series of Prometheus.
struct Line<'a> {
    labels: String,
    values: Vec<Scalar>,
    series: &'a Series,
}

/// Writes the series of `result`, virtual time 0 at `epoch_s` after 1970.
///
/// # Errors
/// Those of `out`.
pub fn write(result: &RunResult, epoch_s: u64, out: &mut impl Write) -> io::Result<()> {
    let arms: Vec<(&str, Cow<'_, Series>)> = result
        .arms
        .iter()
        .filter_map(|(name, arm)| Some((name.as_str(), arm.series.as_ref()?)))
        .map(|(name, series)| (name, series.at_least(LEAST_BIN_NS)))
        .collect();
    let mut families = BTreeMap::new();
    for (arm, series) in &arms {
        let run = [
            ("scenario", result.scenario.name.as_str()),
            ("seed", &result.seed.to_string()),
            ("arm", *arm),
        ];
        for track in series.tracks() {
            add(&mut families, series, &run, track);
        }
        for column in &series.columns {
            limit(&mut families, series, &run, column);
        }
    }
    for (name, family) in &families {
        family.write(name, epoch_s, out)?;
    }
    writeln!(out, "# EOF")
}

fn add<'a>(
    families: &mut BTreeMap<String, Family<'a>>,
    series: &'a Series,
    run: &[(&str, &str)],
    track: Track<'_>,
) {
    let counter = matches!(track.unit, Unit::Count | Unit::Booked | Unit::State);
    let (name, seconds) = match track.metric.strip_suffix("_ns") {
        Some(name) => (format!("{name}_seconds"), true),
        None => (track.metric.clone(), false),
    };
    let family = Family { counter, seconds, help: track.words, lines: Vec::new() };
    let labels = labels(run, track.component, track.kind);
    insert(families, track.kind, &name, family, Line { labels, values: track.values, series });
}

/// The limit of a level, as a gauge beside it.
fn limit<'a>(
    families: &mut BTreeMap<String, Family<'a>>,
    series: &'a Series,
    run: &[(&str, &str)],
    column: &Column,
) {
    let Values::Levels { limit: Some(limit), .. } = column.values else { return };
    let help = format!("{}, limit", column.meter.words);
    let family = Family { counter: false, seconds: false, help, lines: Vec::new() };
    let values = vec![Scalar::Integer(limit); series.bins];
    let labels = labels(run, &column.component, column.kind);
    let name = format!("{}_limit", column.meter.name);
    insert(families, column.kind, &name, family, Line { labels, values, series });
}

fn insert<'a>(
    families: &mut BTreeMap<String, Family<'a>>,
    kind: &str,
    name: &str,
    family: Family<'a>,
    line: Line<'a>,
) {
    let name = plain(&format!("dessim_{kind}_{name}"));
    let family = match families.entry(name) {
        Entry::Occupied(entry) => entry.into_mut(),
        Entry::Vacant(place) => place.insert(family),
    };
    family.lines.push(line);
}

/// The name with `_` for every character that names of metrics cannot have.
pub(in crate::report) fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

fn labels(run: &[(&str, &str)], component: &str, kind: &str) -> String {
    let all = run.iter().copied().chain([("component", component), ("kind", kind)]);
    // An empty label equals a missing one.
    let given = all.filter(|(_, value)| !value.is_empty());
    let label = |(name, value)| format!("{name}=\"{}\"", escaped(value));
    given.map(label).collect::<Vec<_>>().join(",")
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n").replace('"', "\\\"")
}

impl Family<'_> {
    fn write(&self, name: &str, epoch_s: u64, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "# TYPE {name} {}", if self.counter { "counter" } else { "gauge" })?;
        if self.seconds {
            writeln!(out, "# UNIT {name} seconds")?;
        }
        writeln!(out, "# HELP {name} {}", escaped(&self.help))?;
        for line in &self.lines {
            self.write_line(name, line, epoch_s, out)?;
        }
        Ok(())
    }

    fn write_line(
        &self,
        name: &str,
        line: &Line<'_>,
        epoch_s: u64,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let suffix = if self.counter { "_total" } else { "" };
        let head = format!("{name}{suffix}{{{}}}", line.labels);
        let instant = |ms: u64| {
            let ms = u128::from(epoch_s) * 1_000 + u128::from(ms);
            format!("{}.{:03}", ms / 1_000, ms % 1_000)
        };
        let mut sum = 0_u128;
        if self.counter {
            writeln!(out, "{head} 0 {}", instant(0))?;
        }
        for (ms, value) in stamps(line.series).zip(&line.values) {
            let value = match *value {
                Scalar::Integer(value) if self.counter => {
                    sum += u128::from(value);
                    self.number(sum)
                }
                Scalar::Integer(value) => self.number(value.into()),
                Scalar::Float(value) => value.to_string(),
                Scalar::None => continue,
            };
            writeln!(out, "{head} {value} {}", instant(ms))?;
        }
        Ok(())
    }

    /// A whole number, exactly; nanoseconds are printed as seconds.
    fn number(&self, value: u128) -> String {
        const NS_PER_S: u128 = 1_000_000_000;
        if !self.seconds {
            return value.to_string();
        }
        let text = format!("{}.{:09}", value / NS_PER_S, value % NS_PER_S);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

/// Ends of the bins in milliseconds, distinct after truncation.
fn stamps(series: &Series) -> impl Iterator<Item = u64> {
    let mut before = 0;
    series.spans().map(move |(_, until)| {
        before = (until / NS_PER_MS).max(before + LEAST_BIN_NS / NS_PER_MS);
        before
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn text(result: &RunResult, epoch_s: u64) -> String {
        let mut bytes = Vec::new();
        write(result, epoch_s, &mut bytes).expect("memory can be written to");
        String::from_utf8(bytes).expect("it is text")
    }

    #[test]
    fn a_small_series() {
        insta::assert_snapshot!(text(&sample::over_time(), 1_700_000_000));
    }

    #[test]
    fn labels_are_escaped() {
        let mut result = sample::over_time();
        result.scenario.name = "a\\b\"c\nd".to_owned();
        let text = text(&result, 0);
        assert!(text.contains(r#"{scenario="a\\b\"c\nd",seed="7","#), "{text}");
    }

    #[test]
    fn narrow_bins_are_merged_until_samples_stay_apart() {
        let mut result = sample::over_time();
        result.arms.remove("event-driven");
        for arm in result.arms.values_mut() {
            let series = arm.series.as_mut().expect("it has one");
            (series.bin_ns, series.end_ns) = (800_000, 2_500_000);
        }
        let text = text(&result, 0);
        let succeeded = |line: &&str| line.starts_with("dessim_arm_requests_succeeded_total{");
        let ends: Vec<_> =
            text.lines().filter(succeeded).map(|line| &line[line.rfind(' ').unwrap()..]).collect();
        assert_eq!(ends, [" 0.000", " 0.002", " 0.004"]);
    }
}
