//! Windows against what their sources say.
use std::collections::VecDeque;

use super::*;

/// Bytes of a bucket: its start, and three counts.
const BUCKET: u64 = 32;

fn at(ms: u64) -> Instant {
    Instant::ZERO.saturating_add(Duration::from_ms(ms))
}

/// `F` failed, `s` slow, `B` both, anything else good.
fn sample(c: char) -> Counts {
    Counts::of(matches!(c, 'F' | 'B'), matches!(c, 's' | 'B'))
}

fn record(window: &mut Window, now: Instant, result: Counts) {
    window.add(now, now, result);
}

fn seconds(span: Duration) -> Span {
    Span::Clock { span, width: Duration::from_s(1) }
}

fn counts(results: u64, failures: u64, slow: u64) -> Counts {
    Counts { results, failures, slow }
}

fn play(window: &mut Window, results: &str) -> Counts {
    results.chars().for_each(|c| record(window, at(0), sample(c)));
    window.counts()
}

#[test]
fn a_count_window_holds_the_latest_results_and_no_more() {
    let mut window = Window::new(Span::Count(4));
    assert_eq!(play(&mut window, "FsB."), counts(4, 2, 2));
    assert_eq!(play(&mut window, "."), counts(4, 1, 2));
    assert_eq!(play(&mut window, "."), counts(4, 1, 1));
    assert_eq!(play(&mut window, "."), counts(4, 0, 0));
    window.clear(at(0));
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
            let sample = Counts::of(i * i % 7 < 3, i % 5 == 1);
            record(&mut window, at(i), sample);
            queue.push_back(sample);
            if queue.len() > size as usize {
                queue.pop_front();
            }
            let mut expected = Counts::default();
            queue.iter().for_each(|&sample| expected.add(sample));
            assert_eq!(window.counts(), expected, "{size} after {i}");
            if i == 500 {
                window.clear(at(0));
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
    let mut window = Window::new(seconds(Duration::from_s(3)));
    record(&mut window, at(900), sample('F'));
    record(&mut window, at(1_000), sample('.'));
    record(&mut window, at(2_999), sample('s'));
    assert_eq!(window.counts(), counts(3, 1, 1));
    // 2.1 s after the failure its second is out: the window is that of the seconds 1, 2 and 3.
    record(&mut window, at(3_000), sample('.'));
    assert_eq!(window.counts(), counts(3, 0, 1));
    record(&mut window, at(4_999), sample('.'));
    assert_eq!(window.counts(), counts(3, 0, 1));
    record(&mut window, at(60_000), sample('F'));
    assert_eq!(window.counts(), counts(1, 1, 0));
    assert_eq!(window.memory(), BUCKET);
    window.clear(at(0));
    record(&mut window, at(60_000), sample('.'));
    assert_eq!(window.counts(), counts(1, 0, 0));
}

#[test]
fn a_failure_of_the_first_instant_of_a_second_counts_for_the_whole_span() {
    let mut window = Window::new(seconds(Duration::from_s(3)));
    record(&mut window, at(1_000), sample('F'));
    record(&mut window, at(3_999), sample('.'));
    assert_eq!(window.counts(), counts(2, 1, 0));
    record(&mut window, at(4_000), sample('.'));
    assert_eq!(window.counts(), counts(2, 0, 0));
}

#[test]
fn tenths_are_begun_by_their_first_result() {
    let mut window = Window::new(Span::Tenths(Duration::from_s(10)));
    record(&mut window, at(2_500), sample('F'));
    // In the bucket that began at 2.5 s, and dropped with it, at 12.5 s.
    record(&mut window, at(3_499), sample('F'));
    // Begins a bucket of its own.
    record(&mut window, at(3_500), sample('F'));
    record(&mut window, at(12_499), sample('.'));
    assert_eq!(window.counts(), counts(4, 3, 0));
    record(&mut window, at(12_500), sample('.'));
    assert_eq!(window.counts(), counts(3, 1, 0));
    record(&mut window, at(13_499), sample('.'));
    assert_eq!(window.counts(), counts(4, 1, 0));
    record(&mut window, at(13_500), sample('.'));
    assert_eq!(window.counts(), counts(4, 0, 0));
}

#[test]
fn a_window_of_time_keeps_no_more_buckets_than_fit() {
    for span in [seconds(Duration::from_s(10)), Span::Tenths(Duration::from_s(10))] {
        let mut window = Window::new(span);
        for ms in 0..100_000 {
            record(&mut window, at(ms), sample('.'));
            assert!(window.memory() <= 10 * BUCKET);
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

#[test]
fn a_bucket_of_the_start_counts_from_when_the_window_was_emptied() {
    let span = Span::Start { span: Duration::from_s(3), width: Duration::from_s(1) };
    let mut window = Window::new(span);
    window.clear(at(500));
    record(&mut window, at(500), sample('F'));
    record(&mut window, at(3_499), sample('.'));
    assert_eq!(window.counts(), counts(2, 1, 0));
    assert_eq!(window.completed(at(3_499)), counts(1, 1, 0));
    record(&mut window, at(3_500), sample('.'));
    assert_eq!(window.counts(), counts(2, 0, 0));
}

/// As gobreaker counts: in the bucket of the call, if it is still there.
#[test]
fn a_result_of_the_past_goes_into_its_bucket_or_nowhere() {
    let span = Span::Start { span: Duration::from_s(3), width: Duration::from_s(1) };
    let mut window = Window::new(span);
    record(&mut window, at(2_000), sample('.'));
    window.add(at(2_999), at(0), sample('F'));
    assert_eq!(window.counts(), counts(2, 1, 0));
    window.add(at(3_000), at(999), sample('F'));
    assert_eq!(window.counts(), counts(1, 0, 0));
    window.add(at(3_000), at(1_000), sample('F'));
    assert_eq!(window.counts(), counts(2, 1, 0));
}

#[test]
fn one_bucket_begins_again_after_its_end() {
    let mut window = Window::new(Span::One(Duration::from_s(1)));
    record(&mut window, at(400), sample('F'));
    assert!(!window.roll(at(1_000)), "its end belongs to it");
    record(&mut window, at(1_000), sample('F'));
    assert_eq!(window.counts(), counts(2, 2, 0));
    assert!(window.roll(at(1_001)));
    assert_eq!(window.counts(), counts(0, 0, 0));
    assert!(!window.roll(at(2_001)) && window.roll(at(2_002)));
}
