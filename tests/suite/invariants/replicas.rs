//! Rules that hold in every run also hold with replicas.

use std::collections::BTreeMap;

use dessim::kernel::units::Ratio;
use dessim::metrics::probe::EventKind;
use dessim::model::spec::zones::Zones;
use dessim::scenario::schema::{Balancing, Cancellation, Layer, OutlierDetection, Scenario};
use proptest::prelude::*;

use super::{config, conserves, holds, rolls};
use crate::support::random::style::{NESTED, PLAIN};
use crate::support::random::text;
use crate::support::{listen, scenario, seeded};

fn balancing(number: usize, replicas: u32) -> Balancing {
    let decay = dessim::kernel::time::Duration::from_ms(50);
    let child = || Box::new(balancing(number / 12 % 5, replicas));
    match number % 12 {
        0 => Balancing::RoundRobin,
        1 => Balancing::Random,
        2 => Balancing::LeastRequest,
        3 => Balancing::PowerOfTwo,
        4 => Balancing::Choices(3),
        5 => Balancing::Weighted((1..=replicas).map(f64::from).collect()),
        6 => Balancing::ConsistentHash { points: 20, bound: None },
        7 => Balancing::ConsistentHash { points: 20, bound: Some(1.2) },
        8 => Balancing::Ewma { decay },
        9 => {
            let routing_enabled = Ratio::new(0.8).expect("a ratio");
            Balancing::ZoneAware { min_cluster_size: 2, routing_enabled, child: child() }
        }
        10 => Balancing::Subset { size: 2, child: child() },
        _ => Balancing::PeakEwma { decay, initial: decay },
    }
}

fn zones(a: u32, b: u32) -> Zones {
    Zones::from([("a".to_owned(), a), ("b".to_owned(), b)])
}

/// In two cases of four: a detection that may eject all, or one that panics.
fn outlier_detection(number: usize) -> Option<OutlierDetection> {
    let spec = match number % 4 {
        0 => {
            r#"{"consecutive_failures": 2, "interval": "50ms", "base_ejection_time": "20ms",
            "max_ejected": 1, "panic_threshold": 0}"#
        }
        1 => {
            r#"{"success_rate": {"minimum_calls": 2, "minimum_replicas": 2, "deviations": 0.5},
            "failure_rate": {"minimum_calls": 2, "minimum_replicas": 1, "enforced": 0.5},
            "interval": "30ms", "base_ejection_time": "50ms", "rule": "Grpc",
            "max_ejection_time_jitter": "40ms", "panic_threshold": 0.7}"#
        }
        _ => return None,
    };
    Some(serde_json::from_str(spec).expect("a specification"))
}

/// The system with several replicas of every service, and all algorithms of balancing.
pub(super) fn replicated(mut scenario: Scenario, first: u16) -> Scenario {
    let first = usize::from(first);
    for (number, service) in scenario.services.values_mut().enumerate() {
        service.zones = zones(1, 1 + ((first + number) % 3) as u32);
    }
    let services = &scenario.services;
    for (number, call) in scenario.calls.values_mut().enumerate() {
        call.balancing = balancing(first + number, services[&call.to].all_replicas());
        call.max_repicks = ((first + number) % 4) as u32;
        call.outlier_detection = outlier_detection(first + number);
        if let Balancing::ZoneAware { .. } = call.balancing {
            (call.zones, call.clients) = (zones(2, 1), 1);
        }
    }
    for (number, consumer) in scenario.consumers.values_mut().enumerate() {
        consumer.balancing = balancing(first + number, services[&consumer.to].all_replicas());
        consumer.max_repicks = ((first + number) % 4) as u32;
        consumer.outlier_detection = outlier_detection(first + number + 1);
        if let Balancing::ZoneAware { .. } = consumer.balancing {
            (consumer.zones, consumer.clients) = (zones(1, 2), 1);
        }
    }
    // Attempts that hang end if each has a timeout and the service cancels.
    let bounded = |policy: &[Layer]| matches!(policy.last(), Some(Layer::Timeout(_)));
    for (name, service) in &mut scenario.services {
        let mut calls = scenario.calls.values().filter(|call| call.to == *name);
        let mut groups = scenario.consumers.values().filter(|group| group.to == *name);
        if calls.all(|call| bounded(&call.policy)) && groups.all(|group| bounded(&group.policy)) {
            service.hang_ratio = Ratio::new(0.1).expect("a ratio");
            service.cancellation = Cancellation::Immediate;
        }
    }
    if let Some(fault) = scenario.faults.values_mut().next() {
        match first % 2 {
            0 => fault.replica = Some(2),
            _ => fault.zone = Some("b".to_owned()),
        }
    }
    scenario
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn replicas_lose_nothing_and_the_books_add_up(rolls in rolls(), first in 0_u16..60) {
        for style in [PLAIN, NESTED] {
            let scenario = replicated(scenario(&text(&rolls, style)), first);
            conserves(&scenario, 1);
            holds(&scenario, 1);
        }
    }
}

/// A fault of a replica changes neither choices of replicas nor service times.
#[test]
fn a_fault_of_one_replica_changes_no_luck() {
    let text = |fault: &str| {
        format!(
            r#"Scenario(schema: 1,
            load: {{ "load": Load(arrivals: Poisson(rate: "200/s"), total: 500) }},
            services: {{ "server": Service(time: Exponential(mean: "10ms"), replicas: 3) }},
            faults: {{ {fault} }},
            calls: {{ "load": Call(to: "server", balancing: Random) }})"#
        )
    };
    let luck = |fault: &str| {
        let mut luck = BTreeMap::new();
        let result = listen(&scenario(&text(fault)), &seeded(1), |_, _, record| {
            if record.kind == EventKind::BALANCED || record.kind == EventKind::STARTED {
                luck.entry(record.request).or_insert_with(Vec::new).push(record.value);
            }
        });
        (luck, result.arms["main"].requests.failed)
    };
    let (sound, none) = luck("");
    let (broken, failed) = luck(
        r#""bad": Fault(service: "server", replica: 2, from: "0s", until: "1h", effect: Failing)"#,
    );
    assert!(sound.values().all(|values| values.len() == 2));
    assert_eq!(sound, broken);
    let of_two = broken.values().filter(|values| values[0] == 2).count() as u64;
    assert_eq!((none, failed), (0, of_two));
}
