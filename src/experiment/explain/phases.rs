//! A run in phases: steady, trigger, degraded, metastable, recovered, idle.
//!
//! Health is judged by cohorts: of the requests that arrived in a window, which part succeeded in
//! time. `docs/explain.md` states the rules for its readers; here they are carried out.

use super::cohorts::Cohort;
use super::health::Course;
use crate::metrics::series::{ARM, Series, Values};
use crate::report::explanation::{Phase, PhaseKind, Trigger};

/// A window has at least this part of all requests, and at least so many, to be judged.
const WINDOWS: u64 = 200;
const LEAST_REQUESTS: u64 = 20;
/// Success ratios that differ by less than this, or by three standard errors, are alike.
const TOLERANCE: f64 = 0.05;
const STANDARD_ERRORS: f64 = 3.0;

/// Requests by when they arrived.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Window {
    from_ns: u64,
    until_ns: u64,
    cohort: Cohort,
    well: bool,
}

/// How well an arm was, from 0 to the end of its series; until `warm_up_ns` nothing is counted.
pub(super) fn course(
    series: &Series,
    cohorts: &[Cohort],
    triggers: &[Trigger],
    warm_up_ns: u64,
) -> Course {
    // Requests are known by the bin; a trigger lasts to the end of the one in which it ends.
    let whole = |trigger: &Trigger| {
        let until_ns = trigger.until_ns.div_ceil(series.bin_ns).saturating_mul(series.bin_ns);
        Trigger { until_ns: until_ns.min(series.end_ns), ..trigger.clone() }
    };
    let changes = triggers.iter().filter(|trigger| trigger.changes);
    let triggers: Vec<Trigger> = changes.map(whole).collect();
    let mut windows = windows(series, cohorts);
    let reference = judge(&mut windows, &triggers);
    let mut pieces = pieces(&windows, &triggers, (warm_up_ns, series.end_ns));
    stay_down(&mut pieces, &triggers);
    let last = pieces.iter().rfind(|(kind, ..)| *kind != PhaseKind::Idle);
    let last_ratio = last.map(|&(_, from_ns, until_ns)| {
        let (_, cohort) = within(series, cohorts, (from_ns, until_ns));
        if cohort.ended == 0 { 0.0 } else { cohort.good as f64 / cohort.ended as f64 }
    });
    let phase = |&(kind, from_ns, until_ns): &Piece| {
        let (arrived, Cohort { ended, good }) = within(series, cohorts, (from_ns, until_ns));
        Phase { kind, from_ns, until_ns, arrived, ended, good }
    };
    Course { phases: pieces.iter().map(phase).collect(), reference, last_ratio }
}

/// Bins joined until there is something to judge; each begins with a bin in which requests
/// arrived. After the last arrival there is none.
fn windows(series: &Series, cohorts: &[Cohort]) -> Vec<Window> {
    let offered = offered(series);
    let least = (offered.iter().sum::<u64>() / WINDOWS).max(LEAST_REQUESTS);
    let mut windows: Vec<Window> = Vec::new();
    let mut arrived = 0;
    for (bin, (&offered, cohort)) in offered.iter().zip(cohorts).enumerate() {
        if offered == 0 {
            continue;
        }
        let (from_ns, until_ns) = (series.start_of(bin), series.end_of(bin));
        match windows.last_mut() {
            Some(last) if arrived < least => {
                last.until_ns = until_ns;
                last.cohort.add(*cohort);
                arrived += offered;
            }
            _ => {
                // Silence in between belongs to the window before it.
                if let Some(last) = windows.last_mut() {
                    last.until_ns = from_ns;
                }
                windows.push(Window { from_ns, until_ns, cohort: *cohort, well: true });
                arrived = offered;
            }
        }
    }
    windows
}

fn offered(series: &Series) -> &[u64] {
    match series.column(ARM, "requests.offered").map(|column| &column.values) {
        Some(Values::Counts(offered)) => offered,
        _ => &[],
    }
}

/// A window is well if its requests succeed as those before the first trigger did, or all of them
/// where there is nothing to compare with. A single window that differs from both neighbours is
/// taken as they are, and one that ends when a trigger begins as the one before: its requests were
/// still under way. Gives the ratio of requests that succeed when all is well.
fn judge(windows: &mut [Window], triggers: &[Trigger]) -> f64 {
    let first = triggers.iter().map(|trigger| trigger.from_ns).min().unwrap_or(0);
    let mut before = Cohort::default();
    let calm = windows.iter().filter(|window| window.until_ns <= first);
    calm.for_each(|window| before.add(window.cohort));
    let reference = match before.ended >= LEAST_REQUESTS {
        true => before.good as f64 / before.ended as f64,
        false => 1.0,
    };
    let mut well: Vec<bool> = Vec::with_capacity(windows.len());
    for window in windows.iter() {
        let Cohort { ended, good } = window.cohort;
        if ended == 0 {
            // None of them has come to an end, so they are not well, whatever they will be.
            well.push(false);
            continue;
        }
        let ratio = good as f64 / ended as f64;
        let spread = (reference * (1.0 - reference) / ended as f64).sqrt();
        well.push(ratio >= reference - TOLERANCE.max(STANDARD_ERRORS * spread));
    }
    for (at, window) in windows.iter().enumerate() {
        let cut_short = |trigger: &Trigger| {
            window.from_ns < trigger.from_ns && trigger.from_ns <= window.until_ns
        };
        if triggers.iter().any(cut_short) {
            well[at] = at.checked_sub(1).is_none_or(|before| well[before]);
        }
    }
    for (at, window) in windows.iter_mut().enumerate() {
        window.well = match (at.checked_sub(1).and_then(|at| well.get(at)), well.get(at + 1)) {
            (Some(before), Some(after)) if before == after => *before,
            _ => well[at],
        };
    }
    reference
}

type Piece = (PhaseKind, u64, u64);

/// Windows and triggers cut the run; neighbours of one kind are joined.
fn pieces(
    windows: &[Window],
    triggers: &[Trigger],
    (warm_up_ns, end_ns): (u64, u64),
) -> Vec<Piece> {
    let mut cuts: Vec<u64> = vec![0, warm_up_ns, end_ns];
    cuts.extend(windows.iter().flat_map(|window| [window.from_ns, window.until_ns]));
    cuts.extend(triggers.iter().flat_map(|trigger| [trigger.from_ns, trigger.until_ns]));
    cuts.retain(|cut| *cut <= end_ns);
    cuts.sort_unstable();
    cuts.dedup();
    let mut pieces: Vec<Piece> = Vec::new();
    let (mut at, mut was_ill) = (0, false);
    for pair in cuts.windows(2) {
        let (from, until) = (pair[0], pair[1]);
        while windows.get(at).is_some_and(|window| window.until_ns <= from) {
            at += 1;
        }
        let well =
            windows.get(at).filter(|window| window.from_ns <= from).map(|window| window.well);
        was_ill |= well == Some(false);
        let struck = |trigger: &&Trigger| trigger.from_ns < until && trigger.until_ns > from;
        let kind = match well {
            _ if until <= warm_up_ns => PhaseKind::WarmUp,
            _ if triggers.iter().any(|trigger| struck(&trigger)) => PhaseKind::Trigger,
            None => PhaseKind::Idle,
            Some(true) if was_ill => PhaseKind::Recovered,
            Some(true) => PhaseKind::Steady,
            Some(false) => PhaseKind::Degraded,
        };
        match pieces.last_mut() {
            Some(last) if last.0 == kind => last.2 = until,
            // A moment of silence, at the end above all, is no phase of its own.
            Some(last) if kind == PhaseKind::Idle && (until - from) * 100 < end_ns => {
                last.2 = until;
            }
            _ => pieces.push((kind, from, until)),
        }
    }
    pieces
}

/// What is degraded after a trigger, for at least as long as the trigger lasted and as long as
/// requests arrive, does not come back by itself: it is metastable.
fn stay_down(pieces: &mut [Piece], triggers: &[Trigger]) {
    let Some(last) = pieces.iter().rposition(|piece| piece.0 != PhaseKind::Idle) else {
        return;
    };
    let (kind, from, until) = pieces[last];
    let gone = triggers.iter().filter(|trigger| trigger.until_ns <= from);
    let lasted = gone.map(|trigger| trigger.until_ns - trigger.from_ns).max();
    if kind == PhaseKind::Degraded && lasted.is_some_and(|lasted| until - from >= lasted) {
        pieces[last].0 = PhaseKind::Metastable;
    }
}

/// The requests that arrived in a stretch of time, and what became of them.
fn within(series: &Series, cohorts: &[Cohort], (from, until): (u64, u64)) -> (u64, Cohort) {
    let (mut arrived, mut cohort) = (0, Cohort::default());
    for (bin, (offered, of)) in offered(series).iter().zip(cohorts).enumerate() {
        if (from..until).contains(&series.start_of(bin)) {
            arrived += offered;
            cohort.add(*of);
        }
    }
    (arrived, cohort)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::meter::Meter;
    use crate::metrics::series::Column;
    use crate::report::explanation::Cause;

    const OFFERED: Meter = Meter::new("requests.offered", "requests offered");

    /// Bins of a second with 100 requests each, of which so many succeed.
    fn played(good: &[u64], triggers: &[(u64, u64)]) -> Vec<(PhaseKind, u64, u64)> {
        warmed(good, triggers, 0)
    }

    fn warmed(good: &[u64], triggers: &[(u64, u64)], warm_up: u64) -> Vec<(PhaseKind, u64, u64)> {
        let values = Values::Counts(good.iter().map(|good| u64::from(*good < 999) * 100).collect());
        let column =
            Column { node: ARM, component: String::new(), kind: "arm", meter: &OFFERED, values };
        let s = 1_000_000_000;
        let series = Series {
            bin_ns: s,
            end_ns: s * good.len() as u64,
            bins: good.len(),
            columns: vec![column],
        };
        let cohort = |good: &u64| match *good {
            999 => Cohort::default(),
            good => Cohort { ended: 100, good },
        };
        let cohorts: Vec<Cohort> = good.iter().map(cohort).collect();
        let trigger = |&(from, until): &(u64, u64)| Trigger {
            from_ns: from * s,
            until_ns: until * s,
            changes: true,
            cause: Cause::Bursts { load: String::new(), bursts: 1, size: 1, every_ns: 1 },
        };
        let triggers: Vec<Trigger> = triggers.iter().map(trigger).collect();
        let Course { phases, .. } = course(&series, &cohorts, &triggers, warm_up * s);
        let piece = |phase: &Phase| (phase.kind, phase.from_ns / s, phase.until_ns / s);
        phases.iter().map(piece).collect()
    }

    #[test]
    fn a_trigger_that_passes_and_one_that_stays() {
        use PhaseKind::{Degraded, Idle, Metastable, Recovered, Steady, Trigger};
        let calm = [98; 10];
        let down = |n: usize| vec![10; n];
        let passes = [&calm[..], &down(6), &calm].concat();
        assert_eq!(
            played(&passes, &[(10, 12)]),
            [(Steady, 0, 10), (Trigger, 10, 12), (Degraded, 12, 16), (Recovered, 16, 26)]
        );
        let stays = [&calm[..], &down(6), &[999, 999]].concat();
        assert_eq!(
            played(&stays, &[(10, 12)]),
            [(Steady, 0, 10), (Trigger, 10, 12), (Metastable, 12, 16), (Idle, 16, 18)]
        );
        // Down for a shorter time than the trigger lasted: too early to say.
        assert_eq!(played(&stays, &[(10, 14)])[2], (Degraded, 14, 16));
        // A trigger that nobody feels.
        assert_eq!(played(&calm, &[(4, 6)]), [(Steady, 0, 4), (Trigger, 4, 6), (Steady, 6, 10)]);
    }

    #[test]
    fn what_was_so_before_is_no_change() {
        use PhaseKind::{Degraded, Steady, Trigger};
        let half = [50; 12];
        assert_eq!(played(&half, &[]), [(Degraded, 0, 12)]);
        assert_eq!(played(&half, &[(6, 7)]), [(Steady, 0, 6), (Trigger, 6, 7), (Steady, 7, 12)]);
        let mut noisy = [97; 12];
        noisy[5] = 60;
        assert_eq!(played(&noisy, &[]), [(Steady, 0, 12)]);
        let late = [&[999; 3][..], &[98; 9]].concat();
        assert_eq!(warmed(&late, &[], 3), [(PhaseKind::WarmUp, 0, 3), (Steady, 3, 12)]);
        assert_eq!(warmed(&late, &[], 0), [(PhaseKind::Idle, 0, 3), (Steady, 3, 12)]);
    }
}
