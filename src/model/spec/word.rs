//! Words that other tools use, and what stands for them here.
//!
//! Names are compared in snake case, so `maxAttempts`, `max-attempts` and `MaxAttempts` are one
//! word. What a word means may depend on where it stands: on the struct, variant or enum around it.

/// What some words mean in some places.
#[derive(Debug)]
pub struct Word {
    /// Structs, variants and enums of the language; none for everywhere else.
    pub within: &'static [&'static str],
    /// The words, in snake case.
    pub names: &'static [&'static str],
    /// What is written here instead.
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
