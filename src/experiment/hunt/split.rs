//! Probabilities of rare events by splitting: worlds that come near the event are copied, so that
//! many copies come nearer.
//!
//! The method is multilevel splitting with fixed effort (Garvels 2000, "The splitting method in
//! rare event simulation"; L'Ecuyer, Le Gland, Lezaud and Tuffin 2009, "Splitting techniques"). The
//! importance of a world is its in-flight count. At each level `effort` worlds start, each as a
//! copy of a random world that reached the level, drawn with replacement, with new random numbers.
//! The share that reaches the next level estimates the conditional probability of reaching it, and
//! the product of the shares is unbiased for the probability of reaching the last level. A world
//! that ends below the next level counts too, if it shows the event. So the estimate is unbiased
//! for any importance; its variance depends on the choice.
//!
//! A pilot with its own random numbers sets the levels, so that about a fifth of the worlds reach
//! the next one (adaptive multilevel splitting, Cerou and Guyader 2007); then they are fixed.

use std::ops::ControlFlow;

use super::branch::{Advance, Branch, Stock};
use super::{Playing, Trouble};
use crate::experiment::condition::Wanted;
use crate::experiment::pool::{Ended, in_order};
use crate::experiment::prepared::Prepared;
use crate::kernel::draw::mix;
use crate::report::search::hunt::Split;
use crate::scenario::expect::{Condition, Refusal};
use crate::statistics::summary::summary;

/// Share of the pilot's worlds that reaches the next level.
const PART: f64 = 0.2;
/// Most levels: 0.2^80 is below any probability of interest.
const MOST_LEVELS: usize = 80;
/// Number of the pilot, which no repetition has.
const PILOT: u64 = u64::MAX;

/// Settings of the method.
#[derive(Debug)]
pub struct Splitting<'a> {
    /// Component whose in-flight count is the importance; `None` for all of them.
    pub component: Option<&'a str>,
    /// Worlds at each level, at least 2.
    pub effort: u64,
    /// The seed of the first repetition.
    pub first: u64,
    /// Number of independent repetitions, each with its own seed.
    pub repetitions: u64,
}

/// The arm that all conditions are about, and whether they need phases.
///
/// # Errors
/// If the conditions are about several arms, or need what split worlds do not record.
pub fn splittable(wanted: &Wanted) -> Result<(String, bool), Refusal> {
    let mut courses = false;
    for condition in &wanted.conditions {
        look(condition, &mut courses)?;
    }
    let arms: Vec<&str> = wanted.arms().into_iter().collect();
    match arms.as_slice() {
        [arm] => Ok(((*arm).to_owned(), courses)),
        [] => Err(Refusal::new("splitting needs a condition about an arm", "found none")),
        several => {
            let found =
                format!("found the arms {}", crate::scenario::list_of(several.iter().copied()));
            Err(Refusal::new("splitting takes a condition about one arm", found)
                .hint("name it: 'retries collapses', or 'retries.requests.shed > 0'"))
        }
    }
}

fn look(condition: &Condition, courses: &mut bool) -> Result<(), Refusal> {
    match condition {
        Condition::Compares(..) => {}
        Condition::Not(of) => look(of, courses)?,
        Condition::Collapses { .. } | Condition::Recovers { .. } => *courses = true,
        Condition::Happens { .. } => {
            let rule = "splitting cannot wait for an event";
            return Err(Refusal::new(rule, format!("found `{condition}`"))
                .hint("ask for a number that the event leaves, such as requests.shed > 0"));
        }
    }
    Ok(())
}

/// Estimates the probability of what is wanted in an arm; `None` if interrupted before the end of
/// the first repetition. `progress` gets the number of repetitions done and the number planned.
///
/// # Errors
/// If the component does not exist, or the scenario was not checked.
pub fn split(
    prepared: &Prepared<'_>,
    wanted: &Wanted,
    (arm, courses): (&str, bool),
    splitting: &Splitting<'_>,
    playing: Playing<'_>,
    mut progress: impl FnMut(u64, u64),
) -> Result<Result<Option<Split>, Refusal>, Trouble> {
    let (max_events, limits) = (playing.options.max_events, playing.options.limits());
    let mut stock = Stock { prepared, arm, node: None, courses, max_events, limits };
    if let Some(name) = splitting.component {
        let world = Branch::new(&stock, 0)?;
        stock.node = world.node(name);
        if stock.node.is_none() {
            let found = format!("found `{}`", crate::scenario::problem::printable(name));
            let rule = format!("{arm} has no such service or queue");
            let hint = format!("there is {}", crate::scenario::list_of(world.counted()));
            return Ok(Err(Refusal::new(rule, found).hint(hint)));
        }
    }
    let mut run = Run { stock, wanted, playing, effort: splitting.effort, worlds: 0, events: 0 };
    let Some(levels) = run.levels(splitting.first)? else { return Ok(Ok(None)) };
    let mut repetitions = Vec::new();
    for number in 0..splitting.repetitions {
        let Some(estimate) = run.repetition(splitting.first.wrapping_add(number), &levels)? else {
            break;
        };
        repetitions.push(estimate);
        progress(number + 1, splitting.repetitions);
    }
    let Some(mean) = summary(&repetitions) else { return Ok(Ok(None)) };
    let interval = mean.interval.ok().filter(|_| mean.mean > 0.0);
    Ok(Ok(Some(Split {
        arm: arm.to_owned(),
        importance: match splitting.component {
            Some(name) => format!("by what is in flight or waits at {name}"),
            None => "by all that is under way".to_owned(),
        },
        levels,
        effort: splitting.effort,
        repetitions,
        probability: mean.mean,
        interval: interval.map(|(low, high)| (low.max(0.0), high.min(1.0))),
        worlds: run.worlds,
        events: run.events,
    })))
}

struct Run<'a> {
    stock: Stock<'a>,
    wanted: &'a Wanted,
    playing: Playing<'a>,
    effort: u64,
    worlds: u64,
    events: u64,
}

/// Outcomes of the worlds of a level.
#[derive(Default)]
struct Stage {
    /// Worlds that reached the next level.
    up: Vec<Branch>,
    /// Number of the others that show what is wanted.
    hits: u64,
    /// Largest in-flight count of each world.
    most: Vec<u64>,
}

/// Outcome of a world.
enum Fate {
    Up(Box<Branch>),
    Over { shows: bool, most: u64, events: u64 },
}

impl Run<'_> {
    /// Plays the worlds of a level up to the next one, from scratch or from the worlds in
    /// `entrance`; `None` if interrupted.
    fn stage(
        &mut self,
        key: u64,
        entrance: Option<&[Branch]>,
        level: u64,
    ) -> Result<Option<Stage>, Trouble> {
        let (stock, wanted) = (&self.stock, self.wanted);
        let work = |number: u64| {
            let luck = mix(key ^ mix(number));
            let world = match entrance {
                None => Branch::new(stock, luck)?,
                Some(worlds) => {
                    // The bias of the modulus is below the number of worlds times 2^-64.
                    let at = mix(luck) % worlds.len() as u64;
                    worlds[at as usize].fork(luck)
                }
            };
            let before = world.events();
            Ok(match world.up_to(stock, level) {
                Advance::Up(world) => (before, Fate::Up(world)),
                Advance::Over(world, why) => {
                    let (most, events) = (world.most, world.events());
                    let observed = world.observed(stock, why);
                    let shows = observed.is_some_and(|seen| wanted.shown(&seen).is_some());
                    (before, Fate::Over { shows, most, events })
                }
            })
        };
        let mut stage = Stage::default();
        let mut failure = None;
        let (mut worlds, mut events) = (0, 0);
        let Playing { jobs, stop, .. } = self.playing;
        let ended = in_order(jobs, self.effort, stop, work, |_, fate| {
            worlds += 1;
            match fate {
                Ok((before, Fate::Up(world))) => {
                    events += world.events() - before;
                    stage.up.push(*world);
                }
                Ok((before, Fate::Over { shows, most, events: after })) => {
                    events += after - before;
                    stage.hits += u64::from(shows);
                    stage.most.push(most);
                }
                Err(error) => {
                    failure = Some(error);
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        });
        self.worlds += worlds;
        self.events += events;
        match failure {
            Some(error) => Err(Trouble::Build(error)),
            None => Ok((ended == Ended::Done).then_some(stage)),
        }
    }

    /// Sets the levels by a pilot.
    fn levels(&mut self, seed: u64) -> Result<Option<Vec<u64>>, Trouble> {
        let mut levels: Vec<u64> = Vec::new();
        let mut entrance: Option<Vec<Branch>> = None;
        while levels.len() < MOST_LEVELS {
            let key = key(seed, PILOT, levels.len());
            let Some(all) = self.stage(key, entrance.as_deref(), u64::MAX)? else {
                return Ok(None);
            };
            if all.hits as f64 >= PART * self.effort as f64 {
                break;
            }
            let Some(next) = next_level(&all.most, levels.last().copied()) else { break };
            // The same worlds with the same random numbers, stopped where they reach the level.
            let Some(stopped) = self.stage(key, entrance.as_deref(), next)? else {
                return Ok(None);
            };
            levels.push(next);
            entrance = Some(stopped.up);
        }
        Ok(Some(levels))
    }

    /// One unbiased estimate.
    fn repetition(&mut self, seed: u64, levels: &[u64]) -> Result<Option<f64>, Trouble> {
        let (mut estimate, mut weight) = (0.0, 1.0);
        let mut entrance: Option<Vec<Branch>> = None;
        for at in 0..=levels.len() {
            let level = levels.get(at).copied().unwrap_or(u64::MAX);
            let Some(stage) = self.stage(key(seed, 0, at), entrance.as_deref(), level)? else {
                return Ok(None);
            };
            estimate += weight * stage.hits as f64 / self.effort as f64;
            weight *= stage.up.len() as f64 / self.effort as f64;
            if stage.up.is_empty() {
                break;
            }
            entrance = Some(stage.up);
        }
        Ok(Some(estimate))
    }
}

fn key(seed: u64, part: u64, level: usize) -> u64 {
    mix(mix(mix(seed) ^ part) ^ level as u64)
}

/// The level above the present one that about a fifth of the worlds reaches; `None` if no world
/// gets further.
fn next_level(most: &[u64], present: Option<u64>) -> Option<u64> {
    let mut sorted = most.to_vec();
    sorted.sort_unstable();
    let at = ((1.0 - PART) * sorted.len() as f64) as usize;
    let quantile = sorted.get(at).copied()?;
    let above = |level: &u64| present.is_none_or(|present| *level > present);
    Some(quantile).filter(above).or_else(|| sorted.into_iter().find(above))
}
