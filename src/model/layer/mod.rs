//! The layers of a policy, one file each: what it is set to, what it remembers, and what it does
//! when a request comes down (`enter`), an outcome comes up (`exit`) or its timer is due (`wake`).
//!
//! A layer knows nothing of its neighbours: it returns what should happen, the walker does it.

pub mod breaker;
pub mod bulkhead;
pub mod retry;
pub mod timeout;
