//! The specification of a circuit breaker, with its defaults.

mod build;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::{AfterStay, AtClose, AtEnd, Begins, Cancelled, Comparison, LateResults};
use super::settings::{OpensOn, Places, Verdict, Volume};
use super::words::WORDS;
use super::{Breaker, REPORTS, alternatives, lints, rules};
use crate::kernel::distribution::InvalidDistribution;
use crate::kernel::time::Duration;
use crate::kernel::units::{CountOrTime, Ratio};
use crate::model::mechanism::backoff::spec::Backoff;
use crate::model::mechanism::retry::spec::RetryOn;
use crate::model::mechanism::{Kind, Layer};
use crate::model::spec::alternative::Alternative;
use crate::model::spec::building::Building;
use crate::model::spec::clients::Scope;
use crate::model::spec::declaration::Declaration;
use crate::model::spec::finding::{Finding, Segment};
use crate::model::spec::is_default;
use crate::model::spec::layer::LayerSpec;
use crate::model::spec::system::{self, Around};

/// Default size of a count window, and default `minimum_calls` of a window of time.
const DEFAULT_RESULTS: u32 = 100;
/// Default number of trial calls.
pub(super) const TRIALS: u32 = 10;

/// Refuses calls for a while when too many have failed or were slow. The defaults are those of
/// resilience4j, except that there is no half-open state unless `half_open` is given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Breaker", deny_unknown_fields)]
#[schemars(inline)]
pub struct Spec {
    /// Results that decide: this many of the latest, or those of this latest time. Default 100, or
    /// none if only `consecutive_failures` opens the breaker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<CountOrTime>,
    /// Buckets of a window of time, by which results leave it. Default `Seconds`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buckets: Option<Buckets>,
    /// Fewest results in the window before the breaker can open, at least 1. Default: all that a
    /// count window holds, or 100 for a window of time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub minimum_calls: Option<u32>,
    /// Failures in the window that open the breaker, from 1 to `window`. Default: half of a count
    /// `window`, rounded up, if neither `failure_rate` nor `consecutive_failures` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub failure_threshold: Option<u32>,
    /// Ratio of failures in the window from which on the breaker opens, above 0. Default: 0.5 for a
    /// window of time, if neither `failure_threshold` nor `consecutive_failures` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_rate: Option<Ratio>,
    /// What `minimum_calls` and rates are of: the `Results` in the window, the `Admitted` calls in
    /// it, answered or not (gobreaker `Requests`), or all `Calls`, refused ones too (opossum).
    /// Default `Results`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub volume: Volume,
    /// A rate opens the breaker when it is `AtLeast` its threshold (resilience4j, Polly, Hystrix),
    /// `Above` it (opossum, cockatiel), or at least it once `Rounded` to a whole percent
    /// (failsafe-go). Default `AtLeast`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub comparison: Comparison,
    /// Slow calls in the window that open the breaker. Default none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_calls: Option<SlowCalls>,
    /// Failures in a row that open the breaker, at least 1. Default none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub consecutive_failures: Option<u32>,
    /// When the breaker can open: after all `Results`, such as a success that completes
    /// `minimum_calls` (resilience4j), after `Failures` alone (Polly, gobreaker), or at the end of
    /// `Buckets`, of which only those that have ended count (Hystrix). Default `Results`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub opens_on: OpensOn,
    /// Time for which an open breaker refuses calls, above 0. Default 60s, without `open_backoff`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("dessim:positive" = true))]
    pub open_duration: Option<Duration>,
    /// Time for which it refuses calls instead, by the number of openings since it was closed: the
    /// n-th lasts for the wait before the n-th retry. Default none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_backoff: Option<Backoff>,
    /// Treatment of a call at the very instant at which the open time ends: `Admits` (Polly) or
    /// `Refuses` (resilience4j, gobreaker). Default `Admits`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub at_end: AtEnd,
    /// Trial calls after the open time. Without them the breaker then admits all calls and keeps
    /// its window; while it is open, a result with which the window would open it starts
    /// the open time again. Default none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_open: Option<HalfOpen>,
    /// Results of calls that an earlier state admitted: `Apply` counts them in the present state,
    /// in half-open as those of trial calls (resilience4j, Polly), `Discard` ignores them
    /// (gobreaker), `Own` counts them as in the state that admitted their call (cockatiel). Default
    /// `Apply`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub late_results: LateResults,
    /// Result of a call whose caller leaves: `Ignored`, so that another trial call can take its
    /// place (resilience4j), `Success` (Polly) or `Failure`. Default `Ignored`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub cancelled: Cancelled,
    /// The window from opening to closing: results while open and half-open do not enter it, and
    /// closing `Empties` it (resilience4j); all results enter it, closing empties it, and the
    /// result that closes the breaker `Restarts` it (Hystrix, cockatiel); or it `Keeps` all results
    /// (opossum). Default `Empties`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub at_close: AtClose,
    /// Outcomes that are failures; a success is none, others that are not here are successes, too.
    /// Default all: `[Error, Timeout, Shed, Rejected]`.
    #[serde(default = "RetryOn::all", skip_serializing_if = "are_all")]
    pub failure_on: Vec<RetryOn>,
    /// Outcomes that are no results at all, and not in `failure_on`: a trial call with such a one
    /// gives its place to another. Default none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignored: Vec<RetryOn>,
    /// Results that enter the window: the `Outcomes` of calls through the breaker, or the
    /// `Attempts` of the first `Retry` inside it. Default `Outcomes`.
    #[serde(default)]
    pub records: Records,
    /// With several `clients`, each `Client` has its own breaker, or they have a `Shared` one.
    /// Default `Client`.
    #[serde(default, skip_serializing_if = "Scope::is_client")]
    pub scope: Scope,
}

/// Slow calls that open a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SlowCalls {
    /// Time above which a call is slow, whether it fails or not. Default 60s.
    #[serde(default = "one_minute")]
    #[schemars(extend("dessim:positive" = true))]
    pub longer_than: Duration,
    /// Ratio of slow calls in the window from which on the breaker opens, above 0. Default 1.
    #[serde(default = "Ratio::one")]
    pub rate: Ratio,
}

/// The half-open state: trial calls between open and closed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HalfOpen {
    /// Number of trial calls, at least 1. With 1 there is a single probe. Default 10.
    #[serde(default = "trial_calls")]
    #[schemars(range(min = 1))]
    pub calls: u32,
    /// That number is one of trial calls `InAll` (resilience4j, gobreaker), or `AtOnce`: each
    /// result gives its place to another trial call (failsafe-go). Default `InAll`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub places: Places,
    /// Half-open begins with the next `Call` after the open time, or by a `Timer`, so that results
    /// of calls from before the opening may decide before there is a trial call (opossum). Default
    /// `Call`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub begins: Begins,
    /// How trial calls decide. `Rates`: the rates that open the breaker, over as many results as
    /// trial calls, or `minimum_calls` if that is fewer (resilience4j). `AllGood`: the first failed
    /// or slow call opens the breaker, and it closes when all have succeeded (gobreaker).
    /// `Good(2)`: so many good ones close it, and it opens when they can no longer be reached
    /// (failsafe-go). `AnyGood`: any success closes it, and no failure ends half-open (Hystrix).
    /// Default `Rates`, or `AllGood` if no rate is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// Longest time in half-open, above 0. Without it, trial calls that never answer keep the
    /// breaker half-open. Default none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("dessim:positive" = true))]
    pub longest_stay: Option<Duration>,
    /// State after `longest_stay`: `Open`, `Closed`, or `HalfOpen` with trial calls anew, at the
    /// first call after it (Hystrix). Default `Open`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub then: Option<AfterStay>,
}

/// The buckets of a window of time, by which results leave it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Buckets {
    /// Seconds of the clock. The present second is not over, so a window of 10 s covers 9 to 10 s
    /// (resilience4j).
    #[default]
    Seconds,
    /// Tenths of the window, each begun by the first result after the end of the one before
    /// (Polly).
    Tenths,
    /// Buckets of this time, by the clock as `Seconds` are (failsafe-go: a tenth of the window).
    Clock(Duration),
    /// Buckets of this time, counted from when the window was last emptied (gobreaker
    /// `BucketPeriod`, Hystrix, opossum, resilience4j without locks).
    Start(Duration),
    /// One bucket: the first call or result after the time of the window empties it and begins it
    /// again, for failures in a row, too (gobreaker `Interval`).
    One,
}

/// The results that enter the window of a breaker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Records {
    /// One result for each call that the breaker admits.
    #[default]
    Outcomes,
    /// One result for each attempt of the first `Retry` inside it, although calls are admitted
    /// once.
    Attempts,
}

fn one_minute() -> Duration {
    Duration::from_s(60)
}

fn trial_calls() -> u32 {
    TRIALS
}

fn are_all(list: &Vec<RetryOn>) -> bool {
    *list == RetryOn::all()
}

impl Spec {
    /// Fills in the defaults that depend on other fields.
    pub fn fill(&mut self) {
        if self.open_backoff.is_none() {
            self.open_duration = self.open_duration.or(Some(one_minute()));
        }
        let has_threshold = self.failure_threshold.is_some() || self.failure_rate.is_some();
        let only_consecutive =
            self.consecutive_failures.is_some() && !has_threshold && self.slow_calls.is_none();
        if !only_consecutive {
            self.window = self.window.or(Some(CountOrTime::Count(DEFAULT_RESULTS)));
        }
        match self.window {
            Some(CountOrTime::Count(size))
                if !has_threshold && self.consecutive_failures.is_none() =>
            {
                self.failure_threshold = Some(size.div_ceil(2));
            }
            Some(CountOrTime::Time(_)) => {
                if !has_threshold && self.consecutive_failures.is_none() {
                    self.failure_rate = Ratio::new(0.5);
                }
                self.buckets = self.buckets.or(Some(Buckets::default()));
                self.minimum_calls = self.minimum_calls.or(Some(DEFAULT_RESULTS));
            }
            _ => {}
        }
        let verdict = if self.has_rates() { Verdict::Rates } else { Verdict::AllGood };
        if let Some(half_open) = &mut self.half_open {
            half_open.verdict = half_open.verdict.or(Some(verdict));
            let then = half_open.longest_stay.map(|_| AfterStay::default());
            half_open.then = half_open.then.or(then);
        }
    }

    /// True if the rates that open the breaker can decide over trial calls.
    #[must_use]
    pub fn has_rates(&self) -> bool {
        let counts_results = matches!(self.window, Some(CountOrTime::Count(_)));
        self.failure_rate.is_some()
            || self.slow_calls.is_some()
            || self.failure_threshold.is_some() && counts_results
    }

    /// Shortest time for which it is open.
    #[must_use]
    pub(super) fn shortest_open(&self) -> Duration {
        let first = |backoff: &Backoff| Duration::from_ns_f64(backoff.bounds().wait(1).least_ns);
        let growing = self.open_backoff.as_ref().map(first);
        growing.or(self.open_duration).unwrap_or_else(one_minute)
    }
}

impl HalfOpen {
    /// So many trial calls, and the default of everything else.
    pub(super) fn of(calls: u32) -> Self {
        let (places, begins) = (Places::default(), Begins::default());
        Self { calls, places, begins, verdict: None, longest_stay: None, then: None }
    }
}

impl LayerSpec for Spec {
    fn build(&self, world: &mut dyn Building) -> Result<(Kind, u32), InvalidDistribution> {
        let records_outcomes = self.records == Records::Outcomes;
        let (states, from) = (world.states(), world.measured_from());
        let settings = self.settings(world.site("open"))?;
        let breaker = Breaker::new(&settings, records_outcomes, states, from);
        Ok(world.machines().add(breaker))
    }

    fn scope(&self) -> Scope {
        self.scope
    }

    fn part_behind_retry(&self) -> Option<u32> {
        (self.records == Records::Attempts).then_some(REPORTS)
    }

    fn fill_defaults(&mut self, _: &dyn Fn(&str) -> bool) {
        self.fill();
    }

    fn normalise(&mut self) {
        for list in [&mut self.failure_on, &mut self.ignored] {
            list.sort_unstable();
            list.dedup();
        }
    }

    fn check(&self, around: &Around<'_>, findings: &mut Vec<Finding>) {
        if let Some(backoff) = &self.open_backoff {
            backoff.check(&[Segment::field("open_backoff")], findings);
        }
        let retries_inside = system::attempts(around.inside()).is_some();
        findings.extend(rules::broken_by(self, retries_inside));
    }

    fn lint(&self, around: &Around<'_>, findings: &mut Vec<Finding>) {
        findings.extend(lints::keeps_itself_open(self, around));
        findings.extend(lints::minimum_out_of_reach(self, around));
        findings.extend(lints::half_open_can_hang(self, around));
        findings.extend(lints::late_results_decide(self, around));
        findings.extend(lints::results_come_too_late(self, around));
    }

    fn alternatives(&self, name: &str, _: &Around<'_>) -> Vec<Alternative<Layer>> {
        let alternatives = alternatives::alternatives(self, name);
        alternatives.into_iter().map(|alternative| alternative.map(Layer::Breaker)).collect()
    }

    fn refuses_for(&self) -> Option<Duration> {
        Some(self.shortest_open())
    }
}

/// The declaration of breakers.
pub static DECLARATION: Declaration = Declaration {
    name: "Breaker",
    kind: "breaker",
    lints: lints::LINTS,
    changes: alternatives::CHANGES,
    words: WORDS,
};
