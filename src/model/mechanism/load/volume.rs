//! The number of requests of a load: in a whole run, at a steady rate, and at most in a given time.

use super::spec::{Arrivals, Spec, Stage};
use crate::kernel::time::Duration;
use crate::kernel::units::Rate;
use crate::model::spec::distribution::resolve;

impl Spec {
    /// Mean size of the requests.
    #[must_use]
    pub fn mean_size(&self) -> f64 {
        let own = self.size.map_or(1.0, |size| size.mean());
        let more = self.classes.values().map(|class| {
            let size = class.size.map_or(own, |size| size.mean());
            class.ratio.get() * (size - own)
        });
        own + more.sum::<f64>()
    }

    /// Expected number of requests in a run of this `duration`; infinite for a load without limit.
    ///
    /// The number is exact for bursts, constant rates and limits by `total`, and the mean for
    /// random arrivals. The rate of a closed loop depends on the system; the number assumes that
    /// the system answers at once, and that a caller sends at most once per millisecond.
    #[must_use]
    pub fn expected_requests(&self, duration: Option<Duration>) -> f64 {
        let end = match (self.until, duration) {
            (Some(until), Some(duration)) => Some(until.min(duration)),
            (until, duration) => until.or(duration),
        };
        let window =
            end.map_or(f64::INFINITY, |end| end.as_ns().saturating_sub(self.start.as_ns()) as f64);
        let arriving = match &self.arrivals {
            Arrivals::Bursts { size, every } => {
                (window / every.as_ns() as f64).ceil() * f64::from(*size)
            }
            Arrivals::Constant { rate } => arriving(rate.per_ns(), window).ceil(),
            Arrivals::Poisson { rate, batch } => {
                arriving(rate.per_ns(), window) * f64::from(*batch)
            }
            Arrivals::Renewal { gap, batch } => {
                window / gap.about_ns().max(1.0) * f64::from(*batch)
            }
            Arrivals::Stages { stages, repeat, .. } => of_stages(stages, *repeat, window),
            Arrivals::ClosedLoop { callers, think } => {
                window / think.about_ns().max(1e6) * f64::from(*callers)
            }
        };
        self.total.map_or(arriving, |total| arriving.min(total as f64))
    }
}

/// Requests at `rate` in `window`; none at rate 0, even in an infinite window.
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
    if repeat && window.is_infinite() {
        return arriving(once, f64::INFINITY);
    }
    let (cycles, mut left) =
        if repeat { ((window / cycle).floor(), window % cycle) } else { (0.0, window) };
    let mut requests = cycles * once;
    for stage in stages {
        let lasts = left.min(stage.lasts.as_ns() as f64);
        requests += of(stage, lasts);
        left -= lasts;
    }
    requests
}

/// Largest sum of the steady rates of loads at one instant, in requests of size 1 per nanosecond.
#[must_use]
pub fn steady_rate(loads: &[&Spec]) -> f64 {
    largest_sum(loads, Spec::mean_size)
}

/// The same in requests of any size.
#[must_use]
pub fn arriving_per_ns(loads: &[&Spec]) -> f64 {
    largest_sum(loads, |_| 1.0)
}

fn largest_sum(loads: &[&Spec], weight: fn(&Spec) -> f64) -> f64 {
    let steady: Vec<(f64, f64, f64)> = loads
        .iter()
        .filter_map(|load| {
            let rate = mean_rate(&load.arrivals)?;
            let start = load.start.as_ns() as f64;
            let until = load.until.map_or(f64::INFINITY, |until| until.as_ns() as f64);
            let spent = load.total.map_or(f64::INFINITY, |total| start + total as f64 / rate);
            Some((rate * weight(load), start, until.min(spent)))
        })
        .collect();
    let at = |instant: f64| {
        let active = steady.iter().filter(|(_, from, until)| *from <= instant && instant < *until);
        active.map(|(rate, ..)| rate).sum::<f64>()
    };
    steady.iter().map(|(_, start, _)| at(*start)).fold(0.0, f64::max)
}

/// Requests per nanosecond of an open load with a constant mean rate.
fn mean_rate(arrivals: &Arrivals) -> Option<f64> {
    match arrivals {
        Arrivals::Constant { rate } => Some(rate.per_ns()),
        Arrivals::Poisson { rate, batch } => Some(rate.per_ns() * f64::from(*batch)),
        Arrivals::Renewal { gap, batch } => {
            let gap = resolve(gap).ok()?.mean();
            (gap.is_finite() && gap > 0.0).then(|| f64::from(*batch) / gap)
        }
        Arrivals::Bursts { .. } | Arrivals::Stages { .. } | Arrivals::ClosedLoop { .. } => None,
    }
}

/// Approximate largest number of requests within `ns` nanoseconds after one request: that of the
/// largest rate, or of all other callers of a closed loop.
#[must_use]
pub fn most_within(load: &Spec, ns: f64) -> f64 {
    match &load.arrivals {
        Arrivals::Bursts { size, every } => {
            f64::from(*size) * (1.0 + (ns / every.as_ns() as f64).floor()) - 1.0
        }
        Arrivals::Poisson { rate, batch } => f64::from(*batch) * (1.0 + rate.per_ns() * ns) - 1.0,
        Arrivals::Constant { rate } => rate.per_ns() * ns,
        Arrivals::Renewal { gap, batch } => match resolve(gap) {
            Ok(gap) if gap.mean() > 0.0 => f64::from(*batch) * (1.0 + ns / gap.mean()) - 1.0,
            _ => f64::INFINITY,
        },
        Arrivals::Stages { stages, .. } => {
            let rates = stages.iter().flat_map(|stage| [Some(stage.rate), stage.ramp_to]);
            rates.flatten().map(Rate::per_ns).fold(0.0, f64::max) * ns
        }
        Arrivals::ClosedLoop { callers, .. } => f64::from(*callers) - 1.0,
    }
}
