//! Collects a time series during a run.
//!
//! An automatic series begins with bins of a microsecond and merges ten into one when they are too
//! many. At the end it merges once more, to at most [`AUTO_BINS`] bins of a width of 1, 2 or 5.
//!
//! A sample is a look at everything, and a large system has thousands of quantities, so samples are
//! kept bin after bin (`bins.rs`) and become columns at the end.

use super::bins::Bins;
use super::declare::{
    Count, Latencies, Latency, Level, Mean, Momentary, Most, Number, Peak, Present, Ratio, Reading,
    State, Time, Total,
};
use super::gauge::Gauge;
use super::histogram::{BIN_BITS, Histogram};
use super::meter::{Measurements, Meter};
use super::recorder::Recorder;
use super::report::Period;
use super::series::{ARM, Column, Series, Values};
use crate::kernel::time::{Duration, Instant};

/// Most bins of an automatic series at the end.
pub const AUTO_BINS: usize = 400;
/// Number of bins at which a series of a given width is merged.
pub const MAX_BINS: usize = 10_000;
/// Number of columns, over all arms, above which the number of bins falls in proportion, so that
/// memory and time for series do not grow with the size of a system.
pub const COLUMNS_IN_FULL: usize = 2_000;
/// Fewest bins of an automatic series after merging, however many columns it has.
pub const LEAST_AUTO_BINS: usize = 20;
/// Least value of [`max_bins`], however many columns a series has.
pub const LEAST_MAX_BINS: usize = 1_000;
/// Factor by which an automatic series may have more bins during a run than at its end: enough to
/// end with a width that is 1, 2 or 5 of a unit.
const FINER: usize = 5;
/// Number of bins that an automatic series merges into one during a run.
const AUTO_MERGE: usize = 10;
/// Number of bins that a series of a given width merges into one.
const MERGE: usize = 2;
/// Width of the first bins of an automatic series.
pub const FIRST_WIDTH_NS: u64 = 1_000;

/// The width of the bins of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// At most [`auto_bins`] bins of a width that is 1, 2 or 5 of a decimal unit.
    Auto,
    /// Bins of this width, doubled whenever there are [`max_bins`].
    Every(Duration),
}

/// Most bins of an automatic series with this number of columns.
#[must_use]
pub fn auto_bins(columns: usize) -> usize {
    let whole = AUTO_BINS * COLUMNS_IN_FULL;
    (whole / columns.max(COLUMNS_IN_FULL)).max(LEAST_AUTO_BINS)
}

/// Most bins of any series with this number of columns.
#[must_use]
pub fn max_bins(columns: usize) -> usize {
    (MAX_BINS / AUTO_BINS * auto_bins(columns)).max(LEAST_MAX_BINS)
}

/// Collects a series, sample by sample.
#[derive(Clone, Debug)]
pub struct Sampler {
    /// The columns, without their values.
    series: Series,
    bins: Bins,
    resolution: Resolution,
    /// Index of the next column of the present sample.
    at: usize,
    node: u32,
    kind: &'static str,
    /// Number of arms.
    arms: usize,
}

impl Sampler {
    /// A series without bins.
    #[must_use]
    pub fn new(resolution: Resolution) -> Self {
        let bin_ns = match resolution {
            Resolution::Auto => FIRST_WIDTH_NS,
            Resolution::Every(width) => width.as_ns().max(1),
        };
        Self {
            series: Series { bin_ns, end_ns: 0, bins: 0, columns: Vec::new() },
            bins: Bins::default(),
            resolution,
            at: 0,
            node: ARM,
            kind: "",
            arms: 1,
        }
    }

    /// The sampler for one of `arms` arms, whose series stand side by side in a result.
    #[must_use]
    pub fn among(self, arms: usize) -> Self {
        Self { arms: arms.max(1), ..self }
    }

    /// Number of columns of all arms, estimated from those of this one.
    fn columns(&self) -> usize {
        self.series.columns.len() * self.arms
    }

    /// The end of the present bin, which is the instant of the next sample.
    #[must_use]
    pub fn next(&self) -> Instant {
        Instant::from_ns(self.series.start_of(self.series.bins).saturating_add(self.series.bin_ns))
    }

    /// Begins a sample at `at`, the end of the present bin or of the run. Every sample must have
    /// the same meters in the same order.
    pub fn begin_sample(&mut self, at: Instant) {
        self.series.bins += 1;
        self.series.end_ns = at.as_ns();
        (self.at, self.node, self.kind) = (0, ARM, "arm");
        self.bins.begin();
    }

    /// The instant of the present sample.
    #[must_use]
    pub const fn now(&self) -> Instant {
        Instant::from_ns(self.series.end_ns)
    }

    /// Ends a sample: merges bins if there are too many.
    pub fn end_sample(&mut self) {
        let columns = self.columns();
        let (most, factor) = match self.resolution {
            Resolution::Auto => (FINER * auto_bins(columns), AUTO_MERGE),
            Resolution::Every(_) => (max_bins(columns), MERGE),
        };
        // Only whole bins are merged, so that the next one begins where the last one ends.
        if self.series.bins >= most.next_multiple_of(factor) {
            self.merge(factor);
        }
    }

    /// The series up to the latest sample.
    #[must_use]
    pub fn finish(mut self) -> Series {
        if self.resolution == Resolution::Auto {
            let most = auto_bins(self.columns());
            let fits = |factor: &usize| self.series.bins.div_ceil(*factor) <= most;
            let factor = [1, 2, 5].into_iter().find(fits).unwrap_or(10);
            self.merge(factor);
        }
        let Self { mut series, bins, .. } = self;
        bins.fill(&mut series);
        series
    }

    fn merge(&mut self, factor: usize) {
        self.bins.merge(self.series.bins, factor);
        self.series.widen(factor);
    }

    /// Takes the next column, which is created at the first sample.
    #[inline]
    fn column(&mut self, meter: &'static Meter, empty: impl FnOnce() -> Values) {
        let at = self.at;
        self.at += 1;
        if at == self.series.columns.len() {
            let (node, kind, component) = (self.node, self.kind, String::new());
            self.series.columns.push(Column { node, component, kind, meter, values: empty() });
        }
        debug_assert_eq!(self.series.columns[at].meter, meter, "samples have the same meters");
    }

    /// Sets the node, and its kind, that the following measurements belong to.
    pub const fn component(&mut self, node: u32, kind: &'static str) {
        (self.node, self.kind) = (node, kind);
    }

    /// The number present at this instant.
    pub fn present(&mut self, present: &'static Present, now: u64) {
        self.read(&present.meter, Some(now));
    }

    /// Latencies since the last sample, which are drained from `recent`.
    pub fn latencies(&mut self, of: &'static Latencies, recent: &mut Histogram<BIN_BITS>) {
        self.column(&of.meter, || Values::Latencies(Vec::new()));
        self.bins.add_latencies(recent.drain());
    }

    fn read(&mut self, meter: &'static Meter, value: Option<u64>) {
        self.column(meter, || Values::Readings(Vec::new()));
        self.bins.add_reading(value);
    }

    fn rise_and_fall(&mut self, meter: &'static Meter, gauge: &mut Gauge, limit: Option<u64>) {
        let now = self.now();
        self.column(meter, || Values::Levels { area_ns: Vec::new(), max: Vec::new(), limit });
        self.bins.add_growth(gauge.area(now));
        self.bins.add_maximum(gauge.take_peak(now));
    }
}

impl Measurements for Sampler {
    fn count(&mut self, count: &'static Count, total: u64) {
        self.column(&count.meter, || Values::Counts(Vec::new()));
        self.bins.add_growth(total.into());
    }

    fn total(&mut self, _: &'static Total, _: impl FnOnce(&Period) -> u64) {}

    fn time(&mut self, time: &'static Time, total_ns: u128) {
        self.column(&time.meter, || Values::Times(Vec::new()));
        self.bins.add_growth(total_ns);
    }

    fn level(&mut self, level: &'static Level, gauge: &mut Gauge, limit: Option<u64>) {
        self.rise_and_fall(&level.meter, gauge, limit);
    }

    fn peak(&mut self, peak: &'static Peak, gauge: &mut Gauge, limit: Option<u64>) {
        self.rise_and_fall(&peak.meter, gauge, limit);
    }

    fn state(&mut self, state: &'static State, total: Duration) {
        self.column(&state.meter, || Values::States(Vec::new()));
        self.bins.add_growth(total.as_ns().into());
    }

    fn reading(&mut self, reading: &'static Reading, now: Duration, _: Duration) {
        self.read(&reading.meter, Some(now.as_ns()));
    }

    fn momentary(&mut self, momentary: &'static Momentary, now: Option<Duration>) {
        self.read(&momentary.meter, now.map(Duration::as_ns));
    }

    fn latency(&mut self, _: &'static Latency, _: &Recorder) {}

    fn ratio(&mut self, _: &'static Ratio, _: impl FnOnce(&Period) -> Option<f64>) {}

    fn most(&mut self, _: &'static Most, _: impl FnOnce(&Period) -> u64) {}

    fn mean(&mut self, _: &'static Mean, _: impl FnOnce(&Period) -> Option<f64>) {}

    fn number(&mut self, _: &'static Number, _: impl FnOnce(&Period) -> Option<f64>) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::metrics! {
        /// Arrivals
        COUNT: Count = "count", "arrivals";
        /// A level
        LEVEL: Level = "level", "level";
        /// Arrivals so far
        READING: Present = "reading", "arrivals so far";
    }

    /// One arrival every `every`, up to `end`, with a level of 2 in the second half of the time.
    fn sample(resolution: Resolution, every: u64, end: u64) -> Series {
        sample_by(Sampler::new(resolution), every, end)
    }

    fn sample_by(mut sampler: Sampler, every: u64, end: u64) -> Series {
        let mut gauge = Gauge::new(Instant::ZERO);
        let (mut arrivals, mut raised) = (0, false);
        loop {
            let at = sampler.next().min(Instant::from_ns(end));
            while arrivals * every < at.as_ns() {
                arrivals += 1;
            }
            if !raised && at.as_ns() > end / 2 {
                gauge.rise(Instant::from_ns(end / 2));
                gauge.rise(Instant::from_ns(end / 2));
                raised = true;
            }
            sampler.begin_sample(at);
            sampler.count(&COUNT, arrivals);
            sampler.level(&LEVEL, &mut gauge, Some(2));
            sampler.present(&READING, arrivals);
            sampler.end_sample();
            if at.as_ns() == end {
                return sampler.finish();
            }
        }
    }

    fn sums(series: &Series) -> (u64, u64, u64, Option<u64>) {
        let mut sums = (0, 0, 0, None);
        for column in &series.columns {
            match &column.values {
                Values::Counts(counts) => sums.0 = counts.iter().sum(),
                Values::Levels { area_ns, max, .. } => {
                    sums.1 = area_ns.iter().sum();
                    sums.2 = max.iter().copied().max().unwrap_or(0);
                }
                Values::Readings(values) => sums.3 = *values.last().expect("there are bins"),
                _ => {}
            }
        }
        sums
    }

    #[test]
    fn nothing_is_lost_whatever_the_width() {
        for end in [900, 1_000, 399_999, 400_001, 3_000_000, 77_777_777, 5_000_000_000] {
            let series = sample(Resolution::Auto, 700, end);
            let arrivals = end.div_ceil(700);
            assert_eq!(sums(&series), (arrivals, end.div_ceil(2) * 2, 2, Some(arrivals)), "{end}");
            assert!(series.bins <= AUTO_BINS, "{end}: {} bins", series.bins);
            assert_eq!((series.end_ns, series.end_of(series.bins - 1)), (end, end));
            let digits = series.bin_ns.to_string();
            assert!(digits.trim_end_matches('0').len() == 1, "{end}: bins of {digits} ns");
            assert!("125".contains(&digits[..1]), "{end}: bins of {digits} ns");
            if end > 400_000 {
                assert!(series.bins >= 80, "{end}: {} bins", series.bins);
            }
            for column in &series.columns {
                let bins = match &column.values {
                    Values::Counts(values) => values.len(),
                    Values::Levels { area_ns, .. } => area_ns.len(),
                    Values::Readings(values) => values.len(),
                    other => panic!("{other:?}"),
                };
                assert_eq!(bins, series.bins);
            }
        }
    }

    #[test]
    fn bins_hold_what_happened_in_them_where_their_most_is_odd() {
        let us = 1_000;
        for (resolution, columns, odd) in [
            (Resolution::Auto, 37_500, auto_bins as fn(usize) -> usize),
            (Resolution::Every(Duration::from_ns(us)), 19_512, max_bins),
        ] {
            assert_eq!(odd(columns) % 2, 1, "{resolution:?}: otherwise this shows nothing");
            let series = sample_by(Sampler::new(resolution).among(columns / 3), us, 12_345 * us);
            let Values::Counts(counts) = &series.columns[0].values else { panic!("no counts") };
            for (bin, count) in counts.iter().enumerate() {
                assert_eq!(*count, series.length_ns(bin) / us, "{resolution:?}, bin {bin}");
            }
        }
    }

    #[test]
    fn many_columns_have_fewer_bins_each() {
        let most = |columns| (auto_bins(columns), max_bins(columns));
        assert_eq!([1, 2_000, 4_000].map(most), [(400, 10_000), (400, 10_000), (200, 5_000)]);
        assert_eq!([10_000, 1 << 30].map(most), [(80, 2_000), (20, 1_000)]);
        let mut sampler = Sampler::new(Resolution::Auto).among(2);
        for total in 1..=7_777 {
            let at = sampler.next();
            sampler.begin_sample(at);
            (0..2_000).for_each(|_| sampler.count(&COUNT, total));
            sampler.end_sample();
        }
        let series = sampler.finish();
        let counts = |column: &Column| match &column.values {
            Values::Counts(counts) => counts.clone(),
            other => panic!("{other:?}"),
        };
        let last = counts(&series.columns[1_999]);
        assert_eq!((series.bins, last.len()), (last.len(), series.bins));
        assert!((40..=200).contains(&series.bins), "{} bins", series.bins);
        assert_eq!(last.iter().sum::<u64>(), 7_777);
    }

    #[test]
    fn a_given_width_is_kept_or_doubled() {
        let every = |ns| Resolution::Every(Duration::from_ns(ns));
        let series = sample(every(300), 7, 1_000);
        assert_eq!((series.bin_ns, series.bins, series.length_ns(3)), (300, 4, 100));
        let series = sample(every(3), 7, 100_000);
        assert_eq!((series.bin_ns, series.bins), (12, 8_334));
        assert_eq!(sums(&series).0, 14_286);
    }
}
