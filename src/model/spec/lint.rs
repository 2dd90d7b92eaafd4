//! What a check warns of: a lint has a name, a reason, an example and the example mended.
//!
//! A lint never guesses. It says what follows from the numbers of the file, and shows them. It
//! stands beside the mechanism that it is about.

use crate::kernel::time::Duration;

/// One thing that a check warns of.
#[derive(Debug)]
pub struct Lint {
    /// Its stable name, in kebab case: what `allow` takes.
    pub name: &'static str,
    /// What kind of mistake it points at.
    pub group: Group,
    /// What it looks for, in one sentence.
    pub about: &'static str,
    /// Why that matters, and what to do about it.
    pub why: &'static str,
    /// Entries of a scenario that raise it.
    pub example: &'static str,
    /// The same entries without the mistake.
    pub mended: &'static str,
}

/// The two kinds of lints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Something in the file has no effect: probably a slip.
    Writing,
    /// The file says what it says, and a system like that fares badly.
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
