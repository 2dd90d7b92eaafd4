//! What sets something off from outside: faults, and more load than before.
//!
//! Both are in the scenario, so nothing has to be guessed from the numbers of a run.

use crate::kernel::time::Duration;
use crate::report::format::{count, number, time};
use crate::scenario::schema::{Arm, Arrivals, Effect, Fault, Load, Scenario, Stage};
use crate::scenario::units::Rate;

/// Something from outside, in [`from_ns`, `until_ns`).
#[derive(Clone, Debug, PartialEq)]
pub(in crate::experiment) struct Trigger {
    pub(in crate::experiment) from_ns: u64,
    pub(in crate::experiment) until_ns: u64,
    /// A sentence about it, with its numbers.
    pub(in crate::experiment) text: String,
    /// A name for it within a sentence.
    pub(in crate::experiment) name: String,
    /// The fault that it is.
    pub(in crate::experiment) fault: Option<String>,
    /// It is a change, and not how the load is all the time.
    pub(in crate::experiment) changes: bool,
}

/// More load than this factor of the lowest stage is a rise.
const RISE: f64 = 1.1;
/// So many stages are told one by one.
const MOST_STAGES: usize = 64;

/// The triggers of an arm, the earliest first, in [0, `end_ns`).
pub(in crate::experiment) fn triggers(scenario: &Scenario, arm: &Arm, end_ns: u64) -> Vec<Trigger> {
    let mut found: Vec<Trigger> =
        arm.faults.iter().filter_map(|(name, fault)| of_fault(name, fault)).collect();
    for (name, load) in &scenario.load {
        found.extend(of_load(name, load, end_ns));
    }
    found.retain(|trigger| trigger.from_ns < end_ns);
    for trigger in &mut found {
        trigger.until_ns = trigger.until_ns.min(end_ns);
    }
    found.sort_by(|a, b| (a.from_ns, &a.name).cmp(&(b.from_ns, &b.name)));
    found
}

fn of_fault(name: &str, fault: &Fault) -> Option<Trigger> {
    let what = match fault.effect {
        Effect::Slowed { factor: 1.0 } => return None,
        Effect::Slowed { factor } => {
            format!("work at {} took {} times as long", fault.service, number(factor))
        }
        Effect::Failing => format!("attempts at {} failed", fault.service),
        Effect::Frozen => format!("work at {} stood still", fault.service),
        Effect::Crashed => format!("{} was down", fault.service),
    };
    let ratio = fault.ratio.get();
    if fault.from >= fault.until || ratio == 0.0 {
        return None;
    }
    let part = match ratio < 1.0 {
        true => format!(", for {} of the attempts", crate::report::format::percent(ratio)),
        false => String::new(),
    };
    let (from_ns, until_ns) = (fault.from.as_ns(), fault.until.as_ns());
    let lasted = time(until_ns - from_ns);
    let text = format!("fault {name}: for {lasted}, from {}, {what}{part}", time(from_ns));
    let fault = Some(name.to_owned());
    let name = format!("fault {name}");
    Some(Trigger { from_ns, until_ns, text, name, fault, changes: true })
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

/// Bursts are told as one, and are no change: that is how this load is.
fn bursts(name: &str, load: &Load, (size, every): (u32, u64), until: u64) -> Vec<Trigger> {
    let start = load.start.as_ns();
    let most = until.saturating_sub(start).div_ceil(every);
    let wanted = load.total.map_or(u64::MAX, |total| total.div_ceil(u64::from(size)));
    let bursts = most.min(wanted);
    if bursts == 0 {
        return Vec::new();
    }
    let last = start.saturating_add((bursts - 1).saturating_mul(every));
    let text = match bursts {
        1 => format!("load {name}: {} requests at once, at {}", count(size.into()), time(start)),
        _ => format!(
            "load {name}: {} bursts of {} requests, one every {}, from {} to {}",
            count(bursts),
            count(size.into()),
            time(every),
            time(start),
            time(last)
        ),
    };
    let name = format!("the burst load {name}");
    let until_ns = last.saturating_add(1);
    vec![Trigger { from_ns: start, until_ns, text, name, fault: None, changes: false }]
}

/// Stages whose rate is above that of the quietest one that is not silent.
fn rises(name: &str, stages: &[Stage], repeat: bool, (start, until): (u64, u64)) -> Vec<Trigger> {
    let mean = |stage: &Stage| {
        let first = stage.rate.per_ns();
        f64::midpoint(first, stage.ramp_to.map_or(first, Rate::per_ns))
    };
    let quiet = stages.iter().map(mean).filter(|rate| *rate > 0.0).fold(f64::INFINITY, f64::min);
    let mut found: Vec<Trigger> = Vec::new();
    let mut at = start;
    let turns = if repeat { MOST_STAGES } else { stages.len() };
    for stage in stages.iter().cycle().take(turns) {
        let end = at.saturating_add(stage.lasts.as_ns());
        let rate = mean(stage);
        if at < until && rate > quiet * RISE {
            let (per_s, before) = (number(rate * 1e9), number(quiet * 1e9));
            let text = format!(
                "load {name}: {per_s} requests a second from {} to {}, and {before} at its \
                 quietest",
                time(at),
                time(end.min(until))
            );
            let (from_ns, until_ns) = (at, end.min(until));
            let name = format!("the rise of load {name}");
            found.push(Trigger { from_ns, until_ns, text, name, fault: None, changes: true });
        }
        at = end;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ScenarioFile;
    use crate::scenario::arms::arms;

    fn told(load: &str, faults: &str) -> Vec<(u64, u64, String)> {
        let text = format!(
            "Scenario(schema: 1, duration: \"100s\", load: {{ \"u\": Load({load}) }}, \
             services: {{ \"db\": Service(time: Constant(\"1ms\")) }}, faults: {{ {faults} }}, \
             calls: {{ \"u\": Call(to: \"db\") }})"
        );
        let file = ScenarioFile::from_bytes("t", text.as_bytes()).expect("it is a scenario");
        let all = triggers(&file.scenario, &arms(&file.scenario)["main"], 100_000_000_000);
        let s = |ns: u64| ns / 1_000_000_000;
        all.into_iter().map(|one| (s(one.from_ns), s(one.until_ns), one.text)).collect()
    }

    #[test]
    fn faults_and_rises_are_told_with_their_numbers() {
        let steady = "arrivals: Poisson(rate: \"9/s\")";
        assert_eq!(told(steady, ""), []);
        let fault = "\"f\": Fault(service: \"db\", from: \"5s\", until: \"7s\", ratio: 0.5, \
                     effect: Slowed(factor: 4)), \
                     \"none\": Fault(service: \"db\", from: \"5s\", until: \"7s\", \
                     effect: Slowed(factor: 1))";
        let expected = "fault f: for 2.00 s, from 5.00 s, work at db took 4.00 times as long, for \
                        50.0 % of the attempts";
        assert_eq!(told(steady, fault), [(5, 7, expected.to_owned())]);
        let stages = "arrivals: Stages(stages: [(lasts: \"10s\", rate: \"40/s\"), \
                      (lasts: \"5s\", rate: \"80/s\"), (lasts: \"80s\", rate: \"40/s\")])";
        let expected = "load u: 80.0 requests a second from 10.0 s to 15.0 s, and 40.0 at its \
                        quietest";
        assert_eq!(told(stages, ""), [(10, 15, expected.to_owned())]);
        let bursts = "arrivals: Bursts(size: 350, every: \"80ms\"), total: 2000";
        let expected = "load u: 6 bursts of 350 requests, one every 80.0 ms, from 0 s to 400 ms";
        assert_eq!(told(bursts, ""), [(0, 0, expected.to_owned())]);
    }
}
