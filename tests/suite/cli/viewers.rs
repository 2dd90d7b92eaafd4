//! Files for other viewers, compared with the records of the run.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::*;
use crate::support::protobuf::{Value, bytes, fields, number};

/// All kinds of components, some with work in progress at the end of the run.
const BUSY: &str = r#"Scenario(
    schema: 1,
    seed: 5,
    duration: "400ms",
    load: { "users": Load(arrivals: Poisson(rate: "300/s")) },
    services: { "db": Service(time: Exponential(mean: "25ms"), slots: 4, queue: 9) },
    arms: {
        "calls": Arm(calls: { "users": Call(to: "db", policy: [
            Timeout("90ms"),
            Retry(max_retries: 3, backoff: Constant("30ms")),
            Bulkhead(permits: 8),
            Timeout("35ms"),
        ]) }),
        "queue": Arm(
            publishes: { "users": "jobs" },
            queues: { "jobs": Queue(capacity: 50) },
            consumers: { "workers": Consumer(from: "jobs", concurrency: 5, to: "db",
                policy: [Timeout("35ms")], max_deliveries: 2) },
        ),
    },
)
"#;

const ALL: &str = "--trace t.jsonl --trace-chrome t.json --trace-perfetto t.pftrace";

fn place() -> Place {
    let place = Place::new();
    place.write("busy.ron", BUSY);
    place
}

/// Expected numbers of spans by kind, by the documentation of the records.
fn recorded(place: &Place) -> BTreeMap<String, usize> {
    let mut spans = BTreeMap::new();
    for line in place.read("t.jsonl").lines().skip(1) {
        let line: Json = serde_json::from_str(line).expect("a record");
        let span = match line["what"].as_str().expect("it has a name") {
            "arrived" => "request",
            "sent" => "attempt",
            "waits" => "in line",
            "started" => "in a slot",
            "retries" => "backoff",
            "published" => "queued",
            "taken" => "delivery",
            _ => continue,
        };
        *spans.entry(span.to_owned()).or_default() += 1;
    }
    spans
}

/// Slices by track; those of one track never overlap.
#[derive(Default)]
struct Slices {
    open: BTreeMap<(u64, u64), u64>,
    spans: BTreeMap<String, usize>,
    widest: BTreeMap<(u64, u64), u64>,
}

impl Slices {
    fn begin(&mut self, track: (u64, u64), at: u64, kind: &str) {
        assert_eq!(self.open.insert(track, at), None, "{track:?} at {at}");
        *self.spans.entry(kind.to_owned()).or_default() += 1;
    }

    fn end(&mut self, track: (u64, u64), at: u64) {
        let began = self.open.remove(&track).expect("what ends has begun");
        assert!(began <= at);
        let widest = self.widest.entry(track).or_default();
        *widest = (*widest).max(at);
    }
}

#[test]
fn chrome_sees_every_span_and_counter() {
    let place = place();
    let page = place.dessim("run busy.ron -q").fine();
    let args = format!("run busy.ron -q --export-json r.json {ALL}");
    assert_eq!(place.dessim(&args).fine(), page, "writing changes nothing");
    let file: Json = serde_json::from_str(&place.read("t.json")).expect("it is JSON");
    let mut slices = Slices::default();
    let mut lanes: BTreeMap<String, usize> = BTreeMap::new();
    let (mut starts, mut ends, mut counters) = (Vec::new(), Vec::new(), BTreeMap::new());
    for event in file["traceEvents"].as_array().expect("there are events") {
        let integer = |name: &str| event[name].as_u64().expect("a number");
        let track = (integer("pid"), integer("tid"));
        let ns = (event["ts"].as_f64().expect("an instant") * 1000.0).round() as u64;
        match event["ph"].as_str().expect("it has a phase") {
            "B" => slices.begin(track, ns, event["cat"].as_str().expect("a kind")),
            "E" => slices.end(track, ns),
            "s" => starts.push(integer("id")),
            "f" => ends.push(integer("id")),
            "C" => *counters.entry((track.0, event["name"].to_string())).or_insert(0) += 1,
            "M" if event["name"] == "thread_name" => {
                let name = event["args"]["name"].as_str().expect("a name");
                let (kind, lane) = name.rsplit_once(' ').expect("a lane");
                let most = lanes.entry(kind.to_owned()).or_default();
                *most = (*most).max(lane.parse().expect("a number"));
            }
            _ => {}
        }
    }
    let wanted = recorded(&place);
    assert_eq!(slices.spans, wanted);
    assert!(wanted.values().all(|n| *n > 10) && wanted.len() == 7, "{wanted:?}");
    assert!(slices.open.is_empty(), "every slice ends");
    let last = slices.widest.values().max();
    assert_eq!(last, Some(&400_000_000), "what is open ends with the run");
    assert_eq!((lanes["db, in a slot"], lanes["workers, delivery"]), (4, 5));
    assert_eq!(starts, ends);
    // A flow leads to every slice but those of requests, also to slices of no length.
    assert!(starts.len() >= wanted.values().sum::<usize>() - wanted["request"] - 10);
    let result: Json = serde_json::from_str(&place.read("r.json")).expect("it is JSON");
    for (process, arm) in [(1, "calls"), (2, "queue")] {
        let series = &result["arms"][arm]["series"];
        let tracks = series["tracks"].as_array().expect("there are tracks");
        let levels = tracks.iter().filter(|track| track["unit"] == "level");
        let name = |track: &Json| track["metric"].as_str().map(str::to_owned);
        let levels: Vec<_> = levels.filter_map(name).collect();
        assert!(levels.contains(&"busy.mean".to_owned()), "{levels:?}");
        let bins = series["bins"].as_u64().expect("a number");
        let of_arm = counters.iter().filter(|((of, _), _)| *of == process);
        let whole = of_arm.filter(|(_, values)| **values == bins).count();
        assert!(whole >= levels.len(), "{counters:?}");
    }
}

#[test]
fn perfetto_sees_every_span() {
    let place = place();
    place.dessim(&format!("run busy.ron -q {ALL}")).fine();
    let file = std::fs::read(place.path("t.pftrace")).expect("it is written");
    let (mut slices, mut categories) = (Slices::default(), BTreeMap::new());
    let (mut tracks, mut flows, mut landed) = (BTreeMap::new(), Vec::new(), 0);
    for (at, packet) in bytes(&fields(&file), 1).map(fields).enumerate() {
        assert_eq!(number(&packet, 13), Some(if at == 0 { 3 } else { 2 }), "flags");
        for interned in bytes(&packet, 12) {
            for category in bytes(&fields(interned), 1).map(fields) {
                let name = bytes(&category, 2).next().expect("a name");
                let name = String::from_utf8(name.to_vec()).expect("UTF-8");
                categories.insert(number(&category, 1).expect("a number"), name);
            }
        }
        for track in bytes(&packet, 60).map(fields) {
            let parent = number(&track, 5);
            assert!(parent.is_none_or(|parent| tracks.contains_key(&parent)));
            let name = bytes(&track, 2).next().map(<[u8]>::to_vec);
            tracks.insert(number(&track, 1).expect("it has an id"), name);
        }
        for event in bytes(&packet, 11).map(fields) {
            let track = number(&event, 11).expect("a track");
            let name = tracks[&track].as_deref();
            let at = number(&packet, 8).expect("an instant");
            match number(&event, 9) {
                Some(1) => {
                    let kind = &categories[&number(&event, 3).expect("a category")];
                    assert_eq!(name, Some(kind.as_bytes()));
                    slices.begin((0, track), at, kind);
                    let is_flow = |(field, value): &(u64, Value<'_>)| match value {
                        Value::Fixed(flow) if *field == 47 => Some(*flow),
                        _ => None,
                    };
                    let of: Vec<_> = event.iter().filter_map(is_flow).collect();
                    landed += of.iter().filter(|flow| flows.contains(*flow)).count();
                    assert!((2..=3).contains(&of.len()));
                    flows.extend(of);
                }
                Some(2) => slices.end((0, track), at),
                _ => {}
            }
        }
    }
    assert_eq!(slices.spans, recorded(&place));
    assert!(slices.open.is_empty(), "every slice ends");
    let chrome = place.read("t.json").matches("\"ph\":\"f\"").count();
    assert_eq!(landed, chrome, "as many flows as for Chrome");
}

#[test]
fn files_for_viewers_are_the_same_every_time() {
    let place = place();
    let read = |name: &str| std::fs::read(place.path(name)).expect("it is written");
    place.dessim(&format!("run busy.ron -q {ALL}")).fine();
    let first = [read("t.json"), read("t.pftrace")];
    for calendar in ["lanes", "keyed"] {
        place.dessim(&format!("run busy.ron -q {ALL} --calendar {calendar}")).fine();
        assert!(first == [read("t.json"), read("t.pftrace")], "{calendar}");
    }
    for format in ["json", "otlp", "chrome"] {
        let args = format!("trace busy.ron -q --slowest 5 --format {format}");
        assert_eq!(place.dessim(&args).fine(), place.dessim(&args).fine(), "{format}");
    }
}

/// Names as hostile as the rules of names allow.
#[test]
fn names_are_escaped_for_viewers() {
    let place = Place::new();
    let load = "<b>\\\"a\\\" = '🦀'";
    let text = SMALL.replace("\"users\"", &format!("\"{load}\"")).replace("total: 200", "total: 9");
    place.write("odd.ron", &text.replace("\"plain\"", "\"<i>, \\\"\""));
    place.dessim("run odd.ron -q --trace-chrome t.json --trace-perfetto t.pftrace").fine();
    let file: Json = serde_json::from_str(&place.read("t.json")).expect("it is JSON");
    let events = file["traceEvents"].as_array().expect("there are events");
    let named = |name: &str| events.iter().any(|event| event["name"] == name);
    assert!(named("<b>\"a\" = '🦀'#8"));
    let named = |name: &str| events.iter().any(|event| event["args"]["name"] == name);
    assert!(named("<b>\"a\" = '🦀' -> db, attempt 1") && named("arm <i>, \""));
    let perfetto = std::fs::read(place.path("t.pftrace")).expect("it is written");
    let holds = |name: &str| perfetto.windows(name.len()).any(|part| part == name.as_bytes());
    assert!(holds("<b>\"a\" = '🦀'#8") && holds("arm <i>, \""));
    let otlp = place.dessim("trace odd.ron -q --format otlp").fine().out;
    let otlp: Json = serde_json::from_str(&otlp).expect("it is JSON");
    assert!(otlp.to_string().contains("<b>\\\"a\\\" = '🦀'"));
}

#[test]
fn files_for_viewers_are_refused_before_the_run() {
    let place = place();
    for (args, exit, message) in [
        ("run busy.ron --trace-chrome no/t.json", 1, "the directory no does not exist"),
        ("run busy.ron --trace-perfetto busy.ron", 2, "would replace busy.ron, which is read"),
        ("run busy.ron --trace-chrome a --trace-perfetto a", 2, "both go to a"),
        ("run busy.ron --seeds 1..3 --trace-chrome a", 2, "cannot be used with"),
        ("trace busy.ron -o no/t", 1, "the directory no does not exist"),
        ("trace busy.ron -o busy.ron", 2, "would replace busy.ron, which is read"),
    ] {
        assert_eq!(place.dessim(args).ends(exit, &[message]).out, "");
    }
    assert_eq!(place.names("."), ["busy.ron", "small.ron"]);
}
