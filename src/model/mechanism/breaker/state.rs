//! What a breaker tells of itself: its state, a change of it, what a call is admitted with, and
//! times.

use crate::kernel::time::{Duration, Instant};

/// The three states by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Admits.
    Closed,
    /// Refuses.
    Open,
    /// Admits trial calls.
    HalfOpen,
}

/// A change of state, and when it was due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The state from then on.
    pub to: State,
    /// When it began.
    pub at: Instant,
}

/// What an admitted call keeps until it ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pass {
    /// Which stretch of one state it was admitted in.
    pub(super) generation: u32,
    /// Whether it is a trial call.
    pub trial: bool,
}

impl Pass {
    /// It as a word of a call.
    #[must_use]
    pub const fn to_word(self) -> u64 {
        (self.generation as u64) << 1 | self.trial as u64
    }

    /// The pass that a word holds.
    #[must_use]
    pub const fn from_word(word: u64) -> Self {
        Self { generation: (word >> 1) as u32, trial: word & 1 == 1 }
    }
}

/// Time spent in the states that are not closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// It refused every call.
    pub open: Duration,
    /// It was, or the next call would have made it, half-open.
    pub half_open: Duration,
}

impl Times {
    pub(super) fn add(&mut self, state: State, from: Instant, to: Instant) {
        let time = if to > from { to - from } else { Duration::ZERO };
        match state {
            State::Closed => {}
            State::Open => self.open = self.open.saturating_add(time),
            State::HalfOpen => self.half_open = self.half_open.saturating_add(time),
        }
    }
}
