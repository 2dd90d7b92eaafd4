//! The send rate of the adaptive mode of AWS SDKs, step by step as botocore 1.44.8 computes it
//! (`botocore/retries`: `adaptive.py`, `throttling.py`, `bucket.py`).
//!
//! A token bucket, in which a token is missing until the first throttling, and whose rate follows
//! the results: cut to 0.7 of the rate that was measured when one is throttled, and from there
//! along the cubic curve 0.4 (t - K)³ + W up to that rate W, slowly around it, and beyond. It is
//! never more than twice the rate that is measured.
//!
//! It computes in doubles of seconds since the start, in which the library's clock may be
//! anything; nothing depends on where it begins but half seconds.

use crate::kernel::fpmath;
use crate::kernel::time::{Duration, Instant};

/// Factor of a cut.
const BETA: f64 = 0.7;
/// Steepness of the curve.
const SCALE: f64 = 0.4;
/// Weight of the latest half seconds in the measured rate.
const SMOOTHING: f64 = 0.8;
/// Parts of a second in which results are counted.
const PARTS_PER_S: f64 = 2.0;
/// Least rate of the bucket, a second.
const MIN_RATE: f64 = 0.5;
/// Largest ratio of the rate to the measured one.
const MOST_ABOVE: f64 = 2.0;

/// The send rate of one client.
#[derive(Clone, Copy, Debug)]
pub struct SendRate {
    /// True from the first throttling on.
    enabled: bool,
    rate: f64,
    capacity: f64,
    tokens: f64,
    filled_s: f64,
    /// Rate at the latest throttling, when that was, and the time from there to that rate again.
    wanted: f64,
    throttled_s: f64,
    k_s: f64,
    measured: f64,
    /// Begin of the part in which results are counted, and their number.
    part_s: f64,
    count: f64,
}

fn seconds(at: Instant) -> f64 {
    at.as_ns() as f64 / 1e9
}

impl Default for SendRate {
    fn default() -> Self {
        Self {
            enabled: false,
            rate: 1.0,
            capacity: 1.0,
            tokens: 0.0,
            filled_s: 0.0,
            wanted: 0.0,
            throttled_s: 0.0,
            k_s: 0.0,
            measured: 0.0,
            part_s: 0.0,
            count: 0.0,
        }
    }
}

impl SendRate {
    /// Takes a token at `now`, or says after which time there will be one at the present rate.
    ///
    /// # Errors
    /// That time, if there is no token.
    pub fn take(&mut self, now: Instant) -> Result<(), Duration> {
        if !self.enabled {
            return Ok(());
        }
        self.refill(seconds(now));
        let missing_s = (1.0 - self.tokens) / self.rate;
        if missing_s > 0.0 {
            let wait = Duration::from_ns_f64((missing_s * 1e9).ceil());
            return Err(wait.max(Duration::from_ns(1)));
        }
        self.tokens -= 1.0;
        Ok(())
    }

    /// Learns from a result.
    pub fn record(&mut self, now: Instant, throttled: bool) {
        let at_s = seconds(now);
        self.measure(at_s);
        let rate = if throttled { self.cut(at_s) } else { self.grown(at_s) };
        self.set(at_s, rate.min(MOST_ABOVE * self.measured));
    }

    /// Counts a result (`RateClocker.record`).
    fn measure(&mut self, at_s: f64) {
        let part_s = (at_s * PARTS_PER_S).floor() / PARTS_PER_S;
        self.count += 1.0;
        if part_s > self.part_s {
            let rate = self.count / (part_s - self.part_s);
            self.measured = rate * SMOOTHING + self.measured * (1.0 - SMOOTHING);
            (self.count, self.part_s) = (0.0, part_s);
        }
    }

    /// The rate after a throttling (`CubicCalculator.error_received`).
    fn cut(&mut self, at_s: f64) -> f64 {
        let present = if self.enabled { self.measured.min(self.rate) } else { self.measured };
        self.enabled = true;
        self.k_s = fpmath::pow(present * (1.0 - BETA) / SCALE, 1.0 / 3.0);
        (self.wanted, self.throttled_s) = (present, at_s);
        present * BETA
    }

    /// The rate on the curve (`CubicCalculator.success_received`).
    fn grown(&self, at_s: f64) -> f64 {
        let since_s = at_s - self.throttled_s;
        SCALE * fpmath::pow(since_s - self.k_s, 3.0) + self.wanted
    }

    /// Sets the rate of the bucket (`TokenBucket.max_rate`).
    fn set(&mut self, at_s: f64, rate: f64) {
        self.refill(at_s);
        self.rate = rate.max(MIN_RATE);
        self.capacity = rate.max(1.0);
        self.tokens = self.tokens.min(self.capacity);
    }

    fn refill(&mut self, at_s: f64) {
        let gained = (at_s - self.filled_s) * self.rate;
        self.tokens = self.capacity.min(self.tokens + gained);
        self.filled_s = at_s;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Instant = |ms| Instant::from_ns(ms * 1_000_000);

    /// 100 results a second for ten seconds, the last of which is throttled: the rate is 70, and
    /// after K = cbrt(75) = 4.217 s 100 again, if results come as fast.
    #[test]
    fn a_throttled_rate_is_cut_and_comes_back_after_k() {
        let mut rate = SendRate::default();
        for at in 1..1000 {
            rate.record(MS(at * 10), false);
            assert_eq!(rate.take(MS(at * 10)), Ok(()), "nothing waits before the first throttling");
        }
        rate.record(MS(10_000), true);
        assert!((rate.measured - 100.0).abs() < 0.5, "{}", rate.measured);
        let first = rate.rate;
        assert!((first - 0.7 * rate.wanted).abs() < 1e-9, "{first}");
        assert!((rate.k_s - 4.217).abs() < 0.01, "{}", rate.k_s);
        let back = 10_000 + (rate.k_s * 1e3) as u64 / 10 * 10;
        for at in (10_010..=back).step_by(10) {
            rate.record(MS(at), false);
        }
        assert!((rate.rate - rate.wanted).abs() < 0.001, "{}", rate.rate);
        for at in (back + 10..back + 10_000).step_by(10) {
            rate.record(MS(at), false);
        }
        assert_eq!(rate.rate, 2.0 * rate.measured, "and no more than twice what is measured");
    }

    /// Without results in the first half second nothing is measured: the rate is the least one.
    #[test]
    fn a_throttling_at_the_start_leaves_one_call_in_two_seconds() {
        let mut rate = SendRate::default();
        rate.record(MS(100), true);
        // 0.1 s at 1/s have filled a tenth.
        let near = |wait: Result<(), Duration>, ms: u64| {
            let wait = wait.expect_err("it waits").as_ns();
            assert!(wait.abs_diff(ms * 1_000_000) <= 1, "{wait}");
        };
        near(rate.take(MS(100)), 1_800);
        near(rate.take(MS(1_899)), 1);
        assert_eq!(rate.take(MS(1_901)), Ok(()));
        near(rate.take(MS(1_901)), 2_000);
    }
}
