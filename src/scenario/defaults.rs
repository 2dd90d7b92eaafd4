//! Defaults that depend on other fields of the file, which serde cannot know: each layer gets the
//! names of its written fields.

use std::collections::BTreeMap;

use super::schema::{Call, Consumer, Layer, Scenario};
use super::syntax::{Kind, Node};

/// Fills in the defaults of a scenario that was read from the tree at `root`.
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
        layer.spec_mut().fill_defaults(&|name| node.unwrapped().field(name).is_some());
    }
}
