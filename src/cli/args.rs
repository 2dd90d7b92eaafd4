//! What can be typed.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use dessim::experiment::follow::Wish;

use super::check::Check;
use super::common::{
    FormatArgs, Input, Language, Quiet, ScenarioArgs, TextOrJson, WorkArgs, seeds,
};
use super::compare::Compare;
use super::export::ExportArgs;
use super::find::Find;
use super::hunt::Hunt;
use super::init::Init;
use super::limits::LimitArgs;
use super::metrics::Metrics;
use super::plot::ShowArgs;
use super::shrink::Shrink;
use super::sweep::Sweep;
use super::test::Test;
use super::ui::Color;

const EXIT_CODES: &str = "\
Exit codes:
  0  done               3  a scenario is invalid, or its run stopped early
  1  I/O or internal    4  nothing to work on
  2  usage             99  an expectation fails, or a comparison found a difference";

const EXAMPLES: &str = "\
Examples:
  dessim init && dessim run api.ron
  dessim run scenarios/burst.ron
  dessim run scenarios/burst.ron --set rpc.clients.bulkhead.permits=80
  dessim run scenarios/burst.ron --seeds 1..200
  dessim test";

const RUN_EXAMPLES: &str = "\
Examples:
  dessim run burst.ron --seed 8 --export-markdown report.md
  dessim run burst.ron --seeds 1..200 --format jsonl > runs.jsonl
  dessim run burst.ron --svg figures
  dessim run burst.ron --set downstream.overload.knee=40
  generate-scenario | dessim run - --format json";

const DIFF_EXAMPLES: &str = "\
Examples:
  dessim diff before.ron after.ron
  dessim diff burst.ron --set rpc.clients.bulkhead.permits=80
  dessim diff burst.ron --arms rpc,event-driven --html burst.html
  dessim diff burst.ron run-of-last-week.json
  dessim diff burst.ron trace-of-last-release.jsonl";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  dessim explain scenarios/metastable.ron --arm retries
  dessim explain run.json --format json";

const TRACE_EXAMPLES: &str = "\
Examples:
  dessim trace scenarios/burst.ron --request 17
  dessim trace scenarios/burst.ron --failed 10 --arm rpc
  dessim trace result.json --slowest 3
  dessim trace burst.ron --slowest 100 --format otlp -o traces.json

For whole runs in viewers, see `dessim run --trace-chrome` and `--trace-perfetto`.";

const REPORT_EXAMPLES: &str = "\
Examples:
  dessim report scenarios/burst.ron
  dessim report burst.ron --seed 8 -o burst-8.html
  dessim run burst.ron --export-json burst.json && dessim report burst.json

The page opens without a network. A saved result is played again, and must be the same run.";

/// A deterministic simulator of retries, cascades and recovery.
#[derive(Debug, Parser)]
#[command(
    name = "dessim",
    version,
    about,
    max_term_width = 100,
    after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"),
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    /// When to use colours; auto obeys NO_COLOR and CLICOLOR_FORCE
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", display_order = 100)]
    pub color: Color,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a scenario and print what each arm did
    Run(Run),
    /// Run many settings of a scenario, on one machine or many
    Sweep(Box<Sweep>),
    /// Find the threshold of a number, the capacity of each arm, or the best setting
    Find(Find),
    /// Look for a run that shows something, and how likely that is
    Hunt(Hunt),
    /// Cut a scenario down to the smallest that still shows something
    Shrink(Shrink),
    /// Validate scenarios and studies: all problems at once, and lints of designs that fare badly
    Check(Check),
    /// Hold scenarios against their snapshots and expectations
    Test(Test),
    /// Compare two runs: whose fate changed, which numbers, and where they part
    Diff(Diff),
    /// Compare systems over many seeds: differences with intervals, and ranks
    Compare(Compare),
    /// Say what happened in a run, and why
    Explain(Explain),
    /// Follow single requests through a run
    Trace(Trace),
    /// Write a run as one HTML file, with charts and all numbers
    Report(Report),
    /// Write a first scenario, with comments, to change into your own
    Init(Init),
    /// List the metrics that sentences about a scenario can name, and what they mean
    Metrics(Metrics),
    /// Print the JSON Schema of scenarios, or of studies
    Schema {
        /// Of what
        #[arg(value_name = "LANGUAGE", default_value = "scenario")]
        of: Language,
    },
    /// Print a completion script
    Completions {
        /// The shell that is to read it
        shell: clap_complete::Shell,
    },
    /// Print a manual page, in roff
    Man {
        /// The page of this subcommand
        command: Option<String>,
    },
}

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
    #[arg(long, value_name = "KIND", default_value = "lanes")]
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

#[derive(Debug, Args)]
#[command(after_long_help = DIFF_EXAMPLES)]
pub(crate) struct Diff {
    /// A scenario, a result saved with --export-json, or a trace
    pub a: PathBuf,
    /// The other one [default: A, changed by --set]
    pub b: Option<PathBuf>,
    /// Replace a value of B, or of A where it stands for B; may be repeated
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Compare arm X of A with arm Y of B, or of A
    #[arg(long, value_name = "X,Y")]
    pub arms: Option<String>,
    /// Run scenarios and results with this seed instead of their own
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub seed: Option<u64>,
    /// What to print [default: text]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<TextOrJson>,
    /// Write the comparison as a page with charts; `-` is standard output
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Shorten no list
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub quiet: Quiet,
}

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

#[derive(Debug, Args)]
#[command(after_long_help = TRACE_EXAMPLES)]
pub(crate) struct Trace {
    #[command(flatten)]
    pub input: Input,
    /// Follow this request: its number, or LOAD#NUMBER; may be repeated
    #[arg(long, value_name = "REQUEST", conflicts_with_all = ["slowest", "failed"])]
    pub request: Vec<Wish>,
    /// Follow the N requests of each arm that took longest [default: 1]
    #[arg(long, value_name = "N", value_parser = number, conflicts_with = "failed")]
    pub slowest: Option<usize>,
    /// Follow the first N requests of each arm that did not succeed
    #[arg(long, value_name = "N", value_parser = number)]
    pub failed: Option<usize>,
    /// Follow requests of this arm only
    #[arg(long, value_name = "ARM")]
    pub arm: Option<String>,
    /// What to print; the last three are for viewers
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: StoryFormat,
    /// Write it to a file; `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// In OTLP, the Unix time at which runs begin [default: 946684800, the year 2000]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(..=EPOCHS),
        allow_negative_numbers = true)]
    pub epoch: Option<u64>,
    #[command(flatten)]
    pub quiet: Quiet,
}

/// A run that begins later ends beyond what 64 bits of nanoseconds can tell.
const EPOCHS: u64 = 9_000_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StoryFormat {
    Text,
    Json,
    Otlp,
    Chrome,
    Perfetto,
}

fn number(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(number) if (1..=MOST_STORIES).contains(&number) => Ok(number),
        _ => Err(format!("give a whole number from 1 to {MOST_STORIES}")),
    }
}

/// Stories are held in memory.
const MOST_STORIES: usize = 100_000;

#[derive(Debug, Args)]
#[command(after_long_help = REPORT_EXAMPLES)]
pub(crate) struct Report {
    #[command(flatten)]
    pub input: Input,
    /// Where to write it; `-` is standard output [default: FILE's stem with .html, here]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write the figures as SVG into this directory, too
    #[arg(long, value_name = "DIR")]
    pub svg: Option<PathBuf>,
    /// Let --svg write into a directory that is not empty, replacing the figures there
    #[arg(long, requires = "svg")]
    pub overwrite: bool,
    /// Print no warnings, and not where it was written
    #[arg(short, long)]
    pub quiet: bool,
}
