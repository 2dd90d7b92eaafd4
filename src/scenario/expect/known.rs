//! The names that sentences about a scenario may use: its arms, faults, components, and the
//! metrics of its results.

use std::collections::{BTreeMap, BTreeSet};

use crate::kernel::calendar::LaneCalendar;
use crate::kernel::time::{Duration, Instant};
use crate::metrics::arm;
use crate::metrics::names::{Kind, bare};
use crate::metrics::probe::Silent;
use crate::model::events_of;
use crate::scenario::arms::arms;
use crate::scenario::build::build;
use crate::scenario::schema::{Arrivals, Scenario};

/// The kind of numbers of the whole arm, in place of that of a component.
pub const OF_WHOLE_ARM: &str = "arm";

/// The names of a scenario.
#[derive(Clone, Debug)]
pub struct Known {
    /// Names of each arm.
    pub(super) arms: BTreeMap<String, KnownArm>,
    /// True if there are several arms.
    pub(super) several: bool,
    /// Horizon of runs, if the scenario has one.
    pub(super) duration: Option<Duration>,
}

/// The names of an arm.
#[derive(Clone, Debug)]
pub(super) struct KnownArm {
    pub(super) faults: BTreeSet<String>,
    /// Kind and metrics of the components, by name.
    pub(super) components: BTreeMap<String, Vec<KnownComponent>>,
}

#[derive(Clone, Debug)]
pub(super) struct KnownComponent {
    pub(super) kind: &'static str,
    pub(super) metrics: Vec<(&'static str, Kind)>,
}

/// A number of a result, and its name in sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedMetric {
    /// Name in sentences, without the arm: `latency.end_to_end.p99`, `workers.deliveries`.
    pub name: String,
    /// Component of the number; empty for the whole arm.
    pub component: String,
    /// Kind of the component; [`OF_WHOLE_ARM`] for the whole arm.
    pub of: &'static str,
    /// Name in the data.
    pub metric: &'static str,
    /// Part of a distribution, or "".
    pub part: &'static str,
    /// Kind of the number.
    pub kind: Kind,
}

impl Known {
    /// The names of a checked scenario. The metrics of its components are those that a world
    /// reports which is built and never played.
    #[must_use]
    pub fn new(scenario: &Scenario) -> Self {
        let mut scenario = scenario.clone();
        for load in scenario.load.values_mut() {
            // Callers cost memory and report no metrics, so one is enough.
            if let Arrivals::ClosedLoop { callers, .. } = &mut load.arrivals {
                *callers = 1;
            }
        }
        let arms: BTreeMap<String, KnownArm> = arms(&scenario)
            .into_iter()
            .map(|(name, arm)| {
                let mut components: BTreeMap<String, Vec<KnownComponent>> = BTreeMap::new();
                // A scenario that was not checked may fail to build, and then has no components.
                if let Ok(built) = build::<LaneCalendar, _>(&scenario, &arm, 1, |_| Silent) {
                    for (node, component) in built.world.finish(Instant::ZERO).components {
                        let metrics = component.metrics.iter();
                        let metrics = metrics.map(|(name, metric)| (*name, metric.kind()));
                        let known =
                            KnownComponent { kind: component.kind, metrics: metrics.collect() };
                        let name = built.names[node as usize].clone();
                        components.entry(name).or_default().push(known);
                    }
                }
                let faults = arm.faults.keys().cloned().collect();
                (name, KnownArm { faults, components })
            })
            .collect();
        Self { several: arms.len() > 1, arms, duration: scenario.duration }
    }

    /// The arms, by name.
    pub fn arms(&self) -> impl Iterator<Item = &str> {
        self.arms.keys().map(String::as_str)
    }

    /// The numbers of an arm in results, with their names in sentences.
    #[must_use]
    pub fn metrics(&self, arm: &str) -> Vec<NamedMetric> {
        self.arms.get(arm).map(KnownArm::metrics).unwrap_or_default()
    }
}

impl KnownArm {
    pub(super) fn metrics(&self) -> Vec<NamedMetric> {
        let mut all = Vec::new();
        for (metric, kind) in arm::numbers() {
            named(("", OF_WHOLE_ARM), metric, kind, &mut all);
        }
        for (component, parts) in &self.components {
            for part in parts {
                for (metric, kind) in &part.metrics {
                    named((component, part.kind), metric, *kind, &mut all);
                }
            }
        }
        all
    }

    /// The events that can happen at the component called `name`.
    pub(super) fn events(&self, name: &str) -> Vec<crate::metrics::probe::EventKind> {
        let kinds = self.components.get(name).map_or(&[][..], Vec::as_slice);
        kinds.iter().flat_map(|known| events_of(known.kind)).collect()
    }
}

/// Adds a metric, or the parts of a distribution, to `into`. Names in sentences have no `_ns`,
/// because times are written with their unit.
fn named(
    (component, of): (&str, &'static str),
    metric: &'static str,
    kind: Kind,
    into: &mut Vec<NamedMetric>,
) {
    let dot = if component.is_empty() { "" } else { "." };
    let mut add = |part: &'static str, kind| {
        let of_part = if part.is_empty() { "" } else { "." };
        let name = format!("{component}{dot}{}{of_part}{}", bare(metric), bare(part));
        let component = component.to_owned();
        into.push(NamedMetric { name, component, of, metric, part, kind });
    };
    match kind {
        Kind::Latency => arm::parts().for_each(|(part, kind)| add(part, kind)),
        _ => add("", kind),
    }
}
