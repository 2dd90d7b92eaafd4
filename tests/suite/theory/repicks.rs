//! `max_repicks` avoids replicas that a call has tried: ratios of failures where one replica always
//! fails, by counting.

use dessim::metrics::probe::EventKind;
use dessim::report::result::ArmResult;

use crate::support::{count, listen, only, play, scenario, seeded};

/// Requests of a run, enough for a ratio near 1/243 to within 5 %.
const TOTAL: u32 = 100_000;

/// Requests to three replicas at random, of which the last one `is` not well, tried twice.
fn thirds(server: &str, is: &str, max_repicks: u32) -> ArmResult {
    let text = format!(
        r#"Scenario(schema: 1,
        load: {{ "load": Load(arrivals: Constant(rate: "1000/s"), total: {TOTAL}) }},
        services: {{ "server": Service(time: Constant("1ms"), replicas: 3, {server}) }},
        faults: {{ "ill": Fault(service: "server", replica: 3, from: "0s", until: "1h",
            effect: {is}) }},
        calls: {{ "load": Call(to: "server", policy: [Retry(max_retries: 1), Timeout("10ms")],
            balancing: Random, max_repicks: {max_repicks}) }})"#
    );
    only(&play(&scenario(&text), 1)).clone()
}

/// True if so many of `of` is a ratio within 4 standard deviations of `expected`.
fn is_near(counted: u64, of: u64, expected: f64) -> bool {
    let of = of as f64;
    let deviation = (of * expected * (1.0 - expected)).sqrt();
    (counted as f64 - of * expected).abs() <= 4.0 * deviation
}

/// One request in three goes to the bad replica, and its second attempt does so again if all
/// `max_repicks` + 1 picks are that replica: with 3, in one case of 81. The same holds for attempts
/// that time out and go on at the server.
#[test]
fn a_retry_meets_the_same_replica_only_when_every_pick_is_that_one() {
    let slow = ("cancellation: None", "Slowed(factor: 1000)");
    for (server, is) in [("", "Failing"), ("", "Crashed"), slow] {
        // For each retry, one pick is discarded with probability 1/3, one more with 1/9, and so on.
        let cases = [(0, 1.0 / 3.0, 0.0), (1, 1.0 / 9.0, 1.0 / 3.0), (3, 1.0 / 81.0, 13.0 / 27.0)];
        for (max_repicks, again, thrown_away) in cases {
            let arm = thirds(server, is, max_repicks);
            let (failed, retries) = (arm.requests.failed, arm.attempts.retries);
            let what = format!("{is}, {max_repicks}: {failed} of {retries}");
            assert!(is_near(retries, u64::from(TOTAL), 1.0 / 3.0), "{what}");
            assert!(is_near(failed, retries, again), "{what}");
            let balancer = &arm.components["load.balancer"];
            if max_repicks > 0 {
                assert_eq!(count(balancer, "tried_again"), failed, "{what}");
                let repicked = count(balancer, "repicked") as f64 / retries as f64;
                assert!((repicked - thrown_away).abs() < 0.02, "{repicked}, not {thrown_away}");
            } else {
                assert!(balancer.get("repicked").is_none());
            }
        }
    }
}

/// The redelivery of a message is a new call with an empty trail. With two replicas, one of them
/// bad, a delivery fails with probability 1/2 at its first attempt and 1/4 at its second.
#[test]
fn a_delivery_does_not_know_what_the_last_one_tried() {
    let text = format!(
        r#"Scenario(schema: 1,
        load: {{ "load": Load(arrivals: Constant(rate: "1000/s"), total: {TOTAL}) }},
        services: {{ "server": Service(time: Constant("1ms"), replicas: 2) }},
        faults: {{ "ill": Fault(service: "server", replica: 2, from: "0s", until: "1h",
            effect: Failing) }},
        queues: {{ "jobs": Queue() }}, publishes: {{ "load": "jobs" }},
        consumers: {{ "workers": Consumer(from: "jobs", concurrency: 10, to: "server",
            policy: [Retry(max_retries: 1)], balancing: Random, max_repicks: 1,
            max_deliveries: 2) }})"#
    );
    let failed = only(&play(&scenario(&text), 1)).requests.dead_lettered;
    assert!(is_near(failed, u64::from(TOTAL), 1.0 / 64.0), "{failed}");
}

/// With any algorithm a second attempt goes to another replica. If the choice does not depend on
/// earlier ones, first attempts go to the same replicas as without `max_repicks`. On a ring the
/// next point belongs to the same replica in one case of four.
#[test]
fn every_balancer_picks_anew_and_no_first_attempt_moves() {
    let two_zones = r#"ZoneAware(min_cluster_size: 2, child: Random), zones: {"a": 1, "b": 2}"#;
    for (balancing, remembers) in [
        ("RoundRobin", true),
        ("Random", false),
        ("LeastRequest", true),
        ("PowerOfTwo", true),
        ("Choices(2)", true),
        ("Weighted([1, 2, 3, 4])", true),
        ("ConsistentHash()", false),
        ("ConsistentHash(bound: 1.5)", true),
        ("Ewma()", true),
        ("PeakEwma()", true),
        ("Subset(size: 3, child: Random)", false),
        (two_zones, false),
    ] {
        let replicas = |max_repicks: u32| {
            let text = format!(
                r#"Scenario(schema: 1,
                load: {{ "load": Load(arrivals: Constant(rate: "10/s"), total: 300) }},
                services: {{ "server": Service(time: Constant("1ms"), zones: {{"a": 2, "b": 2}},
                    failure_ratio: 1) }},
                calls: {{ "load": Call(to: "server", policy: [Retry(max_retries: 1)],
                    max_repicks: {max_repicks}, balancing: {balancing}) }})"#
            );
            let mut attempts = [Vec::new(), Vec::new()];
            listen(&scenario(&text), &seeded(1), |_, _, record| {
                if record.kind == EventKind::BALANCED {
                    attempts[record.attempt as usize - 1].push(record.value);
                }
            });
            attempts
        };
        let [first, second] = replicas(40);
        let same = first.iter().zip(&second).filter(|(first, second)| first == second);
        assert_eq!(same.count(), 0, "{balancing}");
        if !remembers {
            assert_eq!(replicas(0)[0], first, "{balancing}");
        }
    }
}
