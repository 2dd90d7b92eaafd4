//! Latencies of several arms by quantile, on scales that show the tail.
//!
//! The horizontal axis is the share of slower samples on a logarithmic scale, so that 90 %, 99 %
//! and 99.9 % are evenly spaced. The vertical axis is the latency, logarithmic too. A curve ends at
//! its slowest sample, which has a dot.

use super::panels::class;
use super::scale::{Axis, Measure};
use super::svg::{Anchor, Drawing, Figure, Path, Rect, Style, measure};
use crate::kernel::fpmath;
use crate::report::result::{ArmResult, Curve, Curves};
use crate::report::text::format;

const WIDTH: f64 = 720.0;
const MARGIN: f64 = 14.0;
const HEIGHT: f64 = 150.0;
/// Most arms that readers can distinguish.
const ARMS: usize = 12;

const HEADING: Style = Style::new(18.0, "bold");
const SUBTITLE: Style = Style::new(13.0, "soft");
const TITLE: Style = Style::new(13.5, "bold");
const LABEL: Style = Style::new(13.0, "");
const TICK: Style = Style::new(12.0, "soft");

type Part = (&'static str, fn(&Curves) -> &Curve);
const PARTS: [Part; 3] = [
    ("end to end: arrival to success", |curves| &curves.end_to_end),
    ("processing: pick-up of the last attempt to success", |curves| &curves.processing),
    ("outcome: arrival to any end", |curves| &curves.outcome),
];

/// Draws the latencies of all arms of a scenario; arms without curves are left out.
#[must_use]
pub fn quantiles<'a>(
    scenario: &str,
    arms: impl IntoIterator<Item = (&'a str, &'a ArmResult)>,
) -> Figure {
    let mut arms: Vec<(&str, &Curves)> =
        arms.into_iter().filter_map(|(name, arm)| Some((name, arm.curves.as_ref()?))).collect();
    let left_out = arms.len().saturating_sub(ARMS);
    arms.truncate(ARMS);
    let title = format!("{scenario}: latencies by quantile");
    let mut drawing = Drawing::default();
    drawing.text((MARGIN, 28.0), HEADING, "latencies by quantile", WIDTH - 2.0 * MARGIN);
    drawing.text((MARGIN, 48.0), SUBTITLE, scenario, WIDTH - 2.0 * MARGIN);
    let mut y = legend(&mut drawing, &arms, 70.0);
    if left_out > 0 {
        let note = format!("{} more arms are left out", format::count(left_out as u64));
        y += 18.0;
        drawing.text((MARGIN, y), SUBTITLE, &note, WIDTH - 2.0 * MARGIN);
    }
    let mut words = Vec::new();
    let most = arms.iter().flat_map(|(_, curves)| PARTS.map(|(_, part)| part(curves).count)).max();
    let across = Across::new(most.unwrap_or(0));
    for (name, part) in PARTS {
        let curves: Vec<_> = arms.iter().map(|(arm, curves)| (*arm, part(curves))).collect();
        y = panel(&mut drawing, (name, &curves), &across, y);
        words.extend(curves.iter().map(|(arm, curve)| description(name, arm, curve)));
    }
    let y = across.labels(&mut drawing, y);
    drawing.finish(title, words.join(" "), (WIDTH, y + MARGIN))
}

fn description(name: &str, arm: &str, curve: &Curve) -> String {
    let name = name.split(':').next().unwrap_or(name);
    let at = |ppm| curve.points.iter().find(|point| point.0 == ppm).map(|point| point.1);
    match (at(500_000), at(990_000), at(1_000_000)) {
        (Some(p50), Some(p99), Some(max)) => format!(
            "{arm}, {name}: {} samples, p50 {}, p99 {}, most {}.",
            format::count(curve.count),
            format::time(p50),
            format::time(p99),
            format::time(max)
        ),
        _ => format!("{arm}, {name}: no samples."),
    }
}

fn legend(drawing: &mut Drawing, arms: &[(&str, &Curves)], mut y: f64) -> f64 {
    let mut x = MARGIN;
    for (at, (name, _)) in arms.iter().enumerate() {
        let width = (34.0 + measure(name, LABEL)).min(WIDTH - 2.0 * MARGIN);
        if x + width > WIDTH - MARGIN && x > MARGIN {
            (x, y) = (MARGIN, y + 19.0);
        }
        let middle = y - 4.5;
        drawing.line(&format!("line {}", class(at)), (x, middle), (x + 26.0, middle));
        drawing.circle(&format!("dot {}", class(at)), (x + 13.0, middle), 3.5);
        drawing.text((x + 34.0, y), LABEL, name, WIDTH - MARGIN - x - 34.0);
        x += width + 18.0;
    }
    y
}

/// Marked quantiles, in parts per million.
const MARKS: [(u32, &str); 8] = [
    (0, "0 %"),
    (500_000, "50 %"),
    (900_000, "90 %"),
    (990_000, "99 %"),
    (999_000, "99.9 %"),
    (999_900, "99.99 %"),
    (999_990, "99.999 %"),
    (999_999, "99.9999 %"),
];

/// The axis of quantiles, up to the number of samples.
struct Across {
    x: f64,
    w: f64,
    /// Decimal logarithm of the samples of the largest curve.
    decades: f64,
}

impl Across {
    fn new(samples: u64) -> Self {
        let x = MARGIN + 64.0;
        let decades = log10(samples.max(10) as f64).min(6.0);
        Self { x, w: WIDTH - x - MARGIN - 28.0, decades }
    }

    /// Position at which `slower` in a million samples are slower.
    fn at(&self, slower: f64) -> f64 {
        self.x + self.w * (-log10(slower / 1e6) / self.decades).clamp(0.0, 1.0)
    }

    fn marks(&self) -> impl Iterator<Item = (f64, &'static str)> {
        let slower = |ppm: u32| f64::from(1_000_000 - ppm);
        let last = self.decades + 1e-9;
        let within = move |ppm: u32| -log10(slower(ppm) / 1e6) <= last;
        let marks = MARKS.into_iter().filter(move |(ppm, _)| within(*ppm));
        marks.map(move |(ppm, words)| (self.at(slower(ppm)), words))
    }

    fn labels(&self, drawing: &mut Drawing, y: f64) -> f64 {
        let mut free = 0.0;
        for (x, words) in self.marks() {
            drawing.line("axis", (x, y), (x, y + 5.0));
            let half = measure(words, TICK) / 2.0;
            let at = x.min(WIDTH - half - 2.0);
            if at - half > free {
                drawing.text((at, y + 19.0), TICK.anchored(Anchor::Middle), words, 2.0 * half);
                free = at + half + 4.0;
            }
        }
        let note = "of the samples were at least as fast";
        let style = TICK.anchored(Anchor::End);
        drawing.text((self.x + self.w, y + 36.0), style, note, self.w);
        y + 40.0
    }
}

fn log10(value: f64) -> f64 {
    fpmath::ln(value) / std::f64::consts::LN_10
}

fn panel(
    drawing: &mut Drawing,
    (name, curves): (&str, &[(&str, &Curve)]),
    across: &Across,
    y: f64,
) -> f64 {
    let y = y + 26.0;
    drawing.text((MARGIN, y), TITLE, name, WIDTH - 2.0 * MARGIN);
    let body = Rect { x: across.x, y: y + 10.0, w: across.w, h: HEIGHT };
    let values = || curves.iter().flat_map(|(_, curve)| &curve.points).map(|(_, ns)| *ns);
    let Some(most) = values().max() else {
        drawing.text((body.x, body.y + 14.0), SUBTITLE, "no samples", body.w);
        return body.y + 20.0;
    };
    let least = values().filter(|ns| *ns > 0).min().unwrap_or(1);
    let axis = Axis::log(least as f64, most.max(1) as f64, Measure::Time);
    let axis = if values().any(|ns| ns == 0) { axis.with_zero() } else { axis };
    for (value, words) in &axis.ticks {
        let y = body.bottom() - body.h * axis.at(*value);
        drawing.line("rule", (body.x, y), (body.right(), y));
        let style = TICK.anchored(Anchor::End);
        drawing.text((body.x - 6.0, y + 4.0), style, words, body.x - 8.0);
    }
    for (x, _) in across.marks() {
        drawing.line("rule", (x, body.y), (x, body.bottom()));
    }
    for (at, (_, curve)) in curves.iter().enumerate() {
        draw(drawing, class(at), curve, (&axis, across, body));
    }
    drawing.line("axis", (body.x, body.bottom()), (body.right(), body.bottom()));
    body.bottom()
}

/// One curve, up to the last quantile that has a sample of its own.
fn draw(
    drawing: &mut Drawing,
    class: &str,
    curve: &Curve,
    (axis, across, body): (&Axis, &Across, Rect),
) {
    let Some(&(_, most)) = curve.points.last() else { return };
    let slowest = 1e6 / curve.count.max(1) as f64;
    let up = |ns: u64| body.bottom() - body.h * axis.at(ns as f64);
    let mut line = Path::default();
    let mut command = 'M';
    for &(ppm, ns) in &curve.points {
        let slower = f64::from(1_000_000 - ppm);
        if slower > slowest {
            line.to(command, &[across.at(slower), up(ns)]);
            command = 'L';
        }
    }
    let end = (across.at(slowest.clamp(1.0, 1e6)), up(most));
    if command == 'L' {
        line.to('L', &[end.0, end.1]);
    }
    drawing.path(&format!("line {class}"), &line, "");
    drawing.circle(&format!("dot {class}"), end, 3.5);
}
