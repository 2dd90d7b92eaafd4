//! Clients and classes: the scope of the state of layers, and the properties of requests.

use dessim::metrics::probe::EventKind;
use dessim::report::result::{ArmResult, RunResult};

use crate::support::{count, latency, listen, only, play, scenario, seeded};

fn closed_loop(callers: u32, clients: u32, scope: &str) -> RunResult {
    let text = format!(
        r#"Scenario(schema: 1, duration: "2s",
        load: {{ "web": Load(arrivals: ClosedLoop(callers: {callers}, think: Constant("7ms"))) }},
        services: {{ "db": Service(time: Constant("25ms")) }},
        calls: {{ "web": Call(to: "db", clients: {clients}, policy: [
            Retry(max_retries: 3, backoff: Constant("3ms"),
                budget: Tokens(deposit: 0.3, capacity: 5, scope: {scope})),
            Bulkhead(permits: 1, queue: 1, scope: {scope}),
        ]) }})"#
    );
    play(&scenario(&text), 1)
}

/// Counts of requests and layers.
fn counts(arm: &ArmResult) -> [u64; 6] {
    let (retry, bulkhead) = (&arm.components["web.retry"], &arm.components["web.bulkhead"]);
    [
        arm.requests.succeeded,
        arm.requests.rejected,
        arm.attempts.total,
        count(retry, "retries"),
        count(retry, "budget_exhausted"),
        count(bulkhead, "rejected"),
    ]
}

/// Nothing is random here, so that each client can be compared exactly with a system of its own.
#[test]
fn clients_are_as_many_systems_of_their_own() {
    let (three, one) = (closed_loop(12, 3, "Client"), closed_loop(4, 1, "Client"));
    let threefold = counts(only(&one)).map(|count| 3 * count);
    assert_eq!(counts(only(&three)), threefold);
    assert!(threefold.iter().all(|count| *count > 0), "{threefold:?}");
    let together = closed_loop(12, 3, "Shared");
    assert_ne!(counts(only(&together)), threefold);
    let as_one = closed_loop(12, 1, "Client");
    assert_eq!(counts(only(&together)), counts(only(&as_one)), "one state is that of one client");
}

/// The number of clients changes neither requests nor their work.
#[test]
fn the_number_of_clients_changes_nobodys_luck() {
    let with = |clients: u32| {
        let text = format!(
            r#"Scenario(schema: 1, load: {{
                "web": Load(arrivals: Poisson(rate: "100/s"), total: 500),
            }},
            services: {{ "db": Service(time: Exponential(mean: "9ms"), failure_ratio: 0.2) }},
            calls: {{ "web": Call(to: "db", clients: {clients},
                policy: [Retry(max_retries: 3), Bulkhead(permits: 100)]) }})"#
        );
        let result = play(&scenario(&text), 3);
        let arm = only(&result);
        (arm.requests, arm.attempts, arm.latency.clone())
    };
    assert_eq!(with(1), with(40));
}

const CLASSES: &str = r#"Scenario(schema: 1,
    load: { "web": Load(arrivals: Poisson(rate: "100/s"), total: 2000, classes: {
        "flaky": Class(ratio: 0.2, fails_first: 2),
        "large": Class(ratio: 0.1, size: Constant(3)),
        "poison": Class(ratio: 0.05, fails_first: "unlimited"),
    }) },
    services: {
        "api": Service(time: Constant("10ms"), handler: [
            Branch([Case(class: "large", steps: [Call("to_db")])]),
        ]),
        "db": Service(time: Constant("4ms")),
    },
    calls: {
        "web": Call(to: "api", policy: [Retry(max_retries: 3)]),
        "to_db": Call(to: "db"),
    })"#;

#[test]
fn a_class_says_what_becomes_of_its_requests() {
    let result = play(&scenario(CLASSES), 1);
    let arm = only(&result);
    let class = |name: &str| &arm.components[&format!("web.{name}")];
    let ms = |name| latency(class(name), "latency").max_ns.map(|ns| ns / 1_000_000);
    let offered = |name| count(class(name), "offered");
    let succeeded = |name| count(class(name), "succeeded");
    // Ten and three times ten milliseconds; the third attempt of the flaky is the first good one.
    assert_eq!((ms("large"), ms("flaky")), (Some(30 + 12), Some(30)));
    assert_eq!(succeeded("large"), offered("large"));
    assert_eq!(succeeded("flaky"), offered("flaky"));
    assert_eq!((succeeded("poison"), count(class("poison"), "failed")), (0, offered("poison")));
    assert_eq!(arm.latency.end_to_end.min_ns, Some(10_000_000), "the rest has no class");
    // Large requests call the database, and their calls belong to the same class.
    assert_eq!(count(&arm.components["db"], "arrivals"), offered("large"));
    let retries = 2 * offered("flaky") + 3 * offered("poison");
    assert_eq!(count(&arm.components["web.retry"], "retries"), retries);
}

/// In line, the higher priority goes first, whatever the load, and equal ones first come, first
/// served. Requests without a class have priority 0.
#[test]
fn a_service_serves_its_line_by_priority() {
    let text = r#"Scenario(schema: 1,
        load: {
            "a": Load(arrivals: Bursts(size: 3, every: "1s"), total: 3),
            "b": Load(arrivals: Bursts(size: 2, every: "1s"), total: 2, start: "1ms",
                classes: { "vip": Class(ratio: 1, priority: 9) }),
            "c": Load(arrivals: Bursts(size: 2, every: "1s"), total: 2, start: "2ms",
                classes: { "mid": Class(ratio: 1, priority: 4) }),
        },
        services: { "db": Service(time: Constant("10ms"), slots: 1) },
        calls: { "a": Call(to: "db"), "b": Call(to: "db"), "c": Call(to: "db") })"#;
    let mut order = Vec::new();
    let mut names: Vec<String> = Vec::new();
    listen(&scenario(text), &seeded(1), |_, component, record| {
        if record.kind == EventKind::ARRIVED {
            names.resize(names.len().max(record.load as usize + 1), String::new());
            component.clone_into(&mut names[record.load as usize]);
        } else if record.kind == EventKind::STARTED {
            order.push(format!("{}{}", names[record.load as usize], record.request));
        }
    });
    assert_eq!(order, ["a0", "b0", "b1", "c0", "c1", "a1", "a2"]);
}
