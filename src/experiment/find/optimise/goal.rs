//! Goals and constraints of a search: read from sentences, evaluated on runs.

use crate::experiment::condition::likely_claims;
use crate::experiment::expect::Observed;
use crate::experiment::knob::Amount;
use crate::report::search::optimum::Quantity;
use crate::scenario::expect::{Condition, Known, Likely, Refusal, Relation, Sum, read_condition};
use crate::scenario::schema::Scenario;

/// The number to minimise.
#[derive(Clone, Debug, PartialEq)]
pub enum Goal {
    /// The mean over seeds of an expression.
    Mean(Sum),
    /// The cost of the setting.
    Cost,
}

/// A constraint on the setting.
#[derive(Clone, Debug, PartialEq)]
pub struct Constraint {
    /// The constraint in words.
    pub text: String,
    /// The condition.
    pub(super) asks: Asks,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Asks {
    /// A comparison of the means of two sides over seeds.
    Means(Sum, Relation, Sum),
    /// A claim about the share of runs in which a condition holds.
    Share(Likely),
}

/// Reads a goal: a number of one arm, or `cost`.
///
/// # Errors
/// If `text` is no number, names something unknown, or could be about several arms.
pub fn goal(text: &str, scenario: &Scenario) -> Result<Goal, Refusal> {
    if text.trim() == "cost" {
        return Ok(Goal::Cost);
    }
    let known = Known::new(scenario);
    // The language has conditions, not bare numbers; a comparison with itself has the right unit.
    let mut instances = read_condition(&format!("{text} <= {text}"), &known)?.instances(&known);
    match (instances.len(), instances.pop()) {
        (1, Some((_, Condition::Compares(sum, ..)))) => Ok(Goal::Mean(sum)),
        (0, _) => Err(Refusal::new(
            "a goal needs an arm with all of its names",
            format!("no arm has all of `{text}`"),
        )),
        _ => Err(Refusal::new("expected a number of one arm", "several arms have it")
            .hint("name the arm: rpc.latency.end_to_end.p99")),
    }
}

/// Reads constraints: a comparison of means, or a claim about a probability.
///
/// # Errors
/// If `text` is no constraint, or names something unknown.
pub fn constraints(
    text: &str,
    scenario: &Scenario,
    confidence: f64,
) -> Result<Vec<Constraint>, Refusal> {
    let all = likely_claims(Some(text), scenario, confidence)?;
    let is_claim = text.trim_start().starts_with("p(");
    let constraint = |one: crate::experiment::condition::LikelyClaim| match one.likely.condition {
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
    /// The condition that runs are observed for.
    pub(super) fn condition(&self) -> Condition {
        match &self.asks {
            Asks::Means(left, relation, right) => {
                Condition::Compares(left.clone(), *relation, right.clone())
            }
            Asks::Share(likely) => likely.condition.clone(),
        }
    }

    /// The numbers of a run: both sides of a comparison, or whether the condition holds.
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

    /// Amount by which the mean difference of the sides violates the constraint; 0 if it holds.
    pub(super) fn violation(&self, difference: f64) -> f64 {
        match self.relation() {
            Relation::Below if difference < 0.0 => 0.0,
            Relation::Above if difference > 0.0 => 0.0,
            Relation::AtMost => difference.max(0.0),
            Relation::AtLeast => (-difference).max(0.0),
            // Equality violates a strict relation, by the least amount.
            Relation::Below | Relation::Above => difference.abs().max(f64::MIN_POSITIVE),
            Relation::Equal => difference.abs(),
            Relation::Unequal => f64::from(u8::from(difference == 0.0)),
        }
    }

    /// Unit of the numbers.
    pub(super) fn quantity(&self) -> Quantity {
        match &self.asks {
            Asks::Means(left, ..) => quantity(left),
            Asks::Share(_) => Quantity::Ratio,
        }
    }
}

/// Unit of an expression.
pub(super) fn quantity(sum: &Sum) -> Quantity {
    match sum.is_time() {
        true => Quantity::Time,
        false => Quantity::Number,
    }
}

/// Prices of the knobs, and the budget.
#[derive(Clone, Debug, PartialEq)]
pub struct Cost {
    /// Price of one unit of each knob, in the order of the knobs: a second of a duration, an event
    /// per second of a rate.
    pub prices: Vec<f64>,
    /// Largest cost, if limited.
    pub budget: Option<f64>,
}

impl Cost {
    /// The cost of a setting.
    #[must_use]
    pub fn of(&self, setting: &[Amount]) -> f64 {
        let unit = |amount: Amount| match amount {
            Amount::Duration(_) => amount.as_f64() / 1e9,
            _ => amount.as_f64(),
        };
        setting.iter().zip(&self.prices).map(|(amount, price)| unit(*amount) * price).sum()
    }

    /// Amount by which a setting exceeds the budget.
    pub(super) fn excess(&self, setting: &[Amount]) -> f64 {
        self.budget.map_or(0.0, |budget| (self.of(setting) - budget).max(0.0))
    }
}
