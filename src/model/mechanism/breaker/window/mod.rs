//! The window of a breaker: the numbers of latest results, of failures and of slow calls.
//!
//! ```text
//!   count     r r r r r r r r        the latest n results; a new one pushes out the oldest
//!   clock     |rr |  r|rrr|  r|      buckets of the clock; the current one counts
//!   start     |rr |  r|rrr|  r|      the same, counted from when the window was last emptied
//!   tenths     rr.rr..  r...rr..     buckets of a tenth of the window, begun by their first result
//!   one       |rr    r   |  r  r     one bucket; the first event after its end begins anew
//! ```
//!
//! A window knows neither thresholds nor the state of a breaker.

mod buckets;
#[cfg(test)]
mod tests;

use self::buckets::Buckets;
use crate::kernel::time::{Duration, Instant};

/// Results in a word: each takes two bits, failed and slow.
const RESULTS_IN_A_WORD: u32 = u64::BITS / 2;

/// The span of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// This number of latest results, at least 1 (resilience4j `COUNT_BASED`).
    Count(u32),
    /// The results of the current bucket of the clock and of those before it. The current one is
    /// not over, so a span of n buckets covers between n - 1 and n of them (resilience4j
    /// `SlidingTimeWindowMetrics.java`, seconds; failsafe-go `windows.go`, tenths of the span).
    Clock {
        /// Time of all buckets, a multiple of `width` or else rounded up to one.
        span: Duration,
        /// Time of a bucket.
        width: Duration,
    },
    /// The same, with buckets that count from the instant at which the window was last emptied
    /// (gobreaker `BucketPeriod`, Hystrix, opossum).
    Start {
        /// Time of all buckets.
        span: Duration,
        /// Time of a bucket.
        width: Duration,
    },
    /// The results in buckets of a tenth of this span. The first result after the end of a bucket
    /// begins the next one, so buckets are not aligned to the clock and may have gaps. A whole
    /// bucket is dropped one span after its start (Polly, `RollingHealthMetrics.cs`).
    Tenths(Duration),
    /// All results since the window began. It begins again, empty, with the first call or result
    /// later than this span after that (gobreaker `Interval`).
    One(Duration),
}

/// The counts of results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All results.
    pub results: u64,
    /// Results that failed.
    pub failures: u64,
    /// Results that were slow, failed or not.
    pub slow: u64,
}

impl Counts {
    /// A call that has no result yet.
    pub const CALL: Self = Self { results: 1, failures: 0, slow: 0 };

    /// One result, which may be both failed and slow.
    #[must_use]
    pub const fn of(failed: bool, slow: bool) -> Self {
        Self { results: 1, failures: failed as u64, slow: slow as u64 }
    }

    /// Adds others.
    #[inline]
    pub fn add(&mut self, others: Self) {
        self.results += others.results;
        self.failures += others.failures;
        self.slow += others.slow;
    }

    #[inline]
    fn remove(&mut self, others: Self) {
        self.results -= others.results;
        self.failures -= others.failures;
        self.slow -= others.slow;
    }

    /// Ratio of failures, of at least one result.
    #[must_use]
    pub fn failure_rate(self) -> f64 {
        self.failures as f64 / self.results as f64
    }

    /// Ratio of slow results, of at least one result.
    #[must_use]
    pub fn slow_rate(self) -> f64 {
        self.slow as f64 / self.results as f64
    }
}

/// The latest results, and their counts.
#[derive(Clone, Debug)]
pub struct Window {
    counts: Counts,
    store: Store,
}

#[derive(Clone, Debug)]
enum Store {
    Results(Ring),
    Buckets(Buckets),
}

/// The latest results, one by one.
#[derive(Clone, Debug)]
struct Ring {
    size: u32,
    /// Place of the next result, which replaces the oldest one once the ring is full.
    next: u32,
    /// Words of results. They grow until the ring is full, so memory follows the results held.
    words: Vec<u64>,
}

impl Window {
    /// An empty window over `span`, from the start of the run.
    #[must_use]
    pub fn new(span: Span) -> Self {
        let store = match span {
            Span::Count(size) => Store::Results(Ring { size, next: 0, words: Vec::new() }),
            span => Store::Buckets(Buckets::new(span)),
        };
        Self { counts: Counts::default(), store }
    }

    /// Counts a result, or a part of one, that belongs to the instant `at`, and drops what is too
    /// old at `now`. What is itself too old is not counted.
    #[inline]
    pub fn add(&mut self, now: Instant, at: Instant, result: Counts) {
        match &mut self.store {
            Store::Results(ring) => {
                self.counts.add(result);
                let full = self.counts.results > u64::from(ring.size);
                if let Some(oldest) = ring.replace(result, full) {
                    self.counts.remove(oldest);
                }
            }
            Store::Buckets(buckets) => {
                while let Some(old) = buckets.pop_older(now) {
                    self.counts.remove(old);
                }
                if buckets.add(now, at, result) {
                    self.counts.add(result);
                }
            }
        }
    }

    /// Drops what is too old, and begins a window of one bucket again whose time is over: true if
    /// it has.
    pub fn roll(&mut self, now: Instant) -> bool {
        let Store::Buckets(buckets) = &mut self.store else { return false };
        while let Some(old) = buckets.pop_older(now) {
            self.counts.remove(old);
        }
        let over = buckets.is_over(now);
        if over {
            self.clear(now);
        }
        over
    }

    /// The counts at the instant of the latest result.
    #[must_use]
    #[inline]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// The counts without those of the bucket that is under way at `now`.
    #[must_use]
    pub fn completed(&self, now: Instant) -> Counts {
        let mut counts = self.counts;
        if let Store::Buckets(buckets) = &self.store {
            counts.remove(buckets.current(now));
        }
        counts
    }

    /// Drops all results: the window begins at `now`.
    pub fn clear(&mut self, now: Instant) {
        self.counts = Counts::default();
        match &mut self.store {
            Store::Results(ring) => ring.next = 0,
            Store::Buckets(buckets) => buckets.clear(now),
        }
    }

    /// Bytes on the heap.
    #[must_use]
    pub fn memory(&self) -> u64 {
        match &self.store {
            Store::Results(ring) => size_of_val(ring.words.as_slice()) as u64,
            Store::Buckets(buckets) => buckets.memory(),
        }
    }
}

impl Ring {
    /// Writes `result` over the oldest one, which is returned if the ring is `full`.
    #[inline]
    fn replace(&mut self, result: Counts, full: bool) -> Option<Counts> {
        let word = (self.next / RESULTS_IN_A_WORD) as usize;
        let shift = 2 * (self.next % RESULTS_IN_A_WORD);
        if word == self.words.len() {
            self.words.push(0);
        }
        let bits = (self.words[word] >> shift) & 3;
        let new = result.failures | result.slow << 1;
        self.words[word] ^= (bits ^ new) << shift;
        self.next = if self.next + 1 == self.size { 0 } else { self.next + 1 };
        full.then_some(Counts::of(bits & 1 != 0, bits & 2 != 0))
    }
}
