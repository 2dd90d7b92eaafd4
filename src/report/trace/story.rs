//! The life of one request as data: its spans and events.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::span::{Closing, Span, SpanSink};
use crate::kernel::time::Instant;
use crate::metrics::fate::Fate;
use crate::metrics::probe::{End, EventKind, Record, Side};

/// One request from its arrival to its end, and to the end of work that continues after that.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Story {
    /// The arm.
    pub arm: String,
    /// Load of the request.
    pub load: String,
    /// Number within the load, from 0.
    pub request: u64,
    /// Instant of the arrival.
    pub arrived_ns: u64,
    /// Instant of the end; `None` if the run ended first.
    pub ended_ns: Option<u64>,
    /// Fate, if the request ended.
    #[serde(serialize_with = "fate")]
    pub fate: Option<Fate>,
    /// Attempts of the request.
    pub attempts: u32,
    /// Spans in the order of opening.
    pub spans: Vec<StorySpan>,
    /// Events in order.
    pub events: Vec<Happening>,
}

/// A span of a story.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StorySpan {
    /// Name: "attempt", "in line".
    pub name: &'static str,
    /// Side whose time the span is: caller or callee.
    #[serde(skip)]
    pub side: Side,
    /// Component of the span.
    pub component: String,
    /// Attempt under way, from 1; 0 before the first.
    pub attempt: u32,
    /// Index of the enclosing span.
    pub parent: Option<usize>,
    /// Index of the span that ended when this one began, and caused it.
    pub follows: Option<usize>,
    /// Instant of the beginning.
    pub began_ns: u64,
    /// Instant of the end, or of the end of the run.
    pub ended_ns: u64,
    /// Ending: `well`, `badly`, `cut_short` or `unfinished`.
    pub ending: &'static str,
}

/// An event of a story.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Happening {
    /// Instant.
    pub at_ns: u64,
    /// Number within the arm of the simulation event during which it happened.
    pub event: u64,
    /// Component.
    pub component: String,
    /// Attempt under way.
    pub attempt: u32,
    /// Kind of the event.
    #[serde(rename = "what", serialize_with = "event_name")]
    pub kind: EventKind,
    /// Number of the event.
    pub value: u64,
    /// Index of the span that the event opens or closes, or that encloses it.
    pub span: Option<usize>,
    /// Effect on that span.
    #[serde(skip)]
    pub effect: Effect,
}

/// Effects of an event on its span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Opens the span.
    Opens,
    /// Closes the span.
    Closes,
    /// None.
    Nothing,
}

fn fate<S: Serializer>(fate: &Option<Fate>, serializer: S) -> Result<S::Ok, S::Error> {
    fate.map(Fate::name).serialize(serializer)
}

fn event_name<S: Serializer>(kind: &EventKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.name)
}

/// Collects stories in memory, and so should receive few requests.
#[derive(Debug, Default)]
pub struct Stories {
    arm: String,
    names: Vec<String>,
    /// Stories of the present arm, by load and number.
    open: BTreeMap<(u32, u64), Story>,
    /// Index of each span of the present arm in its story.
    indices: BTreeMap<u64, usize>,
    done: Vec<Story>,
}

impl Stories {
    /// All stories, by arm, load and number.
    #[must_use]
    pub fn finish(mut self) -> Vec<Story> {
        self.arm_is_over();
        self.done
    }

    fn arm_is_over(&mut self) {
        let done = std::mem::take(&mut self.open).into_values();
        let first = self.done.len();
        self.done.extend(done);
        self.done[first..].sort_by(|a, b| (&a.load, a.request).cmp(&(&b.load, b.request)));
        self.indices.clear();
    }

    fn story(&mut self, record: &Record) -> &mut Story {
        let Self { arm, names, open, .. } = self;
        open.entry((record.load, record.request)).or_insert_with(|| Story {
            arm: arm.clone(),
            load: names[record.load as usize].clone(),
            request: record.request,
            arrived_ns: record.at.as_ns(),
            ended_ns: None,
            fate: None,
            attempts: 0,
            spans: Vec::new(),
            events: Vec::new(),
        })
    }

    fn happens(&mut self, record: &Record, span: Option<usize>, effect: Effect) {
        let happening = Happening {
            at_ns: record.at.as_ns(),
            event: record.event,
            component: self.names[record.component as usize].clone(),
            attempt: record.attempt,
            kind: record.kind,
            value: record.value,
            span,
            effect,
        };
        let story = self.story(record);
        // Attempts of nested calls do not count as attempts of the request.
        if record.parent.is_none() {
            story.attempts = story.attempts.max(record.attempt);
        }
        story.events.push(happening);
    }
}

impl SpanSink for Stories {
    fn begin(&mut self, arm: &str, names: &[String]) {
        self.arm_is_over();
        arm.clone_into(&mut self.arm);
        names.clone_into(&mut self.names);
    }

    fn open(&mut self, span: &Span) {
        let index = |id: u64| self.indices.get(&id).copied();
        let opened = StorySpan {
            name: span.place.stretch.name,
            side: span.place.stretch.side,
            component: self.names[span.place.component as usize].clone(),
            attempt: span.opened.attempt,
            parent: span.parent.and_then(index),
            follows: span.cause.filter(|cause| cause.over).and_then(|cause| index(cause.id)),
            began_ns: span.opened.at.as_ns(),
            ended_ns: span.opened.at.as_ns(),
            ending: Closing::Unfinished.name(),
        };
        let story = self.story(&span.opened);
        story.spans.push(opened);
        let index = story.spans.len() - 1;
        self.indices.insert(span.id, index);
        self.happens(&span.opened, Some(index), Effect::Opens);
    }

    fn mark(&mut self, record: &Record, span: Option<&Span>) {
        let index = span.and_then(|span| self.indices.get(&span.id).copied());
        self.happens(record, index, Effect::Nothing);
    }

    fn close(&mut self, span: &Span, at: Instant, how: &Closing) {
        let Some(&index) = self.indices.get(&span.id) else {
            return;
        };
        let closed = &mut self.story(&span.opened).spans[index];
        (closed.ended_ns, closed.ending) = (at.as_ns(), how.name());
        // An event that replaces a span is recorded where it opens the new one.
        if let Closing::Ended(record, _) = how {
            self.happens(record, Some(index), Effect::Closes);
        }
    }

    fn ended(&mut self, end: &End) {
        if let Some(story) = self.open.get_mut(&(end.load, end.request)) {
            story.ended_ns = Some(end.at.as_ns());
            story.fate = Some(end.fate);
            story.attempts = end.attempts;
        }
    }
}
