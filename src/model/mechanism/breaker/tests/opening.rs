//! What opens a breaker that has half-open, too.

use super::{Driven, gobreaker, ms, opened, resilience4j, seconds_of};
use crate::kernel::time::Duration;
use crate::model::context::Outcome::{Error, Rejected, Shed, Success, Timeout};
use crate::model::mechanism::breaker::settings::{Failures, OpensOn, Settings, SlowCalls};
use crate::model::mechanism::breaker::state::State;
use crate::model::mechanism::breaker::window::Span;

const SECOND: u64 = 1_000;

#[test]
fn opens_at_the_result_that_makes_enough_be_it_a_success() {
    let mut breaker = Driven::new(resilience4j());
    breaker.play(0, "FFFFFSSSSS");
    assert_eq!(breaker.changes, [(State::Open, 9)]);
    let mut breaker = Driven::new(resilience4j());
    breaker.play(0, "FFFFSSSSSSSSSSSSS");
    assert_eq!(breaker.changes, []);
    let only_failures = Settings { opens_on: OpensOn::Failures, ..resilience4j() };
    let mut breaker = Driven::new(only_failures);
    breaker.play(0, "FFFFFSSSSS");
    assert_eq!(breaker.changes, []);
    breaker.play(10, "F");
    assert_eq!(breaker.changes, [(State::Open, 10)]);
}

#[test]
fn fewer_results_than_the_window_holds_may_be_enough() {
    let mut breaker = Driven::new(Settings { minimum_calls: 4, ..resilience4j() });
    breaker.play(0, "FSFF");
    assert_eq!(breaker.changes, [(State::Open, 3)]);
    let count = Some(Failures::Count(5));
    let mut breaker = Driven::new(Settings { minimum_calls: 4, failures: count, ..resilience4j() });
    breaker.play(0, "FFFFSF");
    assert_eq!(breaker.changes, [(State::Open, 5)]);
}

#[test]
fn half_of_a_hundred_opens_in_any_order() {
    let hundred = Settings { window: Some(Span::Count(100)), minimum_calls: 100, ..resilience4j() };
    for start in 0..50 {
        let mut breaker = Driven::new(hundred.clone());
        let order = |i: usize| if (start..start + 50).contains(&i) { 'F' } else { 'S' };
        breaker.play(0, &(0..100).map(order).collect::<String>());
        assert_eq!(breaker.changes, [(State::Open, 99)]);
    }
}

#[test]
fn a_streak_ends_with_a_success_and_with_closing() {
    let mut breaker = Driven::new(gobreaker());
    breaker.play(0, "FFFFFSFFFFF");
    assert_eq!(breaker.changes, []);
    breaker.play(11, "F");
    assert_eq!(breaker.changes, [(State::Open, 11)]);
    breaker.play(61 * SECOND, "SFFFFF");
    assert_eq!(breaker.state(), State::Closed);
    breaker.play(62 * SECOND, "F");
    assert_eq!(breaker.state(), State::Open);
    breaker.play(123 * SECOND, "F");
    assert_eq!(
        breaker.changes[3..],
        [(State::Open, 62_000), (State::HalfOpen, 123_000), (State::Open, 123_000)]
    );
}

#[test]
fn every_kind_of_failure_is_one() {
    for outcome in [Error, Timeout, Shed, Rejected] {
        let settings = Settings { consecutive_failures: Some(1), ..gobreaker() };
        let mut breaker = Driven::new(settings);
        let pass = breaker.admit(0).unwrap();
        breaker.end(0, pass, outcome);
        assert_eq!(breaker.state(), State::Open, "{outcome:?}");
    }
}

#[test]
fn a_streak_and_a_window_open_each_by_itself() {
    let both = Settings { consecutive_failures: Some(3), ..resilience4j() };
    let mut breaker = Driven::new(both.clone());
    breaker.play(0, "FFF");
    assert_eq!(breaker.changes, [(State::Open, 2)]);
    let mut breaker = Driven::new(both);
    breaker.play(0, "FFSFFSFSSS");
    assert_eq!(breaker.changes, [(State::Open, 9)]);
}

#[test]
fn a_call_is_slow_that_takes_longer_than_it_may() {
    let slow = SlowCalls { longer_than: ms(100), rate: 0.5 };
    let settings = Settings { slow_calls: Some(slow), ..resilience4j() };
    for (elapsed, state) in [(100, State::Closed), (101, State::Open)] {
        let mut breaker = Driven::new(settings.clone());
        for n in 0..10 {
            let pass = breaker.admit(200).unwrap();
            breaker.end_after(200, pass, Success, if n < 5 { elapsed } else { 0 });
        }
        assert_eq!(breaker.state(), state);
    }
    // One that is slow and fails counts for both; neither makes half.
    let mut breaker = Driven::new(settings.clone());
    for n in 0..10 {
        let pass = breaker.admit(200).unwrap();
        let outcome = if n < 4 { Error } else { Success };
        breaker.end_after(200, pass, outcome, if n < 4 { 500 } else { 0 });
    }
    assert_eq!(breaker.state(), State::Closed);
    // Slow trial calls open it again.
    let (mut breaker, _) = opened(settings);
    for _ in 0..5 {
        let pass = breaker.admit(61 * SECOND).unwrap();
        breaker.end_after(61 * SECOND, pass, Success, 101);
    }
    for _ in 0..5 {
        let pass = breaker.admit(61 * SECOND).unwrap();
        breaker.end(61 * SECOND, pass, Success);
    }
    assert_eq!(breaker.state(), State::Open);
}

#[test]
fn a_time_window_has_a_minimum_that_its_length_does_not_lower() {
    let window = Some(seconds_of(Duration::from_s(10)));
    let mut breaker = Driven::new(Settings { window, minimum_calls: 100, ..resilience4j() });
    // 10/s are just enough for 100 in 10 s; 9/s are never.
    breaker.play(0, &"F".repeat(99));
    assert_eq!(breaker.state(), State::Closed);
    let pass = breaker.admit(10 * SECOND).unwrap();
    breaker.end(10 * SECOND, pass, Error);
    assert_eq!(breaker.state(), State::Closed);
    breaker.play(11 * SECOND, &"F".repeat(99));
    assert_eq!(breaker.state(), State::Open);
}

#[test]
fn where_slow_calls_alone_count_failures_do_not() {
    let slow = Some(SlowCalls { longer_than: ms(100), rate: 0.5 });
    let settings = Settings { slow_calls: slow, failures: None, ..resilience4j() };
    let mut breaker = Driven::new(settings.clone());
    breaker.play(0, "FFFFFFFFFFFFFFF");
    assert_eq!(breaker.state(), State::Closed);
    for _ in 0..10 {
        let pass = breaker.admit(200).expect("it is closed, or the last one opens it");
        breaker.end_after(200, pass, Success, 101);
        if breaker.state() == State::Open {
            break;
        }
    }
    assert_eq!(breaker.changes, [(State::Open, 200)]);
    // Nor do they in trial calls.
    for _ in 0..10 {
        let pass = breaker.admit(61 * SECOND).expect("a trial call");
        breaker.end(61 * SECOND, pass, Error);
    }
    assert_eq!(breaker.state(), State::Closed);
}
