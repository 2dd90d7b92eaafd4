//! An edge: the path from one policy to the service at its end, and the books of its attempts.
//!
//! The numbers of an arm are the sums over its edges, so they cannot disagree.

mod books;

pub use books::{Edge, Edges, Work};

use super::{Below, Leaving, Mechanism, Wakes};
use crate::kernel::calendar::Calendar;
use crate::kernel::simulation::Halt;
use crate::kernel::time::Instant;
use crate::metrics::declare::Quantity;
use crate::metrics::meter::Measurements;
use crate::metrics::probe::{Ending, EventDefinition, EventKind, Number, Probe, Role, Stretch};
use crate::model::context::{At, Context, Flow, Outcome};
use crate::model::seat::{Port, Seat};

crate::metrics! {
    /// Attempts sent
    SENT: Count = "attempts", "attempts sent";
    /// Of these, ended badly: `timeouts` + `errors` + those refused by a server
    FAILED: Count = "failed", "attempts that failed";
    /// Of these, after the first of a request
    RETRIES: Count = "retries", "retries";
    /// Of these, given up by the caller
    TIMEOUTS: Count = "timeouts", "attempts given up";
    /// Of these, answered with an error, failed by a crash, or without a replica to go to
    ERRORS: Count = "errors", "attempts that met an error";
    /// Of these, stopped or dropped by the server because the caller had left
    CANCELLED: Total = "cancelled";
    /// `attempts` over first attempts (`attempts` - `retries`); no value when there were none.
    /// That of the arm is over all offered requests, refused ones too
    AMPLIFICATION: Number = "amplification";
    /// Time in slots of these attempts, those that were under way at the end included
    WORK: Time = "work", "work done" => ServiceTime;
    /// The part of `work_ns` of attempts whose caller had left by their end
    WASTED: Time = "wasted", "work wasted";
    /// `wasted_ns` over `work_ns`; no value when there was none
    WASTED_RATIO: Ratio = "wasted_ratio";
}

impl EventKind {
    /// An attempt was sent to a service.
    pub const SENT: Self = Self::new(&EventDefinition {
        name: "sent",
        verb: "sends",
        number: Number::None,
        words: "is sent",
        role: Role::Begins(Stretch::call("attempt")),
    });
    /// The caller got an answer.
    pub const ATTEMPT_SUCCEEDED: Self = Self::new(&EventDefinition {
        name: "attempt_succeeded",
        verb: "attempt_succeeds",
        number: Number::None,
        words: "comes back with an answer",
        role: Role::Ends(Ending::Well),
    });
    /// The caller got an error or a refusal, or gave up.
    pub const ATTEMPT_FAILED: Self = Self::new(&EventDefinition {
        name: "attempt_failed",
        verb: "attempt_fails",
        number: Number::None,
        words: "has failed with this attempt",
        role: Role::Ends(Ending::Badly),
    });
    /// The attempt was not needed: the outcomes of other calls decided.
    pub const ATTEMPT_UNNEEDED: Self = Self::new(&EventDefinition {
        name: "attempt_unneeded",
        verb: "attempt_becomes_unneeded",
        number: Number::None,
        words: "is given up, as others have decided",
        role: Role::Ends(Ending::Well),
    });
}

/// The events of an edge.
pub const EVENTS: &[EventKind] = &[
    EventKind::SENT,
    EventKind::ATTEMPT_SUCCEEDED,
    EventKind::ATTEMPT_FAILED,
    EventKind::ATTEMPT_UNNEEDED,
];

/// The machine that sends attempts along an edge.
#[derive(Clone, Debug)]
pub struct Sender {
    picks_up: bool,
}

/// Steps at one instant that any scenario may take.
const STEPS_ALWAYS: u64 = 1_000_000;
/// Further steps for each call under way, as when a million callers time out together.
const STEPS_PER_CALL: u64 = 64;
/// Timers that a call may need before the next check of the room for them.
const TIMER_RESERVE: usize = 64;

impl Sender {
    /// With `picks_up`, processing begins when an attempt is sent; a message was picked up by its
    /// consumer before.
    #[must_use]
    pub const fn new(picks_up: bool) -> Self {
        Self { picks_up }
    }

    /// Sends the attempt of a call.
    #[inline(always)]
    fn send<C: Calendar, P: Probe>(&self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow {
        let steps = cx.clock.step();
        if steps > STEPS_ALWAYS && steps > STEPS_ALWAYS + STEPS_PER_CALL * cx.calls.len() as u64 {
            cx.clock.halt(Halt::ZeroDelayLoop);
            cx.stuck = Some(at.seat.component);
            return Flow::Parked;
        }
        if !cx.timers.has_room(TIMER_RESERVE) {
            cx.clock.halt(Halt::OutOfSlots);
            return Flow::Parked;
        }
        let now = cx.now();
        let number = cx.calls.count_attempt(at.call);
        let call = &mut cx.calls[at.call];
        if self.picks_up {
            call.picked = now;
        }
        if call.measured {
            cx.edges[at.seat.edge].send(number);
        }
        cx.note(at, EventKind::SENT, 0);
        Flow::Down
    }
}

impl Mechanism for Sender {
    const KIND: &'static str = "edge";
    const WORDS: u32 = 0;
    const TIMER: Option<u32> = None;
    const DEADLINE: Option<u32> = None;
    const WAKES: Wakes = Wakes::Calls { starts: false };
    const BELOW: Below = Below::Attempt;
    const EVENTS: &'static [&'static [EventKind]] = &[EVENTS];
    const METRICS: &'static [&'static Quantity] = METRICS;

    /// Sends an attempt to its service, which is a piece of work.
    #[inline]
    fn enter<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow {
        if cx.clock.work() { Flow::CheckLimits } else { self.send(cx, at) }
    }

    #[inline]
    fn exit<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        _: Port,
        outcome: Outcome,
    ) -> Flow {
        if cx.calls[at.call].measured {
            cx.edges[at.seat.edge].end(outcome);
        }
        let succeeded = outcome == Outcome::Success;
        let kind = if succeeded { EventKind::ATTEMPT_SUCCEEDED } else { EventKind::ATTEMPT_FAILED };
        cx.note(at, kind, 0);
        Flow::Up(outcome)
    }

    /// Sends the attempt after the check of the limits.
    #[cold]
    fn wake<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow {
        self.send(cx, at)
    }

    fn goes_on<C: Calendar, P: Probe>(&self, _: &Context<C, P>, _: &At<'_>) -> bool {
        false
    }

    fn leave<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        leaving: Leaving,
    ) {
        if leaving == Leaving::Unneeded {
            return cx.note(at, EventKind::ATTEMPT_UNNEEDED, 0);
        }
        if cx.calls[at.call].measured {
            cx.edges[at.seat.edge].give_up();
        }
        cx.note(at, EventKind::ATTEMPT_FAILED, 0);
    }

    fn fork(&mut self, _: u64) {}

    fn memory(&self) -> u64 {
        0
    }

    fn measure<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        seat: &Seat,
        _: Instant,
        into: &mut impl Measurements,
    ) {
        cx.edges[seat.edge].measure(into);
    }
}
