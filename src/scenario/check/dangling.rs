//! Dangling names in a file whose shape is wrong as well.
//!
//! A misshapen file has no typed scenario, so its tree is searched instead: a mistyped field and a
//! mistyped name are reported together. The search is more lenient than the check of a whole
//! scenario, which follows: a name that any arm defines is known here.

use std::collections::BTreeSet;

use crate::scenario::conform::{Suggestions, list_of};
use crate::scenario::path::Path;
use crate::scenario::problem::{Problem, printable};
use crate::scenario::syntax::{Kind, Node, Text};

/// Every reference to a service, a queue, a pool or a load that the tree does not define.
#[must_use]
pub(crate) fn dangling(root: &Node) -> Vec<Problem> {
    let top = Path::root();
    let arms = root.entries("arms").map(|(name, arm)| (top.field("arms").key(name.0), arm));
    let scopes: Vec<(Path, &Node)> = std::iter::once((top.clone(), root)).chain(arms).collect();
    let named = |section: &'static str| {
        let scopes = scopes.iter();
        scopes.flat_map(|(_, scope)| scope.entries(section)).map(|((name, _), _)| name).collect()
    };
    let mut search = Search {
        loads: named("load"),
        services: named("services"),
        pools: named("pools"),
        queues: named("queues"),
        suggestions: Suggestions::default(),
        problems: Vec::new(),
    };
    // Calls of handlers are nested deeply, so only the check of a whole scenario covers them.
    let handled =
        scopes.iter().flat_map(|(_, scope)| scope.entries("services")).any(|(_, service)| {
            service.field("handler").is_some() || service.field("endpoints").is_some()
        });
    for (path, scope) in &scopes {
        for (load, call) in scope.entries("calls") {
            let at = path.field("calls").key(load.0);
            if !handled {
                search.name("load", Some(load), &at);
            }
            search.name("service", call.field("to").and_then(Node::as_text), &at.field("to"));
            search.pools(call, &at);
        }
        for (load, queue) in scope.entries("publishes") {
            let at = path.field("publishes").key(load.0);
            search.name("load", Some(load), &at);
            search.name("queue", queue.as_text(), &at);
        }
        for (name, consumer) in scope.entries("consumers") {
            let at = path.field("consumers").key(name.0);
            search.name("queue", consumer.field("from").and_then(Node::as_text), &at.field("from"));
            search.name("service", consumer.field("to").and_then(Node::as_text), &at.field("to"));
            search.pools(consumer, &at);
        }
        for (name, fault) in scope.entries("faults") {
            let at = path.field("faults").key(name.0).field("service");
            search.name("service", fault.field("service").and_then(Node::as_text), &at);
        }
    }
    search.problems
}

/// Most names reported in one pass.
const MOST: usize = 50;

struct Search<'a> {
    loads: BTreeSet<&'a str>,
    services: BTreeSet<&'a str>,
    pools: BTreeSet<&'a str>,
    queues: BTreeSet<&'a str>,
    suggestions: Suggestions,
    problems: Vec<Problem>,
}

impl Search<'_> {
    /// The pools of the policy of `node`.
    fn pools(&mut self, node: &Node, at: &Path) {
        let Some(Kind::List(layers)) = node.field("policy").map(|policy| &policy.kind) else {
            return;
        };
        for (index, layer) in layers.iter().enumerate() {
            if let Kind::Tuple(Some(name), items) = &layer.unwrapped().kind
                && name.text == "Pool"
                && let [pool] = items.as_slice()
            {
                let at = at.field("policy").index(index).variant("Pool");
                self.name("pool", pool.as_text(), &at);
            }
        }
    }

    fn name(&mut self, kind: &str, name: Option<Text<'_>>, at: &Path) {
        let Some((name, span)) = name.filter(|_| self.problems.len() < MOST) else { return };
        let known = match kind {
            "load" => &self.loads,
            "service" => &self.services,
            "pool" => &self.pools,
            _ => &self.queues,
        };
        // If no name is known, the section itself is wrong.
        if known.is_empty() || known.contains(name) {
            return;
        }
        let hint = match self.suggestions.nearest(name, known.iter().copied()) {
            Some(meant) => format!("did you mean \"{}\"?", printable(meant)),
            None => format!("the {kind}s are {}", list_of(known.iter().copied())),
        };
        let rule = format!("unknown {kind} \"{}\"", printable(name));
        let problem = Problem::error(at, rule, format!("there is no such {kind}"));
        self.problems.push(problem.at(span.clone()).hint(hint));
    }
}
