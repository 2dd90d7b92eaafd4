//! Checks the calls that services make: they exist, belong to one service, and form no cycle.

use std::collections::{BTreeMap, BTreeSet};

use super::arms::View;
use super::{Checker, MOST};
use crate::scenario::conform::list_of;
use crate::scenario::handlers::{calls_of, classes_of, visit};
use crate::scenario::path::{Path, Segment};
use crate::scenario::problem::{Problem, printable};

impl Checker<'_> {
    pub(super) fn handlers(&mut self, view: &View<'_>) {
        self.used_calls(view);
        self.requested_endpoints(view);
        self.named_classes(view);
        self.circles(view);
    }

    /// Checks that every call of a handler is an entry of `calls`, of no load and of one service.
    fn used_calls(&mut self, view: &View<'_>) {
        let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, (path, service)) in &view.services {
            let mut problems = Vec::new();
            visit(service, &mut |within, call| {
                let at =
                    within.segments().iter().fold(path.clone(), |at, part| at.then(part.clone()));
                if !view.calls.contains_key(call) {
                    problems.push(self.unknown_call(view, &at, call));
                } else if self.scenario.load.contains_key(call) {
                    let rule = format!("the call \"{}\" is that of a load", printable(call));
                    let found = "a service makes calls of its own";
                    let hint = "give this one an entry of its own in `calls`";
                    problems.push(Problem::error(&at, rule, found).hint(hint));
                } else if let Some(owner) = owners.get(call).filter(|owner| *owner != name) {
                    let shown = printable(call);
                    let rule = format!("the call \"{shown}\" is made by two services");
                    let found = format!("\"{}\" makes it as well", printable(owner));
                    let hint = "a call has one policy and one client: give each service its own";
                    problems.push(Problem::error(&at, rule, found).hint(hint));
                } else {
                    owners.insert(call, name);
                }
            });
            for problem in problems {
                if self.errors < MOST {
                    self.add(problem);
                }
            }
        }
    }

    fn unknown_call(&mut self, view: &View<'_>, at: &Path, call: &str) -> Problem {
        let loads = &self.scenario.load;
        let known: Vec<&str> =
            view.calls.keys().copied().filter(|name| !loads.contains_key(*name)).collect();
        let shown = printable(call);
        let hint = match self.suggestions.nearest(call, known.iter().copied()) {
            Some(meant) => format!("did you mean \"{}\"?", printable(meant)),
            None if known.is_empty() => {
                format!("say where it goes: calls: {{ \"{shown}\": (to: \"a service\") }}")
            }
            None => format!("the calls are {}", list_of(known.iter().copied())),
        };
        let found = format!("there is no such entry in `calls`{}", view.within());
        Problem::error(at, format!("unknown call \"{shown}\""), found).hint(hint)
    }

    fn requested_endpoints(&mut self, view: &View<'_>) {
        for (path, call) in view.calls.values() {
            let (Some(endpoint), Some((_, service))) =
                (&call.endpoint, view.services.get(call.to.as_str()))
            else {
                continue;
            };
            if service.endpoints.contains_key(endpoint) {
                continue;
            }
            let shown = printable(endpoint);
            let known = || service.endpoints.keys().map(String::as_str);
            let hint = match self.suggestions.nearest(endpoint, known()) {
                Some(meant) => format!("did you mean \"{}\"?", printable(meant)),
                None if service.endpoints.is_empty() => {
                    "the service has none: leave this out, or give it some under `endpoints`".into()
                }
                None => format!("it has {}", list_of(known())),
            };
            let rule = format!("unknown endpoint \"{shown}\"");
            let found = format!("\"{}\" has no such endpoint", printable(&call.to));
            self.add(Problem::error(&path.field("endpoint"), rule, found).hint(hint));
        }
    }

    fn named_classes(&mut self, view: &View<'_>) {
        let loads = self.scenario.load.values();
        let known: BTreeSet<&str> =
            loads.flat_map(|load| load.classes.keys()).map(String::as_str).collect();
        let mut named: Vec<(Path, &str)> = Vec::new();
        for (path, service) in view.services.values() {
            named.extend(classes_of(service).into_iter().map(|(within, class)| {
                let then = |at: Path, part: &Segment| at.then(part.clone());
                (within.segments().iter().fold(path.clone(), then), class)
            }));
        }
        for (path, call) in view.calls.values() {
            for (index, layer) in call.policy.iter().enumerate() {
                let at = path.field("policy").index(index).variant(layer.declaration().name);
                let classes = layer.spec().classes().into_iter();
                named.extend(classes.map(|(field, class)| (at.field(field).key(class), class)));
            }
        }
        for (at, class) in named {
            if known.contains(class) || self.errors >= MOST {
                continue;
            }
            let hint = match self.suggestions.nearest(class, known.iter().copied()) {
                Some(meant) => format!("did you mean \"{}\"?", printable(meant)),
                None if known.is_empty() => {
                    "give a load classes: classes: {\"gold\": Class(ratio: 0.1)}".to_owned()
                }
                None => format!("the classes are {}", list_of(known.iter().copied())),
            };
            let rule = format!("unknown class \"{}\"", printable(class));
            let problem = Problem::error(&at, rule, "no load has a class of this name");
            self.add(problem.hint(hint));
        }
    }

    /// Refuses calls that lead back to the calling service, because they would never end.
    fn circles(&mut self, view: &View<'_>) {
        let onward = |service: &str| -> Vec<&str> {
            let calls = view.services.get(service).map(|(_, service)| calls_of(service));
            let calls = calls.into_iter().flatten();
            calls.filter_map(|call| view.calls.get(call)).map(|(_, call)| &*call.to).collect()
        };
        let mut done: BTreeSet<&str> = BTreeSet::new();
        for start in view.services.keys() {
            // Depth-first search, with the path from the start to the present service.
            let mut way: Vec<(&str, Vec<&str>)> = vec![(start, onward(start))];
            while let Some((_, next)) = way.last_mut() {
                let Some(next) = next.pop() else {
                    way.pop().inspect(|(over, _)| {
                        done.insert(over);
                    });
                    continue;
                };
                if let Some(from) = way.iter().position(|(on, _)| *on == next) {
                    let names = way[from..].iter().map(|(on, _)| printable(on));
                    let circle: Vec<String> = names.chain([printable(next)]).collect();
                    let at = view.services[next].0.field("handler");
                    let rule = "services must not call each other in a circle";
                    let problem = Problem::error(&at, rule, circle.join(" -> "));
                    let hint = "cut it: a call that comes back would call again, for ever";
                    return self.add(problem.hint(hint));
                }
                if !done.contains(next) && view.services.contains_key(next) {
                    way.push((next, onward(next)));
                }
            }
        }
    }
}
