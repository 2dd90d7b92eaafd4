//! Throttles where they stand: the share that they let through in the long run, and whose it is.

use dessim::metrics::probe::EventKind;

use crate::support::{count, listen, only, play, scenario, seeded};

/// 1,000 calls a second, of which exactly 100 can succeed, through a throttle: calls that it lets
/// through in a second, and how many of them succeed.
fn settled(algorithm: &str) -> (f64, f64) {
    let text = format!(
        r#"Scenario(schema: 1, warm_up: "60s", duration: "180s",
        load: {{ "web": Load(arrivals: Poisson(rate: "1000/s")) }},
        services: {{ "api": Service(time: Constant("1ms")) }},
        calls: {{ "web": Call(to: "api", policy: [
            Throttle(algorithm: {algorithm}),
            RateLimit(algorithm: TokenBucket(rate: "100/s", burst: 10)),
        ]) }})"#
    );
    let result = play(&scenario(&text), 1);
    let arm = only(&result);
    let admitted = count(&arm.components["web.throttle"], "admitted") as f64 / 120.0;
    (admitted, arm.requests.succeeded as f64 / 120.0)
}

/// Where 100 of whatever comes succeed, a throttle that lets through the part 1 - P settles where
/// P is its own result. SRE: 1,000 (1 - P) = k 100, so that one in k succeeds. Envoy and
/// failsafe-go look at what they have sent alone: with n a second, 1 - P = 100 / (n s) = n / 1,000.
#[test]
fn throttles_settle_at_the_fixed_points_of_their_formulas() {
    let root = |success: f64| (1_000.0 * 100.0 / success).sqrt();
    for (algorithm, expected) in [
        (r#"Sre(window: "10s", buckets: 100)"#, 200.0),
        (r#"Sre(k: 1.5, window: "10s", buckets: 100)"#, 150.0),
        (r#"Sre(k: 4, window: "10s", buckets: 10)"#, 400.0),
        (r#"EnvoyAdmission(window: "10s")"#, root(0.95)),
        (r#"FailsafeGo(window: "10s")"#, root(0.9)),
    ] {
        let (admitted, succeeded) = settled(algorithm);
        let off = (admitted / expected - 1.0).abs();
        assert!(off < 0.03, "{algorithm}: {admitted} let through, and {expected} expected");
        assert!(succeeded > 98.0, "{algorithm}: {succeeded} succeed");
    }
}

/// The last instant at which a call is refused, in seconds, and how many are. The service is down
/// from 10 s to 60 s, and the window is 20 s.
fn recovery(more: &str) -> (f64, u64) {
    let text = format!(
        r#"Scenario(schema: 1, duration: "300s",
        load: {{ "web": Load(arrivals: Poisson(rate: "200/s")) }},
        services: {{ "api": Service(time: Constant("1ms")) }},
        faults: {{ "down": Fault(service: "api", from: "10s", until: "60s", effect: Crashed) }},
        calls: {{ "web": Call(to: "api", {more}) }})"#
    );
    let mut last = 0;
    let result = listen(&scenario(&text), &seeded(1), |_, _, record| {
        if record.kind == EventKind::THROTTLED {
            last = record.at.as_ns();
        }
    });
    (last as f64 / 1e9, count(&only(&result).components["web.throttle"], "rejected"))
}

/// After a total outage, s calls a second pass, with s W = k A + 1 for the A that were accepted in
/// the last W: s grows by the factor e in each W / 1.59 for k = 2 (r W = k (1 - e^(-r W))), from
/// 1 / W on, whatever the load. From 0.05 to 200 a second that is 104 s, and the first may come
/// 20 s late.
#[test]
fn a_throttle_recovers_by_itself_and_slowly() {
    let own = recovery(r#"policy: [Throttle(algorithm: Sre(window: "20s"))]"#);
    assert!((120.0..240.0).contains(&own.0), "the last is refused at {} s", own.0);
    let shared = r#"Throttle(algorithm: Sre(window: "20s"), scope: Shared)"#;
    assert_eq!(recovery(&format!("clients: 4, policy: [{shared}]")), own, "a shared one is one");
    let each = r#"Throttle(algorithm: Sre(window: "20s"))"#;
    assert_ne!(recovery(&format!("clients: 4, policy: [{each}]")), own);
}

/// Every try of a call draws anew: a refused call that is tried again at once may pass.
#[test]
fn each_try_has_a_draw_of_its_own() {
    let refused = |tries: u32| {
        let text = format!(
            r#"Scenario(schema: 1, duration: "100s",
            load: {{ "web": Load(arrivals: Poisson(rate: "100/s")) }},
            services: {{ "api": Service(time: Constant("1ms"), failure_ratio: 0.6) }},
            calls: {{ "web": Call(to: "api", policy: [
                Retry(max_attempts: {tries}, retry_on: [Rejected]),
                Throttle(algorithm: EnvoyAdmission())]) }})"#
        );
        let result = play(&scenario(&text), 1);
        let requests = only(&result).requests;
        requests.rejected as f64 / requests.offered as f64
    };
    // 0.4 succeed: P = 1 - 0.4 / 0.95 of each try, and its square of two.
    let p = 1.0 - 0.4 / 0.95;
    assert!((refused(1) - p).abs() < 0.03, "{}", refused(1));
    assert!((refused(2) - p * p).abs() < 0.03, "{}", refused(2));
}
