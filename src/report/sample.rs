//! Results made by hand, for tests of renderings.

use std::collections::BTreeMap;

use super::result::{
    ArmResult, Attempts, Column, Component, FailedBy, Fingerprints, Hex, Latencies, LatencySummary,
    LoadTerms, Metric, RESULT_SCHEMA, Requests, RunResult, ScenarioId, Series, Values, Wasted,
};
use crate::kernel::time::Duration;
use crate::metrics::histogram::{BIN_BITS, Histogram};
use crate::metrics::meter::Meter;
use crate::metrics::series::ARM;

pub(crate) const MS: u64 = 1_000_000;

/// A run of these arms.
pub(crate) fn run(arms: &[(&str, ArmResult)]) -> RunResult {
    RunResult {
        schema: RESULT_SCHEMA,
        dessim: "0.1.0",
        model: 1,
        scenario: ScenarioId {
            name: "burst".to_owned(),
            digest: Hex(0x0123_4567_89ab_cdef),
            resolved: None,
        },
        seed: 7,
        fingerprint: Hex(0xfeed_face_cafe_beef),
        fingerprints: Fingerprints { order: Hex(0x0a), timing: Hex(0x0b), results: Hex(0x0c) },
        events: arms.iter().map(|(_, arm)| arm.events).sum(),
        virtual_ns: arms.iter().map(|(_, arm)| arm.end_ns).max().unwrap_or(0),
        stopped: None,
        expectations: Vec::new(),
        warnings: Vec::new(),
        loads: BTreeMap::from([("clients".to_owned(), LoadTerms::default())]),
        arms: arms.iter().map(|(name, arm)| ((*name).to_owned(), arm.clone())).collect(),
    }
}

/// An arm with these requests, one attempt for each that was sent, and latencies around 10 ms.
pub(crate) fn arm(requests: Requests) -> ArmResult {
    let unsent = requests.rejected + requests.dropped;
    let attempts = Attempts { total: requests.offered - unsent, ..Attempts::default() };
    let latency = spread(requests.succeeded, 10 * MS);
    let outcome = spread(requests.offered - requests.in_flight, 10 * MS);
    ArmResult {
        requests,
        failed_by: FailedBy { error: requests.failed, timeout: 0 },
        attempts,
        amplification: ratio(attempts.total, requests.offered),
        attempts_variance: Some(0.0),
        goodput_per_s: Some(requests.succeeded as f64 / 2.5),
        latency: Latencies {
            end_to_end: latency,
            processing: latency,
            outcome,
            slow_ratio: Some(0.0),
        },
        wasted: Wasted::default(),
        events: 6_000,
        end_ns: 2_500 * MS,
        components: BTreeMap::new(),
        curves: None,
        series: None,
    }
}

/// An arm in which every request succeeds.
pub(crate) fn healthy(offered: u64) -> ArmResult {
    arm(Requests { offered, succeeded: offered, ..Requests::default() })
}

/// The retry storm: no protection, nearly every attempt times out.
pub(crate) fn storm() -> ArmResult {
    let mut arm =
        arm(Requests { offered: 2_000, succeeded: 51, failed: 1_949, ..Requests::default() });
    arm.failed_by = FailedBy { error: 7, timeout: 1_942 };
    with_attempts(&mut arm, 7_846, 5_846, 7_767, 28);
    arm.wasted = Wasted { work_ns: 932_000 * MS, after_leaving_ns: 0, ratio: Some(0.998) };
    arm.latency.end_to_end = spread(51, 32 * MS);
    arm.latency.outcome = spread(2_000, 800 * MS);
    let service = component("service", &[("in_flight_max", Metric::Count(350))]);
    arm.components.insert("downstream".to_owned(), service);
    arm
}

/// RPC behind a breaker and a bulkhead, as in real bursts.
pub(crate) fn refused() -> ArmResult {
    let mut arm =
        arm(Requests { offered: 2_000, succeeded: 506, rejected: 1_494, ..Requests::default() });
    with_attempts(&mut arm, 712, 206, 0, 206);
    arm.latency.end_to_end = spread(506, 210 * MS);
    arm.latency.outcome = spread(2_000, 90 * MS);
    let breaker = [
        ("rejected", Metric::Count(1_494)),
        ("opened", Metric::Count(4)),
        ("time_open_ns", time(1_310)),
    ];
    let bulkhead =
        [("permits_max", Metric::Count(40)), ("wait", Metric::Latency(spread(712, 70 * MS)))];
    let service = [
        ("attempts", Metric::Count(712)),
        ("in_flight_max", Metric::Count(40)),
        ("utilisation", Metric::Number(Some(0.371))),
        ("shed", Metric::Count(0)),
    ];
    for (name, part) in [
        ("clients breaker", component("breaker", &breaker)),
        ("clients bulkhead", component("bulkhead", &bulkhead)),
        ("downstream", component("service", &service)),
    ] {
        arm.components.insert(name.to_owned(), part);
    }
    arm
}

/// The event-driven arm of the same bursts.
pub(crate) fn queued() -> ArmResult {
    let mut arm = healthy(2_000);
    with_attempts(&mut arm, 2_103, 103, 0, 103);
    arm.latency.end_to_end = spread(2_000, 792 * MS);
    arm.latency.outcome = arm.latency.end_to_end;
    arm.latency.processing = spread(2_000, 11 * MS);
    let queue = [
        ("depth_max", Metric::Count(1_486)),
        ("age_max_ns", time(1_120)),
        ("wait", Metric::Latency(spread(2_103, 760 * MS))),
        ("dropped", Metric::Count(0)),
    ];
    let service = [
        ("attempts", Metric::Count(2_103)),
        ("in_flight_max", Metric::Count(16)),
        ("utilisation", Metric::Number(Some(0.953))),
        ("shed", Metric::Count(0)),
    ];
    let workers =
        [("redeliveries", Metric::Count(103)), ("busy_ratio", Metric::Number(Some(0.991)))];
    for (name, part) in [
        ("jobs", component("queue", &queue)),
        ("downstream", component("service", &service)),
        ("workers", component("consumer", &workers)),
    ] {
        arm.components.insert(name.to_owned(), part);
    }
    arm
}

/// The bursts in both arms, [`refused`] and [`queued`].
pub(crate) fn burst() -> RunResult {
    run(&[("rpc", refused()), ("event-driven", queued())])
}

/// Two arms with series of every kind of value; the second series ends earlier.
pub(crate) fn over_time() -> RunResult {
    let mut result = run(&[("rpc", healthy(8)), ("event-driven", healthy(8))]);
    let series = series(&[5, 0, 3, 0], [40, 2, 40, 7]);
    let short = Series { end_ns: 310 * MS, ..series.clone() };
    for (name, series) in [("rpc", series), ("event-driven", short)] {
        let arm = result.arms.get_mut(name).expect("it is there");
        (arm.end_ns, arm.series) = (series.end_ns, Some(series));
    }
    result
}

/// Four bins of 100 ms, the last cut short.
pub(crate) fn series(succeeded: &[u64], depth: [u64; 4]) -> Series {
    static SUCCEEDED: Meter = Meter::new("requests.succeeded", "requests succeeded");
    static RETRIES: Meter = Meter::new("retries", "retries");
    static LATENCY: Meter = Meter::of_time("latency.end_to_end", "latency");
    static DEPTH: Meter = Meter::new("depth", "messages waiting");
    static AGE: Meter = Meter::of_time("age_ns", "age of the oldest message");
    static OPEN: Meter = Meter::of_time("open_ns", "open");
    static WORK: Meter = Meter::of_time("work_ns", "work done");
    let latencies = |values: &[u64]| {
        let mut histogram = Histogram::<BIN_BITS>::default();
        values.iter().for_each(|value| histogram.record(*value));
        histogram.drain()
    };
    let area_ns = depth.map(|depth| depth * 50 * MS).to_vec();
    let levels = Values::Levels { area_ns, max: depth.to_vec(), limit: Some(40) };
    let latency = [latencies(&[MS, 3 * MS]), latencies(&[]), latencies(&[7]), latencies(&[])];
    let column = |node, component: &str, kind, meter, values| {
        let component = component.to_owned();
        Column { node, component, kind, meter, values }
    };
    Series {
        bin_ns: 100 * MS,
        end_ns: 350 * MS,
        bins: 4,
        columns: vec![
            column(ARM, "", "arm", &SUCCEEDED, Values::Counts(succeeded.to_vec())),
            column(ARM, "", "arm", &RETRIES, Values::Counts(vec![0, 9, 1, 0])),
            column(ARM, "", "arm", &LATENCY, Values::Latencies(latency.to_vec())),
            column(3, "jobs", "queue", &DEPTH, levels),
            column(3, "jobs", "queue", &AGE, Values::Readings(vec![Some(MS), None, Some(0), None])),
            column(7, "clients.breaker", "breaker", &OPEN, Values::States(vec![0, MS, 7, 0])),
            column(9, "clients -> db", "edge", &WORK, Values::Times(vec![1_500_000_000, 1, 0, 0])),
        ],
    }
}

pub(crate) fn with_attempts(
    arm: &mut ArmResult,
    total: u64,
    retries: u64,
    timeouts: u64,
    errors: u64,
) {
    arm.attempts = Attempts {
        total,
        failed: timeouts + errors,
        retries,
        timeouts,
        errors,
        cancelled: timeouts,
    };
    arm.amplification = ratio(total, arm.requests.offered);
}

pub(crate) fn component(kind: &'static str, metrics: &[(&'static str, Metric)]) -> Component {
    Component { kind, declared: &[], metrics: metrics.to_vec() }
}

/// A distribution around a median.
pub(crate) fn spread(count: u64, median_ns: u64) -> LatencySummary {
    if count == 0 {
        return LatencySummary::default();
    }
    let part = |percent: u64| Some(median_ns * percent / 100);
    LatencySummary {
        count,
        mean_ns: part(104),
        sd_ns: part(31),
        min_ns: part(70),
        p50_ns: part(100),
        p90_ns: part(131),
        p95_ns: part(142),
        p99_ns: part(187),
        p999_ns: part(201),
        max_ns: part(203),
        exact: true,
        coarse_from: LatencySummary::coarse_from(count),
    }
}

fn time(ms: u64) -> Metric {
    Metric::Time(Duration::from_ms(ms))
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
