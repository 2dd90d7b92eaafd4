//! The best setting of a few numbers, under constraints.
//!
//! A Latin hypercube (McKay, Beckman and Conover 1979) samples the whole space, and a pattern
//! search (Hooke and Jeeves 1961; Kolda, Lewis and Torczon 2003) continues from its best points,
//! halving its steps. All settings are tried with the same seeds, which reduces the variance of
//! differences between them. The best of many settings is in part the luckiest one, so the
//! finalists are tried again with fresh seeds to choose the best, and that one is evaluated with
//! other fresh seeds, which decided nothing.

mod goal;
mod trial;

use std::collections::BTreeMap;

pub use goal::{Constraint, Cost, Goal, constraints, goal};
use trial::{Score, Seeds, Trial, Trials};

use super::super::hunt::{Playing, Trouble};
use super::super::knob::{Amount, Knob, Span};
use crate::kernel::draw::Site;
use crate::report::search::optimum::{
    Bound, OPTIMUM_SCHEMA, Optimum, Quantity, Rival, mean_interval,
};
use crate::scenario::Document;

/// Number of finalists, which are tried again with fresh seeds.
const FINALISTS: usize = 5;
/// Fresh seeds to choose with for each seed of the search, and as many again to evaluate with.
const FRESH: u64 = 2;
/// Points from which pattern searches start.
const BEGINNINGS: usize = 2;
/// Steps of a number that is not whole.
const STEPS: u64 = 1 << 10;
/// Shortest step, as the divisor of the whole span.
const SHORTEST: u64 = 64;

/// The ground of a search.
#[derive(Debug)]
pub struct Problem<'a> {
    /// Name of the scenario.
    pub name: &'a str,
    /// The scenario as written.
    pub document: &'a Document,
    /// Knobs, at least one, each with its interval.
    pub knobs: Vec<(Knob, Span)>,
    /// The number to minimise.
    pub goal: Goal,
    /// The goal in words.
    pub goal_text: String,
    /// Constraints.
    pub constraints: Vec<Constraint>,
    /// Cost of settings.
    pub cost: Cost,
    /// First seed.
    pub first: u64,
    /// Number of seeds of every setting of the search.
    pub seeds: u64,
    /// Most runs, the finals included.
    pub runs: u64,
}

impl Problem<'_> {
    /// Fewest runs that allow a search and its finals.
    #[must_use]
    pub fn least_runs(&self) -> u64 {
        let finals = FINALISTS as u64 * 2 * FRESH;
        self.seeds.saturating_mul(finals + 1)
    }
}

/// A setting as the number of steps from the lower end of each knob.
type Place = Vec<u64>;

/// Finds the best setting; `None` if the search is interrupted before the first setting, or its
/// runs do not suffice for one. `progress` gets the number of runs done.
///
/// # Errors
/// If a setting makes no valid scenario.
pub fn optimise(
    problem: &Problem<'_>,
    playing: Playing<'_>,
    progress: &mut dyn FnMut(u64),
) -> Result<Option<Optimum>, Trouble> {
    let steps = problem.knobs.iter().map(|(_, span)| steps_of(span)).collect();
    let mut search = Searching {
        problem,
        steps,
        trials: Trials { problem, playing, runs: 0, interrupted: false, progress },
        tried: BTreeMap::new(),
    };
    search.everywhere()?;
    search.downhill()?;
    search.finals()
}

/// Number of steps from end to end of a span.
fn steps_of(span: &Span) -> u64 {
    match (span.from(), span.to()) {
        (Amount::Whole(from), Amount::Whole(to)) => from.abs_diff(to).clamp(1, 1 << 20),
        _ => STEPS,
    }
}

struct Searching<'a> {
    problem: &'a Problem<'a>,
    steps: Vec<u64>,
    trials: Trials<'a>,
    tried: BTreeMap<Place, Score>,
}

impl Searching<'_> {
    fn setting(&self, place: &[u64]) -> Vec<Amount> {
        let knobs = self.problem.knobs.iter().zip(place.iter().zip(&self.steps));
        knobs.map(|((_, span), (&at, &steps))| span.at(at, steps)).collect()
    }

    /// Runs reserved for the finals.
    fn kept(&self) -> u64 {
        FINALISTS as u64 * 2 * FRESH * self.problem.seeds
    }

    fn is_over(&self) -> bool {
        let next = self.trials.runs + self.problem.seeds + self.kept();
        self.trials.interrupted || next > self.problem.runs
    }

    /// The score of a place, tried once; `None` if no runs are left.
    fn at(&mut self, place: &Place) -> Result<Option<Score>, Trouble> {
        if let Some(score) = self.tried.get(place) {
            return Ok(Some(*score));
        }
        if self.is_over() {
            return Ok(None);
        }
        let setting = self.setting(place);
        let seeds = Seeds { first: self.problem.first, count: self.problem.seeds };
        let Some(trial) = self.trials.of(&setting, seeds)? else { return Ok(None) };
        let score = trial.score(self.problem, &setting);
        self.tried.insert(place.clone(), score);
        Ok(Some(score))
    }

    /// Tries places everywhere: all of them if they are few, else a Latin hypercube, which has
    /// each part of each knob once.
    fn everywhere(&mut self) -> Result<(), Trouble> {
        let affordable = self.problem.runs.saturating_sub(self.kept()) / self.problem.seeds;
        let all = self.steps.iter().try_fold(1_u64, |all, steps| all.checked_mul(steps + 1));
        let places: Vec<Place> = match all.filter(|all| *all <= affordable) {
            Some(all) => (0..all).map(|number| self.numbered(number)).collect(),
            None => self.hypercube((affordable / 2).clamp(1, 400)),
        };
        for place in places {
            if self.at(&place)?.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn numbered(&self, mut number: u64) -> Place {
        let digit = |steps: &u64| {
            let digit = number % (steps + 1);
            number /= steps + 1;
            digit
        };
        self.steps.iter().map(digit).collect()
    }

    fn hypercube(&self, points: u64) -> Vec<Place> {
        let site = Site::new(self.problem.first, "find", "hypercube");
        let column = |knob: usize, steps: u64| {
            let mut order: Vec<u64> = (0..points).collect();
            order.sort_by_key(|&at| (site.bits(at, 0, knob as u32), at));
            // The middle of each part of the span.
            let place = move |part: u64| {
                let way = u128::from(2 * part + 1) * u128::from(steps);
                (way / u128::from(2 * points)) as u64
            };
            order.into_iter().map(place).collect::<Vec<u64>>()
        };
        let columns: Vec<Vec<u64>> =
            self.steps.iter().enumerate().map(|(knob, &steps)| column(knob, steps)).collect();
        (0..points as usize).map(|at| columns.iter().map(|column| column[at]).collect()).collect()
    }

    /// The places tried, the best first.
    fn ranked(&self) -> Vec<(Place, Score)> {
        let mut all: Vec<(Place, Score)> =
            self.tried.iter().map(|(place, score)| (place.clone(), *score)).collect();
        all.sort_by(|(_, one), (_, other)| one.order(other));
        all
    }

    fn downhill(&mut self) -> Result<(), Trouble> {
        let beginnings: Vec<(Place, Score)> = self.ranked().into_iter().take(BEGINNINGS).collect();
        for (mut place, mut score) in beginnings {
            let mut divisor = 4;
            while divisor <= SHORTEST && !self.is_over() {
                let mut best = None;
                for near in self.neighbours(&place, divisor) {
                    let Some(candidate) = self.at(&near)? else { break };
                    let against = best.as_ref().map_or(score, |(_, score)| *score);
                    if candidate.order(&against).is_lt() {
                        best = Some((near, candidate));
                    }
                }
                match best {
                    Some(better) => (place, score) = better,
                    None => divisor *= 2,
                }
            }
        }
        Ok(())
    }

    fn neighbours(&self, place: &Place, divisor: u64) -> Vec<Place> {
        let mut near = Vec::new();
        for (knob, &steps) in self.steps.iter().enumerate() {
            let step = (steps / divisor).max(1);
            for to in [place[knob].checked_sub(step), Some(place[knob] + step)] {
                if let Some(to) = to.filter(|to| *to <= steps) {
                    let mut other = place.clone();
                    other[knob] = to;
                    near.push(other);
                }
            }
        }
        near
    }

    /// Tries the finalists again: half of the fresh seeds choose the best, the other half evaluate
    /// it.
    fn finals(mut self) -> Result<Option<Optimum>, Trouble> {
        let Problem { first, seeds, .. } = *self.problem;
        let ranked = self.ranked();
        let settings = ranked.len() as u64;
        let choosing = Seeds { first: first.wrapping_add(seeds), count: FRESH * seeds };
        let evaluating =
            Seeds { first: choosing.first.wrapping_add(choosing.count), count: choosing.count };
        let mut finalists = Vec::new();
        for (place, _) in ranked.iter().take(FINALISTS) {
            let setting = self.setting(place);
            let chosen = self.trials.of(&setting, choosing)?;
            let evaluated = self.trials.of(&setting, evaluating)?;
            if let (Some(chosen), Some(evaluated)) = (chosen, evaluated) {
                finalists.push((setting.clone(), chosen.score(self.problem, &setting), evaluated));
            }
        }
        finalists.sort_by(|(_, one, _), (_, other, _)| one.order(other));
        let Some(((setting, _, evaluated), rest)) = finalists.split_first() else {
            return Ok(ranked.first().map(|(place, score)| {
                let setting = self.setting(place);
                let feasible = score.violation == 0.0;
                Optimum { feasible, settings, ..self.described(&setting) }
            }));
        };
        let goals = evaluated.goals(self.problem, setting);
        let rival = |(other, _, of): &(Vec<Amount>, Score, Trial)| {
            let other_goals = of.goals(self.problem, other);
            let pairs = other_goals.iter().zip(&goals);
            let differences: Option<Vec<f64>> =
                pairs.map(|(theirs, ours)| Some((*theirs)? - (*ours)?)).collect();
            let difference = differences.and_then(|all| mean_interval(&all));
            let feasible = of.score(self.problem, other).violation == 0.0;
            Rival { set: self.flags(other), difference, feasible }
        };
        let known: Option<Vec<f64>> = goals.iter().copied().collect();
        Ok(Some(Optimum {
            value: known.and_then(|values| mean_interval(&values)),
            feasible: evaluated.score(self.problem, setting).violation == 0.0,
            bounds: self.bounds(evaluated),
            rivals: rest.iter().map(rival).collect(),
            settings,
            fresh_seeds: Some([
                evaluating.first,
                evaluating.first.wrapping_add(evaluating.count - 1),
            ]),
            ..self.described(setting)
        }))
    }

    /// The description of a setting without results of fresh seeds.
    fn described(&self, setting: &[Amount]) -> Optimum {
        let Problem { first, seeds, cost, .. } = self.problem;
        let costs = cost.prices.iter().any(|price| *price != 0.0);
        Optimum {
            schema: OPTIMUM_SCHEMA,
            scenario: self.problem.name.to_owned(),
            goal: self.problem.goal_text.clone(),
            quantity: match &self.problem.goal {
                Goal::Mean(sum) => goal::quantity(sum),
                Goal::Cost => Quantity::Number,
            },
            set: self.flags(setting),
            value: None,
            feasible: false,
            cost: costs.then(|| (cost.of(setting), cost.budget)),
            bounds: Vec::new(),
            rivals: Vec::new(),
            settings: 0,
            search_seeds: [*first, first.wrapping_add(seeds - 1)],
            fresh_seeds: None,
            runs: self.trials.runs,
            interrupted: self.trials.interrupted,
        }
    }

    /// The assignments of a setting, as `--set` takes them.
    fn flags(&self, setting: &[Amount]) -> Vec<String> {
        let knobs = self.problem.knobs.iter().zip(setting);
        knobs.map(|((knob, _), amount)| knob.assignment(*amount)).collect()
    }

    fn bounds(&self, trial: &Trial) -> Vec<Bound> {
        let bound = |(at, constraint): (usize, &Constraint)| {
            let sides = trial.sides(at);
            let left: Vec<f64> = sides.iter().map(|(left, _)| *left).collect();
            let differences: Vec<f64> = sides.iter().map(|(left, right)| left - right).collect();
            let difference = mean_interval(&differences);
            Bound {
                constraint: constraint.text.clone(),
                quantity: constraint.quantity(),
                value: mean_interval(&left),
                holds: difference.is_some_and(|(mean, _)| constraint.violation(mean) == 0.0),
                // A bound this near decides the setting, or may.
                binds: difference.is_some_and(|(mean, interval)| {
                    let right = sides.iter().map(|(_, right)| right.abs()).fold(0.0, f64::max);
                    let near = mean.abs() <= NEAR * right;
                    near || interval.is_some_and(|(low, high)| low <= 0.0 && high >= 0.0)
                }),
            }
        };
        self.problem.constraints.iter().enumerate().map(bound).collect()
    }
}

/// Distance from a bound, as a share of it, below which the constraint binds.
const NEAR: f64 = 0.02;
