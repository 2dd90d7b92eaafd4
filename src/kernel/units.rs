//! Values with units and how they are written: durations, rates, ratios and limits.
//!
//! Parsing is exact, in decimal; nothing is rounded and no unit is guessed.

mod count_or_time;

use core::fmt;
use std::borrow::Cow;

pub use count_or_time::CountOrTime;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::time::Duration;

const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];
const UNIT_LIST: &str = "ns, us, ms, s, m (minutes), h, d";

/// Splits `120ms` into a decimal number, as integer and power of ten, and the rest.
fn decimal(text: &str) -> Result<(u128, u32, &str), String> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || (number.contains('.') && fraction.is_empty()) || fraction.contains('.') {
        return Err("must start with a number such as 120 or 1.5".to_owned());
    }
    if whole.len() > 1 && whole.starts_with('0') {
        let plain = whole.trim_start_matches('0');
        let zero = if plain.is_empty() { "0" } else { "" };
        let rest = &text[whole.len()..];
        return Err(format!("begins with a 0: write {zero}{plain}{rest}"));
    }
    if whole.len() + fraction.len() > 30 {
        return Err("has too many digits".to_owned());
    }
    let digits: u128 = format!("{whole}{fraction}").parse().map_err(|_| "is not a number")?;
    Ok((digits, fraction.len() as u32, rest))
}

/// Reads a duration: a decimal number and a unit, without a space: `120ms`, `1.5s`, `2h`.
///
/// # Errors
/// The broken rule, when the text is not a duration, is finer than a nanosecond or longer than the
/// clock (584 years).
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    if text.starts_with('-') {
        return Err("is negative, and a duration never is".to_owned());
    }
    let (digits, scale, unit) = decimal(text)?;
    if unit.is_empty() {
        return Err(format!("has no unit: write {text}ms or {text}s"));
    }
    let Some((_, ns)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        return Err(format!("has an unknown unit `{unit}`; units are {UNIT_LIST}"));
    };
    let scaled = digits.checked_mul(u128::from(*ns)).ok_or("is longer than the clock")?;
    let power = 10_u128.pow(scale);
    if !scaled.is_multiple_of(power) {
        return Err("is finer than the clock, which counts whole nanoseconds".to_owned());
    }
    u64::try_from(scaled / power)
        .map(Duration::from_ns)
        .map_err(|_| "is longer than the clock, which ends after 584 years".to_owned())
}

struct Text<T>(&'static str, fn(&str) -> Result<T, String>);

impl<T> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        (self.1)(text).map_err(|why| E::custom(format!("`{text}` {why}")))
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text("a duration such as \"120ms\"", parse_duration))
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.exact())
    }
}

impl JsonSchema for Duration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "dessim-duration",
            "description": "A decimal number with a unit: ns, us, ms, s, m, h or d; \"1.5s\".",
            "pattern": "^[0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h|d)$"
        })
    }

    fn inline_schema() -> bool {
        true
    }
}

/// Events per time, exact: `count_nano` billionths of an event every `per`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Events in each `per`, in billionths; 0 is silence.
    pub count_nano: u64,
    /// The time unit, above zero.
    pub per: Duration,
}

impl Rate {
    /// Events a nanosecond, rounded to the nearest double.
    #[must_use]
    pub fn per_ns(self) -> f64 {
        // Every unit times 10^9 is a double, so this rounds once, however the rate is spelled.
        self.count_nano as f64 / (1e9 * self.per.as_ns() as f64)
    }

    /// The rate in the unit in which all spellings agree: seconds if that is exact.
    #[must_use]
    pub fn normal(self) -> Self {
        let in_unit = |name: &&str| {
            let (_, ns) = UNITS.iter().find(|(unit, _)| unit == name)?;
            let scaled = u128::from(self.count_nano) * u128::from(*ns);
            let per = u128::from(self.per.as_ns());
            let count_nano = u64::try_from(scaled / per).ok()?;
            let per_unit = Duration::from_ns(*ns);
            scaled.is_multiple_of(per).then_some(Self { count_nano, per: per_unit })
        };
        let mut units = ["s", "m", "h", "d"].iter();
        units.find_map(in_unit).unwrap_or(self)
    }

    /// Events a second, rounded to the nearest double.
    #[must_use]
    pub fn per_s(self) -> f64 {
        self.count_nano as f64 / self.per.as_ns() as f64
    }

    /// True for silence.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.count_nano == 0
    }
}

/// Reads a rate: a decimal number, a slash and a unit of time: `100/s`, `2.5/m`.
///
/// # Errors
/// The broken rule, when the text is not a rate, is finer than a billionth, or out of range.
pub fn parse_rate(text: &str) -> Result<Rate, String> {
    if text.starts_with('-') {
        return Err("is negative, and a rate never is".to_owned());
    }
    let (digits, scale, rest) = decimal(text)?;
    let Some(unit) = rest.strip_prefix('/') else {
        return Err(match rest {
            "" => format!("has no unit of time: write {text}/s"),
            _ => format!("must be a number, a slash and a unit of time; found `{rest}`"),
        });
    };
    let Some((_, ns)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        return Err(format!("has an unknown unit of time `{unit}`; units are {UNIT_LIST}"));
    };
    let nano = digits.checked_mul(1_000_000_000).ok_or("is too high")?;
    let power = 10_u128.pow(scale);
    if !nano.is_multiple_of(power) {
        return Err("has more than 9 digits after the point".to_owned());
    }
    let count_nano = u64::try_from(nano / power).map_err(|_| "is too high")?;
    let rate = Rate { count_nano, per: Duration::from_ns(*ns) };
    if rate.per_ns() > 1.0 {
        return Err("is above one event a nanosecond, the resolution of the clock".to_owned());
    }
    Ok(rate)
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.count_nano / 1_000_000_000, self.count_nano % 1_000_000_000);
        let fraction = format!("{fraction:09}");
        let fraction = fraction.trim_end_matches('0');
        let point = if fraction.is_empty() { "" } else { "." };
        let (unit, _) = UNITS.iter().find(|(_, ns)| *ns == self.per.as_ns()).unwrap_or(&UNITS[0]);
        write!(f, "{whole}{point}{fraction}/{unit}")
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text("a rate such as \"100/s\"", parse_rate))
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_string())
    }
}

impl JsonSchema for Rate {
    fn schema_name() -> Cow<'static, str> {
        "Rate".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "dessim-rate",
            "description": "A decimal number per unit of time: \"100/s\", \"2.5/m\".",
            "pattern": "^[0-9]+(\\.[0-9]+)?/(ns|us|µs|ms|s|m|h|d)$"
        })
    }

    fn inline_schema() -> bool {
        true
    }
}

/// A ratio in [0, 1]; never a percentage.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ratio(f64);

impl Ratio {
    /// The ratio `value`, or `None` outside [0, 1].
    #[must_use]
    pub fn new(value: f64) -> Option<Self> {
        (0.0..=1.0).contains(&value).then_some(Self(value))
    }

    /// The ratio 1.
    #[must_use]
    pub const fn one() -> Self {
        Self(1.0)
    }

    /// The ratio as a number in [0, 1].
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl JsonSchema for Ratio {
    fn schema_name() -> Cow<'static, str> {
        "Ratio".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "number",
            "format": "dessim-ratio",
            "description": "A ratio in [0, 1].",
            "minimum": 0.0,
            "maximum": 1.0
        })
    }

    fn inline_schema() -> bool {
        true
    }
}

/// A maximum: a number, or the word "unlimited".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Limit {
    /// No limit.
    #[default]
    Unlimited,
    /// This number at most.
    AtMost(u64),
}

impl Limit {
    /// True if the limit allows one more than `present`.
    #[must_use]
    #[inline]
    pub const fn admits(self, present: u64) -> bool {
        match self {
            Self::Unlimited => true,
            Self::AtMost(limit) => present < limit,
        }
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LimitVisitor;
        impl Visitor<'_> for LimitVisitor {
            type Value = Limit;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number or \"unlimited\"")
            }

            fn visit_u64<E: de::Error>(self, limit: u64) -> Result<Limit, E> {
                Ok(Limit::AtMost(limit))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Limit, E> {
                match text {
                    "unlimited" => Ok(Limit::Unlimited),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }
        }
        deserializer.deserialize_any(LimitVisitor)
    }
}

impl Serialize for Limit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unlimited => serializer.serialize_str("unlimited"),
            Self::AtMost(limit) => serializer.serialize_u64(*limit),
        }
    }
}

impl JsonSchema for Limit {
    fn schema_name() -> Cow<'static, str> {
        "Limit".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["integer", "string"],
            "format": "dessim-limit",
            "description": "A whole number, or \"unlimited\".",
            "minimum": 0,
            "maximum": u64::MAX,
            "pattern": "^unlimited$"
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
    fn durations_are_exact_and_have_units() {
        let ns = |text| parse_duration(text).map(Duration::as_ns);
        assert_eq!(ns("120ms"), Ok(120_000_000));
        assert_eq!(ns("1.5s"), Ok(1_500_000_000));
        assert_eq!(ns("0.1s").unwrap() + ns("0.2s").unwrap(), ns("0.3s").unwrap());
        for bad in [
            "100", "100 mss", "5M", "100MS", "1m30", " 10ms ", "0.4ns", "300000d", "-1s", "", "ms",
            "1,5s", "1e3s", "1_000s", ".5s", "1.s",
        ] {
            assert!(parse_duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn rates_are_exact() {
        let rate = parse_rate("12.5/s").unwrap();
        assert_eq!((rate.count_nano, rate.per), (12_500_000_000, Duration::from_s(1)));
        assert_eq!(rate.to_string(), "12.5/s");
        for bad in ["100", "100/", "100/sec", "-1/s", "2/ns", "1e9/s", "0.0000000001/s"] {
            assert!(parse_rate(bad).is_err(), "{bad}");
        }
    }
}
