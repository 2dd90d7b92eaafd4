//! The specification of a hedge.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::delay::{self, Delays, Latest, Learnt, Moving, Rotating};
use super::race::{MOST, Policy};
use super::{Hedge, alternatives, lints, rules, words};
use crate::kernel::distribution::InvalidDistribution;
use crate::kernel::draw::Site;
use crate::kernel::simulation::Delay;
use crate::kernel::time::Duration;
use crate::kernel::units::Ratio;
use crate::model::mechanism::backoff;
use crate::model::mechanism::retry::budget::spec::RetryBudget;
use crate::model::mechanism::retry::spec::RetryOn;
use crate::model::mechanism::{Kind, Layer};
use crate::model::spec::alternative::Alternative;
use crate::model::spec::building::Building;
use crate::model::spec::clients::Scope;
use crate::model::spec::declaration::Declaration;
use crate::model::spec::finding::Finding;
use crate::model::spec::is_default;
use crate::model::spec::layer::LayerSpec;
use crate::model::spec::system::Around;

/// Sends further copies of a call that has no answer yet, each through the inner layers. The first
/// success is the outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Hedge", deny_unknown_fields)]
#[schemars(inline)]
pub struct Spec {
    /// Wait before each further copy; 0s sends all at once. With `quantile` it is the wait until
    /// enough latencies are known. Give this, `quantile`, both, `average` or
    /// `only_after_failures`.
    #[serde(default)]
    pub after: Option<Duration>,
    /// Waits for this quantile of what calls took, as `estimate` has it. Until enough is known the
    /// wait is `after`; without `after`, only failures cause copies until then.
    #[serde(default)]
    pub quantile: Option<Ratio>,
    /// Of what, and how, the `quantile` is estimated. Default `Latest`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub estimate: Estimate,
    /// Number of latencies for the `quantile` of the `Latest`, from 1 to 10,000. Default 1,000.
    #[serde(default = "window")]
    #[schemars(range(min = 1, max = 10000))]
    pub window: u32,
    /// Waits for an average of the first copies that ended their calls: resilience4j.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub average: Option<Average>,
    /// No copy is sent before one has failed: a negative `Delay` of Polly. Default false.
    #[serde(default, skip_serializing_if = "is_default")]
    pub only_after_failures: bool,
    /// Most further copies of one call, from 1 to 10. Default 1.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 10))]
    pub max: u32,
    /// What happens to copies in flight when the outcome is known. Default `Cancel`.
    #[serde(default)]
    pub losers: Losers,
    /// Failures of a copy that do not end the call; when all copies have failed so, one of these
    /// failures is the outcome. Any other failure ends the call. Default all four; with `[]` any
    /// failure ends the call.
    #[serde(default = "RetryOn::all")]
    pub non_fatal: Vec<RetryOn>,
    /// What follows a failure that does not end the call. Default `Copies`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on_failure: OnFailure,
    /// Wait before each further copy, on top of the wait for an answer, or after the failure that
    /// sends it: Envoy. Default none.
    #[serde(default, skip_serializing_if = "is_default")]
    pub backoff: backoff::spec::Backoff,
    /// Whose failure is the outcome when all copies have failed. Default `First`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub failure: Failing,
    /// What the hedge makes of the time that a failure names (`pushback` of a service). A failure
    /// that forbids another try is obeyed by all but `Ignored`: there is no further copy, and those
    /// in flight go on. Default `Ignored`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub pushback: Heed,
    /// Budget that limits the further copies of all calls, each as a retry; a copy for which too
    /// little is left is not sent, nor any after it. Default: no budget.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<RetryBudget>,
    /// What becomes of a call for whose copies the budget has too little left. Default `Drops`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub throttled: Throttled,
}

/// What happens to copies in flight when the outcome is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Losers {
    /// They are cancelled, and the service treats them by its `cancellation`.
    #[default]
    Cancel,
    /// They go on to their end for nobody, whatever the `cancellation` of the service, and keep
    /// their permits of inner layers. Copies that still wait in the caller end.
    Leave,
    /// They are cancelled, and the outcome waits until they have ended: at once if `cancellation`
    /// is `Immediate`, when the service has finished them if it works on.
    Await,
}

/// How a hedge estimates a quantile of latencies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum Estimate {
    /// Of the latest `window` calls that succeeded, from their arrival at the hedge: with 0.95, one
    /// call in twenty is copied while latencies do not change.
    #[default]
    Latest,
    /// Of the copies that ended a call well in the period before, in whole milliseconds from the
    /// instant at which each was sent: tower.
    Rotating {
        /// Length of a period, above 0.
        #[schemars(extend("dessim:positive" = true))]
        period: Duration,
        /// Copies of the period before that must be known. Default 10.
        #[serde(default = "ten")]
        minimum: u32,
    },
    /// Of the copies so far, each from the instant at which it was sent: each moves the estimate
    /// up or down by a part of their moving deviation, also those that are cancelled: failsafe-go.
    /// For a `quantile` above 0 and below 1.
    Moving {
        /// The latest copy has the weight 2 / (`age` + 1) in mean and deviation. Default 100.
        #[serde(default = "hundred")]
        #[schemars(range(min = 1))]
        age: u32,
        /// Copies that must be known. Default 10.
        #[serde(default = "ten")]
        minimum: u32,
    },
}

/// An average of what calls took whose first copy ended them, which is 0 before the first.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Average {
    /// Percent of the average, in whole milliseconds, that the hedge waits. Default 100.
    #[serde(default = "hundred")]
    #[schemars(range(max = 100_000))]
    pub percent: u32,
    /// Time on top. Default 0s.
    #[serde(default, skip_serializing_if = "is_default")]
    pub plus: Duration,
    /// Whether calls that fail are in it. Default true.
    #[serde(default = "yes")]
    pub failures: bool,
    /// Number of calls in it, from 1 to 10,000. Default 100.
    #[serde(default = "hundred")]
    #[schemars(range(min = 1, max = 10000))]
    pub window: u32,
}

/// What follows a failure that does not end the call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum OnFailure {
    /// The next copy is sent at once, and the wait before the one after it starts then.
    #[default]
    Copies,
    /// The same after the failure of the copy that was sent last; one before it has been followed
    /// already: Envoy.
    Replaces,
    /// The next copy is sent at its time: grpc-java, failsafe-go.
    Waits,
}

/// Whose failure is the outcome when all copies have failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Failing {
    /// That of the copy that was sent first: Polly.
    #[default]
    First,
    /// That of the copy that failed last: gRPC, failsafe-go.
    Last,
}

/// What a `Hedge` makes of the time that a failure names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Heed {
    /// Nothing.
    #[default]
    Ignored,
    /// The next copy is sent after that time, and the wait before the one after it starts then:
    /// gRPC's proposal A6.
    Waits,
    /// The next copy, if it has its time, is sent at once, whatever the time: grpc-java.
    AtOnce,
}

/// What becomes of a call for whose copies a budget has too little left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Throttled {
    /// A copy whose time has come is not sent, nor any after it. The copies in flight go on.
    #[default]
    Drops,
    /// Only for a `Throttle`, which is asked whenever the next copy gets its time, and not when it
    /// is sent. A failure while it forbids copies ends the call, and the copies in flight are
    /// cancelled: grpc-java.
    Ends,
}

fn window() -> u32 {
    1_000
}

fn one() -> u32 {
    1
}

fn ten() -> u32 {
    10
}

fn hundred() -> u32 {
    100
}

fn yes() -> bool {
    true
}

impl Spec {
    /// The decisions of this hedge, for so many clients; `constant` makes a delay of a constant
    /// time, `site` the site of the draws of the backoff.
    ///
    /// # Errors
    /// If a distribution is invalid, which the checks rule out.
    pub fn policy(
        &self,
        clients: u32,
        constant: impl FnOnce(Duration) -> Delay,
        site: Site,
    ) -> Result<Policy, InvalidDistribution> {
        let learnt = match (self.quantile.map(Ratio::get), self.estimate, self.average) {
            (Some(quantile), Estimate::Latest, _) => {
                Some(Learnt::Latest(Latest::new(quantile, self.window)))
            }
            (Some(quantile), Estimate::Rotating { period, minimum }, _) => {
                Some(Learnt::Rotating(Rotating::new(quantile, period, minimum)))
            }
            (Some(quantile), Estimate::Moving { age, minimum }, _) => {
                Some(Learnt::Moving(Moving::new(quantile, age, minimum)))
            }
            (None, _, Some(Average { percent, plus, failures, window })) => {
                Some(Learnt::Average(delay::Average::new(percent, plus, failures, window)))
            }
            (None, _, None) => None,
        };
        Ok(Policy {
            delays: match (learnt, self.after.map(constant)) {
                (Some(learnt), before) => Delays::Learnt(learnt, before),
                (None, Some(delay)) => Delays::Constant(delay),
                (None, None) => Delays::Failures,
            },
            max: self.max,
            non_fatal: RetryOn::outcomes(&self.non_fatal),
            on_failure: self.on_failure,
            backoff: self.backoff.build(site)?,
            failure: self.failure,
            pushback: self.pushback,
            budget: self.budget.as_ref().map(|budget| budget.build(clients)),
            throttled: self.throttled,
            cancels: self.losers != Losers::Leave,
        })
    }
}

impl LayerSpec for Spec {
    fn build(&self, world: &mut dyn Building) -> Result<(Kind, u32), InvalidDistribution> {
        let (site, backoff) = (world.site("copy"), world.site("backoff"));
        let policy = self.policy(world.states(), |after| world.constant(after), backoff)?;
        Ok(world.machines().add(Hedge::new(policy, self.losers, site)))
    }

    fn alternatives(&self, name: &str, _: &Around<'_>) -> Vec<Alternative<Layer>> {
        let alternatives = alternatives::alternatives(self, name);
        alternatives.into_iter().map(|alternative| alternative.map(Layer::Hedge)).collect()
    }

    fn passes_all_load(&self, _: bool) -> bool {
        true
    }

    fn normalise(&mut self) {
        self.non_fatal.sort_unstable();
        self.non_fatal.dedup();
    }

    fn check(&self, around: &Around<'_>, findings: &mut Vec<Finding>) {
        rules::check(self, around, findings);
    }

    fn lint(&self, around: &Around<'_>, findings: &mut Vec<Finding>) {
        lints::lint(self, around, findings);
    }

    fn scope(&self) -> Scope {
        self.budget.as_ref().map_or(Scope::Shared, RetryBudget::scope)
    }

    fn copies(&self) -> Option<u64> {
        Some(u64::from(self.max.min(MOST)) + 1)
    }

    /// The last copy starts after all delays, and bounds the call.
    fn longest_ns(&self, inside_ns: Option<f64>) -> Option<f64> {
        let delays = match (self.after, self.quantile) {
            (Some(after), None) => f64::from(self.max) * after.as_ns() as f64,
            _ => return None,
        };
        let backoffs = self.backoff.bounds().least_ns(u64::from(self.max));
        Some(inside_ns? + delays + backoffs)
    }
}

/// The declaration of hedges.
pub static DECLARATION: Declaration = Declaration {
    name: "Hedge",
    kind: "hedge",
    lints: lints::LINTS,
    changes: alternatives::CHANGES,
    words: words::WORDS,
};
