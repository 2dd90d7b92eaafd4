//! Retry: what failed inside is tried again.

pub mod spec;
