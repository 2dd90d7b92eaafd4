//! The command line: one small function a subcommand, all of the work in the library.
//!
//! Results go to standard output, everything about them to standard error. Nothing here panics on
//! what a user gives: every subcommand ends in an [`Exit`] or a [`Failure`] that is told once.

mod args;
mod check;
mod compare;
mod diff;
mod docs;
mod explain;
mod export;
mod find;
mod folder;
mod follow;
mod hunt;
mod input;
mod interrupt;
mod metrics;
mod plot;
mod progress;
mod record;
mod report;
mod run;
mod search;
mod shrink;
mod snap;
mod sweep;
mod target;
mod test;
mod trace;
mod ui;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};
use ui::{Failure, Ui};

/// How the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All is well.
    Done = 0,
    /// A file cannot be read or written, or something inside went wrong.
    Trouble = 1,
    /// The command line says what cannot be done.
    Usage = 2,
    /// A scenario is invalid, or its run stopped before its end.
    Invalid = 3,
    /// There was nothing to work on.
    Nothing = 4,
    /// Two things that were compared differ.
    Difference = 99,
    /// The user broke off; what was finished by then is kept.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Reads the command line, does what it says, and tells what went wrong.
pub(crate) fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // A closed pipe is no reason to complain about a help text.
            let _ = error.print();
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            return exit.into();
        }
    };
    let ui = Ui::new(cli.color);
    dispatch(&ui, cli.command).unwrap_or_else(|failure| failure.tell(&ui)).into()
}

fn dispatch(ui: &Ui, command: Command) -> Result<Exit, Failure> {
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
        Command::Trace(args) => follow::trace(ui, &args),
        Command::Metrics(args) => metrics::metrics(ui, &args),
        Command::Schema { of } => docs::schema(ui, of),
        Command::Completions { shell } => docs::completions(ui, shell),
        Command::Man { command } => docs::man(ui, command.as_deref()),
    }
}
