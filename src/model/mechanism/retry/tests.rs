//! Decisions of retries, worked out by hand from the sources of the libraries.

use super::policy::{Decision, Policy, Progress};
use super::spec::Spec;
use crate::kernel::draw::Site;
use crate::kernel::time::{Duration, Instant};
use crate::model::context::{Outcome, Pushback};

fn policy(ron: &str) -> Policy {
    clients(ron, 1)
}

fn clients(ron: &str, clients: u32) -> Policy {
    let options = ron::Options::default().with_default_extension(
        ron::extensions::Extensions::IMPLICIT_SOME
            | ron::extensions::Extensions::UNWRAP_VARIANT_NEWTYPES,
    );
    let spec: Spec = options.from_str(ron).expect("a retry");
    spec.policy(clients, |purpose| Site::new(1, "caller", purpose)).expect("valid waits")
}

/// Decides after a try that ends at `ms`, where jitter draws `unit`.
fn after(
    policy: &mut Policy,
    progress: &mut Progress,
    ms: u64,
    outcome: Outcome,
    unit: f64,
) -> Decision {
    let came = (outcome, None);
    policy.decide((0, at(ms)), progress, came, |_, _| unit)
}

fn at(ms: u64) -> Instant {
    Instant::from_ns(ms * MS)
}

/// How many of so many calls that fail once, at `ms`, may be tried again.
fn retried(policy: &mut Policy, calls: u32, ms: u64, outcome: Outcome) -> usize {
    let may = |_: &u32| {
        let mut progress = policy.begin(0, at(ms));
        matches!(after(policy, &mut progress, ms, outcome, 0.5), Decision::Retries(_))
    };
    (0..calls).filter(may).count()
}

fn succeed(policy: &mut Policy, calls: u32, ms: u64) {
    for _ in 0..calls {
        let mut progress = policy.begin(0, at(ms));
        assert_eq!(after(policy, &mut progress, ms, Outcome::Success, 0.5), Decision::Ends);
    }
}

const MANY: &str = "max_retries: 1000000";

#[test]
fn a_throttle_of_ten_allows_four_retries_of_failures_alone() {
    let ron = format!("Retry({MANY}, budget: Throttle(max_tokens: 10, token_ratio: 0.1))");
    let mut throttled = policy(&ron);
    // 9, 8, 7 and 6 are above the half; at 5 of 10 there are no retries.
    assert_eq!(retried(&mut throttled, 5, 0, Outcome::Error), 4);
    // Ten successes make it 6, and the failure 5 again; eleven are enough.
    succeed(&mut throttled, 10, 0);
    assert_eq!(retried(&mut throttled, 1, 0, Outcome::Error), 0);
    succeed(&mut throttled, 11, 0);
    assert_eq!(retried(&mut throttled, 1, 0, Outcome::Error), 1);
}

#[test]
fn a_throttle_pays_for_the_last_failure_too() {
    let ron = "Retry(max_attempts: 2, budget: Throttle(max_tokens: 10, token_ratio: 0.1))";
    let mut throttled = policy(ron);
    for _ in 0..2 {
        let mut progress = throttled.begin(0, at(0));
        let first = after(&mut throttled, &mut progress, 0, Outcome::Error, 0.5);
        assert!(matches!(first, Decision::Retries(_)));
        let last = after(&mut throttled, &mut progress, 0, Outcome::Error, 0.5);
        assert_eq!(last, Decision::GivesUp);
    }
    // Four failures of two calls: the fifth meets 5 tokens.
    assert_eq!(retried(&mut throttled, 1, 0, Outcome::Error), 0);
}

#[test]
fn a_rolling_budget_starts_with_its_reserve_of_ten_seconds() {
    for arithmetic in ["Finagle", "Tower"] {
        let ron = format!("Retry({MANY}, budget: Rolling(arithmetic: {arithmetic}))");
        let mut rolling = policy(&ron);
        assert_eq!(retried(&mut rolling, 500, 0, Outcome::Error), 100, "{arithmetic}");
        assert_eq!(retried(&mut rolling, 500, 9_000, Outcome::Error), 0, "{arithmetic}");
        // What was taken at 0 s has left: after 10 s, or 11 s for tower.
        let later = if arithmetic == "Tower" { 20_000 } else { 19_000 };
        assert_eq!(retried(&mut rolling, 500, later, Outcome::Error), 100, "{arithmetic}");
    }
}

#[test]
fn towers_ratios_are_cut_to_whole_calls_for_a_retry() {
    for (ratio, retries) in [("0.7", 10), ("0.4", 5), ("0.3", 3), ("0.2", 2), ("0.1", 1), ("2", 20)]
    {
        let ron =
            format!("Retry({MANY}, budget: Rolling(ratio: {ratio}, per_s: 0, arithmetic: Tower))");
        let mut rolling = policy(&ron);
        succeed(&mut rolling, 10, 0);
        assert_eq!(retried(&mut rolling, 100, 0, Outcome::Error), retries, "{ratio}");
    }
}

#[test]
fn a_quota_of_500_is_a_hundred_retries_or_fifty_or_35() {
    let before = "Quota(cost: 5, timeout_cost: 10)";
    let since = "Quota(shed_cost: 5)";
    let cases = [
        (before, Outcome::Error, 100),
        (before, Outcome::Timeout, 50),
        (since, Outcome::Error, 35),
        (since, Outcome::Shed, 100),
    ];
    for (budget, outcome, retries) in cases {
        let mut quota = policy(&format!("Retry({MANY}, budget: {budget})"));
        assert_eq!(retried(&mut quota, 1_000, 0, outcome), retries, "{budget} {outcome:?}");
        // Time brings nothing back.
        assert_eq!(retried(&mut quota, 1_000, 1_000_000, outcome), 0, "{budget}");
        // Successes at first tries bring a token each.
        succeed(&mut quota, 14, 1_000_000);
        assert!(retried(&mut quota, 1, 1_000_000, outcome) == 1, "{budget}");
    }
}

#[test]
fn a_success_gives_back_what_its_last_retry_took() {
    let mut quota = policy(&format!("Retry({MANY}, budget: Quota(capacity: 28))"));
    let mut progress = quota.begin(0, at(0));
    for _ in 0..2 {
        let again = after(&mut quota, &mut progress, 0, Outcome::Error, 0.5);
        assert!(matches!(again, Decision::Retries(_)));
    }
    after(&mut quota, &mut progress, 0, Outcome::Success, 0.5);
    assert_eq!(retried(&mut quota, 10, 0, Outcome::Error), 1, "14 of the 28 are back");
}

#[test]
fn retries_at_once_are_a_fifth_of_what_runs_but_at_least_three() {
    for (under_way, allowed) in [(10, 3), (101, 20)] {
        let mut concurrent = policy(&format!("Retry({MANY}, budget: Concurrent(ratio: 0.2))"));
        let mut calls: Vec<Progress> = (0..under_way).map(|_| concurrent.begin(0, at(0))).collect();
        // The first that fails is no longer one that runs: 9 or 100 are.
        let mut may = |progress: &mut Progress| {
            let decision = after(&mut concurrent, progress, 0, Outcome::Error, 0.5);
            usize::from(matches!(decision, Decision::Retries(_)))
        };
        let made: usize = calls.iter_mut().take(allowed + 10).map(&mut may).sum();
        // Each failure lowers what runs, so of 101 the limit falls to 16.7 % of them on the way.
        let least = if under_way == 10 { 3 } else { 16 };
        assert!((least..=allowed).contains(&made), "{under_way}: {made}");
    }
}

#[test]
fn a_retry_at_once_gives_its_place_back_at_its_end() {
    let mut concurrent = policy(&format!("Retry({MANY}, budget: Concurrent(min: 1))"));
    let (mut first, mut second) = (concurrent.begin(0, at(0)), concurrent.begin(0, at(0)));
    let again = |decision| matches!(decision, Decision::Retries(_));
    assert!(again(after(&mut concurrent, &mut first, 0, Outcome::Error, 0.5)));
    assert_eq!(after(&mut concurrent, &mut second, 0, Outcome::Error, 0.5), Decision::Exhausted);
    assert!(concurrent.begin_retry(0));
    // The retry that fails again competes for the place that it has just left.
    assert!(again(after(&mut concurrent, &mut first, 1, Outcome::Error, 0.5)));
    concurrent.leave(0, first, true);
    assert_eq!(retried(&mut concurrent, 1, 2, Outcome::Error), 1, "whoever leaves gives it back");
}

#[test]
fn the_budget_of_one_client_is_not_that_of_another() {
    let ron = format!("Retry({MANY}, budget: Tokens(deposit: 0, capacity: 1))");
    let mut budget = clients(&ron, 2);
    let mut may = |client| {
        let mut progress = budget.begin(client, at(0));
        let came = (Outcome::Error, None);
        budget.decide((client, at(0)), &mut progress, came, |_, _| 0.5)
    };
    assert_eq!(may(0), Decision::Retries(Duration::ZERO), "buckets start full");
    assert_eq!(may(0), Decision::Exhausted, "its own is empty");
    assert_eq!(may(1), Decision::Retries(Duration::ZERO), "that of the other client is full");
}

/// Finagle's requeues: a fifth of what the budget could pay for, rounded up.
#[test]
fn a_call_has_a_part_of_the_budget() {
    let ron = format!("Retry({MANY}, budget: Rolling(per_s: 1, ttl: \"11s\", per_call: 0.2))");
    let mut rolling = policy(&ron);
    let mut progress = rolling.begin(0, at(0));
    let mut retries = 0;
    while let Decision::Retries(_) = after(&mut rolling, &mut progress, 0, Outcome::Error, 0.5) {
        retries += 1;
    }
    assert_eq!(retries, 3, "a fifth of 11, rounded up");
}

/// Waits before retries 1 to 5, in nanoseconds, with a number drawn.
fn waits(backoff: &str, unit: f64) -> [u64; 5] {
    let mut policy = policy(&format!("Retry({MANY}, backoff: {backoff})"));
    let mut progress = policy.begin(0, at(0));
    [(); 5].map(|()| match after(&mut policy, &mut progress, 0, Outcome::Error, unit) {
        Decision::Retries(wait) => wait.as_ns(),
        other => panic!("{other:?}"),
    })
}

const MS: u64 = 1_000_000;

/// Backoffs, a number drawn, and the waits before retries 1 to 5 in microseconds.
#[rustfmt::skip]
const LIBRARIES: &[(&str, f64, [u64; 5])] = &[
    // resilience4j: whole milliseconds at each step.
    (r#"Exponential(base: "500ms", multiplier: 1.5, grain: "1ms")"#, 0.5,
        [500_000, 750_000, 1_125_000, 1_687_000, 2_530_000]),
    // Jitter first, then the cap: half of the clients wait for just the cap.
    (concat!(r#"Exponential(base: "500ms", multiplier: 2, grain: "1ms", "#,
        r#"jitter: Proportional(0.5), "#,
        r#"inclusive: true, cap: "1s", capped: AfterJitter)"#), 0.75,
        [625_000, 1_000_000, 1_000_000, 1_000_000, 1_000_000]),
    // Envoy: whole milliseconds below 25, 50, 100, 200 and 250.
    (r#"Exponential(base: "25ms", cap: "250ms", jitter: Full, grain: "1ms")"#, 0.999_999,
        [24_000, 49_000, 99_000, 199_000, 249_000]),
    // gRPC: jitter after the cap.
    (r#"Exponential(base: "1s", cap: "3s", jitter: Proportional(0.2))"#, 0.75,
        [1_100_000, 2_200_000, 3_300_000, 3_300_000, 3_300_000]),
    // Sidekiq: count^4 + 15 + rand(10 x (count + 1)) seconds.
    (concat!(r#"Polynomial(base: "15s", factor: "1s", power: 4, jitter: GrowingExtra("10s"), "#,
        r#"grain: "1s")"#), 0.5,
        [20_000_000, 26_000_000, 46_000_000, 116_000_000, 296_000_000]),
    // Celery: 1, 2, 4, 8 s and so on, whole seconds with both ends.
    (r#"Exponential(base: "1s", cap: "6s", jitter: Full, grain: "1s", inclusive: true)"#, 0.999,
        [1_000_000, 2_000_000, 4_000_000, 6_000_000, 6_000_000]),
    // Polly: n x 2 s, 25 % to either side.
    (r#"Linear(base: "2s", jitter: Proportional(0.25))"#, 0.0,
        [1_500_000, 3_000_000, 4_500_000, 6_000_000, 7_500_000]),
    // A list whose last wait stays, as NATS' BackOff.
    (r#"List(waits: ["1s", "5s", "30s"])"#, 0.5,
        [1_000_000, 5_000_000, 30_000_000, 30_000_000, 30_000_000]),
    // urllib3: nothing, then twice the factor.
    (r#"Exponential(base: "100ms", first: "0s")"#, 0.5,
        [0, 200_000, 400_000, 800_000, 1_600_000]),
    // tower: v and up to 99 % of it.
    (r#"Exponential(base: "50ms", jitter: Additive(0.99))"#, 0.5,
        [74_750, 149_500, 299_000, 598_000, 1_196_000]),
    // Finagle: equalJittered(1 s, 6 s).
    (r#"Exponential(base: "1s", first: "1s", cap: "6s", capped: AfterJitter, jitter: Equal)"#, 0.5,
        [1_000_000, 1_500_000, 3_000_000, 6_000_000, 6_000_000]),
    // Finagle: decorrelatedJittered and exponentialJittered (1 s, 10 s).
    (r#"Decorrelated(base: "1s", cap: "10s", form: FromPrevious)"#, 0.5,
        [1_000_000, 2_000_000, 4_000_000, 7_000_000, 8_500_000]),
    (r#"Decorrelated(base: "1s", cap: "10s", form: RandomWalk)"#, 0.5,
        [1_000_000, 1_000_000, 2_000_000, 10_000_000, 10_000_000]),
];

#[test]
fn waits_are_those_of_the_libraries() {
    for (backoff, unit, expected) in LIBRARIES {
        assert_eq!(waits(backoff, *unit).map(|ns| ns / 1_000), *expected, "{backoff}");
    }
}

/// Polly's `DecorrelatedJitterBackoffV2`: with the largest draw, the first wait of a base of 2 s is
/// 2 tanh(2) / 1.4 x 2 s = 2.7544 s; at a constant draw of 0.5 they are differences of
/// g(t) = 2^t tanh(sqrt(4 t)) at 0.5, 1.5, ..., over 1.4.
#[test]
fn pollys_waits_are_differences_of_its_curve() {
    let backoff = "Decorrelated(base: \"2s\", form: Smooth)";
    let first = waits(backoff, 1.0 - f64::EPSILON)[0];
    assert!((2_754_000_000..2_754_500_000).contains(&first), "{first}");
    let g: [f64; 6] = [0.0, 1.256_366_91, 2.786_571_88, 5.636_619_02, 11.300_990_2, 22.618_074_5];
    for (n, wait) in waits(backoff, 0.5).into_iter().enumerate() {
        let expected = (g[n + 1] - g[n]) / 1.4 * 2.0;
        let found = wait as f64 / 1e9;
        assert!((found - expected).abs() < 1e-6 * expected, "{n}: {found}, {expected}");
        assert_eq!(wait % 100, 0, "ticks of 100 ns");
    }
}

#[test]
fn a_time_limit_ends_what_it_says() {
    let ends = |limit_ends: &str, ms: u64| {
        let mut limited = policy(&format!(
            "Retry({MANY}, time_limit: \"1s\", limit_ends: {limit_ends}, \
             backoff: Constant(\"400ms\"))"
        ));
        let mut progress = limited.begin(0, at(0));
        after(&mut limited, &mut progress, ms, Outcome::Error, 0.5)
    };
    let waits = |ms| Decision::Retries(Duration::from_ms(ms));
    assert_eq!(ends("Begins", 599), waits(400));
    assert_eq!(ends("Begins", 600), Decision::GivesUp, "it would begin at the limit");
    assert_eq!(ends("Failures", 999), waits(400));
    assert_eq!(ends("Failures", 1_000), Decision::GivesUp);
    assert_eq!(ends("Waits", 900), waits(100), "the wait ends with the limit");
    assert_eq!(ends("Waits", 1_000), waits(0));
    assert_eq!(ends("Waits", 1_001), Decision::GivesUp);
}

#[test]
fn a_refusal_is_heeded_as_each_library_does() {
    let backoff = "backoff: Exponential(base: \"100ms\")";
    let heeded = |pushback: &str, named: Pushback, unit: f64| {
        let mut heeding = policy(&format!("Retry({MANY}, {backoff}, pushback: {pushback})"));
        let mut progress = heeding.begin(0, at(0));
        let mut decide = |named| {
            let came = (Outcome::Shed, named);
            match heeding.decide((0, at(0)), &mut progress, came, |_, _| unit) {
                Decision::Retries(wait) => Some(wait.as_ns() / MS),
                _ => None,
            }
        };
        (decide(Some(named)), decide(None))
    };
    let after = |ms| Pushback::After(Duration::from_ms(ms));
    assert_eq!(heeded("Ignored", after(2_000), 0.5), (Some(100), Some(200)));
    assert_eq!(heeded("Ignored", Pushback::Never, 0.5), (Some(100), Some(200)));
    assert_eq!(heeded("Replaces()", after(2_000), 0.5), (Some(2_000), Some(200)));
    assert_eq!(heeded("Replaces(cap: \"1s\")", after(2_000), 0.5), (Some(1_000), Some(200)));
    // gRPC begins its backoff anew.
    assert_eq!(heeded("Replaces(restarts: true)", after(30), 0.5), (Some(30), Some(100)));
    assert_eq!(heeded("Replaces()", Pushback::Never, 0.5).0, None);
    // AWS: no sooner than named, but 5 s at most beyond the backoff.
    assert_eq!(heeded("AtLeast()", after(50), 0.5), (Some(100), Some(200)));
    assert_eq!(heeded("AtLeast()", after(3_000), 0.5), (Some(3_000), Some(200)));
    assert_eq!(heeded("AtLeast()", after(60_000), 0.5), (Some(5_100), Some(200)));
    // Envoy: up to half as long again, and nothing that is too long.
    assert_eq!(heeded("Spread()", after(1_000), 0.5), (Some(1_250), Some(100)));
    assert_eq!(heeded("Spread(cap: \"900ms\")", after(1_000), 0.5), (Some(100), Some(200)));
}
