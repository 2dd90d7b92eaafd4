//! The examples in help texts and documents can be typed as shown, in bash and in zsh.

use std::path::Path;

use super::*;

const COMMANDS: [&str; 17] = [
    "",
    "run",
    "sweep",
    "find",
    "hunt",
    "shrink",
    "check",
    "test",
    "diff",
    "compare",
    "explain",
    "trace",
    "report",
    "init",
    "presets",
    "completions",
    "man",
];

/// Commands with their continued lines, as they are typed.
fn commands(text: &str) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    let mut open = false;
    for line in text.lines().map(str::trim) {
        let line_open = line.ends_with('\\');
        let part = line.trim_end_matches('\\').trim_end();
        match open {
            true => {
                let last = commands.last_mut().expect("it was begun");
                last.push(' ');
                last.push_str(part);
            }
            false if line.starts_with("dessim ") => commands.push(part.to_owned()),
            false => continue,
        }
        open = line_open;
    }
    commands
}

fn of_help(place: &Place) -> Vec<String> {
    let help = |command: &&str| place.dessim(&format!("{command} --help")).fine().out;
    let examples = |text: String| {
        let (_, examples) = text.split_once("Examples:\n")?;
        Some(commands(examples))
    };
    COMMANDS.iter().map(help).filter_map(examples).flatten().collect()
}

/// Commands in blocks of a shell.
fn of_documents() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = std::fs::read_dir(root.join("docs")).expect("it is there");
    let files = docs.map(|entry| entry.expect("it is ours").path());
    let files = files.chain([root.join("README.md")]);
    let mut all = Vec::new();
    for file in files.filter(|file| file.extension().is_some_and(|ending| ending == "md")) {
        let text = std::fs::read_to_string(&file).expect("it is text");
        for block in text.split("```sh\n").skip(1) {
            let (block, _) = block.split_once("```").expect("it ends");
            all.extend(commands(block));
        }
    }
    all
}

/// The words of a line as split by a shell, one per line. Commands that follow `dessim` do not run.
fn words(place: &Place, shell: &str, line: &str) -> Option<String> {
    let script = format!("dessim() {{ printf '%s\\n' \"$@\"; }}; {line}");
    let output = Command::new(shell).args(["-c", &script]).current_dir(place.path(".")).output();
    let ran = Ran::of(output.ok()?);
    assert_eq!((ran.exit, ran.err.as_str()), (Some(0), ""), "{shell}: {line}");
    Some(ran.out)
}

fn place() -> Place {
    let place = Place::new();
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    for entry in std::fs::read_dir(scenarios).expect("it is there") {
        let path = entry.expect("it is ours").path();
        let name = path.file_name().expect("it has one").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("it is text");
        place.write(&name, &text);
        place.write(&format!("scenarios/{name}"), &text);
    }
    place
}

#[cfg(unix)]
#[test]
fn both_shells_read_examples_as_they_are_meant() {
    let place = place();
    let examples = [of_help(&place), of_documents()].concat();
    assert!(examples.len() > 60, "{examples:?}");
    for line in examples.iter().filter(|line| !line.contains(" | ") && !line.contains(" > ")) {
        let bash = words(&place, "bash", line).expect("there is bash");
        if let Some(zsh) = words(&place, "zsh", line) {
            assert_eq!(bash, zsh, "{line}");
        }
    }
}

#[cfg(unix)]
#[test]
fn examples_run() {
    let place = place();
    // Searches that take minutes are tested elsewhere with other arguments.
    let quick = ["run", "check", "diff", "explain", "trace", "report", "init", "completions"];
    let mut tried = 0;
    for line in of_help(&place) {
        let all: Vec<&str> = line.split_whitespace().collect();
        let is_file = |word: &&&str| {
            let ending = Path::new(word).extension();
            ending.is_some_and(|ending| ending == "ron" || ending == "json" || ending == "jsonl")
        };
        let input = |at: usize| at > 0 && !all[at - 1].starts_with('-');
        let files = all.iter().enumerate().filter(|(at, word)| is_file(word) && input(*at));
        let complete = files.into_iter().all(|(_, word)| place.path(word).exists());
        let many = ["--seeds", "&&"].iter().any(|word| all.contains(word));
        if !quick.contains(&all[1]) || !complete || many {
            continue;
        }
        let ran = place.shell(&format!("dessim() {{ \"$D\" \"$@\"; }}; {line}"));
        assert!(matches!(ran.exit, Some(0 | 99)), "{line}: {}", ran.err);
        tried += 1;
    }
    assert!(tried >= 10, "{tried}");
}

#[test]
fn a_first_scenario_is_written_once() {
    let place = Place::new();
    let list = place.dessim("init --list").fine().out;
    for template in ["api", "queue", "tutorial"] {
        assert!(list.contains(&format!("\n{template} ")) || list.starts_with(template), "{list}");
        let wrote = place.dessim(&format!("init {template}")).ends(0, &["dessim run", template]);
        assert_eq!(wrote.out, format!("{template}.ron\n"));
        let check = place.dessim(&format!("check {template}.ron")).fine();
        assert_eq!(check.out, "1 file is fine\n", "without a warning");
        place.dessim(&format!("run {template}.ron -q")).fine();
        let text = place.read(&format!("{template}.ron"));
        place.dessim(&format!("init {template}")).ends(1, &["is there already"]);
        assert_eq!(place.read(&format!("{template}.ron")), text);
        let printed = place.dessim(&format!("init {template} -o -")).fine().out;
        assert_eq!(printed.replace("FILE", &format!("{template}.ron")), text);
    }
    let api = place.read("api.ron");
    assert!(api.contains("dessim explain api.ron"), "{api}");
    for line in commands(&api.replace("//", "")).iter().filter(|line| line.contains("--set")) {
        let ran = place.dessim(line.trim_start_matches("dessim "));
        assert!(matches!(ran.exit, Some(0 | 99)), "{line}: {}", ran.err);
    }
    place.dessim("init api -o own.ron -q").fine();
    place.dessim("init nothing").ends(2, &["nothing", "api, queue, tutorial"]);
    place.dessim("init -o no/where.ron").ends(1, &["the directory no does not exist"]);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("new.ron", place.path("link.ron")).expect("it is ours");
        place.dessim("init -o link.ron").ends(1, &["is there already"]);
    }
}
