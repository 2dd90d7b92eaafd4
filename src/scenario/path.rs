//! Paths within a scenario: `arms["rpc"].calls["clients"].policy[1].Retry`.

use core::fmt;

use super::problem::printable;

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    /// A field of a struct or of a struct variant.
    Field(String),
    /// An entry of a map, by name.
    Key(String),
    /// An element of a list, from 0.
    Index(usize),
    /// The variant of an enum.
    Variant(String),
    /// A component by its name in output, in place of its path.
    Component(String),
}

/// The path from the scenario to a value. Extending a path makes a new one, so a check can keep a
/// path and branch off it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path(Vec<Segment>);

impl Path {
    /// The scenario itself.
    #[must_use]
    pub const fn root() -> Self {
        Self(Vec::new())
    }

    /// `segment` below this path.
    #[must_use]
    pub fn then(&self, segment: Segment) -> Self {
        let mut segments = self.0.clone();
        segments.push(segment);
        Self(segments)
    }

    /// The field `name` below this path.
    #[must_use]
    pub fn field(&self, name: &str) -> Self {
        self.then(Segment::Field(name.to_owned()))
    }

    /// The entry `name` of the map at this path.
    #[must_use]
    pub fn key(&self, name: &str) -> Self {
        self.then(Segment::Key(name.to_owned()))
    }

    /// The element `index` of the list at this path.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.then(Segment::Index(index))
    }

    /// The variant `name` of the enum at this path.
    #[must_use]
    pub fn variant(&self, name: &str) -> Self {
        self.then(Segment::Variant(name.to_owned()))
    }

    /// The steps, from the scenario down.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// True for the scenario itself.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Field(name) | Segment::Variant(name) | Segment::Component(name) => {
                    let dot = if at == 0 { "" } else { "." };
                    write!(f, "{dot}{}", printable(name))?;
                }
                Segment::Key(name) => {
                    let quoted = printable(name).replace('"', "\\\"");
                    write!(f, "[\"{quoted}\"]")?;
                }
                Segment::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_as_they_are_written() {
        let policy =
            Path::root().field("arms").key("rpc").field("calls").key("clients").field("policy");
        let cap = policy.index(1).variant("Retry").field("backoff").field("cap");
        assert_eq!(cap.to_string(), r#"arms["rpc"].calls["clients"].policy[1].Retry.backoff.cap"#);
    }

    #[test]
    fn names_reach_the_terminal_escaped_and_cut() {
        let path = Path::root().key("a\u{1b}[31m\"b");
        assert_eq!(path.to_string(), r#"["a\u{1b}[31m\"b"]"#);
        assert!(Path::root().key(&"x".repeat(10_000)).to_string().len() < 200);
    }
}
