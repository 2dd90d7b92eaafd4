//! The pipelines of an arm, and the names of their edges.

use super::schema::{Arm, Layer};

/// A policy with its sender and its target.
#[derive(Clone, Copy, Debug)]
pub struct Pipeline<'a> {
    /// Load or group of consumers that sends.
    pub from: &'a str,
    /// Service that receives.
    pub to: &'a str,
    /// Layers in between, outermost first.
    pub policy: &'a [Layer],
}

/// The pipelines of an arm by name: those of its consumers, then those of its calls.
#[must_use]
pub fn pipelines(arm: &Arm) -> Vec<Pipeline<'_>> {
    let consumers = arm.consumers.iter();
    let consumers = consumers.map(|(from, of)| Pipeline { from, to: &of.to, policy: &of.policy });
    let calls = arm.calls.iter();
    let calls = calls.map(|(from, of)| Pipeline { from, to: &of.to, policy: &of.policy });
    consumers.chain(calls).collect()
}

/// The name of the edge from `from` to `to` in results and traces.
#[must_use]
pub fn edge_name(from: &str, to: &str) -> String {
    format!("{from} -> {to}")
}
