//! Fates of the requests of every arm over time, on common axes. The pictures have no text, so that
//! a page can stretch them to any width and set its own words around them.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::panels::per_second;
use super::scale::{Axis, Measure};
use super::svg::{Path, escape, number};
use super::theme::outcome;
use crate::metrics::series::ARM;
use crate::report::result::{Series, Values};

/// An arm to be drawn.
#[derive(Clone, Debug)]
pub struct Arm<'a> {
    /// Time series of the arm.
    pub series: &'a Series,
    /// Faults as [from, until).
    pub faults: Vec<(u64, u64)>,
    /// Phases by name, as [from, until).
    pub phases: Vec<(&'static str, u64, u64)>,
}

/// The pictures, and the labels around them.
#[derive(Clone, Debug)]
pub struct Glance {
    /// Pictures of each arm.
    pub rows: Vec<Row>,
    /// The rate at the top of the pictures of requests.
    pub most_requests: String,
    /// The rate at the top of the pictures of attempts, if there are any.
    pub most_attempts: Option<String>,
    /// Ticks of the time axis: position in percent of the width, and label.
    pub ticks: Vec<(f64, String)>,
    /// Layers from below: role of the colour, and words.
    pub layers: Vec<(&'static str, &'static str)>,
}

/// The pictures of an arm as SVG elements.
#[derive(Clone, Debug)]
pub struct Row {
    /// Requests per second by fate, under the line of arrivals.
    pub requests: String,
    /// Attempts per second, the first ones below the retries.
    pub attempts: Option<String>,
}

/// The roles of the colours of first attempts and of retries.
pub const ATTEMPTS: [&str; 2] = ["s5", "s3"];

/// Size of a picture in its own units, before it is stretched.
const WIDTH: f64 = 1_000.0;
const HEIGHT: f64 = 100.0;
/// Height of the strip of phases above the requests.
const STRIP: f64 = 7.0;

/// The numbers of an arm, in the bins that are drawn.
struct Drawn<'a> {
    series: Cow<'a, Series>,
    offered: Vec<f64>,
    /// Role, words, and rates.
    layers: Vec<(&'static str, &'static str, Vec<f64>)>,
    first: Vec<f64>,
    retries: Vec<f64>,
}

/// Draws the arms with rates over bins of at least `width_ns`; `attempts` adds the pictures of
/// attempts.
#[must_use]
pub fn glance(arms: &[Arm<'_>], width_ns: u64, attempts: bool) -> Glance {
    let drawn: Vec<Drawn<'_>> = arms.iter().map(|arm| Drawn::of(arm.series, width_ns)).collect();
    let end = arms.iter().map(|arm| arm.series.end_ns).max().unwrap_or(0);
    let time = Axis::time(end, 6);
    let scale = |values: &dyn Fn(&Drawn<'_>) -> Vec<f64>| {
        let most = drawn.iter().flat_map(values).fold(0.0, f64::max);
        Axis::linear(most, 4, Measure::Number)
    };
    let requests = scale(&|arm| [arm.stacked(), arm.offered.clone()].concat());
    let tried = scale(&|arm| add(&arm.first, &arm.retries));
    let row = |(arm, of): (&Arm<'_>, &Drawn<'_>)| Row {
        requests: of.requests(arm, &time, &requests),
        attempts: attempts.then(|| of.attempts(arm, &time, &tried)),
    };
    let mut layers: Vec<(&'static str, &'static str)> = Vec::new();
    for (role, words, _) in drawn.iter().flat_map(|arm| &arm.layers) {
        if !layers.contains(&(role, words)) {
            layers.push((role, words));
        }
    }
    let rate = |axis: &Axis| format!("{} /s", axis.ticks.last().map_or("", |(_, words)| words));
    Glance {
        rows: arms.iter().zip(&drawn).map(row).collect(),
        most_requests: rate(&requests),
        most_attempts: attempts.then(|| rate(&tried)),
        ticks: time.ticks.iter().map(|(at, words)| (100.0 * time.at(*at), words.clone())).collect(),
        layers,
    }
}

fn add(one: &[f64], other: &[f64]) -> Vec<f64> {
    one.iter().zip(other).map(|(one, other)| one + other).collect()
}

impl<'a> Drawn<'a> {
    fn of(series: &'a Series, width_ns: u64) -> Self {
        let series = series.at_least(width_ns);
        let rates = |counts: &[u64]| -> Vec<f64> {
            let rates = per_second(&series, counts, 1e9);
            rates.into_iter().map(|rate| rate.unwrap_or(0.0)).collect()
        };
        let rate = |meter: &str| match series.column(ARM, meter).map(|column| &column.values) {
            Some(Values::Counts(counts)) => rates(counts),
            _ => vec![0.0; series.bins],
        };
        let columns = series.columns.iter().filter(|column| column.node == ARM);
        let layers = columns
            .filter_map(|column| {
                let Values::Counts(counts) = &column.values else { return None };
                let role = outcome(column.meter.name)?;
                let words = column.meter.words;
                let words = words.strip_prefix("requests ").unwrap_or(words);
                counts.iter().any(|count| *count > 0).then(|| (role, words, rates(counts)))
            })
            .collect();
        let (all, retries) = (rate("attempts"), rate("retries"));
        let first = all.iter().zip(&retries).map(|(all, again)| (all - again).max(0.0)).collect();
        let offered = rate("requests.offered");
        Self { offered, layers, first, retries, series }
    }

    /// Sum of the rates of all layers.
    fn stacked(&self) -> Vec<f64> {
        let none = vec![0.0; self.series.bins];
        self.layers.iter().fold(none, |sum, (_, _, rates)| add(&sum, rates))
    }

    fn requests(&self, arm: &Arm<'_>, time: &Axis, rate: &Axis) -> String {
        let mut svg = open(-STRIP - 2.0);
        for (kind, from, until) in &arm.phases {
            let (x, width) = span(time, (*from, *until));
            let _ = write!(
                svg,
                "<rect class=\"phase-{kind}\" x=\"{x}\" y=\"{}\" width=\"{width}\" \
                 height=\"{STRIP}\"><title>{}</title></rect>",
                number(-STRIP - 2.0),
                escape(kind)
            );
        }
        svg.push_str(&shades(arm, time));
        let mut below = vec![0.0; self.series.bins];
        for (role, _, rates) in &self.layers {
            let above = add(&below, rates);
            svg.push_str(&self.area(role, (&below, &above), time, rate));
            below = above;
        }
        let line = self.steps(&self.offered, time, rate, Path::default());
        svg.push_str(&element("line ink", &line));
        svg + "</svg>"
    }

    fn attempts(&self, arm: &Arm<'_>, time: &Axis, rate: &Axis) -> String {
        let mut svg = open(0.0) + &shades(arm, time);
        let none = vec![0.0; self.series.bins];
        let all = add(&self.first, &self.retries);
        svg.push_str(&self.area(ATTEMPTS[0], (&none, &self.first), time, rate));
        svg.push_str(&self.area(ATTEMPTS[1], (&self.first, &all), time, rate));
        svg + "</svg>"
    }

    /// The area between two rates.
    fn area(
        &self,
        role: &str,
        (below, above): (&[f64], &[f64]),
        time: &Axis,
        rate: &Axis,
    ) -> String {
        if below == above {
            return String::new();
        }
        let mut path = self.steps(above, time, rate, Path::default());
        for bin in (0..below.len()).rev() {
            let y = HEIGHT - HEIGHT * rate.at(below[bin]);
            path.to('L', &[at(time, self.series.end_of(bin)), y]);
            path.to('H', &[at(time, self.series.start_of(bin))]);
        }
        path.close();
        element(&format!("area {role}"), &path)
    }

    /// One step for each bin, from left to right.
    fn steps(&self, values: &[f64], time: &Axis, rate: &Axis, mut path: Path) -> Path {
        for (bin, value) in values.iter().enumerate() {
            let y = HEIGHT - HEIGHT * rate.at(*value);
            if bin == 0 {
                path.to('M', &[at(time, 0), y]);
            } else if values[bin - 1].to_bits() != value.to_bits() {
                path.to('V', &[y]);
            }
            path.to('H', &[at(time, self.series.end_of(bin))]);
        }
        path
    }
}

fn at(time: &Axis, ns: u64) -> f64 {
    WIDTH * time.at(ns as f64)
}

/// Left edge and width of a period, wide enough to be visible.
fn span(time: &Axis, (from, until): (u64, u64)) -> (String, String) {
    let (from, until) = (at(time, from), at(time, until));
    (number(from), number((until - from).max(2.0)))
}

fn shades(arm: &Arm<'_>, time: &Axis) -> String {
    let shade = |fault: &(u64, u64)| {
        let (x, width) = span(time, *fault);
        format!("<rect class=\"shade\" x=\"{x}\" y=\"0\" width=\"{width}\" height=\"{HEIGHT}\"/>")
    };
    arm.faults.iter().map(shade).collect()
}

fn open(top: f64) -> String {
    let (top, height) = (number(top), number(HEIGHT - top));
    format!(
        "<svg class=\"dessim-figure glance\" viewBox=\"0 {top} {} {height}\" \
         preserveAspectRatio=\"none\" aria-hidden=\"true\">",
        number(WIDTH)
    )
}

fn element(class: &str, path: &Path) -> String {
    format!("<path class=\"{class}\" d=\"{}\"/>", path.data())
}
