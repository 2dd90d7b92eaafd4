//! `dessim check`: lints, exit codes, reports for other programs, directories and limits.

use std::fmt::Write as _;

use serde_json::Value;

use super::Place;

/// A bulkhead whose line no timeout bounds.
const WARNED: &str = r#"Scenario(
    schema: 1,
    load: { "web": Load(arrivals: Poisson(rate: "20/s"), until: "1m") },
    services: { "api": Service(time: Constant("50ms"), slots: 4) },
    calls: { "web": Call(to: "api", policy: [Bulkhead(permits: 10), Timeout("1s")]) },
)
"#;

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|why| panic!("{why}: {text}"))
}

#[test]
fn warnings_end_with_zero_unless_they_are_denied() {
    let place = Place::new();
    place.write("warned.ron", WARNED);
    let messages = ["warning[bulkhead-queue-untimed]", "warned.ron:5:46", "1000 x 1s / 10 = 100s"];
    let ran = place.dessim("check warned.ron small.ron").ends(0, &messages);
    assert_eq!(ran.out, "2 files are fine, with 1 warning\n");
    place.dessim("check --deny-warnings warned.ron small.ron").ends(3, &messages);
    place.dessim("check --deny-warnings small.ron").fine();
    let queue = "calls.web.policy[0].Bulkhead.queue=20";
    place.dessim(&format!("check --deny-warnings warned.ron --set {queue}")).fine();
    let allowed = WARNED.replace("schema: 1,", "schema: 1, allow: [\"bulkhead-queue-untimed\"],");
    place.write("warned.ron", &allowed);
    place.dessim("check --deny-warnings warned.ron").fine();
    place.write("warned.ron", &allowed.replace("bulkhead-queue", "bulkhead-line"));
    place
        .dessim("check warned.ron")
        .ends(3, &["unknown lint \"bulkhead-line-untimed\"", "did you"]);
}

#[test]
fn other_commands_name_lints_of_the_design() {
    let place = Place::new();
    place.write("warned.ron", WARNED);
    let ran = place.dessim("run warned.ron").ends(0, &[]);
    assert_eq!(
        ran.err,
        "warning: warned.ron: 1 lint (bulkhead-queue-untimed); `dessim check` says where and why\n"
    );
    place.dessim("run -q warned.ron").fine();
    let slip = WARNED.replace("Timeout(\"1s\")", "Timeout(\"1s\"), Timeout(\"2s\")");
    place.write("warned.ron", &slip);
    let messages = ["warning[timeout-never-fires]: calls", "warned.ron: 1 lint (bulk"];
    place.dessim("run warned.ron").ends(0, &messages);
}

#[test]
fn json_lists_every_problem_with_its_place() {
    let place = Place::new();
    place.write("a/warned.ron", WARNED);
    place.write("a/b/wrong.ron", &WARNED.replace("to: \"api\"", "to: \"apo\""));
    let ran = place.dessim("check --format json a missing.ron").ends(1, &[]);
    assert_eq!(ran.err, "");
    let report = parsed(&ran.out);
    assert_eq!(report["schema"], "dessim.check/1");
    assert_eq!([&report["sound"], &report["errors"], &report["warnings"]], [1, 1, 1]);
    let names: Vec<&Value> =
        report["files"].as_array().expect("a list").iter().map(|file| &file["file"]).collect();
    assert_eq!(names, ["a/b/wrong.ron", "a/warned.ron", "missing.ron"]);
    let error = &report["files"][0]["problems"][0];
    assert_eq!([&error["level"], &error["rule"]], ["error", "unknown service \"apo\""]);
    assert_eq!(error["hint"], "did you mean \"api\"?");
    let warning = &report["files"][1]["problems"][0];
    assert_eq!([&warning["level"], &warning["lint"]], ["warning", "bulkhead-queue-untimed"]);
    assert_eq!(warning["path"], "calls[\"web\"].policy[0].Bulkhead");
    let place: Vec<&Value> =
        ["line", "column", "end_line", "end_column"].map(|key| &warning[key]).into();
    assert_eq!(place, [5, 46, 5, 54]);
    let unreadable = report["files"][2]["unreadable"].as_str().expect("a reason");
    assert!(unreadable.starts_with("cannot read missing.ron"), "{unreadable}");
}

#[test]
fn sarif_has_a_rule_and_a_region_for_every_result() {
    let place = Place::new();
    place.write("a b.ron", WARNED);
    place.write("wrong.ron", "Scenario(schema: 1,");
    let ran = place.dessim("check --format sarif . missing.ron").ends(1, &[]);
    let sarif = parsed(&ran.out);
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("a list");
    let results = run["results"].as_array().expect("a list");
    assert_eq!(results.len(), 2);
    for result in results {
        let index = result["ruleIndex"].as_u64().expect("a number") as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert_eq!(rules[index]["defaultConfiguration"]["level"], result["level"]);
        let location = &result["locations"][0]["physicalLocation"];
        assert!(location["region"]["startLine"].as_u64() >= Some(1), "{location}");
    }
    let uri = |at: usize| &results[at]["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!([&uri(0)["uri"], &uri(1)["uri"]], ["./a%20b.ron", "./wrong.ron"]);
    assert_eq!(
        [&results[0]["ruleId"], &results[1]["ruleId"]],
        ["bulkhead-queue-untimed", "invalid-scenario"]
    );
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["toolExecutionNotifications"].as_array().map(Vec::len), Some(1));
}

#[test]
fn directories_are_searched_and_empty_ones_are_nothing() {
    let place = Place::new();
    place.write("deep/er/one.ron", WARNED);
    place.write("deep/notes.txt", "no scenario");
    let ran = place.dessim("check deep small.ron").ends(0, &["deep/er/one.ron:5"]);
    assert_eq!(ran.out, "2 files are fine, with 1 warning\n");
    place.write("none/notes.txt", "no scenario");
    place.dessim("check none").ends(4, &["there is no scenario to check"]);
}

#[test]
fn a_study_reads_nothing_outside_its_directory() {
    let place = Place::new();
    let study = |scenario: &str| {
        let axes = "[(path: \"seed\", values: List([1]))]";
        format!("Study(schema: 1, scenario: \"{scenario}\", axes: {axes})")
    };
    place.write("secret.txt", "password = hunter2\n");
    place.write("studies/inside.ron", super::SMALL);
    for scenario in ["../secret.txt", "../small.ron", "/etc/hostname", "/no/such", "../no-such"] {
        place.write("studies/study.ron", &study(scenario));
        for command in ["check studies/study.ron", "sweep studies/study.ron"] {
            let ran = place.dessim(command).ends(3, &["is outside its directory", "--outside"]);
            assert!(!ran.err.contains("hunter2"), "{}", ran.err);
        }
    }
    place.write("studies/study.ron", &study("../small.ron"));
    place.dessim("check --outside studies/study.ron").fine();
    place.write("studies/study.ron", &study("../secret.txt"));
    let ran = place.dessim("check --outside studies/study.ron").ends(3, &["is not a scenario"]);
    assert!(!ran.err.contains("hunter2"), "{}", ran.err);
    place.write("studies/study.ron", &study("./inside.ron"));
    place.dessim("check studies/study.ron").fine();
}

#[cfg(unix)]
#[test]
fn a_link_does_not_lead_a_study_outside() {
    let place = Place::new();
    place.write("secret.txt", "password = hunter2\n");
    let study =
        "Study(schema: 1, scenario: \"link.ron\", axes: [(path: \"seed\", values: List([1]))])";
    place.write("studies/study.ron", study);
    std::os::unix::fs::symlink(place.path("secret.txt"), place.path("studies/link.ron"))
        .expect("links can be made");
    place.dessim("check studies/study.ron").ends(3, &["is outside its directory"]);
}

/// 10,000 loads that call a missing service, and 10,000 valid ones. A check that compares every
/// name with every other would take too long.
#[test]
fn thousands_of_names_take_no_time() {
    let place = Place::new();
    let of = |to: &str| {
        let list = |entry: &dyn Fn(usize) -> String| {
            (0..10_000).fold(String::new(), |mut all, at| {
                let _ = write!(all, "{},", entry(at));
                all
            })
        };
        let load = "Load(arrivals: Constant(rate: \"1/s\"), total: 1)";
        let loads = list(&|at| format!("\"l{at}\": {load}"));
        let services = list(&|at| format!("\"s{at}\": Service(time: Constant(\"1ms\"), slots: 1)"));
        let calls = list(&|at| format!("\"l{at}\": Call(to: \"{to}{at}\", policy: [Breaker()])"));
        format!(
            "Scenario(schema: 1, load: {{{loads}}}, services: {{{services}}}, calls: {{{calls}}})"
        )
    };
    place.write("known.ron", &of("s"));
    place.write("unknown.ron", &of("z"));
    for (file, exit) in [("known.ron", 0), ("unknown.ron", 3)] {
        place.dessim(&format!("check {file}")).ends(exit, &[]);
    }
}
