//! The interface of all specifications of parts of an arm that are not layers.

use super::alternative::Alternative;
use super::finding::Finding;
use super::system::System;
use crate::kernel::time::Duration;

/// The specification of a load, service, pool, queue, group of consumers or fault: its rules, lints
/// and what-ifs. Policies are checked layer by layer instead.
pub trait PartSpec {
    /// Checks the rules between fields, and the lints of single values, in a scenario of `duration`
    /// if it has one.
    fn check(&self, duration: Option<Duration>, findings: &mut Vec<Finding>);

    /// Checks the lints of this part, which is the component `name` of an arm without errors.
    fn lint(&self, name: &str, system: &System<'_>, findings: &mut Vec<Finding>);

    /// The what-ifs of this part, which is the component `name` of an arm without errors. Default
    /// none.
    fn alternatives(&self, _name: &str, _system: &System<'_>) -> Vec<Alternative<Self>>
    where
        Self: Sized,
    {
        Vec::new()
    }
}
