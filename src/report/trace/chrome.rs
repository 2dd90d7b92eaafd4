//! A run for chrome://tracing and Perfetto: JSON of the Trace Event Format.
//!
//! An arm is a process, and a lane is a thread: a slot of a service, a place in a line. Spans of
//! one lane never overlap, so plain begin and end events suffice. Spans are written as they happen;
//! counters are known and written at the end.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::counter::{Counter, counters};
use super::span::{Closing, Place, Span, SpanSink};
use crate::kernel::time::Instant;
use crate::metrics::probe::{Record, Stretch};
use crate::report::result::RunResult;
use crate::report::rows::Scalar;

/// Largest lane with a sort index of its own.
const LANES: u32 = 99_999;

/// Writes a run as it is played.
#[derive(Debug)]
pub struct Chrome<W> {
    out: W,
    failed: Option<io::Error>,
    fresh: bool,
    /// Scenario, digest and seed as a quoted label.
    label: String,
    /// Number of the present arm, from 1.
    process: u32,
    /// Names in JSON, quoted, by component.
    names: Vec<String>,
    /// The thread of each lane in the present arm, from 1.
    threads: BTreeMap<Place, u32>,
    /// Sort index of each kind of span of a component.
    stretches: BTreeMap<(u32, Stretch), u32>,
}

/// Identity of the run in a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin<'a> {
    /// The scenario.
    pub scenario: &'a str,
    /// Digest of the scenario.
    pub digest: String,
    /// The seed.
    pub seed: u64,
}

impl<W: Write> Chrome<W> {
    /// Begins a file in `out`, which should be buffered.
    pub fn new(out: W, origin: &Origin<'_>) -> Self {
        let mut chrome = Self {
            out,
            failed: None,
            fresh: true,
            label: quoted(&format!("{}, seed {}", origin.scenario, origin.seed)),
            process: 0,
            names: Vec::new(),
            threads: BTreeMap::new(),
            stretches: BTreeMap::new(),
        };
        let about = serde_json::json!({
            "scenario": origin.scenario,
            "digest": origin.digest,
            "seed": origin.seed.to_string(),
            "dessim": env!("CARGO_PKG_VERSION"),
        });
        chrome.write(format_args!(
            "{{\"displayTimeUnit\":\"ns\",\"otherData\":{about},\"traceEvents\":["
        ));
        chrome
    }

    /// Writes the counters of `result` and ends the file.
    ///
    /// # Errors
    /// The first error of writing; nothing was written after it.
    pub fn finish(mut self, result: &RunResult) -> io::Result<W> {
        for Counter { process, track, values } in counters(result) {
            let name = match track.component {
                "" => quoted(&track.words),
                component => quoted(&format!("{component}: {}", track.words)),
            };
            for (at, value) in values {
                let value = match value {
                    Scalar::Integer(value) => value.to_string(),
                    Scalar::Float(value) => format!("{value:?}"),
                    Scalar::None => continue,
                };
                self.event(format_args!(
                    "\"ph\":\"C\",\"pid\":{process},\"tid\":0,\"ts\":{},\"name\":{name},\
                     \"args\":{{\"value\":{value}}}",
                    micros(at),
                ));
            }
        }
        self.write(format_args!("\n]}}\n"));
        match self.failed {
            Some(error) => Err(error),
            None => self.out.flush().map(|()| self.out),
        }
    }

    fn write(&mut self, what: std::fmt::Arguments<'_>) {
        if self.failed.is_none() {
            self.failed = self.out.write_fmt(what).err();
        }
    }

    fn event(&mut self, fields: std::fmt::Arguments<'_>) {
        let between = if std::mem::take(&mut self.fresh) { "" } else { "," };
        self.write(format_args!("{between}\n{{{fields}}}"));
    }

    /// The thread of a lane, declared at its first use.
    fn thread(&mut self, place: Place) -> u32 {
        if let Some(thread) = self.threads.get(&place) {
            return *thread;
        }
        let Place { component, stretch, lane } = place;
        let thread = u32::try_from(self.threads.len() + 1).unwrap_or(u32::MAX);
        self.threads.insert(place, thread);
        let known = u32::try_from(self.stretches.len()).unwrap_or(u32::MAX);
        let rank = *self.stretches.entry((component, stretch)).or_insert(known);
        let sort = u64::from(rank) * u64::from(LANES + 1) + u64::from(lane.min(LANES));
        let component = unended(&self.names[component as usize]);
        let name = format!("{component}, {} {}\"", stretch.name, u64::from(lane) + 1);
        let process = self.process;
        for (what, value) in [
            ("thread_name", format!("\"name\":{name}")),
            ("thread_sort_index", format!("\"sort_index\":{sort}")),
        ] {
            self.event(format_args!(
                "\"ph\":\"M\",\"pid\":{process},\"tid\":{thread},\"ts\":0,\"name\":\"{what}\",\
                 \"args\":{{{value}}}",
            ));
        }
        thread
    }

    fn request(&self, record: &Record) -> String {
        format!("{}#{}\"", unended(&self.names[record.load as usize]), record.request)
    }

    fn flow(&mut self, id: u64, (phase, end): (&str, &str), place: Place, at: Instant) {
        let (process, thread) = (self.process, self.thread(place));
        self.event(format_args!(
            "\"ph\":\"{phase}\"{end},\"id\":{id},\"cat\":\"flow\",\"name\":\"leads to\",\
             \"pid\":{process},\"tid\":{thread},\"ts\":{}",
            micros(at.as_ns()),
        ));
    }
}

impl<W: Write> SpanSink for Chrome<W> {
    fn begin(&mut self, arm: &str, names: &[String]) {
        self.process += 1;
        self.names = names.iter().map(|name| quoted(name)).collect();
        self.threads.clear();
        self.stretches.clear();
        let (process, name) = (self.process, quoted(&format!("arm {arm}")));
        for (what, value) in [
            ("process_name", format!("\"name\":{name}")),
            ("process_labels", format!("\"labels\":{}", self.label)),
            ("process_sort_index", format!("\"sort_index\":{process}")),
        ] {
            self.event(format_args!(
                "\"ph\":\"M\",\"pid\":{process},\"tid\":0,\"ts\":0,\"name\":\"{what}\",\
                 \"args\":{{{value}}}",
            ));
        }
    }

    fn open(&mut self, span: &Span) {
        let (process, thread) = (self.process, self.thread(span.place));
        let Record { at, attempt, kind, value, .. } = span.opened;
        self.event(format_args!(
            "\"ph\":\"B\",\"pid\":{process},\"tid\":{thread},\"ts\":{},\"cat\":{},\"name\":{},\
             \"args\":{{\"attempt\":{attempt},\"{}\":{value}}}",
            micros(at.as_ns()),
            quoted(span.place.stretch.name),
            self.request(&span.opened),
            kind.name,
        ));
        if let Some(cause) = span.cause {
            // A viewer binds the flow to the span at its instant, so it starts at the beginning of
            // an ended cause, or now.
            let from = if cause.over { cause.began } else { at };
            self.flow(span.id, ("s", ""), cause.place, from);
            self.flow(span.id, ("f", ",\"bp\":\"e\""), span.place, at);
        }
    }

    fn mark(&mut self, record: &Record, span: Option<&Span>) {
        let process = self.process;
        let (scope, thread) = match span {
            Some(span) => ("t", self.thread(span.place)),
            None => ("p", 0),
        };
        let request = self.request(record);
        let component = self.names[record.component as usize].clone();
        self.event(format_args!(
            "\"ph\":\"i\",\"s\":\"{scope}\",\"pid\":{process},\"tid\":{thread},\"ts\":{},\
             \"cat\":\"mark\",\"name\":\"{}\",\"args\":{{\"request\":{},\"attempt\":{},\
             \"component\":{},\"value\":{}}}",
            micros(record.at.as_ns()),
            record.kind.name,
            request,
            record.attempt,
            component,
            record.value,
        ));
    }

    fn close(&mut self, span: &Span, at: Instant, how: &Closing) {
        let (process, thread) = (self.process, self.thread(span.place));
        let (at, ending) = (micros(at.as_ns()), how.name());
        match how.record() {
            Some(record) => self.event(format_args!(
                "\"ph\":\"E\",\"pid\":{process},\"tid\":{thread},\"ts\":{at},\
                 \"args\":{{\"ending\":\"{ending}\",\"{}\":{}}}",
                record.kind.name, record.value,
            )),
            None => self.event(format_args!(
                "\"ph\":\"E\",\"pid\":{process},\"tid\":{thread},\"ts\":{at},\
                 \"args\":{{\"ending\":\"{ending}\"}}",
            )),
        }
    }
}

/// Microseconds, the unit of the format, to the nanosecond.
fn micros(ns: u64) -> String {
    format!("{}.{:03}", ns / 1_000, ns % 1_000)
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A quoted text without its closing quote.
fn unended(quoted: &str) -> &str {
    quoted.strip_suffix('"').unwrap_or(quoted)
}
