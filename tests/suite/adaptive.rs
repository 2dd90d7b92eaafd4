//! Adaptive limits where they stand: what is a sample, who goes next, and where limits settle.

use dessim::metrics::probe::EventKind;
use dessim::report::result::Component;

use crate::support::{count, listen, number, only, play, scenario, seeded};

/// The limit of a run of one arm.
fn limit(text: &str) -> Component {
    let result = play(&scenario(text), 1);
    let components = &only(&result).components;
    let (_, limit) = components.iter().find(|(name, _)| name.ends_with("adaptive_limit")).unwrap();
    limit.clone()
}

/// A call each 100 ms of 50 ms, through a limit that begins at 10.
fn steady(service: &str, policy: &str) -> Component {
    limit(&format!(
        r#"Scenario(schema: 1,
        load: {{ "web": Load(arrivals: Constant(rate: "10/s"), total: 20) }},
        services: {{ "api": Service(time: Constant("50ms"), {service}) }},
        calls: {{ "web": Call(to: "api", policy: [{policy}]) }})"#
    ))
}

const LIMIT: &str = r#"AdaptiveLimit(algorithm: Aimd(initial: 10, min: 1, max: 10))"#;

#[test]
fn outcomes_are_samples_drops_or_nothing_by_their_class() {
    let numbers = |component: &Component| {
        let changes = number(component, "limit_mean") < 10.0;
        (count(component, "samples"), count(component, "drops"), changes)
    };
    let good = steady("", LIMIT);
    assert_eq!(numbers(&good), (20, 0, false));
    let errors = steady("failure_ratio: 1", LIMIT);
    assert_eq!(numbers(&errors), (0, 0, false), "errors are no samples");
    let counted = LIMIT.replace("10))", "10), ignored: [], dropped: [Error])");
    assert_eq!(numbers(&steady("failure_ratio: 1", &counted)), (20, 20, true));
    // A limit inside a timeout and one around it learn the same.
    let inside = steady("", &format!(r#"Timeout("20ms"), {LIMIT}"#));
    let around = steady("", &format!(r#"{LIMIT}, Timeout("20ms")"#));
    assert_eq!(numbers(&inside), (20, 20, true));
    assert_eq!(inside, around);
    // Copies that are not needed give no sample: one of each pair.
    let copies = steady("", &format!(r#"Hedge(after: "0s"), {LIMIT}"#));
    assert_eq!(numbers(&copies), (20, 0, false));
}

/// The order in which five calls of one instant are sent, under a limit of 1.
fn order(more: &str) -> (Vec<u64>, u64) {
    let text = format!(
        r#"Scenario(schema: 1,
        load: {{ "web": Load(arrivals: Bursts(size: 5, every: "1s"), total: 5) }},
        services: {{ "api": Service(time: Constant("1ms")) }},
        calls: {{ "web": Call(to: "api", policy: [
            AdaptiveLimit(algorithm: Aimd(initial: 1, min: 1, max: 1), {more})]) }})"#
    );
    let mut sent = Vec::new();
    let result = listen(&scenario(&text), &seeded(1), |_, _, record| {
        if record.kind == EventKind::SENT {
            sent.push(record.request);
        }
    });
    (sent, only(&result).requests.rejected)
}

#[test]
fn calls_above_the_limit_are_refused_or_wait_first_or_last_first() {
    assert_eq!(order(""), (vec![0], 4));
    assert_eq!(order(r#"queue: "unlimited""#), (vec![0, 1, 2, 3, 4], 0));
    assert_eq!(order("queue: 2"), (vec![0, 1, 2], 2));
    assert_eq!(order("queue: 2, order: Lifo"), (vec![0, 2, 1], 2));
    assert_eq!(order(r#"max_wait: "1500us""#), (vec![0, 1], 3));
    assert_eq!(order(r#"max_wait: "1500us", order: Lifo"#), (vec![0, 4], 3));
}

/// A limit that grows lets in as many of those who wait: 1, 2, 3 .. at once.
#[test]
fn a_limit_that_grows_lets_in_more_than_one() {
    let text = r#"Scenario(schema: 1,
        load: { "web": Load(arrivals: Bursts(size: 12, every: "1s"), total: 12) },
        services: { "api": Service(time: Constant("10ms")) },
        calls: { "web": Call(to: "api", policy: [
            AdaptiveLimit(algorithm: Aimd(initial: 1, min: 1), queue: "unlimited")]) })"#;
    let mut sent = Vec::new();
    listen(&scenario(text), &seeded(1), |_, _, record| {
        if record.kind == EventKind::SENT {
            sent.push(record.at.as_ns() / 10_000_000);
        }
    });
    // Each of the calls that end together raises the limit by one: 1, 2, 4, and 5 of 8.
    assert_eq!(sent, [0, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3]);
}

#[test]
fn each_client_has_its_own_limit_unless_they_share_one() {
    let of = |scope: &str| {
        limit(&format!(
            r#"Scenario(schema: 1,
            load: {{ "web": Load(arrivals: Poisson(rate: "100/s"), total: 100) }},
            services: {{ "api": Service(time: Constant("1ms")) }},
            calls: {{ "web": Call(to: "api", clients: 4, policy: [
                AdaptiveLimit(algorithm: Vegas(initial: 5, max: 5) {scope})]) }})"#
        ))
    };
    assert_eq!(number(&of(""), "limit_mean"), 20.0);
    assert_eq!(number(&of(", scope: Shared"), "limit_mean"), 5.0);
}

/// 2,000 calls a second at a service that can do 500, through a limit: the mean limit after 10 s,
/// and how many succeed in a second.
fn overloaded(service: &str, algorithm: &str) -> (f64, f64) {
    let text = format!(
        r#"Scenario(schema: 1, warm_up: "10s", duration: "70s",
        load: {{ "web": Load(arrivals: Poisson(rate: "2000/s")) }},
        services: {{ "api": Service({service}) }},
        calls: {{ "web": Call(to: "api", policy: [AdaptiveLimit(algorithm: {algorithm})]) }})"#
    );
    let result = play(&scenario(&text), 1);
    let arm = only(&result);
    let mean = number(&arm.components["web.adaptive_limit"], "limit_mean");
    (mean, arm.requests.succeeded as f64 / 60.0)
}

/// A service that sheds what is above its slots bounds AIMD from above: at a limit of 11 one call
/// is shed, and the limit is trunc(0.9 x 11) = 9. In [9, 11] the slots are nearly always taken.
#[test]
fn aimd_settles_at_the_slots_of_a_service_that_sheds() {
    for time in [r#"Constant("20ms")"#, r#"Exponential(mean: "20ms")"#] {
        let service = format!("time: {time}, slots: 10, queue: 0");
        let (mean, per_s) = overloaded(&service, "Aimd(initial: 20, min: 1)");
        assert!((9.0..=11.0).contains(&mean), "{time}: a limit of {mean}");
        assert!(per_s > 0.9 * 500.0, "{time}: {per_s} a second");
    }
}

/// One slot, so that calls end evenly spaced: with a constant time the queue that Vegas sees is the
/// one at the service, limit - 1. It is held between 3 and 6, give or take a step.
const ONE_SLOT: &str = r#"time: Constant("2ms"), slots: 1"#;

#[test]
fn vegas_keeps_a_queue_of_three_to_six_at_the_service() {
    let (mean, per_s) = overloaded(ONE_SLOT, "Vegas(probe_multiplier: 1000000)");
    assert!((3.0..=8.0).contains(&mean), "a limit of {mean}");
    assert!(per_s > 0.99 * 500.0, "{per_s} a second");
}

/// With its default, each probe in the overload takes the queue that is there for none, and the
/// limit climbs by up to six, out of the band that it keeps without.
#[test]
fn probes_let_vegas_climb_in_a_lasting_overload() {
    let (mean, _) = overloaded(ONE_SLOT, "Vegas()");
    assert!(mean > 8.0, "a limit of {mean}");
}

/// While Envoy's limit measures, it is 3, and a load that needs 5 at once is refused in part. The
/// rest of the time nothing is: with half the interval more than half passes.
#[test]
fn envoys_limit_refuses_a_light_load_while_it_measures() {
    let refused = |algorithm: &str| {
        let text = format!(
            r#"Scenario(schema: 1, duration: "60s",
            load: {{ "web": Load(arrivals: Poisson(rate: "100/s")) }},
            services: {{ "api": Service(time: Constant("50ms")) }},
            calls: {{ "web": Call(to: "api", policy: [
                AdaptiveLimit(algorithm: EnvoyGradient(update_interval: "100ms", {algorithm}))
            ]) }})"#
        );
        let result = play(&scenario(&text), 1);
        let requests = only(&result).requests;
        requests.rejected as f64 / requests.offered as f64
    };
    let measured = refused(r#"measure_every: "10s", jitter: 0"#);
    assert!((0.02..0.2).contains(&measured), "{measured} refused");
    // Pinned, only the first updates from 3 on refuse.
    let pinned = refused(r#"min_rtt: "60ms""#);
    assert!(pinned < 0.01, "{pinned} refused");
}
