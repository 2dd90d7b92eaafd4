//! The specification of a queue.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::time::Duration;
use crate::kernel::units::Limit;
use crate::metrics::change::{Change, ChangeKind, LinkKind};
use crate::model::mechanism::service::lints::QUEUE_OUTLASTS_PATIENCE;
use crate::model::spec::alternative::Alternative;
use crate::model::spec::declaration::Declaration;
use crate::model::spec::finding::{Finding, Segment};
use crate::model::spec::lint::shown;
use crate::model::spec::part::PartSpec;
use crate::model::spec::system::System;
use crate::model::spec::word::{Word, word};

/// A queue of messages between loads that publish and consumers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Queue", deny_unknown_fields)]
pub struct Spec {
    /// Most messages that wait, at least 1; those at consumers do not count. A message that arrives
    /// at a full queue is dropped and counted. Default "unlimited".
    #[serde(default)]
    #[schemars(extend("minimum" = 1))]
    pub capacity: Limit,
}

static UNLIMITED_QUEUE: ChangeKind = ChangeKind::setting(
    "unlimited_queue",
    "with no limit of queue {at}, not {from}",
    "no limit of messages, where there is one",
);

static QUEUE_CAPACITY: ChangeKind = ChangeKind::setting(
    "queue_capacity",
    "with at most {to} messages in queue {at}",
    "twice as many messages as consumers, where there is no limit",
)
.cutting(LinkKind::Backlog);

impl PartSpec for Spec {
    fn check(&self, _: Option<Duration>, _: &mut Vec<Finding>) {}

    fn lint(&self, name: &str, system: &System<'_>, findings: &mut Vec<Finding>) {
        findings.extend(self.outlasts_patience(name, system));
    }

    /// No limit if there is one, and one if there is none.
    fn alternatives(&self, name: &str, system: &System<'_>) -> Vec<Alternative<Self>> {
        let (change, capacity) = match self.capacity {
            Limit::AtMost(limit) => {
                (Change::new(&UNLIMITED_QUEUE, name).from(limit), Limit::Unlimited)
            }
            Limit::Unlimited => {
                let readers = system.readers(name).iter();
                let capacity = readers.map(|reader| u64::from(reader.concurrency) * 2).sum::<u64>();
                let capacity = capacity.max(1);
                (Change::new(&QUEUE_CAPACITY, name).to(capacity), Limit::AtMost(capacity))
            }
        };
        vec![Alternative::new(change, Self { capacity })]
    }
}

impl Spec {
    /// Compares the wait in a full queue with the deadlines of its loads.
    fn outlasts_patience(&self, name: &str, system: &System<'_>) -> Option<Finding> {
        let Limit::AtMost(places) = self.capacity else { return None };
        let deadlines: Option<Vec<Duration>> =
            system.publishers(name).iter().map(|load| load.deadline).collect();
        let deadline = deadlines?.into_iter().max()?;
        let mut per_ns = 0.0;
        for consumer in system.readers(name) {
            per_ns += f64::from(consumer.concurrency) / system.mean_ns(&consumer.to)?;
        }
        let wait = places as f64 / per_ns;
        if per_ns == 0.0 || wait <= deadline.as_ns() as f64 {
            return None;
        }
        let found = format!(
            "{places} messages take its consumers at least {}, and all are late after {deadline}{}",
            shown(wait),
            system.within
        );
        let rule = "a full queue outlasts the deadline of its load";
        let place = [Segment::field("capacity")];
        let finding = Finding::warning(&QUEUE_OUTLASTS_PATIENCE, &place, rule, found);
        Some(finding.hint("a shorter queue, more consumers, or a later deadline"))
    }
}

/// The declaration of queues.
pub static DECLARATION: Declaration =
    Declaration { name: "Queue", kind: "queue", lints: &[], changes: CHANGES, words: WORDS };

static CHANGES: &[&ChangeKind] = &[&UNLIMITED_QUEUE, &QUEUE_CAPACITY];

/// Names that other tools have, with hints.
#[rustfmt::skip]
const WORDS: &[Word] = &[
    word(&["Queue"], &["size", "limit", "max_length", "length", "x_max_length", "depth",
        "max_depth", "max_size"],
        "that is `capacity` here"),
    word(&["Queue", "Consumer"], &["visibility_timeout", "ack_deadline", "ack_wait", "retry_delay",
        "redelivery_delay"],
        "the wait before a redelivery is a consumer's backoff: Constant(\"30s\"), with \
         backoff_holds_consumer: false; one that runs out during the work is not there yet"),
    word(&["Queue", "Consumer"], &["max_receive_count", "max_attempts", "max_retries", "retries",
        "attempts", "delivery_limit", "max_deliver"],
        "that is `max_deliveries` of a consumer, the first delivery included"),
    word(&["Queue", "Consumer"], &["dead_letter_queue", "dlq", "dead_letter", "redrive_policy",
        "dead_letter_exchange"],
        "a message is dead-lettered when it fails at the last of its `max_deliveries`"),
    word(&["Queue", "Consumer"], &["ttl", "message_ttl", "retention", "delay", "partitions",
        "fifo", "batch_size", "max_batch_size", "poll_interval", "max_poll_interval",
        "max_poll_records", "batch"],
        "not there yet"),
];
