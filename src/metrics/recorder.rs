//! Latencies: exact while they are few, a histogram when they are many.
//!
//! Memory does not depend on the number of samples. Count, mean, min and max are always exact.

use super::histogram::Histogram;
use super::summary::LatencySummary;
use crate::kernel::time::Duration;

/// Up to so many samples, quantiles are exact.
pub const EXACT_SAMPLES: usize = 65_536;

/// Collects durations.
#[derive(Clone, Debug)]
pub struct Recorder {
    count: u64,
    sum: u128,
    /// `u64::MAX` without samples.
    min: u64,
    max: u64,
    samples: Vec<u64>,
    histogram: Option<Box<Histogram>>,
}

impl Default for Recorder {
    fn default() -> Self {
        Self { count: 0, sum: 0, min: u64::MAX, max: 0, samples: Vec::new(), histogram: None }
    }
}

impl Recorder {
    /// Takes in one duration.
    #[inline]
    pub fn record(&mut self, duration: Duration) {
        let ns = duration.as_ns();
        self.min = self.min.min(ns);
        self.max = self.max.max(ns);
        self.count += 1;
        self.sum += u128::from(ns);
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

    /// Moves to the histogram.
    #[cold]
    fn outgrow(&mut self) {
        let mut histogram = Histogram::default();
        for ns in std::mem::take(&mut self.samples) {
            histogram.record(ns);
        }
        self.histogram = Some(Box::new(histogram));
    }

    /// Takes in everything that another has recorded; the order does not matter.
    pub fn merge(&mut self, other: &Self) {
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.count += other.count;
        self.sum += other.sum;
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

    /// Samples so far.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The largest so far, zero without any.
    #[must_use]
    pub const fn max(&self) -> Duration {
        Duration::from_ns(self.max)
    }

    /// The sum of all, in nanoseconds.
    #[must_use]
    pub const fn sum_ns(&self) -> u128 {
        self.sum
    }

    /// The numbers of a report; without samples all but the count are `None`.
    #[must_use]
    pub fn summary(&self) -> LatencySummary {
        if self.count == 0 {
            return LatencySummary { exact: true, ..LatencySummary::default() };
        }
        let mut sorted = self.samples.clone();
        sorted.sort_unstable();
        let quantile = |q: f64| {
            Some(match &self.histogram {
                Some(histogram) => histogram.quantile(q).clamp(self.min, self.max),
                None => quantile_type_7(&sorted, q),
            })
        };
        let count = u128::from(self.count);
        LatencySummary {
            count: self.count,
            mean_ns: u64::try_from((self.sum + count / 2) / count).ok(),
            min_ns: Some(self.min),
            p50_ns: quantile(0.5),
            p90_ns: quantile(0.9),
            p95_ns: quantile(0.95),
            p99_ns: quantile(0.99),
            p999_ns: quantile(0.999),
            max_ns: Some(self.max),
            exact: self.histogram.is_none(),
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
