//! Books of edges: attempts and work, of measured requests.

use std::collections::BTreeMap;

use super::{
    AMPLIFICATION, CANCELLED, ERRORS, FAILED, RETRIES, SENT, TIMEOUTS, WASTED, WASTED_RATIO, WORK,
};
use crate::kernel::time::Instant;
use crate::metrics::meter::Measurements;
use crate::metrics::summary::{Attempts, Wasted};
use crate::model::context::Outcome;
use crate::model::mechanism::Below;
use crate::model::seat::{NONE, Seat, SeatId, Seats};

/// Books of one edge, of measured requests.
#[derive(Clone, Copy, Debug, Default)]
pub struct Edge {
    /// Attempts sent along the edge.
    pub attempts: Attempts,
    /// Sum of 2 k - 1 over the attempts, where k is the number of the attempt within its request:
    /// over all edges, the sum of the squared numbers of attempts of all requests, even unfinished
    /// ones.
    squares: u128,
    /// Service time of these attempts, and its wasted part.
    pub work: Work,
}

impl Edge {
    /// Books an attempt that is sent, the `number`-th of its request.
    #[inline]
    pub fn send(&mut self, number: u32) {
        self.attempts.total += 1;
        self.squares += u128::from(number) * 2 - 1;
        self.attempts.retries += u64::from(number > 1);
    }

    /// Books the outcome of an attempt.
    #[inline]
    pub fn end(&mut self, outcome: Outcome) {
        let attempts = &mut self.attempts;
        attempts.failed += u64::from(outcome != Outcome::Success);
        attempts.errors += u64::from(outcome == Outcome::Error);
    }

    /// Books an attempt whose caller gives up, because of a timeout further out.
    pub fn give_up(&mut self) {
        self.attempts.failed += 1;
        self.attempts.timeouts += 1;
    }

    /// Adds the attempts of another edge.
    fn add_attempts(&mut self, other: &Self) {
        let Attempts { total, failed, retries, timeouts, errors, cancelled } = other.attempts;
        self.squares += other.squares;
        self.attempts.total += total;
        self.attempts.failed += failed;
        self.attempts.retries += retries;
        self.attempts.timeouts += timeouts;
        self.attempts.errors += errors;
        self.attempts.cancelled += cancelled;
    }

    /// Sample variance (divisor n - 1) of the attempts per request, over `offered` requests; `None`
    /// for fewer than two. Only for the sum of all edges.
    #[must_use]
    pub fn attempts_variance(&self, offered: u64) -> Option<f64> {
        let (offered, total) = (u128::from(offered), u128::from(self.attempts.total));
        let about_the_mean = offered * self.squares - total * total;
        let below = offered * offered.saturating_sub(1);
        (below > 0).then(|| about_the_mean as f64 / below as f64)
    }

    /// Measures the edge; for the sum of all edges, the attempts and work of an arm over time.
    pub fn measure(&self, into: &mut impl Measurements) {
        let attempts = &self.attempts;
        into.count(&SENT, attempts.total);
        into.count(&RETRIES, attempts.retries);
        into.count(&FAILED, attempts.failed);
        into.count(&TIMEOUTS, attempts.timeouts);
        into.count(&ERRORS, attempts.errors);
        into.total(&CANCELLED, |_| attempts.cancelled);
        let first = attempts.total - attempts.retries;
        let amplification = (first > 0).then(|| attempts.total as f64 / first as f64);
        into.number(&AMPLIFICATION, |_| amplification);
        into.time(&WORK, self.work.total);
        into.time(&WASTED, self.work.wasted);
        into.ratio(&WASTED_RATIO, |_| self.work.summary().ratio);
    }
}

/// Service time in nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Work {
    /// Time of all attempts.
    pub total: u128,
    /// Time of attempts whose caller had left by their end.
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

    fn add(&mut self, other: &Self) {
        self.total += other.total;
        self.wasted += other.wasted;
        self.after_leaving += other.after_leaving;
    }

    /// The wasted work as reported.
    #[must_use]
    pub fn summary(&self) -> Wasted {
        Wasted {
            work_ns: u64::try_from(self.wasted).unwrap_or(u64::MAX),
            after_leaving_ns: u64::try_from(self.after_leaving).unwrap_or(u64::MAX),
            ratio: (self.total > 0).then(|| self.wasted as f64 / self.total as f64),
        }
    }
}

/// The edges of an arm.
#[derive(Clone, Debug)]
pub struct Edges {
    edges: Vec<Edge>,
    /// True for edges of requests and messages, false for those of calls that services make.
    first: Vec<bool>,
}

impl Edges {
    /// The edges of a system, with empty books.
    #[must_use]
    pub fn new(seats: &Seats) -> Self {
        let senders = || seats.iter().filter(|(_, seat)| seat.kind.below() == Below::Attempt);
        let copying = seats.iter().filter(|(_, seat)| seat.kind.below() == Below::Copies);
        let copied: BTreeMap<SeatId, SeatId> =
            copying.map(|(id, _)| (seats.below(id, 0), id)).collect();
        let first = |(id, _): (SeatId, &Seat)| {
            let mut top = id;
            while let Some(&above) = match seats[top].up {
                NONE => copied.get(&top),
                _ => Some(&seats[top].up),
            } {
                top = above;
            }
            seats[top].kind.below() == Below::Requests
        };
        Self {
            edges: vec![Edge::default(); senders().count()],
            first: senders().map(first).collect(),
        }
    }

    /// The sum over edges: attempts of requests and messages, and work of all edges.
    #[must_use]
    pub fn total(&self) -> Edge {
        let mut total = Edge::default();
        for (edge, first) in self.edges.iter().zip(&self.first) {
            total.work.add(&edge.work);
            if *first {
                total.add_attempts(edge);
            }
        }
        total
    }
}

impl std::ops::Index<u32> for Edges {
    type Output = Edge;

    #[inline]
    fn index(&self, edge: u32) -> &Edge {
        &self.edges[edge as usize]
    }
}

impl std::ops::IndexMut<u32> for Edges {
    #[inline]
    fn index_mut(&mut self, edge: u32) -> &mut Edge {
        &mut self.edges[edge as usize]
    }
}
