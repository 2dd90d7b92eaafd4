//! What a breaker is set to. Where libraries differ there is a setting, and no library's name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::window::Span;
use crate::kernel::time::Duration;

/// What a breaker is set to.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The results that are looked at; `None` if only failures in a row count.
    pub window: Option<Span>,
    /// The window says nothing before it holds so many results, at least 1.
    pub minimum_calls: u64,
    /// Failures in the window that open it.
    pub failures: Option<Failures>,
    /// Slow calls in the window that open it.
    pub slow_calls: Option<SlowCalls>,
    /// So many failures in a row open it, at least 1 (gobreaker `ReadyToTrip`, Linkerd).
    pub consecutive_failures: Option<u64>,
    /// Results after which a closed breaker may open.
    pub opens_on: OpensOn,
    /// How long it refuses.
    pub open_duration: Duration,
    /// What it does at the very instant at which that time is over.
    pub at_end: AtEnd,
    /// What follows; `None`: it admits everything again.
    pub half_open: Option<HalfOpen>,
    /// What becomes of results of calls that were admitted before the present state began.
    pub late_results: LateResults,
    /// What a call is that its caller cancels.
    pub cancelled: Cancelled,
}

/// Failures in a window that are too many.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Failures {
    /// So many, at least 1.
    Count(u64),
    /// This ratio of the results, or more; above 0 (resilience4j, Polly, Hystrix: `>=`).
    Rate(f64),
}

/// Slow calls in a window that are too many.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SlowCalls {
    /// A call is slow that took longer than this (resilience4j `CircuitBreakerMetrics.java`: `>`).
    pub longer_than: Duration,
    /// This ratio of the results, or more, is too much; above 0.
    pub rate: f64,
}

/// Results after which a closed breaker may open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum OpensOn {
    /// Each: a success may be the one that makes enough results, and then opens it
    /// (resilience4j).
    #[default]
    Results,
    /// Failures alone (Polly `AdvancedCircuitBehavior.cs`, gobreaker).
    Failures,
}

/// What a call meets at the very instant at which the open time is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AtEnd {
    /// It is admitted (Polly `now >= _blockedUntil`).
    #[default]
    Admits,
    /// It is refused, and only what comes later is admitted (resilience4j `isAfter`, Hystrix,
    /// gobreaker).
    Refuses,
}

/// Trial calls after an opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HalfOpen {
    /// Trial calls, at least 1: so many are admitted in all, and not at once; an end gives no
    /// place back (resilience4j, gobreaker). One is the single probe of Polly and Hystrix.
    pub calls: u64,
    /// What decides.
    pub verdict: Verdict,
    /// It stays half-open no longer than this, and then goes on to that state (resilience4j
    /// `maxWaitDurationInHalfOpenState`); otherwise trial calls that never end keep it so.
    pub longest_stay: Option<(Duration, AfterStay)>,
}

/// What decides over trial calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Verdict {
    /// The rates that open a closed breaker, over the first results: as many as there are trial
    /// calls, or `minimum_calls` if that is fewer (resilience4j `forHalfOpen`).
    #[default]
    Rates,
    /// One that fails opens it; when all trial calls were good it closes (gobreaker). Slow is not
    /// good where slow calls count.
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

/// What becomes of a result of a call that was admitted in an earlier state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum LateResults {
    /// It counts in the present state, as if the call had been admitted in it: in half-open as
    /// that of a trial call (resilience4j, Polly).
    #[default]
    Apply,
    /// It is ignored (gobreaker `generation`).
    Discard,
}

/// What a call is whose caller leaves it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Cancelled {
    /// No result; where it was a trial call, another may try (resilience4j `releasePermission`).
    #[default]
    Ignored,
    /// A success (Polly: an outcome that is not handled).
    Success,
    /// A failure.
    Failure,
}
