//! The explanation of a run: its phases, what there is to say, one request, and what if.

use maud::{Markup, html};

use super::sentence;
use crate::report::explanation::{Counterfactual, Example, Explanation, Phase, Point, Story};
use crate::report::format::{NO_VALUE, count, cut, number, time};

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
                        (phases(&story.phases))
                        (points(&story.points))
                        @if let Some(example) = &story.example { (self::example(example)) }
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
                        @if !phase.because.is_empty() { ": " (phase.because) }
                    }
                }
            }
        }
    }
}

fn points(points: &[Point]) -> Markup {
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

fn example(example: &Example) -> Markup {
    let (shown, folded) = example.steps.split_at(example.steps.len().min(STEPS_SHOWN));
    let steps = |steps: &[crate::report::explanation::Step]| {
        html! {
            ol.steps {
                @for step in steps {
                    li {
                        time { (time(step.at_ns)) } " "
                        span.where { (cut(&step.component, 40)) }
                        @if step.attempt > 0 { " " span.muted { "attempt " (step.attempt) } }
                        " " (step.text)
                    }
                }
            }
        }
    };
    html! {
        h4 { "One request: " bdi { (example.request) } }
        p.small { (sentence(&example.because)) }
        (steps(shown))
        @if !folded.is_empty() {
            details { summary { (count(folded.len() as u64)) " more" } (steps(folded)) }
        }
    }
}

fn what_if(story: &Story) -> Markup {
    let row = |what: &Counterfactual| {
        html! {
            tr {
                th scope="row" { (what.change) }
                td { (count(what.saved)) }
                td { (count(what.lost)) }
                td { (what.amplification.map_or(NO_VALUE.to_owned(), number)) }
            }
        }
    };
    let failing = story.what_if.first().map_or(0, |what| what.failing);
    html! {
        @if !story.what_if.is_empty() {
            h4 { "The same requests with one thing changed" }
            p.small {
                "How many of the " (count(failing)) " requests that fail would succeed, how many \
                 others would fail, and the attempts a request, with the same luck."
            }
            div.scroll tabindex="0" role="region" aria-label="What if" {
                table.what-if {
                    thead { tr {
                        th scope="col" { "change" }
                        th scope="col" { "saved" }
                        th scope="col" { "worse" }
                        th scope="col" { "attempts" }
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
