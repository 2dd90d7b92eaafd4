//! Amounts between two ends, each computed from its index, so that steps add no rounding errors.

use super::amount::{Amount, aligned};
use crate::kernel::fpmath;
use crate::kernel::time::Duration;
use crate::kernel::units::Rate;

/// Spacing of the amounts of a [`Span`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Equal differences.
    Linear,
    /// Equal ratios.
    Log,
}

/// The interval between two amounts of one kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    from: Amount,
    to: Amount,
    scale: Scale,
}

impl Span {
    /// The span from one amount to another, up or down.
    ///
    /// # Errors
    /// A message with the reason why these are no valid ends.
    pub fn new(from: Amount, to: Amount, scale: Scale) -> Result<Self, String> {
        if from.partial_cmp(&to).is_none() {
            return Err(format!("{from} and {to} are not of one kind"));
        }
        if let (Amount::Rate(a), Amount::Rate(b)) = (from, to)
            && aligned(a, b).is_none()
        {
            return Err(format!("{from} and {to} are too far apart for exact steps"));
        }
        if scale == Scale::Log
            && let Some(zero) = [from, to].into_iter().find(|amount| amount.as_f64() <= 0.0)
        {
            return Err(format!("a log scale has no {zero}: both of its ends are above 0"));
        }
        Ok(Self { from, to, scale })
    }

    /// First amount.
    #[must_use]
    pub const fn from(&self) -> Amount {
        self.from
    }

    /// Last amount.
    #[must_use]
    pub const fn to(&self) -> Amount {
        self.to
    }

    /// Spacing.
    #[must_use]
    pub const fn scale(&self) -> Scale {
        self.scale
    }

    /// The amount at the fraction `part / whole`, rounded to the nearest that the language can
    /// express, and exact at both ends.
    ///
    /// # Panics
    /// If `part > whole`, or `whole` is 0.
    #[must_use]
    pub fn at(&self, part: u64, whole: u64) -> Amount {
        assert!(part <= whole && whole > 0, "the way has {whole} parts, and {part} is beyond");
        if part == 0 {
            return self.from;
        }
        if part == whole {
            return self.to;
        }
        let count = |from, to| match self.scale {
            Scale::Linear => linear(from, to, part, whole),
            Scale::Log => {
                let value = log(from as f64, to as f64, part, whole).round() as u64;
                value.clamp(from.min(to), from.max(to))
            }
        };
        match (self.from, self.to) {
            (Amount::Duration(a), Amount::Duration(b)) => {
                Amount::Duration(Duration::from_ns(count(a.as_ns(), b.as_ns())))
            }
            (Amount::Whole(a), Amount::Whole(b)) => Amount::Whole(count(a, b)),
            (Amount::Rate(a), Amount::Rate(b)) => match aligned(a, b) {
                Some((a, b, per)) => Amount::Rate(Rate { count_nano: count(a, b), per }),
                None => self.from,
            },
            (Amount::Float(a), Amount::Float(b)) => Amount::Float(match self.scale {
                Scale::Linear => between(a, b, part, whole),
                Scale::Log => rounded(log(a, b, part, whole)).clamp(a.min(b), a.max(b)),
            }),
            _ => self.from,
        }
    }
}

/// `from + (to - from) * part / whole` in integers, rounded to the nearest.
fn linear(from: u64, to: u64, part: u64, whole: u64) -> u64 {
    // The product of two 64-bit numbers is below 2^128.
    let way = u128::from(from.abs_diff(to)) * u128::from(part);
    let (steps, rest) = (way / u128::from(whole), way % u128::from(whole));
    let up = u128::from(rest >= u128::from(whole) - rest);
    let distance = u64::try_from(steps + up).unwrap_or(u64::MAX);
    if from <= to { from.saturating_add(distance) } else { from.saturating_sub(distance) }
}

fn log(from: f64, to: f64, part: u64, whole: u64) -> f64 {
    let (from, to) = (fpmath::ln(from), fpmath::ln(to));
    fpmath::exp(from + (to - from) * (part as f64 / whole as f64))
}

/// Rounds to twelve digits; further digits are the error of the logarithm.
fn rounded(value: f64) -> f64 {
    format!("{value:.11e}").parse().unwrap_or(value)
}

/// The same between floats. Ends are usually short decimals, and between those the result is the
/// double nearest to the exact decimal value: a fifth of the way from 0 to 1 is 0.2.
fn between(from: f64, to: f64, part: u64, whole: u64) -> f64 {
    exact(from, to, part, whole)
        .unwrap_or_else(|| from + (to - from) * (part as f64 / whole as f64))
}

fn exact(from: f64, to: f64, part: u64, whole: u64) -> Option<f64> {
    /// Integers up to this are exact as doubles.
    const EXACT: u128 = 1 << 53;
    let common = gcd(part, whole);
    let (part, whole) = (i128::from(part / common), i128::from(whole / common));
    let ((from, from_digits), (to, to_digits)) = (decimal(from)?, decimal(to)?);
    let digits = from_digits.max(to_digits);
    let shift = |value: i128, has: u32| value.checked_mul(10_i128.checked_pow(digits - has)?);
    let (from, to) = (shift(from, from_digits)?, shift(to, to_digits)?);
    let sum = from.checked_mul(whole - part)?.checked_add(to.checked_mul(part)?)?;
    let unit = whole.checked_mul(10_i128.checked_pow(digits)?)?;
    let are_doubles = sum.unsigned_abs() <= EXACT && unit.unsigned_abs() <= EXACT;
    // A single division of two doubles rounds once.
    are_doubles.then(|| sum as f64 / unit as f64)
}

/// The shortest decimal of a double, as an integer and the number of digits after the point.
fn decimal(value: f64) -> Option<(i128, u32)> {
    let text = value.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    if text.len() > 20 {
        return None;
    }
    Some((format!("{whole}{fraction}").parse().ok()?, fraction.len() as u32))
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
