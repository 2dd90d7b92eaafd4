//! Paired differences, and the correction of several tests.

use super::summary::{Summary, summary, t_probability};
use super::validity::NoInterval;

/// The differences of pairs of runs that share a seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Summary of the second less the first; its interval is the paired t interval.
    pub summary: Summary,
    /// Probability of a mean at least this far from 0 without a true difference (p value); `None`
    /// if the differences have no valid interval.
    pub probability: Option<f64>,
}

/// The differences `b - a` of equally many runs, pair by pair; `None` without pairs.
///
/// The interval and the probability are those of Student's t of the differences ("Student", 1908,
/// "The probable error of a mean"). If all differences are one and the same number other than 0,
/// the probability is that of the sign test: 2 to the power of 1 - n.
#[must_use]
pub fn difference(a: &[f64], b: &[f64]) -> Option<Difference> {
    let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| b - a).collect();
    let summary = summary(&differences)?;
    let probability = match &summary.interval {
        Ok(_) => Some(t_probability(&differences)),
        Err(NoInterval::AllAlike(0.0)) => Some(1.0),
        Err(NoInterval::AllAlike(_)) => Some(2.0 * 0.5_f64.powf(differences.len() as f64)),
        Err(_) => None,
    };
    Some(Difference { summary, probability })
}

impl Difference {
    /// True if the difference is significant: the interval excludes 0, or all pairs differ by the
    /// same number.
    #[must_use]
    pub fn is_shown(&self) -> bool {
        match self.summary.interval {
            Ok((from, to)) => from > 0.0 || to < 0.0,
            Err(NoInterval::AllAlike(by)) => by != 0.0,
            Err(_) => false,
        }
    }
}

/// Probabilities of several tests, corrected for their number: if every one below 0.05 counts as
/// significant, the probability of any false positive is below 0.05 (Holm, 1979, "A simple
/// sequentially rejective multiple test procedure"). The tests may depend on each other.
#[must_use]
pub fn holm(probabilities: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_by(|&a, &b| probabilities[a].total_cmp(&probabilities[b]));
    let mut corrected = vec![0.0; probabilities.len()];
    let mut so_far = 0.0_f64;
    for (at, &index) in order.iter().enumerate() {
        let times = (probabilities.len() - at) as f64;
        so_far = so_far.max((probabilities[index] * times).min(1.0));
        corrected[index] = so_far;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sleep data of "Student" (1908), as every textbook and `t.test(.., paired = TRUE)` of R
    /// have them: t = 4.0621, p = 0.002833, 95 % interval 0.7001142 to 2.4598858.
    #[test]
    fn the_sleep_of_ten_patients() {
        let a = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
        let b = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
        let difference = difference(&a, &b).expect("ten pairs");
        assert!((difference.summary.mean - 1.58).abs() < 1e-12);
        assert!((difference.probability.expect("it is valid") - 0.002_833).abs() < 1e-6);
        let (from, to) = difference.summary.interval.clone().expect("it is valid");
        assert!((from - 0.700_114_2).abs() < 1e-6 && (to - 2.459_885_8).abs() < 1e-6);
        assert!(difference.is_shown());
        let back = super::difference(&b, &a).expect("ten pairs");
        assert!((back.summary.mean + 1.58).abs() < 1e-12 && back.is_shown());
    }

    #[test]
    fn pairs_that_all_differ_by_the_same() {
        let a: Vec<f64> = (0..12).map(f64::from).collect();
        let b: Vec<f64> = a.iter().map(|a| a + 2.0).collect();
        let same = difference(&a, &a).expect("twelve pairs");
        assert_eq!((same.probability, same.is_shown()), (Some(1.0), false));
        let more = difference(&a, &b).expect("twelve pairs");
        assert_eq!((more.probability, more.is_shown()), (Some(2.0 / 4096.0), true));
        let few = difference(&a[..9], &b[..9]).expect("nine pairs");
        assert_eq!((few.probability, few.is_shown()), (None, false));
        assert_eq!(difference(&[], &[]), None);
    }

    /// `statsmodels.stats.multitest.multipletests(.., method="holm")`, and R's `p.adjust`.
    #[test]
    fn holm_as_r_has_it() {
        let corrected = holm(&[0.01, 0.04, 0.03, 0.005]);
        for (one, expected) in corrected.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((one - expected).abs() < 1e-12, "{corrected:?}");
        }
        assert_eq!(holm(&[0.6, 0.7]), [1.0, 1.0]);
        assert_eq!(holm(&[]), [0.0; 0]);
    }
}
