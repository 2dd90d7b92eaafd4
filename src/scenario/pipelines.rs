//! Who sends to whom in an arm: the pipelines, and how their edges are called.

use super::schema::{Arm, Layer};

/// A policy with what stands at its two ends.
#[derive(Clone, Copy, Debug)]
pub struct Pipeline<'a> {
    /// The load or group of consumers that sends.
    pub from: &'a str,
    /// The service that it sends to.
    pub to: &'a str,
    /// The layers in between, outermost first.
    pub policy: &'a [Layer],
}

/// The pipelines of an arm: of its consumers, then of its calls, by name.
#[must_use]
pub fn pipelines(arm: &Arm) -> Vec<Pipeline<'_>> {
    let consumers = arm.consumers.iter();
    let consumers = consumers.map(|(from, of)| Pipeline { from, to: &of.to, policy: &of.policy });
    let calls = arm.calls.iter();
    let calls = calls.map(|(from, of)| Pipeline { from, to: &of.to, policy: &of.policy });
    consumers.chain(calls).collect()
}

/// What the edge from `from` to `to` is called in results and traces.
#[must_use]
pub fn edge_name(from: &str, to: &str) -> String {
    format!("{from} -> {to}")
}
