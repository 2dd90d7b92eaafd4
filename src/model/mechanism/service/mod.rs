//! A service: worker slots behind a first-come-first-served queue.
//!
//! Latency and failure of an attempt are drawn when it gets its slot, latency first, and an
//! attempt that fails takes its full time. Overload looks at what is in flight (in line and in
//! slots) at that moment, the attempt included.
//!
//! What happens when the caller leaves is the service's own affair: see [`Cancellation`].

mod books;

pub use books::EVENTS;

use super::edge::Edges;
use super::fault::{Effect, Timeline};
use super::frame::{Frame, FrameId, NodeId, RequestId, State};
use super::line::Line;
use super::state::{Cx, Outcome};
use crate::kernel::calendar::Calendar;
use crate::kernel::distribution::Distribution;
use crate::kernel::draw::Site;
use crate::kernel::simulation::Delay;
use crate::kernel::time::{Duration, Instant};
use crate::metrics::gauge::Gauge;
use crate::metrics::probe::{Probe, What};
use crate::metrics::recorder::Recorder;
use books::Counts;

/// What becomes of an attempt when its caller gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancellation {
    /// It is stopped, in line or in a slot.
    Immediate,
    /// It is dropped from the line; work in a slot goes on.
    QueuedOnly,
    /// It goes on.
    None,
}

/// How latency and failure grow with load = in flight / knee above 1.
#[derive(Clone, Copy, Debug)]
pub struct Overload {
    /// In flight at load 1.
    pub knee: f64,
    /// Nanoseconds added per unit of load above 1.
    pub added_latency_ns: f64,
    /// Failure ratio added per unit of load above 1.
    pub added_failure_ratio: f64,
    /// Bound of the failure ratio in overload.
    pub max_failure_ratio: f64,
}

/// What a service is set to.
#[derive(Clone, Debug)]
pub struct Config {
    /// Time in a slot.
    pub time: Distribution,
    /// Slots, `u64::MAX` for any number.
    pub slots: u64,
    /// Places in line, `u64::MAX` for any number.
    pub queue: u64,
    /// Failure ratio without overload.
    pub failure_ratio: f64,
    /// Load sensitivity.
    pub overload: Option<Overload>,
    /// What callers that leave leave behind.
    pub cancellation: Cancellation,
    /// What goes wrong.
    pub faults: Timeline,
    /// Where service times are drawn.
    pub time_site: Site,
    /// Where failures are drawn.
    pub failure_site: Site,
}

/// State and books of one service.
#[derive(Clone, Debug)]
pub struct Service {
    config: Config,
    /// The time in a slot if it is always the same and nothing can change it.
    constant: Option<Delay>,
    line: Line,
    busy: Gauge,
    waiting: Gauge,
    in_flight_max: u64,
    wait: Recorder,
    counts: Counts,
}

impl Service {
    /// An idle service.
    #[must_use]
    pub fn new(config: Config, constant: Option<Delay>, measured_from: Instant) -> Self {
        Self {
            config,
            constant,
            line: Line::default(),
            busy: Gauge::new(measured_from),
            waiting: Gauge::new(measured_from),
            in_flight_max: 0,
            wait: Recorder::default(),
            counts: Counts::default(),
        }
    }

    /// Draws anew from here on, in a branch of a run that was split.
    pub(super) fn fork(&mut self, branch: u64) {
        self.config.time_site = self.config.time_site.fork(branch);
        self.config.failure_site = self.config.failure_site.fork(branch);
    }

    /// Attempts in line and in slots.
    pub(super) fn in_flight(&self) -> u64 {
        self.busy.level() + self.line.len()
    }

    /// An attempt arrives from the sending node `from`. `Some` if it is settled at once.
    #[inline]
    pub fn enter<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Cx<C, P>,
        (node, from): (NodeId, NodeId),
        parent: FrameId,
        request: RequestId,
    ) -> Option<Outcome> {
        let now = cx.now();
        let of = cx.requests[request];
        let measured = u64::from(of.measured);
        self.counts.arrivals += measured;
        if !self.config.faults.is_empty()
            && self.config.faults.strikes(Effect::Crashed, now, of.key, of.attempts)
        {
            self.counts.crashed += measured;
            cx.note(request, node, What::CRASHED, 0);
            return Some(Outcome::Error);
        }
        let there = self.busy.level() + self.line.len();
        if self.busy.level() < self.config.slots {
            self.in_flight_max = self.in_flight_max.max(there + 1);
            let state = State::Queued { since: now, left: Instant::NEVER };
            let frame = cx.frames.add(node, from, parent, request, state);
            cx.frames[frame].attempt = of.attempts;
            self.start(cx, frame);
            return None;
        }
        if self.line.len() >= self.config.queue {
            self.counts.shed += measured;
            cx.note(request, node, What::SHED, self.line.len());
            return Some(Outcome::Shed);
        }
        self.in_flight_max = self.in_flight_max.max(there + 1);
        let state = State::Queued { since: now, left: Instant::NEVER };
        let frame = cx.frames.add(node, from, parent, request, state);
        cx.frames[frame].attempt = of.attempts;
        self.line.push(&mut cx.frames, frame);
        self.waiting.rise(now);
        cx.note(request, node, What::WAITS, self.line.len());
        None
    }

    /// The frame, out of line, gets a slot.
    #[inline]
    fn start<C: Calendar, P: Probe>(&mut self, cx: &mut Cx<C, P>, id: FrameId) {
        let now = cx.now();
        let frame = cx.frames[id];
        let State::Queued { since, left } = frame.state else {
            unreachable!("only queued attempts start")
        };
        let of = cx.requests[frame.request];
        self.busy.rise(now);
        if self.config.slots != u64::MAX && of.measured {
            self.wait.record(now - since);
        }
        let (work, fails) = self.draw(now, of.key, frame.attempt);
        cx.frames[id].state = State::Working { since, started: now, fails, left };
        cx.note_attempt(&frame, What::STARTED, work.as_ns());
        match self.constant {
            Some(delay) => cx.clock.wake_after(delay, id),
            None if self.config.faults.is_empty() => {
                cx.clock.wake_after(Delay::varying(work), id);
            }
            None => {
                let done = self.config.faults.done(now, work, of.key, frame.attempt);
                cx.clock.wake_at(done, id);
            }
        }
    }

    /// Time in a slot and whether it ends in an error.
    #[inline(always)]
    fn draw(&self, now: Instant, subject: u64, attempt: u32) -> (Duration, bool) {
        let config = &self.config;
        let mut work = match config.time.as_constant() {
            Some(constant) => constant,
            None => config.time.sample(config.time_site.unit(subject, attempt, 0)),
        };
        let mut ratio = config.failure_ratio;
        if let Some(overload) = config.overload {
            let load = (self.busy.level() + self.line.len()) as f64 / overload.knee;
            if load > 1.0 {
                let excess = load - 1.0;
                let added = Duration::from_ns_f64(excess * overload.added_latency_ns);
                work = work.saturating_add(added);
                let raised = ratio + excess * overload.added_failure_ratio;
                ratio = raised.min(overload.max_failure_ratio);
            }
        }
        let fails = (ratio > 0.0 && config.failure_site.unit(subject, attempt, 0) < ratio)
            || (!config.faults.is_empty()
                && config.faults.strikes(Effect::Failing, now, subject, attempt));
        (work, fails)
    }

    /// The work of a frame is done. `None` if nobody waits for it any more.
    #[inline]
    pub fn wake<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Cx<C, P>,
        id: FrameId,
    ) -> Option<(Frame, Outcome)> {
        let frame = cx.frames[id];
        let State::Working { since, started, fails, left } = frame.state else {
            unreachable!("only working attempts finish")
        };
        let now = cx.now();
        let (what, ns) = match (left != Instant::NEVER, fails) {
            (true, _) => (What::WASTED, now - started),
            (false, true) => (What::ERRORED, now - since),
            (false, false) => (What::ANSWERED, now - since),
        };
        // Before the next one starts, which is a consequence of it.
        cx.note_attempt(&frame, what, ns.as_ns());
        self.free_slot(cx, frame.node);
        if cx.requests[frame.request].measured {
            cx.edges[frame.from].work.book(started, now, left);
            match (left != Instant::NEVER, fails) {
                (true, _) => self.counts.for_nobody += 1,
                (false, true) => self.counts.errors += 1,
                (false, false) => self.counts.answered += 1,
            }
        }
        cx.leave(id, left);
        let outcome = if fails { Outcome::Error } else { Outcome::Success };
        (left == Instant::NEVER).then_some((frame, outcome))
    }

    /// A slot comes free and goes to the next in line.
    #[inline]
    fn free_slot<C: Calendar, P: Probe>(&mut self, cx: &mut Cx<C, P>, node: NodeId) {
        let now = cx.now();
        self.busy.fall(now);
        if self.line.is_empty() || !cx.hands_on(node) {
            return;
        }
        if let Some(next) = self.line.pop(&mut cx.frames) {
            self.waiting.fall(now);
            self.start(cx, next);
        }
    }

    /// The caller of this frame leaves.
    #[inline]
    pub fn abandon<C: Calendar, P: Probe>(&mut self, cx: &mut Cx<C, P>, id: FrameId) {
        let frame = cx.frames[id];
        let now = cx.now();
        let left = now;
        match (frame.state, self.config.cancellation) {
            (State::Queued { .. }, Cancellation::Immediate | Cancellation::QueuedOnly) => {
                self.line.remove(&mut cx.frames, id);
                self.waiting.fall(now);
                self.stop(cx, id);
            }
            (State::Queued { since, .. }, Cancellation::None) => {
                cx.note_attempt(&frame, What::ABANDONED, 0);
                cx.orphan(id);
                cx.frames[id].state = State::Queued { since, left };
            }
            (State::Working { started, .. }, Cancellation::Immediate) => {
                cx.clock.cancel(id);
                if cx.requests[frame.request].measured {
                    cx.edges[frame.from].work.book(started, now, left);
                }
                self.stop(cx, id);
                self.free_slot(cx, frame.node);
            }
            (State::Working { since, started, fails, .. }, _) => {
                cx.note_attempt(&frame, What::ABANDONED, 0);
                cx.orphan(id);
                cx.frames[id].state = State::Working { since, started, fails, left };
            }
            _ => unreachable!("a service's frame is queued or working"),
        }
    }

    /// Removes a frame whose caller has left.
    fn stop<C: Calendar, P: Probe>(&mut self, cx: &mut Cx<C, P>, id: FrameId) {
        let frame = cx.frames[id];
        if cx.requests[frame.request].measured {
            self.counts.cancelled += 1;
            cx.edges[frame.from].attempts.cancelled += 1;
        }
        cx.note_attempt(&frame, What::CANCELLED, 0);
        cx.frames.remove(id);
    }

    /// The service crashes under a frame, one of those that meet the fault. `None` if nobody waits
    /// for it any more. No slot is handed on: [`Service::restart`] does that when all are dead.
    pub fn crash<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Cx<C, P>,
        id: FrameId,
    ) -> Option<Frame> {
        let frame = cx.frames[id];
        let now = cx.now();
        let measured = cx.requests[frame.request].measured;
        self.counts.crashed += u64::from(measured);
        cx.note_attempt(&frame, What::CRASHED, 0);
        let left = match frame.state {
            State::Queued { left, .. } => {
                self.line.remove(&mut cx.frames, id);
                self.waiting.fall(now);
                left
            }
            State::Working { started, left, .. } => {
                cx.clock.cancel(id);
                self.busy.fall(now);
                if measured {
                    cx.edges[frame.from].work.book(started, now, left);
                }
                left
            }
            _ => unreachable!("a service's frame is queued or working"),
        };
        cx.leave(id, left);
        (left == Instant::NEVER).then_some(frame)
    }

    /// Slots that a crash left free go to those in line that survived it.
    pub fn restart<C: Calendar, P: Probe>(&mut self, cx: &mut Cx<C, P>) {
        while self.busy.level() < self.config.slots {
            let Some(next) = self.line.pop(&mut cx.frames) else {
                return;
            };
            self.waiting.fall(cx.now());
            self.start(cx, next);
        }
    }
}

/// Books the work that a frame has under way at the end of a run, if it has any.
pub fn settle(edges: &mut Edges, frame: &Frame, end: Instant) {
    if let State::Working { started, left, .. } = frame.state
        && end > started
    {
        edges[frame.from].work.book(started, end, left);
    }
}
