//! A sweep as Parquet: the columns of its CSV, typed. `index` and `seed` are unsigned 64-bit
//! integers, values of axes are texts as `--set` takes them, numbers are doubles and null where a
//! run has none.

use std::io::{self, Write};
use std::sync::Arc;

use ::parquet::basic::{LogicalType, Repetition, Type as Physical};
use ::parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::types::{Type, TypePtr};

use super::{Cell, Outcome, Outline};
use crate::report::export::parquet::{Group, failed, optional, required};

/// Values of a group of rows, which is kept in memory until it is full.
const VALUES: usize = 1 << 18;

/// A table written cell by cell.
#[derive(Debug)]
pub struct Table<W: Write + Send> {
    file: SerializedFileWriter<W>,
    rows: Rows,
}

#[derive(Debug, Default)]
struct Rows {
    index: Vec<i64>,
    axes: Vec<Vec<ByteArray>>,
    seed: Vec<i64>,
    fingerprint: Vec<Option<ByteArray>>,
    trouble: Vec<Option<ByteArray>>,
    numbers: Vec<Vec<Option<f64>>>,
}

impl Rows {
    fn new(outline: &Outline) -> Self {
        Self {
            axes: vec![Vec::new(); outline.axes.len()],
            numbers: vec![Vec::new(); outline.columns.len()],
            ..Self::default()
        }
    }
}

fn schema(outline: &Outline) -> Result<TypePtr, ParquetError> {
    let unsigned = LogicalType::integer(64, false);
    let field = |name: &str, physical, repetition, logical: Option<LogicalType>| {
        Type::primitive_type_builder(name, physical)
            .with_repetition(repetition)
            .with_logical_type(logical)
            .build()
            .map(Arc::new)
    };
    let text = |name: &str, repetition| {
        field(name, Physical::BYTE_ARRAY, repetition, Some(LogicalType::String))
    };
    let (always, maybe) = (Repetition::REQUIRED, Repetition::OPTIONAL);
    let mut fields = vec![field("index", Physical::INT64, always, Some(unsigned.clone()))?];
    for axis in &outline.axes {
        fields.push(text(&axis.paths.join(","), always)?);
    }
    fields.push(field("seed", Physical::INT64, always, Some(unsigned))?);
    fields.push(text("fingerprint", maybe)?);
    fields.push(text("trouble", maybe)?);
    for column in &outline.columns {
        let name = format!("{}.{}", column.arm, column.name());
        fields.push(field(&name, Physical::DOUBLE, maybe, None)?);
    }
    Type::group_type_builder("sweep").with_fields(fields).build().map(Arc::new)
}

impl<W: Write + Send> Table<W> {
    /// A table without cells.
    ///
    /// # Errors
    /// Errors of the writer.
    pub fn new(out: W, outline: &Outline) -> io::Result<Self> {
        let properties = WriterProperties::builder()
            .set_created_by(concat!("dessim version ", env!("CARGO_PKG_VERSION")).to_owned());
        let properties = Arc::new(properties.build());
        let schema = schema(outline).map_err(failed)?;
        let file = SerializedFileWriter::new(out, schema, properties).map_err(failed)?;
        Ok(Self { file, rows: Rows::new(outline) })
    }

    /// Adds a cell.
    ///
    /// # Errors
    /// Errors of the writer.
    pub fn add(&mut self, outline: &Outline, cell: &Cell) -> io::Result<()> {
        let rows = &mut self.rows;
        rows.index.push(cell.index.cast_signed());
        for (column, value) in rows.axes.iter_mut().zip(&cell.setting) {
            column.push(value.as_str().into());
        }
        rows.seed.push(cell.seed.cast_signed());
        let (fingerprint, trouble) = match &cell.outcome {
            Outcome::Ran { fingerprint, stopped, values } => {
                for (column, value) in rows.numbers.iter_mut().zip(values) {
                    column.push(value.as_f64());
                }
                (Some(fingerprint.to_string()), stopped.clone())
            }
            Outcome::Invalid(why) => {
                rows.numbers.iter_mut().for_each(|column| column.push(None));
                (None, Some(why.clone()))
            }
        };
        rows.fingerprint.push(fingerprint.map(|text| text.as_str().into()));
        rows.trouble.push(trouble.map(|text| text.as_str().into()));
        let wide = rows.numbers.len() + rows.axes.len() + 4;
        if rows.index.len() * wide < VALUES { Ok(()) } else { self.group(outline) }
    }

    /// Flushes the table and returns the writer.
    ///
    /// # Errors
    /// Errors of the writer.
    pub fn finish(mut self, outline: &Outline) -> io::Result<W> {
        self.group(outline)?;
        self.file.into_inner().map_err(failed)
    }

    fn group(&mut self, outline: &Outline) -> io::Result<()> {
        let rows = std::mem::replace(&mut self.rows, Rows::new(outline));
        let mut group = self.file.next_row_group().map_err(failed)?;
        let written = rows.write(&mut group).and_then(|()| group.close());
        written.map(drop).map_err(failed)
    }
}

impl Rows {
    fn write<W: Write + Send>(&self, group: &mut Group<'_, W>) -> Result<(), ParquetError> {
        required::<Int64Type, _>(group, &self.index)?;
        for axis in &self.axes {
            required::<ByteArrayType, _>(group, axis)?;
        }
        required::<Int64Type, _>(group, &self.seed)?;
        optional::<ByteArrayType, _>(group, &self.fingerprint)?;
        optional::<ByteArrayType, _>(group, &self.trouble)?;
        for numbers in &self.numbers {
            optional::<DoubleType, _>(group, numbers)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ::parquet::file::reader::{FileReader, SerializedFileReader};

    use super::*;
    use crate::metrics::names::Kind;
    use crate::report::result::Hex;
    use crate::report::rows::Scalar;
    use crate::report::sweep::{AxisOutline, AxisScale, Column, csv};

    fn outline() -> Outline {
        let column = |metric: &str| Column {
            arm: "a b".to_owned(),
            component: String::new(),
            metric: metric.to_owned(),
            part: String::new(),
            kind: Kind::Number,
        };
        let axis = AxisOutline {
            paths: vec!["x[\"ü\"].y".to_owned()],
            scale: AxisScale::Names,
            log: false,
        };
        Outline {
            name: "n".to_owned(),
            about: String::new(),
            plan: Hex(1),
            scenario: Hex(2),
            dessim: "0".to_owned(),
            model: 1,
            axes: vec![axis],
            grid: true,
            seeds: (u64::MAX, 1),
            settings: 3,
            columns: vec![column("goodput_per_s"), column("events")],
            chosen: true,
        }
    }

    fn cells() -> Vec<Cell> {
        let ran = |stopped: Option<&str>, values| Outcome::Ran {
            fingerprint: Hex(0xabc),
            stopped: stopped.map(str::to_owned),
            values,
        };
        let outcomes = [
            ran(None, vec![Scalar::Float(0.1), Scalar::Integer(7)]),
            ran(Some("why"), vec![Scalar::None, Scalar::Integer(0)]),
            Outcome::Invalid("because".to_owned()),
        ];
        let cell = |(index, outcome)| Cell {
            index,
            setting: vec![format!("v{index}")],
            seed: u64::MAX,
            outcome,
        };
        (0..).zip(outcomes).map(cell).collect()
    }

    #[test]
    fn it_holds_what_the_csv_holds() {
        let outline = outline();
        let mut table = Table::new(Vec::new(), &outline).expect("memory can be written to");
        let mut other = csv::Table::new(Vec::new(), &outline).expect("memory can be written to");
        for cell in cells() {
            table.add(&outline, &cell).expect("memory can be written to");
            other.add(&outline, &cell).expect("memory can be written to");
        }
        let file = tempfile::NamedTempFile::new().expect("there is a directory for such");
        let bytes = table.finish(&outline).expect("memory can be written to");
        std::fs::write(file.path(), bytes).expect("it is ours");
        let reader = SerializedFileReader::new(file.reopen().expect("it is there"));
        let reader = reader.expect("it is Parquet");
        let row = |row: Result<::parquet::record::Row, ParquetError>| {
            let row = row.expect("it is a row");
            let cell = |(_, value): (&String, &::parquet::record::Field)| match value {
                ::parquet::record::Field::Null => String::new(),
                ::parquet::record::Field::Str(text) => text.clone(),
                ::parquet::record::Field::Double(value) => value.to_string(),
                other => other.to_string(),
            };
            row.get_column_iter().map(cell).collect::<Vec<_>>()
        };
        let read: Vec<Vec<String>> =
            reader.get_row_iter(None).expect("it has rows").map(row).collect();
        let text = other.finish().expect("memory can be written to");
        let mut reader = ::csv::Reader::from_reader(text.as_slice());
        let expected: Vec<Vec<String>> = reader
            .records()
            .map(|record| record.expect("it is CSV").iter().map(str::to_owned).collect())
            .collect();
        assert_eq!(
            expected[0],
            ["0", "v0", &u64::MAX.to_string(), "0000000000000abc", "", "0.1", "7"]
        );
        assert_eq!(expected[2][4], "because");
        assert_eq!(read, expected);
    }
}
