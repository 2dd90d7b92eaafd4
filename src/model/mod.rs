//! The model: calls go down through seats, outcomes come up, and mechanisms act on both.
//!
//! It refuses to know how a scenario is written and how a result is shown.

pub mod agenda;
mod audit;
pub mod call;
pub mod client;
pub mod context;
mod dispatch;
pub mod finish;
pub mod fork;
pub mod line;
pub mod mechanism;
pub mod request;
pub mod seat;
pub mod spec;
pub mod tally;
pub mod timer;
mod walk;
pub mod world;

use crate::metrics::declare::Quantity;
use crate::metrics::probe::EventKind;
use mechanism::Kind;

/// The events that can happen to a request, each once.
pub fn events() -> impl Iterator<Item = EventKind> {
    let mut all: Vec<EventKind> = Vec::new();
    for event in Kind::ALL.iter().flat_map(|kind| events_at(*kind)) {
        if !all.contains(&event) {
            all.push(event);
        }
    }
    all.into_iter()
}

fn events_at(kind: Kind) -> impl Iterator<Item = EventKind> {
    kind.events().iter().flat_map(|events| events.iter().copied())
}

/// The events that can happen at a component of the kind called `kind` in results.
pub fn events_of(kind: &str) -> impl Iterator<Item = EventKind> {
    kind_called(kind).into_iter().flat_map(events_at)
}

/// The metrics of a component of the kind called `kind` in results; none of an unknown kind.
#[must_use]
pub fn metrics_of(kind: &str) -> &'static [&'static Quantity] {
    kind_called(kind).map_or(&[], Kind::metrics)
}

fn kind_called(name: &str) -> Option<Kind> {
    Kind::ALL.iter().copied().find(|kind| kind.name() == name)
}
