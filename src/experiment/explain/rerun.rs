//! The same requests with one thing changed, within a budget of events.

use super::alternatives::{Alternative, alone, alternatives};
use super::health::Course;
use super::points::{Evidence, USED_UP};
use super::triggers::triggers;
use super::{Effort, Stage, Witness, phases};
use crate::experiment::fates::{ArmFates, FateChanges};
use crate::experiment::run::{Options, run_with};
use crate::kernel::time::Duration;
use crate::metrics::sampler::Resolution;
use crate::metrics::series::{Series, Values};
use crate::report::explanation::{Counterfactual, Phase, PhaseKind, Point, Topic};
use crate::report::format::{count, number, percent, time};
use crate::report::result::{RunResult, Stopped};
use crate::scenario::arms::ONLY_ARM;
use crate::scenario::build::BuildError;
use crate::scenario::schema::Scenario;

/// Reruns may dispatch so many events whatever the run itself took: about a second of work.
const ALWAYS_EVENTS: u64 = 5_000_000;

/// Halvings of the time a fault lasted: to a sixty-fourth of it.
const HALVINGS: u32 = 6;

/// Events that reruns may still dispatch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    left: u64,
}

impl Budget {
    /// For the explanation of a run of so many events.
    pub(super) fn new(effort: Effort, events: u64) -> Self {
        match effort {
            Effort::Everything => Self { left: u64::MAX },
            Effort::Bounded => Self { left: (events / 10 * 17).max(ALWAYS_EVENTS) },
        }
    }

    /// One of so many equal parts.
    pub(super) fn share(&self, parts: usize) -> Self {
        Self { left: self.left / parts.max(1) as u64 }
    }

    /// What a part has not used, of what it got, is there again.
    pub(super) fn take_back(&mut self, parts: usize, share: &Self) {
        self.left = self.left - self.left / parts.max(1) as u64 + share.left;
    }

    /// True if something can be begun that may take half of the events of the run, or less.
    pub(super) fn allows(&self, events: u64) -> bool {
        self.left >= events / 2
    }

    pub(super) fn spend(&mut self, events: u64) {
        self.left = self.left.saturating_sub(events);
    }
}

/// Plays an arm again and again.
pub(super) struct Reruns<'a> {
    pub(super) stage: &'a Stage<'a>,
    pub(super) fates: &'a ArmFates,
    /// Events of the run that is explained: what a rerun is expected to take.
    pub(super) events: u64,
    pub(super) budget: &'a mut Budget,
}

impl Reruns<'_> {
    /// Plays a changed scenario; `None` if that is more work than is left.
    fn play(&mut self, changed: &Scenario) -> Result<Option<(RunResult, Witness)>, BuildError> {
        if !self.budget.allows(self.events) {
            return Ok(None);
        }
        let resolution = self.stage.options.sample.unwrap_or(Resolution::Auto);
        let max_events = self.stage.options.max_events.min(self.budget.left);
        let seed = Some(self.stage.options.seed.unwrap_or(self.stage.scenario.seed));
        let options = Options { max_events, seed, ..self.stage.options.clone() };
        let mut witness = Witness::new(resolution);
        let result = run_with(changed, "rerun", &options, &mut witness)?;
        self.budget.spend(result.events);
        let cut =
            matches!(result.stopped, Some(Stopped::MaxEvents { .. } | Stopped::MaxWork { .. }));
        Ok((!cut).then_some((result, witness)))
    }

    /// What would have happened with one thing changed, the greatest help first.
    pub(super) fn what_if(
        &mut self,
        evidence: &Evidence<'_>,
    ) -> Result<(Vec<Counterfactual>, u64), BuildError> {
        let alone = alone(self.stage.scenario, self.stage.system);
        let (mut found, mut untried) = (Vec::new(), 0);
        for Alternative { change, scenario } in alternatives(&alone) {
            let Some((result, witness)) = self.play(&scenario)? else {
                untried += 1;
                continue;
            };
            if let Some(fates) = witness.fates.arm(ONLY_ARM) {
                let changes = FateChanges::of(self.fates, fates);
                let amplification = result.arms[ONLY_ARM].amplification;
                let before = evidence.result.amplification;
                found.push(counterfactual(change, &changes, (before, amplification)));
            }
        }
        let gain = |of: &Counterfactual| i128::from(of.saved) - i128::from(of.lost);
        found.sort_by_key(|of| -gain(of));
        Ok((found, untried))
    }

    /// From when on it could not come back: by the resource that was used up, and by ending the
    /// faults earlier, with the same requests and the same luck.
    pub(super) fn no_return(&mut self, evidence: &Evidence<'_>) -> Result<Vec<Point>, BuildError> {
        let mut points = Vec::new();
        let metastable = |phase: &&Phase| phase.kind == PhaseKind::Metastable;
        let Some(phase) = evidence.phases.iter().find(metastable) else {
            return Ok(points);
        };
        points.extend(never_free(evidence, phase.until_ns));
        let faults = evidence.triggers.iter().filter(|trigger| trigger.fault.is_some());
        if let Some(trigger) = faults.max_by_key(|trigger| trigger.until_ns) {
            let span = (trigger.from_ns, trigger.until_ns);
            points.extend(self.shorter_fault(&trigger.name, trigger.fault.as_deref(), span)?);
        }
        Ok(points)
    }

    fn shorter_fault(
        &mut self,
        name: &str,
        fault: Option<&str>,
        (from, until): (u64, u64),
    ) -> Result<Option<Point>, BuildError> {
        let Some(fault) = fault else { return Ok(None) };
        let alone = alone(self.stage.scenario, self.stage.system);
        let (mut recovers, mut stays, mut reruns) = (None, until, 0);
        for _ in 0..HALVINGS {
            let end = u64::midpoint(recovers.unwrap_or(from), stays);
            let mut changed = alone.clone();
            if let Some(fault) = changed.faults.get_mut(fault) {
                fault.until = Duration::from_ns(end);
            }
            let Some((result, witness)) = self.play(&changed)? else {
                break;
            };
            reruns += 1;
            match comes_back(&changed, self.stage, &result, &witness) {
                true => recovers = Some(end),
                false => stays = end,
            }
        }
        if reruns == 0 {
            return Ok(None);
        }
        let lasted = |end: u64| time(end - from);
        let text = match recovers {
            Some(end) => format!(
                "with {name} over after {} the same requests recover, after {} they do not \
                 ({reruns} reruns)",
                lasted(end),
                lasted(stays)
            ),
            None => format!(
                "even with {name} over after {} the same requests do not recover ({reruns} reruns)",
                lasted(stays)
            ),
        };
        let from_ns = recovers.unwrap_or(from);
        Ok(Some(Point { topic: Topic::NoReturn, text, from_ns, until_ns: stays }))
    }
}

/// True if a rerun is well again before the last request arrives.
fn comes_back(
    changed: &Scenario,
    stage: &Stage<'_>,
    result: &RunResult,
    witness: &Witness,
) -> bool {
    let Some(series) = &result.arms[ONLY_ARM].series else {
        return false;
    };
    let Some((_, cohorts)) = witness.of(ONLY_ARM, series) else {
        return false;
    };
    let mut system = stage.system.clone();
    system.faults.clone_from(&changed.faults);
    let triggers = triggers(changed, &system, series.end_ns);
    let warm_up_ns = stage.scenario.warm_up.as_ns();
    let Course { phases, .. } = phases::course(series, &cohorts, &triggers, warm_up_ns);
    let last = phases.iter().rfind(|phase| phase.kind != PhaseKind::Idle);
    last.is_some_and(|phase| matches!(phase.kind, PhaseKind::Steady | PhaseKind::Recovered))
}

/// Since when the first resource was used up and never free again, until `until`.
fn never_free(evidence: &Evidence<'_>, until: u64) -> Option<Point> {
    let (_, column) = *evidence.used_up().first()?;
    let Values::Levels { limit: Some(limit), .. } = column.values else {
        return None;
    };
    let series: &Series = evidence.series;
    let free = (0..series.bins).filter(|bin| series.start_of(*bin) < until).rev().find(|&bin| {
        let mean = column.mean(bin, series.length_ns(bin));
        mean.is_none_or(|mean| mean < USED_UP * limit as f64)
    });
    let at = free.map_or(0, |bin| series.end_of(bin));
    let text = format!(
        "from {} on, {} of {} {} are never below {} of their limit of {} again",
        time(at),
        column.meter.words,
        column.kind,
        column.component,
        percent(USED_UP),
        count(limit)
    );
    (at < until).then_some(Point { topic: Topic::NoReturn, text, from_ns: at, until_ns: until })
}

fn counterfactual(
    change: String,
    changes: &FateChanges,
    (before, after): (Option<f64>, Option<f64>),
) -> Counterfactual {
    let FateChanges { saved, lost, failing, .. } = *changes;
    let mut text = format!(
        "{change}: of {} failed requests, {} succeed, {} others get worse",
        count(failing),
        count(saved),
        count(lost)
    );
    if let (Some(before), Some(after)) = (before.map(number), after.map(number))
        && before != after
    {
        text.push_str(&format!("; {after} attempts a request instead of {before}"));
    }
    Counterfactual { change, saved, lost, failing, amplification: after, text }
}
