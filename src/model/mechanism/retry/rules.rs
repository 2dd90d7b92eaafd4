//! The rules between the values of a retry.

use super::budget::spec::RetryBudget;
use super::lints;
use super::spec::{RetryOn, Spec};
use crate::kernel::units::Limit;
use crate::model::mechanism::Layer;
use crate::model::mechanism::backoff::spec::Backoff;
use crate::model::spec::finding::{Finding, Segment};
use crate::model::spec::layer::LayerSpec as _;
use crate::model::spec::system::{self, Around};

/// Checks a retry at its place.
pub(super) fn check(retry: &Spec, around: &Around<'_>, findings: &mut Vec<Finding>) {
    findings.extend(limits(retry));
    findings.extend(endless(retry));
    findings.extend(limit_ends(retry));
    findings.extend(outer_retry(retry, around));
    retry.backoff.check(&[Segment::field("backoff")], findings);
    if let Some(backoff) = &retry.shed_backoff {
        backoff.check(&[Segment::field("shed_backoff")], findings);
    }
    findings.extend(shed_backoff(retry));
    findings.extend(retry.budget.as_ref().and_then(RetryBudget::check));
    findings.extend(never_retries(retry, around));
}

/// Warns of a retry none of whose outcomes can come up to it.
fn never_retries(retry: &Spec, around: &Around<'_>) -> Option<Finding> {
    let gives_up = around.inside().iter().any(|layer| layer.spec().gives_up_after().is_some());
    let rejects = around.inside().iter().any(|layer| {
        !matches!(
            layer,
            Layer::Timeout(_)
                | Layer::DetachedTimeout(_)
                | Layer::Deadline(_)
                | Layer::Retry(_)
                | Layer::Hedge(_)
        )
    });
    let comes = |outcome: &RetryOn| match outcome {
        RetryOn::Error | RetryOn::Shed => true,
        RetryOn::Timeout => gives_up,
        RetryOn::Rejected => rejects,
    };
    if retry.retry_on.iter().any(comes) {
        return None;
    }
    let found = match retry.retry_on.as_slice() {
        [] => "no outcome is retried".to_owned(),
        [one] => format!("no layer inside it ends a call in {one:?}"),
        _ => "no layer inside it ends a call in one of these".to_owned(),
    };
    let hint = retry.retry_on.contains(&RetryOn::Timeout);
    let hint = hint.then(|| "a `Timeout` inside the retry is that of a try".to_owned());
    let (rule, place) = ("this retry never retries", [Segment::field("retry_on")]);
    let finding = Finding::warning(&lints::RETRY_NEVER_RETRIES, &place, rule, found);
    Some(finding.maybe_hint(hint))
}

/// One of the two limits, and not both.
fn limits(retry: &Spec) -> Option<Finding> {
    match (retry.max_retries, retry.max_attempts) {
        (None, None) => {
            let rule = "needs `max_retries` or `max_attempts`";
            let hint = "max_retries does not count the first try, max_attempts does";
            Some(Finding::error(&[], rule, "has neither").hint(hint))
        }
        (Some(Limit::AtMost(retries)), Some(attempts)) => {
            let same = retries.saturating_add(1);
            let hint = if u64::from(attempts) == same {
                "remove either: both mean the same here".to_owned()
            } else {
                format!(
                    "an attempt counts the first try, a retry does not: \
                     max_retries: {retries} is max_attempts: {same}"
                )
            };
            Some(both(&retries.to_string()).hint(hint))
        }
        (Some(Limit::Unlimited), Some(_)) => {
            Some(both("\"unlimited\"").hint("remove `max_retries`, or `max_attempts`"))
        }
        (Some(_), None) | (None, Some(_)) => None,
    }
}

fn both(retries: &str) -> Finding {
    let rule = "`max_retries` and `max_attempts` say the same thing: give one";
    let found = format!("given as well as `max_retries: {retries}`");
    Finding::error(&[Segment::field("max_attempts")], rule, found).of_name()
}

/// Retries without limit take time: otherwise a refusal would be tried again for ever in an
/// instant.
fn endless(retry: &Spec) -> Option<Finding> {
    let at_once = |backoff: &Backoff| backoff.bounds().wait(1).most_ns == Some(0.0);
    let endless = retry.max_retries == Some(Limit::Unlimited);
    let shed = retry.shed_backoff.as_ref();
    if !endless || !(at_once(&retry.backoff) || shed.is_some_and(at_once)) {
        return None;
    }
    let rule = "retries without limit need a wait before each";
    let hint = "backoff: Exponential(base: \"100ms\", cap: \"1s\")";
    let place = [Segment::field("max_retries")];
    Some(Finding::error(&place, rule, "a retry comes at once").hint(hint))
}

fn limit_ends(retry: &Spec) -> Option<Finding> {
    let without = retry.limit_ends.is_some() && retry.time_limit.is_none();
    let rule = "`limit_ends` says what `time_limit` ends";
    let place = [Segment::field("limit_ends")];
    let finding = Finding::error(&place, rule, "there is no `time_limit`").of_name();
    without.then(|| finding.hint("give time_limit, or leave `limit_ends` out"))
}

fn shed_backoff(retry: &Spec) -> Option<Finding> {
    let vain = retry.shed_backoff.is_some() && !retry.retry_on.contains(&RetryOn::Shed);
    let rule = "`shed_backoff` is the wait after `Shed`, which is not retried";
    let place = [Segment::field("shed_backoff")];
    let finding = Finding::error(&place, rule, "`Shed` is not in `retry_on`").of_name();
    vain.then(|| finding.hint("add Shed to retry_on, or leave `shed_backoff` out"))
}

fn outer_retry(retry: &Spec, around: &Around<'_>) -> Option<Finding> {
    let own = system::attempts(around.outside());
    let (above, of) = around.system.attempts_above(around.pipeline);
    let (outer, inner) = (own.unwrap_or(1).saturating_mul(above), retry.attempts()?);
    if own.is_none() && above == 1 {
        return None;
    }
    let times = |attempts: u64, any: &str| match attempts {
        u64::MAX => any.to_owned(),
        attempts => attempts.to_string(),
    };
    let total = match outer.saturating_mul(inner) {
        u64::MAX => "without limit".to_owned(),
        total => format!("up to {total} attempts for one request"),
    };
    let rule = format!("retries multiply: {total}");
    let (inner, outer) = (times(inner, "any number of"), times(outer, "any number"));
    let place = match (own, of) {
        (Some(_), None) => "the retry outside".to_owned(),
        (None, Some(above)) => format!("the retries of \"{above}\""),
        (_, above) => format!("the retries outside and of \"{}\"", above.unwrap_or_default()),
    };
    let found = format!("{inner} attempts, for each of {outer} of {place}{}", around.system.within);
    Some(Finding::warning(&lints::RETRIES_MULTIPLY, &[], rule, found))
}
