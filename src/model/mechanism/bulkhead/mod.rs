//! A bulkhead: a semaphore with a first-come-first-served line.
//!
//! A request that finds a permit free and nobody in line takes it; otherwise it joins the line, or
//! is rejected if that is full. A permit that comes back goes to the head of the line, which goes
//! on when the present walk is over. The permit is held by having passed: whatever comes up
//! through the bulkhead, cancellation included, brings it back.

use crate::kernel::calendar::Calendar;
use crate::kernel::time::{Duration, Instant};
use crate::metrics::gauge::Gauge;
use crate::metrics::meter::{Eye, Meter, limit};
use crate::metrics::probe::{Ending, Event, Number, Probe, Role, What};
use crate::metrics::recorder::Recorder;
use crate::metrics::summary::{Component, Metric};
use crate::model::frame::{FrameId, NodeId, RequestId, State};
use crate::model::line::Line;
use crate::model::state::{Cx, Enter, Outcome};

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

/// State and books of one bulkhead.
#[derive(Clone, Debug)]
pub struct Bulkhead {
    permits: u64,
    queue: u64,
    line: Line,
    in_use: Gauge,
    waiting: Gauge,
    rejected: u64,
    wait: Recorder,
}

impl Bulkhead {
    /// `permits` at once, at least 1; `queue` may wait, `u64::MAX` for any number.
    #[must_use]
    pub fn new(permits: u64, queue: u64, measured_from: Instant) -> Self {
        Self {
            permits,
            queue,
            line: Line::default(),
            in_use: Gauge::new(measured_from),
            waiting: Gauge::new(measured_from),
            rejected: 0,
            wait: Recorder::default(),
        }
    }

    /// A request comes down.
    #[inline]
    pub fn enter<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Cx<C, P>,
        node: NodeId,
        parent: FrameId,
        request: RequestId,
    ) -> Enter {
        let measured = cx.requests[request].measured;
        if self.in_use.level() < self.permits && self.line.is_empty() {
            self.in_use.rise(cx.now());
            if measured {
                self.wait.record(Duration::ZERO);
            }
            return Enter::Down(parent);
        }
        if self.line.len() >= self.queue {
            self.rejected += u64::from(measured);
            cx.note(request, node, What::REJECTED, self.line.len());
            return Enter::Settle(Outcome::Rejected);
        }
        let state = State::Waiting { since: cx.now() };
        let frame = cx.frames.add(node, node, parent, request, state);
        self.line.push(&mut cx.frames, frame);
        self.waiting.rise(cx.now());
        cx.note(request, node, What::WAITS, self.line.len());
        Enter::Parked
    }

    /// Something comes up: its permit goes to the next in line, or back.
    #[inline]
    pub fn release<C: Calendar, P: Probe>(&mut self, cx: &mut Cx<C, P>, node: NodeId) {
        if !self.line.is_empty() && !cx.hands_on(node) {
            return self.in_use.fall(cx.now());
        }
        match self.line.pop(&mut cx.frames) {
            Some(next) => {
                self.waiting.fall(cx.now());
                cx.ready.push_back(next);
            }
            None => self.in_use.fall(cx.now()),
        }
    }

    /// Permits that came back at this instant go to those in line.
    pub fn hand_on<C: Calendar, P: Probe>(&mut self, cx: &mut Cx<C, P>) {
        while self.in_use.level() < self.permits {
            let Some(next) = self.line.pop(&mut cx.frames) else {
                return;
            };
            self.waiting.fall(cx.now());
            self.in_use.rise(cx.now());
            cx.ready.push_back(next);
        }
    }

    /// The frame has got its permit: its request goes on below the frame that is returned.
    #[inline]
    pub fn resume<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Cx<C, P>,
        id: FrameId,
    ) -> (FrameId, RequestId) {
        let frame = cx.frames[id];
        let State::Waiting { since } = frame.state else {
            unreachable!("only waiting frames are resumed")
        };
        let wait = cx.now() - since;
        if cx.requests[frame.request].measured {
            self.wait.record(wait);
        }
        cx.note(frame.request, frame.node, What::ADMITTED, wait.as_ns());
        // The request's next frame, or its end, follows at once, so the hold may lapse in between.
        cx.frames.remove(id);
        (frame.parent, frame.request)
    }

    /// The caller leaves: from the line, or with a permit that it has not yet used.
    pub fn leave<C: Calendar, P: Probe>(&mut self, cx: &mut Cx<C, P>, id: FrameId) {
        match cx.ready.iter().position(|&ready| ready == id) {
            Some(index) => {
                cx.ready.remove(index);
                self.release(cx, cx.frames[id].node);
            }
            None => {
                self.waiting.fall(cx.now());
                self.line.remove(&mut cx.frames, id);
            }
        }
        let frame = cx.frames.remove(id);
        cx.note(frame.request, frame.node, What::LEFT, 0);
    }

    /// Shows itself at `at`.
    pub fn observe(&mut self, eye: &mut impl Eye) {
        eye.count(&REJECTED, self.rejected);
        eye.level(&PERMITS, &mut self.in_use, Some(self.permits));
        eye.level(&WAITING, &mut self.waiting, limit(self.queue));
    }

    /// Its numbers at the end of a run.
    #[must_use]
    pub fn report(&self, end: Instant, window: Duration) -> Component {
        Component {
            kind: "bulkhead",
            metrics: vec![
                ("rejected", Metric::Count(self.rejected)),
                ("wait", Metric::Latency(self.wait.summary())),
                ("waited_ratio", Metric::Number(self.wait.ratio_above(Duration::ZERO))),
                ("waiting_mean", Metric::Number(self.waiting.mean(end, window))),
                ("waiting_max", Metric::Count(self.waiting.max())),
                ("permits_mean", Metric::Number(self.in_use.mean(end, window))),
                ("permits_max", Metric::Count(self.in_use.max())),
            ],
        }
    }
}
