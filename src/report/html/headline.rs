//! The fate of each arm in a few plain words, for the first screen.

use crate::report::explain::text::{change_words, headline as sentences, trigger_name};
use crate::report::explain::{Breakage, BreakageEnd, Explanation, Story, Trigger, WhatIf};
use crate::report::text::format::{cut, time};

/// The longest name of an arm in the headline, in columns.
const NAME_COLUMNS: usize = 30;
/// Most arms that are named; more are counted.
const NAMES: usize = 4;

/// Fates of an arm, from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fate {
    /// No request was counted.
    Idle,
    /// Nothing broke.
    Well,
    /// The arm broke and recovered.
    Recovers,
    /// The arm loses requests throughout, without a breakage.
    Losing,
    /// The arm was broken at the end of the run, and may yet recover.
    Open,
    /// The arm stayed broken after its trigger.
    Down,
}

impl Fate {
    /// Phase whose colour the fate has.
    pub(super) const fn phase(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Well => "steady",
            Self::Recovers => "recovered",
            Self::Losing | Self::Open => "degraded",
            Self::Down => "metastable",
        }
    }

    /// Verbs for one arm and for several arms of this fate.
    const fn verbs(self) -> [&'static str; 2] {
        match self {
            Self::Idle => ["gets no request", "get no request"],
            Self::Well => ["stays well", "stay well"],
            Self::Recovers => ["recovers", "recover"],
            Self::Losing => ["loses requests all the time", "lose requests all the time"],
            Self::Open => ["is broken to the end", "are broken to the end"],
            Self::Down => ["breaks down and does not come back", "break down and do not come back"],
        }
    }
}

/// A change that lets more requests succeed.
#[derive(Clone, Debug)]
pub(super) struct Cure {
    pub(super) change: String,
    pub(super) more: u64,
}

/// The breakage that decides the fate: one that stays, else one that is still open.
fn decisive(story: &Story) -> Option<&Breakage> {
    let worst = story.worst()?;
    let open = story.breakages.last().filter(|last| last.end == BreakageEnd::Open);
    Some(if worst.end == BreakageEnd::Stays { worst } else { open.unwrap_or(worst) })
}

/// The fate of an arm, also in words.
pub(super) fn fate(story: &Story) -> (Fate, String) {
    if story.outcome.requests.offered == 0 {
        return (Fate::Idle, "no request was counted".to_owned());
    }
    let Some(breakage) = decisive(story) else {
        return if story.suffers() {
            (Fate::Losing, "loses requests all the time".to_owned())
        } else {
            (Fate::Well, "well all the time".to_owned())
        };
    };
    let (from, until) = (time(breakage.from_ns), time(breakage.until_ns));
    match breakage.end {
        BreakageEnd::Stays => (Fate::Down, format!("broken from {from} on, for good")),
        BreakageEnd::Open => (Fate::Open, format!("broken from {from} on, to the end")),
        BreakageEnd::WithTrigger | BreakageEnd::Recovers => {
            (Fate::Recovers, format!("broken from {from} to {until}, then well again"))
        }
    }
}

/// The headline of a run; `None` if every arm was well.
pub(super) fn headline(explanation: &Explanation) -> Option<String> {
    let fates: Vec<(&str, Fate)> =
        explanation.arms.iter().map(|(name, story)| (name.as_str(), fate(story).0)).collect();
    if fates.iter().all(|(_, fate)| *fate <= Fate::Well) {
        return None;
    }
    let clause = |wanted: Fate| {
        let names: Vec<&str> =
            fates.iter().filter(|(_, fate)| *fate == wanted).map(|(name, _)| *name).collect();
        let [one, many] = wanted.verbs();
        match names.as_slice() {
            [] => None,
            [_] if fates.len() == 1 => Some(format!("the system {one}")),
            [name] => Some(format!("{} {one}", quoted(name))),
            names => Some(format!("{} {many}", listed(names))),
        }
    };
    let order = [Fate::Down, Fate::Open, Fate::Losing, Fate::Recovers, Fate::Well, Fate::Idle];
    let clauses: Vec<String> = order.into_iter().filter_map(clause).collect();
    let clauses = clauses.join("; ");
    let text = match common_trigger(explanation) {
        Some(trigger) => format!("After {}, {clauses}.", trigger_name(trigger)),
        None => format!("{clauses}."),
    };
    Some(capital(&text))
}

/// The trigger that all broken arms have in common.
fn common_trigger(explanation: &Explanation) -> Option<&Trigger> {
    let broken = explanation.arms.values().filter_map(|story| Some((story, decisive(story)?)));
    let mut triggers = broken.map(|(story, breakage)| story.triggers.get(breakage.trigger?));
    let first = triggers.next()??;
    let alike = |other: Option<&Trigger>| {
        other.is_some_and(|other| trigger_name(other) == trigger_name(first))
    };
    (first.changes && triggers.all(alike)).then_some(first)
}

fn quoted(name: &str) -> String {
    // Isolation marks keep a name written from right to left from reordering the words around it.
    format!("“\u{2068}{}\u{2069}”", cut(name, NAME_COLUMNS))
}

fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().take(NAMES).map(|name| quoted(name)).collect();
    match quoted.as_slice() {
        _ if names.len() > NAMES => format!("{} arms", names.len()),
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        names => names.concat(),
    }
}

fn capital(text: &str) -> String {
    let mut rest = text.chars();
    let first = rest.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    first + rest.as_str()
}

/// The arm with the worst fate, if one broke; among equals the one with the most failures.
pub(super) fn worst(explanation: &Explanation) -> Option<(&str, &Story)> {
    let lost = |story: &Story| {
        let requests = &story.outcome.requests;
        requests.offered - requests.succeeded
    };
    let arms = explanation.arms.iter().map(|(name, story)| (name.as_str(), story));
    let hurt = arms.filter(|(_, story)| fate(story).0 > Fate::Well);
    // `max_by_key` takes the last of equals; reversed, the first.
    hurt.rev().max_by_key(|(_, story)| (fate(story).0, lost(story)))
}

/// Breakage and sustaining loop in words, without the third sentence, which [`cures`] replaces.
pub(super) fn why(story: &Story) -> Vec<String> {
    let sentences = sentences(story);
    let kept = if story.worst().is_some() { 2 } else { 1 };
    sentences.into_iter().take(kept).collect()
}

/// Sentence for an arm that no change helps.
pub(super) fn no_cure(story: &Story) -> Option<String> {
    sentences(story).into_iter().nth(if story.worst().is_some() { 2 } else { 1 })
}

/// The changes that let most additional requests succeed; the absence of a fault is no cure.
pub(super) fn cures(story: &Story, most: usize) -> Vec<Cure> {
    let is_cure = |what: &&WhatIf| what.change.kind.can_be_made() && what.gain() > 0;
    let mut cures: Vec<&WhatIf> = story.what_if.iter().filter(is_cure).collect();
    cures.sort_by_key(|what| std::cmp::Reverse(what.gain()));
    let cure = |what: &WhatIf| Cure {
        change: change_words(&what.change),
        more: u64::try_from(what.gain()).unwrap_or(u64::MAX),
    };
    cures.into_iter().take(most).map(cure).collect()
}

#[cfg(test)]
mod tests;
