//! Envoy's gradient controllers, with measured and with pinned minimum time
//! (`gradient_controller.cc`, `pinned_gradient_controller.cc` of the filter `adaptive_concurrency`,
//! and the histogram of libcircllhist behind them).
//!
//! ```text
//!             enough calls that began here have ended
//!  measuring ----------------------------------------> updating: at each interval with samples
//!  limit: min <---------------------------------------   limit: limit x gradient + headroom
//!             the interval is over, or five updates
//!             in a row at the minimum
//! ```
//!
//! The limit is a whole number at each step. Times are whole microseconds, in bins of two digits.
//! Timers are not set: what is due is made up before the next call is looked at, at its own
//! instant. Where both timers are due at one instant, the update comes first.

use super::algorithm::{Jitter, Sample};
use crate::kernel::time::{Duration, Instant};

const NS_PER_US: u64 = 1_000;
const NS_PER_MS: u64 = 1_000_000;
/// Updates at the minimum in a row after which the minimum time is measured again.
const AT_MINIMUM: u32 = 5;

/// The settings of a gradient controller.
#[derive(Clone, Copy, Debug)]
pub struct EnvoySettings {
    /// Least limit, and the limit of a measurement.
    pub min: u32,
    /// Largest limit.
    pub max: u32,
    /// Part of the samples that are no longer than their aggregate.
    pub percentile: f64,
    /// Time from update to update, above 0.
    pub update_interval: Duration,
    /// Part of the minimum time that is added to it.
    pub buffer: f64,
    /// Where the minimum time comes from.
    pub min_rtt: MinRtt,
}

/// The source of the minimum time.
#[derive(Clone, Copy, Debug)]
pub enum MinRtt {
    /// It is given.
    Pinned(Duration),
    /// It is measured, from `requests` calls at the least limit.
    Measured {
        /// Time from a measurement to the next, in whole milliseconds.
        interval: Duration,
        /// Part of the interval up to which it is lengthened at random.
        jitter: f64,
        /// Calls of a measurement, at least 1.
        requests: u64,
    },
}

/// The state of a gradient controller.
#[derive(Clone, Debug)]
pub struct Envoy {
    settings: EnvoySettings,
    limit: u32,
    /// The limit before the measurement that is under way.
    deferred: Option<u32>,
    min_rtt_ns: u64,
    times: Histogram,
    /// Begin of the latest measurement: calls from before it give no samples.
    epoch: Instant,
    at_minimum: u32,
    next_update: Instant,
    next_measurement: Instant,
    pub(super) jitter: Jitter,
}

impl Envoy {
    /// A controller that begins at the least limit, with a measurement if it makes any.
    #[must_use]
    pub fn new(settings: EnvoySettings, jitter: Jitter) -> Self {
        let (deferred, min_rtt_ns) = match settings.min_rtt {
            MinRtt::Pinned(time) => (None, time.as_ns()),
            MinRtt::Measured { .. } => (Some(settings.min), 0),
        };
        Self {
            settings,
            limit: settings.min,
            deferred,
            min_rtt_ns,
            times: Histogram::default(),
            epoch: Instant::ZERO,
            at_minimum: 0,
            next_update: Instant::ZERO.saturating_add(settings.update_interval),
            next_measurement: Instant::NEVER,
            jitter,
        }
    }

    /// Most calls inside.
    #[must_use]
    pub const fn limit(&self) -> u32 {
        self.limit
    }

    /// An update without samples changes nothing, and none comes during a measurement.
    pub(super) fn due(&self) -> Instant {
        match self.deferred {
            Some(_) => Instant::NEVER,
            None if self.times.is_empty() => self.next_measurement,
            None => self.next_measurement.min(self.next_update),
        }
    }

    pub(super) fn fire(&mut self) {
        if !self.times.is_empty() && self.next_update <= self.next_measurement {
            self.update();
        } else {
            self.measure(self.next_measurement);
        }
    }

    /// `recordLatencySample`.
    pub(super) fn record(&mut self, sample: Sample, now: Instant) {
        if sample.start < self.epoch {
            return;
        }
        if self.times.is_empty() && self.deferred.is_none() && self.next_update <= now {
            self.skip_updates(now);
        }
        self.times.add(sample.rtt.as_ns() / NS_PER_US);
        if let (Some(limit), MinRtt::Measured { interval, jitter, requests }) =
            (self.deferred, self.settings.min_rtt)
            && self.times.count >= requests
        {
            self.min_rtt_ns = self.times.take_quantile(self.settings.percentile) * NS_PER_US;
            (self.limit, self.at_minimum, self.deferred) = (limit, 0, None);
            let wait = self.jittered(interval, jitter);
            self.next_measurement = now.saturating_add(wait);
            self.next_update = now.saturating_add(self.settings.update_interval);
        }
    }

    /// Puts the next update behind `now`: those before had no samples.
    fn skip_updates(&mut self, now: Instant) {
        let every = self.settings.update_interval.as_ns();
        let since = (now - self.next_update).as_ns();
        let to_next = Duration::from_ns(every - since % every);
        self.next_update = now.saturating_add(to_next);
    }

    /// The interval with up to so much of it added, in whole milliseconds (`applyJitter`).
    fn jittered(&mut self, interval: Duration, jitter: f64) -> Duration {
        let interval_ms = interval.as_ns() / NS_PER_MS;
        let range_ms = (interval_ms as f64 * jitter).ceil() as u32;
        let added_ms = match range_ms {
            0 => 0,
            range => self.jitter.bits() % u64::from(range),
        };
        Duration::from_ns((interval_ms + added_ms).saturating_mul(NS_PER_MS))
    }

    /// Begins a measurement (`enterMinRTTSamplingWindow`).
    fn measure(&mut self, now: Instant) {
        self.deferred = Some(self.limit);
        (self.limit, self.at_minimum) = (self.settings.min, 0);
        self.times.clear();
        (self.epoch, self.next_measurement) = (now, Instant::NEVER);
    }

    /// Updates the limit (`resetSampleWindow`, `updateConcurrencyLimit`).
    fn update(&mut self) {
        let now = self.next_update;
        self.next_update = now.saturating_add(self.settings.update_interval);
        let time_us = self.times.take_quantile(self.settings.percentile);
        let limit = self.next_limit(time_us * NS_PER_US);
        let least = self.settings.min;
        let stays = self.limit == least && limit == least;
        self.at_minimum = if stays { self.at_minimum + 1 } else { 0 };
        self.limit = limit;
        let measures = matches!(self.settings.min_rtt, MinRtt::Measured { .. });
        if measures && self.at_minimum >= AT_MINIMUM {
            self.measure(now);
        }
    }

    /// `calculateNewLimit`.
    fn next_limit(&self, time_ns: u64) -> u32 {
        let EnvoySettings { min, max, buffer, .. } = self.settings;
        let least = self.min_rtt_ns as f64 + self.min_rtt_ns as f64 * buffer;
        let raw = least / time_ns as f64;
        // Comparisons as of std::min and std::max, also for 0 / 0.
        let gradient = if raw < 2.0 { raw } else { 2.0 };
        let gradient = if 0.5 < gradient { gradient } else { 0.5 };
        let limit = f64::from(self.limit) * gradient;
        let next = (limit + limit.sqrt()) as u32;
        next.min(max).max(min)
    }

    pub(super) fn memory(&self) -> u64 {
        (self.times.bins.capacity() * size_of::<(u64, u64)>()) as u64
    }
}

/// Times in bins of two digits, as libcircllhist keeps them.
#[derive(Clone, Debug, Default)]
struct Histogram {
    /// Left ends of bins that are not empty, in microseconds, with numbers of times; ascending.
    bins: Vec<(u64, u64)>,
    count: u64,
}

impl Histogram {
    fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn clear(&mut self) {
        self.bins.clear();
        self.count = 0;
    }

    fn add(&mut self, time_us: u64) {
        let width = width(time_us);
        let left = time_us / width * width;
        match self.bins.binary_search_by_key(&left, |(left, _)| *left) {
            Ok(index) => self.bins[index].1 += 1,
            Err(index) => self.bins.insert(index, (left, 1)),
        }
        self.count += 1;
    }

    /// The quantile `q` of at least one time, in whole microseconds, interpolated within its bin
    /// (`hist_approx_quantile`). Clears the histogram.
    fn take_quantile(&mut self, q: f64) -> u64 {
        let rank = self.count as f64 * q;
        let (mut left, mut lower, mut upper) = (0, 0.0, 0.0);
        for &(bin, count) in &self.bins {
            (left, lower) = (bin, upper);
            upper += count as f64;
            if upper >= rank {
                break;
            }
        }
        // Bins below 10 us are a tenth wide, which the whole number drops.
        let wide = if left < 10 { f64::from(u8::from(left > 0)) * 0.1 } else { width(left) as f64 };
        let part = if lower == rank { 0.0 } else { (rank - lower) / (upper - lower) };
        self.clear();
        (left as f64 + part * wide) as u64
    }
}

/// Width of the bin of a time, if it has two digits or more.
const fn width(time_us: u64) -> u64 {
    match time_us.checked_ilog10() {
        Some(digits @ 2..) => 10_u64.pow(digits - 1),
        _ => 1,
    }
}
