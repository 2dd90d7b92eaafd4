//! Spans: the stretches of which the lives of requests are made, as they open and close.
//!
//! Which events open and close them is said by the events themselves
//! ([`Role`](crate::metrics::probe::Role)); nothing here knows any of them, or any component.

use crate::kernel::time::Instant;
use crate::metrics::probe::{End, Ending, Record, Stretch};

/// A span that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its number within the run, from 1, in the order of opening.
    pub id: u64,
    /// The span that holds it; `None` for a whole request.
    pub parent: Option<u64>,
    /// The span that led to it.
    pub cause: Option<Cause>,
    /// Where it is.
    pub place: Place,
    /// The record that opened it.
    pub opened: Record,
}

/// Where a span is. Spans in one place never overlap: lanes are the slots of a service, the
/// places in a line, the callers of a load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The component; index into the names of the arm.
    pub component: u32,
    /// What kind of span.
    pub stretch: Stretch,
    /// The lowest number that was free, from 0.
    pub lane: u32,
}

/// What led to a span: an earlier one of the same request, which took some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The earlier span.
    pub id: u64,
    /// Where it is or was.
    pub place: Place,
    /// When it began.
    pub began: Instant,
    /// It had ended, and this one follows it; otherwise this one is within it.
    pub over: bool,
}

/// How a span was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// By this event.
    Ended(Record, Ending),
    /// By this event, which opened another one in its place.
    Turned(Record),
    /// Its time was over.
    Lapsed,
    /// What holds it ended before its time was over.
    CutShort,
    /// The run ended before it did.
    Unfinished,
}

impl Closing {
    /// The record that closed it.
    #[must_use]
    pub const fn record(&self) -> Option<&Record> {
        match self {
            Self::Ended(record, _) | Self::Turned(record) => Some(record),
            Self::Lapsed | Self::CutShort | Self::Unfinished => None,
        }
    }

    /// How it ended, in data.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Ended(_, Ending::Well) | Self::Turned(_) | Self::Lapsed => "well",
            Self::Ended(_, Ending::Badly) => "badly",
            Self::CutShort => "cut_short",
            Self::Unfinished => "unfinished",
        }
    }
}

/// Takes in the spans of a run, arm after arm, in the order of time.
pub trait SpanSink {
    /// An arm begins; the names are those of its components, by their index.
    fn begin(&mut self, _arm: &str, _names: &[String]) {}

    /// A span opens.
    fn open(&mut self, span: &Span);

    /// Something happens that opens and closes nothing, within `span` if anything is open.
    fn mark(&mut self, record: &Record, span: Option<&Span>);

    /// A span closes at `at`.
    fn close(&mut self, span: &Span, at: Instant, how: &Closing);

    /// A request is over. What a service still does for it may close later.
    fn ended(&mut self, _end: &End) {}
}
