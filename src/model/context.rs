//! The context of every mechanism: the clock, the arenas, the books and the listener.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::agenda::{Agenda, Pending};
use super::call::{Call, CallId, Calls};
use super::mechanism::class::Classes;
use super::mechanism::edge::Edges;
use super::request::AllKeys;
use super::seat::{ComponentId, NONE, Port, Seat, SeatId};
use super::tally::Tally;
use super::timer::{Timer, Timers};
use crate::kernel::calendar::{Calendar, Slot};
use crate::kernel::simulation::{Clock, Delay};
use crate::kernel::time::{Duration, Instant};
use crate::metrics::fingerprint::Fingerprint;
use crate::metrics::probe::{EventKind, Probe, Record};

/// The outcome of a call or of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The service answered.
    Success,
    /// The service answered with an error, or was down.
    Error,
    /// A timeout gave up.
    Timeout,
    /// The service refused it.
    Shed,
    /// A policy refused it unsent.
    Rejected,
    /// A message was lost on a full queue.
    Dropped,
    /// A consumer gave a message up.
    DeadLettered,
    /// A consumer gives a message back to its queue, to be delivered again.
    Returned,
}

/// What a refusal asks of the caller, as `Retry-After` and gRPC's pushback do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Pushback {
    /// To try again after this time.
    After(Duration),
    /// Not to try again.
    Never,
}

/// The decision of a seat about a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// The call goes down the first port.
    Down,
    /// The seat is woken at once: a start of its own, where ties end together.
    Again,
    /// The outcome goes up.
    Up(Outcome),
    /// Everything below is cancelled because time is up, and a timeout goes up.
    GiveUp,
    /// Everything below is cancelled because it is not needed, and this outcome goes up.
    Settle(Outcome),
    /// The calls that this one has made are cancelled, then the seat is woken to go on.
    Release,
    /// The calls that this one has made are dismissed, then the seat is woken to go on.
    Dismiss(Dismissal),
    /// The call stays, and the call that it has made begins at once.
    Begin(CallId),
    /// The call stays until it is woken.
    Parked,
    /// The call stays until the limits of the run are checked, then the seat is woken to go on.
    CheckLimits,
    /// The call is over.
    Gone,
}

/// The treatment of calls that their parent no longer needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dismissal {
    /// Those that a service serves, or that wait there, go on for nobody, with all of their layers;
    /// the rest are cancelled.
    LetGo,
    /// All are cancelled. Those that go on nevertheless stay, and come up when they are over.
    Cancel,
}

/// The meeting of a seat and a call.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    /// The seat.
    pub seat: &'a Seat,
    /// Id of the seat.
    pub id: SeatId,
    /// The call; [`NONE`] where a component acts without a call.
    pub call: CallId,
    /// Index of the component's state, by [`Scope`](super::seat::Scope).
    pub instance: u32,
}

/// The order of events of one instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ties {
    /// A slot or permit that an event frees goes to the next in line in the same event.
    #[default]
    Handover,
    /// Everything that ends at the instant ends before anything starts.
    Together,
}

/// The state that all components of one run of one arm share.
#[derive(Clone, Debug)]
pub struct Context<C, P> {
    /// Virtual time and the calendar.
    pub clock: Clock<C>,
    /// Calls under way.
    pub calls: Calls,
    /// Timers that are set.
    pub timers: Timers,
    /// Counts of requests, and their latencies.
    pub tally: Tally,
    /// Counts of attempts, by edge.
    pub edges: Edges,
    /// Classes of requests, and their books.
    pub classes: Classes,
    /// Keys of requests.
    pub keys: AllKeys,
    /// By seat, the number of further calls that it takes from the seat above, where that sends
    /// only what is taken.
    pub credits: Vec<u64>,
    /// Calls made in the present walk, which begin when it is over.
    pub begins: Pending<CallId>,
    /// Calls that the present walk unblocked, which go on when it is over.
    pub ready: Pending<CallId>,
    /// Seats that may have something to send down, and the port that can take it again.
    pub pulls: Agenda<(SeatId, Option<Port>)>,
    /// Order of events of one instant.
    pub ties: Ties,
    /// Seats, and instances, whose components hand on freed slots at the end of the instant.
    pub freed: Agenda<(SeatId, u32)>,
    /// Starts put off to the end of the instant: timers of loads, and calls that go down again.
    pub starts: Pending<Timer>,
    /// True if work is left for the end of the instant.
    pub remainder: bool,
    /// The latest pushback: the event in which it came, the call, and what it asks.
    pub pushback: Option<(u64, CallId, Pushback)>,
    /// The edge at which a call ran without time passing.
    pub stuck: Option<ComponentId>,
    /// Fingerprint of the run so far.
    pub fingerprint: Fingerprint,
    /// End of the warm-up, from which requests count.
    pub measured_from: Instant,
    /// Start of the cool-down, from which arrivals do not count; [`Instant::NEVER`] without one.
    pub measured_until: Instant,
    /// The listener.
    pub probe: P,
}

impl<C: Calendar, P: Probe> Context<C, P> {
    /// The present instant.
    #[inline]
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Wakes the call at this seat after `delay`.
    #[inline]
    pub fn wake_after(&mut self, delay: Delay, at: &At<'_>) -> Slot {
        let slot = self.timers.add(at.id, at.call);
        self.clock.wake_after(delay, slot);
        slot
    }

    /// Wakes the call at this seat at `instant`; [`Instant::NEVER`] is past the clock's end.
    #[inline]
    pub fn wake_at(&mut self, instant: Instant, at: &At<'_>) -> Slot {
        let slot = self.timers.add(at.id, at.call);
        self.clock.wake_at(instant, slot);
        slot
    }

    /// True if the present event has unblocked calls or seats that are not yet resumed.
    #[inline(always)]
    pub fn has_unblocked(&self) -> bool {
        !(self.begins.is_empty()
            && self.ready.is_empty()
            && self.pulls.is_empty()
            && self.freed.is_empty())
    }

    /// Cancels a timer.
    #[inline]
    pub fn cancel(&mut self, slot: Slot) {
        self.clock.cancel(slot);
        self.timers.remove(slot);
    }

    /// Keeps a timer of the call in a word of the seat.
    #[inline]
    pub fn keep_timer(&mut self, at: &At<'_>, word: u32, slot: Slot) {
        self.calls.set_word(at.call, at.seat.word + word, u64::from(slot));
    }

    /// Cancels the timer in a word of the seat.
    #[inline]
    pub fn stop_timer(&mut self, at: &At<'_>, word: u32) {
        let slot = self.calls.word(at.call, at.seat.word + word) as Slot;
        self.cancel(slot);
    }

    /// Cancels the timer that would start the call again at this seat, even if its start is put off
    /// to the end of the instant.
    pub fn stop_start(&mut self, at: &At<'_>) {
        match self.calls[at.call].timer {
            NONE => self.starts.take_back(Timer { seat: at.id, owner: at.call }),
            timer => self.cancel(timer),
        }
    }

    /// True if this seat's component may hand on freed slots at once; otherwise it does so at the
    /// end of the instant.
    #[inline]
    pub fn hands_on(&mut self, at: &At<'_>) -> bool {
        if self.ties == Ties::Handover {
            return true;
        }
        self.remainder = true;
        self.freed.add((at.id, at.instance));
        false
    }

    /// Lets the outcome that the call now takes up ask something of the caller.
    pub fn push_back(&mut self, at: &At<'_>, pushback: Pushback) {
        self.pushback = Some((self.clock.events(), at.call, pushback));
    }

    /// What the outcome that comes up with the call asks of its caller, which is told once.
    #[inline]
    pub fn take_pushback(&mut self, at: &At<'_>) -> Option<Pushback> {
        let (event, call, pushback) = self.pushback.take()?;
        (event == self.clock.events() && call == at.call).then_some(pushback)
    }

    /// Hands what comes up with a copy to `parent`.
    pub fn hand_over(&mut self, copy: CallId, parent: CallId) {
        self.calls.hand_over(copy, parent);
        if let Some((_, of, _)) = &mut self.pushback
            && *of == copy
        {
            *of = parent;
        }
    }

    /// Makes a call along `port` of the seat, with this key and client, which begins when the
    /// present walk is over. Its deadline, if there is one, is earlier by `margin`.
    pub fn make_call(
        &mut self,
        at: &At<'_>,
        port: Port,
        (key, client): (u64, u32),
        margin: Duration,
    ) {
        let call = self.calls.add_child(at.call, port, key);
        self.calls[call].client = client;
        let deadline = self.deadline(at);
        self.calls[call].deadline = match deadline {
            Instant::NEVER => deadline,
            _ => Instant::from_ns(deadline.as_ns().saturating_sub(margin.as_ns())),
        };
        self.begins.push(call);
    }

    /// Makes a copy of the call along `port` of the seat, which decides when it begins.
    pub fn make_copy(&mut self, at: &At<'_>, port: Port, key: u64) -> CallId {
        let call = self.calls.add_copy(at.call, port, key);
        self.calls[call].deadline = self.deadline(at);
        call
    }

    /// The deadline of the call at this seat; [`Instant::NEVER`] without one.
    #[inline]
    pub fn deadline(&self, at: &At<'_>) -> Instant {
        match at.seat.deadline {
            NONE => self.calls[at.call].deadline,
            word => Instant::from_ns(self.calls.word(at.call, word)),
        }
    }

    /// Bytes of the arenas and of the calendar's entries, the same for both calendars.
    pub fn memory(&self) -> u64 {
        // A live entry, a dead one, and the sequence of the slot.
        const CALENDAR_ENTRY: u64 = 40;
        self.calls.memory()
            + self.timers.memory()
            + self.clock.scheduled() as u64 * CALENDAR_ENTRY
            + (self.ready.len() + self.starts.len()) as u64 * size_of::<CallId>() as u64
    }

    /// Makes a call that is first in its line, with a permit or slot, go on when the present walk
    /// is over.
    #[inline]
    pub fn make_ready(&mut self, call: CallId) {
        // No call in a line is its own neighbour.
        self.calls[call].ahead = call;
        self.ready.push(call);
    }

    /// True if a call that was in line is to go on when the present walk is over.
    pub fn is_ready(&self, call: CallId) -> bool {
        self.calls[call].ahead == call
    }

    /// Makes the seat send down what it can when the present event is over, because `port` can take
    /// something again.
    #[inline]
    pub fn pull(&mut self, seat: SeatId, port: Option<Port>) {
        self.pulls.add((seat, port));
    }

    /// True if requests that arrive now count.
    #[inline]
    pub fn measuring(&self) -> bool {
        let now = self.now();
        self.measured_from <= now && now < self.measured_until
    }

    /// Reports an event to the listener, if it takes records.
    #[inline]
    pub fn note(&mut self, at: &At<'_>, kind: EventKind, value: u64) {
        if P::RECORDS {
            let call = self.calls[at.call];
            self.note_call(&call, at.seat.component, kind, value);
        }
    }

    /// Reports an event of a call to the listener, if it takes records.
    pub fn note_call(&mut self, call: &Call, component: ComponentId, kind: EventKind, value: u64) {
        if P::RECORDS && self.probe.wants(call.load, call.index) {
            let record = Record {
                at: self.clock.now(),
                event: self.clock.events(),
                load: call.load,
                request: call.index,
                call: call.key,
                parent: (call.made_by != 0).then_some(call.made_by),
                attempt: call.attempts,
                component,
                kind,
                value,
            };
            self.probe.record(&record);
        }
    }

    /// True if the call waits at this seat.
    #[inline]
    pub fn is_at(&self, at: &At<'_>) -> bool {
        self.calls[at.call].at == at.id
    }
}

/// The owner of timers that belong to no call: those of loads and of faults.
pub const NOBODY: u32 = NONE;
