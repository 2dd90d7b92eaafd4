//! What ends a run from outside: limits of work and memory, and a request to stop.

use std::sync::atomic::{AtomicBool, Ordering};

/// A request to come to an end, which any thread and any signal handler may make. What is finished
/// stays finished.
#[derive(Debug, Default)]
pub struct Stop(AtomicBool);

impl Stop {
    /// Nothing is requested yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Requests it.
    pub fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// True once it was requested.
    #[must_use]
    pub fn asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What a run may use, and who may end it. Limits are counted, never measured, so that they end
/// every run of a scenario and a seed at the same place.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Pieces of work that are no events of their own: requests of a batch, attempts, tries that
    /// are refused unsent, deliveries, stages of a load that pass. Events have a limit beside it.
    pub work: u64,
    /// Bytes of what is under way.
    pub memory: u64,
    /// Looked at every few thousand events or pieces of work.
    pub stop: Option<&'static Stop>,
}

impl Limits {
    /// Without any.
    pub const NONE: Self = Self { work: u64::MAX, memory: u64::MAX, stop: None };
}
