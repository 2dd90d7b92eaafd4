//! Panels of an arm's time series, decided by the type of each column, never by its component.
//!
//! Only the numbers of the arm itself are known by name: its requests become a flow. The counts of
//! a component become one panel of rates; each level, reading and latency a panel of its own; each
//! state a band. A column of zeros is left out.

use super::scale::Measure;
use super::theme::{LOOKS, outcome};
use crate::report::result::{Column, Series, Values};
use crate::report::rows::Scalar;
use crate::report::series::{Track, Unit};
use crate::report::text::format;

/// Amount of detail in a timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// The arm itself, and the levels and states of its components.
    Brief,
    /// All columns.
    Full,
}

/// Lines over one time axis, with one scale of values.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Panel {
    pub(super) title: String,
    pub(super) shape: Shape,
    pub(super) measure: Measure,
    pub(super) limit: Option<u64>,
    /// Bins of the values.
    pub(super) grain: Grain,
    /// True if the first line is drawn over the others.
    pub(super) first_on_top: bool,
    pub(super) lines: Vec<Line>,
}

/// Widths of the bins of a panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grain {
    /// Narrow bins, for sharp edges.
    Fine,
    /// Wide bins, which hold enough requests for a rate.
    Coarse,
}

/// A series at both grains.
#[derive(Debug)]
pub(super) struct Grains {
    pub(super) fine: Series,
    pub(super) coarse: Series,
}

impl Grains {
    pub(super) fn of(series: &Series) -> Self {
        Self { fine: series.at_most(FINE_BINS), coarse: series.at_most(COARSE_BINS) }
    }

    pub(super) const fn at(&self, grain: Grain) -> &Series {
        match grain {
            Grain::Fine => &self.fine,
            Grain::Coarse => &self.coarse,
        }
    }
}

/// Most fine bins: two pixels each.
const FINE_BINS: usize = 320;
/// Most coarse bins: narrower ones hold one or two requests, and their rates are noise.
const COARSE_BINS: usize = 80;

/// Shapes of the lines of a panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Cumulative: the first as a line, the others as stacked layers.
    Flow,
    /// One step for each bin.
    Steps,
    /// One step for each bin, on a logarithmic scale.
    LogSteps,
}

/// One number over time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) label: String,
    /// CSS class of its colour and dashes.
    pub(super) class: &'static str,
    pub(super) filled: bool,
    /// One value for each bin.
    pub(super) values: Vec<Option<f64>>,
    /// Words for the text alternative.
    pub(super) words: String,
}

/// A state over time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Strip {
    pub(super) label: String,
    /// Share of each bin spent in the state.
    pub(super) parts: Vec<f64>,
    /// Total time in the state.
    pub(super) total_ns: u64,
}

const CLASSES: [&str; LOOKS] = ["s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7"];
/// CSS class of the reference line.
const INK: &str = "ink";
/// Most lines in one panel that readers can distinguish.
const LINES: usize = 6;

/// CSS class of series number `at`.
pub(super) const fn class(at: usize) -> &'static str {
    CLASSES[at % LOOKS]
}

/// All panels of an arm, its own first.
pub(super) fn panels(grains: &Grains, detail: Detail) -> Vec<Panel> {
    let columns = &grains.fine.columns;
    let mut maker = Maker { grains, detail, panels: Vec::new() };
    // The only edge of an arm repeats the numbers of the arm.
    let groups = || columns.chunk_by(|a, b| a.node == b.node);
    let edges = groups().filter(|group| group[0].kind == "edge").count();
    let mut first = 0;
    for group in groups() {
        let all: Vec<usize> = (first..first + group.len()).collect();
        first += group.len();
        match group[0].kind {
            "arm" => maker.arm(&all),
            "edge" if edges == 1 => {}
            _ => maker.component(&all),
        }
    }
    maker.panels
}

/// States of an arm's components, except those never entered.
pub(super) fn strips(series: &Series) -> Vec<Strip> {
    let strip = |column: &Column| match &column.values {
        Values::States(values) if values.iter().any(|&ns| ns > 0) => {
            let part = |(bin, &ns): (usize, &u64)| match series.length_ns(bin) {
                0 => 0.0,
                length => ns as f64 / length as f64,
            };
            Some(Strip {
                label: titled(column, column.meter.words),
                parts: values.iter().enumerate().map(part).collect(),
                total_ns: sum(values),
            })
        }
        _ => None,
    };
    series.columns.iter().filter_map(strip).collect()
}

fn titled(column: &Column, words: &str) -> String {
    match column.component.is_empty() {
        true => words.to_owned(),
        false => format!("{}: {words}", column.component),
    }
}

fn sum(values: &[u64]) -> u64 {
    values.iter().fold(0, |sum, value| sum.saturating_add(*value))
}

struct Maker<'a> {
    grains: &'a Grains,
    detail: Detail,
    panels: Vec<Panel>,
}

impl Maker<'_> {
    fn column(&self, at: usize, grain: Grain) -> &Column {
        &self.grains.at(grain).columns[at]
    }

    fn arm(&mut self, all: &[usize]) {
        let is_request = |at: &&usize| {
            let Column { meter, values, .. } = self.column(**at, Grain::Fine);
            let known = ["requests.", "failed_by."].iter().any(|of| meter.name.starts_with(of));
            known && matches!(values, Values::Counts(_))
        };
        let requests: Vec<usize> = all.iter().filter(is_request).copied().collect();
        let others: Vec<usize> = all.iter().filter(|at| !is_request(at)).copied().collect();
        if !requests.is_empty() {
            self.requests(&requests);
        }
        self.each(&others, true);
        self.rates(&others, "attempts per second");
        if self.detail == Detail::Full {
            self.booked(&others, "seconds of work per second");
        }
    }

    fn component(&mut self, all: &[usize]) {
        let title = |what| titled(self.column(all[0], Grain::Fine), what);
        let (counted, booked) = (title("per second"), title("seconds per second"));
        self.each(all, self.detail == Detail::Full);
        if self.detail == Detail::Full {
            self.rates(all, &counted);
            self.booked(all, &booked);
        }
    }

    /// Arrivals and fates of requests: as sums and as rates.
    fn requests(&mut self, of: &[usize]) {
        let look = |at: usize| outcome(self.column(at, Grain::Fine).meter.name).unwrap_or(INK);
        let words = |column: &Column| {
            let words = column.meter.words;
            words.strip_prefix("requests ").unwrap_or(words).to_owned()
        };
        let sums = |(nth, &at): (usize, &usize)| {
            let column = self.column(at, Grain::Fine);
            let Values::Counts(counts) = &column.values else { return None };
            let mut sum = 0_u64;
            let mut add = |count: &u64| {
                sum = sum.saturating_add(*count);
                Some(sum as f64)
            };
            let values = counts.iter().map(&mut add).collect();
            let label = words(column);
            let words = format!("{} {label}", format::count(sum));
            let line = Line { label, class: look(at), filled: nth > 0, values, words };
            (sum > 0 || nth == 0).then_some(line)
        };
        let flow: Vec<Line> = of.iter().enumerate().filter_map(sums).collect();
        let rate = |&at: &usize| self.rate(at, look(at), words(self.column(at, Grain::Fine)));
        let rates: Vec<Line> = of.iter().filter_map(rate).collect();
        self.panels.push(Panel {
            title: "requests so far".to_owned(),
            shape: Shape::Flow,
            measure: Measure::Number,
            limit: None,
            grain: Grain::Fine,
            first_on_top: false,
            lines: flow,
        });
        self.push_rates("requests per second", &rates);
    }

    /// Counts per second: one panel for all of them.
    fn rates(&mut self, of: &[usize], title: &str) {
        let line = |(nth, at): (usize, usize)| {
            // The colours of success and of timeouts are skipped, since a page draws those beside.
            self.rate(at, class(nth + 2), self.column(at, Grain::Fine).meter.words.to_owned())
        };
        let is_counted =
            |at: &usize| matches!(self.column(*at, Grain::Fine).values, Values::Counts(_));
        let counted = of.iter().copied().filter(is_counted);
        let lines: Vec<Line> = counted.enumerate().filter_map(line).collect();
        self.push_rates(title, &lines);
    }

    fn rate(&self, at: usize, class: &'static str, label: String) -> Option<Line> {
        let Values::Counts(counts) = &self.column(at, Grain::Coarse).values else { return None };
        let total = sum(counts);
        let words = format!("{} {label}", format::count(total));
        let values = per_second(&self.grains.coarse, counts, 1e9);
        (total > 0).then_some(Line { label, class, filled: false, values, words })
    }

    fn push_rates(&mut self, title: &str, lines: &[Line]) {
        for lines in lines.chunks(LINES) {
            self.panels.push(Panel {
                title: title.to_owned(),
                shape: if is_spiky(lines) { Shape::LogSteps } else { Shape::Steps },
                measure: Measure::Number,
                limit: None,
                grain: Grain::Coarse,
                first_on_top: false,
                lines: lines.to_vec(),
            });
        }
    }

    /// Booked time, as the mean number booking at once.
    fn booked(&mut self, of: &[usize], title: &str) {
        let line = |(nth, at): (usize, usize)| {
            let column = self.column(at, Grain::Coarse);
            let Values::Times(times) = &column.values else { return None };
            let total = sum(times);
            let label = column.meter.words.to_owned();
            let words = format!("{} of {label}", format::time(total));
            let values = per_second(&self.grains.coarse, times, 1.0);
            (total > 0).then_some(Line {
                label,
                class: class(nth),
                filled: nth == 0,
                values,
                words,
            })
        };
        let is_booked =
            |at: &usize| matches!(self.column(*at, Grain::Fine).values, Values::Times(_));
        let booked = of.iter().copied().filter(is_booked);
        let lines: Vec<Line> = booked.enumerate().filter_map(line).collect();
        if !lines.is_empty() {
            self.panels.push(Panel {
                title: title.to_owned(),
                shape: Shape::Steps,
                measure: Measure::Number,
                limit: None,
                grain: Grain::Coarse,
                first_on_top: true,
                lines,
            });
        }
    }

    /// Levels, readings and, on request, latencies: one panel each.
    fn each(&mut self, of: &[usize], latencies: bool) {
        for &at in of {
            let (shape, grain, labels): (_, _, &[(&str, usize)]) = match &self
                .column(at, Grain::Fine)
                .values
            {
                Values::Levels { .. } => (Shape::Steps, Grain::Fine, &[("mean", 0), ("most", 5)]),
                Values::Readings(_) => (Shape::Steps, Grain::Fine, &[("", 0)]),
                Values::Latencies(_) if latencies => {
                    (Shape::LogSteps, Grain::Coarse, &[("p50", 0), ("p99", 1)])
                }
                _ => continue,
            };
            let column = self.column(at, grain);
            let tracks = self.grains.at(grain).tracks_of(column);
            let measure = match tracks.iter().all(|track| track.unit == Unit::Time) {
                true => Measure::Time,
                false => Measure::Number,
            };
            let line = |((label, look), track): (&(&str, usize), &Track<'_>)| {
                let values = track.values.iter().copied().map(Scalar::as_f64);
                let values: Vec<Option<f64>> = values.collect();
                let most = values.iter().flatten().copied().max_by(f64::total_cmp)?;
                let words = format!("{label} up to {}", measure.words(most));
                let filled = *look == 0 && shape == Shape::Steps;
                let (label, words) = ((*label).to_owned(), words.trim_start().to_owned());
                (most > 0.0).then_some(Line { label, class: class(*look), filled, values, words })
            };
            let lines: Vec<Line> = labels.iter().zip(&tracks).filter_map(line).collect();
            let (title, limit) = (titled(column, column.meter.words), tracks[0].limit);
            if !lines.is_empty() {
                let first_on_top = true;
                let panel = Panel { title, shape, measure, limit, grain, first_on_top, lines };
                self.panels.push(panel);
            }
        }
    }
}

/// Sums of bins per second. A last bin that is cut short is merged with the one before: by itself,
/// one request in a nanosecond would be a billion a second.
pub(super) fn per_second(series: &Series, sums: &[u64], second: f64) -> Vec<Option<f64>> {
    let rate = |sum: u64, length: u64| (length > 0).then(|| sum as f64 * second / length as f64);
    let mut rates: Vec<Option<f64>> =
        sums.iter().enumerate().map(|(bin, &sum)| rate(sum, series.length_ns(bin))).collect();
    if let [.., before, last] = rates.as_mut_slice()
        && series.length_ns(sums.len() - 1) < series.bin_ns / 2
    {
        let length = series.length_ns(sums.len() - 1) + series.length_ns(sums.len() - 2);
        let both = sums[sums.len() - 1].saturating_add(sums[sums.len() - 2]);
        (*before, *last) = (rate(both, length), rate(both, length));
    }
    rates
}

/// True if bursts are so high that a linear scale hides everything else.
fn is_spiky(lines: &[Line]) -> bool {
    let mut values: Vec<f64> =
        lines.iter().flat_map(|line| &line.values).filter_map(|value| *value).collect();
    values.retain(|value| *value > 0.0);
    values.sort_by(f64::total_cmp);
    match (values.get(values.len() / 2), values.last()) {
        (Some(middle), Some(most)) => most / middle > 20.0,
        _ => false,
    }
}
