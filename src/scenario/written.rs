//! A scenario as written, without places and comments: a tree that can be cut and printed again in
//! its short form.
//!
//! The tree knows the syntax and no field by name, so that new fields of the language can be cut as
//! well.

use super::document::Document;
use super::syntax::{Kind, Node};

/// Longest line that can be broken, in columns.
const COLUMNS: usize = 96;
const INDENT: usize = 4;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Written {
    /// A number, a flag, a name or a quoted string, as written.
    Leaf(String),
    /// `Name(field: value, ..)`.
    Record(String, Vec<(String, Written)>),
    /// `Name(value, ..)`.
    Tuple(String, Vec<Written>),
    /// `{ "key": value, .. }`.
    Map(Vec<(String, Written)>),
    /// `[value, ..]`.
    List(Vec<Written>),
}

/// The indices of the parts on the way to a value, outermost first.
pub type Way = Vec<usize>;

impl Document {
    /// The tree without places.
    #[must_use]
    pub fn written(&self) -> Written {
        written(&self.tree.root, &self.text)
    }
}

/// A value of a text, without its place.
pub(super) fn written(node: &Node, text: &str) -> Written {
    let node = node.unwrapped();
    let name = |name: &Option<super::syntax::Name>| {
        name.as_ref().map_or_else(String::new, |name| name.text.clone())
    };
    match &node.kind {
        Kind::Record(of, fields) => {
            let field = |field: &super::syntax::Field| {
                (field.name.text.clone(), written(&field.value, text))
            };
            Written::Record(name(of), fields.iter().map(field).collect())
        }
        Kind::Tuple(of, items) => {
            Written::Tuple(name(of), items.iter().map(|item| written(item, text)).collect())
        }
        Kind::Map(entries) => {
            let entry = |(key, value): &(Node, Node)| (plain(key, text), written(value, text));
            Written::Map(entries.iter().map(entry).collect())
        }
        Kind::List(items) => Written::List(items.iter().map(|item| written(item, text)).collect()),
        Kind::Text(of) => Written::Leaf(quoted(of)),
        _ => Written::Leaf(text[node.span.clone()].to_owned()),
    }
}

/// The text of a key, without quotes.
fn plain(key: &Node, text: &str) -> String {
    match &key.kind {
        Kind::Text(of) => of.clone(),
        _ => text[key.span.clone()].to_owned(),
    }
}

/// A string as RON writes it.
#[must_use]
pub fn quoted(text: &str) -> String {
    ron::to_string(text).unwrap_or_default()
}

impl Written {
    /// Number of its direct parts.
    #[must_use]
    pub fn parts(&self) -> usize {
        match self {
            Self::Leaf(_) => 0,
            Self::Record(_, parts) | Self::Map(parts) => parts.len(),
            Self::Tuple(_, parts) | Self::List(parts) => parts.len(),
        }
    }

    /// A direct part by its index.
    #[must_use]
    pub fn part(&self, at: usize) -> Option<&Self> {
        match self {
            Self::Leaf(_) => None,
            Self::Record(_, parts) | Self::Map(parts) => parts.get(at).map(|(_, part)| part),
            Self::Tuple(_, parts) | Self::List(parts) => parts.get(at),
        }
    }

    fn part_mut(&mut self, at: usize) -> Option<&mut Self> {
        match self {
            Self::Leaf(_) => None,
            Self::Record(_, parts) | Self::Map(parts) => parts.get_mut(at).map(|(_, part)| part),
            Self::Tuple(_, parts) | Self::List(parts) => parts.get_mut(at),
        }
    }

    /// The value at the end of a way.
    #[must_use]
    pub fn at(&self, way: &[usize]) -> Option<&Self> {
        way.iter().try_fold(self, |here, &at| here.part(at))
    }

    /// The value at the end of a way, to be changed.
    pub fn at_mut(&mut self, way: &[usize]) -> Option<&mut Self> {
        way.iter().try_fold(self, |here, &at| here.part_mut(at))
    }

    /// A field of a record.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Record(_, fields) => {
                fields.iter().find(|(of, _)| of == name).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// Sets a field of a record; a new one becomes the first or the last.
    pub fn set_field(&mut self, name: &str, value: Self, first: bool) {
        let Self::Record(_, fields) = self else { return };
        match fields.iter_mut().find(|(of, _)| of == name) {
            Some((_, old)) => *old = value,
            None if first => fields.insert(0, (name.to_owned(), value)),
            None => fields.push((name.to_owned(), value)),
        }
    }

    /// Keeps the fields and entries, at any depth, that `keep` accepts.
    pub fn retain(&mut self, keep: &impl Fn(Role, &str, &Self) -> bool) {
        match self {
            Self::Leaf(_) => {}
            Self::Record(_, parts) => {
                parts.retain(|(name, value)| keep(Role::Field, name, value));
                parts.iter_mut().for_each(|(_, part)| part.retain(keep));
            }
            Self::Map(parts) => {
                parts.retain(|(name, value)| keep(Role::Entry, name, value));
                parts.iter_mut().for_each(|(_, part)| part.retain(keep));
            }
            Self::Tuple(_, parts) | Self::List(parts) => {
                parts.iter_mut().for_each(|part| part.retain(keep));
            }
        }
    }

    /// The ways to all parts at this depth, from 1.
    #[must_use]
    pub fn ways(&self, depth: usize) -> Vec<Way> {
        let mut ways = vec![Way::new()];
        for _ in 0..depth {
            let below = |way: Way| {
                let parts = self.at(&way).map_or(0, Self::parts);
                (0..parts).map(move |at| [&way[..], &[at]].concat())
            };
            ways = ways.into_iter().flat_map(below).collect();
        }
        ways
    }

    /// The value without the parts at these ways, which all have one depth.
    #[must_use]
    pub fn without(&self, ways: &[Way]) -> Self {
        let mut cut = self.clone();
        // From the last to the first, so that earlier indices stay valid.
        let mut ways = ways.to_vec();
        ways.sort_unstable();
        for way in ways.iter().rev() {
            let Some((&at, above)) = way.split_last() else { continue };
            match cut.at_mut(above) {
                Some(Self::Record(_, parts) | Self::Map(parts)) if at < parts.len() => {
                    parts.remove(at);
                }
                Some(Self::List(parts)) if at < parts.len() => {
                    parts.remove(at);
                }
                _ => {}
            }
        }
        cut
    }

    /// Number of values in it, itself included.
    #[must_use]
    pub fn values(&self) -> u64 {
        1 + (0..self.parts()).filter_map(|at| self.part(at)).map(Self::values).sum::<u64>()
    }

    /// The path of a way, as `--set` takes it.
    #[must_use]
    pub fn path(&self, way: &[usize]) -> String {
        let mut path = String::new();
        let mut here = self;
        for (depth, &at) in way.iter().enumerate() {
            let dot = |path: &str| if path.is_empty() { "" } else { "." };
            if let (Self::Record(name, _) | Self::Tuple(name, _), true) = (here, depth > 0)
                && is_variant(here, name)
            {
                path.push_str(&format!("{}{name}", dot(&path)));
            }
            match here {
                Self::Record(_, parts) => {
                    let name = parts.get(at).map_or("", |(name, _)| name);
                    path.push_str(&format!("{}{name}", dot(&path)));
                }
                Self::Map(parts) => {
                    let name = parts.get(at).map_or("", |(name, _)| name);
                    path.push_str(&format!("[{}]", quoted(name)));
                }
                Self::List(_) => path.push_str(&format!("[{at}]")),
                Self::Tuple(..) | Self::Leaf(_) => {}
            }
            match here.part(at) {
                Some(part) => here = part,
                None => break,
            }
        }
        path
    }

    /// The scenario as text, with a newline at the end.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.print(&mut text, 0, 0, true);
        text + "\n"
    }

    /// The value on one line.
    #[must_use]
    pub fn inline(&self) -> String {
        let pairs = |parts: &[(String, Self)], quote: bool| {
            let pair = |(name, value): &(String, Self)| {
                let name = if quote { quoted(name) } else { name.clone() };
                format!("{name}: {}", value.inline())
            };
            parts.iter().map(pair).collect::<Vec<_>>().join(", ")
        };
        let list = |parts: &[Self]| parts.iter().map(Self::inline).collect::<Vec<_>>().join(", ");
        match self {
            Self::Leaf(text) => text.clone(),
            Self::Record(name, parts) => format!("{name}({})", pairs(parts, false)),
            Self::Tuple(name, parts) => format!("{name}({})", list(parts)),
            Self::Map(parts) if parts.is_empty() => "{}".to_owned(),
            Self::Map(parts) => format!("{{ {} }}", pairs(parts, true)),
            Self::List(parts) => format!("[{}]", list(parts)),
        }
    }

    /// Prints the value on one line if it fits after `used` columns, else each part on its own.
    fn print(&self, text: &mut String, indent: usize, used: usize, broken: bool) {
        let line = self.inline();
        // One column is for the comma that follows.
        if !broken && used + line.chars().count() < COLUMNS || self.parts() == 0 {
            return text.push_str(&line);
        }
        let (open, close) = match self {
            Self::Record(name, _) | Self::Tuple(name, _) => (format!("{name}("), ')'),
            Self::Map(_) => ("{".to_owned(), '}'),
            Self::List(_) | Self::Leaf(_) => ("[".to_owned(), ']'),
        };
        text.push_str(&open);
        text.push('\n');
        let inner = indent + INDENT;
        let margin = " ".repeat(inner);
        for at in 0..self.parts() {
            let name = match self {
                Self::Record(_, parts) => format!("{}: ", parts[at].0),
                Self::Map(parts) => format!("{}: ", quoted(&parts[at].0)),
                _ => String::new(),
            };
            text.push_str(&margin);
            text.push_str(&name);
            if let Some(part) = self.part(at) {
                part.print(text, inner, inner + name.chars().count(), false);
            }
            text.push_str(",\n");
        }
        text.push_str(&" ".repeat(indent));
        text.push(close);
    }
}

/// Roles of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A field of a record.
    Field,
    /// A key of a map.
    Entry,
}

/// True for a variant such as `Retry(..)`, which is a step of a path, unlike `Service(..)`.
fn is_variant(of: &Written, name: &str) -> bool {
    use super::shape::{Definition, SHAPES};
    let is_struct = SHAPES.find(name).is_some_and(|of| matches!(of, Definition::Struct(_)));
    !name.is_empty() && !is_struct && matches!(of, Written::Record(..) | Written::Tuple(..))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"Scenario(schema: 1, // gone
        load: { "a b": Load(arrivals: Poisson(rate: "10/s"), total: Some(5)) },
        services: { "db": Service(time: Constant("1ms"), slots: 2) },
        calls: { "a b": Call(to: "db", policy: [Retry(max_retries: 1), Timeout("5ms")]) })"#;

    #[test]
    fn printed_text_reads_back_as_the_same_scenario() {
        let document = Document::parse("a", TEXT.as_bytes()).expect("it is one");
        let written = document.written();
        let again = Document::parse("a", written.text().as_bytes()).expect("it is one");
        assert_eq!(again.written(), written);
        let scenario = |of: &Document| of.scenario().expect("it is sound").scenario;
        assert_eq!(scenario(&again), scenario(&document));
        assert!(written.text().contains("total: 5)"), "{}", written.text());
    }

    #[test]
    fn ways_lead_to_parts_and_have_paths() {
        let document = Document::parse("a", TEXT.as_bytes()).expect("it is one");
        let written = document.written();
        let paths: Vec<String> =
            (1..8).flat_map(|d| written.ways(d)).map(|way| written.path(&way)).collect();
        for path in [
            "schema",
            r#"load["a b"].total"#,
            r#"load["a b"].arrivals.Poisson.rate"#,
            r#"calls["a b"].policy[1]"#,
            r#"calls["a b"].policy[0].Retry.max_retries"#,
        ] {
            assert!(paths.iter().any(|of| of == path), "no {path} in {paths:#?}");
        }
        let cut = written.without(&written.ways(2));
        assert_eq!(cut.text().matches("{}").count(), 3, "{}", cut.text());
        assert!(cut.values() < written.values());
    }
}
