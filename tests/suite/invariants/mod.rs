//! Rules that hold in every run: over all scenarios that ship, and over random ones.

mod books;
mod copies;
mod laws;
mod log;
mod replicas;
mod series;

use std::path::Path;

use dessim::experiment::run::{CalendarKind, Options, digest, run};
use dessim::kernel::calendar::LaneCalendar;
use dessim::kernel::limits::Limits;
use dessim::kernel::simulation::{self, End};
use dessim::kernel::time::Instant;
use dessim::metrics::probe::Silent;
use dessim::scenario::Document;
use dessim::scenario::build::build;
use dessim::scenario::schema::Scenario;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::random::style::{COPIED, NESTED, PLAIN, Style, WAITING};
use crate::support::random::text;
use crate::support::{play, scenario, seeded};
use log::log;

/// Every scenario in the repository, by the name of its file.
pub(crate) fn shipped() -> Vec<(String, Scenario)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let files = std::fs::read_dir(folder).expect("the folder of scenarios");
    let mut paths: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "ron"));
    paths.sort();
    assert!(!paths.is_empty());
    let read = |path: &std::path::PathBuf| {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let bytes = std::fs::read(path).expect("a file");
        let document = Document::parse(&name, &bytes).expect("RON");
        (name, document.scenario().expect("a scenario").scenario)
    };
    paths.iter().map(read).collect()
}

/// Numbers enough for all choices of a scenario.
fn rolls() -> impl Strategy<Value = Vec<u16>> {
    vec(any::<u16>(), 2..160)
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        // The same cases every day; a failure prints its numbers.
        rng_seed: proptest::test_runner::RngSeed::Fixed(20_260_117),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// The books add up, and neither listeners nor the calendar change anything.
fn holds(scenario: &Scenario, seed: u64) {
    let (result, logs) = log(scenario, &seeded(seed));
    books::check(scenario, &result, &logs);
    assert_eq!(play(scenario, seed), result, "listening changes a run");
    let keyed = Options { calendar: CalendarKind::Keyed, ..seeded(seed) };
    let (other, other_logs) = log(scenario, &keyed);
    assert!(other == result && other_logs == logs, "the calendars disagree");
}

/// The scenario with a cool-down of a fifth, if that leaves time to measure: requests that arrive
/// in it are in no number, and the run is the same.
fn holds_with_a_cool_down(scenario: &Scenario, seed: u64) {
    let Some(duration) = scenario.duration else { return };
    let cool_down = dessim::kernel::time::Duration::from_ns(duration.as_ns() / 5);
    if scenario.warm_up.saturating_add(cool_down) >= duration {
        return;
    }
    let cooled = Scenario { cool_down, ..scenario.clone() };
    holds(&cooled, seed);
    let (with, without) = (play(&cooled, seed), play(scenario, seed));
    assert_eq!(with.fingerprints.order, without.fingerprints.order);
    assert_eq!(with.fingerprints.timing, without.fingerprints.timing);
}

/// After every event each taken permit and slot has a holder, and at the end none is taken.
fn conserves(scenario: &Scenario, seed: u64) {
    let arms = dessim::scenario::arms::arms(scenario);
    for arm in arms.values() {
        let built = build::<LaneCalendar, Silent>(scenario, arm, seed, |_| Silent);
        let mut world = built.expect("a checked scenario can be built").world;
        world.start(Limits::NONE);
        let mut events = 0;
        let end = scenario.duration.map_or(Instant::NEVER, |of| Instant::from_ns(of.as_ns()));
        loop {
            events += 1;
            match simulation::run(&mut world, end, events) {
                End::MaxEvents => world.audit().unwrap_or_else(|what| panic!("{events}: {what}")),
                End::Drained => break assert_eq!(world.left(), (0, 0), "something is left"),
                End::Horizon | End::Halted(_) => break,
            }
        }
        world.audit().unwrap_or_else(|what| panic!("in the end: {what}"));
    }
}

/// The first half of a run does not depend on the length of the run.
fn has_prefix(scenario: &Scenario, seed: u64) {
    let mut whole = scenario.clone();
    whole.warm_up = dessim::kernel::time::Duration::ZERO;
    let (result, logs) = log(&whole, &seeded(seed));
    let mut half = whole;
    let end_ns = result.virtual_ns / 2;
    if end_ns == 0 {
        return;
    }
    half.duration = Some(dessim::kernel::time::Duration::from_ns(end_ns));
    let (_, of_half) = log(&half, &seeded(seed));
    for (arm, log) in &logs {
        let records = &log.records;
        let before = records.partition_point(|record| record.at.as_ns() < end_ns);
        assert_eq!(records[..before], of_half[arm].records, "{arm} until {end_ns} ns");
    }
}

#[test]
fn shipped_scenarios_hold_every_invariant() {
    for (name, scenario) in shipped() {
        println!("{name}");
        holds(&scenario, scenario.seed);
        has_prefix(&scenario, scenario.seed);
    }
}

#[test]
fn shipped_scenarios_have_series_that_add_up() {
    for (name, scenario) in shipped() {
        println!("{name}");
        series::hold(&scenario, scenario.seed);
    }
}

/// The width of bins does not change the run.
#[test]
fn the_width_of_bins_is_not_in_the_digest() {
    for (name, scenario) in shipped() {
        let mut fine = scenario.clone();
        fine.sample_every = Some(dessim::kernel::time::Duration::from_ns(1));
        assert_eq!(digest(&fine), digest(&scenario), "{name}");
        fine.seed += 1;
        fine.warm_up = dessim::kernel::time::Duration::from_ns(1);
        assert_ne!(digest(&fine), digest(&scenario), "{name}");
    }
}

/// Layers, faults and other components without effect do not change the run.
const WITHOUT_EFFECT: [(&str, Style); 10] = [
    ("a retry that never retries", inside("Retry(max_retries: 0),")),
    (
        "a breaker that cannot open",
        inside("Breaker(window: 1000000, failure_threshold: 1000000, open_duration: \"1s\"),"),
    ),
    ("a timeout beyond the run", inside("Timeout(\"10000h\"),")),
    ("a deadline beyond the run", inside("Deadline(\"10000h\"),")),
    ("a hedge beyond the run", inside("Hedge(after: \"10000h\", non_fatal: []),")),
    ("a bulkhead for everybody", inside("Bulkhead(permits: 1000000),")),
    (
        "faults without effect",
        with([
            "",
            "",
            "",
            r#""a": Fault(service: "server", from: "10ms", until: "1s", effect: Slowed(factor: 1)),
            "z": Fault(service: "server", from: "10ms", until: "1s", effect: Crashed, ratio: 0),
            "zz": Fault(service: "server", from: "10ms", until: "10ms", effect: Frozen)"#,
        ]),
    ),
    (
        "idle services",
        with([
            r#""a": Service(time: Exponential(mean: "1ms"), slots: 1),
            "zz": Service(time: Constant("7ms"))"#,
            "",
            "",
            "",
        ]),
    ),
    (
        "idle loads",
        with([
            "",
            r#""a": Load(arrivals: Poisson(rate: "0/s"), total: 1),
            "zz": Load(arrivals: Poisson(rate: "0/s"), total: 1)"#,
            r#""a": Call(to: "server"), "zz": Call(to: "server", policy: [Timeout("3ms")])"#,
            "",
        ]),
    ),
    ("the order of declarations", Style { reversed: true, ..PLAIN }),
];

const fn inside(inside: &'static str) -> Style {
    Style { inside, ..PLAIN }
}

const fn with(more: [&'static str; 4]) -> Style {
    Style { more, ..PLAIN }
}

/// Callers give up in the line of a pool, at the instant at which they get a permit, and while they
/// hold one; longest waits end too, in the pool and at services behind it.
#[test]
fn permits_that_are_shared_are_conserved_whoever_leaves() {
    let system = |ties: &str, timeout: &str, most: &str, cancellation: &str| {
        scenario(&format!(
            r#"Scenario(schema: 1, ties: {ties},
            load: {{ "a": Load(arrivals: Bursts(size: 7, every: "40ms"), total: 70),
                "b": Load(arrivals: Constant(rate: "100/s"), total: 60) }},
            services: {{
                "host": Service(time: Constant("10ms"), slots: 2, max_wait: "20ms",
                    cancellation: {cancellation}, holds_slot: false,
                    handler: [Parallel(calls: ["c", "d"], wait: First), Work(Constant("10ms"))]),
                "db": Service(time: Constant("10ms"), slots: 1, max_wait: {most},
                    cancellation: {cancellation}) }},
            pools: {{ "threads": Pool(permits: 3, queue: 8, max_wait: {most}) }},
            calls: {{
                "a": Call(to: "host", policy: [Timeout({timeout}), Pool("threads")]),
                "b": Call(to: "db", policy: [Retry(max_retries: 2), Timeout({timeout}),
                    Pool("threads")]),
                "c": Call(to: "db", policy: [Pool("threads"), Timeout("15ms")]),
                "d": Call(to: "db", policy: [Bulkhead(permits: 1, max_wait: {most})]) }})"#
        ))
    };
    for ties in ["Handover", "Together"] {
        for (timeout, most) in [("\"20ms\"", "\"30ms\""), ("\"30ms\"", "\"20ms\"")] {
            for cancellation in ["None", "QueuedOnly", "Immediate"] {
                let system = system(ties, timeout, most, cancellation);
                holds(&system, 1);
                conserves(&system, 1);
            }
        }
    }
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn random_scenarios_hold_every_invariant(rolls in rolls(), seed in any::<u64>()) {
        let scenario = scenario(&text(&rolls, PLAIN));
        holds(&scenario, seed);
        holds_with_a_cool_down(&scenario, seed);
        has_prefix(&scenario, seed);
    }
}

proptest! {
    #![proptest_config(config(200))]

    /// Services that call services: at once, in turn, and for the first answer, with all policies
    /// and every `cancellation`.
    #[test]
    fn random_systems_hold_every_invariant(rolls in rolls(), seed in any::<u64>()) {
        let scenario = scenario(&text(&rolls, NESTED));
        holds(&scenario, seed);
        holds_with_a_cool_down(&scenario, seed);
        has_prefix(&scenario, seed);
        conserves(&scenario, seed);
    }

    /// Services that call services, with hedges and deadlines.
    #[test]
    fn random_systems_with_copies_hold_every_invariant(rolls in rolls(), seed in any::<u64>()) {
        let scenario = scenario(&text(&rolls, COPIED));
        holds(&scenario, seed);
        holds_with_a_cool_down(&scenario, seed);
        has_prefix(&scenario, seed);
        conserves(&scenario, seed);
    }

    #[test]
    fn random_lines_hold_every_invariant(rolls in rolls(), seed in any::<u64>()) {
        let scenario = scenario(&text(&rolls, WAITING));
        holds(&scenario, seed);
        conserves(&scenario, seed);
    }
}

proptest! {
    #![proptest_config(config(100))]

    #[test]
    fn random_scenarios_have_series_that_add_up(rolls in rolls(), seed in any::<u64>()) {
        series::hold(&scenario(&text(&rolls, PLAIN)), seed);
    }
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn what_has_no_effect_leaves_no_trace(rolls in rolls(), seed in any::<u64>()) {
        let plain = scenario(&text(&rolls, PLAIN));
        let expected = run(&plain, "test", &seeded(seed)).unwrap();
        for (what, style) in WITHOUT_EFFECT {
            let styled = scenario(&text(&rolls, style));
            let result = run(&styled, "test", &seeded(seed)).unwrap();
            prop_assert_eq!(result.fingerprints, expected.fingerprints, "{}", what);
            prop_assert_eq!(result.events, expected.events, "{}", what);
            for (name, component) in &expected.arms["main"].components {
                let same = &result.arms["main"].components[name];
                prop_assert_eq!(same, component, "{}: {}", what, name);
            }
            if style.reversed {
                prop_assert_eq!(digest(&styled), digest(&plain));
            }
        }
    }

    /// At 512 times the time scale, events, their order and counts are the same. Samples are
    /// rounded to whole nanoseconds at either scale, so times agree to a millionth.
    #[test]
    fn a_slower_clock_changes_nothing_but_the_clock(rolls in rolls(), seed in any::<u64>()) {
        let fast = play(&scenario(&text(&rolls, PLAIN)), seed);
        let slow = play(&scenario(&text(&rolls, Style { scale: 512, ..PLAIN })), seed);
        prop_assert_eq!(slow.fingerprints.order, fast.fingerprints.order);
        let (slow, fast) = (&slow.arms["main"], &fast.arms["main"]);
        prop_assert_eq!(slow.requests, fast.requests);
        prop_assert_eq!(slow.attempts, fast.attempts);
        let times = [
            (slow.latency.outcome.mean_ns, fast.latency.outcome.mean_ns),
            (slow.latency.end_to_end.p99_ns, fast.latency.end_to_end.p99_ns),
            (Some(slow.end_ns), Some(fast.end_ns)),
        ];
        for (slow, fast) in times {
            let (slow, fast) = (slow.unwrap_or(0) as f64 / 512.0, fast.unwrap_or(0) as f64);
            prop_assert!((slow - fast).abs() <= 1e-6 * fast + 100.0, "{} {}", slow, fast);
        }
    }
}

/// The random scenarios are useful: together they cover all kinds of events.
#[test]
fn random_scenarios_meet_everything() {
    let site = dessim::kernel::draw::Site::new(1, "scenarios", "rolls");
    let mut met = std::collections::BTreeMap::new();
    for case in 0..300 {
        let rolls: Vec<u16> = (0..160).map(|index| site.bits(case, 0, index) as u16).collect();
        let (_, logs) = log(&scenario(&text(&rolls, PLAIN)), &seeded(case));
        let several = replicas::replicated(scenario(&text(&rolls, COPIED)), case as u16);
        let (_, nested) = log(&several, &seeded(case));
        for record in logs.values().chain(nested.values()).flat_map(|log| &log.records) {
            *met.entry(record.kind.name).or_insert(0_u64) += 1;
        }
    }
    println!("{met:?}");
    let all: std::collections::BTreeSet<_> =
        dessim::model::events().map(|what| what.name).collect();
    assert!(met.keys().eq(&all), "{met:?}");
}
