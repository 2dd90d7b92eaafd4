//! The specification of a circuit breaker, with its defaults.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::{self, AfterStay, AtEnd, Cancelled, LateResults, OpensOn, Verdict};
use super::settings::{Failures, Settings};
use super::window::Span;
use super::words::WORDS;
use super::{Breaker, REPORTS, alternatives, lints, rules};
use crate::kernel::distribution::InvalidDistribution;
use crate::kernel::time::Duration;
use crate::kernel::units::{CountOrTime, Ratio};
use crate::model::mechanism::{Kind, Layer};
use crate::model::spec::alternative::Alternative;
use crate::model::spec::building::Building;
use crate::model::spec::clients::Scope;
use crate::model::spec::declaration::Declaration;
use crate::model::spec::finding::Finding;
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
    /// Buckets of a window of time: `Seconds` of the clock, the present one included
    /// (resilience4j), or `Tenths` of the window, each begun by the first result after the end of
    /// the one before (Polly). Default `Seconds`.
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
    /// Slow calls in the window that open the breaker. Default none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_calls: Option<SlowCalls>,
    /// Failures in a row that open the breaker, at least 1. Default none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub consecutive_failures: Option<u32>,
    /// Results after which the breaker can open: all `Results`, such as a success that completes
    /// `minimum_calls` (resilience4j), or `Failures` alone (Polly, gobreaker). Default `Results`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub opens_on: OpensOn,
    /// Time for which an open breaker refuses calls, above 0. Default 60s.
    #[serde(default = "one_minute")]
    #[schemars(extend("dessim:positive" = true))]
    pub open_duration: Duration,
    /// Treatment of a call at the very instant at which `open_duration` ends: `Admits` (Polly) or
    /// `Refuses` (resilience4j, gobreaker). Default `Admits`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub at_end: AtEnd,
    /// Trial calls after `open_duration`. Without them the breaker then admits all calls and keeps
    /// its window; while it is open, a result with which the window would open it starts
    /// `open_duration` again. Default none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_open: Option<HalfOpen>,
    /// Results of calls that an earlier state admitted: `Apply` counts them in the present state,
    /// in half-open as those of trial calls (resilience4j, Polly), `Discard` ignores them
    /// (gobreaker). Default `Apply`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub late_results: LateResults,
    /// Result of a call whose caller leaves: `Ignored`, so that another trial call can take its
    /// place (resilience4j), `Success` (Polly) or `Failure`. Default `Ignored`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub cancelled: Cancelled,
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
    /// Number of trial calls, at least 1: in all, not at once. With 1 there is a single probe.
    /// Default 10.
    #[serde(default = "trial_calls")]
    #[schemars(range(min = 1))]
    pub calls: u32,
    /// How trial calls decide. `Rates`: the rates that open the breaker, over as many results as
    /// trial calls, or `minimum_calls` if that is fewer (resilience4j). `AllGood`: the first failed
    /// or slow call opens the breaker, and it closes when all have succeeded (gobreaker). Default
    /// `Rates`, or `AllGood` if no rate is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// Longest time in half-open, above 0. Without it, trial calls that never answer keep the
    /// breaker half-open. Default none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("dessim:positive" = true))]
    pub longest_stay: Option<Duration>,
    /// State after `longest_stay`. Default `Open`.
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

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Spec {
    /// Fills in the defaults that depend on other fields.
    pub fn fill(&mut self) {
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

    /// The settings of its automaton.
    #[must_use]
    pub fn settings(&self) -> Settings {
        let mut spec = self.clone();
        spec.fill();
        let window = spec.window.map(|window| match (window, spec.buckets.unwrap_or_default()) {
            (CountOrTime::Count(size), _) => Span::Count(size),
            (CountOrTime::Time(span), Buckets::Seconds) => Span::Seconds(span),
            (CountOrTime::Time(span), Buckets::Tenths) => Span::Tenths(span),
        });
        let capacity = match window {
            Some(Span::Count(size)) => size,
            Some(Span::Seconds(_) | Span::Tenths(_)) | None => DEFAULT_RESULTS,
        };
        let threshold = spec.failure_threshold.map(|count| Failures::Count(u64::from(count)));
        let rate = spec.failure_rate.map(|rate| Failures::Rate(rate.get()));
        Settings {
            window,
            minimum_calls: u64::from(spec.minimum_calls.unwrap_or(capacity)),
            failures: threshold.or(rate),
            slow_calls: spec.slow_calls.map(|slow| settings::SlowCalls {
                longer_than: slow.longer_than,
                rate: slow.rate.get(),
            }),
            consecutive_failures: spec.consecutive_failures.map(u64::from),
            opens_on: spec.opens_on,
            open_duration: spec.open_duration,
            at_end: spec.at_end,
            half_open: spec.half_open.map(|half_open| settings::HalfOpen {
                calls: u64::from(half_open.calls),
                verdict: half_open.verdict.unwrap_or_default(),
                longest_stay: half_open
                    .longest_stay
                    .map(|longest| (longest, half_open.then.unwrap_or_default())),
            }),
            late_results: spec.late_results,
            cancelled: spec.cancelled,
        }
    }
}

impl LayerSpec for Spec {
    fn build(&self, world: &mut dyn Building) -> Result<(Kind, u32), InvalidDistribution> {
        let records_outcomes = self.records == Records::Outcomes;
        let (states, from) = (world.states(), world.measured_from());
        let breaker = Breaker::new(self.settings(), records_outcomes, states, from);
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

    fn check(&self, around: &Around<'_>, findings: &mut Vec<Finding>) {
        let retries_inside = system::attempts(around.inside()).is_some();
        findings.extend(rules::broken_by(self, retries_inside));
    }

    fn lint(&self, around: &Around<'_>, findings: &mut Vec<Finding>) {
        findings.extend(lints::keeps_itself_open(self, around));
        findings.extend(lints::minimum_out_of_reach(self, around));
        findings.extend(lints::half_open_can_hang(self, around));
        findings.extend(lints::late_results_decide(self, around));
    }

    fn alternatives(&self, name: &str, _: &Around<'_>) -> Vec<Alternative<Layer>> {
        let alternatives = alternatives::alternatives(self, name);
        alternatives.into_iter().map(|alternative| alternative.map(Layer::Breaker)).collect()
    }

    fn refuses_for(&self) -> Option<Duration> {
        Some(self.open_duration)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(json: &str) -> Settings {
        serde_json::from_str::<Spec>(json).expect("it has the right shape").settings()
    }

    #[test]
    fn half_of_a_full_window_of_100_opens_a_breaker_by_default() {
        let settings = settings("{}");
        assert_eq!(settings.window, Some(Span::Count(100)));
        assert_eq!(settings.minimum_calls, 100);
        assert_eq!(settings.failures, Some(Failures::Count(50)));
        assert_eq!((settings.slow_calls, settings.consecutive_failures), (None, None));
        assert_eq!((settings.half_open, settings.open_duration), (None, Duration::from_s(60)));
    }

    #[test]
    fn the_default_threshold_depends_on_other_fields() {
        let opening = |json| {
            let Settings { window, minimum_calls, failures, .. } = settings(json);
            (window, minimum_calls, failures)
        };
        let ten = Some(Span::Seconds(Duration::from_s(10)));
        let count = |count| Some(Span::Count(count));
        for (json, expected) in [
            (r#"{"window": 7}"#, (count(7), 7, Some(Failures::Count(4)))),
            (r#"{"window": "10s"}"#, (ten, 100, Some(Failures::Rate(0.5)))),
            (r#"{"failure_rate": 0.1}"#, (count(100), 100, Some(Failures::Rate(0.1)))),
            (r#"{"slow_calls": {}}"#, (count(100), 100, Some(Failures::Count(50)))),
            (r#"{"consecutive_failures": 5}"#, (None, 100, None)),
            (
                r#"{"consecutive_failures": 5, "slow_calls": {}, "minimum_calls": 20}"#,
                (count(100), 20, None),
            ),
        ] {
            assert_eq!(opening(json), expected, "{json}");
        }
        let tenths = settings(r#"{"window": "10s", "buckets": "Tenths"}"#);
        assert_eq!(tenths.window, Some(Span::Tenths(Duration::from_s(10))));
    }

    #[test]
    fn rates_decide_over_trial_calls_if_there_are_any() {
        let verdict = |json| settings(json).half_open.map(|half_open| half_open.verdict);
        for (json, expected) in [
            (r#"{"half_open": {}}"#, Verdict::Rates),
            (r#"{"half_open": {}, "window": "10s"}"#, Verdict::Rates),
            (r#"{"half_open": {}, "consecutive_failures": 5}"#, Verdict::AllGood),
            (r#"{"half_open": {}, "consecutive_failures": 5, "slow_calls": {}}"#, Verdict::Rates),
            (r#"{"half_open": {"verdict": "AllGood"}}"#, Verdict::AllGood),
        ] {
            assert_eq!(verdict(json), Some(expected), "{json}");
        }
        let stay = |json| settings(json).half_open.and_then(|half_open| half_open.longest_stay);
        assert_eq!(stay(r#"{"half_open": {"calls": 3}}"#), None);
        let second = Duration::from_s(1);
        let open = stay(r#"{"half_open": {"longest_stay": "1s"}}"#);
        assert_eq!(open, Some((second, AfterStay::Open)));
        let closed = stay(r#"{"half_open": {"longest_stay": "1s", "then": "Closed"}}"#);
        assert_eq!(closed, Some((second, AfterStay::Closed)));
    }

    /// Fields that came later are left out at their defaults, so that digests of scenarios stay.
    #[test]
    fn a_breaker_without_later_fields_is_written_as_before_them() {
        let mut spec: Spec = serde_json::from_str(r#"{"window": 20}"#).expect("it is one");
        spec.fill();
        let written = serde_json::to_string(&spec).expect("it has a form");
        let before =
            r#"{"window":20,"failure_threshold":10,"open_duration":"1m","records":"Outcomes"}"#;
        assert_eq!(written, before);
    }
}
