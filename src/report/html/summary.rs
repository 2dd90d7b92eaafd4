//! Fates of the requests of an arm, and its expectations.

use maud::{Markup, html};

use crate::report::expected::Expected;
use crate::report::figure::theme;
use crate::report::result::ArmResult;
use crate::report::text::format::{count, share};

/// A fate, and the number of requests that met it.
pub(super) struct Outcome {
    pub(super) name: &'static str,
    pub(super) requests: u64,
    /// Role of the colour.
    role: &'static str,
}

/// The outcomes of an arm other than 0, in the order of its books. They add up to the offered
/// requests.
pub(super) fn outcomes(arm: &ArmResult) -> Vec<Outcome> {
    let (requests, failed) = (&arm.requests, &arm.failed_by);
    let role = |metric| theme::outcome(metric).unwrap_or("soft");
    let all = [
        ("succeeded", requests.succeeded, role("requests.succeeded")),
        ("late", requests.late, role("requests.late")),
        ("failed in an error", failed.error, role("failed_by.error")),
        ("failed in a timeout", failed.timeout, role("failed_by.timeout")),
        ("rejected", requests.rejected, role("requests.rejected")),
        ("shed", requests.shed, role("requests.shed")),
        ("dropped", requests.dropped, role("requests.dropped")),
        ("dead-lettered", requests.dead_lettered, role("requests.dead_lettered")),
        ("in flight", requests.in_flight, "soft"),
    ];
    all.into_iter()
        .filter(|(_, requests, _)| *requests > 0)
        .map(|(name, requests, role)| Outcome { name, requests, role })
        .collect()
}

/// The outcomes of an arm as a list, except success.
pub(super) fn losses(arm: &ArmResult) -> Markup {
    html! {
        ul.outcomes {
            @for outcome in outcomes(arm).iter().filter(|outcome| outcome.name != "succeeded") {
                li {
                    i class={ "swatch fill-" (outcome.role) } {}
                    (outcome.name) " " strong { (count(outcome.requests)) }
                    " " span.muted { (share(outcome.requests, arm.requests.offered)) }
                }
            }
        }
    }
}

/// The results of the expectations, if there are any.
pub(super) fn expectations(all: &[Expected]) -> Markup {
    let hold = all.iter().filter(|expected| expected.holds == Some(true)).count() as u64;
    let judged = all.iter().filter(|expected| expected.holds.is_some()).count() as u64;
    html! {
        @if !all.is_empty() {
            section #expectations aria-labelledby="expectations-title" {
                h2 #expectations-title { "Expectations" }
                p { (count(hold)) " of " (count(judged)) " hold in this run." }
                table.expectations {
                    thead { tr {
                        th scope="col" { "holds" }
                        th scope="col" { "expected" }
                        th scope="col" { "in this run" }
                    } }
                    tbody {
                        @for expected in all {
                            tr {
                                td class=(match expected.holds {
                                    Some(true) => "holds",
                                    Some(false) => "fails",
                                    None => "open",
                                }) {
                                    (match expected.holds {
                                        Some(true) => "✓ yes",
                                        Some(false) => "✗ no",
                                        None => "– not judged",
                                    })
                                }
                                th scope="row" { (expected.sentence()) }
                                td { (expected.brief) }
                            }
                        }
                    }
                }
            }
        }
    }
}
