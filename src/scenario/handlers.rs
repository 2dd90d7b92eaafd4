//! The calls and classes that the handlers of services name.

use std::collections::{BTreeMap, BTreeSet};

use super::path::Path;
use super::schema::{Service, Step};

/// The entries of `calls` that a service uses, in the order of names, which is that of its ports.
#[must_use]
pub fn calls_of(service: &Service) -> BTreeSet<&str> {
    let mut calls = BTreeSet::new();
    visit(service, &mut |_, call| {
        calls.insert(call);
    });
    calls
}

/// Visits every use of an entry of `calls` in a service, with its path within the service.
pub fn visit<'a>(service: &'a Service, see: &mut impl FnMut(Path, &'a str)) {
    steps(&service.handler, &Path::root().field("handler"), see);
    for (name, endpoint) in &service.endpoints {
        let at = Path::root().field("endpoints").key(name).field("handler");
        steps(&endpoint.handler, &at, see);
    }
}

/// Every class that a branch of a service names, with its path within the service.
#[must_use]
pub fn classes_of(service: &Service) -> Vec<(Path, &str)> {
    let mut named = Vec::new();
    classes(&service.handler, &Path::root().field("handler"), &mut named);
    for (name, endpoint) in &service.endpoints {
        let at = Path::root().field("endpoints").key(name).field("handler");
        classes(&endpoint.handler, &at, &mut named);
    }
    named
}

fn classes<'a>(all: &'a [Step], at: &Path, named: &mut Vec<(Path, &'a str)>) {
    for (index, step) in all.iter().enumerate() {
        let at = at.index(index);
        match step {
            Step::Work(_) | Step::Call(_) | Step::Parallel { .. } => {}
            Step::Optional(inside) => classes(inside, &at.variant("Optional"), named),
            Step::Branch(cases) => {
                for (index, case) in cases.iter().enumerate() {
                    let at = at.variant("Branch").index(index);
                    named.extend(case.class.as_deref().map(|class| (at.field("class"), class)));
                    classes(&case.steps, &at.field("steps"), named);
                }
            }
        }
    }
}

fn steps<'a>(all: &'a [Step], at: &Path, see: &mut impl FnMut(Path, &'a str)) {
    for (index, step) in all.iter().enumerate() {
        let at = at.index(index);
        match step {
            Step::Work(_) => {}
            Step::Call(call) => see(at.variant("Call"), call),
            Step::Parallel { calls, .. } => {
                let at = at.variant("Parallel").field("calls");
                calls.iter().enumerate().for_each(|(index, call)| see(at.index(index), call));
            }
            Step::Optional(inside) => steps(inside, &at.variant("Optional"), see),
            Step::Branch(cases) => {
                for (index, case) in cases.iter().enumerate() {
                    let at = at.variant("Branch").index(index).field("steps");
                    steps(&case.steps, &at, see);
                }
            }
        }
    }
}

/// The service that uses each entry of `calls`.
#[must_use]
pub fn callers(services: &BTreeMap<String, Service>) -> BTreeMap<&str, &str> {
    let mut callers = BTreeMap::new();
    for (name, service) in services {
        for call in calls_of(service) {
            callers.entry(call).or_insert(name.as_str());
        }
    }
    callers
}
