//! The output that documents show is the output of the command.
//!
//! In a block of kind `console`, a shell runs the lines after `$ ` in a copy of the repository, and
//! the lines after them are the output. `DESSIM_DOCS=write cargo test --test suite docs` writes the
//! present output; review the difference before a commit.

use super::*;

/// Documents whose commands are run, beside the pages of vendors.
const SHOWN: [&str; 2] = ["README.md", "docs/model-your-system.md"];

/// The pages below `folder`, by path from the root.
fn pages(folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(root().join(folder)).expect("a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let names = names.map(|name| name.to_string_lossy().into_owned());
    let pages = names.filter(|name| name.ends_with(".md"));
    pages.map(|name| format!("{folder}/{name}")).collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn document(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Scenarios and studies, where the documents name them.
fn repository() -> Place {
    let place = Place::new();
    for folder in ["scenarios", "snapshots", "docs/model", "docs/studies", "docs/vendors"] {
        for entry in std::fs::read_dir(root().join(folder)).expect("a folder of the repository") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).expect("a text");
            place.write(&format!("{folder}/{name}"), &text);
        }
    }
    place
}

/// Runs a line of shell in which `dessim` is the command, and returns the output.
fn printed(place: &Place, line: &str) -> String {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_dessim"));
    let folder = program.parent().expect("it is in a folder").to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let paths = std::iter::once(folder).chain(std::env::split_paths(&path));
    let mut command = Command::new("bash");
    command.args(["-c", line]).current_dir(place.path("")).stdin(Stdio::null());
    command.env("PATH", std::env::join_paths(paths).expect("no colon in a path"));
    let ran = Ran::of(command.output().expect("there is a shell"));
    assert!(matches!(ran.exit, Some(0 | 99)), "{line}: {ran:?}");
    ran.out + &ran.err
}

/// The document with the present output of its commands.
fn played(place: &Place, document: &str) -> String {
    let mut played = String::new();
    let mut lines = document.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        played.push_str(line);
        if line.trim_end() != "```console" {
            continue;
        }
        while let Some(line) = lines.next_if(|line| line.trim_end() != "```") {
            let Some(command) = line.strip_prefix("$ ") else {
                continue;
            };
            let mut command = command.to_owned();
            played.push_str(line);
            while command.ends_with("\\\n") {
                let more = lines.next().expect("a command that is gone on with ends");
                command.push_str(more);
                played.push_str(more);
            }
            played.push_str(&printed(place, &command));
        }
    }
    played
}

#[test]
#[cfg(unix)]
fn what_the_documents_show_is_what_is_printed() {
    let place = repository();
    let shown = SHOWN.map(str::to_owned).into_iter().chain(pages("docs/vendors"));
    for name in &shown.collect::<Vec<_>>() {
        let text = document(name);
        assert!(text.contains("```console\n$ dessim "), "{name} shows nothing");
        let played = played(&place, &text);
        if std::env::var("DESSIM_DOCS").is_ok_and(|mode| mode == "write") {
            std::fs::write(root().join(name), played).expect("the document is ours");
            continue;
        }
        let pairs = (1..).zip(text.lines().zip(played.lines()));
        let differs = pairs.filter(|(_, (shown, printed))| shown != printed);
        if let Some((line, (shown, printed))) = differs.take(1).next() {
            panic!(
                "{name}:{line} shows\n  {shown}\nand dessim prints\n  {printed}\n\
                 `DESSIM_DOCS=write cargo test --test suite docs` writes what is printed"
            );
        }
        assert_eq!(text.lines().count(), played.lines().count(), "{name}");
    }
}

/// The commands in blocks of kind `sh`, which show no output.
fn listed(document: &str) -> Vec<String> {
    let mut commands = Vec::new();
    for block in document.split("```sh\n").skip(1) {
        let block = block.split("```").next().unwrap_or_default();
        let lines = block.lines().map(|line| line.split(" #").next().unwrap_or_default().trim());
        commands.extend(lines.filter(|line| !line.is_empty()).map(str::to_owned));
    }
    commands
}

/// Documents whose commands take seconds, or are covered by other tests.
const NOT_RUN: [&str; 4] = ["cargo ", "dessim hunt ", "dessim find ", "dessim test"];

#[test]
#[cfg(unix)]
fn commands_of_the_readme_run() {
    let place = repository();
    let commands = listed(&document("README.md"));
    assert!(commands.len() > 5, "{commands:?}");
    for command in commands {
        if !NOT_RUN.iter().any(|start| command.starts_with(start)) {
            println!("{command}");
            printed(&place, &command);
        }
    }
}

/// `.ci/run` runs the tests as the README says.
#[test]
fn the_test_command_of_the_readme_is_that_of_ci() {
    let Ok(ci) = std::fs::read_to_string(root().join(".ci/run")) else {
        return;
    };
    let readme = listed(&document("README.md"));
    let test = readme.iter().find(|command| command.starts_with("cargo test"));
    let test = test.expect("the README says how to run the tests");
    assert!(ci.contains(&format!("\nstep {test}\n")), "{test}");
}

#[test]
fn documents_link_to_files_that_exist() {
    let mut names = vec!["README.md".to_owned(), "CONTRIBUTING.md".to_owned()];
    names.extend(pages("docs"));
    names.extend(pages("docs/vendors"));
    let mut broken = Vec::new();
    for name in names {
        let folder = root().join(&name).parent().expect("a folder").to_owned();
        // Blocks of code have no links: every other part between fences.
        let prose = document(&name).split("```").step_by(2).collect::<String>();
        for link in prose.split("](").skip(1) {
            let target = link.split([')', '#', ' ', '\n']).next().unwrap_or_default();
            let is_file = !target.is_empty() && !target.contains("://");
            if is_file && !folder.join(target).exists() {
                broken.push(format!("{name}: {target}"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}
