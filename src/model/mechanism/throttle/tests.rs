//! Probabilities worked out by hand from the formulas and the sources.

use super::*;

fn at(ms: u64) -> Instant {
    Instant::from_ns(ms * 1_000_000)
}

/// The probability with which a call is refused at an instant, to one in `1 << 20`.
fn probability(of: &Algorithm, now: Instant) -> f64 {
    const PARTS: u32 = 1 << 20;
    let refused = |part: u32| of.clone().refuses(now, f64::from(part) / f64::from(PARTS));
    let (mut low, mut high) = (0, PARTS);
    while low < high {
        let middle = low.midpoint(high);
        if refused(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    f64::from(low) / f64::from(PARTS)
}

#[track_caller]
fn assert_probability(of: &Algorithm, now: Instant, expected: f64) {
    let actual = probability(of, now);
    assert!((actual - expected).abs() < 2e-6, "{actual}, not {expected}");
}

/// Sends calls at an instant, none of which is refused, and lets so many succeed.
fn calls(of: &mut Algorithm, now: Instant, calls: u32, successes: u32) {
    for call in 0..calls {
        // Numbers just below 1 are refused by nothing but certainty.
        assert!(!of.refuses(now, 1.0 - f64::EPSILON));
        of.record(now, call < successes);
    }
}

fn sre(window_s: u64, buckets: u32) -> Algorithm {
    Algorithm::Sre(Sre::new(2.0, Duration::from_s(window_s), buckets))
}

#[test]
fn the_sre_formula_allows_two_requests_for_each_that_is_accepted() {
    let mut of = sre(120, 120);
    calls(&mut of, at(0), 100, 40);
    assert_probability(&of, at(0), 20.0 / 101.0);
    let mut well = sre(120, 120);
    calls(&mut well, at(0), 100, 50);
    assert_probability(&well, at(0), 0.0);
    // A refused call is a request, too: 21 / 102.
    assert!(of.refuses(at(0), 0.1));
    assert_probability(&of, at(0), 21.0 / 102.0);
}

/// Of 120 buckets of a second the present one counts, so a request is forgotten after 119 to 120 s.
#[test]
fn a_window_forgets_a_bucket_at_once() {
    let mut of = sre(120, 120);
    calls(&mut of, at(1_999), 1, 0);
    calls(&mut of, at(2_000), 2, 0);
    assert_probability(&of, at(2_000), 3.0 / 4.0);
    assert_probability(&of, at(120_999), 3.0 / 4.0);
    assert_probability(&of, at(121_000), 2.0 / 3.0);
    assert_probability(&of, at(122_000), 0.0);
    assert_probability(&of, at(1_000_000), 0.0);
}

fn envoy(min_rps: u32, aggression: f64) -> Algorithm {
    Algorithm::Envoy(Envoy::new(EnvoySettings {
        window: Duration::from_s(30),
        aggression,
        success_rate: 0.95,
        min_rps,
        max_rejection: 0.8,
    }))
}

/// n = 100 with 50 successes: (100 - 52.63) / 101 = 0.469, in ten thousandths.
#[test]
fn admission_control_refuses_what_is_below_its_ratio_of_successes() {
    let mut of = envoy(0, 1.0);
    calls(&mut of, at(0), 100, 50);
    assert_probability(&of, at(0), 0.4690);
    let mut sharp = envoy(0, 2.0);
    calls(&mut sharp, at(0), 100, 50);
    assert_probability(&sharp, at(0), 0.6849);
    // At 95 of 100 nothing is refused, and the root of a negative number is none.
    for aggression in [1.0, 2.0] {
        let mut well = envoy(0, aggression);
        calls(&mut well, at(0), 100, 97);
        assert_probability(&well, at(0), 0.0);
    }
    let mut down = envoy(0, 1.0);
    calls(&mut down, at(0), 100, 0);
    assert_probability(&down, at(0), 0.8);
    // Seconds begin with a call, and are forgotten 30 s after that.
    assert_probability(&down, at(29_999), 0.8);
    assert_probability(&down, at(30_000), 0.0);
}

/// 300 calls in 30 s are 10 a second; below that nothing is refused.
#[test]
fn admission_control_knows_a_least_rate() {
    let mut of = envoy(10, 1.0);
    calls(&mut of, at(0), 299, 0);
    assert_probability(&of, at(0), 0.0);
    calls(&mut of, at(0), 1, 0);
    assert_probability(&of, at(0), 0.8);
}

#[test]
fn failsafe_go_keeps_old_results_until_the_first_new_one() {
    let mut of = Algorithm::FailsafeGo(FailsafeGo::new(0.1, 10, Duration::from_s(60), 0.9));
    calls(&mut of, at(0), 9, 0);
    assert_probability(&of, at(0), 0.0);
    calls(&mut of, at(0), 1, 0);
    // 10 / 11, and at most 0.9; a number that equals it is refused.
    assert!(of.refuses(at(0), 0.9) && !of.refuses(at(0), 0.9 + 1e-9));
    assert!(of.refuses(at(3_600_000), 0.5), "an hour later");
    of.record(at(3_600_000), true);
    assert!(!of.refuses(at(3_600_000), 0.0));
}

/// All of 20 calls failed in one bucket: k is 1.5 - 0.4 / 40, which does not matter without
/// successes, and 15 / 21 is refused.
#[test]
fn go_zero_allows_for_five_and_lets_one_a_second_pass() {
    let mut of = Algorithm::GoZero(GoZero::default());
    calls(&mut of, at(0), 5, 0);
    assert_probability(&of, at(0), 0.0);
    calls(&mut of, at(0), 15, 0);
    assert_probability(&of, at(0), 15.0 / 21.0);
    assert_probability(&of, at(1_000), 15.0 / 21.0);
    assert_probability(&of, at(1_001), 0.0);
    // Ten good ones in the next bucket, alone: (25 - 1.5 x 10) / 31 x 39 / 40.
    calls(&mut of, at(300), 10, 10);
    assert_probability(&of, at(300), (25.0 - 15.0) / 31.0 * (39.0 / 40.0));
    assert_probability(&of, at(10_300), 0.0);
}
