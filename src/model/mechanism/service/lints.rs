//! The lints of services: more work than they can do, and lines that outlast their callers.

use std::collections::BTreeSet;

use super::spec::{Cancellation, Spec};
use crate::kernel::time::Duration;
use crate::kernel::units::Limit;
use crate::model::mechanism::bulkhead::spec::max_wait_unused;
use crate::model::mechanism::load::spec::Spec as Load;
use crate::model::mechanism::load::volume::steady_rate;
use crate::model::spec::finding::{Finding, Segment};
use crate::model::spec::lint::{Group, Lint, number, shown};
use crate::model::spec::system::{Pipeline, Source, System, shortest_timeout};

/// The lints of services.
pub const LINTS: &[&Lint] = &[
    &OFFERED_LOAD_EXCEEDS_CAPACITY,
    &QUEUE_OUTLASTS_PATIENCE,
    &HANG_WITHOUT_TIMEOUT,
    &HANG_KEEPS_SLOTS,
];

pub(crate) static HANG_WITHOUT_TIMEOUT: Lint = Lint {
    name: "hang-without-timeout",
    group: Group::Design,
    about: "A service that sometimes never answers, and a way to it on which nothing gives up.",
    why: "Such a request is in flight for ever, with every permit, slot and consumer that it holds \
          on its way. Counted is the whole way, from the load or the consumers down; a `Parallel` \
          that is decided by other calls is not seen.",
    example: r#"services: { "api": Service(time: Constant("50ms"), hang_ratio: 0.01) },
calls: { "web": Call(to: "api") },"#,
    mended: r#"services: { "api": Service(time: Constant("50ms"), hang_ratio: 0.01) },
calls: { "web": Call(to: "api", policy: [Timeout("1s")]) },"#,
};

pub(crate) static HANG_KEEPS_SLOTS: Lint = Lint {
    name: "hang-keeps-slots",
    group: Group::Design,
    about: "A service with so many slots that sometimes never answers, and goes on when its caller \
            has left.",
    why: "What never answers keeps its slot for good, whatever timeout its caller has: after some \
          time all slots are taken, and nothing succeeds any more. This is how leaked threads and \
          connections take a service down. With `cancellation: Immediate` the slot comes back when \
          the caller gives up.",
    example: r#"services: { "api": Service(time: Constant("50ms"), slots: 10, hang_ratio: 0.01) },
calls: { "web": Call(to: "api", policy: [Timeout("1s")]) },"#,
    mended: r#"services: {
    "api": Service(
        time: Constant("50ms"), slots: 10, hang_ratio: 0.01, cancellation: Immediate,
    ),
},
calls: { "web": Call(to: "api", policy: [Timeout("1s")]) },"#,
};

pub(crate) static OFFERED_LOAD_EXCEEDS_CAPACITY: Lint = Lint {
    name: "offered-load-exceeds-capacity",
    group: Group::Design,
    about: "Loads that together bring more work than the slots of a service can do.",
    why: "Rate times mean time is the number of slots that are busy on average. Above the number \
          of slots the rest has to wait, to be shed or to be refused, whatever the policy, and \
          retries come on top. Counted are open loads with a steady mean rate while they overlap.",
    example: r#"load: { "web": Load(arrivals: Poisson(rate: "100/s"), until: "1m") },"#,
    mended: r#"load: { "web": Load(arrivals: Poisson(rate: "70/s"), until: "1m") },"#,
};

pub(crate) static QUEUE_OUTLASTS_PATIENCE: Lint = Lint {
    name: "queue-outlasts-patience",
    group: Group::Design,
    about: "A full line that holds more work than its callers wait for, or a full queue that \
            takes longer than the deadline of its load.",
    why: "Places in line times mean time, divided by the slots, is how long the last one waits. \
          Beyond the timeout of every caller the service works for nobody: once full, the line \
          stays full of requests that were given up, and nothing succeeds. This is how most \
          metastable failures keep going. A shorter line refuses what it could not answer in \
          time. Counted for services that go on after their callers left (`cancellation: None`).",
    example: r#"services: { "api": Service(time: Constant("50ms"), slots: 2, queue: 200) },
calls: { "web": Call(to: "api", policy: [Timeout("1s")]) },"#,
    mended: r#"services: { "api": Service(time: Constant("50ms"), slots: 2, queue: 30) },
calls: { "web": Call(to: "api", policy: [Timeout("1s")]) },"#,
};

pub(super) fn lint(service: &Spec, name: &str, system: &System<'_>, findings: &mut Vec<Finding>) {
    let nobody_waits = service.slots == Limit::Unlimited || service.queue == Limit::AtMost(0);
    findings.extend(max_wait_unused(service.max_wait, nobody_waits));
    if service.hang_ratio.get() > 0.0 {
        findings.extend(hang_without_timeout(name, system));
        findings.extend(hang_keeps_slots(service, system));
    }
    let (Limit::AtMost(slots), Some(mean)) = (service.slots, system.mean_ns(name)) else {
        return;
    };
    let of_all = slots.saturating_mul(service.all_replicas().into());
    findings.extend(offered_load(name, system, (of_all, mean)));
    findings.extend(line_outlasts_patience(service, name, system, (slots, mean)));
}

fn offered_load(name: &str, system: &System<'_>, (slots, mean): (u64, f64)) -> Option<Finding> {
    let per_ns = steady_rate(&loads_of(system, name));
    let busy = per_ns * mean;
    if busy <= slots as f64 {
        return None;
    }
    let found = format!(
        "{}/s x {} = {} busy slots, and it has {slots}{}",
        number(per_ns * 1e9),
        shown(mean),
        number(busy),
        system.within
    );
    let rule = "more is offered to this service than it can serve";
    let place = [Segment::field("slots")];
    let finding = Finding::warning(&OFFERED_LOAD_EXCEEDS_CAPACITY, &place, rule, found);
    Some(finding.hint("more slots, shorter work, or a smaller load"))
}

/// The loads whose requests end at this service: by a call, or by a queue and its only consumers.
fn loads_of<'a>(system: &System<'a>, service: &str) -> Vec<&'a Load> {
    let mut loads = Vec::new();
    let mut queues = BTreeSet::new();
    for pipeline in system.to(service) {
        match pipeline.source {
            Some(Source::Load(load)) => loads.push(load),
            Some(Source::Consumer(consumer)) => {
                queues.insert(consumer.from.as_str());
            }
            None => {}
        }
    }
    for queue in queues {
        if system.readers(queue).iter().all(|consumer| consumer.to == service) {
            loads.extend(system.publishers(queue));
        }
    }
    loads
}

/// The line of a service against the timeouts of its callers.
fn line_outlasts_patience(
    service: &Spec,
    name: &str,
    system: &System<'_>,
    (slots, mean): (u64, f64),
) -> Option<Finding> {
    let Limit::AtMost(places @ 1..) = service.queue else { return None };
    if service.cancellation != Cancellation::None {
        return None;
    }
    let timeouts: Option<Vec<Duration>> =
        system.to(name).map(|pipeline| shortest_timeout(pipeline.policy)).collect();
    let patience = timeouts?.into_iter().max()?;
    let wait = places as f64 * mean / slots as f64;
    let longest = service.max_wait.map_or(f64::INFINITY, |most| most.as_ns() as f64);
    if wait.min(longest) <= patience.as_ns() as f64 {
        return None;
    }
    let found = format!(
        "{places} x {} / {slots} = {} of waiting, and every caller gives up within {patience}{}",
        shown(mean),
        shown(wait),
        system.within
    );
    let rule = "a full line outlasts the patience of every caller";
    let place = [Segment::field("queue")];
    let finding = Finding::warning(&QUEUE_OUTLASTS_PATIENCE, &place, rule, found);
    let in_time = ((patience.as_ns() as f64 - mean) * slots as f64 / mean).floor();
    let hint = format!("queue: {in_time} answers the last one in time");
    Some(finding.maybe_hint((in_time >= 1.0).then_some(hint)))
}

/// The first way to the service on which nothing gives up.
fn hang_without_timeout(name: &str, system: &System<'_>) -> Option<Finding> {
    let mut seen = BTreeSet::new();
    let pipeline = system.to(name).find(|pipeline| !gives_up(pipeline, system, &mut seen))?;
    let found = format!("nothing on the way of \"{}\" gives up{}", pipeline.name, system.within);
    let rule = "an attempt that never answers is in flight for ever";
    let place = [Segment::field("hang_ratio")];
    let finding = Finding::warning(&HANG_WITHOUT_TIMEOUT, &place, rule, found);
    Some(finding.hint("a `Timeout` or a `Deadline` in its policy, or above it"))
}

/// True if a layer of the pipeline, or of every pipeline to its maker, gives up on calls. Those
/// that were `seen` do: at the first that does not, the search ends.
fn gives_up<'a>(
    pipeline: &Pipeline<'a>,
    system: &System<'a>,
    seen: &mut BTreeSet<&'a str>,
) -> bool {
    if !seen.insert(pipeline.name) || shortest_timeout(pipeline.policy).is_some() {
        return true;
    }
    let maker = system.maker(pipeline);
    maker.is_some_and(|maker| system.to(maker).all(|above| gives_up(above, system, seen)))
}

fn hang_keeps_slots(service: &Spec, system: &System<'_>) -> Option<Finding> {
    let Limit::AtMost(slots) = service.slots else { return None };
    if service.cancellation == Cancellation::Immediate {
        return None;
    }
    let replicas = u64::from(service.all_replicas());
    let (all, ratio) = (slots.saturating_mul(replicas), service.hang_ratio.get());
    let found = format!(
        "about {} attempts take all {all} slots{}",
        number((all as f64 / ratio).round()),
        system.within
    );
    let rule = "an attempt that never answers keeps its slot for good";
    let place = [Segment::field("hang_ratio")];
    let finding = Finding::warning(&HANG_KEEPS_SLOTS, &place, rule, found);
    Some(finding.hint("cancellation: Immediate gives it back when the caller gives up"))
}
