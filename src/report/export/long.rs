//! The result in long form: one number an entry, first the totals, then the bins of the series.
//!
//! CSV and Parquet are both made from it, so they hold the same numbers in the same order.

use crate::report::result::RunResult;
use crate::report::rows::{Scalar, rows};

/// One number of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry<'a> {
    /// The arm.
    pub arm: &'a str,
    /// The component that reports the number; empty for a number of the whole arm.
    pub component: &'a str,
    /// Path in the JSON: `requests.offered`, `wait.p99_ns`, `busy.mean`.
    pub metric: &'a str,
    /// Bin as (from, until) in nanoseconds; `None` for a total.
    pub span: Option<(u64, u64)>,
    /// The value.
    pub value: Scalar,
}

/// Calls `take` with every number of `result`, until it fails.
///
/// # Errors
/// Errors of `take`.
pub fn each<E>(
    result: &RunResult,
    mut take: impl FnMut(&Entry<'_>) -> Result<(), E>,
) -> Result<(), E> {
    for (name, arm) in &result.arms {
        for row in rows(arm) {
            for (part, value) in row.value.scalars() {
                let metric = match part {
                    "" => row.metric.to_owned(),
                    part => format!("{}.{part}", row.metric),
                };
                let (component, metric) = (row.component, metric.as_str());
                take(&Entry { arm: name, component, metric, span: None, value })?;
            }
        }
    }
    for (name, arm) in &result.arms {
        let Some(series) = &arm.series else { continue };
        for track in series.tracks() {
            let (component, metric) = (track.component, track.metric.as_str());
            for (span, &value) in series.spans().zip(&track.values) {
                take(&Entry { arm: name, component, metric, span: Some(span), value })?;
            }
        }
    }
    Ok(())
}
