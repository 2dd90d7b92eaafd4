//! The specification of a retry budget.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Budget, Concurrent, Costs, Purse, Quota, Rolling, Throttle, Tokens};
use crate::kernel::time::Duration;
use crate::kernel::units::Ratio;
use crate::model::spec::clients::Scope;
use crate::model::spec::finding::{Finding, Segment};
use crate::model::spec::is_default;
use crate::model::spec::word::{Word, word};

/// A limit of retries that calls share. If too little is left, there is no retry and the call
/// fails.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum RetryBudget {
    /// A token bucket, which starts full: each call adds `deposit`, each retry takes `cost`.
    Tokens {
        /// Tokens that each call adds, 0 or more; 0.1 allows one retry for ten calls.
        #[schemars(range(min = 0, max = 1_000_000))]
        deposit: f64,
        /// Most tokens in the bucket, and those at the start, 0 or more.
        #[schemars(range(min = 0, max = 1_000_000_000))]
        capacity: f64,
        /// Tokens that each retry takes, above 0. Default 1.
        #[serde(default = "one_token")]
        #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1_000_000))]
        cost: f64,
        /// Calls that add tokens. Default `Calls`.
        #[serde(default = "at_calls", skip_serializing_if = "is_at_calls")]
        deposit_on: Deposits,
        /// With several `clients`, each `Client` has its own budget, or they have a `Shared` one.
        /// Default `Client`.
        #[serde(default, skip_serializing_if = "Scope::is_client")]
        scope: Scope,
    },
    /// A ratio of the calls of the last seconds, on top of a number of retries a second: Finagle,
    /// Linkerd, tower. At the start, `per_s` x `ttl` retries can be made at once.
    Rolling {
        /// Retries for each call of the last `ttl`, from 0 to 1000. Default 0.2.
        #[serde(default = "one_fifth")]
        #[schemars(range(min = 0, max = 1000))]
        ratio: f64,
        /// Retries a second without any call, 0 or more. Default 10.
        #[serde(default = "ten")]
        #[schemars(range(max = 1_000_000))]
        per_s: u32,
        /// Time for which calls and retries count, whole seconds from 1 to 60. Default 10s.
        #[serde(default = "ten_seconds")]
        ttl: Duration,
        /// Rounding of `ratio` and of time: that of `Finagle` or of `Tower` (Linkerd), for which a
        /// ratio of 0.7 is 1. Default `Finagle`.
        #[serde(default, skip_serializing_if = "is_default")]
        arithmetic: Roundings,
        /// Calls that count. Default `Successes` (Finagle).
        #[serde(default = "at_successes", skip_serializing_if = "is_at_successes")]
        deposit_on: Deposits,
        /// Most retries of one call, as a ratio of those that the budget could pay for when the
        /// call began, rounded up; 0.2 for Finagle's requeues. Default: no such limit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        per_call: Option<Ratio>,
        /// With several `clients`, each `Client` has its own budget, or they have a `Shared` one.
        /// Default `Client`.
        #[serde(default, skip_serializing_if = "Scope::is_client")]
        scope: Scope,
    },
    /// gRPC's `retryThrottling`: a failed attempt takes 1 token, a call that succeeds adds
    /// `token_ratio`, and there are retries while more than half of `max_tokens` are left.
    Throttle {
        /// Most tokens, and those at the start, above 0 and at most 1000.
        #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1000))]
        max_tokens: f64,
        /// Tokens that a success adds, above 0. gRPC keeps three digits after the point.
        #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1000))]
        token_ratio: f64,
        /// With several `clients`, each `Client` has its own budget, or they have a `Shared` one.
        /// Default `Client`.
        #[serde(default, skip_serializing_if = "Scope::is_client")]
        scope: Scope,
    },
    /// The quota of the AWS SDKs (standard mode), which starts full and which only successes fill:
    /// a call that succeeds gives back what its last retry took, or `refund` if it needed none.
    Quota {
        /// Most tokens, and those at the start. Default 500.
        #[serde(default = "five_hundred")]
        capacity: u32,
        /// Tokens that a retry takes, at least 1. Default 14, as since 2026; 5 before.
        #[serde(default = "fourteen")]
        #[schemars(range(min = 1))]
        cost: u32,
        /// Tokens that a retry after a timeout takes, at least 1. Default `cost`; 10 before 2026.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 1))]
        timeout_cost: Option<u32>,
        /// Tokens that a retry takes after the service refused the attempt (`Shed`, a throttling
        /// error), at least 1. Default `cost`; 5 since 2026.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 1))]
        shed_cost: Option<u32>,
        /// Tokens that a success without a retry adds. Default 1.
        #[serde(default = "one")]
        refund: u32,
        /// With several `clients`, each `Client` has its own budget, or they have a `Shared` one.
        /// Default `Client`.
        #[serde(default, skip_serializing_if = "Scope::is_client")]
        scope: Scope,
    },
    /// Retries at once: at most `ratio` of what is under way, but `min` in any case. Envoy's
    /// `max_retries` is `Concurrent(min: 3)`, its `retry_budget` has a `ratio` too.
    Concurrent {
        /// Retries at once that are always allowed. Default 3.
        #[serde(default = "three")]
        min: u32,
        /// Retries at once for each attempt under way (`Envoy`), or ratio of retries among all
        /// calls and retries (`FailsafeGo`), from 0 to 1. Default 0.
        #[serde(default)]
        ratio: Ratio,
        /// `Envoy`: a retry counts from the beginning of its wait, and calls that wait do not count
        /// as under way. `FailsafeGo`: a retry counts while its attempt runs, and is refused after
        /// its wait, in vain. Default `Envoy`.
        #[serde(default, skip_serializing_if = "is_default")]
        rule: Counting,
        /// With several `clients`, each `Client` has its own budget, or they have a `Shared` one.
        /// Default `Client`.
        #[serde(default, skip_serializing_if = "Scope::is_client")]
        scope: Scope,
    },
}

/// The calls that fill a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Deposits {
    /// All, when they begin.
    Calls,
    /// Those that end in an outcome that is not in `retry_on`: tower's and Linkerd's policies.
    Results,
    /// Those that succeed: Finagle.
    Successes,
}

/// The arithmetic of a rolling budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Roundings {
    /// A call deposits 1,000, a retry takes trunc(1000 / ratio); nine slices and the present one,
    /// on a clock of whole milliseconds.
    #[default]
    Finagle,
    /// A call deposits 1, a retry takes trunc(1 / ratio), so that a ratio of 0.7 is 1 and one of
    /// 0.4 is 0.5; above 1 as Finagle. Ten slices and the present one, so that deposits last for up
    /// to 1.1 times as long.
    Tower,
}

/// The rule of a budget of retries at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Counting {
    /// Retries that wait or run are fewer than max(trunc(ratio x attempts that run), min). A retry
    /// takes its place before its wait.
    #[default]
    Envoy,
    /// Retries that run are fewer than `min`, or not above `ratio` of all calls and these retries.
    /// A retry takes its place after its wait.
    FailsafeGo,
}

fn one_token() -> f64 {
    1.0
}

fn one_fifth() -> f64 {
    0.2
}

fn one() -> u32 {
    1
}

fn three() -> u32 {
    3
}

fn ten() -> u32 {
    10
}

fn fourteen() -> u32 {
    14
}

fn five_hundred() -> u32 {
    500
}

fn ten_seconds() -> Duration {
    Duration::from_s(10)
}

fn at_calls() -> Deposits {
    Deposits::Calls
}

fn at_successes() -> Deposits {
    Deposits::Successes
}

// Serde hands references over.
fn is_at_calls(value: &Deposits) -> bool {
    *value == Deposits::Calls
}

fn is_at_successes(value: &Deposits) -> bool {
    *value == Deposits::Successes
}

impl RetryBudget {
    /// The budgets of `clients`.
    #[must_use]
    pub fn build(&self, clients: u32) -> Budget {
        let (purse, deposits, per_call) = match self {
            Self::Tokens { deposit, capacity, cost, deposit_on, .. } => {
                let tokens = Tokens::new(*deposit, *capacity, *cost);
                (Purse::Tokens(tokens), *deposit_on, None)
            }
            Self::Rolling { ratio, per_s, ttl, arithmetic, deposit_on, per_call, .. } => {
                let rolling = Rolling::new(*ratio, *per_s, *ttl, *arithmetic);
                (Purse::Rolling(Box::new(rolling)), *deposit_on, per_call.map(Ratio::get))
            }
            Self::Throttle { max_tokens, token_ratio, .. } => {
                let throttle = Throttle::new(*max_tokens, *token_ratio);
                (Purse::Throttle(throttle), Deposits::Successes, None)
            }
            Self::Quota { capacity, cost, timeout_cost, shed_cost, refund, .. } => {
                let of = |other: &Option<u32>| other.unwrap_or(*cost);
                let costs = Costs { other: *cost, timeout: of(timeout_cost), shed: of(shed_cost) };
                let quota = Quota::new(*capacity, costs, *refund);
                (Purse::Quota(quota), Deposits::Successes, None)
            }
            Self::Concurrent { min, ratio, rule, .. } => {
                let concurrent = Concurrent::new(ratio.get(), *min, *rule);
                (Purse::Concurrent(concurrent), Deposits::Successes, None)
            }
        };
        Budget::new(&purse, clients, deposits, per_call)
    }

    /// Whether each client has its own.
    #[must_use]
    pub const fn scope(&self) -> Scope {
        match self {
            Self::Tokens { scope, .. }
            | Self::Rolling { scope, .. }
            | Self::Throttle { scope, .. }
            | Self::Quota { scope, .. }
            | Self::Concurrent { scope, .. } => *scope,
        }
    }

    /// Checks the rules between its values.
    pub(in crate::model::mechanism) fn check(&self) -> Option<Finding> {
        let field = |variant, name| {
            [Segment::field("budget"), Segment::Variant(variant), Segment::field(name)]
        };
        match self {
            Self::Tokens { capacity, cost, .. } if cost > capacity => {
                let found = format!("it holds at most {capacity}, a retry costs {cost}");
                Some(never_pays(&field("Tokens", "capacity"), found))
            }
            Self::Quota { capacity, cost, timeout_cost, shed_cost, .. } => {
                let costs = [Some(*cost), *timeout_cost, *shed_cost];
                let least = costs.into_iter().flatten().min().unwrap_or(*cost);
                let found = format!("it holds at most {capacity}, a retry costs {least}");
                let never = least > *capacity;
                never.then(|| never_pays(&field("Quota", "capacity"), found))
            }
            Self::Concurrent { min: 0, ratio, .. } if ratio.get() == 0.0 => {
                let found = "`min` is 0, and so is `ratio`";
                Some(never_pays(&field("Concurrent", "min"), found.to_owned()))
            }
            Self::Rolling { ratio, per_s: 0, .. } if *ratio == 0.0 => {
                let found = "`per_s` is 0, and so is `ratio`";
                Some(never_pays(&field("Rolling", "per_s"), found.to_owned()))
            }
            Self::Rolling { ttl, .. } => {
                let whole = ttl.as_ns() % Duration::from_s(1).as_ns() == 0;
                let allowed = Duration::from_s(1)..=Duration::from_s(60);
                let fits = whole && allowed.contains(ttl);
                let rule = "must be whole seconds from 1s to 60s";
                (!fits)
                    .then(|| Finding::error(&field("Rolling", "ttl"), rule, format!("found {ttl}")))
            }
            Self::Tokens { .. } | Self::Throttle { .. } | Self::Concurrent { .. } => None,
        }
    }
}

fn never_pays(place: &[Segment], found: String) -> Finding {
    let rule = "this budget can never pay for a retry";
    Finding::error(place, rule, found).hint("for no retries, write max_retries: 0")
}

/// Names that other tools have, with hints.
#[rustfmt::skip]
pub const WORDS: &[Word] = &[
    word(&["RetryBudget"], &["retry_budget"],
        "a budget has a form: the one with a deposit is Tokens(deposit: 0.1, capacity: 10)"),
    word(&["RetryBudget"], &["token_bucket", "bucket"],
        "that is Tokens(deposit: 0.1, capacity: 10) here"),
    word(&["RetryBudget"], &["finagle", "linkerd", "tower", "tps_budget"],
        "that is Rolling(ratio: 0.2, per_s: 10, ttl: \"10s\") here"),
    word(&["RetryBudget"], &["grpc", "retry_throttling"],
        "that is Throttle(max_tokens: 10, token_ratio: 0.1) here"),
    word(&["RetryBudget"], &["aws", "retry_quota"], "that is Quota() here"),
    word(&["RetryBudget"], &["envoy", "max_retries"],
        "that is Concurrent(min: 3) here, for at most 3 retries at once"),
    word(&["Tokens"], &["ratio", "percent", "budget_percent", "retry_ratio", "rate"],
        "that is `deposit` here: the tokens that each call adds"),
    word(&["Tokens"], &["ttl", "min_retries_per_second", "reserve", "min_per_second"],
        "calls fill this budget; one that time fills is Rolling(ratio: 0.2, per_s: 10)"),
    word(&["Tokens", "Quota"], &["max_tokens", "tokens", "size", "initial_capacity"],
        "that is `capacity` here"),
    word(&["Rolling"], &["retry_ratio", "percent", "percent_can_retry", "retry_percent"],
        "that is `ratio` here, from 0 to 1000: 0.2 for 20 %"),
    word(&["Rolling"], &["min_retries_per_second", "min_retries_per_sec", "min_per_sec",
        "min_per_second", "reserve"],
        "that is `per_s` here"),
    word(&["Throttle"], &["capacity", "size"], "that is `max_tokens` here"),
    word(&["Quota"], &["retry_cost"], "that is `cost` here"),
    word(&["Quota"], &["timeout_retry_cost", "retry_timeout_cost"], "that is `timeout_cost` here"),
    word(&["Quota"], &["throttling_retry_cost", "throttling_cost"], "that is `shed_cost` here"),
    word(&["Quota"], &["no_retry_increment"], "that is `refund` here"),
    word(&["Concurrent"], &["max_retries", "min_retry_concurrency", "min_concurrency", "max"],
        "that is `min` here: retries at once that are always allowed"),
    word(&["Concurrent"], &["budget_percent", "percent", "max_rate"],
        "that is `ratio` here, from 0 to 1: 0.2 for 20 %"),
];
