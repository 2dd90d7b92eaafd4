//! The lints of timeouts: those that can never fire, and those that outlast whoever waits.

use crate::kernel::time::Duration;
use crate::model::mechanism::Layer;
use crate::model::mechanism::service::spec::Cancellation;
use crate::model::spec::finding::Finding;
use crate::model::spec::lint::{Group, Lint, shown};
use crate::model::spec::system::{Around, Pipeline, longest_ns, shortest_timeout};

/// The lints of timeouts.
pub(in crate::model::mechanism) const LINTS: &[&Lint] = &[&TIMEOUT_INVERSION, &TIMEOUT_NEVER_FIRES];

pub(crate) static TIMEOUT_INVERSION: Lint = Lint {
    name: "timeout-inversion",
    group: Group::Design,
    about: "A call that a service makes and that can take longer than every caller of the service \
            waits for it.",
    why: "When the call is slow, all callers have left before it ends: the service and what it \
          calls work on for nobody, and retries of those callers begin the same work again. The \
          time of a call, with its retries and waits, fits into that of a try of its callers. A \
          `Deadline` of the caller travels, and cuts what is made for it to the time left. \
          Counted for services that go on after their callers left.",
    example: r#"services: {
    "api": Service(time: Constant("5ms"), handler: [Call("db")]),
    "db": Service(time: Constant("5ms")),
},
calls: {
    "web": Call(to: "api", policy: [Timeout("1s")]),
    "db": Call(to: "db", policy: [Retry(max_retries: 2), Timeout("500ms")]),
},"#,
    mended: r#"services: {
    "api": Service(time: Constant("5ms"), handler: [Call("db")]),
    "db": Service(time: Constant("5ms")),
},
calls: {
    "web": Call(to: "api", policy: [Timeout("1s")]),
    "db": Call(to: "db", policy: [Timeout("900ms"), Retry(max_retries: 2), Timeout("300ms")]),
},"#,
};

pub(crate) static TIMEOUT_NEVER_FIRES: Lint = Lint {
    name: "timeout-never-fires",
    group: Group::Writing,
    about: "A timeout that is longer than one outside it, or than the run.",
    why: "The other one is always first. Often the two stand in the wrong order: the timeout of \
          the whole call belongs outside the retry, that of a try inside it.",
    example: r#"calls: { "web": Call(to: "api", policy: [Timeout("1s"), Timeout("3s")]) },"#,
    mended: r#"calls: { "web": Call(to: "api", policy: [Timeout("3s"), Timeout("1s")]) },"#,
};

/// Warns of a timeout `after` this time that is never first.
pub(in crate::model::mechanism) fn never_fires(
    after: Duration,
    around: &Around<'_>,
) -> Option<Finding> {
    let found = around.ends_before(after)?;
    Some(Finding::warning(&TIMEOUT_NEVER_FIRES, &[], "this timeout never fires", found))
}

/// Warns at the outermost timeout of a call that a service makes.
pub(in crate::model::mechanism) fn inversion(around: &Around<'_>) -> Option<Finding> {
    let Around { system, pipeline, .. } = around;
    let maker = system.maker(pipeline)?;
    let goes_on = system.services.get(maker)?.cancellation != Cancellation::Immediate;
    if !goes_on || shortest_timeout(around.outside()).is_some() {
        return None;
    }
    let travels = |pipeline: &Pipeline<'_>| {
        pipeline.policy.iter().any(|layer| matches!(layer, Layer::Deadline(_)))
    };
    let mut patience = None;
    for caller in system.to(maker) {
        let waits = shortest_timeout(caller.policy).filter(|_| !travels(caller))?;
        patience = patience.max(Some(waits));
    }
    let (patience, longest) = (patience?, longest_ns(pipeline.policy)?);
    if longest <= patience.as_ns() as f64 {
        return None;
    }
    let found = format!(
        "it can take {}, and every caller of \"{maker}\" gives up within {patience}{}",
        shown(longest),
        system.within
    );
    let rule = "this call outlasts everyone who waits for it";
    let finding = Finding::warning(&TIMEOUT_INVERSION, &[], rule, found);
    Some(finding.hint("shorten it, or give the callers a `Deadline`, which travels"))
}
