//! What it takes to show a probability.
//!
//! A claim is judged by all of its seeds, by the exact one-sided bound of Clopper and Pearson: see
//! [`Proportion`].

use super::lex::Word;
use super::parse::Parser;
use super::{Likely, Refusal, Relation};
use crate::statistics::proportion::{Proportion, runs_to_show_below};

/// How sure a claim is unless it says so.
const CONFIDENCE: f64 = 0.95;
/// Twice as many runs as would do if the thing never happened, so that it may happen now and then.
const ROOM: u64 = 2;
const LEAST_SEEDS: u64 = 20;
/// More seeds than this are played only if somebody asks for them.
const MOST_UNASKED: u64 = 10_000;
/// More seeds than this are a mistake: the rarest of things is then found in another way.
const MOST_SEEDS: u64 = 10_000_000;

impl Likely {
    /// Over how many seeds it is judged.
    #[must_use]
    pub fn over(&self) -> u64 {
        self.seeds.unwrap_or_else(|| {
            // What should be likely is the opposite of something that should be rare.
            let rare = if self.is_unwanted() { self.ratio } else { 1.0 - self.ratio };
            ROOM.saturating_mul(runs_to_show_below(rare, self.confidence)).max(LEAST_SEEDS)
        })
    }

    /// True if the condition is what ought to be rare.
    #[must_use]
    pub fn is_unwanted(&self) -> bool {
        self.relation == Relation::Below
    }

    /// The bound that speaks for it: at the confidence, the probability is at most, or at least,
    /// this.
    #[must_use]
    pub fn bound(&self, seen: Proportion) -> f64 {
        match self.is_unwanted() {
            true => seen.at_most(self.confidence),
            false => seen.at_least(self.confidence),
        }
    }

    /// True if what was seen shows the claim.
    #[must_use]
    pub fn shown_by(&self, seen: Proportion) -> bool {
        match self.is_unwanted() {
            true => self.bound(seen) < self.ratio,
            false => self.bound(seen) > self.ratio,
        }
    }

    /// True if what was seen shows its opposite.
    #[must_use]
    pub fn refuted_by(&self, seen: Proportion) -> bool {
        match self.is_unwanted() {
            true => seen.at_least(self.confidence) >= self.ratio,
            false => seen.at_most(self.confidence) <= self.ratio,
        }
    }

    /// True if so many seeds could show it at all: if they agreed.
    fn can_be_shown_over(&self, runs: u64) -> bool {
        let hits = if self.is_unwanted() { 0 } else { runs };
        self.shown_by(Proportion { hits, runs })
    }

    /// The fewest seeds that could show it.
    fn least_seeds(&self) -> u64 {
        let rare = if self.is_unwanted() { self.ratio } else { 1.0 - self.ratio };
        let least = runs_to_show_below(rare, self.confidence).max(1);
        // By the rounding of logarithms it may be one too few, never more.
        if least > MOST_SEEDS || self.can_be_shown_over(least) {
            least
        } else {
            least.saturating_add(1)
        }
    }
}

impl Parser<'_> {
    /// What follows `p(`.
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
            let what = "a confidence from 50% up and below 100%, such as 95%";
            confidence = self.ratio(what, |p| p >= 0.5)?;
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

    /// `1%` or `0.01`, below 1.
    fn ratio(&mut self, what: &str, fits: impl Fn(f64) -> bool) -> Result<f64, Refusal> {
        let ratio = match self.word(0) {
            Some(Word::Number(value, unit)) if unit == "%" => value / 100.0,
            Some(Word::Number(value, unit)) if unit.is_empty() => *value,
            _ => return self.expected(what),
        };
        if !(fits(ratio) && ratio < 1.0) {
            return self.expected(what);
        }
        self.at += 1;
        Ok(ratio)
    }
}

/// Refuses what no number of seeds that is played could show.
fn demonstrable(likely: &Likely) -> Result<(), Refusal> {
    let over = likely.over();
    if likely.seeds.is_none() && over > MOST_UNASKED {
        let least = likely.least_seeds();
        let found = format!("found one that takes {least} seeds at least");
        let rule = format!("more than {MOST_UNASKED} seeds are played only if the claim says so");
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
