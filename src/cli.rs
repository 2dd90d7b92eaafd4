//! The command line: one small function a subcommand, all of the work in the library.
//!
//! Results go to standard output, everything about them to standard error. Nothing here panics on
//! what a user gives: every subcommand ends in an [`Exit`] or a [`Failure`] that is told once.

mod args;
mod check;
mod claims;
mod common;
mod compare;
mod diff;
mod docs;
mod explain;
mod export;
mod find;
mod folder;
mod follow;
mod guard;
mod hunt;
mod init;
mod input;
mod interrupt;
mod limits;
mod metrics;
mod places;
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

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};
use ui::{Color, Failure, Ui};

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
    /// The user broke off; what was finished by then is kept. See [`interrupt::exit_code`].
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Interrupted => interrupt::exit_code(),
            exit => exit as u8,
        })
    }
}

/// Reads the command line, does what it says, and tells what went wrong.
pub(crate) fn main() -> ExitCode {
    interrupt::listen();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let printed = error.print().and_then(|()| std::io::stdout().flush());
            return match (printed, error.use_stderr()) {
                (_, true) => Exit::Usage,
                (Ok(()), false) => Exit::Done,
                (Err(why), false) => Failure::Stdout(why).tell(&Ui::new(Color::Auto)),
            }
            .into();
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
        Command::Init(args) => init::init(ui, &args),
        Command::Metrics(args) => metrics::metrics(ui, &args),
        Command::Schema { of } => docs::schema(ui, of),
        Command::Completions { shell } => docs::completions(ui, shell),
        Command::Man { command } => docs::man(ui, command.as_deref()),
    }
}
