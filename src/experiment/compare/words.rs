//! A record in words: those that its event brings.

use crate::experiment::trace::Line;
use crate::metrics::probe::Number;
use crate::model::events;
use crate::report::comparison::Moment;
use crate::report::comparison::text::instant;
use crate::report::format::count;
use crate::scenario::problem::escaped;

/// A record as it is shown. A trace may hold any text: what a terminal would obey is escaped.
pub(super) fn moment(line: &Line<'_>) -> Moment {
    Moment {
        at_ns: line.at_ns,
        request: escaped(&line.request),
        attempt: line.attempt,
        component: escaped(&line.component),
        what: escaped(&line.what),
        value: line.value,
        text: text(line),
    }
}

fn text(line: &Line<'_>) -> String {
    let Some(event) = events().find(|event| event.name == line.what) else {
        // Of another release: its name is all there is.
        let name = escaped(&line.what).replace('_', " ");
        return if line.value == 0 { name } else { format!("{name}, {}", count(line.value)) };
    };
    let number = match event.number {
        Number::None => String::new(),
        // What differs may differ by one.
        Number::Nanoseconds => instant(line.value),
        Number::Count => count(line.value),
    };
    event.words.replace("{}", &number)
}
