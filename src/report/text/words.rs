//! Events in words, with their numbers in the right units.

use super::format::{count, time};
use crate::metrics::probe::{EventKind, Number};

/// An event in words, without its subject: `gets a slot, for 11.0 ms of work`.
#[must_use]
pub fn happened(kind: EventKind, value: u64) -> String {
    filled(kind, value, time)
}

/// The same with times to the nanosecond, for comparisons: `gets a slot, for 11.000001 ms of work`.
#[must_use]
pub fn happened_exactly(kind: EventKind, value: u64) -> String {
    filled(kind, value, exactly)
}

/// Milliseconds, to the nanosecond: `1,234.000001 ms`.
#[must_use]
pub fn exactly(ns: u64) -> String {
    format!("{}.{:06} ms", count(ns / 1_000_000), ns % 1_000_000)
}

fn filled(kind: EventKind, value: u64, in_time: fn(u64) -> String) -> String {
    match kind.number {
        Number::None => kind.words.to_owned(),
        Number::Nanoseconds => kind.words.replace("{}", &in_time(value)),
        Number::Count => kind.words.replace("{}", &count(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::probe::{EventDefinition, Role};

    const WAITS: EventKind = EventKind::new(&EventDefinition {
        name: "waits",
        verb: "waits",
        number: Number::Count,
        words: "is number {}",
        role: Role::Mark,
    });
    const WORKS: EventKind = EventKind::new(&EventDefinition {
        name: "works",
        verb: "works",
        number: Number::Nanoseconds,
        words: "works for {} here",
        role: Role::Mark,
    });
    const SENT: EventKind = EventKind::new(&EventDefinition {
        name: "sent",
        verb: "sent",
        number: Number::None,
        words: "is sent",
        role: Role::Mark,
    });

    #[test]
    fn numbers_have_their_unit() {
        assert_eq!(happened(WAITS, 1_234), "is number 1,234");
        assert_eq!(happened(WORKS, 12_345_678), "works for 12.3 ms here");
        assert_eq!(happened_exactly(WORKS, 1_234_000_001), "works for 1,234.000001 ms here");
        assert_eq!(happened(SENT, 7), "is sent");
    }
}
