//! The first screen: outcome, cause and cures.

use maud::{Markup, PreEscaped, html};

use super::bins::width_ns;
use super::data::bands;
use super::headline::{self, Fate};
use super::summary;
use super::{Sheet, arms, sentence};
use crate::report::figure::glance::{ATTEMPTS, Arm, Glance, Row, glance};
use crate::report::result::ArmResult;
use crate::report::setting::ArmSetting;
use crate::report::text::format::{NO_VALUE, count, number, percent, share, time};
use crate::report::text::page::stopped;
use crate::report::text::verdict::verdict;

/// Smallest deviation from one attempt a request at which attempts are drawn.
const RETRIES_SHOW: f64 = 0.05;
/// Most cures listed.
const CURES: usize = 3;

/// The headline: the fate of each arm in plain words, or the verdict if no arm broke.
pub(super) fn headline(sheet: &Sheet<'_>) -> String {
    let lines = verdict(sheet.result);
    let verdict = || lines.first().map_or_else(String::new, |line| sentence(line));
    match sheet.explanation {
        Some(explanation) if sheet.result.stopped.is_none() => {
            headline::headline(explanation).unwrap_or_else(verdict)
        }
        _ => verdict(),
    }
}

/// The section below the headline.
pub(super) fn section(sheet: &Sheet<'_>) -> Markup {
    let result = sheet.result;
    let lines = verdict(result);
    let shown = headline(sheet);
    html! {
        section #glance aria-label="At a glance" {
            @if let Some(why) = &result.stopped {
                p.note.stopped { strong { "Stopped" } " " (sentence(&stopped(why))) }
            }
            div.glance {
                (pictures(sheet))
                @if let Some(explanation) = sheet.explanation { (why(explanation)) }
            }
            @for line in lines.iter().filter(|line| sentence(line) != shown) {
                p.verdict { (sentence(line)) }
            }
            @for warning in &result.warnings {
                p.note { strong { "Warning" } " " (sentence(warning)) }
            }
        }
    }
}

/// The pictures of the arms below each other on one axis of time, each with its numbers.
fn pictures(sheet: &Sheet<'_>) -> Markup {
    let result = sheet.result;
    let all = arms(result);
    let known: Vec<Option<Arm<'_>>> =
        all.iter().map(|(name, arm)| drawable(sheet, name, arm)).collect();
    let drawn: Vec<Arm<'_>> = known.iter().flatten().cloned().collect();
    let again = |arm: &ArmResult| arm.amplification.is_some_and(|a| (a - 1.0).abs() > RETRIES_SHOW);
    let width = width_ns(&all).unwrap_or(1);
    let picture = glance(&drawn, width, result.arms.values().any(again));
    let row = |at: usize| {
        known[at].as_ref()?;
        picture.rows.get(known[..at].iter().flatten().count())
    };
    html! {
        div.rows {
            (legend(sheet, &picture, width))
            @for (at, (name, arm)) in all.iter().enumerate() {
                article.row {
                    (numbers(sheet, name, arm))
                    @if let Some(row) = row(at) { (drawing(name, arm, &picture, row)) }
                }
            }
            @if !picture.rows.is_empty() {
                div.ticks aria-hidden="true" {
                    @for (at, words) in &picture.ticks {
                        @if *at > 95.0 {
                            span.last style=(format!("right:{:.2}%", 100.0 - at)) { (words) }
                        } @else {
                            span style=(format!("left:{at:.2}%")) { (words) }
                        }
                    }
                }
            }
        }
    }
}

/// An arm with its faults and phases; `None` without a series.
fn drawable<'a>(sheet: &Sheet<'_>, name: &str, arm: &'a ArmResult) -> Option<Arm<'a>> {
    let series = arm.series.as_ref().filter(|series| series.bins > 0)?;
    let setting = sheet.setting.arms.get(name).into_iter();
    let story = sheet.explanation.and_then(|explanation| explanation.arms.get(name)).into_iter();
    Some(Arm {
        series,
        faults: setting
            .flat_map(|setting| &setting.troubles)
            .map(|trouble| (trouble.from_ns, trouble.until_ns))
            .collect(),
        phases: story
            .flat_map(|story| &story.phases)
            .map(|phase| (phase.kind.name(), phase.from_ns, phase.until_ns))
            .collect(),
    })
}

/// The legend: colours, width of the bins, and faults.
fn legend(sheet: &Sheet<'_>, picture: &Glance, width_ns: u64) -> Markup {
    let mut faults: Vec<String> = Vec::new();
    for (name, arm) in &sheet.result.arms {
        for band in bands(sheet, name, arm).into_iter().filter(|band| band.class == "fault") {
            let spans = band.spans.first().map_or(String::new(), |(from, until)| {
                format!(", {} to {}", time(*from), time(*until))
            });
            let words = format!("{}{spans}", band.label);
            if !faults.contains(&words) {
                faults.push(words);
            }
        }
    }
    html! {
        @if !picture.rows.is_empty() {
            p.key {
                span { "Requests per second: " }
                span { i.swatch.offered {} "offered" }
                @for (role, words) in &picture.layers {
                    span { i class={ "swatch fill-" (role) } {} (words) }
                }
                @if picture.most_attempts.is_some() {
                    span { "Attempts per second: " }
                    span { i class={ "swatch fill-" (ATTEMPTS[0]) } {} "first" }
                    span { i class={ "swatch fill-" (ATTEMPTS[1]) } {} "retries" }
                }
                @for fault in &faults { span { i.swatch.band-fault {} (fault) } }
                span.muted { "in bins of " (time(width_ns)) }
            }
        }
    }
}

fn drawing(name: &str, arm: &ArmResult, picture: &Glance, row: &Row) -> Markup {
    let requests = &arm.requests;
    let words = format!(
        "{name} over time: {} of {} requests succeed, {} attempts",
        count(requests.succeeded),
        count(requests.offered),
        count(arm.attempts.total)
    );
    html! {
        div.pictures role="img" aria-label=(words) {
            div.picture {
                span.most { (picture.most_requests) }
                (PreEscaped(&row.requests))
            }
            @if let (Some(attempts), Some(most)) = (&row.attempts, &picture.most_attempts) {
                div.picture.low { span.most { (most) } (PreEscaped(attempts)) }
            }
        }
    }
}

/// Name of an arm, its fate, and four numbers.
fn numbers(sheet: &Sheet<'_>, name: &str, arm: &ArmResult) -> Markup {
    let time = |ns: Option<u64>| ns.map_or(NO_VALUE.to_owned(), time);
    let requests = &arm.requests;
    let figures = [
        ("succeeded", share(requests.succeeded, requests.offered)),
        ("their p99", time(arm.latency.end_to_end.p99_ns)),
        ("attempts each", arm.amplification.map_or(NO_VALUE.to_owned(), number)),
        ("work wasted", arm.wasted.ratio.map_or(NO_VALUE.to_owned(), percent)),
    ];
    let story = sheet.explanation.and_then(|explanation| explanation.arms.get(name));
    let about = |setting: &ArmSetting| (!setting.about.is_empty()).then(|| setting.about.clone());
    html! {
        div.side {
            h2 { bdi { (name) } }
            @if let Some((fate, words)) = story.map(headline::fate) {
                p.fate { (badge(fate)) (words) }
            }
            @if let Some(about) = sheet.setting.arms.get(name).and_then(about) {
                p.small { (sentence(&about)) }
            }
            dl.four {
                @for (label, value) in figures { div { dt { (label) } dd { (value) } } }
            }
            (summary::losses(arm))
        }
    }
}

fn badge(fate: Fate) -> Markup {
    html! { i class={ "swatch phase-" (fate.phase()) } {} }
}

/// Cause and cures of the arm with the worst fate.
fn why(explanation: &crate::report::explain::Explanation) -> Markup {
    html! {
        @if let Some((name, story)) = headline::worst(explanation) {
            section.why aria-labelledby="why-title" {
                h2 #why-title {
                    @if explanation.arms.len() > 1 { "Why: " bdi { (name) } } @else { "Why" }
                }
                @for sentence in headline::why(story) { p { (sentence) } }
                @let cures = headline::cures(story, CURES);
                @if cures.is_empty() {
                    @if let Some(words) = headline::no_cure(story) { p { (words) } }
                } @else {
                    h3 { "What would have helped" }
                    p.small { "The same run with one thing changed:" }
                    ol.cures {
                        @for cure in &cures {
                            li { strong { "+" (count(cure.more)) } " succeed " (cure.change) }
                        }
                    }
                }
                p.small { a href="#explanation" { "The evidence" } }
            }
        }
    }
}
