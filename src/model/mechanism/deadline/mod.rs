//! A deadline: an instant by which the call has to be over, which travels along the calls that are
//! made for it.
//!
//! A timeout is the patience of one caller, unknown to the service that it calls. A deadline is
//! sent along: it is the earlier of the call's own and of that of its parent, as gRPC and Finagle
//! propagate it. A timeout or another deadline below is cut to the time left, and a service may
//! refuse a call past its deadline. When the deadline passes, everything below is cancelled and the
//! call ends in a timeout; a call that comes later is not sent.
//!
//! ```text
//!             in time                 an outcome comes up
//!   enter ──────────────► below ─────────────────────────► up with it
//!     │ over                │ its instant
//!     └─► up: timeout       └─► give up
//! ```
//!
//! Source: gRPC's guide to deadlines. The record of a call has the deadline of its parent, and the
//! word `DUE` its own.

pub mod spec;

use crate::kernel::calendar::Calendar;
use crate::kernel::simulation::Delay;
use crate::kernel::time::Instant;
use crate::metrics::declare::Quantity;
use crate::metrics::meter::Measurements;
use crate::metrics::probe::{EventDefinition, EventKind, Number, Probe, Role};
use crate::model::context::{At, Context, Flow, Outcome};
use crate::model::mechanism::{Below, Leaving, Mechanism, Wakes};
use crate::model::seat::{Port, Seat};

crate::metrics! {
    /// Calls that were given up, or not sent because their deadline had passed
    EXPIRED: Count = "expired", "deadlines over";
}

impl EventKind {
    /// The deadline of the call passed, and its caller gives up.
    pub const EXPIRED: Self = Self::new(&EventDefinition {
        name: "expired",
        verb: "expires",
        number: Number::None,
        words: "is given up: its deadline is over",
        role: Role::Mark,
    });
}

/// The events of a deadline.
pub const EVENTS: &[EventKind] = &[EventKind::EXPIRED];

/// The words of a call: its timer, and its deadline.
const TIMER: u32 = 0;
/// See [`TIMER`].
const DUE: u32 = 1;

/// State and books of one deadline.
#[derive(Clone, Debug)]
pub struct Deadline {
    after: Delay,
    expired: u64,
}

impl Deadline {
    /// A deadline `after` the start of a call, or that of its parent, if that is earlier.
    #[must_use]
    pub const fn new(after: Delay) -> Self {
        Self { after, expired: 0 }
    }

    fn expire<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) {
        self.expired += u64::from(cx.calls[at.call].measured);
        cx.note(at, EventKind::EXPIRED, 0);
    }
}

impl Mechanism for Deadline {
    const KIND: &'static str = "deadline";
    const WORDS: u32 = 2;
    const TIMER: Option<u32> = Some(TIMER);
    const DEADLINE: Option<u32> = Some(DUE);
    const WAKES: Wakes = Wakes::Calls { starts: false };
    const BELOW: Below = Below::Call;
    const EVENTS: &'static [&'static [EventKind]] = &[EVENTS];
    const METRICS: &'static [&'static Quantity] = METRICS;

    fn enter<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow {
        let (now, outer) = (cx.now(), cx.deadline(at));
        if outer <= now {
            self.expire(cx, at);
            return Flow::Up(Outcome::Timeout);
        }
        let own = now.saturating_add(self.after.duration());
        let timer = if outer < own { cx.wake_at(outer, at) } else { cx.wake_after(self.after, at) };
        cx.keep_timer(at, TIMER, timer);
        cx.calls.set_word(at.call, at.seat.word + DUE, own.min(outer).as_ns());
        Flow::Down
    }

    /// Passes an outcome that comes in time.
    fn exit<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        _: Port,
        outcome: Outcome,
    ) -> Flow {
        cx.stop_timer(at, TIMER);
        Flow::Up(outcome)
    }

    /// Gives up, because the deadline has passed.
    fn wake<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow {
        self.expire(cx, at);
        Flow::GiveUp
    }

    fn goes_on<C: Calendar, P: Probe>(&self, _: &Context<C, P>, _: &At<'_>) -> bool {
        false
    }

    fn leave<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>, _: Leaving) {
        cx.stop_timer(at, TIMER);
    }

    fn fork(&mut self, _: u64) {}

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
        into.count(&EXPIRED, self.expired);
    }
}
