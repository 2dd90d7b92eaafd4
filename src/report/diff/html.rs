//! A diff as a page: one file, without a script and without a network.
//!
//! Every name is isolated from the text around it, so that a name written from right to left does
//! not reorder its line.

use maud::{Markup, PreEscaped, html};

use super::numbers::{NumberChange, Numbers};
use super::{ArmComparison, Diff, FateGroup, First, Moment, RequestChanges, Side, SideKind};
use crate::report::figure::overlay;
use crate::report::html::frame::Frame;
use crate::report::result::Series;
use crate::report::text::format::count;
use crate::report::text::words::exactly;

/// The diff as a page; `series` are the time series of the arms, where known. Nothing is left out:
/// less important parts are folded.
#[must_use]
pub fn html(diff: &Diff, series: &[Option<[&Series; 2]>]) -> String {
    let Diff { a, b, notes, arms, first, .. } = diff;
    let name = format!("{} and {}", a.named(), b.named());
    let head = html! {
        header.top {
            h1 { (sentence(diff.conclusion())) }
            p.lede {
                strong { "a" } " is " bdi { (a.named()) } ", "
                strong { "b" } " is " bdi { (b.named()) } "."
            }
        }
    };
    let charts = series.iter().copied().chain(std::iter::repeat(None));
    let main = html! {
        @for note in notes { p.note { strong { "Note" } " " (note) } }
        (fields(diff))
        @for (arm, chart) in arms.iter().zip(charts) { (self::arm(arm, chart)) }
        @if let Some(first) = first { (self::first(first)) }
        section {
            h2 { "What was compared" }
            (sides(a, b))
        }
    };
    let frame = Frame { kind: "diff", name: &name, dessim: diff.dessim, data: None };
    frame.around(&head, &main)
}

impl Side {
    /// Name of the side: the text given, and the arm.
    fn named(&self) -> String {
        match &self.arm {
            None => self.given.clone(),
            Some(arm) => format!("{}, arm {arm}", self.given),
        }
    }
}

/// A table that scrolls sideways; `head` marks the columns of numbers, which are right-aligned.
fn table(caption: &str, head: &[(&str, bool)], rows: &[Vec<Markup>]) -> Markup {
    let class = |number: bool| if number { "n" } else { "t" };
    html! {
        div.scroll tabindex="0" role="region" aria-label=(caption) {
            table.plain {
                thead { tr {
                    @for (head, number) in head { th scope="col" class=(class(*number)) { (head) } }
                } }
                tbody {
                    @for row in rows {
                        tr {
                            @for (cell, (_, number)) in row.iter().zip(head) {
                                td class=(class(*number)) { (cell) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A name, isolated from the text around it.
fn bdi(text: &str) -> Markup {
    html! { bdi { (text) } }
}

fn text(text: impl AsRef<str>) -> Markup {
    html! { (text.as_ref()) }
}

fn sides(a: &Side, b: &Side) -> Markup {
    let row = |(name, side): (&str, &Side)| {
        let kind = match side.kind {
            SideKind::Trace => format!("trace by dessim {}", side.dessim),
            kind => kind.name().to_owned(),
        };
        let fingerprint = side.fingerprint.map_or("-".to_owned(), |print| print.to_string());
        vec![
            text(name),
            bdi(&side.named()),
            text(kind),
            text(side.seed.to_string()),
            html! { code { (side.digest) } },
            html! { code { (fingerprint) } },
        ]
    };
    let head = [
        ("", false),
        ("run", false),
        ("from a", false),
        ("seed", true),
        ("digest", false),
        ("fingerprint", false),
    ];
    table("What was compared", &head, &[("a", a), ("b", b)].map(row))
}

fn fields(diff: &Diff) -> Markup {
    html! {
        @match diff.fields.as_deref() {
            None => {}
            Some([]) => p { "The scenarios say the same." },
            Some(fields) => section {
                h2 { "The scenarios differ in" }
                (table(
                    "The scenarios differ in",
                    &[("value", false), ("in a and in b", false)],
                    &fields
                        .iter()
                        .map(|field| vec![html! { code { (field.path) } }, bdi(&field.words())])
                        .collect::<Vec<_>>(),
                ))
            },
        }
    }
}

fn arm(arm: &ArmComparison, series: Option<[&Series; 2]>) -> Markup {
    let numbers = arm.numbers.as_ref().filter(|numbers| numbers.differ());
    html! {
        section {
            h2 { "Arm " bdi { (arm.name) } }
            p { (sentence(&arm.records_words())) }
            @if let Some(changes) = arm.requests.as_ref().filter(|changes| changes.differ()) {
                (requests(changes))
            }
            @if let Some([a, b]) = series.filter(|_| numbers.is_some()) {
                h3 { "Over time" }
                div.drawings {
                    (PreEscaped(
                        overlay(&format!("{} over time", arm.name), &[("a", a), ("b", b)]).element()
                    ))
                }
            }
            @if let Some(numbers) = numbers { (self::numbers(numbers)) }
        }
    }
}

fn requests(changes: &RequestChanges) -> Markup {
    let good = |fate: &str| fate == crate::metrics::fate::Fate::Succeeded.name();
    let row = |group: &FateGroup| {
        let class = match (good(group.a), good(group.b)) {
            (false, true) => "saved",
            (true, false) => "lost",
            _ => "alike",
        };
        vec![
            text(count(group.requests)),
            text(FateGroup::words(group.a)),
            html! { span class=(class) { (FateGroup::words(group.b)) } },
            html! {
                @for (at, name) in group.first.iter().enumerate() {
                    @if at > 0 { ", " } bdi { (name) }
                }
            },
        ]
    };
    let rows: Vec<_> = changes.changed().map(row).collect();
    let head = [("requests", true), ("in a", false), ("in b", false), ("the first of them", false)];
    html! {
        h3 { (count(changes.in_both)) " requests in both" }
        ul { @for sentence in changes.sentences() { li { (sentence) } } }
        @if !rows.is_empty() { (table("Requests by what became of them", &head, &rows)) }
    }
}

fn numbers(numbers: &Numbers) -> Markup {
    let (shown, left) = numbers.split();
    html! {
        h3 { "Numbers that differ" }
        @if !shown.is_empty() { (number_table("Numbers that differ", &shown)) }
        @if !left.is_empty() {
            details {
                summary { (count(left.len() as u64)) " numbers more" }
                (number_table("More numbers that differ", &left))
            }
        }
        @for (side, names) in [("a", &numbers.only_in_a), ("b", &numbers.only_in_b)] {
            @if !names.is_empty() {
                p {
                    "Only in " (side) ": "
                    @for (at, name) in names.iter().enumerate() {
                        @if at > 0 { ", " } bdi { (name) }
                    }
                }
            }
        }
    }
}

fn number_table(caption: &str, changes: &[&NumberChange]) -> Markup {
    let row = |change: &&NumberChange| {
        let [a, b, ratio] = change.cells();
        vec![bdi(&change.label()), text(a), text(b), text(ratio)]
    };
    let head = [("", false), ("a", true), ("b", true), ("b / a", true)];
    table(caption, &head, &changes.iter().map(row).collect::<Vec<_>>())
}

fn first(first: &First) -> Markup {
    let (before, after) = first.halves();
    let words = |words: &str| vec![text(""), text(""), text(""), text(""), text(words)];
    let mut rows: Vec<Vec<Markup>> = before.iter().map(|moment| cells("", moment)).collect();
    if first.left_out > 0 {
        rows.push(words(&format!("… {} records more", count(first.left_out))));
    }
    rows.extend(after.iter().map(|moment| cells("", moment)));
    for (side, moment) in [("a", &first.a), ("b", &first.b)] {
        rows.push(moment.as_ref().map_or_else(
            || {
                let mut row = words("nothing more happens");
                row[0] = html! { strong { (side) } };
                row
            },
            |moment| cells(side, moment),
        ));
    }
    let head =
        [("", false), ("at", true), ("request", false), ("where", false), ("what happens", false)];
    html! {
        section {
            h2 { "The first difference is in arm " bdi { (first.arm) } }
            (table("The first difference", &head, &rows))
        }
    }
}

fn cells(side: &str, moment: &Moment) -> Vec<Markup> {
    vec![
        html! { @if !side.is_empty() { strong { (side) } } },
        text(exactly(moment.at_ns)),
        html! { bdi { (moment.request) } ", attempt " (moment.attempt) },
        bdi(&moment.component),
        text(&moment.text),
    ]
}

/// Makes a sentence of words: a capital and a full stop.
fn sentence(words: &str) -> String {
    let mut rest = words.chars();
    let first = rest.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", rest.as_str())
}
