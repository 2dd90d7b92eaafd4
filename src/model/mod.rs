//! The model: calls that go down through seats, outcomes that come up, and what they meet.
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
use crate::metrics::probe::What;
use mechanism::Kind;

/// Everything that can happen to a request, each once.
pub fn events() -> impl Iterator<Item = What> {
    let mut all: Vec<What> = Vec::new();
    for what in Kind::ALL.iter().flat_map(|kind| events_at(*kind)) {
        if !all.contains(&what) {
            all.push(what);
        }
    }
    all.into_iter()
}

fn events_at(kind: Kind) -> impl Iterator<Item = What> {
    kind.events().iter().flat_map(|events| events.iter().copied())
}

/// The events that can happen at a component of a kind, as results call it.
pub fn events_of(kind: &str) -> impl Iterator<Item = What> {
    called(kind).into_iter().flat_map(events_at)
}

/// What a component of a kind measures, as results call the kind; nothing of a kind unheard of.
#[must_use]
pub fn metrics_of(kind: &str) -> &'static [&'static Quantity] {
    called(kind).map_or(&[], Kind::metrics)
}

fn called(kind: &str) -> Option<Kind> {
    Kind::ALL.iter().copied().find(|known| known.name() == kind)
}
