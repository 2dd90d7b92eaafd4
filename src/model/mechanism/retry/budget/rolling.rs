//! Retries as a ratio of the calls of the last seconds, on top of a reserve per second.
//!
//! The balance is `reserve + deposits - withdrawals` of the last `ttl`. Withdrawals expire as well,
//! so in any `ttl` there are at most `reserve + ratio x calls` retries. Sources: Finagle,
//! `RetryBudget.scala` with twitter/util `TokenBucket.scala` and `WindowedAdder.scala`; tower,
//! `retry/budget/tps_budget.rs`.

use super::spec::Roundings;
use crate::kernel::time::{Duration, Instant};

/// Most slices of the past.
const SLICES: usize = 10;

/// A rolling budget.
#[derive(Clone, Debug)]
pub struct Rolling {
    reserve: i64,
    deposit: i64,
    cost: i64,
    /// Length of a slice, in nanoseconds.
    slice: u64,
    arithmetic: Roundings,
    /// Sums of the slices of the past, as a ring; `next` is the place of the present slice.
    slices: [i64; SLICES],
    next: usize,
    present: i64,
    /// Start of the present slice.
    since: u64,
}

const NS_PER_MS: u64 = 1_000_000;

impl Rolling {
    /// A budget for `ratio` of the calls of the last `ttl`, of whole seconds, and `per_s` retries a
    /// second.
    #[must_use]
    pub fn new(ratio: f64, per_s: u32, ttl: Duration, arithmetic: Roundings) -> Self {
        let (deposit, cost) = match arithmetic {
            _ if ratio == 0.0 => (0, 1),
            // In single precision, where 1 / 0.2 is 5.
            Roundings::Tower if ratio <= 1.0 => (1, (1.0 / ratio as f32) as i64),
            Roundings::Tower => (1000, (1000.0 / ratio as f32) as i64),
            Roundings::Finagle => (1000, (1000.0 / ratio) as i64),
        };
        let s = ttl.as_s_f64() as i64;
        Self {
            reserve: i64::from(per_s) * s * cost,
            deposit,
            cost,
            slice: ttl.as_ns() / SLICES as u64,
            arithmetic,
            slices: [0; SLICES],
            next: 0,
            present: 0,
            since: 0,
        }
    }

    /// Slices of the past that count.
    fn counted(&self) -> usize {
        match self.arithmetic {
            Roundings::Finagle => SLICES - 1,
            Roundings::Tower => SLICES,
        }
    }

    /// Begins a new slice if the present one is over; the new one begins now, not on a grid.
    fn expire(&mut self, now: Instant) {
        let now = match self.arithmetic {
            Roundings::Finagle => now.as_ns() / NS_PER_MS * NS_PER_MS,
            Roundings::Tower => now.as_ns(),
        };
        let past = now - self.since;
        if past < self.slice {
            return;
        }
        let all = self.counted();
        self.slices[self.next] = self.present;
        self.present = 0;
        self.next = (self.next + 1) % all;
        // Slices in which nothing happened. The one that is overwritten next still counts.
        let skipped = match self.arithmetic {
            Roundings::Finagle => past / self.slice - 1,
            Roundings::Tower => past.div_ceil(self.slice) - 1,
        };
        for _ in 0..skipped.min(all as u64) {
            self.slices[self.next] = 0;
            self.next = (self.next + 1) % all;
        }
        self.since = now;
    }

    fn sum(&mut self, now: Instant) -> i64 {
        self.expire(now);
        self.present + self.slices[..self.counted()].iter().sum::<i64>() + self.reserve
    }

    /// Number of retries that it can pay for.
    pub(super) fn balance(&mut self, now: Instant) -> u64 {
        (self.sum(now) / self.cost).max(0) as u64
    }

    pub(super) fn deposit(&mut self, now: Instant) {
        self.expire(now);
        self.present += self.deposit;
    }

    pub(super) fn withdraw(&mut self, now: Instant) -> bool {
        let pays = self.sum(now) >= self.cost;
        if pays {
            self.present -= self.cost;
        }
        pays
    }
}
