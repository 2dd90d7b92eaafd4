//! How each arm fared in a few plain words: what the first screen says of an explanation.

use crate::report::explanation::{Explanation, PhaseKind, Story};
use crate::report::format::{cut, time};

/// The longest name of an arm in the headline, in columns.
const NAME_COLUMNS: usize = 30;

/// How an arm fared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fate {
    Idle,
    Well,
    Recovers,
    Degraded,
    Down,
}

impl Fate {
    /// The phase whose colour it has.
    pub(super) const fn phase(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Well => "steady",
            Self::Recovers => "recovered",
            Self::Degraded => "degraded",
            Self::Down => "metastable",
        }
    }
}

/// A change that would have helped.
#[derive(Clone, Debug)]
pub(super) struct Cure {
    pub(super) change: String,
    pub(super) more: u64,
}

/// How an arm fared, and that in words.
pub(super) fn fate(story: &Story) -> (Fate, String) {
    let known = story.phases.iter().filter(|phase| phase.kind != PhaseKind::Idle);
    let Some(last) = known.clone().next_back() else { return (Fate::Idle, "idle".to_owned()) };
    let since = time(last.from_ns);
    match last.kind {
        PhaseKind::Metastable => (Fate::Down, format!("down from {since} on, and stays down")),
        PhaseKind::Degraded | PhaseKind::Trigger => {
            (Fate::Degraded, format!("degraded from {since} on, to the end"))
        }
        PhaseKind::Recovered => (Fate::Recovers, format!("well again from {since} on")),
        _ => (Fate::Well, "well all the time".to_owned()),
    }
}

/// The headline of a run, if there is more to say than that all was well.
pub(super) fn headline(explanation: &Explanation) -> Option<String> {
    let of = |wanted: Fate| -> Vec<String> {
        let arms = explanation.arms.iter().filter(|(_, story)| fate(story).0 == wanted);
        arms.map(|(name, _)| cut(name, NAME_COLUMNS)).collect()
    };
    let clause = |wanted: Fate, one: &str, many: &str| {
        let names = of(wanted);
        let verb = if names.len() == 1 { one } else { many };
        (!names.is_empty()).then(|| format!("{} {verb}", listed(&names)))
    };
    let clauses: Vec<String> = [
        clause(Fate::Down, "breaks down and stays down", "break down and stay down"),
        clause(Fate::Degraded, "is broken to the end", "are broken to the end"),
        clause(Fate::Recovers, "recovers", "recover"),
        clause(Fate::Well, "stays well", "stay well"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let broken = !of(Fate::Down).is_empty() || !of(Fate::Degraded).is_empty();
    (broken || !of(Fate::Recovers).is_empty()).then(|| format!("{}.", clauses.join("; ")))
}

fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The arm that fared worst, if one broke.
pub(super) fn worst(explanation: &Explanation) -> Option<(&str, &Story)> {
    let arms = explanation.arms.iter().map(|(name, story)| (name.as_str(), story));
    let broken = arms.filter(|(_, story)| fate(story).0 >= Fate::Degraded);
    broken.rev().max_by_key(|(_, story)| fate(story).0)
}

/// What broke, what kept it broken, what would have mended it.
pub(super) fn why(story: &Story) -> Vec<String> {
    story.points.iter().map(|point| point.text.clone()).take(4).collect()
}

/// The changes with which most requests more succeed.
pub(super) fn cures(story: &Story, most: usize) -> Vec<Cure> {
    let mut cures: Vec<Cure> = story
        .what_if
        .iter()
        .filter(|what| what.saved > what.lost && !what.change.starts_with("without fault"))
        .map(|what| Cure { change: what.change.clone(), more: what.saved - what.lost })
        .collect();
    cures.sort_by_key(|cure| std::cmp::Reverse(cure.more));
    cures.truncate(most);
    cures
}
