//! How long a hedge waits before each further copy: always the same, or a quantile of what its
//! latest calls have taken.
//!
//! What it measures are the calls that pass it, from their coming to their success, not single
//! copies. No copy can end a call before the delay is over, so the part of calls that take longer
//! than the delay is what it would be without copies, and copies do not shorten their own delay.

use std::collections::VecDeque;

use crate::kernel::simulation::Delay;
use crate::kernel::time::Duration;

/// How long a hedge is set to wait.
#[derive(Clone, Copy, Debug)]
pub enum After {
    /// So long.
    Constant(Delay),
    /// A quantile of the latest latencies.
    Quantile {
        /// Which, in [0, 1].
        of: f64,
        /// Of so many, at least 1.
        window: u32,
        /// How long until there are as many; without it nothing is copied before.
        before: Option<Delay>,
    },
}

/// The present delay of a hedge.
#[derive(Clone, Debug)]
pub struct Delays {
    after: After,
    /// The latest latencies in nanoseconds, as they came.
    latest: VecDeque<u64>,
    /// The same, rising.
    sorted: Vec<u64>,
}

impl Delays {
    /// Before anything has been measured.
    #[must_use]
    pub fn new(after: &After) -> Self {
        Self { after: *after, latest: VecDeque::new(), sorted: Vec::new() }
    }

    /// True if it changes.
    #[must_use]
    pub const fn vary(&self) -> bool {
        matches!(self.after, After::Quantile { .. })
    }

    /// A call took so long.
    pub fn record(&mut self, took: Duration) {
        let After::Quantile { window, .. } = self.after else {
            return;
        };
        if self.latest.len() == window as usize
            && let Some(oldest) = self.latest.pop_front()
        {
            let at = self.sorted.partition_point(|&one| one < oldest);
            self.sorted.remove(at);
        }
        let took = took.as_ns();
        self.latest.push_back(took);
        let at = self.sorted.partition_point(|&one| one < took);
        self.sorted.insert(at, took);
    }

    /// The delay before the next copy; `None` if there is none by time.
    #[must_use]
    pub fn present(&self) -> Option<Delay> {
        match self.after {
            After::Constant(delay) => Some(delay),
            After::Quantile { window, before, .. } if self.latest.len() < window as usize => before,
            After::Quantile { of, .. } => {
                let rank = (of * self.sorted.len() as f64).ceil() as usize;
                let took = self.sorted[rank.max(1) - 1];
                Some(Delay::varying(Duration::from_ns(took)))
            }
        }
    }
}
