//! What could stand in the place of one layer, around a policy, or in the place of a service.

use super::alternatives::{change, counted};
use crate::kernel::time::Duration;
use crate::kernel::units::{CountOrTime, Limit, Ratio};
use crate::report::explain::{Amount, Change, ChangeKind};
use crate::scenario::schema::{
    Balancing, Breaker, Bulkhead, Cancellation, Layer, Pool, Retry, RetryBudget, Scope, Service,
    Timeout,
};

/// What could stand in the place of a layer; `None` takes it out, which is tried of every layer
/// that has no alternatives of its own.
pub(super) fn of_layer(
    layer: &Layer,
    name: &str,
    knee: Option<u32>,
) -> Vec<(Change, Option<Layer>)> {
    if let Layer::Retry(_) = layer {
        of_retry(layer, name)
    } else if let Layer::Breaker(breaker) = layer {
        of_breaker(breaker, name)
    } else if let Layer::Bulkhead(bulkhead) = layer {
        of_bulkhead(name, bulkhead, knee)
    } else if let Layer::Pool(_) = layer {
        // What could stand in the place of a pool is one change for all of its layers.
        Vec::new()
    } else if let Layer::Timeout(Timeout { after }) = layer {
        let other = |to| {
            let change = timed(ChangeKind::Timeout, name, *after, to);
            (change, Some(Layer::Timeout(Timeout { after: to })))
        };
        vec![other(half(*after)), other(twice(*after))]
    } else {
        vec![(change(ChangeKind::WithoutLayer, name), None)]
    }
}

/// Without it, opening at twice as many failures, and open for half as long.
fn of_breaker(breaker: &Breaker, name: &str) -> Vec<(Change, Option<Layer>)> {
    let mut variants = vec![(change(ChangeKind::WithoutBreaker, name), None)];
    if let (Some(threshold), Some(CountOrTime::Count(window))) =
        (breaker.failure_threshold, breaker.window)
    {
        let higher = threshold.saturating_mul(2).min(window);
        if higher > threshold {
            let (from, to) = (u64::from(threshold), u64::from(higher));
            let change = counted(ChangeKind::BreakerThreshold, name, from, to);
            let breaker = Breaker { failure_threshold: Some(higher), ..breaker.clone() };
            variants.push((change, Some(Layer::Breaker(breaker))));
        }
    }
    let shorter = half(breaker.open_duration);
    let change = timed(ChangeKind::BreakerOpen, name, breaker.open_duration, shorter);
    let breaker = Breaker { open_duration: shorter, ..breaker.clone() };
    variants.push((change, Some(Layer::Breaker(breaker))));
    variants
}

fn half(of: Duration) -> Duration {
    Duration::from_ns((of.as_ns() / 2).max(1))
}

fn twice(of: Duration) -> Duration {
    Duration::from_ns(of.as_ns().saturating_mul(2))
}

fn timed(kind: ChangeKind, name: &str, from: Duration, to: Duration) -> Change {
    let amount = |of: Duration| Some(Amount::TimeNs(of.as_ns()));
    Change { from: amount(from), to: amount(to), ..change(kind, name) }
}

fn of_retry(layer: &Layer, name: &str) -> Vec<(Change, Option<Layer>)> {
    let Layer::Retry(Retry { budget: present, .. }) = layer else { return Vec::new() };
    let mut none = layer.clone();
    if let Layer::Retry(Retry { max_retries, max_attempts, budget, .. }) = &mut none {
        (*max_retries, *max_attempts, *budget) = (Some(0), None, None);
    }
    let mut found = vec![(change(ChangeKind::WithoutRetries, name), Some(none))];
    if present.is_none() {
        let mut budgeted = layer.clone();
        if let Layer::Retry(Retry { budget, .. }) = &mut budgeted {
            *budget =
                Some(RetryBudget { deposit: 0.1, capacity: 10.0, cost: 1.0, scope: Scope::Client });
        }
        let to = Some(Amount::Ratio(0.1));
        let change = Change { to, ..change(ChangeKind::RetryBudget, name) };
        found.push((change, Some(budgeted)));
    }
    found
}

/// Permits at the knee, half and twice as many, a bounded line, other longest waits, and no
/// bulkhead at all.
fn of_bulkhead(name: &str, bulkhead: &Bulkhead, knee: Option<u32>) -> Vec<(Change, Option<Layer>)> {
    let permits = bulkhead.permits;
    let with = |edit: &dyn Fn(&mut Bulkhead)| {
        let mut changed = bulkhead.clone();
        edit(&mut changed);
        Some(Layer::Bulkhead(changed))
    };
    let knee = knee.filter(|knee| *knee < permits);
    let other = |number: u32| Some(number).filter(|of| *of != permits && Some(*of) != knee);
    let numbers = [
        (ChangeKind::PermitsAtKnee, knee),
        (ChangeKind::Permits, other((permits / 2).max(1))),
        (ChangeKind::Permits, other(permits.saturating_mul(2))),
    ];
    let mut found = vec![(change(ChangeKind::WithoutBulkhead, name), None)];
    for (kind, to) in numbers {
        let Some(to) = to else { continue };
        let change = counted(kind, name, u64::from(permits), u64::from(to));
        found.push((change, with(&|of| of.permits = to)));
    }
    if let Some((change, room)) = bounded_line(name, permits, bulkhead.queue) {
        found.push((change, with(&|of| of.queue = Limit::AtMost(room))));
    }
    for (change, to) in longest_waits(name, bulkhead.max_wait) {
        found.push((change, with(&|of| of.max_wait = Some(to))));
    }
    found
}

/// Twice as many places in line as there are permits, where there is no limit.
fn bounded_line(name: &str, permits: u32, queue: Limit) -> Option<(Change, u64)> {
    let room = u64::from(permits).saturating_mul(2);
    let to = Some(Amount::Count(room));
    let change = Change { to, ..change(ChangeKind::BulkheadQueue, name) };
    (queue == Limit::Unlimited).then_some((change, room))
}

/// Half and twice the longest wait in a line that has one.
fn longest_waits(name: &str, max_wait: Option<Duration>) -> Vec<(Change, Duration)> {
    let Some(most) = max_wait.filter(|most| !most.is_zero()) else { return Vec::new() };
    let changed = |to| (timed(ChangeKind::MaxWait, name, most, to), to);
    [half(most), twice(most)].map(changed).into()
}

/// What could stand in the place of a pool: half and twice as many permits, a bounded line, other
/// longest waits.
pub(super) fn of_pool(name: &str, pool: &Pool) -> Vec<(Change, Pool)> {
    let with = |edit: &dyn Fn(&mut Pool)| {
        let mut changed = pool.clone();
        edit(&mut changed);
        changed
    };
    let permits = pool.permits;
    let others = [(permits / 2).max(1), permits.saturating_mul(2)];
    let mut found = Vec::new();
    for to in others.into_iter().filter(|to| *to != permits) {
        let change = counted(ChangeKind::Permits, name, u64::from(permits), u64::from(to));
        found.push((change, with(&|of| of.permits = to)));
    }
    if let Some((change, room)) = bounded_line(name, permits, pool.queue) {
        found.push((change, with(&|of| of.queue = Limit::AtMost(room))));
    }
    for (change, to) in longest_waits(name, pool.max_wait) {
        found.push((change, with(&|of| of.max_wait = Some(to))));
    }
    found
}

/// A timeout around everything, where nothing bounds the whole call: as long as the deadline of
/// the load, or as all attempts may take.
pub(super) fn of_policy(
    from: &str,
    policy: &[Layer],
    deadline: Option<Duration>,
) -> Option<(Change, Vec<Layer>)> {
    let waits =
        |layer: &Layer| matches!(layer, Layer::Retry(_) | Layer::Bulkhead(_) | Layer::Pool(_));
    let first = policy.iter().position(waits)?;
    let gives_up = |layer: &Layer| layer.spec().gives_up_after();
    if policy[..first].iter().any(|layer| gives_up(layer).is_some()) {
        return None;
    }
    let tries = policy.iter().filter_map(|layer| layer.spec().attempts());
    let attempts = tries.fold(1_u64, u64::saturating_mul);
    let timeout = policy.iter().rev().find_map(gives_up);
    let all = timeout.map(|of| Duration::from_ns(of.as_ns().saturating_mul(attempts)));
    let total = deadline.or(all)?;
    let mut policy = policy.to_vec();
    policy.insert(0, Layer::Timeout(Timeout { after: total }));
    let to = Some(Amount::TimeNs(total.as_ns()));
    Some((Change { to, ..change(ChangeKind::TotalTimeout, from) }, policy))
}

/// By load where replicas are chosen without regard to it, in turn where load decides.
pub(super) fn of_balancing(balancing: &Balancing) -> (ChangeKind, Balancing) {
    match balancing {
        Balancing::RoundRobin
        | Balancing::Random
        | Balancing::Weighted(_)
        | Balancing::ConsistentHash { .. } => (ChangeKind::LessLoaded, Balancing::PowerOfTwo),
        Balancing::LeastRequest
        | Balancing::PowerOfTwo
        | Balancing::Choices(_)
        | Balancing::Ewma { .. }
        | Balancing::PeakEwma { .. } => (ChangeKind::InTurn, Balancing::RoundRobin),
        Balancing::ZoneAware { min_cluster_size, routing_enabled, child } => {
            let (min_cluster_size, routing_enabled) = (*min_cluster_size, *routing_enabled);
            let (kind, child) = of_balancing(child);
            let child = Box::new(child);
            (kind, Balancing::ZoneAware { min_cluster_size, routing_enabled, child })
        }
        Balancing::Subset { size, child } => {
            let (kind, child) = of_balancing(child);
            (kind, Balancing::Subset { size: *size, child: Box::new(child) })
        }
    }
}

/// What could stand in the place of a service.
pub(super) fn of_service(name: &str, service: &Service) -> Vec<(Change, Service)> {
    let mut found = Vec::new();
    let with = |edit: &dyn Fn(&mut Service)| {
        let mut changed = service.clone();
        edit(&mut changed);
        changed
    };
    if service.cancellation != Cancellation::Immediate {
        let cancels = with(&|of| of.cancellation = Cancellation::Immediate);
        found.push((change(ChangeKind::Cancellation, name), cancels));
    }
    if service.failure_ratio.get() > 0.0 {
        let sound = with(&|of| of.failure_ratio = Ratio::default());
        found.push((change(ChangeKind::WithoutErrors, name), sound));
    }
    if let Limit::AtMost(slots) = service.slots {
        let double = slots.saturating_mul(2);
        if service.queue == Limit::Unlimited {
            let to = Some(Amount::Count(double));
            let change = Change { to, ..change(ChangeKind::ServiceQueue, name) };
            found.push((change, with(&|of| of.queue = Limit::AtMost(double))));
        }
        let more = with(&|of| of.slots = Limit::AtMost(double));
        found.push((counted(ChangeKind::Slots, name, slots, double), more));
    }
    for (change, to) in longest_waits(name, service.max_wait) {
        found.push((change, with(&|of| of.max_wait = Some(to))));
    }
    if let Some(knee) = service.overload.as_ref().map(|overload| overload.knee) {
        let stronger = with(&|of| {
            if let Some(overload) = &mut of.overload {
                overload.knee = knee * 2.0;
            }
        });
        let (from, to) = (Some(Amount::Number(knee)), Some(Amount::Number(knee * 2.0)));
        found.push((Change { from, to, ..change(ChangeKind::Knee, name) }, stronger));
    }
    found
}
