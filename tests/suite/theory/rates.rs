//! Rate limits against queueing theory: what a token bucket lacks is the work of a server that
//! needs 1 / rate for each call.

use dessim::kernel::fpmath::exp;

use super::{first_seed, judge};
use crate::support::{count, latency, ms, number, only, play, scenario};

const REPLICATIONS: u64 = 40;

/// Plays a policy under 80 calls a second at random and judges figures. Policies of one case meet
/// the same arrivals, and some of them are the same limit by another algorithm.
fn judged(id: &str, policy: &str, expected: &[(&str, f64, f64)]) {
    let text = format!(
        r#"Scenario(schema: 1, warm_up: "60s", duration: "660s",
        load: {{ "load": Load(arrivals: Poisson(rate: "80/s")) }},
        services: {{ "server": Service(time: Constant("1ms")) }},
        calls: {{ "load": Call(to: "server", policy: [{policy}]) }})"#
    );
    let scenario = scenario(&text);
    let mut samples = vec![Vec::new(); expected.len()];
    for run in 0..REPLICATIONS {
        let result = play(&scenario, first_seed(id, "").wrapping_add(run));
        let arm = only(&result);
        let limit = &arm.components["load.rate_limit"];
        for (samples, (figure, ..)) in samples.iter_mut().zip(expected) {
            samples.push(match *figure {
                "refused" => count(limit, "rejected") as f64 / arm.requests.offered as f64,
                "waited" => number(limit, "waited_ratio"),
                "wait_ms" => ms(latency(limit, "wait").mean_ns),
                "waiting" => number(limit, "waiting_mean"),
                _ => panic!("{figure}"),
            });
        }
    }
    let wrong: Vec<String> = expected
        .iter()
        .zip(&samples)
        .filter_map(|(&(figure, value, target), samples)| {
            judge(&format!("{id} {figure}"), samples, value, target)
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// M/D/1/1: of a Poisson load at r under a limit of L, one at a time, r / (r + L) is refused.
#[test]
fn one_at_a_time_refuses_as_a_server_without_a_line() {
    let refused = [("refused", 80.0 / 180.0, 0.005)];
    judged("one", r#"RateLimit(algorithm: TokenBucket(rate: "100/s", burst: 1))"#, &refused);
    judged("one", r#"RateLimit(algorithm: Gcra(every: "10ms", burst: 1))"#, &refused);
    judged("one", r#"RateLimit(algorithm: SlidingLog(limit: 1, window: "10ms"))"#, &refused);
    let first_call = r#"FixedWindow(limit: 1, window: "10ms", starts: FirstCall)"#;
    judged("one", &format!("RateLimit(algorithm: {first_call})"), &refused);
}

/// M/D/1: a call waits for its token as for its turn at a server of 10 ms.
/// Pollaczek and Khinchine: rho / (2 (1 - rho)) x 10 ms.
#[test]
fn calls_that_wait_for_a_token_stand_in_a_line() {
    let line = [("waited", 0.8, 0.01), ("wait_ms", 20.0, 0.04), ("waiting", 1.6, 0.05)];
    for algorithm in [
        r#"TokenBucket(rate: "100/s", burst: 1)"#,
        r#"SlidingLog(limit: 1, window: "10ms")"#,
        r#"FixedWindow(limit: 1, window: "10ms", starts: FirstCall)"#,
    ] {
        let policy = format!(r#"RateLimit(algorithm: {algorithm}, max_wait: "1h")"#);
        judged("line", &policy, &line);
    }
}

/// The first call in a window of the clock passes: (1 - exp(-0.8)) / 0.8 of them.
#[test]
fn windows_of_the_clock_let_the_first_pass() {
    let refused = 1.0 - (1.0 - exp(-0.8)) / 0.8;
    let windows = r#"RateLimit(algorithm: FixedWindow(limit: 1, window: "10ms"))"#;
    judged("clock", windows, &[("refused", refused, 0.005)]);
    let steps = r#"RateLimit(algorithm: StepBucket(burst: 1, every: "10ms"))"#;
    judged("clock", steps, &[("refused", refused, 0.005)]);
}
