//! What every mechanism is handed: the clock, the arenas, the books and the listener.

use std::collections::VecDeque;

use super::agenda::Agenda;
use super::call::{Call, CallId, Calls};
use super::mechanism::class::Classes;
use super::mechanism::edge::Edges;
use super::request::AllKeys;
use super::seat::{ComponentId, NONE, Port, Seat, SeatId};
use super::tally::Tally;
use super::timer::{Timer, Timers};
use crate::kernel::calendar::{Calendar, Slot};
use crate::kernel::simulation::{Clock, Delay};
use crate::kernel::time::Instant;
use crate::metrics::fingerprint::Fingerprint;
use crate::metrics::probe::{Probe, Record, What};

/// How something that went down comes up again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Answered.
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

/// What a seat does with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Sends it down the first way.
    Down,
    /// Sends it down the first way once more: a start of its own, where ties end together.
    Again,
    /// Sends its outcome up.
    Up(Outcome),
    /// Cancels all that is below because time is up, and goes up with a timeout.
    GiveUp,
    /// Cancels all that is below because it is not needed any more, then sends this outcome up.
    Settle(Outcome),
    /// Cancels the calls that it has made, then is woken to go on.
    Release,
    /// Needs the calls that it has made no longer, then is woken to go on.
    Dismiss(Dismissal),
    /// Keeps it, and the call that it has made along this way begins at once.
    Begin(CallId),
    /// Keeps it until something wakes it.
    Parked,
    /// Keeps it until the limits of the run have been looked at, then is woken to go on.
    Look,
    /// Is done with it: the call is over.
    Gone,
}

/// What becomes of calls whose maker needs them no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dismissal {
    /// They are not told: those that are at a service go on for nobody, with all of their layers.
    LetGo,
    /// They are cancelled. Those that go on all the same stay, and come up when they are over.
    Cancel,
}

/// Where a mechanism meets a call.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    /// The seat.
    pub seat: &'a Seat,
    /// Its id.
    pub id: SeatId,
    /// The call; [`NONE`] where a component is called for itself.
    pub call: CallId,
    /// Which of the component's states it meets, by [`Scope`](super::seat::Scope).
    pub instance: u32,
}

/// What happens between two events of one instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ties {
    /// What comes free in an event goes to the next in line in the same event.
    #[default]
    Handover,
    /// All that ends at the instant ends before anything starts.
    Together,
}

/// What is shared by all components of one run of one arm.
#[derive(Clone, Debug)]
pub struct Context<C, P> {
    /// Virtual time.
    pub clock: Clock<C>,
    /// What is under way.
    pub calls: Calls,
    /// What wakes it.
    pub timers: Timers,
    /// Counts of requests, and their latencies.
    pub tally: Tally,
    /// Counts of attempts, by edge.
    pub edges: Edges,
    /// What belongs to the requests of each class, and their books.
    pub classes: Classes,
    /// What requests are about.
    pub keys: AllKeys,
    /// How many more a seat takes from the seat above, where that gives only what is taken.
    pub credits: Vec<u64>,
    /// Calls that were made in the present walk, to begin when it is over.
    pub begins: VecDeque<CallId>,
    /// Calls that got what they waited for, to go on when the present walk is over.
    pub ready: VecDeque<CallId>,
    /// Seats that may have something to send down, and the port that can take it again.
    pub pulls: Agenda<(SeatId, Option<Port>)>,
    /// Whether what comes free is handed on at once.
    pub ties: Ties,
    /// Seats whose components hand on what came free at the end of the instant, and the instance.
    pub freed: Agenda<(SeatId, u32)>,
    /// What is put off to the end of the instant: timers of loads, and calls that go down again.
    pub starts: VecDeque<Timer>,
    /// Something is left for the end of the instant.
    pub remainder: bool,
    /// The edge at which a call ran without time passing.
    pub stuck: Option<ComponentId>,
    /// Hash of everything.
    pub fingerprint: Fingerprint,
    /// From here on it counts.
    pub measured_from: Instant,
    /// What arrives from here on does not count; [`Instant::NEVER`] without a cool-down.
    pub measured_until: Instant,
    /// Who listens.
    pub probe: P,
}

impl<C: Calendar, P: Probe> Context<C, P> {
    /// The present.
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

    /// Wakes the call at this seat at `instant`, which is past the clock's end if it is
    /// [`Instant::NEVER`].
    #[inline]
    pub fn wake_at(&mut self, instant: Instant, at: &At<'_>) -> Slot {
        let slot = self.timers.add(at.id, at.call);
        self.clock.wake_at(instant, slot);
        slot
    }

    /// True if the present event has unblocked something that is yet to go on.
    #[inline(always)]
    pub fn has_more(&self) -> bool {
        !(self.begins.is_empty()
            && self.ready.is_empty()
            && self.pulls.is_empty()
            && self.freed.is_empty())
    }

    /// Forgets a timer that is not due yet.
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

    /// Forgets the timer in a word of the seat.
    #[inline]
    pub fn stop_timer(&mut self, at: &At<'_>, word: u32) {
        let slot = self.calls.word(at.call, at.seat.word + word) as Slot;
        self.cancel(slot);
    }

    /// Forgets what would start the call again at this seat, whether it is due or put off to the
    /// end of the instant.
    pub fn stop_start(&mut self, at: &At<'_>) {
        match self.calls[at.call].timer {
            NONE => self.starts.retain(|start| (start.seat, start.owner) != (at.id, at.call)),
            timer => self.cancel(timer),
        }
    }

    /// True if this seat's component may hand on what came free at once; otherwise it will at the
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

    /// A call that the seat makes, along its way `port`; it begins when the present walk is over.
    pub fn make_call(&mut self, at: &At<'_>, port: Port, key: u64, client: u32) {
        let call = self.calls.add_child(at.call, port, key);
        self.calls[call].client = client;
        self.calls[call].deadline = self.deadline(at);
        self.begins.push_back(call);
    }

    /// A copy of the call that the seat sends along its way `port`; the seat says when it begins.
    pub fn make_copy(&mut self, at: &At<'_>, port: Port, key: u64) -> CallId {
        let call = self.calls.add_copy(at.call, port, key);
        self.calls[call].deadline = self.deadline(at);
        call
    }

    /// When the call is out of time at this seat, [`Instant::NEVER`] if it need not hurry.
    #[inline]
    pub fn deadline(&self, at: &At<'_>) -> Instant {
        match at.seat.deadline {
            NONE => self.calls[at.call].deadline,
            word => Instant::from_ns(self.calls.word(at.call, word)),
        }
    }

    /// Bytes of what is under way, by what the arenas hold, whichever calendar it is.
    pub fn memory(&self) -> u64 {
        // An entry, a dead one that may stand beside it, and what its slot awaits.
        const CALENDAR_ENTRY: u64 = 40;
        self.calls.memory()
            + self.timers.memory()
            + self.clock.scheduled() as u64 * CALENDAR_ENTRY
            + (self.ready.len() + self.starts.len()) as u64 * size_of::<CallId>() as u64
    }

    /// Asks the seat to send down what it can when the present event is over; `port` can take
    /// something again.
    #[inline]
    pub fn pull(&mut self, seat: SeatId, port: Option<Port>) {
        self.pulls.add((seat, port));
    }

    /// True if what arrives now counts.
    #[inline]
    pub fn measuring(&self) -> bool {
        let now = self.now();
        self.measured_from <= now && now < self.measured_until
    }

    /// Reports to the listener, if there is one.
    #[inline]
    pub fn note(&mut self, at: &At<'_>, what: What, value: u64) {
        if P::LISTENS {
            let call = self.calls[at.call];
            self.note_call(&call, at.seat.component, what, value);
        }
    }

    /// Reports what happened to a call.
    pub fn note_call(&mut self, call: &Call, component: ComponentId, what: What, value: u64) {
        if P::LISTENS && self.probe.wants(call.load, call.index) {
            let record = Record {
                at: self.clock.now(),
                event: self.clock.events(),
                load: call.load,
                request: call.index,
                call: call.key,
                parent: (call.made_by != 0).then_some(call.made_by),
                attempt: call.attempts,
                component,
                what,
                value,
            };
            self.probe.record(&record);
        }
    }

    /// True if the call waits at this very seat.
    #[inline]
    pub fn is_at(&self, at: &At<'_>) -> bool {
        self.calls[at.call].at == at.id
    }
}

/// A timer of no call: that of a load itself, or of a fault.
pub const NOBODY: u32 = NONE;
