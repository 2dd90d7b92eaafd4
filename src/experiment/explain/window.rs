//! A stretch of a time series.

use std::ops::Range;

use crate::metrics::meter::Aspect;
use crate::metrics::series::{ARM, Column, Series, Values};

/// The bins of a series that begin in a stretch of time.
#[derive(Clone, Debug)]
pub(super) struct Window<'a> {
    pub(super) series: &'a Series,
    bins: Range<usize>,
}

impl<'a> Window<'a> {
    /// The bins that begin in [`from_ns`, `until_ns`); at least the one that `from_ns` is in.
    pub(super) fn new(series: &'a Series, (from_ns, until_ns): (u64, u64)) -> Self {
        let first = from_ns.div_ceil(series.bin_ns).min(series.bins as u64) as usize;
        let last = until_ns.div_ceil(series.bin_ns).min(series.bins as u64) as usize;
        let within = (from_ns / series.bin_ns).min(series.bins.saturating_sub(1) as u64) as usize;
        let bins = if first < last { first..last } else { within..within + 1 };
        Self { series, bins }
    }

    pub(super) fn bins(&self) -> Range<usize> {
        self.bins.clone()
    }

    pub(super) fn starts_ns(&self) -> u64 {
        self.series.start_of(self.bins.start)
    }

    pub(super) fn ends_ns(&self) -> u64 {
        self.series.end_of(self.bins.end - 1)
    }

    pub(super) fn length_ns(&self) -> u64 {
        self.ends_ns() - self.starts_ns()
    }

    /// The columns of a component.
    pub(super) fn of<'b>(&'b self, component: &'b str) -> impl Iterator<Item = &'a Column> + 'b {
        let series: &'a Series = self.series;
        let columns = series.columns.iter();
        columns.filter(move |column| column.component == component && column.node != ARM)
    }

    /// The sum over the stretch of what a component, or the arm (""), counted under this name.
    pub(super) fn sum(&self, component: &str, meter: &str) -> u64 {
        let named = |column: &&Column| {
            column.component == component
                && column.meter.name == meter
                && (column.node == ARM) == component.is_empty()
        };
        self.series.columns.iter().find(named).map_or(0, |column| self.total(column))
    }

    /// What a column added up to; nothing for levels and readings.
    pub(super) fn total(&self, column: &Column) -> u64 {
        match &column.values {
            Values::Counts(values) | Values::Times(values) | Values::States(values) => {
                values[self.bins()].iter().fold(0, |sum: u64, value| sum.saturating_add(*value))
            }
            _ => 0,
        }
    }

    /// The mean of a level over the stretch.
    pub(super) fn mean(&self, column: &Column) -> Option<f64> {
        match &column.values {
            Values::Levels { area_ns, .. } if self.length_ns() > 0 => {
                let area: u128 = area_ns[self.bins()].iter().map(|area| u128::from(*area)).sum();
                Some(area as f64 / self.length_ns() as f64)
            }
            _ => None,
        }
    }

    /// The mean number of calls that a component works on; `None` if it works on nothing.
    pub(super) fn in_service(&self, component: &str) -> Option<f64> {
        let worked_on = |column: &&Column| column.meter.aspect == Some(Aspect::InService);
        self.of(component).find(worked_on).and_then(|of| self.mean(of))
    }

    /// The largest value of a level in the stretch.
    pub(super) fn max(&self, column: &Column) -> Option<u64> {
        match &column.values {
            Values::Levels { max, .. } => max[self.bins()].iter().copied().max(),
            _ => None,
        }
    }
}
