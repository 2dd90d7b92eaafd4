//! A command never overwrites its input, nor one output with another.

use std::collections::BTreeMap;

use super::*;

const STUDY: &str = r#"Study(
    schema: 1,
    scenario: "small.ron",
    axes: [(path: "services.db.slots", values: List([1, 2]))],
)
"#;

/// A scenario with its snapshot, a study, a plan, its parts, a result, and a trace.
fn place() -> Place {
    let place = Place::new();
    place.write("study.ron", STUDY);
    place.dessim("test small.ron --accept").fine();
    place.dessim("sweep plan study.ron -o plan.json").fine();
    place.dessim("sweep run plan.json -o cells -q").ends(0, &[]);
    place.dessim("run small.ron --export-json result.json --trace trace.jsonl").fine();
    std::fs::hard_link(place.path("small.ron"), place.path("hard.ron")).expect("it is ours");
    #[cfg(unix)]
    std::os::unix::fs::symlink("small.ron", place.path("link.ron")).expect("it is ours");
    place
}

/// All files below the directory, with their contents.
fn files(place: &Place) -> BTreeMap<String, Vec<u8>> {
    let mut open = vec![String::new()];
    let mut files = BTreeMap::new();
    while let Some(folder) = open.pop() {
        for name in place.names(&folder) {
            let name = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            match place.path(&name).is_dir() {
                true => open.push(name),
                false => {
                    let contents = std::fs::read(place.path(&name)).expect("it is ours");
                    files.insert(name, contents);
                }
            }
        }
    }
    files
}

/// Checks that every command is refused as a usage error and changes no file.
fn all_refused(lines: &[&str], words: &str) {
    let place = place();
    let before = files(&place);
    for line in lines {
        let ran = place.dessim(line);
        assert_eq!(ran.exit, Some(2), "{line}: {}{}", ran.out, ran.err);
        assert!(ran.err.contains(words), "{line}: {}", ran.err);
        assert!(files(&place) == before, "{line} changed something");
    }
}

#[test]
fn no_output_replaces_an_input() {
    all_refused(
        &[
            "run small.ron --export-json small.ron",
            "run small.ron --export-csv ./small.ron",
            "run small.ron --trace hard.ron",
            "report small.ron -o small.ron",
            "report result.json -o cells/../result.json",
            "trace small.ron -o small.ron",
            "diff small.ron hard.ron --html hard.ron",
            "diff small.ron trace.jsonl --html trace.jsonl",
            "shrink small.ron --for requests.shed>0 -o small.ron",
            "test small.ron --export-junit small.ron",
            "test small.ron --export-json cells/../small.ron",
            "test small.ron --export-junit hard.ron",
            "sweep study.ron --export-csv small.ron",
            "sweep study.ron --html small.ron",
            "sweep study.ron --export-json small.ron",
            "sweep study.ron --export-json study.ron",
            "sweep plan study.ron -o small.ron",
            "sweep plan study.ron -o study.ron",
            "sweep plan small.ron --vary seed=1..2/2 -o small.ron",
            "sweep loop small.ron --rates 20/s..40/s/2 --lasts 1s --html small.ron",
            "sweep merge cells --export-csv cells/cells-0-1.jsonl",
            "sweep merge cells --html cells/plan.json",
            "sweep study.ron -o cells --html cells/plan.json",
        ],
        ", which is read",
    );
}

#[cfg(unix)]
#[test]
fn links_are_followed_to_what_is_read() {
    all_refused(
        &[
            "run small.ron --export-json link.ron",
            "run link.ron --export-json small.ron",
            "test link.ron --export-json small.ron",
            "sweep study.ron --html link.ron",
        ],
        ", which is read",
    );
}

#[test]
fn no_two_outputs_are_one_file() {
    all_refused(
        &[
            "run small.ron --export-json a --export-csv cells/../a",
            "run small.ron --export-json a --trace a",
            "run small.ron --svg figures --export-json figures",
            "run small.ron --svg cells --overwrite --export-csv cells/timeline-plain.svg",
            "test small.ron --export-json a --export-junit ./a",
            "test small.ron --export-junit snapshots/small.snap",
            "test small.ron --export-json snapshots/small.snap.new",
            "sweep study.ron --html a --export-csv a",
            "sweep study.ron -o cells --export-csv cells/cells-0-1.jsonl",
            "shrink small.ron --for requests.shed>0 -o x.snap --dir .",
        ],
        "both go to ",
    );
}

#[cfg(unix)]
#[test]
fn the_file_of_standard_output_is_an_output() {
    let place = place();
    let both = "$D run small.ron --export-json page.txt > page.txt";
    place.shell(both).ends(2, &["standard output and --export-json both go to page.txt"]);
    let before = place.read("small.ron");
    let itself = "$D run small.ron >> small.ron";
    place.shell(itself).ends(2, &["standard output would replace small.ron, which is read"]);
    assert_eq!(place.read("small.ron"), before);
}

#[test]
fn figures_do_not_replace_a_scenario_with_the_name_of_one() {
    let place = place();
    place.write("figures/timeline-old.svg", SMALL);
    let own = "run figures/timeline-old.svg --svg figures --overwrite";
    place.dessim(own).ends(2, &["--svg figures would replace figures/timeline-old.svg"]);
    place.dessim("run small.ron --svg figures --overwrite -q").fine();
    assert!(!place.path("figures/timeline-old.svg").exists(), "of an earlier run");
}

#[test]
fn files_of_one_owner_are_written_again_and_again() {
    let place = place();
    for _ in 0..2 {
        place.dessim("test small.ron --accept --export-json report.json").fine();
        place.dessim("sweep study.ron -o cells --export-csv cells.csv -q").fine();
        place.dessim("run small.ron --export-json result.json --svg figures --overwrite").fine();
    }
    place.write("small.ron", &SMALL.replace("slots: 1", "slots: 2"));
    place.dessim("test").ends(4, &[]);
    place.dessim("test small.ron").ends(99, &[]);
    place.dessim("test small.ron").ends(99, &[]);
    place.dessim("test small.ron --accept").fine();
}
