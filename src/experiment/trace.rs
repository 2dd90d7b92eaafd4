//! The causal log of a run, `dessim.trace/1`: every event of every request.
//!
//! A trace is a stream of JSON lines: a [`Header`], then one [`Line`] for each record, arm after
//! arm. `docs/trace.md` defines every field.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use super::listener::Listener;
use super::prepared::Prepared;
use crate::metrics::probe::Record;
use crate::report::result::MODEL_VERSION;

/// The schema name in the first line of every trace.
pub const TRACE_SCHEMA: &str = "dessim.trace/1";

/// The first line of a trace, which identifies the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Always [`TRACE_SCHEMA`].
    pub schema: String,
    /// Version of dessim.
    pub dessim: String,
    /// Version of the model.
    pub model: u32,
    /// The scenario.
    pub scenario: HeaderScenario,
    /// The seed.
    pub seed: u64,
    /// The arms in the order of the trace.
    pub arms: Vec<String>,
}

/// Name and digest of a scenario, as in its result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderScenario {
    /// The file's stem, or "stdin".
    pub name: String,
    /// Digest of the resolved scenario, 16 hex digits.
    pub digest: String,
}

impl Header {
    /// The header of a run of a scenario with `seed`.
    #[must_use]
    pub fn new(prepared: &Prepared<'_>, seed: u64) -> Self {
        Self {
            schema: TRACE_SCHEMA.to_owned(),
            dessim: env!("CARGO_PKG_VERSION").to_owned(),
            model: MODEL_VERSION,
            scenario: HeaderScenario {
                name: prepared.id().name.clone(),
                digest: prepared.id().digest.to_string(),
            },
            seed,
            arms: prepared.arms().keys().cloned().collect(),
        }
    }
}

/// One record of a trace, with names instead of indices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line<'a> {
    /// Virtual time since the start.
    pub at_ns: u64,
    /// The arm.
    #[serde(borrow)]
    pub arm: Cow<'a, str>,
    /// Number of the simulation event within the arm, from 1.
    pub event: u64,
    /// The load and the number of the request within it, from 0: `clients#17`.
    #[serde(borrow)]
    pub request: Cow<'a, str>,
    /// Id, in hexadecimal digits, of a call that a service makes for the request; absent for the
    /// request itself.
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    pub call: Option<Cow<'a, str>>,
    /// The attempt under way, from 1; 0 before the first.
    pub attempt: u32,
    /// Component: a load, service, queue, consumer, call, or a layer: `clients.retry`.
    #[serde(borrow)]
    pub component: Cow<'a, str>,
    /// Name of the [`EventKind`](crate::metrics::probe::EventKind).
    #[serde(borrow)]
    pub what: Cow<'a, str>,
    /// Number of the event.
    pub value: u64,
}

impl<'a> Line<'a> {
    /// The line of a record of the arm `arm`, whose components are called `names`.
    #[must_use]
    pub fn new(arm: &'a str, names: &'a [String], record: &Record) -> Self {
        Self {
            at_ns: record.at.as_ns(),
            arm: arm.into(),
            event: record.event,
            request: format!("{}#{}", names[record.load as usize], record.request).into(),
            call: record.parent.map(|_| format!("{:016x}", record.call).into()),
            attempt: record.attempt,
            component: names[record.component as usize].as_str().into(),
            what: record.kind.name.into(),
            value: record.value,
        }
    }

    /// The line, owning its names.
    #[must_use]
    pub fn into_owned(self) -> Line<'static> {
        Line {
            at_ns: self.at_ns,
            arm: self.arm.into_owned().into(),
            event: self.event,
            request: self.request.into_owned().into(),
            call: self.call.map(|call| call.into_owned().into()),
            attempt: self.attempt,
            component: self.component.into_owned().into(),
            what: self.what.into_owned().into(),
            value: self.value,
        }
    }
}

/// Writes the trace of a run as it is played.
#[derive(Debug)]
pub struct Tracer<W> {
    out: W,
    arm: String,
    names: Vec<String>,
    failed: Option<io::Error>,
}

impl<W: Write> Tracer<W> {
    /// Writes the header to `out`, which should be buffered.
    pub fn new(out: W, header: &Header) -> Self {
        let mut tracer = Self { out, arm: String::new(), names: Vec::new(), failed: None };
        tracer.failed = write_line(&mut tracer.out, header).err();
        tracer
    }

    /// Returns the writer.
    ///
    /// # Errors
    /// The first error of writing; nothing was written after it.
    pub fn finish(mut self) -> io::Result<W> {
        match self.failed {
            Some(error) => Err(error),
            None => self.out.flush().map(|()| self.out),
        }
    }
}

fn write_line<W: Write>(out: &mut W, line: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

impl<W: Write> Listener for Tracer<W> {
    fn begin(&mut self, arm: &str, names: &[String]) {
        arm.clone_into(&mut self.arm);
        names.clone_into(&mut self.names);
    }

    fn record(&mut self, record: &Record) {
        if self.failed.is_none() {
            let line = Line::new(&self.arm, &self.names, record);
            self.failed = write_line(&mut self.out, &line).err();
        }
    }
}
