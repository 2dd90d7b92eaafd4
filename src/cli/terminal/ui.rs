//! Standard output and standard error, with colours where they are wanted.

use std::io::{self, ErrorKind, Write};

use anstream::{AutoStream, ColorChoice};
use clap::ValueEnum;
use dessim::scenario::Problems;

use crate::cli::exit::Exit;
use crate::cli::terminal::guard::guarded;

const RED: &str = "\u{1b}[1m\u{1b}[91m";
const YELLOW: &str = "\u{1b}[1m\u{1b}[33m";
const CYAN: &str = "\u{1b}[1m\u{1b}[96m";
const RESET: &str = "\u{1b}[0m";

/// The values of `--color`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

/// The streams of the process, with the user's choice of colours.
#[derive(Debug)]
pub(crate) struct Ui {
    color: ColorChoice,
}

/// The reason why a subcommand failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Exit code, message, and hint if there is one.
    Message(Exit, String, Option<String>),
    /// Writing standard output failed.
    Stdout(io::Error),
    /// Problems of a scenario, or of a `--set`.
    Problems(Exit, Box<Problems>),
}

impl Failure {
    pub(crate) fn io(what: &str, path: &std::path::Path, error: &io::Error) -> Self {
        let message = format!("cannot {what} {}: {}", shown(path), reason(error));
        Self::Message(Exit::Trouble, message, None)
    }

    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Message(Exit::Usage, message.into(), Some(hint.into()))
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::Message(Exit::Invalid, message.into(), None)
    }

    /// Prints the failure on standard error; returns the exit code of the process.
    pub(crate) fn print(&self, ui: &Ui) -> Exit {
        match self {
            Self::Message(exit, message, hint) => {
                ui.error(message);
                if let Some(hint) = hint {
                    ui.hint(hint);
                }
                *exit
            }
            Self::Stdout(error) if error.kind() == ErrorKind::BrokenPipe => Exit::Done,
            Self::Stdout(error) => {
                ui.error(&format!("cannot write standard output: {}", reason(error)));
                Exit::Trouble
            }
            Self::Problems(exit, problems) => {
                ui.problems(problems);
                *exit
            }
        }
    }
}

impl Ui {
    pub(crate) fn new(color: Color) -> Self {
        let color = match color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        Self { color }
    }

    /// Writes to standard output; escape sequences are stripped unless colours are wanted.
    pub(crate) fn print(&self, text: &str) -> Result<(), Failure> {
        let mut out = AutoStream::new(io::stdout().lock(), self.color);
        let text = guarded(text);
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Failure::Stdout)
    }

    /// Writes a page or JSON to standard output; lines that would be commands are defused.
    pub(crate) fn print_raw(text: &str) -> Result<(), Failure> {
        Self::print_bytes(guarded(text).as_bytes())
    }

    /// Writes to standard output, byte for byte.
    pub(crate) fn print_bytes(bytes: &[u8]) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        out.write_all(bytes).and_then(|()| out.flush()).map_err(Failure::Stdout)
    }

    pub(crate) fn error(&self, message: &str) {
        self.note(&format!("{RED}error{RESET}: {message}\n"));
    }

    pub(crate) fn warning(&self, message: &str) {
        self.note(&format!("{YELLOW}warning{RESET}: {message}\n"));
    }

    pub(crate) fn hint(&self, message: &str) {
        self.note(&format!("{CYAN}help{RESET}: {message}\n"));
    }

    /// Prints the problems of a scenario in the style of rustc, warnings among errors included.
    pub(crate) fn problems(&self, problems: &Problems) {
        self.note(&problems.render(true));
    }

    /// Writes to standard error, byte for byte, for programs that parse it.
    pub(crate) fn note_raw(text: &str) {
        // Nobody is left to be told that this failed.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// Prints a text on standard error, because the result itself takes standard output.
    pub(crate) fn print_aside(&self, text: &str) {
        self.note(text);
    }

    fn note(&self, text: &str) {
        let mut err = AutoStream::new(io::stderr().lock(), self.color);
        let text = guarded(text);
        // Nobody is left to be told that this failed.
        let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
    }
}

/// A path for a message, without control characters: file names come from others.
pub(crate) fn shown(path: &std::path::Path) -> String {
    path.to_string_lossy().chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// The message of the operating system, without its error number.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((words, _)) => words.to_owned(),
        None => text,
    }
}

/// A count with its noun: "1 file", "2 files".
pub(crate) fn plural(n: usize, noun: &str) -> String {
    let ending = if n == 1 { "" } else { "s" };
    format!("{n} {noun}{ending}")
}
