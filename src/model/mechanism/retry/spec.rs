//! The specification of a retry.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Retry;
use super::{alternatives, lints};
use crate::kernel::distribution::InvalidDistribution;
use crate::model::mechanism::Kind;
use crate::model::mechanism::Layer;
use crate::model::mechanism::backoff::spec::Backoff;
use crate::model::spec::alternative::Alternative;
use crate::model::spec::building::Building;
use crate::model::spec::clients::Scope;
use crate::model::spec::declaration::Declaration;
use crate::model::spec::finding::{Finding, Segment};
use crate::model::spec::layer::LayerSpec;
use crate::model::spec::system::{self, Around};
use crate::model::spec::word::{Word, word};

/// Sends a call again when it fails.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Retry", deny_unknown_fields)]
#[schemars(inline)]
pub struct Spec {
    /// Most attempts after the first. Give this or `max_attempts`.
    #[serde(default)]
    pub max_retries: Option<u32>,
    /// Most attempts including the first, at least 1. Give this or `max_retries`.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub max_attempts: Option<u32>,
    /// Wait before each retry. Default none: at once.
    #[serde(default)]
    pub backoff: Backoff,
    /// Token bucket that limits retries. Default: no budget.
    #[serde(default)]
    pub budget: Option<RetryBudget>,
    /// Outcomes that are retried: an `Error` of the service, a `Timeout` inside, a refusal by the
    /// service (`Shed`), a refusal by an inner layer (`Rejected`). Default all four.
    #[serde(default = "RetryOn::all")]
    pub retry_on: Vec<RetryOn>,
}

/// A token bucket that limits retries. It starts full; each first attempt adds `deposit`, each
/// retry takes `cost`. If fewer tokens are left, there is no retry and the call fails.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RetryBudget {
    /// Tokens that each first attempt adds, 0 or more; 0.1 allows one retry for ten calls.
    #[schemars(range(min = 0, max = 1000000))]
    pub deposit: f64,
    /// Most tokens in the bucket, and those at the start, 0 or more.
    #[schemars(range(min = 0, max = 1000000000))]
    pub capacity: f64,
    /// Tokens that each retry takes, above 0. Default 1.
    #[serde(default = "one_token")]
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1000000))]
    pub cost: f64,
    /// With several `clients`, each `Client` has its own bucket, or they have a `Shared` one.
    /// Default `Client`.
    #[serde(default, skip_serializing_if = "Scope::is_client")]
    pub scope: Scope,
}

fn one_token() -> f64 {
    1.0
}

/// An outcome that a `Retry` can retry.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub enum RetryOn {
    /// The service answered with an error.
    Error,
    /// A timeout inside gave up.
    Timeout,
    /// The service refused the attempt: its line was full, or the wait in it too long.
    Shed,
    /// An inner layer refused the call unsent, such as a breaker or a bulkhead.
    Rejected,
}

impl RetryOn {
    /// The outcomes of a list as flags, for machines.
    pub(in crate::model::mechanism) fn outcomes(list: &[Self]) -> super::RetryOn {
        super::RetryOn {
            error: list.contains(&Self::Error),
            timeout: list.contains(&Self::Timeout),
            shed: list.contains(&Self::Shed),
            rejected: list.contains(&Self::Rejected),
        }
    }

    /// All outcomes.
    pub(in crate::model) fn all() -> Vec<Self> {
        vec![Self::Error, Self::Timeout, Self::Shed, Self::Rejected]
    }
}

impl LayerSpec for Spec {
    fn build(&self, world: &mut dyn Building) -> Result<(Kind, u32), InvalidDistribution> {
        let without_first = self.max_attempts.map(|attempts| attempts - 1);
        let max_retries = self.max_retries.or(without_first).unwrap_or(0);
        let backoff = self.backoff.build(world.site("backoff"))?;
        let states = world.states();
        let budget = self.budget.as_ref();
        let budget =
            budget.map(|spec| super::Budget::new(spec.deposit, spec.capacity, spec.cost, states));
        let retry_on = RetryOn::outcomes(&self.retry_on);
        Ok(world.machines().add(Retry::new(max_retries, backoff, budget, retry_on)))
    }

    fn normalise(&mut self) {
        if let Some(attempts) = self.max_attempts.take() {
            self.max_retries = Some(attempts.saturating_sub(1));
        }
        self.retry_on.sort_unstable();
        self.retry_on.dedup();
    }

    fn check(&self, around: &Around<'_>, findings: &mut Vec<Finding>) {
        findings.extend(self.check_limit());
        findings.extend(self.check_outer_retry(around.outside()));
        self.backoff.check(&[Segment::field("backoff")], findings);
        findings.extend(self.budget.as_ref().and_then(RetryBudget::check));
        if self.retry_on.is_empty() {
            let (rule, found) = ("this retry never retries", "no outcome is retried");
            let place = [Segment::field("retry_on")];
            findings.push(Finding::warning(&lints::RETRY_NEVER_RETRIES, &place, rule, found));
        }
    }

    fn lint(&self, around: &Around<'_>, findings: &mut Vec<Finding>) {
        lints::lint(self, around, findings);
    }

    fn alternatives(&self, name: &str, _: &Around<'_>) -> Vec<Alternative<Layer>> {
        let alternatives = alternatives::alternatives(self, name);
        alternatives.into_iter().map(|alternative| alternative.map(Layer::Retry)).collect()
    }

    fn passes_all_load(&self, _: bool) -> bool {
        true
    }

    fn attempts(&self) -> Option<u64> {
        let retries = self.max_retries.map(|retries| u64::from(retries) + 1);
        self.max_attempts.map(u64::from).or(retries)
    }

    fn scope(&self) -> Scope {
        self.budget.as_ref().map_or(Scope::Shared, |budget| budget.scope)
    }

    fn longest_ns(&self, inside_ns: Option<f64>) -> Option<f64> {
        if !self.retry_on.contains(&RetryOn::Timeout) {
            return inside_ns;
        }
        let attempts = self.attempts()?;
        Some(attempts as f64 * inside_ns? + self.backoff.least_ns(attempts.saturating_sub(1)))
    }
}

impl Spec {
    /// Most retries of one call.
    pub(super) fn retries(&self) -> u64 {
        self.attempts().unwrap_or(1).saturating_sub(1)
    }

    fn check_limit(&self) -> Option<Finding> {
        match (self.max_retries, self.max_attempts) {
            (None, None) => {
                let rule = "needs `max_retries` or `max_attempts`";
                let hint = "max_retries does not count the first try, max_attempts does";
                Some(Finding::error(&[], rule, "has neither").hint(hint))
            }
            (Some(retries), Some(attempts)) => {
                let rule = "`max_retries` and `max_attempts` say the same thing: give one";
                let found = format!("given as well as `max_retries: {retries}`");
                let same = u64::from(retries) + 1;
                let hint = if u64::from(attempts) == same {
                    "remove either: both mean the same here".to_owned()
                } else {
                    format!(
                        "an attempt counts the first try, a retry does not: \
                         max_retries: {retries} is max_attempts: {same}"
                    )
                };
                let place = [Segment::field("max_attempts")];
                Some(Finding::error(&place, rule, found).of_name().hint(hint))
            }
            (Some(_), None) | (None, Some(_)) => None,
        }
    }

    fn check_outer_retry(&self, outside: &[Layer]) -> Option<Finding> {
        let (outer, inner) = (system::attempts(outside)?, self.attempts()?);
        let total = outer.saturating_mul(inner);
        let rule = format!("retries multiply: up to {total} attempts for one request");
        let found = format!("{inner} attempts, for each of {outer} of the retry outside");
        Some(Finding::warning(&lints::RETRIES_MULTIPLY, &[], rule, found))
    }
}

impl RetryBudget {
    fn check(&self) -> Option<Finding> {
        let rule = "this budget can never pay for a retry";
        let found = format!("it holds at most {}, a retry costs {}", self.capacity, self.cost);
        let place = [Segment::field("budget"), Segment::field("capacity")];
        let finding = Finding::error(&place, rule, found);
        (self.cost > self.capacity).then(|| finding.hint("for no retries, write max_retries: 0"))
    }
}

/// The declaration of retries.
pub static DECLARATION: Declaration = Declaration {
    name: "Retry",
    kind: "retry",
    lints: lints::LINTS,
    changes: alternatives::CHANGES,
    words: WORDS,
};

/// Names that other tools have, with hints.
#[rustfmt::skip]
const WORDS: &[Word] = &[
    word(&["Retry"], &["retries", "retires", "attempts", "max", "count", "tries", "max_tries"],
        "write max_retries (not counting the first try) or max_attempts (counting it)"),
    word(&["Retry"], &["max_retry_attempts", "num_retries", "number_of_retries", "retry_count",
        "retry_limit", "limit"],
        "that is `max_retries` here, which does not count the first try"),
    word(&["Retry"], &["base", "initial", "initial_interval", "initial_backoff", "initial_delay",
        "min_backoff", "base_interval", "delay", "wait", "wait_duration", "interval"],
        "a part of the backoff, `base`: backoff: Exponential(base: \"100ms\", cap: \"1s\")"),
    word(&["Retry"], &["cap", "max_backoff", "max_interval", "max_delay", "max_wait",
        "max_wait_duration"],
        "a part of the backoff, `cap`: backoff: Exponential(base: \"100ms\", cap: \"1s\")"),
    word(&["Retry"], &["multiplier", "backoff_multiplier", "backoff_rate", "factor",
        "exponential_backoff_multiplier"],
        "a part of the backoff: backoff: Exponential(base: \"100ms\", multiplier: 2.0)"),
    word(&["Retry"], &["jitter", "use_jitter", "randomized_wait_factor", "randomization_factor"],
        "a part of the backoff: backoff: Exponential(base: \"100ms\", jitter: Proportional(0.5))"),
    word(&["Retry"], &["timeout", "per_try_timeout", "per_retry_timeout", "attempt_timeout",
        "try_timeout"],
        "a layer inside the retry bounds each try: policy: [Retry(..), Timeout(\"1s\")]"),
    word(&["Retry"], &["retry_budget", "budget_percent", "retry_ratio", "min_retry_concurrency"],
        "budget: RetryBudget(deposit: 0.2, capacity: 10) lets one request in five be retried; a \
         share of what is active is not there yet"),
    word(&["Retry"], &["retryable_status_codes", "retry_exceptions", "should_handle",
        "retry_on_result", "ignore_exceptions"],
        "that is `retry_on` here: retry_on: [Error, Timeout, Shed, Rejected]"),
    word(&["RetryBudget"], &["ratio", "percent", "budget_percent", "retry_ratio", "rate"],
        "that is `deposit` here: the tokens that each first attempt adds"),
    word(&["RetryBudget"], &["ttl", "min_retries_per_second", "reserve", "min_per_second"],
        "not there yet: this budget is filled by first attempts, not by time"),
    word(&["RetryBudget"], &["max_tokens", "tokens", "size"], "that is `capacity` here"),
    word(&["Layer"], &["retries", "retry_policy"], "that is Retry(max_retries: 3) here"),
    word(&[], &["retries", "retires", "attempts", "retry", "retry_policy"],
        "a retry is a layer of a policy, `Retry(..)`: there, write max_retries (not counting the \
         first try) or max_attempts (counting it)"),
];
