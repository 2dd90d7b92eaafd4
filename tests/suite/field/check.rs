//! `dessim check` on configurations from the field, and the documentation of lints.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use dessim::Scenario;
use dessim::scenario::LINTS;
use dessim::scenario::lints::Group;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn lints(path: &Path) -> Vec<&'static str> {
    let scenario = Scenario::from_path(path).unwrap_or_else(|why| panic!("{why}"));
    let warnings = scenario.warnings().map_or(&[][..], |warnings| warnings.list());
    warnings.iter().map(|problem| problem.lint.expect("every warning is of a lint")).collect()
}

#[test]
fn cases_from_the_field_are_warned_of_what_is_wrong_with_them() {
    let cases: &[(&str, &[&str])] = &[
        ("backoff_beyond_total", &["tries-outlast-timeout", "backoff-outlasts-timeout"]),
        ("tries_beyond_total", &["tries-outlast-timeout"]),
        ("sqs_lambda", &["consumers-exceed-slots"]),
        ("breaker_resilience4j", &["half-open-can-hang"]),
        (
            "breaker_polly",
            &["retry-while-breaker-open", "tries-outlast-timeout", "late-results-decide"],
        ),
        ("surge", &["queue-outlasts-patience"]),
        ("retry_storm_onset", &["queue-outlasts-patience"]),
        ("four_layers", &["retries-multiply"; 3]),
        ("outage_from_the_start", &[]),
    ];
    for (name, expected) in cases {
        let path = root().join("tests/data/cases").join(format!("{name}.ron"));
        assert_eq!(lints(&path), *expected, "{name}");
    }
}

/// Scenarios that ship have no warnings: where one shows a linted design, it allows the lint.
#[test]
fn no_scenario_that_ships_is_warned_of_anything() {
    let scenarios = fs::read_dir(root().join("scenarios")).expect("it is there");
    for path in scenarios.map(|entry| entry.expect("it is there").path()) {
        assert_eq!(lints(&path), [""; 0], "{}", path.display());
    }
}

/// A paragraph in lines of at most 116 columns.
fn wrapped(paragraph: &str) -> String {
    let mut text = String::new();
    let mut columns = 0;
    for word in paragraph.split(' ') {
        let length = word.chars().count();
        match columns {
            0 => {}
            columns if columns + 1 + length > 116 => text.push('\n'),
            _ => text.push(' '),
        }
        columns = if text.ends_with('\n') { length } else { columns + 1 + length };
        text.push_str(word);
    }
    text
}

/// The sections of `docs/lints.md` that are generated from the list of lints.
fn sections() -> String {
    let mut text = String::new();
    for (group, title, about) in [
        (
            Group::Design,
            "Design",
            "The file says what it says, and a system like that fares badly.",
        ),
        (Group::Writing, "Writing", "Something in the file has no effect: probably a slip."),
    ] {
        let _ = write!(text, "\n## {title}\n\n{about}\n");
        for lint in LINTS.iter().filter(|lint| lint.group == group) {
            let (name, about, why) = (lint.name, wrapped(lint.about), wrapped(lint.why));
            let _ = write!(text, "\n### {name}\n\n{about}\n\n{why}\n");
            let _ = write!(text, "\n```ron\n{}\n```\n", lint.example);
            let _ = write!(text, "\nInstead:\n\n```ron\n{}\n```\n", lint.mended);
        }
    }
    text
}

#[test]
fn the_page_of_lints_is_the_list() {
    let page = fs::read_to_string(root().join("docs/lints.md")).expect("it is there");
    let start = page.find("\n## Design").expect("it has this section");
    let sections = sections();
    if page[start..] != sections {
        let renewed = Path::new(env!("CARGO_TARGET_TMPDIR")).join("lints.md");
        fs::write(&renewed, format!("{}{sections}", &page[..start])).expect("it can be written");
        panic!("docs/lints.md is not what the lints say; {} is", renewed.display());
    }
}
