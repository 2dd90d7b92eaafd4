//! What loads bring to a service, as far as it follows from the file.

use std::collections::BTreeSet;

use super::{Group, Lint, Source, System, number, shown};
use crate::kernel::distribution::spec::resolve;
use crate::kernel::units::{Limit, Rate};
use crate::scenario::problem::Problem;
use crate::scenario::schema::{Arrivals, Load};

pub(super) static OFFERED_LOAD_EXCEEDS_CAPACITY: Lint = Lint {
    name: "offered-load-exceeds-capacity",
    group: Group::Design,
    about: "Loads that together bring more work than the slots of a service can do.",
    why: "Rate times mean time is the number of slots that are busy on average. Above the number \
          of slots the rest has to wait, to be shed or to be refused, whatever the policy, and \
          retries come on top. Counted are open loads with a steady mean rate while they overlap.",
    example: r#"load: { "web": Load(arrivals: Poisson(rate: "100/s"), until: "1m") },"#,
    mended: r#"load: { "web": Load(arrivals: Poisson(rate: "70/s"), until: "1m") },"#,
    check: Some(offered_load_exceeds_capacity),
};

fn offered_load_exceeds_capacity(system: &System<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, (at, service)) in &system.view.services {
        let (Limit::AtMost(slots), Some(mean)) = (service.slots, system.mean_ns(name)) else {
            continue;
        };
        let slots = slots.saturating_mul(service.replicas.into());
        let per_ns = steady_rate(&loads_of(system, name));
        let busy = per_ns * mean;
        if busy > slots as f64 {
            let found = format!(
                "{}/s x {} = {} busy slots, and it has {slots}{}",
                number(per_ns * 1e9),
                shown(mean),
                number(busy),
                system.view.within()
            );
            let rule = "more is offered to this service than it can serve";
            let lint = &OFFERED_LOAD_EXCEEDS_CAPACITY;
            let problem = Problem::warning(lint, &at.field("slots"), rule, found);
            problems.push(problem.hint("more slots, shorter work, or a smaller load"));
        }
    }
    problems
}

/// The loads whose requests end at this service: by a call, or by a queue and its only consumers.
fn loads_of<'a>(system: &System<'a>, service: &str) -> Vec<&'a Load> {
    let mut loads = Vec::new();
    let mut queues = BTreeSet::new();
    for pipeline in system.to(service) {
        match pipeline.source {
            Source::Load(load) => loads.push(load),
            Source::Consumer(consumer) => {
                queues.insert(consumer.from.as_str());
            }
        }
    }
    for queue in queues {
        let all_here = system.readers[queue].iter().all(|consumer| consumer.to == service);
        if all_here && let Some(publishers) = system.publishers.get(queue) {
            loads.extend(publishers);
        }
    }
    loads
}

/// The largest sum of the steady rates of loads at one instant, in requests a nanosecond.
fn steady_rate(loads: &[&Load]) -> f64 {
    let steady: Vec<(f64, f64, f64)> = loads
        .iter()
        .filter_map(|load| {
            let rate = mean_rate(&load.arrivals)?;
            let start = load.start.as_ns() as f64;
            let until = load.until.map_or(f64::INFINITY, |until| until.as_ns() as f64);
            let spent = load.total.map_or(f64::INFINITY, |total| start + total as f64 / rate);
            Some((rate, start, until.min(spent)))
        })
        .collect();
    let at = |instant: f64| {
        let here = steady.iter().filter(|(_, from, until)| *from <= instant && instant < *until);
        here.map(|(rate, ..)| rate).sum::<f64>()
    };
    steady.iter().map(|(_, start, _)| at(*start)).fold(0.0, f64::max)
}

/// Requests a nanosecond of an open load whose mean rate stays the same.
fn mean_rate(arrivals: &Arrivals) -> Option<f64> {
    match arrivals {
        Arrivals::Constant { rate } => Some(rate.per_ns()),
        Arrivals::Poisson { rate, batch } => Some(rate.per_ns() * f64::from(*batch)),
        Arrivals::Renewal { gap, batch } => {
            let gap = resolve(gap).ok()?.mean();
            (gap.is_finite() && gap > 0.0).then(|| f64::from(*batch) / gap)
        }
        Arrivals::Bursts { .. } | Arrivals::Stages { .. } | Arrivals::ClosedLoop { .. } => None,
    }
}

/// Requests that come within so many nanoseconds at most, about, beside the first of them: as many
/// as the load ever brings, for a closed loop its callers.
pub(super) fn most_within(load: &Load, ns: f64) -> f64 {
    match &load.arrivals {
        Arrivals::Bursts { size, every } => {
            f64::from(*size) * (1.0 + (ns / every.as_ns() as f64).floor()) - 1.0
        }
        Arrivals::Poisson { rate, batch } => f64::from(*batch) * (1.0 + rate.per_ns() * ns) - 1.0,
        Arrivals::Constant { rate } => rate.per_ns() * ns,
        Arrivals::Renewal { gap, batch } => match resolve(gap) {
            Ok(gap) if gap.mean() > 0.0 => f64::from(*batch) * (1.0 + ns / gap.mean()) - 1.0,
            _ => f64::INFINITY,
        },
        Arrivals::Stages { stages, .. } => {
            let rates = stages.iter().flat_map(|stage| [Some(stage.rate), stage.ramp_to]);
            rates.flatten().map(Rate::per_ns).fold(0.0, f64::max) * ns
        }
        Arrivals::ClosedLoop { callers, .. } => f64::from(*callers) - 1.0,
    }
}
