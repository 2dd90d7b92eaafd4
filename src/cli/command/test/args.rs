//! The arguments of `dessim test`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::args::{TextOrJson, WorkArgs};

const TEST_EXAMPLES: &str = "\
Examples:
  dessim test
  dessim test scenarios/burst.ron --accept
  dessim test --export-junit junit.xml
  dessim test --no-snapshots scenarios

A snapshot is in insta's file format: `cargo insta review` works on the .snap.new files, too.";

#[derive(Debug, Args)]
#[command(after_long_help = TEST_EXAMPLES)]
pub(crate) struct Test {
    /// Scenarios, or directories of them [default: scenarios, here or upwards]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Keep what the scenarios do now as their snapshots
    #[arg(long)]
    pub accept: bool,
    /// Where the snapshots are [default: snapshots, beside scenarios]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Compare nothing: hold scenarios against their expectations only
    #[arg(long, conflicts_with_all = ["accept", "dir"])]
    pub no_snapshots: bool,
    /// What to print [default: text]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<TextOrJson>,
    /// Write the report as JSON; `-` is standard output
    #[arg(long, value_name = "FILE")]
    pub export_json: Option<PathBuf>,
    /// Write the report as JUnit XML
    #[arg(long, value_name = "FILE")]
    pub export_junit: Option<PathBuf>,
    /// Annotate lines of scenarios on standard error; auto does so in GitHub's actions
    #[arg(long, value_name = "WHERE", default_value = "auto")]
    pub annotations: Annotations,
    #[command(flatten)]
    pub work: WorkArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Annotations {
    Auto,
    Github,
    Never,
}
