//! Permits beyond the fixed number, as the threads of Java's `ThreadPoolExecutor` beyond its core.
//!
//! A further permit is made for a call that finds the line full, and that call takes it: those in
//! line stay behind. While it is held it serves the line as any other. One that comes back while
//! nobody waits is kept for a time, in which a call takes it at once, and is then gone.
//!
//! Threads that rest are alike, but for the time since when they do. The one that has rested
//! longest takes the next task (the order of the queue's condition), so as long as calls come often
//! enough in turn, no thread is idle for long and none ends. Which of them end does not matter,
//! only how many: once no more than the core are left, none does.

use std::collections::VecDeque;

use crate::kernel::time::{Duration, Instant};

/// Further permits, of each client.
#[derive(Clone, Debug)]
pub struct Growth {
    most: u64,
    keep_alive: Duration,
    /// States by client, or one for all.
    states: Vec<State>,
    /// Permits that rest, of all clients.
    resting: usize,
}

/// The further permits of a client.
#[derive(Clone, Debug, Default)]
struct State {
    further: u64,
    /// Ends of the permits that nobody holds, of the fixed ones too, in the order in which they
    /// came back. Empty without further ones.
    resting: VecDeque<Instant>,
}

impl Growth {
    /// At most so many for each of `clients`; one that rests so long is gone.
    #[must_use]
    pub fn new(most: u64, keep_alive: Duration, clients: u32) -> Self {
        let states = vec![State::default(); clients as usize];
        Self { most, keep_alive, states, resting: 0 }
    }

    /// Most further permits of a client.
    pub(super) const fn most(&self) -> u64 {
        self.most
    }

    /// Further permits of a client.
    #[inline]
    pub(super) fn further(&self, instance: u32) -> u64 {
        self.states[instance as usize].further
    }

    /// Makes another one; false if there are as many as there may be.
    pub(super) fn grow(&mut self, instance: u32) -> bool {
        let state = &mut self.states[instance as usize];
        let grows = state.further < self.most;
        state.further += u64::from(grows);
        grows
    }

    /// A permit comes back, and nobody waits for it.
    pub(super) fn rest(&mut self, instance: u32, now: Instant) {
        let state = &mut self.states[instance as usize];
        if state.further > 0 {
            state.resting.push_back(now.saturating_add(self.keep_alive));
            self.resting += 1;
        }
    }

    /// A permit is taken: the one that has rested longest, or a new one.
    pub(super) fn take(&mut self, instance: u32) {
        if self.states[instance as usize].resting.pop_front().is_some() {
            self.resting -= 1;
        }
    }

    /// Removes those that have rested long enough at `now`.
    pub(super) fn catch_up(&mut self, instance: u32, now: Instant) {
        let state = &mut self.states[instance as usize];
        while state.resting.front().is_some_and(|end| *end <= now) {
            state.resting.pop_front();
            state.further -= 1;
            self.resting -= 1;
            if state.further == 0 {
                self.resting -= state.resting.len();
                state.resting.clear();
            }
        }
    }

    /// Bytes on the heap that grow.
    pub(super) const fn memory(&self) -> u64 {
        (self.resting * size_of::<Instant>()) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Instant = |ms| Instant::from_ns(ms * 1_000_000);

    /// Of two further permits that come back one after the other, a call takes the first. The
    /// second is gone 20 ms after it has come back, and then the one that is left is needed.
    #[test]
    fn what_rests_longest_is_taken_first_and_the_rest_is_gone_in_time() {
        let mut growth = Growth::new(2, Duration::from_ms(20), 1);
        assert!(growth.grow(0) && growth.grow(0) && !growth.grow(0));
        growth.rest(0, MS(0));
        growth.rest(0, MS(10));
        growth.take(0);
        growth.catch_up(0, MS(29));
        assert_eq!((growth.further(0), growth.memory()), (2, 8));
        growth.catch_up(0, MS(30));
        assert_eq!((growth.further(0), growth.memory()), (1, 0));
    }

    /// Without further permits the fixed ones stay, however long they rest.
    #[test]
    fn the_core_stays() {
        let mut growth = Growth::new(1, Duration::from_ms(20), 1);
        assert!(growth.grow(0));
        for at in [0, 1, 2] {
            growth.rest(0, MS(at));
        }
        growth.catch_up(0, MS(1_000));
        assert_eq!((growth.further(0), growth.memory()), (0, 0));
        growth.rest(0, MS(1_001));
        growth.catch_up(0, MS(2_000));
        assert_eq!(growth.further(0), 0);
    }
}
