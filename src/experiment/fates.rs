//! Outcomes of all requests of a run, and the differences of outcomes between two runs.
//!
//! Draws are keyed by names and numbers, so request 17 of a load is the same request, with the same
//! random numbers, in every run. Two runs can therefore be compared request by request, and every
//! difference of outcomes comes from a difference between the runs.
//!
//! Only measured requests count. Each takes [`BYTES`] bytes, whatever its outcome, in vectors that
//! grow by doubling; nothing else grows with a run.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::listener::{Detail, Listener};
use crate::kernel::time::Duration;
use crate::metrics::fate::Fate;
use crate::metrics::probe::{End, Unfinished};
use crate::metrics::recorder::Recorder;
use crate::metrics::summary::LatencySummary;
use crate::report::diff::RequestChanges;

#[cfg(test)]
mod tests;

/// Bytes kept of a request: outcome, latency and attempts.
pub const BYTES: usize = size_of::<u8>() + size_of::<(u64, u32)>();

/// Most requests of a group that are named.
pub const NAMED: usize = 3;

/// Outcomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The request ended with this fate.
    Ended(Fate),
    /// The request failed for an unknown cause: traces do not record causes.
    Failed,
    /// The request was under way when the run ended.
    InFlight,
}

impl Outcome {
    /// True for a success in time.
    #[must_use]
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Ended(fate) if good(fate))
    }

    /// Name in data, in snake case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ended(fate) => fate.name(),
            Self::Failed => "failed",
            Self::InFlight => "in_flight",
        }
    }

    /// The outcome in a sentence about the request.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Ended(fate) => fate.words(),
            Self::Failed => "did not succeed",
            Self::InFlight => "was still under way",
        }
    }

    fn code(self) -> u8 {
        match self {
            Self::Ended(fate) => 1 + fate as u8,
            Self::Failed => FAILED,
            Self::InFlight => IN_FLIGHT,
        }
    }

    fn of(code: u8) -> Option<Self> {
        match code {
            ABSENT => None,
            FAILED => Some(Self::Failed),
            IN_FLIGHT => Some(Self::InFlight),
            fate => Fate::ALL.get(usize::from(fate) - 1).copied().map(Self::Ended),
        }
    }
}

const ABSENT: u8 = 0;
const FAILED: u8 = 254;
const IN_FLIGHT: u8 = 255;

/// True for the only good fate, a success in time.
#[must_use]
pub const fn good(fate: Fate) -> bool {
    matches!(fate, Fate::Succeeded)
}

/// A listener that collects the outcomes of all requests of a run, arm by arm.
#[derive(Clone, Debug, Default)]
pub struct Fates {
    arms: Vec<(String, ArmFates)>,
}

impl Fates {
    /// The outcomes of a run that has not begun.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Outcomes of the arm `name`, if it was played.
    #[must_use]
    pub fn arm(&self, name: &str) -> Option<&ArmFates> {
        self.arms.iter().find(|(arm, _)| arm == name).map(|(_, fates)| fates)
    }

    /// Played arms in order.
    pub fn arms(&self) -> impl Iterator<Item = (&str, &ArmFates)> {
        self.arms.iter().map(|(name, fates)| (name.as_str(), fates))
    }

    /// The arm `name`, to be filled from another source than a run.
    pub fn enter(&mut self, name: &str) -> &mut ArmFates {
        let at = self.arms.iter().position(|(arm, _)| arm == name).unwrap_or_else(|| {
            self.arms.push((name.to_owned(), ArmFates::default()));
            self.arms.len() - 1
        });
        &mut self.arms[at].1
    }
}

impl Listener for Fates {
    fn detail(&self) -> Detail {
        Detail::Ends
    }

    fn begin(&mut self, arm: &str, names: &[String]) {
        let loads = vec![LoadFates::default(); names.len()];
        // Several components may share a name, but no component shares that of a load.
        let places = names.iter().cloned().zip(0..).collect();
        self.arms.push((arm.to_owned(), ArmFates { loads, places }));
    }

    fn ended(&mut self, end: &End) {
        if let (true, Some((_, arm))) = (end.measured, self.arms.last_mut()) {
            let (outcome, attempts) = (Outcome::Ended(end.fate), end.attempts);
            let known = Known { outcome, took_ns: (end.at - end.arrived).as_ns(), attempts };
            arm.loads[end.load as usize].set(end.request, known);
        }
    }

    fn unfinished(&mut self, of: &Unfinished) {
        if let (true, Some((_, arm))) = (of.measured, self.arms.last_mut()) {
            let known = Known { outcome: Outcome::InFlight, took_ns: 0, attempts: of.attempts };
            arm.loads[of.load as usize].set(of.request, known);
        }
    }
}

/// Outcomes of all requests of an arm.
#[derive(Clone, Debug, Default)]
pub struct ArmFates {
    /// Requests of each load, by its index in the names of the run; empty for other components.
    loads: Vec<LoadFates>,
    /// Index of each name.
    places: BTreeMap<String, usize>,
}

/// Outcomes of the requests of a load, by number.
#[derive(Clone, Debug, Default)]
struct LoadFates {
    outcome: Vec<u8>,
    /// Latency in nanoseconds, and attempts.
    costs: Vec<(u64, u32)>,
}

impl LoadFates {
    fn set(&mut self, request: u64, known: Known) {
        put(&mut self.outcome, request as usize, known.outcome.code(), ABSENT);
        put(&mut self.costs, request as usize, (known.took_ns, known.attempts), (0, 0));
    }

    fn get(&self, at: usize) -> Option<Known> {
        let outcome = Outcome::of(*self.outcome.get(at)?)?;
        let (took_ns, attempts) = self.costs.get(at).copied().unwrap_or_default();
        Some(Known { outcome, took_ns, attempts })
    }
}

/// Sets `values[at]`, filling a gap with `absent`. Requests end about in the order of arrival, so
/// gaps fill soon.
#[inline]
fn put<T: Copy>(values: &mut Vec<T>, at: usize, value: T, absent: T) {
    if let Some(known) = values.get_mut(at) {
        *known = value;
        return;
    }
    values.resize(at, absent);
    values.push(value);
}

/// Outcome, latency and attempts of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Outcome.
    pub outcome: Outcome,
    /// Time from arrival to end; 0 without an end.
    pub took_ns: u64,
    /// Attempts.
    pub attempts: u32,
}

impl ArmFates {
    /// Fate of request `request` of `load`; `None` if it did not end, or is not of this arm.
    #[must_use]
    pub fn of(&self, load: &str, request: u64) -> Option<Fate> {
        match self.get(load, request)?.outcome {
            Outcome::Ended(fate) => Some(fate),
            Outcome::Failed | Outcome::InFlight => None,
        }
    }

    /// Outcome of request `request` of `load`; `None` if it is not of this arm.
    #[must_use]
    pub fn get(&self, load: &str, request: u64) -> Option<Known> {
        self.load(load)?.get(usize::try_from(request).ok()?)
    }

    /// All requests of the arm, load by load in the order of names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64, Known)> {
        self.places.iter().flat_map(|(name, &place)| {
            let load = &self.loads[place];
            let known = move |at: usize| Some((name.as_str(), at as u64, load.get(at)?));
            (0..load.outcome.len()).filter_map(known)
        })
    }

    /// Sets the outcome of a request.
    pub fn set(&mut self, load: &str, request: u64, known: Known) {
        let place = self.places.get(load).copied().unwrap_or_else(|| {
            self.places.insert(load.to_owned(), self.loads.len());
            self.loads.push(LoadFates::default());
            self.loads.len() - 1
        });
        self.loads[place].set(request, known);
    }

    fn load(&self, name: &str) -> Option<&LoadFates> {
        self.places.get(name).map(|&place| &self.loads[place])
    }
}

/// Changes of outcomes of an arm between two runs, `a` and `b`.
///
/// `saved + lost + good_in_both + bad_in_both` are the requests in both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FateChanges {
    /// Counts of requests by change; its `groups` are filled later, from those below.
    pub requests: RequestChanges,
    /// Number of requests by outcome in `a` and in `b`, equal outcomes included.
    pub groups: BTreeMap<(Outcome, Outcome), u64>,
    /// The first requests of each group, by load and number: `clients#17`.
    pub named: BTreeMap<(Outcome, Outcome), Vec<String>>,
    /// Delay of the requests that ended in both, not both times in success, and later in `b`.
    pub later: LatencySummary,
    /// Lead of the requests that ended in both, not both times in success, and sooner in `b`.
    pub sooner: LatencySummary,
}

impl FateChanges {
    /// Compares two runs, arm by arm; arms of only one of them are left out.
    #[must_use]
    pub fn between(a: &Fates, b: &Fates) -> BTreeMap<String, Self> {
        a.arms()
            .filter_map(|(name, of_a)| Some((name.to_owned(), Self::of(of_a, b.arm(name)?))))
            .collect()
    }

    /// Compares two arms.
    #[must_use]
    pub fn of(a: &ArmFates, b: &ArmFates) -> Self {
        let names: BTreeSet<&String> = a.places.keys().chain(b.places.keys()).collect();
        let mut changes = Self::default();
        let (mut slower, mut faster) = (Recorder::default(), Recorder::default());
        let (mut later, mut sooner) = (Recorder::default(), Recorder::default());
        for name in names {
            let (a, b) = (a.load(name), b.load(name));
            let len = |of: Option<&LoadFates>| of.map_or(0, |of| of.outcome.len());
            for at in 0..len(a).max(len(b)) {
                let (a, b) = (a.and_then(|of| of.get(at)), b.and_then(|of| of.get(at)));
                let (a, b) = match (a, b) {
                    (Some(a), Some(b)) => (a, b),
                    (a, b) => {
                        changes.requests.only_in_a += u64::from(a.is_some());
                        changes.requests.only_in_b += u64::from(b.is_some());
                        continue;
                    }
                };
                changes.count(a, b, || format!("{name}#{at}"));
                if a.outcome == Outcome::InFlight || b.outcome == Outcome::InFlight {
                    continue;
                }
                let change = Duration::from_ns(a.took_ns.abs_diff(b.took_ns));
                let good = a.outcome.is_good() && b.outcome.is_good();
                match (a.took_ns.cmp(&b.took_ns), good) {
                    (Ordering::Less, true) => slower.record(change),
                    (Ordering::Less, false) => later.record(change),
                    (Ordering::Greater, true) => faster.record(change),
                    (Ordering::Greater, false) => sooner.record(change),
                    (Ordering::Equal, _) => {}
                }
            }
        }
        (changes.requests.slower, changes.requests.faster) = (slower.summary(), faster.summary());
        Self { later: later.summary(), sooner: sooner.summary(), ..changes }
    }

    fn count(&mut self, a: Known, b: Known, name: impl Fn() -> String) {
        self.requests.in_both += 1;
        *match (a.outcome.is_good(), b.outcome.is_good()) {
            (true, true) => &mut self.requests.good_in_both,
            (true, false) => &mut self.requests.lost,
            (false, true) => &mut self.requests.saved,
            (false, false) => &mut self.requests.bad_in_both,
        } += 1;
        self.requests.failing += u64::from(!a.outcome.is_good());
        let group = (a.outcome, b.outcome);
        *self.groups.entry(group).or_default() += 1;
        let named = self.named.entry(group).or_default();
        if named.len() < NAMED {
            named.push(name());
        }
        self.requests.attempts_saved += u64::from(a.attempts.saturating_sub(b.attempts));
        self.requests.attempts_added += u64::from(b.attempts.saturating_sub(a.attempts));
    }

    /// Requests in both runs whose outcomes differ.
    #[must_use]
    pub fn changed(&self) -> u64 {
        self.groups.iter().filter(|((a, b), _)| a != b).map(|(_, count)| count).sum()
    }
}
