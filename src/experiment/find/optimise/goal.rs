//! What is to be small, and what must be so: read from sentences, told of runs.

use crate::experiment::ask::asked;
use crate::experiment::expect::Observed;
use crate::experiment::knob::Amount;
use crate::report::search::optimum::Quantity;
use crate::scenario::expect::{Condition, Known, Likely, Refusal, Relation, Sum, read_condition};
use crate::scenario::schema::Scenario;

/// What is made small.
#[derive(Clone, Debug, PartialEq)]
pub enum Goal {
    /// The mean over seeds of an expression.
    Mean(Sum),
    /// What the setting costs.
    Cost,
}

/// What must be so.
#[derive(Clone, Debug, PartialEq)]
pub struct Constraint {
    /// In words.
    pub text: String,
    /// What is asked.
    pub(super) asks: Asks,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Asks {
    /// The means over seeds of the two sides compare so.
    Means(Sum, Relation, Sum),
    /// The share of runs in which it holds is as claimed.
    Share(Likely),
}

/// Reads what `text` says is to be small: a number of one arm, or `cost`.
///
/// # Errors
/// When it is none, names what does not exist, or could be about several arms.
pub fn goal(text: &str, scenario: &Scenario) -> Result<Goal, Refusal> {
    if text.trim() == "cost" {
        return Ok(Goal::Cost);
    }
    let known = Known::new(scenario);
    // The language has conditions and no bare numbers; a comparison with itself has the same unit.
    let mut instances = read_condition(&format!("{text} <= {text}"), &known)?.instances(&known);
    match (instances.len(), instances.pop()) {
        (1, Some((_, Condition::Compares(sum, ..)))) => Ok(Goal::Mean(sum)),
        (0, _) => Err(Refusal::new("can never be told", format!("no arm has all of `{text}`"))),
        _ => Err(Refusal::new("expected a number of one arm", "several arms have it")
            .hint("name the arm: rpc.latency.end_to_end.p99")),
    }
}

/// Reads what must be so: a comparison of means, or how likely something has to be.
///
/// # Errors
/// When it is none, or names what does not exist.
pub fn constraints(
    text: &str,
    scenario: &Scenario,
    confidence: f64,
) -> Result<Vec<Constraint>, Refusal> {
    let all = asked(Some(text), scenario, confidence)?;
    let is_claim = text.trim_start().starts_with("p(");
    let constraint = |one: crate::experiment::ask::Asked| match one.likely.condition {
        Condition::Compares(left, relation, right) if !is_claim => Constraint {
            text: format!("{left} {relation} {right}"),
            asks: Asks::Means(left, relation, right),
        },
        condition => {
            let likely = Likely { condition, ..one.likely };
            Constraint { text: one.claim, asks: Asks::Share(likely) }
        }
    };
    Ok(all.into_iter().map(constraint).collect())
}

impl Constraint {
    /// The conditions that runs have to be looked at for.
    pub(super) fn condition(&self) -> Condition {
        match &self.asks {
            Asks::Means(left, relation, right) => {
                Condition::Compares(left.clone(), *relation, right.clone())
            }
            Asks::Share(likely) => likely.condition.clone(),
        }
    }

    /// Its number in a run: both sides of a comparison, or whether the condition holds.
    pub(super) fn of(&self, observed: &Observed) -> Option<(f64, f64)> {
        match &self.asks {
            Asks::Means(left, _, right) => Some((observed.value(left)?, observed.value(right)?)),
            Asks::Share(likely) => {
                let holds = observed.answer(&likely.condition).holds;
                Some((f64::from(u8::from(holds)), likely.ratio))
            }
        }
    }

    fn relation(&self) -> Relation {
        match &self.asks {
            Asks::Means(_, relation, _) => *relation,
            Asks::Share(likely) => likely.relation,
        }
    }

    /// By how much the mean difference of the sides is wrong, 0 if it is right.
    pub(super) fn violation(&self, difference: f64) -> f64 {
        match self.relation() {
            Relation::Below if difference < 0.0 => 0.0,
            Relation::Above if difference > 0.0 => 0.0,
            Relation::AtMost => difference.max(0.0),
            Relation::AtLeast => (-difference).max(0.0),
            // Where equality is not enough, it is wrong by a little.
            Relation::Below | Relation::Above => difference.abs().max(f64::MIN_POSITIVE),
            Relation::Equal => difference.abs(),
            Relation::Unequal => f64::from(u8::from(difference == 0.0)),
        }
    }

    /// What its numbers count.
    pub(super) fn quantity(&self) -> Quantity {
        match &self.asks {
            Asks::Means(left, ..) => quantity(left),
            Asks::Share(_) => Quantity::Ratio,
        }
    }
}

/// What an expression counts.
pub(super) fn quantity(sum: &Sum) -> Quantity {
    match sum.is_time() {
        true => Quantity::Time,
        false => Quantity::Number,
    }
}

/// What a unit of each knob costs, in the order of the knobs: per second of a duration, per event a
/// second of a rate.
#[derive(Clone, Debug, PartialEq)]
pub struct Cost {
    /// The prices.
    pub prices: Vec<f64>,
    /// At most so much.
    pub budget: Option<f64>,
}

impl Cost {
    /// What a setting costs.
    #[must_use]
    pub fn of(&self, setting: &[Amount]) -> f64 {
        let unit = |amount: Amount| match amount {
            Amount::Duration(_) => amount.as_f64() / 1e9,
            _ => amount.as_f64(),
        };
        setting.iter().zip(&self.prices).map(|(amount, price)| unit(*amount) * price).sum()
    }

    /// By how much a setting is too dear.
    pub(super) fn excess(&self, setting: &[Amount]) -> f64 {
        self.budget.map_or(0.0, |budget| (self.of(setting) - budget).max(0.0))
    }
}
