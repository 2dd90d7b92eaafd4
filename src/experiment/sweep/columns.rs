//! The numbers kept of each run, by the names that expectations use.

use crate::metrics::arm::derived;
use crate::report::sweep::Column;
use crate::scenario::expect::{Known, NamedMetric, Refusal, read_metric};
use crate::scenario::schema::Scenario;
use crate::scenario::{Path, Problem};

/// The columns for `metrics`, arm by arm in the given order; all numbers of the arms if `metrics`
/// is empty.
pub(super) fn columns(
    scenario: &Scenario,
    metrics: &[String],
) -> Result<Vec<Column>, Vec<Problem>> {
    let known = Known::new(scenario);
    let mut problems = Vec::new();
    let mut chosen = Vec::new();
    for (at, metric) in metrics.iter().enumerate() {
        let read = read_metric(metric, &known).and_then(|read| match &read.period {
            None => Ok(read),
            Some(period) => {
                let found = format!("found `{period}`");
                Err(Refusal::new("a sweep keeps numbers of whole runs", found))
            }
        });
        match read {
            Ok(read) => chosen.push(read),
            Err(Refusal { rule, found, hint }) => {
                let at = Path::root().field("metrics").index(at);
                problems.push(Problem::error(&at, rule, found).maybe_hint(hint));
            }
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut columns: Vec<Column> = Vec::new();
    for arm in known.arms() {
        let of_arm = known.metrics(arm);
        if metrics.is_empty() {
            let derived = |of: &NamedMetric| derived::METRICS.iter().any(|one| one.has(of.metric));
            let whole = of_arm.iter().filter(|of| of.component.is_empty() && !derived(of));
            columns.extend(whole.map(|of| column(arm, of)));
        }
        for read in &chosen {
            let named = of_arm.iter().find(|of| of.bound(read.arm.clone()) == *read);
            let in_arm = read.arm.as_deref().is_none_or(|of| of == arm);
            let Some(column) = named.filter(|_| in_arm).map(|of| column(arm, of)) else { continue };
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
    }
    Ok(columns)
}

fn column(arm: &str, of: &NamedMetric) -> Column {
    Column {
        arm: arm.to_owned(),
        component: of.component.clone(),
        metric: of.metric.to_owned(),
        part: of.part.to_owned(),
        kind: of.kind,
    }
}
