//! Limits of work and memory of a run, and requests to stop it.

use std::sync::atomic::{AtomicBool, Ordering};

/// A request to stop, which any thread and any signal handler may make. Finished runs are kept.
#[derive(Debug, Default)]
pub struct Stop(AtomicBool);

impl Stop {
    /// No request yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Requests a stop.
    pub fn request(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// True once a stop was requested.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The limits of a run. They are counted, never measured, so that they end every run of a scenario
/// and a seed at the same place.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most pieces of work that are no events of their own: requests of a batch, attempts, tries
    /// refused unsent, deliveries, passed stages of a load. Events have a limit of their own.
    pub work: u64,
    /// Most bytes of calls and timers under way.
    pub memory: u64,
    /// The request to stop, checked every few thousand events or pieces of work.
    pub stop: Option<&'static Stop>,
}

impl Limits {
    /// No limits.
    pub const NONE: Self = Self { work: u64::MAX, memory: u64::MAX, stop: None };
}
