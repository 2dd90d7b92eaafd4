//! Exact sums of squares of nanoseconds, for standard deviations.
//!
//! The square of a time has up to 128 bits, and a run has up to 2⁴⁰ of them, so the sum has 192
//! bits. It is an integer, so neither the order of recording nor that of merging changes a bit.

/// An integer of 192 bits that wraps around.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Wide {
    high: u64,
    low: u128,
}

impl Wide {
    const fn plus(self, other: Self) -> Self {
        let (low, carry) = self.low.overflowing_add(other.low);
        let high = self.high.wrapping_add(other.high).wrapping_add(carry as u64);
        Self { high, low }
    }

    const fn minus(self, other: Self) -> Self {
        let (low, borrow) = self.low.overflowing_sub(other.low);
        let high = self.high.wrapping_sub(other.high).wrapping_sub(borrow as u64);
        Self { high, low }
    }

    const fn product(one: u64, other: u128) -> Self {
        const LOW: u128 = u64::MAX as u128;
        let one = one as u128;
        let (below, above) = (one * (other & LOW), one * (other >> 64));
        let shifted = Self { high: (above >> 64) as u64, low: above << 64 };
        shifted.plus(Self { high: 0, low: below })
    }

    fn as_f64(self) -> f64 {
        const HIGH: f64 = (1_u128 << 127) as f64 * 2.0;
        self.high as f64 * HIGH + self.low as f64
    }
}

/// The sum of the squares of the recorded values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Squares(Wide);

impl Squares {
    /// Adds a value.
    #[inline]
    pub const fn record(&mut self, value: u64) {
        let square = value as u128 * value as u128;
        self.0 = self.0.plus(Wide { high: 0, low: square });
    }

    /// Adds all values of another sum.
    pub const fn merge(&mut self, other: &Self) {
        self.0 = self.0.plus(other.0);
    }

    /// The sample standard deviation (divisor `count` - 1) of the `count` values, whose sum is
    /// `sum`; `None` for fewer than two.
    ///
    /// Squares are taken about the whole part of the mean, in integers, so no digits cancel.
    #[must_use]
    pub fn deviation(&self, count: u64, sum: u128) -> Option<f64> {
        if count < 2 {
            return None;
        }
        let mean = u64::try_from(sum / u128::from(count)).unwrap_or(u64::MAX);
        let rest = sum - u128::from(mean) * u128::from(count);
        let twice = Wide::product(mean, sum).plus(Wide::product(mean, sum));
        let count_of_squares = Wide::product(count, u128::from(mean) * u128::from(mean));
        let about = self.0.minus(twice).plus(count_of_squares).as_f64();
        let (count, rest) = (count as f64, rest as f64);
        let about_the_mean = (about - rest * (rest / count)).max(0.0);
        Some((about_the_mean / (count - 1.0)).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[u64]) -> Option<f64> {
        let mut squares = Squares::default();
        values.iter().for_each(|value| squares.record(*value));
        squares.deviation(values.len() as u64, values.iter().map(|&value| u128::from(value)).sum())
    }

    #[test]
    fn a_deviation_is_that_of_a_sample() {
        assert_eq!((of(&[]), of(&[7])), (None, None));
        assert_eq!(of(&[5, 5, 5]), Some(0.0));
        // Squares about the mean of 5: 9 + 1 + 1 + 1 + 0 + 0 + 4 + 16 = 32, over 7.
        let eight = of(&[2, 4, 4, 4, 5, 5, 7, 9]).expect("eight values");
        assert!((eight - (32.0_f64 / 7.0).sqrt()).abs() < 1e-15, "{eight}");
    }

    #[test]
    fn nothing_cancels_and_nothing_overflows() {
        let far = 10_u64.pow(18);
        assert_eq!(of(&[far, far + 2]), Some(2.0_f64.sqrt()));
        let wide = of(&[0, u64::MAX, 0, u64::MAX]).expect("four values");
        let exact = u64::MAX as f64 / 3.0_f64.sqrt();
        assert!((wide / exact - 1.0).abs() < 1e-12, "{wide}");
    }

    #[test]
    fn merging_is_recording() {
        let (mut left, mut right, mut both) =
            (Squares::default(), Squares::default(), Squares::default());
        for value in [3, u64::MAX, 1 << 40] {
            left.record(value);
            both.record(value);
        }
        for value in [u64::MAX - 1, 9] {
            right.record(value);
            both.record(value);
        }
        right.merge(&left);
        assert_eq!(right, both);
    }
}
