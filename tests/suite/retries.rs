//! Retries where they stand: when they are sent, what a refusal asks of them, and what they cost.

use dessim::metrics::probe::EventKind;

use crate::support::{count, listen, only, play, scenario, seeded};

/// One request to a service of one slot that is taken for a second, with this retry.
fn to_a_full_service(pushback: &str, retry: &str) -> String {
    format!(
        r#"Scenario(schema: 1,
        load: {{ "web": Load(arrivals: Bursts(size: 2, every: "1h"), total: 2) }},
        services: {{ "api": Service(time: Constant("1s"), slots: 1, queue: 0{pushback}) }},
        calls: {{ "web": Call(to: "api", policy: [{retry}]) }})"#
    )
}

/// Milliseconds at which attempts are sent.
fn sent(text: &str) -> Vec<u64> {
    let mut sent = Vec::new();
    listen(&scenario(text), &seeded(1), |_, _, record| {
        if record.kind == EventKind::SENT {
            sent.push(record.at.as_ns() / 1_000_000);
        }
    });
    sent
}

#[test]
fn a_shed_attempt_is_sent_again_when_the_service_says() {
    let after = r#", pushback: After("300ms")"#;
    let retry =
        |heeds: &str| format!(r#"Retry(max_retries: 4, backoff: Constant("100ms"){heeds})"#);
    let of = |pushback: &str, heeds: &str| sent(&to_a_full_service(pushback, &retry(heeds)));
    assert_eq!(of(after, ""), [0, 0, 100, 200, 300, 400]);
    assert_eq!(of(after, ", pushback: Replaces()"), [0, 0, 300, 600, 900, 1200]);
    assert_eq!(of(after, r#", pushback: Replaces(cap: "150ms")"#), [0, 0, 150, 300, 450, 600]);
    assert_eq!(of(after, r#", pushback: AtLeast(above: "50ms")"#), [0, 0, 150, 300, 450, 600]);
    assert_eq!(of("", ", pushback: Replaces()"), [0, 0, 100, 200, 300, 400]);
    assert_eq!(of(", pushback: Never", ", pushback: Replaces()"), [0, 0]);
    assert_eq!(of(", pushback: Never", ""), [0, 0, 100, 200, 300, 400]);
    // A wait of its own after what is shed.
    assert_eq!(of("", r#", shed_backoff: Constant("40ms")"#), [0, 0, 40, 80, 120, 160]);
}

/// A rate limit inside the retry names the time until its next token.
#[test]
fn a_refused_call_comes_back_for_its_token() {
    let text = r#"Scenario(schema: 1,
        load: { "web": Load(arrivals: Bursts(size: 3, every: "1h"), total: 3) },
        services: { "api": Service(time: Constant("1ms")) },
        calls: { "web": Call(to: "api", policy: [
            Retry(max_retries: 9, backoff: Constant("5ms"), pushback: Replaces()),
            RateLimit(algorithm: Gcra(every: "70ms", burst: 1)),
        ]) })"#;
    assert_eq!(sent(text), [0, 70, 140]);
    let result = play(&scenario(text), 1);
    // Both that were refused come at 70 ms, and the later of them once more at 140 ms.
    assert_eq!(count(&only(&result).components["web.retry"], "retries"), 3);
}

/// Each budget lets so many retries pass while a service fails everything: a hundred calls at one
/// instant, each of which may be retried once.
#[test]
fn budgets_bound_the_retries_of_an_outage() {
    let retries = |budget: &str| {
        let text = format!(
            r#"Scenario(schema: 1,
            load: {{ "web": Load(arrivals: Bursts(size: 100, every: "1h"), total: 100) }},
            services: {{ "api": Service(time: Constant("1ms"), failure_ratio: 1) }},
            calls: {{ "web": Call(to: "api", policy: [
                Retry(max_retries: 1, backoff: Constant("1ms"), budget: {budget}),
            ]) }})"#
        );
        let result = play(&scenario(&text), 1);
        let retry = &only(&result).components["web.retry"];
        assert_eq!(count(retry, "retries") + count(retry, "budget_exhausted"), 100, "{budget}");
        count(retry, "retries")
    };
    assert_eq!(retries("Tokens(deposit: 0, capacity: 10)"), 10);
    assert_eq!(retries("Rolling(per_s: 2)"), 20);
    assert_eq!(retries("Throttle(max_tokens: 20, token_ratio: 0.1)"), 9);
    assert_eq!(retries("Quota(capacity: 280)"), 20);
    assert_eq!(retries("Concurrent(min: 7)"), 7);
    // The n-th that fails leaves 100 - n that run, and finds n - 1 retries that wait. The 16th
    // finds 15, and a fifth of 84 is 16; the 17th finds 16, as many as a fifth of 83.
    assert_eq!(retries("Concurrent(min: 0, ratio: 0.2)"), 16);
}

/// With failsafe-go's budget a retry waits before it is refused, and the call ends as rejected.
#[test]
fn a_budget_that_is_asked_late_refuses_after_the_wait() {
    let text = r#"Scenario(schema: 1,
        load: { "web": Load(arrivals: Bursts(size: 5, every: "1h"), total: 5) },
        services: { "api": Service(time: Constant("10ms"), failure_ratio: 1) },
        calls: { "web": Call(to: "api", policy: [
            Retry(max_retries: 1, backoff: Constant("20ms"),
                budget: Concurrent(min: 1, ratio: 0, rule: FailsafeGo)),
        ]) })"#;
    assert_eq!(sent(text), [0, 0, 0, 0, 0, 30]);
    let result = play(&scenario(text), 1);
    let arm = only(&result);
    let retry = &arm.components["web.retry"];
    assert_eq!((count(retry, "retries"), count(retry, "budget_exhausted")), (5, 4));
    assert_eq!((arm.requests.rejected, arm.requests.failed), (4, 1));
}

#[test]
fn retries_without_limit_end_with_their_time() {
    let text = |limit: &str| {
        format!(
            r#"Scenario(schema: 1,
            load: {{ "web": Load(arrivals: Bursts(size: 1, every: "1h"), total: 1) }},
            services: {{ "api": Service(time: Constant("10ms"), failure_ratio: 1) }},
            calls: {{ "web": Call(to: "api", policy: [{limit}]) }})"#
        )
    };
    let unlimited = r#"Retry(max_retries: "unlimited", backoff: Constant("90ms")"#;
    let own = text(&format!(r#"{unlimited}, time_limit: "350ms")"#));
    assert_eq!(sent(&own), [0, 100, 200, 300]);
    let waits = text(&format!(r#"{unlimited}, time_limit: "350ms", limit_ends: Waits)"#));
    assert_eq!(sent(&waits), [0, 100, 200, 300, 350]);
    let outside = text(&format!(r#"Timeout("350ms"), {unlimited})"#));
    assert_eq!(sent(&outside), [0, 100, 200, 300]);
}
