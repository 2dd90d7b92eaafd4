//! Features of random scenarios, and their notation.

/// The features and the notation of a random scenario.
#[derive(Clone, Copy)]
pub(crate) struct Style {
    /// Every duration is this many times as long, every rate as many times lower: a power of two
    /// up to 512, so that both stay exact.
    pub(crate) scale: u64,
    /// Declarations in reverse order.
    pub(crate) reversed: bool,
    /// The innermost layer of every policy. An outer one would be the first of its kind and take
    /// the name, and with it the draws, of the next.
    pub(crate) inside: &'static str,
    /// Further services, loads with their calls, and faults, as lists of entries.
    pub(crate) more: [&'static str; 4],
    /// A service calls another.
    pub(crate) nested: bool,
    /// Lines may have longest waits, and policies may share a pool.
    pub(crate) waits: bool,
    /// Breakers may half open.
    pub(crate) half_open: bool,
    /// Calls may be copied and have deadlines.
    pub(crate) copies: bool,
}

pub(crate) const PLAIN: Style = Style {
    scale: 1,
    reversed: false,
    inside: "",
    more: [""; 4],
    nested: false,
    waits: false,
    half_open: false,
    copies: false,
};

pub(crate) const WAITING: Style = Style { waits: true, ..PLAIN };

pub(crate) const NESTED: Style = Style { nested: true, half_open: true, ..WAITING };

pub(crate) const COPIED: Style = Style { copies: true, ..NESTED };
