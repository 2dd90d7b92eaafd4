//! The rules that constructors share, and how an offending value is shown.

use super::InvalidDistribution;
use crate::kernel::time::Duration;

/// The end of the clock, 2^64 ns: the longest duration that a constructor accepts.
const CLOCK_END: f64 = u64::MAX as f64;

pub(super) fn that(
    holds: bool,
    parameter: impl Into<String>,
    rule: &'static str,
    found: impl FnOnce() -> String,
) -> Result<(), InvalidDistribution> {
    if holds {
        return Ok(());
    }
    Err(InvalidDistribution { parameter: parameter.into(), rule, found: found() })
}

pub(super) fn time(parameter: impl Into<String>, ns: f64) -> Result<f64, InvalidDistribution> {
    let rule = "must be at least 0s and within the clock (584 years)";
    that((0.0..=CLOCK_END).contains(&ns), parameter, rule, || shown(ns))?;
    Ok(ns)
}

pub(super) fn positive_time(
    parameter: impl Into<String>,
    ns: f64,
) -> Result<f64, InvalidDistribution> {
    let rule = "must be above 0s and within the clock (584 years)";
    let holds = ns > 0.0 && ns <= CLOCK_END;
    that(holds, parameter, rule, || shown(ns))?;
    Ok(ns)
}

pub(super) fn ratio(parameter: impl Into<String>, value: f64) -> Result<(), InvalidDistribution> {
    let holds = (0.0..=1.0).contains(&value);
    that(holds, parameter, "must be in [0, 1]", || value.to_string())
}

/// A duration as a scenario spells it, or the bare number where no duration is equal to it.
pub(super) fn shown(ns: f64) -> String {
    let duration = Duration::from_ns_f64(ns);
    if duration.as_ns() as f64 == ns { duration.exact() } else { format!("{ns}ns") }
}
