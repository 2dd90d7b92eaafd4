//! The explanation of a run: its phases, what there is to say, one request, and what if.

use maud::{Markup, html};

use super::sentence;
use crate::report::explained::{
    Point, change_words, example_words, headline, phase_words, points, step_words,
};
use crate::report::explanation::{Example, Explanation, Happening, Phase, Step, Story, WhatIf};
use crate::report::format::{NO_VALUE, count, cut, time};

/// More steps than this of an example are folded away.
const STEPS_SHOWN: usize = 12;

/// The story of each arm.
pub(super) fn section(explanation: &Explanation) -> Markup {
    html! {
        section #explanation aria-labelledby="explanation-title" {
            h2 #explanation-title { "What happened" }
            div.arms {
                @for (name, story) in &explanation.arms {
                    article.story {
                        h3 { bdi { (name) } }
                        @for sentence in headline(story) { p { (sentence) } }
                        (phases(&story.phases))
                        (facts(&points(story)))
                        @if let Some(example) = &story.example { (one_request(story, example)) }
                        (what_if(story))
                    }
                }
            }
        }
    }
}

/// A link that zooms the charts to a span of time; without scripts it leads to them.
fn span(from_ns: u64, until_ns: u64) -> Markup {
    html! {
        a.span href="#charts" data-from=(from_ns) data-until=(until_ns) {
            @if from_ns == until_ns { "at " (time(from_ns)) }
            @else { (time(from_ns)) " to " (time(until_ns)) }
        }
    }
}

fn phases(phases: &[Phase]) -> Markup {
    html! {
        @if !phases.is_empty() {
            ol.phases {
                @for phase in phases {
                    li {
                        i class={ "swatch phase-" (phase.kind.name()) } {}
                        strong { (phase.kind.name()) } " " (span(phase.from_ns, phase.until_ns))
                        ": " (phase_words(phase))
                    }
                }
            }
        }
    }
}

fn facts(points: &[Point]) -> Markup {
    html! {
        dl.points {
            @for (at, point) in points.iter().enumerate() {
                @if at == 0 || points[at - 1].topic != point.topic {
                    dt { (point.topic.heading()) }
                }
                dd { (sentence(&point.text)) " " (span(point.from_ns, point.until_ns)) }
            }
        }
    }
}

fn one_step(story: &Story, step: &Step) -> Markup {
    let (component, words) = step_words(story, step);
    let attempt = match step.happening {
        Happening::Event { attempt, .. } => attempt,
        Happening::TriggerBegins { .. } | Happening::TriggerEnds { .. } => 0,
    };
    html! {
        li {
            time { (time(step.at_ns)) } " "
            span.where { (cut(component, 40)) }
            @if attempt > 0 { " " span.muted { "attempt " (attempt) } }
            " " (words)
        }
    }
}

fn one_request(story: &Story, example: &Example) -> Markup {
    let (shown, folded) = example.steps.split_at(example.steps.len().min(STEPS_SHOWN));
    let steps = |steps: &[Step]| {
        html! { ol.steps { @for step in steps { (one_step(story, step)) } } }
    };
    html! {
        h4 { "One request: " bdi { (example.load) "#" (example.number) } }
        p.small { (sentence(&example_words(example))) }
        (steps(shown))
        @if !folded.is_empty() {
            details { summary { (count(folded.len() as u64)) " more" } (steps(folded)) }
        }
    }
}

fn what_if(story: &Story) -> Markup {
    let row = |what: &WhatIf| {
        html! {
            tr {
                th scope="row" { (change_words(&what.change)) }
                td { (count(what.succeeded.after)) }
                td { (count(what.saved)) }
                td { (count(what.lost)) }
                td { (count(what.attempts.after)) }
                td { (time(what.work_ns.after)) }
                td { (what.p99_ns.after.map_or(NO_VALUE.to_owned(), time)) }
            }
        }
    };
    html! {
        @if let Some(first) = story.what_if.first() {
            h4 { "The same requests with one thing changed" }
            p.small {
                "With the same luck: how many requests succeed (" (count(first.succeeded.before))
                " as it is), how many that fail would succeed, how many others would fail, the \
                 attempts (" (count(first.attempts.before)) " as it is), the work of services ("
                (time(first.work_ns.before)) " as it is), and the p99 of all that end ("
                (first.p99_ns.before.map_or(NO_VALUE.to_owned(), time)) " as it is)."
            }
            div.scroll tabindex="0" role="region" aria-label="What if" {
                table.what-if {
                    thead { tr {
                        th scope="col" { "change" }
                        th scope="col" { "succeed" }
                        th scope="col" { "saved" }
                        th scope="col" { "worse" }
                        th scope="col" { "attempts" }
                        th scope="col" { "work" }
                        th scope="col" { "p99" }
                    } }
                    tbody { @for what in &story.what_if { (row(what)) } }
                }
            }
        }
        @if story.untried > 0 {
            p.small { (count(story.untried)) " more changes were not tried: `dessim explain \
                --everything` does." }
        }
    }
}
