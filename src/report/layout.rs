//! What a reader sees of the arms, as groups of labelled lines: one cell an arm.
//!
//! Page and Markdown print the same groups. Components appear by kind, name and metric type
//! alone, so a layer that brings a new metric has its line here without a change.

use super::format::{self, NO_VALUE, cut, label};
use super::result::{ArmResult, Component, LatencySummary, Metric};
use super::rows::arm_metrics;

/// The longest name of a component in a heading, in columns.
const NAME_COLUMNS: usize = 40;

/// With more arms than this, a distribution takes a line for each of its numbers.
const ARMS_WITH_WIDE_CELLS: usize = 2;

/// Lines under a heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What the lines are about.
    pub heading: String,
    /// The lines, at least one.
    pub lines: Vec<Line>,
}

/// One quantity, for every arm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What is counted or measured.
    pub label: String,
    /// One cell an arm.
    pub cells: Vec<Cell>,
}

/// One number as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The digits, or [`NO_VALUE`].
    pub digits: String,
    /// The unit, empty for counts and ratios.
    pub unit: &'static str,
    /// The part of the whole that it is, where that says more than the number.
    pub share: Option<String>,
    /// Nothing happened: zero, or no value.
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

    /// Three numbers in one cell, when they have values.
    fn spread(summary: &LatencySummary) -> Self {
        match (summary.mean_ns, summary.p99_ns, summary.max_ns) {
            (Some(mean), Some(p99), Some(max)) => {
                let times = [mean, p99, max].map(format::time);
                Self::new(times.join(" / "), "", max == 0)
            }
            _ => Self::none(),
        }
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

/// The groups for these arms, in reading order; lines where nothing happened are left out unless
/// their absence would leave a question.
#[must_use]
pub fn groups(arms: &[Arm<'_>]) -> Vec<Group> {
    let mut groups = vec![requests(arms), attempts(arms)];
    groups.push(latency(arms, "latency, end to end", |arm| &arm.latency.end_to_end));
    groups.push(latency(arms, "latency, processing", |arm| &arm.latency.processing));
    groups.extend(components(arms));
    groups
}

/// A line in the making: its label, its path in the data, and whether it stays when all is zero.
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
    plan("retries", "attempts.retries", true),
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
                let cell = find(arm, plan.metric).map(|value| Cell::of(value, unit(plan.metric)));
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
    arm_metrics(arm).into_iter().find(|(name, _)| *name == path).map(|(_, value)| value)
}

fn unit(metric: &str) -> &'static str {
    if metric.ends_with("_per_s") { "/s" } else { "" }
}

fn latency(arms: &[Arm<'_>], heading: &str, of: impl Fn(&ArmResult) -> &LatencySummary) -> Group {
    type Part = (&'static str, fn(&LatencySummary) -> Option<u64>);
    let parts: [Part; 7] = [
        ("mean", |summary| summary.mean_ns),
        ("p50", |summary| summary.p50_ns),
        ("p90", |summary| summary.p90_ns),
        ("p95", |summary| summary.p95_ns),
        ("p99", |summary| summary.p99_ns),
        ("p99.9", |summary| summary.p999_ns),
        ("max", |summary| summary.max_ns),
    ];
    let sampled = arms.iter().any(|(_, arm)| of(arm).count > 0);
    let lines = parts
        .into_iter()
        .filter(|(label, _)| sampled || *label == "mean")
        .map(|(label, part)| Line {
            label: label.to_owned(),
            cells: arms.iter().map(|(_, arm)| Cell::time(part(of(arm)))).collect(),
        })
        .collect();
    Group { heading: heading.to_owned(), lines }
}

/// One group for each component, the union over the arms in order of first appearance.
fn components(arms: &[Arm<'_>]) -> Vec<Group> {
    // What went along the only edge of an arm is what the whole arm did.
    let edges =
        |arm: &ArmResult| arm.components.values().filter(|part| part.kind == "edge").count();
    let several_edges = arms.iter().any(|(_, arm)| edges(arm) > 1);
    let mut known: Vec<(&str, &str)> = Vec::new();
    for (_, arm) in arms {
        for (name, component) in &arm.components {
            if (component.kind != "edge" || several_edges)
                && !known.contains(&(component.kind, name))
            {
                known.push((component.kind, name));
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
        .flat_map(|(metric, value)| component_lines(&parts, metric, value))
        .collect();
    // A component that did nothing keeps one line: that it is there and idle is a result too.
    if lines.iter().any(Line::says_something) {
        lines.retain(Line::says_something);
    } else {
        lines.truncate(1);
    }
    (!lines.is_empty())
        .then(|| Group { heading: format!("{kind} {}", cut(name, NAME_COLUMNS)), lines })
}

fn component_lines(
    parts: &[Option<&Component>],
    metric: &'static str,
    example: Metric,
) -> Vec<Line> {
    let value = |part: &Option<&Component>| part.and_then(|part| part.get(metric));
    let line = |suffix: &str, cell: &dyn Fn(Metric) -> Cell| Line {
        label: format!("{}{suffix}", label(metric)),
        cells: parts.iter().map(|part| value(part).map_or_else(Cell::none, cell)).collect(),
    };
    if !matches!(example, Metric::Latency(_)) {
        return vec![line("", &|value| Cell::of(value, unit(metric)))];
    }
    if parts.len() <= ARMS_WITH_WIDE_CELLS {
        return vec![line(" mean / p99 / max", &|value| Cell::of(value, ""))];
    }
    type Part = (&'static str, fn(&LatencySummary) -> Option<u64>);
    let numbers: [Part; 3] = [
        (" mean", |summary| summary.mean_ns),
        (" p99", |summary| summary.p99_ns),
        (" max", |summary| summary.max_ns),
    ];
    let number = |(suffix, number): Part| {
        line(suffix, &move |value| match value {
            Metric::Latency(summary) => Cell::time(number(&summary)),
            other => Cell::of(other, ""),
        })
    };
    numbers.into_iter().map(number).collect()
}
