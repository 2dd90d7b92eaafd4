//! Claims about probabilities, and the seeds that they need.
//!
//! A claim is judged by all of its seeds, with the exact one-sided bound of Clopper and Pearson:
//! see [`Proportion`].

use super::lex::Word;
use super::parse::Parser;
use super::{Likely, Refusal, Relation};
use crate::statistics::proportion::{Proportion, runs_to_show_below};

/// Default confidence of a claim.
const CONFIDENCE: f64 = 0.95;
/// Default number of seeds, as a multiple of the number that suffices if the unwanted condition
/// never holds, so that it may hold in a few runs.
const ROOM: u64 = 2;
/// Smallest default number of seeds.
const LEAST_SEEDS: u64 = 20;
/// Largest default number of seeds: a claim that needs more must state the number.
const MOST_DEFAULT_SEEDS: u64 = 10_000;
/// Largest number of seeds: rarer conditions are estimated by `dessim hunt`.
const MOST_SEEDS: u64 = 10_000_000;

impl Likely {
    /// The number of seeds.
    #[must_use]
    pub fn over(&self) -> u64 {
        self.seeds.unwrap_or_else(|| {
            // A condition is likely if its negation is rare.
            let rare = if self.is_unwanted() { self.ratio } else { 1.0 - self.ratio };
            ROOM.saturating_mul(runs_to_show_below(rare, self.confidence)).max(LEAST_SEEDS)
        })
    }

    /// True if the claim is that the condition is rare.
    #[must_use]
    pub fn is_unwanted(&self) -> bool {
        self.relation == Relation::Below
    }

    /// The bound of the probability that decides the claim, at its confidence: an upper bound if
    /// the condition is unwanted, else a lower bound.
    #[must_use]
    pub fn bound(&self, observed: Proportion) -> f64 {
        match self.is_unwanted() {
            true => observed.at_most(self.confidence),
            false => observed.at_least(self.confidence),
        }
    }

    /// True if the observed runs show the claim.
    #[must_use]
    pub fn shown_by(&self, observed: Proportion) -> bool {
        match self.is_unwanted() {
            true => self.bound(observed) < self.ratio,
            false => self.bound(observed) > self.ratio,
        }
    }

    /// True if the observed runs show the negation of the claim.
    #[must_use]
    pub fn refuted_by(&self, observed: Proportion) -> bool {
        match self.is_unwanted() {
            true => observed.at_least(self.confidence) >= self.ratio,
            false => observed.at_most(self.confidence) <= self.ratio,
        }
    }

    /// True if `runs` seeds show the claim when all of them agree.
    fn can_be_shown_over(&self, runs: u64) -> bool {
        let hits = if self.is_unwanted() { 0 } else { runs };
        self.shown_by(Proportion { hits, runs })
    }

    /// The fewest seeds that can show the claim.
    fn least_seeds(&self) -> u64 {
        let rare = if self.is_unwanted() { self.ratio } else { 1.0 - self.ratio };
        let least = runs_to_show_below(rare, self.confidence).max(1);
        // Rounding of logarithms may make it one too few, never more.
        if least > MOST_SEEDS || self.can_be_shown_over(least) {
            least
        } else {
            least.saturating_add(1)
        }
    }
}

impl Parser<'_> {
    /// Parses a claim about a probability, from `p(` on.
    pub(super) fn likely(&mut self) -> Result<Likely, Refusal> {
        self.at += 2;
        let condition = self.condition()?;
        self.symbol(")")?;
        let relation = match self.relation()? {
            Relation::Below | Relation::AtMost => Relation::Below,
            Relation::Above | Relation::AtLeast => Relation::Above,
            Relation::Equal | Relation::Unequal => {
                self.at -= 1;
                return self.expected("`<` or `>`: a probability is never known exactly");
            }
        };
        let ratio = self.ratio("a probability above 0 and below 1, such as 1%", |p| p > 0.0)?;
        let mut confidence = CONFIDENCE;
        if self.says(0, &["at"]) {
            self.at += 1;
            let expected = "a confidence from 50% up and below 100%, such as 95%";
            confidence = self.ratio(expected, |p| p >= 0.5)?;
        }
        let mut seeds = None;
        if self.says(0, &["over"]) {
            self.at += 1;
            seeds = Some(self.seeds()?);
        }
        let likely = Likely { condition, relation, ratio, confidence, seeds };
        demonstrable(&likely)?;
        Ok(likely)
    }

    fn seeds(&mut self) -> Result<u64, Refusal> {
        let seeds = match self.word(0) {
            Some(Word::Number(count, unit))
                if unit.is_empty() && *count >= 1.0 && count.fract() == 0.0 =>
            {
                *count
            }
            _ => return self.expected("a number of seeds, such as 400"),
        };
        if seeds > MOST_SEEDS as f64 {
            let most = format!("at most {MOST_SEEDS} seeds");
            return self.expected(&most).map_err(|refusal: Refusal| {
                refusal.hint("`dessim hunt` estimates what is rarer than runs can count")
            });
        }
        self.at += 1;
        self.keyword("seeds")?;
        Ok(seeds as u64)
    }

    /// Parses a ratio below 1 that `fits`: `1%` or `0.01`.
    fn ratio(&mut self, expected: &str, fits: impl Fn(f64) -> bool) -> Result<f64, Refusal> {
        let ratio = match self.word(0) {
            Some(Word::Number(value, unit)) if unit == "%" => value / 100.0,
            Some(Word::Number(value, unit)) if unit.is_empty() => *value,
            _ => return self.expected(expected),
        };
        if !(fits(ratio) && ratio < 1.0) {
            return self.expected(expected);
        }
        self.at += 1;
        Ok(ratio)
    }
}

/// Refuses a claim that its seeds cannot show.
fn demonstrable(likely: &Likely) -> Result<(), Refusal> {
    let over = likely.over();
    if likely.seeds.is_none() && over > MOST_DEFAULT_SEEDS {
        let least = likely.least_seeds();
        let found = format!("found one that takes {least} seeds at least");
        let rule =
            format!("more than {MOST_DEFAULT_SEEDS} seeds are played only if the claim says so");
        let hint = match least > MOST_SEEDS {
            true => "`dessim hunt` estimates what is rarer than runs can count".to_owned(),
            false => format!("add `over {over} seeds`, or see `dessim hunt`"),
        };
        return Err(Refusal::new(rule, found).hint(hint));
    }
    if !likely.can_be_shown_over(over) {
        let rule = "a claim must be one that its seeds can show";
        let found = format!("found {over} seeds, which cannot even if all of them agree");
        let hint = format!("give it `over {} seeds` or more", likely.least_seeds());
        return Err(Refusal::new(rule, found).hint(hint));
    }
    Ok(())
}
