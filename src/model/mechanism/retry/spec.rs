//! The specification of a retry.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::budget::spec::RetryBudget;
use super::policy::{Heed, Policy, TimeLimit};
use super::{Retry, alternatives, lints, rules, words};
use crate::kernel::distribution::InvalidDistribution;
use crate::kernel::draw::Site;
use crate::kernel::time::Duration;
use crate::kernel::units::{Limit, Ratio};
use crate::model::context::Outcome;
use crate::model::mechanism::Kind;
use crate::model::mechanism::Layer;
use crate::model::mechanism::backoff::spec::Backoff;
use crate::model::spec::alternative::Alternative;
use crate::model::spec::building::Building;
use crate::model::spec::clients::Scope;
use crate::model::spec::declaration::Declaration;
use crate::model::spec::finding::Finding;
use crate::model::spec::is_default;
use crate::model::spec::layer::LayerSpec;
use crate::model::spec::system::Around;

/// Sends a call again when it fails.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Retry", deny_unknown_fields)]
#[schemars(inline)]
pub struct Spec {
    /// Most attempts after the first, or "unlimited", which needs a `backoff`. Give this or
    /// `max_attempts`.
    #[serde(default)]
    pub max_retries: Option<Limit>,
    /// Most attempts including the first, at least 1. Give this or `max_retries`.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub max_attempts: Option<u32>,
    /// Longest time for attempts, above 0, from the beginning of the first. Default none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("dessim:positive" = true))]
    pub time_limit: Option<Duration>,
    /// What `time_limit` ends: retries that would begin at or after it (`Begins`), retries after a
    /// failure at or after it (`Failures`), or waits, so that a last attempt begins just then
    /// (`Waits`). Default `Begins`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_ends: Option<LimitEnds>,
    /// Wait before each retry. Default none: at once.
    #[serde(default)]
    pub backoff: Backoff,
    /// Wait before a retry after `Shed`, in place of `backoff`: AWS and Envoy wait longer after a
    /// throttling error. Default `backoff`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shed_backoff: Option<Backoff>,
    /// What the retry makes of the time that a refusal names (`pushback` of a service, or the time
    /// until a `RateLimit` lets a call pass). Default `Ignored`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub pushback: Heeding,
    /// Budget that limits the retries of all calls. Default: no budget.
    #[serde(default)]
    pub budget: Option<RetryBudget>,
    /// Outcomes that are retried: an `Error` of the service, a `Timeout` inside, a refusal by the
    /// service (`Shed`), a refusal by an inner layer (`Rejected`). Default all four.
    #[serde(default = "RetryOn::all")]
    pub retry_on: Vec<RetryOn>,
}

/// What a time limit of a `Retry` ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum LimitEnds {
    /// No retry begins at or after the limit: tenacity's `stop_before_delay`.
    #[default]
    Begins,
    /// No retry follows a failure at or after the limit, but its wait may end later: tenacity's
    /// `stop_after_delay`.
    Failures,
    /// No retry follows a failure after the limit, and a wait ends with it at the latest:
    /// failsafe-go.
    Waits,
}

/// What a `Retry` makes of the time that a refusal names, such as `Retry-After`. A refusal that
/// forbids another try is obeyed by all but `Ignored`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum Heeding {
    /// Nothing.
    #[default]
    Ignored,
    /// It waits for that time in place of the backoff: urllib3, Polly, gRPC.
    Replaces {
        /// Longest such wait; 6h for urllib3. Default none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cap: Option<Duration>,
        /// Whether the backoff begins anew after it: gRPC. Default false.
        #[serde(default, skip_serializing_if = "is_default")]
        restarts: bool,
    },
    /// It waits for that time if that is longer than the backoff: AWS.
    AtLeast {
        /// Most that such a wait is longer than the backoff. Default 5s.
        #[serde(default = "five_seconds")]
        above: Duration,
    },
    /// It waits between that time and (1 + `ratio`) times as long, in whole milliseconds: Envoy's
    /// `rate_limited_retry_back_off`.
    Spread {
        /// Ratio of the jitter. Default 0.5.
        #[serde(default = "half")]
        ratio: Ratio,
        /// Longest time that is heeded; for a longer one there is the backoff. Default 300s.
        #[serde(default = "five_minutes")]
        cap: Duration,
    },
}

fn five_seconds() -> Duration {
    Duration::from_s(5)
}

fn five_minutes() -> Duration {
    Duration::from_s(300)
}

fn half() -> Ratio {
    Ratio::new(0.5).unwrap_or(Ratio::one())
}

/// An outcome that a `Retry` can retry, and that a `Breaker` can take as a failure.
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

    /// The outcome of this name.
    pub(in crate::model::mechanism) const fn outcome(self) -> Outcome {
        match self {
            Self::Error => Outcome::Error,
            Self::Timeout => Outcome::Timeout,
            Self::Shed => Outcome::Shed,
            Self::Rejected => Outcome::Rejected,
        }
    }

    /// All outcomes.
    pub(in crate::model) fn all() -> Vec<Self> {
        vec![Self::Error, Self::Timeout, Self::Shed, Self::Rejected]
    }
}

impl Heeding {
    fn resolve(self) -> Heed {
        match self {
            Self::Ignored => Heed::Ignored,
            Self::Replaces { cap, restarts } => {
                Heed::Replaces { cap: cap.unwrap_or(Duration::MAX), restarts }
            }
            Self::AtLeast { above } => Heed::AtLeast { above },
            Self::Spread { ratio, cap } => Heed::Spread { ratio: ratio.get(), cap },
        }
    }
}

impl Spec {
    /// The decisions of this retry, for so many clients; `site` gives the site of the draws for a
    /// purpose.
    ///
    /// # Errors
    /// If a distribution is invalid, which the checks rule out.
    pub fn policy(
        &self,
        clients: u32,
        site: impl Fn(&str) -> Site,
    ) -> Result<Policy, InvalidDistribution> {
        let shed = self.shed_backoff.as_ref();
        let ends = self.limit_ends.unwrap_or_default();
        Ok(Policy {
            max_retries: self
                .retries()
                .and_then(|most| u32::try_from(most).ok())
                .unwrap_or(u32::MAX),
            time_limit: self.time_limit.map(|limit| TimeLimit { limit, ends }),
            retry_on: RetryOn::outcomes(&self.retry_on),
            backoff: self.backoff.build(site("backoff"))?,
            shed_backoff: shed.map(|shed| shed.build(site("shed_backoff"))).transpose()?,
            pushback: self.pushback.resolve(),
            budget: self.budget.as_ref().map(|budget| budget.build(clients)),
        })
    }

    /// Most retries of one call; `None` without a limit.
    #[must_use]
    pub fn retries(&self) -> Option<u64> {
        match (self.max_retries, self.max_attempts) {
            (Some(Limit::Unlimited), _) => None,
            (Some(Limit::AtMost(retries)), _) => Some(retries),
            (None, Some(attempts)) => Some(u64::from(attempts).saturating_sub(1)),
            (None, None) => Some(0),
        }
    }
}

impl LayerSpec for Spec {
    fn build(&self, world: &mut dyn Building) -> Result<(Kind, u32), InvalidDistribution> {
        let policy = self.policy(world.states(), |purpose| world.site(purpose))?;
        Ok(world.machines().add(Retry::new(policy)))
    }

    fn normalise(&mut self) {
        if let Some(attempts) = self.max_attempts.take() {
            self.max_retries = Some(Limit::AtMost(u64::from(attempts).saturating_sub(1)));
        }
        self.retry_on.sort_unstable();
        self.retry_on.dedup();
    }

    fn check(&self, around: &Around<'_>, findings: &mut Vec<Finding>) {
        rules::check(self, around, findings);
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
        // Without either limit, which is refused, there is nothing to say.
        self.max_retries.map(|_| ()).or(self.max_attempts.map(|_| ()))?;
        Some(self.retries().map_or(u64::MAX, |retries| retries.saturating_add(1)))
    }

    fn scope(&self) -> Scope {
        self.budget.as_ref().map_or(Scope::Shared, RetryBudget::scope)
    }

    fn longest_ns(&self, inside_ns: Option<f64>) -> Option<f64> {
        if !self.retry_on.contains(&RetryOn::Timeout) {
            return inside_ns;
        }
        let each = inside_ns?;
        let tries = self
            .retries()
            .map(|retries| (retries as f64 + 1.0) * each + self.backoff.bounds().least_ns(retries));
        // The last try begins within the limit, or little later.
        let limit = self.time_limit.map(|limit| limit.as_ns() as f64 + each);
        match (tries, limit) {
            (Some(tries), Some(limit)) => Some(tries.min(limit)),
            (tries, limit) => tries.or(limit),
        }
    }
}

/// The declaration of retries.
pub static DECLARATION: Declaration = Declaration {
    name: "Retry",
    kind: "retry",
    lints: lints::LINTS,
    changes: alternatives::CHANGES,
    words: words::WORDS,
};
