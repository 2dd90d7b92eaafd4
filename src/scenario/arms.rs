//! The arms of a scenario, each with what is common folded in.

use std::collections::BTreeMap;

use super::schema::{Arm, Scenario};

/// Name of the only arm of a scenario that names none.
pub const ONLY_ARM: &str = "main";

/// Every arm by name, complete: what it says replaces what is common. A load's route in an arm
/// replaces its common route, whichever kind each is.
#[must_use]
pub fn arms(scenario: &Scenario) -> BTreeMap<String, Arm> {
    if scenario.arms.is_empty() {
        return BTreeMap::from([(ONLY_ARM.to_owned(), complete(scenario, &Arm::default()))]);
    }
    let complete = |(name, arm): (&String, &Arm)| (name.clone(), complete(scenario, arm));
    scenario.arms.iter().map(complete).collect()
}

fn complete(scenario: &Scenario, arm: &Arm) -> Arm {
    let routed = |load: &String| arm.calls.contains_key(load) || arm.publishes.contains_key(load);
    let mut calls = scenario.calls.clone();
    let mut publishes = scenario.publishes.clone();
    calls.retain(|load, _| !routed(load));
    publishes.retain(|load, _| !routed(load));
    Arm {
        about: arm.about.clone(),
        services: over(&scenario.services, &arm.services),
        queues: over(&scenario.queues, &arm.queues),
        consumers: over(&scenario.consumers, &arm.consumers),
        calls: over(&calls, &arm.calls),
        publishes: over(&publishes, &arm.publishes),
        faults: over(&scenario.faults, &arm.faults),
    }
}

fn over<T: Clone>(common: &BTreeMap<String, T>, own: &BTreeMap<String, T>) -> BTreeMap<String, T> {
    let mut all = common.clone();
    all.extend(own.iter().map(|(name, value)| (name.clone(), value.clone())));
    all
}
