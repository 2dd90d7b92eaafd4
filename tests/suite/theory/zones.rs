//! Zones and subsets: exact shares, and replicas that are queues of their own.

use std::collections::BTreeSet;

use dessim::metrics::probe::EventKind;
use dessim::report::result::ArmResult;

use super::exact::erlang;
use super::{first_seed, judge};
use crate::support::{count, latency, listen, ms, number, only, play, scenario, seeded};

/// Name of a figure, its value in a run, its expected value, and the largest relative 4 standard
/// errors that are precise enough.
type Judged<'a> = (&'a str, &'a dyn Fn(&ArmResult) -> f64, f64, f64);

/// Judges figures of a scenario over 20 replications.
fn verdict(id: &str, text: &str, figures: &[Judged<'_>]) {
    let scenario = scenario(text);
    let first = first_seed(id, "");
    let runs: Vec<_> = (0..20).map(|number| play(&scenario, first.wrapping_add(number))).collect();
    let judged = figures.iter().filter_map(|(what, figure, expected, target)| {
        let samples: Vec<f64> = runs.iter().map(|run| figure(only(run))).collect();
        judge(&format!("{id} {what}"), &samples, *expected, *target)
    });
    let wrong: Vec<String> = judged.collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn in_zone(arm: &ArmResult) -> f64 {
    let balancer = &arm.components["load.balancer"];
    count(balancer, "in_zone") as f64 / count(balancer, "sent") as f64
}

/// With clients 50, 30 and 20 % and replicas 40, 20 and 40 %, 40 + 20 + 20 % of the attempts stay
/// in their zone, and replicas get equal load. If half of the attempts are routed by zone, the
/// others stay at random: 0.5 x 0.4 + 0.3 x 0.2 + 0.2 x 0.4.
#[test]
fn what_stays_in_its_zone_is_what_its_replicas_can_take() {
    let text = |enabled: f64| {
        format!(
            r#"Scenario(schema: 1, duration: "10s",
            load: {{ "load": Load(arrivals: Poisson(rate: "2000/s")) }},
            services: {{ "server": Service(time: Constant("1ms"),
                zones: {{"a": 4, "b": 2, "c": 4}}) }},
            calls: {{ "load": Call(to: "server", zones: {{"a": 5, "b": 3, "c": 2}},
                balancing: ZoneAware(routing_enabled: {enabled:?}, child: Random)) }})"#
        )
    };
    // The largest of ten shares of 20,000 is 1.54 standard deviations, of 0.0021, above the mean.
    let largest = |arm: &ArmResult| number(&arm.components["server"], "largest_share") - 0.0033;
    let figures: [Judged<'_>; 2] =
        [("in zone", &in_zone, 0.8, 0.01), ("largest", &largest, 0.1, 0.02)];
    verdict("ZONES-shares", &text(1.0), &figures);
    verdict("ZONES-half", &text(0.5), &[("in zone", &in_zone, 0.4 + 0.34 / 2.0, 0.01)]);
}

/// Three quarters of the clients are in zone a, and a third of their attempts go to b: each zone is
/// an M/M/4 at 80 %.
#[test]
fn each_zone_is_a_queue_of_its_own() {
    let text = r#"Scenario(schema: 1, warm_up: "10s", duration: "110s",
        load: { "load": Load(arrivals: Poisson(rate: "640/s")) },
        services: { "server": Service(time: Exponential(mean: "10ms"), slots: 4,
            zones: {"a": 1, "b": 1}) },
        calls: { "load": Call(to: "server", zones: {"a": 3, "b": 1},
            balancing: ZoneAware(min_cluster_size: 2)) })"#;
    let (_, waits) = erlang(4, 3.2);
    let wait = |arm: &ArmResult| ms(latency(&arm.components["server"], "wait").mean_ns);
    let waited = |arm: &ArmResult| number(&arm.components["server"], "waited_ratio");
    verdict(
        "ZONES-mmc",
        text,
        &[
            ("waited", &waited, waits, 0.03),
            ("wait", &wait, waits * 10.0 / (4.0 - 3.2), 0.05),
            ("in zone", &in_zone, 0.75, 0.01),
        ],
    );
}

/// One zone of three is lost. With round robin a third of the attempts fail. With zone-aware
/// routing clients lose all attempts or none, and a third of them do; with subsets a third of the
/// attempts fail too, as each replica is in equally many.
#[test]
fn a_lost_zone_of_three_hits_a_third() {
    let lost = |of_call: &str| {
        let text = format!(
            r#"Scenario(schema: 1, duration: "10s",
            load: {{ "load": Load(arrivals: Poisson(rate: "1000/s")) }},
            services: {{ "server": Service(time: Constant("1ms"),
                zones: {{"a": 4, "b": 4, "c": 4}}) }},
            faults: {{ "lost": Fault(service: "server", zone: "b", from: "0s", until: "1h",
                effect: Crashed) }},
            calls: {{ "load": Call(to: "server", {of_call}) }})"#
        );
        let failed = |arm: &ArmResult| {
            arm.failed_by.error as f64 / (arm.requests.offered - arm.requests.in_flight) as f64
        };
        verdict(&format!("ZONES-lost {of_call}"), &text, &[("failed", &failed, 1.0 / 3.0, 0.015)]);
    };
    lost("balancing: RoundRobin");
    lost(r#"zones: {"a": 10, "b": 10, "c": 10}, balancing: ZoneAware()"#);
    lost("clients: 12, balancing: Subset(size: 5)");
}

/// If the places in subsets are a multiple of the replicas, replicas get equal load.
#[test]
fn subsets_spread_clients_evenly() {
    let text = r#"Scenario(schema: 1, duration: "10s",
        load: { "load": Load(arrivals: Poisson(rate: "4000/s")) },
        services: { "server": Service(time: Constant("1ms"), replicas: 8) },
        calls: { "load": Call(to: "server", clients: 40, balancing: Subset(size: 3)) })"#;
    // Each replica has 15 clients, which send to it in turn. The largest of eight shares of 40,000
    // is 1.42 standard deviations above the mean, of a sum of 15 clients' thirds of 0.0011 each.
    let largest = |arm: &ArmResult| number(&arm.components["server"], "largest_share");
    verdict("SUBSET-even", text, &[("largest", &largest, 0.126, 0.02)]);
}

/// The replica and the fate of each request, without those that went to zone b.
fn fates(of_service: &str, faults: &str) -> BTreeSet<(u64, u64, u64)> {
    let scenario = scenario(&format!(
        r#"Scenario(schema: 1,
        load: {{ "load": Load(arrivals: Poisson(rate: "500/s"), total: 2000) }},
        services: {{ "server": Service(time: Exponential(mean: "5ms"), {of_service}) }},
        faults: {{ {faults} }},
        calls: {{ "load": Call(to: "server", clients: 6, balancing: Random) }})"#
    ));
    let mut replicas = vec![0; 2000];
    let mut fates = BTreeSet::new();
    listen(&scenario, &seeded(7), |_, _, record| {
        let request = record.request as usize;
        if record.kind == EventKind::BALANCED {
            replicas[request] = record.value;
        } else if record.kind == EventKind::SUCCEEDED || record.kind == EventKind::FAILED {
            fates.insert((record.request, replicas[request], record.value));
        }
    });
    fates.retain(|(_, replica, _)| !(3..=4).contains(replica));
    fates
}

/// Neither zones nor the loss of one change the draws of attempts at other zones.
#[test]
fn a_zone_and_its_loss_change_nobody_elses_luck() {
    let zones = r#"zones: {"a": 2, "b": 2, "c": 2}"#;
    let without = fates("replicas: 6", "");
    assert!(without.len() > 1_000);
    assert_eq!(fates(zones, ""), without);
    let lost = r#""lost": Fault(service: "server", zone: "b", from: "1s", until: "2s",
        effect: Crashed)"#;
    assert_eq!(fates(zones, lost), without);
}

/// A replica makes calls from its own zone: if every zone has capacity, all of them stay.
#[test]
fn calls_of_a_handler_come_from_the_zone_of_the_replica() {
    let text = r#"Scenario(schema: 1, duration: "5s",
        load: { "load": Load(arrivals: Poisson(rate: "500/s")) },
        services: {
            "web": Service(time: Constant("1ms"), zones: {"a": 2, "b": 4},
                handler: [Call("query")]),
            "db": Service(time: Constant("1ms"), zones: {"a": 3, "b": 6}),
        },
        calls: {
            "load": Call(to: "web"),
            "query": Call(to: "db", zones: {"a": 2, "b": 4}, balancing: ZoneAware()),
        })"#;
    let scenario = scenario(text);
    let mut of_request = vec![0; 10_000];
    let mut crossed = 0;
    let mut queries = 0;
    listen(&scenario, &seeded(3), |_, name, record| {
        if record.kind != EventKind::BALANCED {
            return;
        }
        let request = record.request as usize;
        if name == "load.balancer" {
            of_request[request] = record.value;
        } else {
            queries += 1;
            crossed += u32::from((of_request[request] <= 2) != (record.value <= 3));
        }
    });
    assert!(queries > 2_000 && crossed == 0, "{crossed} of {queries}");
}
