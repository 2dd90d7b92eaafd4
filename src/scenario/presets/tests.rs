use std::fmt::Write as _;

use super::*;
use crate::scenario::schema::Scenario;
use crate::scenario::{Document, canonical, resolved};

/// A scenario whose only call has these layers.
fn with(policy: &str) -> String {
    format!(
        "Scenario(schema: 1, load: {{ \"web\": (arrivals: Poisson(rate: \"1/s\"), total: 9) }},
    services: {{ \"db\": (time: Constant(\"5ms\")) }},
    calls: {{ \"web\": (to: \"db\", policy: [{policy}]) }})"
    )
}

/// A scenario in which consumers have these fields.
fn consuming(fields: &str) -> String {
    format!(
        "Scenario(schema: 1, load: {{ \"web\": (arrivals: Poisson(rate: \"1/s\"), total: 9) }},
    services: {{ \"db\": (time: Constant(\"5ms\")) }}, queues: {{ \"jobs\": () }},
    publishes: {{ \"web\": \"jobs\" }},
    consumers: {{ \"all\": (from: \"jobs\", to: \"db\", concurrency: 1, {fields}) }})"
    )
}

fn document(text: &str) -> Document {
    Document::parse("t.ron", text.as_bytes()).unwrap_or_else(|why| panic!("{why}"))
}

fn scenario(text: &str) -> Scenario {
    document(text).scenario().unwrap_or_else(|why| panic!("{why}")).scenario
}

fn refusal(text: &str) -> String {
    document(text).scenario().expect_err("it is refused").to_string()
}

/// The scenarios with a preset by name, and with its fields.
fn both(preset: &Preset, more: &str) -> (String, String) {
    let name = format!("preset: \"{}\"{more}", preset.name);
    let text = preset.written().inline();
    match preset.of.as_str() {
        "Consumer" => {
            let fields = &text["Consumer(".len()..text.len() - 1];
            (consuming(&name), consuming(&format!("{fields}{more}")))
        }
        "OutlierDetection" => {
            let call = |fields: &str| {
                with("").replace("policy: []", &format!("outlier_detection: ({fields}{more})"))
            };
            let fields = &text["OutlierDetection(".len()..text.len() - 1];
            (call(&format!("preset: \"{}\"", preset.name)), call(fields))
        }
        of => {
            let end = text.len() - 1;
            (with(&format!("{of}({name})")), with(&format!("{}{more})", &text[..end])))
        }
    }
}

/// Fields that a library leaves to its user, and so its preset.
const NEEDED: &[(&str, &str, &str)] = &[
    ("tower/0.5", "Retry", "max_retries: 3"),
    ("resilience4j/2.3", "Hedge", "after: \"100ms\""),
    ("failsafe-go/0.9", "Hedge", "after: \"100ms\""),
    ("envoy/1.35", "Hedge", "after: \"1s\""),
];

#[test]
fn every_preset_is_the_layer_that_its_fields_make() {
    for preset in PRESETS.iter() {
        let needs = NEEDED.iter().find(|(name, of, _)| *name == preset.name && *of == preset.of);
        let more = needs.map_or(String::new(), |(.., more)| format!(", {more}"));
        let (named, written) = both(preset, &more);
        println!("{}", preset.written().inline());
        let scenario = scenario(&named);
        assert_eq!(scenario, self::scenario(&written), "{}", preset.name);
        let text = resolved(&scenario);
        assert!(!text.contains(FIELD), "{text}");
        assert_eq!(self::scenario(&text), scenario);
        assert_eq!(canonical(&scenario), canonical(&self::scenario(&written)));
        if needs.is_some() {
            let message = refusal(&both(preset, "").0);
            println!("{message}");
            assert!(message.contains("needs"), "{message}");
        }
    }
}

#[test]
fn what_presets_stand_for_is_kept() {
    let mut text = String::new();
    for preset in PRESETS.iter() {
        let Preset { name, proof, .. } = preset;
        let _ = writeln!(text, "{name}: {} {}", proof.word(), preset.written().inline());
    }
    insta::assert_snapshot!(text);
}

#[test]
fn names_have_a_version_and_are_given_once_for_each_layer() {
    for (at, preset) in PRESETS.iter().enumerate() {
        assert!(preset.name.split_once('/').is_some_and(|(_, version)| !version.is_empty()));
        let same = |other: &&Preset| other.name == preset.name && other.of == preset.of;
        assert_eq!(PRESETS.iter().position(|other| same(&other)), Some(at), "{}", preset.name);
        let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/vendors");
        let index = std::fs::read_to_string(page.join("README.md")).expect("it is there");
        let link = format!("]({}.md)", preset.page);
        let row = index.lines().find(|line| line.starts_with('|') && line.contains(&link));
        assert!(row.is_some_and(|row| row.contains(&format!("`{}`", preset.name))), "{link}");
    }
}

#[test]
fn written_fields_override_a_preset() {
    for (named, written) in [
        ("Retry(preset: \"resilience4j/2.3\", backoff: None)", "Retry(max_attempts: 3)"),
        // A pair that says the same: one drops the other.
        (
            "Retry(max_retries: 9, preset: \"resilience4j/2.3\")",
            "Retry(max_retries: 9, backoff: Constant(\"500ms\"))",
        ),
        // Nothing of the preset remains.
        (
            "Retry(preset: \"resilience4j/2.3\", max_attempts: 2, backoff: None)",
            "Retry(max_attempts: 2)",
        ),
        (
            "Retry(max_attempts: 2, backoff: None, preset: \"resilience4j/2.3\")",
            "Retry(max_attempts: 2)",
        ),
        (
            "Bulkhead(max_wait: \"1s\", preset: \"resilience4j/2.3\", permits: 3)",
            "Bulkhead(permits: 3, max_wait: \"1s\")",
        ),
    ] {
        assert_eq!(scenario(&with(named)), scenario(&with(written)), "{named}");
    }
}

#[test]
fn a_preset_in_an_arm_is_read_as_elsewhere() {
    let text = |retry: &str| {
        let common = with("");
        let end = common.len() - 1;
        let call = format!("(to: \"db\", policy: [{retry}])");
        format!("{}, arms: {{ \"a\": (calls: {{ \"web\": {call} }}) }})", &common[..end])
    };
    let named = scenario(&text("Retry(preset: \"resilience4j/2.3\")"));
    let fields = "Retry(max_attempts: 3, backoff: Constant(\"500ms\"))";
    assert_eq!(named, scenario(&text(fields)));
}

#[test]
fn set_overrides_a_preset_and_reaches_into_what_it_gives() {
    let limit = "Breaker(preset: \"resilience4j/2.3\"), Retry(preset: \"resilience4j/2.3\")";
    let document = document(&with(limit));
    let set = |assignment: &str| {
        let changed = document.with([assignment]).unwrap_or_else(|why| panic!("{why}"));
        changed.scenario().unwrap_or_else(|why| panic!("{why}")).scenario
    };
    let breaker = "window: 100, failure_rate: 0.5, at_end: Refuses";
    let retry = "Retry(max_attempts: 3, backoff: Constant(\"500ms\"))";
    let nested = format!(
        "Breaker({breaker}, slow_calls: SlowCalls(longer_than: \"2s\"), half_open: HalfOpen()), \
         {retry}"
    );
    assert_eq!(set("web.breaker.slow_calls.longer_than=2s"), scenario(&with(&nested)));
    let retries = "Breaker(preset: \"resilience4j/2.3\"), \
                   Retry(max_retries: 5, backoff: Constant(\"500ms\"))";
    assert_eq!(set("web.retry.max_retries=5"), scenario(&with(retries)));
    assert_eq!(set("web.retry.preset=resilience4j/2.3"), scenario(&with(limit)));
    let present = |path: &str| document.field_at(path).expect("there is such a field").1;
    assert_eq!(present("web.retry.max_attempts").as_deref(), Some("3"));
    assert_eq!(present("web.breaker.half_open.calls").as_deref(), Some("10"));
    assert_eq!(present("web.retry.max_retries"), None);
}

#[test]
fn a_problem_of_a_field_that_is_not_written_points_at_the_preset() {
    let message = refusal(&with("Breaker(preset: \"resilience4j/2.3\", minimum_calls: 101)"));
    assert!(message.contains("t.ron:3"), "{message}");
}
