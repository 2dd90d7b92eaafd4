//! `dessim metrics`: which numbers sentences about a scenario can name.

use clap::Args;
use dessim::experiment::metrics::metrics as list;
use dessim::report::export::json::pretty;

use crate::cli::args::{FormatArgs, Quiet, ScenarioArgs, TextOrJson};
use crate::cli::exit::Exit;
use crate::cli::files::input;
use crate::cli::terminal::ui::{Failure, Ui};

const METRICS_EXAMPLES: &str = "\
Examples:
  dessim metrics scenarios/burst.ron
  dessim metrics scenarios/burst.ron --format json";

#[derive(Debug, Args)]
#[command(after_long_help = METRICS_EXAMPLES)]
pub(crate) struct Metrics {
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    #[command(flatten)]
    pub format: FormatArgs,
    #[command(flatten)]
    pub quiet: Quiet,
}

pub(super) fn metrics(ui: &Ui, args: &Metrics) -> Result<Exit, Failure> {
    let file = input::scenario(&args.scenario.file, &args.scenario.set)?;
    if !args.quiet.quiet {
        input::warn(ui, &file);
    }
    let metrics = list(&file.scenario, &file.name);
    ui.print(&match args.format.format {
        TextOrJson::Text => metrics.page(),
        TextOrJson::Json => pretty(&metrics),
    })?;
    Ok(Exit::Done)
}
