//! Spans from records: what opens and closes, within what, led to by what, and in which lane.
//!
//! A request is at one place at a time, so what opens is within the innermost span that is open
//! and can hold others. Work that goes on for a caller who has left is out of reach: the attempt
//! that held it is over, and nothing is within it any more. Only what is open is kept, so memory
//! follows what is in flight and not how much happens.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use super::listen::Listener;
use crate::kernel::time::{Duration, Instant};
use crate::metrics::probe::{End, Record, Role, Side, Stretch};
use crate::report::trace::span::{Cause, Closing, Place, Span, SpanSink};

/// Which requests are told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All of them.
    All,
    /// These: by arm and number, the names of their loads.
    These(BTreeMap<String, BTreeMap<u64, BTreeSet<String>>>),
}

/// Tells a sink of the spans of a run.
#[derive(Debug)]
pub struct Spans<S> {
    sink: S,
    wanted: Wanted,
    names: Vec<String>,
    /// Of the present arm, if not all are wanted.
    chosen: BTreeMap<u64, BTreeSet<String>>,
    requests: BTreeMap<Key, Open>,
    /// When spans whose end is known will end.
    lapses: BTreeSet<(Instant, u64, Key)>,
    lanes: BTreeMap<(u32, Stretch), Lanes>,
    spans: u64,
}

/// A request: its load, its number.
type Key = (u32, u64);

/// What is open of one request.
#[derive(Debug, Default)]
struct Open {
    /// In the order of opening.
    spans: Vec<Span>,
    /// The span of the request itself.
    root: Option<u64>,
    /// What was closed last, and when.
    last: Option<(Span, Instant)>,
}

/// The lanes of a place: those from `next` on have never been taken.
#[derive(Debug, Default)]
struct Lanes {
    free: BinaryHeap<Reverse<u32>>,
    next: u32,
}

impl<S: SpanSink> Spans<S> {
    /// Tells `sink` of the wanted requests.
    pub fn new(sink: S, wanted: Wanted) -> Self {
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

    /// Gives the sink back.
    pub fn finish(self) -> S {
        self.sink
    }

    fn opens(&mut self, record: &Record, stretch: Stretch, turned: Option<(Span, Instant)>) {
        let key = (record.load, record.request);
        let of = self.requests.entry(key).or_default();
        let is_root = of.root.is_none() && record.component == record.load;
        let parent = match &turned {
            Some((before, _)) => before.parent,
            None => of.holder(record, stretch),
        };
        let cause = of.cause(parent, turned.as_ref(), record.at);
        let lane = self.lanes.entry((record.component, stretch)).or_default().take();
        self.spans += 1;
        let place = Place { component: record.component, stretch, lane };
        let span = Span { id: self.spans, parent, cause, place, opened: *record };
        if is_root {
            of.root = Some(span.id);
        }
        of.spans.push(span);
        self.sink.open(&span);
        if let Role::Lasts(_) = record.what.role {
            self.lapses.insert((lapse(&span), span.id, key));
        }
    }

    /// Closes the span at `index` of a request, and before it what cannot outlast it.
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

    /// Closes every span that has lasted as long as it was to, up to `at`.
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
            let here = of.exactly(record).or_else(|| of.innermost(Holds::Marks, record));
            here.map(|index| &of.spans[index])
        });
        self.sink.mark(record, span);
    }
}

impl<S: SpanSink> Listener for Spans<S> {
    fn begin(&mut self, arm: &str, names: &[String]) {
        names.clone_into(&mut self.names);
        if let Wanted::These(arms) = &self.wanted {
            self.chosen = arms.get(arm).cloned().unwrap_or_default();
        }
        self.lanes.clear();
        self.sink.begin(arm, names);
    }

    fn wants(&self, load: u32, request: u64) -> bool {
        match self.wanted {
            Wanted::All => true,
            Wanted::These(_) => {
                let loads = self.chosen.get(&request);
                loads.is_some_and(|loads| loads.contains(&self.names[load as usize]))
            }
        }
    }

    fn record(&mut self, record: &Record) {
        self.lapse(record.at);
        let key = (record.load, record.request);
        let find = |of: Option<&Open>| of.and_then(|of| of.closed_by(record));
        match record.what.role {
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
                let turned = index.map(|index| {
                    let turned = Closing::Replaced(*record);
                    (self.closes(key, index, record.at, &turned), record.at)
                });
                self.opens(record, stretch, turned);
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
        // What is within something was opened after it.
        open.sort_unstable_by_key(|(id, _)| Reverse(*id));
        for (id, key) in open {
            let spans = self.requests.get(&key).map(|of| &of.spans);
            // What is held may have been closed with what holds it.
            if let Some(index) = spans.and_then(|spans| spans.iter().position(|s| s.id == id)) {
                self.closes(key, index, at, &Closing::Unfinished);
            }
        }
        self.requests.clear();
    }
}

/// What a span must be able to hold.
#[derive(Clone, Copy)]
enum Holds {
    Spans,
    Marks,
}

impl Open {
    /// The innermost span that holds others and has not been left by whom it was for: one of the
    /// same call, or else of the call that made it.
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

    /// Everything that holds it is open.
    fn is_attended(&self, span: &Span) -> bool {
        match span.parent {
            None => true,
            Some(parent) => self.by_id(parent).is_some_and(|index| {
                // Parents are older, so this ends.
                self.is_attended(&self.spans[index])
            }),
        }
    }

    fn by_id(&self, id: u64) -> Option<usize> {
        self.spans.iter().position(|span| span.id == id)
    }

    /// What holds a span that opens: the innermost that can, unless that is within its like in
    /// the same place, which it is beside.
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

    /// The first span that fits, from the one at `index` outwards.
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

    /// What the record closes: the attempt's own span, or, as attempts are counted while a
    /// delivery or a request goes on, one around where the request is.
    fn closed_by(&self, record: &Record) -> Option<usize> {
        self.exactly(record).or_else(|| {
            let innermost = self.innermost(Holds::Spans, record)?;
            self.around(innermost, |span| span.place.component == record.component)
        })
    }

    /// What led to a span that opens now: what it turned from, what ended just now beside it, or
    /// what holds it. A span without length leads nowhere.
    fn cause(
        &self,
        parent: Option<u64>,
        turned: Option<&(Span, Instant)>,
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
        match turned.or(self.last.as_ref()).filter(beside) {
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
    matches!(span.opened.what.role, Role::Lasts(_))
}

/// When a span ends that lasts.
fn lapse(span: &Span) -> Instant {
    span.opened.at.saturating_add(Duration::from_ns(span.opened.value))
}

#[cfg(test)]
mod tests;
