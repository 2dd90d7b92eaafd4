//! The study file as types: many settings and seeds of one scenario.
//!
//! The doc comments are the reference that `dessim schema study` publishes. `experiment::sweep`
//! applies the axes to a scenario.

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
    /// Purpose of the study, in a sentence or two. It changes no result.
    #[serde(default)]
    pub about: String,
    /// File of the scenario, relative to the study and not outside its directory.
    pub scenario: String,
    /// Changes of the scenario in all settings, in the notation of `--set`: "PATH=VALUE".
    #[serde(default)]
    pub set: Vec<String>,
    /// Seeds of each setting, such as "1..20", both included. Default: the seed of the scenario.
    #[serde(default)]
    pub seeds: Option<String>,
    /// Values to vary; the last axis varies fastest.
    #[schemars(length(min = 1))]
    pub axes: Vec<Axis>,
    /// Combinations of values to play. Default Grid: all of them.
    #[serde(default)]
    pub design: Design,
    /// Numbers to keep of each run, by name: "goodput_per_s" of every arm, "rpc.goodput_per_s" of
    /// one, "rpc.db.busy_mean" of a component. Default: all numbers of the arms, and none of
    /// components.
    #[serde(default)]
    pub metrics: Vec<String>,
    /// Most events of a run; a run that reaches them stops, and says so. Default 1000000000.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub max_events: Option<u64>,
}

/// A value that is varied, in one place of the scenario or in several together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    /// Path of the place, in the notation of `--set`. Give this or `paths`.
    #[serde(default)]
    pub path: Option<String>,
    /// Paths of places that always have the same value. Give this or `path`.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Values of the axis.
    pub values: Values,
}

/// The values of an axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum Values {
    /// These values, in this order.
    List(#[schemars(length(min = 1))] Vec<Written>),
    /// Numbers from `from` to `to` with equal differences, both included.
    Range {
        /// First value.
        from: Written,
        /// Last value, above or below the first.
        to: Written,
        /// Number of values, at least 2; for a grid only, which needs it.
        #[serde(default)]
        #[schemars(range(min = 2))]
        count: Option<u64>,
    },
    /// Numbers from `from` to `to` with equal ratios, both included and above 0.
    Log {
        /// First value.
        from: Written,
        /// Last value, above or below the first.
        to: Written,
        /// Number of values, at least 2; for a grid only, which needs it.
        #[serde(default)]
        #[schemars(range(min = 2))]
        count: Option<u64>,
    },
}

/// The combinations of values to play.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum Design {
    /// Every value of each axis with every value of the others.
    #[default]
    Grid,
    /// Random samples, with exactly one in each of `samples` equal parts of every axis.
    LatinHypercube {
        /// Number of settings, at least 1.
        #[schemars(range(min = 1, max = 1_000_000))]
        samples: u64,
        /// Seed of the samples. Default 1.
        #[serde(default = "default_seed")]
        seed: u64,
    },
    /// The first points of Sobol's sequence, for up to 21 axes. A power of two fills the space most
    /// evenly.
    Sobol {
        /// Number of settings, at least 1.
        #[schemars(range(min = 1, max = 4_294_967_295_u64))]
        samples: u64,
    },
}

fn default_seed() -> u64 {
    1
}

/// A value in the notation of `--set`: a text, or a number or boolean without quotes.
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
            "description": "A value in the notation of `--set`: \"120ms\", 40, \"Immediate\"."
        })
    }

    fn inline_schema() -> bool {
        true
    }
}
