//! An explanation as a page of text.

use super::explanation::{Counterfactual, Example, Explanation, Story};
use super::format::{count, time, width};
use super::table::paragraph;

/// So many steps of the example are shown; the middle of a longer life is left out.
const MOST_STEPS: usize = 24;
/// So many changes that help, or harm, are told one by one.
const MOST_CHANGES: usize = 8;

/// The explanation as plain text.
#[must_use]
pub fn explained(explanation: &Explanation) -> String {
    let mut text = format!(
        "{}, seed {}: what happened, and what it rests on\nfingerprint {}\n",
        explanation.scenario.name, explanation.seed, explanation.fingerprint
    );
    for (arm, story) in &explanation.arms {
        text.push_str(&format!("\narm {arm}\n"));
        text.push_str(&told(story));
    }
    text
}

fn told(story: &Story) -> String {
    let mut text = "  phases\n".to_owned();
    let spans: Vec<String> = story
        .phases
        .iter()
        .map(|phase| format!("{} to {}", time(phase.from_ns), time(phase.until_ns)))
        .collect();
    let widest = spans.iter().map(|span| width(span)).max().unwrap_or(0);
    for (phase, span) in story.phases.iter().zip(&spans) {
        let gap = " ".repeat(widest - width(span));
        let lead = format!("    {:<10}  {span}{gap}  ", phase.kind.name());
        text.push_str(&paragraph(&lead, &phase.because));
    }
    let mut topic = None;
    for point in &story.points {
        if topic != Some(point.topic) {
            topic = Some(point.topic);
            text.push_str(&format!("  {}\n", point.topic.heading()));
        }
        text.push_str(&paragraph("    ", &point.text));
    }
    if let Some(example) = &story.example {
        text.push_str(&one_request(example));
    }
    text.push_str(&what_if(&story.what_if));
    if story.untried > 0 {
        let untried = count(story.untried);
        let left = format!("{untried} changes were not tried, for the time it takes: --everything");
        text.push_str(&paragraph("    ", &left));
    }
    text
}

fn one_request(example: &Example) -> String {
    let mut text = "  one of them\n".to_owned();
    text.push_str(&paragraph("    ", &format!("{}: {}", example.request, example.because)));
    let steps = &example.steps;
    let at = |ns: u64| format!("{}.{:06} ms", count(ns / 1_000_000), ns % 1_000_000);
    let widest = steps.iter().map(|step| width(&at(step.at_ns))).max().unwrap_or(0);
    let names = steps.iter().map(|step| width(&step.component)).max().unwrap_or(0);
    let left_out = steps.len().saturating_sub(MOST_STEPS);
    for (number, step) in steps.iter().enumerate() {
        if left_out > 0 && number == MOST_STEPS / 2 {
            text.push_str(&format!("    .. {} more ..\n", count(left_out as u64)));
        }
        if left_out > 0 && (MOST_STEPS / 2..MOST_STEPS / 2 + left_out).contains(&number) {
            continue;
        }
        let when = at(step.at_ns);
        let (before, after) =
            (" ".repeat(widest - width(&when)), " ".repeat(names - width(&step.component)));
        let lead = format!("    {before}{when}  {}{after}  ", step.component);
        text.push_str(&paragraph(&lead, &step.text));
    }
    text
}

/// What helps and what harms, one by one; what changes nothing, together.
fn what_if(changes: &[Counterfactual]) -> String {
    if changes.is_empty() {
        return String::new();
    }
    let mut text =
        "  what if: the same requests with the same luck, and one thing changed\n".to_owned();
    let (matter, idle): (Vec<_>, Vec<_>) =
        changes.iter().partition(|change| change.saved > 0 || change.lost > 0);
    let helps = matter.iter().take(MOST_CHANGES);
    let rest = &matter[matter.len().min(MOST_CHANGES)..];
    for change in helps.chain(rest.last()) {
        text.push_str(&paragraph("    ", &change.text));
    }
    let more = rest.len().saturating_sub(1);
    if more > 0 {
        text.push_str(&format!("    {} more changes lie in between\n", count(more as u64)));
    }
    if !idle.is_empty() {
        let names: Vec<&str> = idle.iter().map(|change| change.change.as_str()).collect();
        text.push_str(&paragraph(
            "    ",
            &format!("no request fares otherwise {}", names.join(", nor ")),
        ));
    }
    text
}
