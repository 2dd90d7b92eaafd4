//! The verdict, the first lines and the warnings of a run.

use dessim::report::result::{ArmResult, RunResult};
use dessim::report::text::brief::{Paint, brief};
use dessim::report::text::verdict::verdict;
use dessim::scenario::schema::Scenario;

use crate::support::{count, latency, number, only, play, scenario};

fn case(text: &str) -> RunResult {
    play(&scenario(text), 1)
}

fn said(result: &RunResult) -> String {
    verdict(result).join("\n")
}

/// A service of two slots behind one policy, for half a minute.
fn retried(load: &str, policy: &str, duration: &str) -> Scenario {
    scenario(&format!(
        "Scenario(schema: 1, {duration} load: {{ \"users\": Load({load}) }}, \
         services: {{ \"db\": Service(time: Exponential(mean: \"20ms\"), slots: 2) }}, \
         faults: {{ \"outage\": Fault(service: \"db\", from: \"5s\", until: \"8s\", \
         effect: Failing) }}, calls: {{ \"users\": Call(to: \"db\", policy: [{policy}]) }})"
    ))
}

#[test]
fn four_layers_of_retries_succeed_at_a_price() {
    let result = case(include_str!("../../data/cases/four_layers.ron"));
    let text = said(&result);
    let four = &result.arms["four layers"];
    assert_eq!(four.requests.succeeded, four.requests.offered);
    assert!(four.amplification.unwrap() > 6.0, "{:?}", four.amplification);
    assert!(four.latency.end_to_end.p99_ns.unwrap() > 100_000_000_000);
    for words in [
        "the price: 6.86 attempts a request against 1.39 and p99 of all outcomes 115 s against",
        "neither a retry budget nor a breaker limits what four layers sends",
        "no load has a `deadline`, so a success counts however late it is",
        "of those of four layers took more than ten times the median",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
}

#[test]
fn success_long_after_an_outage_is_said_to_be_late_unless_a_deadline_counts_it_so() {
    let retry = "Retry(max_attempts: 50, backoff: Constant(\"1s\"))";
    let patient = play(&retried("arrivals: Poisson(rate: \"20/s\"), until: \"30s\"", retry, ""), 1);
    let arm = only(&patient);
    assert_eq!(arm.requests.succeeded, arm.requests.offered);
    let slow = arm.latency.slow_ratio.unwrap();
    // Requests of 3 s in 30 s fail, and a retry after 1 s is later than ten medians of 14 ms.
    assert!((0.08..0.13).contains(&slow), "{slow}");
    assert!(said(&patient).contains("no load has a `deadline`"), "{}", said(&patient));

    let load = "arrivals: Poisson(rate: \"20/s\"), until: \"30s\", deadline: \"500ms\"";
    let judged = play(&retried(load, retry, ""), 1);
    assert!(only(&judged).requests.late > 0);
    assert!(!said(&judged).contains("`deadline`"), "{}", said(&judged));
}

#[test]
fn closed_loops_are_compared_by_what_they_serve() {
    let result = case(
        "Scenario(schema: 1, duration: \"20s\", load: { \"users\": Load(arrivals: \
         ClosedLoop(callers: 40, think: Constant(\"10ms\"))) }, \
         services: { \"db\": Service(time: Exponential(mean: \"20ms\"), slots: 10) }, \
         arms: { \"ten\": Arm(calls: { \"users\": Call(to: \"db\") }), \
         \"eight\": Arm(calls: { \"users\": Call(to: \"db\", policy: [Bulkhead(permits: 8)]) }) })",
    );
    let served = |arm: &str| result.arms[arm].requests.succeeded as f64;
    let less = 1.0 - served("eight") / served("ten");
    assert!((0.15..0.25).contains(&less), "{less}");
    let text = said(&result);
    assert!(text.starts_with("ten served ") && text.contains(" less)"), "{text}");
    assert!(!text.contains("about as"), "{text}");
}

#[test]
fn survivors_are_called_so_and_all_outcomes_stand_beside_them() {
    let policy = "Timeout(\"150ms\")";
    let result =
        play(&retried("arrivals: Poisson(rate: \"130/s\")", policy, "duration: \"30s\","), 1);
    let arm = only(&result);
    let ratio = arm.requests.succeeded as f64 / arm.requests.offered as f64;
    assert!(ratio < 0.9, "{ratio}");
    let (all, survivors) = (arm.latency.outcome.p50_ns, arm.latency.end_to_end.p50_ns);
    assert!(all > survivors, "{all:?} {survivors:?}");
    let lines = [said(&result), result.page(), brief(&result, Paint::Plain)];
    assert!(lines[0].contains("of those that succeeded, p50 is"), "{}", lines[0]);
    assert!(lines[1].contains("latency, of all that ended"), "{}", lines[1]);
    assert!(lines[1].contains("latency, end to end, of those that succeeded"), "{}", lines[1]);
    assert!(lines[2].contains("p99 of") && lines[2].contains("of all"), "{}", lines[2]);
}

#[test]
fn what_the_end_cuts_off_is_told_with_its_bounds() {
    let scenario = retried("arrivals: Poisson(rate: \"130/s\")", "", "duration: \"10s\",");
    let result = play(&scenario, 1);
    let requests = only(&result).requests;
    assert!(requests.in_flight * 1_000 > requests.offered, "{requests:?}");
    let warned = |result: &RunResult| {
        result.warnings.iter().any(|warning| {
            warning.starts_with("in flight at the end: ") && warning.contains("`cool_down`")
        })
    };
    assert!(warned(&result), "{:?}", result.warnings);
    let whole = retried("arrivals: Poisson(rate: \"130/s\"), until: \"10s\"", "", "");
    let whole = play(&whole, 1);
    assert_eq!(only(&whole).requests.in_flight, 0);
    assert!(!warned(&whole), "{:?}", whole.warnings);
}

#[test]
fn the_retries_of_attempts_and_of_a_layer_have_different_names() {
    let policy = "Timeout(\"50ms\"), Retry(max_attempts: 3, backoff: Constant(\"40ms\"))";
    let load = "arrivals: Poisson(rate: \"20/s\"), until: \"30s\"";
    let result = play(&retried(load, policy, ""), 1);
    let arm: &ArmResult = only(&result);
    let decided = count(&arm.components["users.retry"], "retries");
    // The outer timeout cuts off the wait for the second retry.
    assert!(decided > arm.attempts.retries, "{decided} {}", arm.attempts.retries);
    let page = result.page();
    assert!(page.contains("retries sent") && page.contains("retries decided"), "{page}");
    assert!(!page.lines().any(|line| line.trim_start().starts_with("retries  ")), "{page}");
}

#[test]
fn a_quantile_of_few_samples_is_marked() {
    let of = |total: u64| {
        let load = format!("arrivals: Constant(rate: \"20/s\"), total: {total}");
        play(&retried(&load, "", ""), 1)
    };
    let (few, many) = (of(20), of(100));
    assert_eq!(only(&few).latency.outcome.coarse_from, Some("p99_ns"));
    assert_eq!(only(&of(99)).latency.outcome.coarse_from, Some("p99_ns"));
    assert_eq!(only(&many).latency.outcome.coarse_from, Some("p999_ns"));
    assert!(few.page().contains("~ a quantile q of fewer than 1 / (1 - q)"), "{}", few.page());
    let line = |result: &RunResult, label: &str| {
        let page = result.page();
        page.lines().find(|line| line.trim_start().starts_with(label)).unwrap().to_owned()
    };
    assert!(line(&few, "p99 ").contains('~') && line(&few, "p99.9").contains('~'));
    assert!(!line(&few, "p90").contains('~') && !line(&many, "p99 ").contains('~'));
    assert!(few.to_json().contains("\"coarse_from\": \"p99_ns\""));
}

#[test]
fn waiting_spread_and_attempts_are_in_the_data() {
    let load = "arrivals: Poisson(rate: \"50/s\"), total: 40000";
    let scenario = scenario(&format!(
        "Scenario(schema: 1, load: {{ \"users\": Load({load}) }}, services: {{ \"db\": \
         Service(time: Exponential(mean: \"10ms\"), slots: 1, failure_ratio: 0.5) }}, \
         calls: {{ \"users\": Call(to: \"db\", policy: [Bulkhead(permits: 1)]) }})"
    ));
    let result = play(&scenario, 1);
    let arm = only(&result);
    // M/M/1 at half load: the probability of waiting is 1/2, and the wait has mean 10 ms and
    // standard deviation 10 sqrt(3) ms. The line is the bulkhead's; the service never has one.
    let line = &arm.components["users.bulkhead"];
    let waited = number(line, "waited_ratio");
    assert!((waited / 0.5 - 1.0).abs() < 0.05, "{waited}");
    let sd = latency(line, "wait").sd_ns.unwrap() as f64 / 1e6;
    assert!((sd / 17.32 - 1.0).abs() < 0.1, "{sd}");
    assert_eq!(number(&arm.components["db"], "waited_ratio"), 0.0);
    assert_eq!(arm.attempts_variance, Some(0.0));
}

#[test]
fn the_variance_of_attempts_is_that_of_a_truncated_geometric() {
    let text = "Scenario(schema: 1, load: { \"users\": Load(arrivals: Constant(rate: \"50/s\"), \
                total: 20000) }, services: { \"db\": Service(time: Constant(\"1ms\"), slots: 9, \
                failure_ratio: 0.5) }, calls: { \"users\": Call(to: \"db\", policy: \
                [Retry(max_attempts: 2)]) })";
    let result = case(text);
    let arm = only(&result);
    // One attempt with probability 1/2, else two: variance 1/4, of which 20,000 requests show all
    // but a standard error of 0.0018 (n - 1 below changes the fifth digit).
    let variance = arm.attempts_variance.unwrap();
    assert!((variance - 0.25).abs() < 0.001, "{variance}");
    let n = arm.requests.offered as f64;
    let twice = arm.attempts.retries as f64 / n;
    assert!((variance - twice * (1.0 - twice) * n / (n - 1.0)).abs() < 1e-12, "{variance}");
}
