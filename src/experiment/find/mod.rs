//! Searches over the values of a scenario: where something begins to fail, which setting is best,
//! and how much load there is room for.

pub mod bisect;
pub mod capacity;
pub mod optimise;
mod turn;

pub use bisect::{Search, find, most_values};
pub use turn::{ByPath, Turned};
