//! The arrival processes of loads.

use crate::kernel::distribution::Distribution;
use crate::kernel::fpmath;
use crate::kernel::simulation::Delay;
use crate::kernel::time::{Duration, Instant};

/// An arrival process.
#[derive(Clone, Debug)]
pub enum Arrivals {
    /// Bursts at a constant distance.
    Bursts {
        /// Requests in a burst.
        size: u32,
        /// Time from burst to burst.
        every: Delay,
    },
    /// A constant rate: request k (from 0) arrives k x `per_ns` / `count_nano` x 10^9 after the
    /// start.
    Constant {
        /// Billionths of a request in each `per_ns`.
        count_nano: u64,
        /// Nanoseconds.
        per_ns: u64,
    },
    /// Batches with independent gaps.
    Renewal {
        /// Time between batches.
        gap: Distribution,
        /// Requests in a batch.
        batch: u32,
    },
    /// A rate that changes over time.
    Stages(Stages),
    /// Callers that wait for their outcome.
    ClosedLoop {
        /// Number of callers.
        callers: u32,
        /// Time from an outcome to the next request.
        think: Distribution,
    },
}

/// A piecewise linear rate, and the present place in it.
#[derive(Clone, Debug)]
pub struct Stages {
    /// Length in nanoseconds, and requests per nanosecond at the start and at the end.
    pub stages: Vec<(u64, f64, f64)>,
    /// True if the first stage follows the last.
    pub repeat: bool,
    /// True for random spacing; otherwise spacing is as even as the rate allows.
    pub poisson: bool,
    stage: usize,
    stage_start: Instant,
    offset_ns: f64,
    /// Requests still to be expected when the search for the next arrival was put off.
    pending: Option<f64>,
}

/// Number of stages after which the search for the next arrival is put off, so that a run can be
/// stopped.
pub(in crate::model) const STAGES_AT_ONCE: u64 = 64;

/// The result of a search for the next arrival.
pub(super) enum Search {
    At(Instant),
    /// The search was put off.
    NotYet,
    /// The last stage ends before.
    Never,
}

impl Stages {
    /// Stages that begin at `start`. A repeated sequence must have a rate above zero somewhere.
    #[must_use]
    pub fn new(stages: Vec<(u64, f64, f64)>, repeat: bool, poisson: bool, start: Instant) -> Self {
        Self {
            stages,
            repeat,
            poisson,
            stage: 0,
            stage_start: start,
            offset_ns: 0.0,
            pending: None,
        }
    }

    /// The instant at which the expected number of requests since the last one reaches `amount`
    /// (time change of a Poisson process: Cinlar 1975, section 4.7), if it lies within the next
    /// stages.
    pub(super) fn advance(&mut self, amount: f64) -> Search {
        let mut amount = self.pending.take().unwrap_or(amount);
        for _ in 0..STAGES_AT_ONCE {
            let Some(&(lasts, from, to)) = self.stages.get(self.stage) else {
                return Search::Never;
            };
            let lasts_ns = lasts as f64;
            let slope = (to - from) / lasts_ns;
            let rate = from + slope * self.offset_ns;
            let left = lasts_ns - self.offset_ns;
            let expected = (rate + to) / 2.0 * left;
            if amount < expected {
                // The smaller root of slope / 2 x^2 + rate x = amount, in the form that is stable
                // for every sign of the slope.
                let root = fpmath::sqrt((rate * rate + 2.0 * slope * amount).max(0.0));
                self.offset_ns += (2.0 * amount / (rate + root)).min(left);
                let offset = Duration::from_ns_f64(self.offset_ns);
                return Search::At(self.stage_start.saturating_add(offset));
            }
            amount -= expected;
            self.stage_start = self.stage_start.saturating_add(Duration::from_ns(lasts));
            self.offset_ns = 0.0;
            self.stage += 1;
            if self.stage == self.stages.len() && self.repeat {
                self.stage = 0;
            }
        }
        self.pending = Some(amount);
        Search::NotYet
    }
}
