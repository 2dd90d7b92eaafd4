//! Limits and stops of a run: the result names them, and has the numbers so far.

use dessim::experiment::listener::{Listener, Progress};
use dessim::experiment::pool::Stop;
use dessim::experiment::run::{CalendarKind, Options, run, run_with};
use dessim::report::result::Stopped;

use super::support::{only, scenario};

const STEADY: &str = r#"Scenario(
    schema: 1,
    load: { "clients": Load(arrivals: Constant(rate: "1000/s"), total: 1000000) },
    services: { "db": Service(time: Constant("1ms"), slots: 2) },
    calls: { "clients": Call(to: "db", policy: [Timeout("1s")]) },
)"#;

/// Requests a stop when the first report of progress comes.
struct Impatient(&'static Stop, u64);

impl Listener for Impatient {
    fn progress(&mut self, progress: &Progress) {
        self.1 = self.1.max(progress.events);
        self.0.request();
    }
}

#[test]
fn a_run_ends_at_a_request_to_stop_and_says_so() {
    static STOP: Stop = Stop::new();
    let options = Options { stop: Some(&STOP), ..Options::default() };
    let mut impatient = Impatient(&STOP, 0);
    let result = run_with(&scenario(STEADY), "test", &options, &mut impatient).unwrap();
    assert!(matches!(result.stopped, Some(Stopped::Interrupted { .. })), "{:?}", result.stopped);
    let Impatient(_, requested_after) = impatient;
    assert!(requested_after > 0, "there was progress before the request");
    assert!(result.events - requested_after <= 10_000, "{} after {requested_after}", result.events);
    let requests = only(&result).requests;
    assert!(requests.succeeded > 50_000, "{requests:?}");
    // After a request to stop, the next run does not begin.
    let result = run(&scenario(STEADY), "test", &options).unwrap();
    assert!(matches!(result.stopped, Some(Stopped::Interrupted { at_ns: 0, .. })));
    assert_eq!(result.events, 0);
}

const SLOW: &str = r#"services: { "s": Service(time: Constant("1h"), slots: 1, queue: 0) }"#;

/// Scenarios with much work in few events, or before the first event.
fn diligent() -> Vec<(&'static str, String)> {
    let bursts = "arrivals: Bursts(size: 4294967295, every: \"1s\"), total: 4294967295";
    let steady = "arrivals: Constant(rate: \"1000/s\"), total: 300";
    let stages = |lasts: &str, rate: &str, end: &str| {
        format!(
            "arrivals: Stages(repeat: true, stages: \
             [Stage(lasts: \"{lasts}\", rate: \"{rate}\")]), {end}"
        )
    };
    let service = r#"services: { "s": Service(time: Constant("5ms"), slots: 1) }"#;
    let of = |load: &str, rest: &str| {
        format!("Scenario(schema: 1, duration: \"1h\", load: {{ \"c\": Load({load}) }}, {rest})")
    };
    let call = |policy: &str| format!("calls: {{ \"c\": Call(to: \"s\", policy: [{policy}]) }}");
    let breaker = r#"Breaker(window: 1, failure_threshold: 1, open_duration: "1h")"#;
    let failing = r#"services: { "s": Service(time: Constant("1ms"), failure_ratio: 1.0) }"#;
    let queue = r#"publishes: { "c": "q" }, queues: { "q": Queue() }, consumers: { "w": Consumer(
        from: "q", concurrency: 2, to: "s", max_deliveries: 900000) }"#;
    vec![
        ("silence", of(&stages("1ms", "0/s", ""), &format!("{service}, {}", call("")))),
        ("near silence", of(&stages("1ns", "1/d", ""), &format!("{service}, {}", call("")))),
        ("retries", of(steady, &format!("{SLOW}, {}", call("Retry(max_retries: 1000000)")))),
        (
            "refusals",
            of(
                steady,
                &format!("{failing}, {}", call(&format!("Retry(max_retries: 900000), {breaker}"))),
            ),
        ),
        ("redeliveries", of(steady, &format!("{SLOW}, {queue}"))),
        ("a burst", of(bursts, &format!("{service}, {}", call("")))),
    ]
}

#[test]
fn what_is_no_event_is_limited_too() {
    for (what, text) in diligent() {
        let scenario = scenario(&text);
        let lanes = Options { max_events: 200_000, ..Options::default() };
        let result = run(&scenario, what, &lanes).unwrap();
        assert!(
            matches!(&result.stopped, Some(Stopped::MaxWork { max_events: 200_000, .. })),
            "{what}: {:?}",
            result.stopped
        );
        assert!(result.events < 200_000, "{what}: {} events", result.events);
        let arm = only(&result);
        assert!(arm.attempts.total <= 200_000 && arm.requests.offered <= 200_000, "{what}");
        let keyed = Options { calendar: CalendarKind::Keyed, ..lanes };
        assert_eq!(run(&scenario, what, &keyed).unwrap(), result, "{what}");
    }
}

#[test]
fn the_limit_of_work_is_over_all_arms() {
    let (_, text) = diligent().remove(4);
    let arms = text.replace("schema: 1,", "schema: 1, arms: { \"a\": Arm(), \"b\": Arm() },");
    let all = scenario(&arms.replace("max_deliveries: 900000", "max_deliveries: 10"));
    // About 3,000 deliveries, and as many attempts, in each arm.
    let options = |max_events| Options { max_events, ..Options::default() };
    assert_eq!(run(&all, "test", &options(20_000)).unwrap().stopped, None);
    let cut = run(&all, "test", &options(10_000)).unwrap().stopped;
    assert!(matches!(&cut, Some(Stopped::MaxWork { arm, .. }) if arm == "b"), "{cut:?}");
}

#[test]
fn what_is_under_way_has_a_limit_of_its_own() {
    let (_, burst) = diligent().remove(5);
    let callers = burst.replace(
        "Bursts(size: 4294967295, every: \"1s\"), total: 4294967295",
        "ClosedLoop(callers: 10000000, think: Constant(\"1s\")), total: 50",
    );
    for text in [burst, callers] {
        let lanes = Options { max_memory: 10_000_000, ..Options::default() };
        let result = run(&scenario(&text), "test", &lanes).unwrap();
        let stopped = &result.stopped;
        assert!(
            matches!(stopped, Some(Stopped::MaxMemory { max_memory: 10_000_000, .. })),
            "{stopped:?}"
        );
        // At 120 bytes or more each, and a look at every 8,192th.
        assert!(only(&result).requests.offered < 100_000);
        let keyed = Options { calendar: CalendarKind::Keyed, ..lanes };
        assert_eq!(run(&scenario(&text), "test", &keyed).unwrap(), result);
    }
}

#[test]
fn more_callers_than_fit_are_refused_before_they_are_made() {
    let (_, burst) = diligent().remove(5);
    let callers = burst.replace(
        "Bursts(size: 4294967295, every: \"1s\"), total: 4294967295",
        "ClosedLoop(callers: 4294967295, think: Constant(\"1s\")), total: 50",
    );
    let result = run(&scenario(&callers), "test", &Options::default()).unwrap();
    assert!(matches!(result.stopped, Some(Stopped::TooManyInFlight { .. })));
    assert_eq!(result.events, 0);
}

#[test]
fn whatever_leads_past_the_clock_stops_the_run() {
    let service = |rest: &str| {
        format!(
            r#"Scenario(schema: 1,
            load: {{ "c": Load(arrivals: Constant(rate: "1/s"), total: 1) }},
            services: {{ "s": Service({rest}) }},
            calls: {{ "c": Call(to: "s") }})"#
        )
    };
    // Work prolonged by overload, and by a fault.
    let overload = service(
        r#"time: Constant("213503d"), overload: Overload(knee: 0.5, added_latency: "213503d")"#,
    );
    let slowed = service(r#"time: Constant("213503d")"#).replace(
        "calls:",
        r#"faults: { "f": Fault(service: "s", from: "0s", until: "213503d",
            effect: Slowed(factor: 3.0)) }, calls:"#,
    );
    for text in [overload, slowed] {
        let result = run(&scenario(&text), "test", &Options::default()).unwrap();
        let stopped = &result.stopped;
        assert!(
            matches!(stopped, Some(Stopped::ClockOverflow { component, .. }) if component == "s"),
            "{stopped:?}"
        );
    }
    // A load whose next request would arrive after the end of the clock.
    let late = service(r#"time: Constant("1s")"#).replace(
        r#"Constant(rate: "1/s"), total: 1"#,
        r#"Renewal(gap: Uniform(min: "1d", max: "200000d")), total: 50"#,
    );
    let result = run(&scenario(&late), "test", &Options::default()).unwrap();
    let stopped = &result.stopped;
    assert!(
        matches!(stopped, Some(Stopped::ClockOverflow { component, .. }) if component == "c"),
        "{stopped:?}"
    );
}
