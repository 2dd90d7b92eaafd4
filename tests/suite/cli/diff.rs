//! `dessim diff`: where two runs part.

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
    place.dessim("run small.ron --trace t.jsonl").fine();
    for pair in ["t.jsonl t.jsonl", "small.ron t.jsonl", "t.jsonl small.ron"] {
        let ran = place.dessim(&format!("diff {pair}")).fine();
        assert!(ran.out.ends_with("\nthe runs are identical\n"), "{}", ran.out);
    }
}

#[test]
fn scenarios_and_traces_part_at_the_same_record() {
    let place = place();
    let scenarios = place.dessim("diff small.ron patient.ron").ends(99, &[]).out;
    assert!(scenarios.contains("policy[1].Timeout: \"50ms\" in a, \"60ms\" in b"), "{scenarios}");
    assert!(scenarios.contains("arm plain: all "), "{scenarios}");
    assert!(
        scenarios.contains("  a  ")
            && scenarios.contains("users.timeout  times out after 50.000000 ms")
    );
    for name in ["small", "patient"] {
        let args = format!("run {name}.ron --trace {name}.jsonl -q");
        place.dessim(&args).ends(0, &[]);
    }
    let traces = place.dessim("diff small.jsonl patient.jsonl").ends(99, &[]).out;
    let tail = |text: &str| {
        let at = text.find("the first difference").expect("they differ");
        text[at..].to_owned()
    };
    assert_eq!(tail(&traces), tail(&scenarios));
    // The history is what both traces hold of that request before.
    let history: Vec<_> = tail(&traces).lines().skip(1).map(str::to_owned).collect();
    assert!(history[0].contains("arrives"), "{traces}");
}

/// In the first block of records, and in a later one at whose end one of the runs is over.
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
        let count = dessim::report::format::count(common as u64);
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
    place.write("odd.jsonl", &trace.replacen("\"at_ns\"", "\"at\"", 1));
    place.write("newer.jsonl", &trace.replacen("trace/1", "trace/2", 1));
    let refused = [
        ("cut.jsonl", "ends within this line"),
        ("odd.jsonl", "line 2: not a record"),
        ("newer.jsonl", "its schema is dessim.trace/2, not dessim.trace/1"),
        ("r.json", "r.json is not a trace"),
    ];
    for (name, told) in refused {
        place.dessim(&format!("diff t.jsonl {name}")).ends(3, &[told]);
    }
    place.dessim("diff t.jsonl nowhere").ends(1, &["cannot read nowhere"]);
    place.dessim("diff t.jsonl -").ends(2, &["more than once"]);
}
