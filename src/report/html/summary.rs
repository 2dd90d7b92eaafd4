//! Each arm on a card: what became of its requests as a bar, and the numbers that are asked first.

use maud::{Markup, html};

use super::{Sheet, sentence};
use crate::report::expected::Expected;
use crate::report::format::{NO_VALUE, count, label, number, percent, share, time};
use crate::report::result::{ArmResult, Metric};
use crate::report::rows::rows;

/// What requests can become, and how many of them did.
pub(super) struct Fate {
    pub(super) name: String,
    pub(super) requests: u64,
    /// Its place among the fates, which is its colour.
    place: usize,
}

/// The fates of an arm in the order of its books; those that met nobody are left out.
pub(super) fn fates(arm: &ArmResult) -> Vec<Fate> {
    let rows = rows(arm).into_iter().filter(|row| row.component.is_empty());
    let fates = rows.filter_map(|row| match (row.metric.strip_prefix("requests."), row.value) {
        (None | Some("offered"), _) => None,
        (Some(name), Metric::Count(requests)) => Some((label(name), requests)),
        _ => None,
    });
    (0..)
        .zip(fates)
        .filter(|(_, (_, requests))| *requests > 0)
        .map(|(place, (name, requests))| Fate { name, requests, place })
        .collect()
}

/// What the expectations came to, if there are any.
pub(super) fn expectations(all: &[Expected]) -> Markup {
    html! {
        @if !all.is_empty() {
            table.expectations {
                caption { "Expectations" }
                thead {
                    tr { th scope="col" { "expected" } th scope="col" { "is so" }
                        th scope="col" { "in this run" } }
                }
                tbody {
                    @for expected in all {
                        tr {
                            th scope="row" { (expected.sentence()) }
                            td { (match expected.holds {
                                Some(true) => "✓ yes",
                                Some(false) => "✗ no",
                                None => "– not judged",
                            }) }
                            td { (expected.brief) }
                        }
                    }
                }
            }
        }
    }
}

/// One card an arm.
pub(super) fn cards(sheet: &Sheet<'_>) -> Markup {
    html! {
        div.cards {
            @for (name, arm) in &sheet.result.arms {
                article.card {
                    h3 { bdi { (name) } }
                    p.share {
                        strong { (share(arm.requests.succeeded, arm.requests.offered)) }
                        " of " (count(arm.requests.offered)) " requests succeeded"
                    }
                    (bar(arm))
                    (key_figures(arm))
                    @if let Some(setting) = sheet.setting.arms.get(name) {
                        @if !setting.about.is_empty() { p.small { (sentence(&setting.about)) } }
                    }
                }
            }
        }
    }
}

fn bar(arm: &ArmResult) -> Markup {
    let fates = fates(arm);
    let offered = arm.requests.offered;
    // Widths are whole thousandths, so that they are the same text everywhere.
    let mut from = 0;
    let parts: Vec<(u64, u64, &Fate)> = fates
        .iter()
        .map(|fate| {
            let begin = from;
            from += fate.requests;
            let at = |n: u64| (u128::from(n) * 1_000 / u128::from(offered.max(1))) as u64;
            (at(begin), at(from) - at(begin), fate)
        })
        .collect();
    html! {
        svg.fates viewBox="0 0 1000 14" preserveAspectRatio="none" aria-hidden="true" {
            @for (x, width, fate) in parts {
                rect class={ "fate-" (fate.place) } x=(x) y="0" width=(width.max(1)) height="14" {}
            }
        }
        ul.fates {
            @for fate in &fates {
                li {
                    i class={ "swatch fate-" (fate.place) } {}
                    (fate.name) " " strong { (count(fate.requests)) }
                    " " span.muted { (share(fate.requests, offered)) }
                }
            }
        }
    }
}

fn key_figures(arm: &ArmResult) -> Markup {
    let time = |ns: Option<u64>| ns.map_or(NO_VALUE.to_owned(), time);
    let goodput =
        arm.goodput_per_s.map_or(NO_VALUE.to_owned(), |rate| format!("{} /s", number(rate)));
    let figures = [
        ("goodput", goodput),
        ("p50", time(arm.latency.end_to_end.p50_ns)),
        ("p99", time(arm.latency.end_to_end.p99_ns)),
        ("attempts a request", arm.amplification.map_or(NO_VALUE.to_owned(), number)),
        ("work wasted", arm.wasted.ratio.map_or(NO_VALUE.to_owned(), percent)),
    ];
    html! {
        dl.figures {
            @for (name, value) in figures { div { dt { (name) } dd { (value) } } }
        }
    }
}
