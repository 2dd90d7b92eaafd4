//! The files of `dessim run`: refused before the run, or written completely.

use std::path::Path;

use super::*;

#[test]
fn every_export_is_written() {
    let place = Place::new();
    let all = "--export-json r.json --export-csv r.csv --export-markdown r.md --trace r.jsonl";
    let page = place.dessim("run small.ron").fine();
    assert_eq!(place.dessim(&format!("run small.ron {all}")).fine(), page);
    assert_eq!(place.read("r.json"), place.dessim("run small.ron --format json").out);
    assert!(place.read("r.csv").starts_with("scenario,seed,arm,component,metric,from_ns,"));
    assert!(place.read("r.md").starts_with("### small\n"));
    assert!(place.read("r.jsonl").starts_with("{\"schema\":\"dessim.trace/1\""));
    let names = ["r.csv", "r.json", "r.jsonl", "r.md", "small.ron"];
    assert_eq!(place.names("."), names, "no temporary file is left");
    place.dessim("run small.ron --seeds 1..3 --export-csv r.csv").fine();
    let csv = place.read("r.csv");
    assert!((1..=3).all(|seed| csv.contains(&format!("\nsmall,{seed},plain,"))), "{csv}");
}

#[test]
fn an_export_may_have_standard_output_for_itself() {
    let place = Place::new();
    let json = place.dessim("run small.ron --format json").fine();
    assert_eq!(place.dessim("run small.ron --export-json -"), json);
    let both = place.dessim("run small.ron --export-json - --export-csv -");
    both.ends(2, &["--export-json and --export-csv both go to standard output"]);
    let both = place.dessim("run small.ron --export-json - --format text");
    both.ends(2, &["both go to standard output"]);
}

#[test]
fn what_cannot_be_written_is_refused_before_the_run() {
    let place = Place::new();
    place.write("sub/x", "");
    for (args, exit, message) in [
        ("--export-json no/r.json", 1, "r.json: the directory no does not exist"),
        ("--export-csv sub", 1, "cannot write sub: it is a directory, not a file"),
        ("--export-csv sub/x/r.csv", 1, "sub/x/r.csv: Not a directory"),
        ("--export-json small.ron", 2, "would replace small.ron, which is read"),
        ("--trace sub/../small.ron", 2, "would replace small.ron, which is read"),
        ("--export-json a --export-csv sub/../a", 2, "both go to"),
    ] {
        let ran = place.dessim(&format!("run small.ron {args}")).ends(exit, &[message]);
        assert_eq!(ran.out, "");
        // Refused before the scenario is read.
        let ran = place.dessim(&format!("run nowhere.ron {args}"));
        assert!(ran.exit == Some(1) || exit == 2, "{ran:?}");
    }
    assert_eq!(place.read("small.ron"), SMALL);
    assert_eq!(place.names("."), ["small.ron", "sub"]);
}

#[test]
#[cfg(unix)]
fn links_and_devices_are_written_through() {
    let place = Place::new();
    let link = |to: &str, name: &str| {
        std::os::unix::fs::symlink(to, place.path(name)).expect("links can be made");
    };
    place.write("sub/real", "old");
    link("sub/real", "to-file");
    link("sub/new", "to-nothing");
    link("no/new", "to-nowhere");
    link("/dev/null", "to-null");
    link("loop", "loop");
    link("small.ron", "to-scenario");
    for name in ["to-file", "to-nothing", "to-null", "/dev/null"] {
        place.dessim(&format!("run small.ron --export-json {name}")).fine();
    }
    let json = place.dessim("run small.ron --format json").out;
    assert_eq!(place.read("sub/real"), json);
    assert_eq!(place.read("sub/new"), json);
    assert!(place.path("to-file").is_symlink() && place.path("to-null").is_symlink());
    for (name, exit) in [("to-nowhere", 1), ("loop", 1), ("to-scenario", 2)] {
        let ran = place.dessim(&format!("run small.ron --export-json {name}"));
        ran.ends(exit, &[name]);
    }
    let two = place.dessim("run small.ron --export-json /dev/null --export-csv /dev/null");
    two.fine();
    let fifo = place.shell("mkfifo f; $D run small.ron --export-json f >/dev/null & cat f");
    assert_eq!(fifo.fine().out, json);
}

#[test]
#[cfg(unix)]
fn permissions_are_respected() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    place.write("r.json", "old");
    let mode = |mode| std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(place.path("r.json"), mode(0o640)).expect("it is ours");
    place.dessim("run small.ron --export-json r.json").fine();
    let kept = place.path("r.json").metadata().expect("it is there").permissions();
    assert_eq!(kept.mode() & 0o777, 0o640);
    let new = place.shell("umask 027; $D run small.ron --export-json n.json; stat -c %a n.json");
    assert!(new.fine().out.ends_with("\n640\n"));
    std::fs::set_permissions(place.path("r.json"), mode(0o440)).expect("it is ours");
    // Root can write anywhere, so nothing is refused.
    if std::fs::OpenOptions::new().append(true).open(place.path("r.json")).is_err() {
        let ran = place.dessim("run small.ron --export-json r.json");
        ran.ends(1, &["cannot write r.json: Permission denied"]);
    }
}

#[test]
#[cfg(unix)]
fn a_full_disk_is_told_and_leaves_nothing() {
    let place = Place::new();
    if Path::new("/dev/full").exists() {
        let message = "error: cannot write /dev/full: No space left on device\n";
        for option in [
            "--export-json",
            "--export-csv",
            "--export-markdown",
            "--export-prometheus",
            "--export-influx",
            "--trace",
        ] {
            let ran = place.dessim(&format!("run small.ron {option} /dev/full"));
            assert_eq!(ran.ends(1, &[]).err, message);
        }
    }
    place.write("r.jsonl", "old");
    let ran = place.shell("ulimit -f 1; trap '' XFSZ; $D run small.ron --trace r.jsonl");
    ran.ends(1, &["cannot write r.jsonl: File too large"]);
    assert_eq!(place.read("r.jsonl"), "old");
    assert_eq!(place.names("."), ["r.jsonl", "small.ron"]);
}

#[test]
fn a_trace_changes_nothing_and_tells_every_request() {
    let place = Place::new();
    let plain = place.dessim("run small.ron --format json").fine();
    assert_eq!(place.dessim("run small.ron --format json --trace t.jsonl"), plain);
    let trace = place.read("t.jsonl");
    let mut lines = trace.lines().map(|line| {
        let value: serde_json::Value = serde_json::from_str(line).expect("each line is JSON");
        value
    });
    let header = lines.next().expect("there is a header");
    assert_eq!(header["arms"], serde_json::json!(["plain", "retry"]));
    let result: serde_json::Value = serde_json::from_str(&plain.out).expect("it is JSON");
    for part in ["name", "digest"] {
        assert_eq!(header["scenario"][part], result["scenario"][part]);
    }
    assert_eq!(header["seed"], result["seed"]);
    let keys = ["at_ns", "arm", "event", "request", "attempt", "component", "what", "value"];
    let mut ended = 0;
    for line in lines {
        let names: Vec<_> = line.as_object().expect("an object").keys().collect();
        assert_eq!(names, keys);
        let what = line["what"].as_str().expect("a name");
        ended += u32::from(["succeeded", "failed"].contains(&what));
    }
    assert_eq!(ended, 400);
    let own = place.dessim("run small.ron --trace -").fine();
    assert_eq!(own.out, trace);
}

/// Names that break a format which does not escape them.
const HOSTILE: [(&str, &str); 3] = [
    ("\"users\"", r#""us,er s=1""#),
    ("\"db\"", r#""d\"b\\""#),
    ("\"plain\"", r#""=1+1 \"no\" <script> 😀""#),
];

#[test]
fn hostile_names_are_escaped_in_every_format() {
    let place = Place::new();
    let hostile =
        HOSTILE.iter().fold(SMALL.to_owned(), |text, (name, other)| text.replace(name, other));
    place.write("a,b=c\"d.ron", &hostile);
    let all = "--export-csv r.csv --export-prometheus r.om --export-influx r.lp";
    place.dessim(&format!("run a,b=c\"d.ron {all}")).fine();
    let csv = place.read("r.csv");
    let cells = "\n\"a,b=c\"\"d\",3,\"'=1+1 \"\"no\"\" <script> 😀\",\"d\"\"b\\\",busy_mean,,,";
    assert!(csv.contains(cells), "{csv}");
    let edge = "\"us,er s=1 -> d\"\"b\\\",attempts,0,";
    assert!(csv.contains(edge), "{csv}");
    let labels = concat!(
        r#"dessim_service_busy_max{scenario="a,b=c\"d",seed="3","#,
        r#"arm="=1+1 \"no\" <script> 😀",component="d\"b\\",kind="service"} 1 "#
    );
    assert!(place.read("r.om").contains(labels), "{}", place.read("r.om"));
    assert!(place.read("r.om").ends_with("\n# EOF\n"));
    let tags = concat!(
        r#"dessim_service,arm=\=1+1\ "no"\ <script>\ 😀,component=d"b%5C,"#,
        r#"scenario=a\,b\=c"d,seed=3 arrivals="#
    );
    assert!(place.read("r.lp").contains(tags), "{}", place.read("r.lp"));
}

#[test]
fn exports_over_time_agree_with_the_json() {
    let place = Place::new();
    let all = "--export-csv r.csv --export-prometheus r.om --export-influx r.lp --epoch 1700000000";
    let json = place.dessim(&format!("run small.ron --format json {all}")).fine().out;
    let json: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    let series = &json["arms"]["retry"]["series"];
    let tracks = series["tracks"].as_array().expect("there are tracks");
    let retries = tracks.iter().find(|track| track["metric"] == "retries").expect("retries");
    let values = retries["values"].as_array().expect("there are values");
    let total: u64 = values.iter().filter_map(serde_json::Value::as_u64).sum();
    assert!(total > 0 && json["arms"]["retry"]["attempts"]["retries"] == total);
    let csv = place.read("r.csv");
    let bins = csv.lines().filter(|line| line.starts_with("small,3,retry,,retries,"));
    let bins: Vec<&str> = bins.filter_map(|line| line.rsplit(',').next()).collect();
    let expected: Vec<String> = values.iter().map(ToString::to_string).collect();
    assert_eq!(bins, expected);
    let end_ns = series["end_ns"].as_u64().expect("it ends");
    let om = place.read("r.om");
    let last = om.lines().rfind(|line| {
        line.starts_with("dessim_arm_retries_total{") && line.contains("arm=\"retry\"")
    });
    let ms = 1_700_000_000_000 + end_ns / 1_000_000;
    let ending = format!("}} {total} {}.{:03}", ms / 1_000, ms % 1_000);
    assert!(last.is_some_and(|line| line.ends_with(&ending)), "{last:?} {ending}");
    let at = format!(" {}", 1_700_000_000_000_000_000 + end_ns);
    assert!(place.read("r.lp").lines().any(|line| line.ends_with(&at)), "{at}");
}

/// Of several runs only totals are written, one row per run.
#[test]
fn a_table_of_several_runs_has_no_bins() {
    let place = Place::new();
    place.dessim("run small.ron --seeds 1..3 --export-csv r.csv").fine();
    let csv = place.read("r.csv");
    assert!(csv.lines().skip(1).all(|line| line.contains(",,")), "{csv}");
    place.dessim("run small.ron --seed 2 --export-csv one.csv").fine();
    let totals = |text: &str| -> Vec<String> {
        let of_2 = text.lines().filter(|line| line.starts_with("small,2,"));
        of_2.filter(|line| line.contains(",,")).map(str::to_owned).collect()
    };
    let one = place.read("one.csv");
    let (of_three, of_one) = (totals(&csv), totals(&one));
    assert!(of_three.len() > 50, "{csv}");
    assert!(of_three.iter().all(|line| of_one.contains(line)));
    assert!(one.lines().count() > 10 * of_three.len(), "one run has bins");
    for option in ["--export-prometheus", "--export-influx"] {
        let ran = place.dessim(&format!("run small.ron --seeds 1..3 {option} x"));
        ran.ends(2, &["takes one run", "--export-csv"]);
    }
}

#[test]
fn what_an_export_cannot_hold_is_told() {
    let place = Place::new();
    let late = "run small.ron --export-influx r.lp --epoch 9223372037";
    place.dessim(late).ends(1, &["cannot write r.lp: line protocol cannot hold an instant past"]);
    assert!(!place.path("r.lp").exists());
    let alone = place.dessim("run small.ron --epoch 5");
    alone.ends(2, &["--epoch is for --export-prometheus and --export-influx"]);
    place.dessim("run small.ron --epoch -5").ends(2, &["--epoch"]);
}

#[test]
fn parquet_is_there_or_says_that_it_is_not() {
    let place = Place::new();
    let ran = place.dessim("run small.ron --export-parquet r.parquet");
    let help = place.dessim("run --help").fine().out;
    let built = cfg!(feature = "parquet");
    assert_eq!(help.contains("--export-parquet"), built, "{help}");
    if built {
        ran.fine();
        let bytes = std::fs::read(place.path("r.parquet")).expect("it is there");
        assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
    } else {
        ran.ends(2, &["built without Parquet", "--features parquet", "--export-csv"]);
        assert!(!place.path("r.parquet").exists());
    }
}
