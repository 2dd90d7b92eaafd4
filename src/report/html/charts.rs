//! Placeholders of the charts, with their titles and, for readers who cannot see them, numbers.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::Sheet;
use super::bins::Grains;
use super::data::{Band, bands};
use super::panels::Panel;
use super::quantiles::{LISTED, Quantiles};
use crate::report::explain::PhaseKind;
use crate::report::result::{RunResult, Series};
use crate::report::rows::Scalar;
use crate::report::series::Unit;
use crate::report::text::format::{NO_VALUE, count, number, time};

/// The section of charts over time.
pub(super) fn section(
    sheet: &Sheet<'_>,
    grains: &[Option<Grains<'_>>],
    panels: &[Panel<'_>],
) -> Markup {
    let names: Vec<&str> = sheet.result.arms.keys().map(String::as_str).collect();
    let widths = grains.iter().flatten().next();
    let numbered: Vec<(usize, &Panel<'_>)> = panels.iter().enumerate().collect();
    html! {
        @if !panels.is_empty() {
            section #charts aria-labelledby="charts-title" {
                h2 #charts-title { "Over time" }
                @if let Some(Grains { fine, coarse }) = widths {
                    p { "Rates and latencies are drawn in bins of " (time(coarse.bin_ns))
                        ", levels in bins of " (time(fine.bin_ns)) "." }
                }
                (lasted(sheet))
                (toolbar())
                div.panel {
                    (row(&names, "Phases, faults and states", |arm| html! {
                        div.plot.lanes data-lanes=(arm) {}
                    }))
                }
                @for component in numbered.chunk_by(|(_, a), (_, b)| a.whose() == b.whose()) {
                    @let (of, kind) = component[0].1.whose();
                    h3.component {
                        @if of.is_empty() { "The whole arm" }
                        @else { (kind) " " bdi { (of) } }
                    }
                    div.overlays {
                        @for (at, panel) in component.iter().filter(|(_, panel)| panel.overlay) {
                            (overlay(grains, &names, (*at, panel)))
                        }
                    }
                    @for (at, panel) in component.iter().filter(|(_, panel)| !panel.overlay) {
                        div.panel {
                            (title(panel))
                            (row(&names, &panel.title, |arm| html! {
                                div.plot data-panel=(at) data-arm=(arm) {}
                            }))
                            (numbers(grains, &names, panel))
                        }
                    }
                }
            }
        }
    }
}

/// One chart for all arms.
fn overlay(
    grains: &[Option<Grains<'_>>],
    names: &[&str],
    (at, panel): (usize, &Panel<'_>),
) -> Markup {
    html! {
        div.panel {
            (title(panel))
            figure aria-label={ (panel.title) ", all arms" } { div.plot data-panel=(at) {} }
            (numbers(grains, names, panel))
        }
    }
}

fn title(panel: &Panel<'_>) -> Markup {
    let part = if panel.overlay && panel.unit == Unit::Level { "mean" } else { unit(panel.unit) };
    html! { h4 { (panel.title) " " span.unit { (part) } } }
}

/// The section of latency distributions.
pub(super) fn distributions(result: &RunResult, quantiles: &[Quantiles]) -> Markup {
    html! {
        @if !quantiles.is_empty() {
            section #distributions aria-labelledby="distributions-title" {
                h2 #distributions-title { "Latency" }
                p { "So many of the requests, on the horizontal axis, took no longer than the \
                    time on the vertical one. Both axes stretch the slow end; what took no \
                    time at all is left of it." }
                div.arms {
                    @for (at, plot) in quantiles.iter().enumerate() {
                        div.panel {
                            h3 { (plot.title) }
                            figure aria-label=(plot.title) { div.plot data-quantiles=(at) {} }
                            (quantile_table(result, plot))
                        }
                    }
                }
            }
        }
    }
}

/// One figure for each arm, side by side.
fn row(names: &[&str], title: &str, plot: impl Fn(usize) -> Markup) -> Markup {
    html! {
        div.arms {
            @for (arm, name) in names.iter().enumerate() {
                figure aria-label={ (title) ", " (name) } {
                    @if names.len() > 1 { figcaption { bdi { (name) } } }
                    (plot(arm))
                }
            }
        }
    }
}

fn toolbar() -> Markup {
    html! {
        div #toolbar.toolbar role="toolbar" aria-label="Time axis of all charts" hidden {
            output #window {}
            button type="button" data-zoom="in" aria-label="Zoom in" { "+" }
            button type="button" data-zoom="out" aria-label="Zoom out" { "\u{2212}" }
            button type="button" data-zoom="left" aria-label="Earlier" { "\u{2190}" }
            button type="button" data-zoom="right" aria-label="Later" { "\u{2192}" }
            button type="button" data-zoom="reset" { "Reset" }
            label { input #own type="checkbox"; " each arm its own scale" }
            p #help.small { "Drag over a chart to zoom all of them. With a chart in focus: arrows \
                move the cursor, with Shift the window; + and \u{2212} zoom; 0 resets." }
        }
    }
}

/// The periods marked in the charts, in words: phases, then warm-up, faults and states, each with
/// its arms.
fn lasted(sheet: &Sheet<'_>) -> Markup {
    let mut lasted: Vec<(Band, Vec<&str>)> = Vec::new();
    for (name, arm) in &sheet.result.arms {
        for band in bands(sheet, name, arm) {
            match lasted.iter_mut().find(|(known, _)| *known == band) {
                Some((_, arms)) => arms.push(name),
                None => lasted.push((band, vec![name])),
            }
        }
    }
    let stories = sheet.explanation.iter().flat_map(|explanation| explanation.arms.values());
    let kinds: BTreeSet<PhaseKind> =
        stories.flat_map(|story| &story.phases).map(|phase| phase.kind).collect();
    let total = |band: &Band| band.spans.iter().map(|(from, until)| until - from).sum::<u64>();
    html! {
        @if !lasted.is_empty() || !kinds.is_empty() {
            ul.lasted {
                @for kind in &kinds {
                    li { i class={ "swatch phase-" (kind.name()) } {} (kind.name()) }
                }
                @for (band, arms) in &lasted {
                    li {
                        i class={ "swatch band-" (band.class) } {}
                        bdi { (band.label) } ", "
                        @if let [(from, until)] = band.spans.as_slice() {
                            (time(*from)) " to " (time(*until))
                        } @else {
                            (count(band.spans.len() as u64)) " times, "
                            (time(total(band))) " in all"
                        }
                        @if arms.len() < sheet.result.arms.len() {
                            span.muted {
                                " in "
                                @for (at, arm) in arms.iter().enumerate() {
                                    @if at > 0 { ", " } bdi { (arm) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The unit of a number in a title.
const fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Count => "per second",
        Unit::Booked => "seconds a second",
        Unit::Level | Unit::Ratio | Unit::Reading | Unit::State | Unit::Time => "",
    }
}

/// The numbers of a chart as a table.
fn numbers(grains: &[Option<Grains<'_>>], names: &[&str], panel: &Panel<'_>) -> Markup {
    let total = matches!(panel.unit, Unit::Count | Unit::Booked);
    let series: Vec<Option<&Series>> = grains
        .iter()
        .map(|grains| {
            let grains = grains.as_ref()?;
            Some(if panel.coarse { &*grains.coarse } else { &*grains.fine })
        })
        .collect();
    let title = format!("{} {}", panel.component, panel.title);
    folded(
        title.trim(),
        &html! {
            thead { tr {
                th scope="col" { "arm" } th scope="col" { "number" }
                @for head in ["least", "mean", "most"] { th scope="col" { (head) } }
                @if total { th scope="col" { "in all" } }
            } }
            tbody {
                @for (arm, name) in names.iter().enumerate() {
                    @for (label, track) in panel.labels.iter().zip(&panel.arms[arm]) {
                        @if let (Some(track), Some(series)) = (track, series[arm]) {
                            (line(name, label, panel.unit, &track.values, series, total))
                        }
                    }
                }
            }
        },
    )
}

fn line(
    arm: &str,
    label: &str,
    unit: Unit,
    values: &[Scalar],
    series: &Series,
    total: bool,
) -> Markup {
    // Counts and booked time as rates, anything else unchanged, as in the chart. A last bin that is
    // cut short is divided by its own length.
    let shown: Vec<f64> = values
        .iter()
        .enumerate()
        .filter_map(|(bin, value)| {
            let (value, length) = (value.as_f64()?, series.length_ns(bin) as f64);
            match unit {
                Unit::Count => (length > 0.0).then(|| value / length * 1e9),
                Unit::Booked => (length > 0.0).then(|| value / length),
                _ => Some(value),
            }
        })
        .collect();
    let text = |value: f64| match unit {
        Unit::Time => time(value as u64),
        _ => number(value),
    };
    let sum: f64 = values.iter().filter_map(|value| value.as_f64()).sum();
    let of = |value: Option<f64>| value.map_or(NO_VALUE.to_owned(), text);
    let mean = (!shown.is_empty()).then(|| shown.iter().sum::<f64>() / shown.len() as f64);
    html! {
        tr {
            th scope="row" { bdi { (arm) } }
            th scope="row" { (label) }
            td { (of(shown.iter().copied().reduce(f64::min))) }
            td { (of(mean)) }
            td { (of(shown.iter().copied().reduce(f64::max))) }
            @if total {
                td { @if unit == Unit::Booked { (time(sum as u64)) } @else { (count(sum as u64)) } }
            }
        }
    }
}

fn quantile_table(result: &RunResult, plot: &Quantiles) -> Markup {
    let percent = |ppm: u32| format!("{} %", f64::from(ppm) / 1e4);
    let value = |curve: &[u64], ppm: u32| {
        let at = plot.ppm.iter().position(|known| *known == ppm);
        at.and_then(|at| curve.get(at)).map_or(NO_VALUE.to_owned(), |ns| time(*ns))
    };
    folded(
        plot.title,
        &html! {
                thead { tr {
                    th scope="col" { "arm" }
                    @for ppm in LISTED { th scope="col" { (percent(ppm)) } }
                } }
                tbody {
                    @for (name, curve) in result.arms.keys().zip(&plot.curves) {
                        @if let Some(curve) = curve {
                            tr {
                                th scope="row" { bdi { (name) } }
                                @for ppm in LISTED { td { (value(curve, ppm)) } }
                            }
                        }
                    }
                }
        },
    )
}

/// A table that is folded until it is opened.
fn folded(title: &str, table: &Markup) -> Markup {
    html! {
        details.numbers {
            summary { "Numbers of this chart" span.hidden { ": " (title) } }
            div.scroll tabindex="0" role="region" aria-label={ "Numbers: " (title) } {
                table { (table) }
            }
        }
    }
}
