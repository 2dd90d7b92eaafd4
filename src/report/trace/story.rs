//! The life of one request: its spans and everything that happened to it, as data.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::span::{Closing, Span, SpanSink};
use crate::kernel::time::Instant;
use crate::metrics::fate::Fate;
use crate::metrics::probe::{End, Record, Side, What};

/// One request from its arrival to its end, and to the end of what was done for it after that.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Story {
    /// The arm.
    pub arm: String,
    /// The load it came from.
    pub load: String,
    /// Its number within the load, from 0.
    pub request: u64,
    /// When it arrived.
    pub arrived_ns: u64,
    /// When it was over; `None` if the run ended before it.
    pub ended_ns: Option<u64>,
    /// What became of it, if it was over.
    #[serde(serialize_with = "fate")]
    pub fate: Option<Fate>,
    /// Attempts that were sent for it.
    pub attempts: u32,
    /// Its spans, in the order of opening.
    pub spans: Vec<StorySpan>,
    /// Everything that happened to it, in order.
    pub events: Vec<Happening>,
}

/// A span of a story.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StorySpan {
    /// Its name: "attempt", "in line".
    pub name: &'static str,
    /// Whose time it is.
    #[serde(skip)]
    pub side: Side,
    /// Where it was.
    pub component: String,
    /// The attempt that was under way, from 1; 0 before the first.
    pub attempt: u32,
    /// The index of the span that holds it.
    pub parent: Option<usize>,
    /// The index of the span that ended when this one began, and led to it.
    pub follows: Option<usize>,
    /// When it began.
    pub began_ns: u64,
    /// When it ended, or the run did.
    pub ended_ns: u64,
    /// How it ended: `well`, `badly`, `cut_short` or `unfinished`.
    pub ending: &'static str,
}

/// Something that happened in a story.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Happening {
    /// When.
    pub at_ns: u64,
    /// The number of the event during which it happened, within the arm.
    pub event: u64,
    /// Where.
    pub component: String,
    /// The attempt that was under way.
    pub attempt: u32,
    /// What.
    #[serde(serialize_with = "what")]
    pub what: What,
    /// The number that belongs to it.
    pub value: u64,
    /// The index of the span that it opens, closes, or is within.
    pub span: Option<usize>,
    /// What it does to that span.
    #[serde(skip)]
    pub does: Does,
}

/// What something that happens does to its span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// Opens it.
    Opens,
    /// Closes it.
    Closes,
    /// Nothing.
    Nothing,
}

fn fate<S: Serializer>(fate: &Option<Fate>, serializer: S) -> Result<S::Ok, S::Error> {
    fate.map(Fate::name).serialize(serializer)
}

fn what<S: Serializer>(what: &What, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(what.name)
}

/// Collects stories. It keeps everything it is told, so it should be told of few requests.
#[derive(Debug, Default)]
pub struct Stories {
    arm: String,
    names: Vec<String>,
    /// By load and number, in the present arm.
    open: BTreeMap<(u32, u64), Story>,
    /// The index of each span of the present arm in its story.
    indices: BTreeMap<u64, usize>,
    done: Vec<Story>,
}

impl Stories {
    /// All of them, by arm, load and number.
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

    fn happens(&mut self, record: &Record, span: Option<usize>, does: Does) {
        let happening = Happening {
            at_ns: record.at.as_ns(),
            event: record.event,
            component: self.names[record.component as usize].clone(),
            attempt: record.attempt,
            what: record.what,
            value: record.value,
            span,
            does,
        };
        let story = self.story(record);
        // Those of a call that a service makes are not the request's.
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
        self.happens(&span.opened, Some(index), Does::Opens);
    }

    fn mark(&mut self, record: &Record, span: Option<&Span>) {
        let index = span.and_then(|span| self.indices.get(&span.id).copied());
        self.happens(record, index, Does::Nothing);
    }

    fn close(&mut self, span: &Span, at: Instant, how: &Closing) {
        let Some(&index) = self.indices.get(&span.id) else {
            return;
        };
        let closed = &mut self.story(&span.opened).spans[index];
        (closed.ended_ns, closed.ending) = (at.as_ns(), how.name());
        // What turns one span into another is told where it opens the other.
        if let Closing::Ended(record, _) = how {
            self.happens(record, Some(index), Does::Closes);
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
