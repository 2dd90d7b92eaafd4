//! Refused files and their messages: a file for each rule and a snapshot for each message, in
//! folders by kind of problem.

use std::path::Path;

use dessim::scenario::{Document, Problems};

/// The message for one file: its error or its warning.
fn message(path: &Path) -> Option<Problems> {
    let bytes = std::fs::read(path).expect("a file of this repository");
    let name = path.file_name().expect("a file").to_string_lossy();
    match Document::parse(&name, &bytes).and_then(|document| document.scenario()) {
        Ok(checked) => checked.warnings,
        Err(problems) => Some(problems),
    }
}

#[test]
fn every_refusal_has_its_message() {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        insta::glob!("../refusals", "**/*.ron", |path| {
            let problems = message(path).unwrap_or_else(|| panic!("{} passes", path.display()));
            let plain = problems.to_string();
            assert!(!plain.contains('\u{1b}') && !problems.render(false).contains('\u{1b}'));
            let stem = path.file_stem().expect("a name").to_string_lossy();
            let subject = path.parent().and_then(Path::file_name).expect("a folder");
            let mut settings = insta::Settings::clone_current();
            settings.set_snapshot_path(Path::new("snapshots/refusals").join(subject));
            settings.remove_snapshot_suffix();
            settings.bind(|| {
                insta::assert_snapshot!(
                    format!("refusal_{stem}"),
                    format!("{}\n{plain}", problems.render(false))
                );
            });
        });
    });
}
