//! The what-ifs of a bulkhead, and the one that adds a bulkhead.

use super::spec::Spec;
use crate::kernel::time::Duration;
use crate::kernel::units::Limit;
use crate::metrics::change::{Change, ChangeKind, LinkKind};
use crate::model::mechanism::Layer;
use crate::model::spec::alternative::{Addition, Alternative, half, twice, with};
use crate::model::spec::clients::Scope;
use crate::model::spec::system::{Pipeline, System};

pub(super) static CHANGES: &[&ChangeKind] =
    &[&WITHOUT_BULKHEAD, &BULKHEAD, &PERMITS_AT_KNEE, &PERMITS, &BULKHEAD_QUEUE, &MAX_WAIT];

static WITHOUT_BULKHEAD: ChangeKind =
    ChangeKind::setting("without_bulkhead", "without {at}", "it is left out");

static BULKHEAD: ChangeKind = ChangeKind::setting(
    "bulkhead",
    "with a bulkhead of {to} permits at {at}, the knee of {service}",
    "a bulkhead with as many permits as the knee of the service, where no layer has permits",
);

static PERMITS_AT_KNEE: ChangeKind = ChangeKind::setting(
    "permits_at_knee",
    "with {to} permits at {at}, the knee of {service}, not {from}",
    "as many permits as the knee of the service, where there are more",
);

pub(in crate::model::mechanism) static PERMITS: ChangeKind = ChangeKind::setting(
    "permits",
    "with {to} permits at {at}, not {from}",
    "half and twice the permits",
);

pub(in crate::model::mechanism) static BULKHEAD_QUEUE: ChangeKind = ChangeKind::setting(
    "bulkhead_queue",
    "with at most {to} waiting at {at}, not {from}",
    "a line limited to twice the permits, where it is unlimited",
)
.cutting(LinkKind::Backlog);

pub(in crate::model::mechanism) static MAX_WAIT: ChangeKind = ChangeKind::setting(
    "max_wait",
    "with a longest wait of {to} at {at}, not {from}",
    "half and twice the longest wait",
)
.cutting(LinkKind::Backlog);

/// No bulkhead, permits at the knee, half and twice the permits, a bounded line, and other longest
/// waits.
pub(super) fn alternatives(
    spec: &Spec,
    name: &str,
    (pipeline, system): (&Pipeline<'_>, &System<'_>),
) -> Vec<Alternative<Spec>> {
    let permits = spec.permits;
    let knee = knee(pipeline, system).filter(|knee| *knee < permits);
    let mut alternatives = vec![Alternative::without(&WITHOUT_BULKHEAD, name)];
    alternatives.extend(knee.map(|to| {
        let change = Change::new(&PERMITS_AT_KNEE, name).from(permits).to(to).of(pipeline.to);
        Alternative::new(change, with_permits(spec, to))
    }));
    for (change, to) in numbers_of_permits(name, permits).filter(|(_, to)| Some(*to) != knee) {
        alternatives.push(Alternative::new(change, with_permits(spec, to)));
    }
    if let Some((change, line)) = bounded_line(name, permits, spec.queue) {
        alternatives.push(Alternative::new(change, with(spec, |spec| spec.queue = line)));
    }
    for (change, to) in longest_waits(name, spec.max_wait) {
        alternatives.push(Alternative::new(change, with(spec, |spec| spec.max_wait = Some(to))));
    }
    alternatives
}

/// A bulkhead with permits at the knee around every attempt, if no layer has permits. It is outside
/// the innermost layer that gives up, so that the wait for a permit is not timed.
pub(super) fn addition(pipeline: &Pipeline<'_>, system: &System<'_>) -> Option<Addition> {
    let policy = pipeline.policy;
    let has_permits = |layer: &Layer| layer.spec().permits(system).is_some();
    let knee = knee(pipeline, system).filter(|_| !policy.iter().any(has_permits))?;
    let gives_up = policy.iter().rposition(|layer| layer.spec().gives_up_after().is_some());
    let layer = Layer::Bulkhead(Spec {
        permits: knee,
        queue: Limit::Unlimited,
        max_wait: None,
        max_permits: None,
        keep_alive: None,
        scope: Scope::Client,
    });
    let change = Change::new(&BULKHEAD, pipeline.name).to(knee).of(pipeline.to);
    Some(Addition { change, index: gives_up.unwrap_or(policy.len()), layer })
}

/// Attempts in flight at the service at load 1, as the permits of one bulkhead for all calls.
fn knee(pipeline: &Pipeline<'_>, system: &System<'_>) -> Option<u32> {
    let service = system.services.get(pipeline.to).filter(|_| pipeline.clients == 1)?;
    service.whole_knee()
}

/// The same with other permits, and as many further ones as before.
fn with_permits(spec: &Spec, to: u32) -> Spec {
    let further = spec.max_permits.map(|most| most - spec.permits.min(most));
    with(spec, |spec| {
        spec.permits = to;
        spec.max_permits = further.map(|further| to.saturating_add(further));
    })
}

/// Half and twice the permits.
pub(in crate::model::mechanism) fn numbers_of_permits(
    name: &str,
    permits: u32,
) -> impl Iterator<Item = (Change, u32)> {
    let others = [(permits / 2).max(1), permits.saturating_mul(2)];
    let others = others.into_iter().filter(move |to| *to != permits);
    others.map(move |to| (Change::new(&PERMITS, name).from(permits).to(to), to))
}

/// A line of twice as many places as permits, if it is unlimited.
pub(in crate::model::mechanism) fn bounded_line(
    name: &str,
    permits: u32,
    queue: Limit,
) -> Option<(Change, Limit)> {
    let room = u64::from(permits).saturating_mul(2);
    let change = Change::new(&BULKHEAD_QUEUE, name).to(room);
    (queue == Limit::Unlimited).then_some((change, Limit::AtMost(room)))
}

/// Half and twice the longest wait, if there is one.
pub(in crate::model::mechanism) fn longest_waits(
    name: &str,
    max_wait: Option<Duration>,
) -> Vec<(Change, Duration)> {
    let Some(present) = max_wait.filter(|wait| !wait.is_zero()) else { return Vec::new() };
    let change = |to| (Change::new(&MAX_WAIT, name).from(present).to(to), to);
    [half(present), twice(present)].map(change).into()
}
