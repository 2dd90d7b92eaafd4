//! Checks balancers and faults against the number of replicas and of zones.

use super::Checker;
use super::arms::View;
use crate::model::mechanism::balancer::spec::{Ends, Senders};
use crate::model::mechanism::load::rules::KEYS_UNUSED;
use crate::model::spec::zones::{self, Zones};
use crate::scenario::conform::list_of;
use crate::scenario::handlers::calls_of;
use crate::scenario::path::Path;
use crate::scenario::problem::{Problem, printable};
use crate::scenario::schema::{Balancing, Fault, Service};

/// Clients of a call or of a group of consumers at most.
const MOST_CLIENTS: u32 = 1_000_000;

impl Checker<'_> {
    pub(super) fn balancing(&mut self, view: &View<'_>) {
        for (path, call) in view.calls.values() {
            self.senders(path, &call.zones, call.clients);
            self.balancer(view, path, call.senders(), &call.to);
        }
        for (path, consumer) in view.consumers.values() {
            self.senders(path, &consumer.zones, consumer.clients);
            self.balancer(view, path, consumer.senders(), &consumer.to);
        }
        for (path, fault) in view.faults.values() {
            if let Some((_, service)) = view.services.get(&*fault.service) {
                self.hit(view, path, fault, service);
            }
        }
        self.zones_of_handlers(view);
    }

    /// Warns of keys of loads that no arm uses.
    pub(super) fn unused_keys(&mut self, views: &[View<'_>]) {
        let hashes = |view: &View<'_>, balancing: &Balancing, to: &str| {
            let several = view.services.get(to).is_some_and(|(_, to)| to.all_replicas() > 1);
            several && matches!(balancing, Balancing::ConsistentHash { .. })
        };
        let some = views.iter().any(|view| {
            let mut calls = view.calls.values();
            let mut consumers = view.consumers.values();
            calls.any(|(_, call)| hashes(view, &call.balancing, &call.to))
                || consumers.any(|(_, group)| hashes(view, &group.balancing, &group.to))
        });
        for (name, _) in self.scenario.load.iter().filter(|(_, load)| load.keys.is_some()) {
            let path = Path::root().field("load").key(name).field("keys");
            let found = "no call and no consumer hashes among several replicas";
            let problem = Problem::warning(&KEYS_UNUSED, &path, "nothing uses these keys", found);
            if !some {
                self.add(problem.hint("balancing: ConsistentHash() uses them"));
            }
        }
    }

    fn senders(&mut self, at: &Path, zones: &Zones, clients: u32) {
        let mut findings = Vec::new();
        zones::check(zones, ("clients", clients), MOST_CLIENTS, &mut findings);
        self.report(at, findings);
    }

    fn balancer(&mut self, view: &View<'_>, at: &Path, by: Senders<'_>, to: &str) {
        if let Some((_, service)) = view.services.get(to) {
            let mut findings = Vec::new();
            let Senders { zones, clients, balancing, .. } = by;
            let ends = Ends { to: &printable(to), service, clients, zones };
            balancing.check(&ends, &mut findings);
            self.report(&at.field("balancing"), findings);
            let mut findings = Vec::new();
            by.check(&ends, &mut findings);
            self.report(at, findings);
        }
    }

    /// A fault hits a replica or a zone that its service has.
    fn hit(&mut self, view: &View<'_>, path: &Path, fault: &Fault, service: &Service) {
        let shown = printable(&fault.service);
        if let Some(replica) = fault.replica.filter(|replica| *replica > service.all_replicas()) {
            let rule = format!("\"{shown}\" has no replica {replica}{}", view.within());
            let found = match service.all_replicas() {
                1 => "there is one".to_owned(),
                many => format!("there are {many}, from 1 on"),
            };
            let hint = "without `replica` a fault hits all of them";
            self.add(Problem::error(&path.field("replica"), rule, found).hint(hint));
        }
        if let Some(zone) = fault.zone.as_ref().filter(|zone| !service.zones.contains_key(*zone)) {
            let known: Vec<&str> = service.zones.keys().map(String::as_str).collect();
            let rule = format!("\"{shown}\" has no zone \"{}\"{}", printable(zone), view.within());
            let found = match known.is_empty() {
                true => "none of its replicas is in a zone".to_owned(),
                false => format!("its zones are {}", list_of(known.iter().copied())),
            };
            let meant = self.suggestions.nearest(zone, known.iter().copied());
            let hint = meant.map_or_else(
                || "without `zone` a fault hits all replicas".to_owned(),
                |meant| format!("did you mean \"{}\"?", printable(meant)),
            );
            self.add(Problem::error(&path.field("zone"), rule, found).hint(hint));
        }
    }

    /// A replica makes its calls from its own zone, so there have to be clients.
    fn zones_of_handlers(&mut self, view: &View<'_>) {
        for (name, (_, service)) in &view.services {
            for call in calls_of(service) {
                let Some((path, call)) = view.calls.get(call) else { continue };
                let missing = service.zones.keys().find(|zone| !call.zones.contains_key(*zone));
                let Some(zone) = missing.filter(|_| !call.zones.is_empty()) else { continue };
                let (name, zone) = (printable(name), printable(zone));
                let rule = "a call needs clients in every zone of the service that makes it";
                let found = format!("\"{name}\" has replicas in \"{zone}\", too");
                let hint = format!("add \"{zone}\": 1, or a client for each of its replicas");
                self.add(Problem::error(&path.field("zones"), rule, found).hint(hint));
            }
        }
    }
}
