//! The wait before a retry: formula, cap, jitter.
//!
//! Waits are drawn by key, one draw per retry, so they depend on no earlier event, except for
//! decorrelated jitter, which depends on the previous wait.

pub mod spec;

use crate::kernel::distribution::Distribution;
use crate::kernel::draw::Site;
use crate::kernel::time::Duration;
use crate::metrics::probe::{EventDefinition, EventKind, Number, Role, Stretch};

/// A backoff and the site of its draws.
#[derive(Clone, Debug)]
pub struct Backoff {
    formula: Formula,
    site: Site,
}

/// The wait before the n-th retry (from 1).
#[derive(Clone, Debug)]
pub enum Formula {
    /// No wait.
    None,
    /// v = min(cap, base x multiplier^(n - 1)), then jitter.
    Exponential {
        /// v for n = 1, 2, ... in nanoseconds; the last one holds for all later n.
        steps: Vec<f64>,
        /// Jitter of v.
        jitter: Jitter,
    },
    /// min(cap, uniform(base, 3 x previous wait)), which starts at base. Source: AWS Architecture
    /// Blog, "Exponential backoff and jitter", 2015.
    Decorrelated {
        /// Smallest wait in nanoseconds.
        base: f64,
        /// Largest wait in nanoseconds.
        cap: f64,
    },
    /// A wait drawn from this distribution.
    Random(Distribution),
}

/// The jitter of v, after the cap.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Jitter {
    /// v itself.
    None,
    /// Uniform in [0, v).
    Full,
    /// v / 2 + uniform in [0, v / 2).
    Equal,
    /// v x uniform in [1 - ratio, 1 + ratio).
    Proportional(f64),
}

/// Most steps of an exponential wait: at a useful multiplier the clock ends before.
const MAX_STEPS: usize = 1024;
const CLOCK_END_NS: f64 = u64::MAX as f64;

impl Formula {
    /// v for every retry: `base` x `multiplier`^(n - 1), at most `cap`. The multiplier is at least
    /// 1 and the cap at least `base`.
    #[must_use]
    pub fn exponential(
        base: Duration,
        multiplier: f64,
        cap: Option<Duration>,
        jitter: Jitter,
    ) -> Self {
        let cap = cap.map_or(CLOCK_END_NS, |cap| cap.as_ns() as f64);
        let mut steps = vec![(base.as_ns() as f64).min(cap)];
        while steps.len() < MAX_STEPS {
            let last = steps[steps.len() - 1];
            let next = (last * multiplier).min(cap);
            if next <= last {
                break;
            }
            steps.push(next);
        }
        Self::Exponential { steps, jitter }
    }
}

impl Backoff {
    /// Draws at another site from now on, in a branch of a split run.
    pub(in crate::model) fn fork(&mut self, branch: u64) {
        self.site = self.site.fork(branch);
    }

    /// The backoff of `formula` with draws made at `site`.
    #[must_use]
    pub const fn new(formula: Formula, site: Site) -> Self {
        Self { formula, site }
    }

    /// The wait before retry `n` (from 1) of the call with key `subject`, after its attempt number
    /// `attempt` and the wait `before`. The attempt is part of the key so that a retry inside
    /// another one, or inside a redelivery, has draws of its own each time it begins again.
    #[inline]
    #[must_use]
    pub fn wait(&self, subject: u64, n: u32, attempt: u32, before: Duration) -> Duration {
        let unit = || self.site.unit(subject, n, attempt);
        let ns = match &self.formula {
            Formula::None => return Duration::ZERO,
            Formula::Exponential { steps, jitter } => {
                let v = steps[(n as usize - 1).min(steps.len() - 1)];
                match jitter {
                    Jitter::None => v,
                    Jitter::Full => v * unit(),
                    Jitter::Equal => v / 2.0 + v / 2.0 * unit(),
                    Jitter::Proportional(ratio) => v * (1.0 - ratio + 2.0 * ratio * unit()),
                }
            }
            Formula::Decorrelated { base, cap } => {
                let before = if n == 1 { *base } else { before.as_ns() as f64 };
                (base + unit() * (3.0 * before - base)).min(*cap)
            }
            Formula::Random(distribution) => return distribution.sample(unit()),
        };
        Duration::from_ns_f64(ns)
    }
}

impl EventKind {
    /// The call will be tried again; the number is the wait before.
    pub const RETRIES: Self = Self::new(&EventDefinition {
        name: "retries",
        verb: "retries",
        number: Number::Nanoseconds,
        words: "will be tried again in {}",
        role: Role::Lasts(Stretch::wait("backoff")),
    });
}

/// The events of a backoff.
pub const EVENTS: &[EventKind] = &[EventKind::RETRIES];

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(formula: Formula, retries: u32) -> Vec<u64> {
        let backoff = Backoff::new(formula, Site::new(1, "caller", "backoff"));
        let mut before = Duration::ZERO;
        (1..=retries)
            .map(|n| {
                before = backoff.wait(5, n, n, before);
                before.as_ns()
            })
            .collect()
    }

    fn exponential(cap: Option<u64>, jitter: Jitter) -> Formula {
        Formula::exponential(Duration::from_ms(20), 2.0, cap.map(Duration::from_ms), jitter)
    }

    #[test]
    fn the_exponent_starts_at_zero_and_the_cap_holds() {
        let ms = |values: [u64; 6]| values.map(|ms| ms * 1_000_000).to_vec();
        assert_eq!(waits(exponential(Some(400), Jitter::None), 6), ms([20, 40, 80, 160, 320, 400]));
    }

    #[test]
    fn a_thousand_retries_saturate() {
        assert_eq!(waits(exponential(None, Jitter::None), 1_000)[999], u64::MAX);
        assert_eq!(waits(exponential(Some(400), Jitter::None), 1_000)[999], 400_000_000);
    }

    /// Each wait is its formula of the one number drawn for it, to the nanosecond.
    #[test]
    fn jitter_is_its_formula() {
        let unit = |n| Site::new(1, "caller", "backoff").unit(5, n, n);
        let v = |n: u32| f64::from(20 << (n - 1)) * 1e6;
        type Formula = fn(f64, f64) -> f64;
        let cases: [(Jitter, Formula); 3] = [
            (Jitter::Full, |v, unit| v * unit),
            (Jitter::Equal, |v, unit| v / 2.0 + v / 2.0 * unit),
            (Jitter::Proportional(0.2), |v, unit| v * (0.8 + 0.4 * unit)),
        ];
        for (jitter, formula) in cases {
            for (n, wait) in (1..).zip(waits(exponential(None, jitter), 8)) {
                let expected = formula(v(n), unit(n));
                assert!((wait as f64 - expected).abs() <= 1.0, "{jitter:?}: {wait}, {expected}");
            }
        }
    }

    #[test]
    fn jitter_comes_after_the_cap_and_stays_in_its_range() {
        let ranges = [
            (Jitter::Full, 0.0, 1.0),
            (Jitter::Equal, 0.5, 1.0),
            (Jitter::Proportional(0.2), 0.8, 1.2),
        ];
        for (jitter, low, high) in ranges {
            for (wait, v) in waits(exponential(Some(40), jitter), 4).iter().zip([20, 40, 40, 40]) {
                let of_v = *wait as f64 / f64::from(v * 1_000_000);
                assert!((low..high).contains(&of_v), "{jitter:?}: {of_v} of {v} ms");
            }
        }
    }
}
