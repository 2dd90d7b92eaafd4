//! The window of a breaker: the numbers of latest results, of failures and of slow calls.
//!
//! ```text
//!   count     r r r r r r r r        the latest n results; a new one pushes out the oldest
//!   seconds   |rr |  r|rrr|  r|      buckets of whole seconds of the clock; the current one counts
//!   tenths     rr.rr..  r...rr..     buckets of a tenth of the window, begun by their first result
//! ```
//!
//! A window knows neither thresholds nor the state of a breaker.

use std::collections::VecDeque;

use crate::kernel::time::{Duration, Instant};

const SECOND: u64 = 1_000_000_000;
const TENTHS: u64 = 10;
/// Results in a word: each takes two bits, failed and slow.
const RESULTS_IN_A_WORD: u32 = u64::BITS / 2;

/// One result, which may be both failed and slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// True if the call did not succeed.
    pub failed: bool,
    /// True if the call took longer than the limit of slow calls.
    pub slow: bool,
}

/// The span of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// This number of latest results, at least 1 (resilience4j `COUNT_BASED`).
    Count(u32),
    /// The results of the current second of the clock and of the seconds before it, a whole number
    /// of seconds in all. The current second is not over, so a span of N s covers between N - 1
    /// and N s (resilience4j `TIME_BASED`, `SlidingTimeWindowMetrics.java`).
    Seconds(Duration),
    /// The results in buckets of a tenth of this span. The first result after the end of a bucket
    /// begins the next one, so buckets are not aligned to the clock and may have gaps. A whole
    /// bucket is dropped one span after its start (Polly, `RollingHealthMetrics.cs`).
    Tenths(Duration),
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
    /// Counts a result.
    #[inline]
    pub fn add(&mut self, sample: Sample) {
        self.results += 1;
        self.failures += u64::from(sample.failed);
        self.slow += u64::from(sample.slow);
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

/// The results of a span of time.
#[derive(Clone, Debug)]
struct Buckets {
    span: Duration,
    width: Duration,
    aligned: bool,
    /// Buckets, the oldest first; none is empty.
    buckets: VecDeque<Bucket>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    start: Instant,
    counts: Counts,
}

impl Window {
    /// An empty window over `span`.
    #[must_use]
    pub fn new(span: Span) -> Self {
        let buckets = |span, width, aligned| {
            Store::Buckets(Buckets { span, width, aligned, buckets: VecDeque::new() })
        };
        let store = match span {
            Span::Count(size) => Store::Results(Ring { size, next: 0, words: Vec::new() }),
            Span::Seconds(span) => buckets(span, Duration::from_ns(SECOND), true),
            Span::Tenths(span) => buckets(span, Duration::from_ns(span.as_ns() / TENTHS), false),
        };
        Self { counts: Counts::default(), store }
    }

    /// Records a result at `now`, and drops results that are too old.
    #[inline]
    pub fn record(&mut self, now: Instant, sample: Sample) {
        self.counts.add(sample);
        match &mut self.store {
            Store::Results(ring) => {
                let full = self.counts.results > u64::from(ring.size);
                if let Some(oldest) = ring.replace(sample, full) {
                    let mut counts = Counts::default();
                    counts.add(oldest);
                    self.counts.remove(counts);
                }
            }
            Store::Buckets(buckets) => {
                buckets.add(now, sample);
                while let Some(old) = buckets.pop_older(now) {
                    self.counts.remove(old.counts);
                }
            }
        }
    }

    /// The counts at the instant of the latest result.
    #[must_use]
    #[inline]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// Drops all results.
    pub fn clear(&mut self) {
        self.counts = Counts::default();
        match &mut self.store {
            Store::Results(ring) => ring.next = 0,
            Store::Buckets(buckets) => buckets.buckets.clear(),
        }
    }

    /// Bytes on the heap.
    #[must_use]
    pub fn memory(&self) -> u64 {
        let bytes = match &self.store {
            Store::Results(ring) => size_of_val(ring.words.as_slice()),
            Store::Buckets(buckets) => buckets.buckets.len() * size_of::<Bucket>(),
        };
        bytes as u64
    }
}

impl Ring {
    /// Writes `sample` over the oldest result, which is returned if the ring is `full`.
    #[inline]
    fn replace(&mut self, sample: Sample, full: bool) -> Option<Sample> {
        let word = (self.next / RESULTS_IN_A_WORD) as usize;
        let shift = 2 * (self.next % RESULTS_IN_A_WORD);
        if word == self.words.len() {
            self.words.push(0);
        }
        let bits = (self.words[word] >> shift) & 3;
        let new = u64::from(sample.failed) | u64::from(sample.slow) << 1;
        self.words[word] ^= (bits ^ new) << shift;
        self.next = if self.next + 1 == self.size { 0 } else { self.next + 1 };
        full.then_some(Sample { failed: bits & 1 != 0, slow: bits & 2 != 0 })
    }
}

impl Buckets {
    #[inline]
    fn add(&mut self, now: Instant, sample: Sample) {
        let start = if self.aligned {
            Instant::from_ns(now.as_ns() - now.as_ns() % self.width.as_ns())
        } else {
            now
        };
        match self.buckets.back_mut().filter(|latest| now - latest.start < self.width) {
            Some(latest) => latest.counts.add(sample),
            None => {
                let mut counts = Counts::default();
                counts.add(sample);
                self.buckets.push_back(Bucket { start, counts });
            }
        }
    }

    /// Removes and returns the oldest bucket, if it is too old at `now`.
    #[inline]
    fn pop_older(&mut self, now: Instant) -> Option<Bucket> {
        let is_old = |bucket: &Bucket| now - bucket.start >= self.span;
        if self.buckets.front().is_some_and(is_old) { self.buckets.pop_front() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Instant {
        Instant::ZERO.saturating_add(Duration::from_ms(ms))
    }

    /// `F` failed, `s` slow, `B` both, anything else good.
    fn sample(c: char) -> Sample {
        Sample { failed: matches!(c, 'F' | 'B'), slow: matches!(c, 's' | 'B') }
    }

    fn counts(results: u64, failures: u64, slow: u64) -> Counts {
        Counts { results, failures, slow }
    }

    fn play(window: &mut Window, results: &str) -> Counts {
        results.chars().for_each(|c| window.record(at(0), sample(c)));
        window.counts()
    }

    #[test]
    fn a_count_window_holds_the_latest_results_and_no_more() {
        let mut window = Window::new(Span::Count(4));
        assert_eq!(play(&mut window, "FsB."), counts(4, 2, 2));
        assert_eq!(play(&mut window, "."), counts(4, 1, 2));
        assert_eq!(play(&mut window, "."), counts(4, 1, 1));
        assert_eq!(play(&mut window, "."), counts(4, 0, 0));
        window.clear();
        assert_eq!(window.counts(), counts(0, 0, 0));
        assert_eq!(play(&mut window, "F."), counts(2, 1, 0));
        // What was there before the window was cleared does not come out of it.
        assert_eq!(play(&mut window, "..."), counts(4, 0, 0));
    }

    /// The ring against the obvious implementation, over sizes around the width of a word.
    #[test]
    fn a_count_window_is_a_queue_of_results() {
        for size in [1, 2, 31, 32, 33, 64, 65, 100] {
            let mut window = Window::new(Span::Count(size));
            let mut queue = VecDeque::new();
            for i in 0..1_000_u64 {
                let sample = Sample { failed: i * i % 7 < 3, slow: i % 5 == 1 };
                window.record(at(i), sample);
                queue.push_back(sample);
                if queue.len() > size as usize {
                    queue.pop_front();
                }
                let mut expected = Counts::default();
                queue.iter().for_each(|&sample| expected.add(sample));
                assert_eq!(window.counts(), expected, "{size} after {i}");
                if i == 500 {
                    window.clear();
                    queue.clear();
                }
            }
            assert_eq!(window.memory(), u64::from(size.div_ceil(RESULTS_IN_A_WORD)) * 8);
        }
    }

    #[test]
    fn a_wide_window_costs_what_it_holds() {
        let mut window = Window::new(Span::Count(u32::MAX));
        assert_eq!(window.memory(), 0);
        assert_eq!(play(&mut window, "F"), counts(1, 1, 0));
        assert_eq!(window.memory(), 8);
    }

    #[test]
    fn seconds_are_those_of_the_clock() {
        let mut window = Window::new(Span::Seconds(Duration::from_s(3)));
        window.record(at(900), sample('F'));
        window.record(at(1_000), sample('.'));
        window.record(at(2_999), sample('s'));
        assert_eq!(window.counts(), counts(3, 1, 1));
        // 2.1 s after the failure its second is out: the window is that of the seconds 1, 2 and 3.
        window.record(at(3_000), sample('.'));
        assert_eq!(window.counts(), counts(3, 0, 1));
        window.record(at(4_999), sample('.'));
        assert_eq!(window.counts(), counts(3, 0, 1));
        window.record(at(60_000), sample('F'));
        assert_eq!(window.counts(), counts(1, 1, 0));
        assert_eq!(window.memory(), size_of::<Bucket>() as u64);
        window.clear();
        window.record(at(60_000), sample('.'));
        assert_eq!(window.counts(), counts(1, 0, 0));
    }

    #[test]
    fn a_failure_of_the_first_instant_of_a_second_counts_for_the_whole_span() {
        let mut window = Window::new(Span::Seconds(Duration::from_s(3)));
        window.record(at(1_000), sample('F'));
        window.record(at(3_999), sample('.'));
        assert_eq!(window.counts(), counts(2, 1, 0));
        window.record(at(4_000), sample('.'));
        assert_eq!(window.counts(), counts(2, 0, 0));
    }

    #[test]
    fn tenths_are_begun_by_their_first_result() {
        let mut window = Window::new(Span::Tenths(Duration::from_s(10)));
        window.record(at(2_500), sample('F'));
        // In the bucket that began at 2.5 s, and dropped with it, at 12.5 s.
        window.record(at(3_499), sample('F'));
        // Begins a bucket of its own.
        window.record(at(3_500), sample('F'));
        window.record(at(12_499), sample('.'));
        assert_eq!(window.counts(), counts(4, 3, 0));
        window.record(at(12_500), sample('.'));
        assert_eq!(window.counts(), counts(3, 1, 0));
        window.record(at(13_499), sample('.'));
        assert_eq!(window.counts(), counts(4, 1, 0));
        window.record(at(13_500), sample('.'));
        assert_eq!(window.counts(), counts(4, 0, 0));
    }

    #[test]
    fn a_window_of_time_keeps_no_more_buckets_than_fit() {
        for span in [Span::Seconds(Duration::from_s(10)), Span::Tenths(Duration::from_s(10))] {
            let mut window = Window::new(span);
            for ms in 0..100_000 {
                window.record(at(ms), sample('.'));
                assert!(window.memory() <= 10 * size_of::<Bucket>() as u64);
            }
            // From 90 s on, in ten buckets.
            assert_eq!(window.counts(), counts(10_000, 0, 0));
        }
    }

    #[test]
    fn rates_are_ratios_of_all_results() {
        assert_eq!(counts(10, 3, 7).failure_rate(), 0.3);
        assert_eq!(counts(10, 3, 7).slow_rate(), 0.7);
    }
}
