//! The arguments of `dessim sweep`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::grammar::{self, Vary};
use crate::cli::args::{FormatArgs, Quiet, ScenarioArgs, WorkArgs};
use dessim::scenario::study::Design;

const EXAMPLES: &str = "\
Examples:
  dessim sweep burst.ron --vary 'rpc.clients.bulkhead.permits=10..80/8'
  dessim sweep db.ron --vary load.users.arrivals.Poisson.rate=10/s..100/s/10 --seeds 1..20
  dessim sweep db.ron --vary 'services.db.slots=[4, 8]' \\
      --vary 'users.timeout=log 10ms..1s/7' --html map.html
  dessim sweep study.ron -o results
  dessim sweep plan study.ron -o plan.json
  dessim sweep run plan.json --shard 3/64 -o results
  dessim sweep merge results --export-csv cells.csv";

/// Every argument of `dessim sweep`.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES, args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true)]
pub(crate) struct Sweep {
    #[command(subcommand)]
    pub(super) command: Option<Part>,
    #[command(flatten)]
    pub(super) whole: Whole,
}

#[derive(Debug, Subcommand)]
pub(super) enum Part {
    /// Write what would be run, for other machines
    Plan(PlanArgs),
    /// Run a part of a plan; again, to go on with it
    Run(RunArgs),
    /// Put the parts together, to the same results as on one machine
    Merge(MergeArgs),
    /// Let a load rise and fall within one run: is the way down lower?
    Loop(LoopArgs),
}

/// A whole sweep on one machine.
#[derive(Debug, Args)]
pub(super) struct Whole {
    #[command(flatten)]
    pub(super) study: StudyArgs,
    #[command(flatten)]
    pub(super) outputs: OutputArgs,
    /// Keep every run in this directory, and go on with what is there
    #[arg(short, long, value_name = "DIR")]
    pub(super) output: Option<PathBuf>,
    #[command(flatten)]
    pub(super) work: WorkArgs,
}

#[derive(Debug, Default, Args)]
pub(super) struct StudyArgs {
    /// A study, or a scenario with --vary
    #[arg(value_name = "FILE", required = true)]
    pub(super) file: Option<PathBuf>,
    /// Vary a value: PATH=FROM..TO/COUNT, PATH=log FROM..TO/COUNT, PATH=[A, B, ..]; may be repeated
    #[arg(long, value_name = "PATH=VALUES", value_parser = grammar::vary)]
    pub(super) vary: Vec<Vary>,
    /// Run each setting with every seed from A to B, both included
    #[arg(long, value_name = "A..B", allow_hyphen_values = true)]
    pub(super) seeds: Option<String>,
    /// Replace a value of the scenario; may be repeated
    #[arg(long, value_name = "PATH=VALUE")]
    pub(super) set: Vec<String>,
    /// Which combinations to run: grid, lhs:SAMPLES[:SEED] or sobol:SAMPLES [default: grid]
    #[arg(long, value_name = "DESIGN", value_parser = grammar::design)]
    pub(super) design: Option<Design>,
    /// Keep this number of each run [default: all of the arms]; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(super) metric: Vec<String>,
    /// Stop a run after so many events [default: 1000000000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..),
        allow_negative_numbers = true)]
    pub(super) max_events: Option<u64>,
    /// Let a study name a scenario outside its own directory
    #[arg(long)]
    pub(super) outside: bool,
    /// Run more than ten million runs without asking
    #[arg(long)]
    pub(super) yes: bool,
}

#[derive(Debug, Args)]
pub(super) struct OutputArgs {
    /// What to print [default: text]
    #[arg(long, value_name = "FORMAT")]
    pub(super) format: Option<SweepFormat>,
    /// Write a summary of each setting as JSON; `-` is standard output
    #[arg(long, value_name = "FILE")]
    pub(super) export_json: Option<PathBuf>,
    /// Write every run as a row of CSV
    #[arg(long, value_name = "FILE")]
    pub(super) export_csv: Option<PathBuf>,
    /// Write the same as Parquet
    #[arg(long, value_name = "FILE", hide = !cfg!(feature = "parquet"))]
    pub(super) export_parquet: Option<PathBuf>,
    /// Write curves or maps as a page
    #[arg(long, value_name = "FILE")]
    pub(super) html: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SweepFormat {
    /// A table
    Text,
    /// A summary of each setting
    Json,
    /// Every run on a line
    Jsonl,
}

#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    #[command(flatten)]
    pub(super) study: StudyArgs,
    /// Where to write it
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    pub(super) output: PathBuf,
    #[command(flatten)]
    pub(super) quiet: Quiet,
}

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// A plan written by `dessim sweep plan`
    #[arg(value_name = "PLAN")]
    pub(super) plan: PathBuf,
    /// Run shard I of N, from 1 [default: all cells]
    #[arg(long, value_name = "I/N", value_parser = grammar::shard, conflicts_with = "cells")]
    pub(super) shard: Option<(u64, u64)>,
    /// Run the cells from A to B, from 0, both included
    #[arg(long, value_name = "A..B", value_parser = grammar::cells)]
    pub(super) cells: Option<(u64, u64)>,
    /// Where the parts are kept
    #[arg(short, long, value_name = "DIR")]
    pub(super) output: PathBuf,
    #[command(flatten)]
    pub(super) work: WorkArgs,
}

#[derive(Debug, Args)]
pub(super) struct MergeArgs {
    /// Directories of parts, or parts and their plan
    #[arg(value_name = "PATH", required = true)]
    pub(super) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) outputs: OutputArgs,
    #[command(flatten)]
    pub(super) quiet: Quiet,
}

#[derive(Debug, Args)]
pub(super) struct LoopArgs {
    #[command(flatten)]
    pub(super) scenario: ScenarioArgs,
    /// The load that rises and falls [default: the only one]
    #[arg(long, value_name = "LOAD")]
    pub(super) load: Option<String>,
    /// The rates: FROM..TO/COUNT, up and then down again
    #[arg(long, value_name = "FROM..TO/COUNT")]
    pub(super) rates: String,
    /// How long each rate lasts; its first half is not looked at
    #[arg(long, value_name = "TIME", default_value = "10s")]
    pub(super) lasts: String,
    /// Run with every seed from A to B, both included
    #[arg(long, value_name = "A..B", value_parser = crate::cli::args::seeds,
        allow_hyphen_values = true)]
    pub(super) seeds: Option<std::ops::RangeInclusive<u64>>,
    #[command(flatten)]
    pub(super) format: FormatArgs,
    /// Write the loop as a page
    #[arg(long, value_name = "FILE")]
    pub(super) html: Option<PathBuf>,
    #[command(flatten)]
    pub(super) work: WorkArgs,
}
