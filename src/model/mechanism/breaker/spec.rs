//! A circuit breaker as it is written: its values and their defaults.

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

/// Results that a count window holds by default, and that a window of time needs.
const RESULTS: u32 = 100;
/// Trial calls by default.
pub(super) const TRIALS: u32 = 10;

/// Refuses calls for a while when too many failed, or were slow. The defaults are resilience4j's,
/// but for half-open, which is there when it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Breaker", deny_unknown_fields)]
#[schemars(inline)]
pub struct Spec {
    /// Results looked at: the latest this many, or those of the latest time. Default 100, or none
    /// where nothing but `consecutive_failures` opens it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<CountOrTime>,
    /// What a window of time is made of: seconds of the clock, the present one included, or tenths
    /// of the window, each begun by the first result after the one before. Default `Seconds`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buckets: Option<Buckets>,
    /// Results that the window has to hold before it can open, at least 1. Default as many as it
    /// can hold, or 100 in a window of time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub minimum_calls: Option<u32>,
    /// Failures in the window that open it, from 1 to `window`. Default half of `window`, where
    /// neither `failure_rate` nor `consecutive_failures` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub failure_threshold: Option<u32>,
    /// The same as a ratio of the results in the window, above 0: reached is enough. Default none,
    /// or 0.5 in a window of time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_rate: Option<Ratio>,
    /// Slow calls in the window that open it. Default none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_calls: Option<SlowCalls>,
    /// Failures in a row that open it, at least 1. Default none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub consecutive_failures: Option<u32>,
    /// After which results it may open: after each, a success that makes enough results included,
    /// or after failures alone. Default `Results`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub opens_on: OpensOn,
    /// How long it refuses, above 0. Default 60s.
    #[serde(default = "one_minute")]
    #[schemars(extend("dessim:positive" = true))]
    pub open_duration: Duration,
    /// Whether it admits a call at the very instant at which `open_duration` is over, or refuses it
    /// and admits the next. Default `Admits`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub at_end: AtEnd,
    /// Trial calls when `open_duration` is over. Without them it then admits everything, with the
    /// window as it was, and each result that comes while it is open and finds the window bad
    /// starts the time again. Default none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_open: Option<HalfOpen>,
    /// What becomes of results of calls that an earlier state admitted: they count in the present
    /// one, as of a trial call when it is half-open, or are ignored. Default `Apply`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub late_results: LateResults,
    /// What a call is whose caller leaves it: no result, and another may try in its place, or a
    /// result. Default `Ignored`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub cancelled: Cancelled,
    /// Which results enter the window: what comes up through the breaker, or every attempt of the
    /// first `Retry` inside it. Default `Outcomes`.
    #[serde(default)]
    pub records: Records,
    /// Whose breaker it is, where the caller is several `clients`. Default `Client`: each has one.
    #[serde(default, skip_serializing_if = "Scope::is_client")]
    pub scope: Scope,
}

/// Slow calls that open a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SlowCalls {
    /// A call is slow that takes longer than this, whether it fails or not. Default 60s.
    #[serde(default = "one_minute")]
    #[schemars(extend("dessim:positive" = true))]
    pub longer_than: Duration,
    /// Their ratio of the results in the window that opens it, above 0: reached is enough.
    /// Default 1.
    #[serde(default = "Ratio::one")]
    pub rate: Ratio,
}

/// Trial calls between open and closed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HalfOpen {
    /// Trial calls, at least 1: so many in all, and not at once. 1 is a single probe. Default 10.
    #[serde(default = "trial_calls")]
    #[schemars(range(min = 1))]
    pub calls: u32,
    /// What decides over them. `Rates`: the rates that open it, over as many results as there are
    /// trial calls, or over `minimum_calls` if they are fewer. `AllGood`: the first that is bad, or
    /// slow, opens it again, and when all were good it closes. Default `Rates`, or `AllGood` where
    /// no rate is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// It stays half-open no longer than this, above 0; without it, trial calls that do not answer
    /// keep it so. Default none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("dessim:positive" = true))]
    pub longest_stay: Option<Duration>,
    /// The state after `longest_stay`. Default `Open`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub then: Option<AfterStay>,
}

/// What a window of time is made of: results are forgotten by the bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Buckets {
    /// Seconds of the clock. The present one is not over, so a window of 10 s covers between 9
    /// and 10 s (resilience4j).
    #[default]
    Seconds,
    /// Tenths of the window, each begun by the first result after the one before (Polly).
    Tenths,
}

/// Which results enter a breaker's window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Records {
    /// What comes up through the breaker: one result each time it let something through.
    #[default]
    Outcomes,
    /// Every attempt that the `Retry` inside it makes, while it still admits once a call.
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
    /// Fills in the defaults that depend on what else is given.
    pub fn fill(&mut self) {
        let counts = self.failure_threshold.is_some() || self.failure_rate.is_some();
        let in_a_row_alone =
            self.consecutive_failures.is_some() && !counts && self.slow_calls.is_none();
        if !in_a_row_alone {
            self.window = self.window.or(Some(CountOrTime::Count(RESULTS)));
        }
        match self.window {
            Some(CountOrTime::Count(size)) if !counts && self.consecutive_failures.is_none() => {
                self.failure_threshold = Some(size.div_ceil(2));
            }
            Some(CountOrTime::Time(_)) => {
                if !counts && self.consecutive_failures.is_none() {
                    self.failure_rate = Ratio::new(0.5);
                }
                self.buckets = self.buckets.or(Some(Buckets::default()));
                self.minimum_calls = self.minimum_calls.or(Some(RESULTS));
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

    /// True if trial calls can be judged by the rates that open it.
    #[must_use]
    pub fn has_rates(&self) -> bool {
        let of_count = matches!(self.window, Some(CountOrTime::Count(_)));
        self.failure_rate.is_some()
            || self.slow_calls.is_some()
            || self.failure_threshold.is_some() && of_count
    }

    /// What its automaton is set to.
    #[must_use]
    pub fn settings(&self) -> Settings {
        let mut spec = self.clone();
        spec.fill();
        let window = spec.window.map(|window| match (window, spec.buckets.unwrap_or_default()) {
            (CountOrTime::Count(size), _) => Span::Count(size),
            (CountOrTime::Time(span), Buckets::Seconds) => Span::Seconds(span),
            (CountOrTime::Time(span), Buckets::Tenths) => Span::Tenths(span),
        });
        let full = match window {
            Some(Span::Count(size)) => size,
            Some(Span::Seconds(_) | Span::Tenths(_)) | None => RESULTS,
        };
        let threshold = spec.failure_threshold.map(|count| Failures::Count(u64::from(count)));
        let rate = spec.failure_rate.map(|rate| Failures::Rate(rate.get()));
        Settings {
            window,
            minimum_calls: u64::from(spec.minimum_calls.unwrap_or(full)),
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
        alternatives.into_iter().map(|of| of.map(Layer::Breaker)).collect()
    }

    fn refuses_for(&self) -> Option<Duration> {
        Some(self.open_duration)
    }
}

/// What is known of it outside a run.
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
    fn without_anything_it_is_half_of_a_full_window_of_100() {
        let settings = settings("{}");
        assert_eq!(settings.window, Some(Span::Count(100)));
        assert_eq!(settings.minimum_calls, 100);
        assert_eq!(settings.failures, Some(Failures::Count(50)));
        assert_eq!((settings.slow_calls, settings.consecutive_failures), (None, None));
        assert_eq!((settings.half_open, settings.open_duration), (None, Duration::from_s(60)));
    }

    #[test]
    fn what_opens_it_depends_on_what_is_given() {
        let of = |json| {
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
            assert_eq!(of(json), expected, "{json}");
        }
        let tenths = settings(r#"{"window": "10s", "buckets": "Tenths"}"#);
        assert_eq!(tenths.window, Some(Span::Tenths(Duration::from_s(10))));
    }

    #[test]
    fn trial_calls_are_judged_by_rates_where_there_are_some() {
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

    /// A breaker that says nothing new is written as before, so digests of scenarios stay.
    #[test]
    fn a_breaker_without_new_settings_is_written_as_before() {
        let mut spec: Spec = serde_json::from_str(r#"{"window": 20}"#).expect("it is one");
        spec.fill();
        let written = serde_json::to_string(&spec).expect("it has a form");
        let before =
            r#"{"window":20,"failure_threshold":10,"open_duration":"1m","records":"Outcomes"}"#;
        assert_eq!(written, before);
    }
}
