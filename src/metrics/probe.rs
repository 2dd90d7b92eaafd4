//! What the model reports while it runs: a record of every event of a request.
//!
//! A run without a listener compiles to code without records ([`Silent`]). A listener cannot
//! change a run.
//!
//! No event is defined here: every file of the model defines its own, as constants of [`EventKind`]
//! with their name, their words in a sentence, and the span that they begin or end. Traces, trees
//! and explanations know events by these definitions alone.

use super::fate::Fate;
use crate::kernel::time::Instant;

/// One event of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Instant of the event.
    pub at: Instant,
    /// Number of the dispatched event during which it happened, from 1.
    pub event: u64,
    /// Load of the request; index into the names of the run.
    pub load: u32,
    /// Number of the request within its load, from 0.
    pub request: u64,
    /// Call of the request, by the key of its draws: the request itself is one, and each call that
    /// a service makes for it is another.
    pub call: u64,
    /// The call that made this one; `None` for the request itself.
    pub parent: Option<u64>,
    /// Attempt of the call that is under way, from 1; 0 before the first.
    pub attempt: u32,
    /// Component of the event; index into the names of the run.
    pub component: u32,
    /// Kind of the event.
    pub kind: EventKind,
    /// Number of the event: see [`EventDefinition::number`].
    pub value: u64,
}

/// A kind of event, such as `EventKind::SENT`: a constant defined by a file of the model.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EventKind(&'static EventDefinition);

/// The definition of a kind of event.
#[derive(Debug, PartialEq, Eq)]
pub struct EventDefinition {
    /// Name in traces, in snake case.
    pub name: &'static str,
    /// Verb in sentences about the component, in snake case: `breaker clients opens`.
    pub verb: &'static str,
    /// Meaning of the number of its records.
    pub number: Number,
    /// Predicate of a sentence about the request; `{}` stands for the number, with its unit.
    pub words: &'static str,
    /// The span that the event begins or ends.
    pub role: Role,
}

/// The meaning of the number of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// None: the number is always 0.
    None,
    /// Nanoseconds.
    Nanoseconds,
    /// Requests, messages or deliveries.
    Count,
}

/// The effect of an event on spans. A span belongs to one component and one attempt of one
/// request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// No effect: the event is a point.
    Mark,
    /// Begins a span of this kind.
    Begins(Stretch),
    /// Ends the open span of this component, well or badly.
    Ends(Ending),
    /// Ends the open span of this component, if there is one, and begins one of this kind.
    Turns(Stretch),
    /// Begins a span of this kind that lasts as long as the number says, unless the span around it
    /// ends before.
    Lasts(Stretch),
}

/// A kind of span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stretch {
    /// Name of the span: "attempt", "in line".
    pub name: &'static str,
    /// The party whose time it is.
    pub side: Side,
}

/// The party whose time a span is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// A caller that waits for an answer: its span holds all spans of the request until then.
    Caller,
    /// A server that works on the request.
    Server,
    /// A broker that keeps a message.
    Broker,
    /// A receiver of a message: its span holds all spans of the message until it is done.
    Receiver,
    /// Nobody: the request waits.
    Waiting,
}

impl Stretch {
    /// A span of a caller that waits for an answer.
    #[must_use]
    pub const fn call(name: &'static str) -> Self {
        Self { name, side: Side::Caller }
    }

    /// A span of a server at work.
    #[must_use]
    pub const fn work(name: &'static str) -> Self {
        Self { name, side: Side::Server }
    }

    /// A span of a message at a broker.
    #[must_use]
    pub const fn message(name: &'static str) -> Self {
        Self { name, side: Side::Broker }
    }

    /// A span of a receiver with a message in hand.
    #[must_use]
    pub const fn receipt(name: &'static str) -> Self {
        Self { name, side: Side::Receiver }
    }

    /// A span in which the request waits.
    #[must_use]
    pub const fn wait(name: &'static str) -> Self {
        Self { name, side: Side::Waiting }
    }
}

/// How a span ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The span did what it was for.
    Well,
    /// The span was in vain.
    Badly,
}

impl EventKind {
    /// The kind with this definition.
    #[must_use]
    pub const fn new(definition: &'static EventDefinition) -> Self {
        Self(definition)
    }
}

impl std::ops::Deref for EventKind {
    type Target = EventDefinition;

    #[inline]
    fn deref(&self) -> &EventDefinition {
        self.0
    }
}

impl std::fmt::Debug for EventKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// A listener to a run.
pub trait Probe {
    /// True if the listener takes records of events.
    const RECORDS: bool;
    /// True if the listener takes the ends of requests.
    const ENDS: bool;

    /// False if the listener takes no records of this request of this load.
    fn wants(&self, _load: u32, _request: u64) -> bool {
        true
    }

    /// Handles the record of an event.
    fn record(&mut self, record: &Record);

    /// Handles the end of a request.
    fn ended(&mut self, _end: &End) {}

    /// Handles a request that is under way when the run ends; called only if [`Self::ENDS`].
    fn unfinished(&mut self, _request: &Unfinished) {}
}

/// The end of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// Load of the request; index into the names of the run.
    pub load: u32,
    /// Number of the request within its load, from 0.
    pub request: u64,
    /// Instant of the arrival.
    pub arrived: Instant,
    /// Instant of the end.
    pub at: Instant,
    /// Attempts sent for the request.
    pub attempts: u32,
    /// Outcome of the request.
    pub fate: Fate,
    /// True if the request counts: it arrived after the warm-up.
    pub measured: bool,
}

/// A request that is under way when the run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// Load of the request; index into the names of the run.
    pub load: u32,
    /// Number of the request within its load, from 0.
    pub request: u64,
    /// Instant of the arrival.
    pub arrived: Instant,
    /// Attempts sent for the request so far.
    pub attempts: u32,
    /// True if the request counts: it arrived after the warm-up.
    pub measured: bool,
}

/// No listener.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Probe for Silent {
    const RECORDS: bool = false;
    const ENDS: bool = false;

    fn record(&mut self, _: &Record) {}
}

impl<F: FnMut(&Record)> Probe for F {
    const RECORDS: bool = true;
    const ENDS: bool = false;

    fn record(&mut self, record: &Record) {
        self(record);
    }
}
