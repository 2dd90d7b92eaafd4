//! What is known of a mechanism outside a run, as data.

use super::lint::Lint;
use super::word::Word;
use crate::metrics::change::ChangeKind;

/// A mechanism in the language. No list has a default, so whoever adds a mechanism says of each
/// what is in it.
#[derive(Debug)]
pub struct Declaration {
    /// Its name in the language, "Retry".
    pub name: &'static str,
    /// What results call it, "retry".
    pub kind: &'static str,
    /// What is warned of.
    pub lints: &'static [&'static Lint],
    /// What an explanation tries to change of it.
    pub changes: &'static [&'static ChangeKind],
    /// What other tools call it and its parts.
    pub words: &'static [Word],
}
