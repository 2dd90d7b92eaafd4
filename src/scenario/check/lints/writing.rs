//! Lints of a scenario as a whole: entries without an effect that belong to no single mechanism.

use crate::model::spec::lint::{Group, Lint};

/// The lints of this module.
pub(super) const LINTS: &[&Lint] = &[&BINS_MERGED, &EVENT_AFTER_FAULT, &NEVER_REACHED];

pub(in crate::scenario::check) static BINS_MERGED: Lint = Lint {
    name: "bins-merged",
    group: Group::Writing,
    about: "`sample_every` asks for more bins of time series than a result keeps.",
    why: "From 10,000 bins on neighbours are merged, so what is drawn has other bins than those \
          that were asked for. Make them wider, or leave the field out.",
    example: r#"duration: "1h",
sample_every: "1ms","#,
    mended: r#"duration: "1h",
sample_every: "10s","#,
};

pub(in crate::scenario::check) static EVENT_AFTER_FAULT: Lint = Lint {
    name: "event-after-fault",
    group: Group::Writing,
    about: "An expectation that waits for an event `after` a fault, which is from its end on.",
    why: "Most events that a fault causes come while it lasts. `since fault F` waits from its \
          start on.",
    example: r#"faults: {
    "down": Fault(service: "api", from: "10s", until: "20s", effect: Failing),
},
expect: ["service api errors after fault down"],"#,
    mended: r#"faults: {
    "down": Fault(service: "api", from: "10s", until: "20s", effect: Failing),
},
expect: ["service api errors since fault down"],"#,
};

pub(in crate::scenario::check) static NEVER_REACHED: Lint = Lint {
    name: "never-reached",
    group: Group::Writing,
    about: "A service, a queue or a group of consumers that no load leads to, in any arm.",
    why: "It does nothing. Most often a route leads to another component than was meant.",
    example: r#"services: {
    "api": Service(time: Constant("50ms"), slots: 4),
    "spare": Service(time: Constant("50ms"), slots: 4),
},"#,
    mended: r#"services: { "api": Service(time: Constant("50ms"), slots: 4) },"#,
};
