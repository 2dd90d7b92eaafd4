//! The lints of retries: waits, tries and timeouts that do not fit into each other.

use super::spec::{RetryOn, Spec};
use crate::kernel::time::Duration;
use crate::model::mechanism::Layer;
use crate::model::mechanism::backoff::spec::{Backoff, MAX_SUMMED, Wait};
use crate::model::spec::finding::{Finding, Segment};
use crate::model::spec::layer::LayerSpec;
use crate::model::spec::lint::{Group, Lint, shown};
use crate::model::spec::system::{Around, longest_ns, shortest_timeout};

/// The lints of retries.
pub const LINTS: &[&Lint] = &[
    &BACKOFF_OUTLASTS_TIMEOUT,
    &RETRIES_MULTIPLY,
    &RETRY_NEVER_RETRIES,
    &RETRY_WHILE_BREAKER_OPEN,
    &TRIES_OUTLAST_TIMEOUT,
];

pub(crate) static BACKOFF_OUTLASTS_TIMEOUT: Lint = Lint {
    name: "backoff-outlasts-timeout",
    group: Group::Design,
    about: "A wait between tries that is longer than a timeout outside the retry.",
    why: "The call is given up during that wait, so the retry that follows is never made: the \
          caller waited for nothing. Cap the waits well below the timeout of the whole call.",
    example: r#"calls: {
    "web": Call(to: "api", policy: [
        Timeout("30s"),
        Retry(max_retries: 2, backoff: Constant("60s")),
        Timeout("5s"),
    ]),
},"#,
    mended: r#"calls: {
    "web": Call(to: "api", policy: [
        Timeout("30s"),
        Retry(max_retries: 2, backoff: Constant("1s")),
        Timeout("5s"),
    ]),
},"#,
};

pub(crate) static RETRIES_MULTIPLY: Lint = Lint {
    name: "retries-multiply",
    group: Group::Design,
    about: "A retry inside a retry.",
    why: "Each try of the outer one is several tries of the inner one: three attempts in four \
          layers are 81 attempts for one request, just when the service is down. Retry in one \
          layer only.",
    example: r#"calls: {
    "web": Call(to: "api", policy: [Retry(max_attempts: 3), Retry(max_attempts: 3)]),
},"#,
    mended: r#"calls: { "web": Call(to: "api", policy: [Retry(max_attempts: 3)]) },"#,
};

pub(crate) static RETRY_NEVER_RETRIES: Lint = Lint {
    name: "retry-never-retries",
    group: Group::Writing,
    about: "A retry with an empty list of outcomes to retry.",
    why: "It passes every outcome on. For no retries, leave the layer out.",
    example: r#"calls: {
    "web": Call(to: "api", policy: [Retry(max_retries: 2, retry_on: [])]),
},"#,
    mended: r#"calls: {
    "web": Call(to: "api", policy: [Retry(max_retries: 2, retry_on: [Error])]),
},"#,
};

pub(crate) static RETRY_WHILE_BREAKER_OPEN: Lint = Lint {
    name: "retry-while-breaker-open",
    group: Group::Design,
    about: "A retry, or a redelivery, that comes while the breaker inside it is still open.",
    why: "A call that an open breaker refuses is tried again at once or soon, and refused again: \
          its tries are used up without one being sent, and a message is dead-lettered without \
          having been delivered. Leave `Rejected` out of `retry_on`, or wait longer than the \
          breaker is open.",
    example: r#"calls: {
    "web": Call(to: "api", policy: [
        Retry(max_retries: 3, backoff: Exponential(base: "100ms")),
        Breaker(window: 2, failure_threshold: 2, open_duration: "30s"),
    ]),
},"#,
    mended: r#"calls: {
    "web": Call(to: "api", policy: [
        Retry(
            max_retries: 3,
            backoff: Exponential(base: "100ms"),
            retry_on: [Error, Timeout, Shed],
        ),
        Breaker(window: 2, failure_threshold: 2, open_duration: "30s"),
    ]),
},"#,
};

pub(crate) static TRIES_OUTLAST_TIMEOUT: Lint = Lint {
    name: "tries-outlast-timeout",
    group: Group::Design,
    about: "Tries that cannot all be made within a timeout outside the retry.",
    why: "When every try times out, the timeout of the whole call cuts off the last of them: the \
          retries that the file promises are not made, and a try that is cut off is work for \
          nobody. Tries times the timeout of a try, and the waits, fit into that of the call.",
    example: r#"calls: {
    "web": Call(to: "api", policy: [Timeout("2s"), Retry(max_retries: 3), Timeout("1s")]),
},"#,
    mended: r#"calls: {
    "web": Call(to: "api", policy: [Timeout("2s"), Retry(max_retries: 3), Timeout("400ms")]),
},"#,
};

/// The warnings of a retry at its place; one that retries nothing has its own warning.
pub(super) fn lint(retry: &Spec, around: &Around<'_>, findings: &mut Vec<Finding>) {
    if retry.retry_on.is_empty() {
        return;
    }
    let (inside, limit) = (around.inside(), shortest_timeout(around.outside()));
    findings.extend(limit.and_then(|limit| backoff_outlasts_timeout(retry, limit)));
    if retry.retry_on.contains(&RetryOn::Rejected) {
        let finding = while_open(&retry.backoff, retry.retries(), inside, "retries");
        let hint = "leave Rejected out of retry_on, or wait longer than the breaker is open";
        findings.extend(finding.map(|finding| finding.hint(hint)));
    }
    findings.extend(limit.and_then(|limit| tries_outlast_timeout(retry, inside, limit)));
}

fn backoff_outlasts_timeout(retry: &Spec, limit: Duration) -> Option<Finding> {
    let n = first_beyond(&retry.backoff, retry.retries(), limit)?;
    let Wait { least_ns, most_ns } = retry.backoff.wait(n);
    let most_ns = most_ns.unwrap_or(least_ns);
    let up_to = if least_ns < most_ns { "up to " } else { "" };
    let found = format!(
        "{up_to}{} before retry {n}, and the timeout outside gives up after {limit}",
        shown(most_ns)
    );
    let rule = "a wait outlasts the timeout outside it";
    let place = [Segment::field("backoff")];
    let hint = format!("keep the waits below {limit}, or make that timeout longer");
    Some(Finding::warning(&BACKOFF_OUTLASTS_TIMEOUT, &place, rule, found).hint(hint))
}

/// The first retry whose wait may be longer than the timeout outside.
fn first_beyond(backoff: &Backoff, retries: u64, limit: Duration) -> Option<u64> {
    let beyond = |n: &u64| backoff.wait(*n).most_ns.is_some_and(|most| most > ns(limit));
    (1..=retries.min(MAX_SUMMED)).find(beyond)
}

fn tries_outlast_timeout(retry: &Spec, inside: &[Layer], limit: Duration) -> Option<Finding> {
    let tries = retry.attempts().filter(|tries| *tries > 1)?;
    let each = longest_ns(inside).filter(|_| retry.retry_on.contains(&RetryOn::Timeout))?;
    let backoff = &retry.backoff;
    // A single wait that is too long has its own warning.
    let waits_fit = first_beyond(backoff, tries - 1, limit).is_none();
    let waits = |tries| if waits_fit { backoff.least_ns(tries - 1) } else { 0.0 };
    let of = |tries: u64| tries as f64 * each + waits(tries);
    if of(tries) <= ns(limit) {
        return None;
    }
    let waits = match waits(tries) {
        0.0 => String::new(),
        waits => format!(" + {} of waits", shown(waits)),
    };
    let found = format!(
        "{tries} x {}{waits} = {}, and the timeout outside gives up after {limit}",
        shown(each),
        shown(of(tries))
    );
    let fit = (1..tries.min(MAX_SUMMED)).take_while(|tries| of(*tries) <= ns(limit)).count();
    let hint = match fit {
        0 => "not even one try fits: a shorter timeout of the try, or a longer one outside",
        1 => "one try fits: fewer tries, a shorter timeout of each, or a longer one outside",
        _ => &format!(
            "{fit} tries fit: fewer tries, a shorter timeout of each, or a longer one outside"
        ),
    };
    let rule = "the tries do not fit into the timeout outside them";
    Some(Finding::warning(&TRIES_OUTLAST_TIMEOUT, &[], rule, found).hint(hint))
}

/// The warning of tries, in words `tries`, that come while the first breaker `inside` is open.
pub(in crate::model::mechanism) fn while_open(
    backoff: &Backoff,
    retries: u64,
    inside: &[Layer],
    tries: &str,
) -> Option<Finding> {
    let open = inside.iter().find_map(|layer| layer.spec().refuses_for())?;
    let (mut waited, mut count) = (0.0, 0);
    for n in 1..=retries.min(MAX_SUMMED) {
        let sum = waited + backoff.wait(n).most_ns?;
        if sum >= ns(open) {
            break;
        }
        (waited, count) = (sum, n);
    }
    if count == 0 {
        return None;
    }
    let within = match waited {
        0.0 => "at once".to_owned(),
        waited => format!("after waits of at most {}", shown(waited)),
    };
    let found = format!(
        "{count} of {retries} {tries} come {within}, and the breaker inside is open for {open}"
    );
    let rule = "calls that an open breaker refuses are tried again while it is open";
    Some(Finding::warning(&RETRY_WHILE_BREAKER_OPEN, &[], rule, found))
}

fn ns(duration: Duration) -> f64 {
    duration.as_ns() as f64
}
