//! The specification of a bulkhead.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::growth::Growth;
use super::lints::{self, BULKHEAD_BELOW_LOAD};
use super::{Bulkhead, alternatives};
use crate::kernel::distribution::InvalidDistribution;
use crate::kernel::time::Duration;
use crate::kernel::units::Limit;
use crate::model::mechanism::load::spec::Arrivals;
use crate::model::mechanism::{Kind, Layer};
use crate::model::spec::alternative::{Addition, Alternative};
use crate::model::spec::building::{Building, limit};
use crate::model::spec::clients::Scope;
use crate::model::spec::declaration::Declaration;
use crate::model::spec::finding::{Finding, Segment};
use crate::model::spec::layer::LayerSpec;
use crate::model::spec::lint::{Group, Lint, shown};
use crate::model::spec::system::{Around, Pipeline, Source, System, longest_ns, shortest_timeout};
use crate::model::spec::word::{Word, word};

/// Limits the calls inside; further calls wait in line, first come, first served. `Bulkhead()` is
/// that of resilience4j: 25 permits and no line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Bulkhead", deny_unknown_fields)]
#[schemars(inline)]
pub struct Spec {
    /// Most calls inside at once, at least 1. Default 25.
    #[serde(default = "permits")]
    #[schemars(range(min = 1))]
    pub permits: u32,
    /// Places in the line for a permit. Calls that find the line full are rejected at once. Default
    /// "unlimited", or 0 if neither `permits` nor `max_wait` is given.
    #[serde(default)]
    pub queue: Limit,
    /// Longest wait for a permit, after which a call is rejected. It bounds the time in line and
    /// not the call inside; "0s" means `queue: 0`. Default: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_wait: Option<Duration>,
    /// Most calls inside once the line is full, at least `permits`: a call that finds it full gets
    /// a further permit, ahead of those in line. So do the threads of Java's `ThreadPoolExecutor`,
    /// whose `corePoolSize` is `permits` and whose `maximumPoolSize` is this. Default: as many as
    /// `permits`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub max_permits: Option<u32>,
    /// Time without a call after which a further permit is gone. Default "20ms", with
    /// `max_permits`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_alive: Option<Duration>,
    /// With several `clients`, each `Client` has its own permits and line, or they have a `Shared`
    /// set. Default `Client`.
    #[serde(default, skip_serializing_if = "Scope::is_client")]
    pub scope: Scope,
}

fn permits() -> u32 {
    25
}

/// resilience4j's `keepAliveDuration`.
const KEEP_ALIVE: Duration = Duration::from_ms(20);

pub(crate) static MAX_PERMITS_UNUSED: Lint = Lint {
    name: "max-permits-unused",
    group: Group::Writing,
    about: "Further permits for when the line of a bulkhead is full, and a line without an end.",
    why: "Java's thread pools grow beyond their core only when the queue is full, so with an \
          unbounded queue, such as a `LinkedBlockingQueue` of no given size, `maximumPoolSize` \
          has no effect, however long the queue is.",
    example: r#"calls: { "web": Call(to: "api", policy: [
    Timeout("1s"),
    Bulkhead(permits: 10, max_permits: 50),
]) },"#,
    mended: r#"calls: { "web": Call(to: "api", policy: [
    Timeout("1s"),
    Bulkhead(permits: 10, queue: 20, max_permits: 50),
]) },"#,
};

pub(crate) static BULKHEAD_QUEUE_UNTIMED: Lint = Lint {
    name: "bulkhead-queue-untimed",
    group: Group::Design,
    about: "A bulkhead with an unlimited line, outside every timeout of its policy.",
    why: "The timeout inside it bounds the try and not the wait for a permit, which nothing \
          bounds: in trouble nearly everything still succeeds, many seconds late. Give the line a \
          limit, of places or of the time in it, or put a timeout outside the bulkhead.",
    example: r#"calls: {
    "web": Call(to: "api", policy: [Bulkhead(permits: 10), Timeout("500ms")]),
},"#,
    mended: r#"calls: {
    "web": Call(to: "api", policy: [Bulkhead(permits: 10, queue: 20), Timeout("500ms")]),
},"#,
};

pub(crate) static MAX_WAIT_UNUSED: Lint = Lint {
    name: "max-wait-unused",
    group: Group::Writing,
    about: "A longest wait, of a bulkhead, a pool or a service, where nobody waits.",
    why: "With `queue: 0`, and at a service with `slots: \"unlimited\"`, nobody ever stands in \
          line, so no wait can be too long. `queue` bounds how many wait and `max_wait` for how \
          long; either can be left out.",
    example: r#"calls: {
    "web": Call(to: "api", policy: [Bulkhead(permits: 10, queue: 0, max_wait: "1s")]),
},"#,
    mended: r#"calls: {
    "web": Call(to: "api", policy: [Bulkhead(permits: 10, max_wait: "1s")]),
},"#,
};

/// Warns of a longest wait without a line. "0s" is no mistake: it means that there is no line.
pub(in crate::model::mechanism) fn max_wait_unused(
    max_wait: Option<Duration>,
    nobody_waits: bool,
) -> Option<Finding> {
    let most = max_wait.filter(|most| nobody_waits && !most.is_zero())?;
    let rule = "this longest wait has no effect";
    let found = format!("nobody waits here, for {most} or less");
    let place = [Segment::field("max_wait")];
    let finding = Finding::warning(&MAX_WAIT_UNUSED, &place, rule, found);
    Some(finding.hint("leave it out, or let some wait"))
}

impl LayerSpec for Spec {
    fn build(&self, world: &mut dyn Building) -> Result<(Kind, u32), InvalidDistribution> {
        let max_wait = self.max_wait.map(|most| world.constant(most));
        let (clients, from) = (world.states(), world.measured_from());
        let further = u64::from(self.most_permits() - self.permits);
        let keep_alive = self.keep_alive.unwrap_or(KEEP_ALIVE);
        let growth = (further > 0).then(|| Growth::new(further, keep_alive, clients));
        let permits = (u64::from(self.permits), growth);
        let bulkhead = Bulkhead::new(permits, (limit(self.queue), max_wait), clients, from);
        Ok(world.machines().add(bulkhead))
    }

    /// `Bulkhead()` has no line; one with `permits` or `max_wait` has an unlimited line.
    fn fill_defaults(&mut self, written: &dyn Fn(&str) -> bool) {
        if !written("permits") && !written("queue") && !written("max_wait") {
            self.queue = Limit::AtMost(0);
        }
    }

    fn check(&self, _: &Around<'_>, findings: &mut Vec<Finding>) {
        findings.extend(self.growth_without_room());
    }

    fn lint(&self, around: &Around<'_>, findings: &mut Vec<Finding>) {
        findings.extend(self.queue_untimed(around));
        findings.extend(max_wait_unused(self.max_wait, self.queue == Limit::AtMost(0)));
        findings.extend(self.max_permits_unused());
        findings.extend(lints::below_load(self, around));
    }

    fn alternatives(&self, name: &str, around: &Around<'_>) -> Vec<Alternative<Layer>> {
        let alternatives = alternatives::alternatives(self, name, (around.pipeline, around.system));
        alternatives.into_iter().map(|alternative| alternative.map(Layer::Bulkhead)).collect()
    }

    fn addition(pipeline: &Pipeline<'_>, system: &System<'_>) -> Option<Addition> {
        alternatives::addition(pipeline, system)
    }

    fn permits(&self, _: &System<'_>) -> Option<u32> {
        Some(self.most_permits())
    }

    fn scope(&self) -> Scope {
        self.scope
    }
}

impl Spec {
    /// Most calls inside.
    pub(super) fn most_permits(&self) -> u32 {
        self.max_permits.unwrap_or(self.permits)
    }

    fn growth_without_room(&self) -> Option<Finding> {
        let permits = self.permits;
        let Some(most) = self.max_permits else {
            let found = format!("found keep_alive: {}", self.keep_alive?);
            let rule = "only further permits, which `max_permits` allows, are gone after a time";
            let finding = Finding::error(&[Segment::field("keep_alive")], rule, found);
            return Some(finding.hint("give max_permits, or leave `keep_alive` out"));
        };
        let found = format!("found max_permits: {most}, permits: {permits}");
        let rule = "the most permits are at least `permits`";
        let finding = Finding::error(&[Segment::field("max_permits")], rule, found);
        (most < permits).then(|| finding.hint("give `permits` and `max_permits` together"))
    }

    /// Warns of further permits that no call ever gets.
    fn max_permits_unused(&self) -> Option<Finding> {
        let most = self.max_permits?;
        let endless = self.queue == Limit::Unlimited && most > self.permits;
        let rule = "the line is never full, so no further permit is made";
        let found = format!("found max_permits: {most} and an unlimited line");
        let place = [Segment::field("max_permits")];
        let finding = || Finding::warning(&MAX_PERMITS_UNUSED, &place, rule, found);
        endless.then(|| finding().hint("give the line a limit: queue: 100"))
    }

    /// Warns of an unlimited line outside all timeouts.
    fn queue_untimed(&self, around: &Around<'_>) -> Option<Finding> {
        let most_calls = match around.pipeline.source? {
            // A consumer waits for the outcome before it sends again, so the group bounds the line.
            Source::Consumer(_) => return None,
            Source::Load(load) => match load.arrivals {
                Arrivals::ClosedLoop { .. } => return None,
                Arrivals::Bursts { .. }
                | Arrivals::Constant { .. }
                | Arrivals::Poisson { .. }
                | Arrivals::Renewal { .. }
                | Arrivals::Stages { .. } => load.total.unwrap_or(u64::MAX),
            },
        };
        let outside = around.outside();
        let bounded = outside.iter().any(|layer| layer.spec().permits(around.system).is_some())
            || shortest_timeout(outside).is_some()
            || self.max_wait.is_some()
            || self.queue != Limit::Unlimited;
        let permits = self.permits;
        let waiting = most_calls.saturating_sub(u64::from(permits)).min(1_000);
        let hold = longest_ns(around.inside()).filter(|_| !bounded && waiting > 0)?;
        let found = format!(
            "timeouts inside it let a permit be held for {hold}: {waiting} in line wait \
             {waiting} x {hold} / {permits} = {}",
            shown(waiting as f64 * hold / f64::from(permits)),
            hold = shown(hold)
        );
        let rule = "nothing bounds the wait for a permit of this bulkhead";
        let hint = "give its line a limit (queue: 0 lets nobody wait, max_wait: \"1s\" nobody \
                    longer), or put a Timeout outside it";
        Some(Finding::warning(&BULKHEAD_QUEUE_UNTIMED, &[], rule, found).hint(hint))
    }
}

/// The declaration of bulkheads.
pub static DECLARATION: Declaration = Declaration {
    name: "Bulkhead",
    kind: "bulkhead",
    lints: &[&BULKHEAD_BELOW_LOAD, &BULKHEAD_QUEUE_UNTIMED, &MAX_WAIT_UNUSED, &MAX_PERMITS_UNUSED],
    changes: alternatives::CHANGES,
    words: WORDS,
};

/// Names that other tools have, with hints.
#[rustfmt::skip]
const WORDS: &[Word] = &[
    word(&["Bulkhead"], &["capacity", "size", "limit", "concurrency", "slots",
        "max_concurrent_calls", "max_concurrent", "max_concurrency", "max_concurrent_requests",
        "max_requests", "permit_limit", "max_connections", "pool_size", "maximum_pool_size",
        "max_pool_size", "core_size", "threads", "core_pool_size", "core_thread_pool_size"],
        "that is `permits` here"),
    word(&["Bulkhead"], &["max_thread_pool_size", "maximum_size", "max_threads"],
        "that is `max_permits` here"),
    word(&["Bulkhead"], &["keep_alive_duration", "keep_alive_time", "keep_alive_time_minutes"],
        "that is `keep_alive` here"),
    word(&["Bulkhead"], &["queue_size_rejection_threshold"],
        "that is `queue` here, if it is less than the size of the queue: then no thread is added \
         to the core"),
    word(&["Bulkhead"], &["queue_limit", "max_pending_requests", "queue_capacity", "max_queue",
        "max_queue_size", "queue_size", "max_queued", "max_pending", "waiters"],
        "that is `queue` here"),
    word(&["Bulkhead"], &["max_wait_duration", "wait_timeout", "queue_timeout",
        "acquire_timeout", "connection_timeout", "timeout", "wait"],
        "the longest wait for a permit is `max_wait` here; a Timeout outside bounds wait and work \
         together"),
    word(&["Layer"], &["thread_pool_bulkhead", "thread_pool_executor"],
        "that is Bulkhead(permits: 10, queue: 100, max_permits: 20) here"),
    word(&["Layer"], &["concurrency_limit", "concurrency_limiter", "semaphore", "limiter"],
        "that is Bulkhead(permits: 25, queue: 0) here"),
    word(&[], &["bulkhead", "max_concurrent_calls"],
        "that is a layer of a policy: policy: [Bulkhead(permits: 40)]"),
];
