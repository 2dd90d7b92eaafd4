//! A bounded queue of messages: first come, first served, and lost when it is full.
//!
//! What waits counts against the capacity; what a consumer holds does not. Consumers take when
//! the event that published is over, so a burst is published as a whole before anything is taken.

use super::frame::{FrameId, Frames, NONE, NodeId, RequestId, State};
use super::line::Line;
use super::state::Cx;
use crate::kernel::calendar::Calendar;
use crate::kernel::time::{Duration, Instant};
use crate::metrics::gauge::Gauge;
use crate::metrics::meter::{Eye, Meter, limit};
use crate::metrics::probe::{Ending, Event, Number, Probe, Role, Stretch, What};
use crate::metrics::recorder::Recorder;
use crate::metrics::summary::{Component, Metric};

const PUBLISHED: Meter = Meter::new("published", "published");
const DROPPED: Meter = Meter::new("dropped", "dropped");
const TAKEN: Meter = Meter::new("taken", "taken");
const DEPTH: Meter = Meter::new("depth", "messages waiting");
const AGE: Meter = Meter::new("age_ns", "age of the oldest message");

impl What {
    /// It was published to a queue; the number is the depth, itself included.
    pub const PUBLISHED: Self = Self::new(&Event {
        name: "published",
        verb: "publishes",
        number: Number::Count,
        words: "is published, as number {} in the queue",
        role: Role::Begins(Stretch::message("queued")),
    });
    /// The queue gave it to a consumer; the number is how long it waited.
    pub const HANDED_OVER: Self = Self::new(&Event {
        name: "handed_over",
        verb: "hands_over",
        number: Number::Nanoseconds,
        words: "leaves the queue after {}",
        role: Role::Ends(Ending::Well),
    });
    /// A queue was full, and the message is lost; the number is the depth.
    pub const DROPPED: Self = Self::new(&Event {
        name: "dropped",
        verb: "drops",
        number: Number::Count,
        words: "is lost: the queue is full with {}",
        role: Role::Mark,
    });
}

/// What can happen to a request here.
pub const EVENTS: &[What] = &[What::PUBLISHED, What::HANDED_OVER, What::DROPPED];

/// State and books of one queue.
#[derive(Clone, Debug)]
pub struct Queue {
    capacity: u64,
    line: Line,
    depth: Gauge,
    wait: Recorder,
    published: u64,
    dropped: u64,
    taken: u64,
}

impl Queue {
    /// Messages that wait.
    pub(super) const fn depth(&self) -> u64 {
        self.line.len()
    }

    /// An empty queue with room for `capacity` messages, `u64::MAX` for any number.
    #[must_use]
    pub fn new(capacity: u64, measured_from: Instant) -> Self {
        Self {
            capacity,
            line: Line::default(),
            depth: Gauge::new(measured_from),
            wait: Recorder::default(),
            published: 0,
            dropped: 0,
            taken: 0,
        }
    }

    /// Publishes a request as a new message; false if the queue is full and it is lost.
    #[inline]
    pub fn publish<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Cx<C, P>,
        node: NodeId,
        request: RequestId,
    ) -> bool {
        if !self.has_room(cx, node, request) {
            return false;
        }
        let state = State::Message { deliveries: 0, since: cx.now(), waited: Duration::ZERO };
        let message = cx.frames.add(node, node, NONE, request, state);
        self.append(cx, node, message);
        true
    }

    /// Publishes a message again, at the tail; false if the queue is full and it is lost, which
    /// removes its frame.
    #[inline]
    pub fn publish_again<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Cx<C, P>,
        node: NodeId,
        message: FrameId,
    ) -> bool {
        let frame = cx.frames[message];
        if !self.has_room(cx, node, frame.request) {
            cx.frames.remove(message);
            return false;
        }
        let now = cx.now();
        let again = &mut cx.frames[message];
        (again.node, again.from) = (node, node);
        let State::Message { since, .. } = &mut again.state else {
            unreachable!("a message stays one")
        };
        *since = now;
        self.append(cx, node, message);
        true
    }

    fn has_room<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Cx<C, P>,
        node: NodeId,
        request: RequestId,
    ) -> bool {
        let measured = u64::from(cx.requests[request].measured);
        self.published += measured;
        let room = self.line.len() < self.capacity;
        if !room {
            self.dropped += measured;
            cx.note(request, node, What::DROPPED, self.line.len());
        }
        room
    }

    fn append<C: Calendar, P: Probe>(&mut self, cx: &mut Cx<C, P>, node: NodeId, id: FrameId) {
        self.line.push(&mut cx.frames, id);
        self.depth.rise(cx.now());
        cx.note(cx.frames[id].request, node, What::PUBLISHED, self.line.len());
    }

    /// Takes the message that has waited longest.
    #[inline]
    pub fn take<C: Calendar, P: Probe>(&mut self, cx: &mut Cx<C, P>) -> Option<FrameId> {
        let id = self.line.pop(&mut cx.frames)?;
        let now = cx.now();
        self.depth.fall(now);
        let frame = cx.frames[id];
        if let State::Message { since, .. } = frame.state {
            if cx.requests[frame.request].measured {
                self.taken += 1;
                self.wait.record(now - since);
            }
            cx.note(frame.request, frame.node, What::HANDED_OVER, (now - since).as_ns());
        }
        Some(id)
    }

    /// How long the message at the head has waited at `end`.
    fn age(&self, frames: &Frames, end: Instant) -> Duration {
        match self.line.first().map(|id| frames[id].state) {
            Some(State::Message { since, .. }) => end.max(since) - since,
            _ => Duration::ZERO,
        }
    }

    /// Shows itself at `at`.
    pub fn observe(&mut self, frames: &Frames, at: Instant, eye: &mut impl Eye) {
        eye.count(&PUBLISHED, self.published);
        eye.count(&DROPPED, self.dropped);
        eye.count(&TAKEN, self.taken);
        eye.level(&DEPTH, &mut self.depth, limit(self.capacity));
        eye.reading(&AGE, Some(self.age(frames, at).as_ns()));
    }

    /// Its numbers at the end of a run; `waiting` are messages of measured requests still there.
    pub fn report<C: Calendar, P: Probe>(
        &self,
        cx: &Cx<C, P>,
        (end, window): (Instant, Duration),
        waiting: u64,
    ) -> Component {
        let oldest = self.age(&cx.frames, end);
        Component {
            kind: "queue",
            metrics: vec![
                ("published", Metric::Count(self.published)),
                ("dropped", Metric::Count(self.dropped)),
                ("taken", Metric::Count(self.taken)),
                ("waiting", Metric::Count(waiting)),
                ("wait", Metric::Latency(self.wait.summary())),
                ("waited_ratio", Metric::Number(self.wait.ratio_above(Duration::ZERO))),
                ("depth_mean", Metric::Number(self.depth.mean(end, window))),
                ("depth_max", Metric::Count(self.depth.max())),
                ("age_max_ns", Metric::Time(self.wait.max().max(oldest))),
            ],
        }
    }
}
