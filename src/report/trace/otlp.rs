//! Stories as OpenTelemetry traces: OTLP JSON, for Jaeger, Grafana and other consumers.
//!
//! Ids are functions of the identity of the run and of names, so the same run gives the same bytes.
//! The OpenTelemetry kind of a span follows from its side.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::story::{Effect, Happening, Story, StorySpan};
use crate::kernel::draw;
use crate::metrics::fate::Fate;
use crate::metrics::probe::Side;
use crate::report::result::RunResult;
use crate::report::text::words::happened;

/// Default Unix time, in seconds, of the virtual instant 0: the year 2000.
pub const DEFAULT_EPOCH: u64 = 946_684_800;

/// An `ExportTraceServiceRequest` in the JSON mapping of OTLP, on one line.
#[must_use]
pub fn to_otlp(result: &RunResult, stories: &[&Story], epoch_s: u64) -> String {
    let mut resources: BTreeMap<(&str, &str), Vec<Value>> = BTreeMap::new();
    for story in stories {
        let trace = Trace { result, story, epoch_ns: u128::from(epoch_s) * 1_000_000_000 };
        for (index, span) in story.spans.iter().enumerate() {
            let service = trace.service(span);
            resources.entry((&story.arm, service)).or_default().push(trace.span(index, span));
        }
    }
    let resources = resources.into_iter().map(|((arm, service), spans)| {
        json!({
            "resource": { "attributes": [
                text("service.name", service),
                text("service.namespace", &result.scenario.name),
                text("dessim.arm", arm),
                text("dessim.seed", &result.seed.to_string()),
                text("dessim.fingerprint", &result.fingerprint.to_string()),
            ] },
            "scopeSpans": [ {
                "scope": { "name": "dessim", "version": result.dessim },
                "spans": spans,
            } ],
        })
    });
    let all = json!({ "resourceSpans": resources.collect::<Vec<_>>() });
    format!("{all}\n")
}

struct Trace<'a> {
    result: &'a RunResult,
    story: &'a Story,
    epoch_ns: u128,
}

impl<'a> Trace<'a> {
    /// The service to which a span belongs: the callee within an attempt, otherwise the caller,
    /// which also owns the attempts themselves.
    fn service(&self, span: &'a StorySpan) -> &'a str {
        let parent = span.parent.map(|parent| &self.story.spans[parent]);
        let own = match (span.side, parent) {
            (Side::Server | Side::Broker | Side::Receiver, _) | (_, None) => None,
            (Side::Caller, Some(parent)) => Some(parent),
            (Side::Waiting, Some(parent)) => {
                let called = parent.side == Side::Caller && parent.parent.is_some();
                (!called).then_some(parent)
            }
        };
        match own {
            Some(parent) => self.service(parent),
            None => &span.component,
        }
    }

    fn span(&self, index: usize, span: &StorySpan) -> Value {
        let mut json = json!({
            "traceId": self.trace_id(),
            "spanId": self.span_id(index),
            "name": span.name,
            "kind": kind(span),
            "startTimeUnixNano": self.instant(span.began_ns),
            "endTimeUnixNano": self.instant(span.ended_ns),
            "attributes": self.attributes(span),
            "status": self.status(index, span),
        });
        if let Some(parent) = span.parent {
            json["parentSpanId"] = self.span_id(parent).into();
        }
        if let Some(before) = span.follows {
            json["links"] = json!([{
                "traceId": self.trace_id(),
                "spanId": self.span_id(before),
            }]);
        }
        let here = self.story.events.iter().filter(|what| what.span == Some(index));
        let events: Vec<_> = here.map(|event| self.event(event)).collect();
        json["events"] = events.into();
        json
    }

    fn attributes(&self, span: &StorySpan) -> Value {
        let mut attributes = vec![
            text("dessim.arm", &self.story.arm),
            text("dessim.request", &format!("{}#{}", self.story.load, self.story.request)),
            number("dessim.attempt", u64::from(span.attempt)),
            text("dessim.component", &span.component),
            text("dessim.ending", span.ending),
        ];
        if let (None, Some(fate)) = (span.parent, self.story.fate) {
            attributes.push(text("dessim.fate", fate.name()));
        }
        attributes.into()
    }

    fn status(&self, index: usize, span: &StorySpan) -> Value {
        const OK: u8 = 1;
        const ERROR: u8 = 2;
        let error = |message: &str| json!({ "code": ERROR, "message": message });
        match (span.parent, self.story.fate) {
            (None, Some(Fate::Succeeded)) => return json!({ "code": OK }),
            (None, Some(fate)) => return error(fate.words()),
            _ => {}
        }
        let mut closing = self.story.events.iter();
        let closing =
            closing.find(|what| what.effect == Effect::Closes && what.span == Some(index));
        match (span.ending, closing) {
            ("well", _) => json!({ "code": OK }),
            ("badly", Some(event)) => error(&happened(event.kind, event.value)),
            ("badly", None) => json!({ "code": ERROR }),
            _ => json!({}),
        }
    }

    fn event(&self, event: &Happening) -> Value {
        json!({
            "timeUnixNano": self.instant(event.at_ns),
            "name": event.kind.name,
            "attributes": [
                text("dessim.component", &event.component),
                text("dessim.words", &happened(event.kind, event.value)),
                number("dessim.value", event.value),
            ],
        })
    }

    fn instant(&self, ns: u64) -> String {
        // The field is a fixed64; a larger value is clamped.
        let unix = self.epoch_ns + u128::from(ns);
        u64::try_from(unix).unwrap_or(u64::MAX).to_string()
    }

    fn trace_id(&self) -> String {
        format!("{}{}", self.id("trace, left"), self.id("trace, right"))
    }

    fn span_id(&self, index: usize) -> String {
        let span = &self.story.spans[index];
        self.id(&format!("{index}\0{}\0{}\0{}", span.component, span.name, span.attempt))
    }

    /// An id of 16 hexadecimal digits, never all zero: a function of the run, the request and `of`.
    /// The parts are joined by a control character, which names do not contain.
    fn id(&self, of: &str) -> String {
        let Story { arm, load, request, .. } = self.story;
        let (digest, seed) = (self.result.scenario.digest, self.result.seed);
        let id = draw::key(&format!("{digest}\0{seed}\0{arm}\0{load}\0{request}\0{of}"));
        format!("{:016x}", id.max(1))
    }
}

/// The kind of a span, in OpenTelemetry's numbers.
const fn kind(span: &StorySpan) -> u8 {
    const INTERNAL: u8 = 1;
    match span.side {
        Side::Server => 2,
        Side::Caller if span.parent.is_some() => 3,
        Side::Broker => 4,
        Side::Receiver => 5,
        Side::Caller | Side::Waiting => INTERNAL,
    }
}

fn text(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

fn number(key: &str, value: u64) -> Value {
    // An int64, which the JSON mapping writes as a string.
    let value = i64::try_from(value).unwrap_or(i64::MAX);
    json!({ "key": key, "value": { "intValue": value.to_string() } })
}
