//! A quantile of the latencies of the latest calls that succeeded.
//!
//! These are latencies of calls that pass the hedge, from arrival to success, not of single copies.
//! No copy can end a call before the delay is over, so the ratio of calls that take longer than the
//! delay is the same as without copies, and copies do not shorten their own delay.

use std::collections::VecDeque;

use crate::kernel::time::Duration;

/// The latest latencies.
#[derive(Clone, Debug)]
pub struct Latest {
    quantile: f64,
    window: usize,
    /// The latest latencies in nanoseconds, the oldest first.
    latest: VecDeque<u64>,
    /// The latest latencies in nanoseconds, rising.
    sorted: Vec<u64>,
}

impl Latest {
    /// A quantile in [0, 1] of `window` latencies, at least 1.
    #[must_use]
    pub fn new(quantile: f64, window: u32) -> Self {
        let (latest, sorted) = (VecDeque::new(), Vec::new());
        Self { quantile, window: window as usize, latest, sorted }
    }

    pub(super) fn record(&mut self, latency: Duration) {
        if self.latest.len() == self.window
            && let Some(oldest) = self.latest.pop_front()
        {
            let at = self.sorted.partition_point(|&one| one < oldest);
            self.sorted.remove(at);
        }
        let latency = latency.as_ns();
        self.latest.push_back(latency);
        let at = self.sorted.partition_point(|&one| one < latency);
        self.sorted.insert(at, latency);
    }

    /// `None` before the window is full.
    pub(super) fn delay(&self) -> Option<Duration> {
        if self.latest.len() < self.window {
            return None;
        }
        let rank = (self.quantile * self.sorted.len() as f64).ceil() as usize;
        Some(Duration::from_ns(self.sorted[rank.max(1) - 1]))
    }
}
