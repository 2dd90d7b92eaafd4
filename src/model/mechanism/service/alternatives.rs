//! What could stand in the place of a service.

use super::spec::{Cancellation, Spec};
use crate::kernel::units::{Limit, Ratio};
use crate::metrics::change::{Change, ChangeKind, LinkKind};
use crate::model::mechanism::bulkhead::alternatives::{MAX_WAIT, longest_waits};
use crate::model::spec::alternative::{Alternative, with};

pub(super) static CHANGES: &[&ChangeKind] =
    &[&CANCELLATION, &WITHOUT_ERRORS, &SERVICE_QUEUE, &MAX_WAIT, &SLOTS, &KNEE];

static CANCELLATION: ChangeKind = ChangeKind::setting(
    "cancellation",
    "with cancellation at {at}",
    "it stops the work of callers that leave",
)
.cutting(LinkKind::WastedWork);

static WITHOUT_ERRORS: ChangeKind = ChangeKind::wish(
    "without_errors",
    "without errors of {at} itself",
    "it does not fail by itself",
);

static SERVICE_QUEUE: ChangeKind = ChangeKind::setting(
    "service_queue",
    "with a line of at most {to} at {at}",
    "a line of at most twice the slots, where it has no limit",
)
.cutting(LinkKind::Backlog);

static SLOTS: ChangeKind =
    ChangeKind::capacity("slots", "with {to} slots at {at}, not {from}", "twice the slots");

static KNEE: ChangeKind =
    ChangeKind::capacity("knee", "with a knee of {to} at {at}, not {from}", "twice the knee");

/// With cancellation, without errors, with a bounded line, other longest waits, and with more
/// capacity.
pub(super) fn alternatives(spec: &Spec, name: &str) -> Vec<Alternative<Spec>> {
    let mut found = Vec::new();
    if spec.cancellation != Cancellation::Immediate {
        let cancels = with(spec, |of| of.cancellation = Cancellation::Immediate);
        found.push(Alternative::new(Change::new(&CANCELLATION, name), cancels));
    }
    if spec.failure_ratio.get() > 0.0 {
        let sound = with(spec, |of| of.failure_ratio = Ratio::default());
        found.push(Alternative::new(Change::new(&WITHOUT_ERRORS, name), sound));
    }
    if let Limit::AtMost(slots) = spec.slots {
        let double = slots.saturating_mul(2);
        if spec.queue == Limit::Unlimited {
            let bounded = with(spec, |of| of.queue = Limit::AtMost(double));
            found.push(Alternative::new(Change::new(&SERVICE_QUEUE, name).to(double), bounded));
        }
        let more = with(spec, |of| of.slots = Limit::AtMost(double));
        found.push(Alternative::new(Change::new(&SLOTS, name).from(slots).to(double), more));
    }
    for (change, to) in longest_waits(name, spec.max_wait) {
        found.push(Alternative::new(change, with(spec, |of| of.max_wait = Some(to))));
    }
    if let Some(overload) = &spec.overload {
        let knee = overload.knee * 2.0;
        let change = Change::new(&KNEE, name).from(overload.knee).to(knee);
        let overload = Some(with(overload, |of| of.knee = knee));
        found.push(Alternative::new(change, with(spec, |of| of.overload = overload)));
    }
    found
}
