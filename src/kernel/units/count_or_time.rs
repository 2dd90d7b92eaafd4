//! A count or a time, for fields that take either.

use core::fmt;
use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::parse_duration;
use crate::kernel::time::Duration;

/// A count or a time: a whole number of at least 1, or a duration above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountOrTime {
    /// A count.
    Count(u32),
    /// A time.
    Time(Duration),
}

impl<'de> Deserialize<'de> for CountOrTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CountOrTimeVisitor;
        impl Visitor<'_> for CountOrTimeVisitor {
            type Value = CountOrTime;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number, or a duration such as \"10s\"")
            }

            fn visit_u64<E: de::Error>(self, count: u64) -> Result<CountOrTime, E> {
                let invalid = || E::invalid_value(de::Unexpected::Unsigned(count), &self);
                u32::try_from(count).map(CountOrTime::Count).map_err(|_| invalid())
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<CountOrTime, E> {
                let time = parse_duration(text).map(CountOrTime::Time);
                time.map_err(|why| E::custom(format!("`{text}` {why}")))
            }
        }
        deserializer.deserialize_any(CountOrTimeVisitor)
    }
}

impl Serialize for CountOrTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Count(count) => serializer.serialize_u32(*count),
            Self::Time(time) => time.serialize(serializer),
        }
    }
}

impl JsonSchema for CountOrTime {
    fn schema_name() -> Cow<'static, str> {
        "CountOrTime".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["integer", "string"],
            "format": "dessim-count-or-time",
            "description": "A whole number, or a duration such as \"10s\".",
            "minimum": 1,
            "maximum": u32::MAX,
            "pattern": "^[0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h|d)$"
        })
    }

    fn inline_schema() -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_number_or_a_duration() {
        let read = |json: &str| serde_json::from_str::<CountOrTime>(json).ok();
        assert_eq!(read("100"), Some(CountOrTime::Count(100)));
        assert_eq!(read(r#""10s""#), Some(CountOrTime::Time(Duration::from_s(10))));
        for bad in [r#""10""#, "4294967296", "-1", "1.5", "true"] {
            assert_eq!(read(bad), None, "{bad}");
        }
        for json in ["100", r#""1500ms""#] {
            let value = read(json).expect("it is one");
            assert_eq!(serde_json::to_string(&value).ok().as_deref(), Some(json));
        }
    }
}
