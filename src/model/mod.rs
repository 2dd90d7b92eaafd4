//! The model: requests that walk down layers, outcomes that walk up, and what they meet.
//!
//! It refuses to know how a scenario is written and how a result is shown.

pub mod backoff;
pub mod consumer;
pub mod fault;
pub mod finish;
pub mod frame;
pub mod layer;
pub mod line;
pub mod load;
pub mod queue;
pub mod request;
pub mod service;
pub mod state;
pub mod tally;
pub mod walker;
pub mod world;
