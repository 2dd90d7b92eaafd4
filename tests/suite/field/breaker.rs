//! Breakers of libraries, transcribed by the tables of `docs/scenario.md`, in faults with a known
//! outcome of the library.

use dessim::metrics::probe::EventKind;

use crate::support::{count, listen, moments, only, scenario, seeded};

/// Ratio of successes, openings and closings of the component `breaker`, and the instant of its
/// last refusal in seconds, in one run.
fn outcome(name: &str, breaker: &str, seed: u64) -> (f64, u64, u64, f64) {
    let path = format!("{}/tests/data/cases/{name}.ron", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("a file of this repository");
    let mut last = 0;
    let result = listen(&scenario(&text), &seeded(seed), |_, _, record| {
        if record.kind == EventKind::REJECTED {
            last = record.at.as_ns();
        }
    });
    let arm = only(&result);
    let component = &arm.components[breaker];
    let succeeded = arm.requests.succeeded as f64 / arm.requests.offered as f64;
    (succeeded, count(component, "opened"), count(component, "closed"), last as f64 / 1e9)
}

/// A minute of failures in an hour of 20 requests a second: the breaker opens once at its start,
/// and closes by ten trial calls after its end. 97.3 % succeed; the about 1,200 refused requests
/// vary by 35, or 0.05 %, between seeds.
#[test]
fn resilience4j_opens_once_and_closes_when_the_fault_is_over() {
    let runs: Vec<_> =
        (1..=5).map(|seed| outcome("breaker_resilience4j", "user.breaker", seed)).collect();
    for &(succeeded, opened, closed, last) in &runs {
        assert!((0.9715..=0.9745).contains(&succeeded), "{runs:?}");
        assert_eq!((opened, closed), (1, 1));
        // Open for 60 s since some 2.5 s after 300 s; half a second of trial calls.
        assert!((361.5..366.0).contains(&last), "{last}");
    }
    let (mean, _) = moments(&runs.iter().map(|run| run.0).collect::<Vec<_>>());
    assert!((mean - 0.973).abs() < 0.001, "{mean}");
}

/// 30 % errors for 20 s at 100 requests a second, with the defaults of .NET's standard resilience
/// handler: three openings of 5 s, the last of which outlasts the fault. 97.0 to 97.2 % succeed.
#[test]
fn polly_opens_three_times_and_closes_seconds_after_the_fault() {
    let runs: Vec<_> = (1..=10).map(|seed| outcome("breaker_polly", "web.breaker", seed)).collect();
    for &(succeeded, opened, _, last) in &runs {
        assert!((0.966..=0.976).contains(&succeeded), "{runs:?}");
        assert_eq!(opened, 3, "{runs:?}");
        assert!((81.5..=84.0).contains(&last), "{last}");
    }
    let (mean, _) = moments(&runs.iter().map(|run| run.0).collect::<Vec<_>>());
    assert!((0.9695..=0.9725).contains(&mean), "{mean}");
}
