//! The scenario language: types, checks and messages.

pub mod distribution;
pub mod schema;
pub mod units;
