//! What `find`, `hunt` and `shrink` have in common: conditions, confidences, and commands that play
//! a run again.

use std::path::Path;

use clap::Args;
use dessim::experiment::condition::Wanted;
use dessim::experiment::hunt::Trouble;
use dessim::report::text::format;
use dessim::scenario::expect::Refusal;
use dessim::scenario::expected_requests;
use dessim::scenario::problem::{Problem, Problems};
use dessim::scenario::schema::Scenario;
use dessim::scenario::{Document, Path as At};

use crate::cli::exit::Exit;
use crate::cli::files::input::read;
use crate::cli::files::places::is_dash;
use crate::cli::terminal::ui::{Failure, Ui, shown};

/// The condition that `hunt` and `shrink` look for.
#[derive(Debug, Args)]
pub(crate) struct WantedArgs {
    /// Look for a run in which this holds, in any arm: 'collapses', 'rpc.requests.shed > 0'
    #[arg(long = "for", value_name = "CONDITION", conflicts_with = "expect")]
    pub looked_for: Option<String>,
    /// Look for a run in which this fails [default: what the scenario expects]
    #[arg(long, value_name = "CONDITION")]
    pub expect: Option<String>,
}

impl WantedArgs {
    pub(crate) fn wanted(&self, scenario: &Scenario) -> Result<Wanted, Failure> {
        match (&self.looked_for, &self.expect) {
            (Some(text), _) => {
                Wanted::showing(text, scenario).map_err(|r| refused("--for", text, r))
            }
            (None, text) => Wanted::breaking(text.as_deref(), scenario)
                .map_err(|r| refused("--expect", text.as_deref().unwrap_or_default(), r)),
        }
    }
}

/// The failure for a refused sentence, with the sentence quoted as in any problem.
pub(crate) fn refused(option: &str, text: &str, refusal: Refusal) -> Failure {
    let Refusal { rule, found, hint } = refusal;
    if text.is_empty() {
        let message = format!("{rule}: {found}");
        return Failure::Message(Exit::Usage, message, hint);
    }
    let problem = Problem::error(&At::root(), rule, found).at(0..text.len()).maybe_hint(hint);
    let problems = Problems::new(option, text, vec![problem]);
    match problems {
        Some(problems) => Failure::Problems(Exit::Usage, Box::new(problems)),
        None => Failure::Message(Exit::Usage, format!("{option} is refused"), None),
    }
}

pub(crate) fn troubled(trouble: Trouble) -> Failure {
    match trouble {
        Trouble::Problems(problems) => Failure::Problems(Exit::Invalid, problems),
        Trouble::Build(error) => Failure::invalid(error.to_string()),
    }
}

/// The document of a scenario with the assignments in `set` applied.
pub(crate) fn document(path: &Path, set: &[String]) -> Result<Document, Failure> {
    let name = match is_dash(path) {
        true => "stdin".to_owned(),
        false => path.to_string_lossy().into_owned(),
    };
    let invalid = |problems| Failure::Problems(Exit::Invalid, Box::new(problems));
    let document = Document::parse(&name, &read(path)?).map_err(invalid)?;
    document.with(set).map_err(|problems| Failure::Problems(Exit::Usage, Box::new(problems)))
}

/// Parses `95%` or `0.95` into a ratio between 0 and 1, both excluded.
pub(crate) fn ratio(text: &str) -> Result<f64, String> {
    let (number, scale) = match text.strip_suffix('%') {
        Some(number) => (number.trim(), 100.0),
        None => (text, 1.0),
    };
    match number.parse::<f64>().map(|number| number / scale) {
        Ok(ratio) if ratio > 0.0 && ratio < 1.0 => Ok(ratio),
        _ => Err("give a part between 0 and 1, such as 95% or 0.95".to_owned()),
    }
}

/// Parses a confidence: a ratio of at least 0.5.
pub(crate) fn confidence(text: &str) -> Result<f64, String> {
    match ratio(text)? {
        sure if sure >= 0.5 => Ok(sure),
        _ => Err("a confidence is at least 50%".to_owned()),
    }
}

/// Quotes `text` as one argument of a shell.
pub(crate) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/=:,+@%".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

/// The command that replays a run.
pub(crate) fn again(file: &Path, set: &[String], more: &[String], seed: u64) -> String {
    let mut command = format!("dessim run {}", quoted(&shown(file)));
    for set in set.iter().chain(more) {
        command.push_str(&format!(" --set {}", quoted(set)));
    }
    format!("{command} --seed {seed}")
}

/// Requests from which on the amount of work is announced: about half a minute's.
const MUCH: f64 = 3e7;

/// Prints the amount of work ahead if it is large; `most` makes it an upper bound.
pub(crate) fn announce(ui: &Ui, quiet: bool, scenario: &Scenario, runs: u64, most: bool) {
    let arms = dessim::scenario::arms::arms(scenario).len();
    let requests = expected_requests(scenario) * arms as f64;
    if quiet || requests * runs as f64 <= MUCH {
        return;
    }
    let up_to = if most { "up to " } else { "" };
    ui.hint(&format!(
        "this is {up_to}{} runs of about {} requests each, {} in all; fewer runs make it quicker",
        format::count(runs),
        format::number(requests),
        format::number(requests * runs as f64)
    ));
}
