//! A rate limit: how many calls pass in a time.
//!
//! ```text
//!          a token is there
//! enters ------------------------------------------> goes on
//!   |                                      ^
//!   | it comes within the longest wait     | it is there
//!   |---------------------------------> waits --- caller leaves --> left, and the token is lost
//!   |
//!   | it comes later
//!   v
//! refused, at once or after the longest wait
//! ```
//!
//! A call that waits has reserved its token when it arrived, so calls pass in the order of their
//! arrival and the wait is known from the start. A call whose caller leaves before has used up its
//! token: resilience4j, nginx and every limiter that counts at the arrival do so. A call that would
//! pass after its deadline is refused at once, as `golang.org/x/time/rate` does in `Wait`.
//!
//! The algorithms are in [`algorithm`]. One of them [learns](send_rate) from outcomes, so calls
//! cannot know when they will pass: they stand in line, whose first has a timer for the next token
//! at the present rate, and none is refused. As in botocore, in which they are threads that wait on
//! a condition, apart from their order there, which is any.

pub mod algorithm;
mod alternatives;
mod learned;
pub mod lints;
mod rules;
pub mod send_rate;
pub mod spec;

use self::algorithm::Algorithm;
use self::spec::Refusal;
use crate::kernel::calendar::Calendar;
use crate::kernel::simulation::Delay;
use crate::kernel::time::{Duration, Instant};
use crate::metrics::declare::Quantity;
use crate::metrics::gauge::Gauge;
use crate::metrics::meter::Measurements;
use crate::metrics::probe::{EventDefinition, EventKind, Number, Probe, Role};
use crate::metrics::recorder::Recorder;
use crate::model::call;
use crate::model::context::{At, Context, Flow, Outcome, Pushback};
use crate::model::line::{self, Line};
use crate::model::mechanism::{Below, Leaving, Mechanism, Wakes, bulkhead};
use crate::model::seat::{Port, Seat};

crate::metrics! {
    /// Calls that were let pass, at once or after a wait
    ADMITTED: Count = "admitted", "admitted";
    /// Calls that were refused
    REJECTED: Count = "rejected", "rejected";
    /// from arrival to passing, of calls that passed; only where calls can wait
    WAIT: Latency = "wait";
    /// Ratio of `wait` that is longer than 0; only where calls can wait
    WAITED: Ratio = "waited_ratio";
    /// Calls that wait, those included that will be refused after the longest wait; only where
    /// calls can wait
    WAITING: Level = "waiting", "waiting to pass" => Waiting;
}

impl EventKind {
    /// The call was refused; the number is the time after which it could have passed.
    pub const RATE_LIMITED: Self = Self::new(&EventDefinition {
        name: "rate_limited",
        verb: "rate_limits",
        number: Number::Nanoseconds,
        words: "is refused: it could pass in {}",
        role: Role::Mark,
    });
}

/// The events of a rate limit.
pub const EVENTS: &[EventKind] = &[EventKind::RATE_LIMITED];

/// State and books of one rate limit.
#[derive(Clone, Debug)]
pub struct RateLimit {
    /// States by client, or one for all.
    states: Vec<Algorithm>,
    /// Calls that wait for a rate that learns, by client; none, if it does not.
    lines: Vec<Line>,
    max_wait: Delay,
    refusal: Refusal,
    /// True if a call can wait.
    waits: bool,
    waiting: Gauge,
    admitted: u64,
    rejected: u64,
    wait: Recorder,
}

/// The word of a call that waits: 1 if it will be refused.
const REFUSED: u32 = 0;

impl RateLimit {
    /// A limit for each of `clients`, under which a call waits for `max_wait` at most, if `waits`.
    #[must_use]
    fn new(
        state: &Algorithm,
        clients: u32,
        (waits, max_wait, refusal): (bool, Delay, Refusal),
        measured_from: Instant,
    ) -> Self {
        let learns = matches!(state, Algorithm::Learned(_));
        let lines = if learns { clients as usize } else { 0 };
        Self {
            states: vec![state.clone(); clients as usize],
            lines: vec![Line::default(); lines],
            max_wait,
            refusal,
            waits,
            waiting: Gauge::new(measured_from),
            admitted: 0,
            rejected: 0,
            wait: Recorder::default(),
        }
    }

    fn park<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        wait: Delay,
        refused: bool,
    ) -> Flow {
        let since = cx.now();
        let timer = cx.wake_after(wait, at);
        let call = &mut cx.calls[at.call];
        (call.timer, call.state) = (timer, call::State::Waiting { since });
        cx.calls.set_word(at.call, at.seat.word + REFUSED, refused.into());
        self.waiting.rise(since);
        cx.note(at, EventKind::WAITS, self.waiting.level());
        Flow::Parked
    }

    fn pass(&mut self, measured: bool, wait: Duration) -> Flow {
        self.admitted += u64::from(measured);
        if self.waits && measured {
            self.wait.record(wait);
        }
        Flow::Down
    }
}

impl Mechanism for RateLimit {
    const KIND: &'static str = "rate_limit";
    const WORDS: u32 = 1;
    const TIMER: Option<u32> = None;
    const DEADLINE: Option<u32> = None;
    const WAKES: Wakes = Wakes::Calls { starts: true };
    const BELOW: Below = Below::Call;
    const EVENTS: &'static [&'static [EventKind]] = &[EVENTS, bulkhead::EVENTS, line::EVENTS];
    const METRICS: &'static [&'static Quantity] = METRICS;

    #[inline]
    fn enter<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow {
        if self.learns() {
            return self.enter_line(cx, at);
        }
        let now = cx.now();
        let measured = cx.calls[at.call].measured;
        let left = cx.deadline(at).max(now) - now;
        let longest = self.max_wait.duration();
        match self.states[at.instance as usize].admit(now, longest.min(left)) {
            Ok(Duration::ZERO) => self.pass(measured, Duration::ZERO),
            Ok(wait) => self.park(cx, at, Delay::varying(wait), false),
            Err(wait) if self.refusal == Refusal::AfterMaxWait && wait > longest => {
                self.park(cx, at, self.max_wait, true)
            }
            Err(wait) => {
                self.rejected += u64::from(measured);
                cx.note(at, EventKind::RATE_LIMITED, wait.as_ns());
                cx.push_back(at, Pushback::After(wait));
                Flow::Up(Outcome::Rejected)
            }
        }
    }

    #[inline]
    fn exit<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        _: Port,
        outcome: Outcome,
    ) -> Flow {
        self.learn(cx, at, outcome);
        Flow::Up(outcome)
    }

    /// The call's token is there, or its longest wait is over.
    fn wake<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow {
        if self.learns() {
            return self.wake_in_line(cx, at);
        }
        let call::State::Waiting { since } = cx.calls[at.call].state else {
            unreachable!("only waiting calls have a timer")
        };
        let now = cx.now();
        let (wait, measured) = (now - since, cx.calls[at.call].measured);
        self.waiting.fall(now);
        if cx.calls.word(at.call, at.seat.word + REFUSED) == 0 {
            cx.note(at, EventKind::ADMITTED, wait.as_ns());
            return self.pass(measured, wait);
        }
        self.rejected += u64::from(measured);
        cx.note(at, EventKind::RENEGED, wait.as_ns());
        Flow::Up(Outcome::Rejected)
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
        if !cx.is_at(at) {
            if leaving == Leaving::GivenUp {
                self.learn(cx, at, Outcome::Timeout);
            }
        } else if self.learns() {
            self.leave_line(cx, at);
        } else {
            self.waiting.fall(cx.now());
            cx.stop_start(at);
            cx.note(at, EventKind::LEFT, 0);
        }
    }

    fn fork(&mut self, _: u64) {}

    fn memory(&self) -> u64 {
        // Only logs are on the heap: of other algorithms no client is looked at.
        let logs = self.states.iter().take_while(|state| matches!(state, Algorithm::Log(_)));
        logs.map(Algorithm::memory).sum()
    }

    fn measure<C: Calendar, P: Probe>(
        &mut self,
        _: &mut Context<C, P>,
        _: &Seat,
        _: Instant,
        into: &mut impl Measurements,
    ) {
        into.count(&ADMITTED, self.admitted);
        into.count(&REJECTED, self.rejected);
        if self.waits {
            into.latency(&WAIT, &self.wait);
            into.ratio(&WAITED, |_| self.wait.ratio_above(Duration::ZERO));
            into.level(&WAITING, &mut self.waiting, None);
        }
    }
}
