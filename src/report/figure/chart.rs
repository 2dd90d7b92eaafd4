//! Curves over an axis of settings: measured values against the value that was set.
//!
//! Each curve has a band from its least to its largest value; every point shows its numbers on
//! hovering. A missing value leaves a gap.

use super::panels::class;
use super::scale::{Axis, Measure};
use super::svg::{Anchor, Drawing, Figure, Path, Style, faint, measure};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 260.0;
const MARGIN: f64 = 14.0;
const LEFT: f64 = 82.0;
/// Most curves that readers can distinguish.
const MOST: usize = 12;

const HEADING: Style = Style::new(16.0, "bold");
const LABEL: Style = Style::new(13.0, "");
const SOFT: Style = Style::new(12.0, "soft");

/// One point of a curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Spot {
    /// Position along the chart.
    pub x: f64,
    /// Value, least and largest; `None` without a value.
    pub y: Option<[f64; 3]>,
    /// Position in words.
    pub words: String,
}

/// A curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Name in the legend.
    pub name: String,
    /// Points from left to right.
    pub spots: Vec<Spot>,
}

/// The data of a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// Heading.
    pub title: String,
    /// Title of the horizontal axis.
    pub along: String,
    /// True if the horizontal axis is in nanoseconds.
    pub along_time: bool,
    /// Names at 0, 1, 2 and so on of the horizontal axis; empty for an axis of numbers.
    pub names: Vec<String>,
    /// True if the horizontal axis is logarithmic.
    pub along_log: bool,
    /// True if the vertical axis is in nanoseconds.
    pub time: bool,
    /// Label of the diagonal, on which both axes are equal; `None` draws none.
    pub equal: Option<String>,
    /// Curves.
    pub curves: Vec<Curve>,
}

struct Frame {
    x: Axis,
    names: usize,
    y: Axis,
    top: f64,
}

impl Frame {
    fn x(&self, x: f64) -> f64 {
        let part = match self.names {
            0 => self.x.at(x),
            names => (x + 0.5) / names as f64,
        };
        LEFT + part * (WIDTH - LEFT - 2.0 * MARGIN)
    }

    fn y(&self, y: f64) -> f64 {
        self.top + (1.0 - self.y.at(y)) * HEIGHT
    }
}

/// Draws the chart.
#[must_use]
pub fn chart(chart: &Chart) -> Figure {
    let curves = &chart.curves[..chart.curves.len().min(MOST)];
    let mut drawing = Drawing::default();
    drawing.text((MARGIN, 24.0), HEADING, &chart.title, WIDTH - 2.0 * MARGIN);
    let mut top = legend(&mut drawing, chart, curves, 46.0) + 14.0;
    if curves.len() < chart.curves.len() {
        let note = format!("{} curves more are left out", chart.curves.len() - curves.len());
        drawing.text((MARGIN, top + 4.0), SOFT, &note, WIDTH - 2.0 * MARGIN);
        top += 18.0;
    }
    let frame = frame(chart, curves, top);
    axes(&mut drawing, chart, &frame);
    if chart.equal.is_some() {
        let most = chart_most(chart).min(frame_most(curves));
        let (from, to) = ((frame.x(0.0), frame.y(0.0)), (frame.x(most), frame.y(most)));
        drawing.line("axis", from, to);
    }
    for (at, curve) in curves.iter().enumerate() {
        draw(&mut drawing, chart, curve, class(at), &frame);
    }
    let bottom = top + HEIGHT;
    let middle = ((LEFT + WIDTH) / 2.0, bottom + 38.0);
    drawing.text(middle, LABEL.anchored(Anchor::Middle), &chart.along, WIDTH - LEFT);
    let words: Vec<String> = curves.iter().map(|curve| description(chart, curve)).collect();
    drawing.finish(chart.title.clone(), words.join(" "), (WIDTH, bottom + 38.0 + MARGIN))
}

fn measured(time: bool) -> Measure {
    if time { Measure::Time } else { Measure::Number }
}

fn description(chart: &Chart, curve: &Curve) -> String {
    let value = |spot: &Spot| match spot.y {
        Some([y, ..]) => format!("{} at {}", measured(chart.time).words(y), spot.words),
        None => format!("nothing at {}", spot.words),
    };
    match (curve.spots.first(), curve.spots.last()) {
        (Some(first), Some(last)) => {
            format!("{}: {} to {}.", curve.name, value(first), value(last))
        }
        _ => format!("{}: nothing.", curve.name),
    }
}

fn chart_most(chart: &Chart) -> f64 {
    let spots = chart.curves.iter().flat_map(|curve| &curve.spots);
    spots.map(|spot| spot.x).fold(0.0, f64::max)
}

fn frame_most(curves: &[Curve]) -> f64 {
    let spots = curves.iter().flat_map(|curve| &curve.spots);
    spots.filter_map(|spot| spot.y).map(|[.., most]| most).fold(0.0, f64::max)
}

fn frame(chart: &Chart, curves: &[Curve], top: f64) -> Frame {
    let spots = || curves.iter().flat_map(|curve| &curve.spots);
    let least_x = spots().map(|spot| spot.x).filter(|x| *x > 0.0).fold(f64::INFINITY, f64::min);
    let x = match chart.along_log && least_x.is_finite() {
        true => Axis::log(least_x, chart_most(chart), measured(chart.along_time)),
        false => Axis::linear(chart_most(chart), 8, measured(chart.along_time)),
    };
    let least = spots().filter_map(|spot| spot.y).map(|[_, least, _]| least);
    let least = least.filter(|y| *y > 0.0).fold(f64::INFINITY, f64::min);
    let most = frame_most(curves);
    // Latencies around a cliff differ by orders of magnitude.
    let y = match chart.time && least.is_finite() && most > 30.0 * least {
        true => Axis::log(least, most, Measure::Time),
        false => Axis::linear(most, 5, measured(chart.time)),
    };
    Frame { x, names: chart.names.len(), y, top }
}

fn axes(drawing: &mut Drawing, chart: &Chart, frame: &Frame) {
    let right = WIDTH - 2.0 * MARGIN;
    for (value, words) in &frame.y.ticks {
        let y = frame.y(*value);
        drawing.line("rule", (LEFT, y), (right, y));
        drawing.text((LEFT - 8.0, y + 4.0), SOFT.anchored(Anchor::End), words, LEFT - 12.0);
    }
    let bottom = frame.top + HEIGHT;
    drawing.line("axis", (LEFT, bottom), (right, bottom));
    let ticks: Vec<(f64, String)> = match chart.names.is_empty() {
        true => frame.x.ticks.clone(),
        false => (0..).map(f64::from).zip(chart.names.iter().cloned()).collect(),
    };
    let mut free = 0.0;
    for (value, words) in ticks {
        let x = frame.x(value);
        drawing.line("axis", (x, bottom), (x, bottom + 5.0));
        let half = measure(&words, SOFT).min(110.0) / 2.0;
        if x - half >= free {
            drawing.text((x, bottom + 19.0), SOFT.anchored(Anchor::Middle), &words, 110.0);
            free = x + half + 8.0;
        }
    }
}

/// The parts of a curve between missing values.
fn stretches(spots: &[Spot]) -> impl Iterator<Item = &[Spot]> {
    spots.split(|spot| spot.y.is_none()).filter(|stretch| !stretch.is_empty())
}

fn draw(drawing: &mut Drawing, chart: &Chart, curve: &Curve, class: &str, frame: &Frame) {
    for stretch in stretches(&curve.spots) {
        let (mut line, mut band) = (Path::default(), Path::default());
        for (at, spot) in stretch.iter().enumerate() {
            let Some([y, _, most]) = spot.y else { continue };
            let command = if at == 0 { 'M' } else { 'L' };
            line.to(command, &[frame.x(spot.x), frame.y(y)]);
            band.to(command, &[frame.x(spot.x), frame.y(most)]);
        }
        for spot in stretch.iter().rev() {
            let Some([_, least, _]) = spot.y else { continue };
            band.to('L', &[frame.x(spot.x), frame.y(least)]);
        }
        band.close();
        drawing.path(&format!("area {class}"), &band, &faint(0.18));
        drawing.path(&format!("line {class}"), &line, "");
    }
    let words = |value| measured(chart.time).words(value);
    for spot in &curve.spots {
        let Some([y, least, most]) = spot.y else { continue };
        let range = match least < most {
            true => format!(" ({} to {})", words(least), words(most)),
            false => String::new(),
        };
        drawing.open(&format!("{}, {}: {}{range}", curve.name, spot.words, words(y)));
        drawing.circle(&format!("dot {class}"), (frame.x(spot.x), frame.y(y)), 3.5);
        drawing.close();
    }
}

fn legend(drawing: &mut Drawing, chart: &Chart, curves: &[Curve], mut y: f64) -> f64 {
    let mut x = MARGIN;
    let names = curves.iter().enumerate().map(|(at, curve)| (Some(at), curve.name.as_str()));
    let equal = chart.equal.as_deref().map(|name| (None, name));
    for (at, name) in names.chain(equal) {
        let width = (34.0 + measure(name, LABEL)).min(WIDTH - 2.0 * MARGIN);
        if x + width > WIDTH - MARGIN && x > MARGIN {
            (x, y) = (MARGIN, y + 19.0);
        }
        let middle = y - 4.5;
        match at {
            Some(at) => {
                drawing.line(&format!("line {}", class(at)), (x, middle), (x + 26.0, middle));
                drawing.circle(&format!("dot {}", class(at)), (x + 13.0, middle), 3.5);
            }
            None => drawing.line("axis", (x, middle), (x + 26.0, middle)),
        }
        drawing.text((x + 34.0, y), LABEL, name, WIDTH - MARGIN - x - 34.0);
        x += width + 18.0;
    }
    y
}
