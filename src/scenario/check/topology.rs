//! Checks references between the entries of an arm.

use std::collections::{BTreeMap, BTreeSet};

use super::arms::View;
use super::lints::NEVER_REACHED;
use super::{Checker, MOST};
use crate::scenario::conform::list_of;
use crate::scenario::handlers::calls_of;
use crate::scenario::names::{balancer_name, class_name, layer_names};
use crate::scenario::path::Path;
use crate::scenario::problem::{Problem, printable};
use crate::scenario::schema::{Layer, Load};

/// A reference to one of an arm's services, queues or pools.
struct Reference<'a> {
    at: Path,
    name: &'a str,
    kind: &'static str,
}

impl Checker<'_> {
    pub(super) fn topology(&mut self, view: &View<'_>) {
        self.references(view);
        self.routes(view);
        self.unique_names(view);
        self.unread_queues(view);
    }

    fn references(&mut self, view: &View<'_>) {
        let mut references = Vec::new();
        let mut refer = |at: Path, name, kind| references.push(Reference { at, name, kind });
        for (path, call) in view.calls.values() {
            refer(path.field("to"), &call.to, "service");
        }
        for (path, consumer) in view.consumers.values() {
            refer(path.field("from"), &consumer.from, "queue");
            refer(path.field("to"), &consumer.to, "service");
        }
        for (path, queue) in view.publishes.values() {
            refer(path.clone(), queue, "queue");
        }
        for (path, fault) in view.faults.values() {
            refer(path.field("service"), &fault.service, "service");
        }
        for (_, path, policy) in policies(view) {
            for (path, layer) in layers_of(path, policy) {
                if let Layer::Pool(pool) = layer {
                    refer(path.variant("Pool"), &pool.name, "pool");
                }
            }
        }
        for reference in &references {
            self.reference(view, reference);
        }
    }

    fn reference(&mut self, view: &View<'_>, reference: &Reference<'_>) {
        let Reference { at, name, kind } = reference;
        let of_kind = |kind| match kind {
            "service" => view.services.contains_key(name),
            "pool" => view.pools.contains_key(name),
            _ => view.queues.contains_key(name),
        };
        if of_kind(kind) || self.errors >= MOST {
            return;
        }
        let other = ["service", "queue", "pool"].into_iter().find(|other| of_kind(other));
        let known = || -> Box<dyn ExactSizeIterator<Item = &str>> {
            match *kind {
                "service" => Box::new(view.services.keys().copied()),
                "pool" => Box::new(view.pools.keys().copied()),
                _ => Box::new(view.queues.keys().copied()),
            }
        };
        let shown = printable(name);
        let rule = format!("unknown {kind} \"{shown}\"");
        let found = format!("there is no such {kind}{}", view.within());
        let elsewhere = self.scenario.arms.iter().find(|(_, arm)| match *kind {
            "service" => arm.services.contains_key(*name),
            "pool" => arm.pools.contains_key(*name),
            _ => arm.queues.contains_key(*name),
        });
        let hint = if let Some(other) = other {
            let reach = match other {
                "service" => "loads reach it with `calls`",
                "queue" => "loads reach it with `publishes`",
                _ => "a layer of a policy takes its permits",
            };
            format!("\"{shown}\" is a {other}: {reach}")
        } else if let Some((arm, _)) = elsewhere {
            let arm = printable(arm);
            format!("arm \"{arm}\" has one, but arms see only what is common and their own")
        } else if let Some(meant) = self.suggestions.nearest(name, known()) {
            format!("did you mean \"{}\"?", printable(meant))
        } else if known().len() == 0 {
            format!("there is no {kind} at all: give one under `{kind}s`")
        } else {
            format!("the {kind}s are {}", list_of(known()))
        };
        self.add(Problem::error(at, rule, found).hint(hint));
    }

    fn routes(&mut self, view: &View<'_>) {
        let loads = &self.scenario.load;
        let calls = view.calls.iter().map(|(load, (path, _))| (*load, path));
        let publishes = view.publishes.iter().map(|(load, (path, _))| (*load, path));
        let made: BTreeSet<&str> =
            view.services.values().flat_map(|(_, service)| calls_of(service)).collect();
        let calls = calls.filter(|(name, _)| !made.contains(name));
        let keys = if made.is_empty() {
            "the keys here are names of loads"
        } else {
            "the keys here are names of loads and of calls that handlers make"
        };
        let mut unknown = Vec::new();
        for (load, path) in calls.chain(publishes) {
            if !loads.contains_key(load) && self.errors + unknown.len() < MOST {
                let rule = format!("unknown load \"{}\"", printable(load));
                let known = || loads.keys().map(String::as_str);
                let hint = match self.suggestions.nearest(load, known()) {
                    Some(meant) => format!("did you mean \"{}\"?", printable(meant)),
                    None => format!("the loads are {}", list_of(known())),
                };
                let problem = Problem::error(path, rule, keys);
                unknown.push(problem.of_name().hint(hint));
            }
        }
        let misnamed = !unknown.is_empty();
        for problem in unknown {
            self.add(problem);
        }
        for load in loads.keys() {
            let (call, publish) = (view.calls.get(&**load), view.publishes.get(&**load));
            let at = Path::root().field("load").key(load);
            let shown = printable(load);
            match (call, publish) {
                (Some((call, _)), Some((publish, _))) => {
                    let rule = format!("the load \"{shown}\" has two routes{}", view.within());
                    let problem =
                        Problem::error(publish, rule, format!("and another one at {call}"));
                    let hint = "send it to a service with `calls` or to a queue with `publishes`";
                    self.add(problem.of_name().hint(hint));
                }
                (None, None) if !misnamed => {
                    let rule = format!("the load \"{shown}\" goes nowhere{}", view.within());
                    let problem = Problem::error(&at, rule, "has neither a call nor a publication");
                    let calls = format!("calls: {{ \"{shown}\": (to: \"a service\") }}");
                    let hint = format!("{calls}, or publishes: {{ \"{shown}\": \"a queue\" }}");
                    self.add(problem.of_name().hint(format!("give it one: {hint}")));
                }
                _ => {}
            }
        }
    }

    /// Checks that names are unique over all kinds, because results list parts by name alone.
    fn unique_names(&mut self, view: &View<'_>) {
        let root = Path::root().field("load");
        let loads = self.scenario.load.keys();
        let loads = loads.map(|name| (name.as_str(), "load", root.key(name)));
        let services =
            view.services.iter().map(|(name, (path, _))| (*name, "service", path.clone()));
        let queues = view.queues.iter().map(|(name, (path, _))| (*name, "queue", path.clone()));
        let pools = view.pools.iter().map(|(name, (path, _))| (*name, "pool", path.clone()));
        let consumers = view.consumers.iter();
        let consumers = consumers.map(|(name, (path, _))| (*name, "consumer", path.clone()));
        let classes = classes(&self.scenario.load);
        let classes = classes.iter().map(|(name, path)| (name.as_str(), "class", path.clone()));
        let layers = [layers(view), balancers(view)].concat();
        let layers = layers.iter().map(|(name, path)| (name.as_str(), "layer", path.clone()));
        let parts = loads.chain(classes).chain(services).chain(pools).chain(queues);
        let all: Vec<_> = parts.chain(consumers).chain(layers).collect();
        let mut first: BTreeMap<&str, (&str, &Path)> = BTreeMap::new();
        for (name, kind, path) in &all {
            let Some((taken, other)) = first.get(name) else {
                first.insert(name, (kind, path));
                continue;
            };
            // The problem points at the other entry, because users cannot rename layers.
            let (taken, kind, path, other) = if *kind == "layer" {
                (kind, taken, *other, path)
            } else {
                (taken, kind, path, *other)
            };
            let shown = printable(name);
            let rule = format!("\"{shown}\" is the name of a {taken} already");
            let found = format!("and of this {kind}");
            let rename = match *taken {
                "layer" => String::new(),
                _ => format!(" or {other}"),
            };
            let hint = format!("results list all parts of an arm by name; rename this{rename}");
            self.add(Problem::error(path, rule, found).of_name().hint(hint));
        }
    }

    fn unread_queues(&mut self, view: &View<'_>) {
        let fed: BTreeSet<&str> =
            view.publishes.values().map(|(_, queue)| queue.as_str()).collect();
        let read: BTreeSet<&str> =
            view.consumers.values().map(|(_, consumer)| consumer.from.as_str()).collect();
        for (name, (path, _)) in &view.queues {
            if fed.contains(name) && !read.contains(name) {
                let shown = printable(name);
                let rule = format!("the queue \"{shown}\" has no consumer{}", view.within());
                let problem = Problem::error(path, rule, "messages would wait here for ever");
                let hint = format!("consumers: {{ \"workers\": (from: \"{shown}\", to: ..) }}");
                self.add(problem.of_name().hint(format!("give it one: {hint}")));
            }
        }
    }

    /// Warns of entries that no arm uses; only without errors, of which this would be a
    /// consequence.
    pub(super) fn unreached(&mut self, views: &[View<'_>]) {
        let mut all: Vec<(&Path, &str, &str)> = Vec::new();
        let mut reached: BTreeSet<&Path> = BTreeSet::new();
        for view in views {
            let publishes = view.publishes.values();
            let fed: BTreeSet<&str> = publishes.map(|(_, queue)| queue.as_str()).collect();
            let calls = view.calls.values().map(|(_, call)| call.to.as_str());
            let consumers = view.consumers.values().map(|(_, consumer)| consumer.to.as_str());
            let called: BTreeSet<&str> = calls.chain(consumers).collect();
            for (name, (path, _)) in &view.services {
                all.push((path, "service", name));
                if called.contains(name) {
                    reached.insert(path);
                }
            }
            let taken: BTreeSet<&str> = policies(view)
                .flat_map(|(.., policy)| policy)
                .filter_map(|layer| match layer {
                    Layer::Pool(pool) => Some(pool.name.as_str()),
                    _ => None,
                })
                .collect();
            for (name, (path, _)) in &view.pools {
                all.push((path, "pool", name));
                if taken.contains(name) {
                    reached.insert(path);
                }
            }
            for (name, (path, _)) in &view.queues {
                all.push((path, "queue", name));
                if fed.contains(name) {
                    reached.insert(path);
                }
            }
            for (name, (path, consumer)) in &view.consumers {
                all.push((path, "consumer", name));
                if fed.contains(consumer.from.as_str()) {
                    reached.insert(path);
                }
            }
        }
        for (path, kind, name) in all {
            if !reached.contains(path) {
                let rule = format!("the {kind} \"{}\" is never reached", printable(name));
                let found = match kind {
                    "service" => "no call and no consumer leads here",
                    "pool" => "no policy takes its permits",
                    "queue" => "no load is published here",
                    _ => "no load is published to its queue",
                };
                self.add(Problem::warning(&NEVER_REACHED, path, rule, found).of_name());
            }
        }
    }
}

/// Names of the classes of every load, with their paths.
fn classes(loads: &BTreeMap<String, Load>) -> Vec<(String, Path)> {
    let root = Path::root().field("load");
    let of_load = |(load, of): (&String, &Load)| {
        let at = root.key(load).field("classes");
        let named = |class: &String| (class_name(load, class), at.key(class));
        of.classes.keys().map(named).collect::<Vec<_>>()
    };
    loads.iter().flat_map(of_load).collect()
}

/// Names of the balancers in front of services with several replicas, with their paths.
fn balancers(view: &View<'_>) -> Vec<(String, Path)> {
    let calls = view.calls.iter().map(|(name, (path, call))| (name, path, &call.to));
    let consumers = view.consumers.iter().map(|(name, (path, from))| (name, path, &from.to));
    let has_several = |to: &str| view.services.get(to).is_some_and(|(_, to)| to.all_replicas() > 1);
    calls
        .chain(consumers)
        .filter(|(.., to)| has_several(to))
        .map(|(name, path, _)| (balancer_name(name), path.field("balancing")))
        .collect()
}

/// Every policy of the arm, with the name and the path of its call or consumer.
fn policies<'a>(view: &'a View<'a>) -> impl Iterator<Item = (&'a str, &'a Path, &'a [Layer])> {
    let calls = view.calls.iter().map(|(name, (path, call))| (*name, path, &call.policy[..]));
    let consumers = view.consumers.iter();
    let consumers = consumers.map(|(name, (path, from))| (*name, path, &from.policy[..]));
    calls.chain(consumers)
}

/// The layers of the policy of the entry at `path`, each with its path.
fn layers_of<'a>(
    path: &Path,
    policy: &'a [Layer],
) -> impl Iterator<Item = (Path, &'a Layer)> + use<'a> {
    let at = path.field("policy");
    policy.iter().enumerate().map(move |(index, layer)| (at.index(index), layer))
}

/// Names of all layers of the arm that are components, with their paths.
fn layers(view: &View<'_>) -> Vec<(String, Path)> {
    let mut all = Vec::new();
    for (name, path, policy) in policies(view) {
        let names = layer_names(name, policy).into_iter().zip(layers_of(path, policy));
        let own = names.filter(|(_, (_, layer))| !matches!(layer, Layer::Pool(_)));
        all.extend(own.map(|(name, (path, _))| (name, path)));
    }
    all
}
