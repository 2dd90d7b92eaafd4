//! The scenario language: types, checks and messages.

pub mod arms;
pub mod build;
pub mod distribution;
pub mod print;
pub mod schema;
pub mod units;
