//! Counts of the latest time, in buckets of the clock.
//!
//! ```text
//!   |  3 1 |  0 0 |  5 2 | ..4 1        n buckets, of which the present one is not over
//! ```
//!
//! So a window of n buckets of width w covers between (n - 1) w and n w.

use crate::kernel::time::{Duration, Instant};

/// Kinds of things that a bucket counts.
pub const KINDS: usize = 3;

/// The count of successes.
pub const SUCCESS: usize = 0;

/// Counts in buckets that begin at multiples of their width.
#[derive(Clone, Debug)]
pub struct Buckets {
    width_ns: u64,
    /// Counts by the number of the bucket, modulo their number.
    counts: Box<[[u64; KINDS]]>,
    sums: [u64; KINDS],
    /// Number of the present bucket.
    present: u64,
}

impl Buckets {
    /// So many empty buckets, at least 1, for the latest `window`.
    #[must_use]
    pub fn new(window: Duration, buckets: u32) -> Self {
        let width_ns = (window.as_ns() / u64::from(buckets)).max(1);
        let counts = vec![[0; KINDS]; buckets as usize].into_boxed_slice();
        Self { width_ns, counts, sums: [0; KINDS], present: 0 }
    }

    /// Empties buckets that are too old at `now`.
    #[inline]
    pub fn expire(&mut self, now: Instant) {
        let present = now.as_ns() / self.width_ns;
        if present == self.present {
            return;
        }
        let size = self.counts.len() as u64;
        for number in 1..=size.min(present - self.present) {
            let old = &mut self.counts[((self.present + number) % size) as usize];
            for (sum, count) in self.sums.iter_mut().zip(std::mem::take(old)) {
                *sum -= count;
            }
        }
        self.present = present;
    }

    /// Counts one of this kind.
    #[inline]
    pub fn add(&mut self, now: Instant, kind: usize) {
        self.expire(now);
        let present = self.present % self.counts.len() as u64;
        self.counts[present as usize][kind] += 1;
        self.sums[kind] += 1;
    }

    /// The counts of all buckets, as of the latest change.
    #[must_use]
    pub const fn sums(&self) -> [u64; KINDS] {
        self.sums
    }

    /// The counts by bucket, the present one last.
    pub fn oldest_first(&self) -> impl Iterator<Item = &[u64; KINDS]> {
        let present = (self.present % self.counts.len() as u64) as usize;
        let (latest, oldest) = self.counts.split_at(present + 1);
        oldest.iter().chain(latest)
    }

    /// Bytes on the heap.
    #[must_use]
    pub fn memory(&self) -> u64 {
        size_of_val(&*self.counts) as u64
    }
}
