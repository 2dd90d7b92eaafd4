//! Cases whose figures are taken from records: waits before retries, arrivals, transients.

use dessim::kernel::draw::Site;
use dessim::kernel::time::{Duration, Instant};
use dessim::metrics::probe::EventKind;
use dessim::model::context::Outcome;
use dessim::model::mechanism::breaker::automaton::Automaton;
use dessim::model::mechanism::breaker::spec::Spec;
use dessim::model::mechanism::breaker::state::Pass;
use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::{Case, judge};
use crate::support::{count, listen, moments, ms, number, only, play, scenario, seeded};

const REQUESTS: usize = 20_000;

/// The waits of requests that fail at every attempt: one row per request, in milliseconds.
fn waits(backoff: &str, retries: usize) -> Vec<Vec<f64>> {
    let scenario = scenario(&format!(
        r#"Scenario(schema: 1,
        load: {{ "load": Load(arrivals: Constant(rate: "1000/s"), total: {REQUESTS}) }},
        services: {{ "server": Service(time: Constant("1ms"), failure_ratio: 1.0) }},
        calls: {{ "load": Call(to: "server",
            policy: [Retry(max_retries: {retries}, backoff: {backoff})]) }})"#
    ));
    let mut waits = vec![Vec::new(); REQUESTS];
    listen(&scenario, &seeded(1), |_, _, record| {
        if record.kind == EventKind::RETRIES {
            waits[record.request as usize].push(record.value as f64 / 1e6);
        }
    });
    assert!(waits.iter().all(|row| row.len() == retries));
    waits
}

/// The sample standard deviation of a bounded, flat law is within 4 % of it at 20,000 samples:
/// its own standard error is below 1 / sqrt(2 n) = 0.5 %, or 1 % with the tail of decorrelation.
fn deviates(what: &str, actual: f64, expected: f64) {
    assert!((actual / expected - 1.0).abs() <= 0.04, "{what}: sd {actual}, not {expected}");
}

fn column(rows: &[Vec<f64>], index: usize) -> Vec<f64> {
    rows.iter().map(|row| row[index]).collect()
}

#[test]
fn full_jitter_is_uniform_below_the_capped_exponential() {
    let case = Case::load("BO-full");
    let (means, sds) = (case.numbers("mean_ms_by_retry"), case.numbers("sd_ms_by_retry"));
    let jittered = r#"Exponential(base: "100ms", cap: "10s", jitter: Full)"#;
    let waits_ms = waits(jittered, means.len());
    let mut wrong = Vec::new();
    for (index, (&mean, &sd)) in means.iter().zip(&sds).enumerate() {
        let samples = column(&waits_ms, index);
        wrong.extend(judge(&format!("wait {index}"), &samples, mean, 0.02));
        deviates("full jitter", moments(&samples).1, sd);
        let ceiling = 2.0 * mean;
        assert!(samples.iter().all(|wait| *wait < ceiling), "no wait reaches {ceiling} ms");
    }
    let sums: Vec<f64> = waits_ms.iter().map(|row| row.iter().sum()).collect();
    wrong.extend(judge("sum of waits", &sums, case.number("sum_mean_ms"), 0.01));
    // Dependent waits would change the deviation of their sum.
    deviates("sum of waits", moments(&sums).1, case.number("sum_sd_ms"));
    assert!(wrong.is_empty(), "{wrong:#?}");
    let plain = waits(r#"Exponential(base: "100ms", cap: "10s")"#, means.len());
    let sum: f64 = plain[0].iter().sum();
    assert_eq!(sum, case.number("no_jitter_sum_ms"));
}

#[test]
fn decorrelated_jitter_walks_up_to_its_cap() {
    let case = Case::load("BO-decor");
    let (means, sds) = (case.numbers("mean_ms_by_retry"), case.numbers("sd_ms_by_retry"));
    let at_cap = case.numbers("prob_at_cap_by_retry");
    let waits_ms = waits(r#"Decorrelated(base: "100ms", cap: "10s")"#, means.len());
    let mut wrong = Vec::new();
    for index in 0..means.len() {
        let samples = column(&waits_ms, index);
        wrong.extend(judge(&format!("wait {index}"), &samples, means[index], 0.05));
        deviates("decorrelated", moments(&samples).1, sds[index]);
        let capped = samples.iter().filter(|wait| **wait == 10_000.0).count() as f64;
        let (n, p) = (REQUESTS as f64, at_cap[index]);
        let off = (capped / n - p).abs();
        assert!(off <= 4.0 * (p * (1.0 - p) / n).sqrt(), "{capped} of wait {index} at the cap");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Consumers wait by the same formulas as callers, decorrelated jitter included.
#[test]
fn consumers_wait_as_callers_do() {
    let case = Case::load("BO-decor");
    let means = case.numbers("mean_ms_by_retry");
    let scenario = scenario(&format!(
        r#"Scenario(schema: 1,
        load: {{ "load": Load(arrivals: Constant(rate: "1000/s"), total: {REQUESTS}) }},
        services: {{ "server": Service(time: Constant("1ms"), failure_ratio: 1.0) }},
        queues: {{ "jobs": Queue() }}, publishes: {{ "load": "jobs" }},
        consumers: {{ "workers": Consumer(from: "jobs", concurrency: 1000, to: "server",
            max_deliveries: {}, backoff: Decorrelated(base: "100ms", cap: "10s"),
            backoff_holds_consumer: false) }})"#,
        means.len() + 1
    ));
    let mut waits_ms = vec![Vec::new(); REQUESTS];
    listen(&scenario, &seeded(1), |_, _, record| {
        if record.kind == EventKind::RETRIES {
            waits_ms[record.request as usize].push(record.value as f64 / 1e6);
        }
    });
    let judged = means.iter().enumerate().filter_map(|(index, &mean)| {
        judge(&format!("redelivery {index}"), &column(&waits_ms, index), mean, 0.05)
    });
    let wrong: Vec<String> = judged.collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Calls from a fresh sliding window of 10 until 5 failures in it open the breaker.
#[test]
fn a_sliding_window_opens_after_so_many_calls() {
    let case = Case::load("BRK-window");
    let spec = r#"{"window": 10, "minimum_calls": 10, "failure_rate": 0.5, "half_open": {}}"#;
    let spec: Spec = serde_json::from_str(spec).unwrap();
    let mut wrong = Vec::new();
    for (name, failure) in [("p0.2", 0.2), ("p0.3", 0.3), ("p0.5", 0.5)] {
        let name = format!("mean_calls_{name}");
        let [expected, target] = case.numbers(&name)[..] else { panic!("a value and a target") };
        let site = Site::new(1, "server", "failure");
        let calls_to_open = |run: u64| {
            let mut breaker = Automaton::new(
                spec.settings(Site::new(1, "web", "open")).expect("it is valid"),
                0,
                Instant::ZERO,
            );
            let mut calls = 0;
            loop {
                let fails = site.unit(site.subject(run), calls, 0) < failure;
                let outcome = if fails { Outcome::Error } else { Outcome::Success };
                calls += 1;
                breaker.record(Instant::ZERO, Pass::default(), outcome, Duration::ZERO);
                if breaker.take_change().is_some() {
                    return f64::from(calls);
                }
            }
        };
        let samples: Vec<f64> = (0..200_000).map(calls_to_open).collect();
        wrong.extend(judge(&name, &samples, expected, target));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The sample variance over `n` runs is within its 99.99 % range around `sd` squared.
fn varies(what: &str, samples: &[f64], sd: f64) {
    let (_, actual) = moments(samples);
    let freedom = samples.len() as f64 - 1.0;
    let law = ChiSquared::new(freedom).unwrap();
    let statistic = freedom * (actual / sd) * (actual / sd);
    let range = law.inverse_cdf(0.000_05)..law.inverse_cdf(0.999_95);
    assert!(range.contains(&statistic), "{what}: sd {actual}, not {sd}");
}

#[test]
fn a_square_wave_of_rates() {
    let case = Case::load("SQUARE");
    let scenario = scenario(
        r#"Scenario(schema: 1,
        load: { "load": Load(until: "1000s", arrivals: Stages(repeat: true, stages: [
            (lasts: "9s", rate: "20/s"), (lasts: "1s", rate: "200/s")])) },
        services: { "server": Service(time: Constant("1ms")) },
        calls: { "load": Call(to: "server") })"#,
    );
    let (mut totals, mut bursts) = (Vec::new(), Vec::new());
    for seed in 1..=40 {
        let (mut total, mut burst) = (0.0, 0.0);
        listen(&scenario, &seeded(seed), |_, _, record| {
            if record.kind == EventKind::ARRIVED {
                total += 1.0;
                let second = record.at.as_ns() / 1_000_000_000 % 10;
                burst += f64::from(u8::from(second == 9));
            }
        });
        totals.push(total);
        bursts.push(burst);
    }
    let expected = case.number("expected_total_arrivals");
    let mut wrong = Vec::from_iter(judge("total", &totals, expected, 0.005));
    let expected = case.number("expected_in_burst_windows");
    wrong.extend(judge("in bursts", &bursts, expected, 0.007));
    assert!(wrong.is_empty(), "{wrong:#?}");
    varies("total", &totals, case.number("sd_total_arrivals"));
}

/// A fault affects attempts that *start* in [from, until).
#[test]
fn a_window_of_failures() {
    let case = Case::load("FAULT-window");
    let scenario = scenario(
        r#"Scenario(schema: 1,
        load: { "load": Load(until: "30s", arrivals: Poisson(rate: "100/s")) },
        services: { "server": Service(time: Exponential(mean: "50ms")) },
        faults: { "errors": Fault(service: "server", from: "10s", until: "20s",
                                  effect: Failing, ratio: 0.3) },
        calls: { "load": Call(to: "server") })"#,
    );
    let (mut failures, mut arrivals) = (Vec::new(), Vec::new());
    for seed in 1..=200 {
        let (mut failed, mut arrived) = (0.0, 0.0);
        listen(&scenario, &seeded(seed), |_, _, record| {
            let began = match record.kind {
                EventKind::ARRIVED => record.at.as_ns(),
                EventKind::ERRORED => record.at.as_ns() - record.value,
                _ => return,
            };
            let within = (10_000_000_000..20_000_000_000).contains(&began);
            if record.kind == EventKind::ERRORED {
                assert!(within, "an attempt of {began} ns failed");
                failed += 1.0;
            } else if within {
                arrived += 1.0;
            }
        });
        failures.push(failed);
        arrivals.push(arrived);
    }
    let expected = case.number("expected_failures");
    let mut wrong = Vec::from_iter(judge("failures", &failures, expected, 0.02));
    let expected = case.number("arrivals_in_window");
    wrong.extend(judge("arrivals", &arrivals, expected, 0.015));
    assert!(wrong.is_empty(), "{wrong:#?}");
    varies("failures", &failures, case.number("sd_failures"));
}

/// M/M/1 from empty: the mean number, and the probability of an empty system, at six instants.
#[test]
fn a_queue_fills_from_empty() {
    const INSTANTS_MS: [u64; 6] = [50, 100, 200, 500, 1000, 2000];
    let case = Case::load("TRANS-MM1");
    let scenario = scenario(
        r#"Scenario(schema: 1, duration: "2001ms",
        load: { "load": Load(arrivals: Poisson(rate: "80/s")) },
        services: { "server": Service(time: Exponential(mean: "10ms"), slots: 1) },
        calls: { "load": Call(to: "server") })"#,
    );
    let mut levels_by_instant = vec![Vec::new(); INSTANTS_MS.len()];
    for seed in 1..=10_000 {
        let mut levels = [0.0; INSTANTS_MS.len()];
        listen(&scenario, &seeded(seed), |_, _, record| {
            let step = match record.kind {
                EventKind::ARRIVED => 1.0,
                EventKind::SUCCEEDED => -1.0,
                _ => return,
            };
            let later = |(instant, _): &(&u64, &mut f64)| record.at.as_ns() <= *instant * 1_000_000;
            let levels = INSTANTS_MS.iter().zip(&mut levels);
            levels.filter(later).for_each(|(_, level)| *level += step);
        });
        levels_by_instant.iter_mut().zip(levels).for_each(|(all, level)| all.push(level));
    }
    let mut wrong = Vec::new();
    for (instant, levels) in INSTANTS_MS.iter().zip(&levels_by_instant) {
        let empty: Vec<f64> = levels.iter().map(|n| f64::from(u8::from(*n == 0.0))).collect();
        for (what, samples) in [("E_N", levels), ("P0", &empty)] {
            let name = format!("{what}_t{instant}");
            let [expected, target] = case.numbers(&name)[..] else {
                panic!("a value and a target")
            };
            wrong.extend(judge(&name, samples, expected, target));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The run that `docs/model.md` computes by hand.
#[test]
fn three_tiers_by_hand() {
    let page = include_str!("../../../docs/model.md");
    let text = page.split("```ron\n").nth(1).and_then(|rest| rest.split("```").next());
    let scenario = scenario(text.expect("a scenario"));
    let result = play(&scenario, 1);
    let arm = only(&result);
    let component = |name: &str| &arm.components[name];
    let requests = arm.requests;
    assert_eq!((requests.succeeded, requests.failed, arm.failed_by.error), (2, 1, 1));
    let latency = arm.latency.end_to_end;
    assert_eq!((ms(latency.min_ns), ms(latency.max_ns)), (17.0, 47.0));
    // 17, 31 and 47 ms.
    assert!((ms(arm.latency.outcome.mean_ns) - 95.0 / 3.0).abs() < 1e-6);
    assert_eq!(ms(Some(arm.wasted.work_ns)), 15.0);
    assert!((arm.wasted.ratio.expect("there was work") - 15.0 / 51.0).abs() < 1e-12);
    let counts = |name: &str, metrics: [&str; 3]| metrics.map(|of| count(component(name), of));
    let ends = ["answered", "errors", "for_nobody"];
    assert_eq!(counts("web", ends), [2, 1, 0]);
    assert_eq!(counts("api", ends), [2, 0, 1]);
    assert_eq!(counts("db", ends), [2, 0, 1]);
    let sent = ["attempts", "failed", "timeouts"];
    assert_eq!(counts("users -> web", sent), [3, 1, 0]);
    assert_eq!(counts("web-api -> api", sent), [3, 1, 1]);
    assert_eq!(counts("api-db -> db", sent), [3, 0, 0]);
    assert_eq!(count(component("web"), "busy_max"), 2);
    assert!((number(component("api"), "utilisation") - 45.0 / 47.0).abs() < 1e-12);
    assert!((number(component("db"), "utilisation") - 30.0 / 47.0).abs() < 1e-12);
}
