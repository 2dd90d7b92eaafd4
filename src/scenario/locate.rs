//! From a path to the place in the text.

use super::path::{Path, Segment};
use super::syntax::{Kind, Node, Span};

/// Where a path leads.
#[derive(Clone, Debug, PartialEq)]
pub struct Place<'a> {
    /// The name of the field or of the map entry, if the last step has one.
    pub name: Option<Span>,
    /// The value.
    pub value: &'a Node,
}

impl Place<'_> {
    /// Where a message about it points: a plain value itself, a compound one at its name.
    #[must_use]
    pub fn span(&self) -> Span {
        let compound = matches!(
            self.value.kind,
            Kind::Record(..) | Kind::Tuple(..) | Kind::Map(_) | Kind::List(_)
        );
        match (&self.name, compound) {
            (Some(name), true) => name.clone(),
            _ => self.value.head(),
        }
    }
}

/// The place that `path` leads to below `root`; `None` when something on the way is not written,
/// as with defaults.
#[must_use]
pub fn locate<'a>(root: &'a Node, path: &Path) -> Option<Place<'a>> {
    let mut place = Place { name: None, value: root };
    for segment in path.segments() {
        place = step(place.value.unwrapped(), segment)?;
    }
    Some(place)
}

/// The place of `path`, or of the nearest thing above it that is written.
#[must_use]
pub fn nearest<'a>(root: &'a Node, path: &Path) -> Place<'a> {
    let mut place = Place { name: None, value: root };
    for segment in path.segments() {
        match step(place.value.unwrapped(), segment) {
            // A variant keeps the name of the field that it is the value of.
            Some(next) if next.name.is_none() && std::ptr::eq(next.value, place.value) => {}
            Some(next) => place = next,
            None => break,
        }
    }
    place
}

fn step<'a>(node: &'a Node, segment: &Segment) -> Option<Place<'a>> {
    let (name, value) = match (segment, &node.kind) {
        (Segment::Field(wanted), Kind::Record(_, fields)) => {
            let field = fields.iter().find(|field| field.name.text == *wanted)?;
            (Some(field.name.span.clone()), &field.value)
        }
        (Segment::Key(wanted), Kind::Map(entries)) => {
            let is_it =
                |(key, _): &&(Node, Node)| matches!(&key.kind, Kind::Text(k) if k == wanted);
            let (key, value) = entries.iter().find(is_it)?;
            (Some(key.span.clone()), value)
        }
        (Segment::Index(index), Kind::List(items)) => (None, items.get(*index)?),
        (Segment::Variant(wanted), Kind::Tuple(Some(name), items)) if name.text == *wanted => {
            (None, if items.len() == 1 { &items[0] } else { node })
        }
        (Segment::Variant(wanted), Kind::Record(Some(name), _)) if name.text == *wanted => {
            (None, node)
        }
        (Segment::Variant(wanted), Kind::Word(word)) if word == wanted => (None, node),
        _ => return None,
    };
    Some(Place { name, value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::syntax::parse;

    const TEXT: &str = r#"(calls: {"a": (policy: [Timeout("1s"), Retry(max_retries: Some(3))])})"#;

    #[test]
    fn paths_lead_to_their_tokens() {
        let tree = parse(TEXT).unwrap();
        let policy = Path::root().field("calls").key("a").field("policy");
        let at = |path: &Path| {
            let place = locate(&tree.root, path).unwrap();
            &TEXT[place.span()]
        };
        assert_eq!(at(&policy), "policy");
        assert_eq!(at(&policy.index(0)), "Timeout");
        assert_eq!(at(&policy.index(0).variant("Timeout")), "\"1s\"");
        let retry = policy.index(1).variant("Retry");
        assert_eq!(at(&retry), "Retry");
        assert_eq!(&TEXT[nearest(&tree.root, &retry.field("budget")).span()], "Retry");
        assert_eq!(locate(&tree.root, &retry.field("budget")), None);
    }
}
