//! Laws of queues that no closed form is needed for.

use dessim::metrics::probe::What;
use proptest::prelude::*;

use super::config;
use crate::support::{listen, moments, number, only, scenario, seeded};

/// The wait of every request at one service with an unbounded line.
fn waits(arrivals: &str, time: &str, slots: u32, seed: u64) -> Vec<u64> {
    let scenario = scenario(&format!(
        r#"Scenario(schema: 1,
        load: {{ "load": Load(arrivals: {arrivals}, total: 300) }},
        services: {{ "server": Service(time: {time}, slots: {slots}) }},
        calls: {{ "load": Call(to: "server") }})"#
    ));
    let mut waits = vec![u64::MAX; 300];
    let mut sent = vec![0; 300];
    listen(&scenario, &seeded(seed), |_, _, record| {
        let at = record.at.as_ns();
        let request = record.request as usize;
        match record.what {
            What::SENT => sent[request] = at,
            What::STARTED => waits[request] = at - sent[request],
            _ => {}
        }
    });
    waits
}

const ARRIVALS: [&str; 4] = [
    r#"Poisson(rate: "300/s")"#,
    r#"Bursts(size: 20, every: "50ms")"#,
    r#"Constant(rate: "250/s")"#,
    r#"Renewal(gap: Bimodal(fast: "1ms", slow: "30ms", slow_ratio: 0.1))"#,
];
const TIMES: [&str; 4] = [
    r#"Exponential(mean: "10ms")"#,
    r#"Constant("10ms")"#,
    r#"Pareto(alpha: 1.5, min: "3ms")"#,
    r#"Bimodal(fast: "1ms", slow: "80ms", slow_ratio: 0.1)"#,
];

proptest! {
    #![proptest_config(config(200))]

    /// Another slot makes nobody wait longer (Kiefer and Wolfowitz), for the same luck.
    #[test]
    fn another_slot_makes_nobody_wait_longer(
        (arrivals, time, slots) in (0..4_usize, 0..4_usize, 1_u32..6),
        seed in any::<u64>(),
    ) {
        let wait = |slots| waits(ARRIVALS[arrivals], TIMES[time], slots, seed);
        let (fewer, more) = (wait(slots), wait(slots + 1));
        for (request, (before, after)) in fewer.iter().zip(&more).enumerate() {
            prop_assert!(after <= before, "request {} waits {} for {}", request, after, before);
        }
    }
}

/// Departures of M/M/c are Poisson (Burke): Kolmogorov and Smirnov at 0.1 %.
#[test]
fn departures_of_a_stable_queue_are_poisson() {
    let scenario = scenario(
        r#"Scenario(schema: 1, duration: "600s",
        load: { "load": Load(arrivals: Poisson(rate: "320/s")) },
        services: { "server": Service(time: Exponential(mean: "10ms"), slots: 4) },
        calls: { "load": Call(to: "server") })"#,
    );
    let mut departures = Vec::new();
    listen(&scenario, &seeded(1), |_, _, record| {
        if record.what == What::ANSWERED && record.at.as_ns() >= 10_000_000_000 {
            departures.push(record.at.as_ns());
        }
    });
    let mut gaps: Vec<f64> =
        departures.windows(2).map(|pair| (pair[1] - pair[0]) as f64 / 1e9).collect();
    gaps.sort_by(f64::total_cmp);
    let n = gaps.len() as f64;
    let distance = gaps.iter().enumerate().map(|(index, gap)| {
        let law = -dessim::kernel::fpmath::exp_m1(-320.0 * gap);
        let (below, above) = (index as f64 / n, (index + 1) as f64 / n);
        (law - below).max(above - law)
    });
    let distance = distance.fold(0.0, f64::max);
    println!("D = {:.3} / sqrt(n), n = {n}", distance * n.sqrt());
    assert!(n > 180_000.0 && distance * n.sqrt() < 1.9495, "D = {distance}");
}

/// Mean number in the system seen by arrivals, less that over time.
fn seen_less_average(arrivals: &str, seed: u64) -> f64 {
    let scenario = scenario(&format!(
        r#"Scenario(schema: 1, duration: "300s",
        load: {{ "load": Load(arrivals: {arrivals}) }},
        services: {{ "server": Service(time: Exponential(mean: "10ms"), slots: 1) }},
        calls: {{ "load": Call(to: "server") }})"#
    ));
    let (mut there, mut seen, mut arrived) = (0.0, 0.0, 0.0);
    let result = listen(&scenario, &seeded(seed), |_, _, record| match record.what {
        What::ARRIVED => {
            seen += there;
            arrived += 1.0;
            there += 1.0;
        }
        What::SUCCEEDED => there -= 1.0,
        _ => {}
    });
    let server = &only(&result).components["server"];
    let average = number(server, "busy_mean") + number(server, "waiting_mean");
    seen / arrived - average
}

/// Poisson arrivals see time averages; the members of a batch see one another.
#[test]
fn poisson_arrivals_see_time_averages() {
    let gaps = |arrivals: &str| -> Vec<f64> {
        (1..=20).map(|seed| seen_less_average(arrivals, seed)).collect()
    };
    let (mean, sd) = moments(&gaps(r#"Poisson(rate: "60/s")"#));
    let error = sd / 20.0_f64.sqrt();
    println!("Poisson: {mean:.4}, standard error {error:.4}");
    assert!(mean.abs() <= 4.0 * error && 4.0 * error < 0.05, "{mean} with error {error}");
    let (mean, sd) = moments(&gaps(r#"Poisson(rate: "6/s", batch: 10)"#));
    // Each of ten sees 4.5 of its own batch on average: far from noise.
    println!("batches: {mean:.3}, sd {sd:.3}");
    assert!((mean - 4.5).abs() <= 4.0 * sd / 20.0_f64.sqrt(), "{mean}, sd {sd}");
}
