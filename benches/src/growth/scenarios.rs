//! Scenarios by size: one quantity grows, and an event stays the same work.

use std::fmt::Write as _;

/// A quantity that grows, with its sizes.
pub struct Axis {
    pub name: &'static str,
    /// What the scenario is, in a line.
    pub about: &'static str,
    pub sizes: &'static [u64],
    /// The scenario of a size with so many requests.
    pub scenario: fn(u64, u64) -> String,
}

const COMPONENTS: &[u64] = &[1, 10, 100, 1_000, 10_000];
const REPLICAS: &[u64] = &[2, 10, 100, 1_000];

/// All of them.
pub const AXES: &[Axis] = &[
    axis("callers", "callers of a closed loop, a timer each", CALLERS, callers),
    axis("timeouts", "requests under way, two timers each", CALLERS, timeouts),
    axis("services", "services, each with a load of its own", COMPONENTS, services),
    axis("loads", "loads of one service", COMPONENTS, loads),
    axis("chain", "services in a row, each calling the next", &[1, 10, 100, 1_000], chain),
    axis("fan-out", "calls that a handler makes at once", &[1, 10, 100, 1_000], fan_out),
    axis("arms", "arms", COMPONENTS, arms),
    axis("faults", "faults of one service, in turn", COMPONENTS, faults),
    axis("crashes", "crashes of a service, 10,000 requests elsewhere", COMPONENTS, crashes),
    axis("groups", "consumer groups of one queue", COMPONENTS, groups),
    axis("depth", "messages in a queue", DEPTHS, depth),
    axis("line", "attempts in the line of a service", DEPTHS, line),
    axis("clients", "clients with breaker, retry, bulkhead, timeout", COMPONENTS, clients),
    axis("client-replicas", "clients of 1,000 replicas each", COMPONENTS, client_replicas),
    axis("at-once", "replicas that come free at one instant", COMPONENTS, at_once),
    axis("round-robin", "replicas", REPLICAS, |n, r| balanced("RoundRobin", n, r)),
    axis("random", "replicas", REPLICAS, |n, r| balanced("Random", n, r)),
    axis("least-request", "replicas", REPLICAS, |n, r| balanced("LeastRequest", n, r)),
    axis("power-of-two", "replicas", REPLICAS, |n, r| balanced("PowerOfTwo", n, r)),
    axis("weighted", "replicas", REPLICAS, weighted),
    axis("hash", "replicas", REPLICAS, |n, r| balanced("ConsistentHash()", n, r)),
    axis("bounded-hash", "replicas", REPLICAS, |n, r| {
        balanced("ConsistentHash(bound: 1.25)", n, r)
    }),
    axis("ewma", "replicas", REPLICAS, |n, r| balanced("Ewma()", n, r)),
    axis("peak-ewma", "replicas", REPLICAS, |n, r| balanced("PeakEwma()", n, r)),
];

const CALLERS: &[u64] = &[10, 100, 1_000, 10_000, 100_000, 1_000_000];
const DEPTHS: &[u64] = &[10, 1_000, 100_000, 1_000_000];

const fn axis(
    name: &'static str,
    about: &'static str,
    sizes: &'static [u64],
    scenario: fn(u64, u64) -> String,
) -> Axis {
    Axis { name, about, sizes, scenario }
}

/// Entries of a map, one for each number below `n`.
fn entries(n: u64, entry: impl Fn(u64) -> String) -> String {
    (0..n).fold(String::new(), |mut all, i| {
        let _ = write!(all, "{}, ", entry(i));
        all
    })
}

fn scenario(rest: &str) -> String {
    format!("Scenario(schema: 1, {rest})\n")
}

/// A thousand a second.
fn poisson(total: u64) -> String {
    format!("Load(arrivals: Poisson(rate: \"1000/s\"), total: {})", total.max(1))
}

/// One of `n` loads that are together a thousand a second, or requests of `n` calls each.
fn share(n: u64, requests: u64) -> String {
    let (rate, total) = (3_600_000 / n, (requests / n).max(1));
    format!("Load(arrivals: Poisson(rate: \"{rate}/h\"), total: {total})")
}

fn callers(n: u64, requests: u64) -> String {
    let total = requests.max(1);
    scenario(&format!(
        "load: {{ \"users\": Load(arrivals: ClosedLoop(callers: {n}, think: Exponential(mean: \
         \"1s\")), total: {total}) }}, services: {{ \"api\": Service(time: Exponential(mean: \
         \"1ms\")) }}, calls: {{ \"users\": Call(to: \"api\") }}"
    ))
}

fn timeouts(n: u64, requests: u64) -> String {
    let total = requests.max(1);
    scenario(&format!(
        "load: {{ \"users\": Load(arrivals: ClosedLoop(callers: {n}, think: Constant(\"1ms\")), \
         total: {total}) }}, services: {{ \"api\": Service(time: Exponential(mean: \"1s\")) }}, \
         calls: {{ \"users\": Call(to: \"api\", policy: [Timeout(\"1m\")]) }}"
    ))
}

fn services(n: u64, requests: u64) -> String {
    let loads = entries(n, |i| format!("\"u{i}\": {}", share(n, requests)));
    let services =
        entries(n, |i| format!("\"s{i}\": Service(time: Exponential(mean: \"1ms\"), slots: 10)"));
    let calls = entries(n, |i| format!("\"u{i}\": Call(to: \"s{i}\", policy: [Timeout(\"1s\")])"));
    scenario(&format!("load: {{ {loads} }}, services: {{ {services} }}, calls: {{ {calls} }}"))
}

fn loads(n: u64, requests: u64) -> String {
    let loads = entries(n, |i| format!("\"u{i}\": {}", share(n, requests)));
    let calls = entries(n, |i| format!("\"u{i}\": Call(to: \"api\")"));
    scenario(&format!(
        "load: {{ {loads} }}, services: {{ \"api\": Service(time: Exponential(mean: \"1ms\"), \
         slots: 10) }}, calls: {{ {calls} }}"
    ))
}

fn chain(n: u64, requests: u64) -> String {
    let services = entries(n, |i| {
        let handler =
            if i + 1 < n { format!(", handler: [Call(\"c{i}\")]") } else { String::new() };
        format!("\"s{i}\": Service(time: Exponential(mean: \"1ms\"){handler})")
    });
    let calls = entries(n - 1, |i| format!("\"c{i}\": Call(to: \"s{}\")", i + 1));
    scenario(&format!(
        "load: {{ \"users\": {} }}, services: {{ {services} }}, calls: {{ \"users\": Call(to: \
         \"s0\"), {calls} }}",
        share(n, requests)
    ))
}

fn fan_out(n: u64, requests: u64) -> String {
    let names = entries(n, |_| "\"part\"".to_owned());
    scenario(&format!(
        "load: {{ \"users\": {} }}, services: {{ \"front\": Service(time: Constant(\"1ms\"), \
         handler: [Parallel(calls: [{names}])]), \"back\": Service(time: Exponential(mean: \
         \"1ms\")) }}, calls: {{ \"users\": Call(to: \"front\"), \"part\": Call(to: \"back\") }}",
        share(n, requests)
    ))
}

fn arms(n: u64, requests: u64) -> String {
    let total = (requests / n).max(1);
    let arms = entries(n, |i| format!("\"a{i}\": Arm()"));
    scenario(&format!(
        "load: {{ \"users\": {} }}, services: {{ \"api\": Service(time: Exponential(mean: \
         \"1ms\"), slots: 10) }}, calls: {{ \"users\": Call(to: \"api\") }}, arms: {{ {arms} }}",
        poisson(total)
    ))
}

/// Nanoseconds from one of `n` instants to the next, over the arrivals of so many requests.
fn step(n: u64, requests: u64) -> u64 {
    requests.max(1) * 1_000_000 / n
}

fn faults(n: u64, requests: u64) -> String {
    let step = step(n, requests);
    let faults = entries(n, |i| {
        let (from, until) = (i * step, i * step + step / 2);
        format!(
            "\"f{i}\": Fault(service: \"api\", from: \"{from}ns\", until: \"{until}ns\", effect: \
             Slowed(factor: 2))"
        )
    });
    scenario(&format!(
        "load: {{ \"users\": {} }}, services: {{ \"api\": Service(time: Exponential(mean: \
         \"1ms\")) }}, faults: {{ {faults} }}, calls: {{ \"users\": Call(to: \"api\") }}",
        poisson(requests)
    ))
}

fn crashes(n: u64, requests: u64) -> String {
    let step = step(n, requests);
    let faults = entries(n, |i| {
        let (from, until) = (i * step, i * step + step / 2);
        format!(
            "\"f{i}\": Fault(service: \"api\", from: \"{from}ns\", until: \"{until}ns\", effect: \
             Crashed)"
        )
    });
    scenario(&format!(
        "load: {{ \"users\": {}, \"others\": Load(arrivals: ClosedLoop(callers: 10000, think: \
         Constant(\"1s\")), total: 10000) }}, services: {{ \"api\": Service(time: \
         Exponential(mean: \"1ms\")), \"else\": Service(time: Constant(\"1h\")) }}, faults: {{ \
         {faults} }}, calls: {{ \"users\": Call(to: \"api\"), \"others\": Call(to: \"else\") }}",
        poisson(requests)
    ))
}

fn groups(n: u64, requests: u64) -> String {
    let groups = entries(n, |i| {
        format!(
            "\"g{i}\": Consumer(from: \"jobs\", concurrency: 10, to: \"api\", max_deliveries: 1)"
        )
    });
    scenario(&format!(
        "load: {{ \"users\": {} }}, services: {{ \"api\": Service(time: Exponential(mean: \
         \"1ms\")) }}, publishes: {{ \"users\": \"jobs\" }}, queues: {{ \"jobs\": Queue() }}, \
         consumers: {{ {groups} }}",
        poisson(requests)
    ))
}

/// What arrives at once in the beginning stays there: as much is done as comes later.
fn depth(n: u64, requests: u64) -> String {
    scenario(&format!(
        "duration: \"{}ms\", load: {{ \"users\": {}, \"backlog\": Load(arrivals: Bursts(size: {n}, \
         every: \"1s\"), total: {n}) }}, services: {{ \"api\": Service(time: Constant(\"10ms\")) \
         }}, publishes: {{ \"users\": \"jobs\", \"backlog\": \"jobs\" }}, queues: {{ \"jobs\": \
         Queue() }}, consumers: {{ \"workers\": Consumer(from: \"jobs\", concurrency: 10, to: \
         \"api\", max_deliveries: 1) }}",
        requests + 1,
        poisson(requests)
    ))
}

fn line(n: u64, requests: u64) -> String {
    scenario(&format!(
        "duration: \"{}ms\", load: {{ \"users\": {}, \"backlog\": Load(arrivals: Bursts(size: {n}, \
         every: \"1s\"), total: {n}) }}, services: {{ \"api\": Service(time: Constant(\"10ms\"), \
         slots: 10) }}, calls: {{ \"users\": Call(to: \"api\"), \"backlog\": Call(to: \"api\") }}",
        requests + 1,
        poisson(requests)
    ))
}

fn clients(n: u64, requests: u64) -> String {
    scenario(&format!(
        "load: {{ \"users\": {} }}, services: {{ \"api\": Service(time: Exponential(mean: \
         \"1ms\"), failure_ratio: 0.05) }}, calls: {{ \"users\": Call(to: \"api\", clients: {n}, \
         policy: [Breaker(window: 20, failure_threshold: 15, open_duration: \"500ms\", records: \
         Attempts), Retry(max_retries: 3, budget: Tokens(deposit: 0.5, capacity: 10)), \
         Bulkhead(permits: 200), Timeout(\"1s\")]) }}",
        poisson(requests)
    ))
}

fn client_replicas(n: u64, requests: u64) -> String {
    let total = requests.max(1);
    scenario(&format!(
        "load: {{ \"users\": Load(arrivals: Poisson(rate: \"50000/s\"), total: {total}) }}, \
         services: {{ \"api\": Service(time: Exponential(mean: \"10ms\"), slots: 1, replicas: 1000) \
         }}, calls: {{ \"users\": Call(to: \"api\", clients: {n}, balancing: PowerOfTwo) }}"
    ))
}

/// A burst for all slots of all replicas, which work for the same time.
fn at_once(n: u64, requests: u64) -> String {
    let total = requests.max(1);
    let (size, every) = (2 * n, 20);
    scenario(&format!(
        "ties: Together, load: {{ \"users\": Load(arrivals: Bursts(size: {size}, every: \
         \"{every}ms\"), total: {total}) }}, services: {{ \"api\": Service(time: \
         Constant(\"9ms\"), slots: 1, replicas: {n}) }}, calls: {{ \"users\": Call(to: \"api\") }}",
    ))
}

fn balanced(balancing: &str, n: u64, requests: u64) -> String {
    let total = requests.max(1);
    scenario(&format!(
        "load: {{ \"users\": Load(arrivals: Poisson(rate: \"{}/s\"), total: {total}) }}, \
         services: {{ \"api\": Service(time: Exponential(mean: \"10ms\"), slots: 1, replicas: {n}) \
         }}, calls: {{ \"users\": Call(to: \"api\", balancing: {balancing}) }}",
        n * 50
    ))
}

fn weighted(n: u64, requests: u64) -> String {
    let weights = entries(n, |i| (1 + i % 3).to_string());
    balanced(&format!("Weighted([{weights}])"), n, requests)
}
