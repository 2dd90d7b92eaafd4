//! Sequences that libraries' sources state, and random ones against ports of their code.

mod half_open;
mod libraries;
mod opening;
mod without_half_open;

use super::automaton::Automaton;
use super::settings::{
    AtEnd, Cancelled, Failures, HalfOpen, LateResults, OpensOn, Settings, Verdict,
};
use super::state::{Pass, State};
use super::window::Span;
use crate::kernel::time::{Duration, Instant};
use crate::model::context::Outcome;

fn at(ms: u64) -> Instant {
    Instant::ZERO.saturating_add(Duration::from_ms(ms))
}

fn ms(ms: u64) -> Duration {
    Duration::from_ms(ms)
}

/// resilience4j's defaults, with a window of 10 and without slow calls.
fn resilience4j() -> Settings {
    Settings {
        window: Some(Span::Count(10)),
        minimum_calls: 10,
        failures: Some(Failures::Rate(0.5)),
        slow_calls: None,
        consecutive_failures: None,
        opens_on: OpensOn::Results,
        open_duration: Duration::from_s(60),
        at_end: AtEnd::Refuses,
        half_open: Some(HalfOpen { calls: 10, verdict: Verdict::Rates, longest_stay: None }),
        late_results: LateResults::Apply,
        cancelled: Cancelled::Ignored,
    }
}

/// Polly's defaults.
fn polly() -> Settings {
    Settings {
        window: Some(Span::Tenths(Duration::from_s(30))),
        minimum_calls: 100,
        failures: Some(Failures::Rate(0.1)),
        opens_on: OpensOn::Failures,
        open_duration: Duration::from_s(5),
        at_end: AtEnd::Admits,
        half_open: Some(HalfOpen { calls: 1, verdict: Verdict::Rates, longest_stay: None }),
        cancelled: Cancelled::Success,
        ..resilience4j()
    }
}

/// gobreaker's defaults: the sixth failure in a row opens, one trial call decides.
fn gobreaker() -> Settings {
    Settings {
        window: None,
        failures: None,
        consecutive_failures: Some(6),
        opens_on: OpensOn::Failures,
        half_open: Some(HalfOpen { calls: 1, verdict: Verdict::AllGood, longest_stay: None }),
        late_results: LateResults::Discard,
        ..resilience4j()
    }
}

/// An automaton with the changes of state that it made, in milliseconds.
struct Driven {
    automaton: Automaton,
    changes: Vec<(State, u64)>,
}

impl Driven {
    fn new(settings: Settings) -> Self {
        Self { automaton: Automaton::new(settings, Instant::ZERO), changes: Vec::new() }
    }

    fn take_changes(&mut self) {
        while let Some(change) = self.automaton.take_change() {
            self.changes.push((change.to, change.at.as_ns() / 1_000_000));
        }
    }

    fn admit(&mut self, now: u64) -> Option<Pass> {
        let pass = self.automaton.admit(at(now));
        self.take_changes();
        pass
    }

    /// A call of this pass ends now, after so many milliseconds.
    fn end_after(&mut self, now: u64, pass: Pass, outcome: Outcome, elapsed: u64) {
        self.automaton.record(at(now), pass, outcome, ms(elapsed));
        self.take_changes();
    }

    fn cancel(&mut self, now: u64, pass: Pass) {
        self.automaton.cancel(at(now), pass, Duration::ZERO);
        self.take_changes();
    }

    fn end(&mut self, now: u64, pass: Pass, outcome: Outcome) {
        self.end_after(now, pass, outcome, 0);
    }

    /// Calls that end at once, one a millisecond from `now` on: `F` fails, anything else is good.
    /// All of them must be admitted.
    fn play(&mut self, now: u64, results: &str) {
        for (now, c) in (now..).zip(results.chars()) {
            let pass = self.admit(now).expect("it is admitted");
            self.end(now, pass, if c == 'F' { Outcome::Error } else { Outcome::Success });
        }
    }

    fn state(&self) -> State {
        self.changes.last().map_or(State::Closed, |(state, _)| *state)
    }

    /// Milliseconds open and half-open.
    fn times(&self, now: u64) -> (u64, u64) {
        let times = self.automaton.times(at(now));
        (times.open.as_ns() / 1_000_000, times.half_open.as_ns() / 1_000_000)
    }
}

/// Opens it with failures at 0 ms and returns the pass of a call that was admitted before.
fn opened(settings: Settings) -> (Driven, Pass) {
    let mut breaker = Driven::new(settings);
    let early = breaker.admit(0).expect("it is closed");
    while breaker.state() == State::Closed {
        let pass = breaker.admit(0).expect("it is closed");
        breaker.end(0, pass, Outcome::Error);
    }
    assert_eq!(breaker.changes, [(State::Open, 0)]);
    (breaker, early)
}
