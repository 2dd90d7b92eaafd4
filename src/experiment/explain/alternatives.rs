//! The same arm with one thing changed: what might have helped, and what might have harmed.
//!
//! What can be changed of a part is known to its mechanism; here the arm is walked, and each part
//! is asked. A layer is changed in place where it can be, so that no other layer gets another name,
//! and with it other luck.

use std::collections::BTreeMap;

use crate::metrics::change::Change;
use crate::model::mechanism::additions;
use crate::model::mechanism::balancer::outliers::alternatives as outliers;
use crate::model::mechanism::balancer::repicks;
use crate::model::spec::alternative::{Addition, Alternative};
use crate::model::spec::part::PartSpec;
use crate::model::spec::system::{Around, Pipeline, Source, System};
use crate::scenario::check::Placed;
use crate::scenario::check::arms::views;
use crate::scenario::names::{balancer_name, layer_names};
use crate::scenario::pipelines::edge_name;
use crate::scenario::schema::{Arm, Balancing, Call, Consumer, Layer, OutlierDetection, Scenario};

/// A scenario of one arm, with one thing changed.
#[derive(Clone, Debug)]
pub(super) struct Changed {
    pub(super) change: Change,
    pub(super) scenario: Scenario,
    /// The edge whose policy is changed.
    pub(super) edge: Option<String>,
}

/// One arm of a scenario as a scenario of its own: the same requests, with the same luck.
pub(super) fn alone(scenario: &Scenario, arm: &Arm) -> Scenario {
    let Arm { services, pools, queues, consumers, calls, publishes, faults, .. } = arm.clone();
    Scenario {
        services,
        pools,
        queues,
        consumers,
        calls,
        publishes,
        faults,
        arms: BTreeMap::new(),
        ..scenario.clone()
    }
}

/// Everything that is worth a try: first what nobody can change, because it tells whether a cause
/// is one, then settings, then more capacity. Of each, what takes out a sustaining loop comes
/// first.
pub(super) fn alternatives(alone: &Scenario) -> Vec<Changed> {
    let views = views(alone);
    let [view] = &views[..] else { return Vec::new() };
    let placed = Placed::new(alone, view);
    let mut tries = Tries { alone, system: &placed.system, found: Vec::new() };
    tries.parts(|of| &mut of.faults);
    for pipeline in &placed.system.pipelines {
        tries.policy(pipeline);
    }
    tries.parts(|of| &mut of.load);
    tries.parts(|of| &mut of.services);
    tries.parts(|of| &mut of.pools);
    tries.parts(|of| &mut of.queues);
    tries.parts(|of| &mut of.consumers);
    let mut found = tries.found;
    found.sort_by_key(|changed| {
        let kind = changed.change.kind;
        (kind.means, kind.cuts.is_none(), kind.cuts)
    });
    found
}

/// Collects what could be changed of an arm.
struct Tries<'a> {
    alone: &'a Scenario,
    system: &'a System<'a>,
    found: Vec<Changed>,
}

impl Tries<'_> {
    fn add(&mut self, change: Change, edge: Option<String>, edit: impl FnOnce(&mut Scenario)) {
        let mut scenario = self.alone.clone();
        edit(&mut scenario);
        self.found.push(Changed { change, scenario, edge });
    }

    /// Asks all parts of one kind.
    fn parts<T: PartSpec>(&mut self, parts: fn(&mut Scenario) -> &mut BTreeMap<String, T>) {
        let mut alone = self.alone.clone();
        for (name, part) in parts(&mut alone) {
            for Alternative { change, replacement } in part.alternatives(name, self.system) {
                self.add(change, None, |of| {
                    drop(match replacement {
                        Some(replacement) => parts(of).insert(name.clone(), replacement),
                        None => parts(of).remove(name),
                    });
                });
            }
        }
    }

    /// Asks the layers of a policy, those that could be added to it, and the balancer behind it.
    fn policy(&mut self, pipeline: &Pipeline<'_>) {
        let edge = || Some(edge_name(pipeline.name, pipeline.to));
        let names = layer_names(pipeline.name, pipeline.policy);
        for (index, (layer, name)) in pipeline.policy.iter().zip(names).enumerate() {
            let around = Around { system: self.system, pipeline, index };
            for Alternative { change, replacement } in layer.spec().alternatives(&name, &around) {
                self.add(change, edge(), |of| {
                    let Some(Route { policy, .. }) = route(of, pipeline) else { return };
                    policy.splice(index..=index, replacement);
                });
            }
        }
        for Addition { change, index, layer } in additions(pipeline, self.system) {
            self.add(change, edge(), |of| {
                let Some(Route { policy, .. }) = route(of, pipeline) else { return };
                policy.insert(index, layer);
            });
        }
        self.balancer(pipeline);
    }

    /// Asks the balancer in front of a service with several replicas.
    fn balancer(&mut self, pipeline: &Pipeline<'_>) {
        let mut alone = self.alone.clone();
        let service = self.system.services.get(pipeline.to).copied();
        let (Some(of), Some(to)) = (route(&mut alone, pipeline), service) else { return };
        let name = balancer_name(pipeline.name);
        for Alternative { change, replacement } in of.balancing.alternatives(&name, to) {
            self.add(change, None, |of| {
                let Some(Route { balancing, .. }) = route(of, pipeline) else { return };
                *balancing = replacement.unwrap_or_default();
            });
        }
        let repicks = repicks::alternative(*of.max_repicks, of.balancing, of.policy, &name, to);
        if let Some(Alternative { change, replacement }) = repicks {
            self.add(change, None, |of| {
                let Some(Route { max_repicks, .. }) = route(of, pipeline) else { return };
                *max_repicks = replacement.unwrap_or_default();
            });
        }
        let mut faults = self.alone.faults.values();
        let hits_one = faults.any(|of| of.service == pipeline.to && of.replica.is_some());
        let detection = outliers::alternative(of.outlier_detection.as_ref(), &name, to, hits_one);
        if let Some(Alternative { change, replacement }) = detection {
            self.add(change, None, |of| {
                let Some(Route { outlier_detection, .. }) = route(of, pipeline) else { return };
                *outlier_detection = replacement;
            });
        }
    }
}

/// What lies between the ends of a pipeline.
struct Route<'a> {
    policy: &'a mut Vec<Layer>,
    balancing: &'a mut Balancing,
    max_repicks: &'a mut u32,
    outlier_detection: &'a mut Option<OutlierDetection>,
}

/// The route of a pipeline in a scenario of one arm.
fn route<'a>(scenario: &'a mut Scenario, pipeline: &Pipeline<'_>) -> Option<Route<'a>> {
    match pipeline.source {
        Some(Source::Consumer(_)) => {
            let Consumer { policy, balancing, max_repicks, outlier_detection, .. } =
                scenario.consumers.get_mut(pipeline.name)?;
            Some(Route { policy, balancing, max_repicks, outlier_detection })
        }
        Some(Source::Load(_)) | None => {
            let Call { policy, balancing, max_repicks, outlier_detection, .. } =
                scenario.calls.get_mut(pipeline.name)?;
            Some(Route { policy, balancing, max_repicks, outlier_detection })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::mechanism::DECLARATIONS;
    use crate::scenario::Document;
    use crate::scenario::check::check;
    use crate::scenario::problem::Severity;

    /// An arm with every part and layer of which something can be changed.
    const EVERYTHING: &str = r#"Scenario(schema: 1, duration: "10s",
        load: {
            "web": Load(arrivals: Poisson(rate: "10/s"), deadline: "1s"),
            "cron": Load(arrivals: Poisson(rate: "10/s")),
            "news": Load(arrivals: Poisson(rate: "10/s")),
            "reads": Load(arrivals: Poisson(rate: "10/s")),
        },
        services: {
            "db": Service(time: Constant("5ms"), slots: 4, failure_ratio: 0.1, max_wait: "1s",
                overload: Overload(knee: 8.0)),
            "api": Service(time: Constant("5ms"), replicas: 3, handler: [Call("store")]),
            "cache": Service(time: Constant("5ms"), replicas: 3),
        },
        pools: { "threads": Pool(permits: 4, max_wait: "1s") },
        queues: { "jobs": Queue(), "late": Queue(capacity: 5) },
        publishes: { "cron": "jobs", "news": "late" },
        consumers: {
            "workers": Consumer(from: "jobs", concurrency: 30, to: "db", max_deliveries: 1),
            "readers": Consumer(from: "late", concurrency: 5, to: "api", max_deliveries: 1),
        },
        faults: { "down": Fault(service: "db", from: "1s", until: "2s", effect: Crashed),
            "bad": Fault(service: "api", replica: 2, from: "1s", until: "2s", effect: Failing) },
        calls: {
            "reads": Call(to: "cache",
                outlier_detection: OutlierDetection(consecutive_failures: 5, max_ejected: 0.5)),
            "web": Call(to: "api", balancing: PowerOfTwo, policy: [Retry(max_retries: 3),
                Hedge(after: "10ms"), Deadline("1s"), Timeout("100ms"), Pool("threads"),
                Breaker(window: 10)]),
            "store": Call(to: "db", policy: [Hedge(quantile: 0.9), Bulkhead(permits: 10,
                max_wait: "1s"), RateLimit(algorithm: Gcra(every: "1ms", burst: 9)),
                AdaptiveLimit(algorithm: Aimd(), max_wait: "1s"), DetachedTimeout("9s"),
                Toll(wait: "1ms")]),
        },
    )"#;

    #[test]
    fn repicks_are_tried_where_a_call_may_meet_a_replica_again() {
        let tried = |replicas: u32, call: &str| {
            let text = format!(
                "Scenario(schema: 1, load: {{ \"web\": Load(arrivals: Constant(rate: \"1/s\"), \
                 total: 5) }}, services: {{ \"db\": Service(time: Constant(\"1ms\"), \
                 replicas: {replicas}) }}, calls: {{ \"web\": Call(to: \"db\", {call}) }})"
            );
            let document = Document::parse("t", text.as_bytes()).expect("it can be read");
            let scenario = document.scenario().expect("it is sound").scenario;
            let mut changed = alternatives(&scenario).into_iter();
            let repicks = changed.find(|of| of.change.kind.name == "repicks");
            repicks.map(|of| of.scenario.calls["web"].max_repicks)
        };
        let retries = "policy: [Retry(max_retries: 1)]";
        assert_eq!(tried(2, retries), Some(3));
        assert_eq!(tried(2, "policy: [Hedge(after: \"1ms\")]"), Some(3));
        let never = [(1, retries), (2, "policy: [Timeout(\"1s\")]")];
        let already = format!("{retries}, max_repicks: 1");
        let one = format!("{retries}, balancing: Subset(size: 1), clients: 2");
        for (replicas, call) in never.into_iter().chain([(2, &already[..]), (2, &one[..])]) {
            assert_eq!(tried(replicas, call), None, "{replicas} replicas, {call}");
        }
    }

    #[test]
    fn every_declared_change_is_proposed_and_every_proposal_is_declared_and_sound() {
        let document = Document::parse("t", EVERYTHING.as_bytes()).expect("it can be read");
        let scenario = document.scenario().expect("it is sound").scenario;
        let (mut proposed, mut order) = (Vec::new(), Vec::new());
        for Changed { change, scenario: changed, .. } in alternatives(&scenario) {
            let mut problems = check(&changed).into_iter();
            let error = problems.find(|problem| problem.severity == Severity::Error);
            assert!(error.is_none(), "{change:?}: {error:?}");
            assert_ne!(changed, scenario, "{change:?}");
            order.push((change.kind.means, change.kind.cuts.is_none()));
            proposed.push(change.kind.name);
        }
        assert!(order.is_sorted(), "{order:?}");
        for declaration in DECLARATIONS {
            for kind in declaration.changes {
                assert!(proposed.contains(&kind.name), "{}: {}", declaration.name, kind.name);
            }
        }
        let declared = |name: &str| {
            DECLARATIONS.iter().any(|of| of.changes.iter().any(|kind| kind.name == name))
        };
        for name in proposed {
            assert!(declared(name), "{name}");
        }
    }
}
