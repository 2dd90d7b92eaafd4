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
use crate::report::parquet::{Group, failed, optional, required};

/// A group of rows is written once it has so many values.
const VALUES: usize = 1 << 18;

/// A table that is written cell by cell.
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
    let unsigned = LogicalType::Integer { bit_width: 64, is_signed: false };
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
    /// Those of `out`.
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
    /// Those of what is written to.
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

    /// What was written to, with everything written.
    ///
    /// # Errors
    /// Those of what is written to.
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
