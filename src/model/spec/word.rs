//! Words of other tools, and their counterparts in the language.
//!
//! Names are compared in snake case, so `maxAttempts`, `max-attempts` and `MaxAttempts` are one
//! word. The meaning of a word may depend on the struct, variant or enum around it.

/// The counterpart of some words in some places.
#[derive(Debug)]
pub struct Word {
    /// Structs, variants and enums around the words; none: everywhere else.
    pub within: &'static [&'static str],
    /// The words, in snake case.
    pub names: &'static [&'static str],
    /// Counterpart in the language.
    pub hint: &'static str,
}

/// The words `names` that stand `within` a struct, variant or enum.
#[must_use]
pub const fn word(
    within: &'static [&'static str],
    names: &'static [&'static str],
    hint: &'static str,
) -> Word {
    Word { within, names, hint }
}
