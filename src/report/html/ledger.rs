//! Every number of the arms in one table, in the groups of the page of text.

use maud::{Markup, html};

use super::arms;
use crate::report::result::RunResult;
use crate::report::text::format::count;
use crate::report::text::layout::{Cell, groups, legend};

/// The table.
pub(super) fn section(result: &RunResult) -> Markup {
    let arms = arms(result);
    let groups = groups(&arms);
    html! {
        section #ledger aria-labelledby="ledger-title" {
            h2 #ledger-title { "All numbers" }
            p { "Every request has exactly one outcome, so these add up in each arm." }
            @for (name, arm) in &arms { p.sum { bdi { (name) } ": " (sum(arm)) } }
            div.scroll tabindex="0" role="region" aria-label="All numbers" {
                table.ledger {
                    thead { tr {
                        td {}
                        @for (name, _) in &arms { th scope="col" { bdi { (name) } } }
                    } }
                    @for group in &groups {
                        tbody {
                            tr.group { th colspan=(arms.len() + 1) scope="rowgroup" {
                                bdi { (group.heading) }
                            } }
                            @for line in &group.lines {
                                tr {
                                    th.inner[line.label.starts_with(' ')] scope="row" {
                                        (line.label.trim())
                                    }
                                    @for cell in &line.cells { (self::cell(cell)) }
                                }
                            }
                        }
                    }
                }
            }
            @if let Some(legend) = legend(&groups) { p.muted { (legend) } }
        }
    }
}

fn cell(cell: &Cell) -> Markup {
    html! {
        td.nothing[cell.nothing] {
            (cell.digits)
            @if !cell.unit.is_empty() { " " (cell.unit) }
            @if let Some(share) = &cell.share { " " span.muted { (share) } }
        }
    }
}

/// "2,000 offered = 350 succeeded + 1,650 rejected".
fn sum(arm: &crate::report::result::ArmResult) -> String {
    let outcomes = super::summary::outcomes(arm);
    let parts: Vec<String> = outcomes
        .iter()
        .map(|outcome| format!("{} {}", count(outcome.requests), outcome.name))
        .collect();
    let parts = if parts.is_empty() { "0".to_owned() } else { parts.join(" + ") };
    format!("{} offered = {parts}", count(arm.requests.offered))
}
