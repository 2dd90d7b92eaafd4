//! Replicas: that balancers and faults go by as many as there are.

use super::Checker;
use super::arms::View;
use crate::scenario::path::Path;
use crate::scenario::problem::{Problem, printable};
use crate::scenario::schema::Balancing;

impl Checker<'_> {
    pub(super) fn balancing(&mut self, view: &View<'_>) {
        for (path, call) in view.calls.values() {
            self.balancer(view, path, &call.balancing, &call.to);
        }
        for (path, consumer) in view.consumers.values() {
            self.balancer(view, path, &consumer.balancing, &consumer.to);
        }
        for (path, fault) in view.faults.values() {
            let Some((_, service)) = view.services.get(&*fault.service) else { continue };
            let Some(replica) = fault.replica.filter(|replica| *replica > service.replicas) else {
                continue;
            };
            let shown = printable(&fault.service);
            let rule = format!("\"{shown}\" has no replica {replica}{}", view.within());
            let found = match service.replicas {
                1 => "there is one".to_owned(),
                many => format!("there are {many}, from 1 on"),
            };
            let hint = "without `replica` a fault hits all of them";
            self.add(Problem::error(&path.field("replica"), rule, found).hint(hint));
        }
    }

    fn balancer(&mut self, view: &View<'_>, at: &Path, balancing: &Balancing, to: &str) {
        if let Some((_, service)) = view.services.get(to) {
            let mut findings = Vec::new();
            balancing.check(&printable(to), service.replicas, &mut findings);
            self.report(&at.field("balancing"), findings);
        }
    }
}
