//! What the language has to know of a layer, whatever it is.

use super::alternative::{Addition, Alternative};
use super::building::Building;
use super::clients::Scope;
use super::finding::Finding;
use super::system::{Around, Pipeline, System};
use crate::kernel::distribution::InvalidDistribution;
use crate::kernel::time::Duration;
use crate::metrics::change::ChangeKind;
use crate::model::mechanism::{Kind, Layer};

/// A layer's specification: its defaults, its rules, its lints, and what the lints of other layers
/// may ask it.
///
/// Each default below is what holds of a layer that does nothing of the kind.
pub trait LayerSpec {
    /// Fills in the defaults that depend on which of its fields are `written`.
    fn fill_defaults(&mut self, _written: &dyn Fn(&str) -> bool) {}

    /// Chooses one spelling where the language has several of the same meaning.
    fn normalise(&mut self) {}

    /// The rules that one field alone cannot state, and the lints of single values. The arm around
    /// it may hold anything, names that lead nowhere included.
    fn check(&self, around: &Around<'_>, findings: &mut Vec<Finding>);

    /// The lints of this layer where it stands, in an arm without errors.
    fn lint(&self, around: &Around<'_>, findings: &mut Vec<Finding>);

    /// What could stand in its place, where it is the component `name`: what-ifs of an arm without
    /// errors. Of a layer that says nothing else it is tried what happens without it.
    fn alternatives(&self, name: &str, _around: &Around<'_>) -> Vec<Alternative<Layer>> {
        vec![Alternative::without(&WITHOUT_LAYER, name)]
    }

    /// The layer of this kind that could be added to a policy.
    fn addition(_pipeline: &Pipeline<'_>, _system: &System<'_>) -> Option<Addition>
    where
        Self: Sized,
    {
        None
    }

    /// The component that it is one more seat of, where that is defined elsewhere and may have
    /// seats in several policies.
    fn seat_of(&self) -> Option<&str> {
        None
    }

    /// Adds its machine to a world, unless it is [a seat of another](Self::seat_of); the machine's
    /// kind and number.
    ///
    /// # Errors
    /// When a distribution is none, which the checks rule out.
    fn build(&self, world: &mut dyn Building) -> Result<(Kind, u32), InvalidDistribution>;

    /// The part of a further seat that it has behind the next layer which sends calls again.
    fn part_behind_retry(&self) -> Option<u32> {
        None
    }

    /// True if it keeps no load away from a service, which `cancels` what its callers leave or does
    /// not.
    fn lets_all_in(&self, _cancels: bool) -> bool {
        false
    }

    /// After how long it gives up on what is inside.
    fn gives_up_after(&self) -> Option<Duration> {
        None
    }

    /// How often it sends one call down, at most, if it may send it again.
    fn attempts(&self) -> Option<u64> {
        None
    }

    /// How many copies of one call it sends down, at most, if it copies calls.
    fn copies(&self) -> Option<u64> {
        None
    }

    /// For how long it refuses calls when too many failed.
    fn refuses_for(&self) -> Option<Duration> {
        None
    }

    /// How many calls it lets be inside at once.
    fn permits(&self, _system: &System<'_>) -> Option<u32> {
        None
    }

    /// Whose its state is, where the caller is several clients.
    fn scope(&self) -> Scope {
        Scope::Shared
    }

    /// How many nanoseconds a call may take below it when nothing answers, where what is inside
    /// takes `inside_ns`; `None` if nothing bounds it.
    fn longest_ns(&self, inside_ns: Option<f64>) -> Option<f64> {
        inside_ns
    }
}

/// A layer is left out.
pub static WITHOUT_LAYER: ChangeKind =
    ChangeKind::setting("without_layer", "without {at}", "it is left out");
