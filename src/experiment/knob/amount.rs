//! One value of a knob.

use core::cmp::Ordering;
use core::fmt;

use crate::kernel::time::Duration;
use crate::kernel::units::Rate;

/// A value of a number of a scenario. Its `Display` is the form that `--set` takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Amount {
    /// A duration.
    Duration(Duration),
    /// A rate.
    Rate(Rate),
    /// A whole number.
    Whole(u64),
    /// A ratio, or a number without a unit; finite.
    Float(f64),
}

impl Amount {
    /// The amount as a number, for charts: nanoseconds, events a second, or the number itself.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Duration(duration) => duration.as_ns() as f64,
            Self::Rate(rate) => rate.per_s(),
            Self::Whole(number) => number as f64,
            Self::Float(number) => number,
        }
    }

    /// The middle of two amounts of one kind, rounded down to what the language can express; `None`
    /// if nothing is between them.
    #[must_use]
    pub fn midpoint(self, other: Self) -> Option<Self> {
        let middle = |a: u64, b: u64| {
            let middle = a.midpoint(b);
            (middle != a.max(b) && middle != a.min(b)).then_some(middle)
        };
        match (self, other) {
            (Self::Duration(a), Self::Duration(b)) => {
                middle(a.as_ns(), b.as_ns()).map(|ns| Self::Duration(Duration::from_ns(ns)))
            }
            (Self::Rate(a), Self::Rate(b)) => {
                let (a, b, per) = aligned(a, b)?;
                middle(a, b).map(|count_nano| Self::Rate(Rate { count_nano, per }))
            }
            (Self::Whole(a), Self::Whole(b)) => middle(a, b).map(Self::Whole),
            (Self::Float(a), Self::Float(b)) => {
                let middle = a.midpoint(b);
                (middle > a.min(b) && middle < a.max(b)).then_some(Self::Float(middle))
            }
            _ => None,
        }
    }
}

/// Two rates in the longer of their units of time, which expresses both exactly, since every unit
/// is a whole multiple of any shorter one; `None` if one is out of range there.
pub(super) fn aligned(a: Rate, b: Rate) -> Option<(u64, u64, Duration)> {
    let per = a.per.max(b.per);
    let count = |rate: Rate| {
        let times = per.as_ns() / rate.per.as_ns();
        rate.count_nano.checked_mul(times)
    };
    Some((count(a)?, count(b)?, per))
}

/// Amounts of one kind are ordered, except NaN; those of different kinds are not.
impl PartialOrd for Amount {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Duration(a), Self::Duration(b)) => Some(a.cmp(b)),
            (Self::Rate(a), Self::Rate(b)) => {
                let cross =
                    |a: &Rate, b: &Rate| u128::from(a.count_nano) * u128::from(b.per.as_ns());
                Some(cross(a, b).cmp(&cross(b, a)))
            }
            (Self::Whole(a), Self::Whole(b)) => Some(a.cmp(b)),
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(b),
            _ => None,
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duration(duration) => f.write_str(&spelled(*duration)),
            Self::Rate(rate) => rate.fmt(f),
            Self::Whole(number) => number.fmt(f),
            // With a point, which distinguishes it from a whole number.
            Self::Float(number) => write!(f, "{number:?}"),
        }
    }
}

/// The shortest exact form: `1.5ms` and `90s`, but `1500001ns`.
fn spelled(duration: Duration) -> String {
    let (short, exact) = (duration.to_string(), duration.exact());
    let same = crate::kernel::units::parse_duration(&short) == Ok(duration);
    if same && short.len() <= exact.len() { short } else { exact }
}
