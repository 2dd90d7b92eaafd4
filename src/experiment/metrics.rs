//! The numbers that sentences about a scenario can name.

use crate::metrics::arm;
use crate::metrics::declare::Quantity;
use crate::model::metrics_of;
use crate::report::metrics::{METRICS_SCHEMA, MetricName, Metrics, Reporter, plain};
use crate::scenario::expect::{Known, NamedMetric, OF_WHOLE_ARM};
use crate::scenario::schema::Scenario;

/// All numbers of a checked scenario called `name`; a component that several arms share is listed
/// once.
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

/// Groups numbers by component, in order.
fn reporters_of(metrics: &[NamedMetric]) -> Vec<Reporter> {
    let mut reporters: Vec<Reporter> = Vec::new();
    for metric in metrics {
        let name = metric.bound(None).to_string();
        let NamedMetric { component, of, metric, part, kind, .. } = metric.clone();
        let quantity = quantity(of, metric);
        let unit = if part.is_empty() { quantity.unit(kind) } else { kind.unit() };
        let number = MetricName { name, metric, part, unit, meaning: plain(quantity) };
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

/// The quantity of which a kind of component, or the whole arm, reports a number called so.
///
/// # Panics
/// When there is none: what is reported is declared.
fn quantity(of: &str, metric: &str) -> &'static Quantity {
    let quantity = match of {
        OF_WHOLE_ARM => arm::quantities().find(|quantity| quantity.has(metric)),
        kind => metrics_of(kind).iter().copied().find(|quantity| quantity.has(metric)),
    };
    quantity.unwrap_or_else(|| panic!("{of} does not declare {metric}"))
}
