//! A bounded queue of messages: first come, first served; messages to a full queue are lost.
//!
//! Waiting messages count against the capacity, those in hand do not. Consumers take messages after
//! the event that published them, so a whole burst is published before any message is taken.

pub mod spec;
use super::{Below, Leaving, Mechanism, Wakes};
use crate::kernel::calendar::Calendar;
use crate::kernel::time::{Duration, Instant};
use crate::metrics::declare::Quantity;
use crate::metrics::gauge::Gauge;
use crate::metrics::meter::{Measurements, limit};
use crate::metrics::probe::{Ending, EventDefinition, EventKind, Number, Probe, Role, Stretch};
use crate::metrics::recorder::Recorder;
use crate::model::call::{CallId, Calls, State};
use crate::model::context::{At, Context, Flow, Outcome};
use crate::model::line::Line;
use crate::model::seat::{Port, Seat, SeatId};

crate::metrics! {
    /// Messages published, with dropped ones and redeliveries
    PUBLISHED: Count = "published", "published";
    /// Messages lost because the queue was full
    DROPPED: Count = "dropped", "dropped";
    /// Messages taken by a consumer
    TAKEN: Count = "taken", "taken";
    /// Messages waiting at the end of the run. `published` = `dropped` + `taken` + `waiting`
    WAITING: Total = "waiting";
    /// from (the latest) publication to being taken
    WAIT: Latency = "wait";
    /// Ratio of `wait` that is longer than 0
    WAITED: Ratio = "waited_ratio";
    /// Messages waiting. Limit: `capacity`
    DEPTH: Level = "depth", "messages waiting" => Waiting;
    /// Longest that a message waited, one that still waits at the end of the run included. Over
    /// time the wait so far of the oldest message, 0 without any
    AGE: Reading = "age", "age of the oldest message";
}

impl EventKind {
    /// The message was published to a queue; the number is the depth, itself included.
    pub const PUBLISHED: Self = Self::new(&EventDefinition {
        name: "published",
        verb: "publishes",
        number: Number::Count,
        words: "is published, as number {} in the queue",
        role: Role::Begins(Stretch::message("queued")),
    });
    /// The queue gave the message to a consumer; the number is its wait.
    pub const HANDED_OVER: Self = Self::new(&EventDefinition {
        name: "handed_over",
        verb: "hands_over",
        number: Number::Nanoseconds,
        words: "leaves the queue after {}",
        role: Role::Ends(Ending::Well),
    });
    /// The queue was full, and the message is lost; the number is the depth.
    pub const DROPPED: Self = Self::new(&EventDefinition {
        name: "dropped",
        verb: "drops",
        number: Number::Count,
        words: "is lost: the queue is full with {}",
        role: Role::Mark,
    });
}

/// The events of a queue.
pub const EVENTS: &[EventKind] =
    &[EventKind::PUBLISHED, EventKind::HANDED_OVER, EventKind::DROPPED];

/// State and books of one queue.
#[derive(Clone, Debug)]
pub struct Queue {
    capacity: u64,
    line: Line,
    /// Groups of consumers by port, once all are known.
    groups: Vec<SeatId>,
    /// Ports of groups that may have a free consumer: a bit per port, 64 in each word.
    free: Vec<u64>,
    depth: Gauge,
    wait: Recorder,
    published: u64,
    dropped: u64,
    taken: u64,
}

impl Queue {
    /// An empty queue with room for `capacity` messages, `u64::MAX` for any number.
    #[must_use]
    pub fn new(capacity: u64, measured_from: Instant) -> Self {
        Self {
            capacity,
            line: Line::default(),
            groups: Vec::new(),
            free: Vec::new(),
            depth: Gauge::new(measured_from),
            wait: Recorder::default(),
            published: 0,
            dropped: 0,
            taken: 0,
        }
    }

    /// Adds a group of consumers, at the next port.
    pub fn join(&mut self, group: SeatId) {
        let port = self.groups.len() as Port;
        self.groups.push(group);
        self.free.resize(self.groups.len().div_ceil(64), 0);
        self.set_free(port);
    }

    #[inline]
    fn set_free(&mut self, port: Port) {
        self.free[port as usize / 64] |= 1 << (port % 64);
    }

    /// The lowest port of a group with a free consumer.
    #[inline]
    fn first_free(&mut self, credits: &[u64]) -> Option<Port> {
        let groups = &self.groups;
        for (word, bits) in (0..).step_by(64).zip(&mut self.free) {
            while *bits != 0 {
                let port = word + bits.trailing_zeros();
                if credits[groups[port as usize] as usize] > 0 {
                    return Some(port);
                }
                *bits &= *bits - 1;
            }
        }
        None
    }

    /// Publishes a message at the tail, or loses it if there is no room.
    #[inline]
    fn publish<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow {
        let measured = u64::from(cx.calls[at.call].measured);
        self.published += measured;
        if self.line.len() >= self.capacity {
            self.dropped += measured;
            cx.note(at, EventKind::DROPPED, self.line.len());
            return Flow::Up(Outcome::Dropped);
        }
        cx.calls[at.call].state = State::Message { since: cx.now() };
        self.line.push(&mut cx.calls, at.call);
        self.depth.rise(cx.now());
        cx.note(at, EventKind::PUBLISHED, self.line.len());
        cx.pull(at.id, None);
        Flow::Parked
    }

    /// Removes and returns the message that has waited longest.
    #[inline]
    fn take<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
    ) -> Option<CallId> {
        let id = self.line.pop(&mut cx.calls)?;
        let now = cx.now();
        self.depth.fall(now);
        let call = &cx.calls[id];
        if let State::Message { since } = call.state {
            if call.measured {
                self.taken += 1;
                self.wait.record(now - since);
            }
            cx.note(&At { call: id, ..*at }, EventKind::HANDED_OVER, (now - since).as_ns());
        }
        Some(id)
    }

    /// The wait at `end` of the message at the head.
    fn age(&self, calls: &Calls, end: Instant) -> Duration {
        match self.line.first().map(|id| calls[id].state) {
            Some(State::Message { since }) => end.max(since) - since,
            _ => Duration::ZERO,
        }
    }
}

impl Mechanism for Queue {
    const KIND: &'static str = "queue";
    const WORDS: u32 = 0;
    const TIMER: Option<u32> = None;
    const DEADLINE: Option<u32> = None;
    const WAKES: Wakes = Wakes::Calls { starts: false };
    const BELOW: Below = Below::Requests;
    const EVENTS: &'static [&'static [EventKind]] = &[EVENTS];
    const METRICS: &'static [&'static Quantity] = METRICS;

    #[inline]
    fn enter<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow {
        self.publish(cx, at)
    }

    /// Handles a message that is done, or that comes back to be delivered again.
    #[inline]
    fn exit<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        port: Port,
        outcome: Outcome,
    ) -> Flow {
        // Before the message is published again: the same group may be the next to take it.
        self.set_free(port);
        match outcome {
            Outcome::Returned => self.publish(cx, at),
            Outcome::Success
            | Outcome::Error
            | Outcome::Timeout
            | Outcome::Shed
            | Outcome::Rejected
            | Outcome::Dropped
            | Outcome::DeadLettered => Flow::Up(outcome),
        }
    }

    fn wake<C: Calendar, P: Probe>(&mut self, _: &mut Context<C, P>, _: &At<'_>) -> Flow {
        unreachable!("a queue sets no timer")
    }

    fn goes_on<C: Calendar, P: Probe>(&self, _: &Context<C, P>, _: &At<'_>) -> bool {
        false
    }

    fn leave<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>, _: Leaving) {
        if cx.is_at(at) {
            self.line.remove(&mut cx.calls, at.call);
            self.depth.fall(cx.now());
        }
    }

    /// Hands the oldest message to the free group at the lowest port.
    #[inline]
    fn hand_on<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        port: Option<Port>,
    ) -> Option<(CallId, Port)> {
        if let Some(port) = port {
            self.set_free(port);
        }
        if self.line.is_empty() {
            return None;
        }
        let port = self.first_free(&cx.credits)?;
        self.take(cx, at).map(|message| (message, port))
    }

    fn inside(&self) -> Option<u64> {
        Some(self.line.len())
    }

    fn fork(&mut self, _: u64) {}

    fn memory(&self) -> u64 {
        0
    }

    fn measure<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        _: &Seat,
        at: Instant,
        into: &mut impl Measurements,
    ) {
        into.count(&PUBLISHED, self.published);
        into.count(&DROPPED, self.dropped);
        into.count(&TAKEN, self.taken);
        into.total(&WAITING, |period| period.present);
        into.latency(&WAIT, &self.wait);
        into.ratio(&WAITED, |_| self.wait.ratio_above(Duration::ZERO));
        into.level(&DEPTH, &mut self.depth, limit(self.capacity));
        let age = self.age(&cx.calls, at);
        into.reading(&AGE, age, self.wait.max().max(age));
    }
}
