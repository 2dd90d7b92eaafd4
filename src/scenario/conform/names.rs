//! Messages about names: fields, variants, and the names that users give.

use super::words;
use crate::scenario::path::Path;
use crate::scenario::problem::{Problem, is_unprintable, printable};
use crate::scenario::shape::{FieldShape, SHAPES, STUDY, Shape, VariantShape};
use crate::scenario::syntax::{Field, Kind, Node};

/// Longest name, in bytes.
const NAME_BYTES: usize = 200;

/// The name that was probably intended.
#[must_use]
pub(crate) fn did_you_mean<'a>(
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    // Longer than any name; its distance would take quadratic time.
    if name.len() > NAME_BYTES {
        return None;
    }
    let lower = name.to_lowercase();
    known
        .into_iter()
        .filter(|other| *other != name && other.len() <= NAME_BYTES)
        .map(|other| (strsim::damerau_levenshtein(&lower, &other.to_lowercase()), other))
        .filter(|(distance, other)| {
            let longest = name.chars().count().max(other.chars().count());
            *distance <= (longest / 3).max(1) && *distance < longest
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, other)| other)
}

/// Suggests intended names within a limit of comparisons: with thousands of unknown names among
/// thousands of known ones, only the first get suggestions.
#[derive(Debug, Default)]
pub(crate) struct Suggestions {
    compared: usize,
}

impl Suggestions {
    const COMPARISONS: usize = 100_000;

    /// The name that was probably intended; `None` also once the limit is reached.
    pub(crate) fn nearest<'a>(
        &mut self,
        name: &str,
        known: impl ExactSizeIterator<Item = &'a str>,
    ) -> Option<&'a str> {
        if self.compared > Self::COMPARISONS {
            return None;
        }
        self.compared += known.len();
        did_you_mean(name, known)
    }
}

/// "`a`, `b` and `c`", cut if there are many.
#[must_use]
pub(crate) fn list_of<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 14;
    let mut names = names.into_iter();
    let quoted: Vec<String> =
        names.by_ref().take(SHOWN).map(|name| format!("`{}`", printable(name))).collect();
    let more = names.count();
    if more > 0 {
        return format!("{} and {more} more", quoted.join(", "));
    }
    match quoted.split_last() {
        None => "none".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

/// The problem of a name that the user chose, if it has one: names reach terminals, CSV cells and
/// file names.
pub(super) fn name_problem(name: &str, key: &Node, text: &str, at: &Path) -> Option<Problem> {
    let problem = |rule: &str, found: String| {
        let problem = Problem::error(at, rule, found);
        Some(problem.at(key.span.clone()))
    };
    let reorders = |c: char| {
        matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if name.len() > NAME_BYTES {
        let rule = format!("a name is at most {NAME_BYTES} bytes long");
        return problem(&rule, format!("this one has {}", name.len()));
    }
    if name.is_empty() {
        return problem("a name must not be empty", "nothing between the quotes".to_owned());
    }
    if let Some(c) = name.chars().find(|c| c.is_control()) {
        let rule = "a name must not hold control characters";
        return problem(rule, format!("found U+{:04X}", u32::from(c)));
    }
    if let Some(c) = name.chars().find(|c| reorders(*c)) {
        let rule = "a name must not hold characters that reorder text";
        return problem(rule, format!("found U+{:04X}", u32::from(c)));
    }
    if let Some(c) = invisible(name) {
        let rule = "a name must not hold invisible characters";
        return problem(rule, format!("found U+{:04X}", u32::from(c)));
    }
    if name.trim().is_empty() {
        return problem("a name must not be only spaces", "found only spaces".to_owned());
    }
    if name.trim() != name {
        let rule = "a name must not start or end with a space";
        let written = printable(text.get(key.span.clone()).unwrap_or_default());
        let trimmed = printable(name.trim());
        let problem = problem(rule, format!("found {written}"))?;
        return Some(problem.hint(format!("write \"{trimmed}\"")));
    }
    None
}

/// The first invisible character, which makes two names differ that look the same. Joiners between
/// letters of scripts that need them do not count.
fn invisible(name: &str) -> Option<char> {
    let chars: Vec<char> = name.chars().collect();
    let is_script = |at: Option<usize>| {
        at.and_then(|at| chars.get(at)).is_some_and(|c| !c.is_ascii() && !is_unprintable(*c))
    };
    let mut all = chars.iter().enumerate();
    let pair = all.find(|(at, c)| match c {
        '\u{200c}' | '\u{200d}' => !is_script(at.checked_sub(1)) || !is_script(Some(at + 1)),
        '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{ffa0}' => {
            true
        }
        c => is_unprintable(**c),
    });
    pair.map(|(_, c)| *c)
}

/// The expected struct in words: "a `Call` with `to` and `policy`".
pub(super) fn a_struct(name: &str, shapes: &[FieldShape]) -> String {
    let fields = shapes.iter().filter(|shape| shape.required);
    let fields: Vec<&str> = fields.map(|shape| shape.name.as_str()).collect();
    let name = with_article(name);
    match fields.as_slice() {
        [] => format!("{name}, written `(field: value, ..)`"),
        [first, ..] => format!("{name}, written `({first}: .., ..)`"),
    }
}

/// The name with its article: "an `Arm`", but "`Arrivals`".
fn with_article(name: &str) -> String {
    match name {
        _ if name.ends_with('s') => format!("`{name}`"),
        _ if name.starts_with(['A', 'E', 'I', 'O', 'U']) => format!("an `{name}`"),
        _ => format!("a `{name}`"),
    }
}

pub(super) fn unknown_field(
    owner: &str,
    shapes: &[FieldShape],
    field: &Field,
    at: &Path,
) -> Problem {
    let name = &field.name.text;
    let names = || shapes.iter().map(|shape| shape.name.as_str());
    let rule = format!("unknown field `{}`", printable(name));
    let found = format!("`{owner}` has no such field");
    let problem = Problem::error(at, rule, found).at(field.name.span.clone());
    let fields = format!("`{owner}` has the fields {}", list_of(names()));
    // Fields of scenarios are no help in a study.
    let of_scenario = !matches!(owner, STUDY | "Axis" | "Range" | "Log" | "LatinHypercube");
    let snake = words::snake(name);
    let spelled = names().find(|other| *other == snake);
    let hint = spelled
        .map(|other| format!("write `{other}`"))
        .or_else(|| words::here(owner, name).filter(|_| of_scenario))
        .or_else(|| Some(format!("did you mean `{}`?", did_you_mean(&snake, names())?)))
        .or_else(|| belongs(&snake).filter(|_| of_scenario))
        .unwrap_or(fields);
    problem.hint(hint)
}

fn belongs(name: &str) -> Option<String> {
    let homes = SHAPES.homes(name);
    let first = homes.first()?;
    Some(match first.as_str() {
        "" => format!("`{name}` is a field of the scenario itself"),
        home => format!("`{name}` belongs under `{home}`"),
    })
}

pub(super) fn missing_field(owner: &str, shape: &FieldShape, node: &Node, at: &Path) -> Problem {
    let rule = format!("missing field `{}`", shape.name);
    let found = format!("this `{owner}` has no `{}`", shape.name);
    let problem = Problem::error(at, rule, found).at(node.head());
    let about = shape.about.replace('\n', " ");
    let about = about.split(['.', ';']).next().unwrap_or_default();
    if shape.name == "schema" {
        let language = if owner == STUDY { "study" } else { "scenario" };
        return problem.hint(format!("write `schema: 1`, the version of the {language} language"));
    }
    problem.maybe_hint((!about.is_empty()).then(|| format!("`{}`: {}", shape.name, lower(about))))
}

fn lower(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}

fn variants_list(variants: &[VariantShape]) -> String {
    list_of(variants.iter().map(|variant| variant.name.as_str()))
}

pub(super) fn unknown_variant(
    owner: &str,
    variants: &[VariantShape],
    name: &str,
    node: &Node,
    at: &Path,
) -> Problem {
    let rule = format!("unknown variant `{}`", printable(name));
    let found = format!("`{owner}` has no such variant");
    let known = variants_list(variants);
    let names = variants.iter().map(|variant| variant.name.as_str());
    let hint = match (words::here(owner, name), did_you_mean(name, names)) {
        (Some(here), _) => format!("{here}; there are {known}"),
        (None, Some(meant)) => format!("did you mean `{meant}`? there are {known}"),
        (None, None) => format!("there are {known}"),
    };
    Problem::error(at, rule, found).at(node.head()).hint(hint)
}

/// The problem of a value that is no name, where a variant is expected.
pub(super) fn no_variant(
    owner: &str,
    variants: &[VariantShape],
    node: &Node,
    at: &Path,
) -> Problem {
    let rule = format!("expected {}", with_article(owner));
    let problem = Problem::error(at, rule, format!("found {}", node.what())).at(node.head());
    let unit = |name: &str| variants.iter().any(|v| v.name == name && v.payload.is_none());
    let constant = variants.iter().any(|variant| {
        variant.name == "Constant" && matches!(variant.payload, Some(Shape::Duration { .. }))
    });
    let number = variants.iter().any(|variant| {
        variant.name == "Constant" && matches!(variant.payload, Some(Shape::Float(_)))
    });
    let hint = match &node.kind {
        Kind::Number if number => Some("a fixed number is written Constant(..)".to_owned()),
        Kind::Text(text) if unit(text) => Some(format!("write {text} without quotes")),
        Kind::Text(text) if constant => {
            Some(format!("a fixed time is written Constant(\"{}\")", printable(text)))
        }
        _ => None,
    };
    problem.hint(hint.unwrap_or_else(|| format!("one of {}", variants_list(variants))))
}

/// The problem of a variant without its fields.
pub(super) fn wants_fields(name: &str, shapes: &[FieldShape], node: &Node, at: &Path) -> Problem {
    let required = shapes.iter().filter(|shape| shape.required);
    let shown: Vec<String> = required.map(|shape| format!("{}: ..", shape.name)).collect();
    let hint = match shown.is_empty() {
        true => format!("write {name}(field: value, ..)"),
        false => format!("write {name}({})", shown.join(", ")),
    };
    let names = list_of(shapes.iter().map(|shape| shape.name.as_str()));
    let rule = format!("`{name}` has the fields {names}");
    let found = match &node.kind {
        Kind::Word(_) => "found none of them",
        _ => "found a value without the name of its field",
    };
    Problem::error(at, rule, found).at(node.head()).hint(hint)
}

/// The problem of a variant with one value that has none, several, or fields.
pub(super) fn wants_value(name: &str, shape: &Shape, node: &Node, at: &Path) -> Problem {
    let what = super::scalar::name_of(shape);
    let rule = format!("`{name}` takes one value: {what}");
    let found = match &node.kind {
        Kind::Record(..) => "found fields",
        Kind::Tuple(_, items) if !items.is_empty() => "found several values",
        _ => "found none",
    };
    let hint = match shape {
        Shape::Duration { .. } => format!("write {name}(\"120ms\")"),
        Shape::List { .. } => format!("write {name}([ .. ])"),
        Shape::Ratio => format!("write {name}(0.2)"),
        _ => format!("write {name}( .. )"),
    };
    Problem::error(at, rule, found).at(node.head()).hint(hint)
}
