//! Service: worker slots behind a line.

pub mod spec;
