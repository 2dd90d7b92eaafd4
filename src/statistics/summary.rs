//! One number over several runs.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::validity::{Interval, valid};

/// Confidence of all intervals.
pub const CONFIDENCE: f64 = 0.95;

/// One number over several independent runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Number of values.
    pub runs: usize,
    /// Arithmetic mean.
    pub mean: f64,
    /// Sample standard deviation; `None` for a single value.
    pub deviation: Option<f64>,
    /// Smallest value.
    pub min: f64,
    /// Quantile 0.05 over the runs.
    pub p5: f64,
    /// Median: the middle value, or the mean of the two in the middle.
    pub median: f64,
    /// Quantile 0.95 over the runs.
    pub p95: f64,
    /// Largest value.
    pub max: f64,
    /// The 95 % interval of the mean by Student's t, or the reason why there is none.
    pub interval: Interval,
}

/// The summary of `values`, in any order; `None` without values.
#[must_use]
pub fn summary(values: &[f64]) -> Option<Summary> {
    let sorted = sorted(values);
    let (min, max) = (*sorted.first()?, *sorted.last()?);
    let mean = mean_of(&sorted);
    Some(Summary {
        runs: sorted.len(),
        mean,
        deviation: deviation(&sorted, mean),
        min,
        p5: quantile(&sorted, 0.05),
        median: quantile(&sorted, 0.5),
        p95: quantile(&sorted, 0.95),
        max,
        interval: valid(values).map(|()| t_interval(&sorted)),
    })
}

/// The quantile `p` in [0, 1] of at least one sorted value, by type 7 of Hyndman and Fan (1996,
/// "Sample quantiles in statistical packages"), which interpolates between neighbours.
#[must_use]
pub fn quantile(sorted: &[f64], p: f64) -> f64 {
    let at = (sorted.len() - 1) as f64 * p;
    let low = at.floor() as usize;
    let (from, to) = (sorted[low], sorted[(low + 1).min(sorted.len() - 1)]);
    match from == to {
        true => from,
        false => from + (at - low as f64) * (to - from),
    }
}

/// The values in ascending order, so that sums do not depend on the order of the seeds.
pub(super) fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// The mean of sorted values. If all are equal, it is their value exactly: a rounded sum would give
/// a false deviation.
pub(super) fn mean_of(sorted: &[f64]) -> f64 {
    match sorted {
        [first, .., last] if first == last => *first,
        _ => sorted.iter().sum::<f64>() / sorted.len() as f64,
    }
}

fn deviation(sorted: &[f64], mean: f64) -> Option<f64> {
    let squares: f64 = sorted.iter().map(|value| (value - mean) * (value - mean)).sum();
    (sorted.len() > 1).then(|| (squares / (sorted.len() - 1) as f64).sqrt())
}

/// The 95 % interval of the mean of at least two independent values, without a check of validity.
pub(super) fn t_interval(values: &[f64]) -> (f64, f64) {
    let sorted = sorted(values);
    let mean = mean_of(&sorted);
    let deviation = deviation(&sorted, mean).expect("at least two values");
    let runs = sorted.len();
    let half = t_quantile(runs) * deviation / root(runs);
    (mean - half, mean + half)
}

/// The two-sided probability of a mean at least this far from 0, if the true mean is 0.
pub(super) fn t_probability(values: &[f64]) -> f64 {
    let sorted = sorted(values);
    let mean = mean_of(&sorted);
    let deviation = deviation(&sorted, mean).expect("at least two values");
    2.0 * t(sorted.len()).cdf(-(mean / (deviation / root(sorted.len()))).abs())
}

/// Half-width of the 95 % interval of the mean of `runs` normal values, in standard errors.
pub(super) fn t_quantile(runs: usize) -> f64 {
    t(runs).inverse_cdf(f64::midpoint(1.0, CONFIDENCE))
}

fn t(runs: usize) -> StudentsT {
    StudentsT::new(0.0, 1.0, (runs - 1) as f64).expect("at least one degree of freedom")
}

fn root(runs: usize) -> f64 {
    (runs as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::super::validity::NoInterval;
    use super::*;

    fn close(value: f64, expected: f64) {
        assert!((value - expected).abs() < 1e-6 * expected.abs().max(1.0), "{value}: {expected}");
    }

    #[test]
    fn summaries_are_right() {
        let values: Vec<f64> = (1..=10).map(f64::from).collect();
        let summary = summary(&values).expect("there are values");
        assert_eq!((summary.runs, summary.mean, summary.median), (10, 5.5, 5.5));
        assert_eq!((summary.min, summary.max), (1.0, 10.0));
        close(summary.p5, 1.45);
        close(summary.p95, 9.55);
        let deviation = summary.deviation.expect("more than one run");
        close(deviation, 3.027_650_354);
        let (from, to) = summary.interval.expect("ten runs of one peak");
        // t(9, 97.5 %) = 2.262157, from any printed table.
        close(to - from, 2.0 * 2.262_157_163 * deviation / 10.0_f64.sqrt());
        close(f64::midpoint(from, to), 5.5);
        assert_eq!(super::summary(&[]), None);
        let one = super::summary(&[4.0]).expect("there is a value");
        assert_eq!((one.deviation, one.p5, one.p95), (None, 4.0, 4.0));
        let nine = super::summary(&values[..9]).expect("there are values");
        assert_eq!((nine.median, nine.interval), (5.0, Err(NoInterval::FewRuns(9))));
    }

    /// `scipy.stats.ttest_1samp(values, 0)`, its `confidence_interval()` and `pvalue`; scipy 1.17.
    #[test]
    fn a_t_test_as_scipy_has_it() {
        let values = [0.3, -0.1, 0.8, 0.5, 0.2, 0.4, -0.3, 0.9, 0.1, 0.6, 0.2, 0.7];
        let (from, to) = t_interval(&values);
        close(from, 0.127_717_396_2);
        close(to, 0.588_949_270_5);
        assert!((t_probability(&values) - 0.005_724_118_048).abs() < 1e-10);
    }

    #[test]
    fn the_order_of_runs_changes_nothing() {
        let values = [0.1, 0.7, 0.3, 1e-9, 0.2, 0.45, 0.6, 0.33, 0.5, 0.9, 0.8];
        let mut other = values;
        other.reverse();
        assert_eq!(summary(&values), summary(&other));
        let same = summary(&[0.1; 12]).expect("there are values");
        assert_eq!((same.mean, same.deviation), (0.1, Some(0.0)));
    }
}
