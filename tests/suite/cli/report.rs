//! `dessim report`: the place of the page, its contents, and refusals.

use super::Place;

#[test]
fn a_page_is_written_here_under_the_name_of_the_scenario() {
    let place = Place::new();
    let ran = place.dessim("report small.ron").fine();
    assert_eq!(ran.out, "small.html\n");
    let page = place.read("small.html");
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"));
    assert!(page.contains("dessim run small.ron --seed 3"));
    let printed = place.dessim("report small.ron -o -").fine();
    assert!(printed.out == page, "what is printed is not what is written");
    let ran = place.dessim_with_input("report - -o -", super::SMALL).fine();
    assert!(ran.out.contains("dessim run stdin.ron --seed 3"));
}

#[test]
fn a_saved_result_is_played_again_and_vouched_for() {
    let place = Place::new();
    place.dessim("run small.ron --seed 9 --export-json r.json").fine();
    place.dessim("report r.json --output saved.html").fine();
    place.dessim("report small.ron --seed 9 -o fresh.html").fine();
    let (saved, fresh) = (place.read("saved.html"), place.read("fresh.html"));
    let vouched = "its fingerprint is the same";
    assert!(saved.contains(vouched) && !fresh.contains(vouched));
    let note = saved.split("<p>").find(|part| part.contains(vouched));
    let note = note.and_then(|part| part.split_once("</p>")).expect("a paragraph").0;
    let without = saved.replace(&format!("<p>{note}</p>"), "");
    assert!(without == fresh, "the pages differ in more than that");
    // Another seed is another run, which was not saved.
    let other = place.dessim("report r.json --seed 4 -o -").fine();
    assert!(!other.out.contains(vouched));
}

#[test]
fn a_result_that_is_not_given_again_is_refused() {
    let place = Place::new();
    place.dessim("run small.ron --export-json r.json").fine();
    let json = place.read("r.json");
    let value: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    let print = value["fingerprint"].as_str().expect("a fingerprint");
    place.write("r.json", &json.replace(print, "0123456789abcdef"));
    let messages = ["r.json cannot be shown", "0123456789abcdef"];
    place.dessim("report r.json").ends(3, &messages);
    assert_eq!(place.names("."), ["r.json", "small.ron"]);
    place.dessim("report r.json --set services.db.slots=2").ends(2, &["--set changes scenarios"]);
}

#[test]
fn values_can_be_replaced_and_the_page_says_what_ran() {
    let place = Place::new();
    place.dessim("report small.ron --set services.db.slots=7 -o s.html").fine();
    assert!(place.read("s.html").contains("slots: 7"));
    place.dessim("report small.ron --set services.db.slot=7").ends(2, &["slot"]);
    place.write("bad.ron", "Scenario(");
    place.dessim("report bad.ron").ends(3, &[]);
    place.dessim("report gone.ron").ends(1, &["cannot read gone.ron"]);
}

#[test]
fn what_cannot_be_written_is_refused_before_the_run() {
    let place = Place::new();
    place.dessim("report small.ron -o nowhere/x.html").ends(1, &["nowhere"]);
    place.dessim("report small.ron -o .").ends(1, &["directory"]);
    let before = place.read("small.ron");
    place
        .dessim("report small.ron -o small.ron")
        .ends(2, &["--output small.ron would replace small.ron"]);
    assert_eq!(place.read("small.ron"), before);
    assert_eq!(place.names("."), ["small.ron"]);
}

#[test]
fn a_run_that_stopped_is_shown_and_ends_as_invalid() {
    let place = Place::new();
    place.dessim("run small.ron --max-events 50 --export-json r.json").ends(3, &["limit of 50 "]);
    place.dessim("report r.json").ends(3, &["stopped early"]);
    let page = place.read("r.html");
    assert!(page.contains("--max-events 50") && page.contains("reached the limit of 50 "));
}
