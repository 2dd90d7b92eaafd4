//! Cases that are exact to the nanosecond in every run, and the constants of theory.

use dessim::kernel::time::Duration;
use dessim::metrics::probe::EventKind;
use dessim::metrics::recorder::Recorder;

use super::Case;
use crate::support::{count, latency, listen, ms, number, only, play, scenario, seeded};

/// Arrivals every 8 ms at a server that needs 10 ms: the k-th of 1000 waits 2 (k - 1) ms.
#[test]
fn overload_without_chance() {
    let case = Case::load("DD1-over");
    let scenario = scenario(
        r#"Scenario(schema: 1,
        load: { "load": Load(arrivals: Constant(rate: "125/s"), total: 1000) },
        services: { "server": Service(time: Constant("10ms"), slots: 1) },
        calls: { "load": Call(to: "server") })"#,
    );
    let result = listen(&scenario, &seeded(1), |_, _, record| {
        if record.kind == EventKind::SUCCEEDED {
            let wait_ns = record.value - 10_000_000;
            assert_eq!(wait_ns, 2_000_000 * record.request, "request {}", record.request);
        }
    });
    let server = &only(&result).components["server"];
    let wait = latency(server, "wait");
    assert_eq!(ms(wait.mean_ns), case.number("wait_mean_ms"));
    assert_eq!(ms(wait.max_ns), case.number("wait_max_ms"));
    assert_eq!(result.virtual_ns as f64 / 1e6, case.number("last_completion_ms"));
    assert_eq!(number(server, "utilisation"), case.number("util_until_last"));
}

/// Events of one instant happen in the order in which they were scheduled. Work that began at one
/// burst and ends at the next was scheduled before that burst, so its slot is free for the burst.
#[test]
fn departures_come_before_arrivals_that_they_were_scheduled_before() {
    let case = Case::load("DDC-tie");
    let tie = |arrivals: &str| {
        let scenario = scenario(&format!(
            r#"Scenario(schema: 1,
            load: {{ "load": Load(arrivals: {arrivals}, total: 2000) }},
            services: {{ "server": Service(time: Constant("10ms"), slots: 2, queue: 0) }},
            calls: {{ "load": Call(to: "server") }})"#
        ));
        only(&play(&scenario, 1)).requests.shed as f64
    };
    let expected = case.number("rejected_if_departure_before_arrival");
    for arrivals in [
        r#"Bursts(size: 2, every: "10ms")"#,
        r#"Renewal(gap: Constant("10ms"), batch: 2)"#,
        r#"Constant(rate: "200/s")"#,
    ] {
        assert_eq!(tie(arrivals), expected, "{arrivals}");
    }
}

#[test]
fn certain_failure_takes_every_retry() {
    let case = Case::load("GEOM-1.0-3");
    let retries = case.param("max_retries");
    let scenario = scenario(&format!(
        r#"Scenario(schema: 1,
        load: {{ "load": Load(arrivals: Poisson(rate: "100/s"), total: 1000) }},
        services: {{ "server": Service(time: Constant("1ms"), failure_ratio: 1.0) }},
        calls: {{ "load": Call(to: "server", policy: [Retry(max_retries: {retries})]) }})"#
    ));
    let result = listen(&scenario, &seeded(1), |_, _, record| {
        if record.kind == EventKind::FAILED {
            assert_eq!(f64::from(record.attempt), case.number("attempts_mean"));
        }
    });
    let arm = only(&result);
    assert_eq!(arm.amplification, Some(case.number("attempts_mean")));
    assert_eq!(arm.requests.failed as f64, 1000.0 * case.number("final_failure"));
    assert_eq!(arm.requests.succeeded as f64, case.number("success"));
}

/// At any instant of any run, attempts are at most 1.1 x requests + the tokens at the start.
#[test]
fn a_budget_bounds_every_path() {
    let case = Case::load("BUDGET");
    let (ratio, retries) = (case.param("ratio"), case.param("max_retries"));
    let capacity = 10.0;
    let text = |budget: &str| {
        format!(
            r#"Scenario(schema: 1,
            load: {{ "load": Load(arrivals: Poisson(rate: "100/s"), total: 20000) }},
            services: {{ "server": Service(time: Exponential(mean: "5ms"), failure_ratio: 1.0) }},
            calls: {{ "load": Call(to: "server",
                policy: [Retry(max_retries: {retries}{budget})]) }})"#
        )
    };
    let budget = format!(", budget: Tokens(deposit: {ratio}, capacity: {capacity:?})");
    let budgeted = scenario(&text(&budget));
    for seed in 1..=10 {
        let (mut requests, mut attempts) = (0.0, 0.0);
        let result = listen(&budgeted, &seeded(seed), |_, _, record| {
            match record.kind {
                EventKind::ARRIVED => requests += 1.0,
                EventKind::SENT => attempts += 1.0,
                _ => {}
            }
            let bound = (1.0 + ratio) * requests + capacity;
            assert!(attempts <= bound + 1e-6, "{attempts} attempts of {requests} requests");
        });
        let long_run = only(&result).amplification.expect("requests");
        let expected = case.number("longrun_attempts_per_request");
        assert!((long_run - expected).abs() <= capacity / 20_000.0, "{long_run}");
    }
    let free = play(&scenario(&text("")), 1);
    assert_eq!(only(&free).amplification, Some(case.number("without_budget")));
}

/// Quantiles interpolate between order statistics (type 7), and are not those of the nearest rank.
#[test]
fn quantiles_are_type_7() {
    let case = Case::load("QUANTILE-def");
    let summary = |values: &mut dyn Iterator<Item = u64>| {
        let mut recorder = Recorder::default();
        values.for_each(|ms| recorder.record(Duration::from_ms(ms)));
        recorder.summary()
    };
    let hundred = summary(&mut (1..=100).rev());
    assert_eq!(ms(hundred.p50_ns), case.number("n100_p50_linear_type7"));
    assert_eq!(ms(hundred.p95_ns), case.number("n100_p95_linear_type7"));
    assert_eq!(ms(hundred.p99_ns), case.number("n100_p99_type7"));
    assert_eq!(ms(hundred.max_ns), case.number("n100_p100"));
    let four = summary(&mut [40, 10, 30, 20].into_iter());
    assert_eq!(ms(four.p50_ns), case.number("n4_p50_type7"));
    assert_eq!(ms(four.p95_ns), case.number("n4_p95_type7"));
    let one = summary(&mut [7].into_iter());
    let all = [one.p50_ns, one.p90_ns, one.p95_ns, one.p99_ns, one.p999_ns, one.mean_ns];
    assert!(all.iter().all(|quantile| ms(*quantile) == 7.0));
    let none = summary(&mut std::iter::empty());
    let all = [none.mean_ns, none.min_ns, none.p50_ns, none.p999_ns, none.max_ns];
    assert!(none.count == 0 && all.iter().all(Option::is_none));
}

/// Beyond 65,536 samples quantiles are within 3 significant digits, over the whole clock.
#[test]
fn quantiles_of_many_samples_are_within_a_thousandth() {
    let mut recorder = Recorder::default();
    let samples = 100_001;
    for index in (0..samples).rev() {
        recorder.record(Duration::from_ns(index * 1_000_000));
    }
    recorder.record(Duration::MAX);
    let summary = recorder.summary();
    assert!(!summary.exact && summary.count == samples + 1);
    for (quantile, actual) in
        [(0.5, summary.p50_ns), (0.95, summary.p95_ns), (0.999, summary.p999_ns)]
    {
        let expected = quantile * samples as f64;
        assert!((ms(actual) / expected - 1.0).abs() < 1e-3, "{quantile}: {actual:?}");
    }
    assert_eq!((summary.min_ns, summary.max_ns), (Some(0), Some(u64::MAX)));
}

/// Erlang's formulas, by recursion.
pub(super) fn erlang(servers: u32, load: f64) -> (f64, f64) {
    let step = |b: f64, n: u32| load * b / (f64::from(n) + load * b);
    let b = (1..=servers).fold(1.0, step);
    let n = f64::from(servers);
    (b, n * b / (n - load * (1.0 - b)))
}

/// Checks the reference: its figures are those of Erlang's formulas.
#[test]
fn the_reference_is_erlangs() {
    let case = Case::load("ERLB-limit");
    let close = |actual: f64, expected: f64| {
        assert!((actual / expected - 1.0).abs() < 1e-8, "{actual} is not {expected}");
    };
    for (name, servers, load) in [("B_1_1", 1, 1.0), ("B_2_1", 2, 1.0), ("B_5_3", 5, 3.0)] {
        close(erlang(servers, load).0, case.number(name));
    }
    close(erlang(2, 1.0).1, case.number("C_2_1"));
    close(erlang(5, 3.0).1, case.number("C_5_3"));
    close(erlang(10, 8.0).0, Case::load("ERLB-10-uniform").number("block_prob"));
    for (id, servers, load) in [("MMC-4", 4, 3.2), ("MMC-100", 100, 95.0)] {
        close(erlang(servers, load).1, Case::load(id).number("prob_wait"));
    }
}

/// A burst is published as a whole before a consumer takes its first message.
#[test]
fn messages_beyond_the_capacity_of_a_queue_are_dropped() {
    for capacity in [1, 4, 9, 10, 11] {
        let scenario = scenario(&format!(
            r#"Scenario(schema: 1,
            load: {{ "load": Load(arrivals: Bursts(size: 10, every: "1s"), total: 10) }},
            services: {{ "server": Service(time: Constant("1ms")) }},
            queues: {{ "jobs": Queue(capacity: {capacity}) }}, publishes: {{ "load": "jobs" }},
            consumers: {{ "workers": Consumer(from: "jobs", concurrency: 1, to: "server",
                                              max_deliveries: 1) }})"#
        ));
        let result = play(&scenario, 1);
        let expected = 10 - capacity.min(10);
        assert_eq!(count(&only(&result).components["jobs"], "dropped"), expected);
    }
}
