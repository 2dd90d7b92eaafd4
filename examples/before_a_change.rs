//! What would another setting have done to the same requests?
//!
//! A request has the same luck in every run of one seed, so the difference between two runs is
//! what was changed, and no noise.

use dessim::Scenario;

const METASTABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/metastable.ron");
const TIMEOUT: &str = "arms.retries.calls.clients.policy[1].Timeout";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("timeout  recovers");
    for (timeout, recovers, actual) in tried(&["500ms", "2s", "5s", "20s"])? {
        println!("{timeout:<7}  {recovers:<8}  {actual}");
    }
    Ok(())
}

/// Whether the arm with retries comes back from the freeze, for each timeout.
fn tried(
    timeouts: &[&'static str],
) -> Result<Vec<(&'static str, bool, String)>, Box<dyn std::error::Error>> {
    let scenario = Scenario::from_path(METASTABLE)?;
    let mut found = Vec::new();
    for timeout in timeouts {
        let changed = scenario.clone().set(&format!("{TIMEOUT}={timeout}"))?;
        let answer = changed.ask("retries recovers within 60s after fault freeze")?;
        found.push((*timeout, answer.holds, answer.actual));
    }
    Ok(found)
}

#[test]
fn a_longer_timeout_lets_it_come_back() -> Result<(), Box<dyn std::error::Error>> {
    let lines: Vec<String> = tried(&["500ms", "20s"])?
        .iter()
        .map(|(timeout, recovers, actual)| format!("{timeout}: {recovers}, {actual}"))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    500ms: false, not well again in the 230 s that follow
    20s: true, well again after 0 s
    ");
    Ok(())
}
