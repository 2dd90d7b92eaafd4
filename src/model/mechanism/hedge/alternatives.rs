//! The what-ifs of a hedge.

use super::spec::Spec;
use crate::kernel::units::Ratio;
use crate::metrics::change::{Change, ChangeKind};
use crate::model::spec::alternative::{Alternative, twice, with};
use crate::model::spec::layer::WITHOUT_LAYER;

pub(super) static CHANGES: &[&ChangeKind] = &[&WITHOUT_LAYER, &HEDGE_AFTER, &HEDGE_QUANTILE];

static HEDGE_AFTER: ChangeKind = ChangeKind::setting(
    "hedge_after",
    "with copies after {to} at {at}, not {from}",
    "copies after twice the time, without a quantile",
);

static HEDGE_QUANTILE: ChangeKind = ChangeKind::setting(
    "hedge_quantile",
    "with copies of what takes longer than {to} of the calls at {at}, not {from}",
    "copies of half as many calls, with a quantile",
);

/// No hedge, and later copies.
pub(super) fn alternatives(spec: &Spec, name: &str) -> Vec<Alternative<Spec>> {
    let mut alternatives = vec![Alternative::without(&WITHOUT_LAYER, name)];
    alternatives.extend(match (spec.after, spec.quantile) {
        (_, Some(quantile)) => Ratio::new(f64::midpoint(quantile.get(), 1.0)).map(|later| {
            let change = Change::new(&HEDGE_QUANTILE, name).from(quantile).to(later);
            Alternative::new(change, with(spec, |spec| spec.quantile = Some(later)))
        }),
        (Some(after), None) if !after.is_zero() => {
            let later = twice(after);
            let change = Change::new(&HEDGE_AFTER, name).from(after).to(later);
            Some(Alternative::new(change, with(spec, |spec| spec.after = Some(later))))
        }
        (Some(_) | None, None) => None,
    });
    alternatives
}
