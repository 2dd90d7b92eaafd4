//! The table of subcommands: each owns its arguments and its work in a file of its own.

mod check;
mod compare;
mod diff;
mod docs;
mod explain;
mod find;
mod hunt;
mod init;
mod metrics;
mod presets;
mod report;
mod run;
mod shrink;
mod sweep;
mod test;
mod trace;

use clap::{CommandFactory, Parser, Subcommand};

use check::Check;
use compare::Compare;
use diff::Diff;
use explain::Explain;
use find::Find;
use hunt::Hunt;
use init::Init;
use metrics::Metrics;
use presets::Presets;
use report::Report;
use run::Run;
use shrink::Shrink;
use sweep::Sweep;
use test::Test;
use trace::Trace;

use super::exit::Exit;
use super::terminal::ui::{Color, Failure, Ui};

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
    /// List presets: libraries whose algorithm and defaults a layer can take
    Presets(Presets),
    /// Print the JSON Schema of scenarios, or of studies
    Schema {
        /// Of what
        #[arg(value_name = "LANGUAGE", default_value = "scenario")]
        of: docs::Language,
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

/// Runs the subcommand of a parsed command line.
pub(super) fn dispatch(ui: &Ui, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Run(args) => run::run(ui, &args),
        Command::Sweep(args) => sweep::sweep(ui, &args),
        Command::Check(args) => check::check(ui, &args),
        Command::Test(args) => test::test(ui, &args),
        Command::Diff(args) => diff::diff(&args),
        Command::Compare(args) => compare::compare(ui, &args),
        Command::Explain(args) => explain::explain(ui, &args),
        Command::Report(args) => report::report(ui, &args),
        Command::Find(args) => find::run(ui, &args),
        Command::Hunt(args) => hunt::run(ui, &args),
        Command::Shrink(args) => shrink::run(ui, &args),
        Command::Trace(args) => trace::trace(ui, &args),
        Command::Init(args) => init::init(ui, &args),
        Command::Metrics(args) => metrics::metrics(ui, &args),
        Command::Presets(args) => presets::presets(ui, &args),
        Command::Schema { of } => docs::schema(ui, of),
        Command::Completions { shell } => docs::completions(ui, shell, Cli::command()),
        Command::Man { command } => docs::man(ui, command.as_deref(), Cli::command()),
    }
}
