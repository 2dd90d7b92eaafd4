//! Files that are read and written, each read or written once, and written wholly or not at all.

pub(crate) mod claims;
pub(crate) mod folder;
pub(crate) mod input;
pub(crate) mod places;
pub(crate) mod snap;
pub(crate) mod target;
pub(crate) mod trace;
