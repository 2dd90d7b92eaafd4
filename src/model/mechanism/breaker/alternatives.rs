//! What could stand in the place of a breaker.

use super::spec::{HalfOpen, Spec, TRIALS};
use crate::kernel::units::CountOrTime;
use crate::metrics::change::{Change, ChangeKind, LinkKind};
use crate::model::spec::alternative::{Alternative, half, with};

pub(super) static CHANGES: &[&ChangeKind] =
    &[&WITHOUT_BREAKER, &BREAKER_THRESHOLD, &BREAKER_OPEN, &HALF_OPEN];

static WITHOUT_BREAKER: ChangeKind =
    ChangeKind::setting("without_breaker", "without {at}", "it is left out")
        .cutting(LinkKind::State);

static BREAKER_THRESHOLD: ChangeKind = ChangeKind::setting(
    "breaker_threshold",
    "with {at} opening at {to} failures, not {from}",
    "it opens at twice the failures, and at most its window",
);

static BREAKER_OPEN: ChangeKind = ChangeKind::setting(
    "breaker_open",
    "with {at} open for {to}, not {from}",
    "it is open for half as long",
);

static HALF_OPEN: ChangeKind = ChangeKind::setting(
    "half_open",
    "with {to} trial calls at {at} before it closes",
    "trial calls, where it has none",
);

/// Without it, opening at twice as many failures, open for half as long, and with trial calls.
pub(super) fn alternatives(spec: &Spec, name: &str) -> Vec<Alternative<Spec>> {
    let mut found = vec![Alternative::without(&WITHOUT_BREAKER, name)];
    if let (Some(threshold), Some(CountOrTime::Count(window))) =
        (spec.failure_threshold, spec.window)
    {
        let higher = threshold.saturating_mul(2).min(window);
        if higher > threshold {
            let change = Change::new(&BREAKER_THRESHOLD, name).from(threshold).to(higher);
            let other = with(spec, |of| of.failure_threshold = Some(higher));
            found.push(Alternative::new(change, other));
        }
    }
    let shorter = half(spec.open_duration);
    let change = Change::new(&BREAKER_OPEN, name).from(spec.open_duration).to(shorter);
    found.push(Alternative::new(change, with(spec, |of| of.open_duration = shorter)));
    if spec.half_open.is_none() {
        let trials = HalfOpen { calls: TRIALS, verdict: None, longest_stay: None, then: None };
        let change = Change::new(&HALF_OPEN, name).to(TRIALS);
        let other = with(spec, |of| {
            of.half_open = Some(trials);
            of.fill();
        });
        found.push(Alternative::new(change, other));
    }
    found
}
