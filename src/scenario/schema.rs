//! The scenario file as types: what can be written, with units, ranges and defaults.
//!
//! These doc comments are the reference: `dessim schema` publishes them. What a mechanism can be
//! set to stands beside the mechanism, in its `spec.rs`; here is what joins mechanisms to a
//! scenario. Nothing here checks more than the shape of one value; names that must exist and fields
//! that must agree are the business of [`super::check`].

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::time::{Duration, Instant};
use crate::kernel::units::Ratio;

pub use crate::model::mechanism::Layer;
pub use crate::model::mechanism::backoff::spec::{Backoff, Jitter};
use crate::model::mechanism::balancer::repicks;
pub use crate::model::mechanism::balancer::spec::Balancing;
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
pub use crate::model::mechanism::retry::spec::{RetryBudget, RetryOn, Spec as Retry};
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

/// A scenario: one load, sent to one or several systems ("arms") on a virtual clock.
///
/// What stands outside `arms` is common to all of them; an arm adds entries or replaces those of
/// the same name. Arms never share state, only load and luck.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Version of the scenario language; this release reads 1.
    #[schemars(range(min = 1))]
    pub schema: u32,
    /// What the scenario shows, in a sentence or two. It changes no result.
    #[serde(default)]
    pub about: String,
    /// Seed of every random draw, any 64-bit number. Default 1; `--seed` overrides it.
    #[serde(default = "default_seed")]
    pub seed: u64,
    /// The run stops before this instant, and what is unfinished counts as in flight; above 0.
    /// Without it a run ends when nothing is left to do, and every load must end by itself.
    #[serde(default)]
    #[schemars(extend("dessim:positive" = true))]
    pub duration: Option<Duration>,
    /// Requests that arrive before this instant are simulated but not counted, and time averages
    /// start here. Default 0s; must be shorter than `duration`.
    #[serde(default)]
    pub warm_up: Duration,
    /// The counterpart of `warm_up`: the load goes on for the last stretch of this length, and its
    /// requests are simulated but not counted, so that what is counted has time to end. Time
    /// averages of levels go on. Default 0s; needs a `duration`, and leaves something to measure.
    #[serde(default)]
    pub cool_down: Duration,
    /// What the system promises: by this it is judged whether an arm is well, beside the
    /// comparison with the time before a trigger. It changes no result.
    #[serde(default)]
    pub objective: Objective,
    /// What happens between two events of one instant, as when several timeouts fire together.
    /// Default Handover.
    #[serde(default)]
    pub ties: Ties,
    /// Width of the bins of time series, above 0. It changes no result. From 10,000 bins on
    /// neighbours are merged. Default: whatever gives between 80 and 400 bins of a round width.
    #[serde(default)]
    #[schemars(extend("dessim:positive" = true))]
    pub sample_every: Option<Duration>,
    /// What arrives, by name. The same in every arm.
    pub load: BTreeMap<String, Load>,
    /// Services that do the work, by name.
    #[serde(default)]
    pub services: BTreeMap<String, Service>,
    /// Permits that calls of several policies share, by name. Default none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pools: BTreeMap<String, Pool>,
    /// Bounded queues between publishers and consumers, by name.
    #[serde(default)]
    pub queues: BTreeMap<String, Queue>,
    /// Groups of consumers that take messages from a queue, by name.
    #[serde(default)]
    pub consumers: BTreeMap<String, Consumer>,
    /// Who calls which service, and under which policy; the keys are names of loads, and of the
    /// calls that handlers of services make.
    #[serde(default)]
    pub calls: BTreeMap<String, Call>,
    /// Which load publishes to which queue: name of the load to name of the queue.
    #[serde(default)]
    pub publishes: BTreeMap<String, String>,
    /// What goes wrong with a service from one instant to another, by name.
    #[serde(default)]
    pub faults: BTreeMap<String, Fault>,
    /// What must be so, in sentences: "rpc.latency.end_to_end.p99 < 250ms", "recovers within 30s
    /// after fault db-slow". `dessim test` holds runs against them. They change no result.
    #[serde(default)]
    pub expect: Vec<String>,
    /// Lints that `dessim check` is not to warn of, by name: "bulkhead-queue-untimed". They change
    /// no result.
    #[serde(default)]
    pub allow: Vec<String>,
    /// Systems to compare under the same load. Without any there is one, named "main".
    #[serde(default)]
    pub arms: BTreeMap<String, Arm>,
}

fn default_seed() -> u64 {
    1
}

impl Scenario {
    /// The instant from which on arrivals no longer count: the beginning of the cool-down, or
    /// [`Instant::NEVER`] without one.
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

/// What happens between two events of one instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Ties {
    /// A permit, a slot or a consumer that comes free goes to the next in line in the same event,
    /// before the next event of the instant.
    #[default]
    Handover,
    /// All that ends at the instant ends before anything starts: what came free together is
    /// handed on together, then what arrives or is tried again goes down.
    Together,
}

/// What the requests of an arm may expect. Phases, `recovers`, `collapses`, `find --capacity` and
/// the verdict of a run are judged by it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Objective {
    /// The least ratio of requests that succeed while an arm is well, in [0, 1]; with 0 only the
    /// time before a trigger is compared with. Default 0.9.
    #[serde(default = "usual_success")]
    pub success: Ratio,
    /// A request that succeeds later than this after its arrival does not count as a success for
    /// the objective, above 0. Default: the `deadline` of its load, or any time.
    #[serde(default)]
    #[schemars(extend("dessim:positive" = true))]
    pub within: Option<Duration>,
}

impl Default for Objective {
    fn default() -> Self {
        Self { success: usual_success(), within: None }
    }
}

fn usual_success() -> Ratio {
    Ratio::new(0.9).unwrap_or_default()
}

/// One of several systems that the same load is sent to: adds to what is common, or replaces
/// entries of the same name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arm {
    /// What this arm is, in a sentence. It changes no result.
    #[serde(default)]
    pub about: String,
    /// Services of this arm only, or replacing common ones.
    #[serde(default)]
    pub services: BTreeMap<String, Service>,
    /// Pools of this arm only, or replacing common ones.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pools: BTreeMap<String, Pool>,
    /// Queues of this arm only, or replacing common ones.
    #[serde(default)]
    pub queues: BTreeMap<String, Queue>,
    /// Consumers of this arm only, or replacing common ones.
    #[serde(default)]
    pub consumers: BTreeMap<String, Consumer>,
    /// Calls of this arm; replaces the common route of the same load, whichever kind it is.
    #[serde(default)]
    pub calls: BTreeMap<String, Call>,
    /// Publications of this arm; replaces the common route of the same load.
    #[serde(default)]
    pub publishes: BTreeMap<String, String>,
    /// Faults of this arm only, or replacing common ones.
    #[serde(default)]
    pub faults: BTreeMap<String, Fault>,
    /// Lints that are not warned of in what is written in this arm, by name.
    #[serde(default)]
    pub allow: Vec<String>,
}

/// A call from a load, or from the handler of a service, to a service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The service.
    pub to: String,
    /// What it asks for: one of the service's `endpoints`. Default: what the service does for
    /// whoever names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// Layers around the call, outermost first: a request goes down through them and its outcome
    /// comes up. Default none.
    #[serde(default)]
    pub policy: Vec<Layer>,
    /// How many instances the caller has, at least 1: each has its own breakers, retry budgets and
    /// bulkheads in `policy`, where these do not say `scope: Shared`. A request of an open load
    /// belongs to an instance by chance, one of a closed loop by the number of its caller, and a
    /// call of a handler by chance. Default 1.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    #[schemars(range(min = 1, max = 1000000))]
    pub clients: u32,
    /// In which zones they stand, and how many in each: `clients` is their sum and may be left
    /// out. A call of a handler is made by a client in the zone of the replica that makes it, where
    /// that stands in one. Default none.
    #[serde(default, skip_serializing_if = "Zones::is_empty")]
    pub zones: Zones,
    /// How each attempt's replica is chosen, where the service has several. Default `RoundRobin`.
    #[serde(default, skip_serializing_if = "Balancing::is_default")]
    pub balancing: Balancing,
    /// How often a replica is picked anew, at most, for an attempt that would go to one that its
    /// call has tried before, by an earlier attempt or by another copy of a hedge; then it goes
    /// there all the same. At most 1000. Default 0.
    #[serde(default, skip_serializing_if = "repicks::is_none")]
    #[schemars(range(max = 1000))]
    pub max_repicks: u32,
}

impl Call {
    /// How many instances the caller has, in all zones.
    #[must_use]
    pub fn all_clients(&self) -> u32 {
        zones::count(&self.zones, self.clients)
    }
}
