//! Configurations and incidents from the field, with their known outcomes.

mod breaker;
mod check;
mod explain;
mod health;
mod verdict;

use dessim::Scenario;

/// The scenario of this name in `tests/data/cases`.
fn case(name: &str) -> Scenario {
    let path = format!("{}/tests/data/cases/{name}.ron", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read(&path).expect("a file of this repository");
    Scenario::from_bytes(name, &text).unwrap_or_else(|error| panic!("{error}"))
}
