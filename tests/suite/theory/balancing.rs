//! Balancers compared with the mean field, an independent program and a birth-death chain.

use super::{Case, first_seed, judge};
use crate::support::{moments, ms, number, only, play, scenario};

/// Mean sojourn over mean service of single-server replicas with the power of two choices: mean and
/// standard error over replications.
fn power_of_two(id: &str, replicas: u32, replications: u64) -> (f64, f64) {
    let rate = 0.9 * 100.0 * f64::from(replicas);
    let (warm_up, end) = (5_000.0 / rate + 10.0, 55_000.0 / rate + 10.0);
    let scenario = scenario(&format!(
        r#"Scenario(schema: 1, warm_up: "{warm_up:.3}s", duration: "{end:.3}s",
        load: {{ "load": Load(arrivals: Poisson(rate: "{rate}/s")) }},
        services: {{ "server": Service(time: Exponential(mean: "10ms"), slots: 1,
            replicas: {replicas}) }},
        calls: {{ "load": Call(to: "server", balancing: PowerOfTwo) }})"#
    ));
    let first = first_seed(id, "");
    let sojourn = |seed| ms(only(&play(&scenario, seed)).latency.end_to_end.mean_ns) / 10.0;
    let samples: Vec<f64> =
        (0..replications).map(|number| sojourn(first.wrapping_add(number))).collect();
    let (mean, sd) = moments(&samples);
    let error = sd / (replications as f64).sqrt();
    println!("{replicas} replicas: {mean:.5} +- {error:.5}");
    (mean, error)
}

/// Both are estimates, so the tolerance is three standard errors of each.
#[test]
fn power_of_two_over_ten_is_that_of_another_program() {
    let [expected, half_width] =
        Case::load("JSQ2-N10-0.9").numbers("mean_sojourn_over_service")[..]
    else {
        panic!("a mean and a half-width")
    };
    let (mean, error) = power_of_two("JSQ2-N10-0.9", 10, 50);
    assert!((mean - expected).abs() <= 3.0 * half_width / 1.96 + 3.0 * error, "{mean}");
    assert!(3.0 * error <= 0.02 * expected, "{error} is too wide to say anything");
}

/// The mean field is the limit of infinitely many replicas, and the deviation falls at least as 1 /
/// n: at 100 it is at most a tenth of that at 10.
#[test]
fn power_of_two_over_a_hundred_is_near_the_mean_field() {
    let limit = Case::load("JSQ2-MF-0.9").number("mean_sojourn_over_service");
    let of_ten = Case::load("JSQ2-N10-0.9").number("mean_sojourn_over_service");
    let (mean, error) = power_of_two("JSQ2-MF-0.9", 100, 40);
    let added = (of_ten - limit) / 10.0;
    assert!(mean >= limit - 4.0 * error, "{mean} is below the mean field");
    assert!(mean <= limit + added + 4.0 * error, "{mean} is too far from {limit}");
    assert!(4.0 * error <= 0.02 * limit, "{error} is too wide to say anything");
}

/// Ratio of requests with an answer when one of `replicas` is down. It never has attempts in
/// flight, and least request draws among those with the fewest: while k of the others are busy, an
/// arrival goes to an idle one of them with probability idle / (idle + 1).
fn answered(replicas: u32, offered: f64) -> f64 {
    let alive = replicas - 1;
    let reaches = |busy: u32| f64::from(alive - busy) / f64::from(alive - busy + 1);
    let mut weights = vec![1.0];
    for busy in 1..=alive {
        let last = weights[busy as usize - 1];
        weights.push(last * offered * reaches(busy - 1) / f64::from(busy));
    }
    let all: f64 = weights.iter().sum();
    (0..).zip(&weights).map(|(busy, weight)| weight / all * reaches(busy)).sum()
}

#[test]
fn least_request_sends_most_of_it_to_the_replica_that_is_down() {
    for (replicas, rate) in [(2, 60.0), (4, 200.0), (4, 290.0)] {
        let scenario = scenario(&format!(
            r#"Scenario(schema: 1, warm_up: "5s", duration: "105s",
            load: {{ "load": Load(arrivals: Poisson(rate: "{rate}/s")) }},
            services: {{ "server": Service(time: Exponential(mean: "10ms"), slots: 1,
                replicas: {replicas}) }},
            faults: {{ "down": Fault(service: "server", replica: 1, from: "0s", until: "1h",
                effect: Crashed) }},
            calls: {{ "load": Call(to: "server", balancing: LeastRequest) }})"#
        ));
        let id = format!("sinkhole of {replicas} at {rate}");
        let first = first_seed(&id, "");
        let (mut successes, mut shares) = (Vec::new(), Vec::new());
        for number_of_run in 0..20 {
            let result = play(&scenario, first.wrapping_add(number_of_run));
            let arm = only(&result);
            let ended = (arm.requests.offered - arm.requests.in_flight) as f64;
            successes.push(arm.requests.succeeded as f64 / ended);
            shares.push(number(&arm.components["server"], "largest_share"));
        }
        let expected = answered(replicas, rate / 100.0);
        let wrong = [
            judge(&format!("{id}: success"), &successes, expected, 0.015),
            judge(&format!("{id}: share of the dead"), &shares, 1.0 - expected, 0.015),
        ];
        assert!(wrong.iter().all(Option::is_none), "{wrong:#?}");
    }
}
