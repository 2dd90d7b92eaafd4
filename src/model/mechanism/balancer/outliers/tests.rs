//! Vectors worked out by hand from the sources of Envoy and gRPC, which the file above names.

use super::spec::Spec;
use super::{Outliers, Verdict};
use crate::kernel::draw::Site;
use crate::kernel::time::Instant;

/// The detection of one client.
struct Bench {
    outliers: Outliers,
    verdicts: Vec<(Verdict, u32)>,
}

impl Bench {
    fn new(spec: &str, replicas: u32) -> Self {
        let spec: Spec = serde_json::from_str(spec).expect("a specification");
        let mut outliers = Outliers::new(spec.settings(), Site::new(1, "web", "outliers"));
        outliers.add_client(replicas, replicas);
        Self { outliers, verdicts: Vec::new() }
    }

    /// Results at one replica, all failures or all successes.
    fn results(&mut self, at_ms: u64, replica: u32, count: u32, failed: bool) {
        let now = Instant::from_ns(at_ms * 1_000_000);
        let mut tell = |verdict, replica| self.verdicts.push((verdict, replica));
        for _ in 0..count {
            self.outliers.record((0, replica), failed, now, &mut tell);
        }
    }

    /// The replicas that the client may choose at an instant, and whether it panics.
    fn left(&mut self, at_ms: u64) -> (Vec<u32>, bool) {
        let now = Instant::from_ns(at_ms * 1_000_000);
        let mut tell = |verdict, replica| self.verdicts.push((verdict, replica));
        self.outliers.sweep(0, now, &mut tell);
        self.outliers.candidates(0)
    }

    /// The first whole second from `from_s` on at which a replica may be chosen.
    fn back_from(&mut self, from_s: u64, replica: u32) -> u64 {
        (from_s..).find(|s| self.left(s * 1_000).0.contains(&replica)).expect("it comes back")
    }
}

/// With Envoy's 10 % nine hosts are too few for an ejection, and ten are enough.
#[test]
fn nine_replicas_are_too_few_for_a_tenth() {
    let row = r#"{"consecutive_failures": 5}"#;
    let mut nine = Bench::new(row, 9);
    nine.results(0, 4, 50, true);
    assert_eq!(nine.left(0).0.len(), 9);
    // Each full row is detected, and spared.
    assert_eq!(nine.verdicts, [(Verdict::Spared, 4); 10]);
    let mut ten = Bench::new(row, 10);
    ten.results(0, 4, 4, true);
    assert_eq!(ten.left(0).0.len(), 10, "four in a row");
    ten.results(0, 4, 1, true);
    assert_eq!(ten.left(0).0, [0, 1, 2, 3, 5, 6, 7, 8, 9]);
    ten.results(1, 7, 5, true);
    assert_eq!(ten.left(1).0.len(), 9, "a second one would be more than a tenth");
}

#[test]
fn a_success_ends_a_row_of_failures() {
    let mut bench = Bench::new(r#"{"consecutive_failures": 5}"#, 10);
    for _ in 0..5 {
        bench.results(0, 0, 4, true);
        bench.results(0, 0, 1, false);
    }
    assert_eq!(bench.verdicts, []);
}

/// Sweeps are every 10 s: an ejection of 30 s from 12 s on ends with the sweep at 50 s. The second
/// lasts 60 s, and so on to 300 s. What the row of ejections has added is forgotten by one base
/// time a sweep, so the eleventh is back at 30 s only after ten sweeps without ejection.
#[test]
fn ejections_grow_by_the_base_time_and_end_with_a_sweep() {
    let mut bench = Bench::new(r#"{"consecutive_failures": 1}"#, 10);
    bench.results(12_000, 3, 1, true);
    let mut back = bench.back_from(12, 3);
    assert_eq!(back, 50);
    for multiple in 2..=12_u64 {
        bench.results(back * 1_000, 3, 1, true);
        let next = bench.back_from(back, 3);
        assert_eq!(next - back, 30 * multiple.min(10), "ejection {multiple}");
        back = next;
    }
    // The multiplier has stopped at 11: after nine sweeps it is 2, and an ejection makes it 3.
    bench.results(back * 1_000 + 90_001, 3, 1, true);
    let next = bench.back_from(back + 91, 3);
    assert_eq!(next - back, 190, "90 s of the ejection end at the sweep after 180 s");
}

/// Results that come while a replica is ejected begin no row: back again, it has a full one.
#[test]
fn a_replica_comes_back_without_a_row() {
    let mut bench = Bench::new(r#"{"consecutive_failures": 5}"#, 10);
    bench.results(0, 3, 5, true);
    bench.results(1_000, 3, 4, true);
    assert_eq!(bench.back_from(2, 3), 30);
    bench.results(30_001, 3, 4, true);
    assert_eq!(bench.left(30_001).0.len(), 10);
    bench.results(30_002, 3, 1, true);
    assert_eq!(bench.left(30_002).0.len(), 9);
}

/// Rates of 50 and four times 100 %: a mean of 90, a standard deviation of 20, and 52 as the bound,
/// as the comment in Envoy's source has it. With five replicas one bad one is just caught.
#[test]
fn a_success_rate_is_judged_by_mean_and_deviation() {
    let spec = r#"{"success_rate": {}, "max_ejected": 0.5}"#;
    let mut bench = Bench::new(spec, 5);
    let interval = |bench: &mut Bench, at_ms, bad: u32, volume: u32| {
        (0..4).for_each(|replica| bench.results(at_ms, replica, volume, false));
        bench.results(at_ms, 4, volume / 2, false);
        bench.results(at_ms, 4, bad, true);
    };
    interval(&mut bench, 1, 50, 100);
    assert_eq!(bench.left(9_999).0.len(), 5, "no sweep yet");
    assert_eq!(bench.left(10_000).0, [0, 1, 2, 3]);
    // Too few results, or too few replicas with enough.
    let mut few = Bench::new(spec, 5);
    interval(&mut few, 1, 49, 98);
    assert_eq!(few.left(10_000).0.len(), 5);
    // Two that are equally bad among five hide each other.
    let mut two = Bench::new(spec, 5);
    (0..3).for_each(|replica| two.results(1, replica, 100, false));
    (3..5).for_each(|replica| two.results(1, replica, 100, true));
    assert_eq!(two.left(10_000).0.len(), 5);
    // Of four, no single one is 1.9 deviations away, whatever it does.
    let mut four =
        Bench::new(r#"{"success_rate": {"minimum_replicas": 4}, "max_ejected": 0.5}"#, 4);
    (0..3).for_each(|replica| four.results(1, replica, 100, false));
    four.results(1, 3, 100, true);
    assert_eq!(four.left(10_000).0.len(), 4);
}

/// At 85 % Envoy ejects and gRPC does not: there the threshold has to be exceeded.
#[test]
fn a_failure_rate_ejects_at_the_threshold_or_above_it() {
    for (rule, failures, expected) in
        [("Envoy", 84, 5), ("Envoy", 85, 4), ("Grpc", 85, 5), ("Grpc", 86, 4)]
    {
        let spec = format!(r#"{{"failure_rate": {{}}, "max_ejected": 0.2, "rule": "{rule}"}}"#);
        let mut bench = Bench::new(&spec, 5);
        (0..4).for_each(|replica| bench.results(1, replica, 100, false));
        bench.results(1, 4, failures, true);
        bench.results(1, 4, 100 - failures, false);
        assert_eq!(bench.left(10_000).0.len(), expected, "{rule}, {failures}");
    }
}

/// gRPC compares the share before the ejection: of five replicas it ejects one with 10 %, and two
/// with 30 %.
#[test]
fn grpc_ejects_while_the_share_is_below_its_bound() {
    for (most, expected) in [(0.0, 5), (0.1, 4), (0.2, 4), (0.3, 3)] {
        let spec = format!(
            r#"{{"failure_rate": {{}}, "max_ejected": {most}, "rule": "Grpc",
                "panic_threshold": 0}}"#
        );
        let mut bench = Bench::new(&spec, 5);
        (0..2).for_each(|replica| bench.results(1, replica, 100, false));
        (2..5).for_each(|replica| bench.results(1, replica, 100, true));
        assert_eq!(bench.left(10_000).0.len(), expected, "{most}");
    }
}

#[test]
fn below_the_threshold_a_client_panics() {
    let spec = r#"{"consecutive_failures": 1, "max_ejected": 1, "panic_threshold": 0.5}"#;
    let mut bench = Bench::new(spec, 4);
    bench.results(1, 0, 1, true);
    bench.results(1, 1, 1, true);
    assert_eq!(bench.left(2), (vec![2, 3], false), "half is not below half");
    bench.results(2, 2, 1, true);
    assert_eq!(bench.left(3), (vec![0, 1, 2, 3], true));
    let never = r#"{"consecutive_failures": 1, "max_ejected": 1, "panic_threshold": 0}"#;
    let mut bench = Bench::new(never, 2);
    (0..2).for_each(|replica| bench.results(1, replica, 1, true));
    assert_eq!(bench.left(2), (Vec::new(), false));
}

/// A detection is enforced with its probability, drawn for each: binomial with 2,000 detections.
#[test]
fn a_ratio_of_detections_is_enforced() {
    let spec = r#"{"failure_rate": {"enforced": 0.3, "minimum_calls": 1, "minimum_replicas": 1},
        "max_ejected": 1, "panic_threshold": 0, "interval": "1s", "base_ejection_time": "1s",
        "max_ejection_time": "1s"}"#;
    let mut bench = Bench::new(spec, 1_000);
    for round in 0..2 {
        (0..1_000).for_each(|replica| bench.results(round * 5_000 + 1, replica, 1, true));
        bench.left(round * 5_000 + 4_000);
    }
    let ejected = bench.verdicts.iter().filter(|(verdict, _)| *verdict == Verdict::Ejected).count();
    // 600, with a standard deviation of 20.5.
    assert!(ejected.abs_diff(600) < 82, "{ejected}");
}

/// Jitter is among whole milliseconds, both ends included, so a return can come a sweep later.
#[test]
fn jitter_spreads_returns_over_sweeps() {
    let spec = r#"{"consecutive_failures": 1, "max_ejected": 1, "panic_threshold": 0,
        "interval": "1ms", "base_ejection_time": "10ms", "max_ejection_time_jitter": "3ms"}"#;
    let mut bench = Bench::new(spec, 4_000);
    (0..4_000).for_each(|replica| bench.results(0, replica, 1, true));
    let left: Vec<usize> = (9..14).map(|ms| bench.left(ms).0.len()).collect();
    assert_eq!([left[0], left[4]], [0, 4_000]);
    // A quarter each: binomial, 1,000 with a standard deviation of 27.
    for (at, expected) in [(1, 1_000), (2, 2_000), (3, 3_000)] {
        assert!(left[at].abs_diff(expected) < 130, "{left:?}");
    }
}

/// Sweeps without results are skipped, and change what they would have changed one by one.
#[test]
fn a_long_pause_is_as_many_sweeps() {
    let spec = r#"{"consecutive_failures": 1, "interval": "1ms"}"#;
    let mut apart = Bench::new(spec, 10);
    let mut at_once = Bench::new(spec, 10);
    for round in 0..3 {
        let at = round * 31_000;
        apart.results(at, 0, 1, true);
        at_once.results(at, 0, 1, true);
        (at..at + 31_000).for_each(|ms| drop(apart.left(ms)));
    }
    let end = 3 * 31_000 + 29_998;
    assert_eq!(apart.left(end), at_once.left(end));
    assert_eq!(apart.verdicts, at_once.verdicts);
}
