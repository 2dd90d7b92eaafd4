//! `dessim metrics`: which numbers sentences about a scenario can name.

use std::path::PathBuf;

use clap::Args;
use dessim::experiment::metrics::metrics as list;
use dessim::report::json::pretty;

use super::args::TextOrJson;
use super::ui::{Failure, Ui};
use super::{Exit, input};

const METRICS_EXAMPLES: &str = "\
Examples:
  dessim metrics scenarios/burst.ron
  dessim metrics scenarios/burst.ron --format json";

#[derive(Debug, Args)]
#[command(after_help = METRICS_EXAMPLES)]
pub(crate) struct Metrics {
    /// The scenario; `-` is standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Replace a value of the scenario; may be repeated
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// What to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: TextOrJson,
}

pub(super) fn metrics(ui: &Ui, args: &Metrics) -> Result<Exit, Failure> {
    let file = input::scenario(&args.file, &args.set)?;
    input::warn(ui, &file);
    let metrics = list(&file.scenario, &file.name);
    ui.print(&match args.format {
        TextOrJson::Text => metrics.page(),
        TextOrJson::Json => pretty(&metrics),
    })?;
    Ok(Exit::Done)
}
