//! The rules between the values of a hedge.

use super::lints::{HEDGE_NEVER_COPIES, HEDGES_MULTIPLY};
use super::spec::{Estimate, OnFailure, Spec, Throttled};
use crate::model::mechanism::retry::budget::spec::RetryBudget;
use crate::model::spec::finding::{Finding, Segment};
use crate::model::spec::layer::LayerSpec as _;
use crate::model::spec::system::Around;

/// Checks a hedge at its place.
pub(super) fn check(hedge: &Spec, around: &Around<'_>, findings: &mut Vec<Finding>) {
    findings.extend(delay(hedge));
    findings.extend(estimate(hedge));
    findings.extend(throttled(hedge));
    hedge.backoff.check(&[Segment::field("backoff")], findings);
    findings.extend(hedge.budget.as_ref().and_then(RetryBudget::check));
    findings.extend(too_late(hedge, around));
    findings.extend(hedge_outside(hedge, around));
}

/// One kind of delay.
fn delay(hedge: &Spec) -> Option<Finding> {
    let given = [
        ("after", hedge.after.is_some()),
        ("quantile", hedge.quantile.is_some()),
        ("average", hedge.average.is_some()),
        ("only_after_failures", hedge.only_after_failures),
    ];
    let mut given = given.into_iter().filter(|(_, given)| *given).map(|(name, _)| name);
    let Some(first) = given.next() else {
        let rule = "needs `after`, `quantile`, `average` or `only_after_failures`";
        let hint = "after: \"100ms\" waits so long, quantile: 0.95 for what 95 % of the calls \
                    have taken";
        return Some(Finding::error(&[], rule, "has none").hint(hint));
    };
    let last = given.next_back();
    if let Some(last) = last
        && (first, last) != ("after", "quantile")
    {
        let rule = "`average` and `only_after_failures` stand alone";
        let found = format!("given as well as `{first}`");
        return Some(Finding::error(&[Segment::field(last)], rule, found).of_name());
    }
    if hedge.only_after_failures && hedge.on_failure == OnFailure::Waits {
        let rule = "this hedge can never send a copy";
        let found = "a failure sends none, and time sends none";
        let place = [Segment::field("only_after_failures")];
        return Some(Finding::error(&place, rule, found).of_name());
    }
    None
}

fn estimate(hedge: &Spec) -> Option<Finding> {
    let place = [Segment::field("estimate")];
    let Some(quantile) = hedge.quantile else {
        let vain = hedge.estimate != Estimate::Latest;
        let rule = "`estimate` says how `quantile` is estimated";
        let finding = Finding::error(&place, rule, "there is no `quantile`").of_name();
        return vain.then(|| finding.hint("give quantile, or leave `estimate` out"));
    };
    let never = matches!(hedge.estimate, Estimate::Moving { .. }) && quantile.get() % 1.0 == 0.0;
    let rule = "must be above 0 and below 1 for a `Moving` estimate";
    let place = [Segment::field("quantile")];
    never.then(|| Finding::error(&place, rule, format!("found {}", quantile.get())))
}

fn throttled(hedge: &Spec) -> Option<Finding> {
    let throttle = matches!(hedge.budget, Some(RetryBudget::Throttle { .. }));
    let wrong = hedge.throttled == Throttled::Ends && !throttle;
    let rule = "`throttled: Ends` is for a `Throttle`, which is asked without taking anything";
    let place = [Segment::field("throttled")];
    let finding = Finding::error(&place, rule, "the budget is no `Throttle`").of_name();
    wrong.then(|| finding.hint("budget: Throttle(max_tokens: 10, token_ratio: 0.1)"))
}

fn too_late(hedge: &Spec, around: &Around<'_>) -> Option<Finding> {
    let (Some(after), None) = (hedge.after, hedge.quantile) else { return None };
    let (outer, gives_up) = around.gives_up_first().filter(|(outer, _)| after >= *outer)?;
    let rule = "this hedge sends no copy in time";
    let found = format!("a {gives_up} outside it gives up after {outer}");
    Some(Finding::warning(&HEDGE_NEVER_COPIES, &[Segment::field("after")], rule, found))
}

fn hedge_outside(hedge: &Spec, around: &Around<'_>) -> Option<Finding> {
    let outside = around.outside().iter();
    let outer = outside.filter_map(|layer| layer.spec().copies()).reduce(u64::saturating_mul)?;
    if outer < 2 {
        return None;
    }
    let inner = hedge.copies()?;
    let total = outer.saturating_mul(inner);
    let rule = format!("hedges multiply: up to {total} copies of one call");
    let found = format!("{inner} copies, for each of {outer} of the hedge outside");
    Some(Finding::warning(&HEDGES_MULTIPLY, &[], rule, found))
}
