//! An arm over time: small panels below each other on one time axis.
//!
//! Faults shade all panels and have a line of labels above them. States, such as an open breaker,
//! are bands above the panels whose density is the share of the bin spent in the state.

use super::panels::{Detail, Grains, Line, Panel, Shape, Strip, panels, strips};
use super::scale::{Axis, Measure};
use super::svg::{Anchor, Drawing, Figure, Path, Rect, Style, faint, measure};
use crate::report::result::{ArmResult, Series};
use crate::report::text::format;

/// A labelled period, such as a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Band {
    /// Label.
    pub label: String,
    /// First instant.
    pub from_ns: u64,
    /// First instant after it.
    pub until_ns: u64,
}

/// The data of a timeline.
#[derive(Clone, Copy, Debug)]
pub struct Timeline<'a> {
    /// Name of the scenario.
    pub scenario: &'a str,
    /// Name of the arm.
    pub arm: &'a str,
    /// Result of the arm.
    pub result: &'a ArmResult,
    /// Faults of the arm.
    pub bands: &'a [Band],
    /// Amount of detail.
    pub detail: Detail,
}

const WIDTH: f64 = 720.0;
const MARGIN: f64 = 14.0;
/// Most panels.
const PANELS: usize = 60;

/// Largest ratio of a limit to the highest value at which it is drawn; a higher limit would flatten
/// the lines and is only printed.
const LIMIT_IN_SIGHT: f64 = 2.5;
/// Opacity of the layers of a flow, and of the area below a line.
const LAYER: f64 = 0.8;
const AREA: f64 = 0.25;

const HEADING: Style = Style::new(18.0, "bold");
const SUBTITLE: Style = Style::new(13.0, "soft");
const TITLE: Style = Style::new(13.5, "bold");
const LABEL: Style = Style::new(13.0, "");
const TICK: Style = Style::new(12.0, "soft");

/// Draws an arm over time; without a series only the heading.
#[must_use]
pub fn timeline(of: &Timeline<'_>) -> Figure {
    let title = format!("{}, arm {}: what happened over time", of.scenario, of.arm);
    let mut drawing = Drawing::default();
    let mut words = vec![summary(of.result)];
    drawing.text((MARGIN, 28.0), HEADING, of.arm, WIDTH - 2.0 * MARGIN);
    let subtitle = format!("{}: {}", of.scenario, words[0]);
    drawing.text((MARGIN, 48.0), SUBTITLE, &subtitle, WIDTH - 2.0 * MARGIN);
    let Some(series) = of.result.series.as_ref().filter(|series| series.bins > 0) else {
        let note = "No time series was collected.";
        drawing.text((MARGIN, 76.0), LABEL, note, WIDTH - 2.0 * MARGIN);
        return drawing.finish(title, format!("{}. {note}", words[0]), (WIDTH, 92.0));
    };
    let grains = Grains::of(series);
    let mut panels = panels(&grains, of.detail);
    let left_out = panels.len().saturating_sub(PANELS);
    panels.truncate(PANELS);
    let axes: Vec<Axis> = panels.iter().map(axis).collect();
    let mut sheet = Sheet::new(drawing, &grains, &axes);
    sheet.bands(of.bands, &mut words);
    strips(&grains.fine).iter().for_each(|strip| sheet.strip(strip, &mut words));
    for (panel, axis) in panels.iter().zip(&axes) {
        sheet.panel(panel, axis, of.bands);
        let lines: Vec<&str> = panel.lines.iter().map(|line| line.words.as_str()).collect();
        words.push(format!("{}: {}", panel.title, lines.join(", ")));
    }
    if left_out > 0 {
        let note = format!("{} more panels are left out", format::count(left_out as u64));
        sheet.y += 22.0;
        sheet.drawing.text((MARGIN, sheet.y), SUBTITLE, &note, WIDTH - 2.0 * MARGIN);
        words.push(note);
    }
    sheet.time_axis();
    let height = sheet.y + MARGIN;
    let words = words.iter().map(|sentence| format!("{sentence}.")).collect::<Vec<_>>().join(" ");
    sheet.drawing.finish(title, words, (WIDTH, height))
}

/// Fates of the arm's requests in one line.
fn summary(arm: &ArmResult) -> String {
    let requests = &arm.requests;
    let succeeded = match requests.offered {
        0 => String::new(),
        offered => format!(" ({})", format::share(requests.succeeded, offered)),
    };
    format!(
        "{} requests, {} succeeded{succeeded}, {} attempts",
        format::count(requests.offered),
        format::count(requests.succeeded),
        format::count(arm.attempts.total),
    )
}

fn is_seen(band: &Band, series: &Series) -> bool {
    band.from_ns < band.until_ns && band.from_ns <= series.end_ns
}

fn axis(panel: &Panel) -> Axis {
    let values = || panel.lines.iter().flat_map(|line| line.values.iter().flatten().copied());
    let most = values().fold(0.0, f64::max);
    let tall = panel.shape != Shape::Steps;
    match panel.shape {
        Shape::LogSteps => {
            let positive = values().filter(|value| *value > 0.0);
            let least = positive.fold(f64::INFINITY, f64::min).min(most);
            let zero = panel.measure == Measure::Number;
            let axis = Axis::log(least, most, panel.measure);
            if zero { axis.with_zero() } else { axis }
        }
        _ => {
            let limit = panel.limit.map_or(0.0, |limit| limit as f64);
            let limit = if limit <= LIMIT_IN_SIGHT * most { limit } else { 0.0 };
            Axis::linear(most.max(limit), if tall { 4 } else { 2 }, panel.measure)
        }
    }
}

/// A drawing that grows downwards.
struct Sheet<'a> {
    drawing: Drawing,
    grains: &'a Grains,
    /// Left edge of the plots.
    x: f64,
    /// Width of the plots.
    w: f64,
    time: Axis,
    /// Top of the next element.
    y: f64,
}

impl<'a> Sheet<'a> {
    fn new(drawing: Drawing, grains: &'a Grains, axes: &[Axis]) -> Self {
        let ticks = axes.iter().flat_map(|axis| &axis.ticks);
        let widest = ticks.map(|(_, words)| measure(words, TICK)).fold(24.0, f64::max);
        let x = (MARGIN + widest + 6.0).min(200.0);
        let w = WIDTH - x - MARGIN - 4.0;
        Self { drawing, grains, x, w, time: Axis::time(grains.fine.end_ns, 6), y: 54.0 }
    }

    /// Horizontal position of an instant.
    fn at(&self, ns: u64) -> f64 {
        self.x + self.w * self.time.at(ns as f64)
    }

    /// Draws the labels of bands, one line each.
    fn bands(&mut self, bands: &[Band], words: &mut Vec<String>) {
        for band in bands {
            let (from, until) = (format::time(band.from_ns), format::time(band.until_ns));
            words.push(format!("{} from {from} to {until}", band.label));
            if !is_seen(band, &self.grains.fine) {
                continue;
            }
            let (from, until) = (self.at(band.from_ns), self.at(band.until_ns));
            let label = &band.label;
            let space = self.w;
            let width = measure(label, LABEL).min(space);
            let start = from.min(self.x + space - width);
            self.drawing.text((start, self.y + 14.0), LABEL, label, space);
            let w = (until - from).max(2.0);
            let rect = Rect { x: from.min(self.x + self.w - w), y: self.y + 19.0, w, h: 5.0 };
            self.drawing.rect("fault", rect, 1.0);
            self.y += 28.0;
        }
    }

    /// Draws the bands through a panel.
    fn shades(&mut self, bands: &[Band], body: Rect) {
        for band in bands.iter().filter(|band| is_seen(band, &self.grains.fine)) {
            let (from, until) = (self.at(band.from_ns), self.at(band.until_ns));
            let w = (until - from).max(2.0);
            let x = from.min(self.x + self.w - w);
            self.drawing.rect("fault", Rect { x, w, ..body }, 0.14);
        }
    }

    /// Draws a state under its label.
    fn strip(&mut self, strip: &Strip, words: &mut Vec<String>) {
        let total = format::time(strip.total_ns);
        let label = format!("{}, {total} in all", strip.label);
        self.drawing.text((self.x, self.y + 14.0), LABEL, &label, self.w);
        words.push(label);
        let y = self.y + 19.0;
        let series = &self.grains.fine;
        let mut bin = 0;
        while bin < strip.parts.len() {
            let part = strip.parts[bin];
            let alike = strip.parts[bin..].iter().take_while(|other| **other == part).count();
            let (from, until) = (series.start_of(bin), series.end_of(bin + alike - 1));
            let (from, until) = (self.at(from), self.at(until));
            if part > 0.0 && until > from {
                let rect = Rect { x: from, y, w: until - from, h: 10.0 };
                self.drawing.rect("area s3", rect, 0.15 + 0.85 * part.min(1.0));
            }
            bin += alike;
        }
        let below = y + 10.5;
        self.drawing.line("rule", (self.x, below), (self.x + self.w, below));
        self.y = y + 15.0;
    }

    fn panel(&mut self, panel: &Panel, axis: &Axis, bands: &[Band]) {
        self.y += 27.0;
        self.legend(panel, axis);
        let h = match panel.shape {
            Shape::Flow => 130.0,
            Shape::LogSteps => 84.0,
            Shape::Steps => 58.0,
        };
        let body = Rect { x: self.x, y: self.y + 9.0, w: self.w, h };
        for (value, words) in &axis.ticks {
            let y = body.bottom() - h * axis.at(*value);
            self.drawing.line("rule", (body.x, y), (body.right(), y));
            let style = TICK.anchored(Anchor::End);
            self.drawing.text((body.x - 6.0, y + 4.0), style, words, body.x - MARGIN);
        }
        self.shades(bands, body);
        match panel.shape {
            Shape::Flow => self.flow(panel, axis, body),
            _ => {
                let series = self.grains.at(panel.grain);
                let mut lines: Vec<&Line> = panel.lines.iter().collect();
                if panel.first_on_top {
                    lines.reverse();
                }
                lines.into_iter().for_each(|line| self.steps(line, axis, (body, series)));
            }
        }
        if let Some(limit) = panel.limit.filter(|limit| *limit as f64 <= axis.most()) {
            let y = body.bottom() - h * axis.at(limit as f64);
            self.drawing.line("limit", (body.x, y), (body.right(), y));
        }
        self.drawing.line("axis", (body.x, body.bottom()), (body.right(), body.bottom()));
        self.y = body.bottom();
    }

    /// Draws the title and the legend of lines, in as many rows as they need.
    fn legend(&mut self, panel: &Panel, axis: &Axis) {
        let right = self.x + self.w;
        let title = &panel.title;
        self.drawing.text((MARGIN, self.y), TITLE, title, WIDTH - 2.0 * MARGIN);
        let mut x = MARGIN + measure(title, TITLE).min(WIDTH) + 18.0;
        let mut entries: Vec<(String, &str, bool)> = Vec::new();
        for line in panel.lines.iter().filter(|line| !line.label.is_empty()) {
            entries.push((line.label.clone(), line.class, line.filled));
        }
        if let Some(limit) = panel.limit {
            let above = if limit as f64 > axis.most() { ", far above" } else { "" };
            entries.push((format!("limit {}{above}", format::count(limit)), "limit", false));
        }
        for (label, class, filled) in entries {
            let width = 26.0 + measure(&label, LABEL);
            if x + width > right && x > self.x {
                x = self.x;
                self.y += 18.0;
            }
            let y = self.y - 4.5;
            let is_layer = panel.shape == Shape::Flow && filled;
            if filled {
                let rect = Rect { x, y: y - 5.0, w: 20.0, h: 10.0 };
                let opacity = if is_layer { LAYER } else { AREA };
                self.drawing.rect(&format!("area {class}"), rect, opacity);
            }
            match class {
                "limit" => self.drawing.line("limit", (x, y), (x + 20.0, y)),
                _ if is_layer => {}
                class => self.drawing.line(&format!("line {class}"), (x, y), (x + 20.0, y)),
            }
            self.drawing.text((x + 26.0, self.y), LABEL, &label, right - x - 26.0);
            x += width + 16.0;
        }
    }

    /// Draws one step for each bin; a missing value leaves a gap.
    fn steps(&mut self, line: &Line, axis: &Axis, (body, series): (Rect, &Series)) {
        let (mut outline, mut area) = (Path::default(), Path::default());
        let mut bin = 0;
        let mut open = false;
        while bin < line.values.len() {
            let value = line.values[bin];
            let alike = line.values[bin..].iter().take_while(|other| **other == value).count();
            let from = self.at(series.start_of(bin));
            let until = self.at(series.end_of(bin + alike - 1));
            bin += alike;
            let Some(value) = value else {
                if open {
                    area.to('V', &[body.bottom()]);
                    area.close();
                }
                open = false;
                continue;
            };
            let y = body.bottom() - body.h * axis.at(value);
            if open {
                outline.to('V', &[y]);
                area.to('V', &[y]);
            } else {
                outline.to('M', &[from, y]);
                area.to('M', &[from, body.bottom()]);
                area.to('V', &[y]);
            }
            outline.to('H', &[until]);
            area.to('H', &[until]);
            open = true;
        }
        if open {
            area.to('V', &[body.bottom()]);
            area.close();
        }
        if line.filled {
            self.drawing.path(&format!("area {}", line.class), &area, &faint(AREA));
        }
        self.drawing.path(&format!("line {}", line.class), &outline, "");
    }

    /// Draws cumulative sums: the first as a line, the others as stacked layers.
    fn flow(&mut self, panel: &Panel, axis: &Axis, body: Rect) {
        let y = |value: f64| body.bottom() - body.h * axis.at(value);
        let mut below = vec![0.0; self.grains.fine.bins];
        for line in panel.lines.iter().filter(|line| line.filled) {
            let above: Vec<f64> = below
                .iter()
                .zip(&line.values)
                .map(|(below, value)| below + value.unwrap_or(0.0))
                .collect();
            let mut area = Path::default();
            self.trace(&mut area, 'M', &above, &y);
            self.trace_back(&mut area, &below, &y);
            area.close();
            self.drawing.path(&format!("area {}", line.class), &area, &faint(LAYER));
            below = above;
        }
        for line in panel.lines.iter().filter(|line| !line.filled) {
            let values: Vec<f64> = line.values.iter().map(|value| value.unwrap_or(0.0)).collect();
            let mut outline = Path::default();
            self.trace(&mut outline, 'M', &values, &y);
            self.drawing.path(&format!("line {}", line.class), &outline, "");
        }
    }

    /// Traces from 0 at the start through the value at the end of each bin.
    fn trace(&self, path: &mut Path, first: char, values: &[f64], y: &dyn Fn(f64) -> f64) {
        path.to(first, &[self.x, y(0.0)]);
        for bin in self.corners(values) {
            path.to('L', &[self.at(self.grains.fine.end_of(bin)), y(values[bin])]);
        }
    }

    fn trace_back(&self, path: &mut Path, values: &[f64], y: &dyn Fn(f64) -> f64) {
        for bin in self.corners(values).into_iter().rev() {
            path.to('L', &[self.at(self.grains.fine.end_of(bin)), y(values[bin])]);
        }
        path.to('L', &[self.x, y(0.0)]);
    }

    /// Bins at whose start or end the sum changes: the corners of its line.
    fn corners(&self, values: &[f64]) -> Vec<usize> {
        let changes = |bin: &usize| {
            let before = bin.checked_sub(1).map_or(0.0, |before| values[before]);
            values.get(bin + 1).is_none_or(|next| *next != values[*bin]) || before != values[*bin]
        };
        (0..values.len()).filter(changes).collect()
    }

    fn time_axis(&mut self) {
        let y = self.y;
        for (at, (value, words)) in self.time.ticks.clone().iter().enumerate() {
            let x = self.x + self.w * self.time.at(*value);
            self.drawing.line("axis", (x, y), (x, y + 5.0));
            let half = measure(words, TICK) / 2.0;
            let anchor = if at == 0 { Anchor::Start } else { Anchor::Middle };
            let most = if at == 0 { 80.0 } else { 2.0 * half };
            let x = if at == 0 { x } else { x.min(WIDTH - half - 2.0) };
            self.drawing.text((x, y + 19.0), TICK.anchored(anchor), words, most);
        }
        self.y += 24.0;
    }
}
