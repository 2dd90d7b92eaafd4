//! How much load each arm of a scenario stands: stable, vulnerable, or overloaded.
//!
//! The three states of Bronson, Aghayev, Charapko and Zhu (2021), "Metastable failures in
//! distributed systems", and Huang et al. (2022), "Metastable failures in the wild": in the stable
//! one a system comes back from its trigger by itself; in the vulnerable one it is well until a
//! trigger comes, and stays down after that; beyond, it goes down without any. Each edge is a
//! threshold of the load that is searched as any other.

use super::bisect::{Search, find_from};
use super::turn::Turned;
use crate::experiment::ask::{Asked, USUAL_RATIO};
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

/// The load is never turned further than this, up or down.
const FARTHEST: f64 = 64.0;
/// The trigger of a scenario without any: every service stands still for a twentieth of the run,
/// from a quarter of it on.
const STANDARD: (u64, u64) = (4, 20);

/// What is searched.
#[derive(Debug)]
pub struct Question<'a> {
    /// The name of the scenario.
    pub name: &'a str,
    /// The load that is turned; all of them without a name.
    pub load: Option<&'a str>,
    /// Only this arm.
    pub arm: Option<&'a str>,
    /// How near two factors may come, as a part of the smaller.
    pub precision: f64,
    /// The first seed.
    pub first: u64,
    /// So many, from there on.
    pub seeds: u64,
    /// How sure an edge must be.
    pub confidence: f64,
}

/// Finds the edges of every arm. `progress` hears how many runs are done, at what factor.
///
/// # Errors
/// When the scenario cannot be asked this: the refusal says why.
pub fn capacity(
    scenario: &Scenario,
    question: &Question<'_>,
    playing: Playing<'_>,
    mut progress: impl FnMut(u64, f64),
) -> Result<Result<Capacity, Refusal>, Trouble> {
    if let Err(refusal) = turnable(scenario, question) {
        return Ok(Err(refusal));
    }
    let mut found = Capacity {
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
        if question.arm.is_some_and(|only| only != name) || found.interrupted {
            continue;
        }
        let (alone, trigger) = alone(scenario, &name, &arm);
        let edge = |triggered: bool, done: u64, progress: &mut dyn FnMut(u64, f64)| {
            let turned = Loaded { scenario: &alone, load: question.load, triggered };
            let collapses = Condition::Collapses { arm: Some(name.clone()) };
            let asked = Asked {
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
                turned: "the load".to_owned(),
                from: Amount::Float(1.0 / FARTHEST),
                to: Amount::Float(FARTHEST),
                precision: question.precision,
                first: question.first,
                seeds: question.seeds,
            };
            find_from(1.0, &search, &turned, &asked, playing, |runs, factor| {
                progress(done + runs, factor.as_f64());
            })
        };
        let stable: Thresholds = edge(true, found.runs, &mut progress)?;
        found.runs += stable.runs;
        let unprompted: Thresholds = edge(false, found.runs, &mut progress)?;
        found.runs += unprompted.runs;
        found.interrupted |= stable.interrupted || unprompted.interrupted;
        let only = |found: Thresholds| found.answers.into_iter().next();
        if let (Some(stable), Some(unprompted)) = (only(stable), only(unprompted)) {
            found.arms.push(ArmCapacity { arm: name, trigger, stable, unprompted });
        }
    }
    Ok(Ok(found))
}

fn turnable(scenario: &Scenario, question: &Question<'_>) -> Result<(), Refusal> {
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
    let turned = |(name, _): &(&String, &Load)| question.load.is_none_or(|load| load == *name);
    let renewal = |(_, load): &(&String, &Load)| matches!(load.arrivals, Arrivals::Renewal { .. });
    match scenario.load.iter().filter(turned).find(renewal) {
        Some((name, _)) => {
            let found =
                format!("{} is a renewal process", crate::scenario::problem::printable(name));
            Err(Refusal::new("a load is turned by its rate", found)
                .hint("name another load, or write it as Poisson"))
        }
        None => Ok(()),
    }
}

/// The loads as they are, for those whose rate is a number.
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

/// The scenario with one arm, its trigger, and what that is in words.
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

/// A scenario whose load is turned, with its trigger or without.
struct Loaded<'a> {
    scenario: &'a Scenario,
    load: Option<&'a str>,
    triggered: bool,
}

impl Turned for Loaded<'_> {
    fn scenarios(&self, factor: Amount) -> Result<Vec<Scenario>, Problems> {
        let mut untouched = self.scenario.clone();
        for (name, load) in &mut untouched.load {
            if self.load.is_none_or(|turned| turned == name) {
                turn(load, factor.as_f64());
            }
        }
        let triggered = untouched.clone();
        untouched.faults.clear();
        untouched.arms.values_mut().for_each(|arm| arm.faults.clear());
        // Where an arm is down before its trigger there is nothing to come back to.
        Ok(if self.triggered { vec![triggered, untouched] } else { vec![untouched] })
    }
}

fn turn(load: &mut Load, factor: f64) {
    let rate = |rate: &mut Rate| {
        rate.count_nano = (rate.count_nano as f64 * factor).round().max(1.0) as u64;
    };
    let count = |count: &mut u32| *count = (f64::from(*count) * factor).round().max(1.0) as u32;
    match &mut load.arrivals {
        Arrivals::Constant { rate: of } | Arrivals::Poisson { rate: of, .. } => rate(of),
        Arrivals::Stages { stages, .. } => {
            for stage in stages {
                // Silence stays silence.
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
