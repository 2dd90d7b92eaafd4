//! Heavy tails that a scenario shows before any run, where a mean has no interval.

use std::collections::BTreeMap;

use crate::scenario::arms::arms;
use crate::scenario::schema::{Arm, Distribution, Layer, Scenario};

/// Largest alpha of Pareto times behind which waits have no variance: their second moment needs the
/// third moment of the times (Pollaczek and Khinchine).
const ALPHA: f64 = 3.0;

/// Reasons why latencies of an arm have no variance, by arm: calls wait behind Pareto times of an
/// alpha of at most 3, and not every caller gives up after some time, which would bound latencies.
///
/// A sample can hardly show this, because the value that would change the mean is not in it yet.
#[must_use]
pub fn tails(scenario: &Scenario) -> BTreeMap<String, String> {
    let reason = |(name, arm): (String, Arm)| Some((name, tail(&arm)?));
    arms(scenario).into_iter().filter_map(reason).collect()
}

fn tail(arm: &Arm) -> Option<String> {
    let heavy = arm.services.iter().find_map(|(name, service)| match service.time {
        Distribution::Pareto { alpha, .. } if alpha <= ALPHA => Some((name, alpha)),
        _ => None,
    });
    let (name, alpha) = heavy?;
    let gives_up = |layer: &Layer| layer.spec().gives_up_after().is_some();
    let bounded = |layers: &[Layer]| layers.iter().any(gives_up);
    if arm.consumers.is_empty() && arm.calls.values().all(|call| bounded(&call.policy)) {
        return None;
    }
    let what = if alpha <= 2.0 { "mean" } else { "variance" };
    Some(format!("times of {name} are Pareto of alpha {alpha}: waits behind them have no {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ScenarioFile;

    fn reason(time: &str, policy: &str) -> Option<String> {
        let text = format!(
            "Scenario(schema: 1, duration: \"9s\", \
             load: {{ \"users\": Load(arrivals: Poisson(rate: \"10/s\")) }}, \
             services: {{ \"db\": Service(time: {time}, slots: 1) }}, \
             calls: {{ \"users\": Call(to: \"db\", policy: [{policy}]) }})"
        );
        let file = ScenarioFile::from_bytes("a", text.as_bytes()).expect("it is a scenario");
        tails(&file.scenario).remove("main")
    }

    #[test]
    fn waits_behind_heavy_tails_are_known_to_have_no_variance() {
        let words = reason("Pareto(alpha: 1.5, min: \"1ms\")", "").expect("it is heavy");
        assert_eq!(words, "times of db are Pareto of alpha 1.5: waits behind them have no mean");
        let words = reason("Pareto(alpha: 3, min: \"1ms\")", "").expect("it is heavy");
        assert!(words.ends_with("have no variance"), "{words}");
        assert_eq!(reason("Pareto(alpha: 3.5, min: \"1ms\")", ""), None);
        assert_eq!(reason("Exponential(mean: \"1ms\")", ""), None);
        for bound in ["Timeout(\"1s\")", "Deadline(\"1s\")"] {
            assert_eq!(reason("Pareto(alpha: 1.5, min: \"1ms\")", bound), None);
        }
    }
}
