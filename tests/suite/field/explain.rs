//! Explanations and shrunk scenarios of real configurations.

use std::path::Path;

use dessim::experiment::condition::Wanted;
use dessim::experiment::explain::{Effort, explain};
use dessim::experiment::hunt::Playing;
use dessim::experiment::pool::{Jobs, Stop};
use dessim::experiment::run::Options;
use dessim::experiment::shrink::{Outcome, Shrinking, shrink};
use dessim::report::explain::text::what_if_words;
use dessim::report::explain::{LinkKind, PhaseKind, Story};
use dessim::report::search::shrink::Shrunk;
use dessim::scenario::Document;
use dessim::scenario::schema::Layer;

/// The document of a case of `folder`, by its name.
fn document(folder: &str, name: &str) -> Document {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join(folder).join(name).with_extension("ron");
    let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Document::parse(name, &text).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The explanation of one arm of a case.
fn story(name: &str, arm: &str) -> Story {
    let scenario = document("tests/data/cases", name).scenario().expect("it is sound").scenario;
    let options = Options::default();
    let explained = explain(&scenario, name, &options, Some(arm), Effort::Everything);
    let (_, mut explanation) = explained.expect("it runs");
    explanation.arms.remove(arm).expect("there is such an arm")
}

/// The line of a bulkhead with `queue: 0` is always full, as it has no places. That is no
/// bottleneck: the first case has none, and in the second it is the permits.
#[test]
fn a_level_without_room_is_no_bottleneck() {
    let smallest = story("limit_zero_smallest", "main");
    assert_eq!(smallest.bottlenecks, []);
    assert_eq!(smallest.no_return.resource, None);
    let story = story("limit_zero", "main");
    let named: Vec<(&str, &str, u64)> = story
        .bottlenecks
        .iter()
        .map(|of| (of.component.as_str(), of.meter.name, of.limit))
        .collect();
    assert_eq!(named, [("web.bulkhead", "permits", 50)]);
}

/// Without retries every request has the same fate, but there are 776 fewer attempts, 35 requests
/// succeed 1.3 s sooner, and the p99 falls to a third.
#[test]
fn a_what_if_speaks_of_more_than_fates() {
    let story = story("surge", "deadline");
    let found = story.what_if.iter().find(|of| of.change.kind.name == "without_retries");
    let found = found.expect("it was tried");
    assert_eq!((found.saved, found.lost, found.otherwise), (0, 0, 0));
    assert!(!found.is_idle());
    assert_eq!((found.attempts.before, found.attempts.after), (4_056, 3_280));
    assert_eq!(found.faster.requests, 35);
    let median = found.faster.median_ns.expect("they have a median") as f64 / 1e9;
    assert!((median - 1.3).abs() < 0.01, "{median} s");
    let p99 = found.p99_ns;
    assert_eq!((p99.before, p99.after), (Some(2_250_000_000), Some(750_000_000)));
    let words = what_if_words(found);
    for part in
        ["776 fewer attempts (19.1 %)", "35 succeed 1.30 s sooner", "p99 of all that end 750 ms"]
    {
        assert!(words.contains(part), "{words}");
    }
    // A timeout as long as all attempts together is listed as without effect.
    let total = story.what_if.iter().find(|of| of.change.kind.name == "total_timeout");
    assert!(total.expect("it was tried").is_idle());
}

/// Shrinks a run and returns its property with the small scenario.
fn shrunk(document: &Document, seed: u64, wanted: Option<&str>) -> (Shrunk, Document) {
    let scenario = document.scenario().expect("it is sound").scenario;
    let wanted = match wanted {
        Some(condition) => Wanted::showing(condition, &scenario),
        None => Wanted::breaking(None, &scenario),
    };
    let (stop, options) = (Stop::new(), Options::default());
    let playing = Playing { options: &options, jobs: Jobs::new(None), stop: &stop };
    let shrinking = Shrinking { name: "case", document, seed, tries: 2_000 };
    let outcome = shrink(&shrinking, &wanted.expect("it is sound"), playing, &mut |_, _| {});
    match outcome.unwrap_or_else(|trouble| panic!("{trouble:?}")) {
        Outcome::Small(text, shrunk) => {
            (*shrunk, Document::parse("small", text.as_bytes()).expect("it is a scenario"))
        }
        Outcome::NotShown => panic!("seed {seed} does not show it"),
    }
}

/// The shrunk scenario of the README collapses for the same reason: a freeze and retries after it.
#[test]
fn what_is_shrunk_keeps_the_retry_the_fault_and_the_loop() {
    let (shrunk, small) =
        shrunk(&document("scenarios", "metastable"), 7, Some("retries collapses"));
    let [kept] = &shrunk.kept[..] else { panic!("one arm was broken: {:?}", shrunk.kept) };
    assert_eq!((kept.arm.as_str(), kept.phase), ("retries", PhaseKind::Metastable));
    assert_eq!(kept.trigger.as_ref().map(|of| of.name.as_str()), Some("freeze"));
    let bottleneck = kept.bottleneck.as_ref().expect("the slots are used up");
    assert_eq!((bottleneck.component.as_str(), bottleneck.meter.name), ("db", "busy"));
    assert_eq!(kept.loops[0].kind, LinkKind::Retries);
    assert_eq!(kept.loops[0].component, "clients -> db");
    let scenario = small.scenario().expect("it is sound").scenario;
    let policy = &scenario.arms["retries"].calls["clients"].policy;
    assert!(policy.iter().any(|layer| matches!(layer, Layer::Retry(_))), "{policy:?}");
    assert!(scenario.faults.contains_key("freeze"));
    assert!(shrunk.after.events * 10 < shrunk.before.events, "{:?}", shrunk.after);
}

/// Recovery from a brownout of four seconds takes more than ten. The shrunk scenario has the
/// brownout, and fails because of it.
#[test]
fn a_shrunk_expectation_keeps_the_cause() {
    let (shrunk, small) = shrunk(&document("tests/data/cases", "brownout"), 6, None);
    let [kept] = &shrunk.kept[..] else { panic!("one arm was broken: {:?}", shrunk.kept) };
    assert_eq!(kept.trigger.as_ref().map(|of| of.name.as_str()), Some("brownout"));
    assert!(kept.bottleneck.is_some(), "{kept:?}");
    let scenario = small.scenario().expect("it is sound").scenario;
    assert!(scenario.faults.contains_key("brownout"));
    let policy = &scenario.calls["web"].policy;
    assert!(policy.iter().any(|layer| matches!(layer, Layer::Retry(_))), "{policy:?}");
    assert!(shrunk.after.events * 10 < shrunk.before.events, "{:?}", shrunk.after);
}
