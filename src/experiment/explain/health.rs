//! How well the arms of a run were, over time.

use std::collections::BTreeMap;

use super::cohorts::{Cohort, Cohorts};
use super::phases::course;
use super::triggers::triggers;
use crate::experiment::listen::{Hears, Listener};
use crate::metrics::probe::End;
use crate::metrics::sampler::Resolution;
use crate::metrics::series::Series;
use crate::report::explanation::{Phase, PhaseKind};
use crate::report::result::RunResult;
use crate::scenario::schema::{Arm, Scenario};

/// An arm that does less than this part of what it should has collapsed.
const COLLAPSED: f64 = 0.5;

/// Hears how the requests of a run end, by when they arrived.
#[derive(Clone, Debug)]
pub(in crate::experiment) struct Health {
    resolution: Resolution,
    /// Of each arm that was played, in order.
    cohorts: Vec<(String, Cohorts)>,
}

/// How well an arm was.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// Without gaps, from 0 to the end of the run.
    pub phases: Vec<Phase>,
    /// The ratio of requests that succeed when all is well: before the first trigger, or 1.
    pub reference: f64,
    /// The ratio in the last phase in which requests arrive, if there is one; 0 if none of those
    /// requests has ended.
    pub last_ratio: Option<f64>,
}

impl Course {
    /// The last phase in which requests arrive.
    #[must_use]
    pub fn last(&self) -> Option<&Phase> {
        self.phases.iter().rfind(|phase| phase.kind != PhaseKind::Idle)
    }

    /// True if the run ends, after every trigger, with less than half of what it does when all is
    /// well.
    #[must_use]
    pub fn collapsed(&self) -> bool {
        let ill = |phase: &Phase| matches!(phase.kind, PhaseKind::Degraded | PhaseKind::Metastable);
        let few = self.last_ratio.is_some_and(|ratio| ratio < COLLAPSED * self.reference);
        few && self.last().is_some_and(ill)
    }

    /// The instant from which it is well until the end or the next trigger, at or after `from_ns`.
    #[must_use]
    pub fn well_from(&self, from_ns: u64) -> Option<u64> {
        let well = |phase: &&Phase| {
            matches!(phase.kind, PhaseKind::Steady | PhaseKind::Recovered)
                && phase.until_ns > from_ns
        };
        let phases = || self.phases.iter().filter(|phase| phase.until_ns > from_ns);
        // Until the next trigger: what comes after it has another cause.
        let next =
            phases().find(|phase| phase.kind == PhaseKind::Trigger && phase.from_ns >= from_ns);
        let before = next.map_or(u64::MAX, |phase| phase.from_ns);
        let last = phases()
            .take_while(|phase| phase.from_ns < before)
            .filter(|phase| !matches!(phase.kind, PhaseKind::Idle | PhaseKind::Trigger))
            .last()?;
        well(&last).then(|| last.from_ns.max(from_ns))
    }
}

impl Health {
    pub(in crate::experiment) fn new(resolution: Resolution) -> Self {
        Self { resolution, cohorts: Vec::new() }
    }

    /// The cohorts of an arm in the bins of its series.
    pub(super) fn cohorts(&self, arm: &str, series: &Series) -> Option<Vec<Cohort>> {
        let (_, cohorts) = self.cohorts.iter().find(|(name, _)| name == arm)?;
        Some(cohorts.align(series))
    }

    /// The course of every arm of the run that was heard, which had series.
    pub(in crate::experiment) fn courses(
        &self,
        scenario: &Scenario,
        arms: &BTreeMap<String, Arm>,
        result: &RunResult,
    ) -> BTreeMap<String, Course> {
        let of = |(name, arm): (&String, &Arm)| {
            let series = result.arms.get(name)?.series.as_ref()?;
            let cohorts = self.cohorts(name, series)?;
            let triggers = triggers(scenario, arm, series.end_ns);
            let course = course(series, &cohorts, &triggers, scenario.warm_up.as_ns());
            Some((name.clone(), course))
        };
        arms.iter().filter_map(of).collect()
    }
}

impl Listener for Health {
    fn hears(&self) -> Hears {
        Hears::Ends
    }

    fn begin(&mut self, arm: &str, _names: &[String]) {
        self.cohorts.push((arm.to_owned(), Cohorts::new(self.resolution)));
    }

    fn ended(&mut self, end: &End) {
        if let (true, Some((_, cohorts))) = (end.measured, self.cohorts.last_mut()) {
            cohorts.record(end);
        }
    }
}
