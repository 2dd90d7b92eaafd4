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
//! Trial calls may also be renewed after the longest stay, instead of an end of half-open.
//!
//! No timer is needed. A change of state by time alone is made when the next call or result comes,
//! and dated to the instant at which it was due.

mod phases;

use super::judge::Trials;
use super::settings::{
    AfterStay, AtClose, Cancelled, LateResults, OpenTime, OpensOn, Places, Settings, Verdict,
    Volume,
};
use super::state::{Pass, State, Times, Transition};
use super::window::{Counts, Span, Window};
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
    HalfOpen { places: u64, trials: Trials },
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
    /// Number among the clients that have a breaker each: the key of its draws.
    client: u64,
    /// True if calls matter to the window, not only their results.
    watches_calls: bool,
    window: Option<Window>,
    /// Failures since the latest success.
    in_a_row: u64,
    phase: Phase,
    generation: u32,
    /// Openings since it was closed, and in all.
    openings: u32,
    opened: u32,
    /// Memory of the backoff of open times.
    open_memory: u64,
    /// Start of the measurement of times.
    measured_from: Instant,
    /// Times in states until the start of the present phase.
    times: Times,
    /// Changes of state not yet taken: an operation makes two at most.
    changes: [Option<Transition>; 2],
}

impl Automaton {
    /// A closed breaker of this client, whose times are measured from `measured_from` on.
    #[must_use]
    pub fn new(settings: Settings, client: u64, measured_from: Instant) -> Self {
        Self {
            watches_calls: matches!(settings.window, Some(Span::One(_)))
                || settings.volume != Volume::Results
                || settings.opens_on == OpensOn::Buckets,
            window: settings.window.map(Window::new),
            settings,
            client,
            in_a_row: 0,
            phase: Phase::closed(Instant::ZERO),
            generation: 0,
            openings: 0,
            opened: 0,
            open_memory: 0,
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

    /// Draws open times elsewhere from now on, in a branch of a split run.
    pub(super) fn set_open_time(&mut self, open_time: OpenTime) {
        self.settings.open_time = open_time;
    }

    /// Admits a call and returns its pass; `None` if it is refused.
    #[inline(always)]
    pub fn admit(&mut self, now: Instant) -> Option<Pass> {
        if matches!(self.phase.kind, Kind::Closed) && !self.watches_calls {
            return Some(Pass { generation: self.generation, trial: false });
        }
        self.admit_with_care(now)
    }

    fn admit_with_care(&mut self, now: Instant) -> Option<Pass> {
        let admitted = self.admit_in_phase(now);
        let counts = match self.settings.volume {
            Volume::Results => false,
            Volume::Admitted => admitted.is_some(),
            Volume::Calls => true,
        };
        if counts && let Some(window) = &mut self.window {
            window.add(now, now, Counts::CALL);
        }
        admitted
    }

    fn admit_in_phase(&mut self, now: Instant) -> Option<Pass> {
        self.expire_phase(now);
        match &mut self.phase.kind {
            Kind::Closed => {
                if self.is_bad_at_the_end_of_a_bucket(now) {
                    self.open(now);
                    return None;
                }
            }
            Kind::Open { until } => {
                let until = *until;
                let half_open = self.settings.half_open?;
                if !self.settings.is_over(until, now) {
                    return None;
                }
                self.half_open(half_open, now);
            }
            Kind::HalfOpen { places: 0, .. } => {
                let half_open = self.settings.half_open?;
                let (stay, AfterStay::HalfOpen) = half_open.longest_stay? else { return None };
                let until = self.phase.since.saturating_add(stay);
                if !self.settings.is_over(until, now) {
                    return None;
                }
                self.half_open(half_open, now);
            }
            Kind::HalfOpen { places, .. } => *places -= 1,
        }
        let trial = matches!(self.phase.kind, Kind::HalfOpen { .. });
        Some(Pass { generation: self.generation, trial })
    }

    fn is_bad_at_the_end_of_a_bucket(&self, now: Instant) -> bool {
        let window = self.window.as_ref().filter(|_| self.settings.opens_on == OpensOn::Buckets);
        window.is_some_and(|window| self.settings.is_bad(window.completed(now)))
    }

    /// Records the outcome of an admitted call, and the time since its admission.
    #[inline]
    pub fn record(&mut self, now: Instant, pass: Pass, outcome: Outcome, elapsed: Duration) {
        match self.settings.failed(outcome) {
            Some(failed) => self.record_result(now, pass, failed, elapsed),
            None => self.give_back(now, pass),
        }
    }

    /// Records the outcome of an attempt of an admitted call, which gives back its place itself.
    #[inline]
    pub fn record_attempt(
        &mut self,
        now: Instant,
        pass: Pass,
        outcome: Outcome,
        elapsed: Duration,
    ) {
        if let Some(failed) = self.settings.failed(outcome) {
            self.record_result(now, pass, failed, elapsed);
        }
    }

    fn record_result(&mut self, now: Instant, pass: Pass, failed: bool, elapsed: Duration) {
        self.expire(now);
        if !self.is_late(pass) {
            self.count(now, pass, failed, elapsed);
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
        if self.settings.cancelled != Cancelled::Ignored {
            self.record_result(now, pass, self.settings.cancelled == Cancelled::Failure, elapsed);
        }
    }

    /// Ends an admitted call without a result: in half-open, another trial call may take its place,
    /// unless trial calls are renewed by time.
    fn give_back(&mut self, now: Instant, pass: Pass) {
        self.expire(now);
        let half_open = self.settings.half_open;
        let stay = half_open.and_then(|half_open| half_open.longest_stay);
        if let Kind::HalfOpen { places, .. } = &mut self.phase.kind
            && (self.settings.late_results == LateResults::Apply
                || pass.generation == self.generation)
            && !matches!(stay, Some((_, AfterStay::HalfOpen)))
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
        // The place of a trial call is that of the call. Where results count as in the state of
        // their call, an attempt begins in the present one.
        let own = matches!(self.settings.late_results, LateResults::Own);
        let trial = own && matches!(self.phase.kind, Kind::HalfOpen { .. });
        Pass { generation: self.generation, trial }
    }

    /// Removes and returns the oldest change of state not yet taken.
    #[inline]
    pub fn take_change(&mut self) -> Option<Transition> {
        self.changes[0]?;
        let oldest = self.changes[0].take();
        self.changes.swap(0, 1);
        oldest
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

    /// Counts a result in the present state, or in that of its call.
    fn count(&mut self, now: Instant, pass: Pass, failed: bool, elapsed: Duration) {
        let slow = self.settings.slow_calls.is_some_and(|slow| elapsed > slow.longer_than);
        let result = Counts::of(failed, slow);
        let late = self.settings.late_results;
        let age = if late == LateResults::Discard { elapsed.as_ns() } else { 0 };
        let at = Instant::from_ns(now.as_ns() - age);
        let half_open = matches!(self.phase.kind, Kind::HalfOpen { .. });
        if if late == LateResults::Own { pass.trial } else { half_open } {
            return self.count_trial(now, result);
        }
        match self.phase.kind {
            Kind::Closed => {
                if self.opens(now, at, result) {
                    self.open(now);
                }
            }
            Kind::Open { .. } if self.settings.half_open.is_none() => {
                if self.opens(now, at, result) {
                    let until = now.saturating_add(self.open_time());
                    self.phase.kind = Kind::Open { until };
                }
            }
            Kind::Open { .. } | Kind::HalfOpen { .. } => {
                let verdict = self.settings.half_open.map(|half_open| half_open.verdict);
                let opens = self.goes_on() && self.opens(now, at, result);
                if verdict == Some(Verdict::AnyGood) && !failed {
                    self.close(now);
                    self.take_first(now, result);
                } else if opens && half_open {
                    self.open(now);
                }
            }
        }
    }

    /// Counts the result of a trial call. The state may be another by now, if results belong to
    /// that of their call: then the window alone changes, unless a failure opens the breaker.
    fn count_trial(&mut self, now: Instant, result: Counts) {
        let at_once = self.settings.half_open.is_some_and(|half| half.places == Places::AtOnce);
        let (trials, half_open) = match &mut self.phase.kind {
            Kind::HalfOpen { places, trials } => {
                trials.add(result);
                *places += u64::from(at_once);
                (*trials, true)
            }
            Kind::Closed | Kind::Open { .. } => {
                let mut alone = Trials::default();
                alone.add(result);
                (alone, false)
            }
        };
        let verdict = self.settings.verdict(trials);
        if verdict == Some(State::Closed) {
            if half_open {
                self.close(now);
            } else if let Some(window) = &mut self.window {
                window.clear(now);
            }
            self.take_first(now, result);
            return;
        }
        if self.goes_on() {
            self.take(now, now, result);
        }
        if verdict == Some(State::Open) && !matches!(self.phase.kind, Kind::Open { .. }) {
            self.open(now);
        }
    }

    /// True if the window takes results while the breaker is open and half-open.
    fn goes_on(&self) -> bool {
        self.settings.at_close != AtClose::Empties
    }

    /// Counts the result that has closed the breaker, where the window takes it.
    fn take_first(&mut self, now: Instant, result: Counts) {
        if self.goes_on() {
            self.take(now, now, result);
        }
    }

    /// Counts a result of the instant `at`; true if the breaker opens.
    fn opens(&mut self, now: Instant, at: Instant, result: Counts) -> bool {
        self.take(now, at, result);
        let Settings { consecutive_failures, opens_on, .. } = self.settings;
        if opens_on == OpensOn::Failures && result.failures == 0 {
            return false;
        }
        if consecutive_failures.is_some_and(|limit| self.in_a_row >= limit) {
            return true;
        }
        let counts = self.window.as_ref().map_or(Counts::default(), Window::counts);
        opens_on != OpensOn::Buckets && self.settings.is_bad(counts)
    }

    fn take(&mut self, now: Instant, at: Instant, mut result: Counts) {
        self.in_a_row = if result.failures > 0 { self.in_a_row + 1 } else { 0 };
        if self.settings.volume != Volume::Results {
            result.results = 0;
        }
        if let Some(window) = &mut self.window {
            window.add(now, at, result);
        }
    }
}
