//! What could stand in the place of a specification: the same with one thing changed.

use crate::kernel::time::Duration;
use crate::metrics::change::{Change, ChangeKind};
use crate::model::mechanism::Layer;

/// What could stand in the place of a specification.
#[derive(Clone, Debug)]
pub struct Alternative<T> {
    /// What is changed.
    pub change: Change,
    /// What stands there instead; `None`: nothing, it is left out.
    pub instead: Option<T>,
}

impl<T> Alternative<T> {
    /// Another specification.
    pub const fn new(change: Change, instead: T) -> Self {
        Self { change, instead: Some(instead) }
    }

    /// Nothing in the place of the component `name`.
    #[must_use]
    pub fn without(kind: &'static ChangeKind, name: &str) -> Self {
        Self { change: Change::new(kind, name), instead: None }
    }

    /// The same with another kind of specification.
    pub fn map<U>(self, other: impl FnOnce(T) -> U) -> Alternative<U> {
        Alternative { change: self.change, instead: self.instead.map(other) }
    }
}

/// A layer that could be put into a policy.
#[derive(Clone, Debug)]
pub struct Addition {
    /// What is changed.
    pub change: Change,
    /// Its place in the policy, from 0.
    pub index: usize,
    /// The layer.
    pub layer: Layer,
}

/// A specification with one thing changed.
pub fn with<T: Clone>(of: &T, edit: impl FnOnce(&mut T)) -> T {
    let mut changed = of.clone();
    edit(&mut changed);
    changed
}

/// Half of a time, and more than none.
#[must_use]
pub fn half(of: Duration) -> Duration {
    Duration::from_ns((of.as_ns() / 2).max(1))
}

/// Twice a time.
#[must_use]
pub fn twice(of: Duration) -> Duration {
    Duration::from_ns(of.as_ns().saturating_mul(2))
}
