//! The wait before a retry: formula, cap, jitter.
//!
//! Waits are drawn by key, one draw per retry, so they depend on no earlier event. Only
//! decorrelated jitter depends on the waits before: a word of the call keeps what it needs.

pub(in crate::model::mechanism) mod bounds;
mod formula;
pub mod spec;
pub mod words;

pub use formula::{Formula, Growing, Growth, Jitter};

use crate::kernel::draw::Site;
use crate::kernel::time::Duration;
use crate::metrics::probe::{EventDefinition, EventKind, Number, Role, Stretch};

/// A backoff and the site of its draws.
#[derive(Clone, Debug)]
pub struct Backoff {
    formula: Formula,
    site: Site,
}

impl Backoff {
    /// Draws at another site from now on, in a branch of a split run.
    pub(in crate::model) fn fork(&mut self, branch: u64) {
        self.site = self.site.fork(branch);
    }

    /// The backoff of `formula` with draws made at `site`.
    #[must_use]
    pub const fn new(formula: Formula, site: Site) -> Self {
        Self { formula, site }
    }

    /// The formula of its waits.
    #[must_use]
    pub const fn formula(&self) -> &Formula {
        &self.formula
    }

    /// The number in [0, 1) for the wait before retry `n` (from 1) of the call with key `subject`,
    /// after its attempt number `attempt`. The attempt is part of the key so that a retry inside
    /// another one, or inside a redelivery, has draws of its own each time it begins again.
    #[inline]
    #[must_use]
    pub fn unit(&self, subject: u64, n: u32, attempt: u32) -> f64 {
        self.site.unit(subject, n, attempt)
    }

    /// The wait before retry `n` (from 1) of the call with key `subject`, after its attempt number
    /// `attempt`. The `memory` of the formula is that of the call: 0 before the first retry.
    #[inline]
    #[must_use]
    pub fn wait(&self, subject: u64, n: u32, attempt: u32, memory: &mut u64) -> Duration {
        self.formula.wait(n, memory, || self.unit(subject, n, attempt))
    }
}

impl EventKind {
    /// The call will be tried again; the number is the wait before.
    pub const RETRIES: Self = Self::new(&EventDefinition {
        name: "retries",
        verb: "retries",
        number: Number::Nanoseconds,
        words: "will be tried again in {}",
        role: Role::Lasts(Stretch::wait("backoff")),
    });
}

/// The events of a backoff.
pub const EVENTS: &[EventKind] = &[EventKind::RETRIES];
