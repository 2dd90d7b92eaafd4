//! A sweep as one self-contained HTML file without scripts; the points of its figures show their
//! numbers on hovering.
//!
//! One axis is drawn as curves with a band from the least to the largest value of the seeds, a grid
//! of two as a map for each arm. More axes become a table.

use std::collections::BTreeMap;

use maud::{Markup, PreEscaped, html};

use super::text::{heading, printed};
use super::{AxisScale, Outline, SettingSummary};
use crate::metrics::names::Kind;
use crate::report::figure::{Chart, Curve, Figure, Heat, Spot, chart, heat};
use crate::report::html::frame::Frame;
use crate::report::text::format::{NO_VALUE, count};
use crate::statistics::summary::Summary;

/// Most settings that a page draws and lists.
pub const MOST_DRAWN: u64 = 10_000;

/// A setting, with its position on each axis of numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Position on each axis; `None` on an axis of names.
    pub at: Vec<Option<f64>>,
    /// Summary over the seeds.
    pub summary: SettingSummary,
}

/// Renders the page. `points` are all settings, in order.
#[must_use]
pub fn to_html(outline: &Outline, points: &[Point]) -> String {
    let (first, seeds) = outline.seeds;
    let drawn = drawn(outline, points);
    let head = html! {
        header.top {
            h1 { bdi { (outline.name) } }
            @if !outline.about.is_empty() { p.lede { (outline.about) } }
            dl.facts {
                div { dt { "settings" } dd { (count(outline.settings)) } }
                div { dt { "seeds" } dd { (first) @if seeds > 1 { ".." (first + seeds - 1) } } }
                div { dt { "runs" } dd { (count(outline.cells())) } }
            }
        }
    };
    let main = html! {
        @if !drawn.is_empty() {
            section {
                h2 { "What varies with what" }
                @if seeds > 1 {
                    p { "Lines and fields are means over the seeds; a band is from the least to \
                        the most." }
                }
                div.drawings { @for figure in &drawn { (PreEscaped(figure.element())) } }
            }
        }
        section {
            h2 { "All settings" }
            (table(outline, points))
        }
        section {
            h2 { "What it was made of" }
            dl.facts {
                div { dt { "dessim" } dd { (outline.dessim) } }
                div { dt { "model" } dd { (outline.model) } }
                div { dt { "plan" } dd { code { (outline.plan) } } }
            }
        }
    };
    let frame = Frame { kind: "sweep", name: &outline.name, dessim: &outline.dessim, data: None };
    frame.around(&head, &main)
}

fn drawn(outline: &Outline, points: &[Point]) -> Vec<Figure> {
    match outline.axes.len() {
        1 => curves(outline, points),
        2 if outline.grid => maps(outline, points),
        _ => Vec::new(),
    }
}

/// Names of the shown metrics, each with its column in every arm that has it.
fn metrics(outline: &Outline) -> Vec<(String, Vec<usize>)> {
    let mut metrics: Vec<(String, Vec<usize>)> = Vec::new();
    for at in outline.shown() {
        let name = outline.columns[at].name();
        match metrics.iter_mut().find(|(known, _)| *known == name) {
            Some((_, columns)) => columns.push(at),
            None => metrics.push((name, vec![at])),
        }
    }
    metrics
}

fn curves(outline: &Outline, points: &[Point]) -> Vec<Figure> {
    let axis = &outline.axes[0];
    let numbers =
        axis.scale != AxisScale::Names && points.iter().all(|point| point.at[0].is_some());
    let mut order: Vec<usize> = (0..points.len()).collect();
    if numbers {
        let x = |at: &usize| points[*at].at[0].unwrap_or_default();
        order.sort_by(|a, b| x(a).total_cmp(&x(b)));
    }
    let value = |point: &Point| point.summary.setting[0].clone();
    let curve = |column: usize| Curve {
        name: outline.columns[column].arm.clone(),
        spots: order
            .iter()
            .enumerate()
            .map(|(n, at)| {
                let summary = points[*at].summary.columns[column].as_ref();
                Spot {
                    x: if numbers { points[*at].at[0].unwrap_or_default() } else { n as f64 },
                    y: summary.map(|Summary { mean, min, max, .. }| [*mean, *min, *max]),
                    words: value(&points[*at]),
                }
            })
            .collect(),
    };
    let offered = axis.scale == AxisScale::Rate && axis.paths[0].starts_with("load");
    let figure = |(name, columns): (String, Vec<usize>)| {
        chart(&Chart {
            title: heading(&name),
            along: match axis.scale {
                AxisScale::Rate => format!("{}, per second", axis.paths.join(", ")),
                _ => axis.paths.join(", "),
            },
            along_time: axis.scale == AxisScale::Time,
            names: match numbers {
                true => Vec::new(),
                false => order.iter().map(|at| value(&points[*at])).collect(),
            },
            along_log: axis.log && numbers,
            time: outline.columns[columns[0]].kind == Kind::Time,
            equal: (offered && numbers && !axis.log && name == "goodput_per_s")
                .then(|| "as offered".to_owned()),
            curves: columns.iter().map(|column| curve(*column)).collect(),
        })
    };
    metrics(outline).into_iter().map(figure).collect()
}

fn maps(outline: &Outline, points: &[Point]) -> Vec<Figure> {
    let names = |axis: usize| outline.axes[axis].paths.join(", ");
    let distinct = |axis: usize| {
        let mut values: Vec<String> = Vec::new();
        let mut seen: BTreeMap<&str, ()> = BTreeMap::new();
        for point in points {
            let value = &point.summary.setting[axis];
            if seen.insert(value, ()).is_none() {
                values.push(value.clone());
            }
        }
        values
    };
    // The last axis varies fastest, so settings are in rows already.
    let (upwards, along) = (distinct(0), distinct(1));
    let mut figures = Vec::new();
    for (name, columns) in metrics(outline) {
        let mean = |column: usize, point: &Point| {
            point.summary.columns[column].as_ref().map(|summary| summary.mean)
        };
        let all = columns.iter().flat_map(|column| points.iter().filter_map(|p| mean(*column, p)));
        let (low, high) = all.fold((f64::INFINITY, 0.0_f64), |(l, h), v| (l.min(v), h.max(v)));
        for column in &columns {
            let column = *column;
            figures.push(heat(&Heat {
                title: format!("{}, {}", heading(&name), outline.columns[column].arm),
                along: (names(1), along.clone()),
                upwards: (names(0), upwards.clone()),
                numbers: points.iter().map(|point| mean(column, point)).collect(),
                time: outline.columns[column].kind == Kind::Time,
                range: (if low.is_finite() { low } else { 0.0 }, high),
            }));
        }
    }
    figures
}

fn table(outline: &Outline, points: &[Point]) -> Markup {
    let shown = outline.shown();
    let cell = |column: usize, summary: &Option<Summary>| match summary {
        None => NO_VALUE.to_owned(),
        Some(summary) if summary.min == summary.max => {
            printed(&outline.columns[column], summary.mean)
        }
        Some(summary) => {
            let [mean, min, max] = [summary.mean, summary.min, summary.max]
                .map(|value| printed(&outline.columns[column], value));
            format!("{mean} ({min} to {max})")
        }
    };
    html! {
        div.scroll tabindex="0" role="region" aria-label="All settings" {
            table {
                thead { tr {
                    @for axis in &outline.axes { th scope="col" { (axis.paths.join(", ")) } }
                    @for column in &shown {
                        th scope="col" {
                            bdi { (outline.columns[*column].arm) } " "
                            (heading(&outline.columns[*column].name()))
                        }
                    }
                } }
                tbody {
                    @for point in points {
                        tr {
                            @for value in &point.summary.setting { th scope="row" { (value) } }
                            @if let Some(why) = &point.summary.invalid {
                                td colspan=(shown.len()) { "cannot run: " (why) }
                            } @else {
                                @for column in &shown {
                                    td { (cell(*column, &point.summary.columns[*column])) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
