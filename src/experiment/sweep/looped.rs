//! A load that rises and falls within one run.

use std::ops::{ControlFlow, RangeInclusive};

use crate::experiment::pool::{Ended, Jobs, Stop, in_order};
use crate::experiment::prepared::Prepared;
use crate::experiment::run::{Options, digest};
use crate::kernel::time::Duration;
use crate::kernel::units::Rate;
use crate::metrics::sampler::Resolution;
use crate::report::result::{Hex, MODEL_VERSION, RunResult, Series, Values};
use crate::report::sweep::looped::{LOOP_SCHEMA, Level, Loop, LoopArm, hidden_per_s};
use crate::scenario::schema::{Arrivals, Scenario, Spacing, Stage};

/// Most rates: a series has 10,000 bins, and each rate takes four.
pub const MOST_RATES: u64 = 2_000;

/// The rise and fall of a load.
#[derive(Clone, Debug, PartialEq)]
pub struct Stairs {
    /// The load.
    pub load: String,
    /// Rates in ascending order.
    pub rates: Vec<Rate>,
    /// Duration of each rate; its first half is for settling and is not measured.
    pub lasts: Duration,
}

impl Stairs {
    /// The scenario with the load replaced by the stairs, and ending with them.
    fn on(&self, scenario: &Scenario) -> Scenario {
        let mut changed = scenario.clone();
        let down = self.rates.iter().rev().skip(1);
        let stage = |rate: &Rate| Stage { lasts: self.lasts, rate: *rate, ramp_to: None };
        let stages: Vec<Stage> = self.rates.iter().chain(down).map(stage).collect();
        let length = self.lasts.as_ns().saturating_mul(stages.len() as u64);
        (changed.duration, changed.warm_up) = (Some(Duration::from_ns(length)), Duration::ZERO);
        if let Some(load) = changed.load.get_mut(&self.load) {
            let spacing = match &load.arrivals {
                Arrivals::Constant { .. } => Spacing::Even,
                Arrivals::Stages { spacing, .. } => *spacing,
                _ => Spacing::Poisson,
            };
            load.arrivals = Arrivals::Stages { stages, repeat: false, spacing };
            (load.start, load.until, load.total) = (Duration::ZERO, None, None);
        }
        changed
    }
}

/// Goodput per second at each rate, on the way up and on the way down.
type Legs = [Vec<f64>; 2];

/// Plays the loop with these seeds; `None` if interrupted.
///
/// # Errors
/// A message with the reason why a run could not be played to its end.
pub fn looped(
    scenario: &Scenario,
    name: &str,
    stairs: &Stairs,
    seeds: RangeInclusive<u64>,
    (jobs, stop): (Jobs, &'static Stop),
) -> Result<Option<Loop>, String> {
    let scenario = stairs.on(scenario);
    let prepared = Prepared::new(&scenario, name);
    let sample = Some(Resolution::Every(Duration::from_ns(stairs.lasts.as_ns() / 2)));
    let (first, last) = seeds.into_inner();
    let play = |number| {
        let (seed, stop) = (Some(first + number), Some(stop));
        let options = Options { seed, sample, stop, ..Options::default() };
        let result = prepared.run(&options).map_err(|error| error.to_string())?;
        legs(&result, stairs.rates.len(), first + number)
    };
    let mut arms: Vec<(String, Vec<Legs>)> = Vec::new();
    let mut failure = None;
    let count = (last - first).saturating_add(1);
    let ended = in_order(jobs, count, stop, play, |_, played| match played {
        Ok(played) => {
            for (name, legs) in played {
                match arms.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, all)) => all.push(legs),
                    None => arms.push((name, vec![legs])),
                }
            }
            ControlFlow::Continue(())
        }
        Err(why) => {
            failure = Some(why);
            ControlFlow::Break(())
        }
    });
    if let Some(why) = failure {
        return Err(why);
    }
    let rates_per_s: Vec<f64> = stairs.rates.iter().map(|rate| rate.per_s()).collect();
    let arm = |(name, all): (String, Vec<Legs>)| {
        let [up, down] = [0, 1].map(|leg| levels(&all, leg, rates_per_s.len()));
        let hidden_per_s = hidden_per_s(&rates_per_s, &up, &down);
        LoopArm { name, up, down, hidden_per_s }
    };
    let arms = arms.into_iter().map(arm).collect();
    Ok((ended == Ended::Done).then(|| Loop {
        schema: LOOP_SCHEMA,
        dessim: env!("CARGO_PKG_VERSION"),
        model: MODEL_VERSION,
        scenario: name.to_owned(),
        digest: Hex(digest(&scenario)),
        load: stairs.load.clone(),
        lasts_ns: stairs.lasts.as_ns(),
        seeds: (first, last),
        rates_per_s: rates_per_s.clone(),
        arms,
    }))
}

fn legs(result: &RunResult, rates: usize, seed: u64) -> Result<Vec<(String, Legs)>, String> {
    if result.stopped.is_some() {
        return Err(format!("the run with seed {seed} stopped before its end"));
    }
    let arm = |(name, arm): (&String, &crate::report::result::ArmResult)| {
        let series = arm.series.as_ref()?;
        let settled = |step: usize| succeeded_per_s(series, 2 * step + 1);
        let up = (0..rates).map(settled).collect();
        // Both ways share the highest rate.
        let down = (0..rates).map(|rate| settled(2 * rates - 2 - rate)).collect();
        Some((name.clone(), [up, down]))
    };
    Ok(result.arms.iter().filter_map(arm).collect())
}

fn succeeded_per_s(series: &Series, bin: usize) -> f64 {
    let of_arm = series.columns.iter().filter(|column| column.component.is_empty());
    let counts = of_arm.filter(|column| column.meter.name == "requests.succeeded");
    let count: u64 = counts
        .filter_map(|column| match &column.values {
            Values::Counts(counts) => counts.get(bin).copied(),
            _ => None,
        })
        .sum();
    count as f64 * 1e9 / series.bin_ns as f64
}

fn levels(all: &[Legs], leg: usize, rates: usize) -> Vec<Level> {
    let level = |at: usize| {
        let values = || all.iter().map(|legs| legs[leg][at]);
        Level {
            mean: values().sum::<f64>() / all.len() as f64,
            min: values().fold(f64::INFINITY, f64::min),
            max: values().fold(0.0, f64::max),
        }
    };
    (0..rates).map(level).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ScenarioFile;

    /// With retries the overload of a service of 100 requests a second lasts on the way down;
    /// without them it ends with the overload.
    #[test]
    fn with_retries_the_way_down_is_lower_and_without_it_is_not() {
        let text = br#"Scenario(schema: 1, duration: "1s", warm_up: "500ms",
            load: { "users": Load(arrivals: Poisson(rate: "1/s"), total: 5) },
            services: { "db": Service(time: Exponential(mean: "100ms"), slots: 10, queue: 100) },
            arms: {
                "plain": Arm(calls: { "users": Call(to: "db", policy: [Timeout("500ms")]) }),
                "retries": Arm(calls: { "users": Call(to: "db",
                    policy: [Retry(max_retries: 2), Timeout("500ms")]) }),
            })"#;
        let file = ScenarioFile::from_bytes("a", text).expect("it is a scenario");
        let rates = [20, 40, 60, 80, 120];
        let rate =
            |per_s: u64| Rate { count_nano: per_s * 1_000_000_000, per: Duration::from_s(1) };
        let stairs = Stairs {
            load: "users".to_owned(),
            rates: rates.map(rate).to_vec(),
            lasts: Duration::from_s(20),
        };
        let play = |jobs| {
            static STOP: Stop = Stop::new();
            let loops = looped(&file.scenario, "a", &stairs, 1..=4, (Jobs::new(Some(jobs)), &STOP));
            loops.expect("it runs").expect("nobody stops it")
        };
        let loops = play(1);
        assert_eq!(loops, play(3));
        let [plain, retries] = loops.arms.as_slice() else { panic!("two arms") };
        // Below the cliff goodput on the way up equals the offered load, with either policy.
        for arm in [plain, retries] {
            assert!((arm.up[1].mean - 40.0).abs() < 4.0, "{arm:?}");
            assert_eq!(arm.up[4], arm.down[4]);
        }
        // At 60 a second, 180 attempts a second keep the service busy with abandoned work.
        assert!(retries.up[2].mean > 55.0 && retries.down[2].mean < 20.0, "{retries:?}");
        assert!((plain.down[2].mean - plain.up[2].mean).abs() < 5.0, "{plain:?}");
        assert!(retries.hidden_per_s > 15.0, "{}", retries.hidden_per_s);
        assert!(plain.hidden_per_s.abs() < 3.0, "{}", plain.hidden_per_s);
    }

    #[test]
    fn the_area_is_that_of_trapezoids() {
        let level = |mean| Level { mean, min: mean, max: mean };
        let up = [10.0, 20.0, 30.0].map(level);
        let down = [10.0, 10.0, 30.0].map(level);
        // A triangle of width 20 and height 10, over a range of 20.
        assert_eq!(hidden_per_s(&[10.0, 20.0, 30.0], &up, &down), 5.0);
        assert_eq!(hidden_per_s(&[10.0, 12.0, 30.0], &up, &up), 0.0);
    }
}
