//! A balancer as it is written: values, rules and the words of other tools.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::time::Duration;
use crate::model::spec::declaration::Declaration;
use crate::model::spec::finding::{Finding, Segment};
use crate::model::spec::word::{Word, word};

/// How each attempt's replica is chosen. Whoever chooses knows only what it has sent itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum Balancing {
    /// In turn, from a drawn replica on.
    #[default]
    RoundRobin,
    /// Each with the same probability.
    Random,
    /// The one with the fewest attempts in flight, of all; ties at random.
    LeastRequest,
    /// Of two different ones that are drawn, the one with fewer attempts in flight; the first
    /// drawn if they have as many. Finagle's and tower's.
    PowerOfTwo,
    /// Of so many draws, which may be the same replica several times, the one with the fewest
    /// attempts in flight; the first drawn of those that have as few. `Choices(2)` is Envoy's
    /// `LEAST_REQUEST`.
    Choices(#[schemars(range(min = 1, max = 1000))] u32),
    /// In turn by weight: a replica of weight 2 has twice the turns of one of weight 1. As many
    /// weights as replicas, each above 0.
    Weighted(#[schemars(length(min = 1))] Vec<f64>),
    /// By the key of the call, which meets the same replica at every attempt.
    ConsistentHash {
        /// Points of each replica on the ring, from 1 to 10000; more spread the keys better.
        /// Default 160, as libketama.
        #[serde(default = "points")]
        #[schemars(range(min = 1, max = 10_000))]
        points: u32,
        /// No replica has more in flight than this times the mean, rounded up; what is beyond goes
        /// to the next one on the ring that has room. At least 1. Default: no bound.
        #[serde(default)]
        #[schemars(range(min = 1))]
        bound: Option<f64>,
    },
    /// Of two different ones that are drawn, the one whose answers took less time, as a moving
    /// average that falls towards 0 while nothing comes back. ingress-nginx's.
    Ewma {
        /// After this time what was seen counts 1/e, above 0. Default 10s.
        #[serde(default = "decay")]
        #[schemars(extend("dessim:positive" = true))]
        decay: Duration,
    },
    /// Of two different ones that are drawn, the one with the lower estimate times (attempts in
    /// flight + 1). The estimate is a moving average as in `Ewma` that jumps up at once to a time
    /// above it. Finagle's and Linkerd's.
    PeakEwma {
        /// After this time what was seen counts 1/e, above 0. Default 10s.
        #[serde(default = "decay")]
        #[schemars(extend("dessim:positive" = true))]
        decay: Duration,
        /// The estimate of a replica that has not answered yet. Default 30ms, Linkerd's.
        #[serde(default = "initial")]
        initial: Duration,
    },
}

fn points() -> u32 {
    160
}

fn decay() -> Duration {
    Duration::from_ns(10_000_000_000)
}

fn initial() -> Duration {
    Duration::from_ms(30)
}

/// Points of a ring at most: Envoy's `maximum_ring_size`.
const RING_POINTS: u64 = 8 * 1024 * 1024;

impl Balancing {
    /// True of what is not written.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The rules of a balancer in front of the service `to`, which has so many replicas.
    pub fn check(&self, to: &str, replicas: u32, findings: &mut Vec<Finding>) {
        match self {
            Self::Weighted(weights) => check_weights(weights, to, replicas, findings),
            Self::ConsistentHash { points, .. } => {
                let all = u64::from(*points) * u64::from(replicas);
                if all > RING_POINTS {
                    let place = [Segment::Variant("ConsistentHash"), Segment::field("points")];
                    let rule = format!("a ring has at most {RING_POINTS} points");
                    let found = format!("{points} for each of {replicas} replicas are {all}");
                    findings.push(Finding::error(&place, rule, found));
                }
            }
            Self::RoundRobin
            | Self::Random
            | Self::LeastRequest
            | Self::PowerOfTwo
            | Self::Choices(_)
            | Self::Ewma { .. }
            | Self::PeakEwma { .. } => {}
        }
    }
}

fn check_weights(weights: &[f64], to: &str, replicas: u32, findings: &mut Vec<Finding>) {
    let variant = Segment::Variant("Weighted");
    for (index, weight) in weights.iter().enumerate().filter(|(_, weight)| **weight <= 0.0) {
        let place = [variant.clone(), Segment::Index(index)];
        let finding = Finding::error(&place, "must be above 0", format!("found {weight}"));
        findings.push(finding.hint("a replica that gets nothing is better left out"));
    }
    if weights.len() != replicas as usize {
        let rule = format!("needs a weight for each replica of \"{to}\", which has {replicas}");
        let found = format!("found {}", weights.len());
        findings.push(Finding::error(&[variant], rule, found));
    }
}

/// What is known of it outside a run.
pub static DECLARATION: Declaration =
    Declaration { name: "Balancing", kind: "balancer", lints: &[], words: WORDS };

/// What other tools call it and its parts.
#[rustfmt::skip]
const WORDS: &[Word] = &[
    word(&["Call", "Consumer"], &["balancer", "load_balancing", "load_balancer", "lb_policy", "lb"],
        "that is `balancing` here"),
    word(&["Service"], &["balancing", "load_balancing", "load_balancer", "lb_policy", "lb"],
        "whoever sends chooses: `balancing` belongs to `calls` and `consumers`"),
    word(&["Balancing"], &["p2c", "p2_c", "two_choices", "power_of_two_choices"],
        "that is PowerOfTwo here"),
    word(&["Balancing"], &["least_connections", "least_conn", "least_loaded", "least_outstanding",
        "leastconn"],
        "that is LeastRequest here"),
    word(&["Balancing"], &["ring_hash", "maglev", "hash", "ip_hash"],
        "that is ConsistentHash() here"),
];
