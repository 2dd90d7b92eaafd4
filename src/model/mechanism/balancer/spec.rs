//! A balancer as it is written: values, rules and the words of other tools.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::alternatives;
use super::repicks::REPICKS_WITHOUT_EFFECT;
use crate::kernel::time::Duration;
use crate::kernel::units::Ratio;
use crate::model::mechanism::service::spec::Spec as Service;
use crate::model::spec::declaration::Declaration;
use crate::model::spec::finding::{Finding, Segment};
use crate::model::spec::lint::{Group, Lint};
use crate::model::spec::word::{Word, word};
use crate::model::spec::zones::Zones;

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
    /// In the zone of the caller as far as every replica still gets the same, by another way of
    /// choosing within a zone. Service and caller need `zones`. Envoy's zone aware routing.
    ZoneAware {
        /// Where the service has fewer replicas, zones make no difference. Default 6, Envoy's.
        #[serde(default = "min_cluster_size")]
        min_cluster_size: u32,
        /// Ratio of the attempts that look at zones; the others go to any replica. Default 1.
        #[serde(default = "Ratio::one")]
        routing_enabled: Ratio,
        /// How a replica is chosen within a zone. Default `RoundRobin`.
        #[serde(default)]
        child: Box<Self>,
    },
    /// Each client knows this many of the replicas, and chooses among them: deterministic
    /// subsetting. Every replica is in as many subsets, within one.
    Subset {
        /// Replicas that a client knows, at least 1; all of them if there are no more.
        #[schemars(range(min = 1))]
        size: u32,
        /// How one of them is chosen. Default `RoundRobin`.
        #[serde(default)]
        child: Box<Self>,
    },
}

fn min_cluster_size() -> u32 {
    6
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

    /// The rules and lints of a balancer between these two ends.
    pub fn check(&self, ends: &Ends<'_>, findings: &mut Vec<Finding>) {
        let replicas = ends.replicas();
        match self {
            Self::Weighted(weights) => check_weights(weights, ends.to, replicas, findings),
            Self::ConsistentHash { points, .. } => {
                let all = u64::from(*points) * u64::from(replicas);
                if all > RING_POINTS {
                    let place = [Segment::Variant("ConsistentHash"), Segment::field("points")];
                    let rule = format!("a ring has at most {RING_POINTS} points");
                    let found = format!("{points} for each of {replicas} replicas are {all}");
                    findings.push(Finding::error(&place, rule, found));
                }
            }
            Self::ZoneAware { child, .. } => {
                findings.extend(check_child(child, "ZoneAware"));
                self.zones(ends, findings);
            }
            Self::Subset { size, child } => {
                findings.extend(check_child(child, "Subset"));
                findings.extend(idle(*size, ends));
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

    /// Zone-aware routing needs zones at both ends, some of them the same.
    fn zones(&self, ends: &Ends<'_>, findings: &mut Vec<Finding>) {
        let Self::ZoneAware { min_cluster_size, .. } = *self else { return };
        let place = [Segment::Variant("ZoneAware")];
        let there = &ends.service.zones;
        let names = |zones: &Zones| {
            let quoted: Vec<String> = zones.keys().map(|name| format!("\"{name}\"")).collect();
            quoted.join(", ")
        };
        if there.is_empty() {
            let rule = format!("needs `zones` of the replicas of \"{}\"", ends.to);
            let finding = Finding::error(&place, rule, "it has none");
            findings.push(finding.hint("zones: {\"a\": 3, \"b\": 3} in the service"));
        } else if ends.zones.is_empty() {
            let rule = "needs `zones` of those who send";
            let finding = Finding::error(&place, rule, "there are none beside `balancing`");
            let example: Vec<String> = there.keys().map(|name| format!("\"{name}\": 1")).collect();
            findings.push(finding.hint(format!("zones: {{{}}}", example.join(", "))));
        } else if !ends.zones.keys().any(|name| there.contains_key(name)) {
            let rule = format!("needs a zone in which replicas of \"{}\" stand", ends.to);
            let found = format!("found {}", names(ends.zones));
            let hint = format!("the service has {}", names(there));
            findings.push(Finding::error(&place, rule, found).hint(hint));
        } else if there.len() == 1 || ends.replicas() < min_cluster_size {
            let found = match there.len() {
                1 => format!("all replicas of \"{}\" stand in one zone", ends.to),
                _ => format!(
                    "\"{}\" has {} replicas, and `min_cluster_size` is {min_cluster_size}",
                    ends.to,
                    ends.replicas()
                ),
            };
            let rule = "zones make no difference here";
            let finding = Finding::warning(&ZONES_WITHOUT_EFFECT, &place, rule, found);
            findings.push(finding.hint("a smaller `min_cluster_size`, or the `child` alone"));
        }
    }
}

/// The two ends of a balancer.
#[derive(Clone, Copy, Debug)]
pub struct Ends<'a> {
    /// The name of the service, as messages show it.
    pub to: &'a str,
    /// The service.
    pub service: &'a Service,
    /// How many send to it.
    pub clients: u32,
    /// In which zones they stand.
    pub zones: &'a Zones,
}

impl Ends<'_> {
    pub(super) fn replicas(&self) -> u32 {
        self.service.all_replicas()
    }
}

/// What chooses within a part of the replicas has to be able to do so for each part.
fn check_child(child: &Balancing, of: &'static str) -> Option<Finding> {
    let (found, why) = match child {
        Balancing::ZoneAware { .. } => ("ZoneAware", "parts have no parts"),
        Balancing::Subset { .. } => ("Subset", "parts have no parts"),
        Balancing::Weighted(_) => ("Weighted", "its weights are those of all replicas"),
        Balancing::ConsistentHash { .. } => {
            ("ConsistentHash", "a key would meet another replica in each part")
        }
        Balancing::RoundRobin
        | Balancing::Random
        | Balancing::LeastRequest
        | Balancing::PowerOfTwo
        | Balancing::Choices(_)
        | Balancing::Ewma { .. }
        | Balancing::PeakEwma { .. } => return None,
    };
    let place = [Segment::Variant(of), Segment::field("child")];
    let rule = format!("{found} cannot choose within a part of the replicas");
    let hint = "RoundRobin, Random, LeastRequest, PowerOfTwo, Choices, Ewma and PeakEwma can";
    Some(Finding::error(&place, rule, why).hint(hint))
}

/// Replicas that belong to no subset.
fn idle(size: u32, ends: &Ends<'_>) -> Option<Finding> {
    let known = u64::from(size) * u64::from(ends.clients);
    let replicas = u64::from(ends.replicas());
    if known >= replicas {
        return None;
    }
    let found = format!(
        "{} x {size} = {known} places in subsets, for {replicas} replicas of \"{}\"",
        ends.clients, ends.to
    );
    let place = [Segment::Variant("Subset"), Segment::field("size")];
    let finding =
        Finding::warning(&SUBSETS_LEAVE_IDLE, &place, "some replicas get nothing from here", found);
    Some(finding.hint("larger subsets, or `clients` that say how many send"))
}

pub(crate) static ZONES_WITHOUT_EFFECT: Lint = Lint {
    name: "zones-without-effect",
    group: Group::Writing,
    about: "Zone-aware balancing in front of fewer replicas than `min_cluster_size`, or of one \
            zone.",
    why: "It is switched off there, as in Envoy: attempts go to any replica, across zones.",
    example: r#"services: { "api": Service(time: Constant("1ms"), zones: {"a": 2, "b": 2}) },
calls: { "web": Call(to: "api", zones: {"a": 1, "b": 1}, balancing: ZoneAware()) },"#,
    mended: r#"services: { "api": Service(time: Constant("1ms"), zones: {"a": 3, "b": 3}) },
calls: { "web": Call(to: "api", zones: {"a": 1, "b": 1}, balancing: ZoneAware()) },"#,
};

pub(crate) static SUBSETS_LEAVE_IDLE: Lint = Lint {
    name: "subsets-leave-idle",
    group: Group::Design,
    about: "Subsets of so few clients that some replicas are in none of them.",
    why: "Each client sends to its own subset alone. Where all subsets together have fewer places \
          than there are replicas, some of these get nothing, and the others get their part.",
    example: r#"services: { "api": Service(time: Constant("1ms"), replicas: 20) },
calls: { "web": Call(to: "api", clients: 3, balancing: Subset(size: 5)) },"#,
    mended: r#"services: { "api": Service(time: Constant("1ms"), replicas: 20) },
calls: { "web": Call(to: "api", clients: 40, balancing: Subset(size: 5)) },"#,
};

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
pub static DECLARATION: Declaration = Declaration {
    name: "Balancing",
    kind: "balancer",
    lints: LINTS,
    changes: alternatives::CHANGES,
    words: WORDS,
};

const LINTS: &[&Lint] = &[&SUBSETS_LEAVE_IDLE, &ZONES_WITHOUT_EFFECT, &REPICKS_WITHOUT_EFFECT];

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
    word(&["Balancing"], &["zone_routing", "locality_aware", "prefer_local",
        "topology_aware", "locality_weighted"],
        "that is ZoneAware(child: RoundRobin) here, with `zones` of service and caller"),
    word(&["Balancing"], &["subsetting", "deterministic_subsetting", "random_subsetting",
        "aperture"],
        "that is Subset(size: 20, child: PowerOfTwo) here"),
    word(&["Call", "Consumer"], &["zone", "locality", "availability_zones", "azs"],
        "that is `zones` here, with how many clients stand in each: zones: {\"a\": 9, \"b\": 5}"),
    word(&["Call", "Consumer", "Balancing", "Retry", "Hedge"],
        &["host_selection_retry_max_attempts", "retry_host_predicate", "previous_hosts",
        "avoid_tried", "exclude_tried", "distinct_hosts", "repicks"],
        "that is `max_repicks` of the call or the consumer here, beside `balancing`"),
    word(&["Balancing"], &["ring_hash", "maglev", "hash", "ip_hash"],
        "that is ConsistentHash() here"),
];
