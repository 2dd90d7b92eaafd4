//! The floor: each workload as one loop, written by hand for nothing else.
//!
//! No layers, no names, no keyed draws, no fingerprint, hardly a metric. One rule keeps the
//! comparison fair: every event goes through an event list ordered by (time, insertion), as it
//! does in any simulator; only timeouts may use that their delay is constant.

mod downstream;
mod events;
mod random;
mod w1;
mod w2;
mod w3;
mod w4;

use crate::workload::Workload;

pub const MS: u64 = 1_000_000;
pub const SECOND: u64 = 1_000_000_000;

/// What a loop computed, by name. It is printed, so no work can be optimised away, and compared
/// with what dessim computed.
pub type Answers = Vec<(&'static str, f64)>;

/// Does the work of `workload` with so many requests.
pub fn run(workload: Workload, requests: u64) -> Answers {
    match workload {
        Workload::W1 => w1::run(requests),
        Workload::W2 => w2::run(requests),
        Workload::W3 => w3::run(requests),
        Workload::W4 => w4::run(requests),
    }
}

/// Latencies to three significant digits, up to an hour.
struct Latencies(hdrhistogram::Histogram<u64>);

impl Latencies {
    fn new() -> Self {
        let bounded = hdrhistogram::Histogram::new_with_bounds(1, 3_600 * SECOND, 3);
        Self(bounded.expect("the bounds are valid"))
    }

    #[inline]
    fn record(&mut self, ns: u64) {
        self.0.saturating_record(ns);
    }

    fn quantile_ns(&self, q: f64) -> f64 {
        self.0.value_at_quantile(q) as f64
    }
}
