//! The bounds of waits, for lints.

use super::Growing;
use super::spec::Decorrelation;
use crate::kernel::fpmath::pow;

/// Most waits of a call that are summed one by one. Later waits are all equal, or longer than any
/// timeout.
pub(in crate::model::mechanism) const MAX_SUMMED: u64 = 10_000;

/// The bounds of one wait.
#[derive(Clone, Copy, Debug)]
pub(in crate::model::mechanism) struct Wait {
    pub(in crate::model::mechanism) least_ns: f64,
    /// `None` if nothing bounds it.
    pub(in crate::model::mechanism) most_ns: Option<f64>,
}

/// The bounds of the waits of a backoff.
#[derive(Clone, Debug)]
pub(in crate::model::mechanism) enum Bounds {
    /// The same for each wait.
    Always(Wait),
    /// Those of a formula, which grows with the number drawn.
    Growing(Growing),
    /// Those of decorrelated jitter, with base and cap in nanoseconds.
    Around(f64, Option<f64>, Decorrelation),
}

impl Bounds {
    /// The wait before retry `n`, from 1.
    pub(in crate::model::mechanism) fn wait(&self, n: u64) -> Wait {
        let n = n.min(MAX_SUMMED) as u32;
        match self {
            Self::Always(wait) => *wait,
            Self::Growing(growing) => {
                Wait { least_ns: growing.wait(n, || 0.0), most_ns: Some(growing.wait(n, || 1.0)) }
            }
            Self::Around(base, cap, form) => {
                let (least_ns, most_ns) = around(*base, *form, n);
                let capped = cap.map_or(most_ns, |cap| most_ns.min(cap));
                Wait { least_ns, most_ns: Some(capped) }
            }
        }
    }

    /// The smallest sum of the waits of a call with this number of retries.
    pub(in crate::model::mechanism) fn least_ns(&self, retries: u64) -> f64 {
        let counted = retries.min(MAX_SUMMED);
        let sum: f64 = (1..=counted).map(|n| self.wait(n).least_ns).sum();
        // The last wait that is summed holds for all later ones, or they are longer.
        sum + (retries - counted) as f64 * self.wait(counted.max(1)).least_ns
    }
}

/// Least and most of the n-th wait of decorrelated jitter, before its cap.
fn around(base: f64, form: Decorrelation, n: u32) -> (f64, f64) {
    let n = f64::from(n);
    match form {
        Decorrelation::FromBase => (base, base * pow(3.0, n)),
        Decorrelation::FromPrevious => (base, base * pow(3.0, n - 1.0)),
        // Each bound is that of the longest of all waits before.
        Decorrelation::RandomWalk if n == 1.0 => (base, base),
        Decorrelation::RandomWalk => (0.0, base * pow(2.0, n * (n - 1.0) / 2.0)),
        // g(n) is at most 2^n, and g(n - 1) at least 0.
        Decorrelation::Smooth => (0.0, base * pow(2.0, n) / 1.4),
    }
}
