//! The changes of state of a breaker, and its times in states.

use super::{Automaton, Kind, Phase};
use crate::kernel::time::{Duration, Instant};
use crate::model::mechanism::breaker::judge::Trials;
use crate::model::mechanism::breaker::settings::{AfterStay, AtClose, Begins, HalfOpen, OpenTime};
use crate::model::mechanism::breaker::state::{State, Times, Transition};

impl Automaton {
    /// Times in states until `now`, with the changes of state that are due by then.
    #[must_use]
    pub fn times(&self, now: Instant) -> Times {
        let mut times = self.times;
        let mut phase = self.phase;
        while let Some(next) = self.expiry(phase, now) {
            self.add_times(&mut times, phase, next.since);
            phase = next;
        }
        self.add_times(&mut times, phase, now);
        times
    }

    /// The phase that follows `phase` by time alone, if it begins by `now`.
    fn expiry(&self, phase: Phase, now: Instant) -> Option<Phase> {
        match (phase.kind, self.settings.half_open) {
            (Kind::Open { until }, None) if self.settings.is_over(until, now) => {
                Some(Phase::closed(until))
            }
            (Kind::Open { until }, Some(HalfOpen { begins: Begins::Timer, calls, .. }))
                if self.settings.is_over(until, now) =>
            {
                let kind = Kind::HalfOpen { places: calls, trials: Trials::default() };
                Some(Phase { since: until, kind })
            }
            (Kind::HalfOpen { .. }, Some(HalfOpen { longest_stay: Some((stay, next)), .. })) => {
                let end = phase.since.saturating_add(stay);
                let next = match next {
                    AfterStay::Open => {
                        let until = end.saturating_add(self.open_time());
                        Phase { since: end, kind: Kind::Open { until } }
                    }
                    AfterStay::Closed => Phase::closed(end),
                    AfterStay::HalfOpen => return None,
                };
                (end <= now).then_some(next)
            }
            _ => None,
        }
    }

    /// Makes the changes of state by time alone that are due by `now`.
    #[inline(always)]
    pub(super) fn expire(&mut self, now: Instant) {
        if !matches!(self.phase.kind, Kind::Closed) || self.watches_calls {
            self.expire_phase(now);
        }
    }

    pub(super) fn expire_phase(&mut self, now: Instant) {
        while let Some(next) = self.expiry(self.phase, now) {
            match next.kind {
                // Without half-open, the end of the open time is no change of state.
                Kind::Closed if self.settings.half_open.is_none() => {
                    self.add_phase(next.since);
                    self.phase = next;
                }
                Kind::Closed => self.close(next.since),
                kind => self.enter(kind, next.since),
            }
        }
        if matches!(self.phase.kind, Kind::Closed)
            && self.window.as_mut().is_some_and(|window| window.roll(now))
        {
            // Calls of the time before belong to another generation (gobreaker).
            self.in_a_row = 0;
            self.generation = self.generation.wrapping_add(1);
        }
    }

    /// Time of the next opening.
    pub(super) fn open_time(&self) -> Duration {
        self.next_open_time().0
    }

    /// Time of the next opening, and the memory of the backoff after it.
    fn next_open_time(&self) -> (Duration, u64) {
        let mut memory = self.open_memory;
        let time = match &self.settings.open_time {
            OpenTime::Constant(time) => *time,
            OpenTime::Growing(backoff) => {
                let next = self.openings.saturating_add(1);
                backoff.wait(self.client, next, self.opened, &mut memory)
            }
        };
        (time, memory)
    }

    pub(super) fn open(&mut self, now: Instant) {
        let until = now.saturating_add(self.open_time());
        self.enter(Kind::Open { until }, now);
    }

    pub(super) fn half_open(&mut self, half_open: HalfOpen, now: Instant) {
        let places = half_open.calls.saturating_sub(1);
        self.enter(Kind::HalfOpen { places, trials: Trials::default() }, now);
    }

    pub(super) fn close(&mut self, now: Instant) {
        self.in_a_row = 0;
        self.openings = 0;
        self.open_memory = 0;
        if self.settings.at_close != AtClose::Keeps
            && let Some(window) = &mut self.window
        {
            window.clear(now);
        }
        self.enter(Kind::Closed, now);
    }

    fn enter(&mut self, kind: Kind, at: Instant) {
        self.add_phase(at);
        self.phase = Phase { since: at, kind };
        self.generation = self.generation.wrapping_add(1);
        let (to, open_for) = match kind {
            Kind::Closed => (State::Closed, Duration::ZERO),
            Kind::Open { until } => (State::Open, until - at),
            Kind::HalfOpen { .. } => (State::HalfOpen, Duration::ZERO),
        };
        if to == State::Open {
            self.open_memory = self.next_open_time().1;
            self.openings = self.openings.saturating_add(1);
            self.opened = self.opened.wrapping_add(1);
        }
        let change = Some(Transition { to, at, open_for });
        let free = usize::from(self.changes[0].is_some());
        debug_assert!(self.changes[free].is_none(), "changes of state are taken after each call");
        self.changes[free] = change;
    }

    /// Adds the present phase, which ends at `end`, to the times.
    fn add_phase(&mut self, end: Instant) {
        let mut times = self.times;
        self.add_times(&mut times, self.phase, end);
        self.times = times;
    }

    fn add_times(&self, times: &mut Times, phase: Phase, end: Instant) {
        let from = phase.since.max(self.measured_from);
        match phase.kind {
            Kind::Closed => {}
            Kind::HalfOpen { .. } => times.add(State::HalfOpen, from, end),
            Kind::Open { until } => {
                times.add(State::Open, from, until.min(end));
                if self.settings.half_open.is_some() {
                    times.add(State::HalfOpen, until.max(from), end);
                }
            }
        }
    }
}
