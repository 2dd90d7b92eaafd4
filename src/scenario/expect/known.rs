//! The names that sentences about a scenario may use: its arms, faults, components, and the
//! metrics that results of this scenario have.

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

/// What stands for the kind of a component where a number is of the whole arm.
pub const OF_WHOLE_ARM: &str = "arm";

/// The names of a scenario.
#[derive(Clone, Debug)]
pub struct Known {
    /// What each arm has, by name.
    pub(super) arms: BTreeMap<String, KnownArm>,
    /// More than one arm: names may begin with that of an arm.
    pub(super) several: bool,
    /// When runs end at the latest.
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

/// A number of a result, and how sentences call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedMetric {
    /// `latency.end_to_end.p99`, `workers.deliveries`: without the arm.
    pub name: String,
    /// The component; empty for a number of the whole arm.
    pub component: String,
    /// The kind of the component; [`OF_WHOLE_ARM`] of a number of the whole arm.
    pub of: &'static str,
    /// Its name in the data.
    pub metric: &'static str,
    /// The part of a distribution, or "".
    pub part: &'static str,
    /// What it counts.
    pub kind: Kind,
}

impl Known {
    /// The names of a checked scenario. What its components report is asked of the components, in
    /// a world that is built and never played.
    #[must_use]
    pub fn new(scenario: &Scenario) -> Self {
        let mut scenario = scenario.clone();
        for load in scenario.load.values_mut() {
            // Every caller is a frame, and none of them reports anything.
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

    /// Every number that results have of this arm, as sentences call it.
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

    /// The kinds of the component called `name` and the events that can happen at it.
    pub(super) fn events(&self, name: &str) -> Vec<crate::metrics::probe::What> {
        let kinds = self.components.get(name).map_or(&[][..], Vec::as_slice);
        kinds.iter().flat_map(|known| events_of(known.kind)).collect()
    }
}

/// Sentences leave out `_ns`: times are written with their unit there.
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
