//! A number of a scenario that can be turned: its kind, the values it can take, and the setting of
//! it, by its path.
//!
//! A knob knows what the language allows at its place, and nothing of what the scenario makes of
//! it. Amounts are exact: nanoseconds, billionths of an event, whole numbers; only ratios and
//! numbers without a unit are floats.

mod amount;
mod span;

use crate::kernel::units::{parse_duration, parse_rate};
use crate::scenario::problem::{Problem, printable};
use crate::scenario::shape::Shape;
use crate::scenario::syntax::Number;
use crate::scenario::{Document, Path, Problems};

pub use amount::Amount;
pub use span::{Scale, Span};

/// What kind of number a knob holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A duration, whole nanoseconds.
    Duration,
    /// A rate, whole billionths of an event each unit of time.
    Rate,
    /// A ratio in [0, 1].
    Ratio,
    /// A whole number.
    Whole,
    /// A whole number or "unlimited", which is no amount.
    Limit,
    /// A number without a unit.
    Float,
}

/// A number of a scenario, by its path.
#[derive(Clone, Debug, PartialEq)]
pub struct Knob {
    path: String,
    kind: Kind,
    present: Option<Amount>,
}

impl Knob {
    /// The number at `path` of a document, a path as `--set` takes it.
    ///
    /// # Errors
    /// When the path leads nowhere, or to what is no number.
    pub fn at(document: &Document, path: &str) -> Result<Self, Problems> {
        let told = |problem: Problem| Problems::one("path", path, problem);
        let (field, written) = document.field_at(path).map_err(|problem| told(*problem))?;
        let kind = match field.shape {
            Shape::Duration { .. } => Kind::Duration,
            Shape::Rate => Kind::Rate,
            Shape::Ratio => Kind::Ratio,
            Shape::Whole { .. } => Kind::Whole,
            Shape::Limit { .. } => Kind::Limit,
            Shape::CountOrTime if written.is_some_and(|text| text.starts_with('"')) => {
                Kind::Duration
            }
            Shape::CountOrTime => Kind::Whole,
            Shape::Float(_) => Kind::Float,
            _ => {
                let rule = "expected the path of a number, a duration or a rate";
                let found = format!("`{}` is none", printable(path));
                return Err(told(Problem::error(&Path::root(), rule, found).at(0..path.len())));
            }
        };
        let present = written.and_then(|text| kind.read(text.trim_matches('"')).ok());
        Ok(Self { path: path.to_owned(), kind, present })
    }

    /// Its path, as `--set` takes it.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What kind of number it holds.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// What the scenario has it at; `None` for a default or "unlimited".
    #[must_use]
    pub const fn present(&self) -> Option<Amount> {
        self.present
    }

    /// Reads an amount: `120ms`, `12.5/s`, `40`, `0.25`. Whether the scenario allows it is told by
    /// setting it.
    ///
    /// # Errors
    /// Says what is wrong with it and what is expected here.
    pub fn amount(&self, text: &str) -> Result<Amount, String> {
        self.kind.read(text.trim())
    }

    /// The amounts from one to another.
    ///
    /// # Errors
    /// Says what is wrong with either, or with both together.
    pub fn span(&self, from: &str, to: &str, scale: Scale) -> Result<Span, String> {
        Span::new(self.amount(from)?, self.amount(to)?, scale)
    }

    /// What `Document::set` takes to set it to `amount`.
    #[must_use]
    pub fn assignment(&self, amount: Amount) -> String {
        format!("{}={amount}", self.path)
    }

    /// The document with this number set to `amount`; it still has to be checked as a whole.
    ///
    /// # Errors
    /// When the language does not allow this amount here.
    pub fn set(&self, document: &Document, amount: Amount) -> Result<Document, Problems> {
        document.with([self.assignment(amount)])
    }
}

impl Kind {
    pub(super) fn read(self, text: &str) -> Result<Amount, String> {
        let shown = printable(text);
        match self {
            Self::Duration => {
                parse_duration(text).map(Amount::Duration).map_err(|why| format!("`{shown}` {why}"))
            }
            Self::Rate => {
                parse_rate(text).map(Amount::Rate).map_err(|why| format!("`{shown}` {why}"))
            }
            Self::Whole | Self::Limit => match Number::read(text) {
                Ok(Number::Whole { negative: false, size }) => Ok(Amount::Whole(size)),
                _ => Err(format!("`{shown}` is not a whole number")),
            },
            Self::Ratio | Self::Float => match Number::read(text) {
                Ok(number) => Ok(Amount::Float(number.as_f64())),
                Err(_) => Err(format!("`{shown}` is not a number")),
            },
        }
    }
}

#[cfg(test)]
mod tests;
