//! The lint of breakers whose own window keeps them open.
//!
//! A count window of W results opens at F failures and is not cleared. When the failures are over,
//! each result that comes pushes out the oldest, and the breaker opens again as long as F failures
//! are left. In the worst case all W - F good results before the failures have to go first, so
//! W - F + 1 good results are needed until it stays closed. It lets in what arrives until the
//! first of them answers; then it is open again for its whole time.

use super::load::most_within;
use super::{Group, Lint, Pipeline, Source, System, number, shortest_timeout, shown};
use crate::kernel::time::Duration;
use crate::kernel::units::CountOrTime;
use crate::scenario::check::load::of_load;
use crate::scenario::check::policy::attempts_of;
use crate::scenario::problem::Problem;
use crate::scenario::schema::{Breaker, Layer};

pub(super) static BREAKER_KEEPS_ITSELF_OPEN: Lint = Lint {
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
    Breaker(window: 100, failure_threshold: 50, open_duration: "60s", half_open: HalfOpen()),
]) },"#,
    check: Some(breaker_keeps_itself_open),
};

fn breaker_keeps_itself_open(system: &System<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for pipeline in &system.pipelines {
        for (index, at, layer) in pipeline.layers() {
            // Half-open clears the window, and a window of time forgets failures by itself.
            let Layer::Breaker(Breaker {
                window: Some(CountOrTime::Count(window)),
                failure_threshold: Some(failure_threshold),
                open_duration,
                half_open: None,
                ..
            }) = layer
            else {
                continue;
            };
            let needed = f64::from(window.saturating_sub(*failure_threshold)) + 1.0;
            let Some((let_in, because)) = let_in(system, pipeline, (index, *window)) else {
                continue;
            };
            if needed <= let_in {
                continue;
            }
            let openings = (needed / let_in).ceil();
            let found = format!(
                "stays closed after {needed} good results ({window} - {failure_threshold} + 1), \
                 lets in about {} at a time ({because}): about {openings} times open for \
                 {open_duration}{}",
                number(let_in),
                system.view.within()
            );
            let rule = "this breaker can keep itself open when the failures are over";
            let at = at.variant("Breaker");
            let problem = Problem::warning(&BREAKER_KEEPS_ITSELF_OPEN, &at, rule, found);
            let hint = "its window is not cleared: with `half_open` it makes trial calls and closes \
                        with an empty one, as libraries do (docs/scenario.md, \"Transcribing\")";
            problems.push(problem.hint(hint));
        }
    }
    problems
}

/// How many calls a breaker lets in, at most, from the end of its open time to the first answer,
/// and why so many; `None` if that is unknown, or the breaker never opens.
fn let_in(
    system: &System<'_>,
    pipeline: &Pipeline<'_>,
    (index, window): (usize, u32),
) -> Option<(f64, String)> {
    let load = match pipeline.source {
        Source::Consumer(consumer) => {
            let consumers = f64::from(consumer.concurrency);
            return Some((consumers, format!("{consumers} consumers")));
        }
        Source::Load(load) => load,
    };
    let (outside, inside) = pipeline.policy.split_at(index);
    let tries = |layers: &[Layer]| {
        layers.iter().filter_map(attempts_of).fold(1.0, |all, of| all * of as f64)
    };
    // A window that never fills opens nothing.
    if of_load(system.duration, load) * tries(pipeline.policy) <= f64::from(window) {
        return None;
    }
    let mean = system.mean_ns(pipeline.to)?;
    let timeout = shortest_timeout(inside).map(Duration::as_ns);
    let first = timeout.map_or(mean, |timeout| mean.min(timeout as f64));
    // Callers that were refused and try again come on top.
    let tries = tries(outside);
    let others = most_within(load, first);
    let times = if tries > 1.0 { format!(" x {tries} tries") } else { String::new() };
    let because = format!("{} in {}{times} + 1", number(others), shown(first));
    Some((others * tries + 1.0, because))
}
