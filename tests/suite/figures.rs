//! The figures of all scenarios that ship, and those in the documentation.

use std::path::{Path, PathBuf};

use dessim::ScenarioFile;
use dessim::experiment::figures::{Drawn, figures, file_names};
use dessim::experiment::run::{Options, run};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn shipped() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("scenarios")).expect("there are scenarios");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("it is ours").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "ron"));
    paths.sort();
    assert!(paths.len() > 5);
    paths
}

fn draw(file: &ScenarioFile) -> Vec<Drawn> {
    let options = Options::default().sampled(&file.scenario);
    let result = run(&file.scenario, &file.name, &options).expect("it was checked");
    figures(&file.scenario, &result)
}

/// Checks that a figure is XML, and that every text lies within the view.
#[track_caller]
fn is_sound(drawn: &Drawn) {
    let file = drawn.figure.file();
    assert!(!file.contains("NaN"));
    let document = roxmltree::Document::parse(&file).expect("it is XML");
    let (width, height) = (drawn.figure.width, drawn.figure.height);
    let mut texts = 0;
    for node in document.descendants().filter(|node| node.has_tag_name("text")) {
        let number = |name| {
            let text: &str = node.attribute(name).expect(name);
            text.parse::<f64>().expect(text)
        };
        // Text that is shown on hovering is in an element of its own.
        let said = node.children().filter(roxmltree::Node::is_text).filter_map(|node| node.text());
        let said: usize = said.map(|text| text.chars().count()).sum();
        // Half an em per letter is less than most letters need: a lower bound of the width.
        let wide = said as f64 * number("font-size") * 0.5;
        let left = match node.attribute("text-anchor") {
            Some("middle") => number("x") - wide / 2.0,
            Some("end") => number("x") - wide,
            _ => number("x"),
        };
        assert!(left >= 0.0 && left + wide <= width, "{node:?} at {left}, {wide} of {width}");
        assert!(number("y") > 8.0 && number("y") < height, "{node:?}");
        texts += 1;
    }
    assert!(texts > 4, "{file}");
}

#[test]
fn every_scenario_has_figures_that_are_the_same_again() {
    for path in shipped() {
        let file = dessim::Scenario::from_path(&path).expect("it is sound").into_file();
        let drawn = draw(&file);
        drawn.iter().for_each(is_sound);
        let names = file_names(&drawn);
        assert_eq!(names.last().map(String::as_str), Some("quantiles.svg"), "{path:?}");
        assert_eq!(names.len(), 1 + 3 * dessim::scenario::arms::arms(&file.scenario).len());
        let bytes = |drawn: &[Drawn]| -> Vec<String> {
            drawn.iter().map(|drawn| drawn.figure.file()).collect()
        };
        assert_eq!(bytes(&drawn), bytes(&draw(&file)), "{path:?}");
    }
}

#[test]
fn a_topology_has_every_part_and_what_went_along() {
    let file = dessim::Scenario::from_path(root().join("scenarios/burst.ron"))
        .expect("it is sound")
        .into_file();
    let drawn = draw(&file);
    let words = |arm: &str| {
        let topology = drawn
            .iter()
            .find(|drawn| drawn.kind == "topology" && drawn.arm.as_deref() == Some(arm));
        topology.expect("each arm has one").figure.words.clone()
    };
    let rpc = words("rpc");
    for part in [
        "load clients: arrivals bursts(350, 80ms), total 2,000, breaker window 20",
        "retry max retries 3, backoff exponential 108 retries",
        "bulkhead permits 40 310 waiting at most, 40 permits at most",
        "timeout 120ms",
        "clients to downstream: 458 attempts, 108 retries, 1.31 a call, 23.6 % failed",
    ] {
        assert!(rpc.contains(part), "no {part:?} in {rpc}");
    }
    let queue = words("event-driven");
    for part in [
        "queue jobs: capacity 5,000, 1,448 depth at most",
        "clients to jobs: 2,000 messages.",
        "jobs to workers: 2,102 deliveries.",
        "workers to jobs: 102 back.",
        "workers to downstream: 2,102 attempts",
    ] {
        assert!(queue.contains(part), "no {part:?} in {queue}");
    }
}

/// A fault and a reached limit are both drawn and labelled.
#[test]
fn faults_are_marked_over_time_and_at_their_service() {
    let file = dessim::Scenario::from_path(root().join("scenarios/metastable.ron"))
        .expect("it is sound")
        .into_file();
    for drawn in draw(&file).iter().filter(|drawn| drawn.arm.is_some()) {
        let words = &drawn.figure.words;
        assert!(words.contains("frozen"), "{}: {words}", drawn.kind);
        assert!(drawn.figure.element().contains("class=\"fault\""), "{}", drawn.kind);
    }
}

/// The files in `docs/figures` are those that `dessim run scenarios/burst.ron --svg` writes.
#[test]
fn the_documentation_shows_figures_of_today() {
    let file = dessim::Scenario::from_path(root().join("scenarios/burst.ron"))
        .expect("it is sound")
        .into_file();
    let drawn = draw(&file);
    let names = file_names(&drawn);
    let folder = root().join("docs/figures");
    let mut seen = 0;
    for entry in std::fs::read_dir(&folder).expect("there are figures") {
        let path = entry.expect("it is ours").path();
        let name = path.file_name().expect("it has a name").to_string_lossy().into_owned();
        let at = names.iter().position(|known| *known == name);
        let at = at.unwrap_or_else(|| panic!("{name} is no figure of the burst"));
        let text = std::fs::read_to_string(&path).expect("it is text");
        let same = text == drawn[at].figure.file();
        assert!(same, "{name} is not what is drawn today; docs/report.md says how to renew it");
        seen += 1;
    }
    assert!(seen >= 4, "{seen}");
}
