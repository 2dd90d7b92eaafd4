//! `dessim check`: are these scenarios, and sound ones?

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use dessim::report::ci::check::{Checked, CheckedFile, CheckedProblem, Rule};
use dessim::report::export::json;
use dessim::scenario::{LINTS, Problem, Problems, Severity, resolved};

use crate::cli::command::sweep;
use crate::cli::exit::Exit;
use crate::cli::files::folder;
use crate::cli::files::input;
use crate::cli::files::places::is_dash;
use crate::cli::terminal::ui::{Failure, Ui, plural};

const CHECK_EXAMPLES: &str = "\
Examples:
  dessim check scenarios
  dessim check --deny-warnings --format sarif scenarios > dessim.sarif
  dessim check --resolved scenarios/burst.ron > resolved.ron";

#[derive(Debug, Args)]
#[command(after_long_help = CHECK_EXAMPLES)]
pub(crate) struct Check {
    /// Scenarios or studies, or directories of them; `-` is a scenario on standard input
    #[arg(value_name = "PATH", required = true)]
    pub files: Vec<PathBuf>,
    /// Print the scenario with every default filled in; takes one file
    #[arg(long, conflicts_with_all = ["deny_warnings", "format"])]
    pub resolved: bool,
    /// Replace a value of the scenario first; may be repeated
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// End with 3 if there is a warning, too
    #[arg(long)]
    pub deny_warnings: bool,
    /// Let studies name scenarios outside their own directories
    #[arg(long)]
    pub outside: bool,
    /// What to print; SARIF is what code scanning reads
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
    /// Print nothing about files that are fine, and no warnings
    #[arg(short, long)]
    pub quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
    Sarif,
}

pub(super) fn check(ui: &Ui, args: &Check) -> Result<Exit, Failure> {
    if args.resolved {
        return print_resolved(ui, args);
    }
    let mut report = Report {
        ui,
        args,
        sound: 0,
        warnings: 0,
        worst: Exit::Done,
        files: vec![],
        printed: BTreeSet::new(),
    };
    let mut files = 0;
    for path in &args.files {
        match folder::files_below(std::slice::from_ref(path)) {
            Ok(paths) => {
                files += paths.len();
                paths.iter().for_each(|file| report.add(file, one(ui, args, file)));
            }
            Err(failure) => {
                files += 1;
                report.add(path, Err(failure));
            }
        }
    }
    if files == 0 {
        ui.error("there is no scenario to check");
        ui.hint("give files, or directories that hold *.ron");
        return Ok(Exit::Nothing);
    }
    report.end(files)
}

/// Checks a scenario, or a study with its scenario; returns their warnings.
fn one(ui: &Ui, args: &Check, path: &Path) -> Result<Option<Problems>, Failure> {
    if !is_dash(path) && input::document(path)?.is_study() {
        return sweep::check(ui, path, &args.set, args.outside);
    }
    Ok(input::scenario(path, &args.set)?.warnings)
}

/// Outcomes so far: text is printed file by file, JSON and SARIF at the end.
struct Report<'a> {
    ui: &'a Ui,
    args: &'a Check,
    sound: usize,
    warnings: usize,
    worst: Exit,
    files: Vec<CheckedFile>,
    /// Warnings already reported: several studies may share a scenario.
    printed: BTreeSet<String>,
}

impl Report<'_> {
    fn add(&mut self, path: &Path, outcome: Result<Option<Problems>, Failure>) {
        let file = input::label(path).replace(std::path::MAIN_SEPARATOR, "/");
        let mut entry = CheckedFile { file, ..CheckedFile::default() };
        let exit = match &outcome {
            Ok(warnings) => {
                self.sound += 1;
                let new = warnings.iter().filter(|of| !self.printed.contains(&of.to_string()));
                entry.problems = new.flat_map(listed).collect();
                self.warnings += entry.problems.len();
                let denied = self.args.deny_warnings && warnings.is_some();
                if denied { Exit::Invalid } else { Exit::Done }
            }
            Err(Failure::Problems(exit, problems)) => {
                entry.problems = listed(problems);
                *exit
            }
            Err(Failure::Message(exit, message, _)) => {
                entry.unreadable = Some(message.clone());
                *exit
            }
            Err(Failure::Stdout(_)) => Exit::Trouble,
        };
        // An unreadable file decides the exit code over an invalid one.
        if exit != Exit::Done && self.worst != Exit::Trouble {
            self.worst = exit;
        }
        match (self.args.format, outcome) {
            (Format::Text, Ok(_)) if self.args.quiet => {}
            (Format::Text, Ok(warnings)) => {
                let new = warnings.filter(|warnings| self.printed.insert(warnings.to_string()));
                new.iter().for_each(|warnings| self.ui.problems(warnings));
            }
            (Format::Text, Err(failure)) => {
                failure.print(self.ui);
            }
            (Format::Json | Format::Sarif, outcome) => {
                self.printed.extend(outcome.ok().flatten().map(|warnings| warnings.to_string()));
                self.files.push(entry);
            }
        }
    }

    fn end(self, files: usize) -> Result<Exit, Failure> {
        match self.args.format {
            Format::Text => {
                let sound = match (self.sound == files, files) {
                    (true, 1) => "1 file is fine".to_owned(),
                    (true, _) => format!("{files} files are fine"),
                    (false, _) => format!("{} of {files} files are fine", self.sound),
                };
                let warnings = match self.warnings {
                    0 => String::new(),
                    warnings => format!(", with {}", plural(warnings, "warning")),
                };
                if !self.args.quiet {
                    self.ui.print(&format!("{sound}{warnings}\n"))?;
                }
            }
            Format::Json => Ui::print_raw(&json::pretty(&Checked::new(self.files)))?,
            Format::Sarif => {
                let rule = |lint: &&dessim::scenario::Lint| Rule {
                    id: lint.name,
                    about: lint.about,
                    why: lint.why,
                };
                let rules: Vec<Rule> = LINTS.iter().map(rule).collect();
                Ui::print_raw(&json::pretty(&Checked::new(self.files).sarif(&rules)))?;
            }
        }
        Ok(self.worst)
    }
}

/// The problems of one file as they stand in JSON and SARIF.
fn listed(problems: &Problems) -> Vec<CheckedProblem> {
    let listed = |problem: &Problem| {
        let region = problems.region(problem);
        let (start, end) = (region.map(|of| of.0), region.map(|of| of.1));
        CheckedProblem {
            level: match problem.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            lint: problem.lint,
            file: problems.name().replace(std::path::MAIN_SEPARATOR, "/"),
            path: problem.path.to_string(),
            line: start.map(|start| start.0),
            column: start.map(|start| start.1),
            end_line: end.map(|end| end.0),
            end_column: end.map(|end| end.1),
            rule: problem.rule.clone(),
            found: problem.found.clone(),
            hint: problem.hint.clone(),
        }
    };
    problems.list().iter().map(listed).collect()
}

fn print_resolved(ui: &Ui, args: &Check) -> Result<Exit, Failure> {
    let [path] = args.files.as_slice() else {
        let message = "--resolved takes one file";
        return Err(Failure::usage(message, "give the files one at a time"));
    };
    let file = input::scenario(path, &args.set)?;
    input::warn(ui, &file);
    Ui::print_bytes(resolved(&file.scenario).as_bytes())?;
    Ok(Exit::Done)
}
