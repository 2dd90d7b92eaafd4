//! Buckets of time.

use std::collections::VecDeque;

use super::{Counts, Span};
use crate::kernel::time::{Duration, Instant};

const TENTHS: u64 = 10;

/// The results of a span of time.
#[derive(Clone, Debug)]
pub(super) struct Buckets {
    span: Duration,
    width: Duration,
    begins: Begins,
    /// Instant from which the edges of buckets count.
    origin: Instant,
    /// Buckets, the oldest first; none is empty.
    buckets: VecDeque<Bucket>,
}

/// What begins a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Begins {
    /// The clock.
    Clock,
    /// The time since the window was emptied.
    Start,
    /// The first result after the end of the one before.
    Result,
    /// The first call or result after the end of the only one.
    Event,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    start: Instant,
    counts: Counts,
}

impl Buckets {
    pub(super) fn new(span: Span) -> Self {
        let (span, width, begins) = match span {
            Span::Count(_) => unreachable!("a number of results has no buckets"),
            Span::Clock { span, width } => (span, width, Begins::Clock),
            Span::Start { span, width } => (span, width, Begins::Start),
            Span::Tenths(span) => (span, Duration::from_ns(span.as_ns() / TENTHS), Begins::Result),
            Span::One(span) => (span, span, Begins::Event),
        };
        // Whole buckets: a time that is no multiple of theirs is rounded up (gobreaker).
        let span = match begins {
            Begins::Clock | Begins::Start => Duration::from_ns(
                span.as_ns().div_ceil(width.as_ns()).saturating_mul(width.as_ns()),
            ),
            Begins::Result | Begins::Event => span,
        };
        Self { span, width, begins, origin: Instant::ZERO, buckets: VecDeque::new() }
    }

    /// Start of the bucket of `at`, which is not before the origin.
    fn edge(&self, at: Instant) -> Instant {
        Instant::from_ns(at.as_ns() - (at - self.origin).as_ns() % self.width.as_ns())
    }

    /// Adds a result of the instant `at`; false if that is before the oldest bucket there can be.
    #[inline]
    pub(super) fn add(&mut self, now: Instant, at: Instant, result: Counts) -> bool {
        let start = match self.begins {
            _ if at < self.origin => return false,
            Begins::Event => self.origin,
            Begins::Result => match self.buckets.back() {
                Some(latest) if now - latest.start < self.width => latest.start,
                _ => now,
            },
            Begins::Clock | Begins::Start => self.edge(at),
        };
        // One bucket ends when the next event begins it again.
        if self.begins != Begins::Event && now - start >= self.span {
            return false;
        }
        let place = match self.buckets.back() {
            Some(latest) if latest.start == start => self.buckets.len() - 1,
            Some(latest) if latest.start > start => {
                self.buckets.partition_point(|bucket| bucket.start < start)
            }
            _ => self.buckets.len(),
        };
        match self.buckets.get_mut(place) {
            Some(bucket) if bucket.start == start => bucket.counts.add(result),
            _ => self.buckets.insert(place, Bucket { start, counts: result }),
        }
        true
    }

    /// Removes the oldest bucket if it is too old at `now`, and returns its counts.
    #[inline]
    pub(super) fn pop_older(&mut self, now: Instant) -> Option<Counts> {
        let oldest = self.buckets.front()?;
        if self.begins == Begins::Event || now - oldest.start < self.span {
            return None;
        }
        self.buckets.pop_front().map(|bucket| bucket.counts)
    }

    /// True if this is one bucket, and its time is over.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.begins == Begins::Event && now - self.origin > self.span
    }

    /// The counts of the bucket that is under way at `now`.
    pub(super) fn current(&self, now: Instant) -> Counts {
        let start = self.edge(now);
        let latest = self.buckets.back().filter(|latest| latest.start == start);
        latest.map_or(Counts::default(), |latest| latest.counts)
    }

    pub(super) fn clear(&mut self, now: Instant) {
        self.buckets.clear();
        if matches!(self.begins, Begins::Start | Begins::Event) {
            self.origin = now;
        }
    }

    pub(super) fn memory(&self) -> u64 {
        (self.buckets.len() * size_of::<Bucket>()) as u64
    }
}
