//! What a test found out, in lines of text.

use dessim::report::ci::test::{Status, TestedScenario, TestedSnapshot};
use dessim::report::expected::{Expected, lines};
use dessim::scenario::problem::escaped;

use crate::cli::terminal::ui::plural;

const GREEN: &str = "\u{1b}[32m";
const RED: &str = "\u{1b}[31m";
const BOLD: &str = "\u{1b}[1m";
const RESET: &str = "\u{1b}[0m";

/// How many scenarios and expectations ended in which way.
#[derive(Debug, Default)]
pub(super) struct Counts {
    scenarios: usize,
    same: usize,
    changed: usize,
    missing: usize,
    accepted: usize,
    withheld: usize,
    broken: usize,
    hold: usize,
    fail: usize,
    unjudged: usize,
}

impl Counts {
    pub(super) fn add(&mut self, scenario: &TestedScenario) {
        self.scenarios += 1;
        let broken = scenario.seed.is_none();
        self.broken += usize::from(broken);
        let status = scenario.snapshot.as_ref().map(|snapshot| snapshot.status);
        match status.filter(|_| !broken) {
            None => {}
            Some(Status::Same) => self.same += 1,
            Some(Status::Changed) => self.changed += 1,
            Some(Status::Missing) => self.missing += 1,
            Some(Status::Accepted) => self.accepted += 1,
            Some(Status::Withheld) => self.withheld += 1,
        }
        for one in &scenario.expectations {
            match one.expected.holds {
                Some(true) => self.hold += 1,
                Some(false) => self.fail += 1,
                None => self.unjudged += 1,
            }
        }
    }

    /// True if looking at what changed may be all that is left to do.
    pub(super) fn differs(&self) -> bool {
        self.changed + self.missing > 0
    }

    pub(super) fn expectations(&self) -> usize {
        self.hold + self.fail + self.unjudged
    }

    pub(super) fn summary(&self) -> String {
        let list = |parts: &[(usize, &str)]| {
            let some = parts.iter().filter(|(count, _)| *count > 0);
            some.map(|(count, what)| format!("{count} {what}")).collect::<Vec<_>>().join(", ")
        };
        let scenarios = list(&[
            (self.same, "as before"),
            (self.accepted, "accepted"),
            (self.changed, "changed"),
            (self.missing, "without a snapshot"),
            (self.withheld, "not accepted"),
            (self.broken, "not run"),
        ]);
        let mut text = plural(self.scenarios, "scenario");
        if !scenarios.is_empty() {
            text.push_str(&format!(": {scenarios}"));
        }
        if self.expectations() > 0 {
            let verb = |count, one, many| if count == 1 { one } else { many };
            let claims = list(&[
                (self.hold, verb(self.hold, "holds", "hold")),
                (self.fail, verb(self.fail, "fails", "fail")),
                (self.unjudged, "not judged"),
            ]);
            text.push_str(&format!("; {}: {claims}", plural(self.expectations(), "expectation")));
        }
        text + "\n"
    }
}

/// A scenario that ran: its snapshot, its expectations, and the commands that show those that fail.
pub(super) fn scenario(scenario: &TestedScenario) -> String {
    let file = &escaped(&scenario.file);
    let mut text = match &scenario.snapshot {
        Some(snapshot) => compared(file, snapshot),
        None if expects_nothing(scenario) => format!("none      {file}: expects nothing\n"),
        None => format!("{}     {file}\n", word(scenario)),
    };
    let all: Vec<Expected> = scenario.expectations.iter().map(|one| one.expected.clone()).collect();
    for ((expected, line), one) in lines(&all).into_iter().zip(&scenario.expectations) {
        let (colour, reset) = match expected.holds {
            Some(true) => (GREEN, RESET),
            Some(false) => (RED, RESET),
            None => ("", ""),
        };
        let mark = expected.mark();
        text.push_str(&format!("  {colour}{mark}{reset} {}\n", line.trim_end()));
        if let Some(command) = &one.command {
            text.push_str(&format!("      {}\n", escaped(command)));
        }
    }
    text
}

fn expects_nothing(scenario: &TestedScenario) -> bool {
    scenario.expectations.is_empty() && scenario.error.is_none()
}

/// The first word about a scenario that is not compared.
fn word(scenario: &TestedScenario) -> String {
    match scenario.passed() {
        true => format!("{GREEN}holds{RESET}"),
        false => format!("{RED}fails{RESET}"),
    }
}

fn compared(file: &str, snapshot: &TestedSnapshot) -> String {
    let change = snapshot.change.as_deref().unwrap_or_default();
    match snapshot.status {
        Status::Same => format!("{GREEN}same{RESET}      {file}\n"),
        Status::Accepted => format!("{GREEN}accepted{RESET}  {file}: {change}\n"),
        Status::Missing => format!("{RED}missing{RESET}   {file}: no {} yet\n", snapshot.file),
        Status::Withheld => {
            format!("{RED}withheld{RESET}  {file}: {change}; what does not hold is not kept\n")
        }
        Status::Changed => {
            let diff = snapshot.diff.as_deref().map(coloured).unwrap_or_default();
            format!("{RED}changed{RESET}   {file}: {change}\n{diff}")
        }
    }
}

/// A unified diff in colours, indented below the line of its scenario.
fn coloured(diff: &str) -> String {
    let line = |(at, line): (usize, &str)| {
        let color = match line.as_bytes().first() {
            _ if at < 2 => BOLD,
            Some(b'-') => RED,
            Some(b'+') => GREEN,
            _ => "",
        };
        let end = if color.is_empty() { "" } else { RESET };
        let line = format!("  {color}{line}");
        format!("{}{end}\n", line.trim_end())
    };
    diff.lines().enumerate().map(line).collect()
}
