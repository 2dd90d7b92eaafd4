//! An arm as a flat list of named numbers, the one place that knows where they are in the data.

use super::result::{ArmResult, LatencySummary, Metric};
use crate::kernel::time::Duration;

/// One number, or one distribution, of an arm.
#[derive(Clone, Debug, PartialEq)]
pub struct Row<'a> {
    /// The part of the arm that reports it; empty for a number of the whole arm.
    pub component: &'a str,
    /// Its name, as a path in the data: `requests.offered`, `depth_max`.
    pub metric: &'static str,
    /// Its value.
    pub value: Metric,
}

/// One number of a row, as data: exact integers, `None` for no value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar {
    /// A count, or a time in nanoseconds.
    Integer(u64),
    /// A number without a unit, or a rate.
    Float(f64),
    /// No value.
    None,
}

impl Scalar {
    /// The value for statistics over runs.
    #[must_use]
    pub fn as_f64(self) -> Option<f64> {
        match self {
            Self::Integer(value) => Some(value as f64),
            Self::Float(value) => Some(value),
            Self::None => None,
        }
    }
}

/// Every number of `arm`: its own in the order of the data, then its components' by name.
#[must_use]
pub fn rows(arm: &ArmResult) -> Vec<Row<'_>> {
    let mut rows: Vec<_> = arm_metrics(arm)
        .into_iter()
        .map(|(metric, value)| Row { component: "", metric, value })
        .collect();
    for (name, component) in &arm.components {
        rows.extend(component.metrics.iter().map(|&(metric, value)| Row {
            component: name,
            metric,
            value,
        }));
    }
    rows
}

/// The numbers of the whole arm.
pub(super) fn arm_metrics(arm: &ArmResult) -> Vec<(&'static str, Metric)> {
    let (requests, attempts) = (&arm.requests, &arm.attempts);
    let time = |ns| Metric::Time(Duration::from_ns(ns));
    vec![
        ("requests.offered", Metric::Count(requests.offered)),
        ("requests.succeeded", Metric::Count(requests.succeeded)),
        ("requests.late", Metric::Count(requests.late)),
        ("requests.failed", Metric::Count(requests.failed)),
        ("requests.rejected", Metric::Count(requests.rejected)),
        ("requests.shed", Metric::Count(requests.shed)),
        ("requests.dropped", Metric::Count(requests.dropped)),
        ("requests.dead_lettered", Metric::Count(requests.dead_lettered)),
        ("requests.in_flight", Metric::Count(requests.in_flight)),
        ("failed_by.error", Metric::Count(arm.failed_by.error)),
        ("failed_by.timeout", Metric::Count(arm.failed_by.timeout)),
        ("attempts.total", Metric::Count(attempts.total)),
        ("attempts.failed", Metric::Count(attempts.failed)),
        ("attempts.retries", Metric::Count(attempts.retries)),
        ("attempts.timeouts", Metric::Count(attempts.timeouts)),
        ("attempts.errors", Metric::Count(attempts.errors)),
        ("attempts.cancelled", Metric::Count(attempts.cancelled)),
        ("amplification", Metric::Number(arm.amplification)),
        ("goodput_per_s", Metric::Number(arm.goodput_per_s)),
        ("latency.end_to_end", Metric::Latency(arm.latency.end_to_end)),
        ("latency.processing", Metric::Latency(arm.latency.processing)),
        ("latency.outcome", Metric::Latency(arm.latency.outcome)),
        ("wasted.work_ns", time(arm.wasted.work_ns)),
        ("wasted.after_leaving_ns", time(arm.wasted.after_leaving_ns)),
        ("wasted.ratio", Metric::Number(arm.wasted.ratio)),
        ("events", Metric::Count(arm.events)),
        ("end_ns", time(arm.end_ns)),
    ]
}

impl Metric {
    /// The metric as numbers: itself under an empty name, or the parts of a distribution.
    #[must_use]
    pub fn scalars(&self) -> Vec<(&'static str, Scalar)> {
        match self {
            Self::Count(count) => vec![("", Scalar::Integer(*count))],
            Self::Time(time) => vec![("", Scalar::Integer(time.as_ns()))],
            Self::Number(number) => {
                let finite = number.filter(|value| value.is_finite());
                vec![("", finite.map_or(Scalar::None, Scalar::Float))]
            }
            Self::Latency(summary) => summary.scalars(),
        }
    }
}

impl LatencySummary {
    fn scalars(&self) -> Vec<(&'static str, Scalar)> {
        let ns = |value: Option<u64>| value.map_or(Scalar::None, Scalar::Integer);
        vec![
            ("count", Scalar::Integer(self.count)),
            ("mean_ns", ns(self.mean_ns)),
            ("min_ns", ns(self.min_ns)),
            ("p50_ns", ns(self.p50_ns)),
            ("p90_ns", ns(self.p90_ns)),
            ("p95_ns", ns(self.p95_ns)),
            ("p99_ns", ns(self.p99_ns)),
            ("p999_ns", ns(self.p999_ns)),
            ("max_ns", ns(self.max_ns)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::names;
    use crate::report::sample;

    /// A number that is in the JSON and not here would silently miss from CSV and page.
    #[test]
    fn every_number_of_the_data_has_a_row() {
        let result = sample::burst();
        let arm = &result.arms["rpc"];
        let Ok(serde_json::Value::Object(data)) = serde_json::to_value(arm) else {
            panic!("an arm is an object");
        };
        let mut paths = Vec::new();
        for (group, value) in &data {
            match value {
                serde_json::Value::Object(_) if group == "components" => {}
                serde_json::Value::Object(entries) => {
                    paths.extend(entries.keys().map(|name| format!("{group}.{name}")));
                }
                _ => paths.push(group.clone()),
            }
        }
        let known: Vec<_> = arm_metrics(arm).iter().map(|(name, _)| *name).collect();
        assert_eq!(known, paths);
        // And under the name that expectations know it by.
        let kinds = arm_metrics(arm).into_iter().map(|(name, metric)| (name, metric.kind()));
        assert_eq!(kinds.collect::<Vec<_>>(), names::OF_ARM);
        let parts = arm.latency.outcome.scalars();
        let parts: Vec<_> = parts.into_iter().map(|(name, _)| name).collect();
        assert_eq!(parts, names::PARTS.map(|(name, _)| name));
    }

    #[test]
    fn components_follow_by_name() {
        let result = sample::burst();
        let listed: Vec<_> = rows(&result.arms["event-driven"])
            .iter()
            .filter(|row| !row.component.is_empty())
            .map(|row| format!("{}: {}", row.component, row.metric))
            .collect();
        assert_eq!(listed[0], "downstream: attempts");
        assert_eq!(listed[listed.len() - 1], "workers: busy_ratio");
    }
}
