//! The standing of a call, and its state at the seat at which it waits.

use crate::kernel::time::Instant;

/// The receiver of the outcome of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The load: the call is a request.
    Request,
    /// The parent, which waits for it.
    Child,
    /// Nobody: the caller has left, with the layers above the seat at which the call waits.
    Left,
    /// Nobody: the caller has left, and the call goes on with all of its layers.
    Alone,
    /// The parent, which does not need the outcome and waits until the call is over.
    Awaited,
    /// The record is free.
    Free,
}

/// The state of a call at the seat at which it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// None.
    None,
    /// In line for a permit.
    Waiting {
        /// Instant at which it joined the line.
        since: Instant,
    },
    /// In line for a slot of a service.
    Queued {
        /// Instant at which it was sent.
        since: Instant,
    },
    /// In a slot of a service.
    Working {
        /// Instant at which it was sent.
        since: Instant,
        /// Instant at which it got the slot.
        started: Instant,
        /// True if the work will fail.
        fails: bool,
    },
    /// At a service that waits for the calls that it has made.
    Calling {
        /// Instant at which it was sent.
        since: Instant,
    },
    /// At a service that has crashed: its error goes up in the same event.
    Crashed,
    /// A message in a queue.
    Message {
        /// Instant at which it last entered.
        since: Instant,
    },
}
