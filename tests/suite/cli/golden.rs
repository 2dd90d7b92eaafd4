//! `dessim test`: the life of a snapshot.

use super::*;

fn place() -> Place {
    let place = Place::new();
    place.write("scenarios/small.ron", SMALL);
    place
}

#[test]
fn a_snapshot_is_missing_accepted_kept_changed_and_accepted_again() {
    let place = place();
    let missing = place.dessim("test").ends(99, &["--accept", "cargo insta review"]);
    assert!(missing.out.contains("missing   scenarios/small.ron: no snapshots/small.snap yet"));
    assert_eq!(place.names("snapshots"), ["small.snap.new"]);

    let accepted = place.dessim("test --accept").fine();
    assert!(accepted.out.contains("a first snapshot"));
    assert_eq!(place.names("snapshots"), ["small.snap"]);
    let first = place.read("snapshots/small.snap");
    let head = "---\nsource: dessim test\ninput_file: scenarios/small.ron\n---\norder    ";
    assert!(first.starts_with(head), "{first}");

    place.write("snapshots/small.snap.new", "stale");
    let same = place.dessim("test").fine();
    assert_eq!(same.out, "same      scenarios/small.ron\n1 scenario: 1 as before\n");
    assert_eq!(place.names("snapshots"), ["small.snap"]);

    place.write("scenarios/small.ron", &SMALL.replace("50ms", "40ms"));
    let changed = place.dessim("test").ends(99, &[]);
    let line = "changed   scenarios/small.ron: other events or another order\n";
    assert!(changed.out.starts_with(line), "{}", changed.out);
    assert!(changed.out.contains("\n  --- snapshots/small.snap\n  +++ snapshots/small.snap.new\n"));
    assert!(changed.out.contains("\n  -order    ") && changed.out.contains("\n  +order    "));
    assert_eq!(place.names("snapshots"), ["small.snap", "small.snap.new"]);
    assert_eq!(place.read("snapshots/small.snap"), first);

    let pending = place.read("snapshots/small.snap.new");
    place.dessim("test --accept").fine();
    assert_eq!(place.read("snapshots/small.snap"), pending);
    place.dessim("test").fine();
}

#[test]
fn insta_agrees_on_what_is_kept() {
    let place = place();
    place.dessim("test --accept").fine();
    let scenario = dessim::Scenario::from_path(place.path("small.ron")).expect("it is valid");
    let snapshot = scenario.run().snapshot();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(place.path("snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!("small", snapshot));
    // Edits of the head of a snapshot are kept.
    let text = place.read("snapshots/small.snap");
    let own = text.replace("source: dessim test", "source: tests/golden.rs");
    place.write("snapshots/small.snap", &own.replace("order  ", "Order  "));
    place.dessim("test").ends(99, &[]);
    place.dessim("test --accept").fine();
    assert_eq!(place.read("snapshots/small.snap"), own);
}

#[test]
fn files_directories_and_other_places_can_be_given() {
    let place = place();
    place.write("more/deep/other.ron", SMALL);
    place.write("more/deep/notes.txt", "no scenario");
    let ran = place.dessim("test small.ron more --accept --dir kept/here").fine();
    assert!(ran.out.ends_with("2 scenarios: 2 accepted\n"), "{}", ran.out);
    assert_eq!(place.names("kept/here"), ["other.snap", "small.snap"]);
    let twice = place.dessim("test small.ron ./small.ron --dir kept/here").fine();
    assert!(twice.out.ends_with("1 scenario: 1 as before\n"));
    let clash = place.dessim("test small.ron scenarios");
    clash.ends(2, &["would share the snapshot small.snap"]);
    place.dessim("test nowhere").ends(1, &["cannot read nowhere"]);
}

#[test]
fn without_scenarios_there_is_nothing_to_test() {
    let place = Place::new();
    place.dessim("test").ends(4, &["no scenario to test"]);
    place.write("scenarios/readme.md", "");
    place.dessim("test").ends(4, &["no scenario to test"]);
}

#[test]
#[cfg(unix)]
fn loops_of_links_are_walked_once() {
    let place = place();
    let link = |to: &str, name: &str| {
        std::os::unix::fs::symlink(to, place.path(name)).expect("links can be made");
    };
    link("..", "scenarios/up");
    link("loop", "scenarios/loop");
    place.write("small.ron", SMALL);
    std::fs::remove_file(place.path("small.ron")).expect("it is ours");
    let ran = place.dessim("test --accept").fine();
    assert!(ran.out.ends_with("1 scenario: 1 accepted\n"), "{}", ran.out);
}

#[test]
fn snapshots_without_a_scenario_are_told() {
    let place = place();
    place.write("scenarios/gone.ron", SMALL);
    place.dessim("test --accept").fine();
    std::fs::remove_file(place.path("scenarios/gone.ron")).expect("it is ours");
    place.dessim("test").ends(0, &["snapshots/gone.snap has no scenario any more"]);
    place.dessim("test scenarios/small.ron").fine();
}

#[test]
fn an_invalid_scenario_does_not_hide_the_others() {
    let place = place();
    place.write("scenarios/bad.ron", "Scenario(");
    let ran = place.dessim("test").ends(3, &["bad.ron:1"]);
    assert!(ran.out.contains("missing   scenarios/small.ron"), "{}", ran.out);
    assert!(ran.out.ends_with("2 scenarios: 1 without a snapshot, 1 not run\n"));
}
