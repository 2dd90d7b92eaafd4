//! Laws of queues without a closed form.

use dessim::kernel::calendar::LaneCalendar;
use dessim::kernel::limits::Limits;
use dessim::kernel::simulation;
use dessim::kernel::time::Instant;
use dessim::metrics::probe::{EventKind, Silent};
use dessim::scenario::arms::arms;
use dessim::scenario::build::{Built, build};
use proptest::prelude::*;

use super::config;
use crate::support::{listen, moments, number, only, play, scenario, seeded};

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
        match record.kind {
            EventKind::SENT => sent[request] = at,
            EventKind::STARTED => waits[request] = at - sent[request],
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

    /// With the same draws, another slot makes no request wait longer (Kiefer and Wolfowitz).
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
        if record.kind == EventKind::ANSWERED && record.at.as_ns() >= 10_000_000_000 {
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

/// Mean number in the system seen by arrivals, minus that over time.
fn seen_less_average(arrivals: &str, seed: u64) -> f64 {
    let scenario = scenario(&format!(
        r#"Scenario(schema: 1, duration: "300s",
        load: {{ "load": Load(arrivals: {arrivals}) }},
        services: {{ "server": Service(time: Exponential(mean: "10ms"), slots: 1) }},
        calls: {{ "load": Call(to: "server") }})"#
    ));
    let (mut present, mut seen, mut arrived) = (0.0, 0.0, 0.0);
    let result = listen(&scenario, &seeded(seed), |_, _, record| match record.kind {
        EventKind::ARRIVED => {
            seen += present;
            arrived += 1.0;
            present += 1.0;
        }
        EventKind::SUCCEEDED => present -= 1.0,
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
    // Each of ten sees 4.5 of its own batch on average, far more than noise.
    println!("batches: {mean:.3}, sd {sd:.3}");
    assert!((mean - 4.5).abs() <= 4.0 * sd / 20.0_f64.sqrt(), "{mean}, sd {sd}");
}

/// A crash of a ratio of the attempts: survivors in line get the freed slots and leave the line.
/// The time in line is that of waits that ended, and 50 ms of each crashed attempt.
#[test]
fn survivors_of_a_partial_crash_leave_the_line() {
    let scenario = scenario(
        r#"Scenario(schema: 1, duration: "10s",
        load: { "load": Load(arrivals: Bursts(size: 40, every: "1m"), total: 40) },
        services: { "server": Service(time: Constant("100ms"), slots: 4) },
        faults: { "crash": Fault(service: "server", from: "50ms", until: "51ms",
            effect: Crashed, ratio: 0.5) },
        calls: { "load": Call(to: "server") })"#,
    );
    for seed in 1..=20 {
        let (mut line_ns, mut sent, mut started) = (0, 0, 0);
        let result = listen(&scenario, &seeded(seed), |_, _, record| match record.kind {
            EventKind::SENT => sent += 1,
            EventKind::STARTED => {
                started += 1;
                line_ns += record.at.as_ns();
            }
            _ => {}
        });
        line_ns += (sent - started) * 50_000_000;
        let server = &only(&result).components["server"];
        let mean = number(server, "waiting_mean");
        assert!((mean - line_ns as f64 / 10e9).abs() < 1e-9, "seed {seed}: {mean}, {line_ns} ns");
    }
}

/// No request arrives at `until`, with any kind of arrivals.
#[test]
fn a_load_ends_before_its_last_instant() {
    for arrivals in [
        r#"Bursts(size: 2, every: "10ms")"#,
        r#"Renewal(gap: Constant("10ms"), batch: 2)"#,
        r#"Constant(rate: "200/s")"#,
    ] {
        let arrived = |until: &str| {
            let scenario = scenario(&format!(
                r#"Scenario(schema: 1,
                load: {{ "load": Load(arrivals: {arrivals}, until: "{until}") }},
                services: {{ "server": Service(time: Constant("1ms")) }},
                calls: {{ "load": Call(to: "server") }})"#
            ));
            only(&play(&scenario, 1)).requests.offered
        };
        let at = arrived("30ms");
        // One nanosecond later the burst at 30 ms, or the one evenly spaced request, is in time.
        let more = if arrivals.contains("Constant(rate") { 1 } else { 2 };
        assert_eq!(arrived("30000001ns"), at + more, "{arrivals}");
    }
}

/// Every refusal by a full line is a record of its own.
#[test]
fn whatever_is_shed_is_on_record() {
    let scenario = scenario(
        r#"Scenario(schema: 1,
        load: { "load": Load(arrivals: Bursts(size: 10, every: "1s"), total: 10) },
        services: { "server": Service(time: Constant("1ms"), slots: 1, queue: 3) },
        calls: { "load": Call(to: "server") })"#,
    );
    let mut shed = Vec::new();
    let result = listen(&scenario, &seeded(1), |_, component, record| {
        if record.kind == EventKind::SHED {
            assert_eq!((component, record.attempt, record.value), ("server", 1, 3));
            shed.push(record.request);
        }
    });
    assert_eq!(shed, [4, 5, 6, 7, 8, 9]);
    assert_eq!(only(&result).requests.shed, 6);
}

/// Records of an attempt whose caller has left have the number of that attempt, at once and at the
/// end of its work.
#[test]
fn attempts_left_behind_keep_their_numbers() {
    let scenario = scenario(
        r#"Scenario(schema: 1,
        load: { "load": Load(arrivals: Bursts(size: 1, every: "1s"), total: 1) },
        services: { "server": Service(time: Constant("1s"), cancellation: None) },
        calls: { "load": Call(to: "server", policy: [Retry(max_retries: 2), Timeout("100ms")]) })"#,
    );
    let (mut left, mut wasted) = (Vec::new(), Vec::new());
    listen(&scenario, &seeded(1), |_, _, record| {
        let seen = (record.at.as_ns() / 1_000_000, record.attempt);
        match record.kind {
            EventKind::ABANDONED => left.push(seen),
            EventKind::WASTED => wasted.push(seen),
            _ => {}
        }
    });
    assert_eq!(left, [(100, 1), (200, 2), (300, 3)]);
    assert_eq!(wasted, [(1000, 1), (1100, 2), (1200, 3)]);
}

/// The number in flight is slots and line at a service, and waiting messages at a queue.
#[test]
fn under_way_is_slots_and_line() {
    let under_way = |text: &str, name: &str| {
        let scenario = scenario(text);
        let arms = arms(&scenario);
        let built = build::<LaneCalendar, _>(&scenario, &arms["main"], 1, |_| Silent);
        let Built { mut world, names } = built.unwrap();
        world.start(Limits::NONE);
        let node = (0..).zip(&names).find(|(_, of)| *of == name).unwrap().0;
        simulation::run(&mut world, Instant::NEVER, 1);
        world.under_way(Some(node))
    };
    let call = r#"Scenario(schema: 1,
        load: { "load": Load(arrivals: Bursts(size: 5, every: "1s"), total: 5) },
        services: { "server": Service(time: Constant("1s"), slots: 2) },
        calls: { "load": Call(to: "server") })"#;
    assert_eq!(under_way(call, "server"), 5);
    let queue = call.replace(
        r#"calls: { "load": Call(to: "server") }"#,
        r#"publishes: { "load": "jobs" }, queues: { "jobs": Queue() },
        consumers: { "workers": Consumer(from: "jobs", concurrency: 1, to: "server",
            max_deliveries: 1) }"#,
    );
    assert_eq!(under_way(&queue, "jobs"), 4);
    assert_eq!(under_way(&queue, "server"), 1);
}
