//! The state of a breaker, its changes, the passes of admitted calls, and times in states.

use crate::kernel::time::{Duration, Instant};

/// The state of a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Calls are admitted.
    Closed,
    /// Calls are refused.
    Open,
    /// Trial calls are admitted.
    HalfOpen,
}

/// A change of state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The new state.
    pub to: State,
    /// Instant at which the change was due.
    pub at: Instant,
    /// Time for which the breaker refuses, if it opens.
    pub open_for: Duration,
}

/// The pass of an admitted call, which it keeps until it ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pass {
    /// Number of the phase in which the call was admitted.
    pub(super) generation: u32,
    /// True for a trial call.
    pub trial: bool,
}

impl Pass {
    /// The pass as a word of a call.
    #[must_use]
    pub const fn to_word(self) -> u64 {
        (self.generation as u64) << 1 | self.trial as u64
    }

    /// The pass in a word of a call.
    #[must_use]
    pub const fn from_word(word: u64) -> Self {
        Self { generation: (word >> 1) as u32, trial: word & 1 == 1 }
    }
}

/// Times in the states other than closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// Time open, in which every call is refused.
    pub open: Duration,
    /// Time half-open, from the instant at which the next call makes it so.
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
