//! Warnings about the numbers of a scenario that need no run.

use std::collections::BTreeMap;

use crate::kernel::distribution::Distribution;
use crate::kernel::units::{Limit, Rate};
use crate::model::spec::distribution::resolve;
use crate::scenario::arms::{ONLY_ARM, arms};
use crate::scenario::schema::{Arm, Arrivals, Call, Cancellation, Scenario, Service, Stage};

/// Warnings about services that are offered more than they can serve, behind an unlimited queue.
///
/// Counted are first attempts of open loads with a mean rate (not bursts, nor callers that wait
/// for their answers) whose policy lets all of them into that queue; retries come on top.
#[must_use]
pub fn warnings(scenario: &Scenario) -> Vec<String> {
    let mut overloads: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for (arm, system) in &arms(scenario) {
        for (name, offered) in offered_per_ns(scenario, system) {
            let capacity = system.services.get(name).and_then(capacity_per_ns);
            if let Some(capacity) = capacity.filter(|capacity| offered > *capacity) {
                let times = format!("{:.2}", offered / capacity);
                let of = overloads.entry((name.to_owned(), times)).or_default();
                of.push(arm.clone());
            }
        }
    }
    let warning = |((service, times), arms): (&(String, String), &Vec<String>)| {
        let place = match arms.as_slice() {
            [only] if only == ONLY_ARM => String::new(),
            [one] => format!(" in arm {one}"),
            several => format!(" in arms {}", several.join(", ")),
        };
        format!(
            "offered load is {times} times the capacity of service {service}{place}: \
             its queue grows for as long as the load lasts"
        )
    };
    overloads.iter().map(warning).collect()
}

/// Attempts a nanosecond that a service finishes at most; `None` if nothing queues without end.
fn capacity_per_ns(service: &Service) -> Option<f64> {
    let (Limit::AtMost(slots), Limit::Unlimited, None) =
        (service.slots, service.queue, service.max_wait)
    else {
        return None;
    };
    let mean = mean_ns(&resolve(&service.time).ok()?)?;
    Some(slots as f64 * f64::from(service.all_replicas()) / mean)
}

/// The rate that each service is offered by calls that let all of it in.
fn offered_per_ns<'a>(scenario: &Scenario, arm: &'a Arm) -> BTreeMap<&'a str, f64> {
    let passes_all_load = |call: &Call, service: &Service| {
        let cancels = service.cancellation != Cancellation::None;
        call.policy.iter().all(|layer| layer.spec().passes_all_load(cancels))
    };
    let mut offered = BTreeMap::new();
    for (load, call) in &arm.calls {
        let service = arm.services.get(&call.to);
        let rate = scenario.load.get(load).and_then(|load| rate_per_ns(&load.arrivals));
        if let (Some(rate), true) = (rate, service.is_some_and(|to| passes_all_load(call, to))) {
            *offered.entry(call.to.as_str()).or_insert(0.0) += rate;
        }
    }
    offered
}

/// The mean rate of an open load that has one.
fn rate_per_ns(arrivals: &Arrivals) -> Option<f64> {
    match arrivals {
        Arrivals::Constant { rate } => Some(rate.per_ns()),
        Arrivals::Poisson { rate, batch } => Some(rate.per_ns() * f64::from(*batch)),
        Arrivals::Renewal { gap, batch } => {
            let gap = mean_ns(&resolve(gap).ok()?)?;
            Some(f64::from(*batch) / gap)
        }
        Arrivals::Stages { stages, repeat: true, .. } => Some(mean_rate(stages)),
        Arrivals::Stages { .. } | Arrivals::Bursts { .. } | Arrivals::ClosedLoop { .. } => None,
    }
}

fn mean_rate(stages: &[Stage]) -> f64 {
    let lasts = |stage: &Stage| stage.lasts.as_ns() as f64;
    let requests = |stage: &Stage| {
        let first = stage.rate.per_ns();
        let last = stage.ramp_to.map_or(first, Rate::per_ns);
        f64::midpoint(first, last) * lasts(stage)
    };
    let whole: f64 = stages.iter().map(lasts).sum();
    stages.iter().map(requests).sum::<f64>() / whole
}

fn mean_ns(distribution: &Distribution) -> Option<f64> {
    let mean = distribution.mean();
    (mean.is_finite() && mean > 0.0).then_some(mean)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Document;

    fn warnings_of(arrivals: &str, service: &str, policy: &str) -> Vec<String> {
        let text = format!(
            "Scenario(schema: 1, duration: \"10s\", load: {{ \"users\": Load(arrivals: {arrivals}) \
             }}, services: {{ \"db\": Service(time: Exponential(mean: \"10ms\"), {service}) }}, \
             calls: {{ \"users\": Call(to: \"db\", policy: [{policy}]) }})"
        );
        let document = Document::parse("test", text.as_bytes()).expect("it is RON");
        warnings(&document.scenario().expect("it is valid").scenario)
    }

    #[test]
    fn an_overloaded_service_is_named_with_the_factor() {
        let expected = "offered load is 1.20 times the capacity of service db: its queue grows \
                        for as long as the load lasts";
        for arrivals in [
            "Poisson(rate: \"240/s\")",
            "Poisson(rate: \"120/s\", batch: 2)",
            "Constant(rate: \"240/s\")",
            "Renewal(gap: Constant(\"8333333ns\"), batch: 2)",
            "Stages(stages: [(lasts: \"1s\", rate: \"480/s\"), (lasts: \"1s\", rate: \"0/s\")], \
             repeat: true)",
        ] {
            assert_eq!(warnings_of(arrivals, "slots: 2", ""), [expected], "{arrivals}");
        }
    }

    #[test]
    fn what_bounds_the_queue_bounds_the_warning() {
        let much = "Poisson(rate: \"900/s\")";
        assert_eq!(warnings_of(much, "slots: 2", "Timeout(\"1s\")").len(), 1);
        for (service, policy) in [
            ("slots: 9", ""),
            ("slots: \"unlimited\"", ""),
            ("slots: 2, queue: 10", ""),
            ("slots: 2", "Bulkhead(permits: 4)"),
            ("slots: 2, cancellation: QueuedOnly", "Timeout(\"1s\")"),
        ] {
            let none = warnings_of(much, service, policy);
            assert!(none.is_empty(), "{service} {policy}: {none:?}");
        }
        let closed = "ClosedLoop(callers: 900, think: Constant(\"1s\"))";
        assert!(warnings_of(closed, "slots: 1", "").is_empty());
    }
}
