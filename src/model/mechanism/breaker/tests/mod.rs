//! Sequences that libraries' sources state, and random ones against ports of their code.

mod half_open;
mod libraries;
mod opening;
mod spec;
mod windows;
mod without_half_open;

use super::automaton::Automaton;
use super::settings::{
    AtClose, AtEnd, Begins, Cancelled, Comparison, Failures, HalfOpen, LateResults, OpenTime,
    OpensOn, OutcomeSet, Outcomes, Places, Settings, Verdict, Volume,
};
use super::state::{Pass, State};
use super::window::Span;
use crate::kernel::time::{Duration, Instant};
use crate::model::context::Outcome;

fn at(ms: u64) -> Instant {
    Instant::ZERO.saturating_add(Duration::from_ms(ms))
}

/// A window of buckets of a second of the clock.
fn seconds_of(span: Duration) -> Span {
    Span::Clock { span, width: Duration::from_s(1) }
}

/// So many trial calls in all, from the next call on, without a longest stay.
fn trials(calls: u64, verdict: Verdict) -> HalfOpen {
    let (places, begins) = (Places::InAll, Begins::Call);
    HalfOpen { calls, places, begins, verdict, longest_stay: None }
}

fn ms(ms: u64) -> Duration {
    Duration::from_ms(ms)
}

/// resilience4j's defaults, with a window of 10 and without slow calls.
fn resilience4j() -> Settings {
    Settings {
        window: Some(Span::Count(10)),
        minimum_calls: 10,
        volume: Volume::Results,
        failures: Some(Failures::Rate(0.5)),
        comparison: Comparison::AtLeast,
        slow_calls: None,
        consecutive_failures: None,
        opens_on: OpensOn::Results,
        open_time: OpenTime::Constant(Duration::from_s(60)),
        at_end: AtEnd::Refuses,
        half_open: Some(trials(10, Verdict::Rates)),
        late_results: LateResults::Apply,
        cancelled: Cancelled::Ignored,
        at_close: AtClose::Empties,
        outcomes: Outcomes { failures: OutcomeSet::FAILURES, ignored: OutcomeSet::default() },
    }
}

/// Polly's defaults.
fn polly() -> Settings {
    Settings {
        window: Some(Span::Tenths(Duration::from_s(30))),
        minimum_calls: 100,
        failures: Some(Failures::Rate(0.1)),
        opens_on: OpensOn::Failures,
        open_time: OpenTime::Constant(Duration::from_s(5)),
        at_end: AtEnd::Admits,
        half_open: Some(trials(1, Verdict::Rates)),
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
        half_open: Some(trials(1, Verdict::AllGood)),
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
        Self { automaton: Automaton::new(settings, 0, Instant::ZERO), changes: Vec::new() }
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
