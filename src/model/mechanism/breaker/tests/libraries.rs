//! Random sequences against ports of what libraries do, line by line and as slow as they are clear.
//!
//! The ports keep every result with its instant and share no code with the automaton. Instants are
//! whole multiples of a tenth of a second, so that every comparison of instants meets equality.

use std::collections::VecDeque;

use super::{Driven, ms, polly, resilience4j, seconds_of};
use crate::kernel::time::Duration;
use crate::model::context::Outcome;
use crate::model::mechanism::breaker::settings::{
    AfterStay, Begins, Failures, HalfOpen, OpenTime, Places, Settings, SlowCalls, Verdict,
};
use crate::model::mechanism::breaker::state::{Pass, State};
use crate::model::mechanism::breaker::window::Span;

const STEP: u64 = 100;

/// One result: its instant in milliseconds, and whether it failed and was slow.
type Result = (u64, bool, bool);

/// Numbers that look random, by the multiplier of Knuth's MMIX.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// A library's breaker, in milliseconds.
trait Library {
    fn try_acquire(&mut self, now: u64) -> bool;
    /// `None`: the caller left.
    fn on_result(&mut self, now: u64, outcome: Option<Outcome>, elapsed: u64);
    fn state(&self) -> State;
}

/// `CircuitBreakerStateMachine.java` and `CircuitBreakerMetrics.java`.
struct Resilience4j {
    size: u64,
    by_time: bool,
    minimum: u64,
    failure_rate: f64,
    slow_rate: f64,
    slow_after: u64,
    wait: u64,
    permitted: u64,
    longest: Option<u64>,
    state: R4jState,
}

enum R4jState {
    Closed(Vec<Result>),
    Open { retry_after: u64 },
    HalfOpen { permits: u64, since: u64, results: Vec<Result> },
}

impl Resilience4j {
    /// `None` below the minimum, otherwise whether a threshold is exceeded.
    fn exceeded(&self, results: &[Result], minimum: u64) -> Option<bool> {
        if results.is_empty() || (results.len() as u64) < minimum {
            return None;
        }
        let rate = |bad: fn(&&Result) -> bool| {
            100.0 * results.iter().filter(bad).count() as f64 / results.len() as f64
        };
        let failed = rate(|result| result.1) >= self.failure_rate;
        Some(failed || rate(|result| result.2) >= self.slow_rate)
    }

    /// What the scheduler does at the end of the longest wait in half-open.
    fn timer(&mut self, now: u64) {
        if let (R4jState::HalfOpen { since, .. }, Some(longest)) = (&self.state, self.longest)
            && since + longest <= now
        {
            self.state = R4jState::Open { retry_after: since + longest + self.wait };
        }
    }
}

impl Library for Resilience4j {
    fn try_acquire(&mut self, now: u64) -> bool {
        self.timer(now);
        if let R4jState::Open { retry_after } = self.state {
            if now <= retry_after {
                return false;
            }
            let results = Vec::new();
            self.state = R4jState::HalfOpen { permits: self.permitted, since: now, results };
        }
        match &mut self.state {
            R4jState::HalfOpen { permits: 0, .. } => false,
            R4jState::HalfOpen { permits, .. } => {
                *permits -= 1;
                true
            }
            _ => true,
        }
    }

    fn on_result(&mut self, now: u64, outcome: Option<Outcome>, elapsed: u64) {
        self.timer(now);
        let Some(outcome) = outcome else {
            if let R4jState::HalfOpen { permits, .. } = &mut self.state {
                *permits += 1;
            }
            return;
        };
        let result = (now, outcome != Outcome::Success, elapsed > self.slow_after);
        match &mut self.state {
            R4jState::Open { .. } => {}
            R4jState::Closed(results) => {
                results.push(result);
                let kept = if self.by_time {
                    let second = now / 1_000;
                    results.retain(|result| result.0 / 1_000 + self.size > second);
                    results.as_slice()
                } else {
                    &results[results.len().saturating_sub(self.size as usize)..]
                };
                let minimum = if self.by_time { self.minimum } else { self.minimum.min(self.size) };
                let kept = kept.to_vec();
                if self.exceeded(&kept, minimum) == Some(true) {
                    self.state = R4jState::Open { retry_after: now + self.wait };
                }
            }
            R4jState::HalfOpen { results, .. } => {
                results.push(result);
                let results = results.clone();
                match self.exceeded(&results, self.minimum.min(self.permitted)) {
                    Some(true) => self.state = R4jState::Open { retry_after: now + self.wait },
                    Some(false) => self.state = R4jState::Closed(Vec::new()),
                    None => {}
                }
            }
        }
    }

    fn state(&self) -> State {
        match self.state {
            R4jState::Closed(_) => State::Closed,
            R4jState::Open { .. } => State::Open,
            R4jState::HalfOpen { .. } => State::HalfOpen,
        }
    }
}

/// `CircuitStateController.cs`, `AdvancedCircuitBehavior.cs` and `RollingHealthMetrics.cs`.
struct Polly {
    ratio: f64,
    minimum: u64,
    sampling: u64,
    wait: u64,
    state: State,
    blocked_until: u64,
    /// Start, successes and failures of each.
    windows: VecDeque<(u64, u64, u64)>,
}

impl Polly {
    fn current_window(&mut self, now: u64) -> &mut (u64, u64, u64) {
        if self.windows.back().is_none_or(|latest| now - latest.0 >= self.sampling / 10) {
            self.windows.push_back((now, 0, 0));
        }
        while now - self.windows[0].0 >= self.sampling {
            self.windows.pop_front();
        }
        self.windows.back_mut().expect("the latest began less than a sampling ago")
    }
}

impl Library for Polly {
    fn try_acquire(&mut self, now: u64) -> bool {
        if self.state == State::Open && now >= self.blocked_until {
            self.blocked_until = now + self.wait;
            self.state = State::HalfOpen;
            return true;
        }
        self.state == State::Closed
    }

    fn on_result(&mut self, now: u64, outcome: Option<Outcome>, _: u64) {
        if matches!(outcome, Some(Outcome::Success) | None) {
            self.current_window(now).1 += 1;
            if self.state == State::HalfOpen {
                self.state = State::Closed;
                self.windows.clear();
            }
            return;
        }
        let mut should_break = false;
        match self.state {
            State::Closed => {
                self.current_window(now).2 += 1;
                let failures: u64 = self.windows.iter().map(|window| window.2).sum();
                let all = failures + self.windows.iter().map(|window| window.1).sum::<u64>();
                should_break = all >= self.minimum && failures as f64 / all as f64 >= self.ratio;
            }
            State::Open => self.current_window(now).2 += 1,
            State::HalfOpen => {}
        }
        if self.state == State::HalfOpen || should_break {
            self.blocked_until = now + self.wait;
            self.state = State::Open;
        }
    }

    fn state(&self) -> State {
        self.state
    }
}

/// Both under one load of calls, which end after a random time with a random outcome; some never
/// do. Whether calls fail changes now and then. Returns how often each state was entered.
fn compare(settings: &Settings, mut library: impl Library, seed: u64) -> [usize; 3] {
    let mut numbers = Numbers(seed);
    let mut breaker = Driven::new(settings.clone());
    let mut under_way: VecDeque<(u64, u64, Pass)> = VecDeque::new();
    let mut percent_bad = 5;
    for step in 0..6_000 {
        let now = step * STEP;
        if numbers.below(100) == 0 {
            percent_bad = [0, 5, 30, 60, 100][numbers.below(5) as usize];
        }
        // Some end, in any order, the rest stays; then some come.
        for _ in 0..under_way.len() {
            let (end, start, pass) = under_way.pop_front().expect("it was counted");
            if end > now {
                under_way.push_back((end, start, pass));
                continue;
            }
            let bad = numbers.below(100) < percent_bad;
            let outcome = match numbers.below(20) {
                0 => None,
                n if bad => Some([Outcome::Error, Outcome::Timeout, Outcome::Shed][n as usize % 3]),
                _ => Some(Outcome::Success),
            };
            match outcome {
                Some(outcome) => breaker.end_after(now, pass, outcome, now - start),
                None => breaker.cancel(now, pass),
            }
            library.on_result(now, outcome, now - start);
            assert_eq!(breaker.state(), library.state(), "{outcome:?} at {now}, seed {seed}");
        }
        for _ in 0..numbers.below(3) {
            let pass = breaker.admit(now);
            assert_eq!(pass.is_some(), library.try_acquire(now), "at {now}, seed {seed}");
            assert_eq!(breaker.state(), library.state(), "a call at {now}, seed {seed}");
            if let Some(pass) = pass {
                assert_eq!(pass.trial, library.state() == State::HalfOpen);
                let hangs = numbers.below(200) == 0;
                let takes = if hangs { 1_000_000 } else { STEP * numbers.below(40) };
                under_way.push_back((now + takes, now, pass));
            }
        }
    }
    [State::Closed, State::Open, State::HalfOpen]
        .map(|state| breaker.changes.iter().filter(|change| change.0 == state).count())
}

fn assert_all_are_met(met: [usize; 3], least: usize) {
    assert!(met.iter().all(|&times| times >= least), "{met:?}");
}

/// Settings of resilience4j and its port alike.
fn both(
    window: Span,
    (minimum, permitted): (u64, u64),
    longest: Option<u64>,
) -> (Settings, Resilience4j) {
    let (size, by_time) = match window {
        Span::Count(size) => (u64::from(size), false),
        Span::Clock { span, .. } => (span.as_ns() / 1_000_000_000, true),
        other => panic!("{other:?} is none of resilience4j"),
    };
    let library = Resilience4j {
        size,
        by_time,
        minimum,
        failure_rate: 50.0,
        slow_rate: 80.0,
        slow_after: 2_000,
        wait: 3_000,
        permitted,
        longest,
        state: R4jState::Closed(Vec::new()),
    };
    let minimum_calls = if by_time { minimum } else { minimum.min(size) };
    let longest_stay = longest.map(|longest| (ms(longest), AfterStay::Open));
    let half_open = HalfOpen {
        calls: permitted,
        places: Places::InAll,
        begins: Begins::Call,
        verdict: Verdict::Rates,
        longest_stay,
    };
    let settings = Settings {
        window: Some(window),
        minimum_calls,
        failures: Some(Failures::Rate(0.5)),
        slow_calls: Some(SlowCalls { longer_than: ms(2_000), rate: 0.8 }),
        open_time: OpenTime::Constant(ms(3_000)),
        half_open: Some(half_open),
        ..resilience4j()
    };
    (settings, library)
}

#[test]
fn is_resilience4j_over_a_count_window() {
    let mut met = [0; 3];
    for seed in 0..20 {
        // Without a longest stay, a few calls that hang end it all.
        for (calls, longest) in [((20, 10), Some(4_000)), ((30, 5), Some(3_000)), ((6, 10), None)] {
            let (settings, library) = both(Span::Count(20), calls, longest);
            let counts = compare(&settings, library, seed);
            met = [met[0] + counts[0], met[1] + counts[1], met[2] + counts[2]];
        }
    }
    assert_all_are_met(met, 300);
}

#[test]
fn is_resilience4j_over_a_time_window() {
    let mut met = [0; 3];
    for seed in 0..20 {
        for seconds in [1, 3, 10] {
            let span = seconds_of(Duration::from_s(seconds));
            let (settings, library) = both(span, (8, 4), Some(4_000));
            let counts = compare(&settings, library, seed);
            met = [met[0] + counts[0], met[1] + counts[1], met[2] + counts[2]];
        }
    }
    assert_all_are_met(met, 300);
}

#[test]
fn is_polly() {
    let mut met = [0; 3];
    for seed in 0..40 {
        let sampling = [1_000, 5_000, 30_000][seed as usize % 3];
        let settings = Settings {
            window: Some(Span::Tenths(ms(sampling))),
            minimum_calls: 5,
            failures: Some(Failures::Rate(0.2)),
            open_time: OpenTime::Constant(ms(2_000)),
            ..polly()
        };
        let library = Polly {
            ratio: 0.2,
            minimum: 5,
            sampling,
            wait: 2_000,
            state: State::Closed,
            blocked_until: 0,
            windows: VecDeque::new(),
        };
        let counts = compare(&settings, library, seed);
        met = [met[0] + counts[0], met[1] + counts[1], met[2] + counts[2]];
    }
    assert_all_are_met(met, 300);
}
