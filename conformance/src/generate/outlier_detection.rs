//! Sequences for outlier detection: calls to replicas of which some fail more than others.

use serde_json::{Value, json};

use super::{Dice, MS};
use crate::play::{Sequence, Step};

/// A detection of grpc-go. Ejections end strictly after their time there, where clocks do not stand
/// still between a sweep and its judgement; with a virtual clock they would end a sweep later, so
/// no time of an ejection is a multiple of the interval.
pub(crate) fn grpc(dice: &mut Dice, steps: usize) -> Sequence {
    let replicas: u32 = dice.pick(&[1, 2, 3, 5, 6, 10]);
    let interval_ms: u64 = dice.pick(&[100, 1_000, 10_000]);
    let base_ms = interval_ms * dice.pick(&[1, 2, 5]) - dice.pick(&[7, 31]);
    let max_ms = base_ms * dice.pick(&[1, 3, 10]);
    let percent = dice.pick(&[10, 34, 50, 100, 100]);
    let (hosts, volume) = (dice.pick(&[1, 2, 5]), dice.pick(&[1, 1, 2, 5]));
    let threshold = dice.pick(&[85, 50, 29, 0]);
    let deviations = dice.pick(&[1_900, 500, 1_000]);
    let (rate, percentage) = dice.pick(&[(true, false), (false, true), (true, true)]);
    let mut spec = json!({
        "interval": format!("{interval_ms}ms"), "base_ejection_time": format!("{base_ms}ms"),
        "max_ejection_time": format!("{max_ms}ms"), "max_ejected": f64::from(percent) / 100.0,
        "panic_threshold": 0, "rule": "Grpc",
    });
    let mut config = json!({
        "interval": seconds(interval_ms), "baseEjectionTime": seconds(base_ms),
        "maxEjectionTime": seconds(max_ms), "maxEjectionPercent": percent,
        "childPolicy": [{"round_robin": {}}],
    });
    if rate {
        spec["success_rate"] = json!({
            "deviations": f64::from(deviations) / 1000.0, "minimum_replicas": hosts,
            "minimum_calls": volume,
        });
        config["successRateEjection"] =
            json!({"stdevFactor": deviations, "minimumHosts": hosts, "requestVolume": volume});
    }
    if percentage {
        spec["failure_rate"] = json!({
            "threshold": f64::from(threshold) / 100.0, "minimum_replicas": hosts,
            "minimum_calls": volume,
        });
        config["failurePercentageEjection"] = json!({
            "threshold": threshold, "minimumHosts": hosts, "requestVolume": volume,
            "enforcementPercentage": 100,
        });
    }
    let mechanism = serde_json::from_value(json!({"OutlierDetection": spec}));
    let settings: Value = json!({"replicas": replicas, "balancer": config});
    let made = calls(dice, steps, replicas, interval_ms * MS);
    let mechanism = mechanism.expect("a specification");
    Sequence { mechanism, settings, steps: made, answers: Vec::new() }
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03}s", ms / 1_000, ms % 1_000)
}

/// Calls to random replicas, and their results: mostly at once, some long after. No result comes at
/// the instant of a sweep, where their order is undefined.
fn calls(dice: &mut Dice, steps: usize, replicas: u32, interval: u64) -> Vec<Step> {
    let mut failing: Vec<u64> = (0..replicas).map(|_| dice.pick(&[0, 0, 50, 100])).collect();
    let (mut made, mut now) = (Vec::with_capacity(steps), 1);
    let mut sent: Vec<(usize, u32)> = Vec::new();
    while made.len() < steps {
        if dice.below(20) == 0 {
            failing[dice.below(u64::from(replicas)) as usize] = dice.pick(&[0, 50, 100]);
        }
        now += match dice.below(40) {
            0 => dice.below(8 * interval),
            1 => interval - now % interval,
            _ => dice.below(interval / 8),
        };
        if now % interval == 0 {
            now += dice.pick(&[1, interval - 1]);
        }
        if sent.is_empty() || dice.below(2) == 0 {
            let replica = dice.below(u64::from(replicas)) as u32;
            sent.push((made.len(), replica));
            made.push(Step::Send(now, replica));
            continue;
        }
        let late = dice.below(5) == 0;
        let (call, replica) = sent.remove(if late { 0 } else { sent.len() - 1 });
        made.push(match dice.below(100) < failing[replica as usize] {
            true => Step::Fails(now, call),
            false => Step::Succeeds(now, call),
        });
    }
    made
}
