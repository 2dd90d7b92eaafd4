//! Input and output files: each is read or written once, and written completely or not at all.

pub(crate) mod claims;
pub(crate) mod folder;
pub(crate) mod input;
pub(crate) mod places;
pub(crate) mod snap;
pub(crate) mod target;
pub(crate) mod trace;
