//! One run as text for a person: the short answer, the full page, Markdown, and small plots.
//!
//! [`mod@format`] and [`words`] say how numbers, names and events read; [`layout`] arranges
//! an arm in groups of lines, and page and Markdown are thin over it.

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
