//! Lints of what has no effect. The checks of single values raise them.

use super::{Group, Lint};

pub(in crate::scenario::check) static ALWAYS_ZERO: Lint = Lint {
    name: "always-zero",
    group: Group::Writing,
    about: "A normal distribution with mean and standard deviation 0.",
    why: "It is always 0s, which has a plainer spelling: Constant(\"0s\").",
    example: r#"services: { "api": Service(time: Normal(mean: "0s", sd: "0s")) },"#,
    mended: r#"services: { "api": Service(time: Constant("0s")) },"#,
    check: None,
};

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
    check: None,
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
    check: None,
};

pub(in crate::scenario::check) static FAULT_WITHOUT_EFFECT: Lint = Lint {
    name: "fault-without-effect",
    group: Group::Writing,
    about: "A fault that ends where it begins, or begins after the end of the run.",
    why: "Nothing ever goes wrong, and the run looks better than the system is.",
    example: r#"faults: {
    "down": Fault(service: "api", from: "10s", until: "10s", effect: Crashed),
},"#,
    mended: r#"faults: {
    "down": Fault(service: "api", from: "10s", until: "20s", effect: Crashed),
},"#,
    check: None,
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
    check: None,
};

pub(in crate::scenario::check) static NOTHING_ARRIVES: Lint = Lint {
    name: "nothing-arrives",
    group: Group::Writing,
    about: "A load whose rates are all zero, or that starts after the end of the run.",
    why: "Every ratio of such a run is a ratio of nothing.",
    example: r#"load: { "web": Load(arrivals: Constant(rate: "0/s"), until: "1m") },"#,
    mended: r#"load: { "web": Load(arrivals: Constant(rate: "5/s"), until: "1m") },"#,
    check: None,
};

pub(in crate::scenario::check) static RETRY_NEVER_RETRIES: Lint = Lint {
    name: "retry-never-retries",
    group: Group::Writing,
    about: "A retry with an empty list of outcomes to retry.",
    why: "It passes every outcome on. For no retries, leave the layer out.",
    example: r#"calls: {
    "web": Call(to: "api", policy: [Retry(max_retries: 2, retry_on: [])]),
},"#,
    mended: r#"calls: {
    "web": Call(to: "api", policy: [Retry(max_retries: 2, retry_on: [Error])]),
},"#,
    check: None,
};

pub(in crate::scenario::check) static TIMEOUT_NEVER_FIRES: Lint = Lint {
    name: "timeout-never-fires",
    group: Group::Writing,
    about: "A timeout that is longer than one outside it, or than the run.",
    why: "The other one is always first. Often the two stand in the wrong order: the timeout of \
          the whole call belongs outside the retry, that of a try inside it.",
    example: r#"calls: { "web": Call(to: "api", policy: [Timeout("1s"), Timeout("3s")]) },"#,
    mended: r#"calls: { "web": Call(to: "api", policy: [Timeout("3s"), Timeout("1s")]) },"#,
    check: None,
};
