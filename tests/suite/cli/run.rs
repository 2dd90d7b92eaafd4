//! `dessim run`: seeds, formats, input, limits.

use std::path::Path;

use super::*;

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn a_page_is_printed() {
    let place = Place::new();
    let ran = place.dessim("run small.ron").fine();
    assert!(ran.out.starts_with("small, seed 3: "), "{}", ran.out);
    assert!(ran.out.lines().count() <= 18, "{}", ran.out);
    assert!(ran.out.contains("every number: --full"), "{}", ran.out);
    let full = place.dessim("run small.ron --full").fine();
    assert!(full.out.contains("\nverdict\n") && full.out.contains("\nrequests\n"), "{}", full.out);
    place.dessim("run small.ron --full --format json").ends(2, &["--full prints text"]);
    place.dessim("run small.ron --full --seeds 1..2").ends(2, &["--full"]);
    let other = place.dessim("run small.ron --seed 4").fine();
    assert!(other.out.starts_with("small, seed 4: "));
    assert_eq!(place.dessim("run small.ron --calendar keyed").fine(), ran);
}

#[test]
fn formats_agree() {
    let place = Place::new();
    let pretty = json(&place.dessim("run small.ron --format json").fine().out);
    let line = place.dessim("run small.ron --format jsonl").fine().out;
    assert_eq!(line.lines().count(), 1);
    assert_eq!(pretty, json(&line));
    assert_eq!(pretty["schema"], "dessim.run/1");
    assert_eq!(pretty["scenario"]["name"], "small");
}

#[test]
fn standard_input_is_a_scenario_named_stdin() {
    let place = Place::new();
    let ran = place.dessim_with_input("run -", SMALL).fine();
    assert!(ran.out.starts_with("stdin, seed 3: "), "{}", ran.out);
    let bad = place.dessim_with_input("run -", "Scenario(");
    bad.ends(3, &["stdin:1", "error"]);
    place.dessim("run -").ends(3, &["stdin"]);
}

#[test]
fn both_ends_of_the_seeds_run() {
    let place = Place::new();
    let ran = place.dessim("run small.ron --seeds 2..5 --format jsonl").fine();
    let seeds: Vec<_> = ran.out.lines().map(|line| json(line)["seed"].clone()).collect();
    assert_eq!(seeds, [2, 3, 4, 5]);
    let page = place.dessim("run small.ron --seeds 2..5").fine().out;
    assert!(page.starts_with("small, 4 runs over seeds 2..5\n"), "{page}");
    let one = place.dessim("run small.ron --seeds 1..1 --format json").fine();
    assert_eq!(json(&one.out)["seed"], 1);
    let last = format!("run small.ron --seeds {0}..{0}", u64::MAX);
    place.dessim(&last).fine();
}

#[test]
fn seeds_that_make_no_sense_are_usage_errors() {
    let place = Place::new();
    for (args, message) in [
        ("--seeds 5..1", "give 1..5"),
        ("--seeds 5", "such as 1..200"),
        ("--seeds 1..=5", "such as 1..200"),
        ("--seeds 1..2 --seed 1", "cannot be used with"),
        ("--seeds 1..2 --svg a", "--seed N"),
        ("--seeds 1..2 --steady", "cannot be used with"),
        ("--steady --export-csv a.csv", "cannot be used with"),
        ("--seeds 1..2 --trace a.jsonl", "cannot be used with"),
        ("--seed -1", "invalid digit"),
        ("--max-events 0", "1.."),
        ("--sede 1", "--seed"),
        ("--seed 1 --seed 2", "multiple times"),
        ("--format xml", "jsonl"),
    ] {
        place.dessim(&format!("run small.ron {args}")).ends(2, &[message]);
    }
    place.dessim("").ends(2, &["Usage"]);
    place.dessim("frobnicate").ends(2, &["frobnicate"]);
}

#[test]
fn values_can_be_set() {
    let place = Place::new();
    let more = place.dessim("run small.ron --set services.db.slots=9 --format json").fine();
    let plain = &json(&more.out)["arms"]["plain"]["requests"];
    assert_eq!(plain["succeeded"], 200);
    let unknown = place.dessim("run small.ron --set services.db.slotz=9");
    unknown.ends(2, &["slotz", "slots"]);
    let invalid = place.dessim("run small.ron --set load.users.until=0s");
    invalid.ends(3, &["until"]);
}

#[test]
fn a_run_that_stops_early_is_printed_and_told() {
    let place = Place::new();
    let ran = place.dessim("run small.ron --max-events 50");
    let ran = ran.ends(3, &["error: seed 3 stopped early", "limit of 50 "]);
    assert!(ran.out.contains("stopped: "), "{}", ran.out);
    let ran = place.dessim("run small.ron --max-events 50 --format json -q");
    let ran = ran.ends(3, &["stopped early"]);
    assert_eq!(json(&ran.out)["stopped"]["reason"], "max_work");
}

#[test]
fn what_would_run_for_days_is_refused_with_the_estimate() {
    let place = Place::new();
    let much = "run small.ron --set load.users.total=9000000000000";
    let ran = place.dessim(much);
    let ran = ran.ends(3, &["requests", "1,000,000,000 events", "--max-events"]);
    assert_eq!(ran.out, "");
    let limited = place.dessim(&format!("{much} --max-events 100"));
    assert!(limited.ends(3, &["limit of 100"]).out.contains("stopped"));
}

#[test]
fn overload_is_warned_of_unless_quiet() {
    let place = Place::new();
    place.write("over.ron", &SMALL.replace(", queue: 2", ""));
    let page = place.dessim("run over.ron").fine().out;
    assert!(page.contains("warning: offered load is 1.50 times"), "{page}");
    let ran = place.dessim("run over.ron --format jsonl --seeds 1..2");
    ran.ends(0, &["warning: offered load is 1.50 times the capacity of service db"]);
    place.dessim("run over.ron --format jsonl --seeds 1..2 -q").fine();
}

#[test]
fn what_cannot_be_read_is_named_with_the_reason() {
    let place = Place::new();
    let missing = place.dessim("run nowhere.ron");
    let message = "error: cannot read nowhere.ron: No such file or directory\n";
    assert_eq!(missing.ends(1, &[]).err, message);
    #[cfg(unix)]
    {
        let link = |to: &str, name: &str| {
            std::os::unix::fs::symlink(to, place.path(name)).expect("links can be made");
        };
        link("nowhere", "dangling.ron");
        link("loop.ron", "loop.ron");
        place.dessim("run dangling.ron").ends(1, &["dangling.ron: No such file"]);
        place.dessim("run loop.ron").ends(1, &["loop.ron: Too many levels"]);
        let ran = place.shell("mkfifo f; cat small.ron > f & $D run f");
        assert!(ran.fine().out.starts_with("f, seed 3"));
        let endless = place.dessim("run /dev/zero");
        endless.ends(3, &["larger than 64 MiB"]);
    }
}

#[test]
#[cfg(unix)]
fn nothing_around_it_reaches_a_result() {
    let place = Place::new();
    let plain = place.dessim("run small.ron --format json").fine();
    let scenario = place.path("small.ron");
    for line in [
        "env -i $D run small.ron --format json".to_owned(),
        format!("cd /; $D run {} --format json", scenario.display()),
        "LC_ALL=tr_TR.UTF-8 LC_NUMERIC=de_DE COLUMNS=0 TERM=dumb $D run small.ron --format json"
            .to_owned(),
        "COLUMNS=9999 CLICOLOR_FORCE=1 $D run small.ron --format json".to_owned(),
        "chmod a-w .; unset HOME; TMPDIR=/nowhere $D run small.ron --format json; e=$?; \
         chmod u+w .; exit $e"
            .to_owned(),
    ] {
        assert_eq!(place.shell(&line), plain, "{line}");
    }
    let page = place.dessim("run small.ron").fine();
    assert!(!page.out.contains('\u{1b}'), "{}", page.out);
    for plain in ["COLUMNS=20 $D", "NO_COLOR=1 $D", "CLICOLOR_FORCE=1 COLUMNS=20 $D --color never"]
    {
        assert_eq!(place.shell(&format!("{plain} run small.ron")), page, "{plain}");
    }
    let coloured = place.shell("CLICOLOR_FORCE=1 $D run small.ron").fine();
    assert_eq!(place.dessim("--color always run small.ron").fine(), coloured);
    assert!(coloured.out.starts_with("\u{1b}[1msmall, seed 3: "), "{}", coloured.out);
}

#[test]
#[cfg(unix)]
fn readers_may_leave() {
    let place = Place::new();
    let lines = "run small.ron --seeds 1..50 --format jsonl";
    let ran = place.shell(&format!("set -o pipefail; $D {lines} | head -1"));
    assert_eq!(ran.fine().out.lines().count(), 1);
    let ran = place.shell("set -o pipefail; $D run small.ron --trace - | head -2");
    assert_eq!(ran.fine().out.lines().count(), 2);
    for stream in ["--seeds 1..50 --format jsonl", "--trace -"] {
        let run = format!("$D run small.ron {stream} --export-csv r.csv");
        place.shell(&format!("rm -f r.csv; {run} | head -1")).fine();
        assert!(place.read("r.csv").len() > 1000, "{stream}");
    }
    for closed in [">&-", "2>&-", ">&- 2>&-"] {
        place.shell(&format!("$D run small.ron {closed}")).ends(0, &[]);
        place.shell(&format!("$D run nowhere.ron {closed}")).ends(1, &[]);
    }
    if Path::new("/dev/full").exists() {
        let message = "cannot write standard output: No space left on device";
        place.shell("$D run small.ron > /dev/full").ends(1, &[message]);
        place.shell("$D run nowhere.ron 2> /dev/full").ends(1, &[]);
    }
}

#[test]
#[cfg(unix)]
fn an_interrupted_run_leaves_nothing() {
    let place = Place::new();
    let run = "$D run small.ron --set load.users.total=99999999 --export-json r.json";
    let ran = place.shell(&format!("timeout --preserve-status -s INT 0.3 {run}"));
    assert!(matches!(ran.exit, Some(130) | None), "{ran:?}");
    assert_eq!((ran.out.as_str(), place.path("r.json").exists()), ("", false));
}

#[test]
fn several_seeds_are_one_object_whatever_the_threads() {
    let place = Place::new();
    let run = |args: &str| place.dessim(&format!("run small.ron --seeds 1..20 {args}")).fine().out;
    let data = run("--format json --jobs 1");
    assert_eq!(run("--format json --jobs 3"), data);
    run("--export-json a.json --export-markdown a.md --format jsonl");
    assert_eq!(place.read("a.json"), data);
    assert!(place.read("a.md").contains("| **plain** | mean | 95 % interval |"));
    let data = json(&data);
    assert_eq!((&data["schema"], &data["runs"]), (&"dessim.runs/2".into(), &20.into()));
    // The summary of a number agrees with the single runs.
    let lines = run("--format jsonl");
    let retries = |line: &str| json(line)["arms"]["retry"]["attempts"]["retries"].as_f64();
    let all: Vec<f64> = lines.lines().filter_map(retries).collect();
    assert_eq!(all.len(), 20);
    let metrics = data["arms"]["retry"]["metrics"].as_array().expect("a list");
    let summary = metrics.iter().find(|one| one["metric"] == "attempts.retries");
    let mean = summary.expect("it is there")["mean"].as_f64().expect("a number");
    assert!((mean - all.iter().sum::<f64>() / 20.0).abs() < 1e-9);
    let page = run("");
    assert!(page.contains("95 % interval") && page.contains("median"), "{page}");
}

#[test]
fn the_steady_state_of_one_run() {
    let place = Place::new();
    place.write(
        "long.ron",
        &SMALL.replace("seed: 3,", "seed: 3, duration: \"400s\",").replace(", total: 200", ""),
    );
    let page = place.dessim("run long.ron --steady").fine().out;
    for words in ["the steady state", "20 batches of", "end-to-end mean", "db utilisation"] {
        assert!(page.contains(words), "no {words:?} in {page}");
    }
    assert!(!page.contains("no interval"), "{page}");
    let data = json(&place.dessim("run long.ron --steady --format json").fine().out);
    assert_eq!(data["schema"], "dessim.steady/1");
    // The service is a loss system with a line: M/M/1/3 at load 1.5. Its closed form:
    // utilisation 1 - (1 - 1.5) / (1 - 1.5^4) = 0.8769.
    let metrics = data["arms"]["plain"].as_array().expect("a list");
    let busy = metrics.iter().find(|one| one["metric"] == "utilisation").expect("it is there");
    let bound = |at: usize| busy["interval"][at].as_f64().expect("a bound");
    assert!(bound(0) < 0.8769 && 0.8769 < bound(1), "{busy}");
    assert!(bound(1) - bound(0) < 0.02, "{busy}");
    // What ends has none, and says so.
    let page = place.dessim("run small.ron --steady").fine().out;
    assert!(page.contains("(1) no interval: without a `duration`"), "{page}");
}
