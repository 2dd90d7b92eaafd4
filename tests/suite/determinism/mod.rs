//! The same scenario and seed give the same run, whatever the process, the machine, the notation of
//! the file or the rest of the scenario. Other profiles give the same golden fingerprints: `cargo
//! test --release --test suite determinism`.

#[cfg(feature = "cli")]
mod command;
mod draws;
mod processes;

use std::fmt::Write as _;

use dessim::experiment::run::{digest, run};
use dessim::kernel::draw::{Site, key};
use dessim::metrics::probe::EventKind;
use dessim::report::result::{MODEL_VERSION, RunResult};
use dessim::scenario::schema::Scenario;

use crate::support::random::{style::PLAIN, text};
use crate::support::{listen, only, play, scenario, seeded};

/// 200 services with callers that retry: too many for an accidental order to repeat.
pub(super) fn wide() -> String {
    let (mut loads, mut services, mut calls) = (String::new(), String::new(), String::new());
    for n in 0..200 {
        let _ = writeln!(
            loads,
            "\"load {n}\": Load(arrivals: Bursts(size: 10, every: \"10ms\"), total: 50),"
        );
        let _ = writeln!(
            services,
            "\"service {n}\": Service(time: Exponential(mean: \"5ms\"), slots: 2, \
             failure_ratio: 0.2),"
        );
        let to = (n * 7) % 200;
        let _ = writeln!(
            calls,
            "\"load {n}\": Call(to: \"service {to}\", policy: [Retry(max_retries: 2, backoff: \
             Exponential(base: \"5ms\", jitter: Full)), Timeout(\"20ms\")]),"
        );
    }
    format!(
        "Scenario(schema: 1, load: {{ {loads} }}, services: {{ {services} }}, \
         calls: {{ {calls} }})"
    )
}

/// 10,000 requests at one instant.
pub(super) const CROWD: &str = r#"Scenario(schema: 1,
    load: { "crowd": Load(arrivals: Bursts(size: 10000, every: "1s"), total: 10000) },
    services: { "server": Service(time: Constant("1ms"), slots: 100) },
    calls: { "crowd": Call(to: "server", policy: [Retry(max_retries: 1), Timeout("60ms")]) })"#;

const BURSTS: &str = r#"Scenario(schema: 1,
    load: { "clients": Load(arrivals: Bursts(size: 350, every: "80ms"), total: 2000) },
    services: { "downstream": Service(time: Uniform(min: "8ms", max: "14ms"),
        failure_ratio: 0.05, cancellation: Immediate,
        overload: Overload(knee: 25.0, added_latency: "50ms", added_failure_ratio: 0.4,
                           max_failure_ratio: 0.95)) },
    arms: {
        "rpc": Arm(calls: { "clients": Call(to: "downstream", policy: [
            Breaker(window: 20, failure_threshold: 8, open_duration: "500ms", records: Attempts),
            Retry(max_retries: 3,
                  backoff: Exponential(base: "20ms", cap: "400ms", jitter: Full)),
            Bulkhead(permits: 40), Timeout("120ms")]) }),
        "event-driven": Arm(
            publishes: { "clients": "jobs" }, queues: { "jobs": Queue(capacity: 1500) },
            consumers: { "workers": Consumer(from: "jobs", concurrency: 16, to: "downstream",
                policy: [Timeout("200ms")], max_deliveries: 4,
                backoff: Exponential(base: "20ms", cap: "400ms", jitter: Full)) }),
    })"#;

const FREEZE: &str = r#"Scenario(schema: 1, duration: "60s", warm_up: "1s",
    load: { "callers": Load(arrivals: Poisson(rate: "60/s")),
            "batch": Load(arrivals: ClosedLoop(callers: 5, think: LogNormal(mean: "1s", cv: 2))) },
    services: { "server": Service(time: Gamma(shape: 2.5, mean: "100ms"), slots: 10) },
    faults: { "freeze": Fault(service: "server", from: "10s", until: "13s", effect: Frozen),
              "crash": Fault(service: "server", from: "30s", until: "31s", effect: Crashed,
                             ratio: 0.5) },
    calls: { "callers": Call(to: "server", policy: [
                 Retry(max_retries: 2, budget: Tokens(deposit: 0.1, capacity: 10)),
                 Timeout("500ms")]),
             "batch": Call(to: "server") })"#;

/// The random numbers of a random scenario by its number.
fn rolls(case: u64) -> Vec<u16> {
    let site = Site::new(20_260_117, "scenarios", "rolls");
    (0..160).map(|index| site.bits(case, 0, index) as u16).collect()
}

/// The fingerprints, events and end of a run, in one line.
pub(super) fn summary(result: &RunResult) -> String {
    let parts = &result.fingerprints;
    format!(
        "{} (order {}, timing {}, results {}), {} events, {} ns",
        result.fingerprint,
        parts.order,
        parts.timing,
        parts.results,
        result.events,
        result.virtual_ns
    )
}

/// One line for a run of each kind of scenario.
pub(super) fn everything() -> String {
    let mut lines = String::new();
    let wide = wide();
    let named = [("bursts", BURSTS), ("freeze", FREEZE), ("crowd", CROWD), ("wide", &wide)];
    for (name, text) in named {
        let _ = writeln!(lines, "{name}: {}", summary(&play(&scenario(text), 7)));
    }
    for case in 0..20 {
        let result = play(&scenario(&text(&rolls(case), PLAIN)), case);
        let _ = writeln!(lines, "random {case}: {}", summary(&result));
    }
    lines
}

/// A change of these needs a new model version and a reason in the change log.
#[test]
fn golden_fingerprints() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("golden_fingerprints", everything()));
}

/// Digests of the order and the timing of all golden runs, by version of the model. If they move,
/// the model has changed: raise [`MODEL_VERSION`] and add a row. A row never changes.
const MODELS: &[(u32, u64)] = &[(1, 0x410a_32fe_ae21_ea9c)];

#[test]
fn another_order_or_timing_is_another_model() {
    let golden = everything();
    // Results and their fingerprints are left out: a fix of counting does not change the model.
    let parts = golden.lines().map(|line| {
        let part = |name| line.split(name).nth(1).and_then(|rest| rest.get(..17)).unwrap();
        format!("{}{}\n", part("(order"), part("timing"))
    });
    let now = key(&parts.collect::<String>());
    let &(version, of_version) = MODELS.last().unwrap();
    assert_eq!((version, of_version), (MODEL_VERSION, now), "order or timing: {now:#018x}");
    assert!(MODELS.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 != pair[1].1));
}

#[test]
fn one_process_repeats_itself() {
    let (a, b) = (scenario(BURSTS), scenario(FREEZE));
    let expected = play(&a, 7);
    for _ in 0..5 {
        assert_eq!(play(&a, 7), expected);
    }
    // 50 other runs in between have no effect.
    for seed in 0..50 {
        play(&b, seed);
    }
    assert_eq!(play(&a, 7), expected);
}

#[test]
fn runs_in_parallel_do_not_meet() {
    let scenarios = [scenario(BURSTS), scenario(FREEZE), scenario(CROWD)];
    let alone: Vec<RunResult> = scenarios.iter().map(|one| play(one, 3)).collect();
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..24)
            .map(|n| {
                (
                    n % 3,
                    scope.spawn({
                        let one = &scenarios[n % 3];
                        move || play(one, 3)
                    }),
                )
            })
            .collect();
        for (which, run) in runs {
            assert_eq!(run.join().unwrap(), alone[which]);
        }
    });
}

#[test]
fn every_seed_is_its_own_run() {
    let scenario = scenario(FREEZE);
    let seeds = [0, 1, 2, 7, u64::from(u32::MAX) + 1, 1 << 63, u64::MAX - 1, u64::MAX];
    let mut fingerprints: Vec<u64> = seeds.map(|seed| play(&scenario, seed).fingerprint.0).to_vec();
    fingerprints.sort_unstable();
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), seeds.len());
}

/// 10,000 requests of one instant keep their order through line, timeout and retry.
#[test]
fn a_crowd_keeps_its_order() {
    let (mut arrived, mut started) = (Vec::new(), Vec::new());
    listen(&scenario(CROWD), &seeded(1), |_, _, record| match record.kind {
        EventKind::ARRIVED => arrived.push(record.request),
        EventKind::STARTED if record.attempt == 1 => started.push(record.request),
        _ => {}
    });
    assert_eq!(arrived, (0..10_000).collect::<Vec<_>>());
    assert_eq!(started, (0..10_000).collect::<Vec<_>>());
}

/// 0.1 s and 0.2 s are 0.3 s: what ends there ties with what arrives there, and came first.
#[test]
fn decimal_fractions_of_a_second_tie() {
    let tie = scenario(
        r#"Scenario(schema: 1,
        load: { "late": Load(arrivals: Bursts(size: 1, every: "1s"), total: 1, start: "0.3s"),
                "soon": Load(arrivals: Bursts(size: 1, every: "1s"), total: 1, start: "0.1s") },
        services: { "server": Service(time: Constant("0.2s"), slots: 1, queue: 0) },
        calls: { "late": Call(to: "server"), "soon": Call(to: "server") })"#,
    );
    let result = play(&tie, 1);
    // The arrival at 0.3 s was scheduled at the start, before the work that ends there began.
    assert_eq!(only(&result).requests.shed, 1);
    assert_eq!(result.virtual_ns, 300_000_000);
}

/// After a million seconds the k-th arrival is exact to the nanosecond.
#[test]
fn the_clock_does_not_drift() {
    let scenario = scenario(
        r#"Scenario(schema: 1,
        load: { "load": Load(arrivals: Constant(rate: "3/s"), total: 100000,
                             start: "1000000s") },
        services: { "server": Service(time: Constant("1ns"), slots: 1) },
        calls: { "load": Call(to: "server") })"#,
    );
    listen(&scenario, &seeded(1), |_, _, record| {
        if record.kind == EventKind::ARRIVED {
            let expected = 1_000_000_000_000_000 + record.request * 1_000_000_000 / 3;
            assert_eq!(record.at.as_ns(), expected);
        }
    });
}

/// Instants of the arrivals of a load, and times of their first attempts.
fn luck(scenario: &Scenario) -> (Vec<u64>, Vec<(u64, u64)>) {
    let (mut arrivals, mut work) = (Vec::new(), Vec::new());
    listen(scenario, &seeded(5), |_, _, record| match record.kind {
        EventKind::ARRIVED => arrivals.push(record.at.as_ns()),
        EventKind::STARTED if record.attempt == 1 => work.push((record.request, record.value)),
        _ => {}
    });
    work.sort_unstable();
    (arrivals, work)
}

/// A component that draws more or other numbers changes no other component's draws.
#[test]
fn luck_belongs_to_what_it_is_for() {
    let with = |service: &str, policy: &str| {
        luck(&scenario(&format!(
            r#"Scenario(schema: 1,
            load: {{ "load": Load(arrivals: Poisson(rate: "100/s"), total: 1000) }},
            services: {{ "server": Service({service}) }},
            calls: {{ "load": Call(to: "server", policy: [{policy}]) }})"#
        )))
    };
    let plain = with(r#"time: Exponential(mean: "20ms"), slots: 2"#, "");
    let other_law = with(r#"time: LogNormal(mean: "5ms", cv: 3), slots: 2"#, "");
    assert_eq!(plain.0, other_law.0, "the service's law moves arrivals");
    let failing = r#"time: Exponential(mean: "20ms"), slots: 2, failure_ratio: 0.5"#;
    let retried =
        with(failing, r#"Retry(max_retries: 3, backoff: Random(Exponential(mean: "9ms")))"#);
    assert_eq!(plain, retried, "failures and retries move arrivals or first attempts");
}

/// Work whose caller has left takes the same time as with a caller: an attempt draws by its own
/// number, not by the present state of its request.
#[test]
fn an_attempt_draws_by_its_own_number() {
    let with = |policy: &str| {
        let scenario = scenario(&format!(
            r#"Scenario(schema: 1,
            load: {{ "load": Load(arrivals: Bursts(size: 50, every: "1s"), total: 50) }},
            services: {{ "server": Service(time: Exponential(mean: "20ms"), slots: 1) }},
            calls: {{ "load": Call(to: "server", policy: [{policy}]) }})"#
        ));
        luck(&scenario).1
    };
    let patient = with("");
    let hasty = with(r#"Retry(max_retries: 3), Timeout("15ms")"#);
    assert_eq!(patient.len(), 50);
    assert_eq!(patient, hasty);
}

/// Retries in a redelivery do not repeat the waits of the first delivery.
#[test]
fn waits_are_not_repeated() {
    let scenario = scenario(
        r#"Scenario(schema: 1,
        load: { "load": Load(arrivals: Constant(rate: "100/s"), total: 100) },
        services: { "server": Service(time: Constant("1ms"), failure_ratio: 1) },
        queues: { "jobs": Queue() }, publishes: { "load": "jobs" },
        consumers: { "workers": Consumer(from: "jobs", concurrency: 50, to: "server",
            policy: [Retry(max_retries: 2, backoff: Constant("20ms")),
                     Retry(max_retries: 2, backoff: Exponential(base: "20ms", jitter: Full))],
            max_deliveries: 3) })"#,
    );
    let mut waits = Vec::new();
    listen(&scenario, &seeded(5), |_, component, record| {
        if record.kind == EventKind::RETRIES && component == "workers.retry#2" {
            waits.push(record.value);
        }
    });
    assert_eq!(waits.len(), 100 * 3 * 3 * 2);
    waits.sort_unstable();
    waits.dedup();
    assert_eq!(waits.len(), 1800);
}

/// Layout, comments, line ends and notation do not change the meaning of a scenario.
#[test]
fn the_digest_is_of_the_meaning() {
    let plain = scenario(FREEZE);
    let respelled = FREEZE
        .replace("\"1s\"", "\"1000ms\"")
        .replace("60/s", "3600/m")
        .replace('\n', " // as before\r\n");
    let respelled = scenario(&respelled);
    assert_eq!(digest(&respelled), digest(&plain));
    assert_eq!(play(&respelled, 1), play(&plain, 1));
    for rate in ["0.06/ms", "216000/h", "5184000/d"] {
        let same = scenario(&FREEZE.replace("60/s", rate));
        assert_eq!((digest(&same), play(&same, 1)), (digest(&plain), play(&plain, 1)), "{rate}");
    }
    let changed = scenario(&FREEZE.replace("60/s", "61/s"));
    assert_ne!(digest(&changed), digest(&plain));
    let unnamed = run(&plain, "another name", &seeded(1)).unwrap();
    assert_eq!(unnamed.fingerprint, play(&plain, 1).fingerprint);
}
