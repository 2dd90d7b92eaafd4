//! Loads: that they end, that their gaps fit the clock, and how many requests they bring.

use super::lints::NOTHING_ARRIVES;
use super::{Checker, distribution};
use crate::kernel::time::Duration;
use crate::kernel::units::Rate;
use crate::scenario::path::Path;
use crate::scenario::problem::Problem;
use crate::scenario::schema::{Arrivals, Distribution, Load, Scenario, Stage};

impl Checker<'_> {
    pub(super) fn loads(&mut self) {
        for (name, load) in &self.scenario.load {
            let at = Path::root().field("load").key(name);
            self.window(&at, load);
            self.end(&at, load);
            self.arrivals(&at.field("arrivals"), &load.arrivals);
        }
    }

    fn window(&mut self, at: &Path, load: &Load) {
        let start = load.start;
        if let Some(until) = load.until.filter(|until| *until <= start) {
            let rule = format!("must be after `start`, which is {start}");
            self.add(Problem::error(&at.field("until"), rule, format!("found {until}")));
        } else if let Some(end) = self.scenario.duration.filter(|end| *end <= start) {
            let rule = "nothing ever arrives";
            let found = format!("the run ends at {end}, before this load starts");
            self.add(Problem::warning(&NOTHING_ARRIVES, &at.field("start"), rule, found));
        }
    }

    fn end(&mut self, at: &Path, load: &Load) {
        let limited = load.total.is_some() || load.until.is_some();
        let ends_itself = matches!(&load.arrivals, Arrivals::Stages { repeat: false, .. });
        if limited || ends_itself || self.scenario.duration.is_some() {
            return;
        }
        let found = match &load.arrivals {
            Arrivals::Stages { .. } => "its stages repeat without end",
            Arrivals::ClosedLoop { .. } => "its callers never stop",
            _ => "requests arrive without end",
        };
        let problem = Problem::error(at, "this load never ends", found);
        let ways = "`total` (a number of requests), `until` (an instant)";
        let hint = format!("give it {ways}, or give the scenario a `duration`");
        self.add(problem.of_name().hint(hint));
    }

    fn arrivals(&mut self, at: &Path, arrivals: &Arrivals) {
        match arrivals {
            Arrivals::Constant { rate } => {
                self.rate(&at.variant("Constant").field("rate"), *rate);
            }
            Arrivals::Poisson { rate, .. } => {
                self.rate(&at.variant("Poisson").field("rate"), *rate);
            }
            Arrivals::Renewal { gap, .. } => {
                let at = at.variant("Renewal").field("gap");
                distribution::check(&at, gap, &mut |problem| self.add(problem));
            }
            Arrivals::ClosedLoop { think, .. } => {
                let at = at.variant("ClosedLoop").field("think");
                distribution::check(&at, think, &mut |problem| self.add(problem));
            }
            Arrivals::Stages { stages, .. } => self.stages(&at.variant("Stages"), stages),
            Arrivals::Bursts { .. } => {}
        }
    }

    fn rate(&mut self, at: &Path, rate: Rate) {
        if rate.is_zero() {
            self.add(Problem::warning(
                &NOTHING_ARRIVES,
                at,
                "nothing ever arrives",
                "this rate is zero",
            ));
        } else if 1.0 / rate.per_ns() >= u64::MAX as f64 {
            let rule = "so rare that the next request is beyond the clock";
            let problem = Problem::error(at, rule, format!("found {rate}"));
            self.add(problem.hint("the clock ends after 584 years"));
        }
    }

    fn stages(&mut self, at: &Path, stages: &[Stage]) {
        let silent =
            |stage: &Stage| stage.rate.is_zero() && stage.ramp_to.is_none_or(Rate::is_zero);
        let lasts =
            stages.iter().try_fold(Duration::ZERO, |sum, stage| sum.checked_add(stage.lasts));
        let at = at.field("stages");
        if lasts.is_none() {
            let found = "together they last longer than 584 years";
            self.add(Problem::error(&at, "the stages do not fit the clock", found));
        } else if stages.iter().all(silent) {
            self.add(Problem::warning(
                &NOTHING_ARRIVES,
                &at,
                "nothing ever arrives",
                "every rate is zero",
            ));
        }
    }
}

/// How many requests all loads of the scenario bring to one arm, about: to refuse what would run
/// for days. A load that nothing limits gives infinity.
///
/// Exact for bursts, constant rates and limits by `total`, the mean for random ones. How fast a
/// closed loop turns depends on the system; it is taken to answer at once, but not more often than
/// once a millisecond for each caller.
#[must_use]
pub fn expected_requests(scenario: &Scenario) -> f64 {
    let of = |load| of_load(scenario.duration, load);
    scenario.load.values().map(of).sum()
}

/// The same of one load.
pub(super) fn of_load(duration: Option<Duration>, load: &Load) -> f64 {
    let end = match (load.until, duration) {
        (Some(until), Some(duration)) => Some(until.min(duration)),
        (until, duration) => until.or(duration),
    };
    let window =
        end.map_or(f64::INFINITY, |end| end.as_ns().saturating_sub(load.start.as_ns()) as f64);
    let arriving = match &load.arrivals {
        Arrivals::Bursts { size, every } => {
            (window / every.as_ns() as f64).ceil() * f64::from(*size)
        }
        Arrivals::Constant { rate } => arriving(rate.per_ns(), window).ceil(),
        Arrivals::Poisson { rate, batch } => arriving(rate.per_ns(), window) * f64::from(*batch),
        Arrivals::Renewal { gap, batch } => window / mean_ns(gap).max(1.0) * f64::from(*batch),
        Arrivals::Stages { stages, repeat, .. } => of_stages(stages, *repeat, window),
        Arrivals::ClosedLoop { callers, think } => {
            window / mean_ns(think).max(1e6) * f64::from(*callers)
        }
    };
    load.total.map_or(arriving, |total| arriving.min(total as f64))
}

/// Zero times for ever is never.
fn arriving(rate: f64, window: f64) -> f64 {
    if rate == 0.0 { 0.0 } else { rate * window }
}

fn of_stages(stages: &[Stage], repeat: bool, window: f64) -> f64 {
    let of = |stage: &Stage, lasts: f64| {
        let whole = stage.lasts.as_ns() as f64;
        let first = stage.rate.per_ns();
        let last = stage.ramp_to.map_or(first, Rate::per_ns);
        let at_end = first + (last - first) * lasts / whole;
        (first + at_end) / 2.0 * lasts
    };
    let cycle: f64 = stages.iter().map(|stage| stage.lasts.as_ns() as f64).sum();
    let once: f64 = stages.iter().map(|stage| of(stage, stage.lasts.as_ns() as f64)).sum();
    let (cycles, mut left) = match repeat {
        true if window.is_infinite() => return arriving(once, f64::INFINITY),
        true => ((window / cycle).floor(), window % cycle),
        false => (0.0, window),
    };
    let mut requests = cycles * once;
    for stage in stages {
        let lasts = left.min(stage.lasts.as_ns() as f64);
        requests += of(stage, lasts);
        left -= lasts;
    }
    requests
}

/// The mean, or something of its size where the mean takes special functions.
fn mean_ns(distribution: &Distribution) -> f64 {
    let ns = |duration: &Duration| duration.as_ns() as f64;
    match distribution {
        Distribution::Constant(value) => ns(value),
        Distribution::Uniform { min, max } => f64::midpoint(ns(min), ns(max)),
        Distribution::Exponential { mean }
        | Distribution::LogNormal { mean, .. }
        | Distribution::Gamma { mean, .. }
        | Distribution::Erlang { mean, .. } => ns(mean),
        Distribution::Normal { mean, sd } => ns(mean).max(ns(sd) / 2.0),
        Distribution::LogNormalMedian { median, .. } => ns(median),
        Distribution::Weibull { scale, .. } => ns(scale),
        Distribution::Pareto { alpha, min } => ns(min) * alpha / (alpha - 1.0),
        Distribution::BoundedPareto { min, .. } => ns(min),
        Distribution::HyperExponential(phases) => {
            phases.iter().map(|phase| phase.ratio.get() * ns(&phase.mean)).sum()
        }
        Distribution::Bimodal { fast, slow, slow_ratio } => {
            ns(fast) + slow_ratio.get() * (ns(slow) - ns(fast))
        }
        Distribution::Quantiles(points) => {
            points.iter().map(|point| ns(&point.value)).sum::<f64>() / points.len().max(1) as f64
        }
    }
}
