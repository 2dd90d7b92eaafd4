//! `dessim explain`: what happened in a run, and why.

use clap::Args;
use dessim::experiment::explain::{Effort, explain as explanation_of};
use dessim::report::explain::Explanation;
use dessim::report::explain::text::explained;
use dessim::scenario::arms::arms;
use dessim::scenario::problem::printable;
use dessim::scenario::schema::Scenario;

use crate::cli::args::{FormatArgs, Input, Quiet, TextOrJson};
use crate::cli::exit::Exit;
use crate::cli::files::input::{self, Playable};
use crate::cli::terminal::ui::{Failure, Ui};

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  dessim explain scenarios/metastable.ron --arm retries
  dessim explain run.json --format json";

#[derive(Debug, Args)]
#[command(after_long_help = EXPLAIN_EXAMPLES)]
pub(crate) struct Explain {
    #[command(flatten)]
    pub input: Input,
    /// Explain only this arm
    #[arg(long, value_name = "ARM")]
    pub arm: Option<String>,
    #[command(flatten)]
    pub format: FormatArgs,
    /// Try every change, however long that takes
    #[arg(long)]
    pub everything: bool,
    #[command(flatten)]
    pub quiet: Quiet,
}

pub(super) fn explain(ui: &Ui, args: &Explain) -> Result<Exit, Failure> {
    let input = Playable::open(&args.input.file, &args.input.set)?;
    if !args.quiet.quiet {
        input::warn(ui, &input.file);
    }
    let only = args.arm.as_deref();
    if let Some(arm) = only {
        known_arm(&input.file.scenario, arm)?;
    }
    let options = input.options(args.input.seed)?;
    let effort = if args.everything { Effort::Everything } else { Effort::Bounded };
    let (result, explanation) =
        explanation_of(&input.file.scenario, &input.file.name, &options, only, effort)
            .map_err(|error| Failure::invalid(error.to_string()))?;
    input.verify(&result)?;
    Ui::print_raw(&match args.format.format {
        TextOrJson::Text => explained(&explanation),
        TextOrJson::Json => json(&explanation),
    })?;
    Ok(input::ended(ui, &result))
}

fn json(explanation: &Explanation) -> String {
    let text = serde_json::to_string_pretty(explanation);
    // Serialisation cannot fail: keys are strings and numbers are finite or null.
    text.unwrap_or_default() + "\n"
}

/// Refuses an unknown arm; the hint lists the arms of the scenario.
pub(super) fn known_arm(scenario: &Scenario, arm: &str) -> Result<(), Failure> {
    let all = arms(scenario);
    if all.contains_key(arm) {
        return Ok(());
    }
    let names: Vec<String> = all.keys().map(|name| printable(name)).collect();
    let message = format!("there is no arm `{}`", printable(arm));
    Err(Failure::usage(message, format!("there are {}", names.join(", "))))
}
