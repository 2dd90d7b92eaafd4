//! The what-ifs of a service.

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
    "stopping the work of callers that leave",
)
.cutting(LinkKind::WastedWork);

static WITHOUT_ERRORS: ChangeKind =
    ChangeKind::wish("without_errors", "without errors of {at} itself", "no errors of its own");

static SERVICE_QUEUE: ChangeKind = ChangeKind::setting(
    "service_queue",
    "with a line of at most {to} at {at}",
    "a line limited to twice the slots, where it is unlimited",
)
.cutting(LinkKind::Backlog);

static SLOTS: ChangeKind =
    ChangeKind::capacity("slots", "with {to} slots at {at}, not {from}", "twice the slots");

static KNEE: ChangeKind =
    ChangeKind::capacity("knee", "with a knee of {to} at {at}, not {from}", "twice the knee");

/// Cancellation, no errors of its own, a bounded line, other longest waits, and more capacity.
pub(super) fn alternatives(spec: &Spec, name: &str) -> Vec<Alternative<Spec>> {
    let mut alternatives = Vec::new();
    if spec.cancellation != Cancellation::Immediate {
        let cancelling = with(spec, |spec| spec.cancellation = Cancellation::Immediate);
        alternatives.push(Alternative::new(Change::new(&CANCELLATION, name), cancelling));
    }
    if spec.failure_ratio.get() > 0.0 {
        let without_errors = with(spec, |spec| spec.failure_ratio = Ratio::default());
        alternatives.push(Alternative::new(Change::new(&WITHOUT_ERRORS, name), without_errors));
    }
    if let Limit::AtMost(slots) = spec.slots {
        let double = slots.saturating_mul(2);
        if spec.queue == Limit::Unlimited {
            let bounded = with(spec, |spec| spec.queue = Limit::AtMost(double));
            alternatives
                .push(Alternative::new(Change::new(&SERVICE_QUEUE, name).to(double), bounded));
        }
        let doubled = with(spec, |spec| spec.slots = Limit::AtMost(double));
        alternatives
            .push(Alternative::new(Change::new(&SLOTS, name).from(slots).to(double), doubled));
    }
    for (change, to) in longest_waits(name, spec.max_wait) {
        alternatives.push(Alternative::new(change, with(spec, |spec| spec.max_wait = Some(to))));
    }
    if let Some(overload) = &spec.overload {
        let knee = overload.knee * 2.0;
        let change = Change::new(&KNEE, name).from(overload.knee).to(knee);
        let overload = Some(with(overload, |spec| spec.knee = knee));
        alternatives.push(Alternative::new(change, with(spec, |spec| spec.overload = overload)));
    }
    alternatives
}
