//! An explanation in words: each fact as a plain sentence, and all of them as a page of text.
//!
//! The HTML page uses the same sentences.

mod changes;
mod headline;
mod points;

pub use changes::{change_words, what_if_words};
pub use headline::headline;
pub(in crate::report) use points::cause_name;
pub use points::{Point, Topic, phase_words, points, trigger_name};

use crate::report::explain::{Example, Explanation, Happening, Step, Story, WhatIf};
use crate::report::text::format::{count, time, width};
use crate::report::text::table::paragraph;
use crate::report::text::words::{exactly, happened};

/// Most steps of the example that are listed; the middle of a longer life is left out.
const MOST_STEPS: usize = 24;
/// Most changes that help, or harm, listed one by one.
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
        headline(story).iter().for_each(|sentence| text.push_str(&paragraph("  ", sentence)));
        text.push_str(&evidence(story));
    }
    text
}

fn evidence(story: &Story) -> String {
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
        text.push_str(&paragraph(&lead, &phase_words(phase)));
    }
    let mut topic = None;
    for point in &points(story) {
        if topic != Some(point.topic) {
            topic = Some(point.topic);
            text.push_str(&format!("  {}\n", point.topic.heading()));
        }
        text.push_str(&paragraph("    ", &point.text));
    }
    if let Some(example) = &story.example {
        text.push_str(&one_request(story, example));
    }
    text.push_str(&what_if(&story.what_if));
    if story.untried > 0 {
        let untried = count(story.untried);
        let left = format!("{untried} changes were not tried, for the time it takes: --everything");
        text.push_str(&paragraph("    ", &left));
    }
    text
}

/// Says why this request is the example.
#[must_use]
pub fn example_words(example: &Example) -> String {
    let fate = example.fate.words();
    match example.alike {
        1 => format!("it {fate}, and no other request did"),
        alike => format!("it {fate}, as {} requests did", count(alike)),
    }
}

/// Component of a step ("" for an event from outside), and the event without its subject.
#[must_use]
pub fn step_words<'a>(story: &Story, step: &'a Step) -> (&'a str, String) {
    let named = |trigger: usize| {
        story.triggers.get(trigger).map_or_else(|| "a trigger".to_owned(), trigger_name)
    };
    match &step.happening {
        Happening::TriggerBegins { trigger } => ("", format!("{} begins", named(*trigger))),
        Happening::TriggerEnds { trigger } => ("", format!("{} is over", named(*trigger))),
        Happening::Event { component, event, value, other, .. } => {
            let words = happened(*event, *value);
            let words = match other {
                Some(other) => format!("{other} {words}"),
                None => words,
            };
            (component, words)
        }
    }
}

fn one_request(story: &Story, example: &Example) -> String {
    let mut text = "  one of them\n".to_owned();
    let Example { load, number, steps, .. } = example;
    text.push_str(&paragraph("    ", &format!("{load}#{number}: {}", example_words(example))));
    let widest = steps.iter().map(|step| width(&exactly(step.at_ns))).max().unwrap_or(0);
    let place = |step| width(step_words(story, step).0);
    let names = steps.iter().map(place).max().unwrap_or(0);
    let left_out = steps.len().saturating_sub(MOST_STEPS);
    for (number, step) in steps.iter().enumerate() {
        if left_out > 0 && number == MOST_STEPS / 2 {
            text.push_str(&format!("    .. {} more ..\n", count(left_out as u64)));
        }
        if left_out > 0 && (MOST_STEPS / 2..MOST_STEPS / 2 + left_out).contains(&number) {
            continue;
        }
        let (when, (component, words)) = (exactly(step.at_ns), step_words(story, step));
        let before = " ".repeat(widest - width(&when));
        let after = " ".repeat(names - width(component));
        text.push_str(&paragraph(&format!("    {before}{when}  {component}{after}  "), &words));
    }
    text
}

/// Changes that help and changes that harm, one by one; those without effect together.
fn what_if(changes: &[WhatIf]) -> String {
    if changes.is_empty() {
        return String::new();
    }
    let mut text =
        "  what if: the same requests with the same luck, and one thing changed\n".to_owned();
    let (idle, matter): (Vec<_>, Vec<_>) = changes.iter().partition(|change| change.is_idle());
    let shown = matter.iter().take(MOST_CHANGES);
    let rest = &matter[matter.len().min(MOST_CHANGES)..];
    let more = rest.len().saturating_sub(1);
    for change in shown {
        text.push_str(&paragraph("    ", &what_if_words(change)));
    }
    if more > 0 {
        text.push_str(&format!("    .. {} more changes lie in between ..\n", count(more as u64)));
    }
    if let Some(last) = rest.last() {
        text.push_str(&paragraph("    ", &what_if_words(last)));
    }
    if !idle.is_empty() {
        let names: Vec<String> = idle.iter().map(|idle| change_words(&idle.change)).collect();
        let idle = format!("nothing changes {}", names.join(", nor "));
        text.push_str(&paragraph("    ", &idle));
    }
    text
}
