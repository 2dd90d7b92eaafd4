//! The layers of a policy, one file each: what it is set to, what it remembers, and what it does
//! when a request comes down (`enter`), an outcome comes up (`exit`) or its timer is due (`wake`).
//!
//! A layer knows nothing of its neighbours: it returns what should happen, the walker does it.

use crate::metrics::probe::{Event, Number, Role, What};

pub mod breaker;
pub mod bulkhead;
pub mod retry;
pub mod timeout;

impl What {
    /// A policy refused it unsent; the number is how many wait, if that was the reason.
    pub const REJECTED: Self = Self::new(&Event {
        name: "rejected",
        verb: "rejects",
        number: Number::Count,
        words: "is refused by its own policy",
        role: Role::Mark,
    });
}

/// What can happen to a request here.
pub const EVENTS: &[What] = &[What::REJECTED];
