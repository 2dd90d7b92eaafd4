//! Copies, retries, nested calls and deadlines, with a caller that gives up at any instant.

use super::{conserves, holds};
use crate::support::scenario;

/// A hedge around a retry around a call of a service that calls another through a bulkhead:
/// whenever the caller gives up, with any `cancellation` and any `losers`, all permits and slots
/// are released.
#[test]
fn a_hedge_over_a_retry_over_a_nested_call_is_given_up_at_any_instant() {
    for give_up_ms in 1..=60 {
        for cancellation in ["None", "QueuedOnly", "Immediate"] {
            for losers in ["Cancel", "Leave", "Await"] {
                for layer in ["Timeout", "Deadline", "DetachedTimeout"] {
                    let text = format!(
                        r#"Scenario(schema: 1,
                        load: {{ "users": Load(total: 8,
                            arrivals: Bursts(size: 4, every: "7ms")) }},
                        services: {{
                            "gate": Service(time: Constant("3ms"), slots: 3,
                                cancellation: {cancellation}, refuses_expired: true,
                                handler: [Parallel(calls: ["a", "a"], wait: First), Call("a")]),
                            "leaf": Service(time: Uniform(min: "1ms", max: "20ms"), slots: 2,
                                failure_ratio: 0.3, cancellation: {cancellation},
                                refuses_expired: true),
                        }},
                        calls: {{
                            "users": Call(to: "gate", policy: [
                                {layer}("{give_up_ms}ms"),
                                Hedge(after: "4ms", max: 2, losers: {losers}),
                                Retry(max_retries: 2, backoff: Constant("2ms")),
                                Bulkhead(permits: 5, queue: 3), DetachedTimeout("25ms"),
                            ]),
                            "a": Call(to: "leaf", policy: [
                                Hedge(after: "6ms", losers: {losers}), Timeout("30ms"),
                                Bulkhead(permits: 3),
                            ]),
                        }})"#
                    );
                    conserves(&scenario(&text), give_up_ms);
                }
            }
        }
    }
}

/// Copies of one call at a service that crashes: the error of the first decides for all where it
/// is final, so the others are cancelled, let go or waited for although they have failed as well.
#[test]
fn a_crash_meets_all_copies_of_a_call_at_any_instant() {
    for crash_ms in 0..=30 {
        for cancellation in ["None", "QueuedOnly", "Immediate"] {
            for losers in ["Cancel", "Leave", "Await"] {
                for inner in ["[]", "[Error, Shed]"] {
                    let text = format!(
                        r#"Scenario(schema: 1,
                        load: {{ "users": Load(total: 8,
                            arrivals: Bursts(size: 4, every: "7ms")) }},
                        services: {{ "leaf": Service(time: Uniform(min: "5ms", max: "20ms"),
                            slots: 3, replicas: 2, cancellation: {cancellation}) }},
                        faults: {{ "crash": Fault(service: "leaf", from: "{crash_ms}ms",
                            until: "31ms", effect: Crashed) }},
                        calls: {{ "users": Call(to: "leaf", balancing: Choices(2), policy: [
                            Hedge(after: "0s", max: 2, losers: {losers}, non_fatal: []),
                            Hedge(after: "3ms", losers: {losers}, non_fatal: {inner}),
                            Bulkhead(permits: 20, queue: 3), Timeout("25ms"),
                        ]) }})"#
                    );
                    let scenario = scenario(&text);
                    conserves(&scenario, crash_ms);
                    holds(&scenario, crash_ms);
                }
            }
        }
    }
}
