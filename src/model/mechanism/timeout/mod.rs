//! Timeout: gives up on what is inside after a while.

pub mod spec;
