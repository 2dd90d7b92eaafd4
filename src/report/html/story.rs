//! The explanation of a run: phases, facts, an example request, and what-ifs.

use maud::{Markup, html};

use super::sentence;
use crate::report::explain::text::{
    Point, change_words, example_words, headline, phase_words, points, step_words,
};
use crate::report::explain::{Example, Explanation, Happening, Phase, Step, Story, WhatIf};
use crate::report::text::format::{NO_VALUE, count, cut, time};

/// Most steps of an example that are not folded.
const STEPS_SHOWN: usize = 12;

/// The story of each arm.
pub(super) fn section(explanation: &Explanation) -> Markup {
    html! {
        section #explanation aria-labelledby="explanation-title" {
            h2 #explanation-title { "What happened" }
            @for (name, story) in &explanation.arms {
                article.story {
                    h3 { bdi { (name) } }
                    div.halves {
                        div {
                            @for sentence in headline(story) { p { (sentence) } }
                            (phases(&story.phases))
                            (facts(&points(story)))
                        }
                        div {
                            (what_if(story))
                            @if let Some(example) = &story.example { (one_request(story, example)) }
                        }
                    }
                }
            }
        }
    }
}

/// A link that zooms the charts to a span of time, or leads to them if scripts are off.
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

/// An instant to a thousandth of a span, so that consecutive steps differ.
fn instant(ns: u64, span_ns: u64) -> String {
    const UNITS: [(u64, &str); 4] =
        [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us"), (1, "ns")];
    if ns == 0 {
        return "0 s".to_owned();
    }
    let (unit, name) = UNITS.into_iter().find(|(unit, _)| ns >= *unit).unwrap_or((1, "ns"));
    let mut places = 0;
    let mut digit = unit;
    while digit > (span_ns / 1_000).max(1) && digit.is_multiple_of(10) {
        digit /= 10;
        places += 1;
    }
    let digits = (u128::from(ns) + u128::from(digit) / 2) / u128::from(digit);
    let scale = u128::from(unit / digit);
    let (whole, rest) = (digits / scale, digits % scale);
    let whole = count(u64::try_from(whole).unwrap_or(u64::MAX));
    if rest == 0 {
        return format!("{whole} {name}");
    }
    format!("{whole}.{rest:0places$} {name}")
}

fn one_step(story: &Story, step: &Step, span_ns: u64) -> Markup {
    let (component, words) = step_words(story, step);
    let attempt = match step.happening {
        Happening::Event { attempt, .. } => attempt,
        Happening::TriggerBegins { .. } | Happening::TriggerEnds { .. } => 0,
    };
    html! {
        li {
            time { (instant(step.at_ns, span_ns)) } " "
            span.where { (cut(component, 40)) }
            @if attempt > 0 { " " span.muted { "attempt " (attempt) } }
            " " (words)
        }
    }
}

fn one_request(story: &Story, example: &Example) -> Markup {
    let (shown, folded) = example.steps.split_at(example.steps.len().min(STEPS_SHOWN));
    let ends = example.steps.first().zip(example.steps.last());
    let span_ns = ends.map_or(0, |(first, last)| last.at_ns.saturating_sub(first.at_ns));
    let steps = |steps: &[Step]| {
        html! { ol.steps { @for step in steps { (one_step(story, step, span_ns)) } } }
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

#[cfg(test)]
mod tests {
    use super::instant;

    #[test]
    fn instants_have_the_digits_that_tell_steps_apart() {
        let second = 1_000_000_000;
        assert_eq!(instant(65_544_556_328, 13 * second), "65.54 s");
        assert_eq!(instant(60 * second, 13 * second), "60 s");
        assert_eq!(instant(66_004_000_000, 13 * second), "66 s");
        assert_eq!(instant(66_044_556_328, 20_000_000), "66.04456 s");
        assert_eq!(instant(1_234_567_890_123, 500 * second), "1,234.6 s");
        assert_eq!(instant(51_900_000, second), "52 ms");
        assert_eq!(instant(7, 5), "7 ns");
        assert_eq!(instant(0, 0), "0 s");
        assert_eq!(instant(u64::MAX, u64::MAX), "18,446,744,074 s");
    }
}
