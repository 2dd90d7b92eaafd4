//! Names come from files of other people: no output treats them as commands.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::*;

/// A scenario with two arms in which everything that can has this name.
fn scenario(name: &str) -> String {
    let service = serde_json::Value::from(format!("{name}s"));
    let name = serde_json::Value::from(name);
    format!(
        r#"Scenario(schema: 1, about: {name},
    load: {{ {name}: Load(arrivals: Constant(rate: "100/s"), total: 50) }},
    services: {{ {service}: Service(time: Constant("5ms"), slots: 1, failure_ratio: 0.5) }},
    calls: {{ {name}: Call(to: {service}, policy: [Timeout("20ms")]) }},
    arms: {{ {name}: Arm(), "z": Arm() }})"#
    )
}

/// Checks that these streams have no control characters and no commands to GitHub's runner.
#[track_caller]
fn harmless(what: &str, ran: &Ran) {
    assert!(ran.exit.is_some(), "{what}");
    for line in ran.out.lines().chain(ran.err.lines()) {
        assert!(!line.trim_start().starts_with("::"), "{what}: {line}");
        let control = line.chars().find(|c| c.is_control());
        assert_eq!(control, None, "{what}: {line:?}");
    }
}

/// Runs the commands that print pages, JSON, Markdown, CSV and HTML of `file` and of its result.
fn all_harmless(place: &Place, file: &str, older_commands: bool) {
    let run = |what: &[&str]| {
        let mut command = place.command("");
        command.args(what);
        Ran::of(command.output().expect("it starts"))
    };
    run(&["run", file, "--export-json", "r.json"]).ends(0, &[]);
    let result = place.read("r.json");
    let mut json: serde_json::Value = serde_json::from_str(&result).expect("it is JSON");
    json["scenario"]["name"] = "::error::\u{1b}[31mx\n::b ##[c]".into();
    place.write("named.json", &json.to_string());
    let fault = ["--for", "requests.failed > 0", "--seeds", "1..2", "-q"];
    for line in [
        &["run", file][..],
        &["run", file, "--seeds", "1..2"],
        &["run", file, "--steady"],
        &["run", file, "--format", "json"],
        &["run", file, "--export-markdown", "-"],
        &["run", file, "--seeds", "1..2", "--export-markdown", "-"],
        &["trace", file, "--failed", "2"],
        &["trace", "named.json"],
        &["explain", file],
        &["explain", "named.json"],
        &["diff", file, "--set", "seed=2"],
        &["diff", "named.json", file, "--seed", "2"],
        &["compare", file, "--seeds", "1..3"],
        &["compare", file, "--seeds", "1..3", "--format", "json"],
        &["test", file],
        &["check", file],
        &["sweep", file, "--vary", "seed=[1, 2]"],
        &[&["hunt", file][..], &fault].concat(),
    ] {
        let ran = run(line);
        harmless(&line.join(" "), &ran);
        let shown = !(ran.out + &ran.err).contains("##[");
        assert!(shown || !older_commands, "{line:?}");
    }
    for line in [
        &["report", "named.json", "-o", "-"][..],
        &["diff", file, "--set", "seed=2", "--html", "-"],
        &["run", file, "--export-csv", "-"],
        &["run", file, "--export-prometheus", "-"],
        &["run", file, "--export-influx", "-"],
        &["sweep", file, "--vary", "seed=[1, 2]", "--export-csv", "-"],
    ] {
        harmless(&line.join(" "), &run(line));
    }
}

#[test]
fn names_obey_nobody() {
    let place = Place::new();
    place.write("a.ron", &scenario("::add-mask::a ##[add-mask]b"));
    all_harmless(&place, "a.ron", true);
    let scenario = scenario("plain");
    // Windows does not allow such names.
    if cfg!(unix) {
        let file = "::error::\u{1b}[31mx\n::stop-commands::k ##[add-mask]y =1.ron";
        place.write(file, &scenario);
        all_harmless(&place, file, false);
    }
}

#[test]
fn random_names_obey_nobody() {
    let pieces =
        ["::", "##[", ":", "-", " ", "=", "%", "\"", "a", "1.", "\u{a0}", "\\", "<", "|", "`"];
    let piece = proptest::sample::select(pieces.to_vec());
    let name = proptest::collection::vec(piece, 1..6).prop_map(|pieces| pieces.concat());
    let place = Place::new();
    let config = ProptestConfig { cases: 12, failure_persistence: None, ..Default::default() };
    let seed = proptest::test_runner::TestRng::deterministic_rng(config.rng_algorithm);
    let mut runner = TestRunner::new_with_rng(config, seed);
    let played = std::cell::Cell::new(0);
    let all = runner.run(&name, |name| {
        place.write("b.ron", &scenario(&name));
        for line in ["run b.ron", "trace b.ron", "explain b.ron", "diff b.ron --set seed=2"] {
            let ran = place.dessim(line);
            harmless(&format!("{line} of {name:?}"), &ran);
            played.set(played.get() + usize::from(ran.exit != Some(3)));
        }
        harmless(&name, &place.dessim("run b.ron --export-markdown -"));
        Ok(())
    });
    all.expect("no name is obeyed");
    // A few names are refused, such as those that begin with a space.
    assert!(played.get() >= 20, "{}", played.get());
}

#[test]
fn what_is_read_again_is_printed_as_it_is() {
    let place = Place::new();
    place.write("a.ron", &scenario("::add-mask::a ##[add-mask]b"));
    let resolved = place.dessim("check --resolved a.ron").fine().out;
    place.write("b.ron", &resolved);
    assert_eq!(place.dessim("check --resolved b.ron").fine().out, resolved);
    assert!(resolved.contains("\"::add-mask::a ##[add-mask]b\""), "{resolved}");
}
