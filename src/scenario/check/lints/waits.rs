//! Lints of waits, tries and timeouts that do not fit into each other.

use super::{Group, Lint, Pipeline, Source, System, shortest_timeout, shown};
use crate::kernel::fpmath::pow;
use crate::kernel::time::Duration;
use crate::scenario::check::policy::attempts_of;
use crate::scenario::path::Path;
use crate::scenario::problem::Problem;
use crate::scenario::schema::{
    Backoff, Breaker, Distribution, Jitter, Layer, Retry, RetryOn, Timeout,
};

pub(super) static BACKOFF_OUTLASTS_TIMEOUT: Lint = Lint {
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
    check: Some(backoff_outlasts_timeout),
};

pub(in crate::scenario::check) static RETRIES_MULTIPLY: Lint = Lint {
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
    check: None,
};

pub(super) static RETRY_WHILE_BREAKER_OPEN: Lint = Lint {
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
    check: Some(retry_while_breaker_open),
};

pub(super) static TRIES_OUTLAST_TIMEOUT: Lint = Lint {
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
    check: Some(tries_outlast_timeout),
};

/// More waits of one call are not added up one by one: by then they are all alike, or beyond any
/// timeout.
const COUNTED: u64 = 10_000;

fn backoff_outlasts_timeout(system: &System<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (pipeline, index, at, layer) in retries(system) {
        let (Layer::Retry(Retry { backoff, .. }), Some(limit)) =
            (layer, shortest_timeout(&pipeline.policy[..index]))
        else {
            continue;
        };
        let retries = attempts_of(layer).unwrap_or(1).saturating_sub(1);
        if let Some(n) = first_beyond(backoff, retries, limit) {
            let Wait { least, most } = wait(backoff, n);
            let most = most.unwrap_or(least);
            let up_to = if least < most { "up to " } else { "" };
            let found = format!(
                "{up_to}{} before retry {n}, and the timeout outside gives up after {limit}",
                shown(most)
            );
            let at = at.field("backoff");
            let rule = "a wait outlasts the timeout outside it";
            let problem = Problem::warning(&BACKOFF_OUTLASTS_TIMEOUT, &at, rule, found);
            let hint = format!("keep the waits below {limit}, or make that timeout longer");
            problems.push(problem.hint(hint));
        }
    }
    problems
}

/// The first retry whose wait may be longer than the timeout outside.
fn first_beyond(backoff: &Backoff, retries: u64, limit: Duration) -> Option<u64> {
    let beyond = |n: &u64| wait(backoff, *n).most.is_some_and(|most| most > ns(limit));
    (1..=retries.min(COUNTED)).find(beyond)
}

fn tries_outlast_timeout(system: &System<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (pipeline, index, at, layer) in retries(system) {
        let (Some(limit), Some(tries), Some(each)) = (
            shortest_timeout(&pipeline.policy[..index]),
            attempts_of(layer).filter(|tries| *tries > 1),
            longest(&pipeline.policy[index + 1..]),
        ) else {
            continue;
        };
        let Layer::Retry(Retry { backoff, retry_on, .. }) = layer else { continue };
        if !retry_on.contains(&RetryOn::Timeout) {
            continue;
        }
        // A wait that is too long by itself is a warning of its own.
        let waits_fit = first_beyond(backoff, tries - 1, limit).is_none();
        let waits = |tries| if waits_fit { least_waits(backoff, tries - 1) } else { 0.0 };
        let of = |tries: u64| tries as f64 * each + waits(tries);
        if of(tries) <= ns(limit) {
            continue;
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
        let fit = (1..tries.min(COUNTED)).take_while(|tries| of(*tries) <= ns(limit)).count();
        let hint = match fit {
            0 => "not even one try fits: a shorter timeout of the try, or a longer one outside",
            1 => "one try fits: fewer tries, a shorter timeout of each, or a longer one outside",
            _ => &format!(
                "{fit} tries fit: fewer tries, a shorter timeout of each, or a longer one outside"
            ),
        };
        let rule = "the tries do not fit into the timeout outside them";
        let problem = Problem::warning(&TRIES_OUTLAST_TIMEOUT, &at, rule, found);
        problems.push(problem.hint(hint));
    }
    problems
}

fn retry_while_breaker_open(system: &System<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (pipeline, index, at, layer) in retries(system) {
        if let Layer::Retry(Retry { backoff, retry_on, .. }) = layer
            && retry_on.contains(&RetryOn::Rejected)
        {
            let retries = attempts_of(layer).unwrap_or(1).saturating_sub(1);
            let inside = &pipeline.policy[index + 1..];
            let problem = while_open(&at, backoff, retries, inside, "retries");
            let hint = "leave Rejected out of retry_on, or wait longer than the breaker is open";
            problems.extend(problem.map(|problem| problem.hint(hint)));
        }
    }
    for pipeline in &system.pipelines {
        if let Source::Consumer(consumer) = pipeline.source {
            let redeliveries = u64::from(consumer.max_deliveries) - 1;
            let (at, backoff) = (pipeline.at.field("backoff"), &consumer.backoff);
            let problem = while_open(&at, backoff, redeliveries, pipeline.policy, "redeliveries");
            let hint = "wait longer than the breaker is open, or take the breaker out: consumers \
                        are a limit themselves";
            problems.extend(problem.map(|problem| problem.hint(hint)));
        }
    }
    problems
}

/// The warning of tries that come while the first breaker `inside` is open.
fn while_open(
    at: &Path,
    backoff: &Backoff,
    retries: u64,
    inside: &[Layer],
    what: &str,
) -> Option<Problem> {
    let open = inside.iter().find_map(|layer| match layer {
        Layer::Breaker(Breaker { open_duration, .. }) => Some(*open_duration),
        _ => None,
    })?;
    let (mut waited, mut count) = (0.0, 0);
    for n in 1..=retries.min(COUNTED) {
        let sum = waited + wait(backoff, n).most?;
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
        "{count} of {retries} {what} come {within}, and the breaker inside is open for {open}"
    );
    let rule = "what an open breaker refuses is tried again while it is open";
    Some(Problem::warning(&RETRY_WHILE_BREAKER_OPEN, at, rule, found))
}

/// Every retry that retries anything, with its pipeline, its index in the policy and its path.
fn retries<'a>(
    system: &'a System<'_>,
) -> impl Iterator<Item = (&'a Pipeline<'a>, usize, Path, &'a Layer)> {
    system.pipelines.iter().flat_map(|pipeline| {
        let layers = pipeline.layers();
        let retries = layers.filter(|(.., layer)| match layer {
            Layer::Retry(Retry { retry_on, .. }) => !retry_on.is_empty(),
            _ => false,
        });
        retries.map(move |(index, at, layer)| (pipeline, index, at.variant("Retry"), layer))
    })
}

fn ns(duration: Duration) -> f64 {
    duration.as_ns() as f64
}

/// How long what is inside may take when nothing answers; `None` if nothing bounds it.
pub(super) fn longest(layers: &[Layer]) -> Option<f64> {
    let (first, rest) = layers.split_first()?;
    match first {
        Layer::Timeout(Timeout { after }) => {
            Some(longest(rest).map_or(ns(*after), |rest| rest.min(ns(*after))))
        }
        Layer::Retry(Retry { retry_on, .. }) if !retry_on.contains(&RetryOn::Timeout) => {
            longest(rest)
        }
        Layer::Retry(Retry { backoff, .. }) => {
            let tries = attempts_of(first)?;
            Some(tries as f64 * longest(rest)? + least_waits(backoff, tries.saturating_sub(1)))
        }
        Layer::Breaker(_) | Layer::Bulkhead(_) => longest(rest),
    }
}

/// The bounds of one wait, in nanoseconds.
#[derive(Clone, Copy)]
struct Wait {
    least: f64,
    /// `None` if nothing bounds it.
    most: Option<f64>,
}

/// The wait before retry `n`, from 1.
fn wait(backoff: &Backoff, n: u64) -> Wait {
    let between = |least, most| Wait { least, most: Some(most) };
    let exponent = n.min(COUNTED) as i32;
    match backoff {
        Backoff::None => between(0.0, 0.0),
        Backoff::Constant(wait) => between(ns(*wait), ns(*wait)),
        Backoff::Exponential { base, multiplier, cap, jitter } => {
            let grown = ns(*base) * pow(*multiplier, f64::from(exponent - 1));
            let v = cap.map_or(grown, |cap| grown.min(ns(cap)));
            match jitter {
                Jitter::None => between(v, v),
                Jitter::Full => between(0.0, v),
                Jitter::Equal => between(v / 2.0, v),
                Jitter::Proportional(ratio) => {
                    between(v * (1.0 - ratio.get()), v * (1.0 + ratio.get()))
                }
            }
        }
        Backoff::Decorrelated { base, cap } => {
            between(ns(*base), (ns(*base) * pow(3.0, f64::from(exponent))).min(ns(*cap)))
        }
        Backoff::Random(distribution) => drawn(distribution),
    }
}

fn drawn(distribution: &Distribution) -> Wait {
    let bounded = |least: &Duration, most: &Duration| (ns(*least), Some(ns(*most)));
    let (least, most) = match distribution {
        Distribution::Constant(value) => bounded(value, value),
        Distribution::Uniform { min, max } | Distribution::BoundedPareto { min, max, .. } => {
            bounded(min, max)
        }
        Distribution::Bimodal { fast, slow, .. } => bounded(fast.min(slow), fast.max(slow)),
        Distribution::Quantiles(points) => match (points.first(), points.last()) {
            (Some(first), Some(last)) => bounded(&first.value, &last.value),
            _ => (0.0, None),
        },
        Distribution::Pareto { min, .. } => (ns(*min), None),
        _ => (0.0, None),
    };
    Wait { least, most }
}

/// All waits of a call that is retried so often, each as short as it can be.
fn least_waits(backoff: &Backoff, retries: u64) -> f64 {
    let counted = retries.min(COUNTED);
    let sum: f64 = (1..=counted).map(|n| wait(backoff, n).least).sum();
    // Waits never become shorter from retry to retry.
    sum + (retries - counted) as f64 * wait(backoff, counted).least
}
