//! Records in the words of their events.

use crate::experiment::trace::Line;
use crate::model::events;
use crate::report::diff::Moment;
use crate::report::text::format::count;
use crate::report::text::words::happened_exactly;
use crate::scenario::problem::escaped;

/// A record in words, with times to the nanosecond, since runs may differ by one. A trace may hold
/// any text, so control characters are escaped.
pub(super) fn moment(line: &Line<'_>) -> Moment {
    let text = match events().find(|event| event.name == line.what) {
        Some(event) => happened_exactly(event, line.value),
        // An event of another release has only its name.
        None => format!("{}, {}", escaped(&line.what).replace('_', " "), count(line.value)),
    };
    Moment {
        at_ns: line.at_ns,
        request: escaped(&line.request),
        attempt: line.attempt,
        component: escaped(&line.component),
        what: escaped(&line.what),
        value: line.value,
        text,
    }
}
