//! The formulas of waits.

use super::spec::Decorrelation;
use crate::kernel::distribution::Distribution;
use crate::kernel::fpmath::{exp, pow, sqrt};
use crate::kernel::time::Duration;

/// The wait before the n-th retry (from 1).
#[derive(Clone, Debug)]
pub enum Formula {
    /// No wait.
    None,
    /// A value v(n) that grows, with jitter.
    Growing(Growing),
    /// A wait that is drawn around those before.
    Decorrelated {
        /// Smallest wait in nanoseconds.
        base: f64,
        /// Largest wait in nanoseconds.
        cap: f64,
        /// How the waits before enter.
        form: Decorrelation,
    },
    /// A wait drawn from this distribution.
    Random(Distribution),
}

/// A value v(n) that grows, with jitter. Where waits are whole multiples of a grain, all is
/// computed in grains, as by the libraries that count in milliseconds or seconds; otherwise in
/// nanoseconds.
#[derive(Clone, Debug)]
pub struct Growing {
    /// The wait before the first retry, in nanoseconds, if it is another one than that of the
    /// formula.
    pub first: Option<f64>,
    /// v for n = 1, 2, ..., before jitter.
    pub growth: Growth,
    /// Jitter of v.
    pub jitter: Jitter,
    /// Largest wait after jitter, in nanoseconds.
    pub cap: f64,
    /// Nanoseconds of a grain, to whose multiples waits are rounded down; `None` without.
    pub grain: Option<f64>,
    /// 1 where the upper end of the jitter, in grains, can be drawn as well; otherwise 0.
    pub inclusive: f64,
}

/// The growth of v, in grains or nanoseconds.
#[derive(Clone, Debug)]
pub enum Growth {
    /// v for n = 1, 2, ...; the last one holds for all later n.
    Steps(Vec<f64>),
    /// min(cap, base + factor x (n - 1)^power).
    Polynomial {
        /// v for n = 1.
        base: f64,
        /// Factor of the power.
        factor: f64,
        /// Power of n - 1.
        power: f64,
        /// Largest v.
        cap: f64,
    },
}

/// The jitter of v.
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
    /// v x uniform in [1, 1 + ratio).
    Additive(f64),
    /// v + uniform in [0, most).
    Extra(f64),
    /// v + uniform in [0, n x most).
    GrowingExtra(f64),
}

/// Most steps of an exponential wait: at a useful multiplier the clock ends before.
const MAX_STEPS: usize = 1024;
pub(super) const CLOCK_END_NS: f64 = u64::MAX as f64;
/// A tick of .NET's `TimeSpan`.
const TICK_NS: f64 = 100.0;

impl Growth {
    /// v for every retry: `base` x `multiplier`^(n - 1), at most `cap`; in `whole` numbers, each
    /// step is rounded down before the next is made of it. The multiplier is at least 1 and the cap
    /// at least `base`.
    #[must_use]
    pub fn exponential(base: f64, multiplier: f64, cap: f64, whole: bool) -> Vec<f64> {
        let rounded = |v: f64| if whole { v.floor() } else { v };
        let mut steps = vec![rounded(base).min(cap)];
        while steps.len() < MAX_STEPS {
            let last = steps[steps.len() - 1];
            let next = rounded(last * multiplier).min(cap);
            if next <= last {
                break;
            }
            steps.push(next);
        }
        steps
    }

    #[inline]
    fn at(&self, n: u32) -> f64 {
        match self {
            Self::Steps(steps) => steps[(n as usize - 1).min(steps.len() - 1)],
            Self::Polynomial { base, factor, power, cap } => {
                (base + factor * pow(f64::from(n - 1), *power)).min(*cap)
            }
        }
    }
}

impl Growing {
    /// The wait before retry `n` (from 1), in nanoseconds; it grows with `unit`, drawn in [0, 1).
    #[inline]
    pub(super) fn wait(&self, n: u32, unit: impl FnOnce() -> f64) -> f64 {
        if let (1, Some(first)) = (n, self.first) {
            return first;
        }
        let v = self.growth.at(n);
        let jittered = match self.jitter {
            Jitter::None => v,
            jitter => {
                let unit = unit();
                jitter.of(v, n, unit, self.grain.is_some()) + self.inclusive * unit
            }
        };
        let ns = self.grain.map_or(jittered, |grain| jittered.floor() * grain);
        ns.min(self.cap)
    }
}

impl Jitter {
    /// v with the jitter of the number drawn; in `whole` grains as resilience4j computes it.
    #[inline]
    fn of(self, v: f64, n: u32, unit: f64, whole: bool) -> f64 {
        match self {
            Self::None => v,
            Self::Full => v * unit,
            Self::Equal => v / 2.0 + v / 2.0 * unit,
            Self::Proportional(ratio) if whole => {
                let (least, most) = (v - v * ratio, v + v * ratio);
                least + unit * (most - least)
            }
            Self::Proportional(ratio) => v * (1.0 - ratio + 2.0 * ratio * unit),
            Self::Additive(ratio) => v + v * ratio * unit,
            Self::Extra(most) => v + most * unit,
            Self::GrowingExtra(most) => v + f64::from(n) * most * unit,
        }
    }
}

impl Formula {
    /// The wait before retry `n` (from 1), with `unit` drawn in [0, 1) where there is jitter. The
    /// `memory` is that of the call: 0 before the first retry.
    #[inline]
    #[must_use]
    pub fn wait(&self, n: u32, memory: &mut u64, unit: impl FnOnce() -> f64) -> Duration {
        match self {
            Self::None => Duration::ZERO,
            Self::Growing(growing) => Duration::from_ns_f64(growing.wait(n, unit)),
            Self::Decorrelated { base, cap, form } => form.wait((*base, *cap), n, memory, unit()),
            Self::Random(distribution) => distribution.sample(unit()),
        }
    }
}

impl Decorrelation {
    fn wait(self, (base, cap): (f64, f64), n: u32, memory: &mut u64, unit: f64) -> Duration {
        let before = *memory as f64;
        let ns = match self {
            Self::FromBase => {
                let before = if n == 1 { base } else { before };
                (base + unit * (3.0 * before - base)).min(cap)
            }
            Self::FromPrevious | Self::RandomWalk if n == 1 => base.min(cap),
            Self::FromPrevious => before + unit * ((3.0 * before).min(cap) - before),
            Self::RandomWalk => {
                let upper = before * pow(2.0, f64::from((n - 1).min(62)));
                if upper < cap { upper * unit } else { cap }
            }
            Self::Smooth => {
                let before = f64::from_bits(*memory);
                let t = f64::from(n - 1) + unit;
                let g = pow(2.0, t) * tanh(sqrt(4.0 * t));
                *memory = g.to_bits();
                let ns = if g.is_finite() { (g - before) * base / 1.4 } else { CLOCK_END_NS };
                return Duration::from_ns_f64(((ns / TICK_NS).floor() * TICK_NS).min(cap));
            }
        };
        let wait = Duration::from_ns_f64(ns);
        *memory = wait.as_ns();
        wait
    }
}

/// tanh(x) for x >= 0.
fn tanh(x: f64) -> f64 {
    let squared = exp(-2.0 * x);
    (1.0 - squared) / (1.0 + squared)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::draw::Site;
    use crate::model::mechanism::backoff::Backoff;

    fn waits(formula: Formula, retries: u32) -> Vec<u64> {
        let backoff = Backoff::new(formula, Site::new(1, "caller", "backoff"));
        let mut memory = 0;
        (1..=retries).map(|n| backoff.wait(5, n, n, &mut memory).as_ns()).collect()
    }

    fn exponential(cap: Option<u64>, jitter: Jitter) -> Formula {
        let cap = cap.map_or(CLOCK_END_NS, |cap| cap as f64 * 1e6);
        let growth = Growth::Steps(Growth::exponential(20e6, 2.0, cap, false));
        let (first, grain, inclusive) = (None, None, 0.0);
        Formula::Growing(Growing { first, growth, jitter, cap: CLOCK_END_NS, grain, inclusive })
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
