//! Sentences that are understood, and those that are not.

use super::*;
use crate::scenario::Document;
use crate::statistics::proportion::Proportion;

pub(super) fn known() -> Known {
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
                consumers: { "workers": Consumer(
                    from: "jobs", concurrency: 2, to: "db", max_deliveries: 3,
                ) },
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
        ("requests.failed < 7% * requests.offered", ""),
        ("succeeded_ratio after fault db-slow >= 99%", ""),
        ("components.workers.deliveries > 3", "workers.deliveries > 3"),
        ("rpc.components.db.wait.p99_ns < 3s", "rpc.db.wait.p99 < 3s"),
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
            "rpc breaker clients opened since fault db-slow",
            "rpc breaker clients.breaker opened since fault db-slow",
        ),
        (
            "breaker clients opens within 1s during fault db-slow",
            "breaker clients.breaker opened within 1s during fault db-slow",
        ),
        ("queue jobs drops from 1s until 2s", "queue jobs dropped from 1s until 2s"),
        ("amplification since fault db-slow < 2", ""),
        ("not timeout clients.timeout#2 timed_out", ""),
        ("service db sheds", "service db shed"),
        ("rpc.goodput_per_s from 100s>=50", "rpc.goodput_per_s from 100s >= 50"),
        ("amplification during fault 'db-slow' < 2", "amplification during fault db-slow < 2"),
        (
            "latency.outcome.p99 from 0s until 2000ms < latency.outcome.p99 after fault db-slow",
            "latency.outcome.p99 until 2s < latency.outcome.p99 after fault db-slow",
        ),
        ("requests.failed from 1s until 90s / requests.offered before fault db-slow < 2", ""),
        ("p(requests.failed during fault db-slow > 3) > 5% at 99% over 400 seeds", ""),
        ("consumer workers dead_letters", "consumer workers dead_lettered"),
        ("queue jobs drops", "queue jobs dropped"),
        ("timeout clients.timeout times_out", "timeout clients.timeout timed_out"),
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

/// What is no sentence about [`known`], for one reason each.
const REFUSED: [&str; 61] = [
    "",
    "rpc.goodput_per_s",
    "rpc.goodputt_per_s > 3",
    "rcp.goodput_per_s > 3",
    "success_ratio > 99%",
    "'event driven'.availability > 99%",
    "rpc.error-rate < 1%",
    "rpc.P99 < 1s",
    "rpc.latency_p99 < 1s",
    "rps > 3",
    "rpc.clients.breaker.open_count > 3",
    "rpc.clients.breaker > 3",
    "rpc.clients.breaker.trials > 3",
    "jobs.depth > 3",
    "workers.utilization > 3",
    "jobs.wait < 1s",
    "jobs.lag < 1s",
    "gibberish_of_sorts > 3",
    "requests.failed < 5%",
    "5% > rpc.requests.failed + requests.late",
    "attempts.retries during fault db-slow < 5%",
    "jobs.depth_max < 5%",
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
    "recovers within 30s since fault db-slow",
    "breaker clients opens after 2s",
    "recover within 30s after fault db-slow",
    "rcp recovers within 30s after fault db-slow",
    "breaker client opens",
    "timeout clients times_out",
    "breaker clients shuts",
    "breaker clients",
    "p(collapse) == 1%",
    "p(collapse) < 100%",
    "p(collapse) < 1% at 30%",
    "p(collapse) < 1% over 2.5 seeds",
    "p(p(collapse) < 1%) < 1%",
    "p(collapse) < 0.01%",
    "p(collapse) > 99.99%",
    "p(collapse) < 1e-9",
    "p(collapse) < 1% over 298 seeds",
    "p(collapse) > 99% at 99% over 458 seeds",
    "p(collapse) < 1% over 20000000 seeds",
    "breaker clients s",
    "service db answer",
    "rpc.goodput_per_s from 100 > 3",
    "rpc.goodput_per_s from 9s until 9s > 3",
    "rpc.goodput_per_s after 30s > 3",
    "rpc.goodput_per_s during fault db-slo > 3",
    "rpc.wasted.work from 3s > 3s",
    "jobs.depth_max during fault db-slow > 3",
    "amplification from 3s",
];

#[test]
fn what_is_not_understood_is_refused_with_a_reason() {
    let known = known();
    let deep = "(".repeat(10_000);
    let mut messages = String::new();
    for text in REFUSED.into_iter().chain([deep.as_str()]) {
        let refusal = read(text, &known).expect_err(text);
        let hint = refusal.hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
        let text: String = text.chars().take(60).collect();
        messages.push_str(&format!("{text}\n    {} — {}{hint}\n", refusal.rule, refusal.found));
    }
    insta::assert_snapshot!(messages);
}

fn likely(text: &str) -> Likely {
    match read(text, &known()) {
        Ok(Claim::Likely(likely)) => likely,
        other => panic!("{text}: {other:?}"),
    }
}

/// The fewest runs for so many hits: Wilks (1941, "Determination of sample sizes for setting
/// tolerance limits") has 59, 93 and 124 for 5 %, and 299, 473 and 628 for 1 %, at 95 %.
#[test]
fn claims_are_shown_by_as_few_seeds_as_published_and_no_fewer() {
    let hits = [0, 1, 2];
    for (ratio, least) in [("5%", [59, 93, 124]), ("1%", [299, 473, 628])] {
        let claim = likely(&format!("p(collapse) < {ratio} over 1000 seeds"));
        for (hits, runs) in hits.into_iter().zip(least) {
            let shown = |runs| claim.shown_by(Proportion { hits, runs });
            assert_eq!((shown(runs - 1), shown(runs)), (false, true), "{ratio} {hits}");
        }
    }
    for (ratio, least) in [("95%", [59, 93, 124]), ("99%", [299, 473, 628])] {
        let claim = likely(&format!("p(collapse) > {ratio} over 1000 seeds"));
        for (misses, runs) in hits.into_iter().zip(least) {
            let shown = |runs| claim.shown_by(Proportion { hits: runs - misses, runs });
            assert_eq!((shown(runs - 1), shown(runs)), (false, true), "{ratio} {misses}");
        }
    }
}

#[test]
fn what_is_not_shown_is_refuted_or_open() {
    let claim = likely("p(collapse) < 20% over 100 seeds");
    let of = |hits| {
        let seen = Proportion { hits, runs: 100 };
        (claim.shown_by(seen), claim.refuted_by(seen))
    };
    let ends = [of(12), of(13), of(20), of(27), of(28)];
    let (shown, open, refuted) = ((true, false), (false, false), (false, true));
    // Binomial tails at 0.2: P(X <= 13) = 0.047 and P(X <= 14) = 0.080; P(X >= 27) = 0.056 and
    // P(X >= 28) = 0.034.
    assert_eq!(of(14), open);
    assert_eq!(ends, [shown, shown, open, open, refuted]);
    let opposite = likely("p(collapse) > 20% over 100 seeds");
    for hits in 0..=100 {
        let seen = Proportion { hits, runs: 100 };
        assert_eq!(claim.shown_by(seen), opposite.refuted_by(seen), "{hits}");
        assert_eq!(claim.refuted_by(seen), opposite.shown_by(seen), "{hits}");
    }
}

#[test]
fn by_default_there_is_room_for_a_few_hits() {
    for (text, seeds) in [
        ("p(collapse) < 1%", 598),
        ("p(collapse) > 99%", 598),
        ("p(collapse) < 1% at 99%", 918),
        ("p(collapse) < 50%", 20),
        ("p(collapse) < 1% over 400 seeds", 400),
    ] {
        assert_eq!(likely(text).over(), seeds, "{text}");
    }
}

#[test]
fn a_period_begins_before_the_run_ends() {
    let text = "Scenario(schema: 1, duration: \"20s\", \
        load: { \"users\": Load(arrivals: Constant(rate: \"1/s\")) }, \
        services: { \"db\": Service(time: Constant(\"5ms\")) }, \
        calls: { \"users\": Call(to: \"db\") })";
    let document = Document::parse("test", text.as_bytes()).expect("it is RON");
    let known = Known::new(&document.scenario().expect("it is a scenario").scenario);
    assert!(read("goodput_per_s from 19s > 0", &known).is_ok());
    let refusal = read("goodput_per_s from 20s > 0", &known).expect_err("it is over");
    assert_eq!(refusal.hint.as_deref(), Some("the run ends at 20s"));
}
