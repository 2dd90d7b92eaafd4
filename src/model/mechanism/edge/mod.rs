//! An edge: the way from one policy to the service at its end, and what went along it.
//!
//! The numbers of an arm are the sums over its edges, so they cannot disagree.

use super::state::Outcome;
use crate::kernel::time::Instant;
use crate::metrics::meter::{Eye, Meter};
use crate::metrics::probe::{Ending, Event, Number, Role, Stretch, What};
use crate::metrics::summary::{Attempts, Component, Metric, Wasted};

const SENT: Meter = Meter::new("attempts", "attempts sent");
const RETRIES: Meter = Meter::new("retries", "retries");
const FAILED: Meter = Meter::new("failed", "attempts that failed");
const TIMEOUTS: Meter = Meter::new("timeouts", "attempts given up");
const ERRORS: Meter = Meter::new("errors", "attempts that met an error");
const WORK: Meter = Meter::new("work_ns", "work done");
const WASTED: Meter = Meter::new("wasted_ns", "work wasted");

impl What {
    /// An attempt was sent to a service.
    pub const SENT: Self = Self::new(&Event {
        name: "sent",
        verb: "sends",
        number: Number::None,
        words: "is sent",
        role: Role::Begins(Stretch::call("attempt")),
    });
    /// The caller has its answer.
    pub const ATTEMPT_SUCCEEDED: Self = Self::new(&Event {
        name: "attempt_succeeded",
        verb: "attempt_succeeds",
        number: Number::None,
        words: "comes back with an answer",
        role: Role::Ends(Ending::Well),
    });
    /// The caller has an error or a refusal, or has given up.
    pub const ATTEMPT_FAILED: Self = Self::new(&Event {
        name: "attempt_failed",
        verb: "attempt_fails",
        number: Number::None,
        words: "has failed with this attempt",
        role: Role::Ends(Ending::Badly),
    });
}

/// What can happen to a request here.
pub const EVENTS: &[What] = &[What::SENT, What::ATTEMPT_SUCCEEDED, What::ATTEMPT_FAILED];

/// Books of one edge, of measured requests.
#[derive(Clone, Copy, Debug, Default)]
pub struct Edge {
    /// Attempts that went along it.
    pub attempts: Attempts,
    /// For each of them, 2 k - 1 where it is the k-th of its request: over all edges that is the
    /// sum of the squares of the attempts of each request, whether it has ended or not.
    squares: u128,
    /// Service time of these attempts, and the part that nobody waited for.
    pub work: Work,
}

impl Edge {
    /// An attempt is sent, the `number`-th of its request.
    #[inline]
    pub fn send(&mut self, number: u32) {
        self.attempts.total += 1;
        self.squares += u128::from(number) * 2 - 1;
        self.attempts.retries += u64::from(number > 1);
    }

    /// Its outcome comes back.
    #[inline]
    pub fn end(&mut self, outcome: Outcome) {
        let attempts = &mut self.attempts;
        attempts.failed += u64::from(outcome != Outcome::Success);
        match outcome {
            // Only a timeout further out cancels an attempt.
            Outcome::Cancelled => attempts.timeouts += 1,
            Outcome::Error => attempts.errors += 1,
            _ => {}
        }
    }

    /// Adds the numbers of another edge.
    pub fn add(&mut self, other: &Self) {
        let Attempts { total, failed, retries, timeouts, errors, cancelled } = other.attempts;
        self.squares += other.squares;
        self.attempts.total += total;
        self.attempts.failed += failed;
        self.attempts.retries += retries;
        self.attempts.timeouts += timeouts;
        self.attempts.errors += errors;
        self.attempts.cancelled += cancelled;
        self.work.total += other.work.total;
        self.work.wasted += other.work.wasted;
        self.work.after_leaving += other.work.after_leaving;
    }

    /// Variance of the attempts of a request over `offered` requests, with one less below; `None`
    /// of fewer than two. Only of the sum of all edges.
    #[must_use]
    pub fn attempts_variance(&self, offered: u64) -> Option<f64> {
        let (offered, total) = (u128::from(offered), u128::from(self.attempts.total));
        let about_the_mean = offered * self.squares - total * total;
        let below = offered * offered.saturating_sub(1);
        (below > 0).then(|| about_the_mean as f64 / below as f64)
    }

    /// Shows itself at `at`.
    pub fn observe(&self, eye: &mut impl Eye) {
        let attempts = &self.attempts;
        eye.count(&SENT, attempts.total);
        eye.count(&RETRIES, attempts.retries);
        eye.count(&FAILED, attempts.failed);
        eye.count(&TIMEOUTS, attempts.timeouts);
        eye.count(&ERRORS, attempts.errors);
        eye.time(&WORK, self.work.total);
        eye.time(&WASTED, self.work.wasted);
    }

    /// Its numbers at the end of a run.
    #[must_use]
    pub fn report(&self) -> Component {
        let attempts = self.attempts;
        let first = attempts.total - attempts.retries;
        let amplification = (first > 0).then(|| attempts.total as f64 / first as f64);
        let wasted = self.work.summary();
        Component {
            kind: "edge",
            metrics: vec![
                ("attempts", Metric::Count(attempts.total)),
                ("failed", Metric::Count(attempts.failed)),
                ("retries", Metric::Count(attempts.retries)),
                ("timeouts", Metric::Count(attempts.timeouts)),
                ("errors", Metric::Count(attempts.errors)),
                ("cancelled", Metric::Count(attempts.cancelled)),
                ("amplification", Metric::Number(amplification)),
                ("work_ns", Metric::nanoseconds(self.work.total)),
                ("wasted_ns", Metric::nanoseconds(self.work.wasted)),
                ("wasted_ratio", Metric::Number(wasted.ratio)),
            ],
        }
    }
}

/// Service time in nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Work {
    /// Of all attempts.
    pub total: u128,
    /// Of attempts whose caller had left by their end.
    pub wasted: u128,
    /// The part of `wasted` after the caller had left.
    pub after_leaving: u128,
}

impl Work {
    /// Books an attempt that held a slot from `started` to `now`, and whose caller `left`
    /// ([`Instant::NEVER`] if it did not).
    #[inline]
    pub fn book(&mut self, started: Instant, now: Instant, left: Instant) {
        let work = u128::from((now - started).as_ns());
        self.total += work;
        if left != Instant::NEVER {
            self.wasted += work;
            self.after_leaving += u128::from((now - left.max(started)).as_ns());
        }
    }

    /// As reported.
    #[must_use]
    pub fn summary(&self) -> Wasted {
        Wasted {
            work_ns: u64::try_from(self.wasted).unwrap_or(u64::MAX),
            after_leaving_ns: u64::try_from(self.after_leaving).unwrap_or(u64::MAX),
            ratio: (self.total > 0).then(|| self.wasted as f64 / self.total as f64),
        }
    }
}

/// The edges of an arm, by the node that sends along them.
#[derive(Clone, Debug)]
pub struct Edges(Vec<Edge>);

impl Edges {
    /// As many as there are nodes: those that send nothing stay empty.
    #[must_use]
    pub fn new(nodes: usize) -> Self {
        Self(vec![Edge::default(); nodes])
    }

    /// The sum of all.
    #[must_use]
    pub fn total(&self) -> Edge {
        let mut total = Edge::default();
        self.0.iter().for_each(|edge| total.add(edge));
        total
    }
}

impl std::ops::Index<u32> for Edges {
    type Output = Edge;

    #[inline]
    fn index(&self, node: u32) -> &Edge {
        &self.0[node as usize]
    }
}

impl std::ops::IndexMut<u32> for Edges {
    #[inline]
    fn index_mut(&mut self, node: u32) -> &mut Edge {
        &mut self.0[node as usize]
    }
}
