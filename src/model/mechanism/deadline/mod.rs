//! A deadline: an instant by which the call has to be over, which travels along the calls that are
//! made for it.
//!
//! A timeout is the patience of one caller, and what is called knows nothing of it. A deadline is
//! sent along: it is the earlier of the call's own and of the one that it stands in, as gRPC and
//! Finagle hand it on. A timeout below it is cut to what is left, a further deadline too, and a
//! service may refuse what is out of time before it works on it. When it is over, all below is
//! cancelled and the call ends in a timeout; one that is over already lets nothing pass.
//!
//! ```text
//!             in time                 an outcome comes up
//!   enter ──────────────► below ─────────────────────────► up with it
//!     │ over                │ its instant
//!     └─► up: timeout       └─► give up
//! ```
//!
//! Source: gRPC's guide to deadlines; a call's record keeps when its maker is out of time, and the
//! word `DUE` when this one is.

pub mod spec;

use crate::kernel::calendar::Calendar;
use crate::kernel::simulation::Delay;
use crate::kernel::time::Instant;
use crate::metrics::declare::Quantity;
use crate::metrics::meter::Measurements;
use crate::metrics::probe::{Event, Number, Probe, Role, What};
use crate::model::call::CallId;
use crate::model::context::{At, Context, Flow, Outcome};
use crate::model::mechanism::{Below, Leaving, Mechanism, Wakes};
use crate::model::seat::{Port, Seat};

crate::metrics! {
    /// How often it gave up, or let nothing pass because it was over already
    EXPIRED: Count = "expired", "deadlines over";
}

impl What {
    /// Its deadline is over, and whoever waits gives up on it.
    pub const EXPIRED: Self = Self::new(&Event {
        name: "expired",
        verb: "expires",
        number: Number::None,
        words: "is given up: its deadline is over",
        role: Role::Mark,
    });
}

/// What can happen to a request here.
pub const EVENTS: &[What] = &[What::EXPIRED];

/// The words of a call: its timer, and the instant by which it has to be over.
const TIMER: u32 = 0;
/// See [`TIMER`].
pub(in crate::model) const DUE: u32 = 1;

/// State and books of one deadline.
#[derive(Clone, Debug)]
pub struct Deadline {
    after: Delay,
    expired: u64,
}

impl Deadline {
    /// Over `after` so long, or when the call that it stands in is out of time.
    #[must_use]
    pub const fn new(after: Delay) -> Self {
        Self { after, expired: 0 }
    }

    fn expire<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) {
        self.expired += u64::from(cx.calls[at.call].measured);
        cx.note(at, What::EXPIRED, 0);
    }
}

impl Mechanism for Deadline {
    const KIND: &'static str = "deadline";
    const WORDS: u32 = 2;
    const TIMER: Option<u32> = Some(TIMER);
    const WAKES: Wakes = Wakes::Calls { starts: false };
    const BELOW: Below = Below::Call;
    const EVENTS: &'static [&'static [What]] = &[EVENTS];
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

    /// An outcome comes up in time.
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

    /// Time is up.
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
