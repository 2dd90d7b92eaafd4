//! Keys and sizes of requests, and attempts that never answer.

use std::collections::BTreeMap;

use dessim::kernel::draw::Site;
use dessim::kernel::fpmath;
use dessim::metrics::probe::EventKind;
use dessim::model::mechanism::balancer::Ring;
use dessim::report::result::ArmResult;

use super::{first_seed, judge};
use crate::support::{count, latency, listen, ms, number, only, play, scenario, seeded};

/// The load of the replica with the hottest keys is the sum of the probabilities of its keys, to
/// within 4 standard deviations of a count, for each of ten rings.
#[test]
fn the_hottest_replica_follows_from_the_law_and_the_ring() {
    const KEYS: u64 = 1_000;
    let scenario = scenario(&format!(
        r#"Scenario(schema: 1,
        load: {{ "load": Load(arrivals: Poisson(rate: "1000/s"), total: 20000,
            keys: Zipf(count: {KEYS}, exponent: 1.1)) }},
        services: {{ "server": Service(time: Constant("1ms"), replicas: 10) }},
        calls: {{ "load": Call(to: "server", balancing: ConsistentHash(points: 50)) }})"#
    ));
    let weight = |key: u64| fpmath::pow(key as f64, -1.1);
    let all: f64 = (1..=KEYS).map(weight).sum();
    for seed in 1..=10 {
        let ring = Ring::new(10, 50, Site::new(seed, "server", "ring"));
        let mut shares = [0.0; 10];
        for key in 1..=KEYS {
            shares[ring.owner(key) as usize] += weight(key) / all;
        }
        let expected = shares.iter().copied().fold(0.0, f64::max);
        let result = play(&scenario, seed);
        let actual = number(&only(&result).components["server"], "largest_share");
        let sd = (expected * (1.0 - expected) / 20_000.0).sqrt();
        assert!((actual - expected).abs() < 4.0 * sd, "seed {seed}: {actual}, not {expected}");
        assert!(expected > 0.15, "{expected} is no hot replica");
    }
}

/// All attempts with one key go to one replica, also those of other loads and of calls of a
/// handler.
#[test]
fn whatever_is_done_for_a_key_goes_to_its_replica() {
    let scenario = scenario(
        r#"Scenario(schema: 1,
        load: {
            "reads": Load(arrivals: Poisson(rate: "100/s"), total: 500, keys: Uniform(count: 1)),
            "writes": Load(arrivals: Poisson(rate: "100/s"), total: 500,
                keys: Zipf(count: 1, exponent: 1)),
        },
        services: {
            "web": Service(time: Constant("1ms"), handler: [Call("query")]),
            "db": Service(time: Constant("1ms"), replicas: 8, failure_ratio: 0.3),
        },
        calls: {
            "reads": Call(to: "web"),
            "writes": Call(to: "db", policy: [Retry(max_retries: 2)],
                balancing: ConsistentHash()),
            "query": Call(to: "db", policy: [Retry(max_retries: 2)], balancing: ConsistentHash()),
        })"#,
    );
    let result = play(&scenario, 1);
    let db = &only(&result).components["db"];
    assert!(count(db, "arrivals") > 1_200);
    assert_eq!(number(db, "largest_share"), 1.0);
}

/// A server whose work is always 10 ms times a lognormal size with a coefficient of variation of 2,
/// at 60 %: the mean wait is that of Pollaczek and Khinchine, r / (1 - r) x (1 + 4) / 2 x 10 ms.
#[test]
fn sizes_vary_the_work_as_pollaczek_and_khinchine_say() {
    let of = |size: &str, classes: &str| {
        scenario(&format!(
            r#"Scenario(schema: 1, warm_up: "50s", duration: "1050s",
            load: {{ "load": Load(arrivals: Poisson(rate: "60/s"), {size} {classes}) }},
            services: {{ "server": Service(time: Constant("10ms"), slots: 1) }},
            calls: {{ "load": Call(to: "server") }})"#
        ))
    };
    let wait = |arm: &ArmResult| ms(latency(&arm.components["server"], "wait").mean_ns);
    let law = "size: LogNormal(mean: 1, cv: 2)";
    let judged = [
        ("of the load", of(&format!("{law},"), "")),
        ("of the class", of("", &format!(r#"classes: {{ "all": Class(ratio: 1, {law}) }}"#))),
    ]
    .map(|(what, scenario)| {
        let first = first_seed("SIZE", what);
        let one = |seed| wait(only(&play(&scenario, first.wrapping_add(seed))));
        let samples: Vec<f64> = (0..40).map(one).collect();
        judge(&format!("SIZE {what}"), &samples, 0.6 / 0.4 * 2.5 * 10.0, 0.1)
    });
    assert!(judged.iter().all(Option::is_none), "{judged:#?}");
}

/// All attempts of a request have the same size at every service; a class has its own size or that
/// of the load; and the draws of sizes change no class, gap or service time.
#[test]
fn a_request_has_one_size_for_all_that_is_done_for_it() {
    let work = |size: &str, own: &str| {
        let scenario = scenario(&format!(
            r#"Scenario(schema: 1,
            load: {{ "load": Load(arrivals: Poisson(rate: "100/s"), total: 400, {size}
                classes: {{ "odd": Class(ratio: 0.3 {own}) }}) }},
            services: {{
                "web": Service(time: Constant("1ms"), handler: [Call("query")]),
                "db": Service(time: Constant("1ms"), failure_ratio: 0.5),
            }},
            calls: {{ "load": Call(to: "web", policy: [Retry(max_retries: 1)]),
                "query": Call(to: "db", policy: [Retry(max_retries: 2)]) }})"#
        ));
        let mut works: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        listen(&scenario, &seeded(5), |_, _, record| {
            if record.kind == EventKind::STARTED {
                works.entry(record.request).or_default().push(record.value);
            }
        });
        works
    };
    let plain = work("", "");
    let by_load = work("size: Pareto(alpha: 2, min: 0.5),", "");
    let by_class = work("size: Pareto(alpha: 2, min: 0.5),", ", size: Constant(3)");
    let (mut odd, mut sizes) = (0, Vec::new());
    for (request, works) in &by_load {
        assert!(works.iter().all(|work| *work == works[0]), "request {request}: {works:?}");
        assert_eq!(works.len(), plain[request].len(), "the same attempts fail");
        sizes.push(works[0]);
        let of_class = &by_class[request];
        odd += u32::from(of_class[0] == 3_000_000);
        assert!(of_class[0] == 3_000_000 || of_class == works, "request {request}");
    }
    sizes.sort_unstable();
    sizes.dedup();
    assert!(sizes.len() > 390 && sizes[0] >= 500_000, "{} sizes", sizes.len());
    // Binomial: 120, with a standard deviation of 9.2.
    assert!((84..=156).contains(&odd), "{odd} of class odd");
}

/// One attempt in ten never answers, and its caller gives up after 500 ms, which frees the slot: by
/// Little's law 50/s x (0.9 x 20 ms + 0.1 x 500 ms) = 3.4 slots are busy.
#[test]
fn what_never_answers_keeps_its_slot_until_the_caller_gives_up() {
    let scenario = scenario(
        r#"Scenario(schema: 1, warm_up: "2s", duration: "102s",
        load: { "load": Load(arrivals: Poisson(rate: "50/s")) },
        services: { "server": Service(time: Exponential(mean: "20ms"), hang_ratio: 0.1,
            cancellation: Immediate) },
        calls: { "load": Call(to: "server", policy: [Timeout("500ms")]) })"#,
    );
    let first = first_seed("HANG", "");
    let (mut busy, mut timeouts) = (Vec::new(), Vec::new());
    for seed in 0..20 {
        let result = play(&scenario, first.wrapping_add(seed));
        let arm = only(&result);
        let server = &arm.components["server"];
        busy.push(number(server, "busy_mean"));
        let ended = (arm.requests.offered - arm.requests.in_flight) as f64;
        timeouts.push(arm.failed_by.timeout as f64 / ended);
        let hung = count(server, "hung");
        assert!(hung >= arm.failed_by.timeout && hung <= arm.failed_by.timeout + 20, "{hung}");
    }
    let wrong = [
        judge("HANG busy", &busy, 3.4, 0.03),
        // Attempts in flight at the end are mostly those that hang: 2.5 of 5,000.
        judge("HANG timeouts", &timeouts, 0.1 * (1.0 - 2.5 / 500.0 + 3.4 / 5_000.0), 0.03),
    ];
    assert!(wrong.iter().all(Option::is_none), "{wrong:#?}");
}

/// If the service does not cancel, attempts that hang take one slot after the other until a crash,
/// and a request without a timeout is in flight for ever.
#[test]
fn a_service_that_goes_on_loses_its_slots_to_what_hangs() {
    let of = |policy: &str, fault: &str| {
        let text = format!(
            r#"Scenario(schema: 1, duration: "60s",
            load: {{ "load": Load(arrivals: Constant(rate: "10/s"), until: "50s") }},
            services: {{ "server": Service(time: Constant("20ms"), slots: 4, queue: 0,
                hang_ratio: 0.05) }},
            faults: {{ {fault} }},
            calls: {{ "load": Call(to: "server", policy: [{policy}]) }})"#
        );
        play(&scenario(&text), 3)
    };
    let leaked = of(r#"Timeout("1s")"#, "");
    let arm = only(&leaked);
    assert_eq!(count(&arm.components["server"], "hung"), 4);
    assert_eq!(count(&arm.components["server"], "in_flight"), 4);
    assert_eq!((arm.failed_by.timeout, arm.requests.in_flight), (4, 0));
    assert!(arm.requests.shed > 100, "{}", arm.requests.shed);
    let restart = r#""restart": Fault(service: "server", from: "49.02s", until: "49.03s",
        effect: Crashed)"#;
    let crashed = of(r#"Timeout("1s")"#, restart);
    let server = &only(&crashed).components["server"];
    assert_eq!(count(server, "crashed"), 4);
    assert_eq!(only(&of("", "")).requests.in_flight, 4);
}

/// Attempts that hang change no draws of others.
#[test]
fn what_hangs_changes_nobodys_service_time() {
    let work = |hang: f64| {
        let scenario = scenario(&format!(
            r#"Scenario(schema: 1,
            load: {{ "load": Load(arrivals: Poisson(rate: "100/s"), total: 1000) }},
            services: {{ "server": Service(time: Exponential(mean: "20ms"), failure_ratio: 0.2,
                hang_ratio: {hang:?}) }},
            calls: {{ "load": Call(to: "server", policy: [Timeout("5s")]) }})"#
        ));
        let mut works = BTreeMap::new();
        listen(&scenario, &seeded(5), |_, _, record| {
            if record.kind == EventKind::STARTED {
                works.insert(record.request, record.value);
            }
        });
        works
    };
    let (sound, some) = (work(0.0), work(0.1));
    assert!((850..950).contains(&some.len()), "{}", some.len());
    assert!(some.iter().all(|(request, work)| sound[request] == *work));
}
