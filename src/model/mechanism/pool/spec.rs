//! The specifications of a pool: its permits, and the layer that takes one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Pool;
use crate::kernel::distribution::InvalidDistribution;
use crate::kernel::time::Duration;
use crate::kernel::units::Limit;
use crate::model::mechanism::bulkhead::alternatives::{
    BULKHEAD_QUEUE, MAX_WAIT, PERMITS, bounded_line, longest_waits, numbers_of_permits,
};
use crate::model::mechanism::bulkhead::spec::max_wait_unused;
use crate::model::mechanism::service::spec::Cancellation;
use crate::model::mechanism::{Kind, Layer};
use crate::model::spec::alternative::{Alternative, with};
use crate::model::spec::building::{Building, limit};
use crate::model::spec::clients::Scope;
use crate::model::spec::declaration::Declaration;
use crate::model::spec::finding::Finding;
use crate::model::spec::layer::LayerSpec;
use crate::model::spec::lint::{Group, Lint};
use crate::model::spec::part::PartSpec;
use crate::model::spec::system::{Around, Pipeline, System, shortest_timeout};
use crate::model::spec::word::{Word, word};

/// Permits that the calls of several policies share, such as the threads of a host or the
/// connections of a client. A call takes one at the layer `Pool("name")` of its policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Pool", deny_unknown_fields)]
pub struct Permits {
    /// Most calls that hold a permit at once, at least 1.
    #[schemars(range(min = 1))]
    pub permits: u32,
    /// Places in the line for a permit, for all policies together. Calls that find the line full
    /// are rejected at once. Default "unlimited".
    #[serde(default)]
    pub queue: Limit,
    /// Longest wait for a permit, after which a call is rejected. It bounds the time in line and
    /// not the call inside; "0s" means `queue: 0`. Default: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_wait: Option<Duration>,
}

/// Takes a permit of the pool of this name and holds it until the call inside has ended. Calls of
/// all policies wait in one line, first come, first served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Pool", transparent)]
#[schemars(inline)]
pub struct Spec {
    /// Name of the pool, an entry of `pools`.
    pub name: String,
}

impl Permits {
    /// Adds the machine of the pool to a world and returns the machine's kind and number.
    pub fn build(&self, world: &mut dyn Building) -> (Kind, u32) {
        let max_wait = self.max_wait.map(|most| world.constant(most));
        let permits = (u64::from(self.permits), None);
        let line = (limit(self.queue), max_wait);
        let pool = Pool::new(permits, line, 1, world.measured_from());
        world.machines().add(pool)
    }
}

impl PartSpec for Permits {
    fn check(&self, _: Option<Duration>, _: &mut Vec<Finding>) {}

    fn lint(&self, _: &str, _: &System<'_>, findings: &mut Vec<Finding>) {
        findings.extend(max_wait_unused(self.max_wait, self.queue == Limit::AtMost(0)));
    }

    /// Half and twice the permits, a bounded line, and other longest waits.
    fn alternatives(&self, name: &str, _: &System<'_>) -> Vec<Alternative<Self>> {
        let permits = numbers_of_permits(name, self.permits)
            .map(|(change, to)| Alternative::new(change, with(self, |spec| spec.permits = to)));
        let line = bounded_line(name, self.permits, self.queue)
            .map(|(change, line)| Alternative::new(change, with(self, |spec| spec.queue = line)));
        let waits = longest_waits(name, self.max_wait).into_iter().map(|(change, to)| {
            Alternative::new(change, with(self, |spec| spec.max_wait = Some(to)))
        });
        permits.chain(line).chain(waits).collect()
    }
}

impl LayerSpec for Spec {
    fn build(&self, _: &mut dyn Building) -> Result<(Kind, u32), InvalidDistribution> {
        unreachable!("a pool is built where it is defined")
    }

    /// None: the what-ifs of a pool change all of its layers at once.
    fn alternatives(&self, _: &str, _: &Around<'_>) -> Vec<Alternative<Layer>> {
        Vec::new()
    }

    fn seat_of(&self) -> Option<&str> {
        Some(&self.name)
    }

    fn check(&self, around: &Around<'_>, findings: &mut Vec<Finding>) {
        let same = |layer: &Layer| matches!(layer, Layer::Pool(other) if other == self);
        if around.outside().iter().any(same) {
            let rule = "a policy takes one permit of a pool at most";
            let found = format!("a layer outside it holds one of {:?} already", self.name);
            let hint = "leave one out: once all permits are taken so, each call waits for another \
                        for ever";
            findings.push(Finding::error(&[], rule, found).hint(hint));
        }
    }

    fn lint(&self, around: &Around<'_>, findings: &mut Vec<Finding>) {
        findings.extend(self.waits_for_itself(around));
    }

    fn scope(&self) -> Scope {
        Scope::Shared
    }

    fn permits(&self, system: &System<'_>) -> Option<u32> {
        system.pools.get(self.name.as_str()).map(|pool| pool.permits)
    }
}

impl Spec {
    fn waits_for_itself(&self, around: &Around<'_>) -> Option<Finding> {
        let pool = around.system.pools.get(self.name.as_str())?;
        let waits = pool.queue != Limit::AtMost(0) && pool.max_wait.is_none();
        let given_up = shortest_timeout(around.pipeline.policy).is_some()
            || is_cancelled(around.pipeline, around.system);
        if !waits || given_up {
            return None;
        }
        let unbounded = |policy: &[Layer]| {
            let same = |layer: &Layer| matches!(layer, Layer::Pool(other) if other == self);
            let inner = policy.iter().position(same);
            inner.is_some_and(|inner| shortest_timeout(&policy[..inner]).is_none())
        };
        let calls = around.system.calls_below(around.pipeline.to);
        let inner = calls.iter().find(|call| unbounded(call.policy))?;
        let permits = pool.permits;
        let rule = "a call that holds a permit of a pool waits for a second one of the same";
        let found = format!(
            "the call {:?}, which is made below it, takes one of {:?} too: once {permits} such \
             calls hold all of them, each waits for ever",
            inner.name, self.name
        );
        let hint = "give the inner call a pool of its own, or bound the wait with max_wait";
        Some(Finding::warning(&POOL_WAITS_FOR_ITSELF, &[], rule, found).hint(hint))
    }
}

/// True if the calls of the pipeline end because a layer above gives up on the service that makes
/// them.
fn is_cancelled(pipeline: &Pipeline<'_>, system: &System<'_>) -> bool {
    let Some(maker) = system.maker(pipeline) else { return false };
    let service = system.services.get(maker);
    service.is_some_and(|service| service.cancellation == Cancellation::Immediate)
        && system
            .to(maker)
            .all(|above| shortest_timeout(above.policy).is_some() || is_cancelled(above, system))
}

/// The declaration of pools.
pub static DECLARATION: Declaration = Declaration {
    name: "Pool",
    kind: "pool",
    lints: &[&POOL_WAITS_FOR_ITSELF],
    changes: &[&PERMITS, &BULKHEAD_QUEUE, &MAX_WAIT],
    words: WORDS,
};

pub(crate) static POOL_WAITS_FOR_ITSELF: Lint = Lint {
    name: "pool-waits-for-itself",
    group: Group::Design,
    about: "A call that holds a permit of a pool while a call below it waits for another one.",
    why: "Once all permits are held by calls that wait for a second one, none ever comes back: a \
          deadlock, which takes no more than a burst. Each tier needs threads or connections of \
          its own, or a longest wait after which one of them gives up.",
    example: r#"pools: { "threads": Pool(permits: 10) },
services: {
    "api": Service(time: Constant("5ms"), handler: [Call("store")]),
    "db": Service(time: Constant("5ms")),
},
calls: {
    "web": Call(to: "api", policy: [Pool("threads")]),
    "store": Call(to: "db", policy: [Pool("threads")]),
},"#,
    mended: r#"pools: { "threads": Pool(permits: 10), "connections": Pool(permits: 10) },
services: {
    "api": Service(time: Constant("5ms"), handler: [Call("store")]),
    "db": Service(time: Constant("5ms")),
},
calls: {
    "web": Call(to: "api", policy: [Pool("threads")]),
    "store": Call(to: "db", policy: [Pool("connections")]),
},"#,
};

/// Names that other tools have, with hints.
#[rustfmt::skip]
const WORDS: &[Word] = &[
    word(&["Pool"], &["capacity", "size", "limit", "concurrency", "slots", "max_connections",
        "pool_size", "maximum_pool_size", "max_pool_size", "core_size", "threads", "max_threads",
        "max_open_conns", "max_active", "max_total"],
        "that is `permits` here"),
    word(&["Pool"], &["queue_limit", "max_pending_requests", "queue_capacity", "max_queue",
        "max_queue_size", "queue_size", "max_queued", "max_pending", "waiters", "wait_queue_size"],
        "that is `queue` here"),
    word(&["Pool"], &["max_wait_duration", "wait_timeout", "queue_timeout", "acquire_timeout",
        "connection_timeout", "timeout", "wait", "max_wait_millis", "checkout_timeout"],
        "the longest wait for a permit is `max_wait` here"),
    word(&["Layer"], &["thread_pool", "connection_pool"],
        "that is Pool(\"name\") here, with the number in pools: {\"name\": Pool(permits: 20)}"),
    word(&["Scenario", "Arm"], &["thread_pools", "connection_pools", "threads", "connections"],
        "that is `pools` here: pools: {\"db-connections\": Pool(permits: 20)}"),
];
