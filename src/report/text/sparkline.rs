//! Each arm over time, as small bars of block characters for a terminal.
//!
//! The lines are goodput, retries, and the fullest levels, which are chosen by their numbers, not
//! by name. All arms share one axis of time.

use std::collections::BTreeMap;

use super::format::{count, cut, number, time, width};
use super::table::PAGE_COLUMNS;
use crate::metrics::series::ARM;
use crate::report::result::{Column, RunResult, Series, Values};

/// Fewest columns of a useful plot.
const LEAST_COLUMNS: usize = 40;
/// The longest label, in columns.
const LABEL_COLUMNS: usize = 30;
/// Rates of the whole arm, always shown: label, and name in the series.
const RATES: [(&str, &str); 2] = [("goodput", "requests.succeeded"), ("retries", "retries")];
/// Assumed width of a line's maximum, `max 40 of 40`; the true width is known only after the bars
/// are computed.
const MOST_COLUMNS: usize = 14;
/// Levels shown.
const LEVELS: usize = 2;

/// A window [from, until) in nanoseconds.
pub type Window = (u64, u64);

/// One line: label, a value for each column of the plot, and the maximum in words.
struct Line {
    label: String,
    /// `None` after the end of the arm.
    bars: Vec<Option<f64>>,
    most: String,
}

/// The plots of all arms, at most `columns` wide, with `faults` marked below each arm; empty
/// without series.
#[must_use]
pub fn sparklines(
    result: &RunResult,
    faults: &BTreeMap<String, Vec<Window>>,
    columns: usize,
) -> String {
    let arms: Vec<_> =
        result.arms.iter().filter_map(|(name, arm)| Some((name, arm.series.as_ref()?))).collect();
    let end_ns = arms.iter().map(|(_, series)| series.end_ns).max().unwrap_or(0);
    if end_ns == 0 {
        return String::new();
    }
    let columns = columns.clamp(LEAST_COLUMNS, PAGE_COLUMNS);
    let shown: Vec<_> = arms.iter().map(|(_, series)| picked(series)).collect();
    let all = || shown.iter().flatten();
    let label_columns = all().map(|(label, _, _)| width(label)).max().unwrap_or(0);
    let label_columns = label_columns.min(LABEL_COLUMNS).min(columns / 3);
    let draw = |most_columns: usize| {
        let bars = columns.saturating_sub(label_columns + most_columns + 6).max(8);
        let axis = Axis { end_ns, bars };
        let line = |series, picked: &(String, &Column, bool)| {
            axis.line(series, &picked.0, picked.1, picked.2)
        };
        let lines = arms.iter().zip(&shown);
        let lines = lines.map(|((_, series), picked)| picked.iter().map(|one| line(series, one)));
        let lines: Vec<Vec<Line>> = lines.map(Iterator::collect).collect();
        (axis, lines)
    };
    let (mut axis, mut lines) = draw(MOST_COLUMNS);
    let most = lines.iter().flatten().map(|line| width(&line.most)).max().unwrap_or(0);
    if most > MOST_COLUMNS {
        (axis, lines) = draw(most);
    }
    let head = format!("over time, 0 s to {}, {} a column", time(end_ns), time(axis.start_of(1)));
    let mut text = format!("\n{}\n", cut(&head, columns));
    for ((name, _), lines) in arms.iter().zip(&lines) {
        text.push_str(&format!("{}\n", cut(name, columns)));
        lines.iter().for_each(|line| text.push_str(&line.print(label_columns)));
        if let Some(windows) = faults.get(*name).filter(|windows| !windows.is_empty()) {
            text.push_str(&axis.faults(windows, label_columns));
        }
    }
    text
}

/// The lines of an arm: label, column, and whether it is a rate.
fn picked(series: &Series) -> Vec<(String, &Column, bool)> {
    let rate =
        |(label, metric): (&str, &str)| Some((label.to_owned(), series.column(ARM, metric)?, true));
    let mut picked: Vec<_> = RATES.into_iter().filter_map(rate).collect();
    let mut levels: Vec<(f64, &Column)> =
        series.columns.iter().filter_map(|column| Some((load(column, series)?, column))).collect();
    // The sort is stable: equally loaded levels stay in the order of the components.
    levels.sort_by(|one, other| other.0.total_cmp(&one.0));
    for (_, column) in levels.into_iter().take(LEVELS) {
        let label = format!("{}, {}", column.component, column.meter.words);
        picked.push((label, column, false));
    }
    picked
}

/// Load of a level: mean and maximum as shares of its limit, each at most 1, added. A level without
/// a limit counts as one with limit 1, so a line in which somebody always waits is full. `None` for
/// a column that is no level or is always 0.
fn load(column: &Column, series: &Series) -> Option<f64> {
    let Values::Levels { area_ns, max, limit } = &column.values else {
        return None;
    };
    let most = max.iter().copied().max().filter(|most| *most > 0)?;
    let area: f64 = area_ns.iter().map(|area| *area as f64).sum();
    let mean = area / series.end_ns.max(1) as f64;
    let limit = limit.unwrap_or(1).max(1) as f64;
    Some((mean / limit).min(1.0) + (most as f64 / limit).min(1.0))
}

/// The common axis of time.
struct Axis {
    end_ns: u64,
    bars: usize,
}

impl Axis {
    fn start_of(&self, bar: usize) -> u64 {
        let at = u128::from(self.end_ns) * bar as u128 / self.bars as u128;
        u64::try_from(at).unwrap_or(u64::MAX)
    }

    fn bar_of(&self, at_ns: u64) -> usize {
        let bar = u128::from(at_ns) * self.bars as u128 / u128::from(self.end_ns);
        usize::try_from(bar).unwrap_or(self.bars).min(self.bars - 1)
    }

    fn line(&self, series: &Series, label: &str, column: &Column, is_rate: bool) -> Line {
        let last = self.bar_of(series.end_ns.saturating_sub(1));
        let mut bars: Vec<_> = (0..self.bars).map(|bar| (bar <= last).then_some(0.0)).collect();
        for (bin, (from, until)) in series.spans().enumerate() {
            let touched = self.bar_of(from)..=self.bar_of(until.saturating_sub(1).max(from));
            for bar in touched {
                let bar_ns = self.start_of(bar)..self.start_of(bar + 1);
                let value = match &column.values {
                    Values::Counts(counts) => {
                        let shared = until.min(bar_ns.end).saturating_sub(from.max(bar_ns.start));
                        let share =
                            if until > from { shared as f64 / (until - from) as f64 } else { 1.0 };
                        counts[bin] as f64 * share
                    }
                    Values::Levels { max, .. } => max[bin] as f64,
                    _ => 0.0,
                };
                if let Some(Some(shown)) = bars.get_mut(bar) {
                    *shown = if is_rate { *shown + value } else { shown.max(value) };
                }
            }
        }
        if is_rate {
            let per_s = |(bar, count): (usize, &mut Option<f64>)| {
                let until = self.start_of(bar + 1).min(series.end_ns);
                let ns = until.saturating_sub(self.start_of(bar));
                *count = count.map(|count| count * 1e9 / ns.max(1) as f64);
            };
            bars.iter_mut().enumerate().for_each(per_s);
        }
        let most = bars.iter().flatten().copied().fold(0.0, f64::max);
        let most = match &column.values {
            _ if is_rate => format!("max {} /s", number(most)),
            Values::Levels { limit: Some(limit), .. } => {
                format!("max {} of {}", count(most as u64), count(*limit))
            }
            _ => format!("max {}", count(most as u64)),
        };
        Line { label: label.to_owned(), bars, most }
    }

    fn faults(&self, windows: &[Window], label_columns: usize) -> String {
        let mark = |bar| {
            let (from, until) = (self.start_of(bar), self.start_of(bar + 1));
            let overlaps = |window: &Window| window.0 < until && from < window.1;
            if windows.iter().any(overlaps) { '━' } else { ' ' }
        };
        let marks: String = (0..self.bars).map(mark).collect();
        let label = "faults";
        let gap = " ".repeat(label_columns.saturating_sub(label.len()));
        format!("  {label}{gap}  {}", marks.trim_end()) + "\n"
    }
}

impl Line {
    fn print(&self, label_columns: usize) -> String {
        const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
        let most = self.bars.iter().flatten().copied().fold(0.0, f64::max);
        let block = |value: &Option<f64>| match *value {
            None => ' ',
            // Only 0 prints as a dot.
            Some(value) if value <= 0.0 => '·',
            Some(value) => {
                let eighths = (value / most * 8.0).ceil() as usize;
                BLOCKS[eighths.clamp(1, 8) - 1]
            }
        };
        let bars: String = self.bars.iter().map(block).collect();
        let label = cut(&self.label, label_columns);
        let gap = " ".repeat(label_columns.saturating_sub(width(&label)));
        format!("  {label}{gap}  {bars}  {}\n", self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{self, MS, over_time};

    fn faults() -> BTreeMap<String, Vec<Window>> {
        BTreeMap::from([("rpc".to_owned(), vec![(0, 1), (100 * MS, 200 * MS)])])
    }

    #[test]
    fn two_arms_on_one_axis() {
        insta::assert_snapshot!(sparklines(&over_time(), &faults(), 96));
    }

    #[test]
    fn a_narrow_terminal_and_long_names() {
        let mut result = over_time();
        for (name, arm) in &mut result.arms {
            let series = arm.series.as_mut().expect("it has one");
            series.columns[3].component = format!("非同期キュー of the arm {name}");
        }
        insta::assert_snapshot!(sparklines(&result, &faults(), 50));
    }

    #[test]
    fn every_width_is_kept_to() {
        for columns in [0, 40, 57, 80, 96, 500] {
            let text = sparklines(&over_time(), &faults(), columns);
            let most = columns.clamp(LEAST_COLUMNS, PAGE_COLUMNS);
            for line in text.lines() {
                assert!(width(line) <= most, "{columns}: {line}");
                assert_eq!(line, line.trim_end());
            }
        }
    }

    #[test]
    fn a_run_without_series_has_no_plot() {
        assert_eq!(sparklines(&sample::burst(), &faults(), 96), "");
    }

    /// Bars preserve sums: the rate of each bar times its length adds up to the count.
    #[test]
    fn rates_add_up_to_the_counts() {
        let series = sample::series(&[5, 0, 3, 7], [0; 4]);
        let column = series.column(ARM, "requests.succeeded").expect("it is there");
        for bars in [8, 13, 61] {
            let axis = Axis { end_ns: 400 * MS, bars };
            let line = axis.line(&series, "", column, true);
            let mut sum = 0.0;
            for (bar, rate) in line.bars.iter().enumerate() {
                let until = axis.start_of(bar + 1).min(series.end_ns);
                let ns = until.saturating_sub(axis.start_of(bar));
                sum += rate.unwrap_or(0.0) * ns as f64 / 1e9;
            }
            assert!((sum - 15.0).abs() < 1e-9, "{bars}: {sum}");
        }
    }

    #[test]
    fn the_fullest_levels_are_picked_by_their_numbers() {
        let mut series = sample::series(&[0; 4], [1, 1, 1, 1]);
        let level = |limit, depth: u64| Values::Levels {
            area_ns: vec![depth * 100 * MS; 4],
            max: vec![depth; 4],
            limit,
        };
        series.columns[3].values = level(Some(1_000), 1);
        for (node, limit, depth) in [(20, Some(10), 9), (21, None, 0), (22, Some(4), 4)] {
            let mut column = series.columns[3].clone();
            (column.node, column.component) = (node, format!("n{node}"));
            column.values = level(limit, depth);
            series.columns.push(column);
        }
        let picked = picked(&series);
        let labels: Vec<&str> = picked.iter().map(|(label, ..)| label.as_str()).collect();
        let levels = ["n22, messages waiting", "n20, messages waiting"];
        assert_eq!(labels, [["goodput", "retries"], levels].concat());
    }
}
