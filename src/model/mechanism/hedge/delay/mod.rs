//! The delay of a hedge before each further copy: a constant, or learnt from what its calls took.

mod average;
mod latest;
mod moving;
mod rotating;

pub use average::Average;
pub use latest::Latest;
pub use moving::Moving;
pub use rotating::Rotating;

use crate::kernel::simulation::Delay;
use crate::kernel::time::{Duration, Instant};

/// The delay of a hedge, and what it has learnt.
#[derive(Clone, Debug)]
pub enum Delays {
    /// A constant delay.
    Constant(Delay),
    /// No delay: copies follow failures alone.
    Failures,
    /// Learnt; until enough is known the constant delay, or none and no copies by time.
    Learnt(Learnt, Option<Delay>),
}

/// What a hedge has learnt from its calls.
#[derive(Clone, Debug)]
pub enum Learnt {
    /// A quantile of the latest latencies of calls.
    Latest(Latest),
    /// The average of the latest first copies.
    Average(Average),
    /// A quantile of the copies of the period before.
    Rotating(Rotating),
    /// A quantile that moves with each copy.
    Moving(Moving),
}

/// The copy that ends its call.
#[derive(Clone, Copy, Debug)]
pub struct Winner {
    /// True if it succeeds.
    pub success: bool,
    /// True for the first copy.
    pub first: bool,
    /// Time since the call came.
    pub whole: Duration,
    /// Time since the copy was sent.
    pub own: Duration,
}

impl Delays {
    /// True if the delay changes.
    #[must_use]
    pub const fn vary(&self) -> bool {
        matches!(self, Self::Learnt(..))
    }

    /// A copy ends its call.
    pub fn record(&mut self, now: Instant, winner: Winner) {
        let Self::Learnt(learnt, _) = self else { return };
        match learnt {
            Learnt::Latest(latest) if winner.success => latest.record(winner.whole),
            Learnt::Average(average) if winner.first => {
                average.record(winner.whole, winner.success);
            }
            Learnt::Rotating(rotating) if winner.success => rotating.record(now, winner.own),
            Learnt::Moving(moving) => moving.record(winner.own),
            Learnt::Latest(_) | Learnt::Average(_) | Learnt::Rotating(_) => {}
        }
    }

    /// A copy is cancelled so long after it was sent, because another one has ended the call.
    pub fn record_loser(&mut self, own: Duration) {
        if let Self::Learnt(Learnt::Moving(moving), _) = self {
            moving.record(own);
        }
    }

    /// The delay before the next copy; `None` if only a failure causes one.
    #[must_use]
    pub fn present(&mut self, now: Instant) -> Option<Delay> {
        let (learnt, before) = match self {
            Self::Constant(delay) => return Some(*delay),
            Self::Failures => return None,
            Self::Learnt(learnt, before) => (learnt, *before),
        };
        let delay = match learnt {
            Learnt::Latest(latest) => latest.delay(),
            Learnt::Average(average) => Some(average.delay()),
            Learnt::Rotating(rotating) => rotating.delay(now),
            Learnt::Moving(moving) => match moving.estimate_ns() {
                // An estimate of less than no time sends no copy.
                Some(ns) if ns <= -1.0 => return None,
                known => known.map(|ns| Duration::from_ns(ns as u64)),
            },
        };
        delay.map(Delay::varying).or(before)
    }
}
