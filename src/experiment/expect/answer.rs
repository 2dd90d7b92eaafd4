//! Answers of a run to conditions: yes or no, with the numbers behind it.

use super::observe::{Observed, Watched};
use super::periods::Books;
use crate::experiment::health::{Course, Throughput};
use crate::kernel::time::{Duration, Instant};
use crate::metrics::names::Kind;
use crate::metrics::summary::Metric;
use crate::report::rows::{ratio_succeeded, value};
use crate::report::text::format::{count, number, percent, time};
use crate::scenario::expect::{Condition, MetricRef, Operator, Relation, Sum, Unit};

/// Success ratio below which latencies of successes say little about all requests.
const FEW_SUCCEEDED: f64 = 0.95;

/// The answer of a run to a condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// True if the condition holds. If undecided, neither the condition nor its opposite holds.
    pub holds: bool,
    /// True if decided: everything in the condition has a value, and the run is long enough.
    pub known: bool,
    /// Numbers in words.
    pub actual: String,
    /// A shorter form, for where the sentence stands beside it: "709 ms".
    pub brief: String,
    /// Left side of a comparison, if it has a value; searches follow it.
    pub value: Option<f64>,
}

impl Answer {
    fn new(holds: bool, actual: impl Into<String>) -> Self {
        let actual = actual.into();
        Self { holds, known: true, brief: actual.clone(), actual, value: None }
    }

    /// The answer of an undecided condition, with the reason.
    fn unknown(actual: impl Into<String>) -> Self {
        Self { known: false, ..Self::new(false, actual) }
    }

    fn with(self, value: f64) -> Self {
        Self { value: Some(value), ..self }
    }
}

impl Observed {
    /// The answer to a condition that this run was [observed](super::Observer) for. No comparison
    /// with a missing value holds.
    #[must_use]
    pub fn answer(&self, condition: &Condition) -> Answer {
        match condition {
            Condition::Compares(left, relation, right) => self.compare(left, *relation, right),
            Condition::Not(of) => {
                let answer = self.answer(of);
                Answer { holds: answer.known && !answer.holds, ..answer }
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
        let only = self.result.arms.len() == 1;
        let (mut actual, mut brief) = sides((left, one), (right, other), only);
        if let Some(survivors) = self.survivors([left, right]) {
            actual.push_str(&survivors);
            brief.push_str(&survivors);
        }
        let (Some(one), Some(other)) = (one, other) else {
            return Answer { value: one, brief, ..Answer::unknown(actual) };
        };
        let holds = match relation {
            Relation::Below => one < other,
            Relation::AtMost => one <= other,
            Relation::Above => one > other,
            Relation::AtLeast => one >= other,
            Relation::Equal => one == other,
            Relation::Unequal => one != other,
        };
        Answer { brief, ..Answer::new(holds, actual).with(one) }
    }

    /// The value of an expression, times in nanoseconds; `None` if a metric in it has no value.
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

    /// A note on latencies that only successful requests have, if so many were lost that the rest
    /// says little about all requests.
    fn survivors(&self, sums: [&Sum; 2]) -> Option<String> {
        let mut metrics = Vec::new();
        sums.into_iter().for_each(|sum| collect(sum, &mut metrics));
        let ratios = metrics.into_iter().filter_map(|metric| {
            let of_successes = ["latency.end_to_end", "latency.processing"];
            if metric.period.is_some() || !of_successes.contains(&metric.metric) {
                return None;
            }
            let arm = metric.arm.as_deref()?;
            let ratio = ratio_succeeded(self.result.arms.get(arm)?)?;
            (ratio < FEW_SUCCEEDED).then_some((ratio, arm))
        });
        let (ratio, arm) = ratios.min_by(|one, other| one.0.total_cmp(&other.0))?;
        let place = if self.result.arms.len() == 1 { String::new() } else { format!(" in {arm}") };
        Some(format!(", of the {} that succeeded{place}", percent(ratio)))
    }

    /// The value of a metric with its arm.
    #[must_use]
    pub fn metric(&self, metric: &MetricRef) -> Option<f64> {
        let arm = self.result.arms.get(metric.arm.as_deref()?)?;
        if let Some(period) = &metric.period {
            let of = |books: &&Books| Some(&books.arm) == metric.arm.as_ref();
            let mut books = self.periods.iter().filter(of);
            let books = books.find(|books| books.period == *period)?;
            return scalar(&books.metric(metric.metric)?, metric.part);
        }
        scalar(&value(arm, &metric.component, metric.metric)?, metric.part)
    }

    fn recovers(&self, arm: Option<&str>, within: u64, fault: &str) -> Answer {
        let arm = arm.unwrap_or_default();
        let (Some(course), Some((_, end))) =
            (self.courses.get(arm), self.faults.get(&(arm.to_owned(), fault.to_owned())))
        else {
            return Answer::unknown("the run ended before that");
        };
        let end = end.as_ns();
        let after = course.phases.last().map_or(0, |phase| phase.until_ns).saturating_sub(end);
        match course.well_from(end) {
            Some(well) => {
                let took = well - end;
                let text = format!("well again after {}", exactly(took, within));
                Answer::new(took <= within, text).with(took as f64)
            }
            None if after == 0 => Answer::unknown("the run ends before the fault does"),
            None => {
                let text = format!("not well again in the {} that follow", time(after));
                Answer { known: after >= within, ..Answer::new(false, text) }
            }
        }
    }

    fn happens(&self, condition: &Condition, within: Option<u64>) -> Answer {
        let Some(watched) = Watched::of(condition, &self.faults) else {
            return Answer::unknown("the run ended before that");
        };
        let first = self.firsts.iter().find(|(known, _)| *known == watched);
        if let Some(at) = first.and_then(|(_, first)| *first) {
            let after = (at - watched.from).as_ns();
            let holds = within.is_none_or(|within| after <= within);
            let shown = exactly(after, within.unwrap_or(after));
            return Answer::new(holds, format!("first after {shown}")).with(after as f64);
        }
        // Nothing more can happen in a run that ends by itself; in one that is cut off it can.
        let deadline =
            within.map_or(u64::MAX, |within| watched.from.as_ns().saturating_add(within));
        let deadline = deadline.min(watched.until.as_ns());
        let limited = matches!(condition, Condition::Happens { period: Some(_), .. });
        let never = if limited { "not in that period" } else { "never" };
        let timed = deadline < Instant::NEVER.as_ns();
        match self.until {
            Some(until) if timed && until.as_ns() < deadline => {
                Answer::unknown(format!("{never}, and the run ends before that time is over"))
            }
            _ => Answer::new(false, never),
        }
    }

    fn collapses(&self, arm: Option<&str>) -> Answer {
        let course = arm.and_then(|arm| self.courses.get(arm));
        let Some((course, ratio)) = course.and_then(|course| Some((course, course.last_ratio?)))
        else {
            return Answer::unknown("no request arrived");
        };
        let from = time(course.last().map_or(0, |phase| phase.from_ns));
        let mut text =
            format!("from {from} on {} of the requests succeed; {}", percent(ratio), usual(course));
        if let Some(Throughput { reference_per_s, last_per_s }) = course.throughput {
            let (last, before) = (number(last_per_s), number(reference_per_s));
            text += &format!("; callers get {last} answers a second, {before} before");
        }
        Answer::new(course.collapsed(), text).with(ratio)
    }
}

/// The metrics of an expression.
fn collect<'a>(sum: &'a Sum, metrics: &mut Vec<&'a MetricRef>) {
    match sum {
        Sum::Number(..) => {}
        Sum::Metric(metric) => metrics.push(metric),
        Sum::Minus(of) => collect(of, metrics),
        Sum::Two(left, _, right) => [left, right].into_iter().for_each(|sum| collect(sum, metrics)),
    }
}

/// The expected success ratio, and its source.
fn usual(course: &Course) -> String {
    match course.reference {
        Some(reference) if reference >= course.objective => {
            format!("{} did before the first trigger", percent(reference))
        }
        _ => format!("the objective is {}", percent(course.objective)),
    }
}

/// The value of a part of a metric.
fn scalar(metric: &Metric, part: &str) -> Option<f64> {
    let parts = metric.scalars();
    let (_, value) = parts.into_iter().find(|(name, _)| *name == part)?;
    value.as_f64()
}

/// A time with enough digits to differ from `other`.
fn exactly(ns: u64, other: u64) -> String {
    match ns != other && time(ns) == time(other) {
        true => Duration::from_ns(ns).exact(),
        false => time(ns),
    }
}

/// The values of both sides of a comparison, without literals: at length, and as values alone.
fn sides(left: (&Sum, Option<f64>), right: (&Sum, Option<f64>), only: bool) -> (String, String) {
    let percents = is_percent(left.0) || is_percent(right.0);
    let as_time = [left.0, right.0].map(unit).contains(&Unit::Time);
    let short = |(sum, value): (&Sum, Option<f64>)| match value {
        Some(value) => shown(sum, value, percents),
        None => "no value".to_owned(),
    };
    // Numbers that differ must not print the same digits.
    let alike = left.1 != right.1 && short(left) == short(right);
    let number = |side: (&Sum, Option<f64>)| match side.1 {
        Some(ns) if alike && as_time && ns >= 0.0 => Duration::from_ns(ns as u64).exact(),
        Some(value) if alike && percents => format!("{} %", value * 100.0),
        Some(value) if alike => value.to_string(),
        _ => short(side),
    };
    let sides = [left, right].into_iter().filter(|(sum, _)| !matches!(sum, Sum::Number(..)));
    let (long, brief): (Vec<_>, Vec<_>) = sides
        .map(|side| {
            let verb = if side.1.is_some() { "is" } else { "has" };
            let sum = if only { without_arms(side.0) } else { side.0.clone() };
            (format!("{sum} {verb} {}", number(side)), number(side))
        })
        .unzip();

    (long.join(", "), brief.join(" against "))
}

/// The expression without arms, for scenarios with a single arm.
fn without_arms(sum: &Sum) -> Sum {
    match sum {
        Sum::Number(..) => sum.clone(),
        Sum::Metric(metric) => Sum::Metric(MetricRef { arm: None, ..metric.clone() }),
        Sum::Minus(of) => Sum::Minus(Box::new(without_arms(of))),
        Sum::Two(left, operator, right) => {
            let [left, right] = [left, right].map(|side| Box::new(without_arms(side)));
            Sum::Two(left, *operator, right)
        }
    }
}

fn is_percent(sum: &Sum) -> bool {
    matches!(sum, Sum::Number(_, Unit::Percent))
}

fn shown(sum: &Sum, value: f64, percents: bool) -> String {
    match (sum, unit(sum)) {
        (_, Unit::Time) if value < 0.0 => format!("-{}", time(-value as u64)),
        (_, Unit::Time) => time(value as u64),
        (Sum::Metric(MetricRef { kind: Kind::Count, .. }), _) => count(value as u64),
        _ if percents => percent(value),
        _ => number(value),
    }
}

/// The unit of an expression; reading it has checked that there is only one.
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
