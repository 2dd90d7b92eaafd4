//! The lints of retries: waits, tries and timeouts that do not fit into each other.

use super::budget::spec::RetryBudget;
use super::spec::{RetryOn, Spec};
use crate::kernel::time::Duration;
use crate::kernel::units::Limit;
use crate::model::mechanism::Layer;
use crate::model::mechanism::backoff::bounds::{Bounds, MAX_SUMMED, Wait};
use crate::model::mechanism::load::volume::most_within;
use crate::model::spec::clients::Scope;
use crate::model::spec::finding::{Finding, Segment};
use crate::model::spec::layer::LayerSpec as _;
use crate::model::spec::lint::{Group, Lint, number, shown};
use crate::model::spec::system::{Around, longest_ns, shortest_timeout};

/// The lints of retries.
pub const LINTS: &[&Lint] = &[
    &BACKOFF_OUTLASTS_TIMEOUT,
    &BUDGET_FLOOR_ABOVE_LOAD,
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

pub(crate) static BUDGET_FLOOR_ABOVE_LOAD: Lint = Lint {
    name: "budget-floor-above-load",
    group: Group::Design,
    about: "A retry budget whose floor, for all clients together, is more than the load or the \
            service has.",
    why: "Each client may make so many retries whatever happens, and clients are many: 10 retries \
          a second at each of 20 clients are 200/s. In an outage every call is retried as if there \
          were no budget. Keep it in one place, lower the floor, or take a budget that only \
          successes fill.",
    example: r#"load: { "web": Load(arrivals: Poisson(rate: "60/s"), total: 100) },
calls: { "web": Call(to: "api", clients: 20, policy: [
    Retry(max_retries: 2, budget: Rolling(ratio: 0.2, per_s: 10)),
]) },"#,
    mended: r#"load: { "web": Load(arrivals: Poisson(rate: "60/s"), total: 100) },
calls: { "web": Call(to: "api", clients: 20, policy: [
    Retry(max_retries: 2, budget: Throttle(max_tokens: 10, token_ratio: 0.1)),
]) },"#,
};

pub(crate) static RETRIES_MULTIPLY: Lint = Lint {
    name: "retries-multiply",
    group: Group::Design,
    about: "A retry inside a retry, of the same call or of a call that it is made for.",
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
    about: "A retry with an empty list of outcomes to retry, or with outcomes that no layer inside \
            it has.",
    why: "It passes every outcome on. A `Timeout` is the outcome of a timeout or a deadline inside \
          the retry: one outside ends the whole call. A refusal (`Rejected`) is that of another \
          layer inside it. For no retries, leave the layer out.",
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
    findings.extend(floor_above_load(retry, around));
    let backoff = retry.backoff.bounds();
    findings.extend(limit.and_then(|limit| backoff_outlasts_timeout(retry, &backoff, limit)));
    if retry.retry_on.contains(&RetryOn::Rejected) {
        let finding = while_open(&backoff, retry.retries(), inside, "retries");
        let hint = "leave Rejected out of retry_on, or wait longer than the breaker is open";
        findings.extend(finding.map(|finding| finding.hint(hint)));
    }
    findings.extend(limit.and_then(|limit| tries_outlast_timeout(retry, &backoff, inside, limit)));
}

fn floor_above_load(retry: &Spec, around: &Around<'_>) -> Option<Finding> {
    let clients = match retry.scope() {
        Scope::Client => around.pipeline.clients,
        Scope::Shared => 1,
    };
    let (field, found) = match retry.budget.as_ref()? {
        RetryBudget::Rolling { per_s, .. } => {
            let (floor, calls) =
                (u64::from(*per_s) * u64::from(clients), most_within(around.steady_load()?, 1e9));
            if (floor as f64) < calls {
                return None;
            }
            let all = each(u64::from(*per_s), clients, "retries a second");
            let calls = number(calls);
            ("per_s", format!("{all} in any case, and about {calls} calls come in a second"))
        }
        RetryBudget::Concurrent { min, .. } => {
            let service = around.system.services.get(around.pipeline.to)?;
            let Limit::AtMost(slots) = service.slots else { return None };
            let slots = slots.saturating_mul(u64::from(service.all_replicas()));
            if u64::from(*min) * u64::from(clients) < slots {
                return None;
            }
            let all = each(u64::from(*min), clients, "retries at once");
            ("min", format!("{all} in any case, and the service has {slots} slots"))
        }
        RetryBudget::Tokens { .. } | RetryBudget::Throttle { .. } | RetryBudget::Quota { .. } => {
            return None;
        }
    };
    let rule = "the floor of this budget bounds nothing";
    let place = [Segment::field("budget"), Segment::field(field)];
    let finding = Finding::warning(&BUDGET_FLOOR_ABOVE_LOAD, &place, rule, found);
    Some(finding.hint("scope: Shared if a proxy keeps it, a lower floor, or budget: Throttle(..)"))
}

/// "10 retries a second for each of 20 clients are 200", or "10 retries a second are allowed".
fn each(floor: u64, clients: u32, of: &str) -> String {
    match clients {
        1 => format!("{floor} {of} are allowed"),
        _ => {
            format!("{floor} {of} for each of {clients} clients are {}", floor * u64::from(clients))
        }
    }
}

fn backoff_outlasts_timeout(retry: &Spec, backoff: &Bounds, limit: Duration) -> Option<Finding> {
    let n = first_beyond(backoff, most(retry.retries()), limit)?;
    let Wait { least_ns, most_ns } = backoff.wait(n);
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
fn first_beyond(backoff: &Bounds, retries: u64, limit: Duration) -> Option<u64> {
    let beyond = |n: &u64| backoff.wait(*n).most_ns.is_some_and(|most| most > ns(limit));
    (1..=retries.min(MAX_SUMMED)).find(beyond)
}

fn tries_outlast_timeout(
    retry: &Spec,
    backoff: &Bounds,
    inside: &[Layer],
    limit: Duration,
) -> Option<Finding> {
    // Whoever retries without limit relies on the time limit outside.
    let tries = retry.retries().filter(|retries| *retries > 0)?.saturating_add(1);
    let each = longest_ns(inside).filter(|_| retry.retry_on.contains(&RetryOn::Timeout))?;
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
    backoff: &Bounds,
    retries: Option<u64>,
    inside: &[Layer],
    tries: &str,
) -> Option<Finding> {
    let open = inside.iter().find_map(|layer| layer.spec().refuses_for())?;
    let (mut waited, mut count) = (0.0, 0);
    for n in 1..=most(retries).min(MAX_SUMMED) {
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
    let all = retries.map_or(String::new(), |retries| format!(" of {retries}"));
    let found =
        format!("{count}{all} {tries} come {within}, and the breaker inside is open for {open}");
    let rule = "calls that an open breaker refuses are tried again while it is open";
    Some(Finding::warning(&RETRY_WHILE_BREAKER_OPEN, &[], rule, found))
}

/// A number of retries as a bound.
fn most(retries: Option<u64>) -> u64 {
    retries.unwrap_or(u64::MAX)
}

fn ns(duration: Duration) -> f64 {
    duration.as_ns() as f64
}
