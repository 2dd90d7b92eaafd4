//! The numbers of the arms as groups of labelled lines, with one cell for each arm.
//!
//! Page and Markdown print the same groups. Components are known by kind, name and type of metric
//! alone, so a new metric of a layer gets its line without a change here.

use std::collections::BTreeSet;

use super::format::{self, NO_VALUE, cut, label};
use crate::report::result::{ArmResult, Component, LatencySummary, Metric};
use crate::report::rows::{Row, arm_metrics, unit_of};

/// The longest name of a component in a heading, in columns.
const NAME_COLUMNS: usize = 40;

/// Most arms for which a distribution stands in one cell; with more, each of its numbers takes a
/// line.
const ARMS_WITH_WIDE_CELLS: usize = 2;

/// Marks a quantile that rests on too few samples.
const COARSE: char = '~';

/// The meaning of the mark, if any cell has it.
#[must_use]
pub fn legend(groups: &[Group]) -> Option<&'static str> {
    let mut cells = groups.iter().flat_map(|group| &group.lines).flat_map(|line| &line.cells);
    cells
        .any(|cell| cell.digits.contains(COARSE))
        .then_some("~ a quantile q of fewer than 1 / (1 - q) times: hardly more than the longest")
}

/// Lines under a heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Heading of the lines.
    pub heading: String,
    /// Lines, at least one.
    pub lines: Vec<Line>,
}

/// One quantity of every arm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Name of the quantity.
    pub label: String,
    /// One cell for each arm.
    pub cells: Vec<Cell>,
}

/// One number as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Digits, or [`NO_VALUE`].
    pub digits: String,
    /// Unit; empty for counts and ratios.
    pub unit: &'static str,
    /// Share of the whole, where it says more than the number.
    pub share: Option<String>,
    /// True for zero and for no value.
    pub nothing: bool,
}

impl Cell {
    fn new(digits: String, unit: &'static str, nothing: bool) -> Self {
        Self { digits, unit, share: None, nothing }
    }

    fn none() -> Self {
        Self::new(NO_VALUE.to_owned(), "", true)
    }

    fn time(ns: Option<u64>) -> Self {
        let Some(ns) = ns else { return Self::none() };
        let (digits, unit) = format::time_parts(ns);
        Self::new(digits, unit, ns == 0)
    }

    fn count(count: u64) -> Self {
        Self::new(format::count(count), "", count == 0)
    }

    fn number(value: Option<f64>, unit: &'static str) -> Self {
        match value.filter(|value| value.is_finite()) {
            Some(value) => Self::new(format::number(value), unit, value == 0.0),
            None => Self::none(),
        }
    }

    /// A part of a distribution; a quantile of too few samples is marked.
    fn part(summary: &LatencySummary, name: &str) -> Self {
        let cell = Self::time(summary.part(name));
        if !summary.is_coarse(name) {
            return cell;
        }
        Self { digits: format!("{COARSE}{}", cell.digits), ..cell }
    }

    /// Three numbers of a distribution in one cell, if they have values.
    fn spread(summary: &LatencySummary) -> Self {
        let Some(max) = summary.max_ns else { return Self::none() };
        let time = |name| {
            let cell = Self::part(summary, name);
            format!("{} {}", cell.digits, cell.unit)
        };
        Self::new(["mean_ns", "p99_ns", "max_ns"].map(time).join(" / "), "", max == 0)
    }

    fn of(metric: Metric, unit: &'static str) -> Self {
        match metric {
            Metric::Count(count) => Self::count(count),
            Metric::Time(time) => Self::time(Some(time.as_ns())),
            Metric::Number(value) => Self::number(value, unit),
            Metric::Latency(summary) => Self::spread(&summary),
        }
    }

    fn with_share(self, part: u64, whole: u64) -> Self {
        let share = (whole > 0).then(|| format::share(part, whole));
        Self { share, ..self }
    }
}

type Arm<'a> = (&'a str, &'a ArmResult);

/// The groups for these arms, in reading order; lines of zeros are left out unless their absence
/// would raise a question.
#[must_use]
pub fn groups(arms: &[Arm<'_>]) -> Vec<Group> {
    let mut groups = vec![requests(arms), attempts(arms)];
    let lossy = arms.iter().any(|(_, arm)| arm.latency.outcome != arm.latency.end_to_end);
    if lossy {
        groups.push(latency(arms, "latency, of all that ended", |arm| &arm.latency.outcome));
    }
    let whose = if lossy { ", of those that succeeded" } else { "" };
    let (end_to_end, processing) =
        (format!("latency, end to end{whose}"), format!("latency, processing{whose}"));
    groups.push(latency(arms, &end_to_end, |arm| &arm.latency.end_to_end));
    groups.push(latency(arms, &processing, |arm| &arm.latency.processing));
    groups.extend(components(arms));
    groups
}

/// Plan of a line: label, path in the data, and whether a line of zeros stays.
struct Plan {
    label: &'static str,
    metric: &'static str,
    always: bool,
}

const fn plan(label: &'static str, metric: &'static str, always: bool) -> Plan {
    Plan { label, metric, always }
}

const REQUESTS: [Plan; 12] = [
    plan("offered", "requests.offered", true),
    plan("succeeded", "requests.succeeded", true),
    plan("late", "requests.late", false),
    plan("failed", "requests.failed", true),
    plan("  in a timeout", "failed_by.timeout", false),
    plan("  in an error", "failed_by.error", false),
    plan("rejected", "requests.rejected", false),
    plan("shed", "requests.shed", false),
    plan("dropped", "requests.dropped", false),
    plan("dead-lettered", "requests.dead_lettered", false),
    plan("in flight at the end", "requests.in_flight", false),
    plan("goodput", "goodput_per_s", true),
];

const ATTEMPTS: [Plan; 7] = [
    plan("total", "attempts.total", true),
    plan("retries sent", "attempts.retries", true),
    plan("timeouts", "attempts.timeouts", true),
    plan("errors", "attempts.errors", true),
    plan("cancelled", "attempts.cancelled", false),
    plan("amplification", "amplification", true),
    plan("wasted work", "wasted.work_ns", true),
];

fn requests(arms: &[Arm<'_>]) -> Group {
    planned("requests", &REQUESTS, arms, |arm, plan, cell| {
        let path = plan.metric;
        let fate = path.starts_with("requests.") && path != "requests.offered";
        match find(arm, path) {
            Some(Metric::Count(part)) if fate && (part > 0 || path == "requests.succeeded") => {
                cell.with_share(part, arm.requests.offered)
            }
            _ => cell,
        }
    })
}

fn attempts(arms: &[Arm<'_>]) -> Group {
    planned("attempts", &ATTEMPTS, arms, |arm, plan, cell| match (plan.metric, arm.wasted.ratio) {
        ("wasted.work_ns", Some(ratio)) if ratio > 0.0 => {
            Cell { share: Some(format::percent(ratio)), ..cell }
        }
        _ => cell,
    })
}

fn planned(
    heading: &str,
    plans: &[Plan],
    arms: &[Arm<'_>],
    finish: impl Fn(&ArmResult, &Plan, Cell) -> Cell,
) -> Group {
    let line = |plan: &Plan| Line {
        label: plan.label.to_owned(),
        cells: arms
            .iter()
            .map(|(_, arm)| {
                let row = row(arm, plan.metric);
                let cell = row.map(|row| Cell::of(row.value, unit_of(row.quantity)));
                finish(arm, plan, cell.unwrap_or_else(Cell::none))
            })
            .collect(),
    };
    let lines = plans
        .iter()
        .map(|plan| (plan.always, line(plan)))
        .filter(|(always, line)| *always || line.says_something())
        .map(|(_, line)| line)
        .collect();
    Group { heading: heading.to_owned(), lines }
}

impl Line {
    fn says_something(&self) -> bool {
        self.cells.iter().any(|cell| !cell.nothing)
    }
}

fn find(arm: &ArmResult, path: &str) -> Option<Metric> {
    row(arm, path).map(|row| row.value)
}

fn row(arm: &ArmResult, path: &str) -> Option<Row<'static>> {
    arm_metrics(arm).into_iter().find(|row| row.metric == path)
}

fn latency(arms: &[Arm<'_>], heading: &str, of: impl Fn(&ArmResult) -> &LatencySummary) -> Group {
    let parts = [
        ("mean", "mean_ns"),
        ("p50", "p50_ns"),
        ("p90", "p90_ns"),
        ("p95", "p95_ns"),
        ("p99", "p99_ns"),
        ("p99.9", "p999_ns"),
        ("max", "max_ns"),
    ];
    let sampled = arms.iter().any(|(_, arm)| of(arm).count > 0);
    let lines = parts
        .into_iter()
        .filter(|(label, _)| sampled || *label == "mean")
        .map(|(label, part)| Line {
            label: label.to_owned(),
            cells: arms.iter().map(|(_, arm)| Cell::part(of(arm), part)).collect(),
        })
        .collect();
    Group { heading: heading.to_owned(), lines }
}

/// One group for each component of any arm, in order of first appearance.
fn components(arms: &[Arm<'_>]) -> Vec<Group> {
    // The only edge of an arm repeats the numbers of the arm.
    let edges =
        |arm: &ArmResult| arm.components.values().filter(|part| part.kind == "edge").count();
    let several_edges = arms.iter().any(|(_, arm)| edges(arm) > 1);
    let mut known: Vec<(&str, &str)> = Vec::new();
    let mut seen = BTreeSet::new();
    for (_, arm) in arms {
        for (name, component) in &arm.components {
            let part = (component.kind, name.as_str());
            if (component.kind != "edge" || several_edges) && seen.insert(part) {
                known.push(part);
            }
        }
    }
    known.into_iter().filter_map(|(kind, name)| component_group(arms, kind, name)).collect()
}

fn component_group(arms: &[Arm<'_>], kind: &str, name: &str) -> Option<Group> {
    let parts: Vec<Option<&Component>> = arms
        .iter()
        .map(|(_, arm)| arm.components.get(name).filter(|part| part.kind == kind))
        .collect();
    let mut metrics: Vec<(&'static str, Metric)> = Vec::new();
    for &(metric, value) in parts.iter().flatten().flat_map(|part| &part.metrics) {
        if metrics.iter().all(|(known, _)| *known != metric) {
            metrics.push((metric, value));
        }
    }
    let mut lines: Vec<Line> = metrics
        .into_iter()
        .flat_map(|(metric, value)| component_lines(&parts, (kind, metric), value))
        .collect();
    // An idle component keeps one line, because that it is idle is a result too.
    if lines.iter().any(Line::says_something) {
        lines.retain(Line::says_something);
    } else {
        lines.truncate(1);
    }
    (!lines.is_empty())
        .then(|| Group { heading: format!("{kind} {}", cut(name, NAME_COLUMNS)), lines })
}

/// The label of a metric. A retry that is decided may never be sent, so the two counts of retries
/// have different labels.
fn line_label(kind: &str, metric: &str) -> String {
    match (kind, metric) {
        ("retry", "retries") => "retries decided".to_owned(),
        ("edge", "retries") => "retries sent".to_owned(),
        _ => label(metric),
    }
}

fn component_lines(
    parts: &[Option<&Component>],
    (kind, metric): (&str, &'static str),
    example: Metric,
) -> Vec<Line> {
    let value = |part: &Option<&Component>| part.and_then(|part| part.get(metric));
    let line = |suffix: &str, cell: &dyn Fn(Metric) -> Cell| Line {
        label: format!("{}{suffix}", line_label(kind, metric)),
        cells: parts.iter().map(|part| value(part).map_or_else(Cell::none, cell)).collect(),
    };
    if !matches!(example, Metric::Latency(_)) {
        let quantity = parts.iter().flatten().find_map(|part| part.quantity(metric));
        return vec![line("", &|value| Cell::of(value, unit_of(quantity)))];
    }
    if parts.len() <= ARMS_WITH_WIDE_CELLS {
        return vec![line(" mean / p99 / max", &|value| Cell::of(value, ""))];
    }
    let number = |(suffix, part): (&str, &'static str)| {
        line(suffix, &move |value| match value {
            Metric::Latency(summary) => Cell::part(&summary, part),
            other => Cell::of(other, ""),
        })
    };
    [(" mean", "mean_ns"), (" p99", "p99_ns"), (" max", "max_ns")].map(number).into()
}
