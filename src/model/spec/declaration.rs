//! Declarations of mechanisms: their names, lints and what-ifs as data.

use super::lint::Lint;
use super::word::Word;
use crate::metrics::change::ChangeKind;

/// The declaration of a mechanism. No list has a default, so that a new mechanism cannot forget
/// one.
#[derive(Debug)]
pub struct Declaration {
    /// Name in scenarios: "Retry".
    pub name: &'static str,
    /// Kind in results: "retry".
    pub kind: &'static str,
    /// Lints about the mechanism.
    pub lints: &'static [&'static Lint],
    /// Kinds of its what-ifs.
    pub changes: &'static [&'static ChangeKind],
    /// Names that other tools have for the mechanism and its fields, with hints.
    pub words: &'static [Word],
}
