//! Mechanisms against the libraries: recorded sequences of `conformance/run --record`.

mod play;

use std::fs;
use std::path::Path;

use play::{Answer, Sequence, Step, first_difference};

/// The recorded files, and what makes each worth something: many calls that pass
/// at once, and many that do not.
#[test]
fn mechanisms_decide_as_the_libraries_did() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/conformance");
    let mut files = 0;
    for entry in fs::read_dir(folder).expect("it is there") {
        let path = entry.expect("it can be read").path();
        let text = fs::read_to_string(&path).expect("a text");
        let (mut admitted, mut refused) = (0, 0);
        for (number, line) in text.lines().enumerate() {
            let sequence: Sequence = serde_json::from_str(line).expect("a sequence");
            if let Some(difference) = first_difference(&sequence) {
                panic!("{} line {}: {difference}", path.display(), number + 1);
            }
            for (step, answer) in sequence.steps.iter().zip(&sequence.answers) {
                match (step, answer) {
                    (Step::Call(_), Answer::Breaker(true) | Answer::Passes(0)) => admitted += 1,
                    (Step::Call(_), _) => refused += 1,
                    (Step::Ends(end), Answer::No) if end.outcome.is_some() => refused += 1,
                    (Step::Succeeds(..) | Step::Fails(..) | Step::Ends(_), _) => {}
                }
            }
        }
        assert!(admitted > 200 && refused > 200, "{}: {admitted} {refused}", path.display());
        files += 1;
    }
    assert!(files >= 6, "a file for each library");
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
