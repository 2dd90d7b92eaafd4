//! Which panels an arm's time series becomes: by what its columns are, never by who shows them.
//!
//! Only the numbers of the arm itself are known by name: its requests become a flow. Of a
//! component, what is counted becomes one panel of rates, each level, reading and latency a panel of
//! its own, each state a band, and a column in which nothing happened becomes nothing.

use super::scale::Measure;
use super::theme::LOOKS;
use crate::report::format;
use crate::report::result::{Column, Series, Values};
use crate::report::rows::Scalar;

/// How much a timeline shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// The arm itself, and the levels and states of its components.
    Brief,
    /// Everything that was collected.
    Full,
}

/// Lines over one time axis, with one scale of values.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Panel {
    pub(super) title: String,
    pub(super) shape: Shape,
    pub(super) measure: Measure,
    pub(super) limit: Option<u64>,
    pub(super) lines: Vec<Line>,
}

/// How the lines of a panel are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// The first alone, the others as layers upon each other; both grow.
    Flow,
    /// One step a bin.
    Steps,
    /// The same, on a logarithmic scale.
    LogSteps,
}

/// One number, over time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) label: String,
    /// Its colour and dashes.
    pub(super) class: &'static str,
    pub(super) filled: bool,
    /// One value a bin.
    pub(super) values: Vec<Option<f64>>,
    /// It in words, for the text alternative.
    pub(super) words: String,
}

/// When something was so.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Strip {
    pub(super) label: String,
    /// The part of each bin.
    pub(super) parts: Vec<f64>,
    /// For how long in all.
    pub(super) total_ns: u64,
}

const CLASSES: [&str; LOOKS] = ["s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7"];
/// The line that others are measured by.
const INK: &str = "ink";
/// Looks of the ends of requests, in the order in which an arm shows them: what succeeded is
/// blue, and every failure is far from its neighbours.
const ENDS: [usize; LOOKS] = [0, 6, 1, 4, 3, 2, 5, 7];
/// More lines in one panel cannot be told apart.
const LINES: usize = 6;

/// The look of the `at`-th series.
pub(super) const fn class(at: usize) -> &'static str {
    CLASSES[at % LOOKS]
}

/// The panels of an arm, those of the arm itself first.
pub(super) fn panels(series: &Series, detail: Detail) -> Vec<Panel> {
    let mut panels = Vec::new();
    let groups = series.columns.chunk_by(|a, b| a.node == b.node);
    // What went along the only edge of an arm is what the whole arm did.
    let edges = groups.clone().filter(|group| group[0].kind == "edge").count();
    for group in groups {
        match group[0].kind {
            "arm" => arm(series, group, detail, &mut panels),
            "edge" if edges == 1 => {}
            _ => component(series, group, detail, &mut panels),
        }
    }
    panels
}

/// The states of an arm's components that were so at some time.
pub(super) fn strips(series: &Series) -> Vec<Strip> {
    let strip = |column: &Column| match &column.values {
        Values::States(values) if values.iter().any(|&ns| ns > 0) => {
            let part = |(bin, &ns): (usize, &u64)| match series.length_ns(bin) {
                0 => 0.0,
                length => ns as f64 / length as f64,
            };
            Some(Strip {
                label: titled(column, column.meter.words),
                parts: values.iter().enumerate().map(part).collect(),
                total_ns: values.iter().fold(0, |sum, ns| sum.saturating_add(*ns)),
            })
        }
        _ => None,
    };
    series.columns.iter().filter_map(strip).collect()
}

fn titled(column: &Column, words: &str) -> String {
    match column.component.is_empty() {
        true => words.to_owned(),
        false => format!("{}: {words}", column.component),
    }
}

fn arm(series: &Series, columns: &[Column], detail: Detail, panels: &mut Vec<Panel>) {
    let known = |column: &&Column| {
        let name = column.meter.name;
        matches!(column.values, Values::Counts(_))
            && (name.starts_with("requests.") || name.starts_with("failed_by."))
    };
    let requests: Vec<&Column> = columns.iter().filter(known).collect();
    let looks = |at: usize| at.checked_sub(1).map_or(INK, |at| class(ENDS[at % LOOKS]));
    let words = |column: &Column| {
        let words = column.meter.words;
        words.strip_prefix("requests ").unwrap_or(words).to_owned()
    };
    let sums = |(at, column): (usize, &&Column)| {
        let Values::Counts(counts) = &column.values else { return None };
        let mut sum = 0_u64;
        let mut add = |count: &u64| {
            sum = sum.saturating_add(*count);
            Some(sum as f64)
        };
        let values = counts.iter().map(&mut add).collect();
        let line = Line {
            label: words(column),
            class: looks(at),
            filled: at > 0,
            values,
            words: format!("{} {}", format::count(sum), words(column)),
        };
        (sum > 0 || at == 0).then_some(line)
    };
    if !requests.is_empty() {
        panels.push(Panel {
            title: "requests so far".to_owned(),
            shape: Shape::Flow,
            measure: Measure::Number,
            limit: None,
            lines: requests.iter().enumerate().filter_map(sums).collect(),
        });
        let lines = (0..).zip(&requests);
        let lines = lines.map(|(at, column)| rate(series, column, looks(at), words(column)));
        push_rates(panels, "requests per second".to_owned(), lines.flatten().collect());
    }
    let others: Vec<&Column> = columns.iter().filter(|column| !known(column)).collect();
    each(series, &others, Detail::Full, panels);
    let title = |what: &str| what.to_owned();
    rates(series, &others, panels, &title);
    if detail == Detail::Full {
        booked(series, &others, panels, &title);
    }
}

fn component(series: &Series, columns: &[Column], detail: Detail, panels: &mut Vec<Panel>) {
    let columns: Vec<&Column> = columns.iter().collect();
    let title = |what: &str| titled(columns[0], what);
    each(series, &columns, detail, panels);
    if detail == Detail::Full {
        rates(series, &columns, panels, &title);
        booked(series, &columns, panels, &title);
    }
}

/// What happened, per second: one panel for all that is counted.
fn rates(series: &Series, of: &[&Column], panels: &mut Vec<Panel>, title: &dyn Fn(&str) -> String) {
    let counted = of.iter().filter(|column| matches!(column.values, Values::Counts(_)));
    let line = |(at, column): (usize, &&Column)| {
        rate(series, column, class(at), column.meter.words.to_owned())
    };
    let lines: Vec<Line> = counted.enumerate().filter_map(line).collect();
    push_rates(panels, title("per second"), lines);
}

fn rate(series: &Series, column: &Column, class: &'static str, label: String) -> Option<Line> {
    let Values::Counts(counts) = &column.values else { return None };
    let total = counts.iter().fold(0_u64, |sum, count| sum.saturating_add(*count));
    let words = format!("{} {label}", format::count(total));
    let values = per_second(series, counts, 1e9);
    (total > 0).then_some(Line { label, class, filled: false, values, words })
}

fn per_second(series: &Series, sums: &[u64], second: f64) -> Vec<Option<f64>> {
    let of = |(bin, &sum): (usize, &u64)| match series.length_ns(bin) {
        0 => None,
        length => Some(sum as f64 * second / length as f64),
    };
    sums.iter().enumerate().map(of).collect()
}

fn push_rates(panels: &mut Vec<Panel>, title: String, lines: Vec<Line>) {
    for lines in lines.chunks(LINES) {
        panels.push(Panel {
            title: title.clone(),
            shape: if is_spiky(lines) { Shape::LogSteps } else { Shape::Steps },
            measure: Measure::Number,
            limit: None,
            lines: lines.to_vec(),
        });
    }
}

/// Bursts so high that on a linear scale nothing else would be seen.
fn is_spiky(lines: &[Line]) -> bool {
    let mut values: Vec<f64> =
        lines.iter().flat_map(|line| &line.values).filter_map(|value| *value).collect();
    values.retain(|value| *value > 0.0);
    values.sort_by(f64::total_cmp);
    match (values.get(values.len() / 2), values.last()) {
        (Some(middle), Some(most)) => most / middle > 20.0,
        _ => false,
    }
}

/// Time that was booked, as how many at once.
fn booked(
    series: &Series,
    of: &[&Column],
    panels: &mut Vec<Panel>,
    title: &dyn Fn(&str) -> String,
) {
    let line = |(at, column): (usize, &&Column)| {
        let Values::Times(times) = &column.values else { return None };
        let total = times.iter().fold(0_u64, |sum, ns| sum.saturating_add(*ns));
        let label = column.meter.words.to_owned();
        let words = format!("{} of {label}", format::time(total));
        let values = per_second(series, times, 1.0);
        (total > 0).then_some(Line { label, class: class(at), filled: at == 0, values, words })
    };
    let booked = of.iter().filter(|column| matches!(column.values, Values::Times(_)));
    let lines: Vec<Line> = booked.enumerate().filter_map(line).collect();
    if !lines.is_empty() {
        panels.push(Panel {
            title: title("seconds per second"),
            shape: Shape::Steps,
            measure: Measure::Number,
            limit: None,
            lines,
        });
    }
}

/// Levels, readings and latencies: one panel each.
fn each(series: &Series, of: &[&Column], detail: Detail, panels: &mut Vec<Panel>) {
    for column in of {
        let (shape, labels): (_, &[&str]) = match &column.values {
            Values::Levels { .. } => (Shape::Steps, &["mean", "most"]),
            Values::Readings(_) => (Shape::Steps, &[""]),
            Values::Latencies(_) if detail == Detail::Full => (Shape::LogSteps, &["p50", "p99"]),
            _ => continue,
        };
        let tracks = series.tracks_of(column);
        let measure = match tracks.iter().all(|track| track.metric.ends_with("_ns")) {
            true => Measure::Time,
            false => Measure::Number,
        };
        let line = |(at, label): (usize, &&str)| {
            let values: Vec<Option<f64>> =
                tracks[at].values.iter().copied().map(Scalar::as_f64).collect();
            let most = values.iter().flatten().copied().max_by(f64::total_cmp)?;
            let words = format!("{label} up to {}", measure.words(most));
            let (class, filled) = (class(at), at == 0 && shape == Shape::Steps);
            let words = words.trim_start().to_owned();
            let label = (*label).to_owned();
            (most > 0.0).then_some(Line { label, class, filled, values, words })
        };
        let lines: Vec<Line> = labels.iter().enumerate().filter_map(line).collect();
        if !lines.is_empty() {
            panels.push(Panel {
                title: titled(column, column.meter.words),
                shape,
                measure,
                limit: tracks[0].limit,
                lines,
            });
        }
    }
}
