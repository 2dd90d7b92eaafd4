//! The short answer of `dessim run`: fates of the requests in one line for each arm, the verdict,
//! and broken expectations. The page has the rest.

use super::cause::most_lost_to;
use super::format::{NO_VALUE, count, cut, number, percent, share, time};
use super::page::stopped;
use super::table::{paragraph_within, spaced};
use super::verdict::verdict;
use crate::report::expected::{Expected, lines};
use crate::report::result::{ArmResult, LatencySummary, RunResult};

/// Width of the narrowest terminal; only long names exceed it.
const COLUMNS: usize = 80;

/// The longest name of an arm, in columns.
const NAME_COLUMNS: usize = 24;

/// Whether the text has escape sequences of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// Plain text.
    Plain,
    /// Text with escape sequences for colours, which the printer strips where they are not wanted.
    Ansi,
}

#[derive(Clone, Copy)]
enum Look {
    Bold,
    Dim,
    Good,
    Bad,
    Warning,
}

impl Paint {
    fn paint(self, look: Look, text: &str) -> String {
        let code = match look {
            Look::Bold => "1",
            Look::Dim => "2",
            Look::Good => "32",
            Look::Bad => "1;91",
            Look::Warning => "1;33",
        };
        match self {
            Self::Plain => text.to_owned(),
            Self::Ansi => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }
}

/// The result in a few lines.
#[must_use]
pub fn brief(result: &RunResult, paint: Paint) -> String {
    let mut text = format!("{}\n\n{}\n", paint.paint(Look::Bold, &title(result)), table(result));
    for line in verdict(result) {
        text.push_str(&paragraph_within(COLUMNS, "- ", &line));
    }
    for warning in &result.warnings {
        text.push_str(&labelled(paint, Look::Warning, "warning", warning));
    }
    if let Some(why) = &result.stopped {
        text.push_str(&labelled(paint, Look::Bad, "stopped", &stopped(why)));
    }
    text.push_str(&expectations(&result.expectations, paint));
    let hint =
        format!("\nfingerprint {}; every number: --full; why: dessim explain", result.fingerprint);
    text + &paint.paint(Look::Dim, &hint) + "\n"
}

fn title(result: &RunResult) -> String {
    let offered = |arm: &ArmResult| arm.requests.offered;
    let mut offers = result.arms.values().map(offered);
    let first = offers.next().unwrap_or(0);
    let requests = match (result.arms.len(), offers.all(|other| other == first)) {
        (1, _) => format!("{} requests", count(first)),
        (arms, true) => format!("{} requests in each of {arms} arms", count(first)),
        (arms, false) => format!("{arms} arms"),
    };
    let (name, lasted) = (cut(&result.scenario.name, 40), time(result.virtual_ns));
    format!("{name}, seed {}: {requests}, {lasted} of virtual time", result.seed)
}

/// A column of the table: title on two lines, and cell of an arm.
struct Column {
    title: [&'static str; 2],
    cell: fn(&ArmResult) -> String,
}

const fn column(title: [&'static str; 2], cell: fn(&ArmResult) -> String) -> Column {
    Column { title, cell }
}

/// The columns, without those that repeat another one or are empty in every arm.
fn columns(result: &RunResult) -> Vec<Column> {
    let any = |of: fn(&ArmResult) -> bool| result.arms.values().any(of);
    let lossy = any(|arm| arm.requests.succeeded < arm.requests.offered);
    let mut columns =
        vec![column(["", "succeeded"], |arm| share(arm.requests.succeeded, arm.requests.offered))];
    if result.loads.values().any(|load| load.closed_loop) {
        columns.push(column(["served", "a second"], |arm| {
            arm.goodput_per_s.map_or(NO_VALUE.to_owned(), number)
        }));
    }
    if lossy {
        columns.push(column(["p99", "of all"], |arm| p99(&arm.latency.outcome)));
        columns.push(column(["p99 of", "succeeded"], |arm| p99(&arm.latency.end_to_end)));
    } else {
        columns.push(column(["", "p99"], |arm| p99(&arm.latency.end_to_end)));
    }
    columns.push(column(["attempts", "a request"], |arm| {
        arm.amplification.map_or(NO_VALUE.to_owned(), number)
    }));
    if any(|arm| arm.wasted.ratio.is_some_and(|ratio| ratio > 0.0)) {
        columns.push(column(["wasted", "work"], |arm| {
            arm.wasted.ratio.map_or(NO_VALUE.to_owned(), percent)
        }));
    }
    if lossy {
        columns.push(column(["most of", "the others"], |arm| match most_lost_to(arm) {
            Some((lost, how)) => format!("{} {how}", share(lost, arm.requests.offered)),
            None => NO_VALUE.to_owned(),
        }));
    }
    columns
}

fn p99(latency: &LatencySummary) -> String {
    let mark = if latency.is_coarse("p99_ns") { "~" } else { "" };
    latency.p99_ns.map_or(NO_VALUE.to_owned(), |ns| format!("{mark}{}", time(ns)))
}

fn table(result: &RunResult) -> String {
    let columns = columns(result);
    let title = |line: usize| {
        let titles = columns.iter().map(|column| column.title[line].to_owned());
        std::iter::once(String::new()).chain(titles).collect::<Vec<_>>()
    };
    let row = |(name, arm): (&String, &ArmResult)| {
        let cells = columns.iter().map(|column| (column.cell)(arm));
        std::iter::once(cut(name, NAME_COLUMNS)).chain(cells).collect()
    };
    let mut rows: Vec<Vec<String>> = vec![title(0), title(1)];
    rows.extend(result.arms.iter().map(row));
    let mut text = String::new();
    for line in spaced(&rows, "  ").into_iter().filter(|line| !line.is_empty()) {
        text.push_str(&format!("{line}\n"));
    }
    let p99s = result.arms.values().flat_map(|arm| [arm.latency.outcome, arm.latency.end_to_end]);
    if p99s.into_iter().any(|latency| latency.is_coarse("p99_ns")) {
        text.push_str("~ of fewer than 100 latencies: hardly more than the longest\n");
    }
    text
}

fn labelled(paint: Paint, look: Look, label: &str, message: &str) -> String {
    let plain = paragraph_within(COLUMNS, &format!("{label}: "), message);
    plain.replacen(label, &paint.paint(look, label), 1)
}

/// Broken expectations line by line, and the number of those that hold.
fn expectations(all: &[Expected], paint: Paint) -> String {
    let count_of = |holds: Option<bool>| all.iter().filter(|one| one.holds == holds).count();
    let (broken, kept, open) = (count_of(Some(false)), count_of(Some(true)), count_of(None));
    if all.is_empty() {
        return String::new();
    }
    let mut text = match (broken, kept) {
        (0, 0) => "expectations: none is decided by one run".to_owned(),
        (0, 1) => paint.paint(Look::Good, "expectations: 1 holds"),
        (0, _) => paint.paint(Look::Good, &format!("expectations: {kept} hold")),
        _ => paint.paint(Look::Bad, &format!("expectations: {broken} of {} broken", broken + kept)),
    };
    if open > 0 {
        text.push_str(&format!(", {open} left to many seeds (dessim test)"));
    }
    text.push('\n');
    for (_, line) in lines(all).iter().filter(|(one, _)| one.holds == Some(false)) {
        text.push_str(&format!("  {} {}\n", paint.paint(Look::Bad, "✗"), line.trim_end()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::result::LoadTerms;
    use crate::report::sample;
    use crate::report::text::format::width;

    #[test]
    fn two_arms() {
        insta::assert_snapshot!(brief(&sample::burst(), Paint::Plain));
    }

    #[test]
    fn columns_without_information_are_left_out() {
        let result = sample::run(&[("main", sample::healthy(20))]);
        insta::assert_snapshot!(brief(&result, Paint::Plain));
    }

    #[test]
    fn four_arms_of_a_closed_loop_fit_a_narrow_terminal() {
        let mut result = sample::run(&[
            ("no retries", sample::refused()),
            ("retries", sample::storm()),
            ("retry budget", sample::healthy(2_100)),
            ("waiting room", sample::queued()),
        ]);
        let closed = LoadTerms { closed_loop: true, deadline_ns: None };
        result.loads.insert("clients".to_owned(), closed);
        let text = brief(&result, Paint::Plain);
        assert!(text.lines().all(|line| width(line) <= 90), "{text}");
        insta::assert_snapshot!(text);
    }

    #[test]
    fn colours_are_all_that_paint_adds() {
        let result = sample::burst();
        let painted = brief(&result, Paint::Ansi);
        assert!(painted.contains("\u{1b}[1m"));
        let mut plain = String::new();
        for (at, part) in painted.split("\u{1b}[").enumerate() {
            plain.push_str(if at == 0 { part } else { part.split_once('m').expect("a code").1 });
        }
        assert_eq!(plain, brief(&result, Paint::Plain));
    }
}
