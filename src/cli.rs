//! The command line: one small function a subcommand, all of the work in the library.
//!
//! Results go to standard output, everything about them to standard error. Nothing here panics on
//! what a user gives: every subcommand ends in an [`Exit`], or in a [`Failure`] that is printed
//! once.

mod args;
mod command;
mod exit;
mod files;
mod interrupt;
mod search;
mod terminal;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use command::{Cli, dispatch};
use exit::Exit;
use terminal::ui::{Color, Failure, Ui};

/// Parses the command line, runs the subcommand, and prints its failure, if any.
pub(crate) fn main() -> ExitCode {
    interrupt::listen();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let printed = error.print().and_then(|()| std::io::stdout().flush());
            return match (printed, error.use_stderr()) {
                (_, true) => Exit::Usage,
                (Ok(()), false) => Exit::Done,
                (Err(why), false) => Failure::Stdout(why).print(&Ui::new(Color::Auto)),
            }
            .into();
        }
    };
    let ui = Ui::new(cli.color);
    dispatch(&ui, cli.command).unwrap_or_else(|failure| failure.print(&ui)).into()
}
