//! Several runs as a page of plain text: one table an arm.

use super::notes::Notes;
use super::{ArmRuns, Number, Outcomes, Runs, plural};
use crate::metrics::names::Kind;
use crate::report::text::format::{NO_VALUE, count, cut, mean_count, number, percent, time};
use crate::report::text::table::{lines, paragraph};
use crate::statistics::proportion::Proportion;
use crate::statistics::summary::{CONFIDENCE, Summary};
use crate::statistics::validity::NoInterval;

/// The summarised metrics: label, path in the data, and whether a line of zeros stays.
pub(super) const METRICS: [(&str, &str, &str, bool); 10] = [
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

/// Label of the line of collapses, with the definition that `expect` and `hunt` share.
const COLLAPSE: &str = "collapses (ends with less than half of what should succeed)";

/// Columns of the longest bar of a histogram.
const BAR: usize = 40;

/// Headings of the columns after the first.
pub(super) const COLUMNS: [&str; 7] =
    ["mean", "95 % interval", "min", "p5", "median", "p95", "max"];

/// The runs as a page of plain text: one table an arm.
///
/// Runs in which a number has no value are left out of its line, which then shows the number of
/// the others.
#[must_use]
pub fn runs_page(runs: &Runs) -> String {
    let Some(head) = &runs.head else {
        return "no runs\n".to_owned();
    };
    let mut text = format!(
        "{}, {} over {}\ndigest {}   dessim {} (model {})\n",
        cut(&head.scenario.name, 60),
        plural(runs.len(), "run"),
        seed_list(runs),
        head.scenario.digest,
        head.dessim,
        head.model,
    );
    let mut notes = Notes::default();
    for (name, arm) in &runs.arms {
        text.push('\n');
        text.push_str(&arm_text(name, arm, runs, &mut notes));
    }
    text.push_str(&notes.text());
    let warnings = runs.warnings();
    if !warnings.is_empty() {
        text.push('\n');
    }
    for warning in warnings {
        text.push_str(&paragraph("warning: ", &warning));
    }
    text
}

fn arm_text(name: &str, arm: &ArmRuns, runs: &Runs, notes: &mut Notes) -> String {
    let outcomes = arm.outcomes();
    let mut header = vec![cut(name, 24)];
    header.extend(COLUMNS.map(str::to_owned));
    let mut rows = vec![header];
    for (label, cells) in arm_rows(name, arm, runs, outcomes.as_ref(), notes) {
        rows.push([vec![format!("  {label}")], cells].concat());
    }
    let mut text = lines(&rows).join("\n") + "\n";
    if let Some(outcomes) = outcomes {
        text.push_str(&histogram(&outcomes));
    }
    if arm.collapse.hits > 0 {
        text.push_str(&probability(COLLAPSE, arm.collapse));
    }
    text
}

/// The lines of an arm's table: label and cells.
pub(super) fn arm_rows(
    name: &str,
    arm: &ArmRuns,
    runs: &Runs,
    outcomes: Option<&Outcomes>,
    notes: &mut Notes,
) -> Vec<(String, Vec<String>)> {
    let mut rows = Vec::new();
    for (label, metric, part, always) in METRICS {
        let path = crate::report::rows::name_of(metric, part);
        let known = |number: &&Number| number.component.is_empty() && number.metric == path;
        let Some(number) = arm.numbers.iter().find(known) else { continue };
        if !always && number.values.iter().all(|value| *value == 0.0) {
            continue;
        }
        let label = match number.values.len() {
            few if few < arm.runs => format!("{label}, {}", plural(few, "run")),
            _ => label.to_owned(),
        };
        let summary = arm.summary(number, outcomes, runs.tails.get(name));
        let cells = match summary {
            Some(summary) => cells(&summary, number.kind, notes),
            None => vec![NO_VALUE.to_owned(); COLUMNS.len()],
        };
        rows.push((label, cells));
    }
    rows
}

fn cells(summary: &Summary, kind: Kind, notes: &mut Notes) -> Vec<String> {
    let printed = |value: f64| printed(value, kind);
    let Summary { mean, min, p5, median, p95, max, interval, .. } = summary;
    let interval = match interval {
        Ok((from, to)) => format!("{} to {}", printed(*from), printed(*to)),
        Err(NoInterval::AllAlike(_)) => "all alike".to_owned(),
        Err(why) => notes.mark(why.to_string()),
    };
    let mut cells = vec![printed(*mean), interval];
    cells.extend([min, p5, median, p95, max].map(|value| printed(*value)));
    cells
}

/// A value or a mean of a number of this kind.
pub(in crate::report) fn printed(value: f64, kind: Kind) -> String {
    match kind {
        // An interval may reach below zero, although a latency cannot.
        Kind::Time | Kind::Latency => time(value.max(0.0).round() as u64),
        Kind::Count if value < 10.0 && value.fract() != 0.0 => number(value.max(0.0)),
        Kind::Count => mean_count(value),
        Kind::Number => number(value),
    }
}

/// The histogram of success ratios over the runs.
fn histogram(outcomes: &Outcomes) -> String {
    let Outcomes { groups, low, bars } = outcomes;
    let mut text = format!(
        "\n  two outcomes: {} around {} succeeded, {} around {}\n",
        plural(groups.low_runs, "run"),
        percent(groups.low),
        groups.high_runs,
        percent(groups.high),
    );
    let most = bars.iter().map(|bar| bar.2).max().unwrap_or(1).max(1);
    let rows: Vec<Vec<String>> = bars
        .iter()
        .map(|&(from, to, runs)| {
            let length = (runs * BAR).div_ceil(most);
            let ratios = format!("  {} to {}", percent(from), percent(to));
            vec![ratios, count(runs as u64), "█".repeat(length)]
        })
        .collect();
    // Numbers are right-aligned; bars follow them, left-aligned.
    let numbers: Vec<_> = rows.iter().map(|row| row[..2].to_vec()).collect();
    for (line, row) in lines(&numbers).iter().zip(&rows) {
        text.push_str(format!("{line}  {}", row[2]).trim_end());
        text.push('\n');
    }
    text.push_str(&probability("the lower outcome", *low));
    text
}

/// Sentence of a proportion: runs, share and interval.
fn probability(what: &str, seen: Proportion) -> String {
    let (from, to) = seen.wilson(CONFIDENCE);
    let text = format!(
        "{what}: {} of {}, {}; 95 % interval {} to {}",
        count(seen.hits),
        plural(seen.runs as usize, "run"),
        percent(seen.ratio().unwrap_or(0.0)),
        percent(from),
        percent(to)
    );
    paragraph("  ", &text)
}

/// The seeds in words: "seed 7", "seeds 1..200" (both included), "seeds 1..3, 7".
pub(super) fn seed_list(runs: &Runs) -> String {
    let ranges = runs.ranges();
    let listed: Vec<_> = ranges
        .iter()
        .take(6)
        .map(|(from, to)| if from == to { from.to_string() } else { format!("{from}..{to}") })
        .collect();
    let noun = if runs.len() == 1 { "seed" } else { "seeds" };
    let more = if ranges.len() > 6 { ", …" } else { "" };
    format!("{noun} {}{more}", listed.join(", "))
}
