//! Lints of lines: who waits where, and for how long.

use super::waits::longest;
use super::{Group, Lint, Pipeline, Source, System, shortest_timeout, shown};
use crate::kernel::time::Duration;
use crate::kernel::units::Limit;
use crate::scenario::problem::Problem;
use crate::scenario::schema::{Arrivals, Bulkhead, Cancellation, Layer};

pub(super) static BULKHEAD_QUEUE_UNTIMED: Lint = Lint {
    name: "bulkhead-queue-untimed",
    group: Group::Design,
    about: "A bulkhead with an unlimited line, outside every timeout of its policy.",
    why: "The timeout inside it bounds the try and not the wait for a permit, which nothing \
          bounds: in trouble nearly everything still succeeds, many seconds late. Give the line a \
          limit, or put a timeout outside the bulkhead.",
    example: r#"calls: {
    "web": Call(to: "api", policy: [Bulkhead(permits: 10), Timeout("500ms")]),
},"#,
    mended: r#"calls: {
    "web": Call(to: "api", policy: [Bulkhead(permits: 10, queue: 20), Timeout("500ms")]),
},"#,
    check: Some(bulkhead_queue_untimed),
};

pub(super) static CONSUMERS_EXCEED_SLOTS: Lint = Lint {
    name: "consumers-exceed-slots",
    group: Group::Design,
    about: "More consumers than their service has slots and places in its line.",
    why: "When all consumers are busy, the service sheds what some of them bring. That counts as \
          a failed delivery, so messages are dead-lettered that never ran. As many consumers as \
          slots lose none.",
    example: r#"services: { "api": Service(time: Constant("50ms"), slots: 2, queue: 0) },
publishes: { "web": "jobs" },
queues: { "jobs": Queue() },
consumers: { "workers": Consumer(from: "jobs", concurrency: 5, to: "api", max_deliveries: 3) },
calls: {},"#,
    mended: r#"services: { "api": Service(time: Constant("50ms"), slots: 2, queue: 0) },
publishes: { "web": "jobs" },
queues: { "jobs": Queue() },
consumers: { "workers": Consumer(from: "jobs", concurrency: 2, to: "api", max_deliveries: 3) },
calls: {},"#,
    check: Some(consumers_exceed_slots),
};

pub(super) static QUEUE_OUTLASTS_PATIENCE: Lint = Lint {
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
    check: Some(queue_outlasts_patience),
};

fn bulkhead_queue_untimed(system: &System<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for pipeline in &system.pipelines {
        for (index, at, layer) in pipeline.layers() {
            let Layer::Bulkhead(Bulkhead { permits, queue: Limit::Unlimited }) = layer else {
                continue;
            };
            let (outside, inside) = pipeline.policy.split_at(index);
            let bounded = is_bounded(pipeline) || outside.iter().any(is_bulkhead);
            let Some(hold) = longest(&inside[1..]) else { continue };
            let waiting = crowd(pipeline).saturating_sub(u64::from(*permits)).min(1_000);
            if bounded || waiting == 0 || shortest_timeout(outside).is_some() {
                continue;
            }
            let found = format!(
                "timeouts inside it let a permit be held for {hold}: {waiting} in line wait \
                 {waiting} x {hold} / {permits} = {}",
                shown(waiting as f64 * hold / f64::from(*permits)),
                hold = shown(hold)
            );
            let rule = "nothing bounds the wait for a permit of this bulkhead";
            let at = at.variant("Bulkhead");
            let problem = Problem::warning(&BULKHEAD_QUEUE_UNTIMED, &at, rule, found);
            let hint = "give its line a limit (queue: 0 lets nobody wait), or put a Timeout \
                        outside it";
            problems.push(problem.hint(hint));
        }
    }
    problems
}

fn is_bulkhead(layer: &Layer) -> bool {
    matches!(layer, Layer::Bulkhead(_))
}

/// Requests that a sender ever sends.
fn crowd(pipeline: &Pipeline<'_>) -> u64 {
    match pipeline.source {
        Source::Load(load) => load.total.unwrap_or(u64::MAX),
        Source::Consumer(_) => u64::MAX,
    }
}

/// True if the sender itself bounds how many are under way.
fn is_bounded(pipeline: &Pipeline<'_>) -> bool {
    match pipeline.source {
        Source::Consumer(_) => true,
        Source::Load(load) => matches!(load.arrivals, Arrivals::ClosedLoop { .. }),
    }
}

fn consumers_exceed_slots(system: &System<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, (_, service)) in &system.view.services {
        let (Limit::AtMost(slots), Limit::AtMost(places)) = (service.slots, service.queue) else {
            continue;
        };
        let groups: Vec<(&Pipeline<'_>, u64)> =
            system.to(name).filter_map(|pipeline| Some((pipeline, at_once(pipeline)?))).collect();
        let all: u64 = groups.iter().map(|(_, count)| count).sum();
        let replicas = u64::from(service.replicas);
        let slots = slots.saturating_mul(replicas);
        let places = places.saturating_mul(replicas);
        let room = slots.saturating_add(places);
        let Some((first, _)) = groups.first().filter(|_| all > room) else { continue };
        let of_groups = match groups.len() {
            1 => String::new(),
            several => format!(" in {several} groups"),
        };
        let found = format!(
            "{all} at once{of_groups}, and it takes {room} ({slots} slots + {places} in line): \
             when all deliver at once, {} are shed{}",
            all - room,
            system.view.within()
        );
        let rule = "more consumers than their service takes";
        let at = first.at.field("concurrency");
        let problem = Problem::warning(&CONSUMERS_EXCEED_SLOTS, &at, rule, found);
        problems.push(problem.hint(format!("concurrency: {slots} keeps the slots busy")));
    }
    problems
}

/// How many messages a group of consumers has at its service at once; `None` for a load.
fn at_once(pipeline: &Pipeline<'_>) -> Option<u64> {
    let Source::Consumer(consumer) = pipeline.source else { return None };
    let permits = pipeline.policy.iter().filter_map(|layer| match layer {
        Layer::Bulkhead(Bulkhead { permits, .. }) => Some(*permits),
        _ => None,
    });
    Some(u64::from(permits.fold(consumer.concurrency, u32::min)))
}

fn queue_outlasts_patience(system: &System<'_>) -> Vec<Problem> {
    let lines = system.view.services.keys().filter_map(|name| line(system, name));
    let queues = system.view.queues.keys().filter_map(|name| queue(system, name));
    lines.chain(queues).collect()
}

/// The line of a service against the timeouts of its callers.
fn line(system: &System<'_>, name: &str) -> Option<Problem> {
    let (at, service) = system.view.services.get(name)?;
    let (Limit::AtMost(slots), Limit::AtMost(places @ 1..)) = (service.slots, service.queue) else {
        return None;
    };
    if service.cancellation != Cancellation::None {
        return None;
    }
    let timeouts: Option<Vec<Duration>> =
        system.to(name).map(|pipeline| shortest_timeout(pipeline.policy)).collect();
    let patience = timeouts?.into_iter().max()?;
    let mean = system.mean_ns(name)?;
    let wait = places as f64 * mean / slots as f64;
    if wait <= patience.as_ns() as f64 {
        return None;
    }
    let found = format!(
        "{places} x {} / {slots} = {} of waiting, and every caller gives up within {patience}{}",
        shown(mean),
        shown(wait),
        system.view.within()
    );
    let rule = "a full line outlasts the patience of every caller";
    let problem = Problem::warning(&QUEUE_OUTLASTS_PATIENCE, &at.field("queue"), rule, found);
    let in_time = ((patience.as_ns() as f64 - mean) * slots as f64 / mean).floor();
    let hint = format!("queue: {in_time} answers the last one in time");
    Some(problem.maybe_hint((in_time >= 1.0).then_some(hint)))
}

/// A queue of messages against the deadlines of the loads that publish to it.
fn queue(system: &System<'_>, name: &str) -> Option<Problem> {
    let (at, queue) = system.view.queues.get(name)?;
    let Limit::AtMost(places) = queue.capacity else { return None };
    let deadlines: Option<Vec<Duration>> =
        system.publishers.get(name)?.iter().map(|load| load.deadline).collect();
    let deadline = deadlines?.into_iter().max()?;
    let mut per_ns = 0.0;
    for consumer in system.readers.get(name)? {
        per_ns += f64::from(consumer.concurrency) / system.mean_ns(&consumer.to)?;
    }
    let wait = places as f64 / per_ns;
    if per_ns == 0.0 || wait <= deadline.as_ns() as f64 {
        return None;
    }
    let found = format!(
        "{places} messages take its consumers at least {}, and all are late after {deadline}{}",
        shown(wait),
        system.view.within()
    );
    let rule = "a full queue outlasts the deadline of its load";
    let problem = Problem::warning(&QUEUE_OUTLASTS_PATIENCE, &at.field("capacity"), rule, found);
    Some(problem.hint("a shorter queue, more consumers, or a later deadline"))
}
