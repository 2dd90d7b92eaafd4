//! Rate limits where they stand: what passes when, what refused calls cost, and whose limit it is.

use dessim::metrics::probe::EventKind;

use crate::support::{count, listen, only, play, scenario, seeded};

/// Five requests at one instant, and five more after a second.
fn bursts(limit: &str, more: &str) -> String {
    format!(
        r#"Scenario(schema: 1,
        load: {{ "web": Load(arrivals: Bursts(size: 5, every: "1s"), total: 10) }},
        services: {{ "api": Service(time: Constant("1ms")) }},
        calls: {{ "web": Call(to: "api", {more} policy: [{limit}]) }})"#
    )
}

/// Milliseconds at which attempts are sent and at which requests are refused.
fn instants(text: &str) -> (Vec<u64>, Vec<u64>) {
    let (mut sent, mut refused) = (Vec::new(), Vec::new());
    listen(&scenario(text), &seeded(1), |_, _, record| {
        let ms = record.at.as_ns() / 1_000_000;
        match record.kind {
            EventKind::SENT => sent.push(ms),
            EventKind::RATE_LIMITED | EventKind::RENEGED => refused.push(ms),
            _ => {}
        }
    });
    (sent, refused)
}

#[test]
fn calls_above_the_limit_are_refused_or_wait() {
    let at_once = bursts(r#"RateLimit(algorithm: TokenBucket(rate: "10/s", burst: 2))"#, "");
    assert_eq!(instants(&at_once), (vec![0, 0, 1000, 1000], vec![0, 0, 0, 1000, 1000, 1000]));
    let waits = r#"RateLimit(algorithm: TokenBucket(rate: "10/s", burst: 2), max_wait: "200ms")"#;
    let sent = vec![0, 0, 100, 200, 1000, 1000, 1100, 1200];
    assert_eq!(instants(&bursts(waits, "")), (sent.clone(), vec![0, 1000]));
    // In vain, as resilience4j's blocking form: it does not delay those that pass.
    let in_vain = waits.replace("200ms\"", "200ms\", refusal: AfterMaxWait");
    assert_eq!(instants(&bursts(&in_vain, "")), (sent, vec![200, 1200]));
}

/// nginx: `rate=10r/s burst=2` delays two, `nodelay` passes them at once, and without a burst all
/// but one are refused.
#[test]
fn nginx_delays_what_is_in_its_burst() {
    let of = |more: &str| {
        let limit = format!(r#"RateLimit(algorithm: LeakyBucket(rate: "10/s"{more}))"#);
        instants(&bursts(&limit, ""))
    };
    assert_eq!(of(", burst: 2").0, [0, 100, 200, 1000, 1100, 1200]);
    assert_eq!(of(", burst: 2, at_once: 2").0, [0, 0, 0, 1000, 1000, 1000]);
    assert_eq!(of("").0, [0, 1000]);
}

#[test]
fn a_limit_is_each_clients_or_that_of_all() {
    let admitted = |scope: &str| {
        let limit = format!(r#"RateLimit(algorithm: Gcra(every: "1h", burst: 3), scope: {scope})"#);
        let text = bursts(&limit, "clients: 1000,");
        let result = play(&scenario(&text), 1);
        let limit = &only(&result).components["web.rate_limit"];
        assert_eq!(count(limit, "admitted") + count(limit, "rejected"), 10);
        count(limit, "admitted")
    };
    assert_eq!(admitted("Client"), 10, "hardly two of ten requests are of one of 1000 clients");
    assert_eq!(admitted("Shared"), 3);
}

/// A caller that leaves while it waits has used up its token, and one that would pass after its
/// deadline is refused when it comes.
#[test]
fn a_token_that_is_reserved_is_used_up() {
    let limit = r#"RateLimit(algorithm: TokenBucket(rate: "10/s", burst: 1), max_wait: "1h")"#;
    let left = format!(r#"Timeout("250ms"), {limit}"#);
    let (sent, refused) = instants(&bursts(&left, ""));
    assert_eq!((sent, refused), (vec![0, 100, 200, 1000, 1100, 1200], vec![]));
    // The two of the first burst that left had the tokens of 300 and 400 ms.
    let soon = left.replace("1s", "300ms");
    let soon = bursts(&soon, "").replace(r#"every: "1s""#, r#"every: "300ms""#);
    assert_eq!(instants(&soon).0, [0, 100, 200, 500]);
    let deadline = format!(r#"Deadline("250ms"), {limit}"#);
    let soon = bursts(&deadline, "").replace(r#"every: "1s""#, r#"every: "300ms""#);
    assert_eq!(instants(&soon), (vec![0, 100, 200, 300, 400, 500], vec![0, 0, 300, 300]));
}

/// A retry of a refused call takes a place in the limit like any call.
#[test]
fn retries_outside_are_counted_again() {
    let policy = r#"Retry(max_retries: 2, backoff: Constant("100ms")),
        RateLimit(algorithm: TokenBucket(rate: "10/s", burst: 1))"#;
    let result = play(&scenario(&bursts(policy, "")), 1);
    let arm = only(&result);
    let limit = &arm.components["web.rate_limit"];
    assert_eq!((count(limit, "admitted"), count(limit, "rejected")), (6, 4 + 3 + 2 + 4 + 3 + 2));
    assert_eq!((arm.requests.succeeded, arm.requests.rejected), (6, 4));
}

/// A client that sends twice what its callee lets pass: half of the calls are refused. With a send
/// rate that learns hardly any is, and since a throttled rate is cut to 0.7 and comes back, at
/// least 0.7 of the limit passes. The rest waits, until its caller gives up after 2 s.
#[test]
fn a_send_rate_learns_the_limit_of_the_callee() {
    let of = |own: &str| {
        let text = format!(
            r#"Scenario(schema: 1, duration: "60s",
            load: {{ "web": Load(arrivals: Constant(rate: "200/s")) }},
            services: {{ "api": Service(time: Constant("1ms")) }},
            calls: {{ "web": Call(to: "api", policy: [
                Timeout("2s"), {own} RateLimit(algorithm: Gcra(every: "10ms", burst: 10))]) }})"#
        );
        let result = play(&scenario(&text), 1);
        let requests = &only(&result).requests;
        (requests.succeeded, requests.rejected)
    };
    let (passed, refused) = of("");
    assert!((6_000..=6_010).contains(&passed) && refused > 5_900, "{passed} {refused}");
    let (passed, refused) = of("RateLimit(algorithm: AwsAdaptive()),");
    assert!(passed >= 4_200 && refused < 300, "{passed} {refused}");
}
