//! Requests by when they arrived, and what became of them: health without the lag of latency.
//!
//! Goodput of an instant mixes requests that arrived at different times. Whether a system was
//! well at an instant is a question about the requests that arrived then.

use std::ops::Range;

use crate::metrics::fate::Fate;
use crate::metrics::probe::End;
use crate::metrics::sampler::{FINE_BINS, FIRST_WIDTH_NS, MAX_BINS, Resolution};
use crate::metrics::series::Series;

/// The requests that arrived in one bin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cohort {
    /// Those that have ended.
    pub(super) ended: u64,
    /// Those that succeeded in time.
    pub(super) good: u64,
}

impl Cohort {
    pub(super) fn add(&mut self, other: Self) {
        self.ended += other.ended;
        self.good += other.good;
    }
}

/// Cohorts of growing width. Widths are 1, 2, 10, 20, .. microseconds, and each divides those of
/// an automatic series; for a width that was asked for, that width and its doubles.
#[derive(Clone, Debug)]
pub(super) struct Cohorts {
    width_ns: u64,
    /// No more bins than the series has, or their width would not divide that of the series.
    most: usize,
    bins: Vec<Cohort>,
    /// The latest bin and its stretch: requests end about in the order in which they arrive.
    latest: (usize, Range<u64>),
    /// By which the width grows next, and the sum of this factor and the one after it.
    factor: (u64, u64),
}

impl Cohorts {
    pub(super) fn new(resolution: Resolution) -> Self {
        let (width_ns, most, factor) = match resolution {
            Resolution::Auto => (FIRST_WIDTH_NS, FINE_BINS, (2, 7)),
            Resolution::Every(width) => (width.as_ns().max(1), MAX_BINS, (2, 4)),
        };
        Self { width_ns, most, bins: Vec::new(), latest: (0, 0..0), factor }
    }

    pub(super) fn record(&mut self, end: &End) {
        let arrived = end.arrived.as_ns();
        if !self.latest.1.contains(&arrived) {
            self.find(arrived);
        }
        let good = u64::from(end.fate == Fate::Succeeded);
        self.bins[self.latest.0].add(Cohort { ended: 1, good });
    }

    /// Makes the bin of `arrived` the latest, and bins wider if there are too many.
    fn find(&mut self, arrived: u64) {
        while arrived / self.width_ns >= self.most as u64 {
            let (factor, both) = self.factor;
            self.bins = merged(&self.bins, factor as usize);
            self.width_ns = self.width_ns.saturating_mul(factor);
            self.factor = (both - factor, both);
        }
        let bin = arrived / self.width_ns;
        let start = bin * self.width_ns;
        self.latest = (bin as usize, start..start.saturating_add(self.width_ns));
        if self.bins.len() <= self.latest.0 {
            self.bins.resize(self.latest.0 + 1, Cohort::default());
        }
    }

    /// One cohort a bin of the series, whose width is a multiple.
    pub(super) fn align(&self, series: &Series) -> Vec<Cohort> {
        let mut aligned = vec![Cohort::default(); series.bins];
        for (at, cohort) in (0_u64..).zip(&self.bins) {
            let bin = (at * self.width_ns / series.bin_ns) as usize;
            if let Some(into) = aligned.get_mut(bin) {
                into.add(*cohort);
            }
        }
        aligned
    }
}

fn merged(bins: &[Cohort], factor: usize) -> Vec<Cohort> {
    let sum = |chunk: &[Cohort]| {
        let mut sum = Cohort::default();
        chunk.iter().for_each(|cohort| sum.add(*cohort));
        sum
    };
    bins.chunks(factor).map(sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::time::Instant;

    #[test]
    fn cohorts_follow_the_bins_of_the_series() {
        let mut cohorts = Cohorts::new(Resolution::Auto);
        // One request a microsecond for 100 ms, told backwards; those of odd milliseconds fail.
        for at in (0..100_000_u64).rev() {
            let at = at * 1_000;
            let fate = if at / 1_000_000 % 2 == 0 { Fate::Succeeded } else { Fate::Error };
            let (arrived, at) = (Instant::from_ns(at), Instant::from_ns(at + 5));
            let (load, request, attempts, measured) = (0, 0, 1, true);
            cohorts.record(&End { load, request, arrived, at, attempts, fate, measured });
        }
        let series =
            Series { bin_ns: 500_000, end_ns: 100_000_000, bins: 200, columns: Vec::new() };
        let aligned = cohorts.align(&series);
        for (bin, cohort) in (0..).zip(&aligned) {
            let good = if bin / 2 % 2 == 0 { 500 } else { 0 };
            assert_eq!(*cohort, Cohort { ended: 500, good }, "{bin}");
        }
    }
}
