//! `--set path=value`: one value of a scenario replaced from the command line.
//!
//! The text is edited and read again, so that there is one way in which a scenario is read, and so
//! that messages show what runs. A path leads only to what the language knows: a slip of the pen
//! never adds a field.

mod steps;

use super::conform::{conform_value, did_you_mean, list_of};
use super::document::Document;
use super::path::Path;
use super::problem::{Problem, Problems, printable};
use super::shape::{Definition, FieldShape, ROOT, SHAPES, Shape};
use super::syntax::{Field, Kind, Node, Span, parse_value};

use steps::{Step, path_steps, steps};

/// What messages call the argument.
const SOURCE: &str = "--set";

/// Where an edit goes: over a value, or in front of the fields of a struct.
#[derive(Clone, Debug, PartialEq)]
enum Target {
    Replace(Span),
    Insert { at: usize, field: String, alone: bool },
}

impl Document {
    /// Sets one value: `services.db.slots=20`,
    /// `arms["rpc"].calls.clients.policy[3].Bulkhead.permits=80`.
    ///
    /// The value is RON; what is a string in the scenario may be written without its quotes. An
    /// optional field that is absent is added, a map entry never is.
    ///
    /// # Errors
    /// When the path leads nowhere or the value has the wrong shape; the document stays as it was.
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

    /// The document with these values set, one after the other.
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

    /// What may stand at `path`, and what does: `None` if it is left to its default.
    ///
    /// # Errors
    /// When the path leads nowhere.
    pub(crate) fn field_at(&self, path: &str) -> Result<(FieldShape, Option<&str>), Box<Problem>> {
        let (target, field, _) = self.walk(&path_steps(path)?)?;
        let written = match target {
            Target::Replace(span) => self.text.get(span),
            Target::Insert { .. } => None,
        };
        Ok((field, written))
    }

    fn edited(&self, assignment: &str) -> Result<String, Vec<Problem>> {
        let (steps, value_at) = steps(assignment).map_err(|problem| vec![*problem])?;
        let (target, field, path) = self.walk(&steps).map_err(|problem| vec![*problem])?;
        let value = value_of(assignment, value_at, &field, &path)?;
        let text = &self.text;
        Ok(match target {
            Target::Replace(span) => {
                format!("{}{value}{}", &text[..span.start], &text[span.end..])
            }
            Target::Insert { at, field, alone } => {
                let comma = if alone { "" } else { ", " };
                format!("{}{field}: {value}{comma}{}", &text[..at], &text[at..])
            }
        })
    }

    fn walk(&self, steps: &[Step]) -> Result<(Target, FieldShape, Path), Box<Problem>> {
        let mut here = Here {
            node: &self.tree.root,
            field: FieldShape {
                name: String::new(),
                shape: Shape::Named(ROOT.to_owned()),
                required: true,
                nullable: false,
                about: String::new(),
            },
            path: Path::root(),
        };
        for (at, step) in steps.iter().enumerate() {
            match here.step(step)? {
                Stepped::To(next) => here = next,
                Stepped::Absent(target, field) if at + 1 == steps.len() => {
                    let path = here.path.field(&field.name);
                    return Ok((target, field, path));
                }
                Stepped::Absent(_, field) => {
                    let path = here.path.field(&field.name);
                    let rule = "not given in the scenario, so nothing in it can be set";
                    let problem = here.refuse(step, rule, "");
                    let hint = format!("set all of it: --set '{path}=..'");
                    return Err(Box::new(problem.hint(hint)));
                }
            }
        }
        Ok((Target::Replace(here.node.span.clone()), here.field, here.path))
    }
}

struct Here<'a> {
    node: &'a Node,
    field: FieldShape,
    path: Path,
}

enum Stepped<'a> {
    To(Here<'a>),
    Absent(Target, FieldShape),
}

impl<'a> Here<'a> {
    fn refuse(&self, step: &Step, rule: &str, found: &str) -> Problem {
        Problem::error(&self.path, rule, found).at(step.span.clone())
    }

    fn step(&self, step: &Step) -> Result<Stepped<'a>, Box<Problem>> {
        let node = match self.field.nullable {
            true => self.node.unwrapped(),
            false => self.node,
        };
        if let Some(shapes) = SHAPES.fields(&self.field.shape) {
            return self.step_field(shapes, node, step);
        }
        match &self.field.shape {
            Shape::Map(inner) => self.step_key(inner, node, step),
            Shape::List { item, .. } => self.step_index(item, node, step),
            Shape::Named(_) => self.step_variant(node, step),
            _ => {
                let rule = "has no parts";
                Err(Box::new(self.refuse(step, rule, "nothing can follow here")))
            }
        }
    }

    fn to(&self, node: &'a Node, field: FieldShape, path: Path) -> Stepped<'a> {
        Stepped::To(Here { node, field, path })
    }

    fn step_field(
        &self,
        shapes: &[FieldShape],
        node: &'a Node,
        step: &Step,
    ) -> Result<Stepped<'a>, Box<Problem>> {
        let names = || shapes.iter().map(|shape| shape.name.as_str());
        let Some(shape) = shapes.iter().find(|shape| shape.name == step.text) else {
            let rule = format!("unknown field `{}`", printable(&step.text));
            let hint = match did_you_mean(&step.text, names()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("the fields here are {}", list_of(names())),
            };
            return Err(Box::new(self.refuse(step, &rule, "no such field").hint(hint)));
        };
        let fields: &[Field] = match &node.kind {
            Kind::Record(_, fields) => fields,
            Kind::Tuple(_, items) if items.is_empty() => &[],
            _ => {
                return Err(Box::new(self.refuse(step, "has no fields in the scenario", "")));
            }
        };
        if let Some(field) = fields.iter().find(|field| field.name.text == step.text) {
            let path = self.path.field(&step.text);
            return Ok(self.to(&field.value, shape.clone(), path));
        }
        // In front of the first field: behind the last one there may be a comment.
        let target = match fields.first() {
            Some(first) => Target::Insert {
                at: first.name.span.start,
                field: shape.name.clone(),
                alone: false,
            },
            None => {
                Target::Insert { at: node.span.end - 1, field: shape.name.clone(), alone: true }
            }
        };
        Ok(Stepped::Absent(target, shape.clone()))
    }

    fn step_key(
        &self,
        inner: &Shape,
        node: &'a Node,
        step: &Step,
    ) -> Result<Stepped<'a>, Box<Problem>> {
        let Kind::Map(entries) = &node.kind else {
            return Err(Box::new(self.refuse(step, "is not a map in the scenario", "")));
        };
        let mut names = Vec::new();
        for (key, value) in entries {
            if let Kind::Text(name) = &key.kind {
                if *name == step.text {
                    let path = self.path.key(name);
                    return Ok(self.to(value, bare(inner), path));
                }
                names.push(name.as_str());
            }
        }
        let rule = format!("there is no \"{}\" here", printable(&step.text));
        let hint = match did_you_mean(&step.text, names.iter().copied()) {
            Some(meant) => format!("did you mean \"{}\"?", printable(meant)),
            None => format!("there is {}", list_of(names)),
        };
        Err(Box::new(self.refuse(step, &rule, "no such entry").hint(hint)))
    }

    fn step_index(
        &self,
        item: &Shape,
        node: &'a Node,
        step: &Step,
    ) -> Result<Stepped<'a>, Box<Problem>> {
        let Kind::List(items) = &node.kind else {
            return Err(Box::new(self.refuse(step, "is not a list in the scenario", "")));
        };
        let index = step.text.parse::<usize>().ok().filter(|_| !step.quoted);
        let Some(index) = index else {
            let found = "found something else";
            let problem = self.refuse(step, "expected the number of an element, from 0", found);
            return Err(Box::new(problem.hint("elements are numbered: policy[0]")));
        };
        let Some(node) = items.get(index) else {
            let rule = format!("has {} elements, numbered from 0", items.len());
            return Err(Box::new(self.refuse(step, &rule, "beyond the last one")));
        };
        Ok(self.to(node, bare(item), self.path.index(index)))
    }

    fn step_variant(&self, node: &'a Node, step: &Step) -> Result<Stepped<'a>, Box<Problem>> {
        let Shape::Named(name) = &self.field.shape else {
            return Err(Box::new(self.refuse(step, "has no parts", "")));
        };
        let Definition::Enum(variants) = SHAPES.get(name) else {
            return Err(Box::new(self.refuse(step, "has no parts", "")));
        };
        let given = match &node.kind {
            Kind::Word(word) => word.as_str(),
            Kind::Record(Some(name), _) | Kind::Tuple(Some(name), _) => name.text.as_str(),
            _ => "something else",
        };
        if given != step.text {
            let rule = format!("is a `{}` in the scenario", printable(given));
            let found = format!("not a `{}`", printable(&step.text));
            let hint = format!("write `{}.{}`", self.path, printable(given));
            return Err(Box::new(self.refuse(step, &rule, &found).hint(hint)));
        }
        let payload = variants
            .iter()
            .find(|variant| variant.name == given)
            .and_then(|variant| variant.payload.clone());
        let path = self.path.variant(given);
        match (payload, &node.kind) {
            (Some(payload @ Shape::Fields(_)), _) => Ok(self.to(node, bare(&payload), path)),
            (Some(payload), Kind::Tuple(_, items)) if items.len() == 1 => {
                Ok(self.to(&items[0], bare(&payload), path))
            }
            _ => Err(Box::new(self.refuse(step, "holds nothing that could be set", ""))),
        }
    }
}

fn bare(shape: &Shape) -> FieldShape {
    FieldShape {
        name: String::new(),
        shape: shape.clone(),
        required: true,
        nullable: false,
        about: String::new(),
    }
}

/// The value as it goes into the scenario.
fn value_of(
    text: &str,
    at: usize,
    field: &FieldShape,
    path: &Path,
) -> Result<String, Vec<Problem>> {
    let written = text[at..].trim();
    let textual = matches!(
        field.shape,
        Shape::Duration { .. } | Shape::Rate | Shape::Text | Shape::Limit { .. }
    );
    let number = matches!(field.shape, Shape::Limit { .. })
        && written.starts_with(|c: char| !c.is_alphabetic());
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
    match problems.is_empty() {
        true => Ok(text[node.span].to_owned()),
        false => Err(problems),
    }
}
