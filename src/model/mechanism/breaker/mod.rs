//! A circuit breaker: refuses calls for a while when too many failed, and then tries again.
//!
//! ```text
//!            too many failures, or slow calls, of the window or in a row
//!   closed ─────────────────────────────────────────────────────────────► open ◄────┐
//!     ▲                                                                    │        │
//!     │                          the first call after open_duration        │        │
//!     │                                                                    ▼        │
//!     └────────────────── trial calls are good ───────────────────── half-open ─────┘
//!                                                   trial calls are bad, or
//!                                                   the longest stay is over
//! ```
//!
//! Breakers of libraries agree on this picture and differ in the rest: the counted results and
//! their window, the number of trial calls and the verdict over them, the treatment of late results
//! and of cancelled calls. Each is a setting ([`settings`]), and its comment names the source. The
//! [`automaton`] has the states, the [`window`] the counts. Both are tested against ports of
//! resilience4j's and Polly's code, and against renewal theory.
//!
//! A breaker that records the attempts of a retry inside it has two seats: the one that admits, and
//! one behind the retry that only reports.

mod alternatives;
pub mod automaton;
mod judge;
pub mod lints;
pub mod rules;
pub mod settings;
pub mod spec;
pub mod state;
pub mod window;
mod words;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use self::automaton::Automaton;
use self::settings::{OpenTime, Settings};
use self::state::{Pass, State, Times, Transition};
use super::backoff::Backoff;
use super::{Below, Leaving, Mechanism, Wakes};
use crate::kernel::calendar::Calendar;
use crate::kernel::time::{Duration, Instant};
use crate::metrics::declare::Quantity;
use crate::metrics::meter::Measurements;
use crate::metrics::probe::{EventDefinition, EventKind, Number, Probe, Role};
use crate::model::context::{At, Context, Flow, Outcome};
use crate::model::seat::{Port, Seat};

crate::metrics! {
    /// Calls that the breaker refused
    REJECTED: Count = "rejected", "rejected";
    /// Openings of the closed or half-open breaker. A result that starts the open time again is not
    /// counted
    OPENED: Count = "opened", "opened";
    /// Time during which every call was refused, from the end of the warm-up to the end of the arm;
    /// the mean of several clients
    OPEN: State = "open", "open";
    /// Number of clients, where several have a breaker each
    CLIENTS: Total = "clients";
    /// With half-open: trial calls admitted
    TRIALS: Count = "trials", "trial calls";
    /// With half-open: closings
    CLOSED: Count = "closed", "closed";
    /// With half-open: time during which only trial calls were admitted, or the next call would
    /// have been one; the mean of several clients
    HALF_OPEN: State = "half_open", "half-open";
}

impl EventKind {
    /// A breaker opened; the number is its open time.
    pub const OPENED: Self = Self::new(&EventDefinition {
        name: "opened",
        verb: "opens",
        number: Number::Nanoseconds,
        words: "opens the breaker, for {}",
        role: Role::Mark,
    });
    /// An open breaker becomes half-open: the call is a trial, or, by a timer, the next one is.
    pub const HALF_OPENED: Self = Self::new(&EventDefinition {
        name: "half_opened",
        verb: "half_opens",
        number: Number::None,
        words: "half-opens the breaker",
        role: Role::Mark,
    });
    /// A half-open breaker closed.
    pub const CLOSED: Self = Self::new(&EventDefinition {
        name: "closed",
        verb: "closes",
        number: Number::None,
        words: "closes the breaker",
        role: Role::Mark,
    });
}

/// The events of a breaker.
pub const EVENTS: &[EventKind] = &[EventKind::OPENED, EventKind::HALF_OPENED, EventKind::CLOSED];

/// State and books of one breaker.
#[derive(Clone, Debug)]
pub struct Breaker {
    /// State machines by client, or one for all.
    automata: Vec<Automaton>,
    /// True if outcomes that come up are results; otherwise the seat behind the retry reports them.
    records_outcomes: bool,
    measured_from: Instant,
    rejected: u64,
    opened: u64,
    trials: u64,
    closed: u64,
}

/// The part of the seat that only reports outcomes.
pub const REPORTS: u32 = 1;

impl Breaker {
    /// A closed breaker for each of `clients`. With `records_outcomes` its results are the outcomes
    /// that come up, otherwise the reports of its second seat.
    #[must_use]
    pub fn new(
        settings: &Settings,
        records_outcomes: bool,
        clients: u32,
        measured_from: Instant,
    ) -> Self {
        Self {
            automata: (0..u64::from(clients))
                .map(|client| Automaton::new(settings.clone(), client, measured_from))
                .collect(),
            records_outcomes,
            measured_from,
            rejected: 0,
            opened: 0,
            trials: 0,
            closed: 0,
        }
    }

    /// Books the changes of state that the automaton has made.
    #[inline(always)]
    fn book_changes<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) {
        while let Some(change) = self.automata[at.instance as usize].take_change() {
            self.book_change(cx, at, change);
        }
    }

    #[cold]
    fn book_change<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        change: Transition,
    ) {
        let counts = u64::from(change.at >= self.measured_from);
        match change.to {
            State::Open => {
                self.opened += counts;
                cx.note(at, EventKind::OPENED, change.open_for.as_ns());
            }
            State::HalfOpen => cx.note(at, EventKind::HALF_OPENED, 0),
            State::Closed => {
                self.closed += counts;
                cx.note(at, EventKind::CLOSED, 0);
            }
        }
    }

    fn settings(&self) -> &Settings {
        self.automata[0].settings()
    }

    /// Times in states until `now`, the means over clients.
    fn times(&self, now: Instant) -> Times {
        let clients = self.automata.len() as u128;
        let (mut open, mut half_open) = (0_u128, 0_u128);
        for automaton in &self.automata {
            let times = automaton.times(now);
            open += u128::from(times.open.as_ns());
            half_open += u128::from(times.half_open.as_ns());
        }
        let mean = |sum| Duration::from_ns((sum / clients) as u64);
        Times { open: mean(open), half_open: mean(half_open) }
    }

    /// The pass of a call at this seat, and the time since its admission.
    #[inline]
    fn admission<C: Calendar, P: Probe>(cx: &mut Context<C, P>, at: &At<'_>) -> (Pass, Duration) {
        let now = cx.now();
        let &mut [pass, since] = cx.calls.words(at.call, at.seat.word);
        (Pass::from_word(pass), now - Instant::from_ns(since))
    }
}

impl Mechanism for Breaker {
    const KIND: &'static str = "breaker";
    const WORDS: u32 = 2;
    const TIMER: Option<u32> = None;
    const DEADLINE: Option<u32> = None;
    const WAKES: Wakes = Wakes::Calls { starts: false };
    const BELOW: Below = Below::Call;
    const EVENTS: &'static [&'static [EventKind]] = &[&[EventKind::REJECTED], EVENTS];
    const METRICS: &'static [&'static Quantity] = METRICS;

    #[inline]
    fn enter<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow {
        let now = cx.now();
        let automaton = &mut self.automata[at.instance as usize];
        let pass = if at.seat.part == REPORTS {
            automaton.present_pass()
        } else {
            let pass = automaton.admit(now);
            self.book_changes(cx, at);
            let measured = u64::from(cx.calls[at.call].measured);
            let Some(pass) = pass else {
                self.rejected += measured;
                cx.note(at, EventKind::REJECTED, 0);
                return Flow::Up(Outcome::Rejected);
            };
            if pass.trial {
                self.trials += measured;
            }
            pass
        };
        *cx.calls.words(at.call, at.seat.word) = [pass.to_word(), now.as_ns()];
        Flow::Down
    }

    #[inline]
    fn exit<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        _: Port,
        outcome: Outcome,
    ) -> Flow {
        let (pass, elapsed) = Self::admission(cx, at);
        let automaton = &mut self.automata[at.instance as usize];
        if self.records_outcomes {
            automaton.record(cx.now(), pass, outcome, elapsed);
        } else if at.seat.part == REPORTS {
            automaton.record_attempt(cx.now(), pass, outcome, elapsed);
        } else {
            automaton.end_of_attempts(cx.now(), pass);
        }
        self.book_changes(cx, at);
        Flow::Up(outcome)
    }

    fn wake<C: Calendar, P: Probe>(&mut self, _: &mut Context<C, P>, _: &At<'_>) -> Flow {
        unreachable!("a breaker sets no timer")
    }

    fn goes_on<C: Calendar, P: Probe>(&self, _: &Context<C, P>, _: &At<'_>) -> bool {
        false
    }

    fn leave<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>, _: Leaving) {
        let (pass, elapsed) = Self::admission(cx, at);
        let automaton = &mut self.automata[at.instance as usize];
        if self.records_outcomes {
            automaton.cancel(cx.now(), pass, elapsed);
        } else if at.seat.part == REPORTS {
            automaton.cancel_attempt(cx.now(), pass, elapsed);
        } else {
            automaton.end_of_attempts(cx.now(), pass);
        }
        self.book_changes(cx, at);
    }

    fn fork(&mut self, branch: u64) {
        let OpenTime::Growing(backoff) = &self.settings().open_time else { return };
        let mut backoff = Backoff::clone(backoff);
        backoff.fork(branch);
        let open_time = OpenTime::Growing(Arc::new(backoff));
        self.automata.iter_mut().for_each(|one| one.set_open_time(open_time.clone()));
    }

    fn memory(&self) -> u64 {
        self.automata.iter().map(Automaton::memory).sum()
    }

    fn measure<C: Calendar, P: Probe>(
        &mut self,
        _: &mut Context<C, P>,
        _: &Seat,
        at: Instant,
        into: &mut impl Measurements,
    ) {
        let times = self.times(at);
        into.count(&REJECTED, self.rejected);
        into.count(&OPENED, self.opened);
        into.state(&OPEN, times.open);
        if self.automata.len() > 1 {
            into.total(&CLIENTS, |_| self.automata.len() as u64);
        }
        if self.settings().half_open.is_some() {
            into.count(&TRIALS, self.trials);
            into.count(&CLOSED, self.closed);
            into.state(&HALF_OPEN, times.half_open);
        }
    }
}
