//! The kinds of numbers, and how names are written in sentences.

use super::summary::Metric;

/// The kind of a number, which gives its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Events.
    Count,
    /// Nanoseconds; its name ends in `_ns`.
    Time,
    /// A number without a unit: a ratio, a mean, a rate per second.
    Number,
    /// A distribution of times, of which [`parts`](super::arm::parts) are numbers.
    Latency,
}

impl Kind {
    /// The unit in words.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Time | Self::Latency => "time",
            Self::Number => "number",
        }
    }
}

impl Metric {
    /// The kind of the number.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Count(_) => Kind::Count,
            Self::Time(_) => Kind::Time,
            Self::Number(_) => Kind::Number,
            Self::Latency(_) => Kind::Latency,
        }
    }
}

/// A name without `_ns`, for sentences, where times are written with their unit.
#[must_use]
pub fn bare(name: &str) -> &str {
    name.strip_suffix("_ns").unwrap_or(name)
}

/// A name for sentences: in quotes if it has characters other than those of a name.
#[must_use]
pub fn quoted(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '#');
    let starts = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
    if starts && name.chars().all(plain) {
        return name.to_owned();
    }
    let quote = if name.contains('\'') { '"' } else { '\'' };
    format!("{quote}{name}{quote}")
}
