//! A deterministic discrete-event simulator of how retries turn a hiccup into a failure cascade.

pub mod kernel;
pub mod report;
pub mod scenario;
