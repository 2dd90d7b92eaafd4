//! What a user sees: standard output and standard error, with colours where they are wanted.

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

/// When colours are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

/// The terminal, or what stands for it.
#[derive(Debug)]
pub(crate) struct Ui {
    color: ColorChoice,
}

/// Why a subcommand could not do its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// With this exit code, for this reason, perhaps with a hint.
    Message(Exit, String, Option<String>),
    /// Standard output cannot be written.
    Stdout(io::Error),
    /// A scenario, or a `--set`, is wrong.
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

    /// Tells it, and says how the process is to end.
    pub(crate) fn tell(&self, ui: &Ui) -> Exit {
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

    /// Writes to standard output; escape sequences are taken out unless colours are wanted.
    pub(crate) fn print(&self, text: &str) -> Result<(), Failure> {
        let mut out = AutoStream::new(io::stdout().lock(), self.color);
        let text = guarded(text);
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Failure::Stdout)
    }

    /// Writes a page or JSON to standard output, without a line that is a command.
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

    /// The problems of a scenario, in rustc's look; a warning among errors is told, too.
    pub(crate) fn problems(&self, problems: &Problems) {
        self.note(&problems.render(true));
    }

    /// Writes to standard error, byte for byte: for programs that read along.
    pub(crate) fn note_raw(text: &str) {
        // Nobody is left to be told that this failed.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// A text about a result that has standard output for itself.
    pub(crate) fn tell(&self, text: &str) {
        self.note(text);
    }

    fn note(&self, text: &str) {
        let mut err = AutoStream::new(io::stderr().lock(), self.color);
        let text = guarded(text);
        // Nobody is left to be told that this failed.
        let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
    }
}

/// A path as it may stand in a message: a name is as foreign as the contents of its file.
pub(crate) fn shown(path: &std::path::Path) -> String {
    path.to_string_lossy().chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// The reason of the operating system, without its number.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((words, _)) => words.to_owned(),
        None => text,
    }
}

/// "1 file", "2 files".
pub(crate) fn plural(n: usize, noun: &str) -> String {
    let ending = if n == 1 { "" } else { "s" };
    format!("{n} {noun}{ending}")
}
