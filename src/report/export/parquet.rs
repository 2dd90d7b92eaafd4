//! The result as Parquet: the columns of the CSV, typed.
//!
//! `seed`, `from_ns` and `until_ns` are unsigned 64-bit integers, `value` is a double: a whole
//! number above 2^53 is rounded. Empty cells of the CSV are null, except `component`, which is the
//! empty string for a number of the whole arm. Names are unchanged: no program takes a cell of
//! Parquet for a formula.

use std::io::{self, Write};
use std::sync::Arc;

use ::parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use ::parquet::schema::parser::parse_message_type;

use super::long;
use crate::report::result::RunResult;

const SCHEMA: &str = "message run {
    required binary scenario (UTF8);
    required int64 seed (INTEGER(64, false));
    required binary arm (UTF8);
    required binary component (UTF8);
    required binary metric (UTF8);
    optional int64 from_ns (INTEGER(64, false));
    optional int64 until_ns (INTEGER(64, false));
    optional double value;
}";

/// Rows of a group, which is kept in memory until it is full.
const ROWS: usize = 1 << 16;

/// A table written run by run.
#[derive(Debug)]
pub struct Table<W: Write + Send> {
    file: SerializedFileWriter<W>,
    rows: Rows,
}

/// Rows of the present group, column by column.
#[derive(Debug, Default)]
struct Rows {
    scenario: Vec<ByteArray>,
    seed: Vec<i64>,
    arm: Vec<ByteArray>,
    component: Vec<ByteArray>,
    metric: Vec<ByteArray>,
    from_ns: Vec<Option<i64>>,
    until_ns: Vec<Option<i64>>,
    value: Vec<Option<f64>>,
}

impl<W: Write + Send> Table<W> {
    /// A table without runs.
    ///
    /// # Errors
    /// Errors of the writer.
    pub fn new(out: W) -> io::Result<Self> {
        let schema = parse_message_type(SCHEMA).map_err(failed)?;
        let properties = WriterProperties::builder()
            .set_created_by(concat!("dessim version ", env!("CARGO_PKG_VERSION")).to_owned());
        let properties = Arc::new(properties.build());
        let file = SerializedFileWriter::new(out, Arc::new(schema), properties).map_err(failed)?;
        Ok(Self { file, rows: Rows::default() })
    }

    /// Adds every number of a run.
    ///
    /// # Errors
    /// Errors of the writer.
    pub fn add(&mut self, result: &RunResult) -> io::Result<()> {
        let scenario = ByteArray::from(result.scenario.name.as_str());
        long::each(result, |entry| {
            let rows = &mut self.rows;
            rows.scenario.push(scenario.clone());
            rows.seed.push(result.seed.cast_signed());
            rows.arm.push(entry.arm.into());
            rows.component.push(entry.component.into());
            rows.metric.push(entry.metric.into());
            rows.from_ns.push(entry.span.map(|(from, _)| from.cast_signed()));
            rows.until_ns.push(entry.span.map(|(_, until)| until.cast_signed()));
            rows.value.push(entry.value.as_f64());
            if rows.seed.len() < ROWS { Ok(()) } else { self.group() }
        })
    }

    /// Flushes the table and returns the writer.
    ///
    /// # Errors
    /// Errors of the writer.
    pub fn finish(mut self) -> io::Result<W> {
        self.group()?;
        self.file.into_inner().map_err(failed)
    }

    fn group(&mut self) -> io::Result<()> {
        let rows = std::mem::take(&mut self.rows);
        let mut group = self.file.next_row_group().map_err(failed)?;
        let written = rows.write(&mut group).and_then(|()| group.close());
        written.map(drop).map_err(failed)
    }
}

pub(in crate::report) type Group<'a, W> = SerializedRowGroupWriter<'a, W>;

impl Rows {
    fn write<W: Write + Send>(&self, group: &mut Group<'_, W>) -> Result<(), ParquetError> {
        required::<ByteArrayType, _>(group, &self.scenario)?;
        required::<Int64Type, _>(group, &self.seed)?;
        required::<ByteArrayType, _>(group, &self.arm)?;
        required::<ByteArrayType, _>(group, &self.component)?;
        required::<ByteArrayType, _>(group, &self.metric)?;
        optional::<Int64Type, _>(group, &self.from_ns)?;
        optional::<Int64Type, _>(group, &self.until_ns)?;
        optional::<DoubleType, _>(group, &self.value)
    }
}

pub(in crate::report) fn required<T: DataType, W: Write + Send>(
    group: &mut Group<'_, W>,
    values: &[T::T],
) -> Result<(), ParquetError> {
    column::<T, W>(group, values, None)
}

pub(in crate::report) fn optional<T: DataType, W: Write + Send>(
    group: &mut Group<'_, W>,
    values: &[Option<T::T>],
) -> Result<(), ParquetError> {
    let present: Vec<T::T> = values.iter().flatten().cloned().collect();
    let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
    column::<T, W>(group, &present, Some(&levels))
}

fn column<T: DataType, W: Write + Send>(
    group: &mut Group<'_, W>,
    values: &[T::T],
    levels: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let Some(mut writer) = group.next_column()? else {
        return Err(ParquetError::General("the schema has fewer columns".to_owned()));
    };
    writer.typed::<T>().write_batch(values, levels, None)?;
    writer.close()
}

/// The I/O error within `error`, or `error` wrapped in one.
pub(in crate::report) fn failed(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(error) => match error.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(error) => io::Error::other(error),
        },
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use ::parquet::file::reader::{FileReader, SerializedFileReader};
    use ::parquet::record::RowAccessor;

    use super::*;
    use crate::report::sample;

    /// Every cell in the form of the CSV.
    fn read(bytes: Vec<u8>) -> Vec<[String; 8]> {
        let file = tempfile::NamedTempFile::new().expect("there is a directory for such");
        std::fs::write(file.path(), bytes).expect("it is ours");
        let reader = SerializedFileReader::new(file.reopen().expect("it is there"));
        let reader = reader.expect("it is Parquet");
        let row = |row: Result<::parquet::record::Row, ParquetError>| {
            let row = row.expect("it is a row");
            let text = |at| row.get_string(at).expect("it is text").clone();
            let whole = |at| row.get_ulong(at).map(|value| value.to_string());
            let value = row.get_double(7).map(|value| value.to_string());
            let (seed, from, until) = (whole(1), whole(5), whole(6));
            let (from, until) = (from.unwrap_or_default(), until.unwrap_or_default());
            let value = value.unwrap_or_default();
            [text(0), seed.expect("a seed"), text(2), text(3), text(4), from, until, value]
        };
        reader.get_row_iter(None).expect("it has rows").map(row).collect()
    }

    #[test]
    fn it_holds_what_the_csv_holds() {
        let mut one = sample::over_time();
        one.scenario.name = "a, \"b\" 非同期".to_owned();
        let two = RunResult { seed: u64::MAX, ..sample::burst() };
        let mut table = Table::new(Vec::new()).expect("memory can be written to");
        for result in [&one, &two] {
            table.add(result).expect("memory can be written to");
        }
        let cells = read(table.finish().expect("memory can be written to"));
        let csv = crate::report::export::csv::to_csv(&[one, two]);
        let mut reader = ::csv::Reader::from_reader(csv.as_bytes());
        let expected: Vec<[String; 8]> = reader
            .records()
            .map(|record| {
                let record = record.expect("it is CSV");
                std::array::from_fn(|at| record[at].to_owned())
            })
            .collect();
        assert!(cells.len() > 100 && cells.len() == expected.len());
        for (cell, expected) in cells.iter().zip(&expected) {
            assert_eq!(cell, expected);
        }
    }

    #[test]
    fn many_rows_are_several_groups() {
        let result = sample::over_time();
        let mut table = Table::new(Vec::new()).expect("memory can be written to");
        for _ in 0..1_000 {
            table.add(&result).expect("memory can be written to");
        }
        assert!(table.file.flushed_row_groups().len() > 1);
        assert!(table.rows.seed.len() < ROWS);
        assert_eq!(read(table.finish().expect("it ends")).len() % 1_000, 0);
    }
}
