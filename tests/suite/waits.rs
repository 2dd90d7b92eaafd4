//! Longest waits in line, and permits that several policies share.

use dessim::kernel::time::Duration;
use dessim::metrics::probe::EventKind;
use dessim::report::result::{ArmResult, Metric};

use crate::support::{count, listen, only, play, scenario, seeded};

/// The only arm of a scenario of these entries.
fn arm(entries: &str) -> ArmResult {
    only(&play(&scenario(&format!("Scenario(schema: 1, {entries})")), 1)).clone()
}

/// Ten times the capacity of two connections of 200 ms, for 200 s.
const OVERLOADED: &str =
    r#"duration: "200s", load: { "web": Load(arrivals: Constant(rate: "100/s")) }"#;

fn connections(policy: &str) -> String {
    format!(
        r#"{OVERLOADED}, services: {{ "db": Service(time: Constant("200ms")) }},
        pools: {{ "connections": Pool(permits: 2, max_wait: "3s") }},
        calls: {{ "web": Call(to: "db", policy: [{policy}]) }}"#
    )
}

/// Both connections are always busy, and each call that gets one is answered: two every 200 ms,
/// from 0 and from 10 ms on.
#[test]
fn a_longest_wait_serves_what_there_is_place_for() {
    let places = [
        connections(r#"Bulkhead(permits: 2, max_wait: "3s")"#),
        connections(r#"Pool("connections")"#),
        format!(
            r#"{OVERLOADED}, services: {{ "db": Service(time: Constant("200ms"), slots: 2,
                max_wait: "3s") }}, calls: {{ "web": Call(to: "db") }}"#
        ),
    ];
    for entries in places {
        let arm = arm(&entries);
        assert_eq!(arm.requests.succeeded, 2 * 999, "{entries}");
        let slowest = arm.latency.end_to_end.max_ns.expect("successes");
        assert!(slowest <= 3_200_000_000, "{slowest} is longer than the wait and the work");
    }
}

/// An attempt that releases its slot for 5 ms and then works for 10 ms needs a place in line like
/// an arrival. Attempts arrive 4 ms apart. The first works again from 6 ms on, the third arrives at
/// 8 ms and the second comes back at 10 ms: without a place both are shed, and a single place goes
/// to the third.
#[test]
fn who_comes_back_to_a_full_line_is_shed() {
    let back = |line: &str| {
        let arm = arm(&format!(
            r#"load: {{ "web": Load(arrivals: Constant(rate: "250/s"), total: 3) }},
            services: {{
                "api": Service(time: Constant("1ms"), slots: 1, holds_slot: false, {line}
                    handler: [Call("query"), Work(Constant("10ms"))]),
                "db": Service(time: Constant("5ms")),
            }},
            calls: {{ "web": Call(to: "api"), "query": Call(to: "db") }}"#
        ));
        let api = &arm.components["api"];
        let lost = count(api, "shed") + api.get("reneged").map_or(0, |_| count(api, "reneged"));
        (arm.requests.succeeded, lost, count(api, "waiting_max"))
    };
    assert_eq!(back("queue: 0,"), (1, 2, 0));
    assert_eq!(back(r#"max_wait: "0s","#), (1, 2, 0));
    assert_eq!(back("queue: 1,"), (2, 1, 1));
    assert_eq!(back(""), (3, 0, 2));
}

/// A call that gets a connection has little of its timeout left, and times out with the connection.
#[test]
fn a_timeout_over_wait_and_work_serves_almost_nothing() {
    let entries = connections(r#"Timeout("3s"), Bulkhead(permits: 2)"#);
    let scenario = scenario(&format!("Scenario(schema: 1, {entries})"));
    let mut last = 0;
    let result = listen(&scenario, &seeded(1), |_, _, record| {
        if record.kind == EventKind::SUCCEEDED {
            last = record.at.as_ns();
        }
    });
    // In the first 3 s two calls every 200 ms are in time; after that none is.
    assert_eq!(only(&result).requests.succeeded, 32);
    assert!(last <= 3_500_000_000, "one succeeds after {last} ns");
}

/// Four requests of a burst get permits or slots and no other may wait, in any order of equal
/// instants.
#[test]
fn a_wait_of_no_time_is_no_line() {
    let burst = r#"load: { "web": Load(arrivals: Bursts(size: 10, every: "10ms"), total: 200) }"#;
    let call = |policy: &str| format!(r#"calls: {{ "web": Call(to: "db", policy: [{policy}]) }}"#);
    let place: [&dyn Fn(&str) -> String; 3] = [
        &|line| {
            let policy = format!("Bulkhead(permits: 4, {line})");
            format!(r#"services: {{ "db": Service(time: Constant("10ms")) }}, {}"#, call(&policy))
        },
        &|line| {
            format!(
                r#"services: {{ "db": Service(time: Constant("10ms")) }},
                pools: {{ "threads": Pool(permits: 4, {line}) }}, {}"#,
                call(r#"Pool("threads")"#)
            )
        },
        &|line| {
            let service = format!(r#"Service(time: Constant("10ms"), slots: 4, {line})"#);
            format!(r#"services: {{ "db": {service} }}, {}"#, call(""))
        },
    ];
    for ties in ["Handover", "Together"] {
        for place in place {
            let played = |line| {
                let text = format!("Scenario(schema: 1, ties: {ties}, {burst}, {})", place(line));
                play(&scenario(&text), 1)
            };
            let (queue, wait) = (played("queue: 0"), played(r#"max_wait: "0s""#));
            assert_eq!(only(&queue).requests, only(&wait).requests);
            assert_eq!(queue.fingerprints.order, wait.fingerprints.order);
            assert_eq!(queue.fingerprints.timing, wait.fingerprints.timing);
            assert_eq!(only(&wait).requests.succeeded, 80, "{ties}");
        }
    }
}

/// Two loads take turns at one permit, each on its way to its own service.
#[test]
fn permits_of_a_pool_go_in_the_order_of_arrival() {
    let text = r#"Scenario(schema: 1,
        load: { "a": Load(arrivals: Constant(rate: "100/s"), total: 50),
            "b": Load(arrivals: Constant(rate: "100/s"), start: "3ms", total: 50) },
        services: { "first": Service(time: Constant("20ms")),
            "second": Service(time: Constant("7ms")) },
        pools: { "threads": Pool(permits: 1) },
        calls: { "a": Call(to: "first", policy: [Pool("threads")]),
            "b": Call(to: "second", policy: [Pool("threads")]) })"#;
    let (mut arrived, mut sent) = (Vec::new(), Vec::new());
    let result = listen(&scenario(text), &seeded(1), |_, _, record| match record.kind {
        EventKind::ARRIVED => arrived.push((record.load, record.request)),
        EventKind::SENT => sent.push((record.load, record.request)),
        _ => {}
    });
    assert_eq!(sent, arrived);
    let arm = only(&result);
    assert_eq!(count(&arm.components["threads"], "permits_max"), 1);
    for (edge, work_ms) in [("a -> first", 20), ("b -> second", 7)] {
        let edge = &arm.components[edge];
        assert_eq!((count(edge, "attempts"), count(edge, "failed")), (50, 0));
        assert_eq!(arm.latency.end_to_end.count, 100);
        assert_eq!(edge.get("work_ns"), Some(Metric::Time(Duration::from_ms(50 * work_ms))));
    }
}

/// A thread of the host is busy for as long as its request is, calls of other services included.
#[test]
fn a_permit_is_held_while_what_is_inside_calls_others() {
    let arm = arm(r#"load: { "web": Load(arrivals: Bursts(size: 6, every: "1s"), total: 6) },
        services: {
            "host": Service(time: Constant("1ms"), holds_slot: false, handler: [Call("query")]),
            "db": Service(time: Constant("99ms")) },
        pools: { "threads": Pool(permits: 2) },
        calls: { "web": Call(to: "host", policy: [Pool("threads")]), "query": Call(to: "db") }"#);
    assert_eq!(arm.requests.succeeded, 6);
    assert_eq!(arm.latency.end_to_end.max_ns, Some(300_000_000));
    assert_eq!(count(&arm.components["db"], "busy_max"), 2);
}

/// A call that waits for a second permit of its pool holds the first: with a longest wait calls
/// release their permits again, and without one all deadlock.
#[test]
fn calls_that_wait_for_their_own_pool_come_free_by_a_longest_wait() {
    let nested = |line: &str| {
        arm(&format!(
            r#"duration: "10s",
            load: {{ "web": Load(arrivals: Bursts(size: 2, every: "1s"), total: 2) }},
            services: {{ "host": Service(time: Constant("1ms"), handler: [Call("query")]),
                "db": Service(time: Constant("10ms")) }},
            pools: {{ "threads": Pool(permits: 2{line}) }},
            calls: {{ "web": Call(to: "host", policy: [Pool("threads")]),
                "query": Call(to: "db", policy: [Pool("threads")]) }}"#
        ))
    };
    assert_eq!(nested("").requests.in_flight, 2);
    let limited = nested(r#", max_wait: "100ms""#);
    assert_eq!((limited.requests.in_flight, limited.requests.failed), (0, 1));
    // The first gives up, and its permit goes to the second just before that one's longest wait
    // ends.
    assert_eq!(limited.requests.succeeded, 1);
}

/// A service sheds whoever has waited too long, and what nobody waits for any more leaves the line
/// at the same time, unseen.
#[test]
fn a_service_sheds_whoever_has_waited_too_long() {
    let served = |policy: &str| {
        arm(&format!(
            r#"load: {{ "web": Load(arrivals: Bursts(size: 5, every: "1s"), total: 5) }},
            services: {{ "db": Service(time: Constant("100ms"), slots: 1, max_wait: "150ms") }},
            calls: {{ "web": Call(to: "db", policy: [{policy}]) }}"#
        ))
    };
    let (alone, left) = (served(""), served(r#"Timeout("120ms")"#));
    assert_eq!((alone.requests.succeeded, alone.requests.shed), (2, 3));
    assert_eq!((left.requests.succeeded, left.failed_by.timeout), (1, 4));
    for arm in [alone, left] {
        let db = &arm.components["db"];
        assert_eq!((count(db, "reneged"), count(db, "shed")), (3, 0));
        assert_eq!((count(db, "busy_max"), count(db, "in_flight")), (1, 0));
    }
}

/// A thread and a place in line, and a second thread once both are taken: of calls that come 10 ms
/// apart and take 100 ms the third finds the line full and goes first, at 20 ms. The fourth is
/// refused, since there are two threads at most, and the second goes when the first is over.
#[test]
fn a_pool_grows_when_its_line_is_full_and_for_the_call_that_finds_it_so() {
    let arm = arm(r#"load: { "web": Load(arrivals: Constant(rate: "100/s"), total: 4) },
        services: { "db": Service(time: Constant("100ms")) },
        calls: { "web": Call(to: "db", policy: [
            Bulkhead(permits: 1, queue: 1, max_permits: 2)]) }"#);
    let latency = &arm.latency.end_to_end;
    let [mean, max] = [latency.mean_ns, latency.max_ns].map(|ns| ns.expect("successes"));
    assert_eq!((arm.requests.succeeded, arm.requests.rejected), (3, 1));
    assert_eq!((mean, max), ((100_000_000 + 190_000_000 + 100_000_000) / 3, 190_000_000));
}
