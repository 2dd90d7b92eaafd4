//! Changes of a system as data: what one is called, how it reads, and what it tests.
//!
//! The kinds of changes are declared beside the mechanisms that they change. Whoever tries one and
//! whoever prints it go by the declaration alone.

use serde::{Serialize, Serializer};

use crate::kernel::time::Duration;
use crate::kernel::units::Ratio;

/// A kind of changes.
#[derive(Debug, PartialEq, Eq)]
pub struct ChangeKind {
    /// Its name in data, in snake case.
    pub name: &'static str,
    /// How a change reads after "what if it ran": `{at}` stands for the component, `{from}` and
    /// `{to}` for the values, `{service}` for the service that the new value comes from.
    pub words: &'static str,
    /// What is tried, for the documentation.
    pub about: &'static str,
    /// What it takes to make the change.
    pub means: Means,
    /// The sustaining loop that it takes out at its component, and nothing else.
    pub cuts: Option<LinkKind>,
}

/// What it takes to make a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Means {
    /// Nobody can make it: a fault does not happen.
    Wish,
    /// Another setting.
    Setting,
    /// More capacity.
    Capacity,
}

/// The kinds of loops that sustain a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// Retries of calls that failed.
    Retries,
    /// Work for callers that have left.
    WastedWork,
    /// A state in which a component refuses.
    State,
    /// More that waits than is worked on.
    Backlog,
}

impl ChangeKind {
    /// A change of a setting.
    #[must_use]
    pub const fn setting(name: &'static str, words: &'static str, about: &'static str) -> Self {
        Self { name, words, about, means: Means::Setting, cuts: None }
    }

    /// A change that nobody can make.
    #[must_use]
    pub const fn wish(name: &'static str, words: &'static str, about: &'static str) -> Self {
        Self { means: Means::Wish, ..Self::setting(name, words, about) }
    }

    /// A change that needs more capacity.
    #[must_use]
    pub const fn capacity(name: &'static str, words: &'static str, about: &'static str) -> Self {
        Self { means: Means::Capacity, ..Self::setting(name, words, about) }
    }

    /// The same, which takes out a loop.
    #[must_use]
    pub const fn cutting(self, link: LinkKind) -> Self {
        Self { cuts: Some(link), ..self }
    }

    /// True if a team can make the change.
    #[must_use]
    pub const fn can_be_made(&self) -> bool {
        !matches!(self.means, Means::Wish)
    }
}

impl Serialize for ChangeKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name)
    }
}

/// One change of a scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// Kind of the change.
    pub kind: &'static ChangeKind,
    /// The changed fault, layer, service, queue or consumer, or the load or consumer whose policy
    /// gains a layer.
    pub component: String,
    /// The service that the new value comes from.
    pub service: Option<String>,
    /// The value in the run.
    pub from: Option<Amount>,
    /// The value tried.
    pub to: Option<Amount>,
}

impl Change {
    /// A change of this kind, without values.
    #[must_use]
    pub fn new(kind: &'static ChangeKind, component: &str) -> Self {
        Self { kind, component: component.to_owned(), service: None, from: None, to: None }
    }

    /// The same, with the value in the run.
    #[must_use]
    pub fn from(self, amount: impl Into<Amount>) -> Self {
        Self { from: Some(amount.into()), ..self }
    }

    /// The same, with the value tried.
    #[must_use]
    pub fn to(self, amount: impl Into<Amount>) -> Self {
        Self { to: Some(amount.into()), ..self }
    }

    /// The same, with the service that the new value comes from.
    #[must_use]
    pub fn of(self, service: &str) -> Self {
        Self { service: Some(service.to_owned()), ..self }
    }
}

/// A value of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Amount {
    /// A whole number.
    Count(u64),
    /// A number.
    Number(f64),
    /// A time in nanoseconds.
    TimeNs(u64),
    /// A part, in [0, 1].
    Ratio(f64),
    /// A number per second.
    PerS(f64),
}

impl From<u32> for Amount {
    fn from(count: u32) -> Self {
        Self::Count(u64::from(count))
    }
}

impl From<u64> for Amount {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<f64> for Amount {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<Duration> for Amount {
    fn from(time: Duration) -> Self {
        Self::TimeNs(time.as_ns())
    }
}

impl From<Ratio> for Amount {
    fn from(ratio: Ratio) -> Self {
        Self::Ratio(ratio.get())
    }
}
