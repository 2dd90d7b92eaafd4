//! Rate limits that refuse below their rate, or that nothing ever reaches.

use super::spec::{Algorithm, Spec};
use crate::model::mechanism::load::spec::Arrivals;
use crate::model::mechanism::load::volume::{arriving_per_ns, most_within};
use crate::model::spec::finding::{Finding, Segment};
use crate::model::spec::lint::{Group, Lint, number};
use crate::model::spec::system::{Around, attempts};

/// The lints of rate limits.
pub const LINTS: &[&Lint] =
    &[&RATE_LIMIT_BELOW_LOAD, &RATE_LIMIT_WITHOUT_BURST, &RATE_LIMIT_NEVER_REACHED];

pub(crate) static RATE_LIMIT_BELOW_LOAD: Lint = Lint {
    name: "rate-limit-below-load",
    group: Group::Design,
    about: "A rate limit that lets less pass than its load brings on average.",
    why: "What is too much is refused all the time, or waits longer and longer, whatever the burst \
          is, and retries of the refused come on top. A limit for each client is such a limit for \
          each, and one with `scope: Shared` for all of them together.",
    example: r#"calls: { "web": Call(to: "api", policy: [
    RateLimit(algorithm: TokenBucket(rate: "10/s", burst: 100)),
]) },"#,
    mended: r#"calls: { "web": Call(to: "api", policy: [
    RateLimit(algorithm: TokenBucket(rate: "30/s", burst: 100)),
]) },"#,
};

pub(super) fn below_load(spec: &Spec, around: &Around<'_>) -> Option<Finding> {
    let requests = arriving_per_ns(&[around.load()?]) * 1e9;
    let states = f64::from(around.states());
    let (calls, limit) = (requests / states, spec.algorithm.per_s());
    if calls <= limit {
        return None;
    }
    let each = if states > 1.0 { " from each client" } else { "" };
    let found = format!(
        "{}/s come{each}, and {}/s may pass{}",
        number(calls),
        number(limit),
        around.system.within
    );
    let rule = "this rate limit is below its load";
    let finding =
        Finding::warning(&RATE_LIMIT_BELOW_LOAD, &[Segment::field("algorithm")], rule, found);
    Some(finding.hint("raise the limit, or lower the load"))
}

pub(crate) static RATE_LIMIT_WITHOUT_BURST: Lint = Lint {
    name: "rate-limit-without-burst",
    group: Group::Design,
    about: "A rate limit that lets one call pass at a time, and a load that arrives at random.",
    why: "Without a burst, a limit of 100/s is one call in 10 ms, and nobody's calls come so \
          evenly: of a Poisson load at the rate r under a limit L the part r / (r + L) is \
          refused, 44 % at 80 % of the limit. nginx's `limit_req` without `burst` is that, and is \
          often read as so many calls in a second. Give it a burst, or let calls wait.",
    example: r#"calls: { "web": Call(to: "api", policy: [
    RateLimit(algorithm: LeakyBucket(rate: "125/s")),
]) },"#,
    mended: r#"calls: { "web": Call(to: "api", policy: [
    RateLimit(algorithm: LeakyBucket(rate: "125/s", burst: 20, at_once: 20)),
]) },"#,
};

/// Part of the calls above which a refusal below the rate is worth a warning.
const WORTH: f64 = 0.01;

pub(super) fn without_burst(spec: &Spec, around: &Around<'_>) -> Option<Finding> {
    let (variant, field) = match spec.algorithm {
        Algorithm::TokenBucket { burst: 1, .. } => ("TokenBucket", "burst"),
        Algorithm::Gcra { burst: 1, .. } => ("Gcra", "burst"),
        Algorithm::LeakyBucket { burst: 0, .. } => ("LeakyBucket", "burst"),
        _ => return None,
    };
    let Arrivals::Poisson { rate, batch: 1 } = around.load()?.arrivals else { return None };
    let states = f64::from(around.states());
    let (calls, limit) = (rate.per_s() / states, spec.algorithm.per_s());
    let refused = calls / (calls + limit);
    if spec.can_wait() || calls >= limit || refused < WORTH {
        return None;
    }
    let each = if states > 1.0 { " from each client" } else { "" };
    // Refused calls that are tried again come on top of the load.
    let retried = attempts(around.outside()).is_some();
    let even = if retried { " even without retries" } else { "" };
    let found = format!(
        "{}/s at random{each} under {}/s, one at a time: {:.0} % are refused{even}{}",
        number(calls),
        number(limit),
        100.0 * refused,
        around.system.within
    );
    let rule = "this rate limit refuses calls although they stay below its rate";
    let place = [Segment::field("algorithm"), Segment::Variant(variant), Segment::field(field)];
    let finding = Finding::warning(&RATE_LIMIT_WITHOUT_BURST, &place, rule, found);
    Some(finding.hint("give it a burst, or let calls wait"))
}

pub(crate) static RATE_LIMIT_NEVER_REACHED: Lint = Lint {
    name: "rate-limit-never-reached",
    group: Group::Writing,
    about: "A rate limit a hundred times above everything that its load can send.",
    why: "It refuses nothing. The defaults of resilience4j are such a limit: 50 calls in every \
          500 ns, which is 100 million a second. Probably the window was meant to be longer.",
    example: r#"calls: { "web": Call(to: "api", policy: [
    RateLimit(algorithm: FixedWindow(limit: 50, window: "500ns")),
]) },"#,
    mended: r#"calls: { "web": Call(to: "api", policy: [
    RateLimit(algorithm: FixedWindow(limit: 50, window: "500ms")),
]) },"#,
};

/// How many times the calls of a load a limit is when it is never reached.
const FAR_ABOVE: f64 = 100.0;

pub(super) fn never_reached(spec: &Spec, around: &Around<'_>) -> Option<Finding> {
    let load = around
        .steady_load()
        .filter(|load| !matches!(load.arrivals, Arrivals::Poisson { batch: 2.., .. }))?;
    let tries = attempts(around.outside()).unwrap_or(1) as f64;
    let calls = most_within(load, 1e9) * tries;
    let limit = spec.algorithm.per_s();
    if limit < calls * FAR_ABOVE {
        return None;
    }
    let found = format!(
        "{}/s may pass, and about {} calls come in a second{}",
        number(limit),
        number(calls),
        around.system.within
    );
    let rule = "nothing reaches this rate limit";
    let place = [Segment::field("algorithm")];
    let finding = Finding::warning(&RATE_LIMIT_NEVER_REACHED, &place, rule, found);
    Some(finding.hint("lengthen its window or lower its limit, or leave it out"))
}
