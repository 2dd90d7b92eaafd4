//! Health of the arms of a run over time; this is its only definition.
//!
//! Phases, `recovers`, `collapses`, `find --capacity`, `hunt`, `shrink`, `run --seeds` and reports
//! all use a [`Course`]. It is a function of the scenario and of the outcomes of its requests, and
//! does not depend on settings of the observation, such as the width of bins. `docs/explain.md`
//! states the rules, which are implemented here.

mod cohorts;
mod phases;
pub(super) mod triggers;
mod windows;

use std::collections::BTreeMap;
use std::sync::Arc;

use cohorts::Cohorts;
use triggers::triggers;

use super::listener::{Detail, Listener};
use super::prepared::Prepared;
use crate::kernel::time::{Duration, Instant};
use crate::metrics::fate::Fate;
use crate::metrics::probe::{End, Unfinished};
use crate::report::explain::{Phase, PhaseKind, Trigger};
use crate::scenario::schema::{Arm, Arrivals, Objective, Scenario};

/// Share of the usual success ratio, or throughput, below which an arm has collapsed.
const COLLAPSED: f64 = 0.5;

/// The health of an arm over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// Phases without gaps, from 0 to the end of the run.
    pub phases: Vec<Phase>,
    /// Success ratio that the scenario requires, in [0, 1].
    pub objective: f64,
    /// Success ratio before the first trigger; `None` without a trigger, or with too few requests
    /// before it.
    pub reference: Option<f64>,
    /// Success ratio of the last phase with arrivals, over requests whose outcome is known; `None`
    /// without such a phase.
    pub last_ratio: Option<f64>,
    /// Throughput of closed loops, if there is a trigger to compare with.
    pub throughput: Option<Throughput>,
}

/// Good responses per second to closed-loop callers, which measure their health: callers that wait
/// send no more requests than are answered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Throughput {
    /// Before the first trigger.
    pub reference_per_s: f64,
    /// In the last phase in which callers are active.
    pub last_per_s: f64,
}

impl Course {
    /// The last phase with arrivals.
    #[must_use]
    pub fn last(&self) -> Option<&Phase> {
        self.phases.iter().rfind(|phase| phase.kind != PhaseKind::Idle)
    }

    /// The usual success ratio: that before the first trigger, and no less than the objective.
    #[must_use]
    pub fn usual(&self) -> f64 {
        self.reference.unwrap_or(0.0).max(self.objective)
    }

    /// True if the run ends, after every trigger, with less than half of the usual success ratio or
    /// throughput.
    #[must_use]
    pub fn collapsed(&self) -> bool {
        let ill = |phase: &Phase| matches!(phase.kind, PhaseKind::Degraded | PhaseKind::Metastable);
        let few = self.last_ratio.is_some_and(|ratio| ratio < COLLAPSED * self.usual());
        self.last().is_some_and(ill) && (few || self.slowed_down())
    }

    /// True if closed loops end with less than half of their throughput before the first trigger.
    #[must_use]
    pub fn slowed_down(&self) -> bool {
        let slow = |of: Throughput| of.last_per_s < COLLAPSED * of.reference_per_s;
        self.throughput.is_some_and(slow)
    }

    /// The instant, at or after `from_ns`, from which the arm is well until the end or the next
    /// trigger.
    #[must_use]
    pub fn well_from(&self, from_ns: u64) -> Option<u64> {
        let well = |phase: &&Phase| {
            matches!(phase.kind, PhaseKind::Steady | PhaseKind::Recovered)
                && phase.until_ns > from_ns
        };
        let phases = || self.phases.iter().filter(|phase| phase.until_ns > from_ns);
        // Only until the next trigger, because later trouble has another cause.
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

/// A listener that computes the course of each arm from the ends of its requests.
#[derive(Clone, Debug)]
pub struct Health {
    plan: Arc<Plan>,
    /// Played arms in order.
    arms: Vec<ArmHealth>,
}

/// Facts of the scenario.
#[derive(Debug, Default)]
struct Plan {
    /// Triggers of each arm, and the instants at which they and the measured time begin or end.
    arms: BTreeMap<String, (Vec<Trigger>, Arc<[u64]>)>,
    loads: BTreeMap<String, Rule>,
    objective: f64,
    /// End of the warm-up; earlier arrivals are not counted.
    warm_up_ns: u64,
}

/// Rule by which the requests of a load are judged.
#[derive(Clone, Copy, Debug)]
struct Rule {
    /// Largest latency of a good request; `None` for no limit.
    within: Option<Duration>,
    /// True if the callers wait for responses.
    closed: bool,
    /// Instant from which on there are no calls.
    until_ns: u64,
}

/// The requests of an arm.
#[derive(Clone, Debug)]
struct ArmHealth {
    name: String,
    /// Rule of each load, by its index in records.
    rules: Vec<Option<Rule>>,
    cohorts: Cohorts,
    end: Instant,
}

impl Health {
    /// The listener for runs of `prepared`.
    #[must_use]
    pub fn new(prepared: &Prepared<'_>) -> Self {
        Self::of(prepared.scenario(), prepared.arms())
    }

    /// The listener for runs of these complete arms.
    pub(super) fn of(scenario: &Scenario, arms: &BTreeMap<String, Arm>) -> Self {
        let end_ns = scenario.duration.map_or(u64::MAX, Duration::as_ns);
        let warm_up_ns = scenario.warm_up.as_ns();
        let measured_until_ns = scenario.measured_until().as_ns();
        let plan_of = |(name, arm): (&String, &Arm)| {
            let triggers: Vec<Trigger> =
                triggers(scenario, arm, end_ns).into_iter().filter(|one| one.changes).collect();
            let edges = triggers.iter().flat_map(|one| [one.from_ns, one.until_ns]);
            let mut cuts: Vec<u64> = edges.chain([0, warm_up_ns, measured_until_ns]).collect();
            cuts.retain(|cut| *cut < end_ns);
            cuts.sort_unstable();
            cuts.dedup();
            (name.clone(), (triggers, Arc::from(cuts)))
        };
        let Objective { success, within } = &scenario.objective;
        let rules = scenario.load.iter().map(|(name, load)| {
            let closed = matches!(load.arrivals, Arrivals::ClosedLoop { .. });
            // The stricter of the limit and the deadline decides: a late success is not good.
            let within = [*within, load.deadline].into_iter().flatten().min();
            let until_ns = load.until.map_or(u64::MAX, Duration::as_ns);
            (name.clone(), Rule { within, closed, until_ns })
        });
        let plan = Plan {
            arms: arms.iter().map(plan_of).collect(),
            loads: rules.collect(),
            objective: success.get(),
            warm_up_ns,
        };
        Self { plan: Arc::new(plan), arms: Vec::new() }
    }

    /// Course of an arm that was played to its end.
    #[must_use]
    pub fn course(&self, arm: &str) -> Option<Course> {
        let played = self.arms.iter().find(|played| played.name == arm)?;
        Some(phases::course(played, &self.plan))
    }

    /// Whether each arm with arrivals collapsed.
    #[must_use]
    pub fn collapsed(&self) -> BTreeMap<String, bool> {
        let known = self.courses().into_iter().filter(|(_, course)| course.last_ratio.is_some());
        known.map(|(arm, course)| (arm, course.collapsed())).collect()
    }

    /// Course of each arm.
    #[must_use]
    pub fn courses(&self) -> BTreeMap<String, Course> {
        let course = |arm: &ArmHealth| (arm.name.clone(), phases::course(arm, &self.plan));
        self.arms.iter().map(course).collect()
    }
}

impl Listener for Health {
    fn detail(&self) -> Detail {
        Detail::Ends
    }

    fn begin(&mut self, arm: &str, names: &[String]) {
        let Some((_, cuts)) = self.plan.arms.get(arm) else { return };
        self.arms.push(ArmHealth {
            name: arm.to_owned(),
            rules: names.iter().map(|name| self.plan.loads.get(name).copied()).collect(),
            cohorts: Cohorts::new(cuts.clone()),
            end: Instant::ZERO,
        });
    }

    fn ended(&mut self, end: &End) {
        if let (true, Some(arm)) = (end.measured, self.arms.last_mut()) {
            arm.ended(end);
        }
    }

    fn over(&mut self, at: Instant) {
        if let Some(arm) = self.arms.last_mut() {
            arm.end = at;
        }
    }

    fn unfinished(&mut self, request: &Unfinished) {
        if let (true, Some(arm)) = (request.measured, self.arms.last_mut()) {
            arm.unfinished(request);
        }
    }
}

impl ArmHealth {
    fn rule(&self, load: u32) -> Option<Rule> {
        self.rules.get(load as usize).copied().flatten()
    }

    fn ended(&mut self, end: &End) {
        let Some(rule) = self.rule(end.load) else { return };
        let took = end.at - end.arrived;
        let good = end.fate == Fate::Succeeded && rule.within.is_none_or(|within| took <= within);
        let cohort = self.cohorts.at(end.arrived.as_ns());
        if !good {
            cohort.bad += 1;
            return;
        }
        cohort.good += 1;
        cohort.slowest_ns = cohort.slowest_ns.max(took.as_ns());
        if rule.closed {
            self.cohorts.at(end.at.as_ns()).completed += 1;
        }
    }

    fn unfinished(&mut self, request: &Unfinished) {
        let Some(rule) = self.rule(request.load) else { return };
        let age = self.end.max(request.arrived) - request.arrived;
        let cohort = self.cohorts.at(request.arrived.as_ns());
        match rule.within {
            None => cohort.open += 1,
            Some(within) if age < within => cohort.undecided += 1,
            Some(_) => cohort.bad += 1,
        }
    }

    /// End of the activity of closed-loop callers; `None` without any.
    fn closed_until_ns(&self) -> Option<u64> {
        let closed = self.rules.iter().flatten().filter(|rule| rule.closed);
        closed.map(|rule| rule.until_ns.min(self.end.as_ns())).max()
    }
}

#[cfg(test)]
mod tests;
