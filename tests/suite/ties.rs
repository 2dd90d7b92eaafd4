//! The order of handovers and other events of one instant, for both values of `ties`.

use dessim::experiment::run::{CalendarKind, Options, run};
use dessim::report::result::RunResult;
use dessim::scenario::canonical;

use crate::support::{only, play, scenario};

/// Two requests hang until both time out at 100 ms, and their permits go to the next two. Alone in
/// the service an attempt takes 10 ms, with another one 60 ms.
fn hanging(loads: &str, rest: &str, slots: &str) -> String {
    format!(
        r#"Scenario(schema: 1, {rest}, load: {{ {loads} }},
        services: {{ "db": Service(time: Constant("10ms"), {slots} cancellation: Immediate,
            overload: Overload(knee: 1.0, added_latency: "50ms")) }},
        faults: {{ "freeze": Fault(service: "db", from: "0s", until: "100ms",
            effect: Frozen) }})"#
    )
}

const FOUR: &str = r#""c": Load(arrivals: Bursts(size: 4, every: "1s"), total: 4)"#;

fn by_permits() -> String {
    let policy = r#"policy: [Bulkhead(permits: 2), Timeout("100ms")]"#;
    hanging(FOUR, &format!(r#"calls: {{ "c": Call(to: "db", {policy}) }}"#), "")
}

fn by_slots() -> String {
    let calls = r#"calls: {
        "first": Call(to: "db", policy: [Timeout("100ms")]),
        "then": Call(to: "db", policy: [Timeout("1s")]) }"#;
    let loads = r#"
        "first": Load(arrivals: Bursts(size: 2, every: "1s"), total: 2),
        "then": Load(arrivals: Bursts(size: 2, every: "1s"), start: "1ms", total: 2)"#;
    hanging(loads, calls, "slots: 2,")
}

fn by_consumers() -> String {
    let events = r#"publishes: { "c": "jobs" }, queues: { "jobs": Queue() },
        consumers: { "workers": Consumer(from: "jobs", concurrency: 2, to: "db",
            policy: [Timeout("100ms")], max_deliveries: 1) }"#;
    hanging(FOUR, events, "")
}

fn together(text: &str) -> String {
    text.replacen("schema: 1,", "schema: 1, ties: Together,", 1)
}

/// Plays the scenario on both calendars, which agree.
fn played(text: &str) -> RunResult {
    let scenario = scenario(text);
    let result = play(&scenario, 1);
    let keyed = Options { calendar: CalendarKind::Keyed, seed: Some(1), ..Options::default() };
    assert_eq!(run(&scenario, "test", &keyed).unwrap(), result);
    result
}

/// Latencies of the successes in milliseconds: the least and the greatest.
fn latencies(text: &str) -> (u64, u64) {
    let result = played(text);
    let latency = only(&result).latency.end_to_end;
    assert_eq!(latency.count, 2, "{:?}", only(&result).requests);
    let ms = |ns: Option<u64>| ns.unwrap() / 1_000_000;
    (ms(latency.min_ns), ms(latency.max_ns))
}

#[test]
fn what_ends_together_is_handed_on_one_by_one_or_together() {
    // With `Handover` the third request finds the second still in flight and the fourth finds the
    // third; with `Together` the third is alone.
    for (what, text) in [("permits", by_permits()), ("consumers", by_consumers())] {
        assert_eq!(latencies(&text), (160, 160), "{what}, one by one");
        assert_eq!(latencies(&together(&text)), (110, 160), "{what}, together");
    }
    // Attempts in line count too: the first finds two others with `Handover`, and one with
    // `Together`.
    assert_eq!(latencies(&by_slots()), (159, 209), "slots, one by one");
    assert_eq!(latencies(&together(&by_slots())), (159, 159), "slots, together");
}

#[test]
fn what_arrives_at_the_instant_starts_after_what_ends_there() {
    // The arrival at 10 ms was scheduled before the work that ends there began.
    let text = r#"Scenario(schema: 1,
        load: {
            "a": Load(arrivals: Bursts(size: 1, every: "1s"), total: 1),
            "b": Load(arrivals: Bursts(size: 1, every: "1s"), start: "10ms", total: 1),
        },
        services: { "db": Service(time: Constant("10ms"), slots: 1, queue: 0) },
        calls: { "a": Call(to: "db", policy: []), "b": Call(to: "db", policy: []) })"#;
    let succeeded = |text: &str| only(&played(text)).requests.succeeded;
    assert_eq!(succeeded(text), 1);
    assert_eq!(succeeded(&together(text)), 2);
    // A retry without a wait is a start: it finds the slot that another caller gave up at the
    // same instant.
    let retried = r#"Scenario(schema: 1,
        load: { "c": Load(arrivals: Bursts(size: 2, every: "1s"), total: 2) },
        services: { "db": Service(time: Constant("50ms"), slots: 2, queue: 0,
            cancellation: Immediate) },
        faults: { "freeze": Fault(service: "db", from: "0s", until: "100ms", effect: Frozen) },
        calls: { "c": Call(to: "db", policy: [
            Retry(max_retries: 1), Timeout("100ms")]) })"#;
    for text in [retried.to_owned(), together(retried)] {
        let result = played(&text);
        assert_eq!(only(&result).requests.succeeded, 2, "{:?}", only(&result).requests);
        assert_eq!(only(&result).attempts.retries, 2);
    }
}

#[test]
fn a_retry_put_off_to_the_end_of_the_instant_dies_with_its_caller() {
    // A crash comes first at its instant and causes a retry without a wait; then the timeout of the
    // caller gives up on it.
    let text = r#"Scenario(schema: 1,
        load: { "c": Load(arrivals: Bursts(size: 3, every: "1s"), total: 3) },
        services: { "db": Service(time: Constant("5s"), slots: 3, cancellation: Immediate) },
        faults: { "crash": Fault(service: "db", from: "200ms", until: "201ms", effect: Crashed) },
        calls: { "c": Call(to: "db", policy: [Timeout("200ms"), Retry(max_retries: 5)]) })"#;
    let one_by_one = played(text);
    let arm = only(&one_by_one);
    assert_eq!((arm.failed_by.error, arm.failed_by.timeout, arm.attempts.total), (3, 0, 18));
    let result = played(&together(text));
    let arm = only(&result);
    assert_eq!((arm.failed_by.error, arm.failed_by.timeout, arm.attempts.total), (0, 3, 3));
    assert_eq!(arm.requests.in_flight, 0);
}

#[test]
fn the_usual_reading_leaves_no_trace_in_the_meaning() {
    let usual = scenario(&by_slots());
    let named = by_slots().replacen("schema: 1,", "schema: 1, ties: Handover,", 1);
    assert_eq!(canonical(&usual), canonical(&scenario(&named)));
    assert_ne!(canonical(&usual), canonical(&scenario(&together(&by_slots()))));
}

/// The tutorial's service behind 100 permits, with its bursts. Seeds 1 to 60 were chosen before the
/// first run.
#[test]
fn the_wide_bulkhead_of_the_tutorial_tells_the_readings_apart() {
    let text = r#"Scenario(schema: 1,
        load: { "clients": Load(arrivals: Bursts(size: 350, every: "80ms"), total: 2000) },
        services: { "downstream": Service(time: Uniform(min: "8ms", max: "14ms"),
            failure_ratio: 0.05, cancellation: Immediate, overload: Overload(knee: 25.0,
                added_latency: "50ms", added_failure_ratio: 0.40, max_failure_ratio: 0.95)) },
        calls: { "clients": Call(to: "downstream", policy: [
            Breaker(window: 20, failure_threshold: 8, open_duration: "500ms", records: Attempts),
            Retry(max_retries: 3,
                  backoff: Exponential(base: "20ms", cap: "400ms", jitter: Full)),
            Bulkhead(permits: 100), Timeout("120ms")]) })"#;
    let slow = |text: &str| {
        let scenario = scenario(text);
        let p99 = |seed| only(&play(&scenario, seed)).latency.end_to_end.p99_ns.unwrap();
        (1..=60).filter(|&seed| p99(seed) > 125_000_000).count()
    };
    assert_eq!(slow(text), 0, "by handover");
    assert_eq!(slow(&together(text)), 5, "together");
}
