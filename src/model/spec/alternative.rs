//! What-ifs of an explanation: specifications with one thing changed.

use crate::kernel::time::Duration;
use crate::metrics::change::{Change, ChangeKind};
use crate::model::mechanism::Layer;

/// A changed specification, to be tried in the place of the present one.
#[derive(Clone, Debug)]
pub struct Alternative<T> {
    /// The change.
    pub change: Change,
    /// The changed specification; `None`: the component is left out.
    pub replacement: Option<T>,
}

impl<T> Alternative<T> {
    /// A change to `replacement`.
    pub const fn new(change: Change, replacement: T) -> Self {
        Self { change, replacement: Some(replacement) }
    }

    /// A change that leaves out the component `name`.
    #[must_use]
    pub fn without(kind: &'static ChangeKind, name: &str) -> Self {
        Self { change: Change::new(kind, name), replacement: None }
    }

    /// The same change, with the specification as another type.
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Alternative<U> {
        Alternative { change: self.change, replacement: self.replacement.map(convert) }
    }
}

/// A layer to be tried in a policy, in addition to the present ones.
#[derive(Clone, Debug)]
pub struct Addition {
    /// The change.
    pub change: Change,
    /// Index of the layer in the policy, from 0.
    pub index: usize,
    /// The layer.
    pub layer: Layer,
}

/// A copy of a specification with an edit.
pub fn with<T: Clone>(spec: &T, edit: impl FnOnce(&mut T)) -> T {
    let mut changed = spec.clone();
    edit(&mut changed);
    changed
}

/// Half of a time, at least 1 ns.
#[must_use]
pub fn half(time: Duration) -> Duration {
    Duration::from_ns((time.as_ns() / 2).max(1))
}

/// Twice a time.
#[must_use]
pub fn twice(time: Duration) -> Duration {
    Duration::from_ns(time.as_ns().saturating_mul(2))
}
