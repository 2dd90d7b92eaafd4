//! The page of text of `dessim run --full`: the run, the numbers of each arm, and the verdict.

use super::format::{count, cut, time, width};
use super::layout::{Cell, groups, legend};
use super::table::{PAGE_COLUMNS, lines, paragraph};
use super::verdict::verdict;
use crate::report::expected;
use crate::report::result::{ArmResult, RunResult, Stopped};

/// Most arms side by side that readers compare at a glance.
const MAX_ARMS_ABREAST: usize = 4;

/// The result as a page of plain text.
#[must_use]
pub fn page(result: &RunResult) -> String {
    let made_by = format!("dessim {} (model {})", result.dessim, result.model);
    let expected = expected::paragraph(&result.expectations);
    format!("{}   {made_by}\n{}{expected}", head(result), body(result))
}

/// Scenario, seed and fingerprint, without a newline at the end.
pub(in crate::report) fn head(result: &RunResult) -> String {
    format!(
        "{}, seed {}: {} events in {} of virtual time\nfingerprint {}   digest {}",
        cut(&result.scenario.name, 60),
        result.seed,
        count(result.events),
        time(result.virtual_ns),
        result.fingerprint,
        result.scenario.digest,
    )
}

/// Tables of the arms, warnings, and verdict.
pub(in crate::report) fn body(result: &RunResult) -> String {
    let arms: Vec<_> = result.arms.iter().map(|(name, arm)| (name.as_str(), arm)).collect();
    let mut text = tables(&arms);
    if let Some(legend) = legend(&groups(&arms)) {
        text.push_str(&format!("{legend}\n"));
    }
    if !result.warnings.is_empty() || result.stopped.is_some() {
        text.push('\n');
    }
    for warning in &result.warnings {
        text.push_str(&paragraph("warning: ", warning));
    }
    if let Some(why) = &result.stopped {
        text.push_str(&paragraph("stopped: ", &stopped(why)));
    }
    text.push_str("\nverdict\n");
    for line in verdict(result) {
        text.push_str(&paragraph("  ", &line));
    }
    text
}

/// The tables of the arms, as many below each other as fitting the page takes.
fn tables(arms: &[(&str, &ArmResult)]) -> String {
    let mut text = String::new();
    let mut rest = arms;
    while !rest.is_empty() {
        // As few tables as fit, filled evenly: five arms make three and two, not four and one.
        let most = rest.len().min(MAX_ARMS_ABREAST);
        let fits = |&abreast: &usize| {
            let table = table(&rest[..abreast]);
            table.lines().all(|line| width(line) <= PAGE_COLUMNS)
        };
        let abreast = (1..=most).rev().find(fits).unwrap_or(1);
        let abreast = rest.len().div_ceil(rest.len().div_ceil(abreast));
        text.push('\n');
        text.push_str(&table(&rest[..abreast]));
        rest = &rest[abreast..];
    }
    text
}

fn table(arms: &[(&str, &ArmResult)]) -> String {
    let groups = groups(arms);
    let body: Vec<_> = groups.iter().flat_map(|group| &group.lines).collect();
    let mut rows = vec![vec![String::new()]; 2];
    rows.extend(body.iter().map(|line| vec![format!("  {}", line.label)]));
    for (arm, (name, _)) in arms.iter().enumerate() {
        let cells: Vec<&Cell> = body.iter().map(|line| &line.cells[arm]).collect();
        let suffix = cells.iter().map(|cell| width(&suffix(cell))).max();
        let cells: Vec<_> = cells.iter().map(|cell| aligned(cell, suffix.unwrap_or(0))).collect();
        let columns = cells.iter().map(|cell| width(cell)).max().unwrap_or(0);
        // A short name ends above the last digits of its column.
        let names = name_lines(name, arms.len()).map(|name| {
            let gap = columns.saturating_sub(width(&name)).min(suffix.unwrap_or(0));
            name + &" ".repeat(gap)
        });
        let column = names.into_iter().chain(cells);
        for (row, cell) in rows.iter_mut().zip(column) {
            row.push(cell);
        }
    }

    // Headings are inserted after alignment: as rows, a long one would widen the column.
    let mut lines = lines(&rows).into_iter();
    let mut text = String::new();
    for name in lines.by_ref().take(2).filter(|line| !line.is_empty()) {
        text.push_str(&format!("{name}\n"));
    }
    for group in &groups {
        text.push_str(&format!("{}\n", group.heading));
        for line in lines.by_ref().take(group.lines.len()) {
            text.push_str(&format!("{line}\n"));
        }
    }
    text
}

/// The name of an arm on the last of two lines, or on both if it is long, so that names with a
/// common beginning stay distinct.
fn name_lines(name: &str, abreast: usize) -> [String; 2] {
    let columns = if abreast > 2 { 15 } else { 24 };
    if width(name) <= columns {
        return [String::new(), name.to_owned()];
    }
    let mut first = String::new();
    for word in name.split_inclusive(' ') {
        if width((first.clone() + word).trim_end()) > columns {
            break;
        }
        first.push_str(word);
    }
    let rest = &name[first.len()..];
    if first.trim_end().is_empty() {
        return [String::new(), cut(name, columns)];
    }
    [first.trim_end().to_owned(), cut(rest, columns)]
}

/// The cell, padded so that the digits of a column end below each other before unit and share.
fn aligned(cell: &Cell, columns: usize) -> String {
    let suffix = suffix(cell);
    // A cell of several numbers has no single last digit to align.
    if cell.digits.contains(' ') {
        return cell.digits.clone();
    }
    let gap = " ".repeat(columns.saturating_sub(width(&suffix)));
    format!("{}{suffix}{gap}", cell.digits)
}

fn suffix(cell: &Cell) -> String {
    let share = match &cell.share {
        Some(share) if cell.unit.is_empty() => format!("  {share:>6}"),
        Some(share) => format!(" {share:>6}"),
        None => String::new(),
    };
    match cell.unit {
        "" => share,
        unit => format!(" {unit:<2}{share}"),
    }
}

/// The reason for an early stop in words.
#[must_use]
pub fn stopped(why: &Stopped) -> String {
    match why {
        Stopped::MaxEvents { arm, max_events, at_ns } => format!(
            "arm {arm} reached the limit of {} events at {} of virtual time; every number is of \
             what had happened by then",
            count(*max_events),
            time(*at_ns),
        ),
        Stopped::ZeroDelayLoop { arm, at_ns, between } => format!(
            "arm {arm} repeats without time passing, since {}: {between}; give one of them a delay",
            time(*at_ns),
        ),
        Stopped::ClockOverflow { arm, at_ns, component } => format!(
            "in arm {arm}, at {}, a delay of {component} leads past the end of the clock \
             (584 years); make it shorter",
            time(*at_ns),
        ),
        Stopped::TooManyInFlight { arm, at_ns, limit } => format!(
            "arm {arm} had more than {} in flight at once, at {} of virtual time; the load is more \
             than the system ever finishes",
            count(*limit),
            time(*at_ns),
        ),
        Stopped::MaxWork { arm, max_events, at_ns } => format!(
            "arm {arm} reached the limit of {} attempts and other work that is no event, at {} of \
             virtual time; every number is of what had happened by then",
            count(*max_events),
            time(*at_ns),
        ),
        Stopped::MaxMemory { arm, max_memory, at_ns } => format!(
            "arm {arm} held more than {} bytes of what is under way, at {} of virtual time; every \
             number is of what had happened by then",
            count(*max_memory),
            time(*at_ns),
        ),
        Stopped::Interrupted { arm, at_ns } => format!(
            "arm {arm} was interrupted at {} of virtual time; every number is of what had happened \
             by then",
            time(*at_ns),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_burst() {
        insta::assert_snapshot!(page(&sample::burst()));
    }

    #[test]
    fn five_arms_long_names_and_warnings() {
        let long = "retries with a very long explanation";
        let mut result = sample::run(&[
            ("rpc", sample::refused()),
            ("event-driven", sample::queued()),
            (long, sample::storm()),
            ("非同期 キュー", sample::queued()),
            ("idle", sample::healthy(0)),
        ]);
        result.warnings = vec![
            "the load of \"clients\" ends before the fault begins, so the fault meets nothing that \
             could fail; move it to an earlier instant or lengthen the load"
                .to_owned(),
        ];
        result.stopped = Some(Stopped::MaxEvents {
            arm: "rpc".to_owned(),
            max_events: 1_000_000,
            at_ns: 1_500_000_000,
        });
        insta::assert_snapshot!(page(&result));
    }

    #[test]
    fn four_arms_abreast() {
        insta::assert_snapshot!(page(&sample::run(&[
            ("no retries", sample::refused()),
            ("retries", sample::storm()),
            ("retries with a 10 % budget", sample::storm()),
            ("waiting room of 20", sample::queued()),
        ])));
    }

    #[test]
    fn a_run_without_requests() {
        insta::assert_snapshot!(page(&sample::run(&[("rpc", sample::healthy(0))])));
    }

    #[test]
    fn the_page_is_narrow_and_has_no_trailing_spaces() {
        let text = page(&sample::burst());
        for line in text.lines() {
            assert!(width(line) <= PAGE_COLUMNS, "{line}");
            assert_eq!(line, line.trim_end());
        }
    }

    #[test]
    fn every_stop_names_its_arm() {
        let arm = || "rpc".to_owned();
        let all = [
            Stopped::ZeroDelayLoop {
                arm: arm(),
                at_ns: 0,
                between: "consumers \"a\" and queue \"b\"".to_owned(),
            },
            Stopped::ClockOverflow { arm: arm(), at_ns: 7, component: "retry".to_owned() },
            Stopped::TooManyInFlight { arm: arm(), at_ns: 1_000_000, limit: 1_000 },
            Stopped::Interrupted { arm: arm(), at_ns: 5_000_000 },
            Stopped::MaxWork { arm: arm(), max_events: 1_000, at_ns: 0 },
            Stopped::MaxMemory { arm: arm(), max_memory: 1_000_000, at_ns: 2_000 },
        ];
        insta::assert_snapshot!(all.map(|why| stopped(&why)).join("\n"));
    }
}
