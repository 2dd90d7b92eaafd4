//! Breakers that admit everything when their time is over.

use super::{Driven, ms, resilience4j};
use crate::model::context::Outcome;
use crate::model::mechanism::breaker::settings::{
    AtEnd, Failures, LateResults, OpenTime, Settings,
};
use crate::model::mechanism::breaker::state::{Pass, State};
use crate::model::mechanism::breaker::window::Span;

/// Opens for 500 ms when the latest `window` results hold `threshold` failures.
fn settings(window: u32, threshold: u64) -> Settings {
    Settings {
        window: Some(Span::Count(window)),
        minimum_calls: u64::from(window),
        failures: Some(Failures::Count(threshold)),
        open_time: OpenTime::Constant(ms(500)),
        at_end: AtEnd::Admits,
        half_open: None,
        ..resilience4j()
    }
}

/// When it opens, in results, if one comes every millisecond.
fn opens_at(window: u32, threshold: u64, results: &str) -> Option<u64> {
    let mut breaker = Driven::new(settings(window, threshold));
    breaker.play(0, results);
    breaker.changes.first().map(|(_, ms)| *ms)
}

#[test]
fn opens_only_when_the_window_is_full() {
    assert_eq!(opens_at(10, 5, "FFFFFSSSSS"), Some(9));
    assert_eq!(opens_at(10, 6, "FFFFFSSSSS"), None);
}

#[test]
fn old_results_leave_the_window() {
    assert_eq!(opens_at(4, 3, "FFSSSFFSSF"), None);
    assert_eq!(opens_at(4, 3, "FFSSSFFSF"), Some(8));
}

#[test]
fn every_further_bad_result_starts_the_time_again() {
    let mut breaker = Driven::new(settings(2, 2));
    let late = breaker.admit(0).expect("it is closed");
    breaker.play(0, "FF");
    assert_eq!(breaker.times(300), (299, 0));
    breaker.end(400, late, Outcome::Error);
    assert!(breaker.admit(899).is_none());
    assert!(breaker.admit(900).is_some_and(|pass| !pass.trial));
    assert_eq!(breaker.changes, [(State::Open, 1)]);
    assert_eq!(breaker.times(2_000), (899, 0));
    // The window was not cleared: one failure is enough to open it again.
    breaker.play(3_000, "F");
    assert_eq!(breaker.changes, [(State::Open, 1), (State::Open, 3_000)]);
    assert_eq!(breaker.times(3_100), (999, 0));
}

#[test]
fn a_good_result_that_finds_the_window_bad_starts_the_time_again_too() {
    let mut breaker = Driven::new(settings(4, 2));
    let late = breaker.admit(0).expect("it is closed");
    breaker.play(0, "SSFF");
    breaker.end(400, late, Outcome::Success);
    assert!(breaker.admit(899).is_none());
    assert!(breaker.admit(900).is_some());
}

#[test]
fn a_late_result_that_finds_the_window_good_starts_nothing_again() {
    let mut breaker = Driven::new(settings(2, 2));
    let late = breaker.admit(0).expect("it is closed");
    breaker.play(0, "FF");
    breaker.end(400, late, Outcome::Success);
    assert!(breaker.admit(500).is_none());
    assert!(breaker.admit(501).is_some());
}

#[test]
fn a_cancelled_call_is_no_result() {
    let mut breaker = Driven::new(settings(1, 1));
    breaker.cancel(0, Pass::default());
    assert_eq!(breaker.changes, []);
    breaker.end(0, Pass::default(), Outcome::Rejected);
    assert_eq!(breaker.changes, [(State::Open, 0)]);
}

#[test]
fn the_last_instant_of_the_open_time_is_a_setting() {
    for (at_end, admits) in [(AtEnd::Admits, true), (AtEnd::Refuses, false)] {
        let mut breaker = Driven::new(Settings { at_end, ..settings(2, 2) });
        breaker.play(0, "FF");
        assert!(breaker.admit(500).is_none());
        assert_eq!(breaker.admit(501).is_some(), admits);
        assert!(breaker.admit(502).is_some_and(|pass| !pass.trial));
        assert_eq!(breaker.changes, [(State::Open, 1)]);
        assert_eq!(breaker.times(2_000), (500, 0));
    }
}

#[test]
fn late_results_that_are_discarded_start_no_time_again() {
    for (late_results, admits) in [(LateResults::Apply, false), (LateResults::Discard, true)] {
        let mut breaker = Driven::new(Settings { late_results, ..settings(2, 2) });
        let late = breaker.admit(0).expect("it is closed");
        breaker.play(0, "FF");
        breaker.end(400, late, Outcome::Error);
        assert_eq!(breaker.admit(600).is_some(), admits);
    }
}

#[test]
fn a_streak_that_goes_on_starts_the_time_again() {
    let streak = Settings { window: None, failures: None, ..settings(2, 2) };
    let mut breaker = Driven::new(Settings { consecutive_failures: Some(2), ..streak });
    let late = breaker.admit(0).expect("it is closed");
    breaker.play(0, "FF");
    breaker.end(400, late, Outcome::Error);
    assert!(breaker.admit(899).is_none());
    breaker.play(900, "F");
    assert_eq!(breaker.changes, [(State::Open, 1), (State::Open, 900)]);
}
