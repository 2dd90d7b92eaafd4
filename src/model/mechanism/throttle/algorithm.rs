//! The algorithms of throttles: with which probability a call is refused, from the results of the
//! latest time.
//!
//! They know instants and results and nothing of calls, so libraries can be played against them.

use std::collections::VecDeque;

use super::window::{Buckets, SUCCESS};
use crate::kernel::fpmath::pow;
use crate::kernel::time::{Duration, Instant};

/// The state of one throttle.
#[derive(Clone, Debug)]
pub enum Algorithm {
    /// The formula of the SRE book.
    Sre(Sre),
    /// Envoy's `admission_control`.
    Envoy(Envoy),
    /// failsafe-go's adaptive throttler.
    FailsafeGo(FailsafeGo),
    /// go-zero's breaker.
    GoZero(GoZero),
}

impl Algorithm {
    /// True if a call that arrives `now` is refused, by its uniform number in [0, 1). A call that
    /// is refused has no result.
    #[inline]
    pub fn refuses(&mut self, now: Instant, unit: f64) -> bool {
        match self {
            Self::Sre(sre) => sre.refuses(now, unit),
            Self::Envoy(envoy) => envoy.refuses(now, unit),
            Self::FailsafeGo(throttler) => {
                let probability = throttler.probability();
                probability > 0.0 && (probability >= 1.0 || probability >= unit)
            }
            Self::GoZero(breaker) => breaker.refuses(now, unit),
        }
    }

    /// The result of a call that was admitted.
    #[inline]
    pub fn record(&mut self, now: Instant, success: bool) {
        match self {
            Self::Sre(sre) => {
                if success {
                    sre.window.add(now, ACCEPTS);
                }
            }
            Self::Envoy(envoy) => envoy.record(now, success),
            Self::FailsafeGo(FailsafeGo { window, .. }) | Self::GoZero(GoZero { window, .. }) => {
                window.add(now, if success { SUCCESS } else { FAILURE });
            }
        }
    }

    /// Bytes on the heap.
    pub(super) fn memory(&self) -> u64 {
        match self {
            Self::Envoy(envoy) => (envoy.history.len() * size_of::<Second>()) as u64,
            Self::Sre(Sre { window, .. })
            | Self::FailsafeGo(FailsafeGo { window, .. })
            | Self::GoZero(GoZero { window, .. }) => window.memory(),
        }
    }
}

/// The counts of a bucket of [`Sre`].
const REQUESTS: usize = 0;
const ACCEPTS: usize = 1;

/// The counts of a bucket of the others, besides successes.
const FAILURE: usize = 1;
const DROP: usize = 2;

/// `P = max(0, (requests - k accepts) / (requests + 1))` (Beyer et al., "Site reliability
/// engineering", 2016, chapter 21): all requests count when they arrive, refused ones too, and
/// accepts when they end.
#[derive(Clone, Debug)]
pub struct Sre {
    k: f64,
    window: Buckets,
}

impl Sre {
    /// A throttle over the latest `window`, in so many buckets.
    #[must_use]
    pub fn new(k: f64, window: Duration, buckets: u32) -> Self {
        Self { k, window: Buckets::new(window, buckets) }
    }

    fn refuses(&mut self, now: Instant, unit: f64) -> bool {
        self.window.expire(now);
        let [requests, accepts, _] = self.window.sums().map(|count| count as f64);
        self.window.add(now, REQUESTS);
        unit < (requests - self.k * accepts) / (requests + 1.0)
    }
}

/// Envoy's admission control (`admission_control.cc`: `decodeHeaders`, `shouldRejectRequest`;
/// `thread_local_controller.cc`). Refused calls are not recorded. A call below the threshold of
/// rate leaves the history as old as it is.
#[derive(Clone, Debug)]
pub struct Envoy {
    settings: EnvoySettings,
    history: VecDeque<Second>,
    requests: u64,
    successes: u64,
}

/// The settings of admission control.
#[derive(Clone, Copy, Debug)]
pub struct EnvoySettings {
    /// Whole seconds that count.
    pub window: Duration,
    /// Exponent's inverse, at least 1.
    pub aggression: f64,
    /// Ratio of successes below which calls are refused, above 0.
    pub success_rate: f64,
    /// Requests per second below which none is refused.
    pub min_rps: u32,
    /// Largest probability.
    pub max_rejection: f64,
}

/// Calls of a second or more, from the first of them on.
#[derive(Clone, Copy, Debug)]
struct Second {
    from: Instant,
    requests: u64,
    successes: u64,
}

const GRANULARITY: Duration = Duration::from_s(1);

impl Envoy {
    /// Admission control without a history.
    #[must_use]
    pub const fn new(settings: EnvoySettings) -> Self {
        Self { settings, history: VecDeque::new(), requests: 0, successes: 0 }
    }

    /// Drops what is too old and begins a new second if it is time (`maybeUpdateHistoricalData`).
    fn update(&mut self, now: Instant) {
        while let Some(oldest) = self.history.front()
            && now - oldest.from >= self.settings.window
        {
            self.requests -= oldest.requests;
            self.successes -= oldest.successes;
            self.history.pop_front();
        }
        if self.history.back().is_none_or(|newest| now - newest.from >= GRANULARITY) {
            self.history.push_back(Second { from: now, requests: 0, successes: 0 });
        }
    }

    fn record(&mut self, now: Instant, success: bool) {
        self.update(now);
        let newest = self.history.back_mut().expect("an update leaves one");
        newest.requests += 1;
        newest.successes += u64::from(success);
        self.requests += 1;
        self.successes += u64::from(success);
    }

    /// Whole requests per second, as old as the history is (`averageRps`).
    fn average_rps(&self, now: Instant) -> u64 {
        let Some(oldest) = self.history.front() else { return 0 };
        let seconds = self.settings.window.max(now - oldest.from).as_ns() / GRANULARITY.as_ns();
        self.requests / seconds
    }

    fn probability(&mut self, now: Instant) -> f64 {
        let EnvoySettings { aggression, success_rate, max_rejection, .. } = self.settings;
        self.update(now);
        let (requests, successes) = (self.requests as f64, self.successes as f64);
        let excess = (requests - successes / success_rate) / (requests + 1.0);
        // The root of a negative number is none, and refuses nothing.
        let probability = if aggression == 1.0 { excess } else { pow(excess, 1.0 / aggression) };
        if probability > max_rejection { max_rejection } else { probability }
    }

    /// In ten thousandths, as there.
    fn refuses(&mut self, now: Instant, unit: f64) -> bool {
        if self.average_rps(now) < self.settings.min_rps.into() {
            return false;
        }
        10_000.0 * self.probability(now) > (10_000.0 * unit).floor()
    }
}

/// Buckets of failsafe-go's throttler.
const FAILSAFE_BUCKETS: u32 = 20;

/// failsafe-go 0.9.8's `AdaptiveThrottler` (`adaptivethrottler.go`: `AcquirePermit`,
/// `computeRejectionRate`; `stats.go`). Old results are dropped when a result is recorded and not
/// when a permit is asked for, so those before a pause count until the first result after it.
#[derive(Clone, Debug)]
pub struct FailsafeGo {
    success_rate: f64,
    min_calls: u64,
    max_rejection: f64,
    window: Buckets,
}

impl FailsafeGo {
    /// A throttler over the latest `window`.
    #[must_use]
    pub fn new(failure_rate: f64, min_calls: u32, window: Duration, max_rejection: f64) -> Self {
        let window = Buckets::new(window, FAILSAFE_BUCKETS);
        Self {
            success_rate: 1.0 - failure_rate,
            min_calls: min_calls.into(),
            max_rejection,
            window,
        }
    }

    /// Probability with which the next call is refused (`RejectionRate` after `AcquirePermit`).
    #[must_use]
    pub fn probability(&self) -> f64 {
        let [successes, failures, _] = self.window.sums();
        let calls = successes + failures;
        if calls < self.min_calls {
            return 0.0;
        }
        let excess = (calls as f64 - successes as f64 / self.success_rate).max(0.0);
        (excess / (calls as f64 + 1.0)).min(self.max_rejection)
    }
}

/// go-zero 1.10.3's breaker (`core/breaker/googlebreaker.go`): the SRE formula over ten seconds
/// with an allowance of 5 calls, a `k` that falls from 1.5 to 1.1 with the buckets that failed
/// last, less refusal with the buckets that worked last, and a call in every second that passes.
#[derive(Clone, Debug)]
pub struct GoZero {
    window: Buckets,
    last_pass: Option<Instant>,
}

const GO_ZERO_WINDOW: Duration = Duration::from_s(10);
const GO_ZERO_BUCKETS: u32 = 40;
const K: f64 = 1.5;
const LEAST_K: f64 = 1.1;
const PROTECTION: f64 = 5.0;
const FORCE_PASS: Duration = Duration::from_s(1);

impl Default for GoZero {
    fn default() -> Self {
        Self { window: Buckets::new(GO_ZERO_WINDOW, GO_ZERO_BUCKETS), last_pass: None }
    }
}

impl GoZero {
    fn refuses(&mut self, now: Instant, unit: f64) -> bool {
        self.window.expire(now);
        let [successes, failures, drops] = self.window.sums();
        let (mut working, mut failing) = (0, 0);
        for &[successes, failures, _] in self.window.oldest_first() {
            if failures > 0 {
                working = 0;
            } else if successes > 0 {
                working += 1;
            }
            if successes > 0 {
                failing = 0;
            } else if failures > 0 {
                failing += 1;
            }
        }
        let buckets = f64::from(GO_ZERO_BUCKETS);
        let k = (K - (K - LEAST_K) * f64::from(failing) / buckets).max(LEAST_K);
        let all = (successes + failures + drops) as f64;
        let excess = ((all - PROTECTION) - k * successes as f64) / (all + 1.0);
        if excess <= 0.0 {
            return false;
        }
        let forced = self.last_pass.is_some_and(|last| now - last > FORCE_PASS);
        let probability = excess * ((buckets - f64::from(working)) / buckets);
        if !forced && unit < probability {
            self.window.add(now, DROP);
            return true;
        }
        self.last_pass = Some(now);
        false
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
