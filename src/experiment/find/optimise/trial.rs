//! A setting tried with a range of seeds.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::{Constraint, Goal, Problem};
use crate::experiment::expect::Observer;
use crate::experiment::hunt::{Playing, Trouble};
use crate::experiment::knob::Amount;
use crate::experiment::pool::{Ended, in_order};
use crate::experiment::prepared::Prepared;
use crate::experiment::run::Options;
use crate::scenario::expect::Condition;

/// A range of seeds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seeds {
    pub(super) first: u64,
    pub(super) count: u64,
}

/// Numbers of each run of a setting: the goal, and both sides of every constraint.
#[derive(Debug, Default)]
pub(super) struct Trial {
    goals: Vec<Option<f64>>,
    sides: Vec<Vec<Option<(f64, f64)>>>,
}

/// Score of a setting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Score {
    /// Excess over the budget plus violations of constraints, each relative to its bound; 0 if all
    /// hold.
    pub(super) violation: f64,
    /// Mean of the goal.
    pub(super) goal: f64,
}

impl Score {
    /// Orders settings that hold all constraints first, then by violation.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let by_goal = || self.goal.total_cmp(&other.goal);
        self.violation.total_cmp(&other.violation).then_with(by_goal)
    }
}

impl Trial {
    /// The goal, run by run.
    pub(super) fn goals(&self, problem: &Problem<'_>, setting: &[Amount]) -> Vec<Option<f64>> {
        match &problem.goal {
            Goal::Mean(_) => self.goals.clone(),
            Goal::Cost => vec![Some(problem.cost.of(setting)); self.goals.len()],
        }
    }

    /// Both sides of a constraint for each run in which they have values.
    pub(super) fn sides(&self, constraint: usize) -> Vec<(f64, f64)> {
        self.sides.iter().filter_map(|run| run[constraint]).collect()
    }

    pub(super) fn score(&self, problem: &Problem<'_>, setting: &[Amount]) -> Score {
        let mut violation = problem.cost.excess(setting);
        for (at, constraint) in problem.constraints.iter().enumerate() {
            let sides = self.sides(at);
            // A constraint without a value in some run is violated.
            if sides.len() < self.sides.len() {
                violation += 1e9;
                continue;
            }
            let runs = sides.len().max(1) as f64;
            let difference = sides.iter().map(|(left, right)| left - right).sum::<f64>() / runs;
            let bound = sides.iter().map(|(_, right)| right.abs()).sum::<f64>() / runs;
            violation += constraint.violation(difference) / bound.max(1e-9);
        }
        let goals: Option<Vec<f64>> = self.goals(problem, setting).into_iter().collect();
        let mean = goals
            .filter(|goals| !goals.is_empty())
            .map(|goals| goals.iter().sum::<f64>() / goals.len() as f64);
        Score { violation, goal: mean.unwrap_or(f64::INFINITY) }
    }
}

/// Tries settings and counts runs.
pub(super) struct Trials<'a> {
    pub(super) problem: &'a Problem<'a>,
    pub(super) playing: Playing<'a>,
    pub(super) runs: u64,
    pub(super) interrupted: bool,
    pub(super) progress: &'a mut dyn FnMut(u64),
}

impl Trials<'_> {
    /// Tries a setting; `None` if interrupted. A setting beyond the budget is not run.
    pub(super) fn of(
        &mut self,
        setting: &[Amount],
        seeds: Seeds,
    ) -> Result<Option<Trial>, Trouble> {
        let problem = self.problem;
        if problem.cost.excess(setting) > 0.0 {
            let none = vec![None; problem.constraints.len()];
            let count = seeds.count as usize;
            return Ok(Some(Trial { goals: vec![None; count], sides: vec![none; count] }));
        }
        let set = problem.knobs.iter().zip(setting);
        let set = set.map(|((knob, _), amount)| knob.assignment(*amount));
        let scenario = problem.document.with(set)?.scenario()?.scenario;
        let conditions: Vec<_> = problem.constraints.iter().map(Constraint::condition).collect();
        let mut arms: BTreeSet<&str> = conditions.iter().flat_map(Condition::arms).collect();
        if let Goal::Mean(sum) = &problem.goal {
            arms.extend(sum.arms());
        }
        let prepared = Prepared::new(&scenario, problem.name).only(&arms);
        let observer = Observer::new(&prepared, &conditions);
        let options = self.playing.options;
        let play = |number: u64| {
            let seed = Some(seeds.first.wrapping_add(number));
            let observed = observer.observe(&prepared, &Options { seed, ..options.clone() })?;
            if observed.result.stopped.is_some() {
                return Ok((None, vec![None; problem.constraints.len()]));
            }
            let goal = match &problem.goal {
                Goal::Mean(sum) => observed.value(sum),
                Goal::Cost => Some(0.0),
            };
            let sides = problem.constraints.iter().map(|one| one.of(&observed)).collect();
            Ok::<_, crate::scenario::build::BuildError>((goal, sides))
        };
        let mut trial = Trial::default();
        let mut failure = None;
        let Playing { jobs, stop, .. } = self.playing;
        let ended = in_order(jobs, seeds.count, stop, play, |_, played| match played {
            Ok((goal, sides)) => {
                trial.goals.push(goal);
                trial.sides.push(sides);
                self.runs += 1;
                (self.progress)(self.runs);
                ControlFlow::Continue(())
            }
            Err(error) => {
                failure = Some(error);
                ControlFlow::Break(())
            }
        });
        if let Some(error) = failure {
            return Err(error.into());
        }
        self.interrupted |= ended != Ended::Done;
        Ok((ended == Ended::Done).then_some(trial))
    }
}
