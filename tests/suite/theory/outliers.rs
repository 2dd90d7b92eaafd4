//! Outlier detection in runs: how many requests one bad replica costs, by counting.

use dessim::report::result::ArmResult;

use crate::support::{count, only, play, scenario};

/// A request each 10 ms to four replicas, the last of which always fails.
fn one_bad(seconds: u32, service: &str, call: &str) -> ArmResult {
    let text = format!(
        r#"Scenario(schema: 1,
        load: {{ "load": Load(arrivals: Constant(rate: "100/s"), total: {}) }},
        services: {{ "server": Service(time: Constant("1ms"), {service}) }},
        faults: {{ "ill": Fault(service: "server", replica: 4, from: "0s", until: "1h",
            effect: Failing) }},
        calls: {{ "load": Call(to: "server", {call}) }})"#,
        seconds * 100
    );
    only(&play(&scenario(&text), 1)).clone()
}

/// Five failures in a row eject it. It comes back with the first sweep 30 s later, at 40 s, fails
/// five times more, comes back with the first sweep 60 s after that, at 110 s, and then at 210 s.
#[test]
fn a_bad_replica_costs_a_row_of_failures_for_each_return() {
    let call =
        "outlier_detection: OutlierDetection(consecutive_failures: 5, always_eject_one: true)";
    for (seconds, ejections) in [(39, 1), (42, 2), (109, 2), (112, 3), (209, 3), (212, 4)] {
        let arm = one_bad(seconds, "replicas: 4", call);
        assert_eq!(arm.requests.failed, 5 * ejections, "{seconds} s");
        let balancer = &arm.components["load.balancer"];
        assert_eq!(count(balancer, "ejections"), ejections, "{seconds} s");
        assert_eq!(count(balancer, "spared"), 0);
    }
}

/// Whatever chooses, it chooses among those that are left: five failures, and no sixth.
#[test]
fn no_algorithm_chooses_what_is_ejected() {
    let zones = r#"zones: {"a": 1, "b": 3}"#;
    let callers = r#"zones: {"a": 1, "b": 3}, "#;
    for (service, balancing) in [
        ("replicas: 4", "RoundRobin"),
        ("replicas: 4", "Random"),
        ("replicas: 4", "LeastRequest"),
        ("replicas: 4", "PowerOfTwo"),
        ("replicas: 4", "Choices(3)"),
        ("replicas: 4", "Weighted([1, 2, 3, 4])"),
        ("replicas: 4", "ConsistentHash()"),
        ("replicas: 4", "ConsistentHash(bound: 1.2)"),
        ("replicas: 4", "Ewma()"),
        ("replicas: 4", "PeakEwma()"),
        ("replicas: 4", "Subset(size: 4, child: Random)"),
        (zones, "ZoneAware(min_cluster_size: 2)"),
    ] {
        let zones = if balancing.starts_with("Zone") { callers } else { "" };
        let clients = if zones.is_empty() { 1 } else { 4 };
        let call = format!(
            "{zones}balancing: {balancing}, outlier_detection: OutlierDetection(
                consecutive_failures: 5, always_eject_one: true)"
        );
        let arm = one_bad(29, service, &call);
        let ejections = count(&arm.components["load.balancer"], "ejections");
        assert!((1..=clients).contains(&ejections), "{balancing}: {ejections}");
        assert_eq!(arm.requests.failed, 5 * ejections, "{balancing}");
    }
}

/// A zone whose replicas are all ejected hands its attempts to those of other zones.
#[test]
fn an_empty_zone_is_left() {
    let call = r#"zones: {"b": 1}, balancing: ZoneAware(min_cluster_size: 2),
        outlier_detection: OutlierDetection(consecutive_failures: 5, always_eject_one: true)"#;
    // One client, a quarter of whose attempts stay in the zone of the bad replica.
    let arm = one_bad(29, r#"zones: {"a": 3, "b": 1}"#, call);
    assert_eq!(arm.requests.failed, 5);
    assert_eq!(count(&arm.components["load.balancer"], "in_zone"), 5);
}

/// Without panic a client that has ejected all replicas fails by itself, and nothing arrives; with
/// it, everything is sent and fails there.
#[test]
fn a_client_without_replicas_fails_or_panics() {
    for (threshold, unavailable, in_panic) in [("0", 900, 0), ("0.5", 0, 900)] {
        let text = format!(
            r#"Scenario(schema: 1,
            load: {{ "load": Load(arrivals: Constant(rate: "100/s"), total: 910) }},
            services: {{ "server": Service(time: Constant("1ms"), replicas: 2) }},
            faults: {{ "ill": Fault(service: "server", from: "0s", until: "1h",
                effect: Failing) }},
            calls: {{ "load": Call(to: "server", outlier_detection: OutlierDetection(
                consecutive_failures: 5, max_ejected: 1, panic_threshold: {threshold})) }})"#
        );
        let arm = only(&play(&scenario(&text), 1)).clone();
        let balancer = &arm.components["load.balancer"];
        assert_eq!(arm.requests.failed, 910);
        assert_eq!(count(balancer, "unavailable"), unavailable);
        assert_eq!(count(balancer, "in_panic"), in_panic, "the tenth ejects the second");
        assert_eq!(count(balancer, "sent"), 910 - unavailable);
    }
}

/// What the caller gives up is a failure of the replica; what it does not need is none.
#[test]
fn timeouts_count_and_cancelled_copies_do_not() {
    let detection = "outlier_detection: OutlierDetection(consecutive_failures: 1, max_ejected: 1,
        panic_threshold: 0)";
    let run = |policy: &str| {
        let text = format!(
            r#"Scenario(schema: 1,
            load: {{ "load": Load(arrivals: Constant(rate: "1/s"), total: 9) }},
            services: {{ "server": Service(time: Constant("100ms"), replicas: 3) }},
            calls: {{ "load": Call(to: "server", policy: [{policy}], {detection}) }})"#
        );
        let arm = only(&play(&scenario(&text), 1)).clone();
        (count(&arm.components["load.balancer"], "ejections"), arm.requests.succeeded)
    };
    assert_eq!(run(r#"Timeout("50ms")"#), (3, 0));
    assert_eq!(run(r#"Timeout("50ms"), Retry(max_retries: 1)"#), (3, 0));
    assert_eq!(run(r#"Hedge(after: "50ms", max: 1)"#), (0, 9));
}
