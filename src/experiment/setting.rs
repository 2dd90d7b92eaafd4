//! Facts of a scenario that its result lacks: descriptions and faults.

use std::collections::BTreeMap;

use super::topology::topology;
use crate::report::result::RunResult;
use crate::report::setting::{ArmSetting, Setting, Trouble};
use crate::report::text::format::{number, percent};
use crate::report::topology::Topology;
use crate::scenario::arms::arms;
use crate::scenario::schema::{Arm, Effect, Fault, Scenario};

/// The facts about a scenario.
#[must_use]
pub fn setting(scenario: &Scenario) -> Setting {
    let about =
        |arm: &str| scenario.arms.get(arm).map_or_else(String::new, |arm| arm.about.clone());
    let arm = |(name, arm): (String, Arm)| {
        let setting = ArmSetting { about: about(&name), troubles: troubles(&arm) };
        (name, setting)
    };
    Setting {
        about: scenario.about.clone(),
        warm_up_ns: scenario.warm_up.as_ns(),
        arms: arms(scenario).into_iter().map(arm).collect(),
    }
}

/// The topology of every arm of a result, by name.
#[must_use]
pub fn topologies(scenario: &Scenario, result: &RunResult) -> BTreeMap<String, Topology> {
    let arm = |(name, arm): (String, Arm)| {
        let topology = topology(scenario, &arm, result.arms.get(&name)?);
        Some((name, topology))
    };
    arms(scenario).into_iter().filter_map(arm).collect()
}

/// The faults with a possible effect.
fn troubles(arm: &Arm) -> Vec<Trouble> {
    let mut troubles: Vec<Trouble> = arm
        .faults
        .iter()
        .filter(|(_, fault)| fault.from < fault.until && fault.ratio.get() > 0.0)
        .map(|(name, fault)| {
            let effect = match fault.effect {
                Effect::Slowed { factor } => format!("slowed {} times", number(factor)),
                Effect::Failing => "failing".to_owned(),
                Effect::Frozen => "frozen".to_owned(),
                Effect::Crashed => "crashed".to_owned(),
            };
            let whom = match fault.ratio.get() {
                1.0 => String::new(),
                ratio => format!(" for {} of attempts", percent(ratio)),
            };
            Trouble {
                name: name.clone(),
                component: fault.service.clone(),
                words: format!("{effect}{whom}{}", of_replica(fault)),
                from_ns: fault.from.as_ns(),
                until_ns: fault.until.as_ns(),
            }
        })
        .collect();
    troubles.sort_by_key(|trouble| trouble.from_ns);
    troubles
}

/// The replicas that a fault hits, in words, unless it hits all of them.
fn of_replica(fault: &Fault) -> String {
    match (fault.replica, &fault.zone) {
        (Some(replica), _) => format!(", replica {replica} only"),
        (None, Some(zone)) => format!(", zone {zone} only"),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ScenarioFile;

    #[test]
    fn faults_are_listed_by_time_in_their_arms() {
        let text = br#"Scenario(schema: 1, about: "A", warm_up: "1s", duration: "9s",
            load: { "users": Load(arrivals: Constant(rate: "10/s")) },
            services: { "db": Service(time: Constant("5ms")) },
            calls: { "users": Call(to: "db") },
            faults: {
                "b": Fault(service: "db", from: "2s", until: "3s", effect: Slowed(factor: 4)),
                "a": Fault(service: "db", from: "4s", until: "5s", effect: Failing, ratio: 0.25),
                "no length": Fault(service: "db", from: "4s", until: "4s", effect: Frozen),
            },
            arms: {
                "one": Arm(about: "B"),
                "two": Arm(faults: {
                    "b": Fault(service: "db", from: "7s", until: "8s", effect: Crashed),
                }),
            })"#;
        let file = ScenarioFile::from_bytes("a", text).expect("it is a scenario");
        let setting = setting(&file.scenario);
        assert_eq!((setting.about.as_str(), setting.warm_up_ns), ("A", 1_000_000_000));
        let setting_of = |arm: &str| {
            let arm = &setting.arms[arm];
            let trouble = |trouble: &Trouble| {
                let Trouble { name, component, words, from_ns, until_ns } = trouble;
                let s = 1_000_000_000;
                format!("{name}: {component} {words} {} {}", from_ns / s, until_ns / s)
            };
            (arm.about.as_str(), arm.troubles.iter().map(trouble).collect::<Vec<_>>())
        };
        let failing = "a: db failing for 25.0 % of attempts 4 5".to_owned();
        let one = vec!["b: db slowed 4.00 times 2 3".to_owned(), failing.clone()];
        assert_eq!(setting_of("one"), ("B", one));
        assert_eq!(setting_of("two"), ("", vec![failing, "b: db crashed 7 8".to_owned()]));
    }
}
