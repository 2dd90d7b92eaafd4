//! A timeout: the time after which the caller gives up on a call.
//!
//! At equal instants the timeout wins against an answer that was scheduled after it, because it is
//! set before the work inside begins. For a call with a deadline it is cut to the time left.

mod alternatives;
pub(super) mod lints;
pub mod spec;
use crate::kernel::calendar::{Calendar, Slot};
use crate::kernel::simulation::Delay;
use crate::kernel::time::Instant;
use crate::metrics::declare::Quantity;
use crate::metrics::meter::Measurements;
use crate::metrics::probe::{EventDefinition, EventKind, Number, Probe, Role};
use crate::model::context::{At, Context, Flow, Outcome};
use crate::model::mechanism::{Below, Leaving, Mechanism, Wakes};
use crate::model::seat::{Port, Seat};

crate::metrics! {
    /// Calls that were given up
    FIRED: Count = "fired", "timeouts";
}

impl EventKind {
    /// A timeout gave up on the call; the number is the timeout.
    pub const TIMED_OUT: Self = Self::new(&EventDefinition {
        name: "timed_out",
        verb: "times_out",
        number: Number::Nanoseconds,
        words: "times out after {}",
        role: Role::Mark,
    });
}

/// The events of a timeout.
pub const EVENTS: &[EventKind] = &[EventKind::TIMED_OUT];

/// State and books of one timeout.
#[derive(Clone, Debug)]
pub struct Timeout {
    after: Delay,
    fired: u64,
}

/// The word of a call with its timer.
const TIMER: u32 = 0;

impl Timeout {
    /// A timeout that gives up `after` the start of a call.
    #[must_use]
    pub const fn new(after: Delay) -> Self {
        Self { after, fired: 0 }
    }

    fn fire<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        flow: Flow,
    ) -> Flow {
        self.fired += u64::from(cx.calls[at.call].measured);
        note_over(cx, at, self.after);
        flow
    }
}

/// Sets the timer of a timeout `after` now, cut to the time left; `None` if none is left.
#[inline]
pub(super) fn set_timer<C: Calendar, P: Probe>(
    cx: &mut Context<C, P>,
    at: &At<'_>,
    after: Delay,
) -> Option<Slot> {
    let (deadline, now) = (cx.deadline(at), cx.now());
    if deadline >= now.saturating_add(after.duration()) {
        Some(cx.wake_after(after, at))
    } else if deadline > now {
        Some(cx.wake_at(deadline, at))
    } else {
        None
    }
}

/// Notes that the time of a call is over: that of its deadline, or of the timeout.
pub(super) fn note_over<C: Calendar, P: Probe>(cx: &mut Context<C, P>, at: &At<'_>, after: Delay) {
    if cx.deadline(at) <= cx.now() {
        cx.note(at, EventKind::EXPIRED, 0);
    } else {
        cx.note(at, EventKind::TIMED_OUT, after.duration().as_ns());
    }
}

impl Mechanism for Timeout {
    const KIND: &'static str = "timeout";
    const WORDS: u32 = 1;
    const TIMER: Option<u32> = Some(TIMER);
    const DEADLINE: Option<u32> = None;
    const WAKES: Wakes = Wakes::Calls { starts: false };
    const BELOW: Below = Below::Call;
    const EVENTS: &'static [&'static [EventKind]] = &[EVENTS, super::deadline::EVENTS];
    const METRICS: &'static [&'static Quantity] = METRICS;

    #[inline]
    fn enter<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow {
        let Some(timer) = set_timer(cx, at, self.after) else {
            return self.fire(cx, at, Flow::Up(Outcome::Timeout));
        };
        cx.keep_timer(at, TIMER, timer);
        Flow::Down
    }

    /// Passes an outcome that comes in time.
    #[inline]
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

    /// Gives up, because time is up.
    #[inline]
    fn wake<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow {
        self.fire(cx, at, Flow::GiveUp)
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
        into.count(&FIRED, self.fired);
    }
}
