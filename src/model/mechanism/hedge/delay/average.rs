//! The average of first copies that ended their call, with something on top: resilience4j.
//!
//! A first copy that loses is not in it, so it is an average of what was fast enough, and with more
//! load it falls behind: more calls are copied, by shorter delays than without copies. Before the
//! first such copy it is 0. Source: resilience4j-hedge, `AverageDurationSupplier.java`, and the
//! core's `FixedSizeSlidingWindowMetrics.java` and `SnapshotImpl.java`.

use std::collections::VecDeque;

use crate::kernel::time::Duration;

/// The latest first copies that ended their call.
#[derive(Clone, Debug)]
pub struct Average {
    percent: u64,
    plus: Duration,
    /// True if failures count.
    failures: bool,
    window: usize,
    /// Whole milliseconds, the oldest first.
    latest: VecDeque<u64>,
    sum: u64,
}

const NS_PER_MS: u64 = 1_000_000;

impl Average {
    /// So many percent of the average of the latest `window` copies, and `plus`.
    #[must_use]
    pub fn new(percent: u32, plus: Duration, failures: bool, window: u32) -> Self {
        let (latest, window) = (VecDeque::new(), window as usize);
        Self { percent: u64::from(percent), plus, failures, window, latest, sum: 0 }
    }

    pub(super) fn record(&mut self, took: Duration, success: bool) {
        if !success && !self.failures {
            return;
        }
        if self.latest.len() == self.window
            && let Some(oldest) = self.latest.pop_front()
        {
            self.sum -= oldest;
        }
        let ms = took.as_ns() / NS_PER_MS;
        self.latest.push_back(ms);
        self.sum += ms;
    }

    pub(super) fn delay(&self) -> Duration {
        let ms = self.sum.checked_div(self.latest.len() as u64).unwrap_or(0);
        let ns = ms.saturating_mul(NS_PER_MS).saturating_mul(self.percent) / 100;
        Duration::from_ns(ns).saturating_add(self.plus)
    }
}
