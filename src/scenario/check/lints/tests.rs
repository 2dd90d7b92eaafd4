use super::*;
use crate::kernel::draw::Site;
use crate::kernel::time::{Duration, Instant};
use crate::model::context::Outcome;
use crate::model::mechanism::breaker::automaton::Automaton;
use crate::model::mechanism::breaker::spec::Spec as Breaker;
use crate::model::mechanism::breaker::state::Pass;
use crate::scenario::Document;

/// A scenario with these entries. Missing ones are a load of 20/s, a service of four slots that
/// takes 50 ms, and a call.
fn scenario(entries: &str) -> String {
    let standard = [
        ("load: {", r#"{ "web": Load(arrivals: Poisson(rate: "20/s"), until: "1m") }"#),
        ("services: {", r#"{ "api": Service(time: Constant("50ms"), slots: 4) }"#),
        ("calls: {", r#"{ "web": Call(to: "api") }"#),
    ];
    let missing = standard.iter().filter(|(section, _)| !entries.contains(section));
    let missing: String = missing
        .map(|(section, map)| format!("{} {map},\n", section.trim_end_matches('{')))
        .collect();
    format!("Scenario(schema: 1,\n{entries}\n{missing})")
}

fn warned(text: &str) -> Vec<Problem> {
    let document = Document::parse("t.ron", text.as_bytes()).expect("it is RON");
    let checked = document.scenario().unwrap_or_else(|why| panic!("{text}\n{why}"));
    checked.warnings.map_or(Vec::new(), |warnings| warnings.list().to_vec())
}

fn lints(entries: &str) -> Vec<&'static str> {
    warned(&scenario(entries)).iter().filter_map(|problem| problem.lint).collect()
}

fn found(entries: &str) -> String {
    let warned = warned(&scenario(entries));
    assert_eq!(warned.len(), 1, "{entries}: {warned:?}");
    warned[0].found.clone()
}

#[test]
fn every_lint_is_raised_by_its_example_and_by_nothing_mended() {
    for lint in LINTS.iter() {
        assert_eq!(lints(lint.example), [lint.name]);
        assert_eq!(lints(lint.mended), [""; 0], "{}", lint.name);
    }
}

#[test]
fn every_lint_can_be_allowed_by_its_name_alone() {
    for lint in LINTS.iter() {
        for other in LINTS.iter() {
            let allow = format!("allow: [\"{}\"],\n{}", other.name, lint.example);
            let left: &[&str] = if other.name == lint.name { &[] } else { &[lint.name] };
            assert_eq!(lints(&allow), left, "{}", other.name);
        }
    }
}

#[test]
fn an_arm_allows_what_is_written_in_it() {
    let arms = |allow: &str| {
        let policy = "[Bulkhead(permits: 10), Timeout(\"1s\")]";
        let arm = |name: &str, allow: &str| {
            let call = format!("Call(to: \"api\", policy: {policy})");
            format!("\"{name}\": Arm(calls: {{ \"web\": {call} }}, {allow})")
        };
        format!("arms: {{ {}, {} }},", arm("a", allow), arm("b", ""))
    };
    assert_eq!(lints(&arms("")).len(), 2);
    let left = warned(&scenario(&arms("allow: [\"bulkhead-queue-untimed\"]")));
    assert_eq!(left.len(), 1);
    assert!(left[0].path.to_string().starts_with("arms[\"b\"]"), "{}", left[0].path);
}

#[test]
fn names_are_in_order_and_in_kebab_case() {
    let key = |lint: &&Lint| (lint.group == Group::Design, lint.name);
    assert!(LINTS.is_sorted_by_key(key));
    for lint in LINTS.iter() {
        let kebab = lint.name.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        assert!(kebab && find(lint.name).is_some(), "{}", lint.name);
    }
}

fn policy(layers: &str) -> String {
    format!("calls: {{ \"web\": Call(to: \"api\", policy: [{layers}]) }},")
}

#[test]
fn tries_are_multiplied_with_what_bounds_them() {
    let cases = [
        ("Timeout(\"2s\"), Retry(max_retries: 3), Timeout(\"500ms\")", None),
        ("Timeout(\"2s\"), Retry(max_retries: 3), Timeout(\"501ms\")", Some("4 x 501ms = 2.004s")),
        // Fixed waits count; waits that may be 0 do not.
        (
            "Timeout(\"2s\"), Retry(max_retries: 1, backoff: Constant(\"1500ms\")), \
             Timeout(\"300ms\")",
            Some("2 x 300ms + 1.5s of waits = 2.1s"),
        ),
        (
            "Timeout(\"2s\"), Retry(max_retries: 1, backoff: Exponential(base: \"1500ms\", jitter: \
             Full)), Timeout(\"300ms\")",
            None,
        ),
        // A try without a timeout is not bounded.
        ("Timeout(\"2s\"), Retry(max_retries: 3)", None),
        ("Timeout(\"2s\"), Retry(max_retries: 0), Timeout(\"2s\")", None),
        // Attempts that timed out are not retried here.
        ("Timeout(\"2s\"), Retry(max_retries: 3, retry_on: [Error]), Timeout(\"1s\")", None),
    ];
    for (layers, expected) in cases {
        match expected {
            None => assert_eq!(lints(&policy(layers)), [""; 0], "{layers}"),
            Some(words) => assert!(found(&policy(layers)).starts_with(words), "{layers}"),
        }
    }
}

#[test]
fn waits_are_named_by_the_retry_that_they_precede() {
    let layers = |backoff: &str| {
        policy(&format!("Timeout(\"3s\"), Retry(max_retries: 4, backoff: {backoff})"))
    };
    let wait = |backoff: &str| found(&layers(backoff));
    assert!(wait("Exponential(base: \"1s\")").starts_with("4s before retry 3,"));
    let full = "Exponential(base: \"1s\", jitter: Full)";
    assert!(wait(full).starts_with("up to 4s before retry 3,"));
    let random = "Random(Uniform(min: \"1s\", max: \"5s\"))";
    assert!(wait(random).starts_with("up to 5s before retry 1,"));
    for fits in
        ["Exponential(base: \"1s\", cap: \"3s\")", "None", "Random(Exponential(mean: \"1s\"))"]
    {
        assert_eq!(lints(&layers(fits)), [""; 0], "{fits}");
    }
}

#[test]
fn retries_within_the_open_time_are_counted() {
    let layers = |wait: &str, open: &str| {
        let breaker =
            format!("Breaker(window: 2, failure_threshold: 2, open_duration: \"{open}\")");
        policy(&format!("Retry(max_retries: 3, backoff: {wait}), {breaker}"))
    };
    let warning = found(&layers("Constant(\"2s\")", "5s"));
    assert!(warning.starts_with("2 of 3 retries come after waits of at most 4s,"), "{warning}");
    assert!(found(&layers("None", "5s")).starts_with("3 of 3 retries come at once,"));
    assert_eq!(lints(&layers("Constant(\"5s\")", "5s")), [""; 0]);
    // A breaker outside the retry rejects the call, not its attempts.
    let outside = "Breaker(window: 2, failure_threshold: 2), Retry(max_retries: 3)";
    assert_eq!(lints(&policy(outside)), [""; 0]);
    let consumers = "publishes: { \"web\": \"jobs\" }, queues: { \"jobs\": Queue() }, calls: {}, \
                     consumers: { \"workers\": Consumer(from: \"jobs\", concurrency: 2, \
                     to: \"api\", max_deliveries: 4, backoff: Constant(\"1s\"), \
                     policy: [Breaker(window: 2, failure_threshold: 2)]) },";
    assert!(found(consumers).starts_with("3 of 3 redeliveries come after waits of at most 3s,"));
}

/// The product in the lint agrees with the model: after the failures, this many good results let
/// the breaker open again, and no more.
#[test]
fn a_breaker_needs_as_many_good_results_as_the_lint_says() {
    for (window, threshold) in [(100, 50), (20, 8), (10, 10), (3, 1)] {
        let text = format!("{{\"window\": {window}, \"failure_threshold\": {threshold}}}");
        let breaker: Breaker = serde_json::from_str(&text).expect("it is one");
        let settings = breaker.settings(Site::new(1, "web", "open")).expect("it is valid");
        let mut breaker = Automaton::new(settings, 0, Instant::ZERO);
        let mut now = Instant::ZERO;
        let mut opens = |now, outcome| {
            breaker.record(now, Pass::default(), outcome, Duration::ZERO);
            breaker.take_change().is_some()
        };
        for _ in 0..window - threshold {
            opens(now, Outcome::Success);
        }
        for _ in 0..threshold {
            opens(now, Outcome::Error);
        }
        let mut results = 0;
        loop {
            now = now.saturating_add(Duration::from_s(61));
            results += 1;
            if !opens(now, Outcome::Success) {
                break;
            }
        }
        assert_eq!(results, window - threshold + 1, "{window} {threshold}");
    }
}

#[test]
fn a_breaker_that_one_opening_refills_is_none() {
    let breaker = |window: u32, threshold: u32| {
        let layer = format!("Breaker(window: {window}, failure_threshold: {threshold})");
        policy(&layer)
    };
    // 20/s for 50 ms, and the first call: two calls are admitted.
    assert_eq!(lints(&breaker(10, 9)), [""; 0]);
    assert!(found(&breaker(10, 8)).starts_with("stays closed after 3 good results (10 - 8 + 1)"));
    // A window that the load never fills opens no breaker.
    assert_eq!(lints(&breaker(1_199, 8)), ["breaker-keeps-itself-open"]);
    assert_eq!(lints(&breaker(1_200, 8)), [""; 0]);
    let bursts = "load: { \"web\": Load(arrivals: Bursts(size: 60, every: \"1s\"), total: 900) },";
    assert_eq!(lints(&format!("{bursts}\n{}", breaker(100, 50))), [""; 0]);
}

#[test]
fn a_line_is_measured_against_the_last_caller_to_leave() {
    let system = |queue: u32, cancellation: &str, timeouts: [&str; 2]| {
        let load = "Load(arrivals: Poisson(rate: \"5/s\"), until: \"1m\")";
        format!(
            "load: {{ \"a\": {load}, \"b\": {load} }},
             services: {{ \"api\": Service(time: Constant(\"50ms\"), slots: 2, queue: {queue}, \
             cancellation: {cancellation}) }},
             calls: {{ \"a\": Call(to: \"api\", policy: [{}]), \
             \"b\": Call(to: \"api\", policy: [{}]) }},",
            timeouts[0], timeouts[1]
        )
    };
    let (one, two) = ("Timeout(\"1s\")", "Timeout(\"2s\")");
    let warning = found(&system(100, "None", [one, two]));
    assert!(warning.starts_with("100 x 50ms / 2 = 2.5s of waiting"), "{warning}");
    for (queue, cancellation, timeouts) in [
        (80, "None", [one, two]),
        (100, "QueuedOnly", [one, two]),
        (100, "None", [one, ""]),
        (0, "None", [one, two]),
    ] {
        let entries = system(queue, cancellation, timeouts);
        assert_eq!(lints(&entries), [""; 0], "{queue} {cancellation} {timeouts:?}");
    }
}

#[test]
fn a_full_queue_is_measured_against_the_deadline() {
    let queue = |capacity: u32, deadline: &str| {
        format!(
            "load: {{ \"web\": Load(arrivals: Poisson(rate: \"5/s\"), until: \"1m\", {deadline}) }},
             publishes: {{ \"web\": \"jobs\" }},
             queues: {{ \"jobs\": Queue(capacity: {capacity}) }},
             consumers: {{ \"workers\": Consumer(from: \"jobs\", concurrency: 2, to: \"api\", \
             max_deliveries: 1) }}, calls: {{}},"
        )
    };
    let warning = found(&queue(50, "deadline: \"1s\""));
    assert!(warning.starts_with("50 messages take its consumers at least 1.25s"), "{warning}");
    assert_eq!(lints(&queue(40, "deadline: \"1s\"")), [""; 0]);
    assert_eq!(lints(&queue(50, "")), [""; 0]);
}

#[test]
fn only_loads_that_overlap_are_added_up() {
    let loads = |second: &str| {
        format!(
            "load: {{ \"a\": Load(arrivals: Constant(rate: \"50/s\"), until: \"10s\"), \
             \"b\": Load(arrivals: Poisson(rate: \"25/s\", batch: 2), {second}) }},
             calls: {{ \"a\": Call(to: \"api\"), \"b\": Call(to: \"api\") }},"
        )
    };
    let warning = found(&loads("until: \"20s\""));
    assert!(warning.starts_with("100/s x 50ms = 5 busy slots, and it has 4"), "{warning}");
    assert_eq!(lints(&loads("start: \"10s\", until: \"20s\"")), [""; 0]);
    let published = "load: { \"web\": Load(arrivals: Poisson(rate: \"100/s\"), until: \"1m\") },
         publishes: { \"web\": \"jobs\" }, queues: { \"jobs\": Queue() }, calls: {},
         consumers: { \"workers\": Consumer(from: \"jobs\", concurrency: 2, to: \"api\", \
         max_deliveries: 1) },";
    assert_eq!(lints(published), ["offered-load-exceeds-capacity"]);
}

#[test]
fn a_bulkhead_whose_line_is_bounded_is_none() {
    let bulkhead = "Bulkhead(permits: 10), Timeout(\"1s\")";
    assert_eq!(lints(&policy(bulkhead)), ["bulkhead-queue-untimed"]);
    for layers in ["Timeout(\"9s\"), ", "Bulkhead(permits: 50, queue: 0), "] {
        assert_eq!(lints(&policy(&format!("{layers}{bulkhead}"))), [""; 0], "{layers}");
    }
    let closed = "load: { \"web\": Load(arrivals: ClosedLoop(callers: 50, think: \
                  Constant(\"1s\")), until: \"1m\") },";
    assert_eq!(lints(&format!("{closed}\n{}", policy(bulkhead))), [""; 0]);
    let warning = found(&policy("Bulkhead(permits: 10), Retry(max_attempts: 3), Timeout(\"1s\")"));
    assert!(warning.contains("held for 3s: 1000 in line wait 1000 x 3s / 10 = 300s"), "{warning}");
}

/// Three tiers share a pool: the end of the lowest wait frees the permit of the highest tier.
#[test]
fn a_pool_that_waits_for_itself_does_not_if_something_ends_the_wait() {
    let raised = |pool: &str, outer: &str, inner: &str| {
        let entries = format!(
            r#"pools: {{ "threads": Pool(permits: 10{pool}) }},
            services: {{
                "api": Service(time: Constant("5ms"), handler: [Call("middle")]),
                "middle": Service(time: Constant("5ms"), handler: [Call("store")]),
                "db": Service(time: Constant("5ms")),
            }},
            calls: {{
                "web": Call(to: "api", policy: [{outer}]),
                "middle": Call(to: "middle"),
                "store": Call(to: "db", policy: [{inner}]),
            }},"#
        );
        lints(&entries).contains(&"pool-waits-for-itself")
    };
    let (pool, timeout) = (r#"Pool("threads")"#, r#"Timeout("1s")"#);
    assert!(raised("", pool, pool));
    assert!(raised(", queue: 5", pool, pool));
    assert!(raised("", pool, &format!("{pool}, {timeout}")));
    assert!(!raised("", pool, ""));
    assert!(!raised("", "", pool));
    assert!(!raised(", queue: 0", pool, pool));
    assert!(!raised(r#", max_wait: "1s""#, pool, pool));
    assert!(!raised("", &format!("{timeout}, {pool}"), pool));
    assert!(!raised("", &format!("{pool}, {timeout}"), pool));
    assert!(!raised("", pool, &format!("{timeout}, {pool}")));
}

/// A timeout between the two permits frees the first; one above them both does so only where the
/// service between stops with its caller.
#[test]
fn a_pool_that_waits_for_itself_does_not_if_the_holder_is_given_up() {
    let raised = |web: &str, middle: &str, cancellation: &str| {
        let entries = format!(
            r#"pools: {{ "threads": Pool(permits: 10) }},
            services: {{
                "edge": Service(time: Constant("1ms"), handler: [Call("api")],
                    cancellation: {cancellation}),
                "api": Service(time: Constant("1ms"), handler: [Call("middle")]),
                "middle": Service(time: Constant("1ms"), handler: [Call("store")]),
                "db": Service(time: Constant("1ms")),
            }},
            calls: {{
                "web": Call(to: "edge", policy: [{web}]),
                "api": Call(to: "api", policy: [Pool("threads")]),
                "middle": Call(to: "middle", policy: [{middle}]),
                "store": Call(to: "db", policy: [Pool("threads")]),
            }},"#
        );
        lints(&entries).contains(&"pool-waits-for-itself")
    };
    let timeout = r#"Timeout("1s")"#;
    assert!(raised("", "", "Immediate"));
    assert!(!raised("", timeout, "None"));
    assert!(raised(timeout, "", "None"));
    assert!(!raised(timeout, "", "Immediate"));
}

/// Layers of services each of which calls all of the next: more ways down than could be counted one
/// by one, and a retry on each.
#[test]
fn attempts_multiply_over_a_graph_with_many_ways() {
    const LAYERS: usize = 30;
    let (mut services, mut calls) = (String::new(), String::new());
    for layer in 0..LAYERS {
        for at in ["a", "b", "c"] {
            let next = |to: &str| format!("{at}{layer}-{to}");
            let made = ["a", "b", "c"].map(|to| format!("Call(\"{}\")", next(to))).join(", ");
            let handler = if layer + 1 < LAYERS { made } else { String::new() };
            services += &format!(
                "\"{at}{layer}\": Service(time: Constant(\"1ms\"), handler: [{handler}]), "
            );
            for to in ["a", "b", "c"].iter().filter(|_| layer + 1 < LAYERS) {
                calls += &format!(
                    "\"{}\": Call(to: \"{to}{}\", policy: [Retry(max_retries: 1)]), ",
                    next(to),
                    layer + 1
                );
            }
        }
    }
    let entries = format!(
        "services: {{ {services} }},
        calls: {{ \"web\": Call(to: \"a0\", policy: [Retry(max_retries: 1)]), {calls} }},"
    );
    let warned = warned(&scenario(&entries));
    let most = warned.iter().filter(|problem| problem.lint == Some("retries-multiply"));
    let rules: Vec<&str> = most.map(|problem| problem.rule.as_str()).collect();
    let last = format!("retries multiply: up to {} attempts for one request", 1_u64 << LAYERS);
    assert_eq!(rules.iter().filter(|rule| **rule == last).count(), 9, "{rules:?}");
}
