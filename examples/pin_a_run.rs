//! Pins what a scenario does, as a regression test of the configuration that it transcribes.
//!
//! `cargo run --example pin_a_run` prints the run; `cargo test --example pin_a_run` fails when
//! anything of it changes, and `cargo insta review` shows what.

use dessim::Scenario;

const BURST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/burst.ron");

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let result = Scenario::from_path(BURST)?.seed(7).run();
    print!("{}", result.page());
    Ok(())
}

#[test]
fn the_queue_loses_nothing_and_the_calls_fail() -> Result<(), Box<dyn std::error::Error>> {
    let result = Scenario::from_path(BURST)?.seed(7).run();
    let told = |arm: &str| {
        let arm = &result.arms[arm];
        let p99 = arm.latency.end_to_end.p99_ns.unwrap_or_default() / 1_000_000;
        let (succeeded, offered) = (arm.requests.succeeded, arm.requests.offered);
        format!("{succeeded} of {offered} succeed, p99 {p99} ms")
    };
    insta::assert_snapshot!(told("event-driven"), @"2000 of 2000 succeed, p99 1304 ms");
    insta::assert_snapshot!(told("rpc"), @"350 of 2000 succeed, p99 463 ms");
    // All of it, in the file that `dessim test` compares with, too.
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("burst", result.snapshot()));
    Ok(())
}
