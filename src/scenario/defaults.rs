//! Defaults that depend on what else is written, which serde cannot know.
//!
//! `Breaker()` and `Bulkhead()` are those of resilience4j, the most used library that has both: a
//! count window of 100 that opens at 50 % for 60 s, and 25 permits for which nobody waits. A
//! `failure_threshold` that is left out is half of the window, whatever that is. The line of a
//! `Bulkhead` whose permits are given is unlimited unless it is given, too.

use std::collections::BTreeMap;

use super::schema::{Bulkhead, Call, Consumer, Layer, Scenario};
use super::syntax::{Kind, Node};
use crate::kernel::units::Limit;

/// Fills them in, in a scenario that was read from the tree at `root`.
pub(super) fn fill(scenario: &mut Scenario, root: &Node) {
    scope(&mut scenario.calls, &mut scenario.consumers, root);
    for ((name, _), node) in root.entries("arms") {
        if let Some(arm) = scenario.arms.get_mut(name) {
            scope(&mut arm.calls, &mut arm.consumers, node);
        }
    }
}

fn scope(
    calls: &mut BTreeMap<String, Call>,
    consumers: &mut BTreeMap<String, Consumer>,
    node: &Node,
) {
    for ((name, _), node) in node.entries("calls") {
        if let Some(call) = calls.get_mut(name) {
            policy(&mut call.policy, node);
        }
    }
    for ((name, _), node) in node.entries("consumers") {
        if let Some(consumer) = consumers.get_mut(name) {
            policy(&mut consumer.policy, node);
        }
    }
}

fn policy(layers: &mut [Layer], node: &Node) {
    let Some(Kind::List(nodes)) = node.field("policy").map(|node| &node.kind) else { return };
    for (layer, node) in layers.iter_mut().zip(nodes) {
        let given = |name| node.unwrapped().field(name).is_some();
        match layer {
            Layer::Breaker(breaker) => breaker.fill(),
            Layer::Bulkhead(Bulkhead { queue, .. }) if !given("permits") && !given("queue") => {
                *queue = Limit::AtMost(0);
            }
            Layer::Bulkhead(_) | Layer::Retry(_) | Layer::Timeout(_) => {}
        }
    }
}
