//! Which numbers sentences about a scenario can name, from what the language itself knows.

use crate::metrics::meaning::meaning;
use crate::report::metrics::{METRICS_SCHEMA, MetricName, Metrics, Reporter, unit};
use crate::scenario::expect::{Known, NamedMetric, OF_WHOLE_ARM};
use crate::scenario::schema::Scenario;

/// Every number of a checked scenario called `name`. Components that are alike in several arms
/// stand once.
#[must_use]
pub fn metrics(scenario: &Scenario, name: &str) -> Metrics {
    let known = Known::new(scenario);
    let mut reporters: Vec<Reporter> = Vec::new();
    for arm in known.arms() {
        for of_arm in reporters_of(&known.metrics(arm)) {
            let same = |other: &&mut Reporter| {
                other.kind == of_arm.kind
                    && other.component == of_arm.component
                    && other.metrics == of_arm.metrics
            };
            match reporters.iter_mut().find(same) {
                Some(reporter) => reporter.arms.push(arm.to_owned()),
                None => reporters.push(Reporter { arms: vec![arm.to_owned()], ..of_arm }),
            }
        }
    }
    let order = |reporter: &Reporter| (reporter.component.clone(), reporter.kind.clone());
    reporters.sort_by_key(order);
    let arms = known.arms().map(str::to_owned).collect();
    Metrics { schema: METRICS_SCHEMA, scenario: name.to_owned(), arms, reporters }
}

/// Numbers by what reports them, in their order.
fn reporters_of(metrics: &[NamedMetric]) -> Vec<Reporter> {
    let mut reporters: Vec<Reporter> = Vec::new();
    for metric in metrics {
        let name = metric.bound(None).to_string();
        let NamedMetric { component, of, metric, part, kind, .. } = metric.clone();
        let whole = if of == OF_WHOLE_ARM { "" } else { of };
        let meaning = meaning(whole, metric).unwrap_or_default();
        let path = if part.is_empty() { metric } else { part };
        let number = MetricName { name, metric, part, unit: unit(kind, path), meaning };
        match reporters.last_mut() {
            Some(last) if last.kind == of && last.component == component => {
                last.metrics.push(number);
            }
            _ => reporters.push(Reporter {
                kind: of.to_owned(),
                component,
                arms: Vec::new(),
                metrics: vec![number],
            }),
        }
    }
    reporters
}
