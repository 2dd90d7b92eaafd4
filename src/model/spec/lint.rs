//! Lints, of which checks warn: a name, a reason, an example and the corrected example.
//!
//! A lint never guesses. It states and shows what follows from the numbers of the file. Lints are
//! declared beside their mechanisms.

use crate::kernel::time::Duration;

/// The definition of a warning.
#[derive(Debug)]
pub struct Lint {
    /// Stable name in kebab case, for `allow`.
    pub name: &'static str,
    /// Kind of mistake.
    pub group: Group,
    /// The mistake, in one sentence.
    pub about: &'static str,
    /// Consequence of the mistake, and remedy.
    pub why: &'static str,
    /// Entries of a scenario that raise it.
    pub example: &'static str,
    /// The same entries without the mistake.
    pub mended: &'static str,
}

/// The two kinds of lints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// A part of the file has no effect: probably a slip.
    Writing,
    /// The file is as intended, and the system that it describes performs badly.
    Design,
}

/// Nanoseconds as a duration, for messages.
#[must_use]
pub fn shown(ns: f64) -> Duration {
    Duration::from_ns(ns as u64)
}

/// A number for messages: whole numbers without a point, others with one digit or two.
#[must_use]
pub fn number(value: f64) -> String {
    if value > 0.0 && value < 0.01 {
        return "<0.01".to_owned();
    }
    let digits = if value >= 10.0 { 1 } else { 2 };
    let text = format!("{value:.digits$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}
