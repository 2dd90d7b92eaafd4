//! A timeout whose inside goes on: its caller leaves, and what it has begun goes on for nobody.
//!
//! A [timeout] takes everything inside with it. Not so where work runs on a thread
//! or in a future of its own that nobody interrupts: resilience4j's `TimeLimiter` with
//! `cancelRunningFuture: false`, Java's `Future.get` with a time, Hystrix without
//! `interruptOnTimeout`. The permits that it holds inside stay taken until it ends, and a service
//! does not learn that its caller has left, whatever its cancellation.
//!
//! ```text
//!                       an outcome comes up
//!   enter ──► a copy ───────────────────────► up with it
//!     │          │ time is up
//!     │ over     └─► the copy goes on, up: timeout
//!     └─► up: timeout
//! ```
//!
//! A copy that still waits in the caller, for a permit or before a retry, ends. For a call with a
//! deadline the time is cut to what is left.

pub mod spec;

use crate::kernel::calendar::Calendar;
use crate::kernel::simulation::Delay;
use crate::kernel::time::Instant;
use crate::metrics::declare::Quantity;
use crate::metrics::meter::Measurements;
use crate::metrics::probe::{EventKind, Probe};
use crate::model::context::{At, Context, Dismissal, Flow, Outcome};
use crate::model::mechanism::timeout::{self, note_over, set_timer};
use crate::model::mechanism::{Below, Leaving, Mechanism, Wakes};
use crate::model::seat::{Port, Seat};

crate::metrics! {
    /// Calls that were given up, and went on inside
    FIRED: Count = "fired", "timeouts";
}

/// State and books of one detached timeout.
#[derive(Clone, Debug)]
pub struct DetachedTimeout {
    after: Delay,
    fired: u64,
}

/// The words of a call: its timer, and 1 from the instant on at which the time is up.
const TIMER: u32 = 0;
/// See [`TIMER`].
const IS_UP: u32 = 1;

impl DetachedTimeout {
    /// A timeout that leaves a call `after` its start.
    #[must_use]
    pub const fn new(after: Delay) -> Self {
        Self { after, fired: 0 }
    }

    fn fire<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) {
        self.fired += u64::from(cx.calls[at.call].measured);
        note_over(cx, at, self.after);
    }
}

impl Mechanism for DetachedTimeout {
    const KIND: &'static str = "detached_timeout";
    const WORDS: u32 = 2;
    const TIMER: Option<u32> = Some(TIMER);
    const DEADLINE: Option<u32> = None;
    const WAKES: Wakes = Wakes::Calls { starts: false };
    const BELOW: Below = Below::Copies;
    const EVENTS: &'static [&'static [EventKind]] = &[timeout::EVENTS, super::deadline::EVENTS];
    const METRICS: &'static [&'static Quantity] = METRICS;

    /// Sends the call down as a copy, which has the same draws and can go on without it.
    fn enter<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow {
        let Some(timer) = set_timer(cx, at, self.after) else {
            self.fire(cx, at);
            return Flow::Up(Outcome::Timeout);
        };
        cx.keep_timer(at, TIMER, timer);
        cx.calls.set_word(at.call, at.seat.word + IS_UP, 0);
        Flow::Begin(cx.make_copy(at, 0, 0))
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

    /// Leaves the copy when the time is up, and then the call.
    fn wake<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow {
        let word = at.seat.word + IS_UP;
        if cx.calls.word(at.call, word) == 1 {
            return Flow::Up(Outcome::Timeout);
        }
        cx.calls.set_word(at.call, word, 1);
        self.fire(cx, at);
        Flow::Dismiss(Dismissal::LetGo)
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
