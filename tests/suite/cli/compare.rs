//! `dessim compare`: the pairs that are compared, the report, and refusals.

use serde_json::Value;

use super::*;

fn data(place: &Place, args: &str) -> Value {
    let ran = place.dessim(&format!("compare {args} --format json -q")).fine();
    let data: Value = serde_json::from_str(&ran.out).expect("it is JSON");
    assert_eq!(data["schema"], "dessim.compare/1");
    data
}

fn names(field: &Value) -> Vec<String> {
    let variants = field["variants"].as_array().expect("a list");
    variants.iter().map(|one| one["name"].as_str().expect("a name").to_owned()).collect()
}

/// The differences of a metric, in the order of the pairs.
fn differences(field: &Value, metric: &str) -> Vec<Value> {
    let metrics = field["metrics"].as_array().expect("a list");
    let entry = metrics.iter().find(|one| one["metric"] == metric).expect("it is there");
    entry["differences"].as_array().expect("a list").clone()
}

#[test]
fn the_arms_of_a_scenario() {
    let place = Place::new();
    let page = place.dessim("compare small.ron").fine().out;
    assert!(page.starts_with("seeds 1..30: 30 runs of each, paired by seed and by request\n"));
    for words in
        ["a  plain", "b  retry", "succeeded_ratio", "of 6,000 requests in a and b, b saved"]
    {
        assert!(page.contains(words), "no {words:?} in {page}");
    }
    let data = data(&place, "small.ron --arms retry,plain");
    assert_eq!(names(&data["fields"][0]), ["retry", "plain"]);
    // Without retries there is one attempt for each request, in every run.
    let amplification = &differences(&data["fields"][0], "amplification")[0];
    assert!(amplification["mean"].as_f64() < Some(0.0) && amplification["shown"] == true);
}

/// The mean difference and Student's t of 12 pairs, computed from single runs.
#[test]
fn differences_are_those_of_the_runs() {
    let place = Place::new();
    let lines = place.dessim("run small.ron --seeds 5..16 --format jsonl -q").fine().out;
    let of = |line: &str, arm: &str| {
        let run: Value = serde_json::from_str(line).expect("it is JSON");
        run["arms"][arm]["goodput_per_s"].as_f64().expect("a number")
    };
    let each: Vec<f64> = lines.lines().map(|line| of(line, "retry") - of(line, "plain")).collect();
    let n = each.len() as f64;
    let mean = each.iter().sum::<f64>() / n;
    let variance = each.iter().map(|one| (one - mean) * (one - mean)).sum::<f64>() / (n - 1.0);
    // t(11, 97.5 %) = 2.200985.
    let half = 2.200_985 * (variance / n).sqrt();
    let data = data(&place, "small.ron --seeds 5..16 --metric goodput_per_s");
    let difference = &differences(&data["fields"][0], "goodput_per_s")[0];
    let close = |actual: &Value, expected: f64| {
        let actual = actual.as_f64().expect("a number");
        assert!((actual - expected).abs() < 1e-5, "{actual}: {expected}");
    };
    close(&difference["mean"], mean);
    close(&difference["interval"][0], mean - half);
    close(&difference["interval"][1], mean + half);
}

#[test]
fn a_scenario_with_itself_changed() {
    let place = Place::new();
    let set = "small.ron --arms plain --set services.db.slots=2";
    let more = data(&place, set);
    let field = &more["fields"][0];
    assert_eq!(names(field), ["small.ron", "small.ron with services.db.slots=2"]);
    let requests = &field["requests"][0];
    assert!(requests["saved"].as_u64() > Some(1_000), "{requests}");
    let sum: u64 =
        ["saved", "lost", "good_in_both"].map(|of| requests[of].as_u64().unwrap()).iter().sum();
    assert!(sum <= requests["in_both"].as_u64().unwrap());
    assert_eq!(requests["in_both"], 6_000);
    // Files and a change give the same result, with any number of threads.
    place.write("more.ron", &SMALL.replace("slots: 1", "slots: 2"));
    let files = data(&place, "small.ron more.ron --arms plain -j 1");
    assert_eq!(files["fields"][0]["metrics"], field["metrics"]);
    // Without --arms, arm by arm.
    let both = data(&place, "small.ron more.ron");
    assert_eq!(both["fields"][0]["arm"], "plain");
    assert_eq!(both["fields"][0]["metrics"], field["metrics"]);
    assert_eq!(both["fields"][1]["arm"], "retry");
    // A change without effect gives the same runs.
    let same = place.dessim("compare small.ron --set about=other").fine().out;
    assert!(same.contains("arm plain: the same in every run\n"), "{same}");
}

#[test]
fn several_variants_are_ranked() {
    let place = Place::new();
    let mut command = place.command("compare small.ron --arms plain --metric succeeded_ratio -q");
    for with in ["same: about=x", "two: services.db.slots=2", "four: services.db.slots=4; seed=9"] {
        command.args(["--with", with]);
    }
    let page = Ran::of(command.output().expect("it starts")).fine().out;
    let ranks = page.split("by succeeded_ratio, highest first").nth(1).expect("they are ranked");
    let lines: Vec<_> = ranks.lines().skip(1).collect();
    assert_eq!(lines[0], "  1  d  four");
    assert_eq!(lines[1], "  2  c  two");
    // The first two are the same system, and share the third place.
    assert_eq!(lines[2..4], ["  3  a  small.ron", "  3  b  same"]);
    assert!(lines[4].contains("5 of 6 pairs differ significantly"), "{page}");
    assert!(page.contains("the same in every run"), "{page}");
    assert!(page.contains("the 0 that") || page.contains("that succeeded in both took"), "{page}");
}

#[test]
fn few_seeds_have_no_interval_and_other_loads_are_told() {
    let place = Place::new();
    let page = place.dessim("compare small.ron --seeds 1..9").fine().out;
    assert!(page.contains("(1) no interval: 9 runs; it takes 10"), "{page}");
    let rate = "load.users.arrivals.Poisson.rate=100/s";
    let page = place.dessim(&format!("compare small.ron --set {rate}")).fine().out;
    assert!(page.contains("note: the loads of small.ron and small.ron with"), "{page}");
    place.write("other.ron", &SMALL.replace("\"users\"", "\"others\""));
    let page = place.dessim("compare small.ron other.ron --arms plain").fine().out;
    assert!(page.contains("share no request: only their runs are paired"), "{page}");
    assert!(page.contains("no request is in a and b"), "{page}");
}

#[test]
fn different_durations_are_told() {
    let place = Place::new();
    let notes = |args: &str| data(&place, args)["notes"].to_string();
    let text = notes("small.ron --seeds 1..9 --set duration=2s");
    assert!(text.contains("small.ron measures until nothing is left to do and"), "{text}");
    assert!(text.contains(" 2.00 s: counts are of different times"), "{text}");
    place.write("timed.ron", &SMALL.replace("seed: 3,", "duration: \"2s\", warm_up: \"500ms\","));
    let text = notes("timed.ron --seeds 1..9 --set warm_up=0s --arms plain");
    assert!(text.contains("measures 1.50 s and") && text.contains("2.00 s: counts"), "{text}");
    let same = notes("timed.ron --seeds 1..9 --set db.slots=2 --arms plain");
    assert!(!same.contains("counts are of different times"), "{same}");
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let place = Place::new();
    place.write("one.ron", &SMALL.replace("\"retry\": Arm", "\"plain2\": Arm"));
    place.write("wrong.ron", &SMALL.replace("slots: 1", "slotz: 1"));
    for (args, exit, message) in [
        ("small.ron --arms plain", 2, "give two arms or more"),
        ("small.ron --arms plain,rety", 2, "does not name arms"),
        ("small.ron one.ron --arms retry", 2, "one for each"),
        ("small.ron nowhere.ron", 1, "nowhere.ron"),
        ("small.ron wrong.ron", 3, "slotz"),
        ("small.ron --set services.db.slotz=2", 2, "slotz"),
        ("small.ron --with about", 2, "about"),
        ("small.ron --with ;", 2, "changes nothing"),
        ("small.ron --metric goodput_per_sec", 2, "did you mean goodput_per_s?"),
        ("small.ron --metric latency.end_to_end", 2, "there is no number"),
        ("small.ron --seeds 3..1", 2, "give 1..3"),
        ("- small.ron --set seed=1", 2, "standard input"),
        ("small.ron -", 2, "standard input"),
        ("", 2, "<FILE>"),
    ] {
        let ran = place.dessim(&format!("compare {args}")).ends(exit, &[message]);
        assert_eq!(ran.out, "", "{args}");
    }
    place.write(
        "only.ron",
        &SMALL.replace("\"retry\": Arm", "\"plain\": Arm").replace(
            "arms: {\n        \"plain\": Arm(calls: { \"users\": Call(to: \"db\") }),",
            "arms: {",
        ),
    );
    place.dessim("compare only.ron").ends(2, &["nothing to compare only.ron with", "--with"]);
    // A metric that only some components have, without its unit.
    place.dessim("compare small.ron --metric db.wait.p99 --metric users.retry.retries").fine();
}
