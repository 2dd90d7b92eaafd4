//! The probability of an event that happened in some of many independent runs.

use crate::kernel::fpmath::{ln, ln_1p};
use statrs::distribution::{Beta, ContinuousCDF, Normal};

/// A number of hits among runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Proportion {
    /// Runs in which the event happened, at most `runs`.
    pub hits: u64,
    /// All runs.
    pub runs: u64,
}

impl Proportion {
    /// Share of hits, in [0, 1]; `None` without runs.
    #[must_use]
    pub fn ratio(self) -> Option<f64> {
        (self.runs > 0).then(|| self.hits as f64 / self.runs as f64)
    }

    /// The two-sided interval of Wilson (1927, "Probable inference, the law of succession, and
    /// statistical inference") of the probability, at `confidence` in (0, 1). Unlike the normal
    /// approximation it is sound near 0 and 1 and with few runs. Without runs it is [0, 1].
    #[must_use]
    pub fn wilson(self, confidence: f64) -> (f64, f64) {
        let Some(p) = self.ratio() else {
            return (0.0, 1.0);
        };
        let z = Normal::standard().inverse_cdf(f64::midpoint(1.0, confidence));
        let n = self.runs as f64;
        let scale = 1.0 + z * z / n;
        let centre = (p + z * z / (2.0 * n)) / scale;
        let half = z / scale * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
        // At the ends the exact result is 0 or 1, but rounding may miss it.
        let low = if self.hits == 0 { 0.0 } else { (centre - half).max(0.0) };
        let high = if self.hits == self.runs { 1.0 } else { (centre + half).min(1.0) };
        (low, high)
    }

    /// The lower bound of the probability at `confidence`, by the exact one-sided bound of Clopper
    /// and Pearson (1934, "The use of confidence or fiducial limits"): a smaller probability gives
    /// this many hits with a chance of less than 1 - `confidence`.
    #[must_use]
    pub fn at_least(self, confidence: f64) -> f64 {
        match self.hits {
            0 => 0.0,
            hits => beta_quantile(1.0 - confidence, hits, self.runs - hits + 1),
        }
    }

    /// The upper bound of the probability at `confidence`, the counterpart of
    /// [`Proportion::at_least`]. With no hit in 299 runs it is below 1 % at 95 %.
    #[must_use]
    pub fn at_most(self, confidence: f64) -> f64 {
        match self.runs - self.hits {
            0 => 1.0,
            misses => beta_quantile(confidence, self.hits + 1, misses),
        }
    }
}

/// Number of runs without a hit that shows, at `confidence`, a probability below `ratio`, both in
/// (0, 1); fewer runs can never show it.
#[must_use]
pub fn runs_to_show_below(ratio: f64, confidence: f64) -> u64 {
    (ln(1.0 - confidence) / ln_1p(-ratio)).ceil() as u64
}

fn beta_quantile(p: f64, a: u64, b: u64) -> f64 {
    let beta = Beta::new(a as f64, b as f64).expect("both shapes are at least 1");
    beta.inverse_cdf(p)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(value: f64, expected: f64) {
        assert!((value - expected).abs() < 5e-5, "{value} is not {expected}");
    }

    /// Newcombe (1998), "Two-sided confidence intervals for the single proportion", table I.
    #[test]
    fn wilson_as_published() {
        for (hits, runs, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let (from, to) = Proportion { hits, runs }.wilson(0.95);
            close(from, low);
            close(to, high);
        }
        assert_eq!(Proportion { hits: 0, runs: 0 }.wilson(0.95), (0.0, 1.0));
        assert_eq!(Proportion { hits: 9, runs: 9 }.wilson(0.95).1, 1.0);
    }

    /// The same table's exact intervals, each side of them at 97.5 %.
    #[test]
    fn exact_bounds_as_published() {
        for (hits, runs, low, high) in [
            (81, 263, 0.2527, 0.3676),
            (15, 148, 0.0578, 0.1617),
            (0, 20, 0.0, 0.1684),
            (1, 29, 0.0009, 0.1776),
        ] {
            let seen = Proportion { hits, runs };
            close(seen.at_least(0.975), low);
            close(seen.at_most(0.975), high);
        }
        assert_eq!(Proportion { hits: 9, runs: 9 }.at_most(0.95), 1.0);
    }

    #[test]
    fn the_rule_of_three() {
        assert_eq!(runs_to_show_below(0.01, 0.95), 299);
        assert!(Proportion { hits: 0, runs: 299 }.at_most(0.95) < 0.01);
        assert!(Proportion { hits: 0, runs: 298 }.at_most(0.95) > 0.01);
        assert!(Proportion { hits: 1, runs: 299 }.at_most(0.95) > 0.01);
    }
}
