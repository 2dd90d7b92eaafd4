//! Breakers that keep themselves open, never open, or are closed by other calls than their own.
//!
//! *Keeps itself open.* A count window of W results opens at F failures and is not cleared. When
//! the failures are over, each new result pushes out the oldest, and the breaker opens again while
//! F failures are left. In the worst case all W - F good results before the failures are pushed
//! out first, so the breaker stays closed after W - F + 1 good results. It admits the calls that
//! arrive until the first of them answers; then it is open again for its whole time.

use super::settings::LateResults;
use super::spec::{Buckets, Spec};
use crate::kernel::time::Duration;
use crate::kernel::units::{CountOrTime, Ratio};
use crate::model::mechanism::load::spec::Arrivals;
use crate::model::mechanism::load::volume::most_within;
use crate::model::spec::finding::{Finding, Segment};
use crate::model::spec::lint::{Group, Lint, number, shown};
use crate::model::spec::system::{Around, Source, attempts, longest_ns, shortest_timeout};

/// The lints of breakers.
pub const LINTS: &[&Lint] = &[
    &BREAKER_KEEPS_ITSELF_OPEN,
    &BREAKER_MINIMUM_OUT_OF_REACH,
    &HALF_OPEN_CAN_HANG,
    &LATE_RESULTS_DECIDE,
    &RESULTS_COME_TOO_LATE,
];

pub(crate) static BREAKER_KEEPS_ITSELF_OPEN: Lint = Lint {
    name: "breaker-keeps-itself-open",
    group: Group::Design,
    about: "A breaker that lets in too few calls at a time to push the failures out of its window.",
    why: "The window is not cleared when the breaker opens or closes. After the failures are over \
          it needs up to window - failure_threshold + 1 good results to stay closed, and each time \
          its open time ends it lets in only what arrives before the first of them answers, \
          about rate x time + 1. It opens again, with a healthy service behind it, until enough \
          came through. Libraries do not: with `half_open` a breaker makes trial calls, and \
          closes with an empty window. A window that one opening can refill does not have this, \
          either.",
    example: r#"calls: { "web": Call(to: "api", policy: [
    Breaker(window: 100, failure_threshold: 50, open_duration: "60s"),
]) },"#,
    mended: r#"calls: { "web": Call(to: "api", policy: [
    Breaker(window: 100, failure_threshold: 50, open_duration: "60s", half_open: HalfOpen()),
    Timeout("1s"),
]) },"#,
};

pub(super) fn keeps_itself_open(breaker: &Spec, around: &Around<'_>) -> Option<Finding> {
    // Half-open empties the window, and a window of time forgets failures by itself.
    let Spec { window: Some(CountOrTime::Count(window)), half_open: None, .. } = breaker else {
        return None;
    };
    let open_duration = breaker.shortest_open();
    let of_rate = |rate: Ratio| (rate.get() * f64::from(*window)).ceil() as u32;
    let threshold = breaker.failure_threshold.or(breaker.failure_rate.map(of_rate))?;
    let needed = f64::from(window.saturating_sub(threshold)) + 1.0;
    let (admitted, because) = admitted(*window, around)?;
    if needed <= admitted {
        return None;
    }
    let openings = (needed / admitted).ceil();
    let found = format!(
        "stays closed after {needed} good results ({window} - {threshold} + 1), \
         lets in about {} at a time ({because}): about {openings} times open for \
         {open_duration}{}",
        number(admitted),
        around.system.within
    );
    let rule = "this breaker can keep itself open when the failures are over";
    let hint = "its window is not cleared: with `half_open` it makes trial calls and closes with \
                an empty one, as libraries do (docs/scenario.md, \"Transcribing\")";
    Some(Finding::warning(&BREAKER_KEEPS_ITSELF_OPEN, &[], rule, found).hint(hint))
}

/// Most calls that a breaker admits from the end of its open time to the first answer, and the
/// calculation in words; `None` if the number is unknown, or the breaker never opens.
fn admitted(window: u32, around: &Around<'_>) -> Option<(f64, String)> {
    let Around { system, pipeline, .. } = around;
    let (breakers, of_each) = breakers(around);
    let load = match pipeline.source? {
        Source::Consumer(consumer) => {
            let consumers = f64::from(consumer.concurrency);
            return Some((consumers / breakers, format!("{consumers} consumers{of_each}")));
        }
        Source::Load(load) => load,
    };
    let tries = |layers| attempts(layers).unwrap_or(1) as f64;
    // A window that never fills opens nothing.
    let calls = load.expected_requests(system.duration) * tries(pipeline.policy);
    if calls / breakers <= f64::from(window) {
        return None;
    }
    let mean = system.mean_ns(pipeline.to)?;
    let timeout = shortest_timeout(around.inside()).map(Duration::as_ns);
    let first = timeout.map_or(mean, |timeout| mean.min(timeout as f64));
    // Refused callers that try again come on top.
    let tries = tries(around.outside());
    let others = most_within(load, first) / breakers;
    let times = if tries > 1.0 { format!(" x {tries} tries") } else { String::new() };
    let because = format!("{} in {}{of_each}{times} + 1", number(others), shown(first));
    Some((others * tries + 1.0, because))
}

/// Number of breakers, one for each client, and the words for the share of each.
fn breakers(around: &Around<'_>) -> (f64, &'static str) {
    let breakers = around.states();
    (f64::from(breakers), if breakers > 1 { " for each client" } else { "" })
}

pub(crate) static BREAKER_MINIMUM_OUT_OF_REACH: Lint = Lint {
    name: "breaker-minimum-out-of-reach",
    group: Group::Design,
    about: "A breaker whose window of time hardly ever holds as many results as it needs.",
    why: "Below `minimum_calls` a window says nothing, however many of its results failed. A load \
          that brings fewer calls in the time of the window does not open the breaker, not even in \
          a total outage. The minimum of libraries is often 100, and each client counts for \
          itself. Lower the minimum, widen the window, or add `consecutive_failures`.",
    example: r#"calls: { "web": Call(to: "api", policy: [
    Breaker(window: "3s", failure_rate: 0.5, half_open: HalfOpen()),
    Timeout("1s"),
]) },"#,
    mended: r#"calls: { "web": Call(to: "api", policy: [
    Breaker(window: "3s", minimum_calls: 20, failure_rate: 0.5, half_open: HalfOpen()),
    Timeout("1s"),
]) },"#,
};

pub(super) fn minimum_out_of_reach(breaker: &Spec, around: &Around<'_>) -> Option<Finding> {
    let Spec { window: Some(CountOrTime::Time(window)), minimum_calls: Some(minimum), .. } =
        breaker
    else {
        return None;
    };
    let load = match around.pipeline.source? {
        // The rate of a closed loop depends on the latencies of the system.
        Source::Load(load) if !matches!(load.arrivals, Arrivals::ClosedLoop { .. }) => load,
        Source::Load(_) | Source::Consumer(_) => return None,
    };
    let tries = attempts(around.pipeline.policy).unwrap_or(1) as f64;
    let (breakers, of_each) = breakers(around);
    let most = most_within(load, window.as_ns() as f64) * tries / breakers;
    // Random arrivals seldom exceed their mean by five standard deviations.
    let seldom = 5.0 * most.sqrt();
    if breaker.consecutive_failures.is_some() || most + seldom >= f64::from(*minimum) {
        return None;
    }
    let times = if tries > 1.0 { format!(", with {tries} tries") } else { String::new() };
    let found = format!(
        "about {} results in {window}{of_each}{times}, and it needs {minimum}{}",
        number(most),
        around.system.within
    );
    let rule = "this window hardly ever holds enough results to open the breaker";
    let finding = Finding::warning(&BREAKER_MINIMUM_OUT_OF_REACH, &[], rule, found);
    Some(finding.hint("lower `minimum_calls`, widen `window`, or give `consecutive_failures`"))
}

pub(crate) static HALF_OPEN_CAN_HANG: Lint = Lint {
    name: "half-open-can-hang",
    group: Group::Design,
    about: "A half-open breaker whose trial calls nothing ends.",
    why: "A half-open breaker refuses everything else until its trial calls have answered. Where \
          no timeout ends a call and `longest_stay` does not end the state, one that never \
          answers keeps the breaker half-open for ever, with a healthy service behind it. This is \
          the default of resilience4j, and of Polly without a timeout.",
    example: r#"calls: { "web": Call(to: "api", policy: [
    Breaker(half_open: HalfOpen()),
]) },"#,
    mended: r#"calls: { "web": Call(to: "api", policy: [
    Breaker(half_open: HalfOpen()),
    Timeout("1s"),
]) },"#,
};

pub(super) fn half_open_can_hang(breaker: &Spec, around: &Around<'_>) -> Option<Finding> {
    let half_open = breaker.half_open?;
    let ends =
        half_open.longest_stay.is_some() || shortest_timeout(around.pipeline.policy).is_some();
    if ends {
        return None;
    }
    let rule = "nothing ends a trial call that does not answer";
    let found = format!("no timeout in this policy and no `longest_stay`{}", around.system.within);
    let place = [Segment::field("half_open")];
    let finding = Finding::warning(&HALF_OPEN_CAN_HANG, &place, rule, found);
    Some(finding.hint("put a `Timeout` inside the breaker, or give `longest_stay`"))
}

pub(crate) static LATE_RESULTS_DECIDE: Lint = Lint {
    name: "late-results-decide",
    group: Group::Design,
    about: "A half-open breaker over which calls from before the opening can decide.",
    why: "A call may still be under way when the breaker that admitted it opens, and answer when \
          it is half-open. Most libraries count that as the result of a trial call: failures of \
          the past open it again, and successes of the past close it. It takes calls that last \
          longer than the breaker is open. Discard late results, or stay open for longer than a \
          call may take.",
    example: r#"calls: { "web": Call(to: "api", policy: [
    Breaker(window: 10, open_duration: "5s", half_open: HalfOpen(calls: 1)),
    Timeout("10s"),
]) },"#,
    mended: r#"calls: { "web": Call(to: "api", policy: [
    Breaker(window: 10, open_duration: "15s", half_open: HalfOpen(calls: 1)),
    Timeout("10s"),
]) },"#,
};

pub(super) fn late_results_decide(breaker: &Spec, around: &Around<'_>) -> Option<Finding> {
    breaker.half_open?;
    let longest = longest_ns(around.inside())?;
    let open = breaker.shortest_open();
    if breaker.late_results != LateResults::Apply || longest <= open.as_ns() as f64 {
        return None;
    }
    let rule = "calls from before the opening can decide over this half-open breaker";
    let found = format!(
        "a call may take {}, and it is open for {open}{}",
        shown(longest),
        around.system.within
    );
    let field = if breaker.open_backoff.is_some() { "open_backoff" } else { "open_duration" };
    let place = [Segment::field(field)];
    let finding = Finding::warning(&LATE_RESULTS_DECIDE, &place, rule, found);
    Some(finding.hint("stay open for longer, or give `late_results: Discard`"))
}

pub(crate) static RESULTS_COME_TOO_LATE: Lint = Lint {
    name: "results-come-too-late",
    group: Group::Design,
    about: "A breaker that discards the results of calls which take longer than its window.",
    why: "With `late_results: Discard` a result belongs to the instant of its call, and is ignored \
          when the window of that instant is over. Where the timeout inside is longer than the \
          window, a service that hangs never opens the breaker, because no timeout counts. This \
          is gobreaker with an `Interval` that is shorter than the timeout of its calls.",
    example: r#"calls: { "web": Call(to: "api", policy: [
    Breaker(
        consecutive_failures: 6, window: "1s", buckets: One, opens_on: Failures,
        late_results: Discard, half_open: HalfOpen(calls: 1),
    ),
    Timeout("2s"),
]) },"#,
    mended: r#"calls: { "web": Call(to: "api", policy: [
    Breaker(
        consecutive_failures: 6, window: "10s", buckets: One, opens_on: Failures,
        late_results: Discard, half_open: HalfOpen(calls: 1),
    ),
    Timeout("2s"),
]) },"#,
};

pub(super) fn results_come_too_late(breaker: &Spec, around: &Around<'_>) -> Option<Finding> {
    let Spec { window: Some(CountOrTime::Time(window)), late_results, buckets, .. } = breaker
    else {
        return None;
    };
    let longest = longest_ns(around.inside())?;
    let by_call = *late_results == LateResults::Discard && *buckets != Some(Buckets::Tenths);
    if !by_call || longest <= window.as_ns() as f64 {
        return None;
    }
    let rule = "results of calls that take longer than this window never count";
    let found = format!(
        "a call may take {}, and the window is {window}{}",
        shown(longest),
        around.system.within
    );
    let finding =
        Finding::warning(&RESULTS_COME_TOO_LATE, &[Segment::field("window")], rule, found);
    Some(finding.hint("a window longer than a call may take, or a shorter timeout inside"))
}
