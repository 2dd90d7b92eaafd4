//! Systems of services compared with Markov chains, closed forms and an independent simulator: the
//! cases of `tests/data/networks.json`, which states the source of each figure.

use std::collections::BTreeMap;

use dessim::report::result::{ArmResult, Component, Metric};
use dessim::scenario::schema::Scenario;
use serde::Deserialize;

use super::first_seed;
use crate::support::{count, latency, moments, ms, number, only, play};

/// A case of the file.
#[derive(Deserialize)]
struct Case {
    params: serde_json::Value,
    ron: String,
    figures: BTreeMap<String, Figure>,
}

/// The expected value of a figure.
#[derive(Deserialize)]
struct Figure {
    value: f64,
    /// Of a simulated one.
    #[serde(default)]
    standard_error: f64,
    /// Largest relative 4 standard errors that are precise enough.
    target: Option<f64>,
}

impl Case {
    fn load(id: &str) -> Self {
        #[derive(Deserialize)]
        struct File {
            cases: BTreeMap<String, serde_json::Value>,
        }
        let file: File = serde_json::from_str(include_str!("../../data/networks.json")).unwrap();
        let case = file.cases.get(id).unwrap_or_else(|| panic!("no case {id}")).clone();
        serde_json::from_value(case).unwrap()
    }

    /// Requests a second.
    fn rate(&self) -> f64 {
        let stated = self.params["lambda_per_s"].as_f64();
        let [each, replicas] =
            ["lambda_per_replica_per_s", "n"].map(|name| self.params[name].as_f64());
        let stated = stated.or(each.zip(replicas).map(|(each, replicas)| each * replicas));
        let figure = self.figures.get("throughput_per_s").map(|figure| figure.value);
        stated.or(figure).expect("a rate, or a throughput in a closed loop")
    }
}

const REPLICATIONS: u64 = 20;
const REQUESTS: f64 = 2_000_000.0;

/// A target is the width of another simulation of the same length. Both standard errors are of 20
/// replications, so each has an error of 1 / sqrt(2 x 19), 16 %, and their ratio one of 23 %: this
/// factor allows four of them.
const WIDER: f64 = 1.0 + 4.0 * 0.23;

/// Plays a case with `scale` times two million requests and judges every figure.
fn verdict(id: &str, scale: f64) {
    let case = Case::load(id);
    let window = REQUESTS * scale / REPLICATIONS as f64 / case.rate();
    let warm_up = window / 20.0;
    let written = |seconds: f64| format!("{:.0}ms", seconds * 1e3);
    let text = case.ron.replace("$WARM_UP", &written(warm_up));
    let text = text.replace("$DURATION", &written(warm_up + window));
    let scenario = crate::support::scenario(&text);
    let mut samples: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let first = first_seed(id, "");
    for number in 0..REPLICATIONS {
        let result = play(&scenario, first.wrapping_add(number));
        let run = Run { scenario: &scenario, arm: only(&result), window };
        for name in case.figures.keys() {
            if let Some(value) = run.figure(name) {
                samples.entry(name).or_default().push(value);
            }
        }
    }
    assert!(!samples.is_empty(), "{id} has no figure that a run can show");
    let mut wrong = Vec::new();
    for (name, samples) in &samples {
        let Figure { value, standard_error, target } = case.figures[*name];
        let (mean, sd) = moments(samples);
        let own = sd / (samples.len() as f64).sqrt();
        let error = (own * own + standard_error * standard_error).sqrt();
        let width = 4.0 * own / value;
        let most = target.map_or(f64::INFINITY, |target| WIDER * target / scale.sqrt());
        let line = format!(
            "{id} {name}: {mean:.6}, expected {value:.6}, {:+.2} of 4 errors, which are \
             {width:.5} of {most}",
            (mean - value) / error
        );
        println!("{line}");
        if (mean - value).abs() > 4.0 * error || width > most {
            wrong.push(line);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// One replication.
struct Run<'a> {
    scenario: &'a Scenario,
    arm: &'a ArmResult,
    /// In seconds.
    window: f64,
}

impl Run<'_> {
    /// The figure of this name; `None` if a run does not show it.
    fn figure(&self, name: &str) -> Option<f64> {
        if let Some((service, name)) = name.split_once('.') {
            let held = self.scenario.services.get(service)?.holds_slot;
            return of_service(self.arm.components.get(service)?, (name, held), self.window);
        }
        let end_to_end = self.arm.latency.end_to_end;
        Some(match name {
            "sojourn_mean_ms" => ms(end_to_end.mean_ns),
            "sojourn_sd_ms" => ms(end_to_end.sd_ns),
            "sojourn_p50_ms" => ms(end_to_end.p50_ns),
            "sojourn_p95_ms" => ms(end_to_end.p95_ns),
            "sojourn_p99_ms" => ms(end_to_end.p99_ns),
            "sojourn_p999_ms" => ms(end_to_end.p999_ns),
            "throughput_per_s" => self.arm.requests.succeeded as f64 / self.window,
            "attempts_per_request" => self.arm.amplification?,
            "hedges_per_request" => self.arm.amplification? - 1.0,
            _ => return None,
        })
    }
}

fn of_service(service: &Component, (name, held): (&str, bool), window: f64) -> Option<f64> {
    let slots = number(service, "busy_mean") + number(service, "waiting_mean");
    Some(match name {
        "wait_mean_ms" => ms(latency(service, "wait").mean_ns),
        "utilisation" => number(service, "utilisation"),
        "slots_busy_mean" => number(service, "busy_mean"),
        "in_flight_mean" | "waiting_or_working_mean" => slots,
        // Little's law. Attempts that wait for calls without a slot count too.
        "sojourn_mean_ms" => {
            let calling = match service.get("calling_mean") {
                Some(Metric::Number(Some(calling))) => calling,
                _ => 0.0,
            };
            let present = if held { slots } else { slots + calling };
            present * window / count(service, "arrivals") as f64 * 1e3
        }
        _ => return None,
    })
}

/// One everyday test for each case, and a long one.
macro_rules! cases {
    ($($name:ident: $id:literal,)*) => {
        mod everyday {
            $(#[test] fn $name() { super::verdict($id, 1.0); })*
        }

        mod long {
            $(#[test]
            #[ignore = "twenty million requests: see the head of the module above"]
            fn $name() { super::verdict($id, 10.0); })*
        }
    };
}

cases! {
    a_slot_is_held_while_another_service_works: "NEST-2",
    a_single_slot_is_held: "NEST-2-c1",
    a_single_slot_is_held_for_constant_times: "NEST-2-c1-constant",
    four_slots_are_held: "NEST-2-c4",
    a_slot_is_given_back: "NEST-2-released",
    work_before_and_after_a_call: "NEST-back",
    work_after_a_call_waits_for_a_slot_again: "NEST-back-released",
    three_tiers: "NEST-3",
    three_tiers_that_block: "NEST-3-narrow",
    two_calls_in_turn: "SEQUENCE-2",
    tandem: "TANDEM",
    two_tiers_in_a_closed_loop: "CLOSED-10",
    three_tiers_in_a_closed_loop: "CLOSED-3-20",
    fork_and_join_two: "FJ2-0.9",
    all_of_three: "FJ3-80-3of3-leave",
    two_of_three_and_the_last_goes_on: "FJ3-80-2of3-leave",
    two_of_three_and_the_last_is_cancelled: "FJ3-80-2of3-cancel",
    the_first_of_three_and_the_rest_go_on: "FJ3-50-1of3-leave",
    the_first_of_three_and_the_rest_are_cancelled: "FJ3-80-1of3-cancel",
    fan_out_to_two: "FAN-2",
    the_second_of_three: "QUORUM-2of3",
    a_copy_after_the_95th_percentile: "HEDGE-logn",
    two_copies_at_both_of_two_servers: "REDUNDANCY-2-2-0.5",
    two_copies_at_three_servers: "REDUNDANCY-3-2-0.5",
    two_copies_at_three_servers_near_saturation: "REDUNDANCY-3-2-0.8",
    two_copies_at_four_servers: "REDUNDANCY-4-2-0.7",
    two_copies_at_ten_servers: "REDUNDANCY-10-2-0.7",
    two_copies_that_both_go_on_at_a_fifth_of_the_load: "REPLICATE-0.2",
    two_copies_that_both_go_on_help_below_a_third: "REPLICATE-0.3",
    two_copies_that_both_go_on_harm_above_a_third: "REPLICATE-0.4",
}
