//! Shapes of values, read from the JSON Schema that `schemars` derives from the types.
//!
//! `dessim schema` publishes the same schema, so the check and the documentation cannot diverge.
//! The schema is converted into [`Shape`]s once, because JSON Schema expresses "enum with data" and
//! "may be absent" in forms that are awkward to use at every value.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::presets;
use super::schema::Scenario;
use super::study::Study;

/// Bounds of a number.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Bounds {
    pub(crate) min: Option<f64>,
    pub(crate) above: Option<f64>,
    pub(crate) max: Option<f64>,
}

/// Shapes of values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    /// A struct or an enum by its name in [`Shapes`].
    Named(String),
    /// The fields of a variant, a struct without a name.
    Fields(Vec<FieldShape>),
    Map(Box<Shape>),
    List {
        item: Box<Shape>,
        min: u64,
    },
    Duration {
        positive: bool,
    },
    Rate,
    Ratio,
    Limit {
        min: u64,
    },
    CountOrTime,
    Whole {
        bounds: Bounds,
        max: u64,
    },
    Float(Bounds),
    Flag,
    Text,
    /// The name of a preset of this layer.
    Preset {
        of: String,
    },
    /// Any plain value that `--set` takes.
    Written,
}

/// A field and its shape.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FieldShape {
    pub(crate) name: String,
    pub(crate) shape: Shape,
    /// True if it has no default.
    pub(crate) required: bool,
    /// True if `None` and `Some(..)` are allowed.
    pub(crate) nullable: bool,
    pub(crate) about: String,
}

/// A variant and the shape of its content, if any.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct VariantShape {
    pub(crate) name: String,
    pub(crate) payload: Option<Shape>,
}

/// A struct or an enum with a name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Definition {
    Struct(Vec<FieldShape>),
    Enum(Vec<VariantShape>),
}

/// All shapes of scenarios and studies.
#[derive(Debug)]
pub(crate) struct Shapes {
    definitions: BTreeMap<String, Definition>,
    /// Places of every field, nearest to the scenario first: `calls[..].policy`.
    homes: BTreeMap<String, Vec<String>>,
}

/// Name of the outermost struct of a scenario.
pub(crate) const ROOT: &str = "Scenario";

/// Name of the outermost struct of a study.
pub(crate) const STUDY: &str = "Study";

/// Shapes of scenarios and studies of this release.
pub(crate) static SHAPES: LazyLock<Shapes> = LazyLock::new(Shapes::read);

/// The JSON Schema of scenarios, for editors and other programs.
///
/// RON and JSON write enums differently; the schema describes the JSON that serde reads.
#[must_use]
pub fn json_schema() -> Value {
    let mut schema = schemars::schema_for!(Scenario).to_value();
    presets::describe(&mut schema);
    schema
}

/// The JSON Schema of studies.
#[must_use]
pub fn study_schema() -> Value {
    schemars::schema_for!(Study).to_value()
}

impl Shapes {
    fn read() -> Self {
        let mut definitions = BTreeMap::new();
        for (root, schema) in [(ROOT, json_schema()), (STUDY, study_schema())] {
            if let Some(defs) = schema["$defs"].as_object() {
                for (name, schema) in defs {
                    definitions.insert(name.clone(), definition(schema));
                }
            }
            definitions.insert(root.to_owned(), definition(&schema));
        }
        let mut shapes = Self { definitions, homes: BTreeMap::new() };
        shapes.find_homes();
        shapes
    }

    /// The definition called `name`.
    ///
    /// # Panics
    /// If the schema has no such definition, which the tests of this module rule out.
    pub(crate) fn get(&self, name: &str) -> &Definition {
        self.definitions.get(name).expect("a reference of the schema has its definition")
    }

    /// The definition of this name, if there is one.
    pub(crate) fn find(&self, name: &str) -> Option<&Definition> {
        self.definitions.get(name)
    }

    /// The fields of a struct shape, by name or inline.
    pub(crate) fn fields<'a>(&'a self, shape: &'a Shape) -> Option<&'a [FieldShape]> {
        match shape {
            Shape::Fields(fields) => Some(fields),
            Shape::Named(name) => match self.get(name) {
                Definition::Struct(fields) => Some(fields),
                Definition::Enum(_) => None,
            },
            _ => None,
        }
    }

    /// Names of the fields of the first variant with this name.
    #[cfg(test)]
    pub(crate) fn variant_fields(&self, variant: &str) -> Option<Vec<String>> {
        let variants = self.definitions.values().filter_map(|definition| match definition {
            Definition::Enum(variants) => Some(variants),
            Definition::Struct(_) => None,
        });
        let mut variants = variants.flatten().filter(|of| of.name == variant);
        variants.find_map(|variant| match &variant.payload {
            Some(Shape::Fields(fields)) => {
                Some(fields.iter().map(|field| field.name.clone()).collect())
            }
            _ => None,
        })
    }

    /// Places of fields called `name`, nearest to the scenario first.
    pub(crate) fn homes(&self, name: &str) -> &[String] {
        self.homes.get(name).map_or(&[], Vec::as_slice)
    }

    /// Finds the places of fields breadth first, each struct once, so that the shortest path to a
    /// field is the one in messages.
    fn find_homes(&mut self) {
        let mut homes: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut seen = vec![ROOT.to_owned()];
        let mut level = vec![(String::new(), Shape::Named(ROOT.to_owned()))];
        while !level.is_empty() {
            let mut next = Vec::new();
            for (at, shape) in level {
                if let Some(fields) = self.fields(&shape) {
                    for field in fields {
                        homes.entry(field.name.clone()).or_default().push(at.clone());
                        let dot = if at.is_empty() { "" } else { "." };
                        next.push((format!("{at}{dot}{}", field.name), field.shape.clone()));
                    }
                } else if let Shape::Map(inner) | Shape::List { item: inner, .. } = &shape {
                    next.push((format!("{at}[..]"), (**inner).clone()));
                } else if let Shape::Named(name) = &shape
                    && let Definition::Enum(variants) = self.get(name)
                {
                    for variant in variants {
                        if let Some(payload) = &variant.payload {
                            next.push((format!("{at}.{}", variant.name), payload.clone()));
                        }
                    }
                }
            }
            next.sort_by_key(|(at, _)| at.len());
            next.retain(|(_, shape)| match shape {
                Shape::Named(name) if seen.contains(name) => false,
                Shape::Named(name) => {
                    seen.push(name.clone());
                    true
                }
                _ => true,
            });
            level = next;
        }
        self.homes = homes;
    }
}

fn definition(schema: &Value) -> Definition {
    if let Some(variants) = schema["oneOf"].as_array() {
        return Definition::Enum(variants.iter().flat_map(variants_of).collect());
    }
    if let Some(names) = schema["enum"].as_array() {
        return Definition::Enum(names.iter().filter_map(unit).collect());
    }
    Definition::Struct(fields(schema))
}

fn unit(name: &Value) -> Option<VariantShape> {
    Some(VariantShape { name: name.as_str()?.to_owned(), payload: None })
}

fn variants_of(schema: &Value) -> Vec<VariantShape> {
    if let Some(name) = unit(&schema["const"]) {
        return vec![name];
    }
    if let Some(names) = schema["enum"].as_array() {
        return names.iter().filter_map(unit).collect();
    }
    let Some(properties) = schema["properties"].as_object() else {
        return Vec::new();
    };
    let with_payload = |(name, payload): (&String, &Value)| VariantShape {
        name: name.clone(),
        payload: Some(shape(payload)),
    };
    properties.iter().map(with_payload).collect()
}

fn fields(schema: &Value) -> Vec<FieldShape> {
    let empty = Map::new();
    let properties = schema["properties"].as_object().unwrap_or(&empty);
    // What a preset can give is required in the `else` branch alone.
    let lists = [&schema["required"], &schema["else"]["required"]];
    let required = |name: &str| {
        lists.iter().filter_map(|list| list.as_array()).flatten().any(|other| other == name)
    };
    let field = |(name, schema): (&String, &Value)| FieldShape {
        name: name.clone(),
        shape: shape(schema),
        required: required(name),
        nullable: is_nullable(schema),
        about: schema["description"].as_str().unwrap_or_default().to_owned(),
    };
    properties.iter().map(field).collect()
}

fn is_nullable(schema: &Value) -> bool {
    let in_type =
        schema["type"].as_array().is_some_and(|types| types.iter().any(|name| name == "null"));
    let in_any = schema["anyOf"]
        .as_array()
        .is_some_and(|any| any.iter().any(|schema| schema["type"] == "null"));
    in_type || in_any
}

fn has_type(schema: &Value, name: &str) -> bool {
    schema["type"] == name
        || schema["type"].as_array().is_some_and(|types| types.iter().any(|other| other == name))
}

fn shape(schema: &Value) -> Shape {
    if let Some(reference) = schema["$ref"].as_str() {
        return Shape::Named(reference.trim_start_matches("#/$defs/").to_owned());
    }
    if let Some(any) = schema["anyOf"].as_array()
        && let Some(inner) = any.iter().find(|schema| schema["type"] != "null")
    {
        return shape(inner);
    }
    match schema["format"].as_str() {
        Some("dessim-duration") => {
            let positive = schema["dessim:positive"] == true;
            return Shape::Duration { positive };
        }
        Some("dessim-rate") => return Shape::Rate,
        Some("dessim-ratio") => return Shape::Ratio,
        Some("dessim-limit") => {
            let min = schema["minimum"].as_u64().unwrap_or(0);
            return Shape::Limit { min };
        }
        Some("dessim-count-or-time") => return Shape::CountOrTime,
        Some("dessim-value") => return Shape::Written,
        Some("dessim-preset") => {
            let of = schema["dessim:of"].as_str().unwrap_or_default().to_owned();
            return Shape::Preset { of };
        }
        _ => {}
    }
    let bounds = Bounds {
        min: schema["minimum"].as_f64(),
        above: schema["exclusiveMinimum"].as_f64(),
        max: schema["maximum"].as_f64(),
    };
    if has_type(schema, "integer") {
        let widest = match schema["format"].as_str() {
            Some("uint32") => u64::from(u32::MAX),
            _ => u64::MAX,
        };
        let max = schema["maximum"].as_u64().unwrap_or(widest);
        return Shape::Whole { bounds, max };
    }
    if has_type(schema, "number") {
        return Shape::Float(bounds);
    }
    if has_type(schema, "boolean") {
        return Shape::Flag;
    }
    if has_type(schema, "array") {
        let item = Box::new(shape(&schema["items"]));
        let min = schema["minItems"].as_u64().unwrap_or(0);
        return Shape::List { item, min };
    }
    if schema["additionalProperties"].is_object() {
        return Shape::Map(Box::new(shape(&schema["additionalProperties"])));
    }
    if has_type(schema, "object") {
        return Shape::Fields(fields(schema));
    }
    Shape::Text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every reference is defined, and only texts have the shape of a text.
    #[test]
    fn the_schema_is_understood_in_full() {
        let mut texts = Vec::new();
        let mut visit = |at: &str, shape: &Shape| match shape {
            Shape::Named(name) => {
                SHAPES.get(name);
            }
            Shape::Text => texts.push(at.to_owned()),
            _ => {}
        };
        for (name, definition) in &SHAPES.definitions {
            match definition {
                Definition::Struct(fields) => {
                    for field in fields {
                        visit(&format!("{name}.{}", field.name), &field.shape);
                    }
                }
                Definition::Enum(variants) => {
                    assert!(!variants.is_empty(), "{name}");
                    for variant in variants {
                        if let Some(payload) = &variant.payload {
                            visit(&format!("{name}::{}", variant.name), payload);
                        }
                    }
                }
            }
        }
        let expected = [
            "Arm.about",
            "Axis.path",
            "Call.to",
            "Call.endpoint",
            "Case.class",
            "Consumer.from",
            "Consumer.to",
        ];
        let more = ["Fault.service", "Fault.zone", "Layer::Pool", "Scenario.about", "Step::Call"];
        let study = ["Study.about", "Study.scenario", "Study.seeds"];
        assert_eq!(texts, [&expected[..], &more[..], &study[..]].concat());
    }

    #[test]
    fn a_field_knows_its_homes() {
        assert_eq!(SHAPES.homes("concurrency"), ["consumers[..]"]);
        assert_eq!(SHAPES.homes("permits"), ["pools[..]", "calls[..].policy[..].Bulkhead"]);
        assert_eq!(SHAPES.homes("load"), [""]);
        assert!(SHAPES.homes("tiemout").is_empty());
    }
}
