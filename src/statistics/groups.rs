//! Detects whether numbers fall into two groups: a bistable quantity has no typical value.
//!
//! A system that recovers under one seed and collapses under the next is never at its mean. The
//! rules detect that, without false alarms for a single peak, however skewed.

use super::summary::sorted;
use super::validity::FEWEST_RUNS;

/// Largest share of the variance within two groups; the rest is between them.
const WITHIN: f64 = 0.1;
/// Smallest group, as a share of all values, because a single value may be chance.
const SMALLEST_SHARE: f64 = 0.05;
/// Smallest gap between two outcomes of ratios.
const RATIO_GAP: f64 = 0.25;
/// Smallest share of the range that the gap takes.
const GAP_OF_RANGE: f64 = 0.6;

/// Two groups of numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Groups {
    /// Values in the lower group.
    pub low_runs: usize,
    /// Mean of the lower group.
    pub low: f64,
    /// Values in the upper group.
    pub high_runs: usize,
    /// Mean of the upper group.
    pub high: f64,
    /// Largest value of the lower group.
    pub below: f64,
    /// Smallest value of the upper group.
    pub above: f64,
}

/// The two groups that `values` fall into, if they do; `None` for fewer than ten values.
///
/// They are cut where the distance of the means of both sides explains most of the variance (the
/// optimal 2-means in one dimension: Fisher, 1958, "On grouping for maximum homogeneity"), with at
/// least two values and a twentieth of all on each side. That share has to be above 0.9 + 0.5/n.
/// The best cut of a normal distribution explains 2/pi = 0.64, of a uniform one 0.75, of an
/// exponential one 0.65; samples of ten pass the limit in about one case of a hundred.
#[must_use]
pub fn groups(values: &[f64]) -> Option<Groups> {
    let n = values.len();
    if n < FEWEST_RUNS || values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let sorted = sorted(values);
    let fewest = ((n as f64 * SMALLEST_SHARE).ceil() as usize).max(2);
    let mean = sorted.iter().sum::<f64>() / n as f64;
    let total: f64 = sorted.iter().map(|value| (value - mean) * (value - mean)).sum();
    let mut sum = 0.0;
    let mut best = (0.0, 0);
    for (at, value) in sorted.iter().enumerate() {
        // The mean is subtracted first, because large numbers would lose their differences to
        // rounding.
        sum += value - mean;
        let low = at + 1;
        if low < fewest || low + fewest > n || sorted[low] == *value {
            continue;
        }
        let distance = sum / low as f64 + sum / (n - low) as f64;
        let between = low as f64 * (n - low) as f64 / n as f64 * distance * distance;
        if between > best.0 {
            best = (between, low);
        }
    }
    let (between, low) = best;
    let limit = 1.0 - WITHIN + 0.5 / n as f64;
    (low > 0 && between > limit * total).then(|| cut(&sorted, low))
}

/// The two outcomes that ratios in [0, 1] fall into, if they do: two [`groups`] whose means differ
/// by at least 0.1; or values on both sides of a gap at least 0.25 wide that takes more than 0.6 of
/// the range, so that a single collapse in 200 runs counts.
#[must_use]
pub fn outcomes(ratios: &[f64]) -> Option<Groups> {
    if let Some(groups) = groups(ratios) {
        return (groups.high - groups.low >= WITHIN).then_some(groups);
    }
    if ratios.len() < FEWEST_RUNS || ratios.iter().any(|ratio| !ratio.is_finite()) {
        return None;
    }
    let sorted = sorted(ratios);
    let gap = |at: usize| sorted[at] - sorted[at - 1];
    let widest = (1..sorted.len()).max_by(|&a, &b| gap(a).total_cmp(&gap(b)))?;
    let range = sorted[sorted.len() - 1] - sorted[0];
    let wide = gap(widest) >= RATIO_GAP && gap(widest) > GAP_OF_RANGE * range;
    wide.then(|| cut(&sorted, widest))
}

fn cut(sorted: &[f64], low: usize) -> Groups {
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
    let (lower, upper) = sorted.split_at(low);
    Groups {
        low_runs: lower.len(),
        low: mean(lower),
        high_runs: upper.len(),
        high: mean(upper),
        below: lower[lower.len() - 1],
        above: upper[0],
    }
}

#[cfg(test)]
mod tests {
    use super::super::validity::tests::{Draws, SHAPES};
    use super::*;

    /// Share of 400 samples that fall into groups, in percent.
    fn alarms(runs: usize, draw: fn(&mut Draws) -> f64, rule: fn(&[f64]) -> bool) -> f64 {
        let mut draws = Draws::new(7);
        let sample = |_| (0..runs).map(|_| draw(&mut draws)).collect::<Vec<_>>();
        (0..400).map(sample).filter(|sample| rule(sample)).count() as f64 / 4.0
    }

    #[test]
    fn one_peak_is_one_peak_however_skewed() {
        for runs in [10, 20, 30, 200] {
            for (name, draw) in SHAPES {
                let wrong = alarms(runs, draw, |sample| groups(sample).is_some());
                assert!(wrong <= 3.0, "{name}, {runs} runs: {wrong} %");
            }
        }
    }

    #[test]
    fn ratios_of_one_peak_have_one_outcome() {
        // Successes of 100 requests, of which 95 %, 60 % or anything succeed; and a skewed ratio.
        let shapes: [fn(&mut Draws) -> f64; 4] = [
            |draws| 1.0 - draws.exponential() * 0.05,
            |draws| 0.6 + draws.normal() * 0.08,
            Draws::uniform,
            |draws| draws.uniform().powf(0.2),
        ];
        for runs in [10, 20, 200] {
            for (at, draw) in shapes.into_iter().enumerate() {
                let wrong = alarms(runs, draw, |sample| outcomes(sample).is_some());
                assert!(wrong <= 5.0, "shape {at}, {runs} runs: {wrong} %");
            }
        }
    }

    #[test]
    fn two_peaks_are_detected() {
        let even = |draws: &mut Draws| match draws.uniform() < 0.5 {
            true => 0.3 + draws.normal() * 0.05,
            false => 0.9 + draws.normal() * 0.05,
        };
        for runs in [20, 30, 200, 1_000] {
            let seen = alarms(runs, even, |sample| groups(sample).is_some());
            assert!(seen >= 99.0, "{runs} runs: {seen} %");
        }
        let mut draws = Draws::new(1);
        let sample: Vec<f64> = (0..200).map(|_| even(&mut draws)).collect();
        let split = groups(&sample).expect("two peaks");
        assert_eq!(split.low_runs, sample.iter().filter(|value| **value < 0.6).count());
        assert_eq!(split.low_runs + split.high_runs, 200);
        assert!((split.low - 0.3).abs() < 0.02 && (split.high - 0.9).abs() < 0.02, "{split:?}");
        assert!(split.below < 0.6 && split.above > 0.6);
        // Location and scale do not matter.
        let moved: Vec<f64> = sample.iter().map(|value| 1e9 + value * 1e3).collect();
        assert_eq!(groups(&moved).map(|moved| moved.low_runs), Some(split.low_runs));
    }

    #[test]
    fn one_collapse_in_two_hundred_runs_is_an_outcome() {
        let mut ratios: Vec<f64> = (0..200).map(|at| 0.97 + f64::from(at) * 1e-4).collect();
        assert_eq!(outcomes(&ratios), None);
        ratios[17] = 0.31;
        let split = outcomes(&ratios).expect("one run is like no other");
        assert_eq!((split.low_runs, split.high_runs, split.low), (1, 199, 0.31));
        assert_eq!(outcomes(&ratios[..9]), None);
        // Groups too close to be collapse and recovery.
        let near: Vec<f64> = (0..20).map(|at| if at < 10 { 0.95 } else { 0.96 }).collect();
        assert!(groups(&near).is_some());
        assert_eq!(outcomes(&near), None);
    }

    #[test]
    fn equal_values_are_one_group_and_two_values_are_two() {
        assert_eq!(groups(&[4.0; 30]), None);
        let two: Vec<f64> = (0..30).map(|at| f64::from(at % 3 / 2)).collect();
        let split = groups(&two).expect("two values");
        assert_eq!((split.low_runs, split.low, split.high_runs, split.high), (20, 0.0, 10, 1.0));
        assert_eq!(groups(&[f64::NAN; 30]), None);
    }
}
