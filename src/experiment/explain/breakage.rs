//! Stretches in which an arm was broken, read off its phases.

use crate::report::explanation::{Breakage, BreakageEnd, Phase, PhaseKind, Trigger};
use crate::scenario::schema::Scenario;

/// A trigger is felt if the success of its requests falls by more than this, or by three standard
/// errors.
const TOLERANCE: f64 = 0.05;
const STANDARD_ERRORS: f64 = 3.0;

/// The stretches in which an arm was broken: neighbouring phases that are degraded or metastable,
/// or in which a trigger is felt.
pub(super) fn breakages(
    phases: &[Phase],
    triggers: &[Trigger],
    scenario: &Scenario,
) -> Vec<Breakage> {
    let usual = usual(phases).unwrap_or_else(|| scenario.objective.success.get());
    let broken = |phase: &Phase| match phase.kind {
        PhaseKind::Degraded | PhaseKind::Metastable => true,
        PhaseKind::Trigger => is_felt(phase, usual),
        _ => false,
    };
    let mut found: Vec<Breakage> = Vec::new();
    let mut first = 0;
    while let Some(start) = (first..phases.len()).find(|&at| broken(&phases[at])) {
        let after = (start..phases.len()).find(|&at| !broken(&phases[at]));
        first = after.unwrap_or(phases.len());
        found.push(breakage(phases, (start, first), triggers));
    }
    found
}

/// The ratio of requests that succeed while an arm is well; `None` if it never is.
fn usual(phases: &[Phase]) -> Option<f64> {
    let well = phases
        .iter()
        .filter(|phase| matches!(phase.kind, PhaseKind::Steady | PhaseKind::Recovered));
    let (good, ended) = well.fold((0, 0), |(good, ended), of| (good + of.good, ended + of.ended));
    (ended > 0).then(|| good as f64 / ended as f64)
}

/// True if requests that arrive while a trigger lasts fare worse than usual.
fn is_felt(phase: &Phase, usual: f64) -> bool {
    let Some(ratio) = phase.ratio() else {
        return phase.arrived > 0;
    };
    let spread = (usual * (1.0 - usual) / phase.ended as f64).sqrt();
    ratio < usual - TOLERANCE.max(STANDARD_ERRORS * spread)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::explanation::Cause;

    const S: u64 = 1_000_000_000;

    /// Phases of so many seconds with 100 requests each, of which so many are good.
    fn phases(of: &[(PhaseKind, u64, u64)]) -> Vec<Phase> {
        let mut from_ns = 0;
        let phase = |&(kind, lasts, good): &(PhaseKind, u64, u64)| {
            let until_ns = from_ns + lasts * S;
            let phase = Phase { kind, from_ns, until_ns, arrived: 100, ended: 100, good };
            from_ns = until_ns;
            phase
        };
        of.iter().map(phase).collect()
    }

    fn trigger(from: u64, until: u64) -> Trigger {
        let cause = Cause::Rise { load: "u".to_owned(), per_s: 2.0, quietest_per_s: 1.0 };
        Trigger { from_ns: from * S, until_ns: until * S, changes: true, cause }
    }

    /// From, until, trigger and end of each stretch.
    fn found(
        of: &[(PhaseKind, u64, u64)],
        triggers: &[Trigger],
    ) -> Vec<(u64, u64, Option<usize>, BreakageEnd)> {
        let text = "Scenario(schema: 1, load: {}, objective: Objective(success: 0.8))";
        let scenario: Scenario = ron::from_str(text).expect("it is one");
        let all = breakages(&phases(of), triggers, &scenario);
        all.iter().map(|of| (of.from_ns / S, of.until_ns / S, of.trigger, of.end)).collect()
    }

    #[test]
    fn a_stretch_is_broken_from_its_trigger_to_its_recovery() {
        use PhaseKind::{Degraded, Idle, Metastable, Recovered, Steady, Trigger};
        let strikes = [trigger(1, 2), trigger(5, 6)];
        let calm = (Steady, 1, 99);
        let felt = (Trigger, 1, 50);
        let well = (Recovered, 2, 99);
        let of = |rest: &[_]| found(&[&[calm][..], rest].concat(), &strikes);
        use BreakageEnd::{Open, Recovers, Stays, WithTrigger};
        assert_eq!(of(&[felt, well]), [(1, 2, Some(0), WithTrigger)]);
        assert_eq!(of(&[felt, (Degraded, 1, 0), well]), [(1, 3, Some(0), Recovers)]);
        assert_eq!(of(&[felt, (Metastable, 4, 0), (Idle, 1, 0)]), [(1, 6, Some(0), Stays)]);
        assert_eq!(of(&[felt, (Degraded, 1, 0), (Idle, 1, 0)]), [(1, 3, Some(0), Open)]);
        assert_eq!(of(&[felt]), [(1, 2, Some(0), Open)]);
        // A trigger that nobody feels, alone and with what follows it at once.
        let unfelt = (Trigger, 1, 95);
        assert_eq!(of(&[unfelt, well]), []);
        assert_eq!(of(&[unfelt, (Degraded, 1, 0), well]), [(2, 3, Some(0), Recovers)]);
        // What breaks long after a trigger has none, and each stretch its own.
        let late = [felt, well, (Degraded, 1, 0), felt, well];
        let second = (4, 6, None, WithTrigger);
        assert_eq!(of(&late), [(1, 2, Some(0), WithTrigger), second]);
        let twice = [felt, (Recovered, 3, 99), felt, well];
        let second = (5, 6, Some(1), WithTrigger);
        assert_eq!(of(&twice), [(1, 2, Some(0), WithTrigger), second]);
    }

    #[test]
    fn a_trigger_is_felt_by_comparison_or_by_the_objective() {
        use PhaseKind::{Steady, Trigger};
        let strikes = [trigger(0, 9)];
        let ill = |phases: &[_]| found(phases, &strikes).len();
        // Against 99 of 100: more than 5 fewer.
        assert_eq!(ill(&[(Steady, 1, 99), (Trigger, 1, 95)]), 0);
        assert_eq!(ill(&[(Steady, 1, 99), (Trigger, 1, 93)]), 1);
        // Against 60 of 100, three standard errors are 15.
        assert_eq!(ill(&[(Steady, 1, 60), (Trigger, 1, 46)]), 0);
        assert_eq!(ill(&[(Steady, 1, 60), (Trigger, 1, 45)]), 1);
        // With nothing to compare with, the objective of 80 % counts, less 12.
        assert_eq!(ill(&[(Trigger, 1, 69)]), 0);
        assert_eq!(ill(&[(Trigger, 1, 67)]), 1);
        // None of them ends.
        let mut silent = phases(&[(Trigger, 1, 0)]);
        silent[0].ended = 0;
        assert!(is_felt(&silent[0], 0.9));
        silent[0].arrived = 0;
        assert!(!is_felt(&silent[0], 0.9));
    }
}
