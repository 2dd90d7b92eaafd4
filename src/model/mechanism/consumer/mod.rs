//! A group of consumers: each holds one message at a time and calls a service for it.
//!
//! On failure the message is published again at the tail after a backoff, during which the
//! consumer may stay taken; after its last delivery it is dead-lettered.

use super::backoff::Backoff;
use super::frame::{FrameId, NodeId, State};
use super::state::{Cx, Outcome};
use crate::kernel::calendar::Calendar;
use crate::kernel::simulation::Delay;
use crate::kernel::time::{Duration, Instant};
use crate::metrics::gauge::Gauge;
use crate::metrics::meter::{Eye, Meter};
use crate::metrics::probe::{Ending, Event, Number, Probe, Role, Stretch, What};
use crate::metrics::summary::{Component, Metric};

/// What a group of consumers is set to.
#[derive(Clone, Debug)]
pub struct Config {
    /// The queue it takes from.
    pub queue: NodeId,
    /// Messages at once.
    pub concurrency: u64,
    /// Deliveries of a message, the first included.
    pub max_deliveries: u32,
    /// Wait before a failed message is published again.
    pub backoff: Backoff,
    /// Whether the consumer stays taken during that wait.
    pub backoff_holds_consumer: bool,
}

const DELIVERIES: Meter = Meter::new("deliveries", "deliveries");
const REDELIVERED: Meter = Meter::new("redelivered", "sent back for redelivery");
const DEAD: Meter = Meter::new("dead_lettered", "dead-lettered");
const BUSY: Meter = Meter::new("busy", "consumers taken");

impl What {
    /// A consumer took it; the number is how long it waited.
    pub const TAKEN: Self = Self::new(&Event {
        name: "taken",
        verb: "takes",
        number: Number::Nanoseconds,
        words: "is taken by a consumer",
        role: Role::Begins(Stretch::receipt("delivery")),
    });
    /// Its delivery succeeded.
    pub const ACKNOWLEDGED: Self = Self::new(&Event {
        name: "acknowledged",
        verb: "acknowledges",
        number: Number::None,
        words: "is acknowledged",
        role: Role::Ends(Ending::Well),
    });
    /// Its delivery failed.
    pub const NOT_ACKNOWLEDGED: Self = Self::new(&Event {
        name: "not_acknowledged",
        verb: "does_not_acknowledge",
        number: Number::None,
        words: "is not acknowledged",
        role: Role::Ends(Ending::Badly),
    });
    /// A consumer gave it up; the number is its deliveries.
    pub const DEAD_LETTERED: Self = Self::new(&Event {
        name: "dead_lettered",
        verb: "dead_letters",
        number: Number::Count,
        words: "is dead-lettered after {} deliveries",
        role: Role::Mark,
    });
}

/// What can happen to a request here.
pub const EVENTS: &[What] =
    &[What::TAKEN, What::ACKNOWLEDGED, What::NOT_ACKNOWLEDGED, What::DEAD_LETTERED];

/// State and books of one group.
#[derive(Clone, Debug)]
pub struct Consumer {
    config: Config,
    busy: Gauge,
    deliveries: u64,
    acknowledged: u64,
    redelivered: u64,
    dead_lettered: u64,
}

/// What becomes of a message whose delivery has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is done with.
    Acknowledged,
    /// It goes back to the queue now.
    Again,
    /// It goes back to the queue later.
    Later,
    /// It is given up.
    DeadLettered,
}

impl Consumer {
    /// Draws anew from here on, in a branch of a run that was split.
    pub(super) fn fork(&mut self, branch: u64) {
        self.config.backoff.fork(branch);
    }

    /// An idle group.
    #[must_use]
    pub fn new(config: Config, measured_from: Instant) -> Self {
        let busy = Gauge::new(measured_from);
        let (deliveries, acknowledged, redelivered, dead_lettered) = (0, 0, 0, 0);
        Self { config, busy, deliveries, acknowledged, redelivered, dead_lettered }
    }

    /// The queue it takes from.
    #[inline]
    #[must_use]
    pub const fn queue(&self) -> NodeId {
        self.config.queue
    }

    /// True if a consumer is free.
    #[inline]
    #[must_use]
    pub const fn is_free(&self) -> bool {
        self.busy.level() < self.config.concurrency
    }

    /// A consumer takes the message, which is out of the queue.
    #[inline]
    pub fn take<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Cx<C, P>,
        node: NodeId,
        message: FrameId,
    ) {
        let now = cx.now();
        self.busy.rise(now);
        let frame = &mut cx.frames[message];
        (frame.node, frame.from) = (node, node);
        let State::Message { deliveries, since, .. } = &mut frame.state else {
            unreachable!("consumers take messages")
        };
        *deliveries += 1;
        let since = *since;
        let id = frame.request;
        let request = &mut cx.requests[id];
        request.picked = now;
        self.deliveries += u64::from(request.measured);
        cx.note(id, node, What::TAKEN, (now - since).as_ns());
    }

    /// The delivery of a message has ended.
    #[inline]
    pub fn exit<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Cx<C, P>,
        message: FrameId,
        outcome: Outcome,
    ) -> Verdict {
        let frame = cx.frames[message];
        let State::Message { deliveries, waited, .. } = frame.state else {
            unreachable!("consumers hold messages")
        };
        let request = cx.requests[frame.request];
        let measured = u64::from(request.measured);
        if outcome == Outcome::Success {
            self.busy.fall(cx.now());
            self.acknowledged += measured;
            cx.note(frame.request, frame.node, What::ACKNOWLEDGED, 0);
            return Verdict::Acknowledged;
        }
        cx.note(frame.request, frame.node, What::NOT_ACKNOWLEDGED, 0);
        if deliveries >= self.config.max_deliveries {
            self.busy.fall(cx.now());
            self.dead_lettered += measured;
            cx.note(frame.request, frame.node, What::DEAD_LETTERED, u64::from(deliveries));
            return Verdict::DeadLettered;
        }
        self.redelivered += measured;
        let wait = self.config.backoff.wait(request.key, deliveries, request.attempts, waited);
        if let State::Message { waited, .. } = &mut cx.frames[message].state {
            *waited = wait;
        }
        cx.note(frame.request, frame.node, What::RETRIES, wait.as_ns());
        if wait.is_zero() {
            self.busy.fall(cx.now());
            return Verdict::Again;
        }
        if !self.config.backoff_holds_consumer {
            self.busy.fall(cx.now());
        }
        cx.clock.wake_after(Delay::varying(wait), message);
        Verdict::Later
    }

    /// The backoff of a message is over: it goes back to the queue.
    #[inline]
    pub fn wake(&mut self, now: Instant) {
        if self.config.backoff_holds_consumer {
            self.busy.fall(now);
        }
    }

    /// Shows itself at `at`.
    pub fn observe(&mut self, eye: &mut impl Eye) {
        eye.count(&DELIVERIES, self.deliveries);
        eye.count(&REDELIVERED, self.redelivered);
        eye.count(&DEAD, self.dead_lettered);
        eye.level(&BUSY, &mut self.busy, Some(self.config.concurrency));
    }

    /// Its numbers at the end of a run; `in_hand` are messages of measured requests that it holds
    /// or that wait for their backoff.
    #[must_use]
    pub fn report(&self, end: Instant, window: Duration, in_hand: u64) -> Component {
        let busy = self.busy.mean(end, window);
        let utilisation = busy.map(|busy| busy / self.config.concurrency as f64);
        Component {
            kind: "consumer",
            metrics: vec![
                ("deliveries", Metric::Count(self.deliveries)),
                ("acknowledged", Metric::Count(self.acknowledged)),
                ("redelivered", Metric::Count(self.redelivered)),
                ("dead_lettered", Metric::Count(self.dead_lettered)),
                ("in_hand", Metric::Count(in_hand)),
                ("utilisation", Metric::Number(utilisation)),
                ("busy_max", Metric::Count(self.busy.max())),
            ],
        }
    }
}
