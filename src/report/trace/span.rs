//! Spans: the periods of the lives of requests, as they open and close.
//!
//! Events declare themselves which spans they open and close
//! ([`Role`](crate::metrics::probe::Role)); nothing here knows an event or a component.

use crate::kernel::time::Instant;
use crate::metrics::probe::{End, Ending, Record, Stretch};

/// An open span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Number within the run, from 1, in the order of opening.
    pub id: u64,
    /// Number of the enclosing span; `None` for a whole request.
    pub parent: Option<u64>,
    /// The span that caused this one.
    pub cause: Option<Cause>,
    /// Place of the span.
    pub place: Place,
    /// The record that opened the span.
    pub opened: Record,
}

/// The place of a span. Spans in one place never overlap: lanes are the slots of a service, the
/// places in a line, or the callers of a load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Component, as an index into the names of the arm.
    pub component: u32,
    /// Kind of the span.
    pub stretch: Stretch,
    /// Lane: the lowest free number at opening, from 0.
    pub lane: u32,
}

/// The cause of a span: an earlier span of the same request, longer than 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Number of the earlier span.
    pub id: u64,
    /// Place of the earlier span.
    pub place: Place,
    /// Beginning of the earlier span.
    pub began: Instant,
    /// True if the earlier span has ended and this one follows it; false if this one is within it.
    pub over: bool,
}

/// Ways to close a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// Closed by this event.
    Ended(Record, Ending),
    /// Closed by this event, which opened another span in its place.
    Replaced(Record),
    /// Closed at its planned end.
    Lapsed,
    /// Closed by the end of the enclosing span, before its planned end.
    CutShort,
    /// Still open when the run ended.
    Unfinished,
}

impl Closing {
    /// The record that closed the span, if one did.
    #[must_use]
    pub const fn record(&self) -> Option<&Record> {
        match self {
            Self::Ended(record, _) | Self::Replaced(record) => Some(record),
            Self::Lapsed | Self::CutShort | Self::Unfinished => None,
        }
    }

    /// Name of the ending in data.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Ended(_, Ending::Well) | Self::Replaced(_) | Self::Lapsed => "well",
            Self::Ended(_, Ending::Badly) => "badly",
            Self::CutShort => "cut_short",
            Self::Unfinished => "unfinished",
        }
    }
}

/// Receives the spans of a run, arm by arm, in the order of time.
pub trait SpanSink {
    /// An arm begins, with the names of its components by index.
    fn begin(&mut self, _arm: &str, _names: &[String]) {}

    /// A span opens.
    fn open(&mut self, span: &Span);

    /// An event opens and closes no span; `span` encloses it, if one is open.
    fn mark(&mut self, record: &Record, span: Option<&Span>);

    /// A span closes at `at`.
    fn close(&mut self, span: &Span, at: Instant, how: &Closing);

    /// A request ends. Spans of work that services still do for it may close later.
    fn ended(&mut self, _end: &End) {}
}
