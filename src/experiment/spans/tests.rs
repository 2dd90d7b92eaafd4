use super::*;
use crate::metrics::probe::{Ending, EventDefinition, EventKind, Number};

/// Logs the calls of a sink, one line each.
#[derive(Default)]
struct Log(Vec<String>);

impl SpanSink for Log {
    fn open(&mut self, span: &Span) {
        let Span { id, parent, cause, place, opened } = span;
        let parent = parent.map_or(String::new(), |parent| format!(" in {parent}"));
        let cause = cause.map_or(String::new(), |cause| {
            format!(" {} {}", if cause.over { "after" } else { "from" }, cause.id)
        });
        let (name, lane) = (place.stretch.name, place.lane);
        let at = opened.at.as_ns();
        self.0.push(format!("{at}: {id} opens, {name} {lane}{parent}{cause}"));
    }

    fn mark(&mut self, record: &Record, span: Option<&Span>) {
        let span = span.map_or("nothing".to_owned(), |span| span.id.to_string());
        self.0.push(format!("{}: {} within {span}", record.at.as_ns(), record.kind.name));
    }

    fn close(&mut self, span: &Span, at: Instant, how: &Closing) {
        self.0.push(format!("{}: {} closes, {}", at.as_ns(), span.id, how.name()));
    }
}

const fn event(name: &'static str, role: Role) -> EventDefinition {
    EventDefinition { name, verb: name, number: Number::None, words: "", role }
}

const MARK: EventKind = EventKind::new(&event("mark", Role::Mark));
const WELL: EventKind = EventKind::new(&event("well", Role::Ends(Ending::Well)));
const BADLY: EventKind = EventKind::new(&event("badly", Role::Ends(Ending::Badly)));
const ARRIVES: EventKind =
    EventKind::new(&event("arrives", Role::Begins(Stretch::call("request"))));
const SENT: EventKind = EventKind::new(&event("sent", Role::Begins(Stretch::call("attempt"))));
const WAITS: EventKind = EventKind::new(&event("waits", Role::Begins(Stretch::wait("line"))));
const WORKS: EventKind = EventKind::new(&event("works", Role::Turns(Stretch::work("work"))));
const PAUSES: EventKind = EventKind::new(&event("pauses", Role::Lasts(Stretch::wait("pause"))));
const TAKEN: EventKind =
    EventKind::new(&event("taken", Role::Begins(Stretch::receipt("delivery"))));

const LOAD: u32 = 0;
const EDGE: u32 = 1;
const SERVICE: u32 = 2;
const LAYER: u32 = 3;

/// The log of records of (instant, component, request, attempt, kind, value), up to the end.
fn log(records: &[(u64, u32, u64, u32, EventKind, u64)], end: u64) -> Vec<String> {
    let mut spans = Spans::new(Log::default(), RequestFilter::All);
    spans.begin("arm", &["load", "edge", "service", "layer"].map(str::to_owned));
    for &(at, component, request, attempt, kind, value) in records {
        let at = Instant::from_ns(at);
        spans.record(&Record {
            at,
            event: 1,
            load: LOAD,
            request,
            call: request,
            parent: None,
            attempt,
            component,
            kind,
            value,
        });
    }
    spans.over(Instant::from_ns(end));
    assert!(spans.requests.is_empty() && spans.lapses.is_empty());
    spans.finish().0
}

#[test]
fn an_attempt_holds_its_line_and_its_work() {
    let log = log(
        &[
            (0, LOAD, 7, 0, ARRIVES, 0),
            (2, EDGE, 7, 1, SENT, 0),
            (2, SERVICE, 7, 1, WAITS, 0),
            (5, SERVICE, 7, 1, WORKS, 0),
            (9, SERVICE, 7, 1, WELL, 0),
            (9, EDGE, 7, 1, WELL, 0),
            (9, LOAD, 7, 1, WELL, 0),
        ],
        20,
    );
    assert_eq!(
        log,
        [
            "0: 1 opens, request 0",
            "2: 2 opens, attempt 0 in 1 from 1",
            "2: 3 opens, line 0 in 2 from 2",
            "5: 3 closes, well",
            "5: 4 opens, work 0 in 2 after 3",
            "9: 4 closes, well",
            "9: 2 closes, well",
            "9: 1 closes, well",
        ]
    );
}

/// The abandoned first attempt keeps waiting at the service, then works, while the second returns.
#[test]
fn abandoned_work_keeps_its_attempt_and_holds_nothing_else() {
    let log = log(
        &[
            (0, LOAD, 7, 0, ARRIVES, 0),
            (0, EDGE, 7, 1, SENT, 0),
            (0, SERVICE, 7, 1, WAITS, 0),
            (4, SERVICE, 7, 1, MARK, 0),
            (4, EDGE, 7, 1, BADLY, 0),
            (4, LAYER, 7, 1, PAUSES, 2),
            (6, EDGE, 7, 2, SENT, 0),
            // The second attempt meets a crash, which does not end the work of the first.
            (6, SERVICE, 7, 2, BADLY, 0),
            (6, EDGE, 7, 2, BADLY, 0),
            (7, EDGE, 7, 3, SENT, 0),
            (7, SERVICE, 7, 3, WORKS, 0),
            (8, SERVICE, 7, 1, WORKS, 0),
            (9, SERVICE, 7, 3, WELL, 0),
            (9, EDGE, 7, 3, WELL, 0),
            (9, LOAD, 7, 3, WELL, 0),
            (12, SERVICE, 7, 1, BADLY, 0),
        ],
        20,
    );
    assert_eq!(
        log,
        [
            "0: 1 opens, request 0",
            "0: 2 opens, attempt 0 in 1 from 1",
            "0: 3 opens, line 0 in 2 from 2",
            "4: mark within 3",
            "4: 2 closes, badly",
            "4: 4 opens, pause 0 in 1 after 2",
            "6: 4 closes, well",
            "6: 5 opens, attempt 0 in 1 after 4",
            "6: badly within 5",
            "6: 5 closes, badly",
            "7: 6 opens, attempt 0 in 1 from 1",
            "7: 7 opens, work 0 in 6 from 6",
            "8: 3 closes, well",
            "8: 8 opens, work 1 in 2 after 3",
            "9: 7 closes, well",
            "9: 6 closes, well",
            "9: 1 closes, well",
            "12: 8 closes, badly",
        ]
    );
}

#[test]
fn attempts_at_once_are_beside_each_other() {
    let log = log(
        &[
            (0, LOAD, 7, 0, ARRIVES, 0),
            (0, EDGE, 7, 1, SENT, 0),
            (0, SERVICE, 7, 1, WORKS, 0),
            (3, EDGE, 7, 2, SENT, 0),
            (3, SERVICE, 7, 2, WORKS, 0),
            (5, SERVICE, 7, 1, WELL, 0),
            (5, EDGE, 7, 1, WELL, 0),
        ],
        6,
    );
    assert_eq!(log[3], "3: 4 opens, attempt 1 in 1 from 1");
    assert_eq!(log[4], "3: 5 opens, work 1 in 4 from 4");
    assert_eq!(log[5..7], ["5: 3 closes, well", "5: 2 closes, well"]);
    let unfinished =
        ["6: 5 closes, unfinished", "6: 4 closes, unfinished", "6: 1 closes, unfinished"];
    assert_eq!(log[7..], unfinished);
}

/// Attempts are counted during a delivery, so its end has another number than its beginning.
#[test]
fn a_delivery_is_ended_from_within() {
    let log = log(
        &[
            (0, LOAD, 7, 0, ARRIVES, 0),
            (1, LAYER, 7, 0, TAKEN, 0),
            (1, EDGE, 7, 1, SENT, 0),
            (1, SERVICE, 7, 1, MARK, 0),
            (1, EDGE, 7, 1, BADLY, 0),
            (3, LAYER, 7, 1, BADLY, 0),
            (3, LAYER, 7, 1, MARK, 0),
        ],
        3,
    );
    assert_eq!(
        log[2..],
        [
            "1: 3 opens, attempt 0 in 2 from 2",
            "1: mark within 3",
            "1: 3 closes, badly",
            "3: 2 closes, badly",
            "3: mark within 1",
            "3: 1 closes, unfinished",
        ]
    );
}

#[test]
fn a_pause_ends_in_time_or_with_what_holds_it() {
    let pause = |value, end| {
        let begin = [(0, LOAD, 7, 0, ARRIVES, 0), (2, LAYER, 7, 0, PAUSES, value)];
        log(&[&begin[..], &[(9, LOAD, 7, 0, BADLY, 0)][..end]].concat(), 30)
    };
    let cases = [
        (7, 1, ["9: 2 closes, well", "9: 1 closes, badly"]),
        (8, 1, ["9: 2 closes, cut_short", "9: 1 closes, badly"]),
        (28, 0, ["30: 2 closes, well", "30: 1 closes, unfinished"]),
        (29, 0, ["30: 2 closes, unfinished", "30: 1 closes, unfinished"]),
        (u64::MAX, 0, ["30: 2 closes, unfinished", "30: 1 closes, unfinished"]),
    ];
    for (value, end, last) in cases {
        let log = pause(value, end);
        assert_eq!(log[1], "2: 2 opens, pause 0 in 1 from 1");
        assert_eq!(log[2..], last, "{value}");
    }
}

/// A span takes the lowest free lane, also one freed at the same instant.
#[test]
fn lanes_are_taken_from_below() {
    let arrive = |at, request| (at, LOAD, request, 0, ARRIVES, 0);
    let leave = |at, request| (at, LOAD, request, 0, WELL, 0);
    let log = log(
        &[
            arrive(0, 0),
            arrive(1, 1),
            arrive(2, 2),
            leave(3, 1),
            leave(4, 0),
            arrive(4, 3),
            arrive(5, 4),
        ],
        5,
    );
    let opened: Vec<_> = log.iter().filter(|line| line.contains("opens")).collect();
    assert_eq!(opened[3..], ["4: 4 opens, request 0", "5: 5 opens, request 1"]);
}

#[test]
fn what_was_not_asked_for_is_not_wanted() {
    let numbers = BTreeMap::from([(3, BTreeSet::from(["load".to_owned()]))]);
    let wanted = RequestFilter::These(BTreeMap::from([("arm".to_owned(), numbers)]));
    let mut spans = Spans::new(Log::default(), wanted);
    let names = ["load", "other"].map(str::to_owned);
    spans.begin("arm", &names);
    assert_eq!([(0, 3), (0, 2), (1, 3)].map(|(l, n)| spans.wants(l, n)), [true, false, false]);
    spans.begin("another", &names);
    assert!(!spans.wants(0, 3));
}
