//! Presets: algorithms and defaults of libraries, by name and version.
//!
//! `Retry(preset: "resilience4j/2.3", max_attempts: 5)` is the retry of that library with one field
//! changed. The presets are data in the language itself (`presets.ron`). Their fields are written
//! in the place of their names before a scenario is read, so that nothing behind the text knows of
//! presets.

mod expand;

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::conform::{did_you_mean, list_of};
use super::shape::{FieldShape, Shape};
use super::syntax::{Field, Kind, Node, parse};
use super::written::{self, Written};

/// Name of the field.
pub(crate) const FIELD: &str = "preset";

/// The presets as text.
const TEXT: &str = include_str!("presets.ron");

/// Fields that say the same in two ways, by what they belong to: where one is written, a preset
/// gives none of the pair.
#[rustfmt::skip]
const PAIRS: &[(&str, &str, &str)] = &[
    ("Retry", "max_retries", "max_attempts"),
    ("Breaker", "failure_threshold", "failure_rate"),
    ("Breaker", "open_duration", "open_backoff"),
    ("Bulkhead", "queue", "max_wait"),
];

/// The defaults of a library for one layer, a group of consumers or outlier detection.
#[derive(Clone, Debug, PartialEq)]
pub struct Preset {
    /// Name with its version: "resilience4j/2.3".
    pub name: String,
    /// What it is a preset of: the name of a layer, `Consumer` or `OutlierDetection`.
    pub of: String,
    /// Fields with their values.
    pub fields: Vec<(String, Written)>,
    /// Proof that the library decides so.
    pub proof: Proof,
    /// Where the defaults are written down.
    pub source: String,
    /// Page of its vendor in `docs/vendors`, without `.md`.
    pub page: String,
}

/// Kinds of proof that a preset decides as its library does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The library itself was asked, for random sequences: `conformance/README.md`.
    Asked,
    /// A port of its sources was asked.
    Ported,
    /// Values and rules are taken from its sources or its documentation.
    Read,
}

/// All presets, by name in the order of `presets.ron`.
pub static PRESETS: LazyLock<Vec<Preset>> =
    LazyLock::new(|| read(TEXT).expect("`presets.ron` has presets alone"));

impl Proof {
    /// The kind in a word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Ported => "ported",
            Self::Read => "read",
        }
    }
}

impl Preset {
    /// The preset in the language: `Retry(max_attempts: 3, ..)`.
    #[must_use]
    pub fn written(&self) -> Written {
        Written::Record(self.of.clone(), self.fields.clone())
    }

    /// The name without its version.
    fn library(&self) -> &str {
        library(&self.name)
    }
}

fn library(name: &str) -> &str {
    name.split('/').next().unwrap_or_default()
}

/// The preset of this name for a layer, a group of consumers or outlier detection.
pub(crate) fn find(of: &str, name: &str) -> Option<&'static Preset> {
    presets_of(of).find(|preset| preset.name == name)
}

fn presets_of(of: &str) -> impl Iterator<Item = &'static Preset> {
    PRESETS.iter().filter(move |preset| preset.of == of)
}

/// Tells of the required fields of a struct which ones its preset gives; all of them, if there is
/// no such preset, which is a problem of its own.
pub(crate) fn given(shapes: &[FieldShape], fields: &[Field]) -> impl Fn(&str) -> bool {
    let named = shapes.iter().find_map(|shape| {
        let Shape::Preset { of } = &shape.shape else { return None };
        let field = fields.iter().find(|field| field.name.text == shape.name)?;
        Some(field.value.as_text().and_then(|(name, _)| find(of, name)))
    });
    move |field| match named {
        Some(Some(preset)) => preset.fields.iter().any(|(name, _)| name == field),
        Some(None) => true,
        None => false,
    }
}

/// The rule that a name breaks, what was found, and a hint; `None` if there is such a preset.
pub(crate) fn problem(of: &str, name: &str) -> Option<(String, String, String)> {
    if find(of, name).is_some() {
        return None;
    }
    let shown = super::problem::printable(name);
    let names = || presets_of(of).map(|preset| preset.name.as_str());
    let all = format!("presets of `{of}` are {}", list_of(names()));
    let same: Vec<&str> =
        presets_of(of).filter(|one| one.library() == library(name)).map(|one| &*one.name).collect();
    let others: Vec<&str> =
        PRESETS.iter().filter(|preset| preset.name == name).map(|preset| &*preset.of).collect();
    Some(if let (false, [one, ..]) = (name.contains('/'), same.as_slice()) {
        let rule = "a preset is named with its version".to_owned();
        (rule, format!("found `{shown}`"), format!("write \"{one}\""))
    } else if !others.is_empty() {
        let rule = format!("`{shown}` is no preset of a `{of}`");
        (rule, format!("it is one of {}", list_of(others)), all)
    } else {
        let hint = match (same.is_empty(), did_you_mean(name, names())) {
            (false, _) => format!("there is {}", list_of(same)),
            (true, Some(meant)) => format!("did you mean `{meant}`?"),
            (true, None) => all,
        };
        (format!("unknown preset `{shown}`"), format!("`{of}` has no such preset"), hint)
    })
}

/// Adds the field to the JSON Schema of what has presets. What every preset gives is required only
/// without one.
pub(crate) fn describe(schema: &mut Value) {
    let definitions = &mut schema["$defs"];
    if let Some(layers) = definitions["Layer"]["oneOf"].as_array_mut() {
        for layer in layers.iter_mut().filter_map(|layer| layer["properties"].as_object_mut()) {
            layer.iter_mut().for_each(|(name, layer)| describe_one(name, layer));
        }
    }
    for of in ["Consumer", "OutlierDetection"] {
        describe_one(of, &mut definitions[of]);
    }
}

fn describe_one(of: &str, schema: &mut Value) {
    let names: Vec<&str> = presets_of(of).map(|preset| preset.name.as_str()).collect();
    let Some(properties) = schema["properties"].as_object_mut().filter(|_| !names.is_empty())
    else {
        return;
    };
    let about = "Library and version whose algorithm and defaults hold for fields that are not \
                 written. Default none.";
    let field = json!({
        "description": about,
        "type": "string",
        "format": "dessim-preset",
        "dessim:of": of,
        "enum": names,
    });
    properties.shift_insert(0, FIELD.to_owned(), field);
    let given = |field: &Value| {
        let gives = |preset: &Preset| preset.fields.iter().any(|(name, _)| field == name);
        presets_of(of).all(gives)
    };
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let (without, always): (Vec<Value>, Vec<Value>) = required.into_iter().partition(given);
    if !without.is_empty() {
        schema["required"] = json!(always);
        schema["if"] = json!({ "required": [FIELD] });
        schema["else"] = json!({ "required": without });
    }
}

/// Reads a map of presets; `None` if it is none.
fn read(text: &str) -> Option<Vec<Preset>> {
    let tree = parse(text).ok()?;
    let Kind::Map(entries) = &tree.root.kind else { return None };
    let mut presets = Vec::new();
    for (name, vendor) in entries {
        let (name, _) = name.as_text()?;
        let (source, _) = vendor.field("source")?.as_text()?;
        let (page, _) = vendor.field("page")?.as_text()?;
        let Kind::List(layers) = &vendor.field("presets")?.kind else { return None };
        for layer in layers {
            let (proof, layer) = proven(layer)?;
            let Written::Record(of, fields) = written::written(layer, text) else { return None };
            let (name, source, page) = (name.to_owned(), source.to_owned(), page.to_owned());
            presets.push(Preset { name, of, fields, proof, source, page });
        }
    }
    Some(presets)
}

/// The proof and the layer of `Asked(Retry(..))`.
fn proven(node: &Node) -> Option<(Proof, &Node)> {
    let Kind::Tuple(Some(word), layer) = &node.kind else { return None };
    let proofs = [("Asked", Proof::Asked), ("Ported", Proof::Ported), ("Read", Proof::Read)];
    let (_, proof) = proofs.into_iter().find(|(name, _)| *name == word.text)?;
    Some((proof, layer.first()?))
}

#[cfg(test)]
mod tests;
