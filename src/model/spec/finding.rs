//! A rule that a specification breaks, or a doubt about it, as plain data.

use std::borrow::Cow;

use super::lint::Lint;

/// A step from a specification down to one of its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// A field by its name.
    Field(Cow<'static, str>),
    /// The entry of a map.
    Key(String),
    /// What a variant holds.
    Variant(&'static str),
    /// An entry of a list, from 0.
    Index(usize),
}

impl Segment {
    /// To the field `name`.
    #[must_use]
    pub const fn field(name: &'static str) -> Self {
        Self::Field(Cow::Borrowed(name))
    }
}

/// One thing that is wrong with a specification, or probably not as it was meant.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The way to the value; empty for the specification itself.
    pub place: Vec<Segment>,
    /// What should hold: the headline.
    pub rule: String,
    /// What stands there instead.
    pub found: String,
    /// What to write instead.
    pub hint: Option<String>,
    /// The lint that warns; `None` of an error.
    pub lint: Option<&'static Lint>,
    /// The name at that place is meant, not its value.
    pub of_name: bool,
}

impl Finding {
    /// An error at `place`: `rule` is the headline, `found` what is there instead.
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

    /// The same as a warning, of this lint.
    #[must_use]
    pub fn warning(
        lint: &'static Lint,
        place: &[Segment],
        rule: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self { lint: Some(lint), ..Self::error(place, rule, found) }
    }

    /// Adds what to write instead.
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

    /// The same of a value that stands at `outer` of a larger specification.
    #[must_use]
    pub fn inside(mut self, outer: &[Segment]) -> Self {
        self.place.splice(..0, outer.iter().cloned());
        self
    }
}
