//! Scenarios and saved results from files and from standard input.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use dessim::ScenarioFile;
use dessim::experiment::run::{DEFAULT_MAX_EVENTS, Options};
use dessim::experiment::saved::Saved;
use dessim::report::result::RunResult;
use dessim::report::text::format;
use dessim::report::text::page::stopped;
use dessim::scenario::lints::{self, Group};
use dessim::scenario::problem::{escaped, printable};
use dessim::scenario::{Document, Problem, Problems, arms, expected_requests};

use crate::cli::exit::Exit;
use crate::cli::files::claims;
use crate::cli::files::places::is_dash;
use crate::cli::terminal::ui::{Failure, Ui, plural, shown};

/// Largest input, in bytes: reading a device would never end.
const MOST_BYTES: u64 = 64 << 20;

/// The bytes of a file, or of standard input.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |error: io::Error| match is_dash(path) {
        true => Failure::io("read", Path::new("standard input"), &error),
        false => Failure::io("read", path, &error),
    };
    claims::reads(path)?;
    let mut bytes = Vec::new();
    if is_dash(path) {
        let mut limited = io::stdin().lock().take(MOST_BYTES + 1);
        limited.read_to_end(&mut bytes).map_err(failed)?;
    } else {
        let file = File::open(path).map_err(failed)?;
        let mut limited = file.take(MOST_BYTES + 1);
        limited.read_to_end(&mut bytes).map_err(failed)?;
    }
    if bytes.len() as u64 > MOST_BYTES {
        let name = if is_dash(path) { "standard input".to_owned() } else { shown(path) };
        return Err(Failure::invalid(format!("{name} is larger than 64 MiB, no scenario is")));
    }
    Ok(bytes)
}

/// The name of a scenario: the stem of its file without control characters.
pub(crate) fn name(path: &Path) -> String {
    escaped(&stem(path))
}

/// The stem of a file, for the names of other files.
pub(crate) fn stem(path: &Path) -> String {
    match path.file_stem() {
        _ if is_dash(path) => "stdin".to_owned(),
        Some(stem) => stem.to_string_lossy().into_owned(),
        None => path.to_string_lossy().into_owned(),
    }
}

/// The name of a file in messages.
pub(crate) fn label(path: &Path) -> String {
    match is_dash(path) {
        true => "stdin".to_owned(),
        false => path.to_string_lossy().into_owned(),
    }
}

/// Parses a scenario or study, without checking it.
pub(crate) fn document(path: &Path) -> Result<Document, Failure> {
    let invalid = |problems| Failure::Problems(Exit::Invalid, Box::new(problems));
    Document::parse(&label(path), &read(path)?).map_err(invalid)
}

/// Reads a scenario, applies the assignments in `set`, and checks the result.
pub(crate) fn scenario(path: &Path, set: &[String]) -> Result<ScenarioFile, Failure> {
    parse(path, &read(path)?, set)
}

fn parse(path: &Path, bytes: &[u8], set: &[String]) -> Result<ScenarioFile, Failure> {
    let invalid = |problems| Failure::Problems(Exit::Invalid, Box::new(problems));
    let mut document = Document::parse(&label(path), bytes).map_err(invalid)?;
    for assignment in set {
        document
            .set(assignment)
            .map_err(|problems| Failure::Problems(Exit::Usage, Box::new(problems)))?;
    }
    checked(path, &document)
}

/// Checks the scenario of a document read from `path`.
pub(crate) fn checked(path: &Path, document: &Document) -> Result<ScenarioFile, Failure> {
    let invalid = |problems| Failure::Problems(Exit::Invalid, Box::new(problems));
    let checked = document.scenario().map_err(invalid)?;
    Ok(ScenarioFile { name: name(path), scenario: checked.scenario, warnings: checked.warnings })
}

/// A scenario to play, or a saved result to play again.
#[derive(Debug)]
pub(crate) struct Playable {
    pub(crate) file: ScenarioFile,
    saved: Option<Saved>,
    shown: String,
}

impl Playable {
    /// Reads `path`, and applies the assignments in `set` to a scenario.
    pub(crate) fn open(path: &Path, set: &[String]) -> Result<Self, Failure> {
        let bytes = read(path)?;
        let shown = match is_dash(path) {
            true => "stdin".to_owned(),
            false => shown(path),
        };
        if !bytes.trim_ascii_start().starts_with(b"{") {
            let file = parse(path, &bytes, set)?;
            return Ok(Self { file, saved: None, shown });
        }
        if !set.is_empty() {
            let message = format!("{shown} is a result, and --set changes scenarios");
            return Err(Failure::usage(message, "give the scenario that it is of"));
        }
        let saved = Saved::from_json(&shown, &bytes).map_err(|error| {
            let hint = "dessim run FILE --export-json FILE.json writes one".to_owned();
            let message = format!("cannot read the result {shown}: {error}");
            Failure::Message(Exit::Invalid, message, Some(hint))
        })?;
        Ok(Self { file: saved.file.clone(), saved: Some(saved), shown })
    }

    /// True for a saved result.
    pub(crate) const fn is_saved(&self) -> bool {
        self.saved.is_some()
    }

    /// The options of the run: those of the saved result, or of the scenario, with `seed` if given.
    /// Refuses a scenario that would surely reach the default limit.
    pub(crate) fn options(&self, seed: Option<u64>) -> Result<Options, Failure> {
        let options = self.saved.as_ref().map_or_else(Options::default, Saved::options);
        feasible(&self.file, options.max_events != Options::default().max_events)?;
        Ok(Options { seed: seed.or(options.seed), ..options })
    }

    /// True if `again` reproduces the saved result.
    pub(crate) fn vouches_for(&self, again: &RunResult) -> bool {
        self.saved.as_ref().is_some_and(|saved| saved.verify(again).is_ok())
    }

    /// Refuses a saved result that this release does not reproduce.
    pub(crate) fn verify(&self, again: &RunResult) -> Result<(), Failure> {
        match &self.saved {
            Some(saved) if again.seed == saved.file.scenario.seed => {
                saved.verify(again).map_err(|why| {
                    let hint = "use the release that made it, or run its scenario again".to_owned();
                    let message = format!("{} cannot be shown: {why}", self.shown);
                    Failure::Message(Exit::Invalid, message, Some(hint))
                })
            }
            _ => Ok(()),
        }
    }
}

/// Prints the warnings of a scenario.
pub(crate) fn warn(ui: &Ui, file: &ScenarioFile) {
    warn_of(ui, file.warnings.as_ref());
}

/// Prints fields without effect in full, and only the names of lints, which `dessim check` prints.
pub(crate) fn warn_of(ui: &Ui, warnings: Option<&Problems>) {
    let Some(warnings) = warnings else { return };
    let design = |problem: &Problem| {
        let lint = lints::find(problem.lint?)?;
        (lint.group == Group::Design).then_some(lint.name)
    };
    if let Some(writing) = warnings.only(|problem| design(problem).is_none()) {
        ui.problems(&writing);
    }
    let named: Vec<&str> = warnings.list().iter().filter_map(design).collect();
    if !named.is_empty() {
        let (file, lints) = (printable(warnings.name()), plural(named.len(), "lint"));
        let names: BTreeSet<&str> = named.into_iter().collect();
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
        ui.warning(&format!("{file}: {lints} ({names}); `dessim check` says where and why"));
    }
}

/// Refuses a scenario that would surely reach the default limit, before minutes are spent on it. A
/// limit given by the user is obeyed instead.
pub(crate) fn feasible(file: &ScenarioFile, limited: bool) -> Result<(), Failure> {
    let arms = arms::arms(&file.scenario).len();
    let requests = expected_requests(&file.scenario) * arms as f64;
    if limited || requests <= 2.0 * DEFAULT_MAX_EVENTS as f64 {
        return Ok(());
    }
    let message = format!(
        "{} would send about {} requests through its arms, and a run stops after {} events",
        printable(&file.name),
        format::number(requests),
        format::count(DEFAULT_MAX_EVENTS),
    );
    let hint = "shorten it with `duration`, `until` or `total`; `dessim run --max-events N` stops \
                there with what it has";
    Err(Failure::Message(Exit::Invalid, message, Some(hint.to_owned())))
}

/// The exit code of a run; prints last, where it is noticed, that the run stopped early.
pub(crate) fn ended(ui: &Ui, result: &RunResult) -> Exit {
    match &result.stopped {
        None => Exit::Done,
        Some(why) => {
            ui.error(&format!("seed {} stopped early: {}", result.seed, stopped(why)));
            Exit::Invalid
        }
    }
}
