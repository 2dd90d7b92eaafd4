//! Names that nothing has, in a file whose shape is wrong as well.
//!
//! A misshapen file has no typed scenario, so this looks at its tree: whoever mistyped a field and
//! a name is told of both at once. It is more lenient than the check of a whole scenario, which
//! follows: a name that any arm defines is known here.

use crate::scenario::conform::{did_you_mean, list_of};
use crate::scenario::path::Path;
use crate::scenario::problem::{Problem, printable};
use crate::scenario::syntax::{Kind, Node, Span};

/// Every reference to a service, a queue or a load that stands nowhere in the tree.
#[must_use]
pub(crate) fn dangling(root: &Node) -> Vec<Problem> {
    let top = Path::root();
    let arms = entries(root, "arms").map(|(name, arm)| (top.field("arms").key(name.0), arm));
    let scopes: Vec<(Path, &Node)> = std::iter::once((top.clone(), root)).chain(arms).collect();
    let mut search = Search { scopes: &scopes, problems: Vec::new() };
    for (path, scope) in &scopes {
        for (load, call) in entries(scope, "calls") {
            let at = path.field("calls").key(load.0);
            search.name("load", Some(load), &at);
            search.name("service", text(call, "to"), &at.field("to"));
        }
        for (load, queue) in entries(scope, "publishes") {
            let at = path.field("publishes").key(load.0);
            search.name("load", Some(load), &at);
            search.name("queue", plain(queue), &at);
        }
        for (name, consumer) in entries(scope, "consumers") {
            let at = path.field("consumers").key(name.0);
            search.name("queue", text(consumer, "from"), &at.field("from"));
            search.name("service", text(consumer, "to"), &at.field("to"));
        }
        for (name, fault) in entries(scope, "faults") {
            let at = path.field("faults").key(name.0).field("service");
            search.name("service", text(fault, "service"), &at);
        }
    }
    search.problems
}

/// Names told of in one pass: searching for what was meant takes time.
const MOST: usize = 50;

/// A string in the file and its place.
type Text<'a> = (&'a str, &'a Span);

struct Search<'a> {
    scopes: &'a [(Path, &'a Node)],
    problems: Vec<Problem>,
}

impl Search<'_> {
    fn name(&mut self, kind: &str, name: Option<Text<'_>>, at: &Path) {
        let Some((name, span)) = name.filter(|_| self.problems.len() < MOST) else { return };
        let section = if kind == "load" { "load".to_owned() } else { format!("{kind}s") };
        let scopes = self.scopes.iter();
        let known: Vec<&str> = scopes
            .flat_map(|(_, scope)| entries(scope, &section).map(|((name, _), _)| name))
            .collect();
        // Where nothing is known, the section itself is what is wrong.
        if known.is_empty() || known.contains(&name) {
            return;
        }
        let hint = match did_you_mean(name, known.iter().copied()) {
            Some(meant) => format!("did you mean \"{}\"?", printable(meant)),
            None => format!("the {kind}s are {}", list_of(known)),
        };
        let rule = format!("unknown {kind} \"{}\"", printable(name));
        let problem = Problem::error(at, rule, format!("there is no such {kind}"));
        self.problems.push(problem.at(span.clone()).hint(hint));
    }
}

fn field<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    match &node.unwrapped().kind {
        Kind::Record(_, fields) => {
            let found = fields.iter().find(|field| field.name.text == name)?;
            Some(found.value.unwrapped())
        }
        _ => None,
    }
}

/// Keys and values of the map in a field; nothing where there is no map.
fn entries<'a>(node: &'a Node, name: &str) -> impl Iterator<Item = (Text<'a>, &'a Node)> {
    let entries = match field(node, name).map(|node| &node.kind) {
        Some(Kind::Map(entries)) => entries.as_slice(),
        _ => &[],
    };
    entries.iter().filter_map(|(key, value)| Some((plain(key)?, value.unwrapped())))
}

fn text<'a>(node: &'a Node, name: &str) -> Option<Text<'a>> {
    plain(field(node, name)?)
}

fn plain(node: &Node) -> Option<Text<'_>> {
    match &node.unwrapped().kind {
        Kind::Text(text) => Some((text, &node.span)),
        _ => None,
    }
}
