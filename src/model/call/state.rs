//! Where a call stands, and what the seat at which it waits remembers.

use crate::kernel::time::Instant;

/// What becomes of the outcome of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is that of a request.
    Request,
    /// Its parent waits for it.
    Child,
    /// Its caller has left: nobody's.
    Left,
    /// Nobody's, with all of its layers.
    Alone,
    /// Nobody needs it, and its parent waits until it is over.
    Awaited,
    /// There is no call.
    Free,
}

/// What the seat at which a call waits remembers of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing.
    None,
    /// In line for a permit.
    Waiting {
        /// Since when.
        since: Instant,
    },
    /// In line for a slot of a service.
    Queued {
        /// When it was sent.
        since: Instant,
    },
    /// In a slot of a service.
    Working {
        /// When it was sent.
        since: Instant,
        /// When it got the slot.
        started: Instant,
        /// Whether it will fail.
        fails: bool,
    },
    /// At a service that waits for the calls which it has made.
    Calling {
        /// When it was sent.
        since: Instant,
    },
    /// A message in a queue.
    Message {
        /// When it last entered.
        since: Instant,
    },
}
