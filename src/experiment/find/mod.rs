//! Searches over the values of a scenario: thresholds, best settings, and capacities.

pub mod bisect;
pub mod capacity;
pub mod optimise;
mod parameter;

pub use bisect::{Search, find, most_values};
pub use parameter::{ByPath, Parameter};
