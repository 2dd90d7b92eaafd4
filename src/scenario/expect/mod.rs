//! Expectations of a scenario, as sentences: `rpc.latency.end_to_end.p99 < 250ms`,
//! `recovers within 30s after fault db-slow`, `p(collapse) < 1% at 95%`.
//!
//! A sentence is parsed into a [`Claim`] whose names are those of the scenario; an unknown name is
//! refused before any run. Claims are judged elsewhere, where scenarios are run. `docs/expect.md`
//! is the reference.

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
use crate::metrics::probe::EventKind;

pub use instances::Instance;
pub use known::{Known, NamedMetric, OF_WHOLE_ARM};
pub use period::{OF_PERIOD, Period};

/// A claim about a scenario.
#[derive(Clone, Debug, PartialEq)]
pub enum Claim {
    /// A condition of one run.
    Holds(Condition),
    /// A bound on the probability of a condition, over seeds.
    Likely(Likely),
}

/// `p(CONDITION) < 1% at 95% over 400 seeds`.
#[derive(Clone, Debug, PartialEq)]
pub struct Likely {
    /// The condition of a run.
    pub condition: Condition,
    /// [`Relation::Below`] or [`Relation::Above`]: intervals show no equality.
    pub relation: Relation,
    /// The claimed bound of the probability, in (0, 1).
    pub ratio: f64,
    /// Confidence of the statement, in [0.5, 1). Default 0.95.
    pub confidence: f64,
    /// Number of seeds; by default enough to show the claim if it is clearly true.
    pub seeds: Option<u64>,
}

/// A condition that holds in a run or does not.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// The relation holds between two numbers.
    Compares(Sum, Relation, Sum),
    /// An arm is well again within a time after the end of a fault.
    Recovers {
        /// The arm; `None`: every arm that has the fault.
        arm: Option<String>,
        /// Longest time to recovery.
        within: Duration,
        /// The fault.
        fault: String,
    },
    /// An event happens at a component.
    Happens {
        /// The arm; `None`: every arm that has the component.
        arm: Option<String>,
        /// Kind of the component, by its name in results.
        kind: &'static str,
        /// The component.
        component: String,
        /// The event; events of the same name are equivalent.
        event: EventKind,
        /// Latest time of the event, from the start of the run or of the period.
        within: Option<Duration>,
        /// Period of the event; `None`: the whole run.
        period: Option<Period>,
    },
    /// An arm ends far from well: see `experiment::expect`.
    Collapses {
        /// The arm; `None`: any arm.
        arm: Option<String>,
    },
    /// The negation of a condition.
    Not(Box<Condition>),
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Sum {
    /// A constant: a number, or nanoseconds.
    Number(f64, Unit),
    /// A metric of a result.
    Metric(MetricRef),
    /// Two expressions and the operator between them.
    Two(Box<Sum>, Operator, Box<Sum>),
    /// The negative of an expression.
    Minus(Box<Sum>),
}

impl Sum {
    /// True if the expression is a time; the parser has checked that it has one unit.
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

/// The unit of an expression, as far as arithmetic needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Counts, ratios, rates per second.
    Plain,
    /// A ratio written in percent.
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
    /// The arm; `None`: every arm that has the metric.
    pub arm: Option<String>,
    /// The component; empty for a number of the whole arm.
    pub component: String,
    /// Name of the metric: `requests.offered`, `depth_max`.
    pub metric: &'static str,
    /// Part of a distribution: `p99_ns`; empty for other numbers.
    pub part: &'static str,
    /// Kind of the number; never [`Kind::Latency`].
    pub kind: Kind,
    /// Period of the arrivals of the requests; `None`: all requests.
    pub period: Option<Period>,
}

impl MetricRef {
    /// The unit of the metric.
    #[must_use]
    pub const fn unit(&self) -> Unit {
        match self.kind {
            Kind::Time => Unit::Time,
            Kind::Count | Kind::Number | Kind::Latency => Unit::Plain,
        }
    }
}

/// The refusal of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The rule that the sentence breaks: the headline.
    pub rule: String,
    /// The offending words, after "found".
    pub found: String,
    /// A correction.
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

/// Parses a sentence about a scenario with the names `known`.
///
/// # Errors
/// If the sentence does not parse or has an unknown name.
pub fn read(text: &str, known: &Known) -> Result<Claim, Refusal> {
    parse::claim(text, known)
}

/// Parses a condition of one run: a [`Claim`] without probabilities.
///
/// # Errors
/// If the sentence does not parse, has an unknown name, or claims a probability.
pub fn read_condition(text: &str, known: &Known) -> Result<Condition, Refusal> {
    match read(text, known)? {
        Claim::Holds(condition) => Ok(condition),
        Claim::Likely(_) => {
            let rule = "expected a condition of one run";
            let hint = "write the condition inside p(..)";
            Err(Refusal::new(rule, "found a probability").hint(hint))
        }
    }
}

/// Parses the name of a metric, alone or with a period: `rpc.latency.end_to_end.p99`. A name alone
/// needs no quotes: `clients -> db.attempts`.
///
/// # Errors
/// If there is no metric of that name.
pub fn read_metric(text: &str, known: &Known) -> Result<MetricRef, Refusal> {
    known.metric(text).or_else(|_| parse::metric(text, known))
}

#[cfg(test)]
mod tests;
