//! Capacity of each arm of a scenario: the loads at which it is stable, vulnerable or overloaded.
//!
//! These are the states of Bronson, Aghayev, Charapko and Zhu (2021), "Metastable failures in
//! distributed systems", and Huang et al. (2022), "Metastable failures in the wild": a stable
//! system recovers from its trigger by itself; a vulnerable one is well until a trigger, and stays
//! down after it; an overloaded one goes down without a trigger. Each edge is a threshold of the
//! load and is searched like any other.

use super::bisect::{Search, find_from};
use super::parameter::Parameter;
use crate::experiment::condition::{LikelyClaim, USUAL_RATIO};
use crate::experiment::hunt::{Playing, Trouble};
use crate::experiment::knob::Amount;
use crate::kernel::time::Duration;
use crate::kernel::units::{Rate, Ratio};
use crate::report::search::capacity::{ArmCapacity, CAPACITY_SCHEMA, Capacity, Present};
use crate::report::search::threshold::Thresholds;
use crate::report::text::format::time;
use crate::scenario::Problems;
use crate::scenario::arms::arms;
use crate::scenario::expect::{Condition, Likely, Refusal, Relation};
use crate::scenario::schema::{Arm, Arrivals, Effect, Fault, Load, Scenario};

/// Largest factor by which the load is scaled, up or down.
const FARTHEST: f64 = 64.0;
/// The trigger of a scenario without one: every service freezes for a twentieth of the run, from a
/// quarter of it on.
const STANDARD: (u64, u64) = (4, 20);

/// The ground of a search.
#[derive(Debug)]
pub struct Question<'a> {
    /// Name of the scenario.
    pub name: &'a str,
    /// The scaled load; `None` scales all of them.
    pub load: Option<&'a str>,
    /// The only arm to search, if given.
    pub arm: Option<&'a str>,
    /// Resolution, as a share of the smaller factor.
    pub precision: f64,
    /// First seed.
    pub first: u64,
    /// Number of seeds, from there on.
    pub seeds: u64,
    /// Confidence of an edge, in [0.5, 1).
    pub confidence: f64,
}

/// Finds the edges of every arm. `progress` gets the number of runs done and the present factor.
///
/// # Errors
/// If the scenario has no capacity to search, with a refusal; if it is invalid, with a trouble.
pub fn capacity(
    scenario: &Scenario,
    question: &Question<'_>,
    playing: Playing<'_>,
    mut progress: impl FnMut(u64, f64),
) -> Result<Result<Capacity, Refusal>, Trouble> {
    if let Err(refusal) = scalable(scenario, question) {
        return Ok(Err(refusal));
    }
    let mut result = Capacity {
        schema: CAPACITY_SCHEMA,
        scenario: question.name.to_owned(),
        load: question.load.map(str::to_owned),
        present: present(scenario, question.load),
        seeds: [question.first, question.first.saturating_add(question.seeds - 1)],
        runs: 0,
        arms: Vec::new(),
        interrupted: false,
    };
    for (name, arm) in arms(scenario) {
        if question.arm.is_some_and(|only| only != name) || result.interrupted {
            continue;
        }
        let (alone, trigger) = alone(scenario, &name, &arm);
        let edge = |triggered: bool, done: u64, progress: &mut dyn FnMut(u64, f64)| {
            let scaled_load = Loaded { scenario: &alone, load: question.load, triggered };
            let collapses = Condition::Collapses { arm: Some(name.clone()) };
            let claim = LikelyClaim {
                text: "not collapses".to_owned(),
                arm: None,
                claim: "p(not collapses)".to_owned(),
                likely: Likely {
                    condition: Condition::Not(Box::new(collapses)),
                    relation: Relation::Above,
                    ratio: USUAL_RATIO,
                    confidence: question.confidence,
                    seeds: None,
                },
            };
            let search = Search {
                name: question.name,
                parameter: "the load".to_owned(),
                from: Amount::Float(1.0 / FARTHEST),
                to: Amount::Float(FARTHEST),
                precision: question.precision,
                first: question.first,
                seeds: question.seeds,
            };
            find_from(1.0, &search, &scaled_load, &claim, playing, |runs, factor| {
                progress(done + runs, factor.as_f64());
            })
        };
        let stable: Thresholds = edge(true, result.runs, &mut progress)?;
        result.runs += stable.runs;
        let unprompted: Thresholds = edge(false, result.runs, &mut progress)?;
        result.runs += unprompted.runs;
        result.interrupted |= stable.interrupted || unprompted.interrupted;
        let only = |thresholds: Thresholds| thresholds.answers.into_iter().next();
        if let (Some(stable), Some(unprompted)) = (only(stable), only(unprompted)) {
            result.arms.push(ArmCapacity { arm: name, trigger, stable, unprompted });
        }
    }
    Ok(Ok(result))
}

fn scalable(scenario: &Scenario, question: &Question<'_>) -> Result<(), Refusal> {
    if scenario.duration.is_none() {
        let rule = "capacity needs a run of a fixed length";
        return Err(Refusal::new(rule, "the scenario has no `duration`")
            .hint("set one, such as --set duration=300s"));
    }
    let names = || scenario.load.keys().map(String::as_str);
    if let Some(load) = question.load
        && !scenario.load.contains_key(load)
    {
        let found = format!("found `{}`", crate::scenario::problem::printable(load));
        let hint = format!("there is {}", crate::scenario::list_of(names()));
        return Err(Refusal::new("there is no such load", found).hint(hint));
    }
    let known = arms(scenario);
    if let Some(arm) = question.arm
        && !known.contains_key(arm)
    {
        let found = format!("found `{}`", crate::scenario::problem::printable(arm));
        let hint =
            format!("there is {}", crate::scenario::list_of(known.keys().map(String::as_str)));
        return Err(Refusal::new("there is no such arm", found).hint(hint));
    }
    let scaled = |(name, _): &(&String, &Load)| question.load.is_none_or(|load| load == *name);
    let renewal = |(_, load): &(&String, &Load)| matches!(load.arrivals, Arrivals::Renewal { .. });
    match scenario.load.iter().filter(scaled).find(renewal) {
        Some((name, _)) => {
            let found =
                format!("{} is a renewal process", crate::scenario::problem::printable(name));
            Err(Refusal::new("only a load with a rate can be scaled", found)
                .hint("name another load, or write it as Poisson"))
        }
        None => Ok(()),
    }
}

/// Present rates of the loads that have one.
fn present(scenario: &Scenario, load: Option<&str>) -> Vec<Present> {
    let named = scenario.load.iter().filter(|(name, _)| load.is_none_or(|load| load == *name));
    let rate = |(name, load): (&String, &Load)| match &load.arrivals {
        Arrivals::Constant { rate } | Arrivals::Poisson { rate, .. } => {
            Some(Present { load: name.clone(), rate_per_s: rate.per_s() })
        }
        _ => None,
    };
    named.filter_map(rate).collect()
}

/// The scenario reduced to one arm with its trigger, and the trigger in words.
fn alone(scenario: &Scenario, name: &str, arm: &Arm) -> (Scenario, String) {
    let mut scenario = scenario.clone();
    scenario.arms.retain(|other, _| other == name);
    scenario.expect.clear();
    if !arm.faults.is_empty() {
        let names: Vec<&str> = arm.faults.keys().map(String::as_str).collect();
        let plural = if names.len() == 1 { "fault" } else { "faults" };
        let trigger = format!("its own {plural} {}", crate::scenario::list_of(names));
        return (scenario, trigger);
    }
    let length = scenario.duration.unwrap_or_default().as_ns();
    let from = length / STANDARD.0;
    let until = from + length / STANDARD.1;
    for service in arm.services.keys() {
        let fault = Fault {
            service: service.clone(),
            replica: None,
            zone: None,
            from: Duration::from_ns(from),
            until: Duration::from_ns(until),
            effect: Effect::Frozen,
            ratio: Ratio::one(),
        };
        scenario.faults.insert(format!("standard trigger of {service}"), fault);
    }
    let lasts = time(until - from);
    (scenario, format!("none of its own: all services frozen for {lasts} from {} on", time(from)))
}

/// A scenario whose load is scaled, with its trigger or without.
struct Loaded<'a> {
    scenario: &'a Scenario,
    load: Option<&'a str>,
    triggered: bool,
}

impl Parameter for Loaded<'_> {
    fn scenarios(&self, factor: Amount) -> Result<Vec<Scenario>, Problems> {
        let mut untouched = self.scenario.clone();
        for (name, load) in &mut untouched.load {
            if self.load.is_none_or(|scaled| scaled == name) {
                scale(load, factor.as_f64());
            }
        }
        let triggered = untouched.clone();
        untouched.faults.clear();
        untouched.arms.values_mut().for_each(|arm| arm.faults.clear());
        // An arm that is down without its trigger has nothing to recover to, so the run without the
        // trigger must hold too.
        Ok(if self.triggered { vec![triggered, untouched] } else { vec![untouched] })
    }
}

fn scale(load: &mut Load, factor: f64) {
    let rate = |rate: &mut Rate| {
        rate.count_nano = (rate.count_nano as f64 * factor).round().max(1.0) as u64;
    };
    let count = |count: &mut u32| *count = (f64::from(*count) * factor).round().max(1.0) as u32;
    match &mut load.arrivals {
        Arrivals::Constant { rate: of } | Arrivals::Poisson { rate: of, .. } => rate(of),
        Arrivals::Stages { stages, .. } => {
            for stage in stages {
                // A rate of 0 stays 0.
                for of in [Some(&mut stage.rate), stage.ramp_to.as_mut()].into_iter().flatten() {
                    if of.count_nano > 0 {
                        rate(of);
                    }
                }
            }
        }
        Arrivals::Bursts { size, .. } => count(size),
        Arrivals::ClosedLoop { callers, .. } => count(callers),
        Arrivals::Renewal { .. } => {}
    }
}
