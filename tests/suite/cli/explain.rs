//! `dessim explain` for scenarios and saved results.

use super::Place;

#[test]
fn a_saved_result_is_explained_as_its_scenario_is() {
    let place = Place::new();
    let plain = place.dessim("explain small.ron --seed 5").fine();
    assert!(plain.out.starts_with("small, seed 5: what happened"), "{}", plain.out);
    place.dessim("run small.ron --seed 5 --export-json run.json").fine();
    assert_eq!(place.dessim("explain run.json").fine(), plain);
    let one = place.dessim("explain small.ron --seed 5 --arm retry").fine();
    assert!(one.out.contains("\narm retry\n") && !one.out.contains("arm plain"), "{}", one.out);
    let json = place.dessim("explain run.json --format json").fine();
    let json: serde_json::Value = serde_json::from_str(&json.out).expect("it is JSON");
    assert_eq!(json["schema"], "dessim.explain/2");
    assert!(json["arms"]["plain"]["phases"][0]["from_ns"] == 0);
}

#[test]
fn what_cannot_be_explained_is_told() {
    let place = Place::new();
    let messages = ["there is no arm `nobody`", "there are plain, retry"];
    place.dessim("explain small.ron --arm nobody").ends(2, &messages);
    place.dessim("run small.ron --export-json run.json").fine();
    let text = place.read("run.json");
    let print = text.split("\"fingerprint\": \"").nth(1).expect("it has one");
    place.write("other.json", &text.replace(&print[..16], "0123456789abcdef"));
    let messages = ["other.json cannot be shown: it was made by dessim", "0123456789abcdef"];
    place.dessim("explain other.json").ends(3, &messages);
    place.dessim("explain run.json --set seed=4").ends(2, &["run.json is a result"]);
    place.write("cut.json", &text[..200]);
    place.dessim("explain cut.json").ends(3, &["cannot read the result cut.json", "not JSON"]);
}

/// Each command that plays a run first checks that the run would end.
#[test]
fn what_would_run_for_days_is_refused_by_all_that_play_it() {
    let place = Place::new();
    place.write("days.ron", &super::SMALL.replace("total: 200", "total: 9000000000"));
    for command in ["explain", "report", "trace", "diff small.ron"] {
        let line = format!("{command} days.ron");
        place.dessim(&line).ends(3, &["days would send about", "a run stops after"]);
    }
}
