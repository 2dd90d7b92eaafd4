//! Copies of calls and deadlines as in libraries, to the nanosecond, and the distribution of
//! latencies of copied calls.

use dessim::kernel::time::Duration;
use dessim::metrics::probe::EventKind;

use crate::support::{count, listen, ms, only, play, scenario, seeded};

/// One request to a service with a policy: its latency and how often it was sent, with the
/// instants.
struct One {
    latency_ms: f64,
    succeeded: bool,
    sent_ms: Vec<f64>,
}

fn one(service: &str, policy: &str) -> One {
    let scenario = scenario(&format!(
        r#"Scenario(schema: 1,
        load: {{ "client": Load(arrivals: Constant(rate: "1/s"), total: 1) }},
        services: {{ "server": Service({service}) }},
        calls: {{ "client": Call(to: "server", policy: [{policy}]) }})"#
    ));
    let (mut sent_ms, mut arrived_ms) = (Vec::new(), 0.0);
    let result = listen(&scenario, &seeded(1), |_, _, record| {
        let now = record.at.as_ns() as f64 / 1e6;
        match record.kind {
            EventKind::ARRIVED => arrived_ms = now,
            EventKind::SENT => sent_ms.push(now - arrived_ms),
            _ => {}
        }
    });
    let arm = only(&result);
    let latency_ms = ms(arm.latency.outcome.mean_ns);
    One { latency_ms, succeeded: arm.requests.succeeded == 1, sent_ms }
}

/// The latency of a call whose first copy takes 1 s and whose second, sent after 100 ms, takes 50
/// ms. The seed is the first with these draws, which do not depend on the policy.
fn slow_first(cancellation: &str, losers: &str) -> f64 {
    let played = |policy: &str, seed| {
        let scenario = scenario(&format!(
            r#"Scenario(schema: 1,
            load: {{ "client": Load(arrivals: Constant(rate: "1/s"), total: 1) }},
            services: {{ "server": Service(cancellation: {cancellation},
                time: Bimodal(fast: "50ms", slow: "1s", slow_ratio: 0.5)) }},
            calls: {{ "client": Call(to: "server", policy: [{policy}]) }})"#
        ));
        ms(only(&play(&scenario, seed)).latency.end_to_end.mean_ns)
    };
    let fits = |seed: &u64| {
        let hedged = played(r#"Hedge(after: "100ms", losers: Leave)"#, *seed);
        (played("", *seed), hedged) == (1000.0, 150.0)
    };
    let seed = (1..100).find(fits).expect("one in four seeds");
    played(&format!(r#"Hedge(after: "100ms", losers: {losers})"#), seed)
}

/// Polly waits for a loser that ignores cancellation; gRPC and tower do not.
#[test]
fn an_answer_waits_for_a_loser_only_where_losers_are_awaited() {
    assert_eq!(slow_first("None", "Await"), 1000.0);
    for (cancellation, losers) in [
        ("Immediate", "Await"),
        ("None", "Cancel"),
        ("Immediate", "Cancel"),
        ("None", "Leave"),
        ("Immediate", "Leave"),
    ] {
        assert_eq!(slow_first(cancellation, losers), 150.0, "{cancellation}, {losers}");
    }
}

/// In resilience4j the first completion decides, so a failure before the delay ends the call
/// without a copy. Polly and gRPC send the next copy at once, and fail when all have failed.
#[test]
fn a_failure_before_the_delay_ends_the_call_or_sends_the_next_copy() {
    let service = r#"time: Constant("50ms"), failure_ratio: 1"#;
    let decided = one(service, r#"Hedge(after: "100ms", non_fatal: [])"#);
    assert_eq!((decided.latency_ms, decided.succeeded), (50.0, false));
    assert_eq!(decided.sent_ms, [0.0]);
    let next = one(service, r#"Hedge(after: "100ms", max: 2)"#);
    assert_eq!((next.latency_ms, next.succeeded), (150.0, false));
    assert_eq!(next.sent_ms, [0.0, 50.0, 100.0]);
}

/// In gRPC copy k is sent after k delays; after a failure the delays start again.
#[test]
fn copies_are_sent_one_delay_after_the_other() {
    let slow = r#"time: Constant("1s")"#;
    let three = one(slow, r#"Hedge(after: "100ms", max: 2)"#);
    assert_eq!((three.sent_ms, three.latency_ms), (vec![0.0, 100.0, 200.0], 1000.0));
    let at_once = one(slow, r#"Hedge(after: "0s", max: 3)"#);
    assert_eq!(at_once.sent_ms, [0.0; 4]);
    // All copies fail after 140 ms: the copy of 100 ms is in flight when the first fails.
    let failing =
        one(r#"time: Constant("140ms"), failure_ratio: 1"#, r#"Hedge(after: "100ms", max: 3)"#);
    assert_eq!((failing.sent_ms, failing.latency_ms), (vec![0.0, 100.0, 140.0, 240.0], 380.0));
}

/// Three services in a row of 30 ms each with a deadline of 50 ms, at which the caller leaves. A
/// timeout of 1 s at the second call is cut to the deadline, and attempts after it are refused.
#[test]
fn a_deadline_travels_and_what_is_late_is_refused() {
    let played = |layer: &str, refuses: bool| {
        let text = format!(
            r#"Scenario(schema: 1,
            load: {{ "client": Load(arrivals: Constant(rate: "1/s"), total: 1) }},
            services: {{
                "a": Service(time: Constant("30ms"), handler: [Call("a-b")]),
                "b": Service(time: Constant("30ms"), handler: [Call("b-c")]),
                "c": Service(time: Constant("30ms"), refuses_expired: {refuses}),
            }},
            calls: {{
                "client": Call(to: "a", policy: [{layer}("50ms")]),
                "a-b": Call(to: "b"),
                "b-c": Call(to: "c", policy: [Timeout("1s")]),
            }})"#
        );
        let scenario = scenario(&text);
        let result = play(&scenario, 1);
        let arm = only(&result).clone();
        assert_eq!((arm.requests.failed, arm.failed_by.timeout), (1, 1));
        assert_eq!(ms(arm.latency.outcome.mean_ns), 50.0);
        (count(&arm.components["c"], "arrivals"), result.virtual_ns / 1_000_000)
    };
    // b ends at 60 ms and calls c although the client has left; c ends at 90 ms.
    assert_eq!(played("Timeout", false), (1, 90));
    // No time is left for that call: its timeout ends at once, and c gets no attempt.
    assert_eq!(played("Deadline", false), (0, 60));
    let refused = scenario(
        r#"Scenario(schema: 1,
        load: { "client": Load(arrivals: Bursts(size: 4, every: "1s"), total: 4) },
        services: { "s": Service(time: Constant("30ms"), slots: 1, refuses_expired: true) },
        calls: { "client": Call(to: "s", policy: [Deadline("50ms")]) })"#,
    );
    let result = play(&refused, 1);
    let server = &only(&result).components["s"];
    // The second starts at 30 ms and ends at 60 ms for nobody; the others are refused.
    let figures = ["answered", "for_nobody", "expired"].map(|figure| count(server, figure));
    assert_eq!(figures, [1, 1, 2]);
    assert_eq!(result.virtual_ns, Duration::from_ns(60_000_000).as_ns());
}

/// A service that keeps 20 ms back gives what it calls 20 ms less: with a deadline of 100 ms its
/// call is given up at 80 ms, which leaves time for an error of its own. At 30 ms, 50 ms are left
/// for that call: too little for a service that needs more than that, and enough for one that does
/// not.
#[test]
fn a_deadline_shrinks_at_each_hop_and_what_it_leaves_may_be_too_little() {
    let played = |least_ms: u32| {
        let text = format!(
            r#"Scenario(schema: 1,
            load: {{ "client": Load(arrivals: Constant(rate: "1/s"), total: 1) }},
            services: {{
                "a": Service(time: Constant("30ms"), deadline_margin: "20ms",
                    handler: [Call("a-b")]),
                "b": Service(time: Constant("200ms"), refuses_expired: true,
                    least_time_left: "{least_ms}ms"),
            }},
            calls: {{
                "client": Call(to: "a", policy: [Deadline("100ms")]),
                "a-b": Call(to: "b", policy: [Timeout("1s")]),
            }})"#
        );
        let arm = only(&play(&scenario(&text), 1)).clone();
        let failed = (arm.failed_by.error, arm.failed_by.timeout);
        (ms(arm.latency.outcome.mean_ns), failed, count(&arm.components["b"], "expired"))
    };
    assert_eq!(played(0), (80.0, (1, 0), 0));
    assert_eq!(played(49), (80.0, (1, 0), 0));
    assert_eq!(played(50), (30.0, (1, 0), 1));
}

/// One permit, calls of 100 ms, and a caller that waits 30 ms. A timeout gives the permit back with
/// the call, so each of the calls at 0, 40, 80 .. ms is sent. A detached one keeps it for 100 ms:
/// two calls of three are refused. The service works on, even if it cancels for callers that leave.
#[test]
fn a_detached_timeout_keeps_what_is_inside() {
    let played = |layer: &str, cancellation: &str| {
        let text = format!(
            r#"Scenario(schema: 1,
            load: {{ "client": Load(arrivals: Constant(rate: "25/s"), total: 12) }},
            services: {{ "s": Service(time: Constant("100ms"), cancellation: {cancellation}) }},
            calls: {{ "client": Call(to: "s",
                policy: [{layer}("30ms"), Bulkhead(permits: 1, queue: 0)]) }})"#
        );
        let arm = only(&play(&scenario(&text), 1)).clone();
        let done = count(&arm.components["s"], "answered");
        let nobody = count(&arm.components["s"], "for_nobody");
        (arm.failed_by.timeout, arm.requests.rejected, done + nobody)
    };
    assert_eq!(played("Timeout", "None"), (12, 0, 12));
    assert_eq!(played("Timeout", "Immediate"), (12, 0, 0));
    for cancellation in ["None", "QueuedOnly", "Immediate"] {
        assert_eq!(played("DetachedTimeout", cancellation), (4, 8, 4), "{cancellation}");
    }
}

/// What is in time is as if it were not there, whatever is tried again around it.
#[test]
fn a_detached_timeout_that_does_not_fire_changes_nothing() {
    let played = |policy: &str| {
        let text = format!(
            r#"Scenario(schema: 1,
            load: {{ "client": Load(arrivals: Poisson(rate: "50/s"), total: 2000) }},
            services: {{ "s": Service(time: Exponential(mean: "10ms"), failure_ratio: 0.2) }},
            calls: {{ "client": Call(to: "s", policy: [Retry(max_retries: 2), {policy}]) }})"#
        );
        let arm = only(&play(&scenario(&text), 1)).clone();
        let latency = &arm.latency.processing;
        (arm.requests.failed, arm.attempts.retries, latency.mean_ns, latency.max_ns)
    };
    let without = played("");
    assert!(without.0 > 5 && without.1 > 300, "{without:?}");
    assert_eq!(played(r#"DetachedTimeout("1h")"#), without);
}

/// The first copy has the draws of the call without a hedge.
#[test]
fn a_hedge_changes_nobodys_luck_but_that_of_its_copies() {
    let played = |policy: &str| {
        let scenario = scenario(&format!(
            r#"Scenario(schema: 1,
            load: {{ "client": Load(arrivals: Poisson(rate: "100/s"), total: 500) }},
            services: {{ "server": Service(time: Exponential(mean: "20ms")) }},
            calls: {{ "client": Call(to: "server", policy: [{policy}]) }})"#
        ));
        let mut took = vec![0; 500];
        listen(&scenario, &seeded(7), |_, _, record| {
            if record.kind == EventKind::SUCCEEDED {
                took[record.request as usize] = record.value;
            }
        });
        took
    };
    let (single, hedged) = (played(""), played(r#"Hedge(after: "30ms")"#));
    for (single, hedged) in single.iter().zip(&hedged) {
        if *single < 30_000_000 {
            assert_eq!(single, hedged);
        } else {
            assert!(hedged <= single && *hedged >= 30_000_000);
        }
    }
    assert!(single != hedged);
}
