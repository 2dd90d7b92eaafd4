//! Adaptive limits that cannot fall far enough, or that never adapt.

use super::settings::Algorithm;
use super::spec::Spec;
use crate::kernel::units::Limit;
use crate::model::mechanism::load::spec::Arrivals;
use crate::model::mechanism::load::volume::most_within;
use crate::model::spec::finding::{Finding, Segment};
use crate::model::spec::lint::{Group, Lint, number};
use crate::model::spec::system::{Around, attempts};

/// The lints of adaptive limits.
pub const LINTS: &[&Lint] = &[&LIMIT_MINIMUM_ABOVE_SLOTS, &LIMIT_WINDOW_NEVER_FILLS];

pub(crate) static LIMIT_MINIMUM_ABOVE_SLOTS: Lint = Lint {
    name: "limit-minimum-above-slots",
    group: Group::Design,
    about: "An adaptive limit whose minimum is above the slots of the service behind it.",
    why: "It never falls to what the service can work on at once, so in every overload calls \
          wait there up to the minimum. The minimum of concurrency-limits is 20 for AIMD and \
          Gradient2, whatever is behind it, and each client has its own. Lower `min`, and \
          `initial` with it.",
    example: r#"services: { "api": Service(time: Exponential(mean: "20ms"), slots: 4) },
calls: { "web": Call(to: "api", policy: [AdaptiveLimit(algorithm: Gradient2())]) },"#,
    mended: r#"services: { "api": Service(time: Exponential(mean: "20ms"), slots: 4) },
calls: { "web": Call(to: "api", policy: [
    AdaptiveLimit(algorithm: Gradient2(initial: 4, min: 2)),
]) },"#,
};

/// Slots of the service for each limit, at least 1, and all slots, if they are limited.
pub(super) fn room(around: &Around<'_>) -> Option<(u32, u64)> {
    let service = around.system.services.get(around.pipeline.to)?;
    let Limit::AtMost(slots) = service.slots else { return None };
    let slots = slots.saturating_mul(service.all_replicas().into());
    let each = slots / u64::from(states(around));
    Some((u32::try_from(each.max(1)).unwrap_or(u32::MAX), slots))
}

fn states(around: &Around<'_>) -> u32 {
    around.states().max(1)
}

pub(super) fn minimum_above_slots(spec: &Spec, around: &Around<'_>) -> Option<Finding> {
    let [_, least, _] = spec.algorithm.limits();
    let variant = match spec.algorithm {
        Algorithm::Aimd { .. } => "Aimd",
        Algorithm::Gradient2 { .. } => "Gradient2",
        // Its least limit is 1, and that of Envoy is the one of its measurements.
        Algorithm::Vegas { .. } | Algorithm::EnvoyGradient { .. } => return None,
    };
    let (each, slots) = room(around)?;
    let states = u64::from(states(around));
    if u64::from(least) * states <= slots {
        return None;
    }
    let times = if states > 1 { format!(" of each of {states} clients") } else { String::new() };
    let found = format!(
        "at least {least}{times}, and {slots} slots of {:?}{}",
        around.pipeline.to, around.system.within
    );
    let rule = "this limit never falls to what the service can work on";
    let place = [Segment::field("algorithm"), Segment::Variant(variant), Segment::field("min")];
    let finding = Finding::warning(&LIMIT_MINIMUM_ABOVE_SLOTS, &place, rule, found);
    Some(finding.hint(format!("give it `min: {each}`, and an `initial` near it")))
}

pub(crate) static LIMIT_WINDOW_NEVER_FILLS: Lint = Lint {
    name: "limit-window-never-fills",
    group: Group::Design,
    about: "A windowed limit whose client sends too few calls in a window.",
    why: "A window with fewer than 10 samples is thrown away and not extended, so a client below \
          about ten calls a second never adapts: its limit stays where it began, whatever the \
          service does. Lengthen the windows, lower `samples`, or let clients share a limit.",
    example: r#"load: { "web": Load(arrivals: Poisson(rate: "5/s"), until: "1m") },
calls: { "web": Call(to: "api", policy: [
    AdaptiveLimit(algorithm: Vegas(), windowed: Windowed()),
]) },"#,
    mended: r#"load: { "web": Load(arrivals: Poisson(rate: "5/s"), until: "1m") },
calls: { "web": Call(to: "api", policy: [
    AdaptiveLimit(algorithm: Vegas(), windowed: Windowed(min: "5s", max: "5s")),
]) },"#,
};

pub(super) fn window_never_fills(spec: &Spec, around: &Around<'_>) -> Option<Finding> {
    let windowed = spec.windowed?;
    let load = around
        .steady_load()
        .filter(|load| !matches!(load.arrivals, Arrivals::Poisson { batch: 2.., .. }))?;
    let tries = attempts(around.outside()).unwrap_or(1) as f64;
    let states = f64::from(states(around));
    let calls = most_within(load, windowed.max.as_ns() as f64) * tries / states;
    // The call that ends a window belongs to it.
    if calls + 1.0 >= f64::from(windowed.samples) {
        return None;
    }
    let each = if states > 1.0 { " of each client" } else { "" };
    let found = format!(
        "about {} calls{each} in {}, and a window needs {}{}",
        number(calls),
        windowed.max,
        windowed.samples,
        around.system.within
    );
    let rule = "the windows of this limit hardly ever hold enough samples";
    let place = [Segment::field("windowed")];
    let finding = Finding::warning(&LIMIT_WINDOW_NEVER_FILLS, &place, rule, found);
    Some(finding.hint("lengthen its windows, lower `samples`, or let clients share it"))
}
