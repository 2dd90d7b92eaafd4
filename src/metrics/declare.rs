//! What a component reports, declared once: its name, its unit, its words and its definition.
//!
//! A declaration serves a run while it goes on ([`Eye`](super::meter::Eye) takes it as a
//! [`Meter`]), the end of the run ([`Report`](super::report::Report)) and the documentation. What
//! follows from the kind of a quantity follows here, for all components alike: the mean and the
//! maximum of a level, the total of a state. The kinds are types, so nobody reports a count as a
//! level.

use std::ops::Deref;

use super::meter::Meter;
use super::names::Kind;

/// The names that can be made of the name of a declaration. `metrics!` writes them out, because a
/// name is a constant.
#[derive(Clone, Copy, Debug)]
pub struct Names {
    /// `busy`.
    pub plain: &'static str,
    /// `work_ns`.
    pub ns: &'static str,
    /// `busy_mean`.
    pub mean: &'static str,
    /// `busy_max`.
    pub max: &'static str,
    /// `age_max_ns`.
    pub max_ns: &'static str,
    /// `time_open_ns`.
    pub time_ns: &'static str,
}

/// Defines a kind of quantity by the name of its meter and those of its numbers at the end.
macro_rules! quantity {
    ($(#[$doc:meta])* $kind:ident: $meter:ident => $($number:ident),+) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $kind {
            /// Its name over time, and its words.
            pub meter: Meter,
            /// Its definition, in a sentence or two.
            pub about: &'static str,
            $(
                /// What it is called at the end: see [`Names`].
                pub $number: &'static str,
            )+
        }

        impl $kind {
            /// A quantity with these names; see `metrics!`.
            #[must_use]
            pub const fn new(names: Names, words: &'static str, about: &'static str) -> Self {
                let meter = Meter::new(names.$meter, words);
                Self { meter, about, $($number: names.$number),+ }
            }
        }

        impl Deref for $kind {
            type Target = Meter;

            fn deref(&self) -> &Meter {
                &self.meter
            }
        }
    };
}

quantity! {
    /// How often something happened.
    Count: plain => plain
}
quantity! {
    /// Nanoseconds that were booked.
    Time: ns => ns
}
quantity! {
    /// How many there are of something, which rises and falls.
    Level: plain => mean, max
}
quantity! {
    /// Something that is so or not: a band over time, and at the end how long it was so.
    State: ns => time_ns
}
quantity! {
    /// A time that can be read at any instant; the end of a run knows the largest.
    Reading: ns => max_ns
}
quantity! {
    /// A distribution of times.
    Latency: plain => plain
}
quantity! {
    /// A number without a unit, which only the end of a run knows.
    Ratio: plain => plain
}

/// A declaration of any kind.
#[derive(Clone, Copy, Debug)]
pub enum Declared {
    /// See [`Count`].
    Count(&'static Count),
    /// See [`Time`].
    Time(&'static Time),
    /// See [`Level`].
    Level(&'static Level),
    /// See [`State`].
    State(&'static State),
    /// See [`Reading`].
    Reading(&'static Reading),
    /// See [`Latency`].
    Latency(&'static Latency),
    /// See [`Ratio`].
    Ratio(&'static Ratio),
}

impl Declared {
    /// The numbers of it that the end of a run reports, in this order.
    #[must_use]
    pub fn numbers(self) -> Vec<(&'static str, Kind)> {
        match self {
            Self::Count(of) => vec![(of.plain, Kind::Count)],
            Self::Time(of) => vec![(of.ns, Kind::Time)],
            Self::Level(of) => vec![(of.mean, Kind::Number), (of.max, Kind::Count)],
            Self::State(of) => vec![(of.time_ns, Kind::Time)],
            Self::Reading(of) => vec![(of.max_ns, Kind::Time)],
            Self::Latency(of) => vec![(of.plain, Kind::Latency)],
            Self::Ratio(of) => vec![(of.plain, Kind::Number)],
        }
    }

    /// The definition of these numbers.
    #[must_use]
    pub fn definition(self) -> String {
        match self {
            Self::Count(Count { about, .. })
            | Self::Time(Time { about, .. })
            | Self::State(State { about, .. })
            | Self::Reading(Reading { about, .. })
            | Self::Ratio(Ratio { about, .. }) => about.trim().to_owned(),
            Self::Level(of) => format!("{}: mean over time, and most at once", of.about.trim()),
            Self::Latency(of) => format!("Distribution: {}", of.about.trim()),
        }
    }
}

/// Declares what a component reports, and lists it in `METRICS`:
///
/// ```
/// dessim::metrics! {
///     /// Calls that it refused
///     REJECTED: Count = "rejected", "rejected";
///     /// Attempts in slots
///     BUSY: Level = "busy", "slots taken";
/// }
/// assert_eq!(METRICS.len(), 2);
/// ```
///
/// The doc comment is the definition that `docs/metrics.md` prints, the first text the name in
/// data, the second one the title of a figure. The name stands alone, and the kind adds to it:
///
/// | kind | over time | at the end |
/// |---|---|---|
/// | `Count` | `rejected` | `rejected` |
/// | `Time` | `work_ns` | `work_ns` |
/// | `Level` | `busy` | `busy_mean`, `busy_max` |
/// | `State` | `open_ns` | `time_open_ns` |
/// | `Reading` | `age_ns` | `age_max_ns` |
/// | `Latency` | `wait` | `wait` |
/// | `Ratio` | | `utilisation` |
#[macro_export]
macro_rules! metrics {
    ($($(#[doc = $about:literal])+ $id:ident: $kind:ident = $name:literal, $words:literal;)+) => {
        $(
            $(#[doc = $about])+
            pub(crate) const $id: $crate::metrics::declare::$kind =
                $crate::metrics::declare::$kind::new(
                    $crate::metrics::declare::Names {
                        plain: $name,
                        ns: concat!($name, "_ns"),
                        mean: concat!($name, "_mean"),
                        max: concat!($name, "_max"),
                        max_ns: concat!($name, "_max_ns"),
                        time_ns: concat!("time_", $name, "_ns"),
                    },
                    $words,
                    concat!($($about),+),
                );
        )+

        /// What it reports, in the order of the documentation.
        #[allow(dead_code, reason = "for tests and tables, which not every component has")]
        pub(crate) const METRICS: &[$crate::metrics::declare::Declared] =
            &[$($crate::metrics::declare::Declared::$kind(&$id)),+];
    };
}
