//! Finds the place of a path in the text.

use super::path::{Path, Segment};
use super::syntax::{Kind, Node, Span};

/// The place of a path.
#[derive(Clone, Debug, PartialEq)]
pub struct Place<'a> {
    /// Name of the field or map entry, if the last step has one.
    pub name: Option<Span>,
    /// The value.
    pub value: &'a Node,
}

impl Place<'_> {
    /// The span for messages: a plain value itself, or the name of a compound one.
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

/// The place of `path` below `root`; `None` if a part of the path is not written, as with defaults.
#[must_use]
pub fn locate<'a>(root: &'a Node, path: &Path) -> Option<Place<'a>> {
    let mut place = Place { name: None, value: root };
    for segment in path.segments() {
        place = step(place.value.unwrapped(), segment)?;
    }
    Some(place)
}

/// The place of `path`, or of the nearest enclosing value that is written.
#[must_use]
pub fn nearest<'a>(root: &'a Node, path: &Path) -> Place<'a> {
    let mut place = Place { name: None, value: root };
    for segment in path.segments() {
        match step(place.value.unwrapped(), segment) {
            // A variant keeps the name of its field.
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
