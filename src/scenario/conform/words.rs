//! Hints for the vocabulary of other tools. Most words are declared beside the mechanism that they
//! mean.

use crate::model::mechanism::retry::budget;
use crate::model::mechanism::{DECLARATIONS, LAYERS, backoff};
use crate::model::spec::distribution;
use crate::model::spec::word::{Word, word};

/// Words of no particular mechanism. "{layers}" is replaced by the list of layers.
#[rustfmt::skip]
const WORDS: &[Word] = &[
    word(&["Layer"], &["load_shed", "load_shedder", "load_shedding"],
        "that is the `queue` of a service or of a Bulkhead: more are refused at once"),
    word(&["Layer"], &["load_balancer", "balancer"],
        "that is the `balancing` of a call or a consumer: balancing: LeastRequest"),
    word(&["Layer"], &["fallback", "cache"],
        "not there yet; a service with time: Bimodal(..) is a cache in front of something slow"),
    word(&["Layer"], &["preset", "defaults"],
        "a preset is a field of a layer: Retry(preset: \"resilience4j/2.3\")"),
    word(&["Arm"], &["load"], "the load is the same in every arm: give it outside `arms`"),
    word(&["Scenario"], &["horizon", "time", "simulation_time", "run_for"],
        "that is `duration` here"),
    word(&["Scenario"], &["loads", "workload", "traffic"], "that is `load` here"),
    word(&["Scenario", "Arm"], &["replicas", "hosts"],
        "that is the `replicas` of a service"),
    word(&["Scenario", "Arm"], &["clients"],
        "requests come from `load`; from how many clients a call is made is its own `clients`"),
    word(&["Scenario", "Arm"], &["rate_limits", "autoscaler", "autoscaling", "network"],
        "not there yet"),
    word(&["Scenario"], &["slo", "slos", "assertions", "thresholds", "checks"],
        "what must be so is `expect`: expect: [\"latency.end_to_end.p99 < 250ms\"]"),
    word(&["Scenario"], &["ignore", "suppress", "disable"],
        "that is `allow` here: names of lints that are not warned of"),
    word(&[], &["fallback", "outlier_detection"],
        "not there yet; the layers of a policy are {layers}"),
    word(&[], &["load_balancer"], "that is the `balancing` of a call or a consumer"),
    word(&[], &["horizon"], "that is `duration`, a field of the scenario"),
];

/// All words: those of mechanisms, of distributions, and the rest.
fn words() -> impl Iterator<Item = &'static Word> + Clone {
    let of_mechanisms = DECLARATIONS.iter().flat_map(|declaration| declaration.words);
    let of_parts = backoff::words::WORDS.iter().chain(budget::spec::WORDS);
    of_mechanisms.chain(of_parts).chain(distribution::WORDS).chain(WORDS)
}

/// The hint for a word `within` a struct, a variant or an enum.
pub(super) fn here(within: &str, name: &str) -> Option<String> {
    let name = snake(name);
    let mut words = words().filter(|word| word.names.contains(&name.as_str()));
    let own = words.clone().find(|word| word.within.contains(&within));
    own.or_else(|| words.find(|word| word.within.is_empty() && !is_enum(within))).map(hint)
}

fn hint(word: &Word) -> String {
    word.hint.replace("{layers}", &layers())
}

/// "Timeout, Retry and Breaker".
fn layers() -> String {
    let names: Vec<&str> = LAYERS.iter().map(|layer| layer.name).collect();
    match names.split_last() {
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// True if `within` is an enum; words that apply everywhere are names of fields, which it lacks.
fn is_enum(within: &str) -> bool {
    use crate::scenario::shape::{Definition, SHAPES};
    matches!(SHAPES.find(within), Some(Definition::Enum(_)))
}

/// The snake case of a name: `maxAttempts`, `Max-Attempts` and `MAX_ATTEMPTS` are `max_attempts`.
pub(super) fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    let mut before = '_';
    for c in name.chars() {
        let begins = c.is_uppercase() && !before.is_uppercase() && before != '_';
        if begins {
            snake.push('_');
        }
        match c {
            '-' | '.' => snake.push('_'),
            c => snake.extend(c.to_lowercase()),
        }
        before = if matches!(c, '-' | '.') { '_' } else { c };
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::shape::{Definition, SHAPES};

    #[test]
    fn every_spelling_is_one_word() {
        for name in ["maxAttempts", "MaxAttempts", "max-attempts", "MAX_ATTEMPTS", "max_attempts"] {
            assert_eq!(snake(name), "max_attempts", "{name}");
        }
        assert_eq!(snake("waitDurationInOpenState"), "wait_duration_in_open_state");
        assert_eq!(snake("bulkhead.maxConcurrentCalls"), "bulkhead_max_concurrent_calls");
    }

    /// The fields of a struct or variant, or the variants of an enum, in snake case.
    fn known(within: &str) -> Vec<String> {
        match SHAPES.find(within) {
            Some(Definition::Enum(variants)) => {
                variants.iter().map(|variant| snake(&variant.name)).collect()
            }
            Some(Definition::Struct(fields)) => {
                fields.iter().map(|field| field.name.clone()).collect()
            }
            None => SHAPES.variant_fields(within).expect("a struct, an enum or a variant"),
        }
    }

    #[test]
    fn hints_name_existing_fields_and_shadow_none() {
        for word in words() {
            for name in word.names {
                assert_eq!(snake(name), *name, "it is compared in snake case");
                for within in word.within {
                    assert_eq!(here(within, name), Some(hint(word)), "{within}: {name}");
                    let is_known = known(within).iter().any(|other| other == name);
                    assert!(!is_known, "`{name}` is a word of `{within}` by now");
                }
                if word.within.is_empty() {
                    assert_eq!(here("Stage", name), Some(hint(word)), "{name}");
                }
            }
            // A hint quotes only fields of this release.
            for quoted in word.hint.split('`').skip(1).step_by(2) {
                let is_field = !SHAPES.homes(quoted).is_empty();
                assert!(is_field || quoted == "Retry(..)", "`{quoted}` in: {}", word.hint);
            }
        }
    }
}
