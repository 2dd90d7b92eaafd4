//! What `dessim find`, `hunt` and `shrink` report, as data and as text.

pub mod capacity;
pub mod hunt;
pub mod optimum;
pub mod shrink;
pub mod threshold;
