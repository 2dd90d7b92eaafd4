//! The what-ifs of a group of consumers.

use super::spec::Spec;
use crate::kernel::units::Limit;
use crate::metrics::change::{Change, ChangeKind};
use crate::model::spec::alternative::{Alternative, with};
use crate::model::spec::system::System;

pub(super) static CHANGES: &[&ChangeKind] = &[&CONSUMERS_AT_SLOTS, &CONSUMERS_AT_KNEE, &CONSUMERS];

static CONSUMERS: ChangeKind = ChangeKind::setting(
    "consumers",
    "with {to} consumers at {at}, not {from}",
    "half and twice the consumers",
);

static CONSUMERS_AT_SLOTS: ChangeKind = ChangeKind::setting(
    "consumers_at_slots",
    "with {to} consumers at {at}, the slots of {service}, not {from}",
    "as many consumers as slots in all replicas of their service",
);

static CONSUMERS_AT_KNEE: ChangeKind = ChangeKind::setting(
    "consumers_at_knee",
    "with {to} consumers at {at}, the knee of {service}, not {from}",
    "as many consumers as the knee of their service, where there are more",
);

/// The capacity of their service, and half and twice the consumers.
pub(super) fn alternatives(spec: &Spec, name: &str, system: &System<'_>) -> Vec<Alternative<Spec>> {
    let present = spec.concurrency;
    let service = system.services.get(spec.to.as_str());
    let slots = service.and_then(|service| match service.slots {
        Limit::AtMost(slots) => {
            u32::try_from(slots.saturating_mul(service.all_replicas().into())).ok()
        }
        Limit::Unlimited => None,
    });
    let slots = slots.filter(|slots| *slots != present);
    let knee = service.and_then(|service| service.whole_knee());
    let knee = knee.filter(|knee| *knee < present && Some(*knee) != slots);
    let is_new =
        |number: &u32| *number != present && Some(*number) != slots && Some(*number) != knee;
    let half = Some((present / 2).max(1)).filter(is_new);
    let twice = Some(present.saturating_mul(2)).filter(is_new);
    let of_service = |change: Change| change.of(&spec.to);
    let numbers = [
        (of_service(Change::new(&CONSUMERS_AT_SLOTS, name)), slots),
        (of_service(Change::new(&CONSUMERS_AT_KNEE, name)), knee),
        (Change::new(&CONSUMERS, name), half),
        (Change::new(&CONSUMERS, name), twice),
    ];
    let alternative = |(change, to): (Change, Option<u32>)| {
        let to = to?;
        let change = change.from(present).to(to);
        Some(Alternative::new(change, with(spec, |spec| spec.concurrency = to)))
    };
    numbers.into_iter().filter_map(alternative).collect()
}
