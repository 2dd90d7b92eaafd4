//! The tutorial's architectures compared with its own program: every figure, in distribution.

use std::collections::BTreeMap;

use dessim::report::result::ArmResult;
use serde::Deserialize;

use crate::support::{moments, ms, only, play, scenario};

/// The reference prints two decimals.
const ROUNDING: f64 = 0.005;

#[derive(Deserialize)]
struct Reference {
    seeds: u64,
    /// Mean and standard deviation of each figure.
    configurations: BTreeMap<String, BTreeMap<String, (f64, f64)>>,
    without_breaker_succeeded: f64,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("../data/tutorial.json")).unwrap()
}

const DOWNSTREAM: &str = r#"services: { "downstream": Service(
    time: Uniform(min: "8ms", max: "14ms"), failure_ratio: 0.05,
    overload: Overload(knee: 25.0, added_latency: "50ms", added_failure_ratio: 0.40,
                       max_failure_ratio: 0.95),
    cancellation: Immediate) }"#;
const BACKOFF: &str = r#"backoff: Exponential(base: "20ms", cap: "400ms", jitter: Full)"#;
const BREAKER: &str =
    r#"Breaker(window: 20, failure_threshold: 8, open_duration: "500ms", records: Attempts),"#;
/// Bursts as in scenarios, and as in the tutorial's code: all requests at once.
const BURSTS: u32 = 350;
const AS_WRITTEN: u32 = 2000;

fn rpc(burst: u32, breaker: &str, bulkhead: &str) -> String {
    format!(
        r#"Scenario(schema: 1, {DOWNSTREAM},
        load: {{ "clients": Load(arrivals: Bursts(size: {burst}, every: "80ms"), total: 2000) }},
        calls: {{ "clients": Call(to: "downstream", policy: [
            {breaker} Retry(max_retries: 3, {BACKOFF}), {bulkhead} Timeout("120ms")]) }})"#
    )
}

fn events(burst: u32, consumers: u32) -> String {
    format!(
        r#"Scenario(schema: 1, {DOWNSTREAM},
        load: {{ "clients": Load(arrivals: Bursts(size: {burst}, every: "80ms"), total: 2000) }},
        queues: {{ "jobs": Queue(capacity: 5000) }}, publishes: {{ "clients": "jobs" }},
        consumers: {{ "workers": Consumer(from: "jobs", concurrency: {consumers},
            to: "downstream", policy: [Timeout("200ms")], max_deliveries: 4, {BACKOFF}) }})"#
    )
}

/// One figure of a run. The tutorial measures calls from end to end, and messages from their last
/// delivery.
fn figure(name: &str, arm: &ArmResult, of_messages: bool) -> f64 {
    let latency = match of_messages {
        true => arm.latency.processing,
        false => arm.latency.end_to_end,
    };
    match name {
        "succeeded" => arm.requests.succeeded as f64,
        "failed_attempts" => arm.attempts.failed as f64,
        "retries" => arm.attempts.retries as f64,
        "timeouts" => arm.attempts.timeouts as f64,
        "rejected" => arm.requests.rejected as f64,
        "dead_lettered" => arm.requests.dead_lettered as f64,
        "p50_ms" => ms(latency.p50_ns),
        "p95_ms" => ms(latency.p95_ns),
        "p99_ms" => ms(latency.p99_ns),
        "mean_ms" => ms(latency.mean_ns),
        "end_ms" => arm.end_ns as f64 / 1e6,
        _ => panic!("{name} is no figure of the tutorial"),
    }
}

/// Checks each mean to within 4 standard errors of the difference.
fn agrees(configuration: &str, text: &str) {
    let reference = reference();
    let rows = &reference.configurations[configuration];
    let of_messages = configuration.starts_with("event");
    let scenario = scenario(text);
    let mut samples: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for seed in 1..=reference.seeds {
        let result = play(&scenario, seed);
        for name in rows.keys() {
            let figure = figure(name, only(&result), of_messages);
            samples.entry(name).or_default().push(figure);
        }
    }
    let mut wrong = Vec::new();
    for (name, &(expected, expected_sd)) in rows {
        let (mean, sd) = moments(&samples[name.as_str()]);
        let error = ((sd * sd + expected_sd * expected_sd) / reference.seeds as f64).sqrt();
        let off = (mean - expected).abs();
        let line = format!(
            "{configuration}, {name}: {mean:.3} (sd {sd:.3}), expected {expected} \
             ({expected_sd}), {:.2} standard errors",
            off / error
        );
        println!("{line}");
        if off > 4.0 * error + ROUNDING {
            wrong.push(line);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn rpc_as_written() {
    let bulkhead = "Bulkhead(permits: 40),";
    agrees("rpc, as written", &rpc(AS_WRITTEN, BREAKER, bulkhead));
}

#[test]
fn event_driven_as_written() {
    agrees("event-driven, as written", &events(AS_WRITTEN, 16));
}

#[test]
fn rpc_bursts_without_protection() {
    let name = "rpc, bursts, neither bulkhead nor breaker";
    agrees(name, &rpc(BURSTS, "", ""));
}

#[test]
fn event_driven_bursts_with_64_consumers() {
    agrees("event-driven, bursts, 64 consumers", &events(BURSTS, 64));
}

#[test]
fn the_breaker_refuses_what_retries_would_have_saved() {
    let bulkhead = "Bulkhead(permits: 40),";
    agrees("rpc, bursts", &rpc(BURSTS, BREAKER, bulkhead));
    let reference = reference();
    let without = scenario(&rpc(BURSTS, "", bulkhead));
    let succeeded: Vec<f64> = (1..=reference.seeds)
        .map(|seed| only(&play(&without, seed)).requests.succeeded as f64)
        .collect();
    let (mean, sd) = moments(&succeeded);
    // The reference has whole requests and no deviation, so ours stands for both.
    let error = sd * (2.0 / reference.seeds as f64).sqrt();
    let off = (mean - reference.without_breaker_succeeded).abs();
    println!("without the breaker: {mean:.2} (sd {sd:.2})");
    assert!(off <= 4.0 * error + 0.5, "{mean} of 2000 succeed, sd {sd}");
}
