//! What is fuzzed: functions of bytes that must return, whatever the bytes are.
//!
//! `cargo fuzz` drives them with its own inputs (`fuzz/README.md`), and the test suite with a
//! bounded number of seeded mutations (`tests/suite/fuzz.rs`), which needs no other toolchain.

use dessim::Scenario;
use dessim::experiment::run::{CalendarKind, Options, run};
use dessim::experiment::saved::Saved;
use dessim::experiment::sweep::Plan;
use dessim::kernel::draw::key;
use dessim::report::result::{Hex, RunResult};
use dessim::report::sweep::line::{from_line, to_line};
use dessim::scenario::expect::{Claim, Known, read, read_metric};
use dessim::scenario::{Document, resolved, schema};

/// A run, and each of the reruns of an explanation, stops after so many events.
const MAX_EVENTS: u64 = 2_000;

/// A run holds at most so many bytes of what is under way.
const MAX_MEMORY: u64 = 64 << 20;

/// What sentences and paths are about, and what a study varies.
const METASTABLE: &str = include_str!("../../scenarios/metastable.ron");

/// Scenarios whose numbers are replaced.
const SCENARIOS: [&str; 5] = [
    METASTABLE,
    include_str!("../../scenarios/burst.ron"),
    include_str!("../../scenarios/flaky_service.ron"),
    include_str!("../../scenarios/full_queue.ron"),
    include_str!("../../scenarios/nervous_breaker.ron"),
];

/// Where numbers end: of types, of precision, of ranges.
pub const EXTREMES: [&str; 24] = [
    "0",
    "1",
    "2",
    "010",
    "99",
    "65535",
    "65536",
    "1000000",
    "4294967295",
    "4294967296",
    "9007199254740993",
    "9223372036854775807",
    "18446744073709551615",
    "18446744073709551616",
    "0.0",
    "0.5",
    "0.9999999999999999",
    "1e-9",
    "5e-324",
    "1e308",
    "1e309",
    "-1",
    "-0.0",
    "NaN",
];

/// A target and its name.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 8] = [
    ("scenario", scenario),
    ("extremes", extremes),
    ("study", study),
    ("expectation", expectation),
    ("assignment", assignment),
    ("saved", saved),
    ("plan", plan),
    ("cell", cell),
];

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A scenario's text is refused in words, or it is a scenario that can be printed, read again,
/// played and explained.
fn scenario(bytes: &[u8]) {
    let read = match Scenario::from_bytes("fuzz", bytes) {
        Ok(read) => read.max_events(MAX_EVENTS),
        Err(problems) => return assert!(!problems.to_string().is_empty()),
    };
    if let Some(warnings) = read.warnings() {
        assert!(!warnings.to_string().is_empty());
    }
    let definition = read.definition();
    let printed = resolved(definition);
    let again = Scenario::from_bytes("resolved", printed.as_bytes());
    let again = again.unwrap_or_else(|problems| panic!("{problems}\n{printed}"));
    assert_eq!(again.definition(), definition, "printing changes it");
    play(definition);
    let (result, _) = read.explain();
    assert!(!result.page().is_empty());
    let known = Known::new(definition);
    for sentence in &definition.expect {
        if let Ok(Claim::Holds(_)) = dessim::scenario::expect::read(sentence, &known) {
            let _ = read.ask(sentence);
        }
    }
}

/// Both calendars give one run, and its ledger adds up.
fn play(definition: &schema::Scenario) {
    let limits = Options { max_events: MAX_EVENTS, max_memory: MAX_MEMORY, ..Options::default() };
    let options = limits.sampled(definition);
    let on = |calendar| {
        let options = Options { calendar, ..options.clone() };
        run(definition, "fuzz", &options).expect("a checked scenario can be built")
    };
    let result = on(CalendarKind::Lanes);
    assert!(on(CalendarKind::Keyed) == result, "the calendars disagree");
    ledger(&result);
    let json: serde_json::Value = serde_json::from_str(&result.to_json()).expect("JSON");
    assert!(json.is_object());
    assert!(!result.snapshot().is_empty());
}

fn ledger(result: &RunResult) {
    for (name, arm) in &result.arms {
        let requests = &arm.requests;
        let ends = [
            requests.succeeded,
            requests.late,
            requests.failed,
            requests.rejected,
            requests.shed,
            requests.dropped,
            requests.dead_lettered,
            requests.in_flight,
        ];
        assert_eq!(ends.iter().sum::<u64>(), requests.offered, "{name}: {requests:?}");
    }
}

/// A scenario that ships, with some of its numbers replaced by extreme ones: the first byte picks
/// the scenario, then each pair of bytes a number and its replacement.
fn extremes(bytes: &[u8]) {
    let Some((first, pairs)) = bytes.split_first() else {
        return;
    };
    let mut text = SCENARIOS[usize::from(*first) % SCENARIOS.len()].to_owned();
    for pair in pairs.chunks_exact(2).take(4) {
        let numbers = numbers(&text);
        let place = numbers[usize::from(pair[0]) % numbers.len()].clone();
        text.replace_range(place, EXTREMES[usize::from(pair[1]) % EXTREMES.len()]);
    }
    scenario(text.as_bytes());
}

/// Where numbers stand outside comments; a digit of a name is none.
fn numbers(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut numbers = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let code = line.split("//").next().unwrap_or_default();
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        let mut at = 0;
        for word in code.split(|c: char| !c.is_ascii() || !is_part(c as u8)) {
            if word.starts_with(|first: char| first.is_ascii_digit()) {
                let digits = |c: char| !c.is_ascii_digit() && c != '.';
                let length = word.find(digits).unwrap_or(word.len());
                numbers.push(start + at..start + at + length);
            }
            at += word.len() + 1;
        }
        start += line.len();
    }
    numbers
}

/// A study is refused at its places, or its settings can be counted and made.
fn study(bytes: &[u8]) {
    let Ok(document) = Document::parse("fuzz", bytes) else {
        return;
    };
    let base = Document::parse("metastable", METASTABLE.as_bytes()).expect("it is RON");
    let Ok(study) = document.study() else {
        return;
    };
    match Plan::new("metastable", &base, &study) {
        Ok(plan) => {
            let settings = plan.outline().settings;
            for number in [0, settings / 2, settings - 1] {
                let setting = plan.setting(number);
                let _ = (plan.numbers(&setting), plan.scenario(&setting));
            }
            let again = Plan::from_json(plan.to_json().as_bytes()).expect("a plan");
            assert_eq!(again.outline(), plan.outline());
        }
        Err(Ok(problems)) => {
            let problems = document.problems(problems).expect("a refusal says why");
            assert!(!problems.to_string().is_empty());
        }
        Err(Err(problems)) => assert!(!problems.to_string().is_empty()),
    }
}

/// A sentence is refused in words, or its printed form means the same.
fn expectation(bytes: &[u8]) {
    let text = text(bytes);
    let base = Document::parse("metastable", METASTABLE.as_bytes()).expect("it is RON");
    let known = Known::new(&base.scenario().expect("a scenario").scenario);
    let _ = read_metric(&text, &known);
    match read(&text, &known) {
        Ok(claim) => {
            let printed = claim.to_string();
            assert_eq!(read(&printed, &known).as_ref(), Ok(&claim), "{text} prints {printed}");
        }
        Err(refusal) => assert!(!refusal.rule.is_empty()),
    }
}

/// `--set` is refused in words, or the scenario with it can be read or refused.
fn assignment(bytes: &[u8]) {
    let text = text(bytes);
    let base = Scenario::from_bytes("metastable", METASTABLE.as_bytes()).expect("a scenario");
    match base.set(&text) {
        Ok(changed) => play(changed.definition()),
        Err(problems) => assert!(!problems.to_string().is_empty()),
    }
}

/// A saved result is refused in words, or it can be played again and compared.
fn saved(bytes: &[u8]) {
    match Saved::from_json("fuzz.json", bytes) {
        Ok(saved) => {
            let mut options = saved.options();
            options.max_events = options.max_events.min(MAX_EVENTS);
            let again = run(&saved.file.scenario, &saved.file.name, &options);
            let _ = saved.verify(&again.expect("a checked scenario can be built"));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A plan is refused in words, or it is the one that was saved.
fn plan(bytes: &[u8]) {
    match Plan::from_json(bytes) {
        Ok(plan) => {
            let again = Plan::from_json(plan.to_json().as_bytes()).expect("a plan");
            assert_eq!(again.outline(), plan.outline());
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A line of a part, without its check, which is added: with a false one everything is refused. It
/// is refused in words, or it is a cell of the plan.
fn cell(bytes: &[u8]) {
    let base = Document::parse("metastable", METASTABLE.as_bytes()).expect("it is RON");
    let study = Document::parse("study", STUDY.as_bytes()).and_then(|text| text.study());
    let plan = Plan::new("metastable", &base, &study.expect("a study")).expect("a plan");
    let body = text(bytes);
    let _ = from_line(plan.outline(), &body);
    match from_line(plan.outline(), &format!("{body}{CHECK}{}\"}}", Hex(key(&body)))) {
        Ok(cell) => {
            let line = to_line(plan.outline(), &cell);
            assert_eq!(from_line(plan.outline(), line.trim_end()), Ok(cell));
        }
        Err(why) => assert!(!why.is_empty()),
    }
}

/// What stands between the body of a cell's line and its check.
pub const CHECK: &str = ",\"check\":\"";

/// The study whose plans and cells are mutated.
pub const STUDY: &str = r#"Study(
    schema: 1,
    scenario: "metastable.ron",
    seeds: "1..3",
    max_events: 500,
    axes: [Axis(path: "faults.freeze.until", values: List(["61s", "62s"]))],
)"#;
