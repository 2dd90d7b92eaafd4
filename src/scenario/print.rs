//! Prints a scenario: with all defaults for readers, and in a canonical form for its digest.

use ron::ser::PrettyConfig;
use serde_json::{Value, json};

use super::check::arms;
use super::document::EXTENSIONS;
use super::schema::{Arrivals, Layer, Scenario, Ties};
use crate::kernel::units::Rate;

/// The scenario with every default filled in, as RON that reads back as the same scenario.
///
/// # Panics
/// Never: every type of the schema has a form in RON.
#[must_use]
pub fn resolved(scenario: &Scenario) -> String {
    let look = PrettyConfig::new().new_line("\n").indentor("    ").extensions(EXTENSIONS);
    let text = ron::ser::to_string_pretty(scenario, look).expect("scenarios have a form in RON");
    // Scenarios are always read with the extensions, so the line that enables them is left out.
    let start = text.find("\n(").map_or(0, |newline| newline + 1);
    format!("Scenario{}\n", &text[start..])
}

/// The canonical form of a scenario on one line, equal for two files that run alike.
///
/// It does not depend on descriptions, the seed, comments, the order of declarations, the spelling
/// of numbers, and on whether entries are common or repeated in each arm.
#[must_use]
pub fn canonical(scenario: &Scenario) -> String {
    let systems: serde_json::Map<String, Value> = arms::views(scenario)
        .iter()
        .map(|view| {
            let mut system = json!({
                "services": entries(&view.services, Clone::clone),
                "queues": entries(&view.queues, Clone::clone),
                "consumers": entries(&view.consumers, |consumer| {
                    let mut consumer = consumer.clone();
                    consumer.policy = consumer.policy.iter().map(plain).collect();
                    consumer
                }),
                "calls": entries(&view.calls, |call| {
                    let mut call = call.clone();
                    call.policy = call.policy.iter().map(plain).collect();
                    call
                }),
                "publishes": entries(&view.publishes, Clone::clone),
                "faults": entries(&view.faults, Clone::clone),
            });
            if !view.pools.is_empty() {
                system["pools"] = json!(entries(&view.pools, Clone::clone));
            }
            (view.name.to_owned(), system)
        })
        .collect();
    let mut meaning = json!({
        "schema": scenario.schema,
        "duration": scenario.duration,
        "warm_up": scenario.warm_up,
        "load": loads(scenario),
        "arms": systems,
    });
    // A field of a later release is left out at its default, so that older digests stay valid.
    if !scenario.cool_down.is_zero() {
        meaning["cool_down"] = json!(scenario.cool_down);
    }
    if scenario.ties != Ties::default() {
        meaning["ties"] = json!(scenario.ties);
    }
    meaning.to_string()
}

fn entries<T: serde::Serialize>(
    entries: &arms::Visible<'_, T>,
    normal: impl Fn(&T) -> T,
) -> serde_json::Map<String, Value> {
    let value = |entry: &T| serde_json::to_value(normal(entry)).unwrap_or_default();
    let pairs = entries.iter();
    pairs.map(|(name, (_, entry))| ((*name).to_owned(), value(entry))).collect()
}

/// The loads, with one spelling of rates.
fn loads(scenario: &Scenario) -> Value {
    let mut loads = scenario.load.clone();
    for load in loads.values_mut() {
        match &mut load.arrivals {
            Arrivals::Constant { rate } | Arrivals::Poisson { rate, .. } => *rate = rate.normal(),
            Arrivals::Stages { stages, .. } => {
                for stage in stages {
                    stage.rate = stage.rate.normal();
                    stage.ramp_to = stage.ramp_to.map(Rate::normal);
                }
            }
            Arrivals::Bursts { .. } | Arrivals::Renewal { .. } | Arrivals::ClosedLoop { .. } => {}
        }
    }
    serde_json::to_value(loads).unwrap_or_default()
}

/// The layer in one spelling where the language has several.
fn plain(layer: &Layer) -> Layer {
    let mut layer = layer.clone();
    layer.spec_mut().normalise();
    layer
}
