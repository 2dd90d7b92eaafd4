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
//! Breakers of libraries agree on this picture and on little else: what is counted and when it
//! is forgotten, how many trial calls there are and who decides over them, what becomes of late
//! results and of cancelled calls. Each is a setting ([`settings`]), and its comment names the
//! source. The states are those of the [`automaton`], what is counted is that of the [`window`].
//! Held against ports of resilience4j's and Polly's code, and against renewal theory.
//!
//! Where it looks at the attempts of a retry inside it, it has two seats: the one that admits, and
//! one behind the retry that only reports.

mod alternatives;
pub mod automaton;
pub mod lints;
pub mod rules;
pub mod settings;
pub mod spec;
pub mod state;
pub mod window;
mod words;

#[cfg(test)]
mod tests;

use self::automaton::Automaton;
use self::settings::Settings;
use self::state::{Pass, State, Times, Transition};
use super::{Below, Leaving, Mechanism, Wakes};
use crate::kernel::calendar::Calendar;
use crate::kernel::time::{Duration, Instant};
use crate::metrics::declare::Quantity;
use crate::metrics::meter::Measurements;
use crate::metrics::probe::{Event, Number, Probe, Role, What};
use crate::model::call::CallId;
use crate::model::context::{At, Context, Flow, Outcome};
use crate::model::seat::{Port, Seat};

crate::metrics! {
    /// Calls that it refused
    REJECTED: Count = "rejected", "rejected";
    /// How often it opened, when it was closed or half-open. A result that starts the time again
    /// while it is open is not counted
    OPENED: Count = "opened", "opened";
    /// Time during which it refused every call, from the end of the warm-up to the end of the arm;
    /// the mean of several clients
    OPEN: State = "open", "open";
    /// Where several clients have a breaker each: how many
    CLIENTS: Total = "clients";
    /// With half-open: calls that it admitted to try
    TRIALS: Count = "trials", "trial calls";
    /// With half-open: how often it closed
    CLOSED: Count = "closed", "closed";
    /// With half-open: time during which it admitted trial calls alone, or the next call would have
    /// been one; the mean of several clients
    HALF_OPEN: State = "half_open", "half-open";
}

impl What {
    /// A breaker opened; the number is for how long.
    pub const OPENED: Self = Self::new(&Event {
        name: "opened",
        verb: "opens",
        number: Number::Nanoseconds,
        words: "opens the breaker, for {}",
        role: Role::Mark,
    });
    /// A breaker that was open admits this call to try.
    pub const HALF_OPENED: Self = Self::new(&Event {
        name: "half_opened",
        verb: "half_opens",
        number: Number::None,
        words: "half-opens the breaker: it is a trial call",
        role: Role::Mark,
    });
    /// A half-open breaker closed.
    pub const CLOSED: Self = Self::new(&Event {
        name: "closed",
        verb: "closes",
        number: Number::None,
        words: "closes the breaker",
        role: Role::Mark,
    });
}

/// What can happen to a request here.
pub const EVENTS: &[What] = &[What::OPENED, What::HALF_OPENED, What::CLOSED];

/// State and books of one breaker.
#[derive(Clone, Debug)]
pub struct Breaker {
    /// By client, or one for all.
    automata: Vec<Automaton>,
    /// What comes up through it is a result; otherwise its seat inside reports them.
    records_outcomes: bool,
    measured_from: Instant,
    rejected: u64,
    opened: u64,
    trials: u64,
    closed: u64,
}

/// The part of a seat that only reports the outcomes which pass.
pub const REPORTS: u32 = 1;

impl Breaker {
    /// A closed breaker for each of `clients`, whose results are `records_outcomes` what comes up
    /// through it, or what its seat inside reports.
    #[must_use]
    pub fn new(
        settings: Settings,
        records_outcomes: bool,
        clients: u32,
        measured_from: Instant,
    ) -> Self {
        Self {
            automata: vec![Automaton::new(settings, measured_from); clients as usize],
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
                cx.note(at, What::OPENED, self.settings().open_duration.as_ns());
            }
            State::HalfOpen => cx.note(at, What::HALF_OPENED, 0),
            State::Closed => {
                self.closed += counts;
                cx.note(at, What::CLOSED, 0);
            }
        }
    }

    fn settings(&self) -> &Settings {
        self.automata[0].settings()
    }

    /// Times until `now`, of several clients their means.
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

    /// What a call at this seat was admitted with, and how long ago.
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
    const WAKES: Wakes = Wakes::Calls { starts: false };
    const BELOW: Below = Below::Call;
    const EVENTS: &'static [&'static [What]] = &[&[What::REJECTED], EVENTS];
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
                cx.note(at, What::REJECTED, 0);
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
        if self.records_outcomes || at.seat.part == REPORTS {
            automaton.record(cx.now(), pass, outcome, elapsed);
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

    fn hand_on<C: Calendar, P: Probe>(
        &mut self,
        _: &mut Context<C, P>,
        _: &At<'_>,
        _: Option<Port>,
    ) -> Option<(CallId, Port)> {
        None
    }

    fn taken(&self) -> Option<u64> {
        None
    }

    fn is_taken_by<C: Calendar, P: Probe>(&self, _: &Context<C, P>, _: CallId) -> bool {
        false
    }

    fn inside(&self) -> Option<u64> {
        None
    }

    fn fork(&mut self, _: u64) {}

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
