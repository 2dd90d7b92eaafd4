//! Everything has one name: results and expectations name numbers alike, and `--set` names
//! components as results do.

use std::path::Path;

use dessim::experiment::expect::in_one_run;
use dessim::experiment::metrics::metrics;
use dessim::experiment::prepared::Prepared;
use dessim::experiment::run::{Options, run};
use dessim::model::mechanism::Kind;
use dessim::report::result::RunResult;
use dessim::report::rows::named;
use dessim::report::snapshot::snapshot;
use dessim::scenario::Document;
use dessim::scenario::arms::arms;
use dessim::scenario::expect::{Known, read_metric};
use dessim::scenario::schema::Scenario;
use proptest::prelude::*;

use crate::support::random::{style::PLAIN, text};

fn shipped() -> Vec<Document> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .expect("it is there")
        .map(|entry| entry.expect("it can be read").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "ron"))
        .collect();
    paths.sort();
    assert!(paths.len() >= 10);
    let read = |path: &std::path::PathBuf| {
        let bytes = std::fs::read(path).expect("a file of this repository");
        Document::parse(&path.to_string_lossy(), &bytes).expect("it is RON")
    };
    paths.iter().map(read).collect()
}

/// A few events show which numbers a run has.
fn glimpse(scenario: &Scenario) -> RunResult {
    let options = Options { max_events: 50, ..Options::default() };
    run(scenario, "test", &options).expect("a checked scenario")
}

/// The metrics are exactly the numbers of results, and each name that `dessim metrics` prints is
/// read as its number.
fn numbers_are_metrics(document: &Document) {
    let scenario = document.scenario().expect("it is a scenario").scenario;
    let known = Known::new(&scenario);
    for (arm, result) in &glimpse(&scenario).arms {
        let bare = |name: String| name.strip_suffix("_ns").unwrap_or(&name).to_owned();
        let mut printed: Vec<String> = named(result).map(|number| bare(number.name)).collect();
        let metrics = known.metrics(arm);
        let mut listed: Vec<String> = metrics.iter().map(|metric| metric.name.clone()).collect();
        printed.sort();
        listed.sort();
        assert_eq!(printed, listed);
        for metric in &metrics {
            let bound = metric.bound(Some(arm.clone()));
            assert_eq!(read_metric(&bound.to_string(), &known).as_ref(), Ok(&bound));
            let as_in_json =
                bound.to_string() + if metric.part.ends_with("_ns") { "_ns" } else { "" };
            assert_eq!(read_metric(&as_in_json, &known).as_ref(), Ok(&bound));
        }
    }
}

/// Every line of a snapshot with a number is an expectation that holds in the run.
fn lines_of_snapshots_hold(document: &Document) {
    let mut scenario = document.scenario().expect("it is a scenario").scenario;
    let result = run(&scenario, "test", &Options::default()).expect("a checked scenario");
    let text = snapshot(&result);
    let numbers = text.lines().filter(|line| line.contains(" == "));
    scenario.expect = numbers.map(str::to_owned).collect();
    let prepared = Prepared::new(&scenario, "test");
    let results = in_one_run(&prepared, &Options::default()).expect("a checked scenario");
    assert_eq!(results.len(), scenario.expect.len());
    for claim in results {
        assert_eq!(claim.holds, Some(true), "{}: {}", claim.text, claim.actual);
    }
}

/// A setting of each kind of component that has settings, with a value that no scenario has.
fn setting(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "service" => ".failure_ratio=0.123",
        "queue" => ".capacity=12345",
        "consumer" => ".concurrency=123",
        "breaker" => ".open_duration=12345us",
        "bulkhead" | "pool" => ".permits=12345",
        "retry" => ".backoff=Constant(\"12345us\")",
        "timeout" | "deadline" => "=12345us",
        "hedge" => ".max=7",
        "rate_limit" | "adaptive_limit" => ".max_wait=12345us",
        "throttle" => ".scope=Shared",
        // Those of a load are in no arm.
        "edge" | "balancer" | "class" => return None,
        other => panic!("is a {other} set, and by what?"),
    })
}

/// With an arm, each component is set in that arm alone, or refused because several arms share it;
/// then it is set for all of them.
fn components_are_set_by_their_names(document: &Document) {
    let scenario = document.scenario().expect("it is a scenario").scenario;
    let before = arms(&scenario);
    for (arm, result) in &glimpse(&scenario).arms {
        for (name, component) in &result.components {
            let Some(setting) = setting(component.kind) else { continue };
            let changed = |assignment: &str| {
                let document = document.with([assignment])?;
                let after = arms(&document.scenario()?.scenario);
                let changed = before.iter().filter(|(arm, of)| after[*arm] != **of);
                Ok(changed.map(|(arm, _)| arm.clone()).collect::<Vec<_>>())
            };
            let outcome: Result<Vec<String>, dessim::scenario::Problems> =
                changed(&format!("'{arm}'.'{name}'{setting}"));
            match outcome {
                Ok(arms) => assert_eq!(arms, [arm.as_str()], "{arm} {name}"),
                Err(problems) => {
                    let message = problems.to_string();
                    assert!(message.contains("is common to several arms"), "{name}: {message}");
                    let all = changed(&format!("{name}{setting}")).expect(name);
                    assert!(all.len() > 1 && all.contains(arm), "{name}: {all:?}");
                }
            }
        }
    }
}

#[test]
fn every_number_of_a_shipped_scenario_is_a_metric_with_a_meaning() {
    for document in shipped() {
        numbers_are_metrics(&document);
        let scenario = document.scenario().expect("it is a scenario").scenario;
        for reporter in metrics(&scenario, "test").reporters {
            for metric in reporter.metrics {
                let name = format!("{} {}", reporter.kind, metric.name);
                assert!(metric.meaning.len() > 3, "{name} has no definition");
            }
        }
    }
}

/// Every declared number is reported by some component, with the declared name and kind of value.
#[test]
fn every_declared_number_is_reported() {
    let everything = r#"(schema: 1,
        load: {
            "a": (arrivals: Poisson(rate: "1/s"), total: 1),
            "b": (arrivals: Poisson(rate: "1/s"), total: 1, classes: { "c": (ratio: 1) }),
        },
        services: {
            "db": (time: Constant("1s"), slots: 1, max_wait: "9s", zones: {"a": 1, "b": 1},
                refuses_expired: true, hang_ratio: 0.5),
            "web": (time: Constant("1s"), slots: 1, handler: [Call("c")]),
        },
        pools: { "threads": (permits: 1, max_wait: "9s") },
        calls: { "c": (to: "db", zones: {"a": 1}, balancing: ConsistentHash(bound: 1.2),
                outlier_detection: (consecutive_failures: 1, max_ejected: 1),
                max_repicks: 1),
            "a": (to: "web", clients: 2, policy: [
            Pool("threads"), Deadline("9s"),
            Hedge(quantile: 0.5, window: 1, after: "1s", budget: Tokens(deposit: 1, capacity: 1)),
            Breaker(window: 2, failure_threshold: 1, open_duration: "1s", half_open: ()),
            Retry(max_retries: 1, budget: Tokens(deposit: 1, capacity: 1)),
            Bulkhead(permits: 1, max_wait: "9s"), Timeout("1s"), DetachedTimeout("1s"),
            RateLimit(algorithm: TokenBucket(rate: "1/s", burst: 1), max_wait: "9s"),
            AdaptiveLimit(algorithm: Vegas(), max_wait: "9s"), Throttle(algorithm: Sre()),
        ]) },
        publishes: { "b": "jobs" }, queues: { "jobs": () },
        consumers: { "w": (from: "jobs", concurrency: 1, to: "db", max_deliveries: 1) })"#;
    let document = Document::parse("all", everything.as_bytes()).expect("it is RON");
    let scenario = document.scenario().unwrap_or_else(|problems| panic!("{problems}")).scenario;
    let result = glimpse(&scenario);
    let reported = |kind: &str, name: &str| {
        let mut components = result.arms["main"].components.values();
        components.find_map(|part| part.get(name).filter(|_| part.kind == kind))
    };
    for kind in Kind::ALL {
        for (name, counts) in kind.metrics().iter().flat_map(|quantity| quantity.numbers()) {
            let metric = reported(kind.name(), name);
            let actual = metric.map(|metric| metric.kind());
            assert_eq!(actual, Some(counts), "{} {name}", kind.name());
        }
    }
}

#[test]
fn a_snapshot_is_made_of_sentences_that_hold() {
    let short = ["burst", "full_queue", "healthy", "flaky_service"];
    let documents = shipped().into_iter().filter(|document| {
        short.iter().any(|name| document.name.ends_with(&format!("{name}.ron")))
    });
    let held = documents.map(|document| lines_of_snapshots_hold(&document)).count();
    assert_eq!(held, short.len());
}

#[test]
fn every_component_of_a_shipped_scenario_is_set_by_its_name() {
    shipped().iter().for_each(components_are_set_by_their_names);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 40,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(7),
        ..ProptestConfig::default()
    })]

    #[test]
    fn names_of_random_scenarios_are_one(rolls in proptest::collection::vec(any::<u16>(), 0..150)) {
        let text = text(&rolls, PLAIN);
        let document = Document::parse("random", text.as_bytes()).expect("it is RON");
        numbers_are_metrics(&document);
        components_are_set_by_their_names(&document);
        lines_of_snapshots_hold(&document);
    }
}
