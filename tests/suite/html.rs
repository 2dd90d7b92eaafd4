//! The page of a run: its contents, and that names and texts cannot inject anything.

use std::collections::BTreeMap;

use dessim::ScenarioFile;
use dessim::experiment::explain::{Effort, explain};
use dessim::experiment::run::{Options, common_bins, run};
use dessim::experiment::setting::{setting, topologies};
use dessim::metrics::fate::Fate;
use dessim::metrics::meter::Meter;
use dessim::metrics::probe::EventKind;
use dessim::report::explain::{
    Bottleneck, Breakage, BreakageEnd, Cause, Change, ChangeKind, EXPLANATION_SCHEMA, Example,
    Explanation, FaultEffect, Happening, Level, Link, Outcome, Pair, Phase, PhaseKind, Shift, Step,
    Story, SustainingLoop, Trigger, WhatIf,
};
use dessim::report::html::{Sheet, to_html};
use dessim::report::result::RunResult;
use dessim::scenario::resolved;
use sha2::{Digest, Sha256};

const SMALL: &str = r#"Scenario(
    schema: 1,
    about: "Small",
    seed: 3,
    duration: "3s",
    load: { "users": Load(arrivals: Poisson(rate: "150/s")) },
    services: { "db": Service(time: Exponential(mean: "10ms"), slots: 1, queue: 2) },
    faults: { "freeze": Fault(service: "db", from: "1s", until: "1.2s", effect: Frozen) },
    arms: {
        "plain": Arm(calls: { "users": Call(to: "db") }),
        "retry": Arm(
            about: "Three tries",
            calls: { "users": Call(to: "db", policy: [
                Breaker(window: 20, failure_threshold: 15, open_duration: "300ms"),
                Retry(max_retries: 2),
                Timeout("50ms"),
            ]) },
        ),
    },
)
"#;

fn file(name: &str, text: &str) -> ScenarioFile {
    let file = ScenarioFile::from_bytes(name, text.as_bytes());
    file.unwrap_or_else(|problems| panic!("{name}: {problems}"))
}

fn played(file: &ScenarioFile) -> RunResult {
    let options = Options::default().sampled(&file.scenario);
    let mut result = run(&file.scenario, &file.name, &options).expect("it runs");
    result.scenario.resolved = Some(resolved(&file.scenario));
    result
}

fn page(file: &ScenarioFile, explanation: Option<&Explanation>) -> String {
    let result = played(file);
    to_html(&Sheet {
        result: &result,
        setting: &setting(&file.scenario),
        explanation,
        topologies: &topologies(&file.scenario, &result),
        replayed: false,
    })
}

/// The page without the text from `open` to `close`, both included.
fn without(page: &str, open: &str, close: &str) -> String {
    let mut parts = page.split(open);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(part.split_once(close).expect("it is closed").1);
    }
    text
}

static WITHOUT_RETRIES: ChangeKind =
    ChangeKind::setting("without_retries", "without retries at {at}", "");

fn what_if(component: &str) -> WhatIf {
    WhatIf {
        change: Change::new(&WITHOUT_RETRIES, component),
        in_both: 20,
        failing: 9,
        saved: 6,
        lost: 1,
        otherwise: 0,
        faster: Shift { requests: 8, median_ns: Some(1_000_000) },
        slower: Shift::default(),
        sooner: Shift::default(),
        later: Shift::default(),
        offered: Pair::new(20, 20),
        succeeded: Pair::new(11, 16),
        attempts: Pair::new(30, 20),
        work_ns: Pair::new(9_000_000, 6_000_000),
        wasted_ns: Pair::new(3_000_000, 0),
        p99_ns: Pair::new(Some(1_500_000_000), Some(500_000_000)),
        ends_well: Some(true),
    }
}

const S: u64 = 1_000_000_000;
const BUSY: Meter = Meter::new("busy", "slots taken");

fn trigger(text: &str) -> Trigger {
    let (fault, service) = (text.to_owned(), text.to_owned());
    let (effect, factor) = (FaultEffect::Slowed, Some(4.0));
    let cause =
        Cause::Fault { fault, service, replica: None, zone: None, effect, factor, ratio: 0.5 };
    Trigger { from_ns: S, until_ns: 2 * S, changes: true, cause }
}

fn bottleneck(text: &str) -> Bottleneck {
    Bottleneck {
        component: text.to_owned(),
        kind: "service",
        meter: &BUSY,
        limit: 4,
        as_before: false,
        from_ns: S,
        until_ns: 3 * S,
        mean: Some(3.9),
        max: 4,
    }
}

fn feeding(text: &str) -> SustainingLoop {
    SustainingLoop {
        phase: PhaseKind::Metastable,
        from_ns: 2 * S,
        until_ns: 3 * S,
        link: Link::Retries { edge: text.into(), service: text.into(), attempts: 30, retries: 20 },
        levels: vec![Level { meter: &BUSY, mean: 3.9, max: 4 }],
        decides: Some(true),
    }
}

fn example(text: &str) -> Example {
    let step = |at: u64| Step {
        at_ns: at * 1_000_000,
        happening: Happening::Event {
            component: text.to_owned(),
            attempt: 1,
            event: EventKind::SENT,
            value: 0,
            other: Some(text.to_owned()),
        },
    };
    Example {
        load: text.to_owned(),
        number: 17,
        fate: Fate::Timeout,
        alike: 9,
        steps: (0..14).map(step).collect(),
    }
}

/// An explanation with all of its parts, and `text` for every name.
fn explained(file: &ScenarioFile, text: &str) -> Explanation {
    let result = played(file);
    let phase = |kind, from_ns, until_ns, good| Phase {
        kind,
        from_ns,
        until_ns,
        arrived: 10,
        ended: 10,
        good,
        ill: false,
    };
    let requests = result.arms.values().next().expect("there is an arm").requests;
    let breakage = Breakage {
        from_ns: S,
        until_ns: 3 * S,
        arrived: 20,
        ended: 20,
        good: 2,
        trigger: Some(0),
        end: BreakageEnd::Stays,
    };
    let story = Story {
        outcome: Outcome { requests, attempts: 30, ..Outcome::default() },
        phases: vec![
            phase(PhaseKind::Steady, 0, S, 10),
            phase(PhaseKind::Trigger, S, 2 * S, 1),
            phase(PhaseKind::Metastable, 2 * S, 3 * S, 1),
        ],
        breakages: vec![breakage],
        triggers: vec![trigger(text)],
        bottlenecks: vec![bottleneck(text)],
        loops: vec![feeding(text)],
        example: Some(example(text)),
        what_if: vec![what_if(text)],
        untried: 2,
        ..Story::default()
    };
    let arms = result.arms.keys().map(|arm| (arm.clone(), story.clone()));
    Explanation {
        schema: EXPLANATION_SCHEMA,
        scenario: result.scenario.clone(),
        seed: result.seed,
        fingerprint: result.fingerprint,
        arms: arms.collect::<BTreeMap<_, _>>(),
    }
}

#[test]
fn a_small_page() {
    let file = file("small", SMALL);
    let page = page(&file, Some(&explained(&file, "told")));
    let page = without(&page, "<script", "</script>");
    let page = without(&without(&page, "<style", "</style>"), "<svg", "</svg>");
    let page = without(&without(&page, "<pre", "</pre>"), "<table", "</table>");
    insta::assert_snapshot!("page_small", page.replace("><", ">\n<"));
}

#[test]
fn pages_are_the_same_to_the_byte() {
    let file = file("small", SMALL);
    let explanation = explained(&file, "told");
    let twice = [(); 2].map(|()| page(&file, Some(&explanation)));
    assert!(twice[0] == twice[1], "two pages of one run differ");
}

/// Any name and any text is shown as text.
#[test]
fn names_are_no_markup() {
    let hostile = "</script><img src=x onerror=alert(1)>\"'&\u{2028}]]>-->";
    let name = "</script><img src=x onerror=alert(1)>\\\"'&]]>-->";
    let text = SMALL
        .replace("\"Small\"", &format!("\"{name}\""))
        .replace("\"Three tries\"", &format!("\"{name}\""))
        .replace("\"users\"", &format!("\"users{name}\""))
        .replace("\"db\"", &format!("\"db{name}\""))
        .replace("\"freeze\"", &format!("\"freeze{name}\""))
        .replace("\"plain\"", &format!("\"plain{name}\""));
    let mut file = file("small", &text);
    hostile.clone_into(&mut file.name);
    let page = page(&file, Some(&explained(&file, hostile)));
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;"), "it is not there at all");
    assert!(!page.contains("<img"), "an image got out");
    assert_eq!(page.matches("</script").count(), 3, "a script was ended early");
    assert_eq!(page.matches("<script").count(), 3, "a script was begun");
    // The data on the page have the original names.
    let data = page.split_once("id=\"data\">").expect("there is data").1;
    let data = data.split_once("</script>").expect("it ends").0;
    assert!(!data.contains(['<', '>', '&', '\u{2028}']), "something is not escaped");
    let data: serde_json::Value = serde_json::from_str(data).expect("it is JSON");
    let arm = data["arms"][0]["name"].as_str().expect("a name");
    assert_eq!(arm, format!("plain{}", name.replace('\\', "")));
}

/// The page has no address to fetch from, and a policy that allows only its own scripts.
#[test]
fn the_policy_names_the_scripts_that_are_there() {
    let page = page(&file("small", SMALL), None);
    let policy = page.split_once("Content-Security-Policy\" content=\"").expect("a policy").1;
    let policy = policy.split_once('"').expect("it ends").0;
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    let script = policy.split(';').find(|part| part.trim().starts_with("script-src"));
    let mut hashes = 0;
    for text in page.split("<script>").skip(1) {
        let text = text.split_once("</script>").expect("it ends").0;
        let hash = format!("'sha256-{}'", base64(&Sha256::digest(text.as_bytes())));
        assert!(script.expect("scripts").contains(&hash), "the policy lacks {hash}");
        hashes += 1;
    }
    assert_eq!(hashes, 2);
    assert!(!script.expect("scripts").contains("unsafe"));
    for fetched in ["src=", "url(", "@import", "<link", "http-equiv=\"refresh"] {
        let text = without(&page, "<script", "</script>");
        assert!(!text.contains(fetched), "{fetched} is in the page");
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let six = (bits >> (18 - 6 * digit)) & 63;
            let known = digit <= chunk.len();
            text.push(if known { char::from(DIGITS[six as usize]) } else { '=' });
        }
    }
    text
}

/// Scenarios that ship have pages small enough to send.
#[test]
fn every_scenario_has_a_page() {
    let mut pages = 0;
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios")).unwrap() {
        let file = dessim::Scenario::from_path(entry.unwrap().path())
            .expect("it is a scenario")
            .into_file();
        let page = page(&file, None);
        assert!(page.len() < 500_000, "{}: {} bytes", file.name, page.len());
        for id in ["glance", "topology", "charts", "distributions", "ledger", "reproduce"] {
            assert!(page.contains(&format!("id=\"{id}\"")), "{}: no {id}", file.name);
        }
        let data = page.split_once("id=\"data\">").expect("there is data").1;
        let data = data.split_once("</script>").expect("it ends").0;
        let data: serde_json::Value = serde_json::from_str(data).expect("it is JSON");
        let arms = data["arms"].as_array().expect("arms").len();
        for panel in data["panels"].as_array().expect("panels") {
            let lines = panel["labels"].as_array().expect("labels").len();
            assert!(lines > 0 && panel["arms"].as_array().expect("arms").len() == arms);
            let drawn = panel["arms"].as_array().into_iter().flatten();
            let drawn = drawn.flat_map(|arm| arm.as_array().expect("lines"));
            assert!(drawn.clone().any(serde_json::Value::is_array), "a panel of nothing");
            for values in drawn.filter_map(serde_json::Value::as_array) {
                assert!(values.iter().any(|value| value.as_f64().unwrap_or(0.0) != 0.0));
            }
        }
        pages += 1;
    }
    assert!(pages >= 10, "{pages}");
}

#[test]
fn charts_are_chosen_by_what_numbers_are() {
    let page = page(&file("small", SMALL), None);
    let data = page.split_once("id=\"data\">").expect("there is data").1;
    let data: serde_json::Value =
        serde_json::from_str(data.split_once("</script>").expect("it ends").0).expect("JSON");
    let panels = data["panels"].as_array().expect("panels");
    let told: Vec<String> = panels
        .iter()
        .map(|panel| {
            let labels: Vec<_> = panel["labels"].as_array().into_iter().flatten().collect();
            let labels: Vec<_> = labels.iter().filter_map(|label| label.as_str()).collect();
            let roles: Vec<_> = panel["roles"].as_array().into_iter().flatten().collect();
            let lines: Vec<String> = labels
                .iter()
                .zip(roles)
                .map(|(label, role)| format!("{label} ({})", role.as_str().unwrap_or("-")))
                .collect();
            let unit = panel["unit"].as_str().unwrap_or("-");
            let log = if panel["log"] == true { ", log" } else { "" };
            let bins = if panel["grain"] == 1 { "wide" } else { "narrow" };
            format!("{unit}{log}, {bins} bins: {}", lines.join(", "))
        })
        .collect();
    insta::assert_snapshot!("page_panels", told.join("\n"));
    // The state of the breaker is a band, in the arm with a breaker.
    let bands = |arm: usize| data["arms"][arm]["bands"].as_array().expect("bands").clone();
    let labels = |arm: usize| bands(arm).iter().map(|band| band[1].to_string()).collect::<Vec<_>>();
    assert_eq!(labels(0), ["\"freeze: db frozen\""]);
    assert_eq!(labels(1), ["\"freeze: db frozen\"", "\"users.breaker open\""]);
    assert_eq!(bands(0)[0][2].to_string(), "[[1000000000,1200000000]]");
}

/// The page of the project's main thesis shows the answer at the top.
#[test]
fn the_first_screen_says_what_happened_why_and_what_would_help() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/metastable.ron");
    let file = dessim::Scenario::from_path(path).expect("it is a scenario").into_file();
    let (_, explanation) =
        explain(&file.scenario, &file.name, &Options::default(), None, Effort::Bounded)
            .expect("it runs");
    let page = page(&file, Some(&explanation)).replace(['\u{2068}', '\u{2069}'], "");
    let body = page.split_once("<h1>").expect("a headline").1;
    let first = body.split_once("id=\"expectations\"").map_or(body, |(first, _)| first);
    let first = first.split_once("id=\"explanation\"").expect("an explanation").0;
    for part in [
        "After fault freeze, “retries” breaks down and does not come back",
        "Why: <bdi>retries</bdi>",
        "It broke at 60.0 s with fault freeze",
        "What kept it broken: retries, 66.7 % of the attempts on clients -&gt; db",
        "</strong> succeed without retries at clients.retry</li>",
        "<dt>attempts each</dt><dd>2.59</dd>",
        "freeze: db frozen, 60.0 s to 70.0 s",
    ] {
        assert!(first.contains(part), "no {part} in {first}");
    }
    // One chart of requests and one of attempts per arm.
    assert_eq!(first.matches("<svg class=\"dessim-figure glance\"").count(), 8);
    for later in ["fingerprint", "digest"] {
        assert!(!first.contains(later), "{later} is on the first screen");
    }
}

#[test]
fn arms_of_unlike_length_get_bins_of_one_width() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/wide_bulkhead.ron");
    let file = dessim::Scenario::from_path(path).expect("it is a scenario").into_file();
    let first = played(&file);
    let sample = common_bins(&first).expect("the arms are of unlike length");
    let options = Options { sample: Some(sample), ..Options::default() };
    let again = run(&file.scenario, &file.name, &options).expect("it runs");
    let series = |arm: &str| again.arms[arm].series.clone().expect("there is a series");
    let (one, other) = (series("rpc"), series("event-driven"));
    assert_eq!((one.bin_ns, other.bin_ns), (20_000_000, 20_000_000));
    assert!(one.bins.max(other.bins) <= 800);
    assert_eq!(common_bins(&again), None);
    assert_eq!(again.fingerprint, first.fingerprint);
}
