//! `dessim sweep`: one machine or many give the same bytes; parts that are torn, corrupted or
//! mixed.

use super::*;

const STUDY: &str = r#"Study(
    schema: 1,
    scenario: "small.ron",
    seeds: "1..3",
    axes: [
        (path: "load.users.arrivals.Poisson.rate",
         values: Range(from: "50/s", to: "200/s", count: 4)),
        (path: "services.db.slots", values: List([1, 2])),
    ],
    metrics: ["goodput_per_s", "retry.latency.end_to_end.p99", "db.busy_mean"],
)
"#;

/// Flags that mean the same as the study.
const FLAGS: &str = "small.ron --vary load.users.arrivals.Poisson.rate=50/s..200/s/4 \
    --vary services.db.slots=[1,2] --seeds 1..3 --metric goodput_per_s \
    --metric retry.latency.end_to_end.p99 --metric db.busy_mean";

/// The options of all files that a sweep writes.
const ALL: &str = "--export-csv a.csv --export-json a.json --html a.html";

fn place() -> Place {
    let place = Place::new();
    place.write("study.ron", STUDY);
    place
}

/// The output and the files of a command.
fn everything(place: &Place, args: &str) -> [String; 4] {
    let page = place.dessim(&format!("{args} {ALL}")).fine().out;
    [page, place.read("a.csv"), place.read("a.json"), place.read("a.html")]
}

/// A directory with a whole plan in these parts.
fn parts(place: &Place, dir: &str, parts: impl IntoIterator<Item = String>) {
    if !place.path("plan.json").exists() {
        place.dessim("sweep plan study.ron -o plan.json").fine();
    }
    for part in parts {
        place.dessim(&format!("sweep run plan.json {part} -o {dir}")).fine();
    }
}

fn shards(count: u64) -> Vec<String> {
    (1..=count).map(|shard| format!("-q --shard {shard}/{count}")).collect()
}

#[test]
fn results_do_not_depend_on_threads_flags_or_parts() {
    let place = place();
    let whole = everything(&place, "sweep study.ron -j 1");
    for jobs in [2, 7] {
        assert_eq!(everything(&place, &format!("sweep study.ron -j {jobs}")), whole, "{jobs}");
    }
    assert_eq!(everything(&place, &format!("sweep {FLAGS}")), whole);
    let lines = place.dessim("sweep study.ron --format jsonl").fine().out;
    assert_eq!(lines.lines().count(), 4 * 2 * 3);
    for count in [1, 3, 8, 40] {
        let mut shards = shards(count);
        let half = shards.len() / 2;
        shards.rotate_left(half);
        let dir = format!("in-{count}");
        parts(&place, &dir, shards.iter().rev().cloned());
        assert_eq!(everything(&place, &format!("sweep merge {dir}")), whole, "{count}");
        let merged = place.dessim(&format!("sweep merge {dir} --format jsonl")).fine().out;
        assert_eq!(merged, lines, "{count}");
    }
    // Cells that are run twice have the same results.
    let ranges = ["--cells 0..9", "--cells 5..20", "--cells 12..23", "--shard 1/2"];
    parts(&place, "over", ranges.map(str::to_owned));
    assert_eq!(everything(&place, "sweep merge over"), whole);
    assert_eq!(everything(&place, "sweep study.ron -o kept"), whole);
    assert_eq!(everything(&place, "sweep study.ron -o kept"), whole, "and again, from its file");
    assert_eq!(everything(&place, "sweep merge kept"), whole);
}

#[test]
fn the_last_axis_varies_fastest_and_seeds_faster_still() {
    let place = place();
    let lines = place.dessim("sweep study.ron --format jsonl").fine().out;
    let cells: Vec<String> = lines
        .lines()
        .map(|line| {
            let cell: serde_json::Value = serde_json::from_str(line).expect("it is JSON");
            let settings = &cell["settings"];
            let rate = settings["load.users.arrivals.Poisson.rate"].as_str();
            let slots = settings["services.db.slots"].as_str();
            let (rate, slots) = (rate.expect("a rate"), slots.expect("slots"));
            format!("{} {rate} {slots} {}", cell["index"], cell["seed"])
        })
        .collect();
    let first = ["0 50/s 1 1", "1 50/s 1 2", "2 50/s 1 3", "3 50/s 2 1", "4 50/s 2 2"];
    assert_eq!(cells[..5], first);
    assert_eq!((cells[6].as_str(), cells[23].as_str()), ("6 100/s 1 1", "23 200/s 2 3"));
    // A cell equals the run of its setting and seed.
    let set = "--set load.users.arrivals.Poisson.rate=100/s --set services.db.slots=1";
    let run = place.dessim(&format!("run small.ron {set} --seed 1 --format json")).fine().out;
    let run: serde_json::Value = serde_json::from_str(&run).expect("it is JSON");
    let cell: serde_json::Value =
        serde_json::from_str(lines.lines().nth(6).expect("it is there")).expect("it is JSON");
    assert_eq!(cell["fingerprint"], run["fingerprint"]);
    let goodput = &cell["arms"]["retry"]["goodput_per_s"];
    assert_eq!(*goodput, run["arms"]["retry"]["goodput_per_s"]);
    assert!(cell["arms"]["plain"]["latency.end_to_end.p99_ns"].is_null(), "it was not asked for");
}

#[test]
fn a_torn_part_is_gone_on_with() {
    let place = place();
    parts(&place, "whole", ["--cells 3..6".to_owned()]);
    let name = "whole/cells-03-06.jsonl";
    let whole = place.read(name);
    let last = whole.trim_end().rfind('\n').expect("there are lines") + 1;
    let head = whole.find('\n').expect("there is a first line") + 1;
    // Cuts at every byte of the last line, and at some of the first.
    for cut in (last..=whole.len()).chain([0, 1, head - 1, head]) {
        place.write(name, &whole[..cut]);
        let torn = place.dessim("sweep merge whole");
        torn.ends(3, &["cells are missing: 0..2"]);
        parts(&place, "whole", ["--cells 3..6".to_owned()]);
        assert_eq!(place.read(name), whole, "{cut}");
    }
}

#[test]
fn what_is_missing_is_named_with_the_command_that_runs_it() {
    let place = place();
    parts(&place, "some", ["--cells 2..4".to_owned(), "--cells 9..20".to_owned()]);
    place.dessim("sweep merge some").ends(
        3,
        &[
            "9 of 24 cells are missing: 0..1, 5..8, 21..23",
            "dessim sweep run plan.json --cells 0..1 -o DIR",
        ],
    );
    // A last cell that is cut off counts as missing.
    let name = "some/cells-09-20.jsonl";
    let whole = place.read(name);
    place.write(name, &whole[..whole.len() - 1]);
    place.dessim("sweep merge some").ends(3, &["missing: 0..1, 5..8, 20..23"]);
}

#[test]
fn corrupted_and_mixed_parts_are_refused_by_file_and_line() {
    let place = place();
    parts(&place, "all", shards(3));
    let name = "all/cells-08-15.jsonl";
    let whole = place.read(name);
    let changed = |from: &str, to: &str| {
        assert!(whole.contains(from), "{from}");
        whole.replacen(from, to, 1)
    };
    let second = whole.split_inclusive('\n').nth(2).expect("it is there");
    let cases = [
        (changed("\"seed\":3", "\"seed\":4"), "line 2: its check does not fit"),
        (whole.replacen(second, "", 1), "line 3: it is not the cell that follows"),
        (whole.replacen(second, "{}\n", 1), "line 3: it is too short for a cell"),
        (
            changed("\"dessim\":\"0.1.0\"", "\"dessim\":\"0.0.9\""),
            "line 1: it was written by dessim 0.0.9",
        ),
        (changed("\"plan\":\"", "\"plan\":\"0"), "line 1: its cells are of the plan 0"),
        (changed("dessim.cells/1", "dessim.cells/9"), "line 1: it does not begin a file of cells"),
        (changed("\"last\":15", "\"last\":14"), "there are more cells than its first line says"),
        ("\u{0}\n".to_owned(), "line 1: it does not begin a file of cells"),
    ];
    for (text, message) in cases {
        place.write(name, &text);
        place.dessim("sweep merge all").ends(3, &[name, message]);
        if message.starts_with("line") {
            place.dessim("sweep run plan.json --shard 2/3 -o all").ends(3, &[name, message]);
        }
    }
    // A cell of another program, with a valid checksum.
    place.write(name, &whole);
    let line = whole.lines().nth(1).expect("it is there");
    let body = &line[..line.find(",\"check\"").expect("it has one")];
    let body = body.replacen("\"seed\":3", "\"seed\":4", 1);
    let check = dessim::kernel::draw::key(&body);
    let forged = format!("{body},\"check\":\"{check:016x}\"}}\n");
    parts(&place, "all", ["--cells 8..8".to_owned()]);
    let one = place.read("all/cells-08-08.jsonl");
    let head = one.split_inclusive('\n').next().expect("it has a first line");
    place.write("all/cells-08-08.jsonl", &format!("{head}{forged}"));
    place.dessim("sweep merge all").ends(3, &["cell 8 differs between", "cells-08-08", name]);
}

#[test]
fn a_plan_of_another_release_or_study_is_refused() {
    let place = place();
    place.dessim("sweep plan study.ron -o plan.json").fine();
    let plan = place.read("plan.json");
    assert_eq!(place.dessim(&format!("sweep plan {FLAGS}")).fine().out, plan);
    for (from, to, message) in [
        ("\"dessim\": \"0.1.0\"", "\"dessim\": \"0.2.0\"", "it was made by dessim 0.2.0"),
        ("\"from\": \"50/s\"", "\"from\": \"60/s\"", "it was changed"),
        ("dessim.plan/1", "dessim.plan/2", "no plan of schema"),
        ("services.db.slots", "services.db.slot", "unknown field `slot`"),
    ] {
        place.write("bad.json", &plan.replacen(from, to, 1));
        place.dessim("sweep run bad.json -o x").ends(3, &["bad.json", message]);
    }
    place.dessim("sweep run plan.json -o x --cells 0..1").fine();
    place.dessim("sweep plan study.ron --seeds 1..4 -o other.json").fine();
    place.dessim("sweep run other.json -o x").ends(3, &["one directory holds one plan"]);
    place.dessim("sweep study.ron --seeds 1..4 -o x").ends(3, &["one directory holds one plan"]);
    place.dessim("sweep run plan.json -o x --cells 5..24").ends(2, &["--cells 0..23"]);
    place.write("elsewhere/cells-00-23.jsonl", "");
    place.dessim("sweep merge elsewhere").ends(2, &["there is no plan.json"]);
}

/// Files are recognised under any spelling of their paths.
#[test]
fn a_place_is_varied_once() {
    let place = place();
    for paths in
        ["services.db.slots=[1,2] --vary db.slots=[3,4]", "db.slots,services.db.slots=[1,2]"]
    {
        let ran = place.dessim(&format!("sweep small.ron --seeds 1..2 --vary {paths}"));
        ran.ends(2, &["a path is varied once"]);
    }
    place.dessim("sweep small.ron --seeds 1..2 --vary db.slots=[1,2]").fine();
}

#[cfg(unix)]
#[test]
fn two_writers_of_one_part_are_told_apart() {
    let place = place();
    parts(&place, "x", ["--cells 0..1".to_owned()]);
    let held = std::fs::File::open(place.path("x/cells-00-01.jsonl")).expect("it is there");
    held.lock().expect("files can be locked here");
    place.dessim("sweep run plan.json --cells 0..1 -o x").ends(1, &["written by another process"]);
    drop(held);
    place.dessim("sweep run plan.json --cells 0..1 -o x").fine();
}

#[test]
fn all_that_is_wrong_with_a_study_is_told_at_its_place() {
    let place = place();
    place.write(
        "bad.ron",
        r#"Study(schema: 1, scenario: "small.ron", seeds: "9..1", axes: [
            (path: "services.db.slot", values: List([1])),
            (path: "services.db.slots", values: List([1, 0, 1])),
            (path: "services.db.time", values: Range(from: 1, to: 2, count: 3)),
            (path: "load.users.total", values: Range(from: 1, to: "2s", count: 3)),
            (path: "load.users.total", paths: ["seed"], values: List([1])),
            (path: "services.db.queue", values: Range(from: 1, to: 3, count: 4)),
            (path: "services.db.failure_ratio", values: Range(from: 0, to: 1.5, count: 4)),
            (paths: ["arms.plain.about"], values: List(["x"])),
        ], metrics: ["goodput_per", "latency.end_to_end"])"#,
    );
    let ran = place.dessim("sweep bad.ron");
    assert_eq!(ran.exit, Some(3));
    insta::assert_snapshot!(ran.err);
    place.dessim("check bad.ron").ends(3, &["did you mean `slots`?"]);
    place.write(
        "shape.ron",
        r#"Study(schema: 1, scenario: "small.ron", axes: [(pth: "a", values: Lst([]))])"#,
    );
    place.dessim("sweep shape.ron").ends(3, &["did you mean `path`?", "did you mean `List`?"]);
    place.dessim("check study.ron small.ron").fine();
}

#[test]
fn sweeps_that_nobody_means_are_refused() {
    let place = place();
    let rate = "--vary load.users.arrivals.Poisson.rate=1/s..99/s/1000";
    let cases = [
        ("sweep small.ron", "nothing is varied"),
        ("sweep study.ron --vary services.db.slots=[1]", "--vary goes with a scenario"),
        ("sweep study.ron --seeds 0..18446744073709551615", "at most 1000000000 runs"),
        ("sweep study.ron --design sobol:9", "it has no `count`"),
        ("sweep study.ron --export-csv - --format json", "both go to standard output"),
        ("sweep study.ron --export-csv x --html x", "both go to x"),
        (
            "sweep study.ron --export-csv ./study.ron",
            "--export-csv ./study.ron would replace study.ron, which is read",
        ),
    ];
    for (args, message) in cases {
        let ran = place.dessim(args);
        assert!(matches!(ran.exit, Some(2 | 3)), "{args}: {ran:?}");
        assert!(ran.err.contains(message), "{args}: {}", ran.err);
    }
    let many = format!("sweep small.ron {rate} --seeds 1..1000001");
    place.dessim(&many).ends(2, &["at most 1000000000 runs", "1000001000"]);
    let many = format!("sweep plan small.ron {rate} --seeds 1..100000");
    place.dessim(&many).ends(2, &["100,000,000 runs", "--yes"]);
    place.dessim(&format!("{many} --yes")).fine();
}

#[test]
fn a_setting_that_makes_no_scenario_is_counted_and_the_others_run() {
    let place = place();
    place.write("timed.ron", &SMALL.replace("seed: 3,", "seed: 3, duration: \"1s\","));
    // A warm-up as long as the run, in two of the six settings.
    let vary = "sweep timed.ron --vary warm_up=0s..400ms/3 --vary duration=[400ms,2s] --seeds 1..2";
    let ran = place.dessim(&format!("{vary} --export-csv a.csv -o kept"));
    assert_eq!(ran.exit, Some(3), "{ran:?}");
    let message = "1 of 6 settings make no scenario that can run";
    assert!(ran.out.contains(message) && ran.out.contains("warm_up"), "{}", ran.out);
    assert_eq!(place.read("a.csv").lines().count(), 1 + 12);
    let merged = place.dessim("sweep merge kept");
    assert_eq!((merged.exit, merged.out), (Some(3), ran.out));
}

#[test]
fn samples_fill_their_ranges() {
    let place = place();
    let vary = "sweep small.ron --vary load.users.arrivals.Poisson.rate=50/s..150/s \
                --vary services.db.slots=[1,2,3,4] --metric goodput_per_s --format jsonl";
    let sample = |design: &str| -> Vec<(f64, u64)> {
        let lines = place.dessim(&format!("{vary} --design {design}")).fine().out;
        let cell = |line: &str| {
            let cell: serde_json::Value = serde_json::from_str(line).expect("it is JSON");
            let rate = cell["settings"]["load.users.arrivals.Poisson.rate"].as_str();
            let slots = cell["settings"]["services.db.slots"].as_str();
            let rate = rate.and_then(|rate| rate.strip_suffix("/s")).expect("a rate");
            (rate.parse().expect("a number"), slots.expect("slots").parse().expect("a number"))
        };
        lines.lines().map(cell).collect()
    };
    assert_eq!(sample("sobol:4"), [(50.0, 1), (100.0, 3), (125.0, 2), (75.0, 4)]);
    let hypercube = sample("lhs:20");
    let mut strata: Vec<u64> =
        hypercube.iter().map(|(rate, _)| ((rate - 50.0) / 5.0) as u64).collect();
    strata.sort_unstable();
    assert_eq!(strata, (0..20).collect::<Vec<_>>());
    let of = |slots| hypercube.iter().filter(|(_, n)| *n == slots).count();
    assert_eq!([1, 2, 3, 4].map(of), [5; 4]);
    assert_ne!(sample("lhs:20:2"), hypercube);
}

#[test]
fn the_studies_that_ship_are_sound_and_run() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/studies");
    let place = Place::new();
    let mut studies = 0;
    for entry in std::fs::read_dir(&root).expect("it is there") {
        let path = entry.expect("it is there").path();
        let text = std::fs::read_to_string(&path).expect("it is text");
        if !text.contains("\nStudy(") {
            continue;
        }
        studies += 1;
        let path = path.to_string_lossy();
        place.dessim(&format!("check {path}")).fine();
        let run = format!("sweep {path} --seeds 1..1 --set duration=45s --format json");
        let json = place.dessim(&run);
        let json: serde_json::Value = serde_json::from_str(&json.out).expect("it is JSON");
        assert!(json["settings"].as_array().is_some_and(|all| all.len() > 10), "{path}");
    }
    assert_eq!(studies, 3);
}

#[test]
fn a_loop_tells_the_way_up_from_the_way_down() {
    let place = place();
    let args = "sweep loop small.ron --rates 20/s..200/s/3 --lasts 5s --seeds 1..2";
    let ran = place.dessim(&format!("{args} --html loop.html")).fine();
    assert!(ran.out.contains("goodput a second while users rises and falls"), "{}", ran.out);
    assert!(place.read("loop.html").contains("<svg"));
    let json = place.dessim(&format!("{args} --format json -j 1")).fine().out;
    let json: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(json["schema"], "dessim.loop/1");
    assert_eq!(json["rates_per_s"], serde_json::json!([20.0, 110.0, 200.0]));
    let arm = &json["arms"][0];
    assert_eq!((arm["up"].as_array().map(Vec::len), &arm["up"][2]), (Some(3), &arm["down"][2]));
    for (bad, message) in [
        ("--rates 20/s..10/s/3", "the load rises first"),
        ("--rates 20/s..30/s", "the count is missing"),
        ("--rates 20..30/3", "has no unit of time"),
        ("--rates 1/s..2/s/3 --load x", "there is users"),
        ("--rates 1/s..2/s/3 --lasts soon", "--lasts soon"),
    ] {
        place.dessim(&format!("sweep loop small.ron {bad}")).ends(2, &[message]);
    }
}
