//! The what-ifs of an adaptive limit.

use super::lints::room;
use super::spec::Spec;
use crate::kernel::units::Limit;
use crate::metrics::change::{Change, ChangeKind};
use crate::model::mechanism::Layer;
use crate::model::mechanism::bulkhead::alternatives::{MAX_WAIT, longest_waits};
use crate::model::mechanism::bulkhead::spec::Spec as Bulkhead;
use crate::model::spec::alternative::{Alternative, with};
use crate::model::spec::layer::WITHOUT_LAYER;
use crate::model::spec::system::Around;

pub(super) static CHANGES: &[&ChangeKind] =
    &[&WITHOUT_LAYER, &STATIC_LIMIT, &LEAST_LIMIT, &MAX_WAIT];

static STATIC_LIMIT: ChangeKind = ChangeKind::setting(
    "static_limit",
    "with a fixed limit of {to} at {at}",
    "a bulkhead with as many permits as the service has slots for it, or as the limit begins with",
);

static LEAST_LIMIT: ChangeKind = ChangeKind::setting(
    "least_limit",
    "with a least limit of {to} at {at}, not {from}",
    "a least limit of as many as the service has slots for it, where it is larger",
);

/// No limit, a fixed one, a least limit that the service can serve, and other longest waits.
pub(super) fn alternatives(
    spec: &Spec,
    name: &str,
    around: &Around<'_>,
) -> Vec<Alternative<Layer>> {
    let mut alternatives = vec![Alternative::without(&WITHOUT_LAYER, name)];
    let [initial, least, _] = spec.algorithm.limits();
    let room = room(around).map(|(each, _)| each);
    let permits = room.unwrap_or(initial);
    let fixed = Bulkhead {
        permits,
        queue: spec.queue,
        max_wait: spec.max_wait.filter(|_| spec.queue != Limit::AtMost(0)),
        max_permits: None,
        keep_alive: None,
        scope: spec.scope,
    };
    let change = Change::new(&STATIC_LIMIT, name).to(permits);
    alternatives.push(Alternative::new(change, Layer::Bulkhead(fixed)));
    if let Some(to) = room.filter(|room| *room < least) {
        let change = Change::new(&LEAST_LIMIT, name).from(least).to(to);
        let algorithm = spec.algorithm.with_least(to);
        let changed = with(spec, |spec| spec.algorithm = algorithm);
        alternatives.push(Alternative::new(change, Layer::AdaptiveLimit(changed)));
    }
    for (change, to) in longest_waits(name, spec.max_wait) {
        let changed = with(spec, |spec| spec.max_wait = Some(to));
        alternatives.push(Alternative::new(change, Layer::AdaptiveLimit(changed)));
    }
    alternatives
}
