//! Queue: messages between publishers and consumers.

pub mod spec;
