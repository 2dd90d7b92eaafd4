//! The same arm with one thing changed: what might have helped, and what might have harmed.
//!
//! A layer is changed in place where it can be, so that no other layer gets another name, and with
//! it other luck. Bulkheads, breakers and timeouts, which come and go, draw nothing.

use std::collections::BTreeMap;

use super::variants;
use crate::kernel::units::Limit;
use crate::report::explain::{Amount, Change, ChangeKind};
use crate::scenario::names::{balancer_name, layer_names};
use crate::scenario::schema::{Arm, Bulkhead, Consumer, Layer, Queue, Scenario, Scope, Service};

/// A scenario of one arm, with one thing changed.
#[derive(Clone, Debug)]
pub(super) struct Alternative {
    pub(super) change: Change,
    pub(super) scenario: Scenario,
}

/// One arm of a scenario as a scenario of its own: the same requests, with the same luck.
pub(super) fn alone(scenario: &Scenario, arm: &Arm) -> Scenario {
    let Arm { services, pools, queues, consumers, calls, publishes, faults, .. } = arm.clone();
    Scenario {
        services,
        pools,
        queues,
        consumers,
        calls,
        publishes,
        faults,
        arms: BTreeMap::new(),
        ..scenario.clone()
    }
}

/// Everything that is worth a try, in the order of the kinds of changes: the likely causes first.
pub(super) fn alternatives(alone: &Scenario) -> Vec<Alternative> {
    let mut found = Vec::new();
    let mut add = |change: Change, edit: &dyn Fn(&mut Scenario)| {
        let mut scenario = alone.clone();
        edit(&mut scenario);
        found.push(Alternative { change, scenario });
    };
    for name in alone.faults.keys() {
        let change = change(ChangeKind::WithoutFault, name);
        add(change, &|of| drop(of.faults.remove(name)));
    }
    of_callers(alone, &mut add);
    for (name, service) in &alone.services {
        for (change, service) in variants::of_service(name, service) {
            add(change, &|of| {
                of.services.insert(name.clone(), service.clone());
            });
        }
    }
    for (name, pool) in &alone.pools {
        for (change, pool) in variants::of_pool(name, pool) {
            add(change, &|of| {
                of.pools.insert(name.clone(), pool.clone());
            });
        }
    }
    for (name, queue) in &alone.queues {
        let (change, capacity) = other_capacity(name, queue, &alone.consumers);
        add(change, &|of| {
            if let Some(queue) = of.queues.get_mut(name) {
                queue.capacity = capacity;
            }
        });
    }
    found.extend(other_balancing(alone));
    found.sort_by_key(|alternative| alternative.change.kind);
    found
}

/// Takes a change and how it edits a scenario.
type Add<'a> = dyn FnMut(Change, &dyn Fn(&mut Scenario)) + 'a;

/// Other policies of calls and consumers, and other numbers of consumers.
fn of_callers(alone: &Scenario, add: &mut Add<'_>) {
    for (from, call) in &alone.calls {
        let within = alone.load.get(from).and_then(|load| load.deadline);
        let around = variants::of_policy(from, &call.policy, within);
        let place = Policy {
            from,
            to: &call.to,
            service: alone.services.get(&call.to),
            clients: call.all_clients(),
        };
        for (change, policy) in place.alternatives(&call.policy).into_iter().chain(around) {
            add(change, &|of| {
                if let Some(call) = of.calls.get_mut(from) {
                    call.policy.clone_from(&policy);
                }
            });
        }
    }
    for (from, consumer) in &alone.consumers {
        let service = alone.services.get(&consumer.to);
        let around = variants::of_policy(from, &consumer.policy, None);
        let place = Policy { from, to: &consumer.to, service, clients: consumer.all_clients() };
        for (change, policy) in place.alternatives(&consumer.policy).into_iter().chain(around) {
            add(change, &|of| {
                if let Some(consumer) = of.consumers.get_mut(from) {
                    consumer.policy.clone_from(&policy);
                }
            });
        }
        for (change, concurrency) in numbers_of_consumers(from, consumer, service) {
            add(change, &|of| {
                if let Some(consumer) = of.consumers.get_mut(from) {
                    consumer.concurrency = concurrency;
                }
            });
        }
    }
}

/// Another way of choosing replicas, for each call and consumer whose service has several.
fn other_balancing(alone: &Scenario) -> Vec<Alternative> {
    let of_service = |from, to, balancing| {
        alone.services.get(to).filter(|service: &&Service| service.all_replicas() > 1)?;
        let (kind, other) = variants::of_balancing(balancing);
        Some((change(kind, &balancer_name(from)), alone.clone(), other))
    };
    let calls = alone.calls.iter().filter_map(|(from, call)| {
        let (change, mut scenario, other) = of_service(from, &call.to, &call.balancing)?;
        scenario.calls.get_mut(from)?.balancing = other;
        Some(Alternative { change, scenario })
    });
    let consumers = alone.consumers.iter().filter_map(|(from, consumer)| {
        let (change, mut scenario, other) = of_service(from, &consumer.to, &consumer.balancing)?;
        scenario.consumers.get_mut(from)?.balancing = other;
        Some(Alternative { change, scenario })
    });
    calls.chain(consumers).collect()
}

/// A change of this kind, without values.
pub(super) fn change(kind: ChangeKind, component: &str) -> Change {
    Change { kind, component: component.to_owned(), service: None, from: None, to: None }
}

/// A change of a count.
pub(super) fn counted(kind: ChangeKind, component: &str, from: u64, to: u64) -> Change {
    let (from, to) = (Some(Amount::Count(from)), Some(Amount::Count(to)));
    Change { from, to, ..change(kind, component) }
}

/// What is in flight at load 1, as a number of permits.
fn knee(service: &Service) -> Option<u32> {
    let knee = service.overload.as_ref()?.knee.floor();
    (1.0..1e9).contains(&knee).then_some(knee as u32)
}

/// A policy between a load or consumer and a service.
struct Policy<'a> {
    from: &'a str,
    to: &'a str,
    service: Option<&'a Service>,
    clients: u32,
}

impl Policy<'_> {
    /// The policy with one layer changed, taken out or put in.
    fn alternatives(&self, policy: &[Layer]) -> Vec<(Change, Vec<Layer>)> {
        // Permits at the knee are those of one bulkhead that everything passes.
        let knee = self.service.and_then(knee).filter(|_| self.clients == 1);
        let mut found = Vec::new();
        for (at, (layer, name)) in policy.iter().zip(layer_names(self.from, policy)).enumerate() {
            for (mut change, instead) in variants::of_layer(layer, &name, knee) {
                if change.kind == ChangeKind::PermitsAtKnee {
                    change.service = Some(self.to.to_owned());
                }
                let mut policy = policy.to_vec();
                match instead {
                    Some(instead) => policy[at] = instead,
                    None => drop(policy.remove(at)),
                }
                found.push((change, policy));
            }
        }
        found.extend(knee.and_then(|knee| self.bulkhead(policy, knee)));
        found
    }

    /// A bulkhead as wide as the knee, around every attempt, where there is none.
    fn bulkhead(&self, policy: &[Layer], knee: u32) -> Option<(Change, Vec<Layer>)> {
        if policy.iter().any(|layer| matches!(layer, Layer::Bulkhead(_) | Layer::Pool(_))) {
            return None;
        }
        // Outside the innermost layer that gives up, so that waiting for a permit is not timed.
        let gives_up = policy.iter().rposition(|layer| layer.spec().gives_up_after().is_some());
        let mut policy = policy.to_vec();
        let layer = Layer::Bulkhead(Bulkhead {
            permits: knee,
            queue: Limit::Unlimited,
            max_wait: None,
            scope: Scope::Client,
        });
        policy.insert(gives_up.unwrap_or(policy.len()), layer);
        let (service, to) = (Some(self.to.to_owned()), Some(Amount::Count(u64::from(knee))));
        Some((Change { service, to, ..change(ChangeKind::Bulkhead, self.from) }, policy))
    }
}

/// Other numbers of consumers: what the service behind them can take, half and twice as many.
fn numbers_of_consumers(
    name: &str,
    consumer: &Consumer,
    service: Option<&Service>,
) -> Vec<(Change, u32)> {
    let present = consumer.concurrency;
    let slots = service.and_then(|service| match service.slots {
        Limit::AtMost(slots) => {
            u32::try_from(slots.saturating_mul(service.all_replicas().into())).ok()
        }
        Limit::Unlimited => None,
    });
    let slots = slots.filter(|slots| *slots != present);
    let knee = service.and_then(knee).filter(|knee| *knee < present && Some(*knee) != slots);
    let mut found = Vec::new();
    let mut add = |kind, to: Option<u32>, service: Option<&str>| {
        let Some(to) = to else { return };
        let service = service.map(str::to_owned);
        let change = counted(kind, name, u64::from(present), u64::from(to));
        found.push((Change { service, ..change }, to));
    };
    add(ChangeKind::ConsumersAtSlots, slots, Some(&consumer.to));
    add(ChangeKind::ConsumersAtKnee, knee, Some(&consumer.to));
    let other =
        |number: &u32| *number != present && Some(*number) != slots && Some(*number) != knee;
    add(ChangeKind::Consumers, Some((present / 2).max(1)).filter(other), None);
    add(ChangeKind::Consumers, Some(present.saturating_mul(2)).filter(other), None);
    found
}

/// No limit of a queue that has one; else twice as many as its consumers take at once.
fn other_capacity(
    name: &str,
    queue: &Queue,
    consumers: &BTreeMap<String, Consumer>,
) -> (Change, Limit) {
    if let Limit::AtMost(capacity) = queue.capacity {
        let from = Some(Amount::Count(capacity));
        return (Change { from, ..change(ChangeKind::UnlimitedQueue, name) }, Limit::Unlimited);
    }
    let takers = consumers.values().filter(|consumer| consumer.from == name);
    let room = takers.map(|consumer| u64::from(consumer.concurrency) * 2).sum::<u64>().max(1);
    let to = Some(Amount::Count(room));
    (Change { to, ..change(ChangeKind::QueueCapacity, name) }, Limit::AtMost(room))
}
