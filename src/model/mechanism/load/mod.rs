//! Load: requests that arrive over time.

pub mod spec;
