//! The printed output of the command: problems, schema, completions, manual pages, help.

use std::path::Path;

use super::*;

#[test]
fn check_prints_how_many_are_fine() {
    let place = Place::new();
    assert_eq!(place.dessim("check small.ron").fine().out, "1 file is fine\n");
    let two = place.dessim("check small.ron small.ron").fine();
    assert_eq!(two.out, "2 files are fine\n");
    place.dessim("check").ends(2, &["<PATH>"]);
    let input = place.dessim_with_input("check -", SMALL).fine();
    assert_eq!(input.out, "1 file is fine\n");
}

#[test]
fn check_prints_every_problem_of_every_file() {
    let place = Place::new();
    place.write("a.ron", &SMALL.replace("slots: 1", "slotz: 1"));
    place.write("b.ron", &SMALL.replace("Timeout(\"50ms\")", "Timeout(\"50 parsecs\")"));
    let ran = place.dessim("check a.ron small.ron b.ron");
    let ran = ran.ends(3, &["a.ron:5:", "slotz", "b.ron:", "50 parsecs"]);
    assert_eq!(ran.out, "1 of 3 files are fine\n");
    assert!(!ran.err.contains('\u{1b}'), "no colours in a pipe");
    place.dessim("check a.ron nowhere.ron").ends(1, &["slotz", "nowhere.ron"]);
    let run = place.dessim("run a.ron").ends(3, &["slotz"]);
    assert_eq!(run.out, "");
}

#[test]
fn quiet_goes_wherever_there_is_output() {
    let place = Place::new();
    place.write("w.ron", &SMALL.replace("\"150/s\"", "\"0/s\""));
    for args in ["check", "run", "explain", "diff --set seed=2", "trace", "report", "test"] {
        let ran = place.dessim(&format!("{args} w.ron -q"));
        assert!(!ran.err.contains("warning"), "{args}: {}", ran.err);
    }
    assert_eq!(place.dessim("check w.ron -q").fine().out, "");
    assert_eq!(place.dessim("report w.ron -q").fine().out, "");
}

#[cfg(unix)]
#[test]
fn what_cannot_be_printed_is_an_error() {
    let place = Place::new();
    if std::path::Path::new("/dev/full").exists() {
        for line in ["--help", "run -h", "--version", "schema", "man", "run small.ron"] {
            let ran = place.shell(&format!("$D {line} > /dev/full"));
            assert_eq!(ran.exit, Some(1), "{line}: {}", ran.err);
            assert!(ran.err.contains("cannot write standard output"), "{line}: {}", ran.err);
        }
    }
    place.shell("$D --help | head -c 10 >/dev/null; exit ${PIPESTATUS[0]}").ends(0, &[]);
}

#[test]
fn directories_of_scenarios_run_and_are_found_upwards() {
    let place = Place::new();
    place.write("scenarios/one.ron", SMALL);
    place.write("scenarios/more/two.ron", SMALL);
    place.write("deep/er/note.txt", "");
    let ran = place.dessim("run scenarios").fine();
    assert!(ran.out.starts_with("two, seed 3") && ran.out.contains("\none, seed 3"), "{}", ran.out);
    let lines = place.dessim("run scenarios --format jsonl").fine().out;
    assert_eq!(lines.lines().count(), 2);
    place.write("scenarios/broken.ron", "Scenario(schema: 1)");
    let ran = place.dessim("run scenarios").ends(3, &["broken.ron"]);
    assert!(ran.out.contains("one, seed 3"), "the others run: {}", ran.out);
    std::fs::remove_file(place.path("scenarios/broken.ron")).expect("it is ours");
    place.dessim("run scenarios --export-json x").ends(2, &["is a directory"]);
    place.dessim("run scenarios --format json").ends(2, &["--format jsonl"]);
    place.dessim("run deep").ends(4, &["no scenario in deep"]);
    let mut command = place.command("test --accept");
    command.current_dir(place.path("deep/er"));
    let ran = Ran::of(command.output().expect("it starts")).fine();
    assert!(ran.out.contains("2 scenarios: 2 accepted"), "{}", ran.out);
    assert_eq!(place.names("snapshots"), ["one.snap", "two.snap"]);
    let head = place.read("snapshots/two.snap");
    assert!(head.contains("input_file: scenarios/more/two.ron\n"), "{head}");
    assert!(place.dessim("test").fine().out.contains("2 as before"));
}

#[test]
fn warnings_are_shown_and_forgiven() {
    let place = Place::new();
    place.write("w.ron", &SMALL.replace("\"150/s\"", "\"0/s\""));
    let ran = place.dessim("check w.ron").ends(0, &["warning", "nothing ever arrives"]);
    assert_eq!(ran.out, "1 file is fine, with 1 warning\n");
    place.dessim("run w.ron").ends(0, &["nothing ever arrives"]);
    place.dessim("run w.ron -q").fine();
}

#[test]
fn colours_are_where_they_are_wanted() {
    let place = Place::new();
    let colored = |args: &str, variable: Option<&str>| {
        let mut command = place.command(args);
        if let Some(name) = variable {
            command.env(name, "1");
        }
        let ran = Ran::of(command.output().expect("it starts"));
        ran.err.contains('\u{1b}')
    };
    assert!(colored("check nowhere.ron --color always", None));
    assert!(colored("--color always check nowhere.ron", Some("NO_COLOR")));
    assert!(colored("check nowhere.ron", Some("CLICOLOR_FORCE")));
    assert!(!colored("check nowhere.ron", None));
    assert!(!colored("check nowhere.ron --color never", Some("CLICOLOR_FORCE")));
}

#[test]
fn a_resolved_scenario_is_the_same_scenario() {
    let place = Place::new();
    let resolved = place.dessim("check --resolved small.ron").fine().out;
    assert!(resolved.contains("failure_ratio"), "{resolved}");
    place.write("sub/small.ron", &resolved);
    let run = |path: &str| place.dessim(&format!("run {path} --format json")).fine();
    assert_eq!(run("sub/small.ron"), run("small.ron"));
    assert_eq!(place.dessim("check --resolved sub/small.ron").fine().out, resolved);
    place.dessim("check --resolved small.ron small.ron").ends(2, &["takes one file"]);
}

#[test]
fn the_tool_describes_itself() {
    let place = Place::new();
    let schema = place.dessim("schema").fine().out;
    let schema: serde_json::Value = serde_json::from_str(&schema).expect("it is JSON");
    assert!(schema["properties"]["load"].is_object());
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = place.dessim(&format!("completions {shell}")).fine().out;
        assert!(script.contains("max-events"), "{shell}");
    }
    let page = place.dessim("man").fine().out;
    assert!(page.contains(".TH dessim 1") && page.contains("Exit codes"), "{page}");
    let page = place.dessim("man run").fine().out;
    assert!(page.contains("max\\-events") && page.contains("dessim run"), "{page}");
    place
        .dessim("man nothing")
        .ends(2, &["nothing", "run, sweep, find, hunt, shrink, check, test"]);
    let version = place.dessim("--version").fine().out;
    assert_eq!(version, format!("dessim {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn short_help_fits_a_screen_and_long_help_ends_in_examples() {
    let place = Place::new();
    let commands = [
        "", "run", "sweep", "find", "hunt", "shrink", "check", "test", "diff", "compare",
        "explain", "trace", "report", "init",
    ];
    for command in commands {
        let short = place.dessim(&format!("{command} -h")).fine().out;
        assert!(short.lines().count() <= 40, "{} lines: {short}", short.lines().count());
        assert!(!short.contains("Examples:"), "{short}");
        let long = place.dessim(&format!("{command} --help")).fine().out;
        assert!(long.contains("Examples:\n  dessim "), "{long}");
        for help in [short, long] {
            assert!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
        }
    }
    let help = place.dessim("--help").fine().out;
    assert!(help.contains("Exit codes:") && help.contains("99  an expectation fails"));
}

#[test]
fn everything_that_can_happen_is_documented() {
    use dessim::metrics::probe::Number;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("docs/trace.md")).expect("it is there");
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    for event in dessim::model::events() {
        let name = format!("`{}`", event.name);
        let row = rows.iter().find(|row| row[1] == name && row.len() == 6);
        let row = row.unwrap_or_else(|| panic!("no row of {name}"));
        let number = match row[3] {
            "" => Number::None,
            "ns" => Number::Nanoseconds,
            _ => Number::Count,
        };
        assert_eq!(event.number, number, "{name}");
    }
}

#[test]
fn metrics_are_listed_as_sentences_call_them() {
    let place = Place::new();
    let page = place.dessim("metrics small.ron").fine().out;
    for name in [
        "succeeded_ratio",
        "latency.end_to_end.PART",
        "'users -> db'.attempts",
        "users.retry.retries",
    ] {
        assert!(page.lines().any(|line| line.trim_start().starts_with(name)), "{name}: {page}");
    }
    assert!(page.contains("retry users.retry, in retry\n"), "{page}");
    let json = place.dessim("metrics small.ron --format json").fine().out;
    let json: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(json["schema"], "dessim.metrics/1");
    let metric = &json["reporters"][0]["metrics"][0];
    assert_eq!((&metric["name"], &metric["unit"]), (&"succeeded_ratio".into(), &"ratio".into()));
    // A value that is set is checked.
    let set = "metrics small.ron --set services.db.slots=unlimited";
    assert!(
        page.contains("db.utilisation") && !place.dessim(set).fine().out.contains("utilisation")
    );
    place.dessim("metrics small.ron --set db.slotz=1").ends(2, &["did you mean `slots`?"]);
}
