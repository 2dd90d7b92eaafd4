use std::fmt::Write as _;

use proptest::prelude::*;

use super::super::{canonical, expected_requests, resolved};
use super::*;

const VALID: &str = include_str!("valid.ron");

fn parse(text: &str) -> Result<Document, Problems> {
    Document::parse("t.ron", text.as_bytes())
}

fn scenario(text: &str) -> Scenario {
    let checked = parse(text).and_then(|document| document.scenario());
    checked.unwrap_or_else(|problems| panic!("{}", problems.render(false))).scenario
}

fn refusal(bytes: &[u8]) -> String {
    let refused = Document::parse("t.ron", bytes).and_then(|document| document.scenario());
    refused.expect_err("refused").to_string()
}

#[test]
fn every_construct_of_the_language_is_read() {
    let document = parse(VALID).unwrap();
    let checked = document.scenario().unwrap_or_else(|why| panic!("{}", why.render(false)));
    assert!(checked.warnings.is_none(), "{}", checked.warnings.unwrap().render(false));
    assert_eq!(checked.scenario.seed, u64::MAX);
}

#[test]
fn resolved_reads_back_as_the_same_scenario() {
    let first = scenario(VALID);
    let text = resolved(&first);
    assert_eq!(scenario(&text), first);
    assert_eq!(resolved(&scenario(&text)), text);
    assert!(text.starts_with("Scenario(\n"), "{text}");
}

#[test]
fn byte_order_mark_and_line_endings_have_no_effect() {
    let plain = canonical(&scenario(VALID));
    let crlf = VALID.replace('\n', "\r\n");
    assert_eq!(canonical(&scenario(&crlf)), plain);
    assert_eq!(canonical(&scenario(&format!("\u{feff}{}", VALID.trim_end()))), plain);
    let wrong = crlf.replace("permits: 40", "permits: 0");
    let line = 1 + wrong[..wrong.find("permits: 0").unwrap()].matches('\n').count();
    assert!(refusal(wrong.as_bytes()).starts_with(&format!("t.ron:{line}:")));
}

#[test]
fn canonical_is_the_meaning() {
    let base = "(schema: 1, load: {\"a\": (arrivals: Poisson(rate: \"1/s\"), total: 5)}, \
                services: {\"s\": (time: Constant(\"1s\"))}, calls: {\"a\": (to: \"s\", \
                policy: [Retry(max_retries: 2, retry_on: [Error, Shed])])})";
    let same = "Scenario(calls: {\"a\": Call(policy: [Retry(retry_on: [Shed, Error], \
                max_attempts: Some(3))], to: \"s\")}, services: {\"s\": (slots: \"unlimited\", \
                time: Constant(\"1000ms\"))}, /* why */ about: \"x\", seed: 0x10, \
                load: {\"a\": (total: 0b101, arrivals: Poisson(batch: 1, rate: \"1.0/s\"))}, \
                schema: 1,)";
    let arm = "(schema: 1, load: {\"a\": (arrivals: Poisson(rate: \"1/s\"), total: 5)}, \
               arms: {\"main\": (services: {\"s\": (time: Constant(\"1s\"))}, calls: {\"a\": \
               (to: \"s\", policy: [Retry(max_retries: 2, retry_on: [Error, Shed])])})})";
    assert_eq!(canonical(&scenario(base)), canonical(&scenario(same)));
    assert_eq!(canonical(&scenario(base)), canonical(&scenario(arm)));
    let other = base.replace("total: 5", "total: 6");
    assert_ne!(canonical(&scenario(base)), canonical(&scenario(&other)));
}

#[test]
fn bytes_that_are_no_text_are_refused_with_their_place() {
    let utf16: Vec<u8> = "(schema: 1)".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let with_mark = [&[0xff, 0xfe][..], &utf16].concat();
    let cases: [(&[u8], &str); 6] = [
        (b"", "scenario is empty"),
        (b" \r\n\t", "scenario is empty"),
        (&utf16, "looks like UTF-16; save it as UTF-8"),
        (&with_mark, "looks like UTF-16; save it as UTF-8"),
        (b"(schema: 1,\n about: \"\xff\")", "t.ron:2:10: byte 0xff at offset 21 — not valid UTF-8"),
        (b"(schema:\0 1)", "t.ron:1:9: NUL at offset 8"),
    ];
    for (bytes, expected) in cases {
        let message = refusal(bytes);
        assert!(message.contains(expected), "{message}");
    }
    assert!(refusal(&vec![b' '; (16 << 20) + 1]).contains("larger than 16 MiB"));
}

#[test]
fn huge_input_is_refused_at_once_in_few_words() {
    let name = "x".repeat(10 << 20);
    let long = VALID.replacen("\"db\"", &format!("\"{name}\""), 1);
    let message = parse(&long).unwrap().scenario().expect_err("too long");
    assert!(message.render(true).len() < 20_000 && message.to_string().len() < 5_000);
    assert!(message.to_string().contains("at most 200 bytes"));
    let long = VALID.replacen("\"120ms\"", &format!("\"{name}\""), 1);
    assert!(refusal(long.as_bytes()).len() < 500);
    for bracket in ["[", "{\"a\":", "(a:", "Some(", "/*"] {
        let message = refusal(bracket.repeat(100_000).as_bytes());
        assert!(message.len() < 500, "{message}");
    }
    let mut many = "(schema: 1, load: {".to_owned();
    for load in 0..2_000 {
        let _ = writeln!(many, "\"l{load}\": (arivals: 1),");
    }
    let refused = parse(&(many + "})")).unwrap().scenario().expect_err("refused");
    assert!(refused.render(false).len() < 30_000);
    assert_eq!(refused.list().len(), 1_000);
    let fields = format!("({})", "a: 1,".repeat(500_000));
    assert!(refusal(fields.as_bytes()).contains("unknown field"));
}

#[test]
fn names_are_distinct_byte_by_byte() {
    let text = VALID.replace("\"cache\"", "\"cafe\u{301}, \\\"x\\\" = 🦀/../a\"");
    assert_ne!(text, VALID);
    scenario(&text);
}

#[test]
fn requests_are_estimated() {
    let with = |load: &str| {
        let text = format!(
            "(schema: 1, duration: \"10s\", load: {{\"a\": {load}}}, \
             services: {{\"s\": (time: Constant(\"1s\"))}}, calls: {{\"a\": (to: \"s\")}})"
        );
        expected_requests(&scenario(&text))
    };
    assert!((with("(arrivals: Poisson(rate: \"100/s\", batch: 3))") - 3000.0).abs() < 1e-6);
    let bursts = "(arrivals: Bursts(size: 350, every: \"80ms\"), total: 2000)";
    assert!((with(bursts) - 2000.0).abs() < 1e-9);
    assert!((with("(arrivals: Constant(rate: \"7/s\"), start: \"5s\")") - 35.0).abs() < 1.5);
    let stages = "(arrivals: Stages(repeat: true, stages: [\
                  (lasts: \"1s\", rate: \"0/s\", ramp_to: \"10/s\"), \
                  (lasts: \"3s\", rate: \"0/s\")]))";
    assert!((with(stages) - 15.0).abs() < 1e-6);
}

fn set(assignment: &str) -> Result<Scenario, String> {
    let mut document = parse(VALID).unwrap();
    document.set(assignment).map_err(|problems| problems.to_string())?;
    Ok(document.scenario().map_err(|problems| problems.to_string())?.scenario)
}

#[test]
fn one_value_can_be_set() {
    let base = scenario(VALID);
    for (assignment, is_set) in [
        ("seed=9", "\"seed\":9"),
        ("services.db.slots=20", "\"slots\":20"),
        ("services[\"db\"].slots = unlimited", "\"slots\":\"unlimited\""),
        ("arms[\"rpc\"].calls.clients.policy[2].Bulkhead.permits=80", "\"permits\":80"),
        ("arms.rpc.calls.clients.policy[3].Timeout=99ms", "\"Timeout\":\"99ms\""),
        ("arms.rpc.calls.clients.policy[1].Retry.backoff.Exponential.cap=7s", "\"cap\":\"7s\""),
        ("load.clients.arrivals.Poisson.rate=123/s", "\"rate\":\"123/s\""),
        ("services.cache.queue=3", "\"queue\":3"),
        ("load.clients.total=None", "\"total\":null"),
        ("warm_up=\"3s\"", "\"warm_up\":\"3s\""),
        ("load.clients.deadline=1s", "\"deadline\":\"1s\""),
    ] {
        let scenario = set(assignment).unwrap_or_else(|why| panic!("{assignment}: {why}"));
        let json = serde_json::to_string(&scenario).unwrap();
        assert!(json.contains(is_set), "{assignment}: {json}");
        assert_ne!(scenario, base, "{assignment}");
    }
}

#[test]
fn a_wrong_path_or_value_sets_nothing() {
    for (assignment, why) in [
        ("services.db.tiemout=1s", "unknown field `tiemout`"),
        ("services.dp.slots=1", "did you mean \"db\"?"),
        ("services.db.slots=0", "must be at least 1"),
        ("services.db.slots=many", "expected a whole number or \"unlimited\""),
        ("duration=100", "has no unit"),
        ("seed=-1", "must be at least 0"),
        ("seed=1 2", "expected nothing after the value"),
        ("seed", "expected path=value"),
        ("=1", "a name is missing"),
        ("services[\"db=1", "never closed"),
        ("arms.rpc.calls.clients.policy[9].Timeout=1s", "has 4 elements"),
        ("arms.rpc.calls.clients.policy[3].Retry.max_retries=1", "is a `Timeout`"),
        ("services.cache.overload.knee=3", "nothing in it can be set"),
        ("seed.x=3", "has no parts"),
        ("load.clients.total=1e400", "number out of range"),
    ] {
        let message = set(assignment).expect_err(assignment);
        assert!(message.contains(why), "{assignment}: {message}");
    }
}

/// A scenario whose arms define some components on their own and share others.
const ARMS: &str = r#"(schema: 1,
    load: {
        "users": (arrivals: Poisson(rate: "10/s"), total: 9),
        "from": (arrivals: Poisson(rate: "1/s"), total: 9),
    },
    services: { "db": (time: Constant("5ms"), slots: 4), "a.b": (time: Constant("1ms")) },
    calls: {
        "from": (to: "db", policy: [Timeout("3s")]),
        "users": (to: "db", policy: [Timeout("2s")]),
    },
    faults: { "users": (service: "db", from: "1s", until: "2s", effect: Slowed(factor: 2)) },
    arms: {
        "rpc": (calls: { "users": (to: "db", policy: [
            Timeout("1s"),
            Retry(max_retries: 3, backoff: Exponential(base: "10ms")),
            Timeout("100ms"),
        ]) }),
        "less": (calls: { "users": (to: "db", policy: [Retry(max_retries: 1), Timeout("50ms")]) }),
        "event driven": (
            services: { "db": (time: Constant("7ms"), slots: 2) },
            publishes: { "users": "jobs" },
            queues: { "jobs": () },
            consumers: { "workers": (from: "jobs", concurrency: 2, to: "db", max_deliveries: 3,
                backoff: Constant("1s")) },
        ),
    },
)"#;

fn same(short: &str, long: &[&str]) {
    let mut by_name = parse(ARMS).unwrap();
    by_name.set(short).unwrap_or_else(|problems| panic!("{short}: {problems}"));
    let by_way = parse(ARMS).unwrap().with(long).unwrap();
    assert_eq!(by_name.text, by_way.text, "{short}");
    assert_ne!(&*by_name.text, ARMS, "{short}");
}

#[test]
fn a_component_is_set_by_the_name_that_output_gives_it() {
    for (short, long) in [
        ("workers.concurrency=7", "arms[\"event driven\"].consumers.workers.concurrency=7"),
        ("'event driven'.jobs.capacity=7", "arms[\"event driven\"].queues.jobs.capacity=7"),
        ("\"event driven\".db.slots=7", "arms[\"event driven\"].services.db.slots=7"),
        ("rpc.users.retry.max_retries=7", "arms.rpc.calls.users.policy[1].Retry.max_retries=7"),
        ("rpc.users.timeout=7s", "arms.rpc.calls.users.policy[0].Timeout=7s"),
        ("rpc.users.timeout#2=\"7s\"", "arms.rpc.calls.users.policy[2].Timeout=7s"),
        ("rpc.users.timeout.Timeout=7s", "arms.rpc.calls.users.policy[0].Timeout=7s"),
        ("rpc.users.retry=Timeout(\"7s\")", "arms.rpc.calls.users.policy[1]=Timeout(\"7s\")"),
        (
            "rpc.users.retry.backoff.cap=7s",
            "arms.rpc.calls.users.policy[1].Retry.backoff.Exponential.cap=7s",
        ),
        ("rpc.users.policy[2]=Timeout(\"7s\")", "arms.rpc.calls.users.policy[2]=Timeout(\"7s\")"),
        ("workers.backoff=7s", "arms[\"event driven\"].consumers.workers.backoff.Constant=7s"),
        ("users.arrivals.rate=7/s", "load.users.arrivals.Poisson.rate=7/s"),
        ("users.deadline=7s", "load.users.deadline=7s"),
        ("users.service=a.b", "faults.users.service=a.b"),
        ("users.effect.factor=7", "faults.users.effect.Slowed.factor=7"),
        ("a.b.time=7s", "services[\"a.b\"].time.Constant=7s"),
        ("'a.b'.slots=7", "services[\"a.b\"].slots=7"),
        ("from.timeout=7s", "calls.from.policy[0].Timeout=7s"),
        ("rpc.calls.users.to=a.b", "arms.rpc.calls.users.to=a.b"),
    ] {
        same(short, &[long]);
    }
}

#[test]
fn without_an_arm_a_component_is_set_wherever_it_is_defined() {
    same("db.slots=7", &["services.db.slots=7", "arms[\"event driven\"].services.db.slots=7"]);
    let retries = ["rpc", "less"].map(|arm| match arm {
        "rpc" => "arms.rpc.calls.users.policy[1].Retry.max_retries=7",
        _ => "arms.less.calls.users.policy[0].Retry.max_retries=7",
    });
    same("users.retry.max_retries=7", &retries);
    same("users.timeout#2=7s", &["arms.rpc.calls.users.policy[2].Timeout=7s"]);
    // If only one arm has a backoff, its backoff is set.
    same(
        "users.retry.backoff.base=7s",
        &["arms.rpc.calls.users.policy[1].Retry.backoff.Exponential.base=7s"],
    );
    let only = r#"(schema: 1, load: { "users": (arrivals: Poisson(rate: "10/s"), total: 9) },
        services: { "db": (time: Constant("5ms")) }, calls: { "users": (to: "db") })"#;
    let mut document = parse(only).unwrap();
    document.set("main.db.slots=7").expect("the only arm uses it");
    assert!(document.text.contains("slots: 7"));
}

#[test]
fn unknown_and_ambiguous_names_are_refused() {
    for (assignment, why) in [
        ("rpc.db.slots=7", "`db` is common to several arms"),
        ("rpc.db.slots=7", "write `db` to set it for all of them"),
        ("users.until=7s", "a path must have one meaning"),
        ("users.until=7s", "`faults.users` and `load.users`"),
        ("rcp.users.timeout=7s", "did you mean `rpc`?"),
        ("wokers.concurrency=7", "did you mean `workers`?"),
        ("rpc.user.timeout=7s", "did you mean `users`?"),
        ("rpc.users.rety.max_retries=7", "did you mean `rpc.users.retry`?"),
        ("rpc.users.retry.max_retry=7", "did you mean `max_retries`?"),
        ("rpc.users.retry.max_retry=7", "rpc.users.retry"),
        ("less.users.timeout#2=7s", "unknown field `timeout#2`"),
        ("workers.concurrency=0", "workers.concurrency: "),
        ("workers.concurrency=0", "must be at least 1"),
        ("users.timeout=7", "has no unit"),
        ("servces.db.slots=7", "did you mean `services`?"),
        ("nonsense=7", "components are "),
    ] {
        let mut document = parse(ARMS).unwrap();
        let message = document.set(assignment).expect_err(assignment).to_string();
        assert!(message.contains(why), "{assignment}: {message}");
        assert_eq!(&*document.text, ARMS);
    }
}

/// A token of the language, or another text.
fn token() -> impl Strategy<Value = String> {
    let tokens = [
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ":",
        ",",
        "\"",
        "\\",
        "Some(",
        "None",
        "1e400",
        "-1",
        "0x",
        "//",
        "/*",
        "*/",
        "#![enable(",
        "r#\"",
        "'",
        "\u{1b}[31m",
        "🦀",
        "\"0s\"",
        "1_",
        "\n",
        "=",
        "inf",
        "\u{202e}",
        "schema: 2",
        "\r\n",
        "\u{9b}",
    ];
    proptest::sample::select(tokens.to_vec()).prop_map(str::to_owned)
}

fn exercise(bytes: &[u8]) {
    let refused = match Document::parse("t.ron", bytes) {
        Ok(document) => document.scenario().map(|checked| resolved(&checked.scenario)),
        Err(problems) => Err(problems),
    };
    if let Err(problems) = refused {
        let message = format!("{}{problems}", problems.render(false));
        assert!(!message.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{message:?}");
        assert!(!message.contains("cannot be read"), "serde alone refused: {message}");
    }
}

proptest! {
    // The same cases in every run, and no file of past failures.
    #![proptest_config(ProptestConfig {
        cases: 300,
        rng_seed: proptest::test_runner::RngSeed::Fixed(20_260_117),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        exercise(&bytes);
    }

    #[test]
    fn no_tokens_panic(tokens in proptest::collection::vec(token(), 0..40)) {
        exercise(tokens.concat().as_bytes());
    }

    #[test]
    fn no_mutation_panics(
        at in 0..VALID.len(), cut in 0..30_usize, put in proptest::option::of(token()),
    ) {
        let mut bytes = VALID.as_bytes().to_vec();
        let end = (at + cut).min(bytes.len());
        bytes.splice(at..end, put.unwrap_or_default().into_bytes());
        exercise(&bytes);
    }

    #[test]
    fn no_assignment_panics(tokens in proptest::collection::vec(token(), 0..8), text in ".{0,20}") {
        let mut document = parse(VALID).unwrap();
        for assignment in [text.clone(), format!("services.{}{text}", tokens.concat()),
            format!("seed={}", tokens.concat())] {
            if let Err(problems) = document.set(&assignment) {
                let message = problems.render(false);
                prop_assert!(!message.contains(char::from(0x1b)));
            }
        }
    }
}
