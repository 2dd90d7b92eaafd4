//! The samples of a series while it is collected.
//!
//! A sample visits every quantity of a system once, in the same order each time. Values that merge
//! in the same way are kept in one list, sample after sample, so a sample appends and a merge goes
//! through the lists from front to back, however many quantities there are.

use super::histogram::{BIN_BITS, Histogram};
use super::series::{Series, Values};

/// The values of all bins, by the way in which neighbours merge.
#[derive(Clone, Debug, Default)]
pub(super) struct Bins {
    /// Growth since the sample before; merged, the sum.
    growths: Vec<u64>,
    /// Totals at the latest sample, one for each growth of a bin.
    totals: Vec<u128>,
    /// Number of growths that the present sample has added.
    grown: usize,
    /// Largest levels; merged, the larger.
    maxima: Vec<u64>,
    /// Values at the end of a bin; merged, the later.
    readings: Vec<Option<u64>>,
    /// Latencies by bucket; merged, all of them.
    latencies: Vec<Vec<(u32, u64)>>,
}

impl Bins {
    /// Begins a sample.
    pub(super) const fn begin(&mut self) {
        self.grown = 0;
    }

    /// Adds the growth of `total` since the sample before.
    #[inline]
    pub(super) fn add_growth(&mut self, total: u128) {
        if self.grown == self.totals.len() {
            self.totals.push(0);
        }
        let before = std::mem::replace(&mut self.totals[self.grown], total);
        self.grown += 1;
        self.growths.push(u64::try_from(total - before).unwrap_or(u64::MAX));
    }

    /// Adds the largest level since the sample before.
    #[inline]
    pub(super) fn add_maximum(&mut self, level: u64) {
        self.maxima.push(level);
    }

    /// Adds a value of the present instant.
    #[inline]
    pub(super) fn add_reading(&mut self, value: Option<u64>) {
        self.readings.push(value);
    }

    /// Adds the latencies since the sample before.
    pub(super) fn add_latencies(&mut self, buckets: Vec<(u32, u64)>) {
        self.latencies.push(buckets);
    }

    /// Merges every `factor` neighbours of so many bins.
    pub(super) fn merge(&mut self, bins: usize, factor: usize) {
        merge(&mut self.growths, bins, factor, |sum, value| *sum = sum.saturating_add(*value));
        merge(&mut self.maxima, bins, factor, |most, value| *most = (*most).max(*value));
        merge(&mut self.readings, bins, factor, |last, value| *last = *value);
        merge(&mut self.latencies, bins, factor, |all, more| {
            let counts = all.iter().chain(more.iter()).copied();
            *all = Histogram::<BIN_BITS>::of(counts).drain();
        });
    }

    /// Fills in the columns of a series, which are in the order of a sample.
    pub(super) fn fill(self, series: &mut Series) {
        let bins = series.bins;
        let mut growths = Columns::new(self.growths, bins);
        let mut maxima = Columns::new(self.maxima, bins);
        let mut readings = Columns::new(self.readings, bins);
        let mut latencies = Columns::new(self.latencies, bins);
        for column in &mut series.columns {
            match &mut column.values {
                Values::Counts(values) | Values::Times(values) | Values::States(values) => {
                    *values = growths.next();
                }
                Values::Levels { area_ns, max, .. } => {
                    (*area_ns, *max) = (growths.next(), maxima.next());
                }
                Values::Readings(values) => *values = readings.next(),
                Values::Latencies(values) => *values = latencies.next(),
            }
        }
    }
}

/// Merges every `factor` neighbours of so many bins of equally many values: `absorb` adds a value
/// to that of an earlier bin.
fn merge<T>(values: &mut Vec<T>, bins: usize, factor: usize, absorb: impl Fn(&mut T, &T)) {
    let width = values.len() / bins.max(1);
    for bin in 1..bins {
        let (earlier, later) = values.split_at_mut(bin * width);
        let later = &mut later[..width];
        let into = bin / factor;
        if into == bin {
            continue;
        }
        let merged = &mut earlier[into * width..][..width];
        if bin.is_multiple_of(factor) {
            merged.swap_with_slice(later);
        } else {
            merged.iter_mut().zip(&*later).for_each(|(merged, value)| absorb(merged, value));
        }
    }
    values.truncate(bins.div_ceil(factor) * width);
}

/// The values of bins, taken column by column.
struct Columns<T> {
    values: Vec<T>,
    width: usize,
    next: usize,
}

impl<T: Clone> Columns<T> {
    fn new(mut values: Vec<T>, bins: usize) -> Self {
        values.shrink_to_fit();
        let width = values.len() / bins.max(1);
        Self { values, width, next: 0 }
    }

    /// The values of the next column, bin by bin.
    fn next(&mut self) -> Vec<T> {
        let column = self.values[self.next..].iter().step_by(self.width).cloned().collect();
        self.next += 1;
        column
    }
}
