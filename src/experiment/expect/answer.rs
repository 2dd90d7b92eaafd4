//! What a run answers to a condition: yes or no, and the numbers that say so.

use super::observe::{Observed, Watched};
use crate::kernel::time::Duration;
use crate::metrics::names::Kind;
use crate::report::format::{NO_VALUE, count, number, percent, time};
use crate::report::rows::rows;
use crate::scenario::expect::{Condition, MetricRef, Operator, Relation, Sum, Unit};

/// The answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The condition holds.
    pub holds: bool,
    /// The numbers, in words.
    pub actual: String,
    /// The number on the left of a comparison, where it has a value: what a search goes by.
    pub value: Option<f64>,
}

impl Answer {
    fn new(holds: bool, actual: impl Into<String>) -> Self {
        Self { holds, actual: actual.into(), value: None }
    }
}

impl Observed {
    /// Whether a condition holds that this run was [observed](super::Observer) for. What has no
    /// value compares with nothing, so no comparison with it holds.
    #[must_use]
    pub fn answer(&self, condition: &Condition) -> Answer {
        match condition {
            Condition::Compares(left, relation, right) => self.compare(left, *relation, right),
            Condition::Not(of) => {
                let answer = self.answer(of);
                // Of what cannot be told, neither it nor its opposite holds.
                let unknown = match &**of {
                    Condition::Compares(left, _, right) => {
                        self.value(left).is_none() || self.value(right).is_none()
                    }
                    _ => false,
                };
                Answer { holds: !answer.holds && !unknown, ..answer }
            }
            Condition::Recovers { arm, within, fault } => {
                self.recovers(arm.as_deref(), within.as_ns(), fault)
            }
            Condition::Happens { within, .. } => {
                self.happens(condition, within.map(Duration::as_ns))
            }
            Condition::Collapses { arm } => self.collapses(arm.as_deref()),
        }
    }

    fn compare(&self, left: &Sum, relation: Relation, right: &Sum) -> Answer {
        let (one, other) = (self.value(left), self.value(right));
        let holds = match (one, other) {
            (Some(one), Some(other)) => match relation {
                Relation::Below => one < other,
                Relation::AtMost => one <= other,
                Relation::Above => one > other,
                Relation::AtLeast => one >= other,
                Relation::Equal => one == other,
                Relation::Unequal => one != other,
            },
            _ => false,
        };
        let percents = is_percent(left) || is_percent(right);
        let told = |sum: &Sum, value| format!("{sum} is {}", shown(sum, value, percents));
        let constant = |sum: &Sum| matches!(sum, Sum::Number(..));
        let sides: Vec<String> = [(left, one), (right, other)]
            .into_iter()
            .filter(|(sum, _)| !constant(sum))
            .map(|(sum, value)| told(sum, value))
            .collect();
        Answer { holds, actual: sides.join(", "), value: one }
    }

    /// The value of an expression: times in nanoseconds; `None` if anything in it has none.
    #[must_use]
    pub fn value(&self, sum: &Sum) -> Option<f64> {
        let value = match sum {
            Sum::Number(value, _) => *value,
            Sum::Metric(metric) => self.metric(metric)?,
            Sum::Minus(of) => -self.value(of)?,
            Sum::Two(left, operator, right) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                match operator {
                    Operator::Plus => left + right,
                    Operator::Minus => left - right,
                    Operator::Times => left * right,
                    Operator::Over => left / right,
                }
            }
        };
        value.is_finite().then_some(value)
    }

    /// The value of a metric, which has its arm.
    #[must_use]
    pub fn metric(&self, metric: &MetricRef) -> Option<f64> {
        let arm = self.result.arms.get(metric.arm.as_deref()?)?;
        let mut rows = rows(arm).into_iter();
        let row =
            rows.find(|row| row.component == metric.component && row.metric == metric.metric)?;
        let parts = row.value.scalars();
        let (_, value) = parts.into_iter().find(|(part, _)| *part == metric.part)?;
        value.as_f64()
    }

    fn recovers(&self, arm: Option<&str>, within: u64, fault: &str) -> Answer {
        let arm = arm.unwrap_or_default();
        let (Some(course), Some((_, end))) =
            (self.courses.get(arm), self.faults.get(&(arm.to_owned(), fault.to_owned())))
        else {
            return Answer::new(false, "the run ended before that");
        };
        let end = end.as_ns();
        let after = course.phases.last().map_or(0, |phase| phase.until_ns).saturating_sub(end);
        match course.well_from(end) {
            Some(well) => {
                let took = well - end;
                Answer {
                    value: Some(took as f64),
                    ..Answer::new(took <= within, format!("well again after {}", time(took)))
                }
            }
            None if after == 0 => Answer::new(false, "the run ends before the fault does"),
            None => {
                let text = format!("not well again in the {} that follow", time(after));
                Answer::new(false, text)
            }
        }
    }

    fn happens(&self, condition: &Condition, within: Option<u64>) -> Answer {
        let watched = Watched::of(condition, &self.faults);
        let found = watched.as_ref().and_then(|watched| {
            let first = self.firsts.iter().find(|(known, _)| known == watched);
            first.and_then(|(_, first)| *first).map(|at| (at - watched.from).as_ns())
        });
        match found {
            Some(after) => {
                let holds = within.is_none_or(|within| after <= within);
                let text = format!("first after {}", time(after));
                Answer { value: Some(after as f64), ..Answer::new(holds, text) }
            }
            None => Answer::new(false, "never"),
        }
    }

    fn collapses(&self, arm: Option<&str>) -> Answer {
        let course = arm.and_then(|arm| self.courses.get(arm));
        let Some((course, ratio)) = course.and_then(|course| Some((course, course.last_ratio?)))
        else {
            return Answer::new(false, "no request arrived");
        };
        let from = course.last().map_or(0, |phase| phase.from_ns);
        let text = format!(
            "from {} on {} of the requests succeed, where {} should",
            time(from),
            percent(ratio),
            percent(course.reference)
        );
        Answer { value: Some(ratio), ..Answer::new(course.collapsed(), text) }
    }
}

fn is_percent(sum: &Sum) -> bool {
    matches!(sum, Sum::Number(_, Unit::Percent))
}

fn shown(sum: &Sum, value: Option<f64>, percents: bool) -> String {
    let Some(value) = value else {
        return NO_VALUE.to_owned();
    };
    match (sum, unit(sum)) {
        (_, Unit::Time) if value < 0.0 => format!("-{}", time(-value as u64)),
        (_, Unit::Time) => time(value as u64),
        (Sum::Metric(MetricRef { kind: Kind::Count, .. }), _) => count(value as u64),
        _ if percents => percent(value),
        _ => number(value),
    }
}

/// What an expression counts; that it counts one thing has been checked when it was read.
fn unit(sum: &Sum) -> Unit {
    match sum {
        Sum::Number(_, unit) => *unit,
        Sum::Metric(metric) => metric.unit(),
        Sum::Minus(of) => unit(of),
        Sum::Two(left, operator, right) => match (unit(left), operator, unit(right)) {
            (Unit::Time, Operator::Over, Unit::Time) => Unit::Plain,
            (Unit::Time, ..) | (.., Unit::Time) => Unit::Time,
            _ => Unit::Plain,
        },
    }
}
