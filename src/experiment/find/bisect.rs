//! Bisection of a random threshold: near a cliff some seeds fail and others do not, and the share
//! of failures changes gradually with the value.
//!
//! Every value is tried with the same seeds, so that both sides of a comparison get the same random
//! numbers, and always with all of them, without an early stop. The verdict of a value's runs on a
//! claim is then exact (Clopper and Pearson 1934): shown to hold, shown to fail, or undecided.
//! Three brackets are narrowed over the same trials: where the share of runs crosses the claim's
//! probability, where the claim stops being shown to hold, and where it begins to be shown to fail.

use std::cmp::Ordering;
use std::ops::ControlFlow;

use super::parameter::{Parameter, between};
use crate::experiment::condition::LikelyClaim;
use crate::experiment::expect::{Observed, Observer};
use crate::experiment::hunt::{Playing, Trouble};
use crate::experiment::knob::Amount;
use crate::experiment::pool::{Ended, in_order};
use crate::experiment::prepared::Prepared;
use crate::experiment::run::Options;
use crate::report::search::threshold::{
    FIND_SCHEMA, Outcome, Threshold, Thresholds, Trial, Verdict,
};
use crate::scenario::expect::{Likely, Relation};
use crate::statistics::proportion::Proportion;

/// The ground of a search.
#[derive(Debug)]
pub struct Search<'a> {
    /// Name of the scenario.
    pub name: &'a str,
    /// The parameter in words.
    pub parameter: String,
    /// Lower end.
    pub from: Amount,
    /// Upper end.
    pub to: Amount,
    /// Resolution, as a share of the smaller of the value and the interval.
    pub precision: f64,
    /// First seed.
    pub first: u64,
    /// Number of seeds, from there on, at every value.
    pub seeds: u64,
}

/// Finds the thresholds of `claims` in `parameter`. `progress` gets the number of runs done and the
/// present value.
///
/// # Errors
/// If a value makes no valid scenario.
pub fn find(
    search: &Search<'_>,
    parameter: &dyn Parameter,
    claims: &[LikelyClaim],
    playing: Playing<'_>,
    progress: impl FnMut(u64, Amount),
) -> Result<Thresholds, Trouble> {
    let mut tries = Tries::new(search, parameter, claims, playing, progress);
    for end in [search.from, search.to] {
        tries.at(end)?;
    }
    tries.all()
}

/// The same for a single claim that holds up to some value of unknown magnitude: doubles the
/// distance from `start` each time, within the ends of the search, before it bisects.
///
/// # Errors
/// If a value makes no valid scenario.
pub(super) fn find_from(
    start: f64,
    search: &Search<'_>,
    parameter: &dyn Parameter,
    claim: &LikelyClaim,
    playing: Playing<'_>,
    progress: impl FnMut(u64, Amount),
) -> Result<Thresholds, Trouble> {
    let claims = std::slice::from_ref(claim);
    let mut tries = Tries::new(search, parameter, claims, playing, progress);
    let (lowest, highest) = (search.from.as_f64(), search.to.as_f64());
    let (mut from, mut to) = (start, start);
    let holds_at = |tries: &mut Tries<'_, _>, at: f64| {
        let at = Amount::Float(at);
        tries.at(at)?;
        Ok::<_, Trouble>(tries.seen(0, at).map(|seen| meets(tries.likely(0), seen)))
    };
    while to < highest && holds_at(&mut tries, to)? == Some(true) {
        (from, to) = (to, (2.0 * to).min(highest));
    }
    // A claim that fails at the start must hold below.
    if from == to {
        from = (from / 2.0).max(lowest);
        while from > lowest && holds_at(&mut tries, from)? == Some(false) {
            (from, to) = ((from / 2.0).max(lowest), from);
        }
    }
    (tries.from, tries.to) = (Amount::Float(from), Amount::Float(to));
    for end in [tries.from, tries.to] {
        tries.at(end)?;
    }
    tries.all()
}

/// Most values that the search of one claim tries, for the estimate printed before it starts.
#[must_use]
pub fn most_values(from: Amount, to: Amount, precision: f64) -> u64 {
    let whole = (to.as_f64() - from.as_f64()).abs();
    let least = match from {
        Amount::Whole(_) => 1.0,
        _ => precision * whole.min(from.as_f64().abs()).max(whole * 1e-3),
    };
    let mut halvings = 0;
    let mut left = whole;
    // A rounded middle leaves three quarters at most.
    while left > least && halvings < 1_000 {
        left *= 0.75;
        halvings += 1;
    }
    2 + 3 * halvings
}

/// Tells on which side of an edge a share of runs is.
type Inside = fn(&Likely, Proportion) -> bool;

struct Tries<'a, P> {
    search: &'a Search<'a>,
    from: Amount,
    to: Amount,
    parameter: &'a dyn Parameter,
    claims: &'a [LikelyClaim],
    playing: Playing<'a>,
    /// Values tried, in order, with the runs in which each condition holds.
    done: Vec<(Amount, Vec<Proportion>)>,
    runs: u64,
    stopped: u64,
    interrupted: bool,
    progress: P,
}

impl<'a, P: FnMut(u64, Amount)> Tries<'a, P> {
    fn new(
        search: &'a Search<'a>,
        parameter: &'a dyn Parameter,
        claims: &'a [LikelyClaim],
        playing: Playing<'a>,
        progress: P,
    ) -> Self {
        Self {
            search,
            from: search.from,
            to: search.to,
            parameter,
            claims,
            playing,
            done: Vec::new(),
            runs: 0,
            stopped: 0,
            interrupted: false,
            progress,
        }
    }

    /// Narrows the brackets of all claims.
    fn all(mut self) -> Result<Thresholds, Trouble> {
        for at in 0..self.claims.len() {
            self.narrow(at)?;
        }
        let search = self.search;
        Ok(Thresholds {
            schema: FIND_SCHEMA,
            scenario: search.name.to_owned(),
            parameter: search.parameter.clone(),
            from: self.from.to_string(),
            to: self.to.to_string(),
            seeds: [search.first, search.first.saturating_add(search.seeds - 1)],
            runs: self.runs,
            stopped: self.stopped,
            answers: (0..self.claims.len()).map(|at| self.answer(at)).collect(),
            interrupted: self.interrupted,
        })
    }

    /// Tries a value that was not tried before.
    fn at(&mut self, amount: Amount) -> Result<(), Trouble> {
        let place = self.done.binary_search_by(|(at, _)| order(*at, amount));
        let (Err(place), false) = (place, self.interrupted) else {
            return Ok(());
        };
        let scenarios = self.parameter.scenarios(amount)?;
        let (claims, name) = (self.claims, self.search.name);
        let arms = claims.iter().flat_map(|claim| claim.likely.condition.arms()).collect();
        let prepared: Vec<Prepared<'_>> =
            scenarios.iter().map(|one| Prepared::new(one, name).only(&arms)).collect();
        let observers: Vec<Observer> = prepared
            .iter()
            .map(|one| Observer::new(one, claims.iter().map(|claim| &claim.likely.condition)))
            .collect();
        let (first, options) = (self.search.first, self.playing.options);
        let play = |number: u64| {
            let options = Options { seed: Some(first.wrapping_add(number)), ..options.clone() };
            let pairs = observers.iter().zip(&prepared);
            let observed: Result<Vec<Observed>, _> =
                pairs.map(|(observer, one)| observer.observe(one, &options)).collect();
            observed.map(|all| {
                let whole = all.iter().all(|one| one.result.stopped.is_none());
                let holds = |claim: &LikelyClaim| {
                    let holds = |one: &Observed| one.answer(&claim.likely.condition).holds;
                    whole && all.iter().all(holds)
                };
                (whole, claims.iter().map(holds).collect::<Vec<bool>>())
            })
        };
        let mut seen = vec![Proportion { hits: 0, runs: 0 }; claims.len()];
        let mut failure = None;
        let seeds = self.search.seeds;
        let ended = in_order(self.playing.jobs, seeds, self.playing.stop, play, |_, outcome| {
            let (whole, holds) = match outcome {
                Ok(outcome) => outcome,
                Err(error) => {
                    failure = Some(error);
                    return ControlFlow::Break(());
                }
            };
            self.runs += prepared.len() as u64;
            self.stopped += u64::from(!whole);
            for (seen, holds) in seen.iter_mut().zip(holds) {
                seen.runs += 1;
                seen.hits += u64::from(holds);
            }
            (self.progress)(self.runs, amount);
            ControlFlow::Continue(())
        });
        match failure {
            Some(error) => return Err(error.into()),
            None if ended != Ended::Done => self.interrupted = true,
            None => self.done.insert(place, (amount, seen)),
        }
        Ok(())
    }

    fn likely(&self, claim: usize) -> &Likely {
        &self.claims[claim].likely
    }

    fn seen(&self, claim: usize, amount: Amount) -> Option<Proportion> {
        let place = self.done.binary_search_by(|(at, _)| order(*at, amount)).ok()?;
        Some(self.done[place].1[claim])
    }

    /// The values tried, from the end at which the claim holds, or in ascending order if there is
    /// none.
    fn ordered(&self, claim: usize) -> (Outcome, Vec<Amount>) {
        let likely = self.likely(claim);
        let good = |end: Amount| self.seen(claim, end).map(|seen| meets(likely, seen));
        let mut values: Vec<Amount> = self.done.iter().map(|(at, _)| *at).collect();
        let outcome = match (good(self.from), good(self.to)) {
            (Some(true), Some(false)) => Outcome::Largest,
            (Some(false), Some(true)) => Outcome::Smallest,
            (Some(true), Some(true)) => Outcome::Holds,
            (Some(false), Some(false)) => Outcome::Fails,
            _ => Outcome::Unknown,
        };
        if outcome == Outcome::Smallest {
            values.reverse();
        }
        (outcome, values)
    }

    /// The neighbours around an edge: from the end at which the claim holds, the last value up to
    /// which all are `inside`, and the next one.
    fn bracket(
        &self,
        claim: usize,
        inside: impl Fn(&Likely, Proportion) -> bool,
    ) -> (Option<Amount>, Option<Amount>) {
        let (_, values) = self.ordered(claim);
        let is_in = |at: &Amount| {
            self.seen(claim, *at).is_some_and(|seen| inside(self.likely(claim), seen))
        };
        let out = values.iter().position(|at| !is_in(at)).unwrap_or(values.len());
        (out.checked_sub(1).map(|last| values[last]), values.get(out).copied())
    }

    fn narrow(&mut self, claim: usize) -> Result<(), Trouble> {
        let whole = (self.to.as_f64() - self.from.as_f64()).abs();
        let shown = |likely: &Likely, seen: Proportion| verdict(likely, seen) == Verdict::Holds;
        let not_refuted =
            |likely: &Likely, seen: Proportion| verdict(likely, seen) != Verdict::Fails;
        let edges: [Inside; 3] = [meets, shown, not_refuted];
        for inside in edges {
            loop {
                let (outcome, _) = self.ordered(claim);
                if self.interrupted || !matches!(outcome, Outcome::Largest | Outcome::Smallest) {
                    return Ok(());
                }
                let (Some(good), Some(bad)) = self.bracket(claim, inside) else { break };
                match between(good, bad, whole, self.search.precision) {
                    Some(middle) => self.at(middle)?,
                    None => break,
                }
            }
        }
        Ok(())
    }

    fn answer(&self, claim: usize) -> Threshold {
        let claimed = &self.claims[claim];
        let likely = &claimed.likely;
        let (outcome, values) = self.ordered(claim);
        let shown = |at: Option<Amount>| at.map(|at| at.to_string());
        let (mut holds_to, mut fails_from, mut crosses) = (None, None, None);
        if matches!(outcome, Outcome::Largest | Outcome::Smallest) {
            holds_to = shown(self.bracket(claim, |l, seen| verdict(l, seen) == Verdict::Holds).0);
            fails_from = self.refuted_from(claim, &values).map(|at| at.to_string());
            if let (Some(good), Some(bad)) = self.bracket(claim, meets) {
                crosses = Some([good.to_string(), bad.to_string()]);
            }
        }
        let trial = |(at, seen): &(Amount, Vec<Proportion>)| {
            let seen = seen[claim];
            Trial::new(at.to_string(), at.as_f64(), seen, verdict(likely, seen))
        };
        Threshold {
            claim: claimed.claim.clone(),
            outcome,
            holds_to,
            fails_from,
            crosses,
            trials: self.done.iter().map(trial).collect(),
            not_monotone: self.contradiction(claim, &values),
        }
    }

    /// The first value from which on all values tried refute the claim.
    fn refuted_from(&self, claim: usize, values: &[Amount]) -> Option<Amount> {
        let refuted = |at: &&Amount| {
            self.seen(claim, **at)
                .is_some_and(|seen| verdict(self.likely(claim), seen) == Verdict::Fails)
        };
        values.iter().rev().take_while(refuted).last().copied()
    }

    /// Two values whose order contradicts a single threshold beyond chance: the better one is
    /// nearer to the end where the claim fails.
    fn contradiction(&self, claim: usize, values: &[Amount]) -> Option<[String; 2]> {
        let likely = self.likely(claim);
        // Bounds of the probability with which the claim's condition holds.
        let bounds = |at: &Amount| {
            let seen = self.seen(claim, *at)?;
            let wanted = if likely.relation == Relation::Below { opposite(seen) } else { seen };
            Some((wanted.at_least(SURE), wanted.at_most(SURE)))
        };
        for (place, at) in values.iter().enumerate() {
            let worse = values[..place].iter().find(|before| {
                matches!((bounds(before), bounds(at)), (Some((_, most)), Some((least, _)))
                    if least > most)
            });
            if let Some(worse) = worse {
                return Some([worse.to_string(), at.to_string()]);
            }
        }
        None
    }
}

/// Confidence of a contradiction, high because many pairs are tested.
const SURE: f64 = 0.999;

fn opposite(seen: Proportion) -> Proportion {
    Proportion { hits: seen.runs - seen.hits, runs: seen.runs }
}

fn order(one: Amount, other: Amount) -> Ordering {
    one.partial_cmp(&other).unwrap_or(Ordering::Equal)
}

/// True if the share of runs satisfies the claim.
fn meets(likely: &Likely, seen: Proportion) -> bool {
    let ratio = seen.ratio().unwrap_or(0.0);
    match likely.relation {
        Relation::Below => ratio < likely.ratio,
        _ => ratio > likely.ratio,
    }
}

/// The exact verdict of runs on a claim.
pub(super) fn verdict(likely: &Likely, seen: Proportion) -> Verdict {
    let (least, most) = (seen.at_least(likely.confidence), seen.at_most(likely.confidence));
    let (holds, fails) = match likely.relation {
        Relation::Below => (most < likely.ratio, least >= likely.ratio),
        _ => (least > likely.ratio, most <= likely.ratio),
    };
    match (holds, fails) {
        (true, _) => Verdict::Holds,
        (_, true) => Verdict::Fails,
        _ => Verdict::Undecided,
    }
}
