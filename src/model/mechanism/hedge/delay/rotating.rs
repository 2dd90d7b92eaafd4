//! A quantile of what the copies of the period before took: tower.
//!
//! Two histograms take turns: one is written while the other is read. Each copy counts that ends
//! its call well, from the instant at which it was sent, in whole milliseconds, rounded up, and
//! above 2,048 to three significant digits. Source: tower, `hedge/mod.rs` and
//! `hedge/rotating_histogram.rs`; hdrhistogram.

use crate::kernel::time::{Duration, Instant};

/// The copies of the period before, and of the present one.
#[derive(Clone, Debug)]
pub struct Rotating {
    quantile: f64,
    period: u64,
    /// Copies that must be known.
    least: usize,
    /// Whole milliseconds, rising.
    read: Vec<u64>,
    /// Whole milliseconds, in any order.
    write: Vec<u64>,
    /// Start of the present period, in nanoseconds.
    since: u64,
}

const NS_PER_MS: u64 = 1_000_000;

/// log2 of the number of buckets in a power of two, for three significant digits.
const BITS: u32 = 10;

impl Rotating {
    /// A quantile in [0, 1] of the copies of a period above 0, if they are at least `least`.
    #[must_use]
    pub fn new(quantile: f64, period: Duration, least: u32) -> Self {
        // In single precision, as tower has it.
        let quantile = f64::from(quantile as f32);
        let (read, write, since) = (Vec::new(), Vec::new(), 0);
        Self { quantile, period: period.as_ns(), least: least as usize, read, write, since }
    }

    fn rotate(&mut self, now: Instant) {
        let periods = (now.as_ns() - self.since) / self.period;
        match periods {
            0 => {}
            1 => {
                std::mem::swap(&mut self.read, &mut self.write);
                self.write.clear();
                self.read.sort_unstable();
            }
            _ => {
                self.read.clear();
                self.write.clear();
            }
        }
        self.since += periods * self.period;
    }

    pub(super) fn record(&mut self, now: Instant, took: Duration) {
        self.rotate(now);
        self.write.push(took.as_ns().div_ceil(NS_PER_MS));
    }

    /// `None` while too few copies are known.
    pub(super) fn delay(&mut self, now: Instant) -> Option<Duration> {
        self.rotate(now);
        if self.read.len() < self.least {
            return None;
        }
        let rank = (self.quantile * self.read.len() as f64).ceil() as usize;
        let ms = self.read.get(rank.max(1) - 1).map_or(0, |&ms| self.rounded(ms));
        Some(Duration::from_ns(ms.saturating_mul(NS_PER_MS)))
    }

    /// The greatest value that shares a bucket with `ms`; the least for the quantile 0.
    fn rounded(&self, ms: u64) -> u64 {
        let shift = (u64::BITS - (ms | 1).leading_zeros()).saturating_sub(BITS + 1);
        let low = ms >> shift << shift;
        if self.quantile == 0.0 { low } else { low + ((1 << shift) - 1) }
    }
}
