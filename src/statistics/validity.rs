//! Validity of an interval of a mean, and the reasons against it.

use super::groups::{Groups, groups};
use super::summary::{mean_of, sorted};

/// Fewest runs of an interval: with fewer it would depend on the unknown shape of the distribution.
pub const FEWEST_RUNS: usize = 10;
/// Fewest values that differ from the most frequent one.
const FEWEST_OTHERS: usize = 5;
/// Fewest runs for an estimate of the tail index.
const RUNS_FOR_TAIL: usize = 50;
/// Share of the largest deviations that counts as the tail.
const TAIL: f64 = 0.1;

/// The interval of a mean, or the reason why there is none.
pub type Interval = Result<(f64, f64), NoInterval>;

/// Reasons why a mean has no valid interval.
#[derive(Clone, Debug, PartialEq)]
pub enum NoInterval {
    /// Fewer than ten values.
    FewRuns(usize),
    /// A value is infinite or not a number.
    NotFinite,
    /// All values equal this one, so their spread says nothing about values not seen.
    AllAlike(f64),
    /// All values but this many are equal.
    FewDiffer(usize),
    /// Values fall into two groups.
    TwoGroups(Groups),
    /// One value makes up this share of the variance, so another like it would change the mean.
    OneValue(f64),
    /// The tail index, by Hill's estimate, is so low that the variance may be infinite.
    HeavyTail(f64),
    /// The variance is known to be infinite, for this reason.
    NoVariance(String),
    /// A series of this many values is too short for batches.
    ShortSeries(usize),
    /// The series settles only in its second half, or not at all.
    NotSteady,
    /// Batches have this rank correlation of neighbours, which is too high.
    Correlated(f64),
    /// Batches drift: von Neumann's ratio is too low.
    Drifting,
    /// There is no steady state, for this reason.
    NoSteadyState(String),
}

impl NoInterval {
    /// Name in data, in snake case.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::FewRuns(_) => "few_runs",
            Self::NotFinite => "not_finite",
            Self::AllAlike(_) => "all_alike",
            Self::FewDiffer(_) => "few_differ",
            Self::TwoGroups(_) => "two_groups",
            Self::OneValue(_) => "one_value",
            Self::HeavyTail(_) => "heavy_tail",
            Self::NoVariance(_) => "no_variance",
            Self::ShortSeries(_) => "short_series",
            Self::NotSteady => "not_steady",
            Self::Correlated(_) => "correlated",
            Self::Drifting => "drifting",
            Self::NoSteadyState(_) => "no_steady_state",
        }
    }
}

impl std::fmt::Display for NoInterval {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::FewRuns(1) => write!(f, "one run; it takes {FEWEST_RUNS}"),
            Self::FewRuns(runs) => write!(f, "{runs} runs; it takes {FEWEST_RUNS}"),
            Self::NotFinite => write!(f, "a value is not finite"),
            Self::AllAlike(_) => write!(f, "every run gave the same value"),
            Self::FewDiffer(runs) => {
                write!(f, "all runs but {runs} gave the same value; it takes {FEWEST_OTHERS}")
            }
            Self::TwoGroups(groups) => write!(
                f,
                "two groups of runs, {} and {}, with nothing in between: no run is like the mean",
                groups.low_runs, groups.high_runs
            ),
            Self::OneValue(share) => write!(
                f,
                "one run makes up {:.0} % of the variance: another like it would move the mean",
                (share * 100.0).floor()
            ),
            Self::HeavyTail(index) => {
                write!(f, "a heavy tail, of index {index:.1}: there may be no variance")
            }
            Self::NoVariance(why) | Self::NoSteadyState(why) => write!(f, "{why}"),
            Self::ShortSeries(values) => {
                write!(f, "{values} values are left of the run, too few for batches")
            }
            Self::NotSteady => write!(f, "it has not settled by the middle of the run"),
            Self::Correlated(correlation) => write!(
                f,
                "batches still depend on each other (correlation {correlation:.2}): run longer"
            ),
            Self::Drifting => write!(f, "it drifts over the run: batches follow each other"),
        }
    }
}

/// Checks that the mean of independent `values` may have an interval by Student's t.
///
/// # Errors
/// The first that applies: fewer than ten values; one that is not finite; all alike; all alike but
/// for fewer than five, the rule of thumb for means of what seldom happens; two [`groups`]; one
/// value that makes up more of the sum of squared deviations than L / (n + L), with
/// L = (ln n + 4.6)^2; from 50 values on, a tail index that is significantly below 2.
///
/// The largest square over the sum of squares goes to 0 with n if and only if there is a variance
/// (Embrechts, Klueppelberg and Mikosch, 1997, "Modelling extremal events", section 6.2.6); the
/// limit is passed by one sample in a hundred of an exponential distribution. The index is that of
/// Hill (1975, "A simple general approach to inference about the tail of a distribution"), of the
/// distances from the median, over the largest tenth; its inverse has a standard error of itself
/// over the root of the number of values in the tail, and is significant at 1.645 of them.
pub fn valid(values: &[f64]) -> Result<(), NoInterval> {
    let n = values.len();
    if n < FEWEST_RUNS {
        return Err(NoInterval::FewRuns(n));
    }
    if values.iter().any(|value| !value.is_finite()) {
        return Err(NoInterval::NotFinite);
    }
    let sorted = sorted(values);
    if sorted[0] == sorted[n - 1] {
        return Err(NoInterval::AllAlike(sorted[0]));
    }
    let most = sorted.chunk_by(|a, b| a == b).map(<[f64]>::len).max().unwrap_or(0);
    if n - most < FEWEST_OTHERS {
        return Err(NoInterval::FewDiffer(n - most));
    }
    if let Some(groups) = groups(values) {
        return Err(NoInterval::TwoGroups(groups));
    }
    let mean = mean_of(&sorted);
    let squares = || sorted.iter().map(|value| (value - mean) * (value - mean));
    let largest = squares().fold(0.0, f64::max);
    let share = largest / squares().sum::<f64>();
    let l = ((n as f64).ln() + 4.6) * ((n as f64).ln() + 4.6);
    if share > l / (n as f64 + l) {
        return Err(NoInterval::OneValue(share));
    }
    match tail(&sorted) {
        Some(index) => Err(NoInterval::HeavyTail(index)),
        None => Ok(()),
    }
}

/// The index of the tail, if it is significantly below 2.
fn tail(sorted: &[f64]) -> Option<f64> {
    let n = sorted.len();
    if n < RUNS_FOR_TAIL {
        return None;
    }
    let median = super::summary::quantile(sorted, 0.5);
    let mut distances: Vec<f64> = sorted.iter().map(|value| (value - median).abs()).collect();
    distances.sort_by(f64::total_cmp);
    let k = (n as f64 * TAIL) as usize;
    let from = distances[n - k - 1];
    if from == 0.0 {
        return None;
    }
    let logs: f64 = distances[n - k..].iter().map(|distance| (distance / from).ln()).sum();
    let inverse = logs / k as f64;
    let significant = inverse > 0.5 * (1.0 + 1.645 / (k as f64).sqrt());
    significant.then(|| 1.0 / inverse)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A generator for samples of known shapes.
    pub(in crate::statistics) struct Draws(u64);

    impl Draws {
        pub(in crate::statistics) fn new(seed: u64) -> Self {
            Self(seed)
        }

        /// Uniform in (0, 1): splitmix64.
        pub(in crate::statistics) fn uniform(&mut self) -> f64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^= z >> 31;
            ((z >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
        }

        pub(in crate::statistics) fn exponential(&mut self) -> f64 {
            -self.uniform().ln()
        }

        /// By Box and Muller.
        pub(in crate::statistics) fn normal(&mut self) -> f64 {
            let radius = (2.0 * self.exponential()).sqrt();
            radius * (std::f64::consts::TAU * self.uniform()).cos()
        }

        pub(in crate::statistics) fn pareto(&mut self, alpha: f64) -> f64 {
            (self.exponential() / alpha).exp()
        }
    }

    /// A distribution to draw from, and its name.
    pub(in crate::statistics) type Shape = (&'static str, fn(&mut Draws) -> f64);

    /// Shapes with one peak and a variance.
    pub(in crate::statistics) const SHAPES: [Shape; 5] = [
        ("normal", |draws| 100.0 + 5.0 * draws.normal()),
        ("uniform", Draws::uniform),
        ("exponential", Draws::exponential),
        ("gamma", |draws| (0..4).map(|_| draws.exponential()).sum()),
        ("lognormal", |draws| (0.5 * draws.normal()).exp()),
    ];

    fn refused(runs: usize, draw: impl Fn(&mut Draws) -> f64) -> f64 {
        let mut draws = Draws::new(3);
        let sample = |_| (0..runs).map(|_| draw(&mut draws)).collect::<Vec<_>>();
        (0..400).map(sample).filter(|sample| valid(sample).is_err()).count() as f64 / 4.0
    }

    #[test]
    fn what_has_a_variance_is_seldom_refused() {
        for runs in [10, 30, 50, 200] {
            for (name, draw) in SHAPES {
                let wrong = refused(runs, draw);
                assert!(wrong <= 5.0, "{name}, {runs} runs: {wrong} %");
            }
        }
    }

    #[test]
    fn what_has_none_is_refused_once_there_are_runs_enough() {
        for (runs, alpha, least) in [(200, 1.2, 90.0), (200, 1.5, 75.0), (1_000, 1.5, 99.0)] {
            let right = refused(runs, |draws| draws.pareto(alpha));
            assert!(right >= least, "alpha {alpha}, {runs} runs: {right} %");
        }
    }

    #[test]
    fn every_refusal_names_its_reason() {
        let ten: Vec<f64> = (0..10).map(f64::from).collect();
        assert_eq!(valid(&ten), Ok(()));
        assert_eq!(valid(&ten[..9]), Err(NoInterval::FewRuns(9)));
        let with = |value: f64| [&ten[..9], &[value]].concat();
        assert_eq!(valid(&with(f64::INFINITY)), Err(NoInterval::NotFinite));
        assert_eq!(valid(&with(f64::NAN)), Err(NoInterval::NotFinite));
        assert_eq!(valid(&[0.1; 12]), Err(NoInterval::AllAlike(0.1)));
        let rare: Vec<f64> = (0..200).map(|at| f64::from(at / 196)).collect();
        assert_eq!(valid(&rare), Err(NoInterval::FewDiffer(4)));
        let rare: Vec<f64> = (0..200).map(|at| f64::from(at / 195)).collect();
        assert_eq!(valid(&rare), Ok(()), "five of two hundred");
        let two: Vec<f64> = (0..12).map(|at| f64::from(at % 2)).collect();
        let Err(NoInterval::TwoGroups(groups)) = valid(&two) else {
            panic!("two values are two groups");
        };
        assert_eq!((groups.low_runs, groups.high_runs), (6, 6));
        // Nine values that spread 60 and one at a thousand: (982.8^2) / (982.8^2 + ..) = 0.9.
        let Err(NoInterval::OneValue(share)) = valid(&with(1_000.0)) else {
            panic!("one value carries the variance");
        };
        assert!((share - 0.899_95).abs() < 1e-4, "{share}");
        let words = NoInterval::OneValue(share).to_string();
        assert!(words.starts_with("one run makes up 89 % of the variance"), "{words}");
    }
}
