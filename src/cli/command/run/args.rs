//! The arguments of `dessim run`.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::export::ExportArgs;
use super::limits::LimitArgs;
use super::plot::ShowArgs;
use crate::cli::args::{ScenarioArgs, WorkArgs, seeds};

const RUN_EXAMPLES: &str = "\
Examples:
  dessim run burst.ron --seed 8 --export-markdown report.md
  dessim run burst.ron --seeds 1..200 --format jsonl > runs.jsonl
  dessim run burst.ron --svg figures
  dessim run burst.ron --set downstream.overload.knee=40
  generate-scenario | dessim run - --format json";

#[derive(Clone, Debug, Args)]
#[command(after_long_help = RUN_EXAMPLES)]
pub(crate) struct Run {
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    /// Run with this seed instead of the scenario's
    #[arg(long, value_name = "N", conflicts_with = "seeds", allow_negative_numbers = true)]
    pub seed: Option<u64>,
    /// Run once with each seed from A to B, both included
    #[arg(long, value_name = "A..B", value_parser = seeds, allow_hyphen_values = true)]
    pub seeds: Option<RangeInclusive<u64>>,
    /// Print the means of one long run once it has settled, with intervals by batch means
    #[arg(long, conflicts_with_all = ["seeds", "export_json", "export_markdown", "export_csv",
        "export_parquet", "export_prometheus", "export_influx", "trace", "trace_chrome",
        "trace_perfetto", "svg", "plot"])]
    pub steady: bool,
    /// Print every number of every arm and component
    #[arg(long, conflicts_with_all = ["seeds", "steady"])]
    pub full: bool,
    /// What to print [default: text]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// Write the result as JSON; `-` is standard output
    #[arg(long, value_name = "FILE")]
    pub export_json: Option<PathBuf>,
    /// Write the result as Markdown
    #[arg(long, value_name = "FILE")]
    pub export_markdown: Option<PathBuf>,
    #[command(flatten)]
    pub exports: ExportArgs,
    /// Write everything that happens as JSON lines
    #[arg(long, value_name = "FILE", conflicts_with = "seeds")]
    pub trace: Option<PathBuf>,
    /// Write it for chrome://tracing, as JSON
    #[arg(long, value_name = "FILE", conflicts_with = "seeds")]
    pub trace_chrome: Option<PathBuf>,
    /// Write it for ui.perfetto.dev, as track events
    #[arg(long, value_name = "FILE", conflicts_with = "seeds")]
    pub trace_perfetto: Option<PathBuf>,
    /// Write the figures of the run as SVG into this directory
    #[arg(long, value_name = "DIR")]
    pub svg: Option<PathBuf>,
    /// Let --svg write into a directory that is not empty, replacing the figures there
    #[arg(long, requires = "svg")]
    pub overwrite: bool,
    /// The implementation of the calendar; both give the same run
    #[arg(long, value_name = "KIND", default_value = "lanes", hide_short_help = true)]
    pub calendar: Calendar,
    #[command(flatten)]
    pub limits: LimitArgs,
    #[command(flatten)]
    pub show: ShowArgs,
    #[command(flatten)]
    pub work: WorkArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
    Jsonl,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Calendar {
    Lanes,
    Keyed,
}
