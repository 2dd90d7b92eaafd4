//! The lint of breakers whose own window keeps them open.
//!
//! A count window of W results opens at F failures and is not cleared. When the failures are over,
//! each result that comes pushes out the oldest, and the breaker opens again as long as F failures
//! are left. In the worst case all W - F good results before the failures have to go first, so
//! W - F + 1 good results are needed until it stays closed. It lets in what arrives until the
//! first of them answers; then it is open again for its whole time.

use super::spec::Spec;
use crate::kernel::time::Duration;
use crate::model::mechanism::load::volume::most_within;
use crate::model::spec::finding::Finding;
use crate::model::spec::lint::{Group, Lint, number, shown};
use crate::model::spec::system::{Around, Source, attempts, shortest_timeout};

/// All of them.
pub const LINTS: &[&Lint] = &[&BREAKER_KEEPS_ITSELF_OPEN];

pub(crate) static BREAKER_KEEPS_ITSELF_OPEN: Lint = Lint {
    name: "breaker-keeps-itself-open",
    group: Group::Design,
    about: "A breaker that lets in too few calls at a time to push the failures out of its window.",
    why: "The window is not cleared when the breaker opens or closes. After the failures are over \
          it needs up to window - failure_threshold + 1 good results to stay closed, and each time \
          its open time ends it lets in only what arrives before the first of them answers, \
          about rate x time + 1. It opens again, with a healthy service behind it, until enough \
          came through. Libraries with a half-open state do not: they probe, and clear the window. \
          That state is not there yet, so a breaker of resilience4j or Polly that is transcribed \
          field by field is much worse here than there. A window that one opening can refill does \
          not have this.",
    example: r#"calls: { "web": Call(to: "api", policy: [
    Breaker(window: 100, failure_threshold: 50, open_duration: "60s"),
]) },"#,
    mended: r#"calls: { "web": Call(to: "api", policy: [
    Breaker(window: 10, failure_threshold: 10, open_duration: "60s"),
]) },"#,
};

pub(super) fn keeps_itself_open(breaker: &Spec, around: &Around<'_>) -> Option<Finding> {
    let Spec { window, failure_threshold, open_duration, .. } = breaker;
    let needed = f64::from(window.saturating_sub(*failure_threshold)) + 1.0;
    let (let_in, because) = let_in(breaker, around)?;
    if needed <= let_in {
        return None;
    }
    let openings = (needed / let_in).ceil();
    let found = format!(
        "stays closed after {needed} good results ({window} - {failure_threshold} + 1), \
         lets in about {} at a time ({because}): about {openings} times open for \
         {open_duration}{}",
        number(let_in),
        around.system.within
    );
    let rule = "this breaker can keep itself open when the failures are over";
    let hint = "its window is not cleared, and half-open is not there yet: libraries that \
                have it come back at once (docs/scenario.md, \"Transcribing\")";
    Some(Finding::warning(&BREAKER_KEEPS_ITSELF_OPEN, &[], rule, found).hint(hint))
}

/// How many calls a breaker lets in, at most, from the end of its open time to the first answer,
/// and why so many; `None` if that is unknown, or the breaker never opens.
fn let_in(breaker: &Spec, around: &Around<'_>) -> Option<(f64, String)> {
    let Around { system, pipeline, .. } = around;
    let load = match pipeline.source? {
        Source::Consumer(consumer) => {
            let consumers = f64::from(consumer.concurrency);
            return Some((consumers, format!("{consumers} consumers")));
        }
        Source::Load(load) => load,
    };
    let tries = |layers| attempts(layers).unwrap_or(1) as f64;
    // A window that never fills opens nothing.
    let calls = load.expected_requests(system.duration) * tries(pipeline.policy);
    if calls <= f64::from(breaker.window) {
        return None;
    }
    let mean = system.mean_ns(pipeline.to)?;
    let timeout = shortest_timeout(around.inside()).map(Duration::as_ns);
    let first = timeout.map_or(mean, |timeout| mean.min(timeout as f64));
    // Callers that were refused and try again come on top.
    let tries = tries(around.outside());
    let others = most_within(load, first);
    let times = if tries > 1.0 { format!(" x {tries} tries") } else { String::new() };
    let because = format!("{} in {}{times} + 1", number(others), shown(first));
    Some((others * tries + 1.0, because))
}
