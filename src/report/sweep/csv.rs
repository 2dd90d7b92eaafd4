//! A sweep as CSV: one row a run, one column for each axis and each number.
//!
//! Columns are `index`, the paths of the axes, `seed`, `fingerprint`, `trouble` (why a run stopped
//! early, or why a setting could not run), and `ARM.NUMBER` for each number. Cells that a
//! spreadsheet would take for formulas are guarded as in the CSV of runs.

use std::io::{self, Write};

use super::{Cell, Outcome, Outline};
use crate::report::export::csv::{cell, failed, guarded};

/// A table written cell by cell.
#[derive(Debug)]
pub struct Table<W: Write>(::csv::Writer<W>);

impl<W: Write> Table<W> {
    /// A table without cells.
    ///
    /// # Errors
    /// Errors of the writer.
    pub fn new(out: W, outline: &Outline) -> io::Result<Self> {
        let mut writer = ::csv::Writer::from_writer(out);
        let mut header = vec!["index".to_owned()];
        header.extend(outline.axes.iter().map(|axis| guarded(&axis.paths.join(","))));
        header.extend(["seed", "fingerprint", "trouble"].map(str::to_owned));
        let name = |column: &super::Column| guarded(&format!("{}.{}", column.arm, column.name()));
        header.extend(outline.columns.iter().map(name));
        writer.write_record(&header).map_err(failed)?;
        Ok(Self(writer))
    }

    /// Adds a cell.
    ///
    /// # Errors
    /// Errors of the writer.
    pub fn add(&mut self, outline: &Outline, row: &Cell) -> io::Result<()> {
        let mut record = vec![row.index.to_string()];
        record.extend(row.setting.iter().map(|value| guarded(value)));
        record.push(row.seed.to_string());
        match &row.outcome {
            Outcome::Ran { fingerprint, stopped, values } => {
                record.push(fingerprint.to_string());
                record.push(stopped.as_deref().map(guarded).unwrap_or_default());
                record.extend(values.iter().map(|value| cell(*value)));
            }
            Outcome::Invalid(why) => {
                record.push(String::new());
                record.push(guarded(why));
                record.extend(outline.columns.iter().map(|_| String::new()));
            }
        }
        self.0.write_record(&record).map_err(failed)
    }

    /// Flushes the table and returns the writer.
    ///
    /// # Errors
    /// Errors of the writer.
    pub fn finish(self) -> io::Result<W> {
        self.0.into_inner().map_err(::csv::IntoInnerError::into_error)
    }
}
