use super::*;
use crate::report::result::{LoadTerms, Metric, Requests, RunResult, Stopped};
use crate::report::sample::{
    MS, arm, component, healthy, queued, refused, run, spread, storm, with_attempts,
};
use crate::report::text::table::paragraph;

fn said(arms: &[(&str, ArmResult)]) -> String {
    wrapped(&run(arms))
}

/// The verdict as on the page, one paragraph for each sentence.
fn wrapped(result: &RunResult) -> String {
    let lines = verdict(result);
    lines.iter().map(|line| paragraph("- ", line)).collect()
}

fn requests(offered: u64, succeeded: u64) -> Requests {
    Requests { offered, succeeded, ..Requests::default() }
}

#[test]
fn a_breaker_refused() {
    insta::assert_snapshot!(said(&[("rpc", refused()), ("event-driven", queued())]), @r"
    - event-driven succeeded with all 2,000 requests, rpc with 506 (25.3 %): its breaker opened 4
      times, for 1.31 s in all, and refused 1,494; 206 of its 712 attempts ended in an error
    - event-driven let up to 1,486 wait in its queue and had 16 at the service at once, rpc 40
    - the queue's price: p99 of all outcomes 1.48 s against 168 ms (393 ms for the 506 that
      succeeded)
    ");
}

#[test]
fn everything_timed_out() {
    insta::assert_snapshot!(said(&[("rpc", storm()), ("event-driven", queued())]), @r"
    - event-driven succeeded with all 2,000 requests, rpc with 51 (2.5 %): 1,942 ended in a timeout;
      7,767 of its 7,846 attempts timed out, each request took 3.92 attempts and 99.8 % of the
      service time went to callers that had left
    - event-driven let up to 1,486 wait in its queue and had 16 at the service at once, rpc 350
    ");
}

#[test]
fn a_full_queue_dropped() {
    let mut full = queued();
    let dropped = [("dropped", Metric::Count(1_650))];
    let queue = component("queue", &dropped);
    full.components.insert("jobs".to_owned(), queue);
    full.requests = Requests { dropped: 1_650, ..requests(2_000, 350) };
    insta::assert_snapshot!(said(&[("rpc", healthy(2_000)), ("event-driven", full)]), @r"
    - rpc succeeded with all 2,000 requests, event-driven with 350 (17.5 %): its queue was full and
      dropped 1,650
    - rpc was faster as well: p99 of all outcomes 18.7 ms against 1.48 s
    ");
}

#[test]
fn messages_were_dead_lettered() {
    let mut flaky = arm(Requests { dead_lettered: 172, ..requests(2_000, 1_828) });
    with_attempts(&mut flaky, 4_080, 2_080, 2_200, 52);
    insta::assert_snapshot!(said(&[("few workers", queued()), ("64 workers", flaky)]), @r"
    - few workers succeeded with all 2,000 requests, 64 workers with 1,828 (91.4 %): 172 were
      dead-lettered after their last delivery; 2,200 of its 4,080 attempts timed out and each
      request took 2.04 attempts
    - few workers let up to 1,486 wait in its queue instead
    - the queue's price: p99 of all outcomes 1.48 s against 18.7 ms
    ");
}

#[test]
fn work_was_unfinished_at_the_end() {
    let stuck = arm(Requests { in_flight: 900, late: 600, ..requests(2_000, 500) });
    insta::assert_snapshot!(said(&[("retries", stuck), ("none", healthy(2_000))]), @r"
    - none succeeded with all 2,000 requests, retries with 500 (25.0 %): 900 were unfinished at the
      end and 600 succeeded only after the deadline
    ");
}

#[test]
fn shed_and_nothing_left() {
    let shedding = arm(Requests { shed: 10, ..requests(10, 0) });
    insta::assert_snapshot!(said(&[("a", shedding), ("b", healthy(10))]), @r"
    - b succeeded with all 10 requests, a with none: its servers shed 10
    ");
}

#[test]
fn the_price_is_compared_with_the_survivors() {
    let mut slow = healthy(2_000);
    slow.latency.end_to_end = spread(2_000, 900 * MS);
    slow.latency.outcome = slow.latency.end_to_end;
    insta::assert_snapshot!(said(&[("rpc", storm()), ("patient", slow)]), @r"
    - patient succeeded with all 2,000 requests, rpc with 51 (2.5 %): 1,942 ended in a timeout;
      7,767 of its 7,846 attempts timed out, each request took 3.92 attempts and 99.8 % of the
      service time went to callers that had left
    - the price: p99 of all outcomes 1.68 s against 1.50 s (59.8 ms for the 51 that succeeded)
    ");
}

#[test]
fn both_fine_and_one_faster() {
    insta::assert_snapshot!(said(&[("rpc", healthy(2_000)), ("event-driven", queued())]), @r"
    - both arms succeeded with all 2,000 requests; rpc was faster than event-driven: p99 end-to-end
      18.7 ms against 1.48 s
    ");
}

#[test]
fn both_fine_and_equal() {
    insta::assert_snapshot!(said(&[("a", healthy(2_000)), ("b", healthy(2_000))]), @r"
    - no difference worth a sentence: both arms succeeded with all 2,000 requests
    ");
}

#[test]
fn both_lost_alike() {
    let lossy = arm(Requests { failed: 1_000, ..requests(2_000, 1_000) });
    insta::assert_snapshot!(said(&[("a", lossy.clone()), ("b", lossy)]), @r"
    - no difference worth a sentence: both arms succeeded with 1,000 of 2,000 requests
    - a: 1,000 ended in an error
    - b: 1,000 ended in an error
    ");
}

#[test]
fn chance_is_no_difference() {
    let half =
        |succeeded| arm(Requests { failed: 2_000 - succeeded, ..requests(2_000, succeeded) });
    insta::assert_snapshot!(said(&[("a", half(1_010)), ("b", half(990))]), @r"
    - no difference worth a sentence: both arms succeeded about as often, with 49.5 % to 50.5 % of
      requests
    - a: 990 ended in an error
    - b: 1,010 ended in an error
    ");
}

#[test]
fn one_request_more_or_less_is_no_difference() {
    let lost_one = arm(Requests { failed: 1, ..requests(2_000, 1_999) });
    insta::assert_snapshot!(said(&[("a", lost_one), ("b", healthy(2_000))]), @r"
    - no difference worth a sentence: both arms succeeded about as often, with >99.9 % to 100 % of
      requests
    ");
}

#[test]
fn eleven_of_two_thousand_are_one() {
    let mut lost_eleven = arm(Requests { failed: 11, ..requests(2_000, 1_989) });
    with_attempts(&mut lost_eleven, 2_783, 783, 0, 794);
    insta::assert_snapshot!(said(&[("rpc", lost_eleven), ("event-driven", queued())]), @r"
    - event-driven succeeded with all 2,000 requests, rpc with 1,989 (99.5 %): 11 ended in an error;
      794 of its 2,783 attempts ended in an error
    - event-driven let up to 1,486 wait in its queue instead
    - the queue's price: p99 of all outcomes 1.48 s against 18.7 ms
    ");
}

#[test]
fn of_many_arms_the_best_and_the_worst() {
    let arms = [
        ("no retries", refused()),
        ("retries", storm()),
        ("retries with a budget", healthy(2_000)),
        ("queue", queued()),
    ];
    insta::assert_snapshot!(said(&arms), @r"
    - of 4 arms queue succeeded most often, with all 2,000 requests, and retries least, with 51 (2.5
      %): 1,942 ended in a timeout; 7,767 of its 7,846 attempts timed out, each request took 3.92
      attempts and 99.8 % of the service time went to callers that had left
    - queue let up to 1,486 wait in its queue and had 16 at the service at once, retries 350
    ");
}

#[test]
fn many_arms_alike() {
    let arms = ["a", "b", "c"].map(|name| (name, healthy(2_000)));
    insta::assert_snapshot!(said(&arms), @r"
    - no difference worth a sentence: all 3 arms succeeded with all 2,000 requests
    ");
}

#[test]
fn one_arm_alone() {
    insta::assert_snapshot!(said(&[("rpc", storm())]), @r"
    - rpc succeeded with 51 of 2,000 requests (2.5 %): 1,942 ended in a timeout; 7,767 of its 7,846
      attempts timed out, each request took 3.92 attempts and 99.8 % of the service time went to
      callers that had left
    - of all outcomes, p50 is 800 ms and p99 1.50 s; of those that succeeded, p50 is 32.0 ms and p99
      59.8 ms
    ");
    insta::assert_snapshot!(said(&[("rpc", healthy(2_000))]), @r"
    - rpc succeeded with all 2,000 requests
    - end to end, p50 is 10.0 ms and p99 18.7 ms
    ");
}

#[test]
fn loads_that_differ_are_compared_by_ratio() {
    let slow = arm(Requests { failed: 300, ..requests(400, 100) });
    insta::assert_snapshot!(said(&[("slow loop", slow), ("fast loop", healthy(90))]), @r"
    - fast loop succeeded with all 90 requests, slow loop with 100 of 400 (25.0 %): 300 ended in an
      error
    ");
}

#[test]
fn nothing_to_judge() {
    insta::assert_snapshot!(said(&[]), @"- no request arrived, so there is nothing to judge");
    insta::assert_snapshot!(said(&[("a", healthy(0)), ("b", healthy(0))]), @r"
    - no request arrived, so there is nothing to judge
    ");
}

#[test]
fn an_idle_arm_is_not_ranked() {
    insta::assert_snapshot!(said(&[("a", healthy(0)), ("b", healthy(9))]), @r"
    - b succeeded with all 9 requests
    - end to end, p50 is 10.0 ms and p99 18.7 ms
    ");
}

#[test]
fn a_stopped_run_decides_nothing() {
    let mut result = run(&[("rpc", storm()), ("event-driven", queued())]);
    result.stopped = Some(Stopped::MaxEvents { arm: "rpc".to_owned(), max_events: 10, at_ns: 5 });
    insta::assert_snapshot!(wrapped(&result), @r"
    - the run stopped before its end, so its numbers decide nothing
    ");
}

#[test]
fn causes_are_stated_only_where_they_are_counted() {
    let mut nameless = refused();
    nameless.components.clear();
    let said = said(&[("rpc", nameless), ("event-driven", healthy(2_000))]);
    assert!(said.contains("its policies refused"), "{said}");
    assert!(!said.contains("breaker"), "{said}");
}

/// Every request succeeds, after four attempts and half a minute.
fn dear() -> ArmResult {
    let mut dear = healthy(2_000);
    with_attempts(&mut dear, 8_000, 6_000, 0, 6_000);
    dear.latency.end_to_end = spread(2_000, 15_000 * MS);
    dear.latency.outcome = dear.latency.end_to_end;
    dear.latency.slow_ratio = Some(0.09);
    let retry = component("retry", &[("retries", Metric::Count(6_000))]);
    dear.components.insert("clients.retry".to_owned(), retry);
    dear
}

#[test]
fn a_dear_success_is_weighed() {
    let cheap = arm(Requests { failed: 400, ..requests(2_000, 1_600) });
    insta::assert_snapshot!(said(&[("dear", dear()), ("cheap", cheap.clone())]), @r"
    - dear succeeded with all 2,000 requests, cheap with 1,600 (80.0 %): 400 ended in an error
    - the price: 4.00 attempts a request against 1.00 and p99 of all outcomes 28.1 s against 18.7 ms
    - neither a retry budget nor a breaker limits what dear sends
    - no load has a `deadline`, so a success counts however late it is: 9.0 % of those of dear took
      more than ten times the median of 15.0 s
    ");
    let mut guarded = dear();
    let retry = component("retry", &[("budget_exhausted", Metric::Count(0))]);
    guarded.components.insert("clients.retry".to_owned(), retry);
    let mut result = run(&[("dear", guarded), ("cheap", cheap)]);
    result
        .loads
        .insert("clients".to_owned(), LoadTerms { closed_loop: false, deadline_ns: Some(9) });
    let text = wrapped(&result);
    assert!(!text.contains("limits what") && !text.contains("`deadline`"), "{text}");
}

#[test]
fn wasted_work_is_a_price() {
    let mut wasteful = healthy(2_000);
    wasteful.wasted.ratio = Some(0.3);
    let thrifty = arm(Requests { failed: 400, ..requests(2_000, 1_600) });
    let text = said(&[("wasteful", wasteful), ("thrifty", thrifty)]);
    assert!(text.contains("the price: 30.0 % of the work wasted against 0 %"), "{text}");
}

#[test]
fn closed_loops_are_compared_by_what_they_serve() {
    let closed = |served: [u64; 2]| {
        let mut result = run(&[("bulkhead", healthy(served[0])), ("none", healthy(served[1]))]);
        let terms = LoadTerms { closed_loop: true, deadline_ns: None };
        result.loads.insert("clients".to_owned(), terms);
        wrapped(&result)
    };
    insta::assert_snapshot!(closed([561_640, 683_651]), @r"
    - none served 683,651 requests (273,460/s), bulkhead 561,640 (224,656/s, 17.8 % less)
    ");
    insta::assert_snapshot!(closed([683_651, 683_600]), @r"
    - all arms served about as much, 273,440/s to 273,460/s
    ");
}
