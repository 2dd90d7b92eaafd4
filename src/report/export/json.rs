//! The result as JSON, schema [`RESULT_SCHEMA`](crate::report::result::RESULT_SCHEMA).
//!
//! Keys come in the order of the data, integers are exact, floats are the shortest text that reads
//! back as the same number, and a missing value is `null`.

use crate::report::result::RunResult;

/// One object over many lines, for files and readers, with a newline at the end.
#[must_use]
pub fn to_json(result: &RunResult) -> String {
    let json = serde_json::to_string_pretty(result).expect("a result has string keys only");
    json + "\n"
}

/// Data of any other schema, in the same form.
///
/// # Panics
/// If the data has a key that is no string, which no schema here has.
#[must_use]
pub fn pretty(data: &impl serde::Serialize) -> String {
    let json = serde_json::to_string_pretty(data).expect("the data has string keys only");
    json + "\n"
}

/// One object on one line, for streams of runs, with a newline at the end.
#[must_use]
pub fn to_json_line(result: &RunResult) -> String {
    let json = serde_json::to_string(result).expect("a result has string keys only");
    json + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_burst() {
        insta::assert_snapshot!(to_json(&sample::burst()));
    }

    /// Keys that readers may rely on, in this order; others may stand between them.
    #[test]
    fn keys_are_those_of_the_schema() {
        let value: serde_json::Value =
            serde_json::from_str(&to_json(&sample::burst())).expect("it is JSON");
        let latency = "count mean_ns min_ns p50_ns p90_ns p95_ns p99_ns p999_ns max_ns exact";
        let expected = [
            ("", "schema dessim scenario seed fingerprint fingerprints events virtual_ns arms"),
            ("/scenario", "name digest"),
            ("/fingerprints", "order timing results"),
            (
                "/arms/rpc",
                "requests attempts amplification goodput_per_s latency wasted components",
            ),
            (
                "/arms/rpc/requests",
                "offered succeeded late failed rejected shed dropped dead_lettered in_flight",
            ),
            ("/arms/rpc/attempts", "total failed retries timeouts errors cancelled"),
            ("/arms/rpc/latency", "end_to_end processing outcome"),
            ("/arms/rpc/latency/end_to_end", latency),
            ("/arms/rpc/latency/processing", latency),
            ("/arms/rpc/latency/outcome", latency),
            ("/arms/rpc/wasted", "work_ns ratio"),
        ];
        for (path, keys) in expected {
            let object = value.pointer(path).and_then(|value| value.as_object());
            let object = object.unwrap_or_else(|| panic!("{path} is no object"));
            let keys: Vec<&str> = keys.split(' ').collect();
            let present: Vec<&str> =
                object.keys().map(String::as_str).filter(|key| keys.contains(key)).collect();
            assert_eq!(present, keys, "{path}");
        }
    }

    #[test]
    fn numbers_are_exact_and_none_is_null() {
        let mut arm = sample::healthy(0);
        arm.goodput_per_s = Some(0.1 + 0.2);
        arm.events = u64::MAX;
        arm.wasted.ratio = Some(f64::NAN);
        let line = to_json_line(&sample::run(&[("a", arm)]));
        assert!(line.contains("\"goodput_per_s\":0.30000000000000004"));
        assert!(line.contains("\"events\":18446744073709551615"));
        assert!(line.contains("\"amplification\":null"));
        assert!(line.contains("\"p99_ns\":null"));
        assert!(line.contains("\"ratio\":null"));
        assert!(line.ends_with("}\n") && line.lines().count() == 1);
    }
}
