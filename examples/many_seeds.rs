//! One run of a system with two outcomes is an anecdote: how often does it fail, over seeds?

use dessim::Scenario;
use dessim::statistics::proportion::Proportion;

const BURST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/burst.ron");

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seen = failures(200)?;
    let (low, high) = seen.wilson(0.95);
    println!(
        "the calls lost more than half with {} of {} seeds: {:.1} % to {:.1} % at 95 %",
        seen.hits,
        seen.runs,
        100.0 * low,
        100.0 * high
    );
    Ok(())
}

/// Seeds with which the calls lost more than half of the requests.
fn failures(seeds: u64) -> Result<Proportion, Box<dyn std::error::Error>> {
    let results = Scenario::from_path(BURST)?.run_seeds(1..=seeds);
    let failed = results.iter().filter(|result| {
        let requests = &result.arms["rpc"].requests;
        2 * requests.succeeded < requests.offered
    });
    Ok(Proportion { hits: failed.count() as u64, runs: seeds })
}

#[test]
fn it_nearly_always_fails() -> Result<(), Box<dyn std::error::Error>> {
    let seen = failures(40)?;
    insta::assert_compact_debug_snapshot!(seen, @"Proportion { hits: 38, runs: 40 }");
    assert!(seen.at_least(0.95) > 0.5, "{seen:?}");
    Ok(())
}
