//! The steady-state mean of one long run: the end of its warm-up, the mean and its interval.
//!
//! Neighbouring values of a run are correlated, so an interval for independent values is far too
//! narrow: for waits in an M/M/1 queue at load 0.8 it covers the true mean in a fifth of all runs.
//! Means of long batches are nearly uncorrelated, which can be checked.

use super::summary::t_quantile;
use super::validity::{Interval, NoInterval, valid};

/// Values in a group: the 5 of MSER-5.
const GROUP: usize = 5;
/// Most groups of a series, above which neighbours are merged.
const MOST_GROUPS: usize = 1 << 16;
/// Number of short batches, between which the correlation of neighbours is measured.
const FINE: usize = 400;
/// Largest rank correlation of neighbouring short batches.
const MOST_CORRELATION: f64 = 0.3;
/// Number of batches of the interval, each of several short ones.
pub const BATCHES: usize = 20;
/// The quantile 0.99 of the standard normal distribution.
const Z_99: f64 = 2.326_347_874;

/// A series of any length in bounded memory: means of groups of 5, then of 10, 20 and so on.
#[derive(Clone, Debug)]
pub struct Series {
    group: usize,
    means: Vec<f64>,
    sum: f64,
    count: usize,
}

impl Default for Series {
    fn default() -> Self {
        Self { group: GROUP, means: Vec::new(), sum: 0.0, count: 0 }
    }
}

impl Series {
    /// Adds the next value.
    pub fn push(&mut self, value: f64) {
        self.sum += value;
        self.count += 1;
        if self.count < self.group {
            return;
        }
        self.means.push(self.sum / self.group as f64);
        (self.sum, self.count) = (0.0, 0);
        if self.means.len() == MOST_GROUPS {
            self.means = self.means.chunks(2).map(|two| f64::midpoint(two[0], two[1])).collect();
            self.group *= 2;
        }
    }

    /// The steady-state mean.
    ///
    /// 1. The warm-up is cut by [`mser`] over groups of 5 (larger ones from 327,680 values on).
    /// 2. The rest is cut into 400 batches. If the correlation of the ranks of neighbours is above
    ///    0.3, they are too short: there is no interval. Ranks, because the usual correlation is
    ///    smallest in the runs that by chance lack their longest excursions, and would pass just
    ///    these (Bartels, 1982, "The rank version of von Neumann's ratio test for randomness").
    /// 3. Each 20 batches are merged into one. Their means must not drift: the ratio of von Neumann
    ///    (1941, "Distribution of the ratio of the mean square successive difference to the
    ///    variance") must not be significantly low, at 1 %.
    /// 4. They must be [`valid`] as independent values are. The interval is Student's t of 20,
    ///    adjusted for their skewness and for the remaining correlation.
    #[must_use]
    pub fn steady(&self) -> Steady {
        let values = self.means.len() * self.group;
        let mut steady = Steady {
            values,
            cut: None,
            batch: None,
            mean: None,
            correlation: None,
            interval: Err(NoInterval::ShortSeries(values)),
        };
        if self.means.len() < FINE {
            return steady;
        }
        let Some(cut) = mser(&self.means) else {
            steady.interval = Err(NoInterval::NotSteady);
            return steady;
        };
        steady.cut = Some(cut * self.group);
        let rest = &self.means[cut..];
        let size = rest.len() / FINE;
        if size == 0 {
            steady.interval = Err(NoInterval::ShortSeries(rest.len() * self.group));
            return steady;
        }
        // Values that do not fill a batch are dropped next to the warm-up.
        let rest = &rest[rest.len() - size * FINE..];
        let fine = batches(rest, size);
        if fine.iter().all(|mean| *mean == fine[0]) {
            steady.mean = Some(fine[0]);
            steady.interval = Err(NoInterval::AllAlike(fine[0]));
            return steady;
        }
        let coarse = batches(&fine, FINE / BATCHES);
        steady.batch = Some(size * self.group * FINE / BATCHES);
        steady.mean = Some(coarse.iter().sum::<f64>() / BATCHES as f64);
        let correlation = correlation(&ranks(&fine));
        steady.correlation = Some(correlation);
        steady.interval = if correlation > MOST_CORRELATION {
            Err(NoInterval::Correlated(correlation))
        } else if drifts(&coarse) {
            Err(NoInterval::Drifting)
        } else {
            valid(&coarse).map(|()| adjusted(&coarse))
        };
        steady
    }
}

/// The steady-state mean of a series, as far as it exists.
#[derive(Clone, Debug, PartialEq)]
pub struct Steady {
    /// Values of the series, without an incomplete group at its end.
    pub values: usize,
    /// Values cut off as warm-up; `None` if the series does not settle.
    pub cut: Option<usize>,
    /// Values in one of the [`BATCHES`] batches.
    pub batch: Option<usize>,
    /// Mean of the batches.
    pub mean: Option<f64>,
    /// Rank correlation of neighbours among batches of a twentieth of the size.
    pub correlation: Option<f64>,
    /// The 95 % interval of the mean, or why there is none.
    pub interval: Interval,
}

/// Number of values of the warm-up: the cut that minimises the standard error of the mean of the
/// rest, computed as for independent values. `None` if it takes half of the values.
///
/// This is MSER (White, 1997, "An effective truncation heuristic for bias reduction in simulation
/// output"), and MSER-5 of means of groups of 5 (White, Cobb and Spratt, 2000, "A comparison of
/// five steady-state truncation heuristics for simulation").
#[must_use]
pub fn mser(values: &[f64]) -> Option<usize> {
    let most = values.len() / 2;
    let (mut mean, mut squares, mut count) = (0.0, 0.0, 0.0);
    let mut best = (f64::INFINITY, most);
    // From the end on, each value updates mean and squares by the method of Welford (1962).
    for (cut, value) in values.iter().enumerate().rev() {
        count += 1.0;
        let off = value - mean;
        mean += off / count;
        squares += off * (value - mean);
        let error = squares / (count * count);
        // Among equal errors, the smallest cut.
        if cut <= most && error <= best.0 {
            best = (error, cut);
        }
    }
    (best.1 < most).then_some(best.1)
}

fn batches(values: &[f64], size: usize) -> Vec<f64> {
    values.chunks_exact(size).map(|batch| batch.iter().sum::<f64>() / size as f64).collect()
}

/// The interval of the mean of `batches` by Student's t, with the adjustments of Tafazzoli, Steiger
/// and Wilson (2011, "N-Skart: a nonsequential skewness- and autoregression-adjusted batch-means
/// procedure for simulation analysis"): the variance is multiplied by (1 + r) / (1 - r) where the
/// correlation r of neighbours is above 0, and each t by the inverse of the transformation of
/// Hall for the skewness (Willink, 2005, "A confidence interval and test for the mean of an
/// asymmetric distribution"). Batches that are neither skewed nor dependent have the usual one.
fn adjusted(batches: &[f64]) -> (f64, f64) {
    let n = batches.len() as f64;
    let mean = batches.iter().sum::<f64>() / n;
    let power = |of: i32| batches.iter().map(|value| (value - mean).powi(of)).sum::<f64>();
    let variance = power(2) / (n - 1.0);
    let skewness = n / ((n - 1.0) * (n - 2.0)) * power(3) / variance.powf(1.5);
    let correlation = correlation(batches).max(0.0);
    let error = (variance * (1.0 + correlation) / (1.0 - correlation) / n).sqrt();
    let beta = skewness / (6.0 * n.sqrt());
    let g = |t: f64| match beta.abs() < 1e-6 {
        true => t,
        false => ((1.0 + 6.0 * beta * (t - beta)).cbrt() - 1.0) / (2.0 * beta),
    };
    let t = t_quantile(batches.len());
    (mean - g(t) * error, mean - g(-t) * error)
}

/// The rank of each value, from 0; equal values share their mean rank.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut from = 0;
    for equal in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let rank = from as f64 + (equal.len() - 1) as f64 / 2.0;
        equal.iter().for_each(|&at| ranks[at] = rank);
        from += equal.len();
    }
    ranks
}

/// The correlation of neighbouring values, which must not be all equal.
fn correlation(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    let products: f64 = values.windows(2).map(|two| (two[0] - mean) * (two[1] - mean)).sum();
    products / squares
}

/// True if von Neumann's ratio is significantly low. For independent normal values it has the mean
/// 2 and the variance 4 (n - 2) / (n^2 - 1).
fn drifts(values: &[f64]) -> bool {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    let steps: f64 = values.windows(2).map(|two| (two[1] - two[0]) * (two[1] - two[0])).sum();
    squares > 0.0 && steps / squares < 2.0 - Z_99 * (4.0 * (n - 2.0) / (n * n - 1.0)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::super::validity::tests::Draws;
    use super::*;

    /// An autoregressive series of mean 10, whose neighbours have the correlation `phi`.
    fn autoregressive(seed: u64, phi: f64, count: usize) -> Series {
        let mut draws = Draws::new(seed);
        let (mut series, mut at) = (Series::default(), 0.0);
        for _ in 0..count {
            at = phi * at + draws.normal();
            series.push(10.0 + at);
        }
        series
    }

    #[test]
    fn the_warm_up_is_cut_where_it_ends() {
        let mut draws = Draws::new(5);
        let mut values: Vec<f64> = (0..1_000).map(|_| draws.normal()).collect();
        assert!(mser(&values).expect("it is steady") < 100);
        for (at, value) in values.iter_mut().enumerate().take(200) {
            *value += 20.0 * (1.0 - at as f64 / 200.0);
        }
        let cut = mser(&values).expect("it settles");
        assert!((180..230).contains(&cut), "{cut}");
        // By hand: with d cut of [9, 1, 3, 1, 3, 1], squares / count^2 is 48 / 36, 4.8 / 25 and
        // 4 / 16: the smallest is that of d = 1.
        assert_eq!(mser(&[9.0, 1.0, 3.0, 1.0, 3.0, 1.0]), Some(1));
        let rising: Vec<f64> = (0..1_000).map(f64::from).collect();
        assert_eq!(mser(&rising), None);
        assert_eq!(mser(&[4.0; 50]), Some(0));
    }

    #[test]
    fn intervals_cover_the_mean() {
        let mut covered = 0;
        let mut given = 0;
        for seed in 0..400 {
            if let Ok((from, to)) = autoregressive(seed, 0.8, 20_000).steady().interval {
                given += 1;
                covered += u32::from((from..to).contains(&10.0));
            }
        }
        assert!(given >= 380, "{given} of 400 are valid");
        let ratio = f64::from(covered) / f64::from(given);
        assert!((0.917..=0.983).contains(&ratio), "{ratio} are covered");
    }

    /// Reference: the formulas in numpy and scipy 1.17, with skewness 1.5854 and r 0.0981.
    #[test]
    fn an_interval_of_skewed_batches() {
        let batches = [
            4.1, 5.0, 3.9, 4.4, 7.9, 6.1, 4.0, 3.8, 4.6, 5.2, 4.9, 4.3, 3.7, 6.6, 5.5, 4.2, 4.8,
            5.1, 4.0, 4.5,
        ];
        let (from, to) = adjusted(&batches);
        assert!(
            (from - 4.394476658).abs() < 1e-6 && (to - 5.666606703).abs() < 1e-6,
            "{from} to {to}"
        );
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0]), [2.5, 0.0, 2.5, 1.0]);
    }

    #[test]
    fn a_series_that_has_not_settled_has_no_interval() {
        let short = autoregressive(1, 0.5, 1_000).steady();
        assert_eq!(short.interval, Err(NoInterval::ShortSeries(1_000)));
        let bound = autoregressive(1, 0.999, 20_000).steady();
        assert!(matches!(bound.interval, Err(NoInterval::Correlated(_))), "{bound:?}");
        let mut drift = Series::default();
        let mut draws = Draws::new(2);
        for at in 0..40_000 {
            drift.push(draws.normal() + f64::from(at) * 5e-6);
        }
        let drift = drift.steady();
        assert_eq!(drift.interval, Err(NoInterval::Drifting));
        assert!(drift.correlation.is_some_and(|of| of < 0.3), "seen by its batches alone");
        let mut rising = Series::default();
        (0..4_000).for_each(|at| rising.push(f64::from(at)));
        assert_eq!(rising.steady().interval, Err(NoInterval::NotSteady));
        let mut same = Series::default();
        (0..4_000).for_each(|_| same.push(0.1));
        assert_eq!(same.steady().interval, Err(NoInterval::AllAlike(0.1)));
    }

    #[test]
    fn memory_is_bounded_and_means_stay() {
        let mut series = Series::default();
        (0..1_000_000).for_each(|at| series.push(f64::from(at % 7)));
        assert!(series.means.len() < MOST_GROUPS);
        assert_eq!(series.group, 20);
        let steady = series.steady();
        assert_eq!(steady.values, 1_000_000);
        assert!((steady.mean.expect("it has one") - 3.0).abs() < 1e-3);
        assert!((45_000..=50_000).contains(&steady.batch.expect("it settles")), "{steady:?}");
    }
}
