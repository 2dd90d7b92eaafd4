//! Findings about a specification, errors and warnings, as plain data.

use std::borrow::Cow;

use super::lint::Lint;

/// A step from a specification down to one of its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// The field of this name.
    Field(Cow<'static, str>),
    /// The entry of a map.
    Key(String),
    /// The content of this variant.
    Variant(&'static str),
    /// An entry of a list, from 0.
    Index(usize),
}

impl Segment {
    /// The step to the field `name`.
    #[must_use]
    pub const fn field(name: &'static str) -> Self {
        Self::Field(Cow::Borrowed(name))
    }
}

/// One error or warning about a specification.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Path to the value; empty for the specification itself.
    pub place: Vec<Segment>,
    /// The rule: the headline.
    pub rule: String,
    /// The value that breaks the rule, after "found" or in a clause of its own.
    pub found: String,
    /// A correction.
    pub hint: Option<String>,
    /// The lint that warns; `None` for an error.
    pub lint: Option<&'static Lint>,
    /// True if the finding is about the name at the place, not its value.
    pub of_name: bool,
}

impl Finding {
    /// An error at `place`: `rule` is the headline, `found` the value that breaks it.
    #[must_use]
    pub fn error(place: &[Segment], rule: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            place: place.to_vec(),
            rule: rule.into(),
            found: found.into(),
            hint: None,
            lint: None,
            of_name: false,
        }
    }

    /// A warning of a lint at `place`.
    #[must_use]
    pub fn warning(
        lint: &'static Lint,
        place: &[Segment],
        rule: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self { lint: Some(lint), ..Self::error(place, rule, found) }
    }

    /// Adds a correction.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds a hint if there is one.
    #[must_use]
    pub fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint.or(self.hint);
        self
    }

    /// Points at the name of the field or entry instead of its value.
    #[must_use]
    pub fn of_name(mut self) -> Self {
        self.of_name = true;
        self
    }

    /// Moves the finding below `outer`, the place of the specification in a larger one.
    #[must_use]
    pub fn inside(mut self, outer: &[Segment]) -> Self {
        self.place.splice(..0, outer.iter().cloned());
        self
    }
}
