//! Checks values without parts: durations, rates, ratios, limits, numbers, texts.

use crate::kernel::units::{parse_duration, parse_rate};
use crate::scenario::path::Path;
use crate::scenario::presets;
use crate::scenario::problem::{Problem, printable};
use crate::scenario::shape::{Bounds, Shape};
use crate::scenario::syntax::{Kind, Node, Number, NumberError};

/// Longest duration or rate, in bytes; messages do not quote longer texts.
const UNIT_BYTES: usize = 80;

/// The name of a shape in "expected ..".
pub(super) fn name_of(shape: &Shape) -> String {
    match shape {
        Shape::Named(name) => format!("a `{name}`"),
        Shape::Fields(_) => "fields".to_owned(),
        Shape::Map(_) => "a map from names".to_owned(),
        Shape::List { .. } => "a list".to_owned(),
        Shape::Duration { .. } => "a duration such as \"120ms\"".to_owned(),
        Shape::Rate => "a rate such as \"100/s\"".to_owned(),
        Shape::Ratio => "a ratio from 0 to 1".to_owned(),
        Shape::Limit { .. } => "a whole number or \"unlimited\"".to_owned(),
        Shape::CountOrTime => "a whole number or a duration such as \"10s\"".to_owned(),
        Shape::Whole { .. } => "a whole number".to_owned(),
        Shape::Float(_) => "a number".to_owned(),
        Shape::Flag => "`true` or `false`".to_owned(),
        Shape::Text => "a string in quotes".to_owned(),
        Shape::Preset { .. } => "the name of a preset in quotes".to_owned(),
        Shape::Written => "a value: a string in quotes, a number, `true` or `false`".to_owned(),
    }
}

struct Value<'a> {
    shape: &'a Shape,
    node: &'a Node,
    /// The text of the value.
    raw: &'a str,
    at: &'a Path,
}

/// The problem of one value, if it has one.
pub(super) fn problem(shape: &Shape, node: &Node, text: &str, at: &Path) -> Option<Problem> {
    let raw = text.get(node.span.clone()).unwrap_or_default();
    let value = Value { shape, node, raw, at };
    match (shape, &node.kind) {
        (Shape::Duration { .. } | Shape::Rate | Shape::CountOrTime, Kind::Text(text))
            if text.len() > UNIT_BYTES =>
        {
            let found = format!("this text has {} bytes", text.len());
            Some(value.breaks(&value.expected(), found))
        }
        (Shape::Duration { positive }, Kind::Text(text)) => value.duration(text, *positive),
        (Shape::CountOrTime, Kind::Text(text)) => value.duration(text, true),
        (Shape::CountOrTime, Kind::Number) => {
            let bounds = Bounds { min: Some(1.0), ..Bounds::default() };
            value.whole(bounds, u64::from(u32::MAX))
        }
        (Shape::Rate, Kind::Text(text)) => {
            let why = parse_rate(text).err()?;
            Some(value.breaks(&value.expected(), format!("`{}` {why}", printable(text))))
        }
        // RON accepts other bases for whole numbers only.
        (Shape::Ratio | Shape::Float(_), Kind::Number) if value.has_base() => {
            let problem = value.breaks("must be written in decimal", value.found());
            let number = Number::read(raw).ok().map(Number::as_f64);
            Some(problem.maybe_hint(number.map(|number| format!("write {}", decimal(number)))))
        }
        (Shape::Ratio, Kind::Number) => value.ratio(),
        (Shape::Limit { .. }, Kind::Text(text)) if text == "unlimited" => None,
        (Shape::Limit { min }, Kind::Number) => {
            let bounds = Bounds { min: Some(*min as f64), ..Bounds::default() };
            value.whole(bounds, u64::MAX)
        }
        (Shape::Whole { bounds, max }, Kind::Number) => value.whole(*bounds, *max),
        (Shape::Float(bounds), Kind::Number) => match value.number() {
            Ok(number) => value.bounds(*bounds, number.as_f64()),
            Err(problem) => Some(*problem),
        },
        (Shape::Preset { of }, Kind::Text(name)) => {
            let (rule, found, hint) = presets::problem(of, name)?;
            Some(value.breaks(&rule, found).hint(hint))
        }
        (Shape::Written, Kind::Number) => value.number().err().map(|problem| *problem),
        (Shape::Flag | Shape::Written, Kind::Bool(_))
        | (Shape::Text | Shape::Written, Kind::Text(_)) => None,
        _ => Some(value.wrong_type()),
    }
}

impl Value<'_> {
    fn expected(&self) -> String {
        format!("expected {}", name_of(self.shape))
    }

    fn breaks(&self, rule: &str, found: impl Into<String>) -> Problem {
        Problem::error(self.at, rule, found).at(self.node.head())
    }

    fn has_base(&self) -> bool {
        let digits = self.raw.trim_start_matches(['+', '-']);
        digits.starts_with("0x") || digits.starts_with("0o") || digits.starts_with("0b")
    }

    fn found(&self) -> String {
        format!("found {}", printable(self.raw))
    }

    fn wrong_type(&self) -> Problem {
        let raw = printable(self.raw);
        let found = match &self.node.kind {
            Kind::Text(_) => format!("found the string {raw}"),
            Kind::Number => format!("found the number {raw}"),
            _ => format!("found {}", self.node.what()),
        };
        let problem = self.breaks(&self.expected(), found);
        let absent = matches!(&self.node.kind, Kind::Word(word) if word == "None");
        let hint = match (self.shape, &self.node.kind) {
            (_, Kind::Number) if Number::read(self.raw).is_err() => return problem,
            (Shape::Duration { .. }, Kind::Number) => {
                format!("a duration has a unit: write \"{raw}ms\" or \"{raw}s\"")
            }
            (Shape::Rate, Kind::Number) => {
                format!("a rate has a unit of time: write \"{raw}/s\" or \"{raw}/m\"")
            }
            (Shape::Ratio | Shape::Whole { .. } | Shape::Float(_), Kind::Text(text)) => {
                return problem.maybe_hint(unquoted(text));
            }
            (Shape::Limit { .. }, Kind::Text(text)) => {
                return problem.maybe_hint(unquoted(text));
            }
            (Shape::Limit { .. }, Kind::Word(_)) => {
                "no limit is written \"unlimited\", in quotes".to_owned()
            }
            _ if absent => "for the default, leave the field out".to_owned(),
            (Shape::Duration { .. } | Shape::Rate | Shape::Text, Kind::Word(_)) => {
                format!("write \"{raw}\"")
            }
            (Shape::Duration { .. } | Shape::Rate | Shape::Text, Kind::Foreign(_)) => {
                "strings are written in double quotes".to_owned()
            }
            _ => return problem,
        };
        problem.hint(hint)
    }

    fn duration(&self, text: &str, positive: bool) -> Option<Problem> {
        match parse_duration(text) {
            Ok(duration) if positive && duration.is_zero() => {
                Some(self.breaks("must be longer than 0s", self.found()))
            }
            Ok(_) => None,
            Err(why) => {
                let found = format!("`{}` {why}", printable(text));
                let problem = self.breaks(&self.expected(), found);
                Some(problem.maybe_hint(unit_hint(text)))
            }
        }
    }

    fn number(&self) -> Result<Number, Box<Problem>> {
        Number::read(self.raw).map_err(|why| {
            Box::new(match why {
                NumberError::NotFinite => self.breaks("must be finite", self.found()),
                NumberError::LeadingZero => {
                    let plain = plain(self.raw);
                    let octal = plain.chars().all(|c| matches!(c, '0'..='7'));
                    let octal =
                        if octal { format!(", or 0o{plain} for base 8") } else { String::new() };
                    let hint = format!("write {plain}{octal}");
                    self.breaks("a number must not begin with 0", self.found()).hint(hint)
                }
                NumberError::OutOfRange => self.breaks("number out of range", self.found()),
                NumberError::Malformed => self.breaks(&self.expected(), self.found()),
            })
        })
    }

    fn ratio(&self) -> Option<Problem> {
        let number = match self.number() {
            Ok(number) => number.as_f64(),
            Err(problem) => return Some(*problem),
        };
        if (0.0..=1.0).contains(&number) {
            return None;
        }
        let problem = self.breaks("must be a ratio from 0 to 1", self.found());
        Some(match (1.5..=100.0).contains(&number) {
            true => {
                let percent = printable(self.raw);
                let ratio = decimal(number / 100.0);
                problem.hint(format!("is that a percentage? write {ratio} for {percent} %"))
            }
            false => problem,
        })
    }

    fn whole(&self, bounds: Bounds, max: u64) -> Option<Problem> {
        let number = match self.number() {
            Ok(number) => number,
            Err(problem) => return Some(*problem),
        };
        match number {
            Number::Whole { negative, size } if !negative || size == 0 => {
                if size > max {
                    let rule = format!("must be at most {max}");
                    return Some(self.breaks(&rule, self.found()));
                }
                self.bounds(bounds, size as f64)
            }
            Number::Whole { .. } => self
                .bounds(bounds, number.as_f64())
                .or_else(|| Some(self.breaks("must not be negative", self.found()))),
            Number::Float(value) => {
                let problem = self.breaks("must be a whole number", self.found());
                let is_whole = (0.0..9e15).contains(&value) && value.fract() == 0.0;
                let hint = is_whole.then(|| format!("write {}", value as u64));
                Some(problem.maybe_hint(hint))
            }
        }
    }

    fn bounds(&self, bounds: Bounds, value: f64) -> Option<Problem> {
        let rule = if bounds.min.is_some_and(|min| value < min) {
            format!("must be at least {}", decimal(bounds.min?))
        } else if bounds.above.is_some_and(|above| value <= above) {
            format!("must be above {}", decimal(bounds.above?))
        } else if bounds.max.is_some_and(|max| value > max) {
            format!("must be at most {}", decimal(bounds.max?))
        } else {
            return None;
        };
        Some(self.breaks(&rule, self.found()))
    }
}

/// A float in its shortest form: `0.05`, not `0.050000000000000003`.
fn decimal(value: f64) -> String {
    let rounded = format!("{value:.12}");
    rounded.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A number without leading zeros.
fn plain(raw: &str) -> String {
    let digits = raw.trim_start_matches(['+', '-']);
    let sign = &raw[..raw.len() - digits.len()];
    let plain = digits.trim_start_matches(['0', '_']);
    let zero = if plain.starts_with(|c: char| c.is_ascii_digit()) { "" } else { "0" };
    printable(&format!("{sign}{zero}{plain}"))
}

/// The hint for a number in quotes.
fn unquoted(text: &str) -> Option<String> {
    let plain = text.trim().replace(',', ".");
    match Number::read(&plain) {
        Ok(_) => Some(format!("write {} without quotes", printable(&plain))),
        Err(_) => None,
    }
}

/// The hint for common mistakes with units.
fn unit_hint(text: &str) -> Option<String> {
    let trimmed = text.trim();
    let squeezed: String = trimmed.chars().filter(|c| !c.is_whitespace()).collect();
    if squeezed != text && parse_duration(&squeezed).is_ok() {
        return Some(format!("write \"{squeezed}\", without spaces"));
    }
    let point = squeezed.replace(',', ".");
    if point != squeezed && parse_duration(&point).is_ok() {
        return Some(format!("write \"{point}\", with a point"));
    }
    let plain = squeezed.replace('_', "");
    if plain != squeezed && parse_duration(&plain).is_ok() {
        return Some(format!("write \"{plain}\""));
    }
    let lower = squeezed.to_lowercase();
    if lower != squeezed && parse_duration(&lower).is_ok() {
        let hint = match lower.ends_with('m') {
            true => format!("write \"{lower}\" for minutes, \"{lower}s\" for milliseconds"),
            false => format!("units are in small letters: write \"{lower}\""),
        };
        return Some(hint);
    }
    let unit = squeezed.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let number = &squeezed[..squeezed.len() - unit.len()];
    let known = match unit.to_lowercase().as_str() {
        "mss" | "msec" | "msecs" | "millis" | "millisecond" | "milliseconds" => "ms",
        "sec" | "secs" | "second" | "seconds" => "s",
        "min" | "mins" | "minute" | "minutes" => "m",
        "hr" | "hrs" | "hour" | "hours" => "h",
        "day" | "days" => "d",
        "usec" | "micros" | "microsecond" | "microseconds" | "μs" => "us",
        "nanos" | "nanosecond" | "nanoseconds" => "ns",
        _ => return None,
    };
    Some(format!("write \"{number}{known}\""))
}
