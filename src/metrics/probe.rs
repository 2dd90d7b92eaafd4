//! What the model reports while it runs: one record for everything that happens to a request.
//!
//! A run without a listener compiles to code without records ([`Silent`]); a listener cannot
//! change a run, it only sees it.

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
    /// The attempt of the request that is under way, from 1; 0 before the first.
    pub attempt: u32,
    /// The component it happened at; index into the names of the run.
    pub component: u32,
    /// What happened.
    pub what: What,
    /// A number that belongs to it: see [`What`].
    pub value: u64,
}

/// Everything that can happen to a request. The number is nanoseconds unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A request arrived.
    Arrived,
    /// It waits for a permit or a slot; the number is how many wait, itself included.
    Waits,
    /// It got the permit or slot; the number is the wait.
    Admitted,
    /// An attempt was sent to a service.
    Sent,
    /// An attempt is worked on in a slot; the number is how long it will take.
    Started,
    /// An attempt was answered; the number is the time since it was sent.
    Answered,
    /// An attempt ended in an error; the number is the time since it was sent.
    Errored,
    /// A service refused it, its queue being full; the number is how many wait.
    Shed,
    /// A policy refused it unsent; the number is how many wait, if that was the reason.
    Rejected,
    /// A timeout gave up on it; the number is the timeout.
    TimedOut,
    /// The service stopped working on it because its caller had left.
    Cancelled,
    /// The service goes on for a caller that has left.
    Abandoned,
    /// Work for a caller that had left ended; the number is the time it took in a slot.
    Wasted,
    /// It will be tried again; the number is the wait before.
    Retries,
    /// It would be tried again, but the budget is used up.
    BudgetExhausted,
    /// A breaker opened; the number is for how long.
    Opened,
    /// It was published to a queue; the number is the depth, itself included.
    Published,
    /// A queue was full, and the message is lost; the number is the depth.
    Dropped,
    /// A consumer took it; the number is how long it waited.
    Taken,
    /// A consumer gave it up; the number is its deliveries.
    DeadLettered,
    /// A service crashed under it.
    Crashed,
    /// The request is over, with success; the number is the time since its arrival.
    Succeeded,
    /// The request is over, without success; the number is the time since its arrival.
    Failed,
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

impl What {
    /// All of them.
    pub const ALL: [Self; 23] = [
        Self::Arrived,
        Self::Waits,
        Self::Admitted,
        Self::Sent,
        Self::Started,
        Self::Answered,
        Self::Errored,
        Self::Shed,
        Self::Rejected,
        Self::TimedOut,
        Self::Cancelled,
        Self::Abandoned,
        Self::Wasted,
        Self::Retries,
        Self::BudgetExhausted,
        Self::Opened,
        Self::Published,
        Self::Dropped,
        Self::Taken,
        Self::DeadLettered,
        Self::Crashed,
        Self::Succeeded,
        Self::Failed,
    ];

    /// What its number counts.
    #[must_use]
    pub const fn number(self) -> Number {
        match self {
            Self::Waits
            | Self::Rejected
            | Self::Shed
            | Self::Published
            | Self::Dropped
            | Self::DeadLettered => Number::Count,
            Self::Admitted
            | Self::Started
            | Self::Answered
            | Self::Errored
            | Self::TimedOut
            | Self::Wasted
            | Self::Retries
            | Self::Opened
            | Self::Taken
            | Self::Succeeded
            | Self::Failed => Number::Nanoseconds,
            Self::Arrived
            | Self::Sent
            | Self::Cancelled
            | Self::Abandoned
            | Self::BudgetExhausted
            | Self::Crashed => Number::None,
        }
    }

    /// Its name in traces, in snake case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Arrived => "arrived",
            Self::Waits => "waits",
            Self::Admitted => "admitted",
            Self::Sent => "sent",
            Self::Started => "started",
            Self::Answered => "answered",
            Self::Errored => "errored",
            Self::Shed => "shed",
            Self::Rejected => "rejected",
            Self::TimedOut => "timed_out",
            Self::Cancelled => "cancelled",
            Self::Abandoned => "abandoned",
            Self::Wasted => "wasted",
            Self::Retries => "retries",
            Self::BudgetExhausted => "budget_exhausted",
            Self::Opened => "opened",
            Self::Published => "published",
            Self::Dropped => "dropped",
            Self::Taken => "taken",
            Self::DeadLettered => "dead_lettered",
            Self::Crashed => "crashed",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}

/// Listens to a run.
pub trait Probe {
    /// False if records need not be made at all.
    const LISTENS: bool;

    /// Takes in one record.
    fn record(&mut self, record: &Record);
}

/// Listens to nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Probe for Silent {
    const LISTENS: bool = false;

    fn record(&mut self, _: &Record) {}
}

impl<F: FnMut(&Record)> Probe for F {
    const LISTENS: bool = true;

    fn record(&mut self, record: &Record) {
        self(record);
    }
}
