//! The result as CSV in long form: one line for each number, ready for a pivot table or a plot.
//!
//! Columns are `scenario,seed,arm,component,metric,value`. `component` is empty for a number of
//! the whole arm; a metric is its path in the JSON (`requests.offered`, `wait.p99_ns`) and so ends
//! in its unit; an empty value is a number that does not exist.
//!
//! # Formulas
//! A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, and names come
//! from files of others. Such a name gets an apostrophe in front, as does a name that begins with
//! an apostrophe, so that taking one leading apostrophe away gives back every name exactly.

use super::result::RunResult;
use super::rows::{Scalar, rows};

const HEADER: [&str; 6] = ["scenario", "seed", "arm", "component", "metric", "value"];

/// The runs as one table under one header.
#[must_use]
pub fn to_csv(results: &[RunResult]) -> String {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let mut write = |record: [&str; 6]| {
        let written = writer.write_record(record);
        written.expect("records of one length in memory are always written");
    };
    write(HEADER);
    for result in results {
        let scenario = guarded(&result.scenario.name);
        let seed = result.seed.to_string();
        for (name, arm) in &result.arms {
            let arm_name = guarded(name);
            for row in rows(arm) {
                let component = guarded(row.component);
                for (part, value) in row.value.scalars() {
                    let metric = match part {
                        "" => row.metric.to_owned(),
                        part => format!("{}.{part}", row.metric),
                    };
                    let value = cell(value);
                    write([&scenario, &seed, &arm_name, &component, &metric, &value]);
                }
            }
        }
    }
    let bytes = writer.into_inner().expect("memory is always flushed");
    String::from_utf8(bytes).expect("every cell is UTF-8")
}

fn cell(value: Scalar) -> String {
    match value {
        Scalar::Integer(value) => value.to_string(),
        Scalar::Float(value) => value.to_string(),
        Scalar::None => String::new(),
    }
}

fn guarded(name: &str) -> String {
    // Some programs look past leading spaces, so this does too.
    let risky = ['=', '+', '-', '@', '\''];
    if name.trim_start().starts_with(risky) { format!("'{name}") } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_burst() {
        let mut result = sample::burst();
        result.arms.remove("event-driven");
        insta::assert_snapshot!(to_csv(&[result]));
    }

    #[test]
    fn names_never_become_formulas_and_come_back_exactly() {
        let names = ["=1+1", "+x", "-x", "@x", " =x", "'=x", "plain", "a=b", "非同期"];
        for name in names {
            let guarded = guarded(name);
            assert!(!guarded.trim_start().starts_with(['=', '+', '-', '@']));
            assert_eq!(guarded.strip_prefix('\'').unwrap_or(&guarded), name);
        }
    }

    #[test]
    fn names_with_separators_are_quoted() {
        let mut result = sample::burst();
        result.scenario.name = "a, \"b\"".to_owned();
        let text = to_csv(&[result.clone()]);
        let mut reader = ::csv::Reader::from_reader(text.as_bytes());
        for record in reader.records() {
            let record = record.expect("what was written can be read");
            assert_eq!(&record[0], "a, \"b\"");
        }
    }
}
