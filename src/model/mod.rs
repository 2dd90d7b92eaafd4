//! The model: requests that walk down layers, outcomes that walk up, and what they meet.
//!
//! It refuses to know how a scenario is written and how a result is shown.

pub mod backoff;
pub mod consumer;
mod dispatch;
pub mod edge;
pub mod fault;
pub mod finish;
pub mod fork;
pub mod frame;
pub mod layer;
pub mod line;
pub mod load;
pub mod mechanism;
pub mod queue;
pub mod request;
pub mod service;
pub mod state;
pub mod tally;
pub mod walker;
pub mod world;

use crate::metrics::probe::What;

/// Everything that can happen to a request, by the file that brings it.
pub const EVENTS: &[&[What]] = &[
    load::EVENTS,
    edge::EVENTS,
    line::EVENTS,
    service::EVENTS,
    queue::EVENTS,
    consumer::EVENTS,
    backoff::EVENTS,
    layer::EVENTS,
    layer::breaker::EVENTS,
    layer::bulkhead::EVENTS,
    layer::retry::EVENTS,
    layer::timeout::EVENTS,
];

/// Every event of [`EVENTS`].
pub fn events() -> impl Iterator<Item = What> {
    EVENTS.iter().flat_map(|events| events.iter().copied())
}

/// The events that can happen at a component of a kind, as results call it.
pub fn events_of(kind: &str) -> impl Iterator<Item = What> {
    let files: &[&[What]] = match kind {
        "service" => &[service::EVENTS, line::EVENTS],
        "queue" => &[queue::EVENTS],
        "consumer" => &[consumer::EVENTS, backoff::EVENTS],
        "edge" => &[edge::EVENTS],
        "timeout" => &[layer::timeout::EVENTS],
        "retry" => &[layer::retry::EVENTS, backoff::EVENTS],
        "breaker" => &[layer::EVENTS, layer::breaker::EVENTS],
        "bulkhead" => &[layer::EVENTS, layer::bulkhead::EVENTS, line::EVENTS],
        _ => &[],
    };
    files.iter().flat_map(|events| events.iter().copied())
}
