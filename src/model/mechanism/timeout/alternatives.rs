//! The what-ifs of a timeout, and the one that adds a timeout.

use super::spec::Spec;
use crate::kernel::time::Duration;
use crate::metrics::change::{Change, ChangeKind};
use crate::model::mechanism::Layer;
use crate::model::spec::alternative::{Addition, Alternative, half, twice};
use crate::model::spec::system::{Pipeline, Source, System, attempts};

pub(super) static CHANGES: &[&ChangeKind] = &[&TIMEOUT, &TOTAL_TIMEOUT];

static TIMEOUT: ChangeKind = ChangeKind::setting(
    "timeout",
    "with {to} instead of {from} at {at}",
    "half and twice the time",
);

static TOTAL_TIMEOUT: ChangeKind = ChangeKind::setting(
    "total_timeout",
    "with a timeout of {to} around all of {at}",
    "a timeout around a whole call that has none, where calls are sent again or wait for permits: \
     the deadline of the load, or else the innermost timeout times the attempts",
);

/// Half and twice the time.
pub(super) fn alternatives(spec: &Spec, name: &str) -> Vec<Alternative<Layer>> {
    let other = |to: Duration| {
        let change = Change::new(&TIMEOUT, name).from(spec.after).to(to);
        Alternative::new(change, Layer::Timeout(Spec { after: to }))
    };
    [half(spec.after), twice(spec.after)].map(other).into()
}

/// A timeout around the whole policy, if nothing bounds the whole call.
pub(super) fn addition(pipeline: &Pipeline<'_>, system: &System<'_>) -> Option<Addition> {
    let policy = pipeline.policy;
    let prolongs =
        |layer: &Layer| layer.spec().attempts().is_some() || layer.spec().permits(system).is_some();
    let first = policy.iter().position(prolongs)?;
    let gives_up = |layer: &Layer| layer.spec().gives_up_after();
    if policy[..first].iter().any(|layer| gives_up(layer).is_some()) {
        return None;
    }
    let deadline = match pipeline.source {
        Some(Source::Load(load)) => load.deadline,
        Some(Source::Consumer(_)) | None => None,
    };
    let attempts = attempts(policy).unwrap_or(1);
    let innermost = policy.iter().rev().find_map(gives_up);
    let all_attempts =
        innermost.map(|timeout| Duration::from_ns(timeout.as_ns().saturating_mul(attempts)));
    let total = deadline.or(all_attempts)?;
    let change = Change::new(&TOTAL_TIMEOUT, pipeline.name).to(total);
    Some(Addition { change, index: 0, layer: Layer::Timeout(Spec { after: total }) })
}
