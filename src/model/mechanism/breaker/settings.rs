//! The settings of a breaker: where libraries differ there is a setting, without a library's name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::window::Span;
use crate::kernel::time::Duration;

/// The settings of a breaker.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Span of the window; `None` if only failures in a row count.
    pub window: Option<Span>,
    /// Fewest results in the window that can open the breaker, at least 1.
    pub minimum_calls: u64,
    /// Failures in the window that open the breaker.
    pub failures: Option<Failures>,
    /// Slow calls in the window that open the breaker.
    pub slow_calls: Option<SlowCalls>,
    /// Failures in a row that open the breaker, at least 1 (gobreaker `ReadyToTrip`, Linkerd).
    pub consecutive_failures: Option<u64>,
    /// Results after which a closed breaker may open.
    pub opens_on: OpensOn,
    /// Time for which an open breaker refuses.
    pub open_duration: Duration,
    /// Treatment of a call at the instant at which that time is over.
    pub at_end: AtEnd,
    /// Trial calls after that time; `None`: the breaker closes.
    pub half_open: Option<HalfOpen>,
    /// Treatment of results of calls that were admitted before the present state began.
    pub late_results: LateResults,
    /// Result of a call whose caller leaves.
    pub cancelled: Cancelled,
}

/// The failures in a window that open a breaker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Failures {
    /// This number or more, at least 1.
    Count(u64),
    /// This ratio of the results or more, above 0 (resilience4j, Polly, Hystrix: `>=`).
    Rate(f64),
}

/// The slow calls in a window that open a breaker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SlowCalls {
    /// Time above which a call is slow (resilience4j `CircuitBreakerMetrics.java`: `>`).
    pub longer_than: Duration,
    /// Ratio of the results from which on slow calls open the breaker, above 0.
    pub rate: f64,
}

/// Results after which a closed breaker may open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum OpensOn {
    /// Any result: a success can be the last of `minimum_calls` results and open the breaker
    /// (resilience4j).
    #[default]
    Results,
    /// Failures alone (Polly `AdvancedCircuitBehavior.cs`, gobreaker).
    Failures,
}

/// The treatment of a call at the instant at which the open time is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AtEnd {
    /// It is admitted (Polly `now >= _blockedUntil`).
    #[default]
    Admits,
    /// It is refused; later calls are admitted (resilience4j `isAfter`, Hystrix, gobreaker).
    Refuses,
}

/// Trial calls after an opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HalfOpen {
    /// Number of trial calls admitted in all, at least 1; the end of one gives no place back
    /// (resilience4j, gobreaker). One is the single probe of Polly and Hystrix.
    pub calls: u64,
    /// Verdict over the trial calls.
    pub verdict: Verdict,
    /// Longest time in half-open, and the state after it (resilience4j
    /// `maxWaitDurationInHalfOpenState`). Without it, trial calls that never end keep the breaker
    /// half-open.
    pub longest_stay: Option<(Duration, AfterStay)>,
}

/// The verdict over trial calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Verdict {
    /// The rates that open a closed breaker, over the first results: as many as there are trial
    /// calls, or `minimum_calls` if that is fewer (resilience4j `forHalfOpen`).
    #[default]
    Rates,
    /// One failure opens the breaker; when all trial calls were good it closes (gobreaker). Slow
    /// calls are not good where they count.
    AllGood,
}

/// The state after the longest stay in half-open (resilience4j
/// `transitionToStateAfterWaitDuration`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AfterStay {
    /// Open, for another `open_duration`.
    #[default]
    Open,
    /// Closed, with an empty window.
    Closed,
}

/// The treatment of a result of a call that was admitted in an earlier state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum LateResults {
    /// It counts in the present state, as if the call had been admitted in it: in half-open as
    /// that of a trial call (resilience4j, Polly).
    #[default]
    Apply,
    /// It is ignored (gobreaker `generation`).
    Discard,
}

/// The result of a call whose caller leaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Cancelled {
    /// No result; another trial call may take the place of one (resilience4j `releasePermission`).
    #[default]
    Ignored,
    /// A success (Polly: an outcome that is not handled).
    Success,
    /// A failure.
    Failure,
}
