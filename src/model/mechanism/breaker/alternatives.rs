//! The what-ifs of a breaker.

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
    "twice the failures to open it, at most the window",
);

static BREAKER_OPEN: ChangeKind = ChangeKind::setting(
    "breaker_open",
    "with {at} open for {to}, not {from}",
    "half the open duration",
);

static HALF_OPEN: ChangeKind = ChangeKind::setting(
    "half_open",
    "with {to} trial calls at {at} before it closes",
    "trial calls, where it has none",
);

/// No breaker, twice the threshold, half the open duration, and trial calls.
pub(super) fn alternatives(spec: &Spec, name: &str) -> Vec<Alternative<Spec>> {
    let mut alternatives = vec![Alternative::without(&WITHOUT_BREAKER, name)];
    if let (Some(threshold), Some(CountOrTime::Count(window))) =
        (spec.failure_threshold, spec.window)
    {
        let higher = threshold.saturating_mul(2).min(window);
        if higher > threshold {
            let change = Change::new(&BREAKER_THRESHOLD, name).from(threshold).to(higher);
            let other = with(spec, |spec| spec.failure_threshold = Some(higher));
            alternatives.push(Alternative::new(change, other));
        }
    }
    if let Some(open) = spec.open_duration {
        let shorter = half(open);
        let change = Change::new(&BREAKER_OPEN, name).from(open).to(shorter);
        let other = with(spec, |spec| spec.open_duration = Some(shorter));
        alternatives.push(Alternative::new(change, other));
    }
    if spec.half_open.is_none() {
        let trials = HalfOpen::of(TRIALS);
        let change = Change::new(&HALF_OPEN, name).to(TRIALS);
        let other = with(spec, |spec| {
            spec.half_open = Some(trials);
            spec.fill();
        });
        alternatives.push(Alternative::new(change, other));
    }
    alternatives
}
