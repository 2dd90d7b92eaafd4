//! Events in words.

use super::format::{count, time};
use crate::metrics::probe::{Number, What};

/// What happened to a request, as a sentence without its subject: "waits in line, as number 12".
#[must_use]
pub fn happened(what: What, value: u64) -> String {
    let number = match what.number {
        Number::None => String::new(),
        Number::Nanoseconds => time(value),
        Number::Count => count(value),
    };
    what.words.replace("{}", &number)
}
