//! The study file as types: many settings and seeds of one scenario.
//!
//! These doc comments are the reference: `dessim schema study` publishes them. What the axes mean
//! for a scenario is the business of `experiment::sweep`.

use core::fmt;
use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The schema version of studies that this release reads and writes.
pub const STUDY_VERSION: u32 = 1;

/// A study: one scenario with many settings, each played with many seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Study {
    /// Version of the study language; this release reads 1.
    #[schemars(range(min = 1))]
    pub schema: u32,
    /// What the study asks, in a sentence or two. It changes no result.
    #[serde(default)]
    pub about: String,
    /// The file of the scenario, relative to the study's own and not outside its directory.
    pub scenario: String,
    /// What is changed in the scenario for all settings, as `--set` takes it: "PATH=VALUE".
    #[serde(default)]
    pub set: Vec<String>,
    /// The seeds of each setting: "1..20", both included. Default: the scenario's own seed.
    #[serde(default)]
    pub seeds: Option<String>,
    /// What is varied; the last axis varies fastest.
    #[schemars(length(min = 1))]
    pub axes: Vec<Axis>,
    /// Which combinations of values are played. Default Grid: all of them.
    #[serde(default)]
    pub design: Design,
    /// The numbers that are kept of each run, by name: "goodput_per_s" of every arm,
    /// "rpc.goodput_per_s" of one, "rpc.db.busy_mean" of a component. Default: every number of the
    /// arms, and none of components.
    #[serde(default)]
    pub metrics: Vec<String>,
    /// A run stops after so many events, and says so. Default 1000000000.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub max_events: Option<u64>,
}

/// One thing that is varied, in one place of the scenario or in several together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    /// The place, a path as `--set` takes it.
    #[serde(default)]
    pub path: Option<String>,
    /// Places that always have the same value; instead of `path`.
    #[serde(default)]
    pub paths: Vec<String>,
    /// The values that it takes.
    pub values: Values,
}

/// The values of an axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum Values {
    /// These, in this order.
    List(#[schemars(length(min = 1))] Vec<Written>),
    /// Numbers with equal differences from one to the other, both included.
    Range {
        /// The first.
        from: Written,
        /// The last, above or below the first.
        to: Written,
        /// How many, at least 2. A grid needs it, samples have none.
        #[serde(default)]
        #[schemars(range(min = 2))]
        count: Option<u64>,
    },
    /// Numbers with equal ratios from one to the other, both included and both above 0.
    Log {
        /// The first.
        from: Written,
        /// The last, above or below the first.
        to: Written,
        /// How many, at least 2. A grid needs it, samples have none.
        #[serde(default)]
        #[schemars(range(min = 2))]
        count: Option<u64>,
    },
}

/// Which combinations of values are played.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum Design {
    /// Every value of each axis with every value of the others.
    #[default]
    Grid,
    /// Samples at random, of which each axis has exactly one in each of `samples` equal parts.
    LatinHypercube {
        /// How many settings, at least 1.
        #[schemars(range(min = 1, max = 1_000_000))]
        samples: u64,
        /// What their randomness is drawn from. Default 1.
        #[serde(default = "first")]
        seed: u64,
    },
    /// The first points of Sobol's sequence, for up to 21 axes; a power of two fills the space
    /// most evenly.
    Sobol {
        /// How many settings, at least 1.
        #[schemars(range(min = 1, max = 4_294_967_295_u64))]
        samples: u64,
    },
}

fn first() -> u64 {
    1
}

/// A value as `--set` takes it: a text, or a number or boolean without quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written(pub String);

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WrittenVisitor;
        impl Visitor<'_> for WrittenVisitor {
            type Value = Written;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string, a number, `true` or `false`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Written, E> {
                Ok(Written(text.to_owned()))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Written, E> {
                Ok(Written(number.to_string()))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Written, E> {
                Ok(Written(number.to_string()))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Written, E> {
                Ok(Written(format!("{number:?}")))
            }

            fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Written, E> {
                Ok(Written(flag.to_string()))
            }
        }
        deserializer.deserialize_any(WrittenVisitor)
    }
}

impl Serialize for Written {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl JsonSchema for Written {
    fn schema_name() -> Cow<'static, str> {
        "Written".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["string", "number", "boolean"],
            "format": "dessim-value",
            "description": "A value as `--set` takes it: \"120ms\", 40, \"Immediate\"."
        })
    }

    fn inline_schema() -> bool {
        true
    }
}
