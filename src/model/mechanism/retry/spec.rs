//! A retry as it is written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::mechanism::backoff::spec::Backoff;

/// Tries again what failed inside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Retry", deny_unknown_fields)]
#[schemars(inline)]
pub struct Spec {
    /// Tries after the first. Give this or `max_attempts`.
    #[serde(default)]
    pub max_retries: Option<u32>,
    /// Tries including the first, at least 1. Give this or `max_retries`.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub max_attempts: Option<u32>,
    /// Wait before each retry. Default none: at once.
    #[serde(default)]
    pub backoff: Backoff,
    /// Tokens that every retry costs. Default: no budget.
    #[serde(default)]
    pub budget: Option<RetryBudget>,
    /// Outcomes that are retried. Default all four.
    #[serde(default = "RetryOn::all")]
    pub retry_on: Vec<RetryOn>,
}

/// A token bucket that retries draw on. It starts full, each first attempt adds `deposit` and each
/// retry takes `cost`; a retry that finds less is not made, and the call ends as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RetryBudget {
    /// Tokens for each first attempt, 0 or more: 0.1 lets one request in ten be retried.
    #[schemars(range(min = 0, max = 1000000))]
    pub deposit: f64,
    /// Tokens that it can hold, and holds at the start, 0 or more.
    #[schemars(range(min = 0, max = 1000000000))]
    pub capacity: f64,
    /// Tokens that a retry takes, above 0. Default 1.
    #[serde(default = "one_token")]
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1000000))]
    pub cost: f64,
}

fn one_token() -> f64 {
    1.0
}

/// An outcome that a `Retry` may try again.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub enum RetryOn {
    /// The service answered with an error.
    Error,
    /// A timeout inside gave up.
    Timeout,
    /// The service refused it: its queue was full.
    Shed,
    /// A layer inside refused it unsent: breaker or bulkhead.
    Rejected,
}

impl RetryOn {
    fn all() -> Vec<Self> {
        vec![Self::Error, Self::Timeout, Self::Shed, Self::Rejected]
    }
}
