//! `dessim diff`: two runs side by side, and their first difference.

use super::*;

fn place() -> Place {
    let place = Place::new();
    place.write("patient.ron", &SMALL.replace("50ms", "60ms"));
    place
}

#[test]
fn a_run_is_identical_to_itself() {
    let place = place();
    let ran = place.dessim("diff small.ron small.ron").fine();
    assert!(ran.out.ends_with("\nthe runs are identical\n"), "{}", ran.out);
    place.dessim("run small.ron --trace t.jsonl --export-json r.json").fine();
    for a in ["small.ron", "t.jsonl", "r.json"] {
        for b in ["small.ron", "t.jsonl", "r.json"] {
            let ran = place.dessim(&format!("diff {a} {b}")).fine();
            assert!(ran.out.ends_with("\nthe runs are identical\n"), "{}", ran.out);
            let traced = [a, b].contains(&"t.jsonl");
            assert_eq!(ran.out.contains("note: a trace does not say"), traced, "{}", ran.out);
        }
    }
}

#[test]
fn scenarios_and_traces_part_at_the_same_record() {
    let place = place();
    let scenarios = place.dessim("diff small.ron patient.ron").ends(99, &[]).out;
    assert!(scenarios.contains("users.timeout: \"50ms\" in a, \"60ms\" in b"), "{scenarios}");
    assert!(scenarios.contains("arm plain: all "), "{scenarios}");
    let line = scenarios.lines().find(|line| line.starts_with("  a  ")).expect("a says what");
    assert!(line.ends_with("users.timeout   times out after 50.000000 ms"), "{scenarios}");
    for name in ["small", "patient"] {
        let args = format!("run {name}.ron --trace {name}.jsonl -q");
        place.dessim(&args).ends(0, &[]);
    }
    let traces = place.dessim("diff small.jsonl patient.jsonl").ends(99, &[]).out;
    let tail = |text: &str| {
        let at = text.find("the first difference").expect("they differ");
        let end = text[at..].find("\nnote:").map_or(text.len(), |end| at + end);
        text[at..end].to_owned()
    };
    assert_eq!(tail(&traces), tail(&scenarios));
    // The history is the records before it that both traces have of that request.
    let history: Vec<_> = tail(&traces).lines().skip(1).map(str::to_owned).collect();
    assert!(history[0].contains("arrives"), "{traces}");
}

/// The first difference is in the first block of records, or in a later one at the end of one run.
#[test]
fn the_parting_is_the_first_differing_line_of_the_traces() {
    let place = place();
    let trace = |value: &str, name: &str| {
        let long = "run small.ron --set load.users.total=9000";
        let args = format!("{long} --set {value} --trace {name}");
        place.dessim(&args).ends(0, &[]);
        let text = place.read(name);
        let lines = text.lines().filter(|line| line.contains("\"arm\":\"retry\""));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let a = trace("seed=3", "a.jsonl");
    for (value, later) in
        [("arms.retry.calls.users.policy[1].Timeout=51ms", false), ("load.users.total=9001", true)]
    {
        let b = trace(value, "b.jsonl");
        let common = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
        assert_eq!(common > 3 * 4096, later, "{common}");
        let out = place.dessim("diff a.jsonl b.jsonl").ends(99, &[]).out;
        let count = dessim::report::text::format::count(common as u64);
        let line = format!("arm retry: {count} records are the same, the next one differs");
        assert!(out.contains(&line), "{line}\n{out}");
    }
}

#[test]
fn arms_are_matched_by_name() {
    let place = place();
    place.write("renamed.ron", &SMALL.replace("\"retry\"", "\"tries\""));
    let out = place.dessim("diff small.ron renamed.ron").ends(99, &[]).out;
    assert!(out.contains("arm retry: only a has it\narm tries: only b has it\n"), "{out}");
    assert!(out.contains("arm plain: all "), "{out}");
}

#[test]
fn seeds_and_what_is_only_counted_are_told() {
    let place = place();
    place.write("seed.ron", &SMALL.replace("seed: 3", "seed: 4"));
    let out = place.dessim("diff small.ron seed.ron").ends(99, &[]).out;
    assert!(out.contains("\n  seed: 3 in a, 4 in b\n"), "{out}");
    place.dessim("diff small.ron seed.ron --seed 9").fine();
    place.write("warm.ron", &SMALL.replace("seed: 3", "seed: 3, warm_up: \"100ms\""));
    let out = place.dessim("diff small.ron warm.ron").ends(99, &[]).out;
    assert!(out.contains("what is counted of it differs"), "{out}");
}

#[test]
fn what_is_no_trace_is_refused() {
    let place = place();
    place.dessim("run small.ron --trace t.jsonl --export-json r.json").fine();
    let trace = place.read("t.jsonl");
    place.write("cut.jsonl", &trace[..trace.len() - 5]);
    let json = place.read("r.json");
    place.write("other.json", &json.replacen("\"seed\": 3", "\"seed\": 4", 1));
    place.write("newer.json", &json.replacen("run/1", "run/2", 1));
    place.write("odd.jsonl", &trace.replacen("\"at_ns\"", "\"at\"", 1));
    place.write("newer.jsonl", &trace.replacen("trace/1", "trace/2", 1));
    let refused = [
        ("cut.jsonl", "ends within this line"),
        ("odd.jsonl", "line 2: not a record"),
        ("newer.jsonl", "its schema is dessim.trace/2, not dessim.trace/1"),
        ("other.json", "other.json cannot be shown: it was made by dessim"),
        ("newer.json", "its schema is dessim.run/2, not dessim.run/1"),
    ];
    for (name, message) in refused {
        place.dessim(&format!("diff t.jsonl {name}")).ends(3, &[message]);
    }
    place.dessim("diff t.jsonl nowhere").ends(1, &["cannot read nowhere"]);
    place.dessim("diff t.jsonl -").ends(2, &["more than once"]);
}

/// The printed text, to be read.
#[test]
fn a_wider_bulkhead_and_a_budget_read_well() {
    let shipped = |args: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dessim"));
        command.current_dir(env!("CARGO_MANIFEST_DIR")).arg("diff");
        command.args(args.split('|')).stdin(Stdio::null());
        Ran::of(command.output().expect("it starts")).ends(99, &[]).out
    };
    let wider = "scenarios/burst.ron|--set|rpc.clients.bulkhead.permits=80";
    insta::assert_snapshot!("diff_burst_wider_bulkhead", shipped(wider));
    let budget = "scenarios/metastable.ron|--arms|retries,retry budget";
    insta::assert_snapshot!("diff_metastable_budget", shipped(budget));
}

#[test]
fn a_scenario_is_compared_with_itself_changed() {
    let place = place();
    let set = "--set arms.retry.calls.users.policy[1].Timeout=60ms";
    let changed = place.dessim(&format!("diff small.ron {set}")).ends(99, &[]).out;
    let file = place.dessim("diff small.ron patient.ron").ends(99, &[]).out;
    let rest = |text: &str| text.lines().skip(2).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(rest(&changed), rest(&file));
    assert!(changed.contains("\nb  small.ron with arms.retry.calls"), "{changed}");
    // With both, the change applies to b.
    let same = place.dessim(&format!("diff patient.ron small.ron {set}")).fine().out;
    assert!(same.contains("the scenarios say the same"), "{same}");
    place.dessim("diff small.ron --set nothing=1").ends(2, &["nothing"]);
    place.dessim("diff small.ron").ends(2, &["nothing to compare small.ron with", "--arms X,Y"]);
    place.dessim("run small.ron --trace t.jsonl --export-json r.json").fine();
    place.dessim(&format!("diff t.jsonl {set}")).ends(2, &["t.jsonl is a trace"]);
    place.dessim(&format!("diff r.json {set}")).ends(2, &["r.json is a result"]);
}

#[test]
fn two_arms_are_held_against_each_other() {
    let place = place();
    let out = place.dessim("diff small.ron --arms plain,retry").ends(99, &[]).out;
    assert!(out.contains("arm plain against retry: "), "{out}");
    assert!(out.starts_with("a  small.ron, arm plain: seed 3"), "{out}");
    assert!(out.contains("  only in b: retry users.retry, timeout users.timeout\n"), "{out}");
    // One arm of two files. An arm is not compared with itself.
    let out = place.dessim("diff small.ron patient.ron --arms plain").fine().out;
    assert!(!out.contains("retry"), "{out}");
    place.dessim("run small.ron --trace t.jsonl").fine();
    place.dessim("diff t.jsonl small.ron --arms retry").fine();
    for arms in ["plain", "plain,other", "other", "plain,", ","] {
        let messages = ["does not name two arms", "the arms are plain, retry"];
        place.dessim(&format!("diff small.ron --arms {arms}")).ends(2, &messages);
    }
    let commas = SMALL.replace("\"plain\"", "\"a,b\"").replace("\"retry\"", "\"c\"");
    place.write("commas.ron", &commas);
    let out = place.dessim("diff commas.ron --arms a,b,c").ends(99, &[]).out;
    assert!(out.contains("arm a,b against c: "), "{out}");
}

/// Differences of traces are a subset of those of the runs.
#[test]
fn requests_of_traces_are_compared_by_what_they_say() {
    let place = place();
    for name in ["small", "patient"] {
        let args = format!("run {name}.ron --trace {name}.jsonl --export-json {name}.json -q");
        place.dessim(&args).ends(0, &[]);
    }
    let of = |pair: &str| {
        let out = place.dessim(&format!("diff {pair} --format json")).ends(99, &[]).out;
        let json: serde_json::Value = serde_json::from_str(&out).expect("it is JSON");
        json["arms"][1].clone()
    };
    let exact = of("small.ron patient.ron");
    assert_eq!(exact, of("small.json patient.json"));
    assert!(exact["requests"]["saved"].as_u64() > Some(0), "{exact}");
    let fates = |arm: &serde_json::Value| {
        let groups = arm["requests"]["groups"].as_array().expect("a list").iter();
        groups.map(|of| format!("{} {}", of["a"], of["b"])).collect::<Vec<_>>().join("; ")
    };
    assert!(fates(&exact).contains("\"shed\" \"succeeded\""), "{exact}");
    for pair in ["small.jsonl patient.jsonl", "small.ron patient.jsonl", "small.jsonl patient.json"]
    {
        let traced = of(pair);
        for count in ["in_both", "saved", "lost", "failing", "slower", "attempts_added"] {
            assert_eq!(traced["requests"][count], exact["requests"][count], "{pair} {count}");
        }
        assert!(!fates(&traced).contains("shed"), "{traced}");
        assert!(fates(&traced).contains("\"failed\" \"succeeded\""), "{traced}");
        assert_eq!(traced["records"], exact["records"]);
    }
}

#[test]
fn json_says_what_text_says_and_exchanging_the_sides_mirrors_it() {
    let place = place();
    let json = |args: &str| {
        let out = place.dessim(&format!("diff {args} --format json")).ends(99, &[]).out;
        serde_json::from_str::<serde_json::Value>(&out).expect("it is JSON")
    };
    let (forward, backward) = (json("small.ron patient.ron"), json("patient.ron small.ron"));
    assert_eq!((&forward["schema"], &forward["differs"]), (&"dessim.diff/1".into(), &true.into()));
    assert_eq!((&forward["a"], &forward["b"]), (&backward["b"], &backward["a"]));
    let requests = |of: &serde_json::Value| of["arms"][1]["requests"].clone();
    let (a, b) = (requests(&forward), requests(&backward));
    let number = |of: &serde_json::Value| of.as_u64().expect("a count");
    assert_eq!((&a["saved"], &a["lost"]), (&b["lost"], &b["saved"]));
    assert_eq!((&a["slower"], &a["faster"]), (&b["faster"], &b["slower"]));
    let parts = ["saved", "lost", "good_in_both", "bad_in_both"].map(|part| number(&a[part]));
    assert_eq!(parts.iter().sum::<u64>(), number(&a["in_both"]));
    assert_eq!(number(&a["failing"]), parts[0] + parts[3]);
    let text = place.dessim("diff small.ron patient.ron --all").ends(99, &[]).out;
    let numbers = forward["arms"][1]["numbers"]["differing"].as_array().expect("a list");
    let table = text.split("\nnumbers of arm retry\n").nth(1).expect("it is there");
    let lines = table.lines().skip(1).take_while(|line| line.starts_with("  ")).count();
    assert_eq!(lines, numbers.len());
    let short = place.dessim("diff small.ron patient.ron").ends(99, &[]).out;
    let left = short.lines().find(|line| line.contains("numbers more")).expect("it is shortened");
    let left: usize = left.split(' ').find_map(|word| word.parse().ok()).expect("a number");
    assert_eq!(short.lines().count() + left - 1, text.lines().count());
}

/// Names with special characters of HTML, of shells, or with control characters.
#[test]
fn hostile_names_are_shown_and_never_obeyed() {
    let place = Place::new();
    let hostile = "<script>alert(1)</script>&\\\"'=,\u{645}\u{1f525}";
    let text = SMALL
        .replace("\"users\"", &format!("\"{hostile}\""))
        .replace("\"retry\"", "\"<img src=x onerror=alert(1)>\"");
    place.write("bad.ron", &text);
    place.write("worse.ron", &text.replace("50ms", "60ms"));
    let out = place.dessim("diff bad.ron worse.ron --html page.html").ends(99, &[]).out;
    assert!(out.contains("<script>alert(1)</script>&\"'=,\u{645}\u{1f525}#"), "{out}");
    let page = place.read("page.html");
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;'=,"), "{page}");
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;"), "{page}");
    for obeyed in ["<script", "<img", "http://", "https://", "url(", "@import"] {
        assert!(!page.contains(obeyed), "{obeyed}");
    }
    // A trace can have any content.
    place.dessim("run small.ron --trace t.jsonl").fine();
    let trace = place.read("t.jsonl");
    let rogue = trace.replacen("\"component\":\"users\"", "\"component\":\"\\u001b[31m\"", 1);
    place.write("rogue.jsonl", &rogue);
    let out = place.dessim("diff t.jsonl rogue.jsonl --html -").ends(99, &[]).out;
    assert!(!out.contains('\u{1b}') && out.contains("\\u{1b}[31m"), "{out}");
}

#[test]
fn the_page_goes_where_it_may() {
    let place = place();
    let page = |to: &str| place.dessim(&format!("diff small.ron patient.ron --html {to}"));
    page("no/where.html").ends(1, &["cannot write no/where.html"]);
    page("small.ron").ends(2, &["would replace small.ron, which is read"]);
    page("patient.ron").ends(2, &["would replace patient.ron, which is read"]);
    page("- --format text").ends(2, &["both go to standard output"]);
    let out = page("-").ends(99, &[]).out;
    assert!(out.starts_with("<!DOCTYPE html>") && out.ends_with("</html>\n"), "{out}");
    // A chart for the arm that differs, none for the one that does not.
    assert_eq!((out.matches("<svg ").count(), out.matches("retries per second").count()), (1, 2));
    let text = page("page.html").ends(99, &[]).out;
    assert_eq!(place.read("page.html"), out);
    assert_eq!(text, place.dessim("diff small.ron patient.ron").ends(99, &[]).out);
    assert_eq!(place.read("small.ron"), SMALL);
}
