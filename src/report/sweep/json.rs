//! A summarised sweep as JSON, schema `dessim.sweep/1`, written setting by setting.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Outline, SWEEP_SCHEMA, SettingSummary};
use crate::report::runs::Why;
use crate::statistics::summary::Summary;

/// An object written setting by setting.
#[derive(Debug)]
pub struct Table<W: Write> {
    out: W,
    any: bool,
}

impl<W: Write> Table<W> {
    /// An object without settings.
    ///
    /// # Errors
    /// Errors of the writer.
    pub fn new(mut out: W, outline: &Outline) -> io::Result<Self> {
        let axes: Vec<_> = outline.axes.iter().map(|axis| json!({ "paths": axis.paths })).collect();
        let (first, seeds) = outline.seeds;
        let head = json!({
            "schema": SWEEP_SCHEMA,
            "dessim": outline.dessim,
            "model": outline.model,
            "plan": outline.plan.to_string(),
            "scenario": { "name": outline.name, "digest": outline.scenario.to_string() },
            "axes": axes,
            "seeds": { "first": first, "count": seeds },
            "cells": outline.cells(),
        });
        let head = head.to_string();
        // The object stays open for the settings.
        writeln!(out, "{},\"settings\":[", &head[..head.len() - 1])?;
        Ok(Self { out, any: false })
    }

    /// Adds a setting.
    ///
    /// # Errors
    /// Errors of the writer.
    pub fn add(&mut self, outline: &Outline, setting: &SettingSummary) -> io::Result<()> {
        let comma = if std::mem::replace(&mut self.any, true) { ",\n" } else { "" };
        let values = outline.axes.iter().zip(&setting.setting);
        let values: serde_json::Map<String, Value> = values
            .map(|(axis, value)| (axis.paths.join(","), Value::from(value.as_str())))
            .collect();
        let mut object = json!({ "setting": setting.number, "values": values });
        match &setting.invalid {
            Some(why) => object["invalid"] = why.as_str().into(),
            None => {
                if setting.stopped > 0 {
                    object["stopped"] = setting.stopped.into();
                }
                let mut arms = serde_json::Map::new();
                for (column, summary) in outline.columns.iter().zip(&setting.columns) {
                    let arm = arms.entry(column.arm.clone()).or_insert_with(|| json!({}));
                    arm[column.name()] = summary.as_ref().map_or(Value::Null, numbers);
                }
                object["arms"] = arms.into();
            }
        }
        write!(self.out, "{comma}{object}")
    }

    /// Ends the object and returns the writer.
    ///
    /// # Errors
    /// Errors of the writer.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.write_all(b"\n]}\n")?;
        Ok(self.out)
    }
}

fn numbers(summary: &Summary) -> Value {
    json!({
        "runs": summary.runs,
        "mean": summary.mean,
        "deviation": summary.deviation,
        "min": summary.min,
        "p5": summary.p5,
        "median": summary.median,
        "p95": summary.p95,
        "max": summary.max,
        "interval": summary.interval.as_ref().ok(),
        "no_interval": summary.interval.as_ref().err().map(Why),
    })
}
