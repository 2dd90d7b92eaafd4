//! Virtual time: integer nanoseconds, as two types.
//!
//! An [`Instant`] is a point of a run, a [`Duration`] a distance between two. `Instant + Instant`
//! does not compile, sums are checked, and there is no wall clock and no float epsilon.

use core::fmt;
use core::ops::Sub;

const NS_PER_US: u64 = 1_000;
const NS_PER_MS: u64 = 1_000_000;
const NS_PER_S: u64 = 1_000_000_000;

/// A point in virtual time: nanoseconds since the start of the run, up to about 584 years.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

/// A span of virtual time in nanoseconds, up to about 584 years.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(u64);

impl Instant {
    /// The start of every run.
    pub const ZERO: Self = Self(0);
    /// The last representable instant, which means "never": no event is scheduled at it.
    pub const NEVER: Self = Self(u64::MAX);

    /// The instant `ns` nanoseconds after the start.
    #[must_use]
    pub const fn from_ns(ns: u64) -> Self {
        Self(ns)
    }

    /// Nanoseconds since the start.
    #[must_use]
    pub const fn as_ns(self) -> u64 {
        self.0
    }

    /// `self + duration`, or `None` past the end of the clock.
    #[must_use]
    pub const fn checked_add(self, duration: Duration) -> Option<Self> {
        match self.0.checked_add(duration.0) {
            Some(ns) => Some(Self(ns)),
            None => None,
        }
    }

    /// `self + duration`, or [`Instant::NEVER`] past the end of the clock.
    #[must_use]
    pub const fn saturating_add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration.0))
    }

    /// The time from `earlier` to `self`.
    ///
    /// # Panics
    /// When `earlier` is later: time went backwards, which is a broken invariant of the kernel.
    #[must_use]
    #[inline]
    pub const fn since(self, earlier: Self) -> Duration {
        assert!(earlier.0 <= self.0, "virtual time went backwards");
        Duration(self.0 - earlier.0)
    }
}

impl Sub for Instant {
    type Output = Duration;

    #[inline]
    fn sub(self, earlier: Self) -> Duration {
        self.since(earlier)
    }
}

impl Duration {
    /// The empty duration.
    pub const ZERO: Self = Self(0);
    /// The longest duration.
    pub const MAX: Self = Self(u64::MAX);

    /// `ns` nanoseconds.
    #[must_use]
    pub const fn from_ns(ns: u64) -> Self {
        Self(ns)
    }

    /// `ms` milliseconds.
    ///
    /// # Panics
    /// Beyond the range of the clock (584 years).
    #[must_use]
    pub const fn from_ms(ms: u64) -> Self {
        Self(ms * NS_PER_MS)
    }

    /// `s` seconds.
    ///
    /// # Panics
    /// Beyond the range of the clock (584 years).
    #[must_use]
    pub const fn from_s(s: u64) -> Self {
        Self(s * NS_PER_S)
    }

    /// Nanoseconds.
    #[must_use]
    pub const fn as_ns(self) -> u64 {
        self.0
    }

    /// Seconds, rounded to the nearest double.
    #[must_use]
    pub fn as_s_f64(self) -> f64 {
        self.0 as f64 / NS_PER_S as f64
    }

    /// `ns` nanoseconds without their fraction; [`Duration::MAX`] beyond the clock.
    ///
    /// Negative numbers and NaN give zero; samplers never produce them, as their tests check.
    #[must_use]
    #[inline]
    pub fn from_ns_f64(ns: f64) -> Self {
        Self(ns as u64)
    }

    /// True for the empty duration.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The sum, or `None` past the range.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(ns) => Some(Self(ns)),
            None => None,
        }
    }

    /// The sum, at most [`Duration::MAX`].
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

/// Prints in the largest unit of ns, us, ms and s that is not above the duration, rounded to three
/// digits after the point: `120ms`, `1.5s`, `2871.891s`; zero is `0s`. Rounding loses digits, so
/// files use [`Duration::exact`].
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, name) = match self.0 {
            0 => return f.write_str("0s"),
            1..NS_PER_US => (1, "ns"),
            NS_PER_US..NS_PER_MS => (NS_PER_US, "us"),
            NS_PER_MS..NS_PER_S => (NS_PER_MS, "ms"),
            _ => (NS_PER_S, "s"),
        };
        let milli = (u128::from(self.0) * 1000 + u128::from(unit) / 2) / u128::from(unit);
        let (whole, fraction) = (milli / 1000, milli % 1000);
        let digits = format!("{fraction:03}");
        let digits = digits.trim_end_matches('0');
        match digits {
            "" => write!(f, "{whole}{name}"),
            _ => write!(f, "{whole}.{digits}{name}"),
        }
    }
}

impl Duration {
    /// The shortest exact spelling: the largest unit that divides it, `90s`, `1500us`, `7ns`.
    #[must_use]
    pub fn exact(self) -> String {
        let (unit, name) = [
            (3600 * NS_PER_S, "h"),
            (60 * NS_PER_S, "m"),
            (NS_PER_S, "s"),
            (NS_PER_MS, "ms"),
            (NS_PER_US, "us"),
            (1, "ns"),
        ]
        .into_iter()
        .find(|(unit, name)| self.0.is_multiple_of(*unit) && (*name != "h" || self.0 > 0))
        .unwrap_or((1, "ns"));
        if self.0 == 0 { "0s".to_owned() } else { format!("{}{name}", self.0 / unit) }
    }
}

impl fmt::Debug for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// An instant prints as the time since the start.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Duration(self.0).fmt(f)
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "t={self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_three_digits_at_most() {
        let printed = [0, 7, 1_500, 120_000_000, 1_500_000_000, 2_871_890_600_000, 999_999_600];
        let printed: Vec<_> = printed.iter().map(|&ns| Duration::from_ns(ns).to_string()).collect();
        assert_eq!(printed, ["0s", "7ns", "1.5us", "120ms", "1.5s", "2871.891s", "1000ms"]);
    }

    #[test]
    fn exact_spelling_is_lossless() {
        let exact = [0, 7, 1_500, 120_000_000, 90_000_000_000, 7_200_000_000_000];
        let exact: Vec<_> = exact.iter().map(|&ns| Duration::from_ns(ns).exact()).collect();
        assert_eq!(exact, ["0s", "7ns", "1500ns", "120ms", "90s", "2h"]);
    }

    #[test]
    fn sums_are_checked() {
        assert_eq!(Instant::NEVER.checked_add(Duration::from_ns(1)), None);
        assert_eq!(Instant::ZERO.checked_add(Duration::MAX), Some(Instant::NEVER));
        assert_eq!(Instant::from_ns(9) - Instant::from_ns(4), Duration::from_ns(5));
    }

    #[test]
    #[should_panic(expected = "virtual time went backwards")]
    fn backward_time_is_a_broken_invariant() {
        let _ = Instant::from_ns(4) - Instant::from_ns(9);
    }
}
