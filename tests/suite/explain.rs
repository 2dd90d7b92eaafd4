//! Explanations: phases compared with references, what-ifs with arms that have the change.

use std::path::Path;

use dessim::experiment::explain::{Effort, explain};
use dessim::experiment::run::{CalendarKind, Options};
use dessim::report::explain::text::{Topic, explained, headline, points, step_words};
use dessim::report::explain::{Amount, Change, Explanation, Pair, Phase, PhaseKind, Story, WhatIf};
use dessim::report::result::RunResult;
use dessim::{Scenario, ScenarioFile};

fn file(name: &str) -> ScenarioFile {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("scenarios").join(name).with_extension("ron");
    Scenario::from_path(path).expect("what ships is valid").into_file()
}

fn explain_shipped(name: &str, options: &Options) -> (RunResult, Explanation) {
    let file = file(name);
    explain(&file.scenario, &file.name, options, None, Effort::Bounded).expect("it runs")
}

fn kinds(story: &Story) -> Vec<PhaseKind> {
    story.phases.iter().map(|phase| phase.kind).collect()
}

/// The first what-if of a kind.
fn changed<'a>(story: &'a Story, kind: &str) -> &'a WhatIf {
    let found = story.what_if.iter().find(|what_if| what_if.change.kind.name == kind);
    found.unwrap_or_else(|| panic!("{kind} was not tried"))
}

fn seconds(ns: u64) -> f64 {
    ns as f64 / 1e9
}

/// The reference for the freeze: recovery takes 14 s without retries, 18.5 s with a budget and 1 s
/// with a waiting room; with retries there is none. A window of the phases is two seconds long.
#[test]
fn phases_of_the_freeze() {
    use PhaseKind::{Degraded, Metastable, Recovered, Steady, Trigger};
    let (_, explanation) = explain_shipped("metastable", &Options::default());
    for (arm, after) in [("no retries", 14.0), ("retry budget", 18.5)] {
        let story = &explanation.arms[arm];
        assert_eq!(kinds(story), [Steady, Trigger, Degraded, Recovered], "{arm}");
        let recovered = seconds(story.phases[3].from_ns) - 70.0;
        assert!((recovered - after).abs() <= 2.0, "{arm} after {recovered} s, not {after} s");
    }
    assert_eq!(kinds(&explanation.arms["waiting room"]), [Steady, Trigger, Recovered]);
    let story = &explanation.arms["retries"];
    assert_eq!(kinds(story), [Steady, Trigger, Metastable]);
    let [_, trigger, metastable] = &story.phases[..] else { panic!("three phases") };
    let spans = [trigger.from_ns, metastable.from_ns, metastable.until_ns].map(seconds);
    assert_eq!(spans, [60.0, 70.0, 300.0]);
    // Half a second of freeze is enough in about half of all runs: see docs/testing.md.
    let no_return = story.no_return.fault.as_ref().expect("there is a point of no return");
    let span = [no_return.recovers_after_ns.expect("it recovers"), no_return.stays_after_ns];
    let span = span.map(seconds);
    assert!(span[0] >= 0.1 && span[1] <= 1.5 && span[1] - span[0] <= 10.0 / 63.0, "{span:?}");
    let points = points(story);
    let last = points.iter().rfind(|point| point.topic == Topic::NoReturn).expect("it has one");
    assert_eq!([last.from_ns, last.until_ns].map(seconds), span.map(|after| 60.0 + after));
}

/// Three changes turn the arm with retries into the other three arms, so all numbers must agree.
#[test]
fn what_if_is_what_is() {
    let (result, explanation) = explain_shipped("metastable", &Options::default());
    let of = &result.arms["retries"].requests;
    for (kind, component, to, arm) in [
        ("without_retries", "clients.retry", None, "no retries"),
        ("retry_budget", "clients.retry", Some(Amount::Ratio(0.1)), "retry budget"),
        ("service_queue", "db", Some(Amount::Count(20)), "waiting room"),
    ] {
        let found = changed(&explanation.arms["retries"], kind);
        let other = &result.arms[arm];
        assert_eq!((found.change.component.as_str(), found.change.to), (component, to));
        assert_eq!(found.failing, of.offered - of.succeeded, "{arm}");
        assert_eq!(found.succeeded.after, other.requests.succeeded, "{arm}");
        assert_eq!(of.succeeded + found.saved - found.lost, other.requests.succeeded, "{arm}");
        assert_eq!(found.attempts.before, result.arms["retries"].attempts.total, "{arm}");
        assert_eq!(found.attempts.after, other.attempts.total, "{arm}");
        assert_eq!(found.wasted_ns.after, other.wasted.work_ns, "{arm}");
        assert_eq!(found.p99_ns.after, other.latency.outcome.p99_ns, "{arm}");
    }
    let freeze = &explanation.arms["retries"].what_if[0];
    assert_eq!((freeze.change.kind.name, freeze.lost), ("without_fault", 0));
}

/// Each what-if of a layer has the numbers of a scenario with that policy.
#[test]
fn what_if_is_what_a_changed_policy_does() {
    let text = |policy: &str| {
        format!(
            "Scenario(schema: 1, duration: \"30s\", load: {{ \"web\": Load(arrivals: \
             Poisson(rate: \"150/s\")) }}, services: {{ \"db\": Service(time: Exponential(mean: \
             \"60ms\"), slots: 8, failure_ratio: 0.1) }}, calls: {{ \"web\": Call(to: \"db\", \
             policy: [{policy}]) }})"
        )
    };
    let scenario = |policy| Scenario::from_bytes("t", text(policy).as_bytes()).expect("it is one");
    let breaker = "Breaker(window: 20, open_duration: \"2s\"";
    for (policy, kind, component, (from, to), changed) in [
        ("Hedge(after: \"80ms\")", "without_layer", "hedge", (None, None), ""),
        (
            "Hedge(after: \"80ms\")",
            "hedge_after",
            "hedge",
            (Some(Amount::TimeNs(80_000_000)), Some(Amount::TimeNs(160_000_000))),
            "Hedge(after: \"160ms\")",
        ),
        (
            "Hedge(after: \"80ms\", quantile: 0.9)",
            "hedge_quantile",
            "hedge",
            (Some(Amount::Ratio(0.9)), Some(Amount::Ratio(0.95))),
            "Hedge(after: \"80ms\", quantile: 0.95)",
        ),
        ("Deadline(\"400ms\")", "without_layer", "deadline", (None, None), ""),
        (
            "Deadline(\"400ms\")",
            "deadline",
            "deadline",
            (Some(Amount::TimeNs(400_000_000)), Some(Amount::TimeNs(200_000_000))),
            "Deadline(\"200ms\")",
        ),
        (
            "Deadline(\"400ms\")",
            "deadline",
            "deadline",
            (Some(Amount::TimeNs(400_000_000)), Some(Amount::TimeNs(800_000_000))),
            "Deadline(\"800ms\")",
        ),
        (
            "Retry(max_retries: 5), Timeout(\"300ms\")",
            "retry_attempts",
            "retry",
            (Some(Amount::Count(6)), Some(Amount::Count(3))),
            "Retry(max_attempts: 3), Timeout(\"300ms\")",
        ),
        (
            &format!("{breaker}), Timeout(\"1s\")"),
            "half_open",
            "breaker",
            (None, Some(Amount::Count(10))),
            &format!("{breaker}, half_open: HalfOpen(calls: 10)), Timeout(\"1s\")"),
        ),
    ] {
        let (result, explanation) = scenario(policy).explain();
        let what_if = explanation.arms["main"].what_if.iter().find(|of| {
            let Change { kind: of_kind, from: of_from, to: of_to, .. } = &of.change;
            of_kind.name == kind && (*of_from, *of_to) == (from, to)
        });
        let what_if = what_if.unwrap_or_else(|| panic!("{kind} to {to:?} was not tried"));
        assert_eq!(what_if.change.component, format!("web.{component}"), "{kind}");
        let edited = scenario(policy).set(&format!("calls.web.policy=[{changed}]"));
        let [before, after] = [&result, &edited.expect("it is sound").run()].map(figures);
        assert_eq!(before, figures_of(what_if, |pair| pair.before, |pair| pair.before), "{kind}");
        assert_eq!(after, figures_of(what_if, |pair| pair.after, |pair| pair.after), "{kind}");
        assert_ne!(before, after, "{kind} changes nothing, which proves nothing");
    }
}

type Figures = ([u64; 4], Option<u64>);

/// The numbers that a what-if compares, of the only arm of a run.
fn figures(result: &RunResult) -> Figures {
    let arm = &result.arms["main"];
    let counts =
        [arm.requests.offered, arm.requests.succeeded, arm.attempts.total, arm.wasted.work_ns];
    (counts, arm.latency.outcome.p99_ns)
}

fn figures_of(
    what_if: &WhatIf,
    side: fn(&Pair<u64>) -> u64,
    p99: fn(&Pair<Option<u64>>) -> Option<u64>,
) -> Figures {
    let WhatIf { offered, succeeded, attempts, wasted_ns, p99_ns, .. } = what_if;
    ([offered, succeeded, attempts, wasted_ns].map(side), p99(p99_ns))
}

#[test]
fn the_burst_is_explained() {
    let (result, explanation) = explain_shipped("burst", &Options::default());
    let rpc = &explanation.arms["rpc"];
    let knee = changed(rpc, "permits_at_knee");
    assert_eq!(knee.change.to, Some(Amount::Count(25)));
    assert_eq!((knee.saved, knee.lost, knee.failing), (1_650, 0, 1_650));
    // The causes of a refused request lead to the request that opened the breaker.
    let example = rpc.example.as_ref().expect("there are failed requests");
    let texts = example.steps.iter().map(|step| step_words(rpc, step).1);
    let texts: Vec<String> = texts.collect();
    let opened = texts.iter().position(|text| text.ends_with("opens the breaker, for 500 ms"));
    let refused = texts.iter().position(|text| text == "is refused by its own policy");
    assert!(opened.is_some() && opened < refused, "{texts:?}");
    assert!(example.steps.is_sorted_by_key(|step| step.at_ns));
    // An arm that does well has nothing to be explained away.
    let fine = &explanation.arms["event-driven"];
    assert!(fine.what_if.is_empty() && fine.example.is_none());
    assert_eq!(result.fingerprint, explanation.fingerprint);
}

#[test]
fn every_scenario_has_phases_without_gaps_and_the_same_story_each_time() {
    for name in [
        "burst",
        "flaky_service",
        "full_queue",
        "healthy",
        "metastable",
        "nervous_breaker",
        "retry_storm",
        "too_many_consumers",
        "tutorial",
        "wide_bulkhead",
    ] {
        let (result, explanation) = explain_shipped(name, &Options::default());
        for (arm, story) in &explanation.arms {
            let end = result.arms[arm].end_ns;
            let first = story.phases.first().map(|phase| phase.from_ns);
            let last = story.phases.last().map(|phase| phase.until_ns);
            assert_eq!((first, last), (Some(0), Some(end)), "{name}: {arm}");
            let meets = |pair: &[_]| -> bool {
                let [one, next]: &[Phase; 2] = pair.try_into().expect("a pair");
                one.until_ns == next.from_ns && one.kind != next.kind
            };
            assert!(story.phases.windows(2).all(meets), "{name}: {arm}: {:?}", story.phases);
            for point in &points(story) {
                assert!(point.from_ns <= point.until_ns && point.until_ns <= end, "{point:?}");
                assert!(
                    point.text.contains(|c: char| c.is_ascii_digit())
                        || point.topic == Topic::Trigger
                );
            }
            // Three sentences if the arm broke. Otherwise one, and one about what helps if too many
            // requests are lost.
            let sentences = headline(story);
            let expected = match (story.breakages.is_empty(), story.suffers()) {
                (false, _) => 3,
                (true, true) => 2,
                (true, false) => 1,
            };
            assert_eq!(sentences.len(), expected, "{name}: {arm}");
            assert!(sentences.iter().all(|of| of.ends_with('.')), "{sentences:?}");
        }
        if ["burst", "full_queue"].contains(&name) {
            let keyed = Options { calendar: CalendarKind::Keyed, ..Options::default() };
            assert_eq!(explain_shipped(name, &keyed).1, explanation, "{name}");
        }
    }
}

/// The three sentences about a scenario of one arm with these entries.
fn sentences(text: &str) -> String {
    let text = format!("Scenario(schema: 1, duration: \"120s\", {text})");
    let file = ScenarioFile::from_bytes("t", text.as_bytes()).expect("it is a scenario");
    let options = Options::default();
    let explained = explain(&file.scenario, "t", &options, None, Effort::Everything);
    headline(&explained.expect("it runs").1.arms["main"]).join(" ")
}

/// The three sentences about one load that calls one service.
fn said_of(load: &str, service: &str, fault: &str, policy: &str) -> String {
    sentences(&format!(
        "load: {{ \"web\": Load({load}) }}, services: {{ \"db\": Service({service}) }}, \
         faults: {{ {fault} }}, calls: {{ \"web\": Call(to: \"db\", policy: [{policy}]) }}"
    ))
}

fn fault(from: &str, until: &str, effect: &str) -> String {
    format!("\"f\": Fault(service: \"db\", from: \"{from}\", until: \"{until}\", effect: {effect})")
}

fn says(text: &str, parts: &[&str]) {
    assert!(parts.iter().all(|part| text.contains(part)), "{text}\nhas not all of {parts:?}");
}

const CALM: &str = "arrivals: Poisson(rate: \"50/s\")";
const DB: &str = "time: Exponential(mean: \"20ms\"), slots: 10";

#[test]
fn three_sentences_of_the_healthy_and_of_what_passes() {
    says(&said_of(CALM, DB, "", ""), &["Nothing broke: 100 % of"]);
    let hiccup = fault("20s", "20.1s", "Frozen");
    let text = said_of(CALM, DB, &hiccup, "Timeout(\"1s\")");
    says(&text, &["Nothing broke, fault f notwithstanding: "]);
    // An outage during a fault, and one at the end of the run.
    says(
        &said_of(CALM, DB, &fault("20s", "30s", "Crashed"), ""),
        &[
            "It broke at 20.0 s with fault f, and was well again after that, from 30.0 s on; of ",
            "arrived meanwhile 0 succeeded",
            "Nothing kept it broken beyond that. Nothing tried would have mended it: none of ",
        ],
    );
    let text = said_of(CALM, DB, &fault("20s", "500s", "Crashed"), "");
    says(&text, &["and was still broken at 120 s; ", "was not over: fault f still lasted."]);
    // A few requests are lost all the time.
    let text = said_of(CALM, "time: Constant(\"20ms\"), failure_ratio: 0.04", "", "");
    says(&text, &["It never got worse than it is all the time: ", "Nothing tried would have"]);
}

#[test]
fn three_sentences_of_what_breaks_without_a_trigger() {
    // More load than capacity, from the first second on.
    let (load, slow) =
        ("arrivals: Poisson(rate: \"150/s\")", "time: Constant(\"100ms\"), slots: 10");
    says(
        &said_of(load, slow, "", "Timeout(\"1s\")"),
        &[
            " without any trigger, and was still broken at 120 s; ",
            "first bottleneck: service db (slots taken, limit 10)",
            "What kept it broken: ",
            "It would have been mended with a line of at most 20 at db: ",
        ],
    );
    // All calls are refused, and would fail otherwise.
    let breaker = "Breaker(window: 10, failure_threshold: 5, open_duration: \"30s\")";
    says(
        &said_of(CALM, "time: Constant(\"20ms\"), failure_ratio: 1.0", "", breaker),
        &[
            "It was broken from the beginning on, without any trigger, and was still broken",
            "fail without this, too: breaker web.breaker, open for ",
            "Nothing tried would have mended it: none of ",
        ],
    );
}

/// Closed loops: the number of successes is compared, not single requests.
#[test]
fn three_sentences_of_a_closed_loop() {
    let load = "arrivals: ClosedLoop(callers: 200, think: Exponential(mean: \"1s\"))";
    let slow = fault("40s", "60s", "Slowed(factor: 10)");
    let db = "time: Exponential(mean: \"40ms\"), slots: 10";
    says(
        &said_of(load, db, &slow, "Retry(max_attempts: 3), Timeout(\"2s\")"),
        &[
            "It broke at 40.0 s with fault f",
            " a second, and 192 while it was well",
            " requests succeed instead of ",
        ],
    );
}

/// A queue has no timeouts and no retries: the backlog keeps messages late.
#[test]
fn a_backlog_keeps_a_queue_broken() {
    let text = sentences(
        r#"load: { "web": Load(deadline: "5s", arrivals: Stages(stages: [(lasts: "30s",
            rate: "40/s"), (lasts: "10s", rate: "120/s"), (lasts: "80s", rate: "40/s")])) },
        services: { "db": Service(time: Exponential(mean: "100ms"), slots: 10) },
        queues: { "jobs": Queue() }, publishes: { "web": "jobs" },
        consumers: { "workers": Consumer(from: "jobs", concurrency: 5, to: "db",
            max_deliveries: 3) }"#,
    );
    for part in [
        "It broke at 30.0 s with the rise of load web, and was ",
        "first bottleneck: consumer workers (consumers taken, limit 5)",
        "a backlog at jobs, ",
        "It would have been mended with ",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn the_texts() {
    insta::assert_snapshot!(
        "explained_burst",
        explained(&explain_shipped("burst", &Options::default()).1)
    );
    let file = file("metastable");
    let (_, explanation) =
        explain(&file.scenario, &file.name, &Options::default(), Some("retries"), Effort::Bounded)
            .expect("it runs");
    insta::assert_snapshot!("explained_retries", explained(&explanation));
}
