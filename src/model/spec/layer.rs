//! The interface of all specifications of layers.

use super::alternative::{Addition, Alternative};
use super::building::Building;
use super::clients::Scope;
use super::finding::Finding;
use super::system::{Around, Pipeline, System};
use crate::kernel::distribution::InvalidDistribution;
use crate::kernel::time::Duration;
use crate::metrics::change::ChangeKind;
use crate::model::mechanism::{Kind, Layer};

/// The specification of a layer: its defaults, rules and lints, its machine, and what the lints of
/// other layers ask about it.
///
/// The default of each question is the answer of a layer to which it does not apply.
pub trait LayerSpec {
    /// Fills in the defaults that depend on which fields are `written`.
    fn fill_defaults(&mut self, _written: &dyn Fn(&str) -> bool) {}

    /// Replaces alternative spellings of a value by one of them.
    fn normalise(&mut self) {}

    /// Checks the rules between fields, and the lints of single values. The arm may still have
    /// errors, such as names that do not exist.
    fn check(&self, around: &Around<'_>, findings: &mut Vec<Finding>);

    /// Checks the lints of this layer in its policy, in an arm without errors.
    fn lint(&self, around: &Around<'_>, findings: &mut Vec<Finding>);

    /// The what-ifs of this layer, which is the component `name` of an arm without errors. By
    /// default the layer is left out.
    fn alternatives(&self, name: &str, _around: &Around<'_>) -> Vec<Alternative<Layer>> {
        vec![Alternative::without(&WITHOUT_LAYER, name)]
    }

    /// The what-if that adds a layer of this kind to a policy.
    fn addition(_pipeline: &Pipeline<'_>, _system: &System<'_>) -> Option<Addition>
    where
        Self: Sized,
    {
        None
    }

    /// Name of the component that has a seat here, if that is defined outside the policy and may
    /// have seats in several policies.
    fn seat_of(&self) -> Option<&str> {
        None
    }

    /// Adds the machine of this layer to a world and returns the machine's kind and number. A
    /// [seat of another component](Self::seat_of) adds none.
    ///
    /// # Errors
    /// If a distribution is invalid, which the checks rule out.
    fn build(&self, world: &mut dyn Building) -> Result<(Kind, u32), InvalidDistribution>;

    /// The part of a second seat inside the next layer that sends calls again, if there is one.
    fn part_behind_retry(&self) -> Option<u32> {
        None
    }

    /// True if the layer never reduces the load of a service, which `cancels` the work of callers
    /// that leave or goes on with it.
    fn passes_all_load(&self, _cancels: bool) -> bool {
        false
    }

    /// Time after which the layer gives up on a call.
    fn gives_up_after(&self) -> Option<Duration> {
        None
    }

    /// Most attempts of one call, if the layer can send it again.
    fn attempts(&self) -> Option<u64> {
        None
    }

    /// Most copies of one call at once, the first included, if the layer copies calls.
    fn copies(&self) -> Option<u64> {
        None
    }

    /// Time for which the layer refuses calls after failures.
    fn refuses_for(&self) -> Option<Duration> {
        None
    }

    /// Most calls inside at once.
    fn permits(&self, _system: &System<'_>) -> Option<u32> {
        None
    }

    /// Names of classes of requests that are keys of a field, with that field.
    fn classes(&self) -> Vec<(&'static str, &str)> {
        Vec::new()
    }

    /// Scope of the state, where the caller has several clients.
    fn scope(&self) -> Scope {
        Scope::Shared
    }

    /// Longest time of a call, in nanoseconds, if the service never answers and the inner layers
    /// take `inside_ns`; `None` if nothing bounds it.
    fn longest_ns(&self, inside_ns: Option<f64>) -> Option<f64> {
        inside_ns
    }
}

/// The what-if that leaves out a layer.
pub static WITHOUT_LAYER: ChangeKind =
    ChangeKind::setting("without_layer", "without {at}", "it is left out");
