//! Several runs as Markdown for a pull request: the tables of the page.

use super::notes::Notes;
use super::page::{COLUMNS, arm_rows, seed_list};
use super::{Runs, plural};
use crate::report::text::format::{count, percent};
use crate::report::text::markdown::{escaped, row};
use crate::statistics::proportion::Proportion;
use crate::statistics::summary::CONFIDENCE;

/// The runs as a heading and a table an arm. Names are escaped.
#[must_use]
pub fn to_markdown(runs: &Runs) -> String {
    let Some(head) = &runs.head else {
        return "no runs\n".to_owned();
    };
    let name = escaped(&head.scenario.name);
    let mut text =
        format!("### {name}\n\n{} over {}\n", plural(runs.len(), "run"), seed_list(runs));
    let mut notes = Notes::default();
    for (name, arm) in &runs.arms {
        let outcomes = arm.outcomes();
        let columns = COLUMNS.map(str::to_owned);
        text.push_str(&format!("\n{}", row(&format!("**{}**", escaped(name)), &columns)));
        text.push_str(&row(":--", &COLUMNS.map(|_| "--:".to_owned())));
        for (label, cells) in arm_rows(name, arm, runs, outcomes.as_ref(), &mut notes) {
            text.push_str(&row(&escaped(&label), &cells));
        }
        if let Some(outcomes) = outcomes {
            let groups = outcomes.groups;
            text.push_str(&format!(
                "\nTwo outcomes: {} around {}, {} around {}. {}\n",
                plural(groups.low_runs, "run"),
                percent(groups.low),
                groups.high_runs,
                percent(groups.high),
                probability("The lower one", outcomes.low),
            ));
        }
        if arm.collapse.hits > 0 {
            text.push_str(&format!("\n{}\n", probability("Collapses", arm.collapse)));
        }
    }
    for (at, why) in notes.iter().enumerate() {
        text.push_str(&format!("\n({}) no interval: {}\n", at + 1, escaped(why)));
    }
    for warning in runs.warnings() {
        text.push_str(&format!("\nWarning: {}\n", escaped(&warning)));
    }
    text
}

fn probability(what: &str, seen: Proportion) -> String {
    let (from, to) = seen.wilson(CONFIDENCE);
    let [from, to] = [from, to].map(|bound| escaped(&percent(bound)));
    format!("{what}: {} of {} runs, {from} to {to} at 95 %.", count(seen.hits), count(seen.runs))
}
