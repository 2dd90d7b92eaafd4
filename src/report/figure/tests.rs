//! Small figures in full, and extreme data.

use super::*;
use crate::kernel::time::{Duration, Instant};
use crate::metrics::meter::Measurements;
use crate::metrics::recorder::Recorder;
use crate::metrics::sampler::{Resolution, Sampler};
use crate::report::result::{ArmResult, Curves, Series};
use crate::report::sample;
use crate::report::topology::{Chip, Link, Node, Topology};

crate::metrics! {
    /// Requests that arrived
    OFFERED: Count = "requests.offered", "requests offered";
    /// Requests that succeeded
    SUCCEEDED: Count = "requests.succeeded", "requests succeeded";
    /// Requests that were rejected
    REJECTED: Count = "requests.rejected", "requests rejected";
    /// Things that a figure cannot know
    THINGS: Count = "things", "things of a kind nobody knows";
    /// Time of being open
    OPEN: State = "open", "open";
    /// Age of the oldest
    AGE: Momentary = "age", "age of the oldest";
    /// of those that succeeded
    LATENCY: Latencies = "latency", "latency";
}

const MS: u64 = 1_000_000;

/// A series sampled every 10 ms; `show` gets the sampler and the number of the sample.
fn series(looks: u64, last_ns: u64, show: impl Fn(&mut Sampler, u64)) -> Series {
    let mut sampler = Sampler::new(Resolution::Every(Duration::from_ms(10)));
    for look in 1..=looks {
        let at = if look == looks { last_ns } else { look * 10 * MS };
        sampler.begin_sample(Instant::from_ns(at));
        show(&mut sampler, look);
        sampler.end_sample();
    }
    let mut series = sampler.finish();
    series.name(&["<db> & \"friends\"".to_owned()]);
    series
}

fn small() -> Series {
    series(4, 35 * MS, |sampler, look| {
        sampler.count(&OFFERED, 10 * look);
        sampler.count(&SUCCEEDED, 5 * look);
        sampler.count(&REJECTED, look.saturating_sub(2));
        sampler.component(0, "unheard of");
        sampler.count(&THINGS, look);
        sampler.state(&OPEN, Duration::from_ms((look.saturating_sub(1)) * 4));
        sampler.momentary(&AGE, (look != 2).then_some(Duration::from_ms(look)));
    })
}

fn arm(series: Option<Series>) -> ArmResult {
    ArmResult { series, ..sample::refused() }
}

fn drawn(arm: &ArmResult, bands: &[Band], detail: Detail) -> Figure {
    timeline(&Timeline { scenario: "burst", arm: "rpc", result: arm, bands, detail })
}

fn fault(from_ms: u64, until_ms: u64) -> Band {
    let (from_ns, until_ns) = (from_ms * MS, until_ms * MS);
    Band { label: "outage: db crashed".to_owned(), from_ns, until_ns }
}

/// Asserts that a figure is XML in both forms and has no `NaN` or infinity.
#[track_caller]
fn is_sound(figure: &Figure) {
    let file = figure.file();
    for text in [&file, &figure.element()] {
        assert!(!text.contains("NaN") && !text.contains("inf\""), "{text}");
        if let Err(error) = roxmltree::Document::parse(text) {
            panic!("{error}: {text}");
        }
    }
    let document = roxmltree::Document::parse(&file).expect("it was parsed just now");
    let root = document.root_element();
    assert_eq!(root.attribute("role"), Some("img"));
    let (width, height) = (figure.width, figure.height);
    for node in document.descendants() {
        let number = |name| node.attribute(name).map(|text| text.parse::<f64>().expect(text));
        if node.has_tag_name(("http://www.w3.org/2000/svg", "text")) {
            let (x, y) = (number("x").expect("x"), number("y").expect("y"));
            let said = node.children().filter(roxmltree::Node::is_text);
            let said: String = said.filter_map(|text| text.text()).collect();
            let bold = node.attribute("class").is_some_and(|class| class.contains("bold"));
            let size = number("font-size").expect("a size");
            let wide = text::width(&said, size, bold);
            let left = match node.attribute("text-anchor") {
                Some("middle") => x - wide / 2.0,
                Some("end") => x - wide,
                _ => x,
            };
            assert!(
                left >= -0.1 && left + wide <= width + 0.1,
                "{said:?} at {left} is {wide} wide"
            );
            assert!(y >= size * 0.7 && y <= height - 2.0, "{said:?} at {y} of {height}");
        }
        if let (Some(x), Some(w)) = (number("x"), number("width")) {
            assert!(x >= 0.0 && x + w <= width + 0.1, "{x} + {w}");
        }
        for (name, most) in [("x1", width), ("x2", width), ("y1", height), ("y2", height)] {
            assert!(number(name).is_none_or(|at| (0.0..=most).contains(&at)), "{name}");
        }
    }
}

#[test]
fn a_small_timeline() {
    let figure = drawn(&arm(Some(small())), &[fault(12, 28)], Detail::Full);
    is_sound(&figure);
    insta::assert_snapshot!(figure.element());
    assert!(figure.file().contains("prefers-color-scheme:dark"));
}

#[test]
fn what_is_brief_leaves_the_counts_of_components_out() {
    let arm = arm(Some(small()));
    let (brief, full) = (drawn(&arm, &[], Detail::Brief), drawn(&arm, &[], Detail::Full));
    let things = "things of a kind nobody knows";
    assert!(full.element().contains(things) && !brief.element().contains(things));
    assert!(brief.element().contains("age of the oldest"));
    assert!(brief.words.contains("40 offered, 20 succeeded, 2 rejected"), "{}", brief.words);
}

#[test]
fn nothing_one_bin_and_zeros_are_drawn() {
    is_sound(&drawn(&arm(None), &[fault(0, 1)], Detail::Full));
    let zeros = |sampler: &mut Sampler, _| {
        sampler.count(&OFFERED, 0);
        sampler.count(&SUCCEEDED, 0);
        sampler.component(0, "queue");
        sampler.momentary(&AGE, None);
        sampler.state(&OPEN, Duration::ZERO);
    };
    for (looks, last_ns) in [(1, 0), (1, 1), (1, 5 * MS), (3, 20 * MS), (3, 20 * MS + 1)] {
        for bands in [vec![], vec![fault(0, 0), fault(0, 1), fault(5, 900_000)]] {
            let idle = arm(Some(series(looks, last_ns, zeros)));
            let figure = drawn(&idle, &bands, Detail::Full);
            is_sound(&figure);
            assert!(figure.element().contains("requests so far"), "{looks} {last_ns}");
        }
    }
}

#[test]
fn the_largest_numbers_fit() {
    let most = series(2, 20 * MS, |sampler, _| {
        sampler.count(&OFFERED, u64::MAX);
        sampler.count(&SUCCEEDED, u64::MAX);
        sampler.count(&REJECTED, u64::MAX);
        sampler.component(0, "queue");
        sampler.momentary(&AGE, Some(Duration::from_ns(u64::MAX)));
        let mut latencies = crate::metrics::histogram::Histogram::default();
        latencies.record(1);
        latencies.record(u64::MAX);
        sampler.latencies(&LATENCY, &mut latencies);
    });
    is_sound(&drawn(&arm(Some(most)), &[fault(1, u64::MAX / MS)], Detail::Full));
    let mut late = Series { bin_ns: u64::MAX, end_ns: u64::MAX, bins: 1, columns: Vec::new() };
    late.columns.clear();
    is_sound(&drawn(&arm(Some(late)), &[fault(1, 2)], Detail::Full));
    let curve = of(&[u64::MAX, 1, 0, u64::MAX]);
    is_sound(&quantiles("s", [("a", &curve)]));
}

#[test]
fn a_last_bin_of_a_nanosecond_makes_no_peak() {
    let short = series(3, 20 * MS + 1, |sampler, look| {
        sampler.count(&OFFERED, look);
        sampler.component(0, "queue");
        sampler.count(&THINGS, look);
    });
    let figure = drawn(&arm(Some(short)), &[], Detail::Full);
    is_sound(&figure);
    assert!(!figure.element().contains("e8"), "a billion a second: {}", figure.element());
}

#[test]
fn names_are_text_and_nothing_else() {
    let bad = "</text><script>alert('1')</script>&amp;\"' 👩‍👩‍👧 شبكة ﷽ \u{fffe}";
    let long = "a name that is longer than whatever it might be written upon ".repeat(3);
    for name in [bad, long.trim_end(), "==,;=", " "] {
        let mut of = arm(Some(small()));
        of.curves = self::of(&[5, 6]).curves;
        let bands = [Band { label: name.to_owned(), from_ns: 1, until_ns: 30 * MS }];
        let over_time = Timeline {
            scenario: name,
            arm: name,
            result: &of,
            bands: &bands,
            detail: Detail::Full,
        };
        let node = || Node {
            kind: name.to_owned(),
            name: name.to_owned(),
            settings: vec![name.to_owned()],
            layers: vec![Chip { label: name.to_owned(), ..Chip::default() }],
            numbers: vec![name.to_owned()],
            faults: vec![name.to_owned()],
        };
        let flow = vec![name.to_owned()];
        let link = Link { from: 0, to: 1, flow, trouble: name.to_owned(), weight: 1 };
        let graph = Topology { nodes: vec![node(), node()], links: vec![link] };
        for figure in [
            timeline(&over_time),
            quantiles(name, [(name, &of), (name, &of)]),
            topology(name, name, &graph),
        ] {
            is_sound(&figure);
            let document = figure.file();
            let document = roxmltree::Document::parse(&document).expect("it is sound");
            assert!(document.descendants().all(|node| !node.tag_name().name().contains("script")));
            let title = document.root_element().first_element_child();
            let title = title.and_then(|title| title.text()).expect("it has a title");
            let name = name.replace('\u{fffe}', "\u{fffd}");
            assert!(title.contains(&name), "{title}");
        }
    }
}

fn of(latencies: &[u64]) -> ArmResult {
    let mut recorder = Recorder::default();
    latencies.iter().for_each(|ns| recorder.record(Duration::from_ns(*ns)));
    let (end_to_end, outcome) = (recorder.curve(), recorder.curve());
    let curves = Curves { end_to_end, outcome, ..Curves::default() };
    ArmResult { curves: Some(curves), ..sample::healthy(0) }
}

#[test]
fn small_quantiles() {
    let steady: Vec<u64> = (0..100).map(|at| 10 * MS + at * MS / 10).collect();
    let tail: Vec<u64> = (0..40).map(|at| MS << (at / 8)).collect();
    let figure = quantiles("burst", [("steady", &of(&steady)), ("tail", &of(&tail))]);
    is_sound(&figure);
    insta::assert_snapshot!(figure.element());
}

#[test]
fn quantiles_of_nothing_of_one_and_of_many_arms() {
    is_sound(&quantiles("s", []));
    is_sound(&quantiles("s", [("a", &of(&[]))]));
    is_sound(&quantiles("s", [("a", &of(&[0]))]));
    is_sound(&quantiles("s", [("a", &of(&[7]))]));
    let one = of(&[7, 8]);
    let names: Vec<String> = (0..30).map(|at| format!("a rather long name, {at}")).collect();
    let figure = quantiles("s", names.iter().map(|name| (name.as_str(), &one)));
    is_sound(&figure);
    assert!(figure.element().contains("18 more arms are left out"));
    let without = quantiles("s", [("a", &sample::healthy(3))]);
    assert!(!without.element().contains(">a<"), "an arm without curves has no line");
}

#[test]
fn a_small_topology() {
    let node = |kind: &str, name: &str| Node {
        kind: kind.to_owned(),
        name: name.to_owned(),
        settings: vec!["slots 4".to_owned()],
        ..Node::default()
    };
    let chip = |label: &str, numbers: &str| Chip {
        label: label.to_owned(),
        setting: "1s".to_owned(),
        numbers: numbers.to_owned(),
        all: format!("users.{label}: 1s"),
    };
    let mut users = node("load", "users");
    users.layers = vec![chip("timeout", "7 fired"), chip("unheard of", "")];
    let mut db = node("service", "db");
    db.faults = vec!["outage: crashed, 1.00 s to 2.00 s".to_owned()];
    let link = |from, to, flow: &str, trouble: &str, weight| Link {
        from,
        to,
        flow: vec![flow.to_owned()],
        trouble: trouble.to_owned(),
        weight,
    };
    let graph = Topology {
        nodes: vec![users, node("service", "api"), db],
        links: vec![
            link(0, 1, "10 attempts", "", 10),
            link(1, 2, "20 attempts", "5.0 % failed", 20),
            link(2, 1, "3 back", "", 3),
        ],
    };
    let figure = topology("burst", "main", &graph);
    is_sound(&figure);
    insta::assert_snapshot!(figure.element());
    is_sound(&topology("s", "a", &Topology::default()));
    let many = Topology { nodes: vec![Node::default(); 151], links: Vec::new() };
    assert!(topology("s", "a", &many).words.contains("151 parts are too many"));
}
