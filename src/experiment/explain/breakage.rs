//! Stretches in which an arm was broken, read off its phases.

use crate::report::explain::{Breakage, BreakageEnd, Phase, PhaseKind, Trigger};

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::explain::Cause;

    const S: u64 = 1_000_000_000;

    /// Phases of so many seconds, each of them ill or not.
    fn phases(of: &[(PhaseKind, u64, bool)]) -> Vec<Phase> {
        let mut from_ns = 0;
        let phase = |&(kind, lasts, ill): &(PhaseKind, u64, bool)| {
            let until_ns = from_ns + lasts * S;
            let good = if ill { 10 } else { 99 };
            let phase = Phase { kind, from_ns, until_ns, arrived: 100, ended: 100, good, ill };
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
        of: &[(PhaseKind, u64, bool)],
        triggers: &[Trigger],
    ) -> Vec<(u64, u64, Option<usize>, BreakageEnd)> {
        let all = breakages(&phases(of), triggers);
        all.iter().map(|of| (of.from_ns / S, of.until_ns / S, of.trigger, of.end)).collect()
    }

    #[test]
    fn a_stretch_is_broken_from_its_trigger_to_its_recovery() {
        use PhaseKind::{Degraded, Idle, Metastable, Recovered, Steady, Trigger};
        let strikes = [trigger(1, 2), trigger(5, 6)];
        let calm = (Steady, 1, false);
        let felt = (Trigger, 1, true);
        let well = (Recovered, 2, false);
        let of = |rest: &[_]| found(&[&[calm][..], rest].concat(), &strikes);
        use BreakageEnd::{Open, Recovers, Stays, WithTrigger};
        assert_eq!(of(&[felt, well]), [(1, 2, Some(0), WithTrigger)]);
        assert_eq!(of(&[felt, (Degraded, 1, true), well]), [(1, 3, Some(0), Recovers)]);
        assert_eq!(of(&[felt, (Metastable, 4, true), (Idle, 1, false)]), [(1, 6, Some(0), Stays)]);
        assert_eq!(of(&[felt, (Degraded, 1, true), (Idle, 1, false)]), [(1, 3, Some(0), Open)]);
        assert_eq!(of(&[felt]), [(1, 2, Some(0), Open)]);
        // A trigger that nobody feels, alone and with what follows it at once.
        let unfelt = (Trigger, 1, false);
        assert_eq!(of(&[unfelt, well]), []);
        assert_eq!(of(&[unfelt, (Degraded, 1, true), well]), [(2, 3, Some(0), Recovers)]);
        // What breaks long after a trigger has none, and each stretch its own.
        let late = [felt, well, (Degraded, 1, true), felt, well];
        let second = (4, 6, None, WithTrigger);
        assert_eq!(of(&late), [(1, 2, Some(0), WithTrigger), second]);
        let twice = [felt, (Recovered, 3, false), felt, well];
        let second = (5, 6, Some(1), WithTrigger);
        assert_eq!(of(&twice), [(1, 2, Some(0), WithTrigger), second]);
    }
}
