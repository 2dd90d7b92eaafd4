//! Arguments that several subcommands have, each declared once.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use dessim::experiment::pool::Jobs;

use crate::cli::terminal::progress::When;

/// A scenario that is changed before it is played.
#[derive(Clone, Debug, Args)]
pub(crate) struct ScenarioArgs {
    /// The scenario; `-` is standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Replace a value of the scenario; may be repeated
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
}

/// A run that is played to be looked at: see [`crate::cli::files::input::Playable`].
#[derive(Debug, Args)]
pub(crate) struct Input {
    /// A scenario, or a result written by `dessim run --export-json`; `-` is standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Run with this seed instead of the scenario's or the result's
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub seed: Option<u64>,
    /// Replace a value of the scenario; may be repeated
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
}

/// How many runs are played, and what is said meanwhile.
#[derive(Clone, Debug, Args)]
pub(crate) struct WorkArgs {
    /// Play so many runs at a time; changes no result [default: one a core]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..),
        allow_negative_numbers = true)]
    jobs: Option<u16>,
    /// Tell how far it is: auto, always or never
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true,
        hide_default_value = true
    )]
    pub progress: When,
    /// Print no warnings and no progress
    #[arg(short, long)]
    pub quiet: bool,
}

impl WorkArgs {
    pub(crate) fn jobs(&self) -> Jobs {
        Jobs::new(self.jobs.map(usize::from))
    }
}

#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Quiet {
    /// Print no warnings
    #[arg(short, long)]
    pub quiet: bool,
}

#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct FormatArgs {
    /// What to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: TextOrJson,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TextOrJson {
    Text,
    Json,
}

pub(crate) fn seeds(text: &str) -> Result<RangeInclusive<u64>, String> {
    let form = "give two whole numbers, such as 1..200; both ends run";
    let (first, last) = text.split_once("..").ok_or(form)?;
    let number = |part: &str| part.parse::<u64>().map_err(|_| form.to_owned());
    let (first, last) = (number(first)?, number(last)?);
    if first > last {
        return Err(format!("the last seed is before the first; give {last}..{first}"));
    }
    Ok(first..=last)
}
