//! What the language has to know of a part of an arm that is no layer.

use super::alternative::Alternative;
use super::finding::Finding;
use super::system::System;
use crate::kernel::time::Duration;

/// A specification of a load, a service, a queue, a group of consumers or a fault: its rules and
/// its lints. Policies within it are checked layer by layer.
pub trait PartSpec {
    /// The rules that one field alone cannot state, and the lints of single values, in a scenario
    /// that may say how long it runs.
    fn check(&self, duration: Option<Duration>, findings: &mut Vec<Finding>);

    /// The lints of this part, called `name`, in an arm without errors.
    fn lint(&self, name: &str, system: &System<'_>, findings: &mut Vec<Finding>);

    /// What could stand in the place of this part, called `name`: what-ifs of an arm without
    /// errors. Default none.
    fn alternatives(&self, _name: &str, _system: &System<'_>) -> Vec<Alternative<Self>>
    where
        Self: Sized,
    {
        Vec::new()
    }
}
