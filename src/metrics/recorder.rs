//! Latencies: exact while they are few, a histogram when they are many.
//!
//! Memory does not depend on the number of samples. Count, mean, standard deviation, min and max
//! are always exact.

use super::histogram::Histogram;
use super::squares::Squares;
use super::summary::{Curve, LatencySummary};
use crate::kernel::time::Duration;

/// Quantiles are exact up to this number of samples.
pub const EXACT_SAMPLES: usize = 65_536;

/// The quantiles of a [`Curve`], in parts per million: every 2.5 % in the middle, closer towards
/// the tail, and both ends.
pub const CURVE_PPM: [u32; 72] = [
    0, 1_000, 5_000, 10_000, 25_000, 50_000, 75_000, 100_000, 125_000, 150_000, 175_000, 200_000,
    225_000, 250_000, 275_000, 300_000, 325_000, 350_000, 375_000, 400_000, 425_000, 450_000,
    475_000, 500_000, 525_000, 550_000, 575_000, 600_000, 625_000, 650_000, 675_000, 700_000,
    725_000, 750_000, 775_000, 800_000, 825_000, 850_000, 875_000, 900_000, 910_000, 920_000,
    930_000, 940_000, 950_000, 960_000, 970_000, 980_000, 985_000, 990_000, 991_000, 992_000,
    993_000, 994_000, 995_000, 996_000, 997_000, 998_000, 998_500, 999_000, 999_200, 999_400,
    999_600, 999_800, 999_900, 999_940, 999_980, 999_990, 999_995, 999_998, 999_999, 1_000_000,
];

/// A collection of durations.
#[derive(Clone, Debug)]
pub struct Recorder {
    count: u64,
    sum: u128,
    squares: Squares,
    /// `u64::MAX` without samples.
    min: u64,
    max: u64,
    samples: Vec<u64>,
    histogram: Option<Box<Histogram>>,
}

impl Default for Recorder {
    fn default() -> Self {
        Self {
            count: 0,
            sum: 0,
            squares: Squares::default(),
            min: u64::MAX,
            max: 0,
            samples: Vec::new(),
            histogram: None,
        }
    }
}

impl Recorder {
    /// Adds a duration.
    #[inline]
    pub fn record(&mut self, duration: Duration) {
        let ns = duration.as_ns();
        self.min = self.min.min(ns);
        self.max = self.max.max(ns);
        self.count += 1;
        self.sum += u128::from(ns);
        self.squares.record(ns);
        match &mut self.histogram {
            Some(histogram) => histogram.record(ns),
            None => {
                self.samples.push(ns);
                if self.samples.len() > EXACT_SAMPLES {
                    self.outgrow();
                }
            }
        }
    }

    /// Moves the samples to a histogram.
    #[cold]
    fn outgrow(&mut self) {
        let mut histogram = Histogram::default();
        for ns in std::mem::take(&mut self.samples) {
            histogram.record(ns);
        }
        self.histogram = Some(Box::new(histogram));
    }

    /// Adds all samples of another recorder, in any order.
    pub fn merge(&mut self, other: &Self) {
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.count += other.count;
        self.sum += other.sum;
        self.squares.merge(&other.squares);
        self.samples.extend(&other.samples);
        let many = self.samples.len() > EXACT_SAMPLES;
        if self.histogram.is_none() && (many || other.histogram.is_some()) {
            self.outgrow();
        }
        if let Some(histogram) = &mut self.histogram {
            std::mem::take(&mut self.samples).into_iter().for_each(|ns| histogram.record(ns));
            if let Some(more) = &other.histogram {
                histogram.merge(more);
            }
        }
    }

    /// Number of samples.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The largest sample, zero without samples.
    #[must_use]
    pub const fn max(&self) -> Duration {
        Duration::from_ns(self.max)
    }

    /// The sum of all samples, in nanoseconds.
    #[must_use]
    pub const fn sum_ns(&self) -> u128 {
        self.sum
    }

    /// The summary of the samples; without samples all numbers but the count are `None`.
    #[must_use]
    pub fn summary(&self) -> LatencySummary {
        if self.count == 0 {
            return LatencySummary { exact: true, ..LatencySummary::default() };
        }
        let of = self.quantiles();
        let quantile = |q: f64| Some(of(q));
        let count = u128::from(self.count);
        LatencySummary {
            count: self.count,
            mean_ns: u64::try_from((self.sum + count / 2) / count).ok(),
            sd_ns: self.squares.deviation(self.count, self.sum).map(|sd| sd.round() as u64),
            min_ns: Some(self.min),
            p50_ns: quantile(0.5),
            p90_ns: quantile(0.9),
            p95_ns: quantile(0.95),
            p99_ns: quantile(0.99),
            p999_ns: quantile(0.999),
            max_ns: Some(self.max),
            exact: self.histogram.is_none(),
            coarse_from: LatencySummary::coarse_from(self.count),
        }
    }

    /// Ratio of the samples that are longer than `limit`; `None` without samples. It is exact for
    /// limits below 2,048 ns and while quantiles are exact, else to the width of a bucket of the
    /// histogram.
    #[must_use]
    pub fn ratio_above(&self, limit: Duration) -> Option<f64> {
        let limit = limit.as_ns();
        let above = match &self.histogram {
            Some(histogram) => histogram.above(limit),
            None => self.samples.iter().filter(|&&ns| ns > limit).count() as u64,
        };
        (self.count > 0).then(|| above as f64 / self.count as f64)
    }

    /// The quantiles [`CURVE_PPM`], computed as in the summary; none without samples.
    #[must_use]
    pub fn curve(&self) -> Curve {
        if self.count == 0 {
            return Curve::default();
        }
        let of = self.quantiles();
        let at = |ppm: u32| match ppm {
            0 => (ppm, self.min),
            1_000_000 => (ppm, self.max),
            _ => (ppm, of(f64::from(ppm) / 1e6)),
        };
        Curve { count: self.count, points: CURVE_PPM.iter().map(|&ppm| at(ppm)).collect() }
    }

    /// The quantile function; the recorder must have samples.
    fn quantiles(&self) -> impl Fn(f64) -> u64 {
        let mut sorted = self.samples.clone();
        sorted.sort_unstable();
        let ranks = self.histogram.as_ref().map(|histogram| histogram.ranks());
        move |q| match &ranks {
            Some(ranks) => ranks.quantile(q).clamp(self.min, self.max),
            None => quantile_type_7(&sorted, q),
        }
    }
}

/// Linear interpolation between order statistics (Hyndman and Fan 1996, type 7), to the nearest
/// integer. `sorted` must not be empty; `q` is in [0, 1].
#[must_use]
pub fn quantile_type_7(sorted: &[u64], q: f64) -> u64 {
    let last = sorted.len() - 1;
    let rank = last as f64 * q;
    let below = (rank as usize).min(last);
    let above = (below + 1).min(last);
    let (low, high) = (sorted[below], sorted[above]);
    low + ((high - low) as f64 * (rank - below as f64)).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(values: impl IntoIterator<Item = u64>) -> LatencySummary {
        let mut recorder = Recorder::default();
        values.into_iter().for_each(|ns| recorder.record(Duration::from_ns(ns)));
        recorder.summary()
    }

    #[test]
    fn quantiles_are_type_7() {
        let hundred: Vec<u64> = (1..=100).map(|i| i * 100).collect();
        let at = |q| quantile_type_7(&hundred, q);
        assert_eq!(
            (at(0.0), at(0.5), at(0.95), at(0.99), at(1.0)),
            (100, 5050, 9505, 9901, 10_000)
        );
        let four = [100, 200, 300, 400];
        assert_eq!((quantile_type_7(&four, 0.5), quantile_type_7(&four, 0.95)), (250, 385));
        assert_eq!(quantile_type_7(&[7], 0.99), 7);
    }

    #[test]
    fn a_curve_never_falls_and_meets_the_summary() {
        for n in [1_u64, 2, 1_000, 70_000] {
            let mut recorder = Recorder::default();
            (0..n).for_each(|i| recorder.record(Duration::from_ns(i * 7_919 % n * 1_000 + 5)));
            let (curve, summary) = (recorder.curve(), recorder.summary());
            assert_eq!((curve.count, curve.points.len()), (n, CURVE_PPM.len()));
            let rises = |pair: &[(u32, u64)]| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1;
            assert!(curve.points.windows(2).all(rises), "{n}: {curve:?}");
            let at = |ppm| curve.points.iter().find(|point| point.0 == ppm).map(|point| point.1);
            for (ppm, ns) in [
                (0, summary.min_ns),
                (500_000, summary.p50_ns),
                (900_000, summary.p90_ns),
                (950_000, summary.p95_ns),
                (990_000, summary.p99_ns),
                (999_000, summary.p999_ns),
                (1_000_000, summary.max_ns),
            ] {
                assert_eq!(at(ppm), ns, "{n}: {ppm}");
            }
        }
        assert_eq!(Recorder::default().curve(), Curve::default());
    }

    #[test]
    fn nothing_has_no_value() {
        let none = summary([]);
        assert_eq!((none.count, none.mean_ns, none.p50_ns, none.max_ns), (0, None, None, None));
    }

    #[test]
    fn many_samples_keep_three_digits_and_exact_ends() {
        let n = 1_000_000_u64;
        let many = summary((0..n).map(|i| i * 7_919 % n * 1_000));
        assert!(!many.exact);
        assert_eq!((many.count, many.min_ns, many.max_ns), (n, Some(0), Some((n - 1) * 1_000)));
        assert_eq!(many.mean_ns, Some((n - 1) * 500));
        for (got, exact) in [(many.p50_ns, 0.5), (many.p99_ns, 0.99), (many.p999_ns, 0.999)] {
            let (got, exact) = (got.unwrap() as f64, exact * (n - 1) as f64 * 1_000.0);
            assert!((got / exact - 1.0).abs() < 1e-3, "{got} {exact}");
        }
        let few = summary((0..EXACT_SAMPLES as u64).map(|i| i * 3));
        assert!(few.exact);
    }

    #[test]
    fn merging_is_recording_both() {
        let all: Vec<u64> = (0..100_000).map(|i| i * 7_919 % 65_537 * 1_000).collect();
        for (cut, end) in [(0, 10), (10, 10), (10, 60_000), (60_000, 70_000), (30_000, 100_000)] {
            let (mut one, mut two) = (Recorder::default(), Recorder::default());
            all[..cut].iter().for_each(|&ns| one.record(Duration::from_ns(ns)));
            all[cut..end].iter().for_each(|&ns| two.record(Duration::from_ns(ns)));
            one.merge(&two);
            assert_eq!(one.summary(), summary(all[..end].iter().copied()), "{cut} {end}");
        }
    }

    #[test]
    fn extremes_do_not_overflow() {
        let huge = summary((0..70_000).map(|_| u64::MAX));
        assert_eq!((huge.mean_ns, huge.p99_ns), (Some(u64::MAX), Some(u64::MAX)));
    }
}
