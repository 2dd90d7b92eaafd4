//! Outlier detection: a client ejects replicas that fail for it, and sends them nothing for a time.
//!
//! ```text
//!             failures in a row: at once
//!             rates of an interval: at a sweep
//!   chosen ──────────────────────────────────► ejected
//!      ▲     unless too many are                  │
//!      └──────────────────────────────────────────┘
//!        the first sweep after base time x ejections
//! ```
//!
//! Sweeps are at whole multiples of the interval. A replica comes back at a sweep alone, with its
//! full share at once. The time of an ejection grows by the base time with each one, and shrinks
//! with each sweep at which the replica is not ejected. If too few replicas are left, the client
//! panics, as Envoy calls it: it sends to all of them.
//!
//! Nothing but the next attempt of a client can see what a sweep has done, so sweeps are carried
//! out when that attempt, or the end of one, comes.
//!
//! Sources: Envoy, `source/common/upstream/outlier_detection_impl.cc`; gRPC's proposal A50 and
//! grpc-go, `internal/xds/balancer/outlierdetection/balancer.go`.

pub mod alternatives;
mod detector;
pub mod spec;
#[cfg(test)]
mod tests;

use crate::kernel::draw::Site;
use crate::kernel::time::{Duration, Instant};
use crate::model::context::Outcome;
use crate::model::mechanism::retry::RetryOn;
use detector::{Detector, Judge};
use spec::Rule;

/// Settings of a detection; see [`Spec`](spec::Spec).
#[derive(Clone, Debug)]
pub struct Settings {
    pub(super) failures_in_a_row: Option<u32>,
    pub(super) success_rate: Option<SuccessRate>,
    pub(super) failure_rate: Option<FailureRate>,
    pub(super) interval: Duration,
    pub(super) base_time: Duration,
    pub(super) max_time: Duration,
    /// Most milliseconds that are added to the time of an ejection.
    pub(super) jitter_ms: u64,
    pub(super) max_ejected: f64,
    pub(super) always_eject_one: bool,
    pub(super) panic_threshold: f64,
    /// Outcomes that are failures.
    pub(super) failures: RetryOn,
    pub(super) rule: Rule,
}

/// Ejects replicas whose ratio of successes is far below that of the others.
#[derive(Clone, Copy, Debug)]
pub struct SuccessRate {
    pub(super) deviations: f64,
    pub(super) needs: Needs,
}

/// Ejects replicas whose ratio of failures is high.
#[derive(Clone, Copy, Debug)]
pub struct FailureRate {
    pub(super) percent: f64,
    pub(super) needs: Needs,
}

/// What a rate needs before it ejects.
#[derive(Clone, Copy, Debug)]
pub struct Needs {
    /// Results of a replica in the interval.
    pub(super) volume: u32,
    /// Replicas with so many results.
    pub(super) replicas: u32,
    /// Probability with which a detection ejects.
    pub(super) enforced: f64,
}

/// The outlier detection of all clients of one balancer.
#[derive(Clone, Debug)]
pub struct Outliers {
    settings: Settings,
    site: Site,
    /// By number of the client.
    detectors: Vec<Detector>,
}

/// What became of a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was ejected.
    Ejected,
    /// It is back.
    Returned,
    /// It would have been ejected, but as many are as may be.
    Spared,
}

impl Outliers {
    /// A detection that draws at `site`.
    #[must_use]
    pub const fn new(settings: Settings, site: Site) -> Self {
        Self { settings, site, detectors: Vec::new() }
    }

    /// Adds the next client, which knows this number of the `replicas`.
    pub fn add_client(&mut self, replicas: u32, known: u32) {
        self.detectors.push(Detector::new(replicas, known));
    }

    fn judge<'a>(
        &'a mut self,
        client: u32,
        now: Instant,
        tell: &'a mut dyn FnMut(Verdict, u32),
    ) -> (&'a mut Detector, Judge<'a>) {
        let detector = &mut self.detectors[client as usize];
        (detector, Judge { settings: &self.settings, site: self.site, client, now, tell })
    }

    /// Carries out the sweeps of a client that are due, and tells what becomes of which replica.
    pub fn sweep(&mut self, client: u32, now: Instant, tell: &mut dyn FnMut(Verdict, u32)) {
        let (detector, mut judge) = self.judge(client, now, tell);
        detector.sweep_until(&mut judge);
    }

    /// Records the result of an attempt at a replica.
    pub fn record(
        &mut self,
        (client, replica): (u32, u32),
        failed: bool,
        now: Instant,
        tell: &mut dyn FnMut(Verdict, u32),
    ) {
        let (detector, mut judge) = self.judge(client, now, tell);
        detector.sweep_until(&mut judge);
        detector.record(&mut judge, replica, failed);
    }

    /// True if this outcome of an attempt is a failure.
    pub(super) fn is_failure(&self, outcome: Outcome) -> bool {
        self.settings.failures.covers(outcome)
    }

    /// The replicas that a client may choose, ascending, and whether it panics.
    #[must_use]
    pub fn candidates(&self, client: u32) -> (Vec<u32>, bool) {
        let (candidates, share) = self.detectors[client as usize].left();
        if share < self.settings.panic_threshold {
            return ((0..self.detectors[client as usize].replicas()).collect(), true);
        }
        (candidates, false)
    }

    /// Draws at another site from now on, in a branch of a split run.
    pub(super) fn fork(&mut self, branch: u64) {
        self.site = self.site.fork(branch);
    }

    /// Bytes on the heap.
    pub(super) fn memory(&self) -> u64 {
        self.detectors.iter().map(Detector::memory).sum()
    }
}
