use super::page::seed_list;
use super::*;
use crate::report::rows::SUCCEEDED_RATIO;
use crate::report::sample;

fn varied(runs: u64) -> Vec<RunResult> {
    (1..=runs)
        .map(|seed| {
            let mut result = sample::burst();
            result.seed = seed;
            let rpc = result.arms.get_mut("rpc").expect("the sample has it");
            rpc.requests.succeeded += seed * 3;
            rpc.requests.rejected -= seed * 3;
            result
        })
        .collect()
}

fn of(results: &[RunResult], keep: Keep) -> Runs {
    let mut runs = Runs::new(keep, BTreeMap::new());
    for result in results {
        let collapsed = |(name, arm): (&String, &ArmResult)| {
            (name.clone(), arm.requests.succeeded * 10 < arm.requests.offered)
        };
        runs.add(result, &result.arms.iter().map(collapsed).collect());
    }
    runs
}

fn page(results: &[RunResult]) -> String {
    runs_page(&of(results, Keep::Page))
}

/// Every third run collapses.
fn bistable(runs: u64) -> Vec<RunResult> {
    let mut results = varied(runs);
    for result in results.iter_mut().step_by(3) {
        let rpc = result.arms.get_mut("rpc").expect("the sample has it");
        rpc.requests.rejected += rpc.requests.succeeded - 100;
        rpc.requests.succeeded = 100;
    }
    results
}

#[test]
fn twelve_runs() {
    insta::assert_snapshot!(page(&varied(12)));
}

#[test]
fn a_few_runs_have_no_interval_and_no_value_is_counted_out() {
    let mut results = varied(3);
    let rpc = results[0].arms.get_mut("rpc").expect("the sample has it");
    rpc.latency.end_to_end = sample::spread(0, 0);
    rpc.amplification = None;
    insta::assert_snapshot!(page(&results));
}

#[test]
fn two_outcomes_are_not_averaged_away() {
    let page = page(&bistable(30));
    insta::assert_snapshot!(page);
}

#[test]
fn what_is_known_to_have_no_variance_has_no_interval_of_its_mean() {
    let tails = BTreeMap::from([("rpc".to_owned(), "times are Pareto".to_owned())]);
    let mut runs = Runs::new(Keep::All, tails);
    for (at, mut result) in varied(12).into_iter().enumerate() {
        let rpc = result.arms.get_mut("rpc").expect("the sample has it");
        rpc.latency.end_to_end.mean_ns = Some(1_000 + at as u64);
        rpc.latency.end_to_end.p50_ns = Some(1_000 + at as u64);
        runs.add(&result, &BTreeMap::new());
    }
    let json: serde_json::Value = serde_json::from_str(&to_json(&runs)).expect("it is JSON");
    let find = |metric: &str| {
        let metrics = json["arms"]["rpc"]["metrics"].as_array().expect("a list");
        metrics.iter().find(|one| one["metric"] == metric).expect("it is there").clone()
    };
    let mean = find("latency.end_to_end.mean_ns");
    assert!(mean["interval"].is_null());
    assert_eq!(mean["no_interval"]["reason"], "no_variance");
    assert_eq!(mean["mean"], 1_005.5);
    // A quantile has an interval all the same.
    assert!(find("latency.end_to_end.p50_ns")["interval"].is_array());
}

#[test]
fn the_data_has_every_number_and_the_outcomes() {
    let runs = of(&bistable(30), Keep::All);
    let json: serde_json::Value = serde_json::from_str(&to_json(&runs)).expect("it is JSON");
    assert_eq!((&json["schema"], &json["runs"]), (&RUNS_SCHEMA.into(), &30.into()));
    assert_eq!(json["seeds"], serde_json::json!([[1, 30]]));
    let arm = &json["arms"]["rpc"];
    let collapse = &arm["collapse"];
    assert_eq!(collapse["runs"], 10);
    // Wilson's interval of 10 of 30: 0.1923 to 0.5122.
    let bound = |at: usize| collapse["interval"][at].as_f64().expect("a number");
    assert!((bound(0) - 0.1923).abs() < 1e-4 && (bound(1) - 0.5122).abs() < 1e-4);
    let metrics = arm["metrics"].as_array().expect("a list");
    let scalars: usize =
        rows(&bistable(1)[0].arms["rpc"]).iter().map(|row| row.value.scalars().len()).sum();
    assert_eq!(metrics.len(), scalars + 1);
    assert_eq!(metrics[0]["metric"], SUCCEEDED_RATIO);
    assert!(metrics.iter().all(|one| one["interval"].is_null()), "none of two outcomes");
    assert!(json["arms"]["event-driven"]["outcomes"].is_null());
}

#[test]
fn markdown_has_the_same_tables() {
    insta::assert_snapshot!(to_markdown(&of(&bistable(12), Keep::Page)));
}

#[test]
fn seeds_are_listed_shortly() {
    let list = |seeds: &[u64]| {
        let mut runs = Runs::new(Keep::Page, BTreeMap::new());
        runs.seeds = seeds.to_vec();
        seed_list(&runs)
    };
    assert_eq!(list(&[7]), "seed 7");
    assert_eq!(list(&[3, 1, 2]), "seeds 1..3");
    assert_eq!(list(&[1, 2, 9, u64::MAX]), format!("seeds 1..2, 9, {}", u64::MAX));
    let odd: Vec<u64> = (0..20).map(|n| 2 * n).collect();
    assert_eq!(list(&odd), "seeds 0, 2, 4, 6, 8, 10, …");
    assert_eq!(page(&[]), "no runs\n");
}

#[test]
fn runs_that_stopped_or_are_of_another_scenario_are_warned_of() {
    let mut results = varied(2);
    results[1].scenario.digest = crate::report::result::Hex(1);
    results[1].stopped = Some(crate::report::result::Stopped::MaxEvents {
        arm: "rpc".to_owned(),
        max_events: 5,
        at_ns: 1,
    });
    let page = page(&results);
    assert!(page.contains("warning: 1 of 2 runs stopped early"), "{page}");
    assert!(page.contains("warning: 1 run of another scenario"), "{page}");
}
