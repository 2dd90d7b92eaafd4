//! Declarations of the quantities that a component measures: name, kind, words and definition.
//!
//! One declaration serves the samples of a run ([`Sampler`](super::sampler::Sampler)), the report
//! at its end ([`Report`](super::report::Report)), lists of numbers, and the documentation. The
//! numbers of a quantity follow from its kind, for all components alike: the mean and the maximum
//! of a level, the total of a state. The kinds are types, so a count cannot be reported as a level.

use std::ops::Deref;

use super::meter::{Aspect, Meter};
use super::names::Kind;

/// The names derived from the name of a declaration. `metrics!` writes them out, because a name is
/// a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// `goodput_per_s`.
    pub per_s: &'static str,
}

/// Defines the kinds of quantities: a variant of [`Shape`] and a type each.
macro_rules! shapes {
    ($($(#[$doc:meta])* $shape:ident;)+) => {
        /// The kind of a quantity, which determines its numbers and their names.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Shape {
            $($(#[$doc])* $shape,)+
        }

        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub struct $shape(pub Quantity);

            impl $shape {
                /// A quantity of this kind; see `metrics!`.
                #[must_use]
                pub const fn new(names: Names, words: &'static str, about: &'static str) -> Self {
                    Self(Quantity::new(Shape::$shape, names, words, about))
                }

                /// The same, which says this about congestion.
                #[must_use]
                pub const fn about(self, aspect: Aspect) -> Self {
                    let Quantity { shape, names, meter, about } = self.0;
                    Self(Quantity { shape, names, meter: meter.about(aspect), about })
                }
            }

            impl Deref for $shape {
                type Target = Quantity;

                fn deref(&self) -> &Quantity {
                    &self.0
                }
            }
        )+
    };
}

shapes! {
    /// A number of occurrences, over time and in total.
    Count;
    /// A count at the end of a run alone.
    Total;
    /// The number present at an instant, over time and at the end.
    Present;
    /// Booked nanoseconds, over time and in total.
    Time;
    /// A number that rises and falls: over time, its mean, its maximum.
    Level;
    /// A level whose mean the end of a run gives as a [`Ratio`] alone.
    Peak;
    /// The most that there was of something, which the end alone knows.
    Most;
    /// The mean of a level, which the end alone knows.
    Mean;
    /// Something that is so or not: a band over time, and at the end how long it was so.
    State;
    /// A time that can be read at any instant: over time, and its largest value at the end.
    Reading;
    /// A time that can be read at any instant: over time alone.
    Momentary;
    /// A distribution of times, at the end alone.
    Latency;
    /// A distribution of times, over time too.
    Latencies;
    /// A part of a whole, at the end alone.
    Ratio;
    /// A number without a unit, at the end alone.
    Number;
    /// Nanoseconds, at the end alone.
    Elapsed;
    /// A number of occurrences per second, at the end alone.
    Rate;
}

impl Level {
    /// The level with other words, for another meaning of its limit.
    #[must_use]
    pub const fn in_words(&self, words: &'static str) -> Self {
        let Quantity { shape, names, meter, about } = self.0;
        Self(Quantity { shape, names, meter: Meter { words, ..meter }, about })
    }
}

/// A quantity of any kind.
#[derive(Debug, PartialEq, Eq)]
pub struct Quantity {
    /// Kind of the quantity.
    pub shape: Shape,
    /// Names of its numbers.
    pub names: Names,
    /// Name over time, if it is shown there, and words.
    pub meter: Meter,
    /// Definition, in a sentence or two.
    pub about: &'static str,
}

impl Quantity {
    const fn new(shape: Shape, names: Names, words: &'static str, about: &'static str) -> Self {
        let meter = match shape {
            Shape::Time | Shape::State | Shape::Reading | Shape::Momentary | Shape::Elapsed => {
                Meter::of_time(names.ns, words)
            }
            Shape::Latency | Shape::Latencies => Meter::of_time(names.plain, words),
            Shape::Count
            | Shape::Total
            | Shape::Present
            | Shape::Level
            | Shape::Peak
            | Shape::Most
            | Shape::Mean
            | Shape::Ratio
            | Shape::Number
            | Shape::Rate => Meter::new(names.plain, words),
        };
        Self { shape, names, meter, about }
    }

    /// The name over time, if the quantity is shown there.
    #[must_use]
    pub fn over_time(&self) -> Option<&'static str> {
        match self.shape {
            Shape::Count
            | Shape::Present
            | Shape::Time
            | Shape::Level
            | Shape::Peak
            | Shape::State
            | Shape::Reading
            | Shape::Momentary
            | Shape::Latencies => Some(self.meter.name),
            Shape::Total
            | Shape::Most
            | Shape::Mean
            | Shape::Latency
            | Shape::Ratio
            | Shape::Number
            | Shape::Elapsed
            | Shape::Rate => None,
        }
    }

    /// The numbers of it that the end of a run has, in this order.
    pub fn numbers(&self) -> impl Iterator<Item = (&'static str, Kind)> + Clone + use<> {
        let names = &self.names;
        let (first, second) = match self.shape {
            Shape::Count | Shape::Total | Shape::Present => {
                (Some((names.plain, Kind::Count)), None)
            }
            Shape::Time | Shape::Elapsed => (Some((names.ns, Kind::Time)), None),
            Shape::Level => (Some((names.mean, Kind::Number)), Some((names.max, Kind::Count))),
            Shape::Peak | Shape::Most => (Some((names.max, Kind::Count)), None),
            Shape::Mean => (Some((names.mean, Kind::Number)), None),
            Shape::State => (Some((names.time_ns, Kind::Time)), None),
            Shape::Reading => (Some((names.max_ns, Kind::Time)), None),
            Shape::Momentary => (None, None),
            Shape::Latency | Shape::Latencies => (Some((names.plain, Kind::Latency)), None),
            Shape::Ratio | Shape::Number => (Some((names.plain, Kind::Number)), None),
            Shape::Rate => (Some((names.per_s, Kind::Number)), None),
        };
        first.into_iter().chain(second)
    }

    /// The name of its number at the end of a run, the first of several.
    ///
    /// # Panics
    /// When the end has no number of it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        let (name, _) = self.numbers().next().expect("the end of a run has a number of it");
        name
    }

    /// What there was most of, if its number of this name is a maximum.
    #[must_use]
    pub fn most(&self, name: &str) -> Option<&'static str> {
        match self.shape {
            Shape::Level | Shape::Peak | Shape::Most if name == self.names.max => {
                Some(self.names.plain)
            }
            _ => None,
        }
    }

    /// True if one long time can change its numbers: means and maxima, and times that are added
    /// up. [Parts](super::arm::part) of a distribution are asked on their own.
    #[must_use]
    pub const fn follows_tail(&self) -> bool {
        match self.shape {
            Shape::Time
            | Shape::Level
            | Shape::Peak
            | Shape::Most
            | Shape::Mean
            | Shape::Reading
            | Shape::Elapsed => true,
            Shape::Count
            | Shape::Total
            | Shape::Present
            | Shape::State
            | Shape::Momentary
            | Shape::Latency
            | Shape::Latencies
            | Shape::Ratio
            | Shape::Number
            | Shape::Rate => false,
        }
    }

    /// True if the end of a run has a number of it called so.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.numbers().any(|(known, _)| known == name)
    }

    /// The unit of one of its numbers in words.
    #[must_use]
    pub fn unit(&self, kind: Kind) -> &'static str {
        match (kind, self.shape) {
            (Kind::Number, Shape::Ratio) => "ratio",
            (Kind::Number, Shape::Rate) => "per second",
            _ => kind.unit(),
        }
    }

    /// The definition of these numbers.
    #[must_use]
    pub fn definition(&self) -> String {
        let about = self.about.trim();
        let more = match self.shape {
            Shape::Level => ": mean over time, and most at once",
            Shape::Peak => ": most at once",
            Shape::Latency | Shape::Latencies => return format!("Distribution: {about}"),
            _ => "",
        };
        match about.split_once(". ") {
            Some((first, rest)) => format!("{first}{more}. {rest}"),
            None => format!("{about}{more}"),
        }
    }
}

/// Declares what a component measures, and lists it in `METRICS`, in the order in which its
/// numbers are printed:
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
/// data, the second one the title of a figure, which only what is shown over time has. With
/// `=> Waiting`, an [`Aspect`], explanations know what it says about congestion. The name stands
/// alone, and the kind adds to it:
///
/// | kind | over time | at the end |
/// |---|---|---|
/// | `Count` | `rejected` | `rejected` |
/// | `Total` | | `in_hand` |
/// | `Present` | `in_flight` | `in_flight` |
/// | `Time` | `work_ns` | `work_ns` |
/// | `Level` | `busy` | `busy_mean`, `busy_max` |
/// | `Peak` | `busy` | `busy_max` |
/// | `Most` | | `in_flight_max` |
/// | `Mean` | | `largest_busy_mean` |
/// | `State` | `open_ns` | `time_open_ns` |
/// | `Reading` | `age_ns` | `age_max_ns` |
/// | `Momentary` | `delay_ns` | |
/// | `Latency` | | `wait` |
/// | `Latencies` | `latency` | `latency` |
/// | `Ratio`, `Number` | | `utilisation` |
/// | `Elapsed` | | `end_ns` |
/// | `Rate` | | `goodput_per_s` |
#[macro_export]
macro_rules! metrics {
    ($(
        $(#[doc = $about:literal])+
        $id:ident: $shape:ident = $name:literal $(, $words:literal)? $(=> $aspect:ident)?;
    )+) => {
        $(
            $(#[doc = $about])+
            pub(crate) const $id: $crate::metrics::declare::$shape =
                $crate::metrics::declare::$shape::new(
                    $crate::metrics::declare::Names {
                        plain: $name,
                        ns: concat!($name, "_ns"),
                        mean: concat!($name, "_mean"),
                        max: concat!($name, "_max"),
                        max_ns: concat!($name, "_max_ns"),
                        time_ns: concat!("time_", $name, "_ns"),
                        per_s: concat!($name, "_per_s"),
                    },
                    concat!($($words)?),
                    concat!($($about),+),
                )$(.about($crate::metrics::meter::Aspect::$aspect))?;
        )+

        /// What it measures, in the order of results.
        #[allow(dead_code, reason = "some tests declare what no table lists")]
        pub(crate) const METRICS: &[&$crate::metrics::declare::Quantity] = &[$(&$id.0),+];
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::metrics! {
        /// Boats in a lock
        LOCKED: Level = "locked", "boats in the lock";
        /// Most boats that waited
        LONGEST: Most = "line";
        /// Of the busiest lock
        BUSIEST: Mean = "busiest";
        /// A day's tolls
        PAID_MAX: Count = "paid_max", "tolls paid";
        /// Time of work
        WORK: Time = "work", "work done";
    }

    /// A name says nothing: `paid_max` is a count, and no maximum.
    #[test]
    fn what_a_number_is_follows_from_its_declaration() {
        let most = |quantity: &Quantity, name| quantity.most(name);
        assert_eq!(most(&LOCKED, "locked_max"), Some("locked"));
        assert_eq!(most(&LOCKED, "locked_mean"), None);
        assert_eq!(most(&LONGEST, "line_max"), Some("line"));
        assert_eq!((most(&PAID_MAX, "paid_max"), most(&BUSIEST, "busiest_mean")), (None, None));
        let names: Vec<_> = METRICS.iter().map(|quantity| quantity.name()).collect();
        assert_eq!(names, ["locked_mean", "line_max", "busiest_mean", "paid_max", "work_ns"]);
        let tails = METRICS.iter().map(|quantity| quantity.follows_tail());
        assert_eq!(tails.collect::<Vec<_>>(), [true, true, true, false, true]);
    }
}
