//! The specification of a balancer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::alternatives;
use super::outliers::spec::{OUTLIERS_NEVER_EJECTED, Spec as OutlierDetection};
use super::repicks::{self, REPICKS_WITHOUT_EFFECT};
use crate::kernel::time::Duration;
use crate::kernel::units::Ratio;
use crate::model::mechanism::Layer;
use crate::model::mechanism::service::spec::Spec as Service;
use crate::model::spec::declaration::Declaration;
use crate::model::spec::finding::{Finding, Segment};
use crate::model::spec::lint::{Group, Lint};
use crate::model::spec::word::{Word, word};
use crate::model::spec::zones::Zones;

/// How a caller chooses a replica for each attempt. It knows only the attempts that it has sent
/// itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum Balancing {
    /// In turn, starting at a random replica.
    #[default]
    RoundRobin,
    /// Any replica, with equal probability.
    Random,
    /// The replica with the fewest attempts in flight; ties at random.
    LeastRequest,
    /// Of two different random replicas, the one with fewer attempts in flight; the first drawn in
    /// a tie (Finagle, tower).
    PowerOfTwo,
    /// Of this number of random draws, which can repeat a replica, the one with the fewest attempts
    /// in flight; the first drawn in a tie. `Choices(2)` is Envoy's `LEAST_REQUEST`.
    Choices(#[schemars(range(min = 1, max = 1000))] u32),
    /// In turn by weight: a replica of weight 2 has twice the turns of one of weight 1. One weight
    /// for each replica, above 0.
    Weighted(#[schemars(length(min = 1))] Vec<f64>),
    /// By the key of the request on a hash ring: all attempts with one key go to the same replica.
    ConsistentHash {
        /// Points of each replica on the ring, from 1 to 10000; more points spread keys more
        /// evenly. Default 160, as in libketama.
        #[serde(default = "points")]
        #[schemars(range(min = 1, max = 10_000))]
        points: u32,
        /// Most attempts in flight at a replica: this multiple of the mean, rounded up. Further
        /// attempts go to the next replica on the ring with room. At least 1. Default: no bound.
        #[serde(default)]
        #[schemars(range(min = 1))]
        bound: Option<f64>,
    },
    /// Of two different random replicas, the one with the shorter average answer time. The moving
    /// average falls towards 0 while there are no answers (ingress-nginx).
    Ewma {
        /// Time in which the weight of an answer falls to 1/e, above 0. Default 10s.
        #[serde(default = "decay")]
        #[schemars(extend("dessim:positive" = true))]
        decay: Duration,
    },
    /// Of two different random replicas, the one with the lower average x (attempts in flight + 1).
    /// The average is that of `Ewma`, but rises at once to an answer time above it (Finagle,
    /// Linkerd).
    PeakEwma {
        /// Time in which the weight of an answer falls to 1/e, above 0. Default 10s.
        #[serde(default = "decay")]
        #[schemars(extend("dessim:positive" = true))]
        decay: Duration,
        /// Average before the first answer. Default 30ms, as in Linkerd.
        #[serde(default = "initial")]
        initial: Duration,
    },
    /// In the zone of the caller, as far as all replicas can still get equal load (Envoy's zone
    /// aware routing); `child` chooses within a zone. Service and caller need `zones`.
    ZoneAware {
        /// With fewer replicas than this, zones are ignored. Default 6, as in Envoy.
        #[serde(default = "min_cluster_size")]
        min_cluster_size: u32,
        /// Ratio of attempts that are routed by zone; the others go to any replica. Default 1.
        #[serde(default = "Ratio::one")]
        routing_enabled: Ratio,
        /// Choice within a zone. Default `RoundRobin`.
        #[serde(default)]
        child: Box<Self>,
    },
    /// Each client sends only to its own subset of the replicas (deterministic subsetting); `child`
    /// chooses within it. All replicas are in equally many subsets, within one.
    Subset {
        /// Replicas in the subset of a client, at least 1; all replicas if there are fewer.
        #[schemars(range(min = 1))]
        size: u32,
        /// Choice within the subset. Default `RoundRobin`.
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

/// Most points of a ring: Envoy's `maximum_ring_size`.
const MAX_RING_POINTS: u64 = 8 * 1024 * 1024;

impl Balancing {
    /// True for the default, which is not written.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Number of the replicas that a client can know.
    fn known(&self, replicas: u32) -> u32 {
        match self {
            Self::Subset { size, .. } => replicas.min(*size),
            _ => replicas,
        }
    }

    /// Checks the rules and lints of a balancer between two ends.
    pub fn check(&self, ends: &Ends<'_>, findings: &mut Vec<Finding>) {
        let replicas = ends.replicas();
        match self {
            Self::Weighted(weights) => check_weights(weights, ends.to, replicas, findings),
            Self::ConsistentHash { points, .. } => {
                let total = u64::from(*points) * u64::from(replicas);
                if total > MAX_RING_POINTS {
                    let place = [Segment::Variant("ConsistentHash"), Segment::field("points")];
                    let rule = format!("a ring has at most {MAX_RING_POINTS} points");
                    let found = format!("{points} for each of {replicas} replicas are {total}");
                    findings.push(Finding::error(&place, rule, found));
                }
            }
            Self::ZoneAware { child, .. } => {
                findings.extend(check_child(child, "ZoneAware"));
                self.check_zones(ends, findings);
            }
            Self::Subset { size, child } => {
                findings.extend(check_child(child, "Subset"));
                findings.extend(idle_replicas(*size, ends));
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

    /// Checks that both ends have zones, with one in common, and that zones have an effect.
    fn check_zones(&self, ends: &Ends<'_>, findings: &mut Vec<Finding>) {
        let Self::ZoneAware { min_cluster_size, .. } = *self else { return };
        let place = [Segment::Variant("ZoneAware")];
        let replica_zones = &ends.service.zones;
        let names = |zones: &Zones| {
            let quoted: Vec<String> = zones.keys().map(|name| format!("\"{name}\"")).collect();
            quoted.join(", ")
        };
        if replica_zones.is_empty() {
            let rule = format!("needs `zones` of the replicas of \"{}\"", ends.to);
            let finding = Finding::error(&place, rule, "it has none");
            findings.push(finding.hint("zones: {\"a\": 3, \"b\": 3} in the service"));
        } else if ends.zones.is_empty() {
            let rule = "needs `zones` of those who send";
            let finding = Finding::error(&place, rule, "there are none beside `balancing`");
            let example: Vec<String> =
                replica_zones.keys().map(|name| format!("\"{name}\": 1")).collect();
            findings.push(finding.hint(format!("zones: {{{}}}", example.join(", "))));
        } else if !ends.zones.keys().any(|name| replica_zones.contains_key(name)) {
            let rule = format!("needs a zone in which replicas of \"{}\" stand", ends.to);
            let found = format!("found {}", names(ends.zones));
            let hint = format!("the service has {}", names(replica_zones));
            findings.push(Finding::error(&place, rule, found).hint(hint));
        } else if replica_zones.len() == 1 || ends.replicas() < min_cluster_size {
            let found = match replica_zones.len() {
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

/// Those who send through a balancer, and how they choose replicas: a call, or a group of
/// consumers.
#[derive(Clone, Copy, Debug)]
pub struct Senders<'a> {
    /// Number of clients in each zone; empty without zones.
    pub zones: &'a Zones,
    /// Number of clients.
    pub clients: u32,
    /// Layers around an attempt.
    pub policy: &'a [Layer],
    /// The choice of a replica.
    pub balancing: &'a Balancing,
    /// Most picks that are discarded for an attempt.
    pub max_repicks: u32,
    /// Ejection of replicas.
    pub outlier_detection: Option<&'a OutlierDetection>,
}

impl Senders<'_> {
    /// Checks `max_repicks` and outlier detection in front of the replicas of `ends`.
    pub fn check(&self, ends: &Ends<'_>, findings: &mut Vec<Finding>) {
        repicks::check(self.max_repicks, self.balancing, self.policy, ends, findings);
        if let Some(detection) = self.outlier_detection {
            let mut found = Vec::new();
            detection.check(ends, self.balancing.known(ends.replicas()), &mut found);
            let place = [Segment::field("outlier_detection")];
            findings.extend(found.into_iter().map(|finding| finding.inside(&place)));
        }
    }
}

/// The two ends of a balancer.
#[derive(Clone, Copy, Debug)]
pub struct Ends<'a> {
    /// Name of the service, as messages show it.
    pub to: &'a str,
    /// The service.
    pub service: &'a Service,
    /// Number of clients that send to it.
    pub clients: u32,
    /// Zones of the clients.
    pub zones: &'a Zones,
}

impl Ends<'_> {
    pub(super) fn replicas(&self) -> u32 {
        self.service.all_replicas()
    }
}

/// Refuses algorithms that cannot choose within a part of the replicas.
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

/// Warns of replicas that belong to no subset.
fn idle_replicas(size: u32, ends: &Ends<'_>) -> Option<Finding> {
    let places = u64::from(size) * u64::from(ends.clients);
    let replicas = u64::from(ends.replicas());
    if places >= replicas {
        return None;
    }
    let found = format!(
        "{} x {size} = {places} places in subsets, for {replicas} replicas of \"{}\"",
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

/// Checks that there is a weight above 0 for each replica.
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

/// The declaration of balancers.
pub static DECLARATION: Declaration = Declaration {
    name: "Balancing",
    kind: "balancer",
    lints: LINTS,
    changes: alternatives::CHANGES,
    words: WORDS,
};

const LINTS: &[&Lint] =
    &[&SUBSETS_LEAVE_IDLE, &OUTLIERS_NEVER_EJECTED, &ZONES_WITHOUT_EFFECT, &REPICKS_WITHOUT_EFFECT];

/// Names that other tools have, with hints.
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
    word(&["Call", "Consumer", "Layer"],
        &["outlier_ejection", "ejection", "outliers", "passive_health_check", "failure_accrual"],
        "that is `outlier_detection` of the call or the consumer here, beside `balancing`"),
    word(&["Layer", "Balancing"], &["outlier_detection"],
        "that is a field of the call or the consumer here, beside `balancing`"),
    word(&["OutlierDetection"],
        &["consecutive_5xx", "consecutive5xx_errors", "consecutive_errors",
        "consecutive_gateway_failure", "consecutive_gateway_errors"],
        "that is `consecutive_failures` here"),
    word(&["OutlierDetection"], &["max_ejection_percent"], "a ratio here: max_ejected: 0.1"),
    word(&["OutlierDetection"], &["always_eject_one_host"], "that is `always_eject_one` here"),
    word(&["OutlierDetection"], &["min_health_percent", "healthy_panic_threshold"],
        "that is a ratio here: panic_threshold: 0.5"),
    word(&["OutlierDetection"],
        &["success_rate_stdev_factor", "success_rate_minimum_hosts", "success_rate_request_volume",
        "success_rate_ejection", "enforcing_success_rate"],
        "that is a part here: success_rate: SuccessRate(deviations: 1.9, minimum_replicas: 5, \
         minimum_calls: 100, enforced: 1)"),
    word(&["OutlierDetection"],
        &["failure_percentage_threshold", "failure_percentage_minimum_hosts",
        "failure_percentage_request_volume", "failure_percentage_ejection",
        "enforcing_failure_percentage"],
        "that is a part here: failure_rate: FailureRate(threshold: 0.85, minimum_replicas: 5, \
         minimum_calls: 50, enforced: 1)"),
    word(&["SuccessRate"], &["stdev_factor"], "that is `deviations` here, a thousandth of it"),
    word(&["SuccessRate", "FailureRate"], &["minimum_hosts"], "that is `minimum_replicas` here"),
    word(&["SuccessRate", "FailureRate"], &["request_volume"], "that is `minimum_calls` here"),
    word(&["SuccessRate", "FailureRate"], &["enforcement_percentage", "enforcing"],
        "that is a ratio here: enforced: 1"),
    word(&["Balancing"], &["ring_hash", "maglev", "hash", "ip_hash"],
        "that is ConsistentHash() here"),
];
