//! The specification of outlier detection: the field `outlier_detection` of calls and groups of
//! consumers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::spec::Ends;
use super::{FailureRate, Needs, Settings, SuccessRate};
use crate::kernel::time::Duration;
use crate::kernel::units::Ratio;
use crate::model::mechanism::retry::spec::RetryOn;
use crate::model::spec::finding::{Finding, Segment};
use crate::model::spec::is_default;
use crate::model::spec::lint::{Group, Lint};

/// Ejects replicas that fail for a client more than others: for a time it sends them nothing. Each
/// client decides by its own attempts. The defaults are those of Envoy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "OutlierDetection", deny_unknown_fields)]
pub struct Spec {
    /// Failures in a row at a replica that eject it at once, at least 1. Default none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub consecutive_failures: Option<u32>,
    /// Ejects replicas whose ratio of successes in an interval is far below the mean. Default none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub success_rate: Option<SuccessRateSpec>,
    /// Ejects replicas whose ratio of failures in an interval is high. Default none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_rate: Option<FailureRateSpec>,
    /// Time between sweeps, which judge rates and take replicas back, above 0. Default 10s.
    #[serde(default = "interval")]
    #[schemars(extend("dessim:positive" = true))]
    pub interval: Duration,
    /// Time of the first ejection of a replica; the n-th in a short time lasts n times as long. It
    /// ends with the next sweep. Above 0, default 30s.
    #[serde(default = "base_ejection_time")]
    #[schemars(extend("dessim:positive" = true))]
    pub base_ejection_time: Duration,
    /// Longest time of an ejection, at least `base_ejection_time`. Default 300s, or
    /// `base_ejection_time` if that is longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_ejection_time: Option<Duration>,
    /// Most that is added to the time of an ejection, at random, in whole milliseconds. Default 0s.
    #[serde(default, skip_serializing_if = "is_default")]
    pub max_ejection_time_jitter: Duration,
    /// Largest ratio of the replicas that are ejected at a time. Default 0.1: with fewer than ten
    /// replicas none, unless `always_eject_one` or `rule: Grpc`.
    #[serde(default = "max_ejected")]
    pub max_ejected: Ratio,
    /// Whether one replica can be ejected in any case. Default false.
    #[serde(default, skip_serializing_if = "is_default")]
    pub always_eject_one: bool,
    /// The client sends to all replicas, ejected or not, if the ratio of those that are not ejected
    /// is below this; with 0 its attempts fail if none is left. Default 0.5.
    #[serde(default = "panic_threshold")]
    pub panic_threshold: Ratio,
    /// Outcomes of attempts that are failures; any other is a success. Default `[Error, Timeout,
    /// Shed]`, whatever timeout of the caller it is that gives up.
    #[serde(default = "failure_on", skip_serializing_if = "is_default_failure_on")]
    #[schemars(length(min = 1))]
    pub failure_on: Vec<RetryOn>,
    /// Order of a sweep, and bounds. Default `Envoy`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub rule: Rule,
}

/// Ejects replicas with a ratio of successes below the mean less a number of standard deviations.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "SuccessRate", deny_unknown_fields)]
pub struct SuccessRateSpec {
    /// Standard deviations, above 0: a thousandth of the `stdev_factor` of Envoy and gRPC. Default
    /// 1.9.
    #[serde(default = "deviations")]
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub deviations: f64,
    /// Fewest replicas with `minimum_calls` results, at least 1. Default 5.
    #[serde(default = "minimum_replicas")]
    #[schemars(range(min = 1))]
    pub minimum_replicas: u32,
    /// Fewest results of a replica in an interval, at least 1. Default 100.
    #[serde(default = "hundred")]
    #[schemars(range(min = 1))]
    pub minimum_calls: u32,
    /// Probability that what is detected is ejected. Default 1.
    #[serde(default = "Ratio::one")]
    pub enforced: Ratio,
}

/// Ejects replicas with a ratio of failures of at least a threshold, or above it with `rule: Grpc`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "FailureRate", deny_unknown_fields)]
pub struct FailureRateSpec {
    /// The ratio of failures. Default 0.85.
    #[serde(default = "threshold")]
    pub threshold: Ratio,
    /// Fewest replicas with `minimum_calls` results, at least 1. Default 5.
    #[serde(default = "minimum_replicas")]
    #[schemars(range(min = 1))]
    pub minimum_replicas: u32,
    /// Fewest results of a replica in an interval, at least 1. Default 50.
    #[serde(default = "fifty")]
    #[schemars(range(min = 1))]
    pub minimum_calls: u32,
    /// Probability that what is detected is ejected. Default 1; that of Envoy and gRPC is 0, which
    /// is none.
    #[serde(default = "Ratio::one")]
    pub enforced: Ratio,
}

/// Order of a sweep, and bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Rule {
    /// A sweep takes back, then ejects. No ejection exceeds `max_ejected`.
    #[default]
    Envoy,
    /// A sweep ejects, then takes back. A replica is ejected while the ratio is below
    /// `max_ejected`, so one always is. (gRPC's proposal A50)
    Grpc,
}

fn interval() -> Duration {
    Duration::from_s(10)
}

fn base_ejection_time() -> Duration {
    Duration::from_s(30)
}

fn max_ejected() -> Ratio {
    Ratio::new(0.1).unwrap_or(Ratio::one())
}

fn panic_threshold() -> Ratio {
    Ratio::new(0.5).unwrap_or(Ratio::one())
}

fn failure_on() -> Vec<RetryOn> {
    vec![RetryOn::Error, RetryOn::Timeout, RetryOn::Shed]
}

fn is_default_failure_on(list: &[RetryOn]) -> bool {
    list == failure_on()
}

fn deviations() -> f64 {
    1.9
}

fn minimum_replicas() -> u32 {
    5
}

fn hundred() -> u32 {
    100
}

fn fifty() -> u32 {
    50
}

fn threshold() -> Ratio {
    Ratio::new(0.85).unwrap_or(Ratio::one())
}

/// Longest time of an ejection in Envoy and gRPC, unless the base time is longer.
const MAX_EJECTION_TIME: Duration = Duration::from_s(300);

impl Spec {
    /// Ejection after this number of failures in a row, of one replica in any case.
    pub(super) fn one_at_least(failures: u32) -> Self {
        Self {
            consecutive_failures: Some(failures),
            success_rate: None,
            failure_rate: None,
            interval: interval(),
            base_ejection_time: base_ejection_time(),
            max_ejection_time: None,
            max_ejection_time_jitter: Duration::ZERO,
            max_ejected: max_ejected(),
            always_eject_one: true,
            panic_threshold: panic_threshold(),
            failure_on: failure_on(),
            rule: Rule::Envoy,
        }
    }

    fn max_time(&self) -> Duration {
        self.max_ejection_time.unwrap_or(MAX_EJECTION_TIME.max(self.base_ejection_time))
    }

    /// The settings of a machine.
    #[must_use]
    pub fn settings(&self) -> Settings {
        let success_rate = self.success_rate.map(|of| SuccessRate {
            deviations: of.deviations,
            needs: Needs::new(of.minimum_calls, of.minimum_replicas, of.enforced),
        });
        let failure_rate = self.failure_rate.map(|of| FailureRate {
            percent: percent(of.threshold),
            needs: Needs::new(of.minimum_calls, of.minimum_replicas, of.enforced),
        });
        Settings {
            failures_in_a_row: self.consecutive_failures,
            success_rate,
            failure_rate,
            interval: self.interval,
            base_time: self.base_ejection_time,
            max_time: self.max_time(),
            jitter_ms: self.max_ejection_time_jitter.as_ns() / 1_000_000,
            max_ejected: self.max_ejected.get(),
            always_eject_one: self.always_eject_one,
            panic_threshold: self.panic_threshold.get(),
            failures: RetryOn::outcomes(&self.failure_on),
            rule: self.rule,
        }
    }

    /// Checks the rules and the lint of a detection in front of the replicas of `ends`, of which
    /// each client knows this number.
    pub fn check(&self, ends: &Ends<'_>, known: u32, findings: &mut Vec<Finding>) {
        let field = |name| [Segment::field(name)];
        if self.consecutive_failures.or(self.rates()).is_none() {
            let rule = "needs `consecutive_failures`, `success_rate` or `failure_rate`";
            let finding = Finding::error(&[], rule, "there is none of them");
            findings.push(finding.hint("Envoy's default is `consecutive_failures: 5`"));
        }
        if self.max_time() < self.base_ejection_time {
            let rule = "must be at least `base_ejection_time`";
            let found =
                format!("found {}, and that is {}", self.max_time(), self.base_ejection_time);
            findings.push(Finding::error(&field("max_ejection_time"), rule, found));
        }
        let jitter = self.max_ejection_time_jitter;
        if !jitter.as_ns().is_multiple_of(1_000_000) {
            let place = field("max_ejection_time_jitter");
            let rule = "must be a whole number of milliseconds";
            findings.push(Finding::error(&place, rule, format!("found {jitter}")));
        }
        if let Some((place, found)) = self.never_ejects(ends, known) {
            let rule = "no replica is ever ejected here";
            let finding = Finding::warning(&OUTLIERS_NEVER_EJECTED, &place, rule, found);
            findings.push(finding.maybe_hint(self.cure(known)));
        }
    }

    /// Fewest replicas that a rate needs; `None` without rates.
    fn rates(&self) -> Option<u32> {
        let success = self.success_rate.map(|of| of.minimum_replicas);
        let failure = self.failure_rate.map(|of| of.minimum_replicas);
        success.into_iter().chain(failure).min()
    }

    fn has_room(&self, known: u32) -> bool {
        self.rule == Rule::Grpc && self.max_ejected.get() > 0.0
            || self.rule == Rule::Envoy
                && (self.always_eject_one || 1.0 / f64::from(known) <= self.max_ejected.get())
    }

    /// The reason why none of the replicas can be ejected, and its place.
    fn never_ejects(&self, ends: &Ends<'_>, known: u32) -> Option<(Vec<Segment>, String)> {
        if ends.replicas() == 1 {
            return Some((Vec::new(), format!("\"{}\" has one replica", ends.to)));
        }
        if !self.has_room(known) {
            let most = self.max_ejected.get();
            let found = format!("one of {known} replicas is more than a ratio of {most}");
            return Some((vec![Segment::field("max_ejected")], found));
        }
        if self.consecutive_failures.is_some()
            || self.failure_rate.is_some_and(|of| of.minimum_replicas <= known)
        {
            return None;
        }
        let place = |field| vec![Segment::field(field), Segment::field("minimum_replicas")];
        let Some(of) = self.success_rate.filter(|of| of.minimum_replicas <= known) else {
            let field = if self.success_rate.is_some() { "success_rate" } else { "failure_rate" };
            let found = format!("{} are needed, and there are {known}", self.rates()?);
            return Some((place(field), found));
        };
        // One replica that fails more than all others, which are alike: the mean less `deviations`
        // standard deviations is above its ratio only if this is below 1.
        let count = f64::from(known);
        let reach = (1.0 + of.deviations * (count - 1.0).sqrt()) / count;
        let place = vec![Segment::field("success_rate"), Segment::field("deviations")];
        let found = format!(
            "of {known} replicas one that differs from all others is never as many as {} standard \
             deviations below the mean",
            of.deviations
        );
        (reach >= 1.0).then_some((place, found))
    }

    fn cure(&self, known: u32) -> Option<String> {
        match (known, self.has_room(known)) {
            (1, _) => Some("give the service `replicas`".to_owned()),
            (_, true) => Some("consecutive_failures: 5 needs no other replicas".to_owned()),
            (_, false) if self.rule == Rule::Envoy => Some("always_eject_one: true".to_owned()),
            (_, false) => Some("max_ejected: 0.1".to_owned()),
        }
    }
}

impl Needs {
    fn new(volume: u32, replicas: u32, enforced: Ratio) -> Self {
        Self { volume, replicas, enforced: enforced.get() }
    }
}

/// A ratio in per cent, to the ten-thousandth: Envoy and gRPC write whole ones.
fn percent(ratio: Ratio) -> f64 {
    (ratio.get() * 1e6).round() / 1e4
}

pub(in super::super) static OUTLIERS_NEVER_EJECTED: Lint = Lint {
    name: "outliers-never-ejected",
    group: Group::Design,
    about: "Outlier detection that can never eject a replica.",
    why: "Since 1.31 Envoy ejects no replica if that is more than `max_ejection_percent`, 10 by \
          default: with fewer than ten replicas a bad one stays. Rates need enough replicas, too: \
          of four, no single one is ever 1.9 standard deviations below the mean.",
    example: r#"services: { "api": Service(time: Constant("1ms"), replicas: 4) },
calls: { "web": Call(to: "api", outlier_detection: OutlierDetection(consecutive_failures: 5)) },"#,
    mended: r#"services: { "api": Service(time: Constant("1ms"), replicas: 4) },
calls: { "web": Call(to: "api",
    outlier_detection: OutlierDetection(consecutive_failures: 5, always_eject_one: true)) },"#,
};
