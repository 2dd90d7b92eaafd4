//! A bulkhead: a semaphore with a first-come-first-served line.
//!
//! ```text
//!            a permit is free                     outcome, or the caller leaves
//! enters --------------------------> has a permit ---------------------------> permit comes back
//!   |                                     ^
//!   |                                     | a permit comes back, first in line
//!   |         there is a place            |
//!   |-------------------------------> in line --- caller leaves --> left
//!   |                                     |
//!   | the line is full                    | longest wait is over
//!   v                                     v
//! rejected                             reneged
//! ```
//!
//! A request that finds a permit free and nobody in line takes it; otherwise it joins the line, or
//! is rejected if that is full. A permit that comes back goes to the head of the line, which goes
//! on when the present walk is over. A call that has passed holds the permit until its outcome
//! comes up or it is cancelled.
//!
//! A longest wait bounds the time in line alone: a permit is kept for as long as the call inside
//! takes. In queueing theory, leaving a line after a wait is reneging, and turning away at its end
//! is balking; resilience4j (`maxWaitDuration`), HikariCP (`connectionTimeout`) and every other
//! pool of connections have a longest wait.
//!
//! How many permits there are is the part of a [`Supply`]: a bulkhead and a pool have a [fixed
//! number](Fixed), to which a thread pool adds while its line is full ([`growth`]), and that of an
//! adaptive limit ([`super::adaptive_limit`]) changes with each outcome. A pool ([`super::pool`])
//! has a name of its own; several seats share its permits and its line, from which calls go on
//! below the seat where they wait. Several clients have permits and a line each, in one book.

pub(in crate::model::mechanism) mod alternatives;
pub mod growth;
mod lints;
mod refusal;
pub mod spec;
pub mod supply;

use self::growth::Growth;
use self::supply::{Fixed, Supply, Waiting};
use crate::kernel::calendar::Calendar;
use crate::kernel::simulation::Delay;
use crate::kernel::time::{Duration, Instant};
use crate::metrics::declare::Quantity;
use crate::metrics::gauge::Gauge;
use crate::metrics::meter::{Measurements, limit};
use crate::metrics::probe::{Ending, EventDefinition, EventKind, Number, Probe, Role};
use crate::metrics::recorder::Recorder;
use crate::model::call::{self, CallId};
use crate::model::context::{At, Context, Flow, Outcome};
use crate::model::line::{self, Line};
use crate::model::mechanism::{Below, Leaving, Mechanism, Wakes};
use crate::model::seat::{NONE, Port, Seat};

crate::metrics! {
    /// Calls refused because the line was full
    REJECTED: Count = "rejected", "rejected";
    /// Calls refused after the longest wait in line; only with a `max_wait`
    RENEGED: Count = "reneged", "left after the longest wait";
    /// from arrival to a permit, of calls that got one, with or without a wait
    WAIT: Latency = "wait";
    /// Ratio of `wait` that is longer than 0
    WAITED: Ratio = "waited_ratio";
    /// Calls in line. Limit: length of the line, of all clients together
    WAITING: Level = "waiting", "waiting for a permit" => Waiting;
    /// Permits held. Limit: most permits, of all clients together, where their number is fixed
    PERMITS: Level = "permits", "permits taken" => InService;
}

impl EventKind {
    /// The call got the permit it waited for; the number is the wait.
    pub const ADMITTED: Self = Self::new(&EventDefinition {
        name: "admitted",
        verb: "admits",
        number: Number::Nanoseconds,
        words: "gets a permit after {}",
        role: Role::Ends(Ending::Well),
    });
}

/// The events of a bulkhead.
pub const EVENTS: &[EventKind] = &[EventKind::ADMITTED];

/// The permits that a client has taken, and its calls in line.
#[derive(Clone, Debug, Default)]
struct State {
    taken: u64,
    line: Line,
}

/// State and books of permits: of a bulkhead, of a pool that several seats share, or of an adaptive
/// limit.
#[derive(Clone, Debug)]
pub struct Permits<S> {
    supply: S,
    places: u64,
    max_wait: Option<Delay>,
    last_first: bool,
    /// States by client, or one for all.
    states: Vec<State>,
    in_use: Gauge,
    waiting: Gauge,
    rejected: u64,
    reneged: u64,
    wait: Recorder,
}

/// The permits of one seat.
pub type Bulkhead = Permits<Fixed<false>>;

impl<const SHARED: bool> Permits<Fixed<SHARED>> {
    /// `permits`, at least 1, for each of `clients`, and those that grow, with a line of `places`
    /// each (`u64::MAX`: no limit), in which a call waits for `max_wait` at most.
    #[must_use]
    pub fn new(
        (permits, growth): (u64, Option<Growth>),
        (places, max_wait): (u64, Option<Delay>),
        clients: u32,
        measured_from: Instant,
    ) -> Self {
        let waiting = Waiting { places, longest: max_wait, last_first: false };
        Self::of(Fixed { permits, growth }, waiting, clients, measured_from)
    }
}

impl<S: Supply> Permits<S> {
    /// Permits of this supply for each of `clients`, with a line for each.
    #[must_use]
    pub fn of(supply: S, waiting: Waiting, clients: u32, measured_from: Instant) -> Self {
        let Waiting { places, longest: max_wait, last_first } = waiting;
        // A longest wait of zero means no line, in any order of equal instants.
        let waits = max_wait.is_none_or(|most| !most.duration().is_zero());
        Self {
            supply,
            places: if waits { places } else { 0 },
            max_wait,
            last_first,
            states: vec![State::default(); clients as usize],
            in_use: Gauge::new(measured_from),
            waiting: Gauge::new(measured_from),
            rejected: 0,
            reneged: 0,
            wait: Recorder::default(),
        }
    }

    /// Takes back a permit and hands it to the next in line, if there is one and the permit is
    /// still there. Where the number of permits has grown, as many go on as there are; of a line
    /// that serves the last first, one.
    #[inline]
    fn release<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) {
        let waits = !self.states[at.instance as usize].line.is_empty();
        let hands_on = waits && cx.hands_on(at);
        if hands_on && !S::CHANGES {
            self.admit_next(cx, at);
            return;
        }
        let state = &mut self.states[at.instance as usize];
        state.taken -= 1;
        self.in_use.fall(cx.now());
        self.supply.rest(cx, at);
        if hands_on {
            self.hand_out(cx, at, if self.last_first { 1 } else { u64::MAX });
        }
    }

    /// Gives free permits to at most so many in line.
    fn hand_out<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        mut most: u64,
    ) {
        let permits = self.supply.permits(at.instance);
        while most > 0
            && self.states[at.instance as usize].taken < permits
            && let Some(next) = self.admit_next(cx, at)
        {
            most -= 1;
            self.take(cx, at, next);
        }
    }

    /// Gives a permit to a call that has just come.
    #[inline]
    fn admit_at_once<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
    ) -> Flow {
        self.take(cx, at, at.call);
        if cx.calls[at.call].measured {
            self.wait.record(Duration::ZERO);
        }
        Flow::Down
    }

    /// Counts the permit of a call as taken.
    #[inline]
    fn take<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>, call: CallId) {
        let state = &mut self.states[at.instance as usize];
        state.taken += 1;
        self.in_use.rise(cx.now());
        self.supply.admit(cx, at, call, state.taken);
    }

    /// Gives a permit to the next in line, at whichever seat.
    #[inline]
    fn admit_next<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
    ) -> Option<CallId> {
        let line = &mut self.states[at.instance as usize].line;
        let next = match self.last_first {
            false => line.pop(&mut cx.calls),
            true => line.pop_last(&mut cx.calls),
        };
        let next = next?;
        self.waiting.fall(cx.now());
        Self::stop_waiting(cx, next);
        cx.make_ready(next);
        Some(next)
    }

    /// Cancels the timer of a call's longest wait, if there is one.
    #[inline]
    fn stop_waiting<C: Calendar, P: Probe>(cx: &mut Context<C, P>, call: CallId) {
        let timer = std::mem::replace(&mut cx.calls[call].timer, NONE);
        if timer != NONE {
            cx.cancel(timer);
        }
    }

    /// Refuses a call whose longest wait is over.
    #[cold]
    fn renege<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        since: Instant,
    ) -> Flow {
        let now = cx.now();
        let call = &mut cx.calls[at.call];
        (call.timer, call.state) = (NONE, call::State::None);
        self.reneged += u64::from(call.measured);
        self.states[at.instance as usize].line.remove(&mut cx.calls, at.call);
        self.waiting.fall(now);
        cx.note(at, EventKind::RENEGED, (now - since).as_ns());
        Flow::Up(Outcome::Rejected)
    }
}

impl<S: Supply> Mechanism for Permits<S> {
    const KIND: &'static str = S::KIND;
    const WORDS: u32 = S::WORDS;
    const TIMER: Option<u32> = None;
    const DEADLINE: Option<u32> = None;
    const WAKES: Wakes = Wakes::Calls { starts: false };
    const BELOW: Below = Below::Call;
    const EVENTS: &'static [&'static [EventKind]] =
        &[&[EventKind::REJECTED], EVENTS, S::EVENTS, line::EVENTS];
    const METRICS: &'static [&'static Quantity] = S::METRICS;

    #[inline]
    fn enter<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow {
        self.supply.catch_up(cx, at);
        let waits = !self.states[at.instance as usize].line.is_empty();
        if S::CHANGES && waits && !self.last_first && cx.hands_on(at) {
            self.hand_out(cx, at, u64::MAX);
        }
        let permits = self.supply.permits(at.instance);
        let state = &mut self.states[at.instance as usize];
        let first = state.line.is_empty() || self.last_first;
        if state.taken < permits && first {
            return self.admit_at_once(cx, at);
        }
        let waiting = state.line.len();
        if waiting >= self.places {
            let grows = state.taken >= permits && self.supply.grow(cx, at);
            return if grows { self.admit_at_once(cx, at) } else { self.refuse(cx, at, waiting) };
        }
        let timer = self.max_wait.map_or(NONE, |most| cx.wake_after(most, at));
        let since = cx.now();
        let call = &mut cx.calls[at.call];
        (call.timer, call.state) = (timer, call::State::Waiting { since });
        self.states[at.instance as usize].line.push(&mut cx.calls, at.call);
        self.waiting.rise(since);
        cx.note(at, EventKind::WAITS, waiting + 1);
        Flow::Parked
    }

    #[inline]
    fn exit<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        _: Port,
        outcome: Outcome,
    ) -> Flow {
        self.supply.catch_up(cx, at);
        self.supply.learn(cx, at, Some(outcome));
        self.release(cx, at);
        Flow::Up(outcome)
    }

    /// The call has got its permit, or its longest wait is over.
    #[inline]
    fn wake<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow {
        let call::State::Waiting { since } = cx.calls[at.call].state else {
            return self.end_delay(cx, at);
        };
        if cx.calls[at.call].timer != NONE {
            return self.renege(cx, at, since);
        }
        let wait = cx.now() - since;
        if cx.calls[at.call].measured {
            self.wait.record(wait);
        }
        cx.note(at, EventKind::ADMITTED, wait.as_ns());
        Flow::Down
    }

    fn goes_on<C: Calendar, P: Probe>(&self, _: &Context<C, P>, _: &At<'_>) -> bool {
        false
    }

    /// From the line, with a permit that is not used yet, or with one that is.
    fn leave<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        leaving: Leaving,
    ) {
        if !cx.is_at(at) {
            let given_up = leaving == Leaving::GivenUp;
            self.supply.catch_up(cx, at);
            self.supply.learn(cx, at, given_up.then_some(Outcome::Timeout));
            return self.release(cx, at);
        }
        if cx.calls[at.call].state == call::State::None {
            cx.cancel(cx.calls[at.call].timer);
            self.supply.end_delay(at.instance);
        } else if cx.is_ready(at.call) {
            cx.ready.take_back(at.call);
            self.release(cx, at);
        } else {
            self.waiting.fall(cx.now());
            self.states[at.instance as usize].line.remove(&mut cx.calls, at.call);
            Self::stop_waiting(cx, at.call);
        }
        cx.note(at, EventKind::LEFT, 0);
    }

    /// Permits that came back at this instant go to those in line.
    fn hand_on<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        _: Option<Port>,
    ) -> Option<(CallId, Port)> {
        self.hand_out(cx, at, u64::MAX);
        None
    }

    fn taken(&self) -> Option<u64> {
        Some(self.in_use.level())
    }

    fn is_taken_by<C: Calendar, P: Probe>(&self, cx: &Context<C, P>, call: CallId) -> bool {
        cx.is_ready(call)
    }

    fn fork(&mut self, branch: u64) {
        self.supply.fork(branch);
    }

    fn memory(&self) -> u64 {
        self.supply.memory()
    }

    fn measure<C: Calendar, P: Probe>(
        &mut self,
        _: &mut Context<C, P>,
        _: &Seat,
        at: Instant,
        into: &mut impl Measurements,
    ) {
        into.count(&REJECTED, self.rejected);
        if self.max_wait.is_some() {
            into.count(&RENEGED, self.reneged);
        }
        into.latency(&WAIT, &self.wait);
        into.ratio(&WAITED, |_| self.wait.ratio_above(Duration::ZERO));
        let clients = self.states.len() as u64;
        into.level(&PERMITS, &mut self.in_use, self.supply.fixed(clients));
        into.level(&WAITING, &mut self.waiting, limit(self.places.saturating_mul(clients)));
        self.supply.measure(at, into);
    }
}
