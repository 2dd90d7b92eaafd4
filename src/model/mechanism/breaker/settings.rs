//! The settings of a breaker: where libraries differ there is a setting, without a library's name.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::window::Span;
use crate::kernel::time::Duration;
use crate::model::context::Outcome;
use crate::model::mechanism::backoff::Backoff;

/// The settings of a breaker.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Span of the window; `None` if only failures in a row count.
    pub window: Option<Span>,
    /// Fewest results in the window that can open the breaker, at least 1.
    pub minimum_calls: u64,
    /// What `minimum_calls` and rates are of.
    pub volume: Volume,
    /// Failures in the window that open the breaker.
    pub failures: Option<Failures>,
    /// Comparison of a rate with its threshold.
    pub comparison: Comparison,
    /// Slow calls in the window that open the breaker.
    pub slow_calls: Option<SlowCalls>,
    /// Failures in a row that open the breaker, at least 1 (gobreaker `ReadyToTrip`, Linkerd).
    pub consecutive_failures: Option<u64>,
    /// Results after which a closed breaker may open.
    pub opens_on: OpensOn,
    /// Time for which an open breaker refuses.
    pub open_time: OpenTime,
    /// Treatment of a call at the instant at which that time is over.
    pub at_end: AtEnd,
    /// Trial calls after that time; `None`: the breaker closes.
    pub half_open: Option<HalfOpen>,
    /// Treatment of results of calls that were admitted before the present state began.
    pub late_results: LateResults,
    /// Result of a call whose caller leaves.
    pub cancelled: Cancelled,
    /// The window from opening to closing.
    pub at_close: AtClose,
    /// Outcomes that are no success.
    pub outcomes: Outcomes,
}

/// Time for which an open breaker refuses.
#[derive(Clone, Debug)]
pub enum OpenTime {
    /// The same each time, above 0.
    Constant(Duration),
    /// The wait of a backoff, whose number is that of openings since the breaker was closed
    /// (resilience4j `waitIntervalFunctionInOpenState`, Polly `BreakDurationGenerator`, Linkerd,
    /// Finagle).
    Growing(Arc<Backoff>),
}

/// The meaning of outcomes other than a success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcomes {
    /// Those that are failures; others are successes.
    pub failures: OutcomeSet,
    /// Those that are no results (resilience4j `ignoreExceptions`, gobreaker `IsExcluded`).
    pub ignored: OutcomeSet,
}

/// A set of outcomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutcomeSet(u8);

impl OutcomeSet {
    /// All outcomes but a success.
    pub const FAILURES: Self = Self(!(1 << Outcome::Success as u8));

    /// With this outcome in it, too.
    #[must_use]
    pub const fn with(self, outcome: Outcome) -> Self {
        Self(self.0 | 1 << outcome as u8)
    }

    /// Without this outcome.
    #[must_use]
    pub const fn without(self, outcome: Outcome) -> Self {
        Self(self.0 & !(1 << outcome as u8))
    }

    /// True if this outcome is in it.
    #[must_use]
    #[inline]
    pub const fn has(self, outcome: Outcome) -> bool {
        self.0 & (1 << outcome as u8) != 0
    }
}

/// What `minimum_calls` and rates are of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Volume {
    /// The results in the window.
    #[default]
    Results,
    /// The calls that were admitted in the window, answered or not (gobreaker `Requests`).
    Admitted,
    /// All calls in the window, refused ones too (opossum `fires`).
    Calls,
}

/// Comparison of a rate with its threshold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Comparison {
    /// At least the threshold (resilience4j, Polly, Hystrix).
    #[default]
    AtLeast,
    /// Above the threshold (opossum, cockatiel).
    Above,
    /// Rounded to a whole percent, at least the threshold (failsafe-go).
    Rounded,
}

impl Comparison {
    /// True if `rate` reaches `limit`.
    #[must_use]
    #[inline]
    pub fn reaches(self, rate: f64, limit: f64) -> bool {
        match self {
            Self::AtLeast => rate >= limit,
            Self::Above => rate > limit,
            Self::Rounded => (rate * 100.0).round() / 100.0 >= limit,
        }
    }
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
    /// Failures alone (Polly `AdvancedCircuitBehavior.cs`, gobreaker, opossum, cockatiel).
    Failures,
    /// The end of a bucket, over the buckets that have ended: the first call after it finds the
    /// breaker open (Hystrix).
    Buckets,
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
    /// Number of trial calls, at least 1. One is the single probe of Polly and Hystrix.
    pub calls: u64,
    /// Meaning of that number.
    pub places: Places,
    /// What begins half-open.
    pub begins: Begins,
    /// Verdict over the trial calls.
    pub verdict: Verdict,
    /// Longest time in half-open, and the state after it (resilience4j
    /// `maxWaitDurationInHalfOpenState`). Without it, trial calls that never end keep the breaker
    /// half-open.
    pub longest_stay: Option<(Duration, AfterStay)>,
}

/// Meaning of the number of trial calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Places {
    /// So many in all: the result of one gives no place back (resilience4j, gobreaker).
    #[default]
    InAll,
    /// So many at a time: each result gives a place back (failsafe-go).
    AtOnce,
}

/// What begins half-open when the open time is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Begins {
    /// The next call, which is the first trial call.
    #[default]
    Call,
    /// A timer: results of calls from before the opening may decide before there is a trial call
    /// (opossum, resilience4j `automaticTransitionFromOpenToHalfOpenEnabled`).
    Timer,
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
    /// So many good ones, from 1 to the number of trial calls, close the breaker; it opens when
    /// the others can no longer be as many (failsafe-go `WithSuccessThresholdRatio`).
    Good(u32),
    /// The first success closes the breaker, also one of a call from before the opening and while
    /// it is still open. Failures do not end half-open (Hystrix 1.5.18).
    AnyGood,
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
    /// Half-open again, with as many trial calls as at first. The next call makes the change
    /// (Hystrix `allowSingleTest`).
    HalfOpen,
}

/// The treatment of a result of a call that was admitted in an earlier state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum LateResults {
    /// It counts in the present state, as if the call had been admitted in it: in half-open as
    /// that of a trial call (resilience4j, Polly).
    #[default]
    Apply,
    /// It is ignored (gobreaker `generation`). Within a state it belongs to the instant of its
    /// call: it counts in the bucket of that instant, if the window still has it.
    Discard,
    /// It counts as in the state that admitted its call: half-open, only trial calls close the
    /// breaker, and other results open it if the window is bad (cockatiel).
    Own,
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

/// The window from opening to closing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AtClose {
    /// Results while open and half-open do not enter it, and closing empties it (resilience4j,
    /// Polly, gobreaker, failsafe-go).
    #[default]
    Empties,
    /// All results enter it. Closing empties it, and the result that closes the breaker is its
    /// first (Hystrix, cockatiel).
    Restarts,
    /// All results enter it, and closing does not empty it (opossum).
    Keeps,
}
