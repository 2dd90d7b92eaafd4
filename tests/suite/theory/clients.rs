//! Clients and classes of requests compared with closed forms.

use dessim::report::result::{ArmResult, RunResult};

use super::{first_seed, judge};
use crate::support::{count, latency, ms, only, play, scenario};

const REPLICATIONS: u64 = 20;

/// Name of a figure, its value in a run, its expected value, and the largest relative 4 standard
/// errors that are precise enough.
type Judged<'a> = (&'a str, &'a dyn Fn(&ArmResult) -> f64, f64, f64);

/// Judges figures of a scenario over replications.
fn verdict(id: &str, text: &str, figures: &[Judged<'_>]) {
    let scenario = scenario(text);
    let first = first_seed(id, "");
    let runs: Vec<RunResult> =
        (0..REPLICATIONS).map(|number| play(&scenario, first.wrapping_add(number))).collect();
    let wrong: Vec<String> = figures
        .iter()
        .filter_map(|(what, figure, expected, target)| {
            let samples: Vec<f64> = runs.iter().map(|run| figure(only(run))).collect();
            judge(&format!("{id} {what}"), &samples, *expected, *target)
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Each of 5 clients is a loss system of its own, with 3 permits and 2 erlangs: Erlang's B is 4/19.
/// With 15 shared permits for 10 erlangs, one call in 27 would be refused.
#[test]
fn each_client_is_a_loss_system_of_its_own() {
    let text = r#"Scenario(schema: 1, warm_up: "1s", duration: "41s",
        load: { "load": Load(arrivals: Poisson(rate: "500/s")) },
        services: { "server": Service(time: Exponential(mean: "20ms")) },
        calls: { "load": Call(to: "server", clients: 5,
            policy: [Bulkhead(permits: 3, queue: 0)]) })"#;
    let refused = |arm: &ArmResult| {
        count(&arm.components["load.bulkhead"], "rejected") as f64 / arm.requests.offered as f64
    };
    verdict("CLIENTS-erlang-b", text, &[("refused", &refused, 4.0 / 19.0, 0.03)]);
}

/// Two classes at one server, without preemption. Cobham (1954): with w the mean rest of the work
/// in the slot, the mean waits are w / (1 - r1) and w / ((1 - r1) (1 - r)).
fn cobham(id: &str, rate: f64, ratio: f64, size: f64, target: f64) {
    let seconds = 50_000.0 / rate;
    let text = format!(
        r#"Scenario(schema: 1, warm_up: "{}ms", duration: "{}ms",
        load: {{ "load": Load(arrivals: Poisson(rate: "{rate}/s"), classes: {{
            "first": Class(ratio: {ratio}, priority: 7),
            "second": Class(ratio: {}, priority: 2, size: Constant({size:?})),
        }}) }},
        services: {{ "server": Service(time: Exponential(mean: "10ms"), slots: 1) }},
        calls: {{ "load": Call(to: "server") }})"#,
        (seconds * 100.0).round(),
        (seconds * 1_100.0).round(),
        1.0 - ratio,
    );
    let (mean, large) = (0.01, 0.01 * size);
    let (first, second) = (rate * ratio, rate * (1.0 - ratio));
    let rest = first * mean * mean + second * large * large;
    let (busy_first, busy) = (first * mean, first * mean + second * large);
    let expected_first = (rest / (1.0 - busy_first) + mean) * 1e3;
    let expected_second = (rest / ((1.0 - busy_first) * (1.0 - busy)) + large) * 1e3;
    let sojourn = |class: &'static str| {
        move |arm: &ArmResult| ms(latency(&arm.components[class], "latency").mean_ns)
    };
    let figures: [Judged<'_>; 2] = [
        ("sojourn of the first", &sojourn("load.first"), expected_first, target),
        ("sojourn of the second", &sojourn("load.second"), expected_second, target),
    ];
    verdict(id, &text, &figures);
}

#[test]
fn priorities_at_half_load() {
    cobham("COBHAM-50", 50.0, 0.3, 1.0, 0.03);
}

#[test]
fn priorities_at_eighty_percent() {
    cobham("COBHAM-80", 80.0, 0.5, 1.0, 0.08);
}

#[test]
fn priorities_of_small_requests_before_large_ones() {
    cobham("COBHAM-sizes", 40.0, 0.8, 4.0, 0.06);
}
