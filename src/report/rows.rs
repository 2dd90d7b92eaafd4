//! An arm as a flat list of named numbers; only this module knows their places in the data.

use super::result::{ArmResult, LatencySummary, Metric};
use crate::kernel::time::Duration;
use crate::metrics::arm;
use crate::metrics::declare::{Quantity, Shape};
use crate::metrics::names::Kind;

/// The ratio of succeeded requests.
pub const SUCCEEDED_RATIO: &str = arm::derived::SUCCEEDED_RATIO.0.names.plain;

/// One number, or one distribution, of an arm.
#[derive(Clone, Debug, PartialEq)]
pub struct Row<'a> {
    /// Component that reports the number; empty for a number of the whole arm.
    pub component: &'a str,
    /// Path in the data: `requests.offered`, `depth_max`.
    pub metric: &'static str,
    /// Its declaration.
    pub quantity: Option<&'static Quantity>,
    /// Its value.
    pub value: Metric,
}

impl Row<'_> {
    /// True if one long time can change the number, or this part of a distribution.
    #[must_use]
    pub fn follows_tail(&self, part: &str) -> bool {
        self.quantity.is_some_and(Quantity::follows_tail) || arm::part::follows_tail(part)
    }
}

/// The unit of a number where its value has none.
pub(super) fn unit_of(quantity: Option<&Quantity>) -> &'static str {
    match quantity.map(|quantity| quantity.shape) {
        Some(Shape::Rate) => "/s",
        _ => "",
    }
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
    let mut rows = arm_metrics(arm);
    for (name, component) in &arm.components {
        rows.extend(component.metrics.iter().map(|&(metric, value)| Row {
            component: name,
            metric,
            quantity: component.quantity(metric),
            value,
        }));
    }
    rows
}

/// All numbers of `arm` that sentences can name: derived ones, then its rows.
#[must_use]
pub fn metrics(of: &ArmResult) -> Vec<Row<'_>> {
    let ratio = Metric::Number(ratio_succeeded(of));
    let quantity = Some(&arm::derived::SUCCEEDED_RATIO.0);
    let mut all = vec![Row { component: "", metric: SUCCEEDED_RATIO, quantity, value: ratio }];
    all.extend(rows(of));
    all
}

/// The number or distribution of an arm with this name in sentences.
#[must_use]
pub fn value(arm: &ArmResult, component: &str, metric: &str) -> Option<Metric> {
    let mut all = metrics(arm).into_iter();
    all.find(|row| row.component == component && row.metric == metric).map(|row| row.value)
}

/// The numbers of the whole arm.
pub(super) fn arm_metrics(of: &ArmResult) -> Vec<Row<'static>> {
    let (requests, attempts) = (&of.requests, &of.attempts);
    let row = |quantity: &'static Quantity, value| {
        let metric = quantity.name();
        Row { component: "", metric, quantity: Some(quantity), value }
    };
    let time = |ns| Metric::Time(Duration::from_ns(ns));
    vec![
        row(&arm::OFFERED.0, Metric::Count(requests.offered)),
        row(&arm::SUCCEEDED.0, Metric::Count(requests.succeeded)),
        row(&arm::LATE.0, Metric::Count(requests.late)),
        row(&arm::FAILED.0, Metric::Count(requests.failed)),
        row(&arm::REJECTED.0, Metric::Count(requests.rejected)),
        row(&arm::SHED.0, Metric::Count(requests.shed)),
        row(&arm::DROPPED.0, Metric::Count(requests.dropped)),
        row(&arm::DEAD_LETTERED.0, Metric::Count(requests.dead_lettered)),
        row(&arm::IN_FLIGHT.0, Metric::Count(requests.in_flight)),
        row(&arm::FAILED_BY_ERROR.0, Metric::Count(of.failed_by.error)),
        row(&arm::FAILED_BY_TIMEOUT.0, Metric::Count(of.failed_by.timeout)),
        row(&arm::ATTEMPTS.0, Metric::Count(attempts.total)),
        row(&arm::ATTEMPTS_FAILED.0, Metric::Count(attempts.failed)),
        row(&arm::RETRIES.0, Metric::Count(attempts.retries)),
        row(&arm::TIMEOUTS.0, Metric::Count(attempts.timeouts)),
        row(&arm::ERRORS.0, Metric::Count(attempts.errors)),
        row(&arm::CANCELLED.0, Metric::Count(attempts.cancelled)),
        row(&arm::AMPLIFICATION.0, Metric::Number(of.amplification)),
        row(&arm::ATTEMPTS_VARIANCE.0, Metric::Number(of.attempts_variance)),
        row(&arm::GOODPUT.0, Metric::Number(of.goodput_per_s)),
        row(&arm::END_TO_END.0, Metric::Latency(of.latency.end_to_end)),
        row(&arm::PROCESSING.0, Metric::Latency(of.latency.processing)),
        row(&arm::OUTCOME.0, Metric::Latency(of.latency.outcome)),
        row(&arm::SLOW_RATIO.0, Metric::Number(of.latency.slow_ratio)),
        row(&arm::WASTED_WORK.0, time(of.wasted.work_ns)),
        row(&arm::AFTER_LEAVING.0, time(of.wasted.after_leaving_ns)),
        row(&arm::WASTED_RATIO.0, Metric::Number(of.wasted.ratio)),
        row(&arm::EVENTS.0, Metric::Count(of.events)),
        row(&arm::END.0, time(of.end_ns)),
    ]
}

impl Metric {
    /// The numbers of the metric: one under an empty name, or the parts of a distribution.
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

impl Metric {
    /// What a part of the metric counts.
    #[must_use]
    pub fn kind_of(&self, part: &str) -> Kind {
        match self {
            Self::Latency(_) if part == "count" => Kind::Count,
            Self::Latency(_) => Kind::Time,
            other => other.kind(),
        }
    }
}

/// The path of a part of a metric: `latency.end_to_end.p99_ns`; the metric itself if `part` is
/// empty.
#[must_use]
pub fn name_of(metric: &str, part: &str) -> String {
    match part {
        "" => metric.to_owned(),
        part => format!("{metric}.{part}"),
    }
}

/// A number of an arm under its full name.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    /// Full name: `latency.end_to_end.p99_ns`, or after its component: `db.utilisation`.
    pub name: String,
    /// What it counts.
    pub kind: Kind,
    /// True if one long time can change it.
    pub follows_tail: bool,
    /// Its value.
    pub value: Scalar,
}

/// Every number of an arm under its full name, [`SUCCEEDED_RATIO`] first.
pub fn named(arm: &ArmResult) -> impl Iterator<Item = Named> {
    metrics(arm).into_iter().flat_map(|row| {
        let component = match row.component {
            "" => String::new(),
            component => format!("{component}."),
        };
        let parts = row.value.scalars().into_iter();
        parts.map(move |(part, value)| Named {
            name: format!("{component}{}", name_of(row.metric, part)),
            kind: row.value.kind_of(part),
            follows_tail: row.follows_tail(part),
            value,
        })
    })
}

/// The number of an arm with this name, as [`named`] gives it. The name may lack the `_ns` at its
/// end, and its component may be in quotes or follow `components.`.
#[must_use]
pub fn find(arm: &ArmResult, name: &str) -> Option<Named> {
    let name = name.strip_prefix("components.").unwrap_or(name);
    let plain = name.replace(['\'', '"'], "");
    let one = |known: &str| known == name || known == plain;
    let is = |name: &str| one(name) || name.strip_suffix("_ns").is_some_and(one);
    named(arm).find(|number| is(&number.name))
}

/// Succeeded requests per offered one; `None` without requests.
#[must_use]
pub fn ratio_succeeded(arm: &ArmResult) -> Option<f64> {
    let requests = arm.requests;
    (requests.offered > 0).then(|| requests.succeeded as f64 / requests.offered as f64)
}

impl LatencySummary {
    fn scalars(&self) -> Vec<(&'static str, Scalar)> {
        let ns = |value: Option<u64>| value.map_or(Scalar::None, Scalar::Integer);
        vec![
            ("count", Scalar::Integer(self.count)),
            ("mean_ns", ns(self.mean_ns)),
            ("sd_ns", ns(self.sd_ns)),
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
    use crate::report::sample;

    /// A number of the JSON without a row would be missing from CSV and page.
    #[test]
    fn every_number_of_the_data_has_a_row() {
        let result = sample::burst();
        let rpc = &result.arms["rpc"];
        let Ok(serde_json::Value::Object(data)) = serde_json::to_value(rpc) else {
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
        let known: Vec<_> = arm_metrics(rpc).iter().map(|row| row.metric).collect();
        assert_eq!(known, paths);
        // Expectations know the number under the same name.
        let kinds = arm_metrics(rpc).into_iter().map(|row| (row.metric, row.value.kind()));
        let derived = arm::derived::METRICS.len();
        assert!(kinds.eq(arm::numbers().skip(derived)));
        let parts = rpc.latency.outcome.scalars();
        let parts: Vec<_> = parts.into_iter().map(|(name, _)| name).collect();
        assert_eq!(parts, arm::parts().map(|(name, _)| name).collect::<Vec<_>>());
    }

    #[test]
    fn find_accepts_every_form_of_a_name() {
        let result = sample::burst();
        let arm = &result.arms["event-driven"];
        let all: Vec<_> = named(arm).map(|number| number.name).collect();
        assert_eq!(all[0], SUCCEEDED_RATIO);
        for name in &all {
            assert_eq!(find(arm, name).map(|number| number.name).as_ref(), Some(name));
        }
        let p99 = find(arm, "latency.end_to_end.p99").expect("it may lack its unit");
        assert_eq!((p99.name.as_str(), p99.kind), ("latency.end_to_end.p99_ns", Kind::Time));
        let count = find(arm, "latency.end_to_end.count").expect("it is there");
        assert_eq!(count.kind, Kind::Count);
        let busy = find(arm, "components.workers.busy_ratio").expect("it is there");
        assert_eq!(busy.name, "workers.busy_ratio");
        assert_eq!(find(arm, "latency.end_to_end"), None);
        assert_eq!(find(arm, "p99"), None);
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
