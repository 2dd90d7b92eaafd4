//! The comparison of two runs: plays them side by side and collects the differences as data.
//!
//! Memory holds hashes of the records of each run, a few bytes for each request, and the numbers.

use std::collections::BTreeMap;

use super::diverge::{ArmDiff, Replay, ReplayError, ScenarioReplay, compare};
use super::fates::{ArmFates, FateChanges, Fates};
use super::trace::Line;
use crate::report::diff::{
    ArmComparison, DIFF_SCHEMA, Diff, FateGroup, First, Numbers, Records, RequestChanges, Side,
};
use crate::report::result::{ArmResult, RunResult, Series};
use crate::report::text::page::stopped;
use crate::scenario::problem::escaped;

mod fields;
#[cfg(test)]
mod tests;
mod traced;
mod watch;
mod words;

use watch::{OneArm, Watched};

/// Most records of a history; a longer one loses its middle.
const HISTORY: usize = 24;

/// One of two runs to be compared.
#[derive(Debug)]
pub struct Subject<'a> {
    /// Facts known before it is played.
    pub side: Side,
    /// The source of its records.
    pub player: Player<'a>,
}

/// Sources of records.
#[derive(Debug)]
pub enum Player<'a> {
    /// A scenario.
    Run(Box<ScenarioReplay<'a>>),
    /// Records of a trace.
    Trace(&'a mut dyn Replay),
}

/// A diff, and the runs played for it.
#[derive(Debug)]
pub struct Compared {
    /// The diff.
    pub diff: Diff,
    /// The result of the first run, if it was played.
    pub a: Option<RunResult>,
    /// The result of the second run, if it was played.
    pub b: Option<RunResult>,
    /// The names in the two runs of each arm of the diff.
    names: Vec<[String; 2]>,
}

impl Compared {
    /// Time series of both runs for each arm of the diff, if both were sampled.
    #[must_use]
    pub fn series(&self) -> Vec<Option<[&Series; 2]>> {
        fn of<'a>(result: &'a Option<RunResult>, arm: &str) -> Option<&'a Series> {
            result.as_ref()?.arms.get(arm)?.series.as_ref()
        }
        self.names.iter().map(|[a, b]| Some([of(&self.a, a)?, of(&self.b, b)?])).collect()
    }
}

impl Player<'_> {
    fn replay(&mut self) -> &mut dyn Replay {
        match self {
            Self::Run(run) => &mut **run,
            Self::Trace(trace) => &mut **trace,
        }
    }

    fn run(&self) -> Option<&ScenarioReplay<'_>> {
        match self {
            Self::Run(run) => Some(run),
            Self::Trace(_) => None,
        }
    }

    /// Facts known after it is played; `read` are the fates read from its records.
    fn played(self, read: Option<Option<Fates>>) -> Known {
        match (self, read) {
            (Self::Run(run), None) => Known { result: run.result, fates: run.fates },
            (Self::Run(run), Some(fates)) => Known { result: run.result, fates },
            (Self::Trace(_), fates) => Known { result: None, fates: fates.flatten() },
        }
    }
}

/// Facts known of a played run.
struct Known {
    result: Option<RunResult>,
    fates: Option<Fates>,
}

impl Known {
    fn arm(&self, name: &str) -> Option<&ArmResult> {
        self.result.as_ref()?.arms.get(name)
    }

    fn requests(&self, arm: &str) -> Option<&ArmFates> {
        self.fates.as_ref()?.arm(arm)
    }
}

/// Compares two runs: arm by arm, or the one arm that each side names.
///
/// # Errors
/// If one of them cannot be played.
pub fn compare_runs(mut a: Subject<'_>, mut b: Subject<'_>) -> Result<Compared, ReplayError> {
    // A trace says less about a request than a run, so with a trace both are read from records.
    let read = a.player.run().is_none() || b.player.run().is_none();
    let one = a.side.arm.clone().zip(b.side.arm.clone());
    let mut of_a = Watched::new(a.player.replay(), read);
    let mut of_b = Watched::new(b.player.replay(), read);
    let (names, diffs) = match &one {
        None => {
            let diffs = compare(&mut of_a, &mut of_b)?;
            let alike = |arm: &String| (arm.clone(), [arm.clone(), arm.clone()]);
            (diffs.keys().map(alike).collect::<BTreeMap<_, _>>(), diffs)
        }
        Some((arm_a, arm_b)) => {
            let label = match arm_a == arm_b {
                true => arm_a.clone(),
                false => format!("{arm_a} against {arm_b}"),
            };
            let mut only_a = OneArm::new(&mut of_a, arm_a, &label);
            let diffs = compare(&mut only_a, &mut OneArm::new(&mut of_b, arm_b, &label))?;
            ([(label, [arm_a.clone(), arm_b.clone()])].into(), diffs)
        }
    };
    let (read_a, read_b) = (read.then(|| of_a.fates()), read.then(|| of_b.fates()));
    let fields = a.player.run().zip(b.player.run()).map(|(run_a, run_b)| {
        let (arm_a, arm_b) = (a.side.arm.as_deref(), b.side.arm.as_deref());
        fields::differences((run_a.scenario(), arm_a), (run_b.scenario(), arm_b))
    });
    let (known_a, known_b) = (a.player.played(read_a), b.player.played(read_b));
    for (side, known) in [(&mut a.side, &known_a), (&mut b.side, &known_b)] {
        if let Some(result) = &known.result {
            side.fingerprint = Some(result.fingerprint);
            side.stopped = result.stopped.as_ref().map(stopped);
        }
    }
    let notes = notes([&a.side, &b.side], read, known_a.fates.is_some() && known_b.fates.is_some());
    let arms: Vec<ArmComparison> = diffs
        .iter()
        .map(|(label, diff)| arm(label, diff, &names[label], (&known_a, &known_b)))
        .collect();
    let diff = Diff {
        schema: DIFF_SCHEMA,
        dessim: env!("CARGO_PKG_VERSION"),
        differs: differs(&arms, one.is_some(), (&a.side, &b.side)),
        a: a.side,
        b: b.side,
        fields,
        notes,
        arms,
        first: first(&diffs),
    };
    let names = diffs.keys().map(|label| names[label].clone()).collect();
    Ok(Compared { diff, a: known_a.result, b: known_b.result, names })
}

/// True if the runs differ. Whole runs are equal if their fingerprints are; single arms, which have
/// no fingerprint, are equal if their numbers are.
fn differs(arms: &[ArmComparison], one: bool, (a, b): (&Side, &Side)) -> bool {
    let counted = match (one, a.fingerprint, b.fingerprint) {
        (false, Some(a), Some(b)) => a != b,
        (false, _, _) => false,
        (true, _, _) => arms
            .iter()
            .any(|arm| arm.numbers.as_ref().is_some_and(|numbers| !numbers.differing.is_empty())),
    };
    counted || !arms.iter().all(ArmComparison::is_same)
}

/// Reasons for caution about the diff.
fn notes(sides: [&Side; 2], read: bool, fates: bool) -> Vec<String> {
    let mut notes = Vec::new();
    for (name, side) in ["a", "b"].into_iter().zip(sides) {
        if let Some(why) = &side.stopped {
            notes.push(format!("{name} stopped early: {why}"));
        }
    }
    if sides[0].seed != sides[1].seed {
        let note = "the seeds differ: requests of one number do not share their luck";
        notes.push(note.to_owned());
    }
    if read && fates {
        let note = "a trace does not say why a request failed, which successes were late, what \
                    belongs to the warm-up, and what was counted: all requests are compared, by \
                    whether they succeeded";
        notes.push(note.to_owned());
    } else if read {
        let note = "requests are not compared: in one of the traces they are not numbered as they \
                    arrive";
        notes.push(note.to_owned());
    }
    notes
}

fn arm(
    label: &str,
    diff: &ArmDiff,
    [arm_a, arm_b]: &[String; 2],
    (a, b): (&Known, &Known),
) -> ArmComparison {
    let (only_in, records) = match diff {
        ArmDiff::OnlyInA => (Some("a"), Records::default()),
        ArmDiff::OnlyInB => (Some("b"), Records::default()),
        ArmDiff::Same { records } => (None, Records { same: *records, parts_at_ns: None }),
        ArmDiff::Parts(parting) => {
            let parts_at_ns = Some(parting.at_ns());
            (None, Records { same: parting.common, parts_at_ns })
        }
    };
    let requests = match (only_in, a.requests(arm_a), b.requests(arm_b)) {
        (None, Some(a), Some(b)) => Some(requests(&FateChanges::of(a, b))),
        _ => None,
    };
    let numbers = a.arm(arm_a).zip(b.arm(arm_b)).map(|(a, b)| Numbers::between(a, b));
    ArmComparison { name: escaped(label), only_in, records, requests, numbers }
}

fn requests(changes: &FateChanges) -> RequestChanges {
    let mut groups: Vec<FateGroup> = changes
        .groups
        .iter()
        .map(|(group @ (a, b), &requests)| {
            let first = changes.named[group].iter().map(|name| escaped(name)).collect();
            FateGroup { a: a.name(), b: b.name(), requests, first }
        })
        .collect();
    // The sort is stable: groups of equal size stay in the order of fates.
    groups.sort_by_key(|group| (group.a == group.b, std::cmp::Reverse(group.requests)));
    RequestChanges { groups, ..changes.requests.clone() }
}

/// The earliest difference of all arms, in words.
fn first(diffs: &BTreeMap<String, ArmDiff>) -> Option<First> {
    let partings = diffs.iter().filter_map(|(name, arm)| match arm {
        ArmDiff::Parts(parting) => Some((name, &**parting)),
        _ => None,
    });
    let (arm, parting) = partings.min_by_key(|(_, parting)| parting.at_ns())?;
    let history = &parting.history;
    let shown: Vec<&Line<'_>> = match history.len() > HISTORY {
        false => history.iter().collect(),
        true => {
            let half = HISTORY / 2;
            history[..half].iter().chain(&history[history.len() - half..]).collect()
        }
    };
    Some(First {
        arm: escaped(arm),
        at_ns: parting.at_ns(),
        left_out: (history.len() - shown.len()) as u64,
        history: shown.into_iter().map(words::moment).collect(),
        a: parting.a.as_ref().map(words::moment),
        b: parting.b.as_ref().map(words::moment),
    })
}
