//! The scenario file as types, with units, ranges and defaults.
//!
//! The doc comments are the reference that `dessim schema` and docs/scenario.md publish. The
//! specification of each mechanism is beside the mechanism, in its `spec.rs`; this module joins
//! them to a scenario. The types check the shape of single values; [`super::check`] checks names
//! and rules between fields.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::time::{Duration, Instant};
use crate::kernel::units::Ratio;

pub use crate::model::context::Pushback;
pub use crate::model::mechanism::Layer;
pub use crate::model::mechanism::backoff::spec::{Backoff, Jitter};
pub use crate::model::mechanism::balancer::outliers::spec::Spec as OutlierDetection;
use crate::model::mechanism::balancer::repicks;
pub use crate::model::mechanism::balancer::spec::Balancing;
use crate::model::mechanism::balancer::spec::Senders;
pub use crate::model::mechanism::breaker::spec::{Records, Spec as Breaker};
pub use crate::model::mechanism::bulkhead::spec::Spec as Bulkhead;
pub use crate::model::mechanism::class::spec::Spec as Class;
pub use crate::model::mechanism::consumer::spec::Spec as Consumer;
pub use crate::model::mechanism::deadline::spec::Spec as Deadline;
pub use crate::model::mechanism::fault::spec::{Effect, Spec as Fault};
pub use crate::model::mechanism::hedge::spec::{Losers, Spec as Hedge};
pub use crate::model::mechanism::load::spec::{Arrivals, Spacing, Spec as Load, Stage};
pub use crate::model::mechanism::pool::spec::{Permits as Pool, Spec as PoolPermit};
pub use crate::model::mechanism::queue::spec::Spec as Queue;
pub use crate::model::mechanism::retry::budget::spec::RetryBudget;
pub use crate::model::mechanism::retry::spec::{RetryOn, Spec as Retry};
pub use crate::model::mechanism::service::spec::{
    Cancellation, Case, Endpoint, Overload, Spec as Service, Step, Wait,
};
pub use crate::model::mechanism::timeout::spec::Spec as Timeout;
pub use crate::model::spec::clients::Scope;
use crate::model::spec::clients::{is_one, one};
pub use crate::model::spec::distribution::{Distribution, Phase, QuantilePoint};
use crate::model::spec::zones::{self, Zones};

/// The schema version that this release reads and writes.
pub const SCHEMA_VERSION: u32 = 1;

/// A scenario: loads that are sent to one or several systems ("arms") on a virtual clock.
///
/// Entries outside `arms` are common to all arms; an arm adds entries or replaces those of the same
/// name. Arms share the load and the random draws, but no state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Version of the scenario language; this release reads 1.
    #[schemars(range(min = 1))]
    pub schema: u32,
    /// Purpose of the scenario, in a sentence or two. It changes no result.
    #[serde(default)]
    pub about: String,
    /// Seed of every random draw, any 64-bit number. Default 1; `--seed` overrides it.
    #[serde(default = "default_seed")]
    pub seed: u64,
    /// Instant at which the run ends, above 0; unfinished requests count as in flight. Without it,
    /// a run ends when nothing is left to do, and every load must end by itself.
    #[serde(default)]
    #[schemars(extend("dessim:positive" = true))]
    pub duration: Option<Duration>,
    /// Instant at which measurement starts, before the end of `duration`: requests that arrive
    /// earlier are simulated but not counted, and time averages start here. Default 0s.
    #[serde(default)]
    pub warm_up: Duration,
    /// Length of the last part of `duration` whose requests are simulated but not counted, so that
    /// counted requests have time to end. Time averages go on. It needs a `duration`, and leaves
    /// time after `warm_up`. Default 0s.
    #[serde(default)]
    pub cool_down: Duration,
    /// Service level objective, by which an arm is healthy or not. It changes no result.
    #[serde(default)]
    pub objective: Objective,
    /// Order of handovers and other events of one instant, as when several timeouts fire together.
    /// Default Handover.
    #[serde(default)]
    pub ties: Ties,
    /// Width of the bins of time series, above 0. From 10,000 bins on, neighbours are merged. It
    /// changes no result. Default: a round width that gives 80 to 400 bins.
    #[serde(default)]
    #[schemars(extend("dessim:positive" = true))]
    pub sample_every: Option<Duration>,
    /// Loads by name, the same in every arm.
    pub load: BTreeMap<String, Load>,
    /// Services by name.
    #[serde(default)]
    pub services: BTreeMap<String, Service>,
    /// Pools by name: permits that calls of several policies share. Default none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pools: BTreeMap<String, Pool>,
    /// Queues of messages by name, between loads that publish and consumers.
    #[serde(default)]
    pub queues: BTreeMap<String, Queue>,
    /// Groups of consumers by name, which take messages from a queue.
    #[serde(default)]
    pub consumers: BTreeMap<String, Consumer>,
    /// Calls of services and their policies. The key is the name of the load that calls, or of the
    /// call in the handler of a service.
    #[serde(default)]
    pub calls: BTreeMap<String, Call>,
    /// Queues that loads publish to: name of the load to name of the queue.
    #[serde(default)]
    pub publishes: BTreeMap<String, String>,
    /// Faults of services by name.
    #[serde(default)]
    pub faults: BTreeMap<String, Fault>,
    /// Expectations that `dessim test` checks, such as "rpc.latency.end_to_end.p99 < 250ms" or
    /// "recovers within 30s after fault db-slow". They change no result.
    #[serde(default)]
    pub expect: Vec<String>,
    /// Names of lints that `dessim check` does not report, such as "bulkhead-queue-untimed". They
    /// change no result.
    #[serde(default)]
    pub allow: Vec<String>,
    /// Systems by name, to compare under the same load. Default: one, named "main".
    #[serde(default)]
    pub arms: BTreeMap<String, Arm>,
}

fn default_seed() -> u64 {
    1
}

impl Scenario {
    /// Start of the cool-down, from which on arrivals do not count, or [`Instant::NEVER`] without
    /// one.
    #[must_use]
    pub fn measured_until(&self) -> Instant {
        match self.duration {
            Some(duration) if !self.cool_down.is_zero() => {
                let measured = duration.as_ns().saturating_sub(self.cool_down.as_ns());
                Instant::from_ns(measured)
            }
            _ => Instant::NEVER,
        }
    }
}

/// The order of handovers and other events of one instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Ties {
    /// A freed permit, slot or consumer goes to the next in line within the same event, before the
    /// next event of the instant.
    #[default]
    Handover,
    /// All ends of the instant come before any start: then freed permits, slots and consumers go to
    /// those in line together, and arrivals and retries follow.
    Together,
}

/// The service level objective of a system. It decides about phases, `recovers`, `collapses`, `find
/// --capacity` and the verdict of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Objective {
    /// Least ratio of requests that succeed in a healthy arm, in [0, 1]. With 0, an arm is compared
    /// with the time before a trigger alone. Default 0.9.
    #[serde(default = "default_success")]
    pub success: Ratio,
    /// Longest time from arrival to a success that counts for the objective, above 0. Default: the
    /// `deadline` of the load, or no limit.
    #[serde(default)]
    #[schemars(extend("dessim:positive" = true))]
    pub within: Option<Duration>,
}

impl Default for Objective {
    fn default() -> Self {
        Self { success: default_success(), within: None }
    }
}

fn default_success() -> Ratio {
    Ratio::new(0.9).unwrap_or_default()
}

/// One of several systems that get the same load. Its entries are added to the common ones, or
/// replace those of the same name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arm {
    /// Description of the arm, in a sentence. It changes no result.
    #[serde(default)]
    pub about: String,
    /// Services of this arm, added to the common ones or replacing those of the same name.
    #[serde(default)]
    pub services: BTreeMap<String, Service>,
    /// Pools of this arm, added to the common ones or replacing those of the same name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pools: BTreeMap<String, Pool>,
    /// Queues of this arm, added to the common ones or replacing those of the same name.
    #[serde(default)]
    pub queues: BTreeMap<String, Queue>,
    /// Consumers of this arm, added to the common ones or replacing those of the same name.
    #[serde(default)]
    pub consumers: BTreeMap<String, Consumer>,
    /// Calls of this arm. They replace the common call or publication of the same load.
    #[serde(default)]
    pub calls: BTreeMap<String, Call>,
    /// Publications of this arm. They replace the common call or publication of the same load.
    #[serde(default)]
    pub publishes: BTreeMap<String, String>,
    /// Faults of this arm, added to the common ones or replacing those of the same name.
    #[serde(default)]
    pub faults: BTreeMap<String, Fault>,
    /// Names of lints that `dessim check` does not report about entries of this arm.
    #[serde(default)]
    pub allow: Vec<String>,
}

/// A call of a load, or of the handler of a service, to a service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// Service that is called.
    pub to: String,
    /// Name of one of the `endpoints` of the service. Default: the `time` and `handler` of the
    /// service itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// Layers around the call, outermost first: a request passes them inwards, its outcome
    /// outwards. Default none.
    #[serde(default)]
    pub policy: Vec<Layer>,
    /// Number of instances of the caller, at least 1. Each has its own breakers, retry budgets and
    /// bulkheads in `policy`, except those with `scope: Shared`. A request of an open load and a
    /// call of a handler belong to a random instance, a request of a closed loop to one by the
    /// number of its caller. Default 1.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    #[schemars(range(min = 1, max = 1000000))]
    pub clients: u32,
    /// Number of instances in each zone; `clients` is their sum and can be left out. A call of a
    /// handler is made by an instance in the zone of the replica, if that has one. Default none.
    #[serde(default, skip_serializing_if = "Zones::is_empty")]
    pub zones: Zones,
    /// Choice of a replica for each attempt, if the service has several. Default `RoundRobin`.
    #[serde(default, skip_serializing_if = "Balancing::is_default")]
    pub balancing: Balancing,
    /// Most picks that are discarded for an attempt because its call has tried the replica before,
    /// in an earlier attempt or another copy of a hedge. The pick after them counts in any case.
    /// Default 0.
    #[serde(default, skip_serializing_if = "repicks::is_zero")]
    #[schemars(range(max = 1000))]
    pub max_repicks: u32,
    /// Ejection of replicas that fail, by each instance of the caller for itself. Default none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outlier_detection: Option<OutlierDetection>,
}

impl Call {
    /// Those who send the call, and how they choose replicas.
    #[must_use]
    pub fn senders(&self) -> Senders<'_> {
        Senders {
            zones: &self.zones,
            clients: self.all_clients(),
            policy: &self.policy,
            balancing: &self.balancing,
            max_repicks: self.max_repicks,
            outlier_detection: self.outlier_detection.as_ref(),
        }
    }

    /// Number of instances in all zones.
    #[must_use]
    pub fn all_clients(&self) -> u32 {
        zones::count(&self.zones, self.clients)
    }
}
