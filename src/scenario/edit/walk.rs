//! Follows the steps of a path through the shapes and the values of a scenario.

use super::steps::Step;
use super::{Place, Target};
use crate::scenario::conform::{did_you_mean, list_of};
use crate::scenario::path::Path;
use crate::scenario::problem::{Problem, printable};
use crate::scenario::shape::{Definition, FieldShape, ROOT, SHAPES, Shape};
use crate::scenario::syntax::{Field, Kind, Node};

/// A value on the path, and the shape allowed in its place.
#[derive(Clone)]
pub(super) struct Here<'a> {
    pub(super) node: &'a Node,
    pub(super) field: FieldShape,
    pub(super) path: Path,
}

pub(super) enum Stepped<'a> {
    To(Here<'a>),
    Absent(Target, FieldShape),
}

impl<'a> Here<'a> {
    /// The whole scenario.
    pub(super) fn root(node: &'a Node) -> Self {
        Self { node, field: bare(&Shape::Named(ROOT.to_owned())), path: Path::root() }
    }

    /// Follows `steps` from here.
    pub(super) fn walk(mut self, steps: &[Step]) -> Result<Place<'a>, Box<Problem>> {
        for (at, step) in steps.iter().enumerate() {
            match self.step(step)? {
                Stepped::To(next) => self = next,
                Stepped::Absent(target, field) if at + 1 == steps.len() => {
                    let path = self.path.field(&field.name);
                    return Ok(Place { target, field, path, within: None });
                }
                Stepped::Absent(_, field) => {
                    let path = self.path.field(&field.name);
                    let rule = "not given in the scenario, so nothing in it can be set";
                    let problem = self.refuse(step, rule, "");
                    let hint = format!("set all of it: --set '{path}=..'");
                    return Err(Box::new(problem.hint(hint)));
                }
            }
        }
        let within = self.plain_payload();
        let Self { node, field, path } = self;
        Ok(Place { target: Target::Replace(node.span.clone()), field, path, within })
    }

    /// The plain value within the variant here, as in `Timeout("2s")`.
    fn plain_payload(&self) -> Option<Here<'a>> {
        let Shape::Named(name) = &self.field.shape else { return None };
        let node = self.value();
        let (Definition::Enum(variants), Kind::Tuple(Some(given), items)) =
            (SHAPES.get(name), &node.kind)
        else {
            return None;
        };
        let variant = variants.iter().find(|variant| variant.name == given.text)?;
        let (payload, [item]) = (variant.payload.as_ref()?, items.as_slice()) else {
            return None;
        };
        let plain = !matches!(
            payload,
            Shape::Named(_) | Shape::Fields(_) | Shape::Map(_) | Shape::List { .. }
        );
        let path = self.path.variant(&given.text);
        plain.then(|| Here { node: item, field: bare(payload), path })
    }

    /// The value without a `Some(..)` around it.
    fn value(&self) -> &'a Node {
        if self.field.nullable { self.node.unwrapped() } else { self.node }
    }

    fn refuse(&self, step: &Step, rule: &str, found: &str) -> Problem {
        Problem::error(&self.path, rule, found).at(step.span.clone())
    }

    pub(super) fn step(&self, step: &Step) -> Result<Stepped<'a>, Box<Problem>> {
        let node = self.value();
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
        // Inserts before the first field, because a comment may follow the last one.
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
        let given = variant_of(node).unwrap_or("something else");
        let variant = variants.iter().find(|variant| variant.name == given);
        let payload = variant.and_then(|variant| variant.payload.clone());
        let path = self.path.variant(given);
        if given != step.text {
            // The name of the variant may be left out before one of its fields.
            let fields = payload.as_ref().and_then(|payload| SHAPES.fields(payload));
            if let (Some(fields), Some(payload)) = (fields, &payload)
                && fields.iter().any(|field| field.name == step.text)
            {
                return match (payload, &node.kind) {
                    (Shape::Fields(_), _) => Here { node, field: bare(payload), path }.step(step),
                    (_, Kind::Tuple(_, items)) if items.len() == 1 => {
                        Here { node: &items[0], field: bare(payload), path }.step(step)
                    }
                    _ => Err(Box::new(self.refuse(step, "holds nothing that could be set", ""))),
                };
            }
            let rule = format!("is a `{}` in the scenario", printable(given));
            let found = format!("not a `{}`", printable(&step.text));
            let hint = match fields {
                Some(fields) => {
                    let names = || fields.iter().map(|field| field.name.as_str());
                    match did_you_mean(&step.text, names()) {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None => format!("its fields are {}", list_of(names())),
                    }
                }
                None => format!("write `{}.{}`", self.path, printable(given)),
            };
            return Err(Box::new(self.refuse(step, &rule, &found).hint(hint)));
        }
        match (payload, &node.kind) {
            (Some(payload @ Shape::Fields(_)), _) => Ok(self.to(node, bare(&payload), path)),
            (Some(payload), Kind::Tuple(_, items)) if items.len() == 1 => {
                Ok(self.to(&items[0], bare(&payload), path))
            }
            _ => Err(Box::new(self.refuse(step, "holds nothing that could be set", ""))),
        }
    }
}

/// The name of the variant of a value.
fn variant_of(node: &Node) -> Option<&str> {
    match &node.unwrapped().kind {
        Kind::Word(word) => Some(word),
        Kind::Record(Some(name), _) | Kind::Tuple(Some(name), _) => Some(&name.text),
        _ => None,
    }
}

pub(super) fn bare(shape: &Shape) -> FieldShape {
    FieldShape {
        name: String::new(),
        shape: shape.clone(),
        required: true,
        nullable: false,
        about: String::new(),
    }
}
