//! Breakers that try before they close, in sequences that follow from what libraries do.

use super::{Driven, at, gobreaker, ms, opened, polly, resilience4j, trials};
use crate::kernel::time::{Duration, Instant};
use crate::model::context::Outcome::{Error, Success, Timeout};
use crate::model::mechanism::breaker::automaton::Automaton;
use crate::model::mechanism::breaker::settings::{
    AfterStay, AtEnd, Cancelled, Failures, HalfOpen, LateResults, OpenTime, Settings, SlowCalls,
    Verdict,
};
use crate::model::mechanism::breaker::state::{Pass, State};
use crate::model::mechanism::breaker::window::Span;

const SECOND: u64 = 1_000;

fn calls(calls: u64) -> Option<HalfOpen> {
    Some(trials(calls, Verdict::Rates))
}

/// Ten trial calls from `now` on, which end when all are admitted, the first `failed` with errors.
fn try_ten(breaker: &mut Driven, now: u64, failed: usize) {
    let passes: Vec<Pass> = (0..10).map(|_| breaker.admit(now).expect("a trial call")).collect();
    assert!(passes.iter().all(|pass| pass.trial));
    for (index, pass) in passes.into_iter().enumerate() {
        breaker.end(now, pass, if index < failed { Error } else { Success });
    }
}

#[test]
fn the_instant_at_which_the_open_time_is_over_is_a_setting() {
    let (mut breaker, _) = opened(resilience4j());
    assert!(breaker.admit(60 * SECOND).is_none());
    assert!(breaker.admit(60 * SECOND + 1).is_some_and(|pass| pass.trial));
    assert_eq!(breaker.changes, [(State::Open, 0), (State::HalfOpen, 60_001)]);

    let (mut breaker, _) = opened(polly());
    assert!(breaker.admit(5 * SECOND - 1).is_none());
    assert!(breaker.admit(5 * SECOND).is_some_and(|pass| pass.trial));
    assert!(breaker.admit(5 * SECOND).is_none());
    assert_eq!(breaker.changes, [(State::Open, 0), (State::HalfOpen, 5_000)]);
}

#[test]
fn five_of_ten_trial_calls_open_and_four_close() {
    for (failed, state) in [(4, State::Closed), (5, State::Open), (10, State::Open)] {
        let hundred = Settings { minimum_calls: 100, ..resilience4j() };
        let settings = Settings { window: Some(Span::Count(100)), ..hundred };
        let (mut breaker, _) = opened(settings);
        try_ten(&mut breaker, 61 * SECOND, failed);
        assert_eq!(breaker.changes[1..], [(State::HalfOpen, 61_000), (state, 61_000)]);
        assert_eq!(breaker.admit(61 * SECOND).is_some(), state == State::Closed);
        assert_eq!(breaker.admit(121 * SECOND).is_some(), state == State::Closed);
        assert!(breaker.admit(121 * SECOND + 1).is_some());
    }
}

#[test]
fn trial_calls_are_a_number_in_all_and_not_at_once() {
    let minimum = Settings { minimum_calls: 10, ..resilience4j() };
    let (mut breaker, _) = opened(minimum);
    for _ in 0..9 {
        let pass = breaker.admit(61 * SECOND).expect("a trial call");
        breaker.end(61 * SECOND, pass, Success);
    }
    let hung = breaker.admit(61 * SECOND).expect("the tenth");
    // It is asked for again and again, for an hour; the one that hangs keeps it half-open.
    assert!((62..3_600).all(|s| breaker.admit(s * SECOND).is_none()));
    breaker.end(3_600 * SECOND, hung, Timeout);
    assert_eq!(breaker.state(), State::Closed);
}

#[test]
fn a_verdict_needs_no_more_results_than_the_minimum() {
    let (mut breaker, _) = opened(Settings { minimum_calls: 3, ..resilience4j() });
    let passes: Vec<Pass> = (0..3).map(|_| breaker.admit(61 * SECOND).unwrap()).collect();
    breaker.end(61 * SECOND, passes[0], Success);
    breaker.end(61 * SECOND, passes[1], Success);
    assert_eq!(breaker.state(), State::HalfOpen);
    breaker.end(61 * SECOND, passes[2], Error);
    assert_eq!(breaker.state(), State::Closed);
}

#[test]
fn a_count_of_failures_is_a_ratio_for_trial_calls() {
    // 7 of 10 are 3.5 of 5, and 8 are 4.
    let cases = [(7, 3, State::Closed), (7, 4, State::Open), (8, 3, State::Closed)];
    for (threshold, failed, state) in cases.into_iter().chain([(8, 4, State::Open)]) {
        let failures = Some(Failures::Count(threshold));
        let settings = Settings { failures, half_open: calls(5), ..resilience4j() };
        let (mut breaker, _) = opened(settings);
        let passes: Vec<Pass> = (0..5).map(|_| breaker.admit(61 * SECOND).unwrap()).collect();
        for (index, pass) in passes.into_iter().enumerate() {
            assert_eq!(breaker.state(), State::HalfOpen);
            breaker.end(61 * SECOND, pass, if index < failed { Error } else { Success });
        }
        assert_eq!(breaker.state(), state);
    }
}

#[test]
fn the_window_is_empty_when_it_has_closed() {
    let (mut breaker, _) = opened(resilience4j());
    try_ten(&mut breaker, 61 * SECOND, 0);
    breaker.play(62 * SECOND, "FFFFSSSSS");
    assert_eq!(breaker.state(), State::Closed);
    breaker.play(63 * SECOND, "F");
    assert_eq!(breaker.state(), State::Open);
}

#[test]
fn late_results_count_as_those_of_trial_calls_or_not_at_all() {
    // Polly: the success of a call from before the opening closes it before the probe is back.
    let (mut breaker, early) = opened(polly());
    let probe = breaker.admit(5 * SECOND).unwrap();
    breaker.end(5 * SECOND, early, Success);
    assert_eq!(breaker.state(), State::Closed);
    // The probe is now a result of the closed state.
    breaker.end(6 * SECOND, probe, Error);
    assert_eq!(breaker.state(), State::Closed);

    let (mut breaker, early) = opened(polly());
    breaker.admit(5 * SECOND).unwrap();
    breaker.end(5 * SECOND, early, Error);
    assert_eq!(breaker.changes[1..], [(State::HalfOpen, 5_000), (State::Open, 5_000)]);

    let (mut breaker, early) = opened(Settings { late_results: LateResults::Discard, ..polly() });
    let probe = breaker.admit(5 * SECOND).unwrap();
    breaker.end(5 * SECOND, early, Error);
    assert_eq!(breaker.state(), State::HalfOpen);
    breaker.end(6 * SECOND, probe, Success);
    assert_eq!(breaker.state(), State::Closed);
    // Nor does the probe of one half-open state count in the next.
    let longest_stay = Some((Duration::from_s(10), AfterStay::Open));
    let half_open = Some(HalfOpen { longest_stay, ..trials(1, Verdict::Rates) });
    let discard = Settings { late_results: LateResults::Discard, half_open, ..polly() };
    let (mut breaker, _) = opened(discard);
    let hung = breaker.admit(5 * SECOND).unwrap();
    let probe = breaker.admit(20 * SECOND).unwrap();
    breaker.end(21 * SECOND, hung, Success);
    assert_eq!(breaker.state(), State::HalfOpen);
    breaker.end(22 * SECOND, probe, Success);
    assert_eq!(breaker.state(), State::Closed);
}

#[test]
fn results_while_it_is_open_change_nothing() {
    let (mut breaker, early) = opened(resilience4j());
    breaker.end(59 * SECOND, early, Error);
    assert!(breaker.admit(60 * SECOND + 1).is_some_and(|pass| pass.trial));
    // Nor when its time is over and no call has come yet.
    let (mut breaker, early) = opened(resilience4j());
    breaker.end(100 * SECOND, early, Success);
    assert_eq!(breaker.state(), State::Open);
}

#[test]
fn a_cancelled_call_gives_its_place_back_or_counts() {
    let cases = [
        (Cancelled::Ignored, State::HalfOpen),
        (Cancelled::Success, State::Closed),
        (Cancelled::Failure, State::Open),
    ];
    for (cancelled, state) in cases {
        let (mut breaker, _) = opened(Settings { cancelled, ..polly() });
        let probe = breaker.admit(5 * SECOND).unwrap();
        assert!(breaker.admit(5 * SECOND).is_none());
        breaker.cancel(6 * SECOND, probe);
        assert_eq!(breaker.state(), state);
        // Ignored: one other trial call, and no second.
        if state == State::HalfOpen {
            assert!(breaker.admit(6 * SECOND).is_some_and(|pass| pass.trial));
            assert!(breaker.admit(6 * SECOND).is_none());
        }
    }
}

#[test]
fn a_late_cancellation_adds_a_place_where_late_results_apply() {
    for (late_results, places) in [(LateResults::Apply, 2), (LateResults::Discard, 1)] {
        let (mut breaker, early) =
            opened(Settings { late_results, half_open: calls(1), ..resilience4j() });
        // While it is open, there are no places.
        breaker.admit(61 * SECOND).unwrap();
        breaker.cancel(61 * SECOND, early);
        let more = (0..5).filter(|_| breaker.admit(61 * SECOND).is_some()).count();
        assert_eq!(1 + more, places);
    }
}

#[test]
fn all_trial_calls_have_to_be_good_where_that_is_the_verdict() {
    let three = trials(3, Verdict::AllGood);
    let settings = Settings { half_open: Some(three), ..gobreaker() };
    let (mut breaker, _) = opened(settings.clone());
    breaker.play(61 * SECOND, "SS");
    assert_eq!(breaker.state(), State::HalfOpen);
    breaker.play(62 * SECOND, "S");
    assert_eq!(breaker.state(), State::Closed);
    let (mut breaker, _) = opened(settings.clone());
    breaker.play(61 * SECOND, "SF");
    assert_eq!(breaker.state(), State::Open);
    let slow = Some(SlowCalls { longer_than: ms(100), rate: 1.0 });
    let (mut breaker, _) = opened(Settings { slow_calls: slow, ..settings });
    let pass = breaker.admit(61 * SECOND).unwrap();
    breaker.end_after(61 * SECOND, pass, Success, 101);
    assert_eq!(breaker.state(), State::Open);
}

#[test]
fn the_longest_stay_ends_a_half_open_state_that_hangs() {
    let stay = |next| {
        let longest_stay = Some((Duration::from_s(10), next));
        let half_open = HalfOpen { longest_stay, ..trials(1, Verdict::Rates) };
        Settings { half_open: Some(half_open), ..resilience4j() }
    };
    let (mut breaker, _) = opened(stay(AfterStay::Open));
    let hung = breaker.admit(61 * SECOND).unwrap();
    assert!(breaker.admit(71 * SECOND - 1).is_none());
    // Open since 71 s, though the next call comes later; then another trial call.
    assert!(breaker.admit(131 * SECOND).is_none());
    assert!(breaker.admit(131 * SECOND + 1).is_some_and(|pass| pass.trial));
    let expected = [(State::HalfOpen, 61_000), (State::Open, 71_000), (State::HalfOpen, 131_001)];
    assert_eq!(breaker.changes[1..], expected);
    // A late result decides over that one.
    breaker.end(132 * SECOND, hung, Success);
    assert_eq!(breaker.state(), State::Closed);

    let (mut breaker, _) = opened(stay(AfterStay::Open));
    let hung = breaker.admit(61 * SECOND).unwrap();
    // At the instant at which the stay is over, the stay is over.
    breaker.end(71 * SECOND, hung, Success);
    assert_eq!(breaker.state(), State::Open);

    let (mut breaker, _) = opened(stay(AfterStay::Closed));
    breaker.admit(61 * SECOND).unwrap();
    assert!(breaker.admit(80 * SECOND).is_some_and(|pass| !pass.trial));
    assert_eq!(breaker.changes[1..], [(State::HalfOpen, 61_000), (State::Closed, 71_000)]);
}

#[test]
fn two_changes_that_were_due_are_both_made_by_one_call() {
    let longest_stay = Some((Duration::from_s(10), AfterStay::Open));
    let half_open = Some(HalfOpen { longest_stay, ..trials(1, Verdict::Rates) });
    let (mut breaker, _) = opened(Settings { half_open, ..resilience4j() });
    breaker.admit(61 * SECOND).unwrap();
    assert!(breaker.admit(500 * SECOND).is_some_and(|pass| pass.trial));
    assert_eq!(breaker.changes[2..], [(State::Open, 71_000), (State::HalfOpen, 500_000)]);
    // 60 + 60 open; from 60 to 71 and from 131 on half-open, or as good as.
    assert_eq!(breaker.times(500 * SECOND), (120_000, 11_000 + 369_000));
}

#[test]
fn times_are_those_that_the_next_call_would_see() {
    let (mut breaker, _) = opened(resilience4j());
    assert_eq!(breaker.times(0), (0, 0));
    assert_eq!(breaker.times(30 * SECOND), (30_000, 0));
    assert_eq!(breaker.times(100 * SECOND), (60_000, 40_000));
    try_ten(&mut breaker, 100 * SECOND, 0);
    assert_eq!(breaker.times(200 * SECOND), (60_000, 40_000));

    let longest_stay = Some((Duration::from_s(10), AfterStay::Closed));
    let half_open = Some(HalfOpen { longest_stay, ..trials(1, Verdict::Rates) });
    let (mut breaker, _) = opened(Settings { half_open, ..resilience4j() });
    breaker.admit(61 * SECOND).unwrap();
    assert_eq!(breaker.times(65 * SECOND), (60_000, 5_000));
    assert_eq!(breaker.times(500 * SECOND), (60_000, 11_000));
}

#[test]
fn times_before_the_warm_up_is_over_do_not_count() {
    let mut automaton = Automaton::new(polly(), 0, at(3 * SECOND));
    for _ in 0..100 {
        let pass = automaton.admit(at(0)).unwrap();
        automaton.record(at(0), pass, Error, Duration::ZERO);
    }
    assert!(automaton.take_change().is_some());
    let times = |automaton: &Automaton, now| {
        let times = automaton.times(at(now * SECOND));
        (times.open.as_ns() / 1_000_000_000, times.half_open.as_ns() / 1_000_000_000)
    };
    assert_eq!(times(&automaton, 2), (0, 0));
    assert_eq!(times(&automaton, 4), (1, 0));
    assert_eq!(times(&automaton, 7), (2, 2));
    assert!(automaton.admit(at(7 * SECOND)).is_some());
    assert_eq!(times(&automaton, 8), (2, 3));
}

#[test]
fn the_end_of_the_clock_is_no_end_of_an_open_time() {
    let longest_stay = Some((Duration::MAX, AfterStay::Open));
    let half_open = Some(HalfOpen { longest_stay, ..trials(1, Verdict::Rates) });
    let settings = Settings {
        open_time: OpenTime::Constant(Duration::MAX),
        at_end: AtEnd::Refuses,
        half_open,
        ..resilience4j()
    };
    let (mut breaker, _) = opened(settings);
    assert!(breaker.automaton.admit(Instant::NEVER).is_none());
}

#[test]
fn a_trial_call_that_is_over_without_a_result_leaves_its_place_to_another() {
    let (mut breaker, early) = opened(Settings { half_open: calls(1), ..resilience4j() });
    let probe = breaker.admit(61 * SECOND).unwrap();
    // Neither a call from before nor what an attempt has is a trial call that is over.
    breaker.automaton.end_of_attempts(at(61 * SECOND), early);
    breaker.automaton.end_of_attempts(at(61 * SECOND), breaker.automaton.present_pass());
    assert!(breaker.admit(61 * SECOND).is_none());
    breaker.automaton.end_of_attempts(at(61 * SECOND), probe);
    assert!(breaker.admit(61 * SECOND).is_some_and(|pass| pass.trial));
    assert!(breaker.admit(61 * SECOND).is_none());
}

#[test]
fn a_trial_call_of_another_half_open_state_leaves_no_place() {
    let longest_stay = Some((Duration::from_s(10), AfterStay::Open));
    let half_open = Some(HalfOpen { longest_stay, ..trials(1, Verdict::Rates) });
    let (mut breaker, _) = opened(Settings { half_open, ..resilience4j() });
    let first = breaker.admit(61 * SECOND).unwrap();
    breaker.admit(200 * SECOND).unwrap();
    breaker.automaton.end_of_attempts(at(201 * SECOND), first);
    assert!(breaker.admit(201 * SECOND).is_none());
}

#[test]
fn a_cancelled_attempt_counts_as_the_setting_says_and_leaves_no_place() {
    let cases = [
        (Cancelled::Ignored, State::HalfOpen),
        (Cancelled::Success, State::Closed),
        (Cancelled::Failure, State::Open),
    ];
    for late_results in [LateResults::Apply, LateResults::Discard] {
        for (cancelled, state) in cases {
            let (mut breaker, early) = opened(Settings { cancelled, late_results, ..polly() });
            breaker.admit(5 * SECOND).unwrap();
            let attempt = breaker.automaton.present_pass();
            breaker.automaton.cancel_attempt(at(6 * SECOND), attempt, Duration::ZERO);
            breaker.take_changes();
            assert_eq!(breaker.state(), state);
            assert_eq!(breaker.admit(6 * SECOND).is_some(), state == State::Closed);
            // One from before the opening counts where late results do.
            let (mut breaker, _) = opened(Settings { cancelled, late_results, ..polly() });
            breaker.admit(5 * SECOND).unwrap();
            breaker.automaton.cancel_attempt(at(6 * SECOND), early, Duration::ZERO);
            breaker.take_changes();
            let applies = late_results == LateResults::Apply;
            assert_eq!(breaker.state(), if applies { state } else { State::HalfOpen });
        }
    }
}

#[test]
fn a_pass_is_a_word() {
    let (mut breaker, early) = opened(polly());
    let probe = breaker.admit(5 * SECOND).unwrap();
    for pass in [early, probe] {
        assert_eq!(Pass::from_word(pass.to_word()), pass);
    }
    assert_ne!(early, probe);
}

#[test]
fn an_attempt_that_is_cancelled_after_the_longest_stay_closes_nothing() {
    let longest_stay = Some((Duration::from_s(10), AfterStay::Open));
    let half_open = Some(HalfOpen { longest_stay, ..trials(1, Verdict::Rates) });
    let (mut breaker, _) = opened(Settings { half_open, ..polly() });
    let probe = breaker.admit(5 * SECOND).unwrap();
    breaker.automaton.cancel_attempt(at(15 * SECOND), probe, Duration::ZERO);
    breaker.take_changes();
    assert_eq!(breaker.state(), State::Open);
}
