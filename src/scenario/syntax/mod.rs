//! RON as a tree with the place of every token.
//!
//! This is a second parser beside the `ron` crate's, because serde stops at the first error and
//! loses places once a value is typed. All messages use the tree: one walk checks the shape of
//! every value against the schema, and [`locate`] finds the places of later checks. The parser
//! knows RON's syntax and nothing of scenarios. Values are still read by `ron`; a test with random
//! mutations checks that both parsers agree.
//!
//! There is no recovery from a syntax error: after a lost bracket everything is a guess, so exactly
//! one error is reported, with its place.
//!
//! [`locate`]: super::locate

mod cursor;
mod encoding;
mod number;
mod parser;
mod text;

use std::ops::Range;

pub use encoding::decode;
pub use number::{Number, NumberError};
pub use parser::{begins_as, parse, parse_value};

/// Deepest nesting of brackets. `ron` allows 128; no scenario needs 20.
pub const MAX_DEPTH: usize = 64;

/// A place in the text, in bytes.
pub type Span = Range<usize>;

/// A string in the file and its place.
pub(crate) type Text<'a> = (&'a str, &'a Span);

/// A name and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name, without the `r#` of a raw identifier.
    pub text: String,
    /// Its place.
    pub span: Span,
}

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Bytes of the value.
    pub span: Span,
    /// The value.
    pub kind: Kind,
}

/// A field of a struct or of a struct variant.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The name.
    pub name: Name,
    /// The value.
    pub value: Node,
}

/// Syntactic kinds of values.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A string, its escapes resolved.
    Text(String),
    /// A number, `inf` and `NaN` included; [`Number`] reads the text in the span.
    Number,
    /// `true` or `false`.
    Bool(bool),
    /// A character, a byte or a byte string, which scenarios do not use.
    Foreign(&'static str),
    /// A name without brackets: a unit variant, `None`.
    Word(String),
    /// `Name(field: value, ..)`, with or without its name.
    Record(Option<Name>, Vec<Field>),
    /// `Name(value, ..)`, with or without its name; `Some(value)`; `()`.
    Tuple(Option<Name>, Vec<Node>),
    /// `{ key: value, .. }`.
    Map(Vec<(Node, Node)>),
    /// `[value, ..]`.
    List(Vec<Node>),
}

/// A whole text.
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    /// The only value.
    pub root: Node,
    /// The extensions named by `#![enable(..)]`.
    pub extensions: Vec<Name>,
}

impl Node {
    /// The kind of the value in words: "a boolean".
    #[must_use]
    pub fn what(&self) -> String {
        match &self.kind {
            Kind::Text(_) => "a string".to_owned(),
            Kind::Number => "a number".to_owned(),
            Kind::Bool(_) => "a boolean".to_owned(),
            Kind::Foreign(what) => (*what).to_owned(),
            Kind::Word(word) => format!("the name `{}`", super::problem::printable(word)),
            Kind::Record(Some(name), _) | Kind::Tuple(Some(name), _) => {
                format!("`{}(..)`", super::problem::printable(&name.text))
            }
            Kind::Record(None, _) => "a struct `(..)`".to_owned(),
            Kind::Tuple(None, _) => "a tuple `(..)`".to_owned(),
            Kind::Map(_) => "a map `{..}`".to_owned(),
            Kind::List(_) => "a list `[..]`".to_owned(),
        }
    }

    /// The span for messages about the value: all of a plain value, the name or the opening bracket
    /// of a compound one.
    #[must_use]
    pub fn head(&self) -> Span {
        match &self.kind {
            Kind::Record(Some(name), _) | Kind::Tuple(Some(name), _) => name.span.clone(),
            Kind::Record(None, _) | Kind::Tuple(None, _) | Kind::Map(_) | Kind::List(_) => {
                self.span.start..self.span.start + 1
            }
            _ => self.span.clone(),
        }
    }

    /// The value of a field, without a `Some(..)` around it.
    pub(crate) fn field(&self, name: &str) -> Option<&Self> {
        let Kind::Record(_, fields) = &self.unwrapped().kind else { return None };
        let field = fields.iter().find(|field| field.name.text == name)?;
        Some(field.value.unwrapped())
    }

    /// The entries of the map in a field; empty without a map.
    pub(crate) fn entries(&self, name: &str) -> impl Iterator<Item = (Text<'_>, &Self)> {
        let entries = match self.field(name).map(|node| &node.kind) {
            Some(Kind::Map(entries)) => entries.as_slice(),
            _ => &[],
        };
        entries.iter().filter_map(|(key, value)| Some((key.as_text()?, value.unwrapped())))
    }

    /// The string, with its place, if the value is one.
    pub(crate) fn as_text(&self) -> Option<Text<'_>> {
        match &self.unwrapped().kind {
            Kind::Text(text) => Some((text, &self.span)),
            _ => None,
        }
    }

    /// The value without a `Some(..)` around it.
    #[must_use]
    pub fn unwrapped(&self) -> &Self {
        match &self.kind {
            Kind::Tuple(Some(name), items) if name.text == "Some" && items.len() == 1 => &items[0],
            _ => self,
        }
    }
}
