//! The `dessim` command.
fn main() {}
