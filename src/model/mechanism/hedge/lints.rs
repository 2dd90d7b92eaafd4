//! The lints of hedges.

use super::spec::{Average, Losers, Spec};
use crate::model::mechanism::service::spec::Cancellation;
use crate::model::spec::distribution::resolve;
use crate::model::spec::finding::{Finding, Segment};
use crate::model::spec::lint::{Group, Lint, shown};
use crate::model::spec::system::Around;

/// The lints of hedges.
pub(super) const LINTS: &[&Lint] =
    &[&HEDGE_NEVER_COPIES, &HEDGES_MULTIPLY, &HEDGE_AWAITS_THE_DEAF, &HEDGE_AFTER_AVERAGE];

pub(crate) static HEDGE_NEVER_COPIES: Lint = Lint {
    name: "hedge-never-copies",
    group: Group::Writing,
    about: "A hedge that waits at least as long as a timeout around it.",
    why: "The call is over before the first further copy is sent, so the hedge does nothing unless \
          a copy fails. A hedge waits for some high quantile of the latency, a timeout for more.",
    example: r#"calls: { "web": Call(to: "api",
    policy: [Timeout("100ms"), Hedge(after: "200ms")]) },"#,
    mended: r#"calls: { "web": Call(to: "api",
    policy: [Timeout("1s"), Hedge(after: "200ms")]) },"#,
};

pub(crate) static HEDGES_MULTIPLY: Lint = Lint {
    name: "hedges-multiply",
    group: Group::Design,
    about: "A hedge within a hedge.",
    why: "Each copy is copied: two hedges with one further copy each send four attempts of one \
          call, at the moment at which the service is slowest.",
    example: r#"calls: { "web": Call(to: "api",
    policy: [Hedge(after: "200ms"), Hedge(after: "50ms")]) },"#,
    mended: r#"calls: { "web": Call(to: "api", policy: [Hedge(after: "50ms")]) },"#,
};

pub(crate) static HEDGE_AWAITS_THE_DEAF: Lint = Lint {
    name: "hedge-awaits-the-deaf",
    group: Group::Design,
    about: "A hedge that awaits losers, in front of a service that does not stop for them.",
    why: "The outcome waits for the copies that lose. If the service works on for them, the caller \
          gets the answer of the fastest copy when the slowest has ended: no sooner than without \
          copies, and the service has done the work twice. Polly awaits its losers, so it gains by \
          copies only what stops at its cancellation token. Let the service stop (`cancellation: \
          Immediate`), or do not await them.",
    example: r#"services: { "api": Service(time: Exponential(mean: "50ms"), slots: 10) },
calls: { "web": Call(to: "api", policy: [Hedge(after: "200ms", losers: Await)]) },"#,
    mended: r#"services: { "api": Service(time: Exponential(mean: "50ms"), slots: 10,
    cancellation: Immediate) },
calls: { "web": Call(to: "api", policy: [Hedge(after: "200ms", losers: Await)]) },"#,
};

fn awaits_the_deaf(hedge: &Spec, around: &Around<'_>) -> Option<Finding> {
    let service = around.system.services.get(around.pipeline.to)?;
    if hedge.losers != Losers::Await || service.cancellation == Cancellation::Immediate {
        return None;
    }
    let rule = "this hedge waits for its slowest copy, and gains nothing";
    let name = around.pipeline.to;
    let found = format!("`{name}` goes on with what is cancelled{}", around.system.within);
    let place = [Segment::field("losers")];
    let finding = Finding::warning(&HEDGE_AWAITS_THE_DEAF, &place, rule, found);
    Some(finding.hint("cancellation: Immediate of the service, or losers: Cancel"))
}

pub(crate) static HEDGE_AFTER_AVERAGE: Lint = Lint {
    name: "hedge-after-average",
    group: Group::Design,
    about: "A hedge after an average that many calls exceed.",
    why: "An average is no tail: of exponential times 37 % are above it, so more than a third of \
          the calls are sent twice, and the service needs room for them. resilience4j's average is \
          shorter still, because slow calls that a copy has overtaken are not in it, and it is 0 \
          at the start. Wait for a higher percentage of it, or for a quantile. Counted are \
          services that call no others, by what they take without load.",
    example: r#"services: { "api": Service(time: Exponential(mean: "50ms"), slots: 10) },
calls: { "web": Call(to: "api", policy: [Hedge(average: Average())]) },"#,
    mended: r#"services: { "api": Service(time: Exponential(mean: "50ms"), slots: 10) },
calls: { "web": Call(to: "api", policy: [Hedge(average: Average(percent: 300))]) },"#,
};

/// Ratio of the calls above which copies are no exception.
const MANY: f64 = 0.1;

fn after_average(hedge: &Spec, around: &Around<'_>) -> Option<Finding> {
    let Average { percent, plus, .. } = hedge.average?;
    let service = around.system.services.get(around.pipeline.to)?;
    if around.system.made.get(around.pipeline.to).is_some_and(|made| !made.is_empty()) {
        return None;
    }
    let mean = around.system.mean_ns(around.pipeline.to)?;
    let wait = mean * f64::from(percent) / 100.0 + plus.as_ns() as f64;
    // The ratio of times up to the wait, between 0 and 1.
    let time = resolve(&service.time).ok()?;
    let (mut least, mut most) = (0.0, 1.0);
    for _ in 0..20 {
        let middle = f64::midpoint(least, most);
        match time.quantile(middle) <= wait {
            true => least = middle,
            false => most = middle,
        }
    }
    let copied = 1.0 - least;
    if copied <= MANY {
        return None;
    }
    let rule = "an average is no tail";
    let found = format!(
        "{:.0} % of the calls take longer than {}{}",
        100.0 * copied,
        shown(wait),
        around.system.within
    );
    let place = [Segment::field("average")];
    let finding = Finding::warning(&HEDGE_AFTER_AVERAGE, &place, rule, found);
    Some(finding.hint("average: Average(percent: 300), or quantile: 0.95"))
}

/// Checks the lints of a hedge at its place, in an arm without errors.
pub(super) fn lint(hedge: &Spec, around: &Around<'_>, findings: &mut Vec<Finding>) {
    findings.extend(awaits_the_deaf(hedge, around));
    findings.extend(after_average(hedge, around));
}
