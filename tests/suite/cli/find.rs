//! `dessim find`, `dessim hunt` and `dessim shrink` as users run them.

use super::*;

/// A loss system that is offered 5 Erlang.
const POOL: &str = r#"Scenario(
    schema: 1,
    load: { "calls": Load(arrivals: Poisson(rate: "50/s"), total: 10000) },
    services: { "trunk": Service(time: Exponential(mean: "100ms"), slots: 5, queue: 0) },
    calls: { "calls": Call(to: "trunk") },
)
"#;

/// A line that is rarely long.
const LINE: &str = r#"Scenario(
    schema: 1,
    duration: "20s",
    load: { "calls": Load(arrivals: Poisson(rate: "5/s")) },
    services: { "db": Service(time: Exponential(mean: "100ms"), slots: 1) },
    calls: { "calls": Call(to: "db") },
    expect: ["db.in_flight_max < 6"],
)
"#;

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

impl Place {
    /// [`Place::dessim`] with further arguments, which may have spaces.
    fn dessim_with(&self, args: &str, more: &[&str]) -> Ran {
        let mut command = self.command(args);
        command.args(more);
        Ran::of(command.output().expect("it starts"))
    }
}

/// Erlang's tables: for 5 Erlang and a loss of 1 %, 11 trunks (0.8287 %); 10 lose 1.8385 %.
#[test]
fn a_whole_number_ends_at_neighbours_where_erlang_b_says() {
    let place = Place::new();
    place.write("pool.ron", POOL);
    let args = "find pool.ron services.trunk.slots --from 1 --to 40 --seeds 1..20";
    let claim = ["--expect", "p(requests.shed / requests.offered < 1%) > 50%"];
    let text = place.dessim_with(args, &claim).fine().out;
    let message = "  shown to hold from 11, shown to fail up to 10\n";
    assert!(text.contains(message), "{text}");
    let data = json(&place.dessim_with(&format!("{args} --format json"), &claim).fine().out);
    assert_eq!(data["schema"], "dessim.find/1");
    let answer = &data["answers"][0];
    assert_eq!((&answer["outcome"], &answer["holds_to"]), (&"smallest".into(), &"11".into()));
    assert_eq!(data["runs"], 20 * answer["trials"].as_array().expect("a list").len());
    let alone = place.dessim_with(&format!("{args} -j 1"), &claim).fine().out;
    assert_eq!(place.dessim_with(&format!("{args} -j 3"), &claim).fine().out, alone);
}

#[test]
fn ends_that_agree_are_told() {
    let place = Place::new();
    place.write("pool.ron", POOL);
    let claim = ["--expect", "requests.shed / requests.offered < 1%"];
    let args = "find pool.ron services.trunk.slots --seeds 1..5 --set load.calls.total=500";
    let high = place.dessim_with(&format!("{args} --from 30 --to 40"), &claim);
    assert!(high.out.contains("holds at both ends: widen"), "{}", high.out);
    high.ends(4, &[]);
    let low = place.dessim_with(&format!("{args} --from 1 --to 3"), &claim);
    assert!(low.out.contains("fails at both ends: widen"), "{}", low.out);
    low.ends(4, &[]);
}

#[test]
fn searches_that_make_no_sense_are_refused() {
    let place = Place::new();
    place.write("pool.ron", POOL);
    let range = "find pool.ron services.trunk.slots --from 1 --to 4";
    for (args, condition, message) in [
        ("find pool.ron services.trunk.slot --from 1 --to 4", "collapses", "`slots`"),
        ("find pool.ron calls.calls.to --from 1 --to 4", "collapses", "expected the path of a"),
        ("find pool.ron services.trunk.slots --from 4 --to 1", "collapses", "lower value first"),
        ("find pool.ron services.trunk.slots --from 1s --to 4", "collapses", "not a whole number"),
        ("find pool.ron services.trunk.slots", "collapses", "--from"),
        ("find pool.ron", "collapses", "Usage"),
        (range, "requests.shedd < 1", "no such metric"),
        (range, "nonsense", "nonsense"),
        (&format!("{range} --seeds 5..1"), "collapses", "give 1..5"),
        (&format!("{range} --confidence 120%"), "collapses", "between 0 and 1"),
        (&format!("{range} --precision 0"), "collapses", "between 0 and 1"),
        ("hunt pool.ron --split=db", "requests.shed < 1", "`trunk`"),
        ("hunt pool.ron --vary-fault x --from 1s --to 2s", "collapses", "no fault"),
        ("shrink pool.ron --tries 0", "collapses", "1.."),
    ] {
        place.dessim_with(args, &["--expect", condition]).ends(2, &[message]);
    }
    place.dessim(range).ends(2, &["expects nothing"]);
    place.dessim("hunt pool.ron").ends(2, &["expects nothing"]);
    place.dessim_with("hunt pool.ron", &["--for", "p(collapses) < 1%"]).ends(2, &["one run"]);
    place.dessim("find pool.ron --capacity").ends(2, &["duration"]);
    place.dessim("find nothing.ron a --from 1 --to 2").ends(1, &["nothing.ron"]);
    for (knob, message) in [("seed", "PATH=A..B"), ("seed=1", "PATH=A..B"), ("sed=1..2", "`seed`")]
    {
        let args = ["--minimize", "amplification", "--knob", knob];
        place.dessim_with("find pool.ron", &args).ends(2, &[message]);
    }
    let args = ["--minimize", "amplification", "--knob", "services.trunk.slots=1..9", "--runs=9"];
    place.dessim_with("find pool.ron", &args).ends(2, &["too few"]);
}

#[test]
fn a_hunt_finds_the_smallest_seed_whatever_the_threads() {
    let place = Place::new();
    place.write("line.ron", LINE);
    // By the scenario's own expectation, which the resulting run breaks.
    let all = json(&place.dessim("hunt line.ron --seeds 1..200 --format json").fine().out);
    let seed = all["found"]["seed"].as_u64().expect("it is found");
    let hits = all["proportion"]["hits"].as_u64().expect("it is counted");
    assert!(hits > 20 && hits < 120, "{hits}");
    for jobs in [1, 4] {
        let args = format!("hunt line.ron --seeds 1..200 --first -j {jobs} --format json");
        let first = json(&place.dessim(&args).fine().out);
        assert_eq!(first["found"]["seed"], seed);
        assert_eq!((&first["runs"], first["proportion"].is_null()), (&seed.into(), true));
    }
    // The resulting run also breaks it when it is run alone.
    let run = place.dessim(&format!("run line.ron --seed {seed} --format json"));
    let run = json(&run.ends(99, &[]).out);
    let most = run["arms"]["main"]["components"]["db"]["in_flight_max"].as_u64();
    assert!(most.expect("it is counted") >= 6, "{most:?}");
    let text = place.dessim("hunt line.ron --seeds 1..200").fine().out;
    assert!(text.contains(&format!("again  dessim run line.ron --seed {seed}\n")), "{text}");
    let none =
        place.dessim_with("hunt line.ron --seeds 1..50", &["--for", "db.in_flight_max > 90"]);
    assert!(none.out.contains("none of 50 runs"), "{}", none.out);
    none.ends(4, &["--split"]);
}

#[test]
fn a_hunt_moves_faults_with_their_length() {
    let place = Place::new();
    let fault = r#"faults: {
        "stop": Fault(service: "db", from: "1s", until: "3s", effect: Frozen),
    }, expect:"#;
    place.write("line.ron", &LINE.replace("expect:", fault));
    let args = "hunt line.ron --seeds 1..3 --vary-fault stop --from 2s --to 19s --points 3";
    let more = ["--for", "db.in_flight_max > 9", "--format", "json"];
    let data = json(&place.dessim_with(args, &more).fine().out);
    let sets: Vec<String> =
        data["spread"].as_array().expect("a list").iter().map(|at| at["set"].to_string()).collect();
    assert!(sets[1].contains(r#".until=12500ms"#) && sets[1].contains(".from=10500ms"), "{sets:?}");
    assert_eq!(data["runs"], 9);
}

#[test]
fn what_is_shrunk_is_smaller_and_still_shows_it() {
    let place = Place::new();
    let args = "shrink small.ron -o tiny.ron --format json";
    let wanted = ["--for", "plain.requests.shed > 0"];
    let data = json(&place.dessim_with(args, &wanted).fine().out);
    assert_eq!(data["schema"], "dessim.shrink/2");
    for size in ["values", "events"] {
        let of = |which: &str| data[which][size].as_u64().expect("a number");
        assert!(of("after") < of("before"), "{data}");
    }
    let tiny = place.read("tiny.ron");
    assert!(!tiny.contains("retry") && tiny.contains("requests.shed > 0"), "{tiny}");
    assert!(tiny.contains("seed: 3"), "{tiny}");
    let again = json(&place.dessim("run tiny.ron -q --format json").fine().out);
    assert!(again["arms"]["plain"]["requests"]["shed"].as_u64() > Some(0));
    place.dessim("test -q tiny.ron").fine();
    // The result cannot be shrunk further, and does not depend on threads.
    let args = "shrink tiny.ron -q -j 3";
    assert_eq!(place.dessim_with(args, &wanted).fine().out, tiny);
    place
        .dessim_with("shrink small.ron -o small.ron", &wanted)
        .ends(2, &["would replace small.ron, which is read"]);
    place
        .dessim_with("shrink small.ron", &["--for", "plain.requests.shed > 999"])
        .ends(4, &["hunt"]);
}

#[test]
fn the_best_setting_is_told_by_fresh_seeds() {
    let place = Place::new();
    place.write("pool.ron", &POOL.replace("total: 10000", "total: 500"));
    // The cheapest pool that loses less than 5 %: 9 trunks lose 3.7 %, 8 lose 7.0 % (Erlang B).
    let args = [
        "--minimize",
        "cost",
        "--knob",
        "services.trunk.slots=1..20",
        "--cost",
        "services.trunk.slots=2.5",
        "--subject-to",
        "requests.shed / requests.offered < 5%",
    ];
    let data = json(&place.dessim_with("find pool.ron --format json", &args).fine().out);
    assert_eq!(data["schema"], "dessim.optimum/1");
    assert_eq!(data["set"][0], "services.trunk.slots=9");
    assert_eq!((&data["cost"][0], &data["feasible"]), (&22.5.into(), &true.into()));
    let seeds = |of: &str, at: usize| data[of][at].as_u64().expect("a seed");
    assert!(seeds("search_seeds", 1) < seeds("telling_seeds", 0));
    let dear = place.dessim_with("find pool.ron --budget 10", &args);
    assert!(dear.out.contains("violates them least"), "{}", dear.out);
    dear.ends(4, &[]);
}
