//! The same arm with one thing changed: what might have helped, and what might have harmed.
//!
//! A layer is changed in place where it can be, so that no other layer gets another name, and with
//! it other luck.

use crate::kernel::time::Duration;
use crate::report::format::{count, number, time};
use crate::scenario::names::layer_names;
use crate::scenario::schema::{Arm, Call, Cancellation, Layer, RetryBudget, Scenario, Service};
use crate::scenario::units::{Limit, Ratio};

/// A scenario of one arm, with one thing changed.
#[derive(Clone, Debug)]
pub(super) struct Alternative {
    /// The change in words: "without fault freeze".
    pub(super) change: String,
    pub(super) scenario: Scenario,
}

/// One arm of a scenario as a scenario of its own: the same requests, with the same luck.
pub(super) fn alone(scenario: &Scenario, arm: &Arm) -> Scenario {
    let Arm { services, queues, consumers, calls, publishes, faults, .. } = arm.clone();
    Scenario {
        services,
        queues,
        consumers,
        calls,
        publishes,
        faults,
        arms: std::collections::BTreeMap::new(),
        ..scenario.clone()
    }
}

/// Everything that is worth a try, the likely causes first.
pub(super) fn alternatives(alone: &Scenario) -> Vec<Alternative> {
    let mut found = Vec::new();
    for name in alone.faults.keys() {
        let mut scenario = alone.clone();
        scenario.faults.remove(name);
        found.push(Alternative { change: format!("without fault {name}"), scenario });
    }
    for (from, call) in &alone.calls {
        let knee = alone.services.get(&call.to).and_then(knee);
        found.extend(knee.and_then(|knee| bulkhead(alone, from, call, knee)));
        policies(from, &call.policy, knee, &mut found, alone, &|scenario, policy| {
            if let Some(call) = scenario.calls.get_mut(from) {
                call.policy = policy;
            }
        });
    }
    for (from, consumer) in &alone.consumers {
        let knee = alone.services.get(&consumer.to).and_then(knee);
        policies(from, &consumer.policy, knee, &mut found, alone, &|scenario, policy| {
            if let Some(consumer) = scenario.consumers.get_mut(from) {
                consumer.policy = policy;
            }
        });
        if let Some(knee) = knee.filter(|knee| *knee < consumer.concurrency) {
            let mut scenario = alone.clone();
            if let Some(consumer) = scenario.consumers.get_mut(from) {
                consumer.concurrency = knee;
            }
            let change = format!("with {from} no more than the knee of {}, {knee}", consumer.to);
            found.push(Alternative { change, scenario });
        }
    }
    for (name, service) in &alone.services {
        for (change, service) in of_service(name, service) {
            let mut scenario = alone.clone();
            scenario.services.insert(name.clone(), service);
            found.push(Alternative { change, scenario });
        }
    }
    for (name, queue) in &alone.queues {
        if let Limit::AtMost(_) = queue.capacity {
            let mut scenario = alone.clone();
            if let Some(queue) = scenario.queues.get_mut(name) {
                queue.capacity = Limit::Unlimited;
            }
            found.push(Alternative { change: format!("with no limit of queue {name}"), scenario });
        }
    }
    found
}

/// What is in flight at load 1, as a number of permits.
fn knee(service: &Service) -> Option<u32> {
    let knee = service.overload.as_ref()?.knee.floor();
    (1.0..1e9).contains(&knee).then_some(knee as u32)
}

/// A bulkhead as wide as the knee, around every attempt, where there is none.
fn bulkhead(alone: &Scenario, from: &str, call: &Call, knee: u32) -> Option<Alternative> {
    if call.policy.iter().any(|layer| matches!(layer, Layer::Bulkhead { .. })) {
        return None;
    }
    // Outside the innermost timeout, so that waiting for a permit is not timed.
    let timeout = call.policy.iter().rposition(|layer| matches!(layer, Layer::Timeout(_)));
    let at = timeout.unwrap_or(call.policy.len());
    let mut scenario = alone.clone();
    let layer = Layer::Bulkhead { permits: knee, queue: Limit::Unlimited };
    scenario.calls.get_mut(from)?.policy.insert(at, layer);
    let change = format!("with a bulkhead of {knee} permits at {from}, the knee of {}", call.to);
    Some(Alternative { change, scenario })
}

type Place<'a> = &'a dyn Fn(&mut Scenario, Vec<Layer>);

fn policies(
    from: &str,
    policy: &[Layer],
    knee: Option<u32>,
    found: &mut Vec<Alternative>,
    alone: &Scenario,
    place: Place<'_>,
) {
    for (at, (layer, name)) in policy.iter().zip(layer_names(from, policy)).enumerate() {
        for (change, instead) in of_layer(layer, &name, knee) {
            let mut policy = policy.to_vec();
            match instead {
                Some(instead) => policy[at] = instead,
                None => drop(policy.remove(at)),
            }
            let mut scenario = alone.clone();
            place(&mut scenario, policy);
            found.push(Alternative { change, scenario });
        }
    }
}

/// What could stand in the place of a layer; `None` takes it out.
fn of_layer(layer: &Layer, name: &str, knee: Option<u32>) -> Vec<(String, Option<Layer>)> {
    match layer {
        Layer::Retry { max_retries, max_attempts, backoff, budget, retry_on } => {
            let retry = |max_retries, max_attempts, budget| Layer::Retry {
                max_retries,
                max_attempts,
                backoff: backoff.clone(),
                budget,
                retry_on: retry_on.clone(),
            };
            let none = (format!("without retries at {name}"), retry(Some(0), None, None));
            let ten = RetryBudget { deposit: 0.1, capacity: 10.0, cost: 1.0 };
            let budgeted = retry(*max_retries, *max_attempts, Some(ten));
            let budgeted = (format!("with a retry budget of 10 % at {name}"), budgeted);
            let all = [Some(none), Some(budgeted).filter(|_| budget.is_none())];
            all.into_iter().flatten().map(|(change, layer)| (change, Some(layer))).collect()
        }
        Layer::Breaker { .. } => vec![(format!("without {name}"), None)],
        Layer::Bulkhead { permits, queue } => {
            let at_knee = knee.filter(|knee| knee < permits).map(|knee| {
                let change = format!("with {knee} permits, the knee of the service, at {name}");
                (change, Some(Layer::Bulkhead { permits: knee, queue: *queue }))
            });
            let without = (format!("without {name}"), None);
            at_knee.into_iter().chain([without]).collect()
        }
        Layer::Timeout(after) => {
            let doubled = Duration::from_ns(after.as_ns().saturating_mul(2));
            let change = format!(
                "with {} instead of {} at {name}",
                time(doubled.as_ns()),
                time(after.as_ns())
            );
            vec![(change, Some(Layer::Timeout(doubled)))]
        }
    }
}

fn of_service(name: &str, service: &Service) -> Vec<(String, Service)> {
    let mut found = Vec::new();
    let change = |change: &dyn Fn(&mut Service)| {
        let mut changed = service.clone();
        change(&mut changed);
        changed
    };
    if service.cancellation != Cancellation::Immediate {
        let cancels = change(&|of| of.cancellation = Cancellation::Immediate);
        found.push((format!("with cancellation at {name}"), cancels));
    }
    if service.failure_ratio.get() > 0.0 {
        let sound = change(&|of| of.failure_ratio = Ratio::default());
        found.push((format!("without errors of {name} itself"), sound));
    }
    if let Limit::AtMost(slots) = service.slots {
        let double = slots.saturating_mul(2);
        if service.queue == Limit::Unlimited {
            let room = change(&|of| of.queue = Limit::AtMost(double));
            found.push((format!("with a line of at most {} at {name}", count(double)), room));
        }
        let more = change(&|of| of.slots = Limit::AtMost(double));
        found.push((format!("with {} slots at {name}, twice as many", count(double)), more));
    }
    if let Some(knee) = service.overload.as_ref().map(|overload| overload.knee * 2.0) {
        let stronger = change(&|of| {
            if let Some(overload) = &mut of.overload {
                overload.knee = knee;
            }
        });
        found.push((format!("with a knee of {} at {name}, twice as high", number(knee)), stronger));
    }
    found
}
