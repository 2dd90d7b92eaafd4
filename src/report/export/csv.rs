//! The result as CSV in long form: one line for each number, ready for a pivot table or a plot.
//!
//! Columns are `scenario,seed,arm,component,metric,from_ns,until_ns,value`. `component` is empty
//! for a number of the whole arm; a metric is its path in the JSON (`requests.offered`,
//! `wait.p99_ns`) and so ends in its unit; an empty value is a number that does not exist. Totals
//! come first and are of no bin: `from_ns` and `until_ns` are empty.
//!
//! # Formulas
//! A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, and names come
//! from files of others. Such a name gets a leading apostrophe. So does a name that begins with
//! `::`, which is a command to the runner of GitHub's actions, and a name that begins with an
//! apostrophe, so that removing one leading apostrophe restores every name exactly.

use std::io::{self, Write};

use super::long;
use crate::report::result::RunResult;
use crate::report::rows::Scalar;

/// The columns, in their order.
pub const HEADER: [&str; 8] =
    ["scenario", "seed", "arm", "component", "metric", "from_ns", "until_ns", "value"];

/// A table written run by run, without keeping runs in memory.
#[derive(Debug)]
pub struct Table<W: Write>(::csv::Writer<W>);

impl<W: Write> Table<W> {
    /// A table without runs.
    ///
    /// # Errors
    /// Errors of the writer.
    pub fn new(out: W) -> io::Result<Self> {
        let mut writer = ::csv::Writer::from_writer(out);
        writer.write_record(HEADER).map_err(failed)?;
        Ok(Self(writer))
    }

    /// Adds every number of a run.
    ///
    /// # Errors
    /// Errors of the writer.
    pub fn add(&mut self, result: &RunResult) -> io::Result<()> {
        let scenario = guarded(&result.scenario.name);
        let seed = result.seed.to_string();
        long::each(result, |entry| {
            let (arm, component) = (guarded(entry.arm), guarded(entry.component));
            let (from, until) = match entry.span {
                Some((from, until)) => (from.to_string(), until.to_string()),
                None => Default::default(),
            };
            let value = cell(entry.value);
            let metric = entry.metric;
            let record = [&scenario, &seed, &arm, &component, metric, &from, &until, &value]
                .map(str::as_bytes);
            self.0.write_record(record).map_err(failed)
        })
    }

    /// Flushes the table and returns the writer.
    ///
    /// # Errors
    /// Errors of the writer.
    pub fn finish(self) -> io::Result<W> {
        self.0.into_inner().map_err(::csv::IntoInnerError::into_error)
    }
}

/// The runs as one table under one header.
#[must_use]
pub fn to_csv(results: &[RunResult]) -> String {
    let mut table = Table::new(Vec::new()).expect("memory can be written to");
    for result in results {
        table.add(result).expect("records of one length are always written to memory");
    }
    let bytes = table.finish().expect("memory is always flushed");
    String::from_utf8(bytes).expect("every cell is UTF-8")
}

/// The I/O error within `error`, or `error` wrapped in one.
pub(in crate::report) fn failed(error: ::csv::Error) -> io::Error {
    match error.into_kind() {
        ::csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

pub(in crate::report) fn cell(value: Scalar) -> String {
    match value {
        Scalar::Integer(value) => value.to_string(),
        Scalar::Float(value) => value.to_string(),
        Scalar::None => String::new(),
    }
}

pub(in crate::report) fn guarded(name: &str) -> String {
    // Some programs skip leading spaces, so they are skipped here.
    let start = name.trim_start();
    let risky = start.starts_with(['=', '+', '-', '@', '\'']) || start.starts_with("::");
    if risky { format!("'{name}") } else { name.to_owned() }
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
    fn bins_follow_the_totals_of_all_arms() {
        let text = to_csv(&[sample::over_time()]);
        let mut reader = ::csv::Reader::from_reader(text.as_bytes());
        let rows = reader.records().map(|row| row.expect("what was written can be read"));
        let rows: Vec<::csv::StringRecord> = rows.collect();
        let first = rows.iter().position(|row| !row[5].is_empty()).expect("there are bins");
        assert!(rows[..first].iter().all(|row| row[5].is_empty() && row[6].is_empty()));
        assert!(rows[first..].iter().all(|row| !row[5].is_empty() && !row[6].is_empty()));
        // Two arms, ten numbers, four bins.
        assert_eq!(rows.len() - first, 2 * 10 * 4);
        let bins: Vec<&str> = text.lines().skip(1 + first).take(40).collect();
        insta::assert_snapshot!(bins.join("\n"));
    }

    #[test]
    fn names_never_become_formulas_and_come_back_exactly() {
        let names =
            ["=1+1", "+x", "-x", "@x", " =x", "'=x", " ::error::x", "plain", "a=b", "非同期"];
        for name in names {
            let guarded = guarded(name);
            assert!(!guarded.trim_start().starts_with(['=', '+', '-', '@', ':']));
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
