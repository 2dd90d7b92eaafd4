//! A run in phases: steady, trigger, degraded, metastable, recovered, idle.

use super::cohorts::Cohort;
use super::windows::{Frame, SILENCE, Window, Windows};
use super::{ArmHealth, Course, Plan, Throughput};
use crate::report::explain::{Phase, PhaseKind, Trigger};

/// The course of an arm, from 0 to its end.
pub(super) fn course(arm: &ArmHealth, plan: &Plan) -> Course {
    let end_ns = arm.end.as_ns();
    let known = plan.arms.get(&arm.name).map_or(&[][..], |(triggers, _)| triggers);
    let triggers: Vec<Trigger> = known
        .iter()
        .filter(|trigger| trigger.from_ns < end_ns)
        .map(|trigger| Trigger { until_ns: trigger.until_ns.min(end_ns), ..trigger.clone() })
        .collect();
    let frame = Frame {
        triggers: &triggers,
        end_ns,
        objective: plan.objective,
        closed_until_ns: arm.closed_until_ns(),
    };
    let windows = Windows::new(&arm.cohorts, &frame);
    let mut pieces = pieces(&windows.all, &triggers, (plan.warm_up_ns, end_ns));
    stay_down(&mut pieces, &windows.all, &triggers);
    let last = pieces.iter().rfind(|piece| piece.kind != PhaseKind::Idle);
    let last_ratio = last.and_then(|piece| last_ratio(&windows.all, piece));
    let throughput = windows.throughput.zip(last).map(|(per_ns, piece)| {
        let within = windows.all.iter().filter(|window| piece.holds(window));
        let completed: u64 = within.map(|window| window.cohort.completed).sum();
        let last_per_s = completed as f64 * 1e9 / (piece.until_ns - piece.from_ns) as f64;
        Throughput { reference_per_s: per_ns * 1e9, last_per_s }
    });
    Course {
        phases: pieces.iter().map(|piece| piece.phase(&windows.all)).collect(),
        objective: plan.objective,
        reference: windows.reference,
        last_ratio,
        throughput,
    }
}

/// A phase without its numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Piece {
    kind: PhaseKind,
    from_ns: u64,
    until_ns: u64,
}

/// The success ratio of a piece: over the windows whose requests are all decided; without such a
/// window, open requests count as good.
fn last_ratio(windows: &[Window], piece: &Piece) -> Option<f64> {
    let within = || windows.iter().filter(|window| piece.holds(window));
    let mut cohort = Cohort::default();
    within().filter(|window| window.cohort.undecided == 0).for_each(|w| cohort.add(&w.cohort));
    if cohort.arrived() == 0 {
        within().for_each(|window| cohort.add(&window.cohort));
    }
    let good = cohort.good + cohort.undecided;
    (cohort.arrived() > 0).then(|| good as f64 / cohort.arrived() as f64)
}

/// Cuts the run at windows and triggers, and joins neighbours of one kind.
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
        let (from_ns, until_ns) = (pair[0], pair[1]);
        while windows.get(at).is_some_and(|window| window.until_ns <= from_ns) {
            at += 1;
        }
        let ill = windows.get(at).filter(|window| window.from_ns <= from_ns).map(|of| of.ill);
        was_ill |= ill == Some(true);
        let lasts = |trigger: &Trigger| trigger.from_ns < until_ns && trigger.until_ns > from_ns;
        let kind = match ill {
            _ if until_ns <= warm_up_ns => PhaseKind::WarmUp,
            _ if triggers.iter().any(lasts) => PhaseKind::Trigger,
            None => PhaseKind::Idle,
            Some(false) if was_ill => PhaseKind::Recovered,
            Some(false) => PhaseKind::Steady,
            Some(true) => PhaseKind::Degraded,
        };
        let moment = kind == PhaseKind::Idle && until_ns - from_ns < end_ns / SILENCE;
        match pieces.last_mut() {
            // A short silence, in particular at the end, is no phase of its own.
            Some(last) if last.kind == kind || moment => last.until_ns = until_ns,
            _ => pieces.push(Piece { kind, from_ns, until_ns }),
        }
    }
    pieces
}

/// Marks metastable pieces. An arm is metastable if it was well before the first trigger, and is
/// ill after the last one as long as requests arrive, and for at least as long as the longest
/// trigger lasted.
fn stay_down(pieces: &mut [Piece], windows: &[Window], triggers: &[Trigger]) {
    let Some(last) = pieces.iter().rposition(|piece| piece.kind != PhaseKind::Idle) else {
        return;
    };
    let Piece { kind, from_ns, until_ns } = pieces[last];
    let gone = triggers.iter().filter(|trigger| trigger.until_ns <= from_ns);
    let Some(lasted) = gone.map(|trigger| trigger.until_ns - trigger.from_ns).max() else {
        return;
    };
    let first = triggers.first().map_or(0, |trigger| trigger.from_ns);
    let before = windows.iter().rfind(|window| window.until_ns <= first);
    let was_well = before.is_none_or(|window| !window.ill);
    if kind == PhaseKind::Degraded && was_well && until_ns - from_ns >= lasted {
        pieces[last].kind = PhaseKind::Metastable;
    }
}

impl Piece {
    fn holds(&self, window: &Window) -> bool {
        (self.from_ns..self.until_ns).contains(&window.from_ns)
    }

    /// The phase of this piece, with its numbers.
    fn phase(&self, windows: &[Window]) -> Phase {
        let mut cohort = Cohort::default();
        let within = || windows.iter().filter(|window| self.holds(window));
        within().for_each(|window| cohort.add(&window.cohort));
        let ill = within().any(|window| window.ill);
        let Self { kind, from_ns, until_ns } = *self;
        let (arrived, ended, good) = (cohort.arrived(), cohort.decided(), cohort.good);
        Phase { kind, from_ns, until_ns, arrived, ended, good, ill }
    }
}
