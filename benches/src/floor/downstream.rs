//! The downstream service of the RPC and the event-driven workload, and the wait before a retry.

use super::MS;
use super::random::Random;

/// Latency in nanoseconds and failure of an attempt that makes `in_flight` in all.
#[inline]
pub fn attempt(random: &mut Random, in_flight: u32, knee: f64) -> (u64, bool) {
    let above = (f64::from(in_flight) / knee - 1.0).max(0.0);
    let latency_ms = 8.0 + 6.0 * random.unit() + 50.0 * above;
    let failure_ratio = (0.05 + 0.40 * above).min(0.95);
    let fails = random.unit() < failure_ratio;
    ((latency_ms * MS as f64) as u64, fails)
}

/// The wait after failed attempt number `attempt` (from 1): full jitter below 20, 40, .. 400 ms.
#[inline]
pub fn backoff(random: &mut Random, attempt: u32) -> u64 {
    let cap = (10_u64 << attempt).min(400).wrapping_mul(MS);
    (random.unit() * cap as f64) as u64
}
