//! Sentences that are understood, and those that are not.

use super::*;
use crate::scenario::Document;

fn known() -> Known {
    let text = r#"Scenario(
        schema: 1,
        load: { "clients": Load(arrivals: Constant(rate: "100/s"), total: 50) },
        services: { "db": Service(time: Constant("5ms"), slots: 1) },
        faults: { "db-slow": Fault(service: "db", from: "1s", until: "2s", effect: Frozen) },
        arms: {
            "rpc": Arm(calls: { "clients": Call(to: "db", policy: [
                Breaker(window: 20, failure_threshold: 8, open_duration: "500ms"),
                Timeout("1s"), Timeout("20ms"),
            ]) }),
            "event driven": Arm(
                publishes: { "clients": "jobs" },
                queues: { "jobs": Queue(capacity: 10) },
                consumers: { "workers": Consumer(from: "jobs", concurrency: 2, to: "db", max_deliveries: 3) },
            ),
        },
    )"#;
    let document = Document::parse("test", text.as_bytes()).expect("it is RON");
    Known::new(&document.scenario().expect("it is a scenario").scenario)
}

#[test]
fn sentences_are_understood_and_printed_in_one_spelling() {
    let known = known();
    for (text, printed) in [
        ("rpc.latency.end_to_end.p99<250ms", "rpc.latency.end_to_end.p99 < 250ms"),
        ("'event driven'.requests.dead_lettered == 0", ""),
        (
            "\"event driven\".goodput_per_s >= 1.5 * rpc.goodput_per_s",
            "'event driven'.goodput_per_s >= 1.5 * rpc.goodput_per_s",
        ),
        ("wasted.work == 0", ""),
        ("wasted.work_ns <= 1500us", "wasted.work <= 1500us"),
        ("requests.failed / requests.offered < 7%", ""),
        ("1 - (2 - 3) - 4 <= amplification", ""),
        ("(1 + 2) * -amplification != 4 / (2 / 1)", ""),
        ("rpc.clients.breaker.opened > 0", ""),
        ("'clients -> db'.attempts > 3", ""),
        ("workers.deliveries > 1e3", "workers.deliveries > 1000"),
        ("jobs.wait.p50 < 1s", ""),
        ("recovers within 30s after fault db-slow", ""),
        (
            "'event driven' recovers within 90000ms after fault 'db-slow'",
            "'event driven' recovers within 90s after fault db-slow",
        ),
        ("breaker clients opens within 2s", "breaker clients.breaker opened within 2s"),
        (
            "rpc breaker clients opened after fault db-slow",
            "rpc breaker clients.breaker opened after fault db-slow",
        ),
        ("not timeout clients.timeout#2 timed_out", ""),
        ("service db sheds", "service db shed"),
        ("collapse", "collapses"),
        ("not rpc collapses", ""),
        ("p(collapse) < 1% at 95%", "p(collapses) < 1% at 95%"),
        (
            "p(not rpc.amplification > 2) >= 0.9 at 0.99 over 400 seeds",
            "p(not rpc.amplification > 2) > 90% at 99% over 400 seeds",
        ),
    ] {
        let printed = if printed.is_empty() { text } else { printed };
        let claim = read(text, &known).unwrap_or_else(|refusal| panic!("{text}: {refusal:?}"));
        let again = match &claim {
            Claim::Holds(condition) => condition.to_string(),
            claim @ Claim::Likely(_) => claim.to_string(),
        };
        assert_eq!(again, printed);
        assert_eq!(read(printed, &known), Ok(claim), "{printed}");
    }
}

#[test]
fn what_is_not_understood_is_refused_with_a_reason() {
    let known = known();
    let deep = "(".repeat(10_000);
    let mut told = String::new();
    for text in [
        "",
        "rpc.goodput_per_s",
        "rpc.goodputt_per_s > 3",
        "rcp.goodput_per_s > 3",
        "rpc.latency.end_to_end < 3ms",
        "rpc.latency.end_to_end.p99 < 250",
        "rpc.latency.end_to_end.p99 + 1 < 250ms",
        "rpc.wasted.work * rpc.wasted.work > 3s",
        "amplification = 3",
        "amplification > 3 4",
        "amplification > 3x",
        "amplification > 'three",
        "amplification > 3 & 4",
        "recovers within 30 after fault db-slow",
        "recovers within 30s after fault db-slo",
        "recover within 30s after fault db-slow",
        "rcp recovers within 30s after fault db-slow",
        "breaker client opens",
        "timeout clients times_out",
        "breaker clients closes",
        "breaker clients",
        "p(collapse) == 1%",
        "p(collapse) < 100%",
        "p(collapse) < 1% at 30%",
        "p(collapse) < 1% over 2.5 seeds",
        "p(p(collapse) < 1%) < 1%",
        &deep,
    ] {
        let refusal = read(text, &known).expect_err(text);
        let hint = refusal.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
        let text: String = text.chars().take(60).collect();
        told.push_str(&format!("{text}\n    {} — {}{hint}\n", refusal.rule, refusal.found));
    }
    insta::assert_snapshot!(told);
}
