//! `--set path=value`: replaces one value of a scenario.
//!
//! A path starts at the scenario (`services.db.slots`), or with the name of a component in output
//! (`db.slots`, `rpc.clients.retry.max_retries`).
//!
//! The text is edited and read again, so that scenarios are read in only one way, and messages show
//! what runs. Paths lead only to fields that the language has, so a typing error never adds one.

mod short;
mod steps;
mod walk;

use super::conform::conform_value;
use super::document::Document;
use super::path::Path;
use super::problem::{Problem, Problems};
use super::shape::{FieldShape, Shape};
use super::syntax::{Kind, Node, Span, parse_value};

use steps::{path_steps, steps};
use walk::Here;

/// Name of the argument in messages.
const SOURCE: &str = "--set";

/// Target of an edit: replaces a value, or inserts before the fields of a struct.
#[derive(Clone, Debug, PartialEq)]
enum Target {
    Replace(Span),
    Insert { at: usize, field: String, alone: bool },
}

/// A place in the text, of a value or of a field that is not written yet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Landing(usize, String);

/// The end of a path.
struct Place<'a> {
    target: Target,
    field: FieldShape,
    path: Path,
    /// The plain value within a variant at the place, which a plain value replaces.
    within: Option<Here<'a>>,
}

impl Document {
    /// Sets one value: `db.slots=20`, `rpc.clients.bulkhead.permits=80`, `clients.timeout=2s`, or
    /// with a path from the scenario down, `services.db.slots=20`.
    ///
    /// A component without an arm in front means all of its definitions. The value is RON; strings
    /// of the scenario may be written without quotes. An absent optional field is added, an absent
    /// map entry is not.
    ///
    /// # Errors
    /// If the path does not exist or the value has the wrong shape; the document stays unchanged.
    pub fn set(&mut self, assignment: &str) -> Result<(), Problems> {
        let edited = self.edited(assignment).map_err(|problems| {
            Problems::new(SOURCE, assignment, problems).unwrap_or_else(|| {
                let problem = Problem::error(&Path::root(), "cannot be set", "");
                Problems::one(SOURCE, assignment, problem)
            })
        })?;
        *self = Self::parse(&self.name, edited.as_bytes())?;
        Ok(())
    }

    /// The document with these assignments applied in order.
    ///
    /// # Errors
    /// As [`Document::set`].
    pub fn with(
        &self,
        assignments: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<Self, Problems> {
        let mut changed = self.clone();
        for assignment in assignments {
            changed.set(assignment.as_ref())?;
        }
        Ok(changed)
    }

    /// The shape of the value at `path`, and its text: `None` for a default, or if the places that
    /// the path means differ.
    ///
    /// # Errors
    /// If the path does not exist, or means places of different kinds.
    pub(crate) fn field_at(
        &self,
        path: &str,
    ) -> Result<(FieldShape, Option<String>), Box<Problem>> {
        if let Some(expanded) = self.expanded() {
            return expanded.field_at(path);
        }
        let places = self.places(&path_steps(path)?)?;
        let mut all = places.into_iter().map(|place| {
            let Place { target, field, within, .. } = place;
            match (within, target) {
                (Some(within), _) => (within.field, self.text.get(within.node.span.clone())),
                (None, Target::Replace(span)) => (field, self.text.get(span)),
                (None, Target::Insert { .. }) => (field, None),
            }
        });
        let Some((field, mut written)) = all.next() else {
            return Err(Box::new(Problem::error(&Path::root(), "leads nowhere", "")));
        };
        for (other, text) in all {
            if core::mem::discriminant(&other.shape) != core::mem::discriminant(&field.shape) {
                let rule = "means values of different kinds";
                let problem = Problem::error(&Path::root(), rule, "in different arms");
                let problem = problem.at(0..path.len());
                return Err(Box::new(problem.hint("put the name of one arm in front")));
            }
            written = written.filter(|written| text == Some(*written));
        }
        Ok((field, written.map(str::to_owned)))
    }

    /// The places in the text that a path means.
    ///
    /// # Errors
    /// If the path does not exist.
    pub(crate) fn landings(&self, path: &str) -> Result<Vec<Landing>, Box<Problem>> {
        if let Some(expanded) = self.expanded() {
            return expanded.landings(path);
        }
        let places = self.places(&path_steps(path)?)?.into_iter();
        let landing = |place: Place<'_>| match (place.within, place.target) {
            (Some(within), _) => Landing(within.node.span.start, String::new()),
            (None, Target::Replace(span)) => Landing(span.start, String::new()),
            (None, Target::Insert { at, field, .. }) => Landing(at, field),
        };
        Ok(places.map(landing).collect())
    }

    /// Checks that the language allows an assignment, without a check of the resulting scenario.
    pub(crate) fn admits(&self, assignment: &str) -> Result<(), Vec<Problem>> {
        self.edited(assignment).map(drop)
    }

    fn edited(&self, assignment: &str) -> Result<String, Vec<Problem>> {
        let (steps, value_at) = steps(assignment).map_err(|problem| vec![*problem])?;
        let places = match self.places(&steps) {
            Ok(places) => places,
            // A path may lead into a field that a preset gives.
            Err(problem) => match self.expanded().filter(|given| given.places(&steps).is_ok()) {
                Some(expanded) => return expanded.edited(assignment),
                None => return Err(vec![*problem]),
            },
        };
        let mut edits: Vec<(Span, String)> = Vec::new();
        for place in places {
            let Place { target, field, path, within } = place;
            let plain = assignment[value_at..].trim_start();
            let plain = plain.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '"' | '.'));
            edits.push(match (within.filter(|_| plain), target) {
                (Some(within), _) => {
                    let value = value_of(assignment, value_at, &within.field, &within.path)?;
                    (within.node.span.clone(), value)
                }
                (None, Target::Replace(span)) => {
                    (span, value_of(assignment, value_at, &field, &path)?)
                }
                (None, Target::Insert { at, field: name, alone }) => {
                    let value = value_of(assignment, value_at, &field, &path)?;
                    let comma = if alone { "" } else { ", " };
                    (at..at, format!("{name}: {value}{comma}"))
                }
            });
        }
        // From the last to the first, so that earlier places stay valid.
        edits.sort_by_key(|(span, _)| core::cmp::Reverse(span.start));
        let mut text = self.text.to_string();
        for (span, value) in edits {
            text.replace_range(span, &value);
        }
        Ok(text)
    }
}

/// The text of the value for the scenario.
fn value_of(
    text: &str,
    at: usize,
    field: &FieldShape,
    path: &Path,
) -> Result<String, Vec<Problem>> {
    let written = text[at..].trim();
    let textual = matches!(
        field.shape,
        Shape::Duration { .. }
            | Shape::Rate
            | Shape::Text
            | Shape::Preset { .. }
            | Shape::Limit { .. }
            | Shape::CountOrTime
    );
    let number = match field.shape {
        Shape::Limit { .. } => written.starts_with(|c: char| !c.is_alphabetic()),
        Shape::CountOrTime => !written.ends_with(char::is_alphabetic),
        _ => false,
    };
    let ron = written.starts_with(['"', '(']) || written.starts_with("Some(");
    let none = field.nullable && written == "None";
    let raw = written.starts_with("r\"") || written.starts_with("r#");
    if textual && !(number || ron || none || raw) {
        let quoted = ron::to_string(written).unwrap_or_default();
        let span = at..text.len();
        let node = Node { span, kind: Kind::Text(written.to_owned()) };
        let problems = conform_value(field, &node, text, path);
        return if problems.is_empty() { Ok(quoted) } else { Err(problems) };
    }
    let node = parse_value(text, at).map_err(|problem| vec![*problem])?;
    let problems = conform_value(field, &node, text, path);
    if problems.is_empty() { Ok(text[node.span].to_owned()) } else { Err(problems) }
}
