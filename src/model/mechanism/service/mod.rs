//! A service: worker slots behind a line, in which the higher priority goes first, and first come
//! first served among equals.
//!
//! Latency and failure of an attempt are drawn when it gets its slot, latency first, and an
//! attempt that fails takes its full time. Overload depends on the attempts in flight (in line and
//! in slots) at that instant, the attempt included.
//!
//! The service decides whether an attempt goes on when its caller leaves: see [`Cancellation`].
//!
//! A service may have several replicas: each has slots, a line and overload of its own, and a
//! balancer in front chooses among them. The books are those of the whole service, with measures of
//! the imbalance of its replicas.
mod alternatives;
mod books;
mod handler;
pub mod lints;
mod replica;
mod slots;
pub mod spec;
mod steps;

pub use handler::{Onward, Step, When};

pub use books::EVENTS;

use super::edge::Edges;
use super::fault::Timeline;
use super::{Below, Leaving, Mechanism, Wakes};
use crate::kernel::calendar::Calendar;
use crate::kernel::distribution::Distribution;
use crate::kernel::draw::Site;
use crate::kernel::simulation::Delay;
use crate::kernel::time::{Duration, Instant};
use crate::metrics::declare::Quantity;
use crate::metrics::gauge::Gauge;
use crate::metrics::meter::Measurements;
use crate::metrics::probe::{EventKind, Probe};
use crate::metrics::recorder::Recorder;
use crate::model::call::{Call, CallId, State};
use crate::model::context::{At, Context, Flow, Outcome, Pushback};
use crate::model::line;
use crate::model::seat::{NONE, Port, Seat};
use books::Counts;
use handler::Program;
use replica::Replica;

/// The treatment of an attempt whose caller gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancellation {
    /// It is stopped, in line or in a slot.
    Immediate,
    /// It is dropped from the line; work in a slot goes on.
    QueuedOnly,
    /// It goes on.
    None,
}

/// The growth of latency and failure with load = in flight / knee above 1.
#[derive(Clone, Copy, Debug)]
pub struct Overload {
    /// Attempts in flight at load 1.
    pub knee: f64,
    /// Nanoseconds added per unit of load above 1.
    pub added_latency_ns: f64,
    /// Failure ratio added per unit of load above 1.
    pub added_failure_ratio: f64,
    /// Bound of the failure ratio in overload.
    pub max_failure_ratio: f64,
}

/// The settings of a service.
#[derive(Clone, Debug)]
pub struct Config {
    /// Endpoints; calls that name none go to the first.
    pub endpoints: Vec<Endpoint>,
    /// Number of replicas, at least 1.
    pub replicas: u32,
    /// By zone, the number after that of its last replica; empty without zones.
    pub zones: Vec<u32>,
    /// True if a call keeps its slot while it waits for the calls that it has made.
    pub holds_slot: bool,
    /// Slots of a replica; `u64::MAX`: no limit.
    pub slots: u64,
    /// Places in line of a replica; `u64::MAX`: no limit.
    pub queue: u64,
    /// Longest wait in line.
    pub max_wait: Option<Delay>,
    /// Failure ratio without overload.
    pub failure_ratio: f64,
    /// Ratio of attempts that never answer.
    pub hang_ratio: f64,
    /// Site of the draws of attempts that never answer.
    pub hang_site: Site,
    /// Overload behaviour, if there is any.
    pub overload: Option<Overload>,
    /// Treatment of attempts whose caller leaves.
    pub cancellation: Cancellation,
    /// Faults over time.
    pub faults: Timeline,
    /// What the refusal of an attempt asks of the caller.
    pub pushback: Option<Pushback>,
    /// True if calls past their deadline are refused, on arrival and when they get a slot.
    pub refuses_expired: bool,
    /// Time left until their deadline with which they are refused as well.
    pub least_time_left: Duration,
    /// Time by which the calls that it makes have an earlier deadline.
    pub deadline_margin: Duration,
    /// Site of the draws of failures.
    pub failure_site: Site,
}

/// An endpoint of a service.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Time in a slot.
    pub time: Distribution,
    /// Site of the draws of that time.
    pub site: Site,
    /// Steps after that.
    pub handler: Vec<Step>,
}

/// State and books of one service.
#[derive(Clone, Debug)]
pub struct Service {
    config: Config,
    /// Handlers by endpoint.
    programs: Vec<Program>,
    /// True if any handler has steps.
    has_handlers: bool,
    /// The time in a slot, if it is the same for every attempt.
    constant: Option<Delay>,
    replicas: Vec<Replica>,
    crashes: bool,
    busy: Gauge,
    waiting: Gauge,
    /// Calls that wait for the calls that they have made.
    calling: Gauge,
    in_flight_max: u64,
    wait: Recorder,
    counts: Counts,
}

impl Service {
    /// An idle service.
    #[must_use]
    pub fn new(mut config: Config, constant: Option<Delay>, measured_from: Instant) -> Self {
        // A longest wait of zero means no line, in any order of equal instants.
        if config.max_wait.is_some_and(|most| most.duration().is_zero()) {
            config.queue = 0;
        }
        let program = |endpoint: &Endpoint| Program::new(&endpoint.handler);
        let programs: Vec<Program> = config.endpoints.iter().map(program).collect();
        let has_handlers = programs.iter().any(|program| !program.is_empty());
        let crashes = !config.faults.crashes().is_empty();
        let replicas = vec![Replica::new(measured_from); config.replicas as usize];
        Self {
            config,
            programs,
            has_handlers,
            constant,
            replicas,
            crashes,
            busy: Gauge::new(measured_from),
            waiting: Gauge::new(measured_from),
            calling: Gauge::new(measured_from),
            in_flight_max: 0,
            wait: Recorder::default(),
            counts: Counts::default(),
        }
    }

    /// Number of replicas.
    #[must_use]
    pub const fn replicas(&self) -> u32 {
        self.config.replicas
    }

    /// The zone of a replica, by number; 0 without zones.
    #[inline]
    fn zone(&self, replica: u32) -> usize {
        self.config.zones.partition_point(|end| *end <= replica)
    }

    /// Number of attempts in line and in slots.
    fn in_flight(&self) -> u64 {
        self.busy.level() + self.waiting.level()
    }
}

impl Mechanism for Service {
    const KIND: &'static str = "service";
    const WORDS: u32 = 1;
    const TIMER: Option<u32> = None;
    const DEADLINE: Option<u32> = None;
    const WAKES: Wakes = Wakes::Calls { starts: false };
    const BELOW: Below = Below::Others;
    const EVENTS: &'static [&'static [EventKind]] = &[EVENTS, line::EVENTS];
    const METRICS: &'static [&'static Quantity] = books::METRICS;

    /// Handles an attempt that arrives.
    #[inline]
    fn enter<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow {
        let now = cx.now();
        let call = &cx.calls[at.call];
        let measured = u64::from(call.measured);
        self.counts.arrivals += measured;
        let replica = &mut self.replicas[at.instance as usize];
        replica.arrivals += measured;
        let (busy, in_line) = (replica.busy(), replica.line.len());
        if !self.config.faults.is_empty() && self.config.faults.is_down(now, call, at.instance) {
            self.counts.crashed += measured;
            cx.note(at, EventKind::CRASHED, 0);
            return Flow::Up(Outcome::Error);
        }
        if self.refuses(cx, at) {
            return Flow::Up(Outcome::Timeout);
        }
        let there = self.in_flight();
        let call = &mut cx.calls[at.call];
        (call.step, call.endpoint) = (0, at.seat.part as u16);
        if busy < self.config.slots {
            self.in_flight_max = self.in_flight_max.max(there + 1);
            self.start_since(cx, at, now);
            return Flow::Parked;
        }
        if in_line >= self.config.queue {
            self.shed(cx, at, in_line);
            return Flow::Up(Outcome::Shed);
        }
        self.in_flight_max = self.in_flight_max.max(there + 1);
        cx.calls[at.call].state = State::Queued { since: now };
        self.join_line(cx, at);
        Flow::Parked
    }

    /// Handles the end of a call that the service has made.
    fn exit<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        _: Port,
        outcome: Outcome,
    ) -> Flow {
        self.answered(cx, at, outcome == Outcome::Success)
    }

    /// Goes on with a call whose work is done, whose calls are decided, or whose longest wait is
    /// over.
    #[inline]
    fn wake<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow {
        let call = &cx.calls[at.call];
        if let State::Queued { .. } = call.state {
            // A call whose longest wait is over has no timer.
            if self.config.max_wait.is_some() && call.timer != NONE {
                return self.renege(cx, at);
            }
            return self.start_or_refuse(cx, at);
        }
        if self.has_handlers && !self.programs[usize::from(call.endpoint)].is_empty() {
            return self.go_on(cx, at);
        }
        let State::Working { since, started, fails } = call.state else {
            unreachable!("only working attempts finish")
        };
        if call.measured {
            let (now, left) = (cx.now(), call.left);
            cx.edges[at.seat.edge].work.book(started, now, left);
        }
        self.finish(cx, at, (since, started), (fails, true))
    }

    fn goes_on<C: Calendar, P: Probe>(&self, cx: &Context<C, P>, at: &At<'_>) -> bool {
        let state = cx.calls[at.call].state;
        match self.config.cancellation {
            _ if state == State::Crashed => false,
            Cancellation::Immediate => false,
            Cancellation::QueuedOnly => !matches!(state, State::Queued { .. }),
            Cancellation::None => true,
        }
    }

    fn leave<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        leaving: Leaving,
    ) {
        let now = cx.now();
        if leaving == Leaving::GoesOn {
            if cx.calls[at.call].left == now {
                cx.note(at, EventKind::ABANDONED, 0);
            }
            return;
        }
        let call = cx.calls[at.call];
        if call.state == State::Crashed {
            return;
        }
        let held = self.withdraw(cx, at);
        if call.measured {
            if let State::Working { started, .. } = call.state {
                cx.edges[at.seat.edge].work.book(started, now, now);
            }
            self.counts.cancelled += 1;
            cx.edges[at.seat.edge].attempts.cancelled += 1;
        }
        self.book_in_vain(cx, at);
        cx.note(at, EventKind::CANCELLED, 0);
        if held {
            self.serve_next(cx, at);
        }
    }

    /// Hands free slots to calls in line.
    fn hand_on<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        _: Option<Port>,
    ) -> Option<(CallId, Port)> {
        let slots = self.config.slots;
        while self.replicas[at.instance as usize].busy() < slots && self.start_next(cx, at) {}
        None
    }

    fn taken(&self) -> Option<u64> {
        Some(self.busy.level())
    }

    fn is_taken_by<C: Calendar, P: Probe>(&self, cx: &Context<C, P>, call: CallId) -> bool {
        match cx.calls[call].state {
            State::Working { .. } => true,
            State::Calling { .. } => self.config.holds_slot,
            State::Queued { .. } => cx.is_ready(call),
            State::None | State::Waiting { .. } | State::Crashed | State::Message { .. } => false,
        }
    }

    fn inside(&self) -> Option<u64> {
        Some(self.in_flight())
    }

    fn fork(&mut self, branch: u64) {
        for endpoint in &mut self.config.endpoints {
            endpoint.site = endpoint.site.fork(branch);
        }
        self.programs.iter_mut().for_each(|program| program.fork(branch));
        self.config.failure_site = self.config.failure_site.fork(branch);
        self.config.hang_site = self.config.hang_site.fork(branch);
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
        self.measure_all(into);
    }
}

/// Books the work that a call has under way at the end of a run, if it has any.
pub(in crate::model) fn settle(edges: &mut Edges, edge: u32, call: &Call, end: Instant) {
    if let State::Working { started, .. } = call.state
        && end > started
    {
        edges[edge].work.book(started, end, call.left);
    }
}
