//! A deterministic discrete-event simulator of how retries turn a hiccup into a failure cascade.

pub mod experiment;
pub mod kernel;
pub mod metrics;
pub mod model;
pub mod report;
pub mod scenario;
