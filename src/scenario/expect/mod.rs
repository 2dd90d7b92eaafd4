//! What a scenario is expected to do, as sentences: `rpc.latency.end_to_end.p99 < 250ms`,
//! `recovers within 30s after fault db-slow`, `p(collapse) < 1% at 95%`.
//!
//! A sentence is read into a [`Claim`] whose names are those of the scenario: whatever does not
//! exist is refused before anything runs. What a claim comes to is worked out elsewhere, by those
//! who run scenarios. `docs/expect.md` is the reference.

mod bind;
mod foreign;
mod instances;
mod known;
mod lex;
mod likely;
mod parse;
mod period;
mod print;
mod units;

use crate::kernel::time::Duration;
use crate::metrics::names::Kind;
use crate::metrics::probe::What;

pub use instances::Instance;
pub use known::{Known, NamedMetric, OF_WHOLE_ARM};
pub use period::{OF_PERIOD, Period};

/// What is claimed.
#[derive(Clone, Debug, PartialEq)]
pub enum Claim {
    /// About one run.
    Holds(Condition),
    /// About how likely something is over seeds.
    Likely(Likely),
}

/// `p(CONDITION) < 1% at 95% over 400 seeds`.
#[derive(Clone, Debug, PartialEq)]
pub struct Likely {
    /// What may happen in a run.
    pub condition: Condition,
    /// [`Relation::Below`] or [`Relation::Above`]: interval statements know no equality.
    pub relation: Relation,
    /// The probability that it is compared with, in (0, 1).
    pub ratio: f64,
    /// How sure the statement must be, in [0.5, 1). Default 0.95.
    pub confidence: f64,
    /// Over how many seeds; by default as many as suffice if things are clearly as claimed.
    pub seeds: Option<u64>,
}

/// What is the case in a run or not.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// Two numbers compare so.
    Compares(Sum, Relation, Sum),
    /// An arm is well again so soon after the end of a fault.
    Recovers {
        /// The arm; every arm that has the fault without it.
        arm: Option<String>,
        /// How soon.
        within: Duration,
        /// The fault.
        fault: String,
    },
    /// Something happens at a component.
    Happens {
        /// The arm; every arm that has the component without it.
        arm: Option<String>,
        /// The kind of the component, as results call it.
        kind: &'static str,
        /// The component.
        component: String,
        /// Any of these events: the same name may stand for several.
        event: What,
        /// How soon, if that matters: from the start of the run or of the period.
        within: Option<Duration>,
        /// When, if not at any time of the run; `within` counts from its beginning.
        period: Option<Period>,
    },
    /// An arm ends far from well: see `experiment::expect`.
    Collapses {
        /// The arm; any arm without it.
        arm: Option<String>,
    },
    /// The opposite.
    Not(Box<Condition>),
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Sum {
    /// A number, or nanoseconds.
    Number(f64, Unit),
    /// A metric of a result.
    Metric(MetricRef),
    /// Two of them and what is done with them.
    Two(Box<Sum>, Operator, Box<Sum>),
    /// The number with the other sign.
    Minus(Box<Sum>),
}

impl Sum {
    /// True if it is a time; that it is one thing has been checked when it was read.
    #[must_use]
    pub fn is_time(&self) -> bool {
        match self {
            Self::Number(_, unit) => *unit == Unit::Time,
            Self::Metric(metric) => metric.unit() == Unit::Time,
            Self::Minus(of) => of.is_time(),
            Self::Two(left, Operator::Over, right) => left.is_time() && !right.is_time(),
            Self::Two(left, _, right) => left.is_time() || right.is_time(),
        }
    }
}

/// What a number counts, as far as arithmetic cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Counts, ratios, rates a second.
    Plain,
    /// A ratio that was written or is shown in percent.
    Percent,
    /// Nanoseconds.
    Time,
}

/// `+ - * /`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// +
    Plus,
    /// -
    Minus,
    /// *
    Times,
    /// /
    Over,
}

/// `< <= > >= == !=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// <
    Below,
    /// <=
    AtMost,
    /// >
    Above,
    /// >=
    AtLeast,
    /// ==
    Equal,
    /// !=
    Unequal,
}

/// A number of a result, by its names in the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricRef {
    /// The arm; without it the expectation is about every arm that has the metric.
    pub arm: Option<String>,
    /// The component; empty for a number of the whole arm.
    pub component: String,
    /// Its name: `requests.offered`, `depth_max`.
    pub metric: &'static str,
    /// The part of a distribution: `p99_ns`; empty of other numbers.
    pub part: &'static str,
    /// What it counts; never [`Kind::Latency`].
    pub kind: Kind,
    /// When the requests arrived that it is about, if not all of them are meant.
    pub period: Option<Period>,
}

impl MetricRef {
    /// What arithmetic knows of it.
    #[must_use]
    pub const fn unit(&self) -> Unit {
        match self.kind {
            Kind::Time => Unit::Time,
            Kind::Count | Kind::Number | Kind::Latency => Unit::Plain,
        }
    }
}

/// Why a sentence is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What should be: the headline.
    pub rule: String,
    /// What was found instead.
    pub found: String,
    /// What to write instead.
    pub hint: Option<String>,
}

impl Refusal {
    pub(crate) fn new(rule: impl Into<String>, found: impl Into<String>) -> Self {
        Self { rule: rule.into(), found: found.into(), hint: None }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Reads a sentence about the scenario that has these names.
///
/// # Errors
/// When it is none, or names what does not exist.
pub fn read(text: &str, known: &Known) -> Result<Claim, Refusal> {
    parse::claim(text, known)
}

/// Reads what may be the case in a run: a [`Claim`] without probabilities.
///
/// # Errors
/// When it is none, or names what does not exist.
pub fn read_condition(text: &str, known: &Known) -> Result<Condition, Refusal> {
    match read(text, known)? {
        Claim::Holds(condition) => Ok(condition),
        Claim::Likely(_) => {
            let rule = "expected what may be the case in one run";
            let hint = "write what stands in the parentheses of p(..)";
            Err(Refusal::new(rule, "found a probability").hint(hint))
        }
    }
}

/// Reads a metric: `rpc.latency.end_to_end.p99`. Where nothing else can follow, names need no
/// quotes: `clients -> db.attempts`.
///
/// # Errors
/// When there is none of that name.
pub fn read_metric(text: &str, known: &Known) -> Result<MetricRef, Refusal> {
    known.metric(text).or_else(|_| parse::metric(text, known))
}

#[cfg(test)]
mod tests;
