//! The scenario language: types, checks and messages.
//!
//! A text becomes a tree with places ([`syntax`]), the tree is checked against the schema
//! ([`schema`]), serde reads the typed [`Scenario`](schema::Scenario), and its meaning is checked
//! ([`check`]). [`Document`] does all of it. Every mistake is a [`Problem`] with its place, and
//! each step reports all of its problems at once. Nothing here opens a file.

pub mod arms;
pub mod build;
pub mod check;
mod conform;
mod defaults;
mod document;
mod edit;
pub mod expect;
pub mod handlers;
pub mod locate;
pub mod names;
pub mod path;
pub mod pipelines;
pub mod presets;
mod print;
pub mod problem;
pub mod schema;
pub(crate) mod shape;
pub mod study;
pub mod syntax;
pub mod written;

pub use check::expected_requests;
pub use check::lints::{self, LINTS, Lint};
pub(crate) use conform::{did_you_mean, list_of};
pub use document::{Checked, Document};
pub(crate) use edit::Landing;
pub use path::Path;
pub use print::{canonical, resolved};
pub use problem::{Problem, Problems, Severity};
pub use shape::{json_schema, study_schema};
