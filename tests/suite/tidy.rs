//! The style as a test.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const COLUMNS: usize = 100;
const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 70;
const FOLDER_FILES: usize = 25;
const FILE_BYTES: u64 = 1_000_000;

/// Build output beside the sources, for archives without git.
const UNTRACKED: &[&str] = &[".git", "target"];

/// The folders that each folder may import from; imports run one way.
const IMPORTS: &[(&str, &[&str])] = &[
    ("src/kernel", &["kernel"]),
    ("src/metrics", &["kernel", "metrics"]),
    ("src/model", &["kernel", "metrics", "model"]),
    ("src/scenario", &["kernel", "metrics", "model", "statistics", "scenario"]),
    ("src/statistics", &["kernel", "statistics"]),
    ("src/report", &["kernel", "metrics", "statistics", "report"]),
    (
        "src/experiment",
        &["kernel", "metrics", "model", "scenario", "statistics", "report", "experiment"],
    ),
];

fn sources(folder: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut open: Vec<PathBuf> = vec![root.join(folder)];
    let mut files = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            files.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
    files.sort();
    assert!(!files.is_empty(), "{folder} has no sources");
    files
}

fn ours() -> Vec<(String, String)> {
    [
        sources("src"),
        sources("tests"),
        sources("examples"),
        sources("fuzz/src"),
        sources("conformance/src"),
    ]
    .concat()
}

fn report(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn lines_and_files_are_short() {
    let mut problems = Vec::new();
    for (name, text) in ours() {
        for (number, line) in (1..).zip(text.lines()) {
            let columns = line.chars().count();
            if columns > COLUMNS {
                problems.push(format!("{name}:{number}: {columns} columns"));
            }
        }
        let lines = text.lines().count();
        if lines > FILE_LINES {
            problems.push(format!("{name}: {lines} lines"));
        }
    }
    report(&problems);
}

#[test]
fn folders_are_small() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders: BTreeMap<PathBuf, usize> = BTreeMap::new();
    for file in repository_files(root) {
        let name = file.strip_prefix(root).unwrap();
        if name.starts_with("src") || name.starts_with("tests") {
            *folders.entry(name.parent().unwrap().to_owned()).or_default() += 1;
        }
    }
    let large = folders.iter().filter(|(_, files)| **files > FOLDER_FILES);
    let problems: Vec<String> =
        large.map(|(folder, files)| format!("{}: {files} files", folder.display())).collect();
    assert!(folders.len() > 20, "{folders:?}");
    report(&problems);
}

#[test]
fn functions_are_short() {
    let mut problems = Vec::new();
    for (name, text) in ours() {
        let lines: Vec<&str> = text.lines().collect();
        for (start, line) in lines.iter().enumerate() {
            let code = line.trim_start();
            let indent = line.len() - code.len();
            let head = ["fn ", "pub fn ", "pub(super) fn ", "pub(crate) fn ", "const fn "];
            let ends_there = |line: &&&str| line.ends_with(['{', ';']);
            let declared = lines[start..].iter().find(ends_there);
            if !head.iter().any(|head| code.starts_with(head))
                || declared.is_some_and(|line| line.ends_with(';'))
            {
                continue;
            }
            let closing = format!("{}}}", " ".repeat(indent));
            let end = lines[start..].iter().position(|line| **line == closing);
            if let Some(length) = end.filter(|&length| length > FUNCTION_LINES) {
                problems.push(format!("{name}:{}: {length} lines: {code}", start + 1));
            }
        }
    }
    report(&problems);
}

#[test]
fn imports_run_one_way() {
    let mut problems = Vec::new();
    for (folder, allowed) in IMPORTS {
        for (name, text) in sources(folder) {
            for (number, line) in (1..).zip(text.lines()) {
                let uses = line.split("crate::").skip(1);
                for module in uses.map(|rest| rest.split([':', ';', ' ', ',', '{']).next()) {
                    let module = module.unwrap_or_default();
                    let folder_exists = IMPORTS.iter().any(|(f, _)| f.ends_with(module));
                    if !module.is_empty() && folder_exists && !allowed.contains(&module) {
                        problems.push(format!("{name}:{number}: uses {module}"));
                    }
                }
            }
        }
    }
    report(&problems);
}

/// The module of a file of the command line: `cli::command::run` of `src/cli/command/run/many.rs`,
/// since the files of one subcommand are one module here.
fn module(file: &str) -> String {
    let path = file.trim_start_matches("src/").trim_end_matches(".rs");
    path.split('/').take(3).collect::<Vec<_>>().join("::")
}

/// The paths that the `use` items of a file name, with groups written out and `super` and `self`
/// as they stand.
fn used_paths(text: &str) -> Vec<String> {
    fn expand(prefix: &str, tree: &str, paths: &mut Vec<String>) {
        let Some((head, group)) = tree.split_once('{') else {
            paths.push(format!("{prefix}{}", tree.trim()));
            return;
        };
        let prefix = format!("{prefix}{}", head.trim());
        let inner = group.trim_end().trim_end_matches('}');
        let (mut depth, mut start) = (0, 0);
        for (at, sign) in inner.char_indices() {
            match sign {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    expand(&prefix, &inner[start..at], paths);
                    start = at + 1;
                }
                _ => {}
            }
        }
        expand(&prefix, &inner[start..], paths);
    }
    let mut paths = Vec::new();
    for item in text.split("\nuse ").skip(1) {
        expand("", item.split(';').next().unwrap_or_default(), &mut paths);
    }
    paths
}

/// The absolute path of a name in a file: `cli::exit::Exit` for `super::exit::Exit` in `src/cli/`.
fn absolute(file: &str, path: &str) -> String {
    let own: Vec<&str> =
        file.trim_start_matches("src/").trim_end_matches(".rs").split('/').collect();
    let mut scope = own.as_slice();
    let mut rest = path;
    while let Some(outer) = rest.strip_prefix("super::") {
        scope = &scope[..scope.len() - 1];
        rest = outer;
    }
    match rest.strip_prefix("crate::") {
        Some(rest) => rest.to_owned(),
        None => format!("{}::{rest}", scope.join("::")),
    }
}

#[test]
fn modules_of_the_command_line_import_in_no_circle() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli.rs");
    let mut files = sources("src/cli");
    files.push(("src/cli.rs".to_owned(), fs::read_to_string(root).unwrap()));
    let modules: Vec<String> = files.iter().map(|(name, _)| module(name)).collect();
    // The longest module at the start of a path; none if the path leads out of the command line.
    let target = |path: &str| {
        let within = |module: &&String| {
            path.strip_prefix(module.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        };
        modules.iter().filter(within).max_by_key(|module| module.len()).cloned()
    };
    let mut open: Vec<(String, Vec<String>)> = files
        .iter()
        .map(|(name, text)| {
            let paths = used_paths(text).into_iter().map(|path| absolute(name, &path));
            (module(name), paths.filter_map(|path| target(&path)).collect())
        })
        .collect();
    let uses: usize = open.iter().map(|(_, uses)| uses.len()).sum();
    assert!(uses > 100, "only {uses} imports are seen");
    // Repeatedly removes modules whose files use only removed modules.
    loop {
        let names: Vec<String> = open.iter().map(|(name, _)| name.clone()).collect();
        let waits = |(name, uses): &(String, Vec<String>)| {
            uses.iter().any(|used| used != name && names.contains(used))
        };
        let waiting: Vec<String> =
            open.iter().filter(|one| waits(one)).map(|(name, _)| name.clone()).collect();
        open.retain(|(name, _)| waiting.contains(name));
        if open.len() == names.len() {
            break;
        }
    }
    let mut rest: Vec<&str> = open.iter().map(|(name, _)| name.as_str()).collect();
    rest.dedup();
    assert!(rest.is_empty(), "these use each other: {rest:?}");
}

#[test]
fn grouped_and_relative_imports_are_read() {
    let text = "//! A file.\nuse super::{exit::Exit, files::{input, target}};\nuse std::fs;\n";
    let paths: Vec<String> =
        used_paths(text).iter().map(|path| absolute("src/cli/search.rs", path)).collect();
    let expected = ["cli::exit::Exit", "cli::files::input", "cli::files::target"];
    assert_eq!(paths[..3], expected);
    assert_eq!(
        absolute("src/cli/command/run/many.rs", "super::Outputs"),
        "cli::command::run::Outputs"
    );
    assert_eq!(absolute("src/cli/search.rs", "crate::cli::exit::Exit"), "cli::exit::Exit");
    assert_eq!(module("src/cli/command/run/many.rs"), "cli::command::run");
}

#[test]
fn only_fpmath_calls_the_mathematics_of_a_platform_or_a_crate() {
    let calls_libm = |text: &str| text.contains(concat!("libm", "::"));
    let users: Vec<String> = sources("src")
        .into_iter()
        .filter(|(_, text)| calls_libm(text))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(users, ["src/kernel/fpmath.rs"]);
}

#[test]
fn nothing_is_left_for_later() {
    let mut problems = Vec::new();
    for (name, text) in ours() {
        for (number, line) in (1..).zip(text.lines()) {
            let words = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("todo", "!(")];
            if words.iter().any(|word| line.contains(word)) {
                problems.push(format!("{name}:{number}: {}", line.trim()));
            }
        }
    }
    report(&problems);
}

/// All files that git tracks, or all files without git, as in an archive of the sources.
fn repository_files(root: &Path) -> Vec<PathBuf> {
    let git = Command::new("git").args(["ls-files", "-z"]).current_dir(root).output();
    let tracked = git.ok().filter(|output| root.join(".git").exists() && output.status.success());
    match tracked {
        Some(output) => {
            let names = String::from_utf8(output.stdout).unwrap();
            let files = names.split_terminator('\0').map(|name| root.join(name));
            // Git still lists a file whose deletion is not committed.
            files.filter(|path| path.is_file()).collect()
        }
        None => files_below(root),
    }
}

fn files_below(root: &Path) -> Vec<PathBuf> {
    let mut open = vec![root.to_owned()];
    let mut files = Vec::new();
    while let Some(path) = open.pop() {
        for entry in fs::read_dir(path).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name();
            if !entry.file_type().unwrap().is_dir() {
                files.push(entry.path());
            } else if !UNTRACKED.iter().any(|untracked| name == *untracked) {
                open.push(entry.path());
            }
        }
    }
    files
}

/// Problems of files: too large, or not text.
fn large_or_binary(files: &[PathBuf]) -> Vec<String> {
    let mut problems = Vec::new();
    for path in files {
        let bytes = fs::metadata(path).unwrap().len();
        if bytes > FILE_BYTES {
            problems.push(format!("{}: {bytes} bytes", path.display()));
        } else if fs::read(path).unwrap().contains(&0) {
            problems.push(format!("{}: is binary", path.display()));
        }
    }
    problems
}

#[test]
fn the_repository_holds_no_large_and_no_binary_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = repository_files(root);
    assert!(files.len() > 100, "{} files", files.len());
    report(&large_or_binary(&files));
}

#[test]
fn a_wheel_and_a_large_text_are_noticed_where_there_is_no_git() {
    let archive = tempfile::tempdir().unwrap();
    fs::create_dir_all(archive.path().join("target")).unwrap();
    fs::create_dir_all(archive.path().join("docs")).unwrap();
    fs::write(archive.path().join("target/dessim"), b"\x7fELF\0").unwrap();
    fs::write(archive.path().join("docs/page.md"), "text").unwrap();
    fs::write(archive.path().join("docs/large.md"), "a".repeat(1_000_001)).unwrap();
    fs::write(archive.path().join("ray.whl"), b"PK\x03\x04\x14\0").unwrap();
    let mut problems = large_or_binary(&repository_files(archive.path()));
    problems.sort();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].ends_with("large.md: 1000001 bytes"), "{problems:?}");
    assert!(problems[1].ends_with("ray.whl: is binary"), "{problems:?}");
}
