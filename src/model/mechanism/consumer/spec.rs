//! The specification of a group of consumers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::alternatives;
use crate::kernel::time::Duration;
use crate::kernel::units::Limit;
use crate::model::mechanism::Layer;
use crate::model::mechanism::backoff::spec::Backoff;
use crate::model::mechanism::balancer::outliers::spec::Spec as OutlierDetection;
use crate::model::mechanism::balancer::repicks;
use crate::model::mechanism::balancer::spec::{Balancing, Senders};
use crate::model::mechanism::retry::lints::while_open;
use crate::model::spec::alternative::Alternative;
use crate::model::spec::clients::{is_one, one};
use crate::model::spec::declaration::Declaration;
use crate::model::spec::finding::{Finding, Segment};
use crate::model::spec::lint::{Group, Lint};
use crate::model::spec::part::PartSpec;
use crate::model::spec::system::{Pipeline, Source, System};
use crate::model::spec::word::{Word, word};
use crate::model::spec::zones::{self, Zones};

/// A group of consumers. Each takes the oldest message of a queue and calls a service for it. If
/// the call fails, the message is published again at the tail after a backoff, or dead-lettered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Consumer", deny_unknown_fields)]
pub struct Spec {
    /// Queue whose messages the group takes.
    pub from: String,
    /// Number of consumers: messages that the group handles at once, at least 1.
    #[schemars(range(min = 1))]
    pub concurrency: u32,
    /// Service that is called for each message.
    pub to: String,
    /// Layers around that call, outermost first. Default none.
    #[serde(default)]
    pub policy: Vec<Layer>,
    /// Number of instances of the group, at least 1. Each has its own breakers, retry budgets and
    /// bulkheads in `policy`, except those with `scope: Shared`. A delivery belongs to a random
    /// instance; `concurrency` is the sum over all instances. Default 1.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    #[schemars(range(min = 1, max = 1000000))]
    pub clients: u32,
    /// Number of instances in each zone; `clients` is their sum and can be left out. Default none.
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
    /// Ejection of replicas that fail, by each instance for itself. Default none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outlier_detection: Option<OutlierDetection>,
    /// Most deliveries of a message, the first included, at least 1. A message that fails at its
    /// last delivery is dead-lettered.
    #[schemars(range(min = 1))]
    pub max_deliveries: u32,
    /// Wait before a failed message is published again. Default none.
    #[serde(default)]
    pub backoff: Backoff,
    /// Whether the consumer stays busy during that wait. Default true.
    #[serde(default = "default_true")]
    pub backoff_holds_consumer: bool,
}

fn default_true() -> bool {
    true
}

pub(crate) static CONSUMERS_EXCEED_SLOTS: Lint = Lint {
    name: "consumers-exceed-slots",
    group: Group::Design,
    about: "More consumers than their service has slots and places in its line.",
    why: "When all consumers are busy, the service sheds what some of them bring. That counts as \
          a failed delivery, so messages are dead-lettered that never ran. As many consumers as \
          slots lose none.",
    example: r#"services: { "api": Service(time: Constant("50ms"), slots: 2, queue: 0) },
publishes: { "web": "jobs" },
queues: { "jobs": Queue() },
consumers: { "workers": Consumer(from: "jobs", concurrency: 5, to: "api", max_deliveries: 3) },
calls: {},"#,
    mended: r#"services: { "api": Service(time: Constant("50ms"), slots: 2, queue: 0) },
publishes: { "web": "jobs" },
queues: { "jobs": Queue() },
consumers: { "workers": Consumer(from: "jobs", concurrency: 2, to: "api", max_deliveries: 3) },
calls: {},"#,
};

impl PartSpec for Spec {
    fn check(&self, _: Option<Duration>, findings: &mut Vec<Finding>) {
        self.backoff.check(&[Segment::field("backoff")], findings);
    }

    fn lint(&self, name: &str, system: &System<'_>, findings: &mut Vec<Finding>) {
        findings.extend(self.exceed_slots(name, system));
        let redeliveries = u64::from(self.max_deliveries) - 1;
        let finding =
            while_open(&self.backoff.bounds(), Some(redeliveries), &self.policy, "redeliveries");
        let hint = "wait longer than the breaker is open, or take the breaker out: consumers \
                    are a limit themselves";
        let at_backoff = |finding: Finding| finding.inside(&[Segment::field("backoff")]).hint(hint);
        findings.extend(finding.map(at_backoff));
    }

    fn alternatives(&self, name: &str, system: &System<'_>) -> Vec<Alternative<Self>> {
        alternatives::alternatives(self, name, system)
    }
}

impl Spec {
    /// Number of instances in all zones.
    #[must_use]
    pub fn all_clients(&self) -> u32 {
        zones::count(&self.zones, self.clients)
    }

    /// Those who send the calls of the group, and how they choose replicas.
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

    /// Warns of the groups of a service together, at the first of them.
    fn exceed_slots(&self, name: &str, system: &System<'_>) -> Option<Finding> {
        let service = system.services.get(self.to.as_str())?;
        let (Limit::AtMost(slots), Limit::AtMost(places)) = (service.slots, service.queue) else {
            return None;
        };
        let groups: Vec<(&str, u64)> = system
            .to(&self.to)
            .filter_map(|pipeline| Some((pipeline.name, at_once(pipeline, system)?)))
            .collect();
        let all: u64 = groups.iter().map(|(_, count)| count).sum();
        let replicas = u64::from(service.all_replicas());
        let (slots, places) = (slots.saturating_mul(replicas), places.saturating_mul(replicas));
        let room = slots.saturating_add(places);
        let is_first = groups.first().is_some_and(|(first, _)| *first == name);
        if !is_first || all <= room {
            return None;
        }
        let of_groups = match groups.len() {
            1 => String::new(),
            several => format!(" in {several} groups"),
        };
        let found = format!(
            "{all} at once{of_groups}, and it takes {room} ({slots} slots + {places} in line): \
             when all deliver at once, {} are shed{}",
            all - room,
            system.within
        );
        let rule = "more consumers than their service takes";
        let place = [Segment::field("concurrency")];
        let finding = Finding::warning(&CONSUMERS_EXCEED_SLOTS, &place, rule, found);
        Some(finding.hint(format!("concurrency: {slots} keeps the slots busy")))
    }
}

/// Most messages that a group of consumers has at its service at once; `None` for a load.
fn at_once(pipeline: &Pipeline<'_>, system: &System<'_>) -> Option<u64> {
    let Some(Source::Consumer(consumer)) = pipeline.source else { return None };
    let permits = pipeline.policy.iter().filter_map(|layer| {
        let permits = layer.spec().permits(system)?;
        Some(u64::from(permits) * u64::from(pipeline.states(layer)))
    });
    Some(permits.fold(u64::from(consumer.concurrency), u64::min))
}

/// The declaration of groups of consumers.
pub static DECLARATION: Declaration = Declaration {
    name: "Consumer",
    kind: "consumer",
    lints: &[&CONSUMERS_EXCEED_SLOTS],
    changes: alternatives::CHANGES,
    words: WORDS,
};

/// Names that other tools have, with hints.
#[rustfmt::skip]
const WORDS: &[Word] = &[
    word(&["Consumer"], &["workers", "count", "consumers", "replicas", "prefetch", "threads",
        "max_concurrency", "parallelism", "size"],
        "that is `concurrency` here"),
    word(&["Consumer"], &["queue"], "that is `from` here"),
    word(&["Consumer", "Call"], &["service", "target", "destination"], "that is `to` here"),
];
