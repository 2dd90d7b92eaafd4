//! A histogram of integers with buckets that grow with the value.
//!
//! With the default of 10 bits, values below 2,048 have a bucket each; above, every power of two
//! is cut into 1,024 equal buckets, so a value and the middle of its bucket differ by at most one
//! part in 2,048: three significant digits (the layout of HdrHistogram). Counts are integers and
//! merging adds them, so the order of recording and merging does not matter.

/// log2 of the number of buckets in a power of two, for whole runs.
const BITS: u32 = 10;

/// log2 of the number of buckets in a power of two, for one bin of a series. A series has many
/// bins, and a plot needs no more than 1 part in 128.
pub const BIN_BITS: u32 = 6;

/// Counts by bucket (see the module): at most 57,344 buckets, 448 KiB, with 10 bits.
#[derive(Clone, Debug, Default)]
pub struct Histogram<const DIGITS: u32 = BITS> {
    counts: Vec<u64>,
}

#[inline]
fn bucket<const BITS: u32>(value: u64) -> usize {
    let shift = (u64::BITS - (value | 1).leading_zeros()).saturating_sub(BITS + 1);
    ((shift as usize) << BITS) + (value >> shift) as usize
}

/// The middle of a bucket.
fn middle<const BITS: u32>(bucket: usize) -> u64 {
    let shift = (bucket >> BITS).saturating_sub(1) as u32;
    let low = (bucket as u64 - (u64::from(shift) << BITS)) << shift;
    low + ((1 << shift) >> 1)
}

impl<const DIGITS: u32> Histogram<DIGITS> {
    /// Counts a value.
    #[inline]
    pub fn record(&mut self, value: u64) {
        let bucket = bucket::<DIGITS>(value);
        match self.counts.get_mut(bucket) {
            Some(count) => *count += 1,
            None => self.grow(bucket),
        }
    }

    #[cold]
    fn grow(&mut self, bucket: usize) {
        self.counts.resize(bucket + 1, 0);
        self.counts[bucket] = 1;
    }

    /// Adds the counts of another histogram.
    pub fn merge(&mut self, other: &Self) {
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
    }

    /// The quantile `q`, in [0, 1]: the middle of the bucket that holds the value of rank
    /// max(1, ceil(q x count)). Zero without values.
    #[must_use]
    pub fn quantile(&self, q: f64) -> u64 {
        self.ranks().quantile(q)
    }

    /// Number of values in buckets above that of `limit`.
    #[must_use]
    pub fn above(&self, limit: u64) -> u64 {
        self.counts.iter().skip(bucket::<DIGITS>(limit) + 1).sum()
    }

    /// The cumulative counts, which make many quantiles cheap.
    #[must_use]
    pub fn ranks(&self) -> Ranks<DIGITS> {
        let mut sum = 0;
        let up_to = |count: &u64| {
            sum += count;
            sum
        };
        Ranks { up_to: self.counts.iter().map(up_to).collect() }
    }

    /// True without values.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.iter().all(|&count| count == 0)
    }

    /// Empties the histogram and returns its counts above zero as (bucket, count).
    pub fn drain(&mut self) -> Vec<(u32, u64)> {
        let counts = (0..).zip(&mut self.counts).filter(|(_, count)| **count > 0);
        counts.map(|(bucket, count)| (bucket, std::mem::take(count))).collect()
    }

    /// The histogram of [drained](Self::drain) counts; a bucket may occur repeatedly.
    #[must_use]
    pub fn of(counts: impl IntoIterator<Item = (u32, u64)>) -> Self {
        let mut histogram = Self::default();
        for (bucket, count) in counts {
            let bucket = bucket as usize;
            if histogram.counts.len() <= bucket {
                histogram.counts.resize(bucket + 1, 0);
            }
            histogram.counts[bucket] += count;
        }
        histogram
    }
}

/// The cumulative counts of a histogram by bucket.
#[derive(Clone, Debug)]
pub struct Ranks<const DIGITS: u32 = BITS> {
    up_to: Vec<u64>,
}

impl<const DIGITS: u32> Ranks<DIGITS> {
    /// The quantile `q`, as [`Histogram::quantile`].
    #[must_use]
    pub fn quantile(&self, q: f64) -> u64 {
        let total = self.up_to.last().copied().unwrap_or(0);
        let rank = ((q * total as f64).ceil() as u64).clamp(1, total.max(1));
        let at = self.up_to.partition_point(|&values| values < rank);
        if at == self.up_to.len() { 0 } else { middle::<DIGITS>(at) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_contiguous_and_narrow() {
        let mut last = 0;
        for exponent in 0..64 {
            for offset in [0, 1, 5, (1_u64 << exponent) / 3, (1_u64 << exponent) - 1] {
                let value = (1 << exponent) + offset.min((1 << exponent) - 1);
                let at = bucket::<BITS>(value);
                let error = middle::<BITS>(at).abs_diff(value) as f64 / value as f64;
                assert!(
                    error <= 1.0 / 2048.0,
                    "{value}: bucket {at}, middle {}",
                    middle::<BITS>(at)
                );
                assert!(
                    bucket::<BITS>(value - 1) == at || bucket::<BITS>(value - 1) + 1 == at,
                    "{value}"
                );
                last = last.max(at);
            }
        }
        assert_eq!((last, bucket::<BITS>(u64::MAX), bucket::<BITS>(0)), (56_319, 56_319, 0));
    }

    #[test]
    fn agrees_with_hdrhistogram() {
        let mut own = Histogram::<BITS>::default();
        let mut reference = hdrhistogram::Histogram::<u64>::new(3).unwrap();
        let mut value = 1_u64;
        for _ in 0..200_000 {
            value = value.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let skewed = value >> (value >> 58);
            own.record(skewed);
            reference.record(skewed).unwrap();
        }
        for q in [0.0, 0.001, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0] {
            let (own, expected) = (own.quantile(q) as f64, reference.value_at_quantile(q) as f64);
            assert!((own / expected - 1.0).abs() < 1e-3, "{q}: {own} {expected}");
        }
    }

    #[test]
    fn merging_is_recording_both() {
        let (mut one, mut two, mut both) = (
            Histogram::<BITS>::default(),
            Histogram::<BITS>::default(),
            Histogram::<BITS>::default(),
        );
        for value in (0..5_000_u64).map(|i| i * i * i) {
            if value % 3 == 0 {
                one.record(value);
            } else {
                two.record(value);
            }
            both.record(value);
        }
        one.merge(&two);
        assert_eq!(one.counts, both.counts);
    }
}
