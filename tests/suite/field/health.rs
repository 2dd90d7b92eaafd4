//! Healthy systems are reported as healthy, and outages as outages.

use dessim::experiment::find::capacity::{Question, capacity};
use dessim::experiment::health::{Course, Health};
use dessim::experiment::hunt::Playing;
use dessim::experiment::pool::{Jobs, Stop};
use dessim::experiment::prepared::Prepared;
use dessim::experiment::run::Options;
use dessim::report::explain::PhaseKind;

use super::case;

/// The health of an arm of a case with this seed.
fn course(case: dessim::Scenario, arm: &str, seed: u64) -> Course {
    let file = case.into_file();
    let prepared = Prepared::new(&file.scenario, &file.name);
    let mut health = Health::new(&prepared);
    let options = Options { seed: Some(seed), ..Options::default() };
    prepared.run_with(&options, &mut health).expect("it was checked");
    health.course(arm).expect("there is such an arm")
}

fn kinds(course: &Course) -> Vec<PhaseKind> {
    course.phases.iter().map(|phase| phase.kind).collect()
}

/// Eighty slots of 800 ms serve 100/s, and 40/s arrive. That requests of the last second have not
/// ended is no collapse.
#[test]
fn a_healthy_system_with_a_long_latency_is_healthy() {
    for name in ["long_latency", "long_latency_retried"] {
        for seed in 1..=100 {
            let course = course(case(name), "main", seed);
            assert_eq!(kinds(&course), [PhaseKind::Steady], "{name}, seed {seed}");
        }
        for every in ["100ms", "5s"] {
            let scenario = case(name).set(&format!("sample_every={every}")).expect("it is sound");
            assert_eq!(course(scenario, "main", 7), course(case(name), "main", 7));
        }
    }
}

/// The capacity is 80 / 0.8 s = 100/s; the search finds it to within a step.
#[test]
fn its_capacity_is_what_its_slots_can_do() {
    let file = case("long_latency_retried").into_file();
    let (stop, options) = (Stop::new(), Options::default());
    let playing = Playing { options: &options, jobs: Jobs::new(None), stop: &stop };
    let question = Question {
        name: "test",
        load: None,
        arm: None,
        precision: 0.1,
        first: 1,
        seeds: 5,
        confidence: 0.95,
    };
    let result = capacity(&file.scenario, &question, playing, |_, _| {});
    let result = result.expect("it runs").expect("it gives a verdict");
    let [good, bad] = result.arms[0].unprompted.crosses.clone().expect("there is an edge");
    let rate = |factor: &str| 40.0 * factor.parse::<f64>().expect("a number");
    assert!(rate(&good) > 92.0 && rate(&bad) < 112.0, "{good} {bad}");
}

/// A load of 1.5 times the capacity: one request in a hundred succeeds, from the first second on.
/// It is an outage although it was the same before the fault.
#[test]
fn an_outage_that_begins_with_the_run_is_one() {
    let rate = "load.checkout.arrivals.Poisson.rate=150/s";
    let steady = case("outage_from_the_start");
    let outage = || case("outage_from_the_start").set(rate).expect("it is sound");
    for arm in ["one try", "three tries"] {
        let course = course(outage(), arm, 1);
        let last = course.last().expect("requests arrive");
        assert_eq!(last.kind, PhaseKind::Degraded, "{arm}");
        assert!(course.collapsed() && course.well_from(35_000_000_000).is_none(), "{arm}");
        // The arm is healthy until the wait in line exceeds the timeout, after half a second.
        let degraded = course.phases.iter().find(|phase| phase.kind == PhaseKind::Degraded);
        assert!(degraded.is_some_and(|phase| phase.from_ns < 2_000_000_000), "{arm}");
    }
    // With the intended load, the system recovers with one attempt and never with three.
    assert!(!course(steady.clone(), "one try", 1).collapsed());
    assert!(course(steady, "three tries", 1).collapsed());
}

/// 200 requests wait when the surge ends, and the line shrinks by 12/s. Requests with fewer than 15
/// before them are in time again, after (200 - 15) / 12 = 15.4 s. A window of requests is 2.5 s
/// long.
#[test]
fn one_attempt_is_well_again_when_the_line_is_short_enough() {
    let one = course(case("surge"), "one attempt", 1);
    let well = one.well_from(70_000_000_000).expect("it is well again");
    let after_s = (well as f64 - 70e9) / 1e9;
    assert!((after_s - 15.4).abs() < 2.5, "{after_s}");
    assert!(!one.collapsed());
    let three = course(case("surge"), "three attempts", 1);
    assert_eq!(three.last().map(|phase| phase.kind), Some(PhaseKind::Metastable));
    assert!(three.collapsed());
}

/// A database for 100/s: at 80/s no client fails, at 108/s nearly all do.
#[test]
fn a_retry_storm_begins_where_the_table_says() {
    let failing = |rate: u32| {
        let set = format!("load.client.arrivals.Poisson.rate={rate}/s");
        let result = case("retry_storm_onset").set(&set).expect("it is sound").run();
        let requests = &result.arms["main"].requests;
        1.0 - requests.succeeded as f64 / (requests.offered - requests.in_flight) as f64
    };
    assert_eq!(failing(80), 0.0);
    assert!((failing(108) - 0.97).abs() < 0.02, "{}", failing(108));
}

/// Twenty workers lose their gateway for five seconds. Without jitter they all retry together.
#[test]
fn a_herd_without_jitter_comes_back_together() {
    let result = case("restart_herd").run();
    let p99_s = |arm: &str| {
        let p99 = result.arms[arm].latency.end_to_end.p99_ns;
        p99.expect("workers come back") as f64 / 1e9
    };
    assert!((p99_s("jitter 0") - 92.0).abs() < 5.0, "{}", p99_s("jitter 0"));
    assert!((p99_s("jitter 0.1") - 17.0).abs() < 2.0, "{}", p99_s("jitter 0.1"));
}

/// Five pollers before two slots: a quarter of the messages never runs and is dead-lettered.
#[test]
fn pollers_beyond_the_concurrency_make_dead_letters() {
    let result = case("sqs_lambda").run();
    let dead = |arm: &str| {
        let requests = &result.arms[arm].requests;
        requests.dead_lettered as f64 / requests.offered as f64
    };
    assert!((dead("reserved concurrency") - 0.25).abs() < 0.05);
    assert_eq!(dead("maximum concurrency"), 0.0);
}
