//! A scenario as text again: with its defaults for people, and as the bare meaning for a digest.

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
    // The extensions are always on when a scenario is read; the line that asks for them is noise.
    let start = text.find("\n(").map_or(0, |newline| newline + 1);
    format!("Scenario{}\n", &text[start..])
}

/// The meaning of the scenario as one line: what two files have in common when they run alike.
///
/// Texts, the seed, comments, the order of declarations, the spelling of numbers and what is
/// common against what is repeated in each arm leave no trace in it.
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
    // A field that came later is left out where it says nothing, so that digests stay.
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

/// The loads, their rates in one spelling.
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

/// One spelling where the language has several.
fn plain(layer: &Layer) -> Layer {
    let mut layer = layer.clone();
    layer.spec_mut().normalise();
    layer
}
