//! The what-ifs of a retry.

use super::budget::spec::{Deposits, RetryBudget};
use super::spec::Spec;
use crate::kernel::units::{Limit, Ratio};
use crate::metrics::change::{Amount, Change, ChangeKind, LinkKind};
use crate::model::spec::alternative::{Alternative, with};
use crate::model::spec::clients::Scope;

pub(super) static CHANGES: &[&ChangeKind] = &[&WITHOUT_RETRIES, &RETRY_BUDGET, &RETRY_ATTEMPTS];

static WITHOUT_RETRIES: ChangeKind =
    ChangeKind::setting("without_retries", "without retries at {at}", "one attempt")
        .cutting(LinkKind::Retries);

static RETRY_BUDGET: ChangeKind = ChangeKind::setting(
    "retry_budget",
    "with a retry budget of {to} at {at}",
    "a budget of 10 %, where there is none",
);

static RETRY_ATTEMPTS: ChangeKind = ChangeKind::setting(
    "retry_attempts",
    "with at most {to} attempts at {at}, not {from}",
    "half the attempts, at least two",
);

/// No retries, a budget, and fewer attempts. The layer stays in the policy even without retries, so
/// that no other layer gets another name and with it other draws.
pub(super) fn alternatives(spec: &Spec, name: &str) -> Vec<Alternative<Spec>> {
    let without = with(spec, |spec| {
        (spec.max_retries, spec.max_attempts) = (Some(Limit::AtMost(0)), None);
        (spec.budget, spec.time_limit, spec.limit_ends) = (None, None, None);
    });
    let mut alternatives = vec![Alternative::new(Change::new(&WITHOUT_RETRIES, name), without)];
    if spec.budget.is_none() {
        let deposit = 0.1;
        let budget = RetryBudget::Tokens {
            deposit,
            capacity: 10.0,
            cost: 1.0,
            deposit_on: Deposits::Calls,
            scope: Scope::Client,
        };
        let to = Ratio::new(deposit).map_or(Amount::Number(deposit), Amount::from);
        let change = Change::new(&RETRY_BUDGET, name).to(to);
        alternatives.push(Alternative::new(change, with(spec, |spec| spec.budget = Some(budget))));
    }
    let Some(retries) = spec.retries() else { return alternatives };
    let attempts = retries.saturating_add(1);
    let fewer = (attempts / 2).max(2);
    if fewer < attempts {
        let change = Change::new(&RETRY_ATTEMPTS, name).from(attempts).to(fewer);
        let other = with(spec, |spec| {
            (spec.max_retries, spec.max_attempts) = (Some(Limit::AtMost(fewer - 1)), None);
        });
        alternatives.push(Alternative::new(change, other));
    }
    alternatives
}
