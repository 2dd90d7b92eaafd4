//! The claims of a scenario, held against its runs.
//!
//! Claims about one run are about the run with the scenario's seed. Claims about probabilities are
//! about the seeds from there on: seed, seed + 1, ..; each is decided by all of its seeds, never
//! by stopping when it looks good.

use std::ops::ControlFlow;

use super::observe::{Observed, Observer};
use super::{Answer, Expectation};
use crate::experiment::pool::{Ended, Jobs, Stop, in_order};
use crate::experiment::prepared::Prepared;
use crate::experiment::run::Options;
use crate::report::format::{count, percent};
use crate::scenario::build::BuildError;
use crate::scenario::expect::{Claim, Condition, Likely, Relation};
use crate::statistics::proportion::{Proportion, runs_to_show_below};

/// Twice as many runs as would do if the thing never happened, so that it may happen now and then.
const ROOM: u64 = 2;
const LEAST_SEEDS: u64 = 20;

/// How claims are judged.
#[derive(Debug)]
pub struct Judging<'a> {
    /// How the scenario is run.
    pub options: &'a Options,
    /// How many runs at a time.
    pub jobs: Jobs,
    /// Breaks off.
    pub stop: &'a Stop,
}

/// What a claim comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The claim.
    pub expectation: Expectation,
    /// It holds.
    pub holds: bool,
    /// The numbers, in words.
    pub actual: String,
    /// The seed of a run that shows it: the scenario's own, or the first one in which the thing
    /// happened (or, of what should be likely, did not).
    pub seed: Option<u64>,
    /// Of a probability, how often it happened.
    pub proportion: Option<Proportion>,
}

/// Over how many seeds a probability is judged if the claim does not say.
#[must_use]
pub fn default_seeds(likely: &Likely) -> u64 {
    let ratio = match likely.relation {
        Relation::Above | Relation::AtLeast => 1.0 - likely.ratio,
        _ => likely.ratio,
    };
    ROOM.saturating_mul(runs_to_show_below(ratio, likely.confidence)).max(LEAST_SEEDS)
}

/// Judges `expectations`, in their order; `None` if it was broken off. `progress` hears how many
/// runs of how many are done.
///
/// # Errors
/// Only for scenarios that a check refuses.
pub fn judge(
    prepared: &Prepared<'_>,
    expectations: &[Expectation],
    judging: &Judging<'_>,
    mut progress: impl FnMut(u64, u64),
) -> Result<Option<Vec<Verdict>>, BuildError> {
    let seed = judging.options.seed.unwrap_or(prepared.scenario().seed);
    let mut claims: Vec<Judged<'_>> = expectations.iter().map(Judged::new).collect();
    let conditions = claims.iter().map(|claim| claim.condition);
    let observer = Observer::new(prepared, conditions);
    let most = claims.iter().map(|claim| claim.seeds).max().unwrap_or(0);
    let play = |number: u64| {
        let options = Options { seed: Some(seed.wrapping_add(number)), ..judging.options.clone() };
        observer.observe(prepared, &options)
    };
    let mut failure = None;
    let ended =
        in_order(judging.jobs, most, judging.stop, play, |number, observed| match observed {
            Ok(observed) => {
                claims.iter_mut().for_each(|claim| claim.hear(number, &observed));
                progress(number + 1, most);
                ControlFlow::Continue(())
            }
            Err(error) => {
                failure = Some(error);
                ControlFlow::Break(())
            }
        });
    match (failure, ended) {
        (Some(error), _) => Err(error),
        (None, Ended::Before(_)) => Ok(None),
        (None, Ended::Done) => {
            let verdicts = claims.into_iter().map(|claim| claim.verdict(seed));
            Ok(Some(verdicts.collect()))
        }
    }
}

/// A claim while runs come in.
struct Judged<'a> {
    expectation: &'a Expectation,
    condition: &'a Condition,
    seeds: u64,
    /// Runs in which the condition holds.
    hits: u64,
    /// The first answer, and the first that speaks against the claim.
    first: Option<Answer>,
    against: Option<u64>,
}

impl<'a> Judged<'a> {
    fn new(expectation: &'a Expectation) -> Self {
        let (condition, seeds) = match &expectation.claim {
            Claim::Holds(condition) => (condition, 1),
            Claim::Likely(likely) => {
                (&likely.condition, likely.seeds.unwrap_or_else(|| default_seeds(likely)))
            }
        };
        Self { expectation, condition, seeds, hits: 0, first: None, against: None }
    }

    /// The condition is what ought to be rare.
    fn is_unwanted(&self) -> bool {
        matches!(&self.expectation.claim, Claim::Likely(likely) if likely.relation == Relation::Below)
    }

    fn hear(&mut self, number: u64, observed: &Observed) {
        if number >= self.seeds {
            return;
        }
        let answer = observed.answer(self.condition);
        self.hits += u64::from(answer.holds);
        if answer.holds == self.is_unwanted() && self.against.is_none() {
            self.against = Some(number);
        }
        self.first.get_or_insert(answer);
    }

    fn verdict(self, seed: u64) -> Verdict {
        let expectation = self.expectation.clone();
        let shown = self.against.map(|number| seed.wrapping_add(number));
        let Claim::Likely(likely) = &expectation.claim else {
            let answer = self.first;
            let (holds, actual) = answer.map_or((false, String::new()), |a| (a.holds, a.actual));
            return Verdict { expectation, holds, actual, seed: Some(seed), proportion: None };
        };
        let seen = Proportion { hits: self.hits, runs: self.seeds };
        let (holds, bound) = match likely.relation {
            Relation::Below => {
                let most = seen.at_most(likely.confidence);
                (most < likely.ratio, format!("at most {}", percent(most)))
            }
            _ => {
                let least = seen.at_least(likely.confidence);
                (least > likely.ratio, format!("at least {}", percent(least)))
            }
        };
        let refuted = match likely.relation {
            Relation::Below => seen.at_least(likely.confidence) >= likely.ratio,
            _ => seen.at_most(likely.confidence) <= likely.ratio,
        };
        let undecided = match holds || refuted {
            true => "",
            false => ": undecided, more seeds may show it",
        };
        let actual = format!(
            "in {} of {} seeds ({}), {bound} at {}{undecided}",
            count(seen.hits),
            count(seen.runs),
            percent(seen.ratio().unwrap_or(0.0)),
            percent(likely.confidence)
        );
        Verdict { expectation, holds, actual, seed: shown, proportion: Some(seen) }
    }
}
