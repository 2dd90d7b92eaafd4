//! Stretches in which an arm was broken, read off its phases.

use crate::report::explanation::{Breakage, BreakageEnd, Phase, PhaseKind, Trigger};

/// How bad a phase is for those in it; 0 if it is not.
pub(super) const fn gravity(kind: PhaseKind) -> u8 {
    match kind {
        PhaseKind::WarmUp | PhaseKind::Steady | PhaseKind::Recovered | PhaseKind::Idle => 0,
        PhaseKind::Trigger => 1,
        PhaseKind::Degraded => 2,
        PhaseKind::Metastable => 3,
    }
}

/// The stretches in which an arm was broken: neighbouring phases that are degraded or metastable,
/// or in which a trigger is felt.
pub(super) fn breakages(phases: &[Phase], triggers: &[Trigger]) -> Vec<Breakage> {
    let broken = |phase: &Phase| phase.ill;
    let mut found: Vec<Breakage> = Vec::new();
    let mut first = 0;
    while let Some(start) = (first..phases.len()).find(|&at| broken(&phases[at])) {
        let after = (start..phases.len()).find(|&at| !broken(&phases[at]));
        first = after.unwrap_or(phases.len());
        found.push(breakage(phases, (start, first), triggers));
    }
    found
}

/// The stretch of the phases from `start` to before `end`.
fn breakage(phases: &[Phase], (start, end): (usize, usize), triggers: &[Trigger]) -> Breakage {
    let stretch = &phases[start..end];
    let (from_ns, until_ns) = (stretch[0].from_ns, stretch[stretch.len() - 1].until_ns);
    let sum = |of: fn(&Phase) -> u64| stretch.iter().map(of).sum();
    // It begins with a trigger, or right after one that was not felt while it lasted.
    let before = start.checked_sub(1).map(|before| &phases[before]);
    let struck = [Some(&phases[start]), before];
    let struck = struck.into_iter().flatten().find(|phase| phase.kind == PhaseKind::Trigger);
    let trigger = struck.and_then(|phase| {
        let lasts =
            |of: &Trigger| of.changes && of.from_ns < phase.until_ns && of.until_ns > phase.from_ns;
        triggers.iter().position(lasts)
    });
    let last = stretch[stretch.len() - 1].kind;
    let well = |phase: &&Phase| {
        matches!(phase.kind, PhaseKind::Steady | PhaseKind::Recovered | PhaseKind::Trigger)
    };
    let recovers = phases.get(end).filter(well).is_some();
    Breakage {
        from_ns,
        until_ns,
        arrived: sum(|phase| phase.arrived),
        ended: sum(|phase| phase.ended),
        good: sum(|phase| phase.good),
        trigger,
        end: match last {
            PhaseKind::Metastable => BreakageEnd::Stays,
            PhaseKind::Trigger if recovers => BreakageEnd::WithTrigger,
            _ if recovers => BreakageEnd::Recovers,
            _ => BreakageEnd::Open,
        },
    }
}
