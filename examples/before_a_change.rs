//! What would another setting have done to the same requests?
//!
//! A request has the same luck in every run of one seed, so the difference between two runs is
//! what was changed, and no noise.

use dessim::Scenario;
use dessim::experiment::expect::Answer;

const METASTABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/metastable.ron");
const TIMEOUT: &str = "arms.retries.calls.clients.policy[1].Timeout";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("timeout  recovers");
    for timeout in ["500ms", "2s", "5s", "20s"] {
        let Answer { holds, actual, .. } = recovers(timeout)?;
        println!("{timeout:<7}  {holds:<8}  {actual}");
    }
    Ok(())
}

/// Whether the arm with retries comes back from the freeze, with this timeout.
fn recovers(timeout: &str) -> Result<Answer, Box<dyn std::error::Error>> {
    let changed = Scenario::from_path(METASTABLE)?.set(&format!("{TIMEOUT}={timeout}"))?;
    Ok(changed.ask("retries recovers within 60s after fault freeze")?)
}

#[test]
fn a_longer_timeout_lets_it_come_back() -> Result<(), Box<dyn std::error::Error>> {
    let (short, long) = (recovers("500ms")?, recovers("20s")?);
    assert!(!short.holds && long.holds);
    insta::assert_snapshot!(short.actual, @"not well again in the 230 s that follow");
    insta::assert_snapshot!(long.actual, @"well again after 0 s");
    Ok(())
}
