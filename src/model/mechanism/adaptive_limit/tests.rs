//! Steps worked out by hand from the sources of the algorithms.

use super::*;
use crate::model::mechanism::adaptive_limit::spec::Spec;

fn ms(ms: u64) -> Duration {
    Duration::from_ms(ms)
}

fn at(ms: u64) -> Instant {
    Instant::from_ns(ms * 1_000_000)
}

/// The state of a limit, as JSON of its specification.
fn limit(json: &str) -> Algorithm {
    let spec: Spec = serde_json::from_str(json).expect("it has the right shape");
    spec.state(Site::new(1, "web.adaptive_limit", "jitter"), 0)
}

/// The limit after a call that was admitted at a millisecond and took so many.
fn after(limit: &mut Algorithm, [start, rtt]: [u64; 2], inflight: u32, dropped: bool) -> u32 {
    let start = at(start);
    let now = start.saturating_add(ms(rtt));
    while limit.due() <= now {
        limit.fire();
    }
    limit.record(Sample { start, rtt: ms(rtt), inflight, dropped }, now);
    limit.limit()
}

#[test]
fn aimd_adds_one_a_sample_where_half_is_used_and_takes_a_tenth_at_a_drop() {
    let mut default = limit(r#"{"algorithm": {"Aimd": {}}}"#);
    assert_eq!(after(&mut default, [0, 10], 20, true), 20, "18, and at least 20");
    let mut low = limit(r#"{"algorithm": {"Aimd": {"min": 1}}}"#);
    assert_eq!(after(&mut low, [0, 10], 20, true), 18);
    assert_eq!(after(&mut low, [0, 10], 8, false), 18, "less than half is used");
    assert_eq!(after(&mut low, [0, 10], 9, false), 19);
    assert_eq!(after(&mut low, [0, 5_000], 10, false), 20);
    assert_eq!(after(&mut low, [0, 5_001], 10, false), 18, "too slow is a drop");
}

#[test]
fn vegas_grows_by_six_steps_without_a_queue_and_falls_by_one_at_a_drop() {
    let mut vegas = limit(r#"{"algorithm": {"Vegas": {}}}"#);
    assert_eq!(after(&mut vegas, [0, 10], 20, false), 20, "the first is the best");
    assert_eq!(after(&mut vegas, [0, 10], 20, false), 26);
    assert_eq!(after(&mut vegas, [0, 10], 26, true), 25);
    assert_eq!(after(&mut vegas, [0, 10], 12, false), 25, "less than half is used");
    // Queues of 2, 3, 6 and 7: ceil(limit (1 - 10 / time)).
    let mut queue = |time| after(&mut vegas, [0, time], 25, false);
    assert_eq!([queue(11), queue(12), queue(13), queue(14)], [25, 25, 25, 24]);
    let mut wide = limit(r#"{"algorithm": {"Vegas": {"alpha": 4, "beta": 5}}}"#);
    assert_eq!(after(&mut wide, [0, 100], 20, false), 20);
    assert_eq!(after(&mut wide, [0, 112], 20, false), 21, "a queue of 3 is below alpha");
    assert_eq!(after(&mut wide, [0, 140], 21, false), 20, "a queue of 6 is above beta");
    assert_eq!(after(&mut wide, [0, 100], 20, false), 25, "without a queue by beta");
}

/// The trap of Vegas: after 0.5 to 1 times 30 x 20 samples, an overloaded time is the best.
#[test]
fn a_probe_of_vegas_takes_whatever_time_it_meets_for_the_best() {
    let mut vegas = limit(r#"{"algorithm": {"Vegas": {"smoothing": 0.0001}}}"#);
    after(&mut vegas, [0, 10], 20, false);
    let mut grew = None;
    for sample in 2..=700 {
        let before = vegas.limit();
        if after(&mut vegas, [0, 1_000], 20, false) > before && grew.is_none() {
            grew = Some(sample);
        }
        let Algorithm::Direct(Netflix { estimate: Estimate::Vegas(of), .. }) = vegas else {
            panic!("it is Vegas")
        };
        if of.best_ns == 1_000_000_000 {
            assert!((300..=600).contains(&sample), "a probe at sample {sample}");
            return;
        }
    }
    panic!("no probe");
}

/// L = 100, long average 10 ms, 40 ms: gradient 0.5, and 0.8 x 100 + 0.2 x (50 + 4).
#[test]
fn gradient2_halves_at_most_and_smooths() {
    let mut gradient = limit(
        r#"{"algorithm": {"Gradient2":
            {"initial": 100, "long_window": 1000000000}}}"#,
    );
    for _ in 0..WARM_UP {
        assert_eq!(after(&mut gradient, [0, 10], 49, false), 100, "less than half is used");
    }
    assert_eq!(after(&mut gradient, [0, 40], 50, true), 90, "90.8, and a drop is no matter");
    // Without a queue: 0.8 x 90.8 + 0.2 x (90.8 + 4) = 91.6.
    assert_eq!(after(&mut gradient, [0, 10], 50, false), 91);
    // 11 ms is within the tolerance of 1.5, 20 ms is not: 0.75, and at least 20.
    let mut tight = limit(r#"{"algorithm": {"Gradient2": {"smoothing": 1}}}"#);
    for _ in 0..WARM_UP {
        after(&mut tight, [0, 10], 9, false);
    }
    assert_eq!(after(&mut tight, [0, 11], 20, false), 24);
    assert_eq!(after(&mut tight, [0, 100], 24, false), 20, "12 + 4, and at least 20");
}

/// What `WindowedLimit` does with 5 calls a second: nothing, ever.
#[test]
fn a_window_with_too_few_samples_is_thrown_away() {
    let windowed = r#"{"algorithm": {"Aimd": {"min": 1, "initial": 100}}, "windowed": {}}"#;
    let mut rare = limit(windowed);
    for call in 0..1_000 {
        assert_eq!(after(&mut rare, [200 * call, 50], 100, true), 100);
    }
    // 20 a second: a window at the first call, and one every 21 calls, each with one drop.
    let mut often = limit(windowed);
    let mut limits: Vec<u32> =
        (0..100).map(|call| after(&mut often, [50 * call, 50], 100, call % 10 == 0)).collect();
    limits.dedup();
    assert_eq!(limits, [100, 90, 81, 72, 64]);
}

#[test]
fn a_window_passes_the_mean_time_and_the_most_inside() {
    let mut windowed = limit(
        r#"{"algorithm": {"Aimd": {"min": 1, "timeout": "10ms"}},
            "windowed": {"min": "100ms", "max": "100ms", "samples": 4}}"#,
    );
    assert_eq!(after(&mut windowed, [0, 1], 20, true), 20, "alone in its window");
    // Means of 10 and 11 ms: one within the timeout of AIMD, one above.
    for time in [1, 1, 1] {
        after(&mut windowed, [10, time], 10, false);
    }
    assert_eq!(after(&mut windowed, [70, 37], 1, false), 21);
    for time in [1, 1, 1] {
        after(&mut windowed, [120, time], 10, false);
    }
    assert_eq!(after(&mut windowed, [170, 41], 1, false), 18);
    // Calls of less than 100 us are no samples.
    let start = at(500);
    let sample = Sample { start, rtt: Duration::from_ns(99_999), inflight: 20, dropped: true };
    for _ in 0..10 {
        windowed.record(sample, start);
    }
    assert_eq!(windowed.limit(), 18);
}

/// The pinned controller from its least limit, with samples at the minimum time: as in Envoy's
/// formula with g = 1, and with its buffer of 25 %.
#[test]
fn envoys_limit_grows_from_three_by_its_headroom() {
    let grown = |buffer: f64, updates: u64| -> Vec<u32> {
        let mut envoy = limit(&format!(
            r#"{{"algorithm": {{"EnvoyGradient":
                {{"update_interval": "100ms", "min_rtt": "10ms", "buffer": {buffer},
                "percentile": 0}}}}}}"#
        ));
        (0..updates).map(|call| after(&mut envoy, [100 * call + 50, 10], 1, false)).collect()
    };
    let expected = [3, 5, 8, 13, 20, 30, 43, 61, 84, 115, 155, 207, 274, 361, 472, 614, 795, 1000];
    assert_eq!(grown(0.25, 18), expected);
    assert_eq!(grown(0.0, 6), [3, 4, 6, 8, 10, 13]);
}

/// L = 100, minimum 10 ms, sample 25 ms, buffer 25 %: g = 0.5 and trunc(50 + sqrt(50)).
#[test]
fn envoys_limit_is_a_whole_number_at_every_step() {
    let mut envoy = limit(
        r#"{"algorithm": {"EnvoyGradient":
            {"update_interval": "100ms", "min_rtt": "10ms", "min": 3, "max": 100}}}"#,
    );
    for call in 0..20 {
        after(&mut envoy, [100 * call + 50, 10], 1, false);
    }
    assert_eq!(envoy.limit(), 100);
    after(&mut envoy, [2_050, 25], 1, false);
    assert_eq!(envoy.limit(), 100, "the interval is not over");
    // 57 x 0.5 = 28.5, with headroom 33.8.
    assert_eq!(after(&mut envoy, [2_150, 25], 1, false), 57);
    assert_eq!(after(&mut envoy, [2_250, 25], 1, false), 33);
}

/// Measurements: at the start, after the interval, and after five updates at the minimum.
#[test]
fn envoy_measures_the_minimum_time_at_its_least_limit() {
    let envoy = |jitter: f64| {
        limit(&format!(
            r#"{{"algorithm": {{"EnvoyGradient": {{"update_interval": "100ms",
                "measure_every": "1s", "requests": 3, "jitter": {jitter}}}}}}}"#
        ))
    };
    let mut fixed = envoy(0.0);
    let mut next = |start, rtt| after(&mut fixed, [start, rtt], 1, false);
    // Three calls of 10 ms until 130 ms; updates at 230 ms and on, the measurement at 1,130 ms.
    assert_eq!([next(0, 10), next(50, 10), next(120, 10)], [3, 3, 3]);
    assert_eq!([next(150, 10), next(225, 10), next(325, 10)], [3, 5, 8]);
    // An update without samples changes nothing, at 430 and 530 ms.
    assert_eq!([next(540, 10), next(640, 10)], [13, 20]);
    assert_eq!(next(1_125, 10), 3, "the measurement");
    assert_eq!(next(1_129, 40), 3, "began before it: no sample");
    assert_eq!([next(1_135, 20), next(1_140, 20)], [3, 3]);
    assert_eq!(next(1_180, 20), 20 + 10, "the limit from before, which an update raised");
    let mut jittered = envoy(0.5);
    for start in [0, 10, 20] {
        after(&mut jittered, [start, 10], 1, false);
    }
    let due = jittered.due();
    assert!(due >= at(1_030) && due < at(1_530), "added only: {due:?}");
}

#[test]
fn five_updates_at_the_minimum_measure_again() {
    let mut envoy = limit(
        r#"{"algorithm": {"EnvoyGradient": {"update_interval": "100ms",
            "measure_every": "1h", "requests": 1, "jitter": 0}}}"#,
    );
    after(&mut envoy, [0, 10], 1, false);
    // Samples of 100 ms against 10: 3 x 0.5 + sqrt(1.5) = 2.7, so the limit stays at 3.
    for call in 0..5 {
        after(&mut envoy, [15 + 100 * call, 90], 1, false);
        assert!(envoy.due() < at(1_000), "call {call}");
    }
    while envoy.due() <= at(511) {
        envoy.fire();
    }
    let Algorithm::Envoy(of) = &envoy else { panic!("it is Envoy's") };
    assert_eq!((of.due(), of.limit()), (Instant::NEVER, 3), "it measures");
}
