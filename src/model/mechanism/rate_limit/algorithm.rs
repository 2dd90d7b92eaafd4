//! The algorithms of rate limits: whether a call may pass at an instant, and if not, when.
//!
//! All but one reserve: a call that has to wait gets the instant at which it will pass, and later
//! calls queue up behind that. So calls pass in the order of their arrival, and nothing has to be
//! woken when tokens come back. A reservation is kept even if the call leaves before. A [rate that
//! results change](super::send_rate) cannot reserve, since it may change while calls wait.
//!
//! They know instants and nothing of calls, so libraries can be played against them.

use std::collections::VecDeque;

use super::send_rate::SendRate;
use crate::kernel::time::{Duration, Instant};

/// The state of one rate limit.
#[derive(Clone, Debug)]
pub enum Algorithm {
    /// A token bucket that refills continuously, in whole numbers.
    Bucket(Bucket),
    /// A token bucket that refills continuously, in doubles.
    Float(FloatBucket),
    /// A bucket that refills in steps of the clock.
    Steps(Steps),
    /// A leaky bucket.
    Leaky(Leaky),
    /// Windows that begin with a call.
    Windows(Windows),
    /// A window of which the one before counts in part.
    Weighted(Weighted),
    /// The instants of the calls that passed last.
    Log(Log),
    /// A rate that results change: a call that has to wait reserves nothing.
    Learned(SendRate),
}

impl Algorithm {
    /// Lets a call that arrives `now` pass after a wait of `longest` at most. The wait, which may
    /// be zero, or as an error the wait that would be too long: then nothing is reserved.
    ///
    /// # Errors
    /// The time until the call could pass, if that is more than `longest`.
    #[inline]
    pub fn admit(&mut self, now: Instant, longest: Duration) -> Result<Duration, Duration> {
        match self {
            Self::Bucket(bucket) => bucket.admit(now, longest),
            Self::Float(bucket) => bucket.admit(now, longest),
            Self::Steps(steps) => steps.admit(now, longest),
            Self::Leaky(bucket) => bucket.admit(now),
            Self::Windows(windows) => windows.admit(now, longest),
            Self::Weighted(window) => window.admit(now, longest),
            Self::Log(log) => log.admit(now, longest),
            Self::Learned(rate) => rate.take(now).map(|()| Duration::ZERO),
        }
    }

    /// Bytes on the heap.
    pub fn memory(&self) -> u64 {
        match self {
            Self::Log(log) => (log.passed.len() * size_of::<Instant>()) as u64,
            Self::Bucket(_)
            | Self::Float(_)
            | Self::Steps(_)
            | Self::Leaky(_)
            | Self::Windows(_)
            | Self::Weighted(_)
            | Self::Learned(_) => 0,
        }
    }
}

fn within(wait: Duration, longest: Duration) -> Result<Duration, Duration> {
    if wait <= longest { Ok(wait) } else { Err(wait) }
}

/// The time from `now` to `instant`, and none if that is over.
fn until(instant: Instant, now: Instant) -> Duration {
    instant.max(now) - now
}

/// A token bucket in whole numbers, full at first. The generic cell rate algorithm is the same: its
/// theoretical arrival time is the instant at which the bucket is full.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// A token, in units of which a nanosecond brings `per_ns`.
    token: u128,
    per_ns: u128,
    capacity: u128,
    /// What the bucket lacked at the instant `at`; above `capacity` while calls wait.
    missing: u128,
    at: Instant,
}

impl Bucket {
    /// A bucket of `burst` tokens, which gains `per_ns / token` of one in a nanosecond.
    #[must_use]
    pub fn new(per_ns: u64, token: u128, burst: u32) -> Self {
        let capacity = token * u128::from(burst);
        Self { token, per_ns: per_ns.into(), capacity, missing: 0, at: Instant::ZERO }
    }

    fn admit(&mut self, now: Instant, longest: Duration) -> Result<Duration, Duration> {
        let gained = u128::from((now - self.at).as_ns()) * self.per_ns;
        let missing = self.missing.saturating_sub(gained).saturating_add(self.token);
        // Rounded up: a nanosecond earlier the token would not be whole.
        let wait = missing.saturating_sub(self.capacity).div_ceil(self.per_ns);
        let wait = Duration::from_ns(u64::try_from(wait).unwrap_or(u64::MAX));
        within(wait, longest)?;
        (self.missing, self.at) = (missing, now);
        Ok(wait)
    }
}

/// A token bucket in doubles, step by step as `golang.org/x/time/rate` v0.16.0 computes it
/// (rate.go: `reserveN`, `advance`, `durationFromTokens`, `tokensFromDuration`): waits are rounded
/// down, so a token that is missing by less than a nanosecond's worth is there.
#[derive(Clone, Debug)]
pub struct FloatBucket {
    per_s: f64,
    burst: f64,
    tokens: f64,
    at: Instant,
}

impl FloatBucket {
    /// A full bucket of `burst` tokens, which gains `per_s` a second.
    #[must_use]
    pub fn new(per_s: f64, burst: u32) -> Self {
        let burst = f64::from(burst);
        Self { per_s, burst, tokens: burst, at: Instant::ZERO }
    }

    fn admit(&mut self, now: Instant, longest: Duration) -> Result<Duration, Duration> {
        let ns = (now - self.at).as_ns();
        let seconds = (ns / 1_000_000_000) as f64 + (ns % 1_000_000_000) as f64 / 1e9;
        let tokens = (self.tokens + seconds * self.per_s).min(self.burst) - 1.0;
        let wait = Duration::from_ns_f64((-tokens / self.per_s) * 1e9);
        within(wait, longest)?;
        (self.tokens, self.at) = (tokens, now);
        Ok(wait)
    }
}

/// A bucket that gains tokens at every multiple of a period: Envoy's local rate limit with its
/// `fill_interval`, and resilience4j's cycles, where a step fills it.
#[derive(Clone, Debug)]
pub struct Steps {
    capacity: i128,
    gain: i128,
    every_ns: u64,
    /// Tokens after the step `step`; below zero while calls wait.
    tokens: i128,
    step: u64,
}

impl Steps {
    /// A full bucket of `capacity` tokens, which gains `gain` at every multiple of `every`.
    #[must_use]
    pub fn new(capacity: u32, gain: u32, every: Duration) -> Self {
        let capacity = i128::from(capacity);
        let (gain, every_ns) = (i128::from(gain), every.as_ns());
        Self { capacity, gain, every_ns, tokens: capacity, step: 0 }
    }

    fn admit(&mut self, now: Instant, longest: Duration) -> Result<Duration, Duration> {
        let step = now.as_ns() / self.every_ns;
        let gained = i128::from(step - self.step) * self.gain;
        self.tokens = (self.tokens + gained).min(self.capacity);
        self.step = step;
        let mut wait = Duration::ZERO;
        if self.tokens < 1 {
            let steps = (1 - self.tokens + self.gain - 1) / self.gain;
            let steps = u64::try_from(steps).unwrap_or(u64::MAX).saturating_add(step);
            let passes = Instant::from_ns(steps.saturating_mul(self.every_ns));
            wait = within(until(passes, now), longest)?;
        }
        self.tokens -= 1;
        Ok(wait)
    }
}

/// A leaky bucket as nginx counts: in thousandths of a call and whole milliseconds
/// (`ngx_http_limit_req_module.c`: `ngx_http_limit_req_lookup`, `ngx_http_limit_req_account`).
#[derive(Clone, Debug)]
pub struct Leaky {
    /// Thousandths of a call that leak in a second.
    rate: u64,
    /// Thousandths above which a call is refused.
    burst: u64,
    /// Thousandths up to which a call passes at once.
    at_once: u64,
    /// Thousandths in the bucket after the last call that was let in.
    excess: u64,
    /// The millisecond of that call; `None` before the first.
    last_ms: Option<u64>,
}

const NS_PER_MS: u64 = 1_000_000;
/// A call, in thousandths.
const CALL: u64 = 1000;

impl Leaky {
    /// An empty bucket that leaks `rate` thousandths of a call in a second and holds `burst` calls,
    /// of which `at_once` do not wait.
    #[must_use]
    pub const fn new(rate: u64, burst: u32, at_once: u32) -> Self {
        let (burst, at_once) = (burst as u64 * CALL, at_once as u64 * CALL);
        Self { rate, burst, at_once, excess: 0, last_ms: None }
    }

    fn admit(&mut self, now: Instant) -> Result<Duration, Duration> {
        let now_ms = now.as_ns() / NS_PER_MS;
        let Some(last_ms) = self.last_ms else {
            self.last_ms = Some(now_ms);
            return Ok(Duration::ZERO);
        };
        let leaked = u128::from(self.rate) * u128::from(now_ms - last_ms) / 1000;
        let excess = u128::from(self.excess + CALL).saturating_sub(leaked) as u64;
        if excess > self.burst {
            let surplus = u128::from(self.excess + CALL - self.burst);
            let ms = (surplus * 1000).div_ceil(self.rate.into()) as u64;
            let passes = last_ms.saturating_add(ms).saturating_mul(NS_PER_MS);
            return Err(until(Instant::from_ns(passes), now));
        }
        (self.excess, self.last_ms) = (excess, Some(now_ms));
        let wait_ms = excess.saturating_sub(self.at_once) * 1000 / self.rate;
        Ok(Duration::from_ns(wait_ms.saturating_mul(NS_PER_MS)))
    }
}

/// Windows one after another, each begun by the first call after the one before: tower's
/// `RateLimit` (0.5.3, `limit/rate/service.rs`).
#[derive(Clone, Debug)]
pub struct Windows {
    limit: u32,
    window: Duration,
    /// End of the latest window, which may not have begun yet.
    end: Instant,
    /// Calls that may still pass in it.
    left: u32,
}

impl Windows {
    /// `limit` calls in every `window`.
    #[must_use]
    pub const fn new(limit: u32, window: Duration) -> Self {
        Self { limit, window, end: Instant::ZERO, left: 0 }
    }

    fn admit(&mut self, now: Instant, longest: Duration) -> Result<Duration, Duration> {
        if now >= self.end {
            (self.end, self.left) = (now.saturating_add(self.window), self.limit - 1);
            return Ok(Duration::ZERO);
        }
        if self.left == 0 {
            let wait = within(self.end - now, longest)?;
            (self.end, self.left) = (self.end.saturating_add(self.window), self.limit - 1);
            return Ok(wait);
        }
        let begins = self.end.as_ns().saturating_sub(self.window.as_ns());
        let wait = within(until(Instant::from_ns(begins), now), longest)?;
        self.left -= 1;
        Ok(wait)
    }
}

/// Windows of the clock, of which the one before counts by the part that a window which ends now
/// has in it.
#[derive(Clone, Debug)]
pub struct Weighted {
    limit: u32,
    window_ns: u64,
    /// Number of the window of the latest call that passes.
    window: u64,
    /// Calls that pass in the window before and in that one.
    passed: [u32; 2],
    latest: Instant,
}

impl Weighted {
    /// At most `limit` calls in any `window`, by that estimate.
    #[must_use]
    pub const fn new(limit: u32, window: Duration) -> Self {
        let (window_ns, latest) = (window.as_ns(), Instant::ZERO);
        Self { limit, window_ns, window: 0, passed: [0, 0], latest }
    }

    fn admit(&mut self, now: Instant, longest: Duration) -> Result<Duration, Duration> {
        let size = u128::from(self.window_ns);
        let mut at = self.latest.max(now).as_ns();
        let [mut before, mut here] = self.passed;
        let mut window = self.window;
        loop {
            let present = at / self.window_ns;
            [before, here] = match present - window {
                0 => [before, here],
                1 => [here, 0],
                _ => [0, 0],
            };
            window = present;
            // The part of the window that must be over before one more fits.
            let room = u128::from(self.limit - here.min(self.limit));
            let over = match room.checked_sub(1) {
                None => size,
                Some(room) if u128::from(before) <= room => 0,
                Some(room) => size - room * size / u128::from(before),
            };
            let begins = window.saturating_mul(self.window_ns);
            let fits = begins.saturating_add(over as u64);
            if fits <= at {
                break;
            }
            at = fits;
            if over < size {
                break;
            }
        }
        let passes = Instant::from_ns(at);
        let wait = within(passes - now, longest)?;
        self.passed = [before, here + 1];
        (self.window, self.latest) = (window, passes);
        Ok(wait)
    }
}

/// A log of the calls that passed last: at most so many in any window.
#[derive(Clone, Debug)]
pub struct Log {
    limit: u32,
    window: Duration,
    /// Instants at which the latest calls pass, at most `limit`.
    passed: VecDeque<Instant>,
}

impl Log {
    /// At most `limit` calls in any `window`.
    #[must_use]
    pub const fn new(limit: u32, window: Duration) -> Self {
        Self { limit, window, passed: VecDeque::new() }
    }

    fn admit(&mut self, now: Instant, longest: Duration) -> Result<Duration, Duration> {
        let gone = |instant: &Instant| instant.saturating_add(self.window) <= now;
        while self.passed.front().is_some_and(gone) {
            self.passed.pop_front();
        }
        let full = self.passed.len() >= self.limit as usize;
        let free = match (full, self.passed.front(), self.passed.back()) {
            (true, Some(first), _) => first.saturating_add(self.window),
            (_, _, Some(latest)) => *latest,
            _ => now,
        };
        let passes = free.max(now);
        let wait = within(passes - now, longest)?;
        if full {
            self.passed.pop_front();
        }
        self.passed.push_back(passes);
        Ok(wait)
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
