//! Times and numbers are different things: what may be added, multiplied and compared.

use super::{Operator, Refusal, Sum, Unit};

/// What an expression counts.
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

/// Refuses to compare times with numbers.
pub(super) fn comparable(left: &Sum, right: &Sum) -> Result<(), Refusal> {
    let zero = |sum: &Sum| matches!(sum, Sum::Number(value, _) if *value == 0.0);
    let (one, other) = (unit(left)? == Unit::Time, unit(right)? == Unit::Time);
    if one == other || zero(left) || zero(right) {
        return Ok(());
    }
    let found = format!("found `{left}` and `{right}`");
    let refusal = Refusal::new("a time can only be compared with a time", found);
    Err(refusal.hint("times have a unit: 250ms, 2s"))
}
