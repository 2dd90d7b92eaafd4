//! `dessim trace`: single requests.

use serde_json::Value as Json;

use super::*;

const SCENARIOS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");

fn json(ran: &Ran) -> Json {
    serde_json::from_str(&ran.out).expect("it is JSON")
}

fn trees(name: &str, args: &str) -> String {
    let out = Place::new().dessim(&format!("trace {SCENARIOS}/{name}.ron -q {args}")).fine().out;
    for line in out.lines() {
        assert!(dessim::report::text::format::width(line) <= 100, "{line}");
    }
    out
}

#[test]
fn trees_are_pleasant_to_read() {
    insta::assert_snapshot!("trace_burst", trees("burst", "--slowest 1"));
    let retries = trees("metastable", "--failed 1 --arm retries");
    insta::assert_snapshot!("trace_metastable", retries);
    insta::assert_snapshot!("trace_full_queue", trees("full_queue", "--failed 1"));
}

#[test]
fn the_slowest_are_those_of_the_result() {
    let place = Place::new();
    let result = json(&place.dessim("run small.ron --format json").fine());
    let data = json(&place.dessim("trace small.ron --slowest 7 --format json").fine());
    assert_eq!(data["fingerprint"], result["fingerprint"]);
    for arm in data["arms"].as_array().expect("there are arms") {
        let of = &result["arms"][arm["arm"].as_str().expect("a name")];
        let requests = arm["requests"].as_array().expect("there are requests");
        let took = |request: &Json| {
            let at = |name: &str| request[name].as_u64().expect("an instant");
            at("ended_ns") - at("arrived_ns")
        };
        let took: Vec<_> = requests.iter().map(took).collect();
        assert_eq!(Some(took[0]), of["latency"]["outcome"]["max_ns"].as_u64());
        assert!(took.len() == 7 && took.is_sorted_by(|a, b| a >= b), "{took:?}");
        assert_eq!(arm["ended"], of["requests"]["offered"]);
    }
}

/// Every request of both arms, compared with the counts of the result.
#[test]
fn all_requests_together_are_the_run() {
    let place = Place::new();
    let result = json(&place.dessim("run small.ron --format json").fine());
    let data = json(&place.dessim("trace small.ron --slowest 1000 --format json").fine());
    let failed = json(&place.dessim("trace small.ron --failed 1000 --format json").fine());
    for (at, arm) in ["plain", "retry"].into_iter().enumerate() {
        let of = &result["arms"][arm];
        let requests = data["arms"][at]["requests"].as_array().expect("there are requests");
        let fates = |fate: &str| requests.iter().filter(|r| r["fate"] == fate).count() as u64;
        for fate in ["succeeded", "shed"] {
            assert_eq!(Some(fates(fate)), of["requests"][fate].as_u64(), "{fate}");
        }
        let spans = requests.iter().flat_map(|request| request["spans"].as_array().expect("some"));
        let attempts = spans.filter(|span| span["name"] == "attempt").count() as u64;
        assert_eq!(Some(attempts), of["attempts"]["total"].as_u64());
        let unsuccessful = failed["arms"][at]["requests"].as_array().expect("there are some");
        assert_eq!(unsuccessful.len() as u64, requests.len() as u64 - fates("succeeded"));
        assert_eq!(failed["arms"][at]["unsuccessful"]["shed"], of["requests"]["shed"]);
    }
}

#[test]
fn a_request_is_named_by_number_and_load() {
    let place = Place::new();
    let one = place.dessim("trace small.ron --request 17 --arm plain").fine().out;
    assert!(one.contains("\nusers#17 in arm plain ") && !one.contains("in arm retry"), "{one}");
    let same = place.dessim("trace small.ron --request users#17 --request 17 --arm plain").fine();
    assert_eq!(same.out, one);
    // Requests are in the order of the arguments, in every arm.
    let two = place.dessim("trace small.ron --request 9 --request 3").fine().out;
    let heads: Vec<_> = two.lines().filter_map(|line| line.split(" in arm ").next()).collect();
    let heads: Vec<_> = heads.into_iter().filter(|line| line.starts_with("users#")).collect();
    assert_eq!(heads, ["users#9", "users#3", "users#9", "users#3"]);
    let seed = place.dessim("trace small.ron --request 17 --arm plain --seed 4").fine().out;
    assert!(seed.starts_with("small, seed 4\n") && seed != one);
    let set = "--set load.users.total=10 --set seed=4";
    let set = place.dessim(&format!("trace small.ron {set} --request 9")).fine().out;
    assert!(set.starts_with("small, seed 4\n"));
}

#[test]
fn what_cannot_be_followed_is_told() {
    let place = Place::new();
    let two = SMALL
        .replace("load: {", "load: { \"jobs\": Load(arrivals: Poisson(rate: \"1/s\"), total: 2),");
    let two = two.replace("calls: {", "calls: { \"jobs\": Call(to: \"db\"),");
    place.write("two.ron", &two);
    for (args, exit, message, hint) in [
        ("small.ron --arm plan", 2, "there is no arm `plan`", "did you mean `plain`?"),
        ("small.ron --arm x", 2, "there is no arm `x`", "there is `plain`"),
        ("small.ron --request user#3", 2, "no load `user`", "did you mean `users`?"),
        ("small.ron --request 200", 2, "no request users#200", "there are 0 to 199"),
        ("two.ron --request 1", 2, "of any of the loads `jobs`", "say which, such as jobs#1"),
        ("small.ron --request -1", 2, "unexpected argument", ""),
        ("small.ron --request +1", 2, "invalid value '+1'", "such as clients#17"),
        ("small.ron --request #1", 2, "invalid value '#1'", "such as clients#17"),
        ("small.ron --slowest 0", 2, "a whole number from 1", ""),
        ("small.ron --slowest 1 --failed 1", 2, "cannot be used with", ""),
        ("small.ron --epoch 1", 2, "--epoch goes with --format otlp", "leave --epoch out"),
        ("nowhere.ron", 1, "cannot read nowhere.ron", ""),
    ] {
        let ran = place.dessim(&format!("trace {args}")).ends(exit, &[message, hint]);
        assert_eq!(ran.out, "", "{args}");
    }
    let patient = "--set services.db.queue=1000 --arm plain";
    let ran = place.dessim(&format!("trace small.ron -q --failed 3 {patient}"));
    let ran = ran.ends(4, &["every request that ended succeeded"]);
    assert!(ran.out.contains("arm plain: all 200 requests that ended succeeded"), "{}", ran.out);
}

#[test]
fn a_saved_result_is_followed_as_it_was() {
    let place = Place::new();
    place.dessim("run small.ron --seed 8 --export-json r.json").fine();
    let saved = place.dessim("trace r.json --slowest 2").fine().out;
    let again = place.dessim("trace small.ron --seed 8 --slowest 2").fine().out;
    assert_eq!(saved, again);
    place.dessim("trace r.json --set seed=1").ends(2, &["--set changes scenarios"]);
    let other = place.read("r.json").replacen("\"fingerprint\": \"", "\"fingerprint\": \"0", 1);
    place.write("other.json", &other);
    let ran = place.dessim("trace other.json").ends(3, &["cannot be shown"]);
    assert_eq!(ran.out, "");
}

#[test]
fn otlp_has_an_epoch_and_ids_that_are_never_twice() {
    let place = Place::new();
    let otlp = |args: &str| {
        let args = format!("trace small.ron -q --slowest 20 --format otlp {args}");
        json(&place.dessim(&args).fine())
    };
    let spans = |of: &Json| -> Vec<Json> {
        let resources = of["resourceSpans"].as_array().expect("there are some").clone();
        let spans = resources.into_iter().map(|r| r["scopeSpans"][0]["spans"].clone());
        spans.flat_map(|spans| spans.as_array().expect("there are some").clone()).collect()
    };
    let (old, new) = (spans(&otlp("")), spans(&otlp("--epoch 1700000000")));
    let mut ids = std::collections::BTreeSet::new();
    let instant = |span: &Json| {
        let text = span["startTimeUnixNano"].as_str().expect("a text");
        text.parse::<u64>().expect("a number")
    };
    for (old, new) in old.iter().zip(&new) {
        assert_eq!(instant(new) - instant(old), (1_700_000_000 - 946_684_800) * 1_000_000_000);
        assert!(ids.insert((old["traceId"].to_string(), old["spanId"].to_string())));
    }
    let traces: std::collections::BTreeSet<_> = ids.iter().map(|(trace, _)| trace).collect();
    assert_eq!((traces.len(), old.len() == new.len()), (40, true), "20 requests of 2 arms");
    let kinds: std::collections::BTreeSet<_> =
        old.iter().map(|span| (span["name"].to_string(), span["kind"].as_u64())).collect();
    let kinds: Vec<_> = kinds.iter().map(|(name, kind)| (name.as_str(), *kind)).collect();
    let wanted = [
        ("\"attempt\"", Some(3)),
        ("\"backoff\"", Some(1)),
        ("\"in a slot\"", Some(2)),
        ("\"in line\"", Some(1)),
        ("\"request\"", Some(1)),
    ];
    assert_eq!(kinds, wanted);
}
