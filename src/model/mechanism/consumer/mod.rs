//! A group of consumers: each holds one message at a time and calls a service for it.
//!
//! After a failed delivery the message is published again at the tail after a backoff, during which
//! the consumer may stay taken; after its last delivery it is dead-lettered.

mod alternatives;
pub mod spec;
use super::{Below, Leaving, Mechanism, Wakes};
use crate::kernel::calendar::Calendar;
use crate::kernel::simulation::Delay;
use crate::kernel::time::Instant;
use crate::metrics::declare::Quantity;
use crate::metrics::gauge::Gauge;
use crate::metrics::meter::Measurements;
use crate::metrics::probe::{Ending, EventDefinition, EventKind, Number, Probe, Role, Stretch};
use crate::model::call::{CallId, State};
use crate::model::client::Clients;
use crate::model::context::{At, Context, Flow, Outcome};
use crate::model::mechanism::backoff::Backoff;
use crate::model::seat::{Port, Seat};

/// The settings of a group of consumers.
#[derive(Clone, Debug)]
pub struct Config {
    /// Most messages in hand at once.
    pub concurrency: u64,
    /// Most deliveries of a message, the first included.
    pub max_deliveries: u32,
    /// Wait before a failed message is published again.
    pub backoff: Backoff,
    /// True if the consumer stays taken during that wait.
    pub backoff_holds_consumer: bool,
    /// Clients that make the calls for deliveries.
    pub clients: Clients,
}

crate::metrics! {
    /// Messages taken. The sum of the next three and of those that are being handled at the end
    DELIVERIES: Count = "deliveries", "deliveries";
    /// Deliveries that succeeded
    ACKNOWLEDGED: Total = "acknowledged";
    /// Deliveries that failed and were not the last: the message goes back, after its backoff
    REDELIVERED: Count = "redelivered", "sent back for redelivery";
    /// Deliveries that failed and were the last
    DEAD: Count = "dead_lettered", "dead-lettered";
    /// Messages at the end of the run that it handles or that wait for their backoff
    IN_HAND: Total = "in_hand";
    /// Places taken, mean over time, over `concurrency`. A backoff that holds the consumer takes
    /// one
    UTILISATION: Ratio = "utilisation";
    /// Places taken. Limit: `concurrency`
    BUSY: Peak = "busy", "consumers taken" => InService;
}

impl EventKind {
    /// A consumer took the message; the number is its wait.
    pub const TAKEN: Self = Self::new(&EventDefinition {
        name: "taken",
        verb: "takes",
        number: Number::Nanoseconds,
        words: "is taken by a consumer",
        role: Role::Begins(Stretch::receipt("delivery")),
    });
    /// A delivery of the message succeeded.
    pub const ACKNOWLEDGED: Self = Self::new(&EventDefinition {
        name: "acknowledged",
        verb: "acknowledges",
        number: Number::None,
        words: "is acknowledged",
        role: Role::Ends(Ending::Well),
    });
    /// A delivery of the message failed.
    pub const NOT_ACKNOWLEDGED: Self = Self::new(&EventDefinition {
        name: "not_acknowledged",
        verb: "does_not_acknowledge",
        number: Number::None,
        words: "is not acknowledged",
        role: Role::Ends(Ending::Badly),
    });
    /// A consumer gave the message up; the number is its deliveries.
    pub const DEAD_LETTERED: Self = Self::new(&EventDefinition {
        name: "dead_lettered",
        verb: "dead_letters",
        number: Number::Count,
        words: "is dead-lettered after {} deliveries",
        role: Role::Mark,
    });
}

/// The events of consumers.
pub const EVENTS: &[EventKind] = &[
    EventKind::TAKEN,
    EventKind::ACKNOWLEDGED,
    EventKind::NOT_ACKNOWLEDGED,
    EventKind::DEAD_LETTERED,
];

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

/// The words of a call: deliveries so far, the present one included, and the last wait before it
/// was published again in nanoseconds (for decorrelated jitter).
const DELIVERED: u32 = 0;
const BACKOFF: u32 = 1;

impl Consumer {
    /// An idle group.
    #[must_use]
    pub fn new(config: Config, measured_from: Instant) -> Self {
        let busy = Gauge::new(measured_from);
        let (deliveries, acknowledged, redelivered, dead_lettered) = (0, 0, 0, 0);
        Self { config, busy, deliveries, acknowledged, redelivered, dead_lettered }
    }

    /// Most messages in hand at once.
    #[must_use]
    pub const fn concurrency(&self) -> u64 {
        self.config.concurrency
    }

    /// Frees a consumer.
    #[inline]
    fn release<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) {
        self.busy.fall(cx.now());
        cx.credits[at.id as usize] += 1;
        cx.pull(at.seat.up, Some(at.seat.port));
    }
}

impl Mechanism for Consumer {
    const KIND: &'static str = "consumer";
    const WORDS: u32 = 2;
    const TIMER: Option<u32> = None;
    const DEADLINE: Option<u32> = None;
    const WAKES: Wakes = Wakes::Calls { starts: false };
    const BELOW: Below = Below::InHand;
    const EVENTS: &'static [&'static [EventKind]] = &[EVENTS, super::backoff::EVENTS];
    const METRICS: &'static [&'static Quantity] = METRICS;

    /// Delivers a message, which is out of the queue, to a consumer.
    #[inline]
    fn enter<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow {
        let now = cx.now();
        self.busy.rise(now);
        cx.credits[at.id as usize] -= 1;
        let call = &mut cx.calls[at.call];
        let State::Message { since } = call.state else { unreachable!("consumers take messages") };
        call.picked = now;
        let key = call.key;
        self.deliveries += u64::from(call.measured);
        let deliveries = cx.calls.word(at.call, at.seat.word + DELIVERED);
        cx.calls.set_word(at.call, at.seat.word + DELIVERED, deliveries + 1);
        cx.calls[at.call].client = self.config.clients.draw(key, deliveries as u32);
        cx.note(at, EventKind::TAKEN, (now - since).as_ns());
        Flow::Down
    }

    /// Handles the end of a delivery.
    #[inline]
    fn exit<C: Calendar, P: Probe>(
        &mut self,
        cx: &mut Context<C, P>,
        at: &At<'_>,
        _: Port,
        outcome: Outcome,
    ) -> Flow {
        let call = &cx.calls[at.call];
        let (key, attempts, measured) = (call.key, call.attempts, u64::from(call.measured));
        let deliveries = cx.calls.word(at.call, at.seat.word + DELIVERED) as u32;
        if outcome == Outcome::Success {
            self.acknowledged += measured;
            cx.note(at, EventKind::ACKNOWLEDGED, 0);
            self.release(cx, at);
            return Flow::Up(Outcome::Success);
        }
        cx.note(at, EventKind::NOT_ACKNOWLEDGED, 0);
        if deliveries >= self.config.max_deliveries {
            self.dead_lettered += measured;
            cx.note(at, EventKind::DEAD_LETTERED, u64::from(deliveries));
            self.release(cx, at);
            return Flow::Up(Outcome::DeadLettered);
        }
        self.redelivered += measured;
        let memory = &mut cx.calls.words::<1>(at.call, at.seat.word + BACKOFF)[0];
        let wait = self.config.backoff.wait(key, deliveries, attempts, memory);
        cx.note(at, EventKind::RETRIES, wait.as_ns());
        if wait.is_zero() {
            self.release(cx, at);
            return Flow::Up(Outcome::Returned);
        }
        if !self.config.backoff_holds_consumer {
            self.release(cx, at);
        }
        cx.calls[at.call].timer = cx.wake_after(Delay::varying(wait), at);
        Flow::Parked
    }

    /// Returns the message to the queue after its backoff.
    #[inline]
    fn wake<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>) -> Flow {
        if self.config.backoff_holds_consumer {
            self.release(cx, at);
        }
        Flow::Up(Outcome::Returned)
    }

    fn goes_on<C: Calendar, P: Probe>(&self, _: &Context<C, P>, _: &At<'_>) -> bool {
        false
    }

    fn leave<C: Calendar, P: Probe>(&mut self, cx: &mut Context<C, P>, at: &At<'_>, _: Leaving) {
        let waits = cx.is_at(at);
        if waits {
            cx.cancel(cx.calls[at.call].timer);
        }
        if !waits || self.config.backoff_holds_consumer {
            self.release(cx, at);
        }
    }

    fn taken(&self) -> Option<u64> {
        Some(self.busy.level())
    }

    fn is_taken_by<C: Calendar, P: Probe>(&self, _: &Context<C, P>, _: CallId) -> bool {
        self.config.backoff_holds_consumer
    }

    fn fork(&mut self, branch: u64) {
        self.config.backoff.fork(branch);
        self.config.clients.fork(branch);
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
        into.count(&DELIVERIES, self.deliveries);
        into.total(&ACKNOWLEDGED, |_| self.acknowledged);
        into.count(&REDELIVERED, self.redelivered);
        into.count(&DEAD, self.dead_lettered);
        into.total(&IN_HAND, |period| period.present);
        let places = self.config.concurrency;
        into.ratio(&UTILISATION, |period| period.utilisation(&self.busy, places));
        into.peak(&BUSY, &mut self.busy, Some(places));
    }
}
