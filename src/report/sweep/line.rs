//! A cell as one line of JSON, schema `dessim.cell/1`, which is read back without loss.
//!
//! The last field is a checksum of everything before it, so that a line that was cut off or changed
//! is never taken for a result.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::{Cell, Outcome, Outline};
use crate::kernel::draw::key;
use crate::report::result::Hex;
use crate::report::rows::Scalar;

/// The schema name in every line.
pub const CELL_SCHEMA: &str = "dessim.cell/1";

/// The line of a cell, with its newline.
#[must_use]
pub fn to_line(outline: &Outline, cell: &Cell) -> String {
    let mut line =
        format!("{{\"schema\":\"{CELL_SCHEMA}\",\"index\":{},\"settings\":{{", cell.index);
    for (at, (axis, value)) in outline.axes.iter().zip(&cell.setting).enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let _ = write!(line, "{comma}{}:{}", text(&axis.paths.join(",")), text(value));
    }
    let _ = write!(line, "}},\"seed\":{}", cell.seed);
    match &cell.outcome {
        Outcome::Invalid(why) => {
            let _ = write!(line, ",\"invalid\":{}", text(why));
        }
        Outcome::Ran { fingerprint, stopped, values } => {
            let _ = write!(line, ",\"fingerprint\":\"{fingerprint}\"");
            if let Some(why) = stopped {
                let _ = write!(line, ",\"stopped\":{}", text(why));
            }
            line.push_str(",\"arms\":{");
            let mut arm = None;
            for (column, value) in outline.columns.iter().zip(values) {
                match arm {
                    Some(known) if known == &column.arm => line.push(','),
                    _ => {
                        let close = if arm.is_some() { "}," } else { "" };
                        let _ = write!(line, "{close}{}:{{", text(&column.arm));
                        arm = Some(&column.arm);
                    }
                }
                let _ = write!(line, "{}:{}", text(&column.name()), json(*value));
            }
            line.push_str(if arm.is_some() { "}}" } else { "}" });
        }
    }
    let check = Hex(key(&line));
    let _ = writeln!(line, ",\"check\":\"{check}\"}}");
    line
}

fn text(text: &str) -> String {
    Value::from(text).to_string()
}

pub(super) fn json(value: Scalar) -> Value {
    match value {
        Scalar::Integer(value) => value.into(),
        Scalar::Float(value) => value.into(),
        Scalar::None => Value::Null,
    }
}

/// Reads a line, without its newline, as the cell `index` of the outline.
///
/// # Errors
/// Says why the line is not that cell.
pub fn from_line(outline: &Outline, line: &str) -> Result<Cell, String> {
    const CHECK: usize = ",\"check\":\"0123456789abcdef\"}".len();
    let body = line.len().checked_sub(CHECK).and_then(|at| line.get(..at));
    let body = body.ok_or("it is too short for a cell")?;
    if line[body.len()..] != format!(",\"check\":\"{}\"}}", Hex(key(body))) {
        return Err("its check does not fit: it is incomplete, or was changed".to_owned());
    }
    // A valid checksum means that a dessim wrote the line; the rest finds out which one.
    let value: Map<String, Value> =
        serde_json::from_str(line).map_err(|error| format!("it is no JSON: {error}"))?;
    if value.get("schema").and_then(Value::as_str) != Some(CELL_SCHEMA) {
        return Err(format!("it is not of schema {CELL_SCHEMA}"));
    }
    let number = |name: &str| value.get(name).and_then(Value::as_u64);
    let (Some(index), Some(seed)) = (number("index"), number("seed")) else {
        return Err("it has no index or no seed".to_owned());
    };
    let settings = value.get("settings").and_then(Value::as_object);
    let setting = outline.axes.iter().map(|axis| {
        let value = settings.and_then(|settings| settings.get(&axis.paths.join(",")));
        value.and_then(Value::as_str).map(str::to_owned)
    });
    let setting: Option<Vec<String>> = setting.collect();
    let setting = setting.ok_or("it does not have the axes of the plan")?;
    let outcome = match value.get("invalid").and_then(Value::as_str) {
        Some(why) => Outcome::Invalid(why.to_owned()),
        None => ran(outline, &value)?,
    };
    Ok(Cell { index, setting, seed, outcome })
}

fn ran(outline: &Outline, line: &Map<String, Value>) -> Result<Outcome, String> {
    let fingerprint = line.get("fingerprint").and_then(Value::as_str);
    let fingerprint = fingerprint.and_then(|text| u64::from_str_radix(text, 16).ok());
    let fingerprint = Hex(fingerprint.ok_or("it has no fingerprint")?);
    let arms = line.get("arms").and_then(Value::as_object).ok_or("it has no arms")?;
    let of = |column: &super::Column| {
        let value = arms.get(&column.arm)?.get(column.name())?;
        Some(match value.as_u64() {
            Some(integer) => Scalar::Integer(integer),
            None => value.as_f64().map_or(Scalar::None, Scalar::Float),
        })
    };
    let values: Option<Vec<Scalar>> = outline.columns.iter().map(of).collect();
    let values = values.ok_or("it does not have the numbers of the plan")?;
    let stopped = line.get("stopped").and_then(Value::as_str).map(str::to_owned);
    Ok(Outcome::Ran { fingerprint, stopped, values })
}
