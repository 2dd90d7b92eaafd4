//! Findings of `dessim check` as data, schema [`CHECK_SCHEMA`], and as SARIF 2.1.0.

use core::fmt::Write as _;

use serde::Serialize;
use serde_json::{Value, json};

/// The schema name in every report of a check.
pub const CHECK_SCHEMA: &str = "dessim.check/1";

/// Rule id in SARIF of a problem that is no lint: the scenario cannot run.
const INVALID: &str = "invalid-scenario";

/// All files of one check.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Checked {
    /// Always [`CHECK_SCHEMA`].
    pub schema: &'static str,
    /// Version of dessim.
    pub dessim: &'static str,
    /// Files that can run, with or without warnings.
    pub sound: usize,
    /// Errors in all files.
    pub errors: usize,
    /// Warnings in all files.
    pub warnings: usize,
    /// The files, in the order in which they were given.
    pub files: Vec<CheckedFile>,
}

/// One file.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CheckedFile {
    /// Path as given on the command line, with `/` between folders.
    pub file: String,
    /// Why the file cannot be read, if so.
    pub unreadable: Option<String>,
    /// Problems of the file.
    pub problems: Vec<CheckedProblem>,
}

/// One problem at its place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckedProblem {
    /// `error` or `warning`.
    pub level: &'static str,
    /// Name of the lint, for a warning.
    pub lint: Option<&'static str>,
    /// File of the problem: a study may have the problems of its scenario.
    pub file: String,
    /// Path within the scenario: `calls["web"].policy[1].Retry`.
    pub path: String,
    /// The first line, from 1.
    pub line: Option<usize>,
    /// The first column, in characters from 1.
    pub column: Option<usize>,
    /// The last line.
    pub end_line: Option<usize>,
    /// The column after the last character.
    pub end_column: Option<usize>,
    /// Rule that is broken.
    pub rule: String,
    /// What the file has instead.
    pub found: String,
    /// What to write.
    pub hint: Option<String>,
}

/// A rule of SARIF: a lint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name.
    pub id: &'static str,
    /// What the lint looks for.
    pub about: &'static str,
    /// Why that is a problem.
    pub why: &'static str,
}

impl Checked {
    /// A report of these files.
    #[must_use]
    pub fn new(files: Vec<CheckedFile>) -> Self {
        let count = |level: &str| {
            let problems = files.iter().flat_map(|file| &file.problems);
            problems.filter(|problem| problem.level == level).count()
        };
        let is_sound = |file: &&CheckedFile| {
            file.unreadable.is_none() && file.problems.iter().all(|of| of.level != "error")
        };
        Self {
            schema: CHECK_SCHEMA,
            dessim: env!("CARGO_PKG_VERSION"),
            sound: files.iter().filter(is_sound).count(),
            errors: count("error"),
            warnings: count("warning"),
            files,
        }
    }

    /// The report as SARIF 2.1.0: one run, with all `rules`.
    #[must_use]
    pub fn sarif(&self, rules: &[Rule]) -> Value {
        let invalid = Rule {
            id: INVALID,
            about: "The file is no scenario that can run.",
            why: "A scenario of which anything is wrong does not run: every problem names its \
                  place, the rule and what to write.",
        };
        let rules: Vec<Rule> = std::iter::once(invalid).chain(rules.iter().copied()).collect();
        let problems = self.files.iter().flat_map(|file| &file.problems);
        let results: Vec<Value> = problems.map(|problem| result(problem, &rules)).collect();
        let unreadable = self.files.iter().filter_map(|file| {
            let message = file.unreadable.as_ref()?;
            Some(json!({
                "level": "error",
                "message": { "text": message },
                "locations": [{ "physicalLocation": {
                    "artifactLocation": { "uri": uri(&file.file) },
                } }],
            }))
        });
        let unreadable: Vec<Value> = unreadable.collect();
        let rules = rules.iter().map(rule);
        json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": {
                    "name": "dessim",
                    "semanticVersion": self.dessim,
                    "rules": rules.collect::<Vec<_>>(),
                } },
                "columnKind": "unicodeCodePoints",
                "invocations": [{
                    "executionSuccessful": unreadable.is_empty(),
                    "toolExecutionNotifications": unreadable,
                }],
                "results": results,
            }],
        })
    }
}

fn rule(rule: &Rule) -> Value {
    let level = if rule.id == INVALID { "error" } else { "warning" };
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.about },
        "fullDescription": { "text": rule.why },
        "help": { "text": format!("{} {}", rule.about, rule.why) },
        "defaultConfiguration": { "level": level },
    })
}

fn result(problem: &CheckedProblem, rules: &[Rule]) -> Value {
    let id = problem.lint.unwrap_or(INVALID);
    let mut location = json!({ "artifactLocation": { "uri": uri(&problem.file) } });
    if let (Some(line), Some(column)) = (problem.line, problem.column) {
        location["region"] = json!({
            "startLine": line,
            "startColumn": column,
            "endLine": problem.end_line,
            "endColumn": problem.end_column,
        });
    }
    let mut place = json!({ "physicalLocation": location });
    if !problem.path.is_empty() {
        place["logicalLocations"] = json!([{ "fullyQualifiedName": problem.path }]);
    }
    json!({
        "ruleId": id,
        "ruleIndex": rules.iter().position(|rule| rule.id == id),
        "level": problem.level,
        "message": { "text": problem.message() },
        "locations": [place],
    })
}

impl CheckedProblem {
    /// Rule, finding and hint in one text.
    fn message(&self) -> String {
        let mut text = match self.path.as_str() {
            "" => self.rule.clone(),
            path => format!("{path}: {}", self.rule),
        };
        if !self.found.is_empty() {
            let _ = write!(text, ": {}", self.found);
        }
        if let Some(hint) = &self.hint {
            let _ = write!(text, ". Help: {hint}");
        }
        text
    }
}

/// A path as a URI reference: a relative path as it is, an absolute one as `file:///..`.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    if path.starts_with('/') {
        uri.push_str("file://");
    }
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                uri.push(char::from(byte));
            }
            byte => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn a_path_is_a_reference() {
        assert_eq!(uri("scenarios/burst.ron"), "scenarios/burst.ron");
        assert_eq!(uri("/tmp/a b#1.ron"), "file:///tmp/a%20b%231.ron");
        assert_eq!(uri("c:d/Größe.ron"), "c%3Ad/Gr%C3%B6%C3%9Fe.ron");
    }
}
