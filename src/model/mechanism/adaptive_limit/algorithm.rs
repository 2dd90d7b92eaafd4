//! The algorithms of adaptive limits: from samples of calls to a limit.
//!
//! Those of Netflix's concurrency-limits 0.5.4 are computed step by step as there
//! (`com.netflix.concurrency.limits.limit`): estimates in doubles, of which the whole part is the
//! limit, and samples one at a time or by [windows](super::windowed). Envoy's is in
//! [`envoy`](super::envoy).
//!
//! They know samples and nothing of calls, so libraries can be played against them.

use super::envoy::Envoy;
use super::windowed::Windowed;
use crate::kernel::draw::Site;
use crate::kernel::time::{Duration, Instant};

/// What an ended call says about the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Instant at which the call was admitted.
    pub start: Instant,
    /// Time from there to its outcome, above 0.
    pub rtt: Duration,
    /// Calls inside when it was admitted, itself included.
    pub inflight: u32,
    /// True if its outcome counts as a drop.
    pub dropped: bool,
}

/// Uniform numbers in [0, 1) for the jitter of one limit, by their number.
#[derive(Clone, Copy, Debug)]
pub struct Jitter {
    site: Site,
    subject: u64,
    drawn: u32,
}

impl Jitter {
    /// The numbers for the client of this index.
    #[must_use]
    pub const fn new(site: Site, client: u32) -> Self {
        Self { site, subject: site.subject(client as u64), drawn: 0 }
    }

    /// The next number.
    pub fn unit(&mut self) -> f64 {
        let unit = self.site.unit(self.subject, 0, self.drawn);
        self.drawn = self.drawn.wrapping_add(1);
        unit
    }

    /// The next number as 64 bits.
    pub(super) fn bits(&mut self) -> u64 {
        let bits = self.site.bits(self.subject, 0, self.drawn);
        self.drawn = self.drawn.wrapping_add(1);
        bits
    }

    /// Draws at another site from now on.
    pub(super) const fn fork(&mut self, branch: u64) {
        self.site = self.site.fork(branch);
    }
}

/// The state of one adaptive limit.
#[derive(Clone, Debug)]
pub enum Algorithm {
    /// A limit that takes each sample.
    Direct(Netflix),
    /// A limit that takes the samples of a window as one.
    Windowed(Windowed),
    /// Envoy's gradient controller.
    Envoy(Envoy),
}

impl Algorithm {
    /// Most calls inside, at least 1.
    #[inline]
    #[must_use]
    pub const fn limit(&self) -> u32 {
        match self {
            Self::Direct(of) | Self::Windowed(Windowed { of, .. }) => of.limit,
            Self::Envoy(envoy) => envoy.limit(),
        }
    }

    /// Takes a sample, of a call that ends `now`.
    #[inline]
    pub fn record(&mut self, sample: Sample, now: Instant) {
        match self {
            Self::Direct(limit) => limit.record(sample),
            Self::Windowed(windowed) => windowed.record(sample),
            Self::Envoy(envoy) => envoy.record(sample, now),
        }
    }

    /// Instant of the next change that no call makes; [`Instant::NEVER`] if there is none.
    #[inline]
    #[must_use]
    pub fn due(&self) -> Instant {
        match self {
            Self::Direct(_) | Self::Windowed(_) => Instant::NEVER,
            Self::Envoy(envoy) => envoy.due(),
        }
    }

    /// Makes the change that is [due](Self::due).
    pub fn fire(&mut self) {
        if let Self::Envoy(envoy) = self {
            envoy.fire();
        }
    }

    pub(super) fn fork(&mut self, branch: u64) {
        match self {
            Self::Direct(of) | Self::Windowed(Windowed { of, .. }) => {
                if let Estimate::Vegas(vegas) = &mut of.estimate {
                    vegas.jitter.fork(branch);
                }
            }
            Self::Envoy(envoy) => envoy.jitter.fork(branch),
        }
    }

    /// Bytes on the heap.
    pub(super) fn memory(&self) -> u64 {
        match self {
            Self::Direct(_) | Self::Windowed(_) => 0,
            Self::Envoy(envoy) => envoy.memory(),
        }
    }
}

/// A limit of concurrency-limits (`AbstractLimit`).
#[derive(Clone, Copy, Debug)]
pub struct Netflix {
    limit: u32,
    estimate: Estimate,
}

/// The algorithm of a limit of concurrency-limits.
#[derive(Clone, Copy, Debug)]
pub enum Estimate {
    /// `AIMDLimit`.
    Aimd(Aimd),
    /// `VegasLimit`.
    Vegas(Vegas),
    /// `Gradient2Limit`.
    Gradient2(Gradient2),
}

impl Netflix {
    /// A limit that begins at `initial`.
    #[must_use]
    pub const fn new(initial: u32, estimate: Estimate) -> Self {
        Self { limit: initial, estimate }
    }

    /// Takes a sample (`onSample`).
    pub(super) fn record(&mut self, sample: Sample) {
        self.limit = match &mut self.estimate {
            Estimate::Aimd(aimd) => aimd.next(self.limit, sample),
            Estimate::Vegas(vegas) => vegas.next(sample),
            Estimate::Gradient2(gradient) => gradient.next(sample),
        };
    }
}

/// Additive increase, multiplicative decrease (`AIMDLimit.java`).
#[derive(Clone, Copy, Debug)]
pub struct Aimd {
    /// Least limit.
    pub min: u32,
    /// Largest limit.
    pub max: u32,
    /// Factor at a drop.
    pub backoff: f64,
    /// Time above which a call counts as a drop.
    pub timeout: Duration,
}

impl Aimd {
    fn next(&self, limit: u32, sample: Sample) -> u32 {
        let next = if sample.dropped || sample.rtt > self.timeout {
            (f64::from(limit) * self.backoff) as u32
        } else if sample.inflight.saturating_mul(2) >= limit {
            limit.saturating_add(1)
        } else {
            limit
        };
        next.max(self.min).min(self.max)
    }
}

/// A limit by the queue that the best time seen so far suggests (`VegasLimit.java`).
#[derive(Clone, Copy, Debug)]
pub struct Vegas {
    settings: VegasSettings,
    estimate: f64,
    /// The best time since the latest probe, in nanoseconds; 0 before the first sample.
    best_ns: u64,
    probe_count: u32,
    probe_jitter: f64,
    jitter: Jitter,
}

/// The settings of a [`Vegas`] limit.
#[derive(Clone, Copy, Debug)]
pub struct VegasSettings {
    /// Largest limit.
    pub max: u32,
    /// Queue below which the limit grows by a step; three steps if `None`.
    pub alpha: Option<u32>,
    /// Queue above which it falls by a step, and its growth without a queue; six steps if `None`.
    pub beta: Option<u32>,
    /// Weight of the new limit against the present one, in (0, 1].
    pub smoothing: f64,
    /// A probe comes after 0.5 to 1 times as many samples for each unit of the limit.
    pub probe_multiplier: u32,
}

impl Vegas {
    /// A limit that begins at `initial`.
    #[must_use]
    pub fn new(initial: u32, settings: VegasSettings, jitter: Jitter) -> Self {
        let estimate = f64::from(initial);
        let mut vegas =
            Self { settings, estimate, best_ns: 0, probe_count: 0, probe_jitter: 0.0, jitter };
        vegas.draw_probe();
        vegas
    }

    /// `ThreadLocalRandom.current().nextDouble(0.5, 1)`.
    fn draw_probe(&mut self) {
        self.probe_jitter = self.jitter.unit() * 0.5 + 0.5;
    }

    fn next(&mut self, sample: Sample) -> u32 {
        let rtt_ns = sample.rtt.as_ns();
        self.probe_count = self.probe_count.saturating_add(1);
        let multiplier = f64::from(self.settings.probe_multiplier);
        if self.probe_jitter * multiplier * self.estimate <= f64::from(self.probe_count) {
            self.draw_probe();
            self.probe_count = 0;
            self.best_ns = rtt_ns;
        } else if self.best_ns == 0 || rtt_ns < self.best_ns {
            self.best_ns = rtt_ns;
        } else if let Some(goal) = self.goal(sample) {
            let goal = goal.min(f64::from(self.settings.max)).max(1.0);
            let smoothing = self.settings.smoothing;
            self.estimate = (1.0 - smoothing) * self.estimate + smoothing * goal;
        }
        self.estimate as u32
    }

    /// The limit to which the sample moves the estimate, if it does.
    fn goal(&self, sample: Sample) -> Option<f64> {
        let estimate = self.estimate;
        let queue = (estimate * (1.0 - self.best_ns as f64 / sample.rtt.as_ns() as f64)).ceil();
        let step = step(estimate as u32);
        if sample.dropped {
            return Some(estimate - f64::from(step));
        }
        if f64::from(sample.inflight) * 2.0 < estimate {
            return None;
        }
        let alpha = self.settings.alpha.unwrap_or(3 * step);
        let beta = self.settings.beta.unwrap_or(6 * step);
        if queue <= f64::from(step) {
            Some(estimate + f64::from(beta))
        } else if queue < f64::from(alpha) {
            Some(estimate + f64::from(step))
        } else if queue > f64::from(beta) {
            Some(estimate - f64::from(step))
        } else {
            None
        }
    }
}

/// The whole part of the decimal logarithm, at least 1 (`Log10RootIntFunction.java`).
fn step(limit: u32) -> u32 {
    limit.checked_ilog10().unwrap_or(0).max(1)
}

/// Samples whose plain mean begins the long average.
const WARM_UP: u32 = 10;

/// A limit by the ratio of a long average of times to the latest one (`Gradient2Limit.java`,
/// `ExpAvgMeasurement.java`). Drops are samples like others.
#[derive(Clone, Copy, Debug)]
pub struct Gradient2 {
    settings: Gradient2Settings,
    estimate: f64,
    /// The long average, in nanoseconds.
    long_ns: f64,
    /// Sum of the samples of the warm-up, in nanoseconds, and their number.
    sum_ns: f64,
    count: u32,
}

/// The settings of a [`Gradient2`] limit.
#[derive(Clone, Copy, Debug)]
pub struct Gradient2Settings {
    /// Least limit.
    pub min: u32,
    /// Largest limit.
    pub max: u32,
    /// Weight of the new limit against the present one, in (0, 1].
    pub smoothing: f64,
    /// What is added to the limit at each step.
    pub queue: u32,
    /// Samples of the long average.
    pub long_window: u32,
    /// Part of the long average by which a time may exceed it unpunished; at least 1.
    pub tolerance: f64,
}

impl Gradient2 {
    /// A limit that begins at `initial`.
    #[must_use]
    pub const fn new(initial: u32, settings: Gradient2Settings) -> Self {
        Self { settings, estimate: initial as f64, long_ns: 0.0, sum_ns: 0.0, count: 0 }
    }

    /// Adds a time to the long average.
    fn add(&mut self, rtt_ns: f64) -> f64 {
        if self.count < WARM_UP {
            self.count += 1;
            self.sum_ns += rtt_ns;
            self.long_ns = self.sum_ns / f64::from(self.count);
        } else {
            let factor = 2.0 / (f64::from(self.settings.long_window) + 1.0);
            self.long_ns = self.long_ns * (1.0 - factor) + rtt_ns * factor;
        }
        self.long_ns
    }

    fn next(&mut self, sample: Sample) -> u32 {
        let Gradient2Settings { min, max, smoothing, queue, tolerance, .. } = self.settings;
        let short = sample.rtt.as_ns() as f64;
        let long = self.add(short);
        if long / short > 2.0 {
            self.long_ns *= 0.95;
        }
        let estimate = self.estimate;
        if f64::from(sample.inflight) >= estimate / 2.0 {
            let gradient = (tolerance * long / short).clamp(0.5, 1.0);
            let goal = estimate * gradient + f64::from(queue);
            let next = estimate * (1.0 - smoothing) + goal * smoothing;
            self.estimate = next.min(f64::from(max)).max(f64::from(min));
        }
        self.estimate as u32
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
