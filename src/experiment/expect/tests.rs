//! Runs with known answers.

use std::ops::ControlFlow;

use super::*;
use crate::api::ScenarioFile;
use crate::experiment::pool::{Ended, Jobs, Stop};
use crate::experiment::prepared::Prepared;
use crate::experiment::run::{DEFAULT_MAX_EVENTS, Options};
use crate::report::expected::Expected;
use crate::scenario::expect::OF_PERIOD;

fn scenario(expect: &[&str], rest: &str) -> ScenarioFile {
    let expect: Vec<String> = expect.iter().map(|text| format!("{text:?}")).collect();
    let text = format!("Scenario(schema: 1, expect: [{}], {rest})", expect.join(", "));
    ScenarioFile::from_bytes("test", text.as_bytes()).unwrap_or_else(|e| panic!("{e}"))
}

/// The judgement of each scenario.
fn hold(files: &[ScenarioFile], jobs: usize, max_events: u64) -> Vec<Judgement> {
    let options = Options { max_events, ..Options::default() };
    let trials: Vec<_> =
        files.iter().map(|file| Trial::new(&file.scenario, "test", &options)).collect();
    let (mut runs, mut judged) = (0, Vec::new());
    let ended = judge(&trials, Jobs::new(Some(jobs)), &Stop::new(), |news| {
        match news {
            News::Played(..) => runs += 1,
            News::Judged(at, judgement) => {
                assert_eq!(at, judged.len());
                judged.push(judgement.expect("it runs"));
            }
        }
        ControlFlow::Continue(())
    });
    assert_eq!((ended, runs), (Ended::Done, trials.iter().map(Trial::runs).sum()));
    judged
}

fn judged(expect: &[&str], rest: &str) -> Vec<Expected> {
    let file = scenario(expect, rest);
    hold(std::slice::from_ref(&file), 2, DEFAULT_MAX_EVENTS).remove(0).expected
}

/// Whether each sentence holds; all of them are about one arm.
fn holds(expect: &[&str], rest: &str) -> Vec<bool> {
    judged(expect, rest).iter().map(|one| one.holds == Some(true)).collect()
}

#[track_caller]
fn all_hold(expect: &[&str], rest: &str) {
    for one in judged(expect, rest) {
        assert_eq!(one.holds, Some(true), "{}: {}", one.text, one.actual);
    }
}

/// A service of ten slots that freezes for ten seconds, with and without retries: the scenario of
/// the validation, whose recovery after 14 s is published.
const FREEZE: &str = r#"seed: 7, duration: "200s",
    load: { "clients": Load(arrivals: Poisson(rate: "60/s")) },
    services: { "db": Service(time: Exponential(mean: "100ms"), slots: 10) },
    faults: { "freeze": Fault(service: "db", from: "60s", until: "70s", effect: Frozen) },
    arms: {
        "once": Arm(calls: { "clients": Call(to: "db", policy: [Timeout("500ms")]) }),
        "thrice": Arm(calls: { "clients": Call(to: "db", policy: [
            Breaker(window: 20, failure_threshold: 18, open_duration: "5ms"),
            Retry(max_retries: 2), Timeout("500ms")]) }),
    }"#;

/// Ten requests a second, the first at 0, for five seconds; those that arrive in the second one
/// meet a service that is down.
const EXACT: &str = r#"duration: "5s",
    load: { "users": Load(arrivals: Constant(rate: "10/s")) },
    services: { "db": Service(time: Constant("5ms")) },
    faults: { "crash": Fault(service: "db", from: "1s", until: "2s", effect: Crashed) },
    calls: { "users": Call(to: "db", policy: [Retry(max_retries: 1), Timeout("1s")]) }"#;

/// One request, which fails in half of the seeds.
const COIN: &str = r#"seed: 3,
    load: { "users": Load(arrivals: Constant(rate: "10/s"), total: 1) },
    services: { "db": Service(time: Constant("5ms"), failure_ratio: 0.5) },
    calls: { "users": Call(to: "db") }"#;

#[test]
fn time_and_arms() {
    let judgements = judged(
        &[
            "once recovers within 16s after fault freeze",
            "once recovers within 10s after fault freeze",
            "thrice recovers within 100s after fault freeze",
            "thrice recovers within 140s after fault freeze",
            "not thrice recovers within 140s after fault freeze",
            "collapse",
            "breaker clients opens within 1s since fault freeze",
            "breaker clients opens within 100ms since fault freeze",
            "not breaker clients opens within 50s",
            "not breaker clients opens within 250s",
            "once.requests.succeeded / once.requests.offered > 80%",
            "once.goodput_per_s >= 1.5 * thrice.goodput_per_s",
            "db.utilisation > 0.5",
            "not once.latency.end_to_end.p99 < 500ms",
            "thrice.amplification from 100s > 2.9",
            "goodput_per_s before fault freeze > 55",
            "requests.succeeded during fault freeze < 1% * requests.offered during fault freeze",
            "once.latency.end_to_end.p99 after fault freeze < 600ms",
        ],
        FREEZE,
    );
    let judgements: Vec<String> = judgements
        .iter()
        .map(|one| format!("{} {}: {}", one.mark(), one.sentence(), one.actual))
        .collect();
    insta::assert_snapshot!(judgements.join("\n"));
}

#[test]
fn a_bound_that_is_met_exactly_is_met_or_not() {
    let relations = ["<", "<=", ">", ">=", "==", "!="];
    let claims = relations.map(|relation| format!("requests.offered {relation} 50"));
    let held = holds(&claims.each_ref().map(String::as_str), EXACT);
    assert_eq!(held, [false, true, false, true, true, false]);
    let edge = "0 * requests.offered + 1 * requests.offered";
    let claims = [format!("{edge} < 50"), format!("50 <= {edge}"), format!("not {edge} != 50")];
    assert_eq!(holds(&claims.each_ref().map(String::as_str), EXACT), [false, true, true]);
}

#[test]
fn periods_have_the_requests_that_arrive_in_them() {
    let exact = [
        "requests.offered before fault crash == 10",
        "requests.succeeded before fault crash == 10",
        "requests.offered during fault crash == 10",
        "requests.failed during fault crash == 10",
        "failed_by.error during fault crash == 10",
        "attempts.total during fault crash == 20",
        "attempts.retries during fault crash == 10",
        "amplification during fault crash == 2",
        "goodput_per_s during fault crash == 0",
        "requests.offered after fault crash == 30",
        "requests.succeeded after fault crash == 30",
        "amplification after fault crash == 1",
        "goodput_per_s after fault crash == 10",
        "latency.end_to_end.max after fault crash == 5ms",
        "latency.outcome.count during fault crash == 10",
        // An instant belongs to the period that begins with it.
        "requests.offered from 1s until 1100ms == 1",
        "requests.offered until 1s == 10",
        "requests.offered from 1001ms until 2s == 9",
        "requests.offered from 4900ms == 1",
        "requests.offered from 4901ms == 0",
        "goodput_per_s from 4s until 100s == 10",
        "goodput_per_s from 4s / goodput_per_s until 1s == 1",
    ];
    all_hold(&exact, EXACT);
    let warm = format!("warm_up: \"500ms\", {EXACT}");
    let exact = [
        "requests.offered until 1s == 5",
        "goodput_per_s before fault crash == 10",
        "goodput_per_s until 500ms > 0",
    ];
    assert_eq!(holds(&exact, &warm), [true, true, false]);
}

/// Everything that a period has is, from 0 on, what the result says of the whole run; and those of
/// three periods that make up the run add up to it.
#[test]
fn the_period_of_the_whole_run_is_the_run() {
    let known = crate::scenario::expect::Known::new(&scenario(&[], FREEZE).scenario);
    let metrics = known.metrics("once");
    let present = metrics.iter().filter(|metric| {
        metric.component.is_empty() && OF_PERIOD.contains(&metric.metric) && metric.part != "p50_ns"
    });
    let (mut claims, mut names) = (Vec::new(), std::collections::BTreeSet::new());
    for metric in present {
        let name = &metric.name;
        names.insert(metric.metric);
        claims.push(format!("{name} from 0s == {name}"));
        let counts = metric.kind == crate::metrics::names::Kind::Count;
        if counts {
            let [one, two, three] = ["until 60s", "during fault freeze", "after fault freeze"];
            claims.push(format!("{name} {one} + {name} {two} + {name} {three} == {name}"));
        }
    }
    assert_eq!(names.len(), OF_PERIOD.len());
    let claims: Vec<&str> = claims.iter().map(String::as_str).collect();
    all_hold(&claims, FREEZE);
}

/// Each seed is one toss, counted here by runs of their own.
#[test]
fn a_probability_is_counted_over_the_seeds_from_the_scenarios_own_on() {
    let file = scenario(&[], COIN);
    let prepared = Prepared::new(&file.scenario, "test");
    let fails = |seed| {
        let options = Options { seed: Some(seed), ..Options::default() };
        prepared.run(&options).expect("it runs").arms["main"].requests.failed == 1
    };
    for runs in [20_u64, 21, 57] {
        let seeds = || 3..3 + runs;
        let hits = seeds().filter(|&seed| fails(seed)).count() as u64;
        let claims = [
            format!("p(requests.failed == 1) < 90% over {runs} seeds"),
            format!("p(requests.failed == 1) > 10% over {runs} seeds"),
            format!("p(requests.failed == 1) < 20% over {runs} seeds"),
            format!("p(requests.failed == 1) > 80% over {runs} seeds"),
        ];
        let judgements = judged(&claims.each_ref().map(String::as_str), COIN);
        let held: Vec<_> = judgements.iter().map(|one| one.holds).collect();
        assert_eq!(held, [Some(true), Some(true), Some(false), Some(false)], "{judgements:?}");
        for one in &judgements {
            assert_eq!((one.hits, one.runs), (Some(hits), Some(runs)));
        }
        // The seed that shows it is one that speaks against the claim.
        let (failed, passed) = (seeds().find(|&s| fails(s)), seeds().find(|&s| !fails(s)));
        assert_eq!([judgements[0].seed, judgements[2].seed], [failed; 2]);
        assert_eq!([judgements[1].seed, judgements[3].seed], [passed; 2]);
    }
    let undecided = &judged(&["p(requests.failed == 1) < 52% over 40 seeds"], COIN)[0];
    assert_eq!(undecided.holds, Some(false));
    assert!(undecided.actual.ends_with("undecided, more seeds may show it"), "{undecided:?}");
}

/// A request that fails has no latency. That is no evidence of a small one.
#[test]
fn a_run_without_an_answer_counts_against_the_claim() {
    let claims = [
        "p(latency.end_to_end.p99 > 1s) < 20% over 40 seeds",
        "p(latency.end_to_end.p99 < 1s) > 80% over 40 seeds",
        "p(not latency.end_to_end.p99 > 1s) > 80% over 40 seeds",
        "p(requests.late == 1) < 20% over 40 seeds",
    ];
    let judgements = judged(&claims, COIN);
    let held: Vec<_> = judgements.iter().map(|one| one.holds).collect();
    assert_eq!(held, [Some(false), Some(false), Some(false), Some(true)], "{judgements:?}");
    assert_eq!((judgements[0].hits, judgements[3].hits), (Some(0), Some(0)));
    assert!(judgements[0].actual.contains("undecided"), "{}", judgements[0].actual);
    assert_eq!(judgements[0].seed, judged(&["p(requests.failed == 1) < 90%"], COIN)[0].seed);
}

/// Requests that meet the crash, at 1 s, 1.1 s, .. 1.9 s, are retried once, at once.
#[test]
fn events_are_waited_for_from_the_beginning_of_a_period_until_before_its_end() {
    let claims = [
        ("retry users retries within 1s", true),
        ("retry users retries within 999ms", false),
        ("retry users retries until 1s", false),
        ("retry users retries before fault crash", false),
        ("retry users retries within 0ns since fault crash", true),
        ("retry users retries during fault crash", true),
        ("retry users retries after fault crash", false),
        ("retry users retries from 1900ms until 2s", true),
        ("retry users retries from 1901ms until 2s", false),
        ("service db answers since fault crash", true),
        ("service db answers during fault crash", false),
        ("service db answers within 1s since fault crash", false),
        ("service db answers within 1005ms since fault crash", true),
        ("service db answers within 4ms after fault crash", false),
        ("service db answers within 5ms after fault crash", true),
    ];
    let held = holds(&claims.map(|(claim, _)| claim), EXACT);
    assert_eq!(claims.map(|(claim, _)| claim).into_iter().zip(held).collect::<Vec<_>>(), claims);
    let judgements = judged(&["retry users retries after fault crash"], EXACT);
    assert_eq!(judgements[0].actual, "not in that period");
}

#[test]
fn of_what_has_no_value_neither_it_nor_its_opposite_holds() {
    let never = COIN.replace("0.5", "1.0");
    for claim in ["latency.end_to_end.p99 < 1s", "requests.failed / requests.late > 0"] {
        let claims = [claim, &format!("not {claim}"), &format!("not not {claim}")];
        assert_eq!(holds(&claims, &never), [false; 3], "{claim}");
    }
    let cut = EXACT.replace("duration: \"5s\"", "duration: \"1500ms\"");
    let claims = [
        "recovers within 1s after fault crash",
        "not recovers within 1s after fault crash",
        "service db abandons within 3s",
        "not service db abandons within 3s",
        "not service db abandons within 1s",
        "not service db abandons",
    ];
    assert_eq!(holds(&claims, &cut), [false, false, false, false, true, true]);
}

#[test]
fn numbers_that_differ_are_told_in_different_digits() {
    let slow = EXACT.replace("\"5ms\"", "\"5000001ns\"");
    let judgements =
        judged(&["latency.end_to_end.max <= 5ms", "1 - 1e-9 < wasted.ratio + 1"], &slow);
    let judgements: Vec<_> = judgements.iter().map(|one| (one.holds, one.brief.as_str())).collect();
    assert_eq!(judgements[0], (Some(false), "5000001ns, of the 80.0 % that succeeded"));
    assert_eq!(judgements[1], (Some(true), "0.999999999 against 1"));
}

#[test]
fn a_sentence_without_an_arm_is_about_every_arm_that_can_have_it() {
    let claims = ["requests.offered > 0", "breaker clients rejects", "clients.breaker.opened > 0"];
    let judgements = judged(&claims, FREEZE);
    let judgements: Vec<_> = judgements.iter().map(|one| (one.index, one.arm.as_deref())).collect();
    let thrice = Some("thrice");
    assert_eq!(judgements, [(0, Some("once")), (0, thrice), (1, thrice), (2, thrice)]);
}

#[test]
fn judgements_do_not_depend_on_threads_and_hold_one_scenario_at_a_time() {
    let files = [
        scenario(&["p(requests.failed == 1) < 90% over 50 seeds", "requests.offered == 1"], COIN),
        scenario(&[], EXACT),
        scenario(&["p(requests.failed == 1) < 60% over 31 seeds"], COIN),
    ];
    let alone = hold(&files, 1, DEFAULT_MAX_EVENTS);
    assert_eq!(alone.iter().map(|one| one.expected.len()).collect::<Vec<_>>(), [2, 0, 1]);
    assert_eq!(alone[1].result.arms["main"].requests.offered, 50);
    for jobs in [2, 8] {
        for (one, other) in alone.iter().zip(hold(&files, jobs, DEFAULT_MAX_EVENTS)) {
            assert_eq!((&one.expected, &one.result), (&other.expected, &other.result));
        }
    }
}

#[test]
fn runs_that_stop_early_are_not_judged() {
    let claims = ["requests.offered == 50", "p(requests.failed > 0) > 1% over 500 seeds"];
    let files = [scenario(&claims, EXACT), scenario(&["requests.offered == 1"], COIN)];
    for jobs in [1, 4] {
        let judgements = hold(&files, jobs, 20);
        let held: Vec<_> = judgements[0].expected.iter().map(|one| one.holds).collect();
        assert_eq!(held, [None, None]);
        assert_eq!(judgements[0].stopped.as_ref().map(|(seed, _)| *seed), Some(1));
        assert_eq!(judgements[0].expected[1].actual, "seed 1 stopped early");
        // The one after it is none the worse for it.
        assert_eq!((judgements[1].expected[0].holds, &judgements[1].stopped), (Some(true), &None));
    }
}

#[test]
fn a_single_run_judges_what_is_about_one() {
    let claims = [
        "requests.offered == 1",
        "requests.offered == 2",
        "p(requests.failed == 1) < 90%",
        "p(latency.end_to_end.p99 > 1s) < 20%",
    ];
    let file = scenario(&claims, COIN);
    let prepared = Prepared::new(&file.scenario, "test");
    let seed = judged(&["p(requests.failed == 1) < 90%"], COIN)[0].seed;
    let options = Options { seed, ..Options::default() };
    let judgements = in_one_run(&prepared, &options).expect("it runs");
    let held: Vec<_> = judgements.iter().map(|one| one.holds).collect();
    assert_eq!(held, [Some(true), Some(false), None, None]);
    assert!(
        judgements[2].actual.starts_with("so in this run (requests.failed is 1)"),
        "{judgements:?}"
    );
    assert!(judgements[3].actual.starts_with("not known of this run"), "{judgements:?}");
    let options = Options { max_events: 1, ..Options::default() };
    let judgements = in_one_run(&prepared, &options).expect("it runs");
    assert!(judgements.iter().all(|one| one.holds.is_none()), "{judgements:?}");
}

#[test]
fn the_fates_of_a_period_are_counted() {
    let shed = r#"load: { "c": Load(arrivals: Bursts(size: 5, every: "1s"), total: 10) },
        services: { "s": Service(time: Constant("10ms"), slots: 1, queue: 1) },
        calls: { "c": Call(to: "s") }"#;
    let claims = |fate: &str| {
        let claims = ["until 500ms == 3", "from 500ms == 3"];
        claims.map(|claim| format!("requests.{fate} {claim}"))
    };
    all_hold(&claims("shed").each_ref().map(String::as_str), shed);
    // A burst is published as a whole before anything is taken.
    let dropped = r#"load: { "c": Load(arrivals: Bursts(size: 5, every: "1s"), total: 10) },
        services: { "s": Service(time: Constant("10ms")) },
        publishes: { "c": "q" }, queues: { "q": Queue(capacity: 2) },
        consumers: { "w": Consumer(from: "q", concurrency: 1, to: "s", max_deliveries: 1) }"#;
    all_hold(&claims("dropped").each_ref().map(String::as_str), dropped);
}
