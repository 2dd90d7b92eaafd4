//! Names of numbers in other tools, and the expressions for them.
//!
//! None of these names is accepted, because a metric has one name; the refusal has it.

use crate::metrics::arm;
use crate::metrics::names::bare;

/// Expressions for a number, each with its meaning. `{}` stands for the arm and its dot.
pub(super) type Ways = &'static [(&'static str, &'static str)];

const SUCCESS: Ways = &[("{}succeeded_ratio", "requests that succeeded in time, of all")];
const ERRORS: Ways = &[
    ("1 - {}succeeded_ratio", "requests that did not succeed, whatever became of them"),
    ("{}requests.failed / {}requests.offered", "those that ended in an error or a timeout"),
];
const THROUGHPUT: Ways = &[("{}goodput_per_s", "requests that succeeded in time, a second")];
const RATE: Ways = &[
    ("{}goodput_per_s", "requests that succeeded in time, a second"),
    ("{}requests.offered", "all that arrived; over a time of your choice it is a rate"),
];
const OFFERED: Ways = &[("{}requests.offered", "all that arrived")];
const FAILED: Ways = &[("{}requests.failed", "requests that ended in an error or a timeout")];
const TIMEOUTS: Ways = &[
    ("{}failed_by.timeout", "requests that ended in a timeout"),
    ("{}attempts.timeouts", "attempts that did"),
];
const ATTEMPTS: Ways = &[("{}attempts.total", "everything that was sent to a service")];
const RETRIES: Ways = &[
    ("{}attempts.retries", "attempts after the first of a request"),
    ("{}amplification", "attempts for each request"),
];
const DEAD: Ways = &[("{}requests.dead_lettered", "messages that a consumer gave up")];
const PENDING: Ways = &[("{}requests.in_flight", "requests under way when the run ended")];
const WASTE: Ways = &[("{}wasted.ratio", "work for callers that had left, of all work")];
const LENGTH: Ways = &[("{}end", "the last instant of the run")];

/// Each word once, in snake case.
const WORDS: &[(&[&str], Ways)] = &[
    (
        &[
            "success_ratio",
            "success_rate",
            "successes",
            "success",
            "availability",
            "uptime",
            "reliability",
            "succeeded_rate",
        ],
        SUCCESS,
    ),
    (
        &[
            "error_rate",
            "error_ratio",
            "errors",
            "failure_rate",
            "failure_ratio",
            "failed_ratio",
            "failed_rate",
            "unavailability",
            "loss_ratio",
        ],
        ERRORS,
    ),
    (&["throughput", "goodput", "served_per_s"], THROUGHPUT),
    (&["rps", "qps", "tps", "rate", "requests_per_second", "requests_per_s"], RATE),
    (&["requests", "offered", "arrivals", "total", "load"], OFFERED),
    (&["failures", "failed"], FAILED),
    (&["timeouts", "timed_out", "timeout_rate"], TIMEOUTS),
    (&["attempts", "tries", "calls"], ATTEMPTS),
    (&["retries", "retry_rate", "retry_ratio", "retry_count", "retry_amplification"], RETRIES),
    (&["dead_letters", "dead_lettered", "dlq", "dlq_depth"], DEAD),
    (&["in_flight", "inflight", "pending", "concurrency"], PENDING),
    (&["waste", "wasted", "wasted_work", "wasted_ratio"], WASTE),
    (&["duration", "runtime", "makespan"], LENGTH),
];

/// Expressions for a number of an arm that other tools call `word`.
pub(super) fn ways(word: &str) -> Option<Vec<(String, String)>> {
    let word = word.to_lowercase().replace('-', "_");
    let known = WORDS.iter().find(|(words, _)| words.contains(&word.as_str()));
    if let Some((_, ways)) = known {
        let own = |(way, about): &(&str, &str)| ((*way).to_owned(), (*about).to_owned());
        return Some(ways.iter().map(own).collect());
    }
    let part = latency_part(&word)?;
    Some(vec![
        (format!("{{}}latency.end_to_end.{part}"), "of requests that succeeded in time".to_owned()),
        (format!("{{}}latency.outcome.{part}"), "of all that ended, however they did".to_owned()),
    ])
}

/// The part of a latency that a word means: `p99`, `latency_p99`, `avg_response_time`, `p99.9`.
fn latency_part(word: &str) -> Option<&'static str> {
    let mut rest = word.to_owned();
    for filler in ["latency", "response_time", "duration", "end_to_end", "e2e", "_ns", "_ms"] {
        rest = rest.replace(filler, "");
    }
    let part = match rest.trim_matches(['.', '_']) {
        "p50" | "median" | "" if word != rest => "p50",
        "median" => "p50",
        "avg" | "average" | "mean" => "mean",
        "p99.9" | "p99_9" | "p999" => "p999",
        "maximum" => "max",
        "minimum" => "min",
        part => part,
    };
    let mut parts = arm::parts().map(|(name, _)| bare(name));
    parts.find(|name| *name == part && *name != "count")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::expect::tests::known;
    use crate::scenario::expect::{read, read_condition};

    fn all() -> impl Iterator<Item = &'static str> {
        let latencies =
            ["p99", "latency_p99", "p99_latency", "latency.p99", "avg", "P999", "p99.9"];
        let more = ["latency", "response_time", "median_latency", "max", "latency_p95_ms"];
        WORDS.iter().flat_map(|(words, _)| words.iter().copied()).chain(latencies).chain(more)
    }

    #[test]
    fn every_answer_is_understood_in_every_arm_and_in_one() {
        let known = known();
        for word in all() {
            for (way, _) in ways(word).expect(word) {
                for arm in ["", "rpc."] {
                    let sentence = format!("{} >= 0", way.replace("{}", arm));
                    read_condition(&sentence, &known).unwrap_or_else(|why| panic!("{word}: {why}"));
                }
            }
        }
    }

    #[test]
    fn no_word_is_a_metric_or_occurs_twice() {
        let known = known();
        let mut words: Vec<&str> = all().collect();
        for word in &words {
            let refusal = read(&format!("{word} >= 0"), &known).expect_err(word);
            assert!(refusal.hint.is_some_and(|hint| hint.contains('`')), "{word}");
        }
        let count = words.len();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), count);
        assert!(ways("nonsense").is_none() && ways("count").is_none());
    }
}
