//! The specification of an adaptive limit.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::algorithm::{
    self, Aimd, Estimate, Gradient2, Gradient2Settings, Jitter, Netflix, Vegas, VegasSettings,
};
use super::envoy::{Envoy, EnvoySettings, MinRtt};
use super::partitions::Partitions;
use super::settings::{Algorithm, Partition, Windowed};
use super::windowed::{WindowSettings, Windowed as WindowedLimit};
use super::words::WORDS;
use super::{Adaptive, AdaptiveLimit, alternatives, lints, partitions};
use crate::kernel::distribution::InvalidDistribution;
use crate::kernel::draw::Site;
use crate::kernel::time::Duration;
use crate::kernel::units::Limit;
use crate::model::mechanism::bulkhead::spec::max_wait_unused;
use crate::model::mechanism::bulkhead::supply::Waiting;
use crate::model::mechanism::retry::spec::RetryOn;
use crate::model::mechanism::{Kind, Layer};
use crate::model::spec::alternative::Alternative;
use crate::model::spec::building::{Building, limit};
use crate::model::spec::clients::Scope;
use crate::model::spec::declaration::Declaration;
use crate::model::spec::finding::Finding;
use crate::model::spec::layer::LayerSpec;
use crate::model::spec::system::{Around, System};

/// Limits the calls inside to a number that follows from how long calls take and how they end.
/// A call above the limit is refused, or waits in line where `queue` lets it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "AdaptiveLimit", deny_unknown_fields)]
#[schemars(inline)]
pub struct Spec {
    /// Algorithm that makes a limit of samples.
    pub algorithm: Algorithm,
    /// Takes the samples of a window as one: their mean time, the most calls inside, and a drop if
    /// any was one. Without it, each call is a sample. Default none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub windowed: Option<Windowed>,
    /// Outcomes that count as drops, if a call ends so. A call whose caller gives up on it counts
    /// as a `Timeout`. Default `Timeout` and `Shed`; none for `EnvoyGradient`, which has no drops.
    #[serde(default = "dropped")]
    pub dropped: Vec<RetryOn>,
    /// Outcomes that are no samples. Default `Error` and `Rejected`; for `EnvoyGradient`
    /// `Rejected` and `Timeout`.
    #[serde(default = "ignored")]
    pub ignored: Vec<RetryOn>,
    /// Places in the line of calls above the limit. Default 0: they are rejected at once.
    #[serde(default = "no_places")]
    pub queue: Limit,
    /// Longest wait in line, after which a call is rejected; "0s" means `queue: 0`. Default: no
    /// limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_wait: Option<Duration>,
    /// Order of the line: first come, first served (`Fifo`), or the last to come first (`Lifo`),
    /// one for each call that ends. Default `Fifo`.
    #[serde(default, skip_serializing_if = "Order::is_fifo")]
    pub order: Order,
    /// Parts of the limit for classes of requests, by the name of the class. While the limit is not
    /// reached, any class may use all of it; then a class has its part, and without one nothing.
    /// Default none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub partitions: BTreeMap<String, Partition>,
    /// Most callers that are held up at once by the `delay` of a partition. Default 100.
    #[serde(default = "hundred", skip_serializing_if = "is_hundred")]
    #[schemars(range(min = 0, max = 1_000_000))]
    pub max_delayed: u32,
    /// With several `clients`, each `Client` has its own limit and line, or they have a `Shared`
    /// one. Default `Client`.
    #[serde(default, skip_serializing_if = "Scope::is_client")]
    pub scope: Scope,
}

fn dropped() -> Vec<RetryOn> {
    vec![RetryOn::Timeout, RetryOn::Shed]
}

fn ignored() -> Vec<RetryOn> {
    vec![RetryOn::Error, RetryOn::Rejected]
}

fn hundred() -> u32 {
    100
}

fn is_hundred(count: &u32) -> bool {
    *count == hundred()
}

fn no_places() -> Limit {
    Limit::AtMost(0)
}

/// The order in which calls leave a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Order {
    /// First come, first served (`BlockingLimiter`).
    #[default]
    Fifo,
    /// The last to come goes first (`LifoBlockingLimiter`).
    Lifo,
}

impl Order {
    fn is_fifo(&self) -> bool {
        *self == Self::Fifo
    }
}

impl Spec {
    fn built_partitions(&self, world: &mut dyn Building) -> Option<Partitions> {
        let mut build = |(class, of): (&String, &Partition)| {
            let delay = of.delay.map(|delay| world.constant(delay));
            let partition = partitions::Partition { share: of.share.get(), delay };
            (partition, world.classes(class))
        };
        let all: Vec<_> = self.partitions.iter().map(&mut build).collect();
        (!all.is_empty()).then(|| Partitions::new(all, self.max_delayed, world.states()))
    }

    /// The state of the limit of a client before its first call.
    #[must_use]
    pub fn state(&self, site: Site, client: u32) -> algorithm::Algorithm {
        let jitter = Jitter::new(site, client);
        let netflix = |initial, estimate| {
            let of = Netflix::new(initial, estimate);
            let Some(Windowed { min, max, samples, shortest }) = self.windowed else {
                return algorithm::Algorithm::Direct(of);
            };
            let settings = WindowSettings { length: (min, max), samples, shortest };
            algorithm::Algorithm::Windowed(WindowedLimit::new(of, settings))
        };
        match self.algorithm {
            Algorithm::Aimd { initial, min, max, backoff, timeout } => {
                let backoff = backoff.get();
                netflix(initial, Estimate::Aimd(Aimd { min, max, backoff, timeout }))
            }
            Algorithm::Vegas { initial, max, smoothing, alpha, beta, probe_multiplier } => {
                let smoothing = smoothing.get();
                let settings = VegasSettings { max, alpha, beta, smoothing, probe_multiplier };
                netflix(initial, Estimate::Vegas(Vegas::new(initial, settings, jitter)))
            }
            Algorithm::Gradient2 {
                initial,
                min,
                max,
                smoothing,
                queue,
                long_window,
                tolerance,
            } => {
                let smoothing = smoothing.get();
                let settings =
                    Gradient2Settings { min, max, smoothing, queue, long_window, tolerance };
                netflix(initial, Estimate::Gradient2(Gradient2::new(initial, settings)))
            }
            Algorithm::EnvoyGradient {
                update_interval,
                measure_every,
                min_rtt,
                requests,
                jitter: added,
                buffer,
                percentile,
                min,
                max,
            } => {
                let measured = MinRtt::Measured {
                    interval: measure_every.unwrap_or_default(),
                    jitter: added.get(),
                    requests: requests.into(),
                };
                let min_rtt = min_rtt.map_or(measured, MinRtt::Pinned);
                let (buffer, percentile) = (buffer.get(), percentile.get());
                let settings =
                    EnvoySettings { min, max, percentile, update_interval, buffer, min_rtt };
                algorithm::Algorithm::Envoy(Envoy::new(settings, jitter))
            }
        }
    }
}

impl LayerSpec for Spec {
    fn build(&self, world: &mut dyn Building) -> Result<(Kind, u32), InvalidDistribution> {
        let longest = self.max_wait.map(|most| world.constant(most));
        let last_first = self.order == Order::Lifo;
        let waiting = Waiting { places: limit(self.queue), longest, last_first };
        let (clients, from, site) = (world.states(), world.measured_from(), world.site("jitter"));
        let limits = (0..clients).map(|client| self.state(site, client)).collect();
        let outcomes = (RetryOn::outcomes(&self.dropped), RetryOn::outcomes(&self.ignored));
        let limit = Adaptive::new((limits, self.built_partitions(world)), outcomes, from);
        Ok(world.machines().add(AdaptiveLimit::of(limit, waiting, clients, from)))
    }

    /// A line with a longest wait has no limit unless it is given one. Envoy takes a sample of
    /// every answer, and of none that was reset.
    fn fill_defaults(&mut self, written: &dyn Fn(&str) -> bool) {
        if !written("queue") && written("max_wait") {
            self.queue = Limit::Unlimited;
        }
        if let Algorithm::EnvoyGradient { .. } = self.algorithm {
            if !written("dropped") {
                self.dropped = Vec::new();
            }
            if !written("ignored") {
                self.ignored = vec![RetryOn::Timeout, RetryOn::Rejected];
            }
        }
    }

    fn normalise(&mut self) {
        for outcomes in [&mut self.dropped, &mut self.ignored] {
            outcomes.sort_unstable();
            outcomes.dedup();
        }
    }

    fn check(&self, _: &Around<'_>, findings: &mut Vec<Finding>) {
        self.rules(findings);
    }

    fn lint(&self, around: &Around<'_>, findings: &mut Vec<Finding>) {
        findings.extend(lints::minimum_above_slots(self, around));
        findings.extend(lints::window_never_fills(self, around));
        findings.extend(max_wait_unused(self.max_wait, self.queue == Limit::AtMost(0)));
    }

    fn alternatives(&self, name: &str, around: &Around<'_>) -> Vec<Alternative<Layer>> {
        alternatives::alternatives(self, name, around)
    }

    fn classes(&self) -> Vec<(&'static str, &str)> {
        self.partitions.keys().map(|class| ("partitions", class.as_str())).collect()
    }

    fn permits(&self, _: &System<'_>) -> Option<u32> {
        let [_, _, max] = self.algorithm.limits();
        Some(max)
    }

    fn scope(&self) -> Scope {
        self.scope
    }
}

/// The declaration of adaptive limits.
pub static DECLARATION: Declaration = Declaration {
    name: "AdaptiveLimit",
    kind: "adaptive_limit",
    lints: lints::LINTS,
    changes: alternatives::CHANGES,
    words: WORDS,
};
