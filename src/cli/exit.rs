//! Exit codes.

use std::process::ExitCode;

use super::interrupt;

/// Exit code of the process.
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
    /// Interrupted by a signal; finished work is kept. See [`interrupt::exit_code`].
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
