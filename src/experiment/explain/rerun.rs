//! The same requests with one thing changed, within a budget of events.

use std::cmp::Ordering;

use super::alternatives::{Changed, alone, alternatives};
use super::evidence::Evidence;
use super::{Effort, Stage, Witness};
use crate::experiment::fates::{ArmFates, FateChanges};
use crate::experiment::run::{Options, run_with};
use crate::kernel::time::Duration;
use crate::metrics::declare::Quantity;
use crate::metrics::meter::Aspect;
use crate::metrics::summary::{LatencySummary, Metric};
use crate::report::explain::{Link, NoReturn, Pair, PhaseKind, Shift, ShorterFault, Story, WhatIf};
use crate::report::result::{ArmResult, RunResult, Stopped};
use crate::scenario::arms::{ONLY_ARM, arms};
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
        let max_events = self.stage.options.max_events.min(self.budget.left);
        let seed = Some(self.stage.options.seed.unwrap_or(self.stage.scenario.seed));
        let options = Options { max_events, seed, ..self.stage.options.clone() };
        let mut witness = Witness::new(changed, &arms(changed));
        let result = run_with(changed, "rerun", &options, &mut witness)?;
        self.budget.spend(result.events);
        let cut =
            matches!(result.stopped, Some(Stopped::MaxEvents { .. } | Stopped::MaxWork { .. }));
        Ok((!cut).then_some((result, witness)))
    }

    /// Fills in what would have happened with one thing changed, and which links it decides on.
    pub(super) fn what_if(
        &mut self,
        evidence: &Evidence<'_>,
        story: &mut Story,
    ) -> Result<(), BuildError> {
        let alone = alone(self.stage.scenario, self.stage.system);
        for Changed { change, scenario, edge } in alternatives(&alone) {
            let Some((result, witness)) = self.play(&scenario)? else {
                story.untried += 1;
                continue;
            };
            let Some(fates) = witness.fates.arm(ONLY_ARM) else { continue };
            let changes = FateChanges::of(self.fates, fates);
            let (before, after) = (evidence.result, &result.arms[ONLY_ARM]);
            let pair = |of: fn(&ArmResult) -> u64| Pair::new(of(before), of(after));
            let shift = |of: &LatencySummary| Shift { requests: of.count, median_ns: of.p50_ns };
            let what_if = WhatIf {
                change,
                in_both: changes.requests.in_both,
                failing: changes.requests.failing,
                saved: changes.requests.saved,
                lost: changes.requests.lost,
                otherwise: changes.changed() - changes.requests.saved - changes.requests.lost,
                faster: shift(&changes.requests.faster),
                slower: shift(&changes.requests.slower),
                sooner: shift(&changes.sooner),
                later: shift(&changes.later),
                offered: pair(|of| of.requests.offered),
                succeeded: pair(|of| of.requests.succeeded),
                attempts: pair(|of| of.attempts.total),
                work_ns: pair(work_ns),
                wasted_ns: pair(|of| of.wasted.work_ns),
                p99_ns: Pair::new(before.latency.outcome.p99_ns, after.latency.outcome.p99_ns),
                ends_well: ends_well(&witness),
            };
            for feeding in &mut story.loops {
                if takes_out(&what_if, edge.as_deref(), &feeding.link) {
                    feeding.decides = Some(feeding.decides == Some(true) || what_if.mends());
                }
            }
            story.what_if.push(what_if);
        }
        story.what_if.sort_by(|a, b| rank(a).partial_cmp(&rank(b)).unwrap_or(Ordering::Equal));
        Ok(())
    }

    /// From when on it could not come back: by the first bottleneck, and by ending the last fault
    /// earlier, with the same requests and the same luck.
    pub(super) fn no_return(&mut self, evidence: &Evidence<'_>) -> Result<NoReturn, BuildError> {
        let mut phases = evidence.phases.iter();
        let Some(phase) = phases.find(|phase| phase.kind == PhaseKind::Metastable) else {
            return Ok(NoReturn::default());
        };
        let resource = evidence.never_free(phase.until_ns);
        let faults = evidence.triggers.iter().filter_map(|of| Some((of, of.fault()?)));
        let fault = match faults.max_by_key(|(trigger, _)| trigger.until_ns) {
            Some((of, fault)) => self.shorter_fault(fault, (of.from_ns, of.until_ns))?,
            None => None,
        };
        Ok(NoReturn { resource, fault })
    }

    fn shorter_fault(
        &mut self,
        name: &str,
        (from, until): (u64, u64),
    ) -> Result<Option<ShorterFault>, BuildError> {
        let alone = alone(self.stage.scenario, self.stage.system);
        let (mut recovers, mut stays, mut reruns) = (None, until, 0);
        for _ in 0..HALVINGS {
            let end = u64::midpoint(recovers.unwrap_or(from), stays);
            let mut changed = alone.clone();
            if let Some(fault) = changed.faults.get_mut(name) {
                fault.until = Duration::from_ns(end);
            }
            let Some((_, witness)) = self.play(&changed)? else {
                break;
            };
            reruns += 1;
            match ends_well(&witness) {
                Some(true) => recovers = Some(end),
                _ => stays = end,
            }
        }
        Ok((reruns > 0).then(|| ShorterFault {
            fault: name.to_owned(),
            from_ns: from,
            recovers_after_ns: recovers.map(|end| end - from),
            stays_after_ns: stays - from,
            reruns,
        }))
    }
}

/// The order of what-ifs, the smallest first: by requests that succeed, in steps of a hundredth of
/// those that arrive; among equals by p99, work and attempts, each relative to the run, in sum.
fn rank(of: &WhatIf) -> (i128, f64) {
    let steps = (of.gain() * 100).div_euclid(i128::from(of.offered.before.max(1)));
    let ratio = |Pair { before, after }: Pair<u64>| match before {
        0 => 1.0,
        before => after as f64 / before as f64,
    };
    let p99 = of.p99_ns.before.zip(of.p99_ns.after);
    let p99 = p99.map_or(1.0, |(before, after)| ratio(Pair::new(before, after)));
    (-steps, p99 + ratio(of.work_ns) + ratio(of.attempts))
}

/// True if a change, which may be one of the policy of an edge, takes out this link alone.
fn takes_out(what_if: &WhatIf, edge: Option<&str>, link: &Link) -> bool {
    let at = [Some(what_if.change.component.as_str()), edge];
    what_if.change.kind.cuts == Some(link.kind()) && at.contains(&Some(link.source()))
}

/// Time that servers have spent.
fn work_ns(arm: &ArmResult) -> u64 {
    let work = arm.components.values().flat_map(|component| {
        let spent = |of: &&&Quantity| of.meter.aspect == Some(Aspect::ServiceTime);
        component.declared.iter().filter(spent).filter_map(|of| component.get(of.name()))
    });
    work.fold(0, |sum, work| match work {
        Metric::Time(work) => sum.saturating_add(work.as_ns()),
        Metric::Count(_) | Metric::Number(_) | Metric::Latency(_) => sum,
    })
}

/// True if a rerun is well when the last requests arrive; `None` if nothing arrives.
fn ends_well(witness: &Witness) -> Option<bool> {
    let course = witness.health.course(ONLY_ARM)?;
    let last = course.last()?;
    Some(matches!(last.kind, PhaseKind::Steady | PhaseKind::Recovered))
}
