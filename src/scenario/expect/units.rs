//! Units of expressions: the rules of adding, multiplying and comparing times, counts and ratios.

use super::{MetricRef, Operator, Refusal, Sum, Unit};
use crate::metrics::names::Kind;

/// The unit of an expression, or the rule of units that it breaks.
pub(super) fn unit(sum: &Sum) -> Result<Unit, Refusal> {
    Ok(match sum {
        Sum::Number(_, unit) => *unit,
        Sum::Metric(metric) => metric.unit(),
        Sum::Minus(inner) => unit(inner)?,
        Sum::Two(left, operator, right) => {
            let times = (unit(left)? == Unit::Time, unit(right)? == Unit::Time);
            match (operator, times) {
                (Operator::Plus | Operator::Minus, (true, true)) => Unit::Time,
                (Operator::Times, (true, false) | (false, true)) => Unit::Time,
                (Operator::Over, (true, false)) => Unit::Time,
                (Operator::Over, (true, true)) | (_, (false, false)) => Unit::Plain,
                (Operator::Plus | Operator::Minus, _) => {
                    let found = format!("found `{left} {operator} {right}`");
                    let refusal = Refusal::new("times and numbers do not add up", found);
                    return Err(refusal.hint("give the time its unit, as in 250ms"));
                }
                (Operator::Times | Operator::Over, _) => {
                    let found = format!("found `{left} {operator} {right}`");
                    return Err(Refusal::new("there is no metric of such a unit", found));
                }
            }
        }
    })
}

/// True if the expression is a count, of requests, attempts or messages.
fn counts(sum: &Sum) -> bool {
    match sum {
        Sum::Number(..) => false,
        Sum::Metric(metric) => metric.kind == Kind::Count,
        Sum::Minus(of) => counts(of),
        Sum::Two(left, Operator::Over, right) => counts(left) && !counts(right),
        Sum::Two(left, _, right) => counts(left) || counts(right),
    }
}

/// True if the expression has percentages alone.
fn is_percentage(sum: &Sum) -> bool {
    match sum {
        Sum::Number(_, unit) => *unit == Unit::Percent,
        Sum::Metric(_) => false,
        Sum::Minus(of) => is_percentage(of),
        Sum::Two(left, _, right) => is_percentage(left) && is_percentage(right),
    }
}

/// The total that a count of requests or attempts is a share of.
fn whole_of(sum: &Sum) -> Option<MetricRef> {
    let Sum::Metric(metric) = sum else { return None };
    let whole = match metric.metric.split_once('.') {
        Some(("requests" | "failed_by", _)) => "requests.offered",
        Some(("attempts", _)) => "attempts.total",
        _ => return None,
    };
    (metric.component.is_empty() && metric.part.is_empty())
        .then(|| MetricRef { metric: whole, ..metric.clone() })
}

/// Refuses comparisons of times with numbers, and of counts with percentages.
pub(super) fn comparable(left: &Sum, right: &Sum) -> Result<(), Refusal> {
    for (count, percentage) in [(left, right), (right, left)] {
        if counts(count) && is_percentage(percentage) {
            let found = format!("found `{count}` and `{percentage}`");
            let refusal = Refusal::new("a count cannot be compared with a percentage", found);
            return Err(refusal.hint(match whole_of(count) {
                Some(whole) => format!("write `{count} / {whole}` for the ratio"),
                None => "divide it by what it is a share of, as in \
                         `requests.failed / requests.offered < 5%`"
                    .to_owned(),
            }));
        }
    }
    let zero = |sum: &Sum| matches!(sum, Sum::Number(value, _) if *value == 0.0);
    let (one, other) = (unit(left)? == Unit::Time, unit(right)? == Unit::Time);
    if one == other || zero(left) || zero(right) {
        return Ok(());
    }
    let found = format!("found `{left}` and `{right}`");
    let refusal = Refusal::new("a time can only be compared with a time", found);
    Err(refusal.hint("times have a unit: 250ms, 2s"))
}
