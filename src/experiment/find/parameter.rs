//! The parameter of a search, and the next value to try.

use crate::experiment::knob::{Amount, Knob};
use crate::kernel::time::Duration;
use crate::kernel::units::Rate;
use crate::scenario::schema::Scenario;
use crate::scenario::{Document, Problems};

/// A parameter of a scenario that can be set to an amount.
pub trait Parameter: Sync {
    /// The scenarios of an amount: a condition holds for a seed if it holds in all of them.
    ///
    /// # Errors
    /// If the amount makes no valid scenario.
    fn scenarios(&self, amount: Amount) -> Result<Vec<Scenario>, Problems>;
}

/// A number of a scenario by its path.
#[derive(Debug)]
pub struct ByPath<'a> {
    /// The scenario as written.
    pub document: &'a Document,
    /// The number.
    pub knob: &'a Knob,
}

impl Parameter for ByPath<'_> {
    fn scenarios(&self, amount: Amount) -> Result<Vec<Scenario>, Problems> {
        Ok(vec![self.knob.set(self.document, amount)?.scenario()?.scenario])
    }
}

/// The roundest amount in the middle half between two, because readers prefer round numbers. `None`
/// if nothing is between them, or they are closer than `precision`, a share of the smaller of the
/// lower amount and the `whole` interval. Whole numbers are resolved completely.
#[must_use]
pub(super) fn between(one: Amount, other: Amount, whole: f64, precision: f64) -> Option<Amount> {
    let (a, b) = (one.as_f64(), other.as_f64());
    let scale = whole.min(a.abs().min(b.abs())).max(whole * 1e-9);
    let near = (a - b).abs() <= precision * scale * (1.0 + 1e-9);
    match (one, other) {
        (Amount::Whole(a), Amount::Whole(b)) => round_between(a, b).map(Amount::Whole),
        _ if near => None,
        (Amount::Duration(a), Amount::Duration(b)) => {
            round_between(a.as_ns(), b.as_ns()).map(|ns| Amount::Duration(Duration::from_ns(ns)))
        }
        (Amount::Rate(a), Amount::Rate(b)) if a.per == b.per => {
            round_between(a.count_nano, b.count_nano)
                .map(|count_nano| Amount::Rate(Rate { count_nano, per: a.per }))
        }
        (Amount::Float(a), Amount::Float(b)) => round_float(a, b).map(Amount::Float),
        _ => one.midpoint(other),
    }
}

/// The multiple of the largest power of ten in the middle half of (a, b) that is nearest to the
/// middle; `None` for neighbours.
fn round_between(a: u64, b: u64) -> Option<u64> {
    let (low, high) = (a.min(b), a.max(b));
    if high - low < 2 {
        return None;
    }
    let quarter = (high - low) / 4;
    let (from, to) = ((low + quarter).max(low + 1), (high - quarter).min(high - 1));
    let middle = low.midpoint(high);
    let mut unit = 10_u64.pow(to.checked_ilog10().unwrap_or(0));
    loop {
        let down = middle / unit * unit;
        let up = down.checked_add(unit);
        let inside = |&at: &u64| (from..=to).contains(&at);
        let near = [Some(down), up].into_iter().flatten().filter(inside);
        if let Some(at) = near.min_by_key(|at| at.abs_diff(middle)) {
            return Some(at);
        }
        unit /= 10;
    }
}

/// The same for floats: the middle, with the fewest digits that stay in the middle half.
fn round_float(a: f64, b: f64) -> Option<f64> {
    let (low, high) = (a.min(b), a.max(b));
    let (middle, quarter) = (low.midpoint(high), (high - low) / 4.0);
    let shorter = (0..17).filter_map(|digits| format!("{middle:.digits$e}").parse::<f64>().ok());
    let inside = |at: &f64| *at >= low + quarter && *at <= high - quarter;
    let at = shorter.into_iter().find(inside).unwrap_or(middle);
    (at > low && at < high).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn middles_are_round_and_between() {
        assert_eq!(round_between(1, 60), Some(30));
        assert_eq!(round_between(500, 700), Some(600));
        assert_eq!(round_between(60_500_000_000, 60_700_000_000), Some(60_600_000_000));
        assert_eq!((round_between(16, 18), round_between(16, 17)), (Some(17), None));
        assert_eq!(round_between(0, u64::MAX), Some(10_000_000_000_000_000_000));
        assert_eq!(round_float(0.1, 0.4), Some(0.2));
        assert_eq!(round_float(1.0, 1.0), None);
        // Every bracket narrows by a quarter at least.
        for (low, high) in [(0, 3), (7, 1_000), (99_999, 100_002), (u64::MAX - 9, u64::MAX)] {
            let at = round_between(low, high).expect("there is something between");
            assert!(at > low && at < high, "{low} {at} {high}");
            assert!((at - low).max(high - at) <= (high - low) * 3 / 4 + 1);
        }
    }

    #[test]
    fn precision_is_a_part_of_the_interval_or_of_the_value() {
        let ms = |ms: u64| Amount::Duration(Duration::from_ns(ms * 1_000_000));
        // Precision of an interval of 700 ms, far from zero: 7 ms.
        assert_eq!(between(ms(60_600), ms(60_607), 7e8, 0.01), None);
        assert!(between(ms(60_600), ms(60_608), 7e8, 0.01).is_some());
        // Precision of a value of 50 ms in an interval of a second: 0.5 ms.
        assert!(between(ms(50), ms(51), 1e9, 0.01).is_some());
        assert_eq!(between(ms(50), ms(51), 1e9, 0.02), None);
    }
}
