//! The scenario language: types, checks and messages.

pub mod schema;
pub mod units;
