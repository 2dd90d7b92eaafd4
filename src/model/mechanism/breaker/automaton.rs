//! The states of a breaker: a pure state machine that gets the time with each operation, and knows
//! no call and no clock.
//!
//! ```text
//!            the window is bad, or too many failures in a row
//!   closed ──────────────────────────────────────────────────► open ◄──────────┐
//!     ▲                                                         │              │
//!     │                          the first call after open_duration            │
//!     │                                                         ▼              │
//!     └───────── enough trial calls are good ─────────────── half-open ────────┘
//!                                                       trial calls are bad, or
//!                                                       the longest stay is over
//! ```
//!
//! Without half-open there are two states, and another rule: the breaker closes when the open time
//! is over, with the window as it is, and every result after which the window is bad starts the
//! open time again.
//!
//! No timer is needed. A change of state by time alone is made when the next call or result comes,
//! and dated to the instant at which it was due.

use super::settings::{
    AfterStay, AtEnd, Cancelled, Failures, HalfOpen, LateResults, OpensOn, Settings, Verdict,
};
use super::state::{Pass, State, Times, Transition};
use super::window::{Counts, Sample, Span, Window};
use crate::kernel::time::{Duration, Instant};
use crate::model::context::Outcome;

/// A period in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Phase {
    since: Instant,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Closed,
    Open { until: Instant },
    HalfOpen { places: u64, trials: Counts },
}

impl Phase {
    const fn closed(since: Instant) -> Self {
        Self { since, kind: Kind::Closed }
    }
}

/// The state machine of a breaker, without books.
#[derive(Clone, Debug)]
pub struct Automaton {
    settings: Settings,
    window: Option<Window>,
    /// Failures since the latest success.
    in_a_row: u64,
    phase: Phase,
    generation: u32,
    /// Start of the measurement of times.
    measured_from: Instant,
    /// Times in states until the start of the present phase.
    times: Times,
    /// Changes of state not yet taken: an operation makes two at most.
    changes: [Option<Transition>; 2],
}

impl Automaton {
    /// A closed breaker whose times are measured from `measured_from` on.
    #[must_use]
    pub fn new(settings: Settings, measured_from: Instant) -> Self {
        Self {
            window: settings.window.map(Window::new),
            settings,
            in_a_row: 0,
            phase: Phase::closed(Instant::ZERO),
            generation: 0,
            measured_from,
            times: Times::default(),
            changes: [None; 2],
        }
    }

    /// The settings.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Admits a call and returns its pass; `None` if it is refused.
    #[inline(always)]
    pub fn admit(&mut self, now: Instant) -> Option<Pass> {
        if matches!(self.phase.kind, Kind::Closed) {
            return Some(Pass { generation: self.generation, trial: false });
        }
        self.admit_unless_open(now)
    }

    fn admit_unless_open(&mut self, now: Instant) -> Option<Pass> {
        self.expire_phase(now);
        match &mut self.phase.kind {
            Kind::Closed => {}
            Kind::Open { until } => {
                let until = *until;
                let half_open = self.settings.half_open?;
                if !self.is_over(until, now) {
                    return None;
                }
                let places = half_open.calls.saturating_sub(1);
                self.enter(Kind::HalfOpen { places, trials: Counts::default() }, now);
            }
            Kind::HalfOpen { places, .. } => *places = places.checked_sub(1)?,
        }
        let trial = matches!(self.phase.kind, Kind::HalfOpen { .. });
        Some(Pass { generation: self.generation, trial })
    }

    /// Records the outcome of an admitted call, and the time since its admission.
    #[inline]
    pub fn record(&mut self, now: Instant, pass: Pass, outcome: Outcome, elapsed: Duration) {
        self.expire(now);
        if !self.is_late(pass) {
            self.count(now, outcome != Outcome::Success, elapsed);
        }
    }

    /// Records that the caller of an admitted call left.
    pub fn cancel(&mut self, now: Instant, pass: Pass, elapsed: Duration) {
        if self.settings.cancelled == Cancelled::Ignored {
            self.give_back(now, pass);
        } else {
            self.cancel_attempt(now, pass, elapsed);
        }
    }

    /// Records that the caller left an attempt of an admitted call, which gives back its place
    /// itself.
    pub fn cancel_attempt(&mut self, now: Instant, pass: Pass, elapsed: Duration) {
        self.expire(now);
        if self.settings.cancelled != Cancelled::Ignored && !self.is_late(pass) {
            self.count(now, self.settings.cancelled == Cancelled::Failure, elapsed);
        }
    }

    /// Ends an admitted call without a result: in half-open, another trial call may take its place.
    fn give_back(&mut self, now: Instant, pass: Pass) {
        self.expire(now);
        if let Kind::HalfOpen { places, .. } = &mut self.phase.kind
            && (self.settings.late_results == LateResults::Apply
                || pass.generation == self.generation)
        {
            *places += 1;
        }
    }

    /// Ends an admitted call whose attempts were the results, if it made any. Another trial call
    /// may take its place, because trial calls without attempts would keep the breaker half-open
    /// for ever.
    #[inline(always)]
    pub fn end_of_attempts(&mut self, now: Instant, pass: Pass) {
        if pass.trial && pass.generation == self.generation {
            self.give_back(now, pass);
        }
    }

    /// The pass of an attempt, of an admitted call, that begins now.
    #[must_use]
    #[inline(always)]
    pub const fn present_pass(&self) -> Pass {
        Pass { generation: self.generation, trial: false }
    }

    /// Removes and returns the oldest change of state not yet taken.
    #[inline]
    pub fn take_change(&mut self) -> Option<Transition> {
        self.changes[0]?;
        let oldest = self.changes[0].take();
        self.changes.swap(0, 1);
        oldest
    }

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

    /// Bytes on the heap.
    #[must_use]
    pub fn memory(&self) -> u64 {
        self.window.as_ref().map_or(0, Window::memory)
    }

    /// True if the outcome of a call with this pass no longer counts.
    fn is_late(&self, pass: Pass) -> bool {
        self.settings.late_results == LateResults::Discard && pass.generation != self.generation
    }

    /// Counts a result in the present state.
    fn count(&mut self, now: Instant, failed: bool, elapsed: Duration) {
        let slow = self.settings.slow_calls.is_some_and(|slow| elapsed > slow.longer_than);
        let sample = Sample { failed, slow };
        match &mut self.phase.kind {
            Kind::Open { .. } if self.settings.half_open.is_some() => {}
            Kind::Open { .. } => {
                if self.opens(now, sample) {
                    let until = now.saturating_add(self.settings.open_duration);
                    self.phase.kind = Kind::Open { until };
                }
            }
            Kind::Closed => {
                if self.opens(now, sample) {
                    self.open(now);
                }
            }
            Kind::HalfOpen { trials, .. } => {
                trials.add(sample);
                let trials = *trials;
                match self.verdict(trials) {
                    Some(State::Open) => self.open(now),
                    Some(State::Closed) => self.close(now),
                    Some(State::HalfOpen) | None => {}
                }
            }
        }
    }

    /// Counts a result; true if the breaker opens.
    fn opens(&mut self, now: Instant, sample: Sample) -> bool {
        self.in_a_row = if sample.failed { self.in_a_row + 1 } else { 0 };
        let counts = self.window.as_mut().map_or(Counts::default(), |window| {
            window.record(now, sample);
            window.counts()
        });
        if self.settings.opens_on == OpensOn::Failures && !sample.failed {
            return false;
        }
        let Settings { failures, consecutive_failures, minimum_calls, .. } = self.settings;
        if consecutive_failures.is_some_and(|limit| self.in_a_row >= limit) {
            return true;
        }
        if counts.results < minimum_calls.max(1) {
            return false;
        }
        let too_many = match failures {
            None => false,
            Some(Failures::Count(limit)) => counts.failures >= limit,
            Some(Failures::Rate(limit)) => counts.failure_rate() >= limit,
        };
        too_many || self.is_slow(counts)
    }

    fn is_slow(&self, counts: Counts) -> bool {
        self.settings.slow_calls.is_some_and(|slow| counts.slow_rate() >= slow.rate)
    }

    /// The state after these results of trial calls; `None` while there are too few.
    fn verdict(&self, trials: Counts) -> Option<State> {
        let half_open = self.settings.half_open?;
        let bad = match half_open.verdict {
            Verdict::AllGood if trials.failures + trials.slow > 0 => true,
            Verdict::AllGood if trials.results < half_open.calls => return None,
            Verdict::AllGood => false,
            Verdict::Rates if trials.results < half_open.calls.min(self.settings.minimum_calls) => {
                return None;
            }
            Verdict::Rates => {
                let failed = match (self.settings.failures, self.settings.window) {
                    (Some(Failures::Rate(limit)), _) => trials.failure_rate() >= limit,
                    // The count as a ratio of the window, in whole numbers.
                    (Some(Failures::Count(limit)), Some(Span::Count(size))) => {
                        u128::from(trials.failures) * u128::from(size)
                            >= u128::from(limit) * u128::from(trials.results)
                    }
                    // A count over a time is no ratio.
                    (Some(Failures::Count(_)), Some(Span::Seconds(_) | Span::Tenths(_)) | None)
                    | (None, _) => false,
                };
                failed || self.is_slow(trials)
            }
        };
        Some(if bad { State::Open } else { State::Closed })
    }

    const fn is_over(&self, until: Instant, now: Instant) -> bool {
        match self.settings.at_end {
            AtEnd::Admits => until.as_ns() <= now.as_ns(),
            AtEnd::Refuses => until.as_ns() < now.as_ns(),
        }
    }

    /// The phase that follows `phase` by time alone, if it begins by `now`.
    fn expiry(&self, phase: Phase, now: Instant) -> Option<Phase> {
        match (phase.kind, self.settings.half_open) {
            (Kind::Open { until }, None) if self.is_over(until, now) => Some(Phase::closed(until)),
            (Kind::HalfOpen { .. }, Some(HalfOpen { longest_stay: Some((stay, next)), .. })) => {
                let end = phase.since.saturating_add(stay);
                let next = match next {
                    AfterStay::Open => {
                        let until = end.saturating_add(self.settings.open_duration);
                        Phase { since: end, kind: Kind::Open { until } }
                    }
                    AfterStay::Closed => Phase::closed(end),
                };
                (end <= now).then_some(next)
            }
            _ => None,
        }
    }

    /// Makes the changes of state by time alone that are due by `now`.
    #[inline(always)]
    fn expire(&mut self, now: Instant) {
        if !matches!(self.phase.kind, Kind::Closed) {
            self.expire_phase(now);
        }
    }

    fn expire_phase(&mut self, now: Instant) {
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
    }

    fn open(&mut self, now: Instant) {
        let until = now.saturating_add(self.settings.open_duration);
        self.enter(Kind::Open { until }, now);
    }

    fn close(&mut self, now: Instant) {
        self.in_a_row = 0;
        if let Some(window) = &mut self.window {
            window.clear();
        }
        self.enter(Kind::Closed, now);
    }

    fn enter(&mut self, kind: Kind, at: Instant) {
        self.add_phase(at);
        self.phase = Phase { since: at, kind };
        self.generation = self.generation.wrapping_add(1);
        let to = match kind {
            Kind::Closed => State::Closed,
            Kind::Open { .. } => State::Open,
            Kind::HalfOpen { .. } => State::HalfOpen,
        };
        let change = Some(Transition { to, at });
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
