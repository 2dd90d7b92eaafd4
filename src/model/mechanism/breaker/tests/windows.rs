//! Windows of time, and results that are not counted, as libraries have them.

use super::{Driven, at, gobreaker, ms, polly, resilience4j};
use crate::kernel::draw::Site;
use crate::model::context::Outcome;
use crate::model::mechanism::backoff::spec::Backoff;
use crate::model::mechanism::breaker::settings::{
    AtClose, OpenTime, OpensOn, OutcomeSet, Outcomes, Settings,
};
use crate::model::mechanism::breaker::state::State;
use crate::model::mechanism::breaker::window::Span;

/// A total outage in which each of a call a 100 ms fails after `timeout` ms; the instant at which
/// the breaker opens.
fn outage(settings: Settings, timeout: u64) -> Option<u64> {
    let mut breaker = Driven::new(settings);
    let mut calls = std::collections::VecDeque::new();
    for now in (0..60_000).step_by(100) {
        while let Some((_, pass)) = calls.pop_front_if(|(since, _)| *since + timeout <= now) {
            breaker.end_after(now, pass, Outcome::Timeout, timeout);
        }
        if let Some((State::Open, at)) = breaker.changes.first() {
            return Some(*at);
        }
        calls.push_back((now, breaker.admit(now).expect("it is closed")));
    }
    None
}

/// gobreaker: with `Interval` 1 s and attempts that time out after 2 s, no timeout counts.
#[test]
fn a_window_shorter_than_the_timeout_never_opens() {
    let with = |interval| Settings { window: Some(Span::One(ms(interval))), ..gobreaker() };
    assert_eq!(outage(with(1_000), 2_000), None);
    // Long enough for six timeouts: the sixth call began at 500 ms.
    assert_eq!(outage(with(10_000), 2_000), Some(2_500));
    assert_eq!(outage(gobreaker(), 2_000), Some(2_500));
}

/// Hystrix: 20 calls of the latest 10 s in buckets of 500 ms, of which half failed.
fn hystrix() -> Settings {
    Settings {
        window: Some(Span::Start { span: ms(10_500), width: ms(500) }),
        minimum_calls: 20,
        opens_on: OpensOn::Buckets,
        at_close: AtClose::Restarts,
        ..resilience4j()
    }
}

/// The instant at which Hystrix opens with 100 calls a second, which fail from `from` on.
fn hystrix_opens(from: u64) -> u64 {
    let mut breaker = Driven::new(hystrix());
    for now in (0..60_000).step_by(10) {
        let Some(pass) = breaker.admit(now) else { break };
        breaker.end(now, pass, if now < from { Outcome::Success } else { Outcome::Error });
    }
    assert_eq!(breaker.changes.len(), 1);
    breaker.changes[0].1
}

#[test]
fn hystrix_opens_at_the_end_of_a_bucket() {
    assert_eq!(hystrix_opens(0), 500);
    let opens = hystrix_opens(10_000);
    assert!((15_000..=15_500).contains(&opens) && opens.is_multiple_of(500), "{opens}");
}

#[test]
fn an_outcome_is_a_failure_a_success_or_nothing() {
    let failures = OutcomeSet::FAILURES.without(Outcome::Error).without(Outcome::Shed);
    let ignored = OutcomeSet::default().with(Outcome::Shed);
    let settings = Settings { outcomes: Outcomes { failures, ignored }, ..resilience4j() };
    let opens_with = |outcomes: [Outcome; 2]| {
        let mut breaker = Driven::new(settings.clone());
        for outcome in outcomes.into_iter().cycle().take(10) {
            let pass = breaker.admit(0).expect("it is closed");
            breaker.end(0, pass, outcome);
        }
        breaker.state() == State::Open
    };
    assert!(opens_with([Outcome::Timeout, Outcome::Success]), "half of ten");
    assert!(opens_with([Outcome::Rejected, Outcome::Error]), "half of ten");
    assert!(!opens_with([Outcome::Error, Outcome::Error]), "no failure");
    assert!(!opens_with([Outcome::Timeout, Outcome::Shed]), "five results, not ten");
}

/// Polly with a generator, or resilience4j with an interval function: 1, 2, 4 and again 4 s, and
/// after a success 1 s.
#[test]
fn the_open_time_grows_with_openings_in_a_row() {
    let backoff = r#"{"Exponential": {"base": "1s", "cap": "4s"}}"#;
    let backoff: Backoff = serde_json::from_str(backoff).expect("it is one");
    let backoff = backoff.build(Site::new(1, "breaker", "open")).expect("it is valid");
    let open_time = OpenTime::Growing(std::sync::Arc::new(backoff));
    let mut breaker = Driven::new(Settings { open_time, minimum_calls: 1, ..polly() });
    let mut now = 0;
    for (fails, open) in [(true, 1), (true, 2), (true, 4), (true, 4), (false, 0), (true, 1)] {
        let pass = breaker.admit(now).expect("its open time is over");
        breaker.end(now, pass, if fails { Outcome::Error } else { Outcome::Success });
        if open > 0 {
            assert!(breaker.admit(now + 1_000 * open - 1).is_none(), "{now}");
            now += 1_000 * open;
        }
    }
    assert_eq!(breaker.automaton.times(at(now)).open, ms(12_000));
}
