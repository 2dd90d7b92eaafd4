//! The steady state of one long run: latencies request by request, and levels over time.
//!
//! `statistics::steady` has the rules. Only means of groups are kept, so memory does not grow with
//! the length of the run.

use std::collections::BTreeMap;

use super::heavy_tail::tails;
use super::listener::{Detail, Listener};
use crate::kernel::time::Duration;
use crate::kernel::units::Limit;
use crate::metrics::fate::Fate;
use crate::metrics::probe::End;
use crate::metrics::sampler::Resolution;
use crate::report::result::{ArmResult, RunResult, Series, Values};
use crate::report::steady::{STEADY_SCHEMA, SteadyMetric, SteadyRun, Unit};
use crate::scenario::arms::arms;
use crate::scenario::schema::{Arm, Arrivals, Load, Scenario};
use crate::statistics::steady::Series as Means;
use crate::statistics::validity::NoInterval;

/// Bins over time; a series merges bins from 10,000 on.
const BINS: u64 = 8_000;

/// A listener that collects the latencies of successful requests of each arm, in the order of their
/// ends.
#[derive(Debug, Default)]
pub struct Latencies(Vec<(String, Means)>);

impl Latencies {
    /// Latencies of the arm `name`, if it was played.
    #[must_use]
    pub fn arm(&self, name: &str) -> Option<&Means> {
        self.0.iter().find(|(arm, _)| arm == name).map(|(_, means)| means)
    }
}

impl Listener for Latencies {
    fn detail(&self) -> Detail {
        Detail::Ends
    }

    fn begin(&mut self, arm: &str, _: &[String]) {
        self.0.push((arm.to_owned(), Means::default()));
    }

    fn ended(&mut self, end: &End) {
        if let (true, Fate::Succeeded, Some((_, means))) =
            (end.measured, end.fate, self.0.last_mut())
        {
            means.push((end.at - end.arrived).as_ns() as f64);
        }
    }
}

/// Resolution of the series that steady-state means need; `None` for a run without a fixed end.
#[must_use]
pub fn resolution(scenario: &Scenario) -> Option<Resolution> {
    let measured = scenario.duration?.as_ns().saturating_sub(scenario.warm_up.as_ns());
    Some(Resolution::Every(Duration::from_ns(measured.div_ceil(BINS))))
}

/// Reasons why an arm has no steady state, by arm; a reason of the scenario applies to all arms.
fn unsteady(scenario: &Scenario) -> BTreeMap<String, String> {
    let ends = |(name, load): (&String, &Load)| {
        let why = match load.arrivals {
            _ if load.total.is_some() => "a `total`",
            _ if load.until.is_some() => "an `until`",
            Arrivals::Stages { .. } => "stages",
            _ => return None,
        };
        Some(format!("the load {name} has {why}: what it is offered does not go on"))
    };
    let of_all = match scenario.duration {
        None => Some("without a `duration` the run ends when nothing is left to do".to_owned()),
        Some(_) => scenario.load.iter().find_map(ends),
    };
    let of_arm = |(name, arm): (String, Arm)| {
        let fault = arm.faults.keys().next();
        let fault = fault.map(|fault| format!("the fault {fault} is there for a while only"));
        Some((name, of_all.clone().or(fault)?))
    };
    arms(scenario).into_iter().filter_map(of_arm).collect()
}

/// Steady-state means of every settled arm, from the latencies and the series of a run. The run
/// must be sampled at [`resolution`].
#[must_use]
pub fn steady(scenario: &Scenario, result: &RunResult, latencies: &Latencies) -> SteadyRun {
    let (unsteady, tails) = (unsteady(scenario), tails(scenario));
    let systems = arms(scenario);
    let arm = |(name, arm): (&String, &ArmResult)| {
        let mut metrics = Vec::new();
        if let Some(means) = latencies.arm(name) {
            let unit = Unit::Requests;
            metrics.push(metric("", "latency.end_to_end.mean_ns", unit, means));
        }
        if let (Some(series), Some(system)) = (&arm.series, systems.get(name)) {
            over_time(system, series, scenario.warm_up.as_ns(), &mut metrics);
        }
        for metric in &mut metrics {
            let interval = &mut metric.steady.interval;
            if let Some(why) = unsteady.get(name) {
                *interval = Err(NoInterval::NoSteadyState(why.clone()));
            } else if let Some(why) = tails.get(name) {
                *interval = Err(NoInterval::NoVariance(why.clone()));
            }
        }
        (name.clone(), metrics)
    };
    SteadyRun {
        schema: STEADY_SCHEMA,
        dessim: result.dessim,
        model: result.model,
        scenario: result.scenario.clone(),
        seed: result.seed,
        fingerprint: result.fingerprint,
        virtual_ns: result.virtual_ns,
        stopped: result.stopped.clone(),
        warnings: result.warnings.clone(),
        arms: result.arms.iter().map(arm).collect(),
    }
}

fn metric(component: &str, metric: &'static str, unit: Unit, means: &Means) -> SteadyMetric {
    SteadyMetric { component: component.to_owned(), metric, unit, steady: means.steady() }
}

/// Adds goodput, and the utilisation of every service with a limit of slots, bin by bin.
fn over_time(system: &Arm, series: &Series, warm_up_ns: u64, metrics: &mut Vec<SteadyMetric>) {
    let whole = |bin: &usize| {
        series.start_of(*bin) >= warm_up_ns && series.length_ns(*bin) == series.bin_ns
    };
    let bins: Vec<usize> = (0..series.bins).filter(whole).collect();
    let width = series.bin_ns as f64;
    let unit = Unit::Bins { ns: series.bin_ns };
    for column in &series.columns {
        let mut means = Means::default();
        match (&column.values, column.meter.name) {
            (Values::Counts(counts), "requests.succeeded") if column.component.is_empty() => {
                bins.iter().for_each(|&bin| means.push(counts[bin] as f64 / width * 1e9));
                metrics.push(metric("", "goodput_per_s", unit, &means));
            }
            (Values::Levels { area_ns, .. }, "busy") => {
                let Some(service) = system.services.get(&column.component) else { continue };
                let Limit::AtMost(slots) = service.slots else { continue };
                let full = width * slots as f64 * f64::from(service.all_replicas());
                bins.iter().for_each(|&bin| means.push(area_ns[bin] as f64 / full));
                metrics.push(metric(&column.component, "utilisation", unit, &means));
            }
            _ => {}
        }
    }
}
