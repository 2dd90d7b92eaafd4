//! The wait before a retry or a redelivery.

pub mod spec;
