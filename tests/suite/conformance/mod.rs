//! Mechanisms against the libraries: recorded sequences of `conformance/run --record`.

mod play;

use std::fs;
use std::path::{Path, PathBuf};

use play::{Answer, Sequence, Step, first_difference};

/// The recorded files, and what makes each worth something: many calls that pass at once and many
/// that do not, samples that raise a limit and others that lower it, or many further copies.
#[test]
fn mechanisms_decide_as_the_libraries_did() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/conformance");
    let mut files = 0;
    let all = |folder: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).expect("it is there");
        entries.map(|entry| entry.expect("it can be read").path()).collect()
    };
    for path in all(&folder).iter().flat_map(|kind| all(kind)) {
        let text = fs::read_to_string(&path).expect("a text");
        let (mut admitted, mut refused) = (0, 0);
        let (mut raised, mut lowered) = (0, 0);
        let mut copies = 0;
        for (number, line) in text.lines().enumerate() {
            let sequence: Sequence = serde_json::from_str(line).expect("a sequence");
            assert!(path.parent().expect("a folder").ends_with(sequence.mechanism.folder()));
            if let Some(difference) = first_difference(&sequence) {
                panic!("{} line {}: {difference}", path.display(), number + 1);
            }
            let mut before = 0;
            for (step, answer) in sequence.steps.iter().zip(&sequence.answers) {
                match (step, answer) {
                    (
                        Step::Call(_),
                        Answer::Breaker(true)
                        | Answer::Passes(0)
                        | Answer::Probability { probability_bits: 0 },
                    ) => admitted += 1,
                    (Step::Send(..), Answer::Available { available }) => {
                        let all = sequence.settings["replicas"].as_u64().expect("a number");
                        let ejected = available.count_ones() < all as u32;
                        admitted += usize::from(!ejected);
                        refused += usize::from(ejected);
                    }
                    (_, Answer::Goes { starts, refused: not }) => {
                        let at_once = starts.iter().filter(|(_, wait)| *wait == 0).count();
                        admitted += at_once;
                        refused += starts.len() - at_once + not.len();
                    }
                    (_, Answer::Hedge { sent, .. }) => {
                        copies += sent.iter().filter(|copy| copy[1] > 0).count();
                    }
                    (Step::Call(_), _) => refused += 1,
                    (Step::Ends(end), Answer::No) if end.outcome.is_some() => refused += 1,
                    (Step::Sample(..), Answer::Limit { limit }) => {
                        raised += usize::from(*limit > before);
                        lowered += usize::from(*limit < before);
                        before = *limit;
                    }
                    (_, _) => {}
                }
            }
        }
        let changes = [raised, lowered];
        let limits = raised > 10 && lowered >= 5;
        let calls = admitted > 200 && refused > 150;
        let worth = limits || calls || copies > 150;
        assert!(worth, "{}: {admitted} {refused} {changes:?} {copies}", path.display());
        files += 1;
    }
    assert!(files >= 6, "a file for each library");
}

/// Envoy's limits and ejections against the steps of its source, which scripts follow function by
/// function.
#[test]
fn envoy_decides_as_its_source_does() {
    for name in ["adaptive_concurrency", "outlier_detection"] {
        let path = format!("tests/data/envoy/{name}.jsonl");
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&path));
        let mut changes = 0;
        for (number, line) in text.expect(&path).lines().enumerate() {
            let sequence: Sequence = serde_json::from_str(line).expect("a sequence");
            if let Some(difference) = first_difference(&sequence) {
                panic!("{path} line {}: {difference}", number + 1);
            }
            let answers: Vec<&Answer> =
                sequence.answers.iter().filter(|answer| **answer != Answer::No).collect();
            changes += answers.windows(2).filter(|of| of[0] != of[1]).count();
        }
        assert!(changes > 300, "{path}: {changes} changes");
    }
}

/// A difference is found and told: the comparison is no empty promise.
#[test]
fn a_difference_is_told_with_what_led_to_it() {
    let line = r#"{
        "mechanism": {"RateLimit": {"algorithm": {"Gcra": {"every": "10ms", "burst": 1}}}},
        "settings": {}, "steps": [{"call": 0}, {"call": 9999999}, {"call": 10000000}],
        "answers": [0, 0, 0]
    }"#;
    let sequence: Sequence = serde_json::from_str(line).expect("a sequence");
    let difference = first_difference(&sequence).expect("the second call is refused");
    let told = "step 1, Call(9999999): the library says Passes(0), dessim No";
    assert!(difference.starts_with(told), "{difference}");
}
