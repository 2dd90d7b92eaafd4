//! Derives spans from records: their parents, causes and lanes.
//!
//! A request is at one place at a time, so a new span is within the innermost open span that can
//! hold others. Work that continues for a caller that left cannot hold spans any more, because the
//! attempt around it is over. Only open spans are kept, so memory follows the requests in flight.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use super::listener::Listener;
use crate::kernel::time::{Duration, Instant};
use crate::metrics::probe::{End, Record, Role, Side, Stretch};
use crate::report::trace::span::{Cause, Closing, Place, Span, SpanSink};

/// The requests whose spans are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestFilter {
    /// All requests.
    All,
    /// Names of the loads of wanted requests, by arm and number.
    These(BTreeMap<String, BTreeMap<u64, BTreeSet<String>>>),
}

/// Hands the spans of a run to a sink.
#[derive(Debug)]
pub struct Spans<S> {
    sink: S,
    wanted: RequestFilter,
    names: Vec<String>,
    /// Wanted requests of the present arm, unless all are.
    chosen: BTreeMap<u64, BTreeSet<String>>,
    requests: BTreeMap<Key, Open>,
    /// Ends of spans with a planned end.
    lapses: BTreeSet<(Instant, u64, Key)>,
    lanes: BTreeMap<(u32, Stretch), Lanes>,
    spans: u64,
}

/// A request: load and number.
type Key = (u32, u64);

/// Open spans of one request.
#[derive(Debug, Default)]
struct Open {
    /// Spans in the order of opening.
    spans: Vec<Span>,
    /// Span of the request itself.
    root: Option<u64>,
    /// The span closed last, and the instant.
    last: Option<(Span, Instant)>,
}

/// Lanes of a place; those from `next` on have never been taken.
#[derive(Debug, Default)]
struct Lanes {
    free: BinaryHeap<Reverse<u32>>,
    next: u32,
}

impl<S: SpanSink> Spans<S> {
    /// Hands the spans of the requests in `wanted` to `sink`.
    pub fn new(sink: S, wanted: RequestFilter) -> Self {
        Self {
            sink,
            wanted,
            names: Vec::new(),
            chosen: BTreeMap::new(),
            requests: BTreeMap::new(),
            lapses: BTreeSet::new(),
            lanes: BTreeMap::new(),
            spans: 0,
        }
    }

    /// Returns the sink.
    pub fn finish(self) -> S {
        self.sink
    }

    fn opens(&mut self, record: &Record, stretch: Stretch, replaced: Option<(Span, Instant)>) {
        let key = (record.load, record.request);
        let of = self.requests.entry(key).or_default();
        let is_root = of.root.is_none() && record.component == record.load;
        let parent = match &replaced {
            Some((before, _)) => before.parent,
            None => of.holder(record, stretch),
        };
        let cause = of.cause(parent, replaced.as_ref(), record.at);
        let lane = self.lanes.entry((record.component, stretch)).or_default().take();
        self.spans += 1;
        let place = Place { component: record.component, stretch, lane };
        let span = Span { id: self.spans, parent, cause, place, opened: *record };
        if is_root {
            of.root = Some(span.id);
        }
        of.spans.push(span);
        self.sink.open(&span);
        if let Role::Lasts(_) = record.kind.role {
            self.lapses.insert((lapse(&span), span.id, key));
        }
    }

    /// Closes the span at `index` of a request, after the spans that cannot outlast it.
    fn closes(&mut self, key: Key, index: usize, at: Instant, how: &Closing) -> Span {
        let of = self.requests.get_mut(&key).expect("what is open is of a request");
        let span = of.spans.remove(index);
        let ends = of.root == Some(span.id);
        while let Some(index) = of
            .spans
            .iter()
            .rposition(|other| lasts(other) && (ends || other.parent == Some(span.id)))
        {
            let lapsing = of.spans.remove(index);
            self.lapses.remove(&(lapse(&lapsing), lapsing.id, key));
            release(&mut self.lanes, &lapsing);
            self.sink.close(&lapsing, at, &Closing::CutShort);
        }
        if lasts(&span) {
            self.lapses.remove(&(lapse(&span), span.id, key));
        }
        release(&mut self.lanes, &span);
        self.sink.close(&span, at, how);
        of.last = Some((span, at));
        if of.spans.is_empty() {
            self.requests.remove(&key);
        }
        span
    }

    /// Closes every span whose planned end is at or before `at`.
    fn lapse(&mut self, at: Instant) {
        while let Some(&(end, id, key)) = self.lapses.first() {
            if end > at {
                return;
            }
            let of = &self.requests[&key];
            let index = of.spans.iter().position(|span| span.id == id);
            let index = index.expect("what lapses is open");
            self.closes(key, index, end, &Closing::Lapsed);
        }
    }

    fn mark(&mut self, record: &Record) {
        let of = self.requests.get(&(record.load, record.request));
        let span = of.and_then(|of| {
            let span = of.exactly(record).or_else(|| of.innermost(Holds::Marks, record));
            span.map(|index| &of.spans[index])
        });
        self.sink.mark(record, span);
    }
}

impl<S: SpanSink> Listener for Spans<S> {
    fn begin(&mut self, arm: &str, names: &[String]) {
        names.clone_into(&mut self.names);
        if let RequestFilter::These(arms) = &self.wanted {
            self.chosen = arms.get(arm).cloned().unwrap_or_default();
        }
        self.lanes.clear();
        self.sink.begin(arm, names);
    }

    fn wants(&self, load: u32, request: u64) -> bool {
        match self.wanted {
            RequestFilter::All => true,
            RequestFilter::These(_) => {
                let loads = self.chosen.get(&request);
                loads.is_some_and(|loads| loads.contains(&self.names[load as usize]))
            }
        }
    }

    fn record(&mut self, record: &Record) {
        self.lapse(record.at);
        let key = (record.load, record.request);
        let find = |of: Option<&Open>| of.and_then(|of| of.closed_by(record));
        match record.kind.role {
            Role::Mark => self.mark(record),
            Role::Begins(stretch) | Role::Lasts(stretch) => self.opens(record, stretch, None),
            Role::Ends(ending) => match find(self.requests.get(&key)) {
                Some(index) => {
                    self.closes(key, index, record.at, &Closing::Ended(*record, ending));
                }
                None => self.mark(record),
            },
            Role::Turns(stretch) => {
                let of = self.requests.get(&key);
                let index = of.and_then(|of| of.exactly(record));
                let replaced = index.map(|index| {
                    let replaced = Closing::Replaced(*record);
                    (self.closes(key, index, record.at, &replaced), record.at)
                });
                self.opens(record, stretch, replaced);
            }
        }
    }

    fn ended(&mut self, end: &End) {
        if self.wants(end.load, end.request) {
            self.sink.ended(end);
        }
    }

    fn over(&mut self, at: Instant) {
        self.lapse(at);
        let open = self.requests.iter();
        let mut open: Vec<_> =
            open.flat_map(|(key, of)| of.spans.iter().map(|span| (span.id, *key))).collect();
        // Inner spans were opened after those around them.
        open.sort_unstable_by_key(|(id, _)| Reverse(*id));
        for (id, key) in open {
            let spans = self.requests.get(&key).map(|of| &of.spans);
            // An inner span may have been closed with the one around it.
            if let Some(index) = spans.and_then(|spans| spans.iter().position(|s| s.id == id)) {
                self.closes(key, index, at, &Closing::Unfinished);
            }
        }
        self.requests.clear();
    }
}

/// Contents that a span may be able to hold.
#[derive(Clone, Copy)]
enum Holds {
    Spans,
    Marks,
}

impl Open {
    /// The innermost span that can hold `holds` and whose caller has not left: of the same call, or
    /// else of the parent call.
    fn innermost(&self, holds: Holds, record: &Record) -> Option<usize> {
        let fits = |span: &Span| match span.place.stretch.side {
            Side::Caller | Side::Receiver => true,
            Side::Server => matches!(holds, Holds::Spans),
            Side::Broker | Side::Waiting => false,
        };
        let of = |call: u64| {
            let mut spans = self.spans.iter();
            spans.rposition(|span| span.opened.call == call && fits(span) && self.is_attended(span))
        };
        of(record.call).or_else(|| of(record.parent?))
    }

    /// True if all spans around it are open.
    fn is_attended(&self, span: &Span) -> bool {
        match span.parent {
            None => true,
            Some(parent) => self.by_id(parent).is_some_and(|index| {
                // Parents are older, so the recursion ends.
                self.is_attended(&self.spans[index])
            }),
        }
    }

    fn by_id(&self, id: u64) -> Option<usize> {
        self.spans.iter().position(|span| span.id == id)
    }

    /// The parent of a new span: the innermost span that can hold it. If that is within a span of
    /// the same kind in the same place, the new span stands beside that one.
    fn holder(&self, record: &Record, stretch: Stretch) -> Option<u64> {
        let innermost = self.innermost(Holds::Spans, record)?;
        let place = (record.call, record.component, stretch);
        let like =
            |span: &Span| (span.opened.call, span.place.component, span.place.stretch) == place;
        match self.around(innermost, like) {
            Some(beside) => self.spans[beside].parent,
            None => Some(self.spans[innermost].id),
        }
    }

    /// The first fitting span, from the one at `index` outwards.
    fn around(&self, index: usize, fits: impl Fn(&Span) -> bool) -> Option<usize> {
        let mut next = Some(index);
        while let Some(index) = next.filter(|index| !fits(&self.spans[*index])) {
            next = self.spans[index].parent.and_then(|parent| self.by_id(parent));
        }
        next
    }

    /// The latest open span of the same component, call and attempt.
    fn exactly(&self, record: &Record) -> Option<usize> {
        self.spans.iter().rposition(|span| {
            let at = (span.place.component, span.opened.call, span.opened.attempt);
            at == (record.component, record.call, record.attempt) && !lasts(span)
        })
    }

    /// The span that a record closes: that of its attempt, or, for deliveries and requests, which
    /// last while attempts are counted, one around the present place.
    fn closed_by(&self, record: &Record) -> Option<usize> {
        self.exactly(record).or_else(|| {
            let innermost = self.innermost(Holds::Spans, record)?;
            self.around(innermost, |span| span.place.component == record.component)
        })
    }

    /// The cause of a span that opens now: the span it replaces, the span beside it that ended just
    /// now, or its parent. A span of length 0 is no cause.
    fn cause(
        &self,
        parent: Option<u64>,
        replaced: Option<&(Span, Instant)>,
        now: Instant,
    ) -> Option<Cause> {
        let cause = |span: &Span, over| Cause {
            id: span.id,
            place: span.place,
            began: span.opened.at,
            over,
        };
        let beside = |(span, at): &&(Span, Instant)| {
            span.parent == parent && *at == now && span.opened.at < now
        };
        match replaced.or(self.last.as_ref()).filter(beside) {
            Some((span, _)) => Some(cause(span, true)),
            None => Some(cause(&self.spans[self.by_id(parent?)?], false)),
        }
    }
}

impl Lanes {
    fn take(&mut self) -> u32 {
        match self.free.pop() {
            Some(Reverse(lane)) => lane,
            None => {
                self.next += 1;
                self.next - 1
            }
        }
    }
}

fn release(lanes: &mut BTreeMap<(u32, Stretch), Lanes>, span: &Span) {
    let Place { component, stretch, lane } = span.place;
    if let Some(lanes) = lanes.get_mut(&(component, stretch)) {
        lanes.free.push(Reverse(lane));
    }
}

fn lasts(span: &Span) -> bool {
    matches!(span.opened.kind.role, Role::Lasts(_))
}

/// Planned end of a span.
fn lapse(span: &Span) -> Instant {
    span.opened.at.saturating_add(Duration::from_ns(span.opened.value))
}

#[cfg(test)]
mod tests;
