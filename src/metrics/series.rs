//! Time series: the measurements of every component in bins of equal width.
//!
//! Samples are taken between events: see [`meter`](super::meter). All values are integers, and
//! neighbouring bins can be merged: counts are added, of maxima the larger is kept, of readings the
//! later. So the width of bins can grow during a run, and memory is bounded by their number.

use std::borrow::Cow;

use super::histogram::{BIN_BITS, Histogram};
use super::meter::Meter;

/// The measurements of an arm's components over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Width of a bin in nanoseconds; the last one may be cut short by `end_ns`.
    pub bin_ns: u64,
    /// The end of the last bin.
    pub end_ns: u64,
    /// Number of bins.
    pub bins: usize,
    /// One column per meter, in the order of the components.
    pub columns: Vec<Column>,
}

/// One quantity of one component.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Node of the component; [`ARM`] for the arm itself.
    pub node: u32,
    /// Name of the component; empty for the arm itself.
    pub component: String,
    /// Kind of the component.
    pub kind: &'static str,
    /// The quantity.
    pub meter: &'static Meter,
    /// One value per bin.
    pub values: Values,
}

/// The node that stands for the whole arm.
pub const ARM: u32 = u32::MAX;

/// The values of a column, one per bin.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Numbers of occurrences.
    Counts(Vec<u64>),
    /// Booked nanoseconds.
    Times(Vec<u64>),
    /// A level.
    Levels {
        /// Level times nanoseconds.
        area_ns: Vec<u64>,
        /// The largest level.
        max: Vec<u64>,
        /// The limit, if there is one: the level at which the resource is used up.
        limit: Option<u64>,
    },
    /// Nanoseconds in a state.
    States(Vec<u64>),
    /// Values at the ends of bins.
    Readings(Vec<Option<u64>>),
    /// Latencies by bucket.
    Latencies(Vec<Vec<(u32, u64)>>),
}

impl Series {
    /// The length of bin `bin` in nanoseconds: that of the last one may be shorter, even 0.
    #[must_use]
    pub fn length_ns(&self, bin: usize) -> u64 {
        self.end_of(bin) - self.start_of(bin)
    }

    /// Start of bin `bin`, in nanoseconds of virtual time.
    #[must_use]
    pub const fn start_of(&self, bin: usize) -> u64 {
        self.bin_ns.saturating_mul(bin as u64)
    }

    /// End of bin `bin`, in nanoseconds of virtual time.
    #[must_use]
    pub fn end_of(&self, bin: usize) -> u64 {
        self.start_of(bin).saturating_add(self.bin_ns).min(self.end_ns)
    }

    /// Sets the names of the columns' components from `names`, by node.
    pub fn name(&mut self, names: &[String]) {
        for column in &mut self.columns {
            column.component = names.get(column.node as usize).cloned().unwrap_or_default();
        }
    }

    /// The column of the meter called `meter` at a node.
    #[must_use]
    pub fn column(&self, node: u32, meter: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.node == node && column.meter.name == meter)
    }

    /// The series with at most `bins` bins, at least one, after merging neighbours.
    #[must_use]
    pub fn at_most(&self, bins: usize) -> Self {
        let mut series = self.clone();
        let factor = self.bins.div_ceil(bins.max(1));
        if factor > 1 {
            series.merge(factor);
        }
        series
    }

    /// The series in bins of `least_ns` or more, after merging neighbours if bins are narrower.
    #[must_use]
    pub fn at_least(&self, least_ns: u64) -> Cow<'_, Self> {
        let factor = usize::try_from(least_ns.div_ceil(self.bin_ns)).unwrap_or(usize::MAX);
        let mut series = Cow::Borrowed(self);
        if factor > 1 {
            series.to_mut().merge(factor);
        }
        series
    }

    /// Merges every `factor` neighbours.
    fn merge(&mut self, factor: usize) {
        for column in &mut self.columns {
            column.values.merge(factor);
        }
        self.widen(factor);
    }

    /// Makes bins `factor` times as wide, without regard to the values.
    pub(super) fn widen(&mut self, factor: usize) {
        self.bins = self.bins.div_ceil(factor);
        self.bin_ns = self.bin_ns.saturating_mul(factor as u64);
    }
}

impl Column {
    /// The mean level in a bin of `length_ns`; `None` for an empty bin or another kind of column.
    #[must_use]
    pub fn mean(&self, bin: usize, length_ns: u64) -> Option<f64> {
        match &self.values {
            Values::Levels { area_ns, .. } if length_ns > 0 => {
                Some(area_ns[bin] as f64 / length_ns as f64)
            }
            _ => None,
        }
    }
}

impl Values {
    fn merge(&mut self, factor: usize) {
        let sums = |values: &mut Vec<u64>| {
            *values = values
                .chunks(factor)
                .map(|chunk| chunk.iter().fold(0_u64, |sum, value| sum.saturating_add(*value)))
                .collect();
        };
        match self {
            Self::Counts(values) | Self::Times(values) | Self::States(values) => sums(values),
            Self::Levels { area_ns, max, .. } => {
                sums(area_ns);
                let largest = |chunk: &[u64]| chunk.iter().copied().max().unwrap_or(0);
                *max = max.chunks(factor).map(largest).collect();
            }
            Self::Readings(values) => {
                let last = |chunk: &[Option<u64>]| chunk.last().copied().flatten();
                *values = values.chunks(factor).map(last).collect();
            }
            Self::Latencies(values) => {
                let all = |chunk: &[Vec<(u32, u64)>]| {
                    let counts = chunk.iter().flatten().copied();
                    Histogram::<BIN_BITS>::of(counts).drain()
                };
                *values = values.chunks(factor).map(all).collect();
            }
        }
    }

    /// The quantile `q` of a bin's latencies, within one part in 128; `None` without any.
    #[must_use]
    pub fn quantile(&self, bin: usize, q: f64) -> Option<u64> {
        match self {
            Self::Latencies(bins) if !bins[bin].is_empty() => {
                Some(Histogram::<BIN_BITS>::of(bins[bin].iter().copied()).quantile(q))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_of_merged_bins_are_those_of_both() {
        let counts = |of: &[u64]| {
            let mut histogram = Histogram::<BIN_BITS>::default();
            of.iter().for_each(|&value| histogram.record(value));
            histogram.drain()
        };
        let parts = vec![counts(&[5, 900_000]), counts(&[]), counts(&[5, 70_000, 70_001])];
        let mut values = Values::Latencies(parts);
        assert_eq!((values.quantile(1, 0.5), values.quantile(0, 0.0)), (None, Some(5)));
        values.merge(3);
        assert_eq!(values, Values::Latencies(vec![counts(&[5, 5, 70_000, 70_001, 900_000])]));
        let middle = values.quantile(0, 0.5).expect("there are latencies");
        assert!(middle.abs_diff(70_000) <= 70_000 / 128, "{middle}");
    }
}
