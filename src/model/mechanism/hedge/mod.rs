//! A hedge: a call without an answer after a delay is sent again, and the first answer counts.
//!
//! A second try does not share the bad luck of a slow first one: a copy sent after the 95th
//! percentile costs one request in twenty and shortens the tail above it. That holds while copies
//! are few and servers have idle capacity. Past saturation every copy slows all others down, so
//! more calls pass the delay, and the hedge feeds itself. (Dean and Barroso, "The Tail at Scale",
//! 2013; Vulimiri and others, "Low latency via redundancy", 2013, on the threshold.)
//!
//! ```text
//!            first copy       delay over, or a copy failed: the next
//!   enter ─────────────► out ◄───────────────────────────────┐
//!                         │ └────────────────────────────────┘ while there is one
//!                         │ success, or a failure that decides
//!                         ├──────────► decided: the others are cancelled, left or awaited, up
//!                         │ all have failed
//!                         └──────────► up, with the failure of the first
//! ```
//!
//! Each copy is a call of its own, below this seat. The first has the key of the copied call, so
//! its draws are those without a hedge.

mod alternatives;
mod delay;
pub mod spec;
#[cfg(test)]
mod tests;

pub use delay::{After, Delays};

use crate::kernel::calendar::Calendar;
use crate::kernel::draw::{Site, mix};
use crate::kernel::simulation::Delay;
use crate::kernel::time::Instant;
use crate::metrics::declare::Quantity;
use crate::metrics::meter::Measurements;
use crate::metrics::probe::{EventDefinition, EventKind, Number, Probe, Role};
use crate::model::context::{At, Context, Dismissal, Flow, Outcome};
use crate::model::mechanism::retry::RetryOn;
use crate::model::mechanism::{Below, Leaving, Mechanism, Wakes};
use crate::model::seat::{NONE, Port, Seat};

crate::metrics! {
    /// Further copies sent
    COPIES: Count = "copies", "further copies";
    /// Calls whose success was that of a further copy
    WON: Count = "won", "further copies that were first";
    /// Copies that were out when the outcome of their call was known
    LOST: Count = "lost", "copies that were not needed";
    /// Delay of the next copy, once it is known; only with a `quantile`
    DELAY: Momentary = "delay", "delay of the next copy";
}

impl EventKind {
    /// A further copy is sent; the number is that of the copy, from 1.
    pub const COPIED: Self = Self::new(&EventDefinition {
        name: "copied",
        verb: "copies",
        number: Number::Count,
        words: "has no answer yet: copy {} is sent",
        role: Role::Mark,
    });
}

/// The events of a hedge.
pub const EVENTS: &[EventKind] = &[EventKind::COPIED];

/// The treatment of copies that are no longer needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Losers {
    /// They are cancelled.
    Cancel,
    /// They go on.
    Leave,
    /// They are cancelled, and the answer waits until they are over.
    Await,
}

/// The settings of a hedge.
#[derive(Clone, Debug)]
pub struct Config {
    /// Delay before each further copy.
    pub after: After,
    /// Further copies, from 1 to [`MOST`].
    pub max: u32,
    /// Treatment of copies that are no longer needed.
    pub losers: Losers,
    /// Failures that decide nothing.
    pub non_fatal: RetryOn,
    /// Site of the keys of copies.
    pub site: Site,
}

/// Most further copies of a call.
pub const MOST: u32 = 10;

/// State and books of one hedge.
#[derive(Clone, Debug)]
pub struct Hedge {
    config: Config,
    delays: Delays,
    copies: u64,
    won: u64,
    lost: u64,
}

/// The words of a call: the state of its copies, and the instant of its arrival.
const STATE: u32 = 0;
const CAME: u32 = 1;

/// The state of the copies of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct State {
    /// Number of times that the call entered the hedge.
    entries: u16,
    /// Copies sent, the first included.
    sent: u8,
    /// Copies under way.
    out: u8,
    /// True if a timer is set, or put off to the end of the instant.
    waits: bool,
    /// The failure of the first copy.
    failed: Option<Outcome>,
    /// The outcome that goes up.
    decided: Option<Outcome>,
}

const OUTCOMES: [Outcome; 8] = [
    Outcome::Success,
    Outcome::Error,
    Outcome::Timeout,
    Outcome::Shed,
    Outcome::Rejected,
    Outcome::Dropped,
    Outcome::DeadLettered,
    Outcome::Returned,
];

impl State {
    fn of<C: Calendar, P: Probe>(cx: &Context<C, P>, at: &At<'_>) -> Self {
        Self::unpack(cx.calls.word(at.call, at.seat.word + STATE))
    }

    fn keep<C: Calendar, P: Probe>(self, cx: &mut Context<C, P>, at: &At<'_>) {
        cx.calls.set_word(at.call, at.seat.word + STATE, self.pack());
    }

    fn unpack(word: u64) -> Self {
        let byte = |number: u32| (word >> (8 * number)) as u8;
        let outcome = |byte: u8| OUTCOMES.get(usize::from(byte).wrapping_sub(1)).copied();
        Self {
            entries: word as u16,
            sent: byte(2),
            out: byte(3),
            waits: byte(4) != 0,
            failed: outcome(byte(5)),
            decided: outcome(byte(6)),
        }
    }

    fn pack(self) -> u64 {
        let number = |outcome: Option<Outcome>| {
            OUTCOMES.iter().position(|one| Some(*one) == outcome).map_or(0, |at| at as u64 + 1)
        };
        u64::from(self.entries)
            | u64::from(self.sent) << 16
            | u64::from(self.out) << 24
            | u64::from(self.waits) << 32
            | number(self.failed) << 40
            | number(self.decided) << 48
    }
}

impl Hedge {
    /// A hedge before its first call.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let delays = Delays::new(&config.after);
        Self { config, delays, copies: 0, won: 0, lost: 0 }
    }

    /// Sends the next copy, and waits for the one after it, if there is one. The first begins in
    /// the present walk, as the call itself would; the others when it is over.
    fn send<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        state: &mut State,
    ) -> Flow {
        let mut first = Flow::Parked;
        loop {
            let number = u32::from(state.sent);
            let call = &cx.calls[at.call];
            let (key, attempts, measured) = (call.key, call.attempts, call.measured);
            let salt = u64::from(attempts) << 32 | u64::from(state.entries) << 8;
            let key = self.config.site.subject(mix(key ^ salt ^ u64::from(number)));
            let copy = cx.make_copy(at, number, key);
            state.sent += 1;
            state.out += 1;
            if number == 0 {
                first = Flow::Begin(copy);
            } else {
                cx.begins.push(copy);
                self.copies += u64::from(measured);
                cx.note(at, EventKind::COPIED, u64::from(number));
            }
            if number == self.config.max {
                return first;
            }
            let Some(delay) = self.delays.present() else {
                return first;
            };
            if !delay.duration().is_zero() {
                cx.calls[at.call].timer = cx.wake_after(delay, at);
                state.waits = true;
                return first;
            }
        }
    }

    /// Cancels the timer of the next copy.
    fn stop<C: Calendar, P: Probe>(cx: &mut Context<C, P>, at: &At<'_>, state: &mut State) {
        if std::mem::take(&mut state.waits) {
            cx.stop_start(at);
        }
    }

    /// Decides the outcome of the call, and dismisses the copies under way.
    fn decide<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        mut state: State,
        outcome: Outcome,
    ) -> Flow {
        Self::stop(cx, at, &mut state);
        if outcome == Outcome::Success {
            let came = Instant::from_ns(cx.calls.word(at.call, at.seat.word + CAME));
            self.delays.record(cx.now() - came);
        }
        if cx.calls[at.call].measured {
            self.lost += u64::from(state.out);
        }
        state.decided = Some(outcome);
        state.keep(cx, at);
        match self.config.losers {
            _ if state.out == 0 => Flow::Up(outcome),
            Losers::Cancel => Flow::Settle(outcome),
            Losers::Leave => Flow::Dismiss(Dismissal::LetGo),
            Losers::Await => Flow::Dismiss(Dismissal::Cancel),
        }
    }
}

impl Mechanism for Hedge {
    const KIND: &'static str = "hedge";
    const WORDS: u32 = 2;
    const TIMER: Option<u32> = None;
    const DEADLINE: Option<u32> = None;
    const WAKES: Wakes = Wakes::Calls { starts: true };
    const BELOW: Below = Below::Copies;
    const EVENTS: &'static [&'static [EventKind]] = &[EVENTS];
    const METRICS: &'static [&'static Quantity] = METRICS;

    /// Sends the first copy.
    fn enter<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow {
        let entries = State::of(cx, at).entries.wrapping_add(1);
        let mut state = State { entries, ..State::default() };
        let now = cx.now().as_ns();
        cx.calls.set_word(at.call, at.seat.word + CAME, now);
        let flow = self.send(cx, at, &mut state);
        state.keep(cx, at);
        flow
    }

    /// Handles the end of a copy.
    fn exit<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        port: Port,
        outcome: Outcome,
    ) -> Flow {
        let mut state = State::of(cx, at);
        state.out -= 1;
        if let Some(decided) = state.decided {
            state.keep(cx, at);
            return if state.out == 0 { Flow::Up(decided) } else { Flow::Parked };
        }
        if !self.config.non_fatal.covers(outcome) {
            let won = port > 0 && outcome == Outcome::Success && cx.calls[at.call].measured;
            self.won += u64::from(won);
            return self.decide(cx, at, state, outcome);
        }
        if port == 0 {
            state.failed = Some(outcome);
        }
        if u32::from(state.sent) <= self.config.max {
            Self::stop(cx, at, &mut state);
            self.send(cx, at, &mut state);
        } else if state.out == 0 {
            return self.decide(cx, at, state, state.failed.unwrap_or(outcome));
        }
        state.keep(cx, at);
        Flow::Parked
    }

    /// Sends the next copy after the delay, or goes on after the dismissal of copies.
    fn wake<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow {
        let mut state = State::of(cx, at);
        if let Some(decided) = state.decided {
            if self.config.losers == Losers::Leave || cx.calls.latest_child(at.call) == NONE {
                return Flow::Up(decided);
            }
            state.out = cx.calls.children(at.call).count() as u8;
            state.keep(cx, at);
            return Flow::Parked;
        }
        state.waits = false;
        self.send(cx, at, &mut state);
        state.keep(cx, at);
        Flow::Parked
    }

    fn goes_on<C: Calendar, P: Probe>(&self, _: &Context<C, P>, _: &At<'_>) -> bool {
        false
    }

    fn leave<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>, _: Leaving) {
        Self::stop(cx, at, &mut State::of(cx, at));
    }

    fn fork(&mut self, branch: u64) {
        self.config.site = self.config.site.fork(branch);
    }

    fn memory(&self) -> u64 {
        0
    }

    fn measure<C: Calendar, P: Probe>(
        &mut self,
        _: &mut Context<C, P>,
        _: &Seat,
        _: Instant,
        into: &mut impl Measurements,
    ) {
        into.count(&COPIES, self.copies);
        into.count(&WON, self.won);
        into.count(&LOST, self.lost);
        if self.delays.vary() {
            let delay = self.delays.present();
            into.momentary(&DELAY, delay.map(Delay::duration));
        }
    }
}
