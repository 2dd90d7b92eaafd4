//! A number of a scenario that can be varied, by its path: its kind, its values, and assignments.
//!
//! A knob knows what the language allows at its path, not the meaning of the number. Amounts are
//! exact: nanoseconds, billionths of an event, whole numbers; only ratios and numbers without a
//! unit are floats.

mod amount;
mod span;

use crate::kernel::units::{parse_duration, parse_rate};
use crate::scenario::problem::{Problem, printable};
use crate::scenario::shape::Shape;
use crate::scenario::syntax::Number;
use crate::scenario::{Document, Path, Problems};

pub use amount::Amount;
pub use span::{Scale, Span};

/// Kinds of numbers.
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

/// A number of a scenario by its path.
#[derive(Clone, Debug, PartialEq)]
pub struct Knob {
    path: String,
    kind: Kind,
    present: Option<Amount>,
}

impl Knob {
    /// The number at `path` of a document; paths are those of `--set`.
    ///
    /// # Errors
    /// If the path does not exist, or does not lead to a number.
    pub fn at(document: &Document, path: &str) -> Result<Self, Problems> {
        let problems = |problem: Problem| Problems::one("path", path, problem);
        let (field, written) = document.field_at(path).map_err(|problem| problems(*problem))?;
        let kind = match field.shape {
            Shape::Duration { .. } => Kind::Duration,
            Shape::Rate => Kind::Rate,
            Shape::Ratio => Kind::Ratio,
            Shape::Whole { .. } => Kind::Whole,
            Shape::Limit { .. } => Kind::Limit,
            Shape::CountOrTime if written.as_ref().is_some_and(|text| text.starts_with('"')) => {
                Kind::Duration
            }
            Shape::CountOrTime => Kind::Whole,
            Shape::Float(_) => Kind::Float,
            _ => {
                let rule = "expected the path of a number, a duration or a rate";
                let found = format!("`{}` is none", printable(path));
                return Err(problems(Problem::error(&Path::root(), rule, found).at(0..path.len())));
            }
        };
        let present = written.and_then(|text| kind.read(text.trim_matches('"')).ok());
        Ok(Self { path: path.to_owned(), kind, present })
    }

    /// Path, as `--set` takes it.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Kind of the number.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Present value; `None` for a default or "unlimited".
    #[must_use]
    pub const fn present(&self) -> Option<Amount> {
        self.present
    }

    /// Parses an amount: `120ms`, `12.5/s`, `40`, `0.25`. Only setting it checks whether the
    /// scenario allows it.
    ///
    /// # Errors
    /// A message with the reason, and the form expected here.
    pub fn amount(&self, text: &str) -> Result<Amount, String> {
        self.kind.read(text.trim())
    }

    /// The span between two amounts.
    ///
    /// # Errors
    /// A message with the reason, about one amount or both.
    pub fn span(&self, from: &str, to: &str, scale: Scale) -> Result<Span, String> {
        Span::new(self.amount(from)?, self.amount(to)?, scale)
    }

    /// The assignment of `amount`, as `Document::set` takes it.
    #[must_use]
    pub fn assignment(&self, amount: Amount) -> String {
        format!("{}={amount}", self.path)
    }

    /// The document with the number set to `amount`, not yet checked as a whole.
    ///
    /// # Errors
    /// If the language does not allow this amount here.
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
