//! What the model reports while it runs: one record for everything that happens to a request.
//!
//! A run without a listener compiles to code without records ([`Silent`]); a listener cannot
//! change a run, it only sees it.
//!
//! Nothing here knows what can happen: every file of the model brings its own events, as
//! constants of [`What`] that say how they are called, how they read in a sentence, and what they
//! begin or end. Whoever shows records (traces, trees, explanations) goes by these alone.

use super::fate::Fate;
use crate::kernel::time::Instant;

/// One thing that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// When.
    pub at: Instant,
    /// The number of the event during which it happened, from 1.
    pub event: u64,
    /// Which load the request came from; index into the names of the run.
    pub load: u32,
    /// The request's number within its load, from 0.
    pub request: u64,
    /// Which call of the request it is, by the key of its draws: the request itself is one, and
    /// each call that a service makes for it is another.
    pub call: u64,
    /// The call that made it; `None` of the request itself.
    pub parent: Option<u64>,
    /// The attempt of the call that is under way, from 1; 0 before the first.
    pub attempt: u32,
    /// The component it happened at; index into the names of the run.
    pub component: u32,
    /// What happened.
    pub what: What,
    /// A number that belongs to it: see [`Event::number`].
    pub value: u64,
}

/// What happened: one of the events that the files of the model define, as `What::SENT`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct What(&'static Event);

/// A kind of event: how it is called, how it reads, what it begins or ends.
#[derive(Debug, PartialEq, Eq)]
pub struct Event {
    /// Its name in traces, in snake case.
    pub name: &'static str,
    /// Its verb in sentences about the component: `breaker clients opens`, in snake case.
    pub verb: &'static str,
    /// What its number counts.
    pub number: Number,
    /// It in a sentence about the request; `{}` stands for the number, with its unit.
    pub words: &'static str,
    /// What it begins or ends.
    pub role: Role,
}

/// What the number of a record counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// It is always 0.
    None,
    /// Nanoseconds.
    Nanoseconds,
    /// Requests, messages or deliveries.
    Count,
}

/// What an event begins or ends. A span belongs to one component and one attempt of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Nothing: it is a point.
    Mark,
    /// A span of this kind.
    Begins(Stretch),
    /// The span that is open at this component; well or badly.
    Ends(Ending),
    /// The span that is open at this component, if there is one, and another of this kind begins.
    Turns(Stretch),
    /// A span of this kind that lasts as long as the number says, unless what holds it ends before.
    Lasts(Stretch),
}

/// A kind of span: how it is called, and whose time it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stretch {
    /// Its name: "attempt", "in line".
    pub name: &'static str,
    /// Whose time it is.
    pub side: Side,
}

/// Whose time a span is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// A caller's, who waits for an answer: it holds what its request meets until then.
    Caller,
    /// A server's, who works on it.
    Server,
    /// A broker's, with whom a message lies.
    Broker,
    /// A receiver's, who took a message: it holds what the message meets until it is done with.
    Receiver,
    /// Nobody's: it waits.
    Waiting,
}

impl Stretch {
    /// A caller waits for an answer.
    #[must_use]
    pub const fn call(name: &'static str) -> Self {
        Self { name, side: Side::Caller }
    }

    /// A server works.
    #[must_use]
    pub const fn work(name: &'static str) -> Self {
        Self { name, side: Side::Server }
    }

    /// A message lies with a broker.
    #[must_use]
    pub const fn message(name: &'static str) -> Self {
        Self { name, side: Side::Broker }
    }

    /// A receiver has a message in hand.
    #[must_use]
    pub const fn receipt(name: &'static str) -> Self {
        Self { name, side: Side::Receiver }
    }

    /// Nothing is done.
    #[must_use]
    pub const fn wait(name: &'static str) -> Self {
        Self { name, side: Side::Waiting }
    }
}

/// How a span ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// As it was meant to.
    Well,
    /// In vain.
    Badly,
}

impl What {
    /// The event that `event` describes.
    #[must_use]
    pub const fn new(event: &'static Event) -> Self {
        Self(event)
    }
}

impl std::ops::Deref for What {
    type Target = Event;

    #[inline]
    fn deref(&self) -> &Event {
        self.0
    }
}

impl std::fmt::Debug for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Listens to a run.
pub trait Probe {
    /// False if records need not be made at all.
    const LISTENS: bool;
    /// True if it is to be told how requests end, even when it wants no records.
    const HEARS_ENDS: bool;

    /// False if records of this request of this load need not be made.
    fn wants(&self, _load: u32, _request: u64) -> bool {
        true
    }

    /// Takes in one record.
    fn record(&mut self, record: &Record);

    /// A request is over.
    fn ended(&mut self, _end: &End) {}

    /// The run is over, and this request is not; told to whoever hears of ends.
    fn unfinished(&mut self, _request: &Unfinished) {}
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// Which load it came from; index into the names of the run.
    pub load: u32,
    /// Its number within its load, from 0.
    pub request: u64,
    /// When it arrived.
    pub arrived: Instant,
    /// When it ended.
    pub at: Instant,
    /// Attempts that were sent for it.
    pub attempts: u32,
    /// What became of it.
    pub fate: Fate,
    /// It arrived after the warm-up.
    pub measured: bool,
}

/// A request that is under way when the run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// Which load it came from; index into the names of the run.
    pub load: u32,
    /// Its number within its load, from 0.
    pub request: u64,
    /// When it arrived.
    pub arrived: Instant,
    /// Attempts that were sent for it so far.
    pub attempts: u32,
    /// It arrived after the warm-up.
    pub measured: bool,
}

/// Listens to nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Probe for Silent {
    const LISTENS: bool = false;
    const HEARS_ENDS: bool = false;

    fn record(&mut self, _: &Record) {}
}

impl<F: FnMut(&Record)> Probe for F {
    const LISTENS: bool = true;
    const HEARS_ENDS: bool = false;

    fn record(&mut self, record: &Record) {
        self(record);
    }
}
