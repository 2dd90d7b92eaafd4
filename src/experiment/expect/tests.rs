//! Runs whose answers are known.

use super::*;
use crate::api::ScenarioFile;
use crate::experiment::pool::{Jobs, Stop};
use crate::experiment::prepared::Prepared;
use crate::experiment::run::Options;

/// A service of ten slots that freezes for ten seconds, with and without retries: the scenario of
/// the validation, whose recovery after 14 s is published.
fn judged(expect: &[&str]) -> Vec<(bool, String)> {
    let expect: Vec<String> = expect.iter().map(|text| format!("{text:?}")).collect();
    let text = format!(
        r#"Scenario(
            schema: 1, seed: 7, duration: "200s", expect: [{}],
            load: {{ "clients": Load(arrivals: Poisson(rate: "60/s")) }},
            services: {{ "db": Service(time: Exponential(mean: "100ms"), slots: 10) }},
            faults: {{ "freeze": Fault(service: "db", from: "60s", until: "70s", effect: Frozen) }},
            arms: {{
                "once": Arm(calls: {{ "clients": Call(to: "db", policy: [Timeout("500ms")]) }}),
                "thrice": Arm(calls: {{ "clients": Call(to: "db", policy: [
                    Breaker(window: 20, failure_threshold: 18, open_duration: "5ms"),
                    Retry(max_retries: 2), Timeout("500ms")]) }}),
            }},
        )"#,
        expect.join(", ")
    );
    let file = ScenarioFile::from_bytes("test", text.as_bytes()).unwrap_or_else(|e| panic!("{e}"));
    let prepared = Prepared::new(&file.scenario, "test");
    let options = Options::default();
    let judging = Judging { options: &options, jobs: Jobs::new(Some(2)), stop: &Stop::new() };
    let expectations = expectations(&file.scenario);
    let verdicts = judge(&prepared, &expectations, &judging, |_, _| {}).expect("it runs");
    let verdicts = verdicts.expect("nobody broke off");
    let told = |verdict: &Verdict| {
        let arm = verdict.expectation.arm.as_deref().map(|arm| format!("{arm}: "));
        (verdict.holds, arm.unwrap_or_default() + &verdict.actual)
    };
    verdicts.iter().map(told).collect()
}

#[test]
fn time_and_arms() {
    let told = judged(&[
        "once recovers within 16s after fault freeze",
        "once recovers within 10s after fault freeze",
        "thrice recovers within 100s after fault freeze",
        "collapse",
        "breaker clients opens within 1s after fault freeze",
        "breaker clients opens within 100ms after fault freeze",
        "not breaker clients opens within 50s",
        "once.requests.succeeded / once.requests.offered > 80%",
        "once.goodput_per_s >= 1.5 * thrice.goodput_per_s",
        "db.utilisation > 0.5",
        "not once.latency.end_to_end.p99 < 500ms",
    ]);
    let told: Vec<String> = told.iter().map(|(holds, text)| format!("{holds} {text}")).collect();
    insta::assert_snapshot!(told.join("\n"));
}
