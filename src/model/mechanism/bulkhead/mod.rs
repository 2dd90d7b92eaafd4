//! A bulkhead: a semaphore with a first-come-first-served line.
//!
//! A request that finds a permit free and nobody in line takes it; otherwise it joins the line, or
//! is rejected if that is full. A permit that comes back goes to the head of the line, which goes
//! on when the present walk is over. The permit is held by having passed: whatever comes up
//! through the bulkhead, cancellation included, brings it back.
//!
//! Where its caller is several clients, each has permits and a line of its own; the books are those
//! of all of them.

pub mod spec;
use crate::kernel::calendar::Calendar;
use crate::kernel::time::{Duration, Instant};
use crate::metrics::gauge::Gauge;
use crate::metrics::meter::{Eye, Meter, limit};
use crate::metrics::probe::{Ending, Event, Number, Probe, Role, What};
use crate::metrics::recorder::Recorder;
use crate::metrics::summary::{Component, Metric};
use crate::model::call::{self, CallId};
use crate::model::context::{At, Context, Flow, Outcome};
use crate::model::line::Line;
use crate::model::mechanism::{Leaving, Mechanism, Period, Wakes};
use crate::model::seat::{Port, Seat};

const REJECTED: Meter = Meter::new("rejected", "rejected");
const PERMITS: Meter = Meter::new("permits", "permits taken");
const WAITING: Meter = Meter::new("waiting", "waiting for a permit");

impl What {
    /// It got the permit it waited for; the number is the wait.
    pub const ADMITTED: Self = Self::new(&Event {
        name: "admitted",
        verb: "admits",
        number: Number::Nanoseconds,
        words: "gets a permit after {}",
        role: Role::Ends(Ending::Well),
    });
}

/// What can happen to a request here.
pub const EVENTS: &[What] = &[What::ADMITTED];

/// The permits that a client has taken, and the calls that wait for one.
#[derive(Clone, Debug, Default)]
struct State {
    taken: u64,
    line: Line,
}

/// State and books of one bulkhead.
#[derive(Clone, Debug)]
pub struct Bulkhead {
    permits: u64,
    queue: u64,
    /// By client, or one for all.
    states: Vec<State>,
    in_use: Gauge,
    waiting: Gauge,
    rejected: u64,
    wait: Recorder,
}

impl Bulkhead {
    /// `permits` at once, at least 1, for each of `clients`; `queue` of each may wait, `u64::MAX`
    /// for any number.
    #[must_use]
    pub fn new((permits, queue): (u64, u64), clients: u32, measured_from: Instant) -> Self {
        Self {
            permits,
            queue,
            states: vec![State::default(); clients as usize],
            in_use: Gauge::new(measured_from),
            waiting: Gauge::new(measured_from),
            rejected: 0,
            wait: Recorder::default(),
        }
    }

    /// Permits that are taken.
    pub(in crate::model) const fn taken(&self) -> u64 {
        self.in_use.level()
    }

    /// A permit comes back: it goes to the next in line, if there is one.
    #[inline]
    fn release<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At) {
        let state = &mut self.states[at.instance as usize];
        if state.line.is_empty() || cx.hands_on(at) {
            if let Some(next) = state.line.pop(&mut cx.calls) {
                self.waiting.fall(cx.now());
                return cx.ready.push_back(next);
            }
        }
        state.taken -= 1;
        self.in_use.fall(cx.now());
    }
}

impl Mechanism for Bulkhead {
    const KIND: &'static str = "bulkhead";
    const WORDS: u32 = 0;
    const TIMER: Option<u32> = None;
    const WAKES: Wakes = Wakes::Calls { starts: false };
    const SHOWS: bool = true;

    #[inline]
    fn enter<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At) -> Flow {
        let measured = cx.calls[at.call].measured;
        let state = &mut self.states[at.instance as usize];
        if state.taken < self.permits && state.line.is_empty() {
            state.taken += 1;
            self.in_use.rise(cx.now());
            if measured {
                self.wait.record(Duration::ZERO);
            }
            return Flow::Down(0);
        }
        let waiting = state.line.len();
        if waiting >= self.queue {
            self.rejected += u64::from(measured);
            cx.note(at, What::REJECTED, waiting);
            return Flow::Up(Outcome::Rejected);
        }
        cx.calls[at.call].state = call::State::Waiting { since: cx.now() };
        state.line.push(&mut cx.calls, at.call);
        self.waiting.rise(cx.now());
        cx.note(at, What::WAITS, waiting + 1);
        Flow::Parked
    }

    #[inline]
    fn exit<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At,
        _: Port,
        outcome: Outcome,
    ) -> Flow {
        self.release(cx, at);
        Flow::Up(outcome)
    }

    /// The call has got its permit.
    #[inline]
    fn wake<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At) -> Flow {
        let call::State::Waiting { since } = cx.calls[at.call].state else {
            unreachable!("only waiting calls get a permit")
        };
        let wait = cx.now() - since;
        if cx.calls[at.call].measured {
            self.wait.record(wait);
        }
        cx.note(at, What::ADMITTED, wait.as_ns());
        Flow::Down(0)
    }

    fn on_leave<C: Calendar, P: Probe>(&self, _: &Context<C, P>, _: &At) -> Leaving {
        Leaving::Stops
    }

    /// From the line, with a permit that is not used yet, or with one that is.
    fn leave<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At, _: Leaving) {
        if !cx.is_at(at) {
            return self.release(cx, at);
        }
        match cx.ready.iter().position(|&ready| ready == at.call) {
            Some(index) => {
                cx.ready.remove(index);
                self.release(cx, at);
            }
            None => {
                self.waiting.fall(cx.now());
                self.states[at.instance as usize].line.remove(&mut cx.calls, at.call);
            }
        }
        cx.note(at, What::LEFT, 0);
    }

    /// Permits that came back at this instant go to those in line.
    fn hand_on<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At,
        _: Option<Port>,
    ) -> Option<(CallId, Port)> {
        let state = &mut self.states[at.instance as usize];
        while state.taken < self.permits {
            let next = state.line.pop(&mut cx.calls)?;
            state.taken += 1;
            self.waiting.fall(cx.now());
            self.in_use.rise(cx.now());
            cx.ready.push_back(next);
        }
        None
    }

    fn fork(&mut self, _: u64) {}

    fn memory(&self) -> u64 {
        0
    }

    fn observe<C: Calendar, P: Probe>(
        &mut self,
        _: &mut Context<C, P>,
        _: &Seat,
        _: Instant,
        eye: &mut impl Eye,
    ) {
        eye.count(&REJECTED, self.rejected);
        let clients = self.states.len() as u64;
        eye.level(&PERMITS, &mut self.in_use, Some(self.permits * clients));
        eye.level(&WAITING, &mut self.waiting, limit(self.queue.saturating_mul(clients)));
    }

    fn report<C: Calendar, P: Probe>(
        &self,
        _: &Context<C, P>,
        _: &Seat,
        &Period { end, window, .. }: &Period,
    ) -> Option<Component> {
        let metrics = vec![
            ("rejected", Metric::Count(self.rejected)),
            ("wait", Metric::Latency(self.wait.summary())),
            ("waited_ratio", Metric::Number(self.wait.ratio_above(Duration::ZERO))),
            ("waiting_mean", Metric::Number(self.waiting.mean(end, window))),
            ("waiting_max", Metric::Count(self.waiting.max())),
            ("permits_mean", Metric::Number(self.in_use.mean(end, window))),
            ("permits_max", Metric::Count(self.in_use.max())),
        ];
        Some(Component { kind: Self::KIND, metrics })
    }
}
