//! Standard output and standard error.

pub(crate) mod guard;
pub(crate) mod progress;
pub(crate) mod ui;
