//! A run for Perfetto: its own binary format, track events in protocol buffers.
//!
//! An arm is a process, a component a track in it, and each lane of a component a track below;
//! lanes of one kind share a name, so that Perfetto shows them as one band of rows. Spans of one
//! lane never overlap. Spans are written as they happen; counters are known and written at the end.
//! Field numbers are those of `perfetto/trace/trace_packet.proto` and its imports.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::chrome::Origin;
use super::counter::{Counter, counters};
use super::protobuf::Message;
use super::span::{Closing, Place, Span, SpanSink};
use crate::kernel::time::Instant;
use crate::metrics::probe::Record;
use crate::report::result::RunResult;
use crate::report::rows::Scalar;

/// Fields of a `TracePacket`.
mod packet {
    pub(in crate::report) const TIMESTAMP: u32 = 8;
    pub(in crate::report) const SEQUENCE: u32 = 10;
    pub(in crate::report) const TRACK_EVENT: u32 = 11;
    pub(in crate::report) const INTERNED_DATA: u32 = 12;
    pub(in crate::report) const SEQUENCE_FLAGS: u32 = 13;
    pub(in crate::report) const TRACK_DESCRIPTOR: u32 = 60;
    pub(in crate::report) const FIRST_ON_SEQUENCE: u32 = 87;
    /// Flag: state of earlier packets is cleared.
    pub(in crate::report) const CLEARED: u64 = 1;
    /// Flag: the packet needs strings interned before.
    pub(in crate::report) const NEEDS_STATE: u64 = 2;
}

/// Fields of a `TrackDescriptor`.
mod descriptor {
    pub(in crate::report) const UUID: u32 = 1;
    pub(in crate::report) const NAME: u32 = 2;
    pub(in crate::report) const PROCESS: u32 = 3;
    pub(in crate::report) const PARENT: u32 = 5;
    pub(in crate::report) const COUNTER: u32 = 8;
    pub(in crate::report) const CHILD_ORDERING: u32 = 11;
    pub(in crate::report) const RANK: u32 = 12;
    pub(in crate::report) const EXPLICIT: u64 = 3;
    /// Of a `ProcessDescriptor`.
    pub(in crate::report) const PID: u32 = 1;
    pub(in crate::report) const PROCESS_NAME: u32 = 6;
}

/// Fields of a `TrackEvent`.
mod event {
    pub(in crate::report) const CATEGORY: u32 = 3;
    pub(in crate::report) const ANNOTATION: u32 = 4;
    pub(in crate::report) const TYPE: u32 = 9;
    pub(in crate::report) const NAME_IID: u32 = 10;
    pub(in crate::report) const TRACK: u32 = 11;
    pub(in crate::report) const NAME: u32 = 23;
    pub(in crate::report) const COUNTER: u32 = 30;
    pub(in crate::report) const DOUBLE_COUNTER: u32 = 44;
    pub(in crate::report) const FLOW: u32 = 47;
    pub(in crate::report) const BEGIN: u64 = 1;
    pub(in crate::report) const END: u64 = 2;
    pub(in crate::report) const INSTANT: u64 = 3;
    pub(in crate::report) const VALUE: u64 = 4;
}

/// Kinds of interned strings: fields of `InternedData`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Interned {
    Category = 1,
    EventName = 2,
    AnnotationName = 3,
    AnnotationText = 29,
}

/// The only sequence.
const SEQUENCE: u64 = 1;

/// Writes a run as it is played.
#[derive(Debug)]
pub struct Perfetto<W> {
    out: W,
    failed: Option<io::Error>,
    fresh: bool,
    /// Number of the present arm, from 1.
    process: u32,
    names: Vec<String>,
    tracks: u64,
    /// Tracks of components by process and name; the arm itself has an empty name.
    components: BTreeMap<(u32, String), u64>,
    lanes: BTreeMap<Place, u64>,
    strings: BTreeMap<(Interned, String), u64>,
    /// Strings that the next packet introduces.
    news: Message,
}

impl<W: Write> Perfetto<W> {
    /// Begins a file in `out`, which should be buffered.
    pub fn new(out: W, origin: &Origin<'_>) -> Self {
        let mut perfetto = Self {
            out,
            failed: None,
            fresh: true,
            process: 0,
            names: Vec::new(),
            tracks: 0,
            components: BTreeMap::new(),
            lanes: BTreeMap::new(),
            strings: BTreeMap::new(),
            news: Message::default(),
        };
        // The name of this track identifies the run in the list of tracks.
        let Origin { scenario, digest, seed } = origin;
        let name = format!("dessim: {scenario}, seed {seed}, digest {digest}");
        perfetto.describe(|about| {
            about.text(descriptor::NAME, &name);
        });
        perfetto
    }

    /// Writes the counters of `result` and ends the file.
    ///
    /// # Errors
    /// The first error of writing; nothing was written after it.
    pub fn finish(mut self, result: &RunResult) -> io::Result<W> {
        for counter in counters(result) {
            self.counter(&counter);
        }
        match self.failed {
            Some(error) => Err(error),
            None => self.out.flush().map(|()| self.out),
        }
    }

    fn counter(&mut self, Counter { process, track, values }: &Counter<'_>) {
        let parent = self.component(*process, track.component);
        let uuid = self.describe(|about| {
            about.text(descriptor::NAME, &track.words).number(descriptor::PARENT, parent);
            about.message(descriptor::COUNTER, &Message::default());
        });
        for &(at, value) in values {
            let mut event = Message::default();
            event.number(event::TYPE, event::VALUE).number(event::TRACK, uuid);
            match value {
                Scalar::Integer(value) => {
                    event.number(event::COUNTER, value.min(i64::MAX as u64));
                }
                Scalar::Float(value) => {
                    event.double(event::DOUBLE_COUNTER, value);
                }
                Scalar::None => continue,
            }
            self.happens(Instant::from_ns(at), &event);
        }
    }

    /// Writes one packet.
    fn packet(&mut self, fill: impl FnOnce(&mut Message)) {
        let mut packet = Message::default();
        fill(&mut packet);
        packet.number(packet::SEQUENCE, SEQUENCE);
        let flags = match std::mem::take(&mut self.fresh) {
            true => {
                packet.number(packet::FIRST_ON_SEQUENCE, 1);
                packet::CLEARED | packet::NEEDS_STATE
            }
            false => packet::NEEDS_STATE,
        };
        packet.number(packet::SEQUENCE_FLAGS, flags);
        let news = std::mem::take(&mut self.news);
        if !news.is_empty() {
            packet.message(packet::INTERNED_DATA, &news);
        }
        // A trace is one long message of packets.
        let mut trace = Message::default();
        trace.message(1, &packet);
        if self.failed.is_none() {
            self.failed = self.out.write_all(trace.as_bytes()).err();
        }
    }

    fn happens(&mut self, at: Instant, event: &Message) {
        self.packet(|packet| {
            packet.number(packet::TIMESTAMP, at.as_ns()).message(packet::TRACK_EVENT, event);
        });
    }

    /// Declares a track.
    fn describe(&mut self, fill: impl FnOnce(&mut Message)) -> u64 {
        self.tracks += 1;
        let uuid = self.tracks;
        let mut about = Message::default();
        about.number(descriptor::UUID, uuid);
        fill(&mut about);
        self.packet(|packet| {
            packet.message(packet::TRACK_DESCRIPTOR, &about);
        });
        uuid
    }

    /// The track of a component of an arm, declared at its first use.
    fn component(&mut self, process: u32, name: &str) -> u64 {
        let key = (process, name.to_owned());
        if let Some(uuid) = self.components.get(&key) {
            return *uuid;
        }
        let uuid = match name {
            "" => self.process_track(process, ""),
            _ => {
                let parent = self.component(process, "");
                let rank = self.components.len() as u64;
                self.describe(|about| {
                    about.text(descriptor::NAME, name).number(descriptor::PARENT, parent);
                    about.number(descriptor::RANK, rank);
                })
            }
        };
        self.components.insert(key, uuid);
        uuid
    }

    fn process_track(&mut self, process: u32, name: &str) -> u64 {
        let mut about = Message::default();
        about.number(descriptor::PID, u64::from(process));
        about.text(descriptor::PROCESS_NAME, name);
        self.describe(|track| {
            track.message(descriptor::PROCESS, &about);
            track.number(descriptor::CHILD_ORDERING, descriptor::EXPLICIT);
        })
    }

    fn lane(&mut self, place: Place) -> u64 {
        if let Some(uuid) = self.lanes.get(&place) {
            return *uuid;
        }
        let name = self.names[place.component as usize].clone();
        let parent = self.component(self.process, &name);
        let rank = u64::from(place.lane);
        let uuid = self.describe(|about| {
            about.text(descriptor::NAME, place.stretch.name).number(descriptor::PARENT, parent);
            about.number(descriptor::RANK, rank.min(i32::MAX as u64));
        });
        self.lanes.insert(place, uuid);
        uuid
    }

    /// The number of a string, which the next packet introduces if it is new.
    fn intern(&mut self, kind: Interned, text: &str) -> u64 {
        let known = self.strings.len() as u64 + 1;
        let key = (kind, text.to_owned());
        let iid = *self.strings.entry(key).or_insert(known);
        if iid == known {
            let mut entry = Message::default();
            entry.number(1, iid).text(2, text);
            self.news.message(kind as u32, &entry);
        }
        iid
    }

    fn annotate(&mut self, event: &mut Message, name: &str, value: Value<'_>) {
        const NAME_IID: u32 = 1;
        const NUMBER: u32 = 3;
        const TEXT: u32 = 6;
        const TEXT_IID: u32 = 17;
        let mut annotation = Message::default();
        annotation.number(NAME_IID, self.intern(Interned::AnnotationName, name));
        match value {
            Value::Number(value) => annotation.number(NUMBER, value),
            Value::Text(text) => annotation.text(TEXT, text),
            Value::Word(text) => {
                annotation.number(TEXT_IID, self.intern(Interned::AnnotationText, text))
            }
        };
        event.message(event::ANNOTATION, &annotation);
    }

    fn request(&self, record: &Record) -> String {
        format!("{}#{}", self.names[record.load as usize], record.request)
    }
}

/// The value of an annotation.
#[derive(Clone, Copy)]
enum Value<'a> {
    Number(u64),
    Text(&'a str),
    /// A text that repeats, and is interned.
    Word(&'a str),
}

/// Flow ids of a span: to the spans within it, and to the span that follows it.
const fn flows(span: u64) -> (u64, u64) {
    (span * 2, span * 2 + 1)
}

impl<W: Write> SpanSink for Perfetto<W> {
    fn begin(&mut self, arm: &str, names: &[String]) {
        self.process += 1;
        names.clone_into(&mut self.names);
        self.lanes.clear();
        let uuid = self.process_track(self.process, &format!("arm {arm}"));
        self.components.insert((self.process, String::new()), uuid);
    }

    fn open(&mut self, span: &Span) {
        let track = self.lane(span.place);
        let Record { at, attempt, kind, value, .. } = span.opened;
        let mut event = Message::default();
        event.number(event::TYPE, event::BEGIN).number(event::TRACK, track);
        let category = self.intern(Interned::Category, span.place.stretch.name);
        event.number(event::CATEGORY, category).text(event::NAME, &self.request(&span.opened));
        let (within, after) = flows(span.id);
        if let Some(cause) = span.cause {
            let (within, after) = flows(cause.id);
            event.fixed(event::FLOW, if cause.over { after } else { within });
        }
        event.fixed(event::FLOW, within).fixed(event::FLOW, after);
        self.annotate(&mut event, "attempt", Value::Number(u64::from(attempt)));
        self.annotate(&mut event, kind.name, Value::Number(value));
        self.happens(at, &event);
    }

    fn mark(&mut self, record: &Record, span: Option<&Span>) {
        let track = match span {
            Some(span) => self.lane(span.place),
            None => self.component(self.process, ""),
        };
        let mut event = Message::default();
        event.number(event::TYPE, event::INSTANT).number(event::TRACK, track);
        let category = self.intern(Interned::Category, "mark");
        let name = self.intern(Interned::EventName, record.kind.name);
        event.number(event::CATEGORY, category).number(event::NAME_IID, name);
        let request = self.request(record);
        let component = self.names[record.component as usize].clone();
        self.annotate(&mut event, "request", Value::Text(&request));
        self.annotate(&mut event, "attempt", Value::Number(u64::from(record.attempt)));
        self.annotate(&mut event, "component", Value::Word(&component));
        self.annotate(&mut event, "value", Value::Number(record.value));
        self.happens(record.at, &event);
    }

    fn close(&mut self, span: &Span, at: Instant, how: &Closing) {
        let track = self.lane(span.place);
        let mut event = Message::default();
        event.number(event::TYPE, event::END).number(event::TRACK, track);
        self.annotate(&mut event, "ending", Value::Word(how.name()));
        if let Some(record) = how.record() {
            self.annotate(&mut event, record.kind.name, Value::Number(record.value));
        }
        self.happens(at, &event);
    }
}
