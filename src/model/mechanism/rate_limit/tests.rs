//! Sequences worked out by hand, and laws that hold for any sequence.

use super::*;
use crate::kernel::draw::mix;

const MS: u64 = 1_000_000;

fn ms(ms: u64) -> Duration {
    Duration::from_ms(ms)
}

/// The waits, in milliseconds, of calls that arrive at these milliseconds; `None` if refused.
fn waits(mut of: Algorithm, longest: Duration, calls: &[u64]) -> Vec<Option<u64>> {
    let mut wait = |at: &u64| {
        let wait = of.admit(Instant::from_ns(at * MS), longest).ok()?.as_ns();
        assert_eq!(wait % MS, 0, "a whole millisecond");
        Some(wait / MS)
    };
    calls.iter().map(&mut wait).collect()
}

/// 100 a second, two at once.
fn bucket() -> Algorithm {
    Algorithm::Bucket(Bucket::new(100, 1_000_000_000, 2))
}

#[test]
fn a_token_bucket_refuses_until_a_token_is_whole() {
    let calls = [0, 0, 0, 9, 10, 10, 30, 30, 30, 1000, 1000, 1000];
    let expected = [Some(0), Some(0), None, None, Some(0), None, Some(0), Some(0), None];
    let after_a_pause = [Some(0), Some(0), None];
    let expected: Vec<_> = expected.into_iter().chain(after_a_pause).collect();
    assert_eq!(waits(bucket(), Duration::ZERO, &calls), expected);
}

#[test]
fn calls_that_wait_pass_one_token_apart_and_the_refused_take_none() {
    let calls = [0, 0, 0, 0, 0, 0, 5, 25];
    let expected = [0, 0, 10, 20, 30].map(Some).into_iter().chain([None, None, Some(15)]);
    assert_eq!(waits(bucket(), ms(30), &calls), expected.collect::<Vec<_>>());
}

/// The third of 3 tokens a second is whole after 333,333,333 1/3 ns: waits are rounded up.
#[test]
fn a_third_of_a_second_is_not_rounded_down() {
    let mut exact = Bucket::new(3, 1_000_000_000, 1);
    let mut float = FloatBucket::new(3.0, 1);
    let at = |ns| Instant::from_ns(ns);
    assert_eq!(exact.admit(at(0), Duration::ZERO), Ok(Duration::ZERO));
    assert_eq!(float.admit(at(0), Duration::ZERO), Ok(Duration::ZERO));
    let third = Duration::from_ns(333_333_333);
    assert_eq!(float.admit(at(0), Duration::MAX), Ok(third), "Go rounds down");
    assert_eq!(exact.admit(at(333_333_333), Duration::ZERO), Err(Duration::from_ns(1)));
    assert_eq!(exact.admit(at(333_333_334), Duration::ZERO), Ok(Duration::ZERO));
}

/// 10 million tokens: a bucket that rounded each time would be milliseconds off.
#[test]
fn exact_buckets_do_not_drift() {
    let mut bucket = Bucket::new(7, 1_000_000_000, 1);
    let mut latest = 0;
    for call in 0..10_000_000_u64 {
        let wait = bucket.admit(Instant::from_ns(latest), Duration::MAX).expect("it may wait");
        latest += wait.as_ns();
        let due = (u128::from(call) * 1_000_000_000).div_ceil(7);
        assert_eq!(u128::from(latest), due, "call {call}");
    }
}

#[test]
fn steps_refill_at_multiples_of_their_period() {
    let bucket = || Algorithm::Steps(Steps::new(3, 2, ms(100)));
    let calls = [0, 0, 0, 0, 99, 100, 100, 100, 350, 350, 350, 350];
    let expected = [Some(0), Some(0), Some(0), None, None, Some(0), Some(0), None];
    let expected: Vec<_> = expected.into_iter().chain([Some(0), Some(0), Some(0), None]).collect();
    assert_eq!(waits(bucket(), Duration::ZERO, &calls), expected);
    // The fourth to the seventh wait for the steps at 100, 100, 200, 200 ms.
    let expected: Vec<_> = [0, 0, 0, 90, 90, 190, 190].map(Some).into();
    assert_eq!(waits(bucket(), ms(1000), &[10; 7]), expected);
}

/// resilience4j: permits of later cycles are reserved, and a cycle that is not used is lost.
#[test]
fn cycles_reserve_and_do_not_accumulate() {
    let cycles = || Algorithm::Steps(Steps::new(2, 2, ms(10)));
    let expected: Vec<_> = [0, 0, 7, 7, 17, 17].map(Some).into_iter().chain([None]).collect();
    assert_eq!(waits(cycles(), ms(26), &[3; 7]), expected);
    let expected = [Some(0), Some(0), None, Some(0), Some(0)];
    assert_eq!(waits(cycles(), Duration::ZERO, &[55, 55, 55, 60, 60]), expected);
}

/// nginx at 10 r/s: one call in 100 ms, the rest refused, paced or let pass at once.
#[test]
fn a_leaky_bucket_is_that_of_nginx() {
    let of = |burst, at_once| Algorithm::Leaky(Leaky::new(10_000, burst, at_once));
    let calls = [0, 0, 99, 100, 150, 201];
    let expected = [Some(0), None, None, Some(0), None, Some(0)];
    assert_eq!(waits(of(0, 0), Duration::MAX, &calls), expected);
    let expected = [Some(0), Some(100), Some(200), None];
    assert_eq!(waits(of(2, 0), Duration::MAX, &[0; 4]), expected);
    let expected = [Some(0), Some(0), Some(0), None];
    assert_eq!(waits(of(2, 2), Duration::MAX, &[0; 4]), expected, "nodelay");
    let expected = [Some(0), Some(0), Some(0), Some(100), None];
    assert_eq!(waits(of(3, 2), Duration::MAX, &[0; 5]), expected, "delay=2");
}

/// What leaks in less than a thousandth of a call is lost, and so is what is below a millisecond.
#[test]
fn a_leaky_bucket_counts_in_thousandths_and_milliseconds() {
    // 0.4 r/s leak 0.4 thousandths in a millisecond: 2,500 ms until the next call.
    let mut bucket = Leaky::new(400, 0, 0);
    let at = |ns| Instant::from_ns(ns);
    assert_eq!(bucket.admit(at(999_999)), Ok(Duration::ZERO));
    assert_eq!(bucket.admit(at(2_499 * MS)), Err(ms(1)));
    assert_eq!(bucket.admit(at(2_499 * MS + 999_999)), Err(Duration::from_ns(1)));
    assert_eq!(bucket.admit(at(2_500 * MS)), Ok(Duration::ZERO));
}

#[test]
fn windows_begin_with_the_first_call_after_the_one_before() {
    let windows = || Algorithm::Windows(Windows::new(2, ms(10)));
    let calls = [3, 4, 5, 12, 13, 14, 30, 39, 39, 40];
    let expected = [Some(0), Some(0), None, None, Some(0), Some(0), Some(0), Some(0), None];
    let expected: Vec<_> = expected.into_iter().chain([Some(0)]).collect();
    assert_eq!(waits(windows(), Duration::ZERO, &calls), expected);
    // Two pass in each of the windows from 3, 13 and 23 ms.
    let calls = [3, 3, 3, 4, 4, 25];
    assert_eq!(waits(windows(), ms(20), &calls), [0, 0, 10, 9, 19, 0].map(Some));
}

/// 4 in 100 ms. With 4 in the window before, one more fits for each 25 ms that are over.
#[test]
fn a_sliding_window_weighs_the_one_before() {
    let window = || Algorithm::Weighted(Weighted::new(4, ms(100)));
    let calls = [90, 90, 90, 90, 90, 124, 125, 125, 149, 150, 150, 200];
    let expected = [Some(0), Some(0), Some(0), Some(0), None, None, Some(0), None, None];
    // At 200 ms the 2 of the window before count in full.
    let expected: Vec<_> = expected.into_iter().chain([Some(0), None, Some(0)]).collect();
    assert_eq!(waits(window(), Duration::ZERO, &calls), expected);
    let expected: Vec<_> = [0, 0, 0, 0, 35, 60, 85, 110].map(Some).into();
    assert_eq!(waits(window(), Duration::MAX, &[90; 8]), expected);
    let one = Algorithm::Weighted(Weighted::new(1, ms(100)));
    assert_eq!(waits(one, Duration::MAX, &[50, 50, 50]), [0, 150, 350].map(Some));
}

#[test]
fn a_sliding_log_forgets_a_call_after_the_window() {
    let log = || Algorithm::Log(Log::new(2, ms(10)));
    let calls = [1, 6, 7, 10, 11, 12, 16, 17];
    let expected = [Some(0), Some(0), None, None, Some(0), None, Some(0), None];
    assert_eq!(waits(log(), Duration::ZERO, &calls), expected);
    let expected = [0, 0, 10, 9, 19].map(Some);
    assert_eq!(waits(log(), Duration::MAX, &[1, 1, 1, 2, 2]), expected);
}

/// Algorithms, and the most that may pass in 20 ms.
fn all() -> Vec<(Algorithm, usize)> {
    vec![
        (Algorithm::Bucket(Bucket::new(200, 1_000_000_000, 3)), 7),
        (Algorithm::Float(FloatBucket::new(200.0, 3)), 7),
        (Algorithm::Steps(Steps::new(3, 2, ms(10))), 7),
        (Algorithm::Windows(Windows::new(4, ms(20))), 8),
        (Algorithm::Weighted(Weighted::new(4, ms(20))), 8),
        (Algorithm::Log(Log::new(4, ms(20))), 4),
    ]
}

/// Calls pass in the order of their arrival, never more than the algorithm allows in any 20 ms,
/// and a call that is refused could pass after exactly the time that the refusal names.
#[test]
fn every_algorithm_keeps_its_order_its_limit_and_its_word() {
    for (seed, longest) in [(1, ms(0)), (2, ms(3)), (3, ms(40)), (4, ms(1_000))] {
        for (mut of, most) in all() {
            let (mut now, mut passed) = (0, Vec::new());
            for call in 0..4_000_u64 {
                now += mix(seed << 32 | call) % (9 * MS);
                let at = Instant::from_ns(now);
                let before = of.clone();
                match of.admit(at, longest) {
                    Ok(wait) => passed.push(now + wait.as_ns()),
                    // Doubles are rounded: a refusal is a nanosecond off, or two.
                    Err(wait) if matches!(before, Algorithm::Float(_)) => assert!(wait > longest),
                    Err(wait) => {
                        assert!(wait > longest);
                        let due = Instant::from_ns(now + (wait.as_ns() - longest.as_ns()));
                        let early = Instant::from_ns(due.as_ns() - 1);
                        assert!(before.clone().admit(early, longest).is_err(), "{before:?}");
                        assert_eq!(before.clone().admit(due, longest), Ok(longest), "{before:?}");
                    }
                }
            }
            assert!(passed.is_sorted(), "{of:?}");
            assert!(passed.len() > 1_000);
            let crowded = passed.windows(most + 1).find(|of| of[most] - of[0] < 20 * MS);
            assert_eq!(crowded, None, "{of:?}");
        }
    }
}

/// The estimate and the log agree where the window before was empty or is over.
#[test]
fn the_log_is_the_definition_of_at_most_so_many_in_any_window() {
    let mut log = Log::new(3, ms(10));
    let mut passed: Vec<u64> = Vec::new();
    let mut now = 0;
    for call in 0..10_000_u64 {
        now += mix(call) % (5 * MS);
        let inside = passed.iter().rev().take_while(|at| **at + 10 * MS > now).count();
        let admitted = log.admit(Instant::from_ns(now), Duration::ZERO).is_ok();
        assert_eq!(admitted, inside < 3, "call {call}");
        passed.extend(admitted.then_some(now));
    }
}
