//! Consumers: take messages from a queue and call a service for each.

pub mod spec;
