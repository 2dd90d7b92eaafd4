//! Triggers: faults, and rises of the load.
//!
//! Both are read from the scenario, not inferred from the numbers of a run.

use crate::kernel::time::Duration;
use crate::kernel::units::Rate;
use crate::report::explain::{Cause, FaultEffect, Trigger};
use crate::scenario::schema::{Arm, Arrivals, Effect, Fault, Load, Scenario, Stage};

/// Factor over the rate of the lowest stage above which a stage is a rise.
const RISE: f64 = 1.1;
/// Most stages that are examined.
const MOST_STAGES: usize = 64;

/// The triggers of an arm, the earliest first, in [0, `end_ns`).
pub(in crate::experiment) fn triggers(scenario: &Scenario, arm: &Arm, end_ns: u64) -> Vec<Trigger> {
    let mut triggers: Vec<Trigger> =
        arm.faults.iter().filter_map(|(name, fault)| of_fault(name, fault)).collect();
    for (name, load) in &scenario.load {
        triggers.extend(of_load(name, load, end_ns));
    }
    triggers.retain(|trigger| trigger.from_ns < end_ns);
    for trigger in &mut triggers {
        trigger.until_ns = trigger.until_ns.min(end_ns);
    }
    // Faults and loads of one instant stay in the order of their names.
    triggers.sort_by_key(|trigger| trigger.from_ns);
    triggers
}

fn of_fault(name: &str, fault: &Fault) -> Option<Trigger> {
    let (effect, factor) = match fault.effect {
        Effect::Slowed { factor: 1.0 } => return None,
        Effect::Slowed { factor } => (FaultEffect::Slowed, Some(factor)),
        Effect::Failing => (FaultEffect::Failing, None),
        Effect::Frozen => (FaultEffect::Frozen, None),
        Effect::Crashed => (FaultEffect::Crashed, None),
    };
    let ratio = fault.ratio.get();
    if fault.from >= fault.until || ratio == 0.0 {
        return None;
    }
    let (fault_name, service) = (name.to_owned(), fault.service.clone());
    Some(Trigger {
        from_ns: fault.from.as_ns(),
        until_ns: fault.until.as_ns(),
        changes: true,
        cause: Cause::Fault {
            fault: fault_name,
            service,
            replica: fault.replica,
            zone: fault.zone.clone(),
            effect,
            factor,
            ratio,
        },
    })
}

fn of_load(name: &str, load: &Load, end_ns: u64) -> Vec<Trigger> {
    let start = load.start.as_ns();
    let until = load.until.map_or(end_ns, Duration::as_ns).min(end_ns);
    match &load.arrivals {
        Arrivals::Bursts { size, every } => bursts(name, load, (*size, every.as_ns()), until),
        Arrivals::Stages { stages, repeat, .. } => rises(name, stages, *repeat, (start, until)),
        Arrivals::Constant { .. }
        | Arrivals::Poisson { .. }
        | Arrivals::Renewal { .. }
        | Arrivals::ClosedLoop { .. } => Vec::new(),
    }
}

/// All bursts as one trigger that is no change, since bursts are the nature of such a load.
fn bursts(name: &str, load: &Load, (size, every): (u32, u64), until: u64) -> Vec<Trigger> {
    let start = load.start.as_ns();
    let most = until.saturating_sub(start).div_ceil(every);
    let wanted = load.total.map_or(u64::MAX, |total| total.div_ceil(u64::from(size)));
    let bursts = most.min(wanted);
    if bursts == 0 {
        return Vec::new();
    }
    let last = start.saturating_add((bursts - 1).saturating_mul(every));
    let cause =
        Cause::Bursts { load: name.to_owned(), bursts, size: u64::from(size), every_ns: every };
    vec![Trigger { from_ns: start, until_ns: last.saturating_add(1), changes: false, cause }]
}

/// Stages whose rate is above the lowest rate other than 0.
fn rises(name: &str, stages: &[Stage], repeat: bool, (start, until): (u64, u64)) -> Vec<Trigger> {
    let mean = |stage: &Stage| {
        let first = stage.rate.per_ns();
        f64::midpoint(first, stage.ramp_to.map_or(first, Rate::per_ns))
    };
    let quiet = stages.iter().map(mean).filter(|rate| *rate > 0.0).fold(f64::INFINITY, f64::min);
    let mut triggers: Vec<Trigger> = Vec::new();
    let mut at = start;
    let turns = if repeat { MOST_STAGES } else { stages.len() };
    for stage in stages.iter().cycle().take(turns) {
        let end = at.saturating_add(stage.lasts.as_ns());
        let rate = mean(stage);
        if at < until && rate > quiet * RISE {
            let cause = Cause::Rise {
                load: name.to_owned(),
                per_s: rate * 1e9,
                quietest_per_s: quiet * 1e9,
            };
            triggers.push(Trigger { from_ns: at, until_ns: end.min(until), changes: true, cause });
        }
        at = end;
    }
    triggers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ScenarioFile;
    use crate::scenario::arms::arms;

    fn triggers_of(load: &str, faults: &str) -> Vec<(u64, u64, Cause)> {
        let text = format!(
            "Scenario(schema: 1, duration: \"100s\", load: {{ \"u\": Load({load}) }}, \
             services: {{ \"db\": Service(time: Constant(\"1ms\")) }}, faults: {{ {faults} }}, \
             calls: {{ \"u\": Call(to: \"db\") }})"
        );
        let file = ScenarioFile::from_bytes("t", text.as_bytes()).expect("it is a scenario");
        let all = triggers(&file.scenario, &arms(&file.scenario)["main"], 100_000_000_000);
        let s = |ns: u64| ns / 1_000_000_000;
        all.into_iter().map(|one| (s(one.from_ns), s(one.until_ns), one.cause)).collect()
    }

    #[test]
    fn faults_and_rises_have_their_numbers() {
        let steady = "arrivals: Poisson(rate: \"9/s\")";
        assert_eq!(triggers_of(steady, ""), []);
        let fault = "\"f\": Fault(service: \"db\", from: \"5s\", until: \"7s\", ratio: 0.5, \
                     effect: Slowed(factor: 4)), \
                     \"none\": Fault(service: \"db\", from: \"5s\", until: \"7s\", \
                     effect: Slowed(factor: 1))";
        let expected = Cause::Fault {
            fault: "f".to_owned(),
            service: "db".to_owned(),
            replica: None,
            zone: None,
            effect: FaultEffect::Slowed,
            factor: Some(4.0),
            ratio: 0.5,
        };
        assert_eq!(triggers_of(steady, fault), [(5, 7, expected)]);
        let stages = "arrivals: Stages(stages: [(lasts: \"10s\", rate: \"40/s\"), \
                      (lasts: \"5s\", rate: \"80/s\"), (lasts: \"80s\", rate: \"40/s\")])";
        let load = || "u".to_owned();
        let expected = Cause::Rise { load: load(), per_s: 80.0, quietest_per_s: 40.0 };
        assert_eq!(triggers_of(stages, ""), [(10, 15, expected)]);
        let bursts = "arrivals: Bursts(size: 350, every: \"80ms\"), total: 2000";
        let expected = Cause::Bursts { load: load(), bursts: 6, size: 350, every_ns: 80_000_000 };
        assert_eq!(triggers_of(bursts, ""), [(0, 0, expected)]);
    }
}
