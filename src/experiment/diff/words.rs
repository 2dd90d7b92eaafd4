//! A record in words: those that its event brings.

use crate::experiment::trace::Line;
use crate::model::events;
use crate::report::diff::Moment;
use crate::report::text::format::count;
use crate::report::text::words::happened_exactly;
use crate::scenario::problem::escaped;

/// A record as it is shown, to the nanosecond: what differs may differ by one. A trace may hold any
/// text: what a terminal would obey is escaped.
pub(super) fn moment(line: &Line<'_>) -> Moment {
    let text = match events().find(|event| event.name == line.what) {
        Some(event) => happened_exactly(event, line.value),
        // Of another release: its name is all there is.
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
