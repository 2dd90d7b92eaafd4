//! Replicas: that faults and balancers go by as many as there are.

use super::Checker;
use super::arms::View;
use crate::scenario::path::Path;
use crate::scenario::problem::Problem;
use crate::scenario::schema::Balancing;

/// Points of a ring at most: Envoy's `maximum_ring_size`.
const RING_POINTS: u64 = 8 * 1024 * 1024;

impl Checker<'_> {
    pub(super) fn balancing(&mut self, view: &View<'_>) {
        for (path, call) in view.calls.values() {
            self.algorithm(view, &path.field("balancing"), &call.balancing, &call.to);
        }
        for (path, consumer) in view.consumers.values() {
            self.algorithm(view, &path.field("balancing"), &consumer.balancing, &consumer.to);
        }
        for (path, fault) in view.faults.values() {
            let Some((_, service)) = view.services.get(&*fault.service) else { continue };
            let Some(replica) = fault.replica.filter(|replica| *replica > service.replicas) else {
                continue;
            };
            let rule = "must be one of the service's replicas, from 1";
            let found = match service.replicas {
                1 => format!("found {replica}, and \"{}\" has a single replica", fault.service),
                many => format!("found {replica}, and \"{}\" has {many}", fault.service),
            };
            let hint = "without `replica` a fault hits all of them";
            self.add(Problem::error(&path.field("replica"), rule, found).hint(hint));
        }
    }

    fn algorithm(&mut self, view: &View<'_>, at: &Path, balancing: &Balancing, to: &str) {
        let Some((_, service)) = view.services.get(to) else { return };
        let replicas = service.replicas;
        match balancing {
            Balancing::Weighted(weights) => {
                let at = at.variant("Weighted");
                for (index, weight) in weights.iter().enumerate() {
                    if !(weight.is_finite() && *weight > 0.0) {
                        let at = at.index(index);
                        let problem = Problem::error(&at, "must be above 0", format!("found {weight}"));
                        let hint = "a replica that gets nothing is better left out";
                        self.add(problem.hint(hint));
                    }
                }
                if weights.len() != replicas as usize {
                    let rule = format!("must be as many as \"{to}\" has replicas: {replicas}");
                    let found = format!("found {}{}", weights.len(), view.within());
                    self.add(Problem::error(&at, rule, found));
                }
            }
            Balancing::ConsistentHash { points, .. } => {
                let all = u64::from(*points) * u64::from(replicas);
                if all > RING_POINTS {
                    let rule = format!("a ring has at most {RING_POINTS} points");
                    let found = format!("{points} x {replicas} replicas are {all}");
                    let at = at.variant("ConsistentHash").field("points");
                    self.add(Problem::error(&at, rule, found));
                }
            }
            Balancing::RoundRobin
            | Balancing::Random
            | Balancing::LeastRequest
            | Balancing::PowerOfTwo
            | Balancing::Choices(_)
            | Balancing::Ewma { .. }
            | Balancing::PeakEwma { .. } => {}
        }
    }
}
