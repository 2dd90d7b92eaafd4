//! Results: data first, rendered second.

pub mod result;
