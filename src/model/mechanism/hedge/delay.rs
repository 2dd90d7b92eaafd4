//! The delay of a hedge before each further copy: a constant, or a quantile of the latencies of its
//! latest calls.
//!
//! These are latencies of calls that pass the hedge, from arrival to success, not of single copies.
//! No copy can end a call before the delay is over, so the ratio of calls that take longer than the
//! delay is the same as without copies, and copies do not shorten their own delay.

use std::collections::VecDeque;

use crate::kernel::simulation::Delay;
use crate::kernel::time::Duration;

/// The setting of the delay of a hedge.
#[derive(Clone, Copy, Debug)]
pub enum After {
    /// A constant delay.
    Constant(Delay),
    /// A quantile of the latest latencies.
    Quantile {
        /// The quantile, in [0, 1].
        of: f64,
        /// Number of latencies, at least 1.
        window: u32,
        /// Delay until the window is full; `None`: no copies until then.
        before: Option<Delay>,
    },
}

/// The present delay of a hedge.
#[derive(Clone, Debug)]
pub struct Delays {
    after: After,
    /// The latest latencies in nanoseconds, the oldest first.
    latest: VecDeque<u64>,
    /// The latest latencies in nanoseconds, rising.
    sorted: Vec<u64>,
}

impl Delays {
    /// The delay before any latency is recorded.
    #[must_use]
    pub fn new(after: &After) -> Self {
        Self { after: *after, latest: VecDeque::new(), sorted: Vec::new() }
    }

    /// True if the delay changes.
    #[must_use]
    pub const fn vary(&self) -> bool {
        matches!(self.after, After::Quantile { .. })
    }

    /// Records the latency of a call.
    pub fn record(&mut self, latency: Duration) {
        let After::Quantile { window, .. } = self.after else {
            return;
        };
        if self.latest.len() == window as usize
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

    /// The delay before the next copy; `None` before the window is full, if there are no copies
    /// until then.
    #[must_use]
    pub fn present(&self) -> Option<Delay> {
        match self.after {
            After::Constant(delay) => Some(delay),
            After::Quantile { window, before, .. } if self.latest.len() < window as usize => before,
            After::Quantile { of, .. } => {
                let rank = (of * self.sorted.len() as f64).ceil() as usize;
                let latency = self.sorted[rank.max(1) - 1];
                Some(Delay::varying(Duration::from_ns(latency)))
            }
        }
    }
}
