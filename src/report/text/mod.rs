//! One run as text for a person: the short answer, the full page, Markdown, and small plots.
//!
//! [`mod@format`] and [`words`] put numbers, names and events into words; [`layout`] arranges an
//! arm in groups of lines, from which page and Markdown are made.

pub mod brief;
mod cause;
pub mod format;
pub mod layout;
pub mod markdown;
pub mod page;
pub mod sparkline;
pub(in crate::report) mod table;
pub mod unfinished;
pub mod verdict;
pub mod words;
