//! Checks the shape of every value against the schema.
//!
//! The walk covers the whole tree and collects every problem, so that one message is enough to
//! correct the file. It knows no meaning: [`super::check`] checks names that must exist and fields
//! that must agree, and contributes one search for dangling names here. Serde reads a tree that
//! passes without an error.

mod names;
mod scalar;
mod words;

use std::collections::BTreeMap;

use super::check::dangling;
use super::path::Path;
use super::presets;
use super::problem::{Problem, printable};
use super::schema::SCHEMA_VERSION;
use super::shape::{Definition, FieldShape, ROOT, SHAPES, STUDY, Shape, VariantShape};
use super::study::STUDY_VERSION;
use super::syntax::{Field, Kind, Name, Node, Number, Tree};

pub(crate) use names::{Suggestions, did_you_mean, list_of};

/// All violations of the schema of `root`, which is [`ROOT`] or [`STUDY`].
#[must_use]
pub(crate) fn conform(tree: &Tree, text: &str, root: &str) -> Vec<Problem> {
    let mut walk = Walk::new(text);
    for extension in &tree.extensions {
        if extension.text != "implicit_some" {
            let rule = format!("no extension `{}` in {}", printable(&extension.text), many(root));
            let problem = Problem::error(&Path::root(), rule, "named here");
            let hint = "`implicit_some` is always on, and no other is needed: remove this";
            walk.add(problem.at(extension.span.clone()).hint(hint));
        }
    }
    if let Some(newer) = newer_schema(&tree.root, text, root) {
        return vec![newer];
    }
    walk.value(&Shape::Named(root.to_owned()), &tree.root, &Path::root());
    if !walk.problems.is_empty() && root == ROOT {
        // The check of names needs a scenario of the right shape; this search does not.
        walk.problems.extend(dangling(&tree.root));
    }
    walk.problems
}

/// All violations of `shape` in one value, for `--set`.
#[must_use]
pub(crate) fn conform_value(
    shape: &FieldShape,
    node: &Node,
    text: &str,
    at: &Path,
) -> Vec<Problem> {
    let mut walk = Walk::new(text);
    walk.field_value(shape, node, at);
    walk.problems
}

/// The problem of a newer schema version, which replaces all others: they may be wrong for it.
fn newer_schema(node: &Node, text: &str, root: &str) -> Option<Problem> {
    let Kind::Record(_, fields) = &node.kind else {
        return None;
    };
    let field = fields.iter().find(|field| field.name.text == "schema")?;
    let version = field.value.unwrapped();
    let reads = if root == STUDY { STUDY_VERSION } else { SCHEMA_VERSION };
    match Number::read(text.get(version.span.clone())?) {
        Ok(Number::Whole { negative: false, size })
            if version.kind == Kind::Number && size > u64::from(reads) =>
        {
            let rule = format!("{} language {size} needs a newer dessim", root.to_lowercase());
            let found = format!("this one reads {reads}");
            let problem = Problem::error(&Path::root().field("schema"), rule, found);
            Some(problem.at(version.span.clone()))
        }
        _ => None,
    }
}

/// The plural of a root: "scenarios", "studies".
fn many(root: &str) -> &'static str {
    if root == STUDY { "studies" } else { "scenarios" }
}

/// Most problems kept of one file: a file of another kind could have millions.
const MOST: usize = 1_000;

struct Walk<'a> {
    text: &'a str,
    problems: Vec<Problem>,
}

impl<'a> Walk<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, problems: Vec::new() }
    }

    fn add(&mut self, problem: Problem) {
        if self.problems.len() < MOST {
            self.problems.push(problem);
        }
    }

    /// Adds a problem: `what` is expected, the node is found.
    fn expected(&mut self, what: &str, node: &Node, at: &Path, hint: Option<String>) {
        let found = format!("found {}", node.what());
        let problem = Problem::error(at, format!("expected {what}"), found);
        self.add(problem.at(node.head()).maybe_hint(hint));
    }

    /// Checks the value of a field, which may allow `None` and `Some(..)`.
    fn field_value(&mut self, field: &FieldShape, node: &Node, at: &Path) {
        let is_none = matches!(&node.kind, Kind::Word(word) if word == "None");
        match field.nullable {
            true if is_none => {}
            true => self.value(&field.shape, node.unwrapped(), at),
            false => self.value(&field.shape, node, at),
        }
    }

    fn value(&mut self, shape: &Shape, node: &Node, at: &Path) {
        match shape {
            Shape::Named(name) => match SHAPES.get(name) {
                Definition::Struct(fields) => self.structure(name, fields, node, at),
                Definition::Enum(variants) => self.enumeration(name, variants, node, at),
            },
            Shape::Fields(fields) => self.structure("", fields, node, at),
            Shape::Map(inner) => self.map(inner, node, at),
            Shape::List { item, min } => self.list(item, *min, node, at),
            scalar => {
                if let Some(problem) = scalar::problem(scalar, node, self.text, at) {
                    self.add(problem);
                }
            }
        }
    }

    fn list(&mut self, item: &Shape, min: u64, node: &Node, at: &Path) {
        let Kind::List(items) = &node.kind else {
            let hint = "lists are written in brackets: [ .. ]".to_owned();
            return self.expected("a list", node, at, Some(hint));
        };
        for (index, node) in items.iter().enumerate() {
            self.value(item, node, &at.index(index));
        }
        if (items.len() as u64) < min {
            let rule = format!("needs at least {min} entry");
            let problem = Problem::error(at, rule, "this list is empty");
            self.add(problem.at(node.span.clone()));
        }
    }

    fn map(&mut self, inner: &Shape, node: &Node, at: &Path) {
        let Kind::Map(entries) = &node.kind else {
            let hint = "names and their values are written in braces: { \"name\": .. }".to_owned();
            return self.expected("a map from names", node, at, Some(hint));
        };
        let mut seen: BTreeMap<&str, &Node> = BTreeMap::new();
        for (key, value) in entries {
            let Kind::Text(name) = &key.kind else {
                let hint = match &key.kind {
                    Kind::Word(word) => Some(format!("write \"{}\"", printable(word))),
                    _ => None,
                };
                self.expected("a name in quotes", key, at, hint);
                continue;
            };
            let here = at.key(name);
            if let Some(problem) = names::name_problem(name, key, self.text, &here) {
                self.add(problem);
            }
            if let Some(first) = seen.insert(name, key) {
                let rule = format!("the name \"{}\" is given twice", printable(name));
                let problem = Problem::error(at, rule, "and again here");
                let problem = problem.at(key.span.clone());
                self.add(problem.also(first.span.clone(), "first given here"));
            }
            self.value(inner, value, &here);
        }
    }

    fn structure(&mut self, name: &str, shapes: &[FieldShape], node: &Node, at: &Path) {
        let no_fields = Vec::new();
        let (given_name, fields) = match &node.kind {
            Kind::Record(given, fields) => (given, fields),
            Kind::Tuple(given, items) if items.is_empty() => (given, &no_fields),
            Kind::Map(_) => {
                let hint = "fields are written in parentheses, without quotes: (name: value, ..)";
                let what = names::a_struct(name, shapes);
                return self.expected(&what, node, at, Some(hint.to_owned()));
            }
            _ => {
                let hint = match at.is_root() {
                    true => Some(format!(
                        "a {} is written `{name}(schema: 1, ..)`",
                        name.to_lowercase()
                    )),
                    false => None,
                };
                return self.expected(&names::a_struct(name, shapes), node, at, hint);
            }
        };
        if let Some(given) = given_name
            && !name.is_empty()
            && given.text != name
        {
            let rule = format!("expected `{name}(..)` or just `(..)`");
            let found = format!("found `{}(..)`", printable(&given.text));
            self.add(Problem::error(at, rule, found).at(given.span.clone()));
            return;
        }
        self.fields(name, shapes, fields, node, at);
    }

    /// Checks the fields of a struct or of a variant, whose name was checked before.
    fn fields(
        &mut self,
        owner: &str,
        shapes: &[FieldShape],
        fields: &[Field],
        node: &Node,
        at: &Path,
    ) {
        let mut seen: BTreeMap<&str, &Name> = BTreeMap::new();
        for field in fields {
            let here = at.field(&field.name.text);
            if let Some(first) = seen.get(field.name.text.as_str()) {
                let rule = format!("`{}` is given twice", printable(&field.name.text));
                let problem = Problem::error(at, rule, "and again here");
                let problem = problem.at(field.name.span.clone());
                self.add(problem.also(first.span.clone(), "first given here"));
            } else {
                seen.insert(&field.name.text, &field.name);
            }
            match shapes.iter().find(|shape| shape.name == field.name.text) {
                Some(shape) => self.field_value(shape, &field.value, &here),
                // Further problems are not kept.
                None if self.problems.len() >= MOST => {}
                None => self.add(names::unknown_field(owner, shapes, field, at)),
            }
        }
        let given = presets::given(shapes, fields);
        for shape in shapes.iter().filter(|shape| shape.required) {
            if !seen.contains_key(shape.name.as_str()) && !given(&shape.name) {
                // A misspelt field is reported as unknown, not also as missing.
                let misspelt = fields.iter().take(MOST).any(|field| {
                    let known = shapes.iter().any(|shape| shape.name == field.name.text);
                    let names = std::iter::once(shape.name.as_str());
                    let hint = words::here(owner, &field.name.text);
                    let named =
                        hint.is_some_and(|hint| hint.contains(&format!("`{}`", shape.name)));
                    let snake = words::snake(&field.name.text);
                    let spelled = snake == shape.name || did_you_mean(&snake, names).is_some();
                    !known && (named || spelled)
                });
                if !misspelt {
                    self.add(names::missing_field(owner, shape, node, at));
                }
            }
        }
    }

    fn enumeration(&mut self, owner: &str, variants: &[VariantShape], node: &Node, at: &Path) {
        let name = match &node.kind {
            Kind::Word(word) => word,
            Kind::Record(Some(name), _) | Kind::Tuple(Some(name), _) => &name.text,
            _ => return self.add(names::no_variant(owner, variants, node, at)),
        };
        let Some(variant) = variants.iter().find(|variant| variant.name == *name) else {
            return self.add(names::unknown_variant(owner, variants, name, node, at));
        };
        let here = at.variant(name);
        match (&variant.payload, &node.kind) {
            (None, Kind::Word(_)) => {}
            (None, _) => {
                let rule = format!("`{name}` takes nothing");
                let problem = Problem::error(&here, rule, "found `(..)` behind it");
                self.add(problem.at(node.head()).hint(format!("write just `{name}`")));
            }
            (Some(Shape::Fields(shapes)), Kind::Record(_, fields)) => {
                self.fields(name, shapes, fields, node, &here);
            }
            (Some(Shape::Fields(shapes)), Kind::Tuple(_, items)) if items.is_empty() => {
                self.fields(name, shapes, &[], node, &here);
            }
            (Some(Shape::Fields(shapes)), _) => {
                self.add(names::wants_fields(name, shapes, node, &here));
            }
            (Some(shape), Kind::Tuple(_, items)) if items.len() == 1 => {
                self.value(shape, &items[0], &here);
            }
            (Some(shape), _) => self.add(names::wants_value(name, shape, node, &here)),
        }
    }
}
