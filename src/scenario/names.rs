//! Names of layers in results, traces and the keys of draws, and short paths of settings.

use std::collections::BTreeMap;

use super::path::Segment;
use super::schema::{Arm, Layer, Scenario};
use crate::metrics::names::quoted;

/// The name of each layer of the policy of `pipeline` (a load that calls, or a consumer):
/// `clients.retry`, and from the second of a kind on `clients.timeout#2`, outermost first.
#[must_use]
pub fn layer_names(pipeline: &str, policy: &[Layer]) -> Vec<String> {
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    let name = |layer: &Layer| {
        let kind = layer.declaration().kind;
        let count = seen.entry(kind).or_default();
        *count += 1;
        match count {
            1 => format!("{pipeline}.{kind}"),
            _ => format!("{pipeline}.{kind}#{count}"),
        }
    };
    policy.iter().map(name).collect()
}

/// The name of a class of the requests of `load`: `web.gold`.
#[must_use]
pub fn class_name(load: &str, class: &str) -> String {
    format!("{load}.{class}")
}

/// The name of the balancer of `pipeline`: `clients.balancer`.
#[must_use]
pub fn balancer_name(pipeline: &str) -> String {
    format!("{pipeline}.balancer")
}

/// The name of what remembers the replicas that a call of `pipeline` has tried.
#[must_use]
pub fn trail_name(pipeline: &str) -> String {
    format!("{pipeline}.trail")
}

/// The short path of a value, as `--set` takes it, from its path in the scenario: the name of its
/// component in output, then the rest. `None` if it is ambiguous in any of the scenarios, or the
/// value is no part of a component.
#[must_use]
pub fn component_path(scenarios: &[&Scenario], way: &[Segment]) -> Option<String> {
    let (arm, way) = match way {
        [first, arm, rest @ ..] if name_of(first)? == "arms" => (Some(name_of(arm)?), rest),
        _ => (None, way),
    };
    let [group, key, rest @ ..] = way else { return None };
    let (group, key) = (name_of(group)?, name_of(key)?);
    let unmistakable = |scenario: &&Scenario| {
        let others = scenario.arms.values().any(|arm| defines(arm, group, key));
        let fault = std::iter::once(&scenario.faults)
            .chain(scenario.arms.values().map(|arm| &arm.faults))
            .any(|faults| faults.contains_key(key));
        !fault && (arm.is_some() || !others)
    };
    if rest.is_empty() || !GROUPS.contains(&group) || !scenarios.iter().all(unmistakable) {
        return None;
    }
    let (name, rest) = match rest {
        [policy, Segment::Index(at), _, rest @ ..] if name_of(policy)? == "policy" => {
            let layers: Vec<Option<String>> = scenarios
                .iter()
                .map(|scenario| {
                    let policy = policy_of(scenario, arm, group, key)?;
                    layer_names(key, policy).get(*at).cloned()
                })
                .collect();
            let first = layers.first()?.clone()?;
            layers.iter().all(|layer| layer.as_ref() == Some(&first)).then_some((first, rest))?
        }
        [classes, class, rest @ ..] if group == "load" && name_of(classes)? == "classes" => {
            (class_name(key, name_of(class)?), rest)
        }
        rest => (key.to_owned(), rest),
    };
    let mut path = arm.map_or_else(String::new, |arm| quoted(arm) + ".") + &quoted(&name);
    for segment in rest {
        path += &match segment {
            Segment::Index(at) => format!("[{at}]"),
            other => format!(".{}", name_of(other)?),
        };
    }
    Some(path)
}

/// The maps whose entries are components that a short path can name.
const GROUPS: [&str; 6] = ["load", "services", "pools", "queues", "consumers", "calls"];

fn name_of(segment: &Segment) -> Option<&str> {
    match segment {
        Segment::Field(name)
        | Segment::Key(name)
        | Segment::Variant(name)
        | Segment::Component(name) => Some(name),
        Segment::Index(_) => None,
    }
}

fn defines(arm: &Arm, group: &str, key: &str) -> bool {
    match group {
        "services" => arm.services.contains_key(key),
        "pools" => arm.pools.contains_key(key),
        "queues" => arm.queues.contains_key(key),
        "consumers" => arm.consumers.contains_key(key),
        "calls" => arm.calls.contains_key(key),
        _ => false,
    }
}

fn policy_of<'a>(
    scenario: &'a Scenario,
    arm: Option<&str>,
    group: &str,
    key: &str,
) -> Option<&'a [Layer]> {
    let (calls, consumers) = match arm {
        Some(arm) => {
            let arm = scenario.arms.get(arm)?;
            (&arm.calls, &arm.consumers)
        }
        None => (&scenario.calls, &scenario.consumers),
    };
    match group {
        "calls" => calls.get(key).map(|call| call.policy.as_slice()),
        _ => consumers.get(key).map(|consumer| consumer.policy.as_slice()),
    }
}
