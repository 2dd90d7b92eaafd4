//! Lives of requests: as [`span`]s of a whole run for viewers, and as single [`story`]s.

pub mod chrome;
mod counter;
pub mod otlp;
pub mod perfetto;
mod protobuf;
pub mod span;
pub mod story;
pub mod tree;
