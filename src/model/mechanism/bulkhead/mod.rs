//! Bulkhead: lets so many through at once.

pub mod spec;
